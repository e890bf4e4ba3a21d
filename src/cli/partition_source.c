#include "partition_source.h"

#include "partition.h"

#include <espseal/cust_flash.h>
#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/survey.h>

#include <stdio.h>
#include <string.h>

enum { LARGEST = 1 << 20 };

void cli_partition_clear(struct cli_partition *partition)
{
    seal_buf_free(&partition->data);
    seal_buf_free(&partition->tlv);
}

const struct seal_buf *cli_partition_entries(const struct cli_partition *partition)
{
    return partition->tlv ? partition->tlv : partition->data;
}

int cli_partition_room(struct cli_run *run, struct cli_room *room, struct seal_cause *cause)
{
    const char *path = cli_text(run, "partition-table");
    const struct seal_partition_rules rules = {.table_offset = SEAL_PARTITION_TABLE_OFFSET};
    struct seal_partition_table table = {0};
    *room = (struct cli_room){0};
    if (path && cli_text(run, "size")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--size and --partition-table exclude each other");
    }
    if (!path) {
        return cli_number(run, "size", SEAL_SECURE_CERT_LIMIT + 16, SEAL_SECURE_CERT_MAX, &room->size, cause);
    }
    int err = partition_read_file(path, &rules, &table, cause);
    if (err == SEAL_OK) {
        err = seal_survey_locate_in(&table, &room->offset, &room->size, cause);
        seal_hint(cause, "add \"esp_secure_cert, 0x3f, , 0xd000, 0x2000\" to %s, or give --size", path);
    }
    return err;
}

static int read_offset(const struct cli_run *run, int64_t *wanted, struct seal_cause *cause)
{
    uint32_t number = SEAL_SECURE_CERT_DEFAULT_OFFSET;
    const char *text = cli_text(run, "offset");
    if (!text || strcmp(text, "auto") == 0) {
        *wanted = text ? SEAL_SURVEY_AUTO : (int64_t)SEAL_SECURE_CERT_DEFAULT_OFFSET;
        return SEAL_OK;
    }
    int err = cli_number(run, "offset", UINT32_MAX, 0, &number, cause);
    *wanted = number;
    return err;
}

/* The legacy formats have no end to be seen: as much as the partition, or theirs, has. */
static int read_legacy(struct cli_run *run, struct seal_loader *loader, uint32_t offset, uint32_t room,
                       struct cli_partition *partition, struct seal_cause *cause)
{
    if (!cli_text(run, "offset") || strcmp(cli_text(run, "offset"), "auto") != 0) {
        room = SEAL_CUST_FLASH_SIZE;
    }
    uint8_t *place = room <= LARGEST ? seal_buf_reserve(partition->data, room) : NULL;
    return place ? seal_flash_read(loader, offset, place, room, NULL, NULL, cause)
                 : seal_fail(cause, SEAL_ERR_TOO_LONG, "a partition of %u bytes is too large", room);
}

static int read_chip(struct cli_run *run, struct cli_partition *partition, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    struct seal_flash_id id;
    int64_t wanted = 0;
    uint32_t offset = 0;
    uint32_t room = 0;
    if (cli_operand(run, 0)) {
        return seal_fail(cause, SEAL_ERR_USAGE, "a FILE and --port cannot both be read");
    }
    uint32_t table = 0;
    int err = read_offset(run, &wanted, cause);
    if (err == SEAL_OK) {
        err = cli_table_offset(run, &table, cause);
    }
    if (err == SEAL_OK) {
        err = cli_connect(run, &loader, cause);
    }
    if (err == SEAL_OK) {
        err = seal_flash_attach(loader, &id, cause);
    }
    if (err == SEAL_OK) {
        err = seal_survey_locate(loader, table, wanted, &offset, &room, cause);
    }
    partition->data = seal_buf_new_secret();
    if (err == SEAL_OK) {
        err = partition->data ? seal_survey_secure_cert(loader, offset, room, partition->data, cause)
                              : SEAL_ERR_NO_MEMORY;
    }
    if (err == SEAL_OK && seal_buf_len(partition->data) == 0) {
        err = read_legacy(run, loader, offset, room, partition, cause);
    }
    (void)snprintf(partition->name, sizeof partition->name, "flash at 0x%x", offset);
    return err;
}

static int read_file(struct cli_run *run, struct cli_partition *partition, struct seal_cause *cause)
{
    const char *path = cli_operand(run, 0);
    if (!path) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "FILE is missing");
        seal_hint(cause, "or --port PORT, to read the partition from a chip");
        return err;
    }
    (void)snprintf(partition->name, sizeof partition->name, "%s", path);
    /* A partition may hold a key, but it comes from a flash dump as often as from a careful hand. */
    return seal_file_read(path, LARGEST, SEAL_FILE_SECRET | SEAL_FILE_ANY_MODE, &partition->data, cause);
}

static int convert(struct cli_partition *partition, struct seal_cause *cause)
{
    const uint8_t *data = seal_buf_ptr(partition->data);
    size_t len = seal_buf_len(partition->data);
    partition->format = seal_cert_format_of(data, len);
    if (partition->format == SEAL_CERT_TLV) {
        return SEAL_OK;
    }
    if (partition->format == SEAL_CERT_UNKNOWN) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is no esp_secure_cert partition: %s", partition->name,
                            len ? "it begins neither with an entry nor like a legacy format" : "it is empty");
        seal_hint(cause, "flash that is encrypted is read as ciphertext");
        return err;
    }
    partition->tlv = seal_buf_new_secret();
    int err = partition->tlv ? seal_secure_cert_to_tlv(data, len, partition->tlv, partition->problem, cause)
                             : SEAL_ERR_NO_MEMORY;
    return seal_fail_in(cause, err, partition->name);
}

int cli_partition_read(struct cli_run *run, struct cli_partition *partition, struct seal_cause *cause)
{
    *partition = (struct cli_partition){.format = SEAL_CERT_UNKNOWN};
    int err = cli_text(run, "port") ? read_chip(run, partition, cause) : read_file(run, partition, cause);
    return err == SEAL_OK ? convert(partition, cause) : err;
}
