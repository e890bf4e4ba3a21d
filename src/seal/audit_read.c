/* What an audit reads of the flash: the partition table, and what each partition looks like. */
#include "audit.h"

#include <espseal/digest.h>
#include <espseal/flash_key.h>
#include <espseal/flash_layout.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 4096, RANDOM_KINDS = 160 };

/* Flash as it lies there. A failure of the link ends the audit; a place that cannot be read does not. */
int audit_fetch(struct seal_audit *audit, uint32_t offset, uint8_t *data, size_t len, bool *done,
                struct seal_cause *cause)
{
    *done = false;
    if (!audit->source.read || offset > audit->source.flash_size || len > audit->source.flash_size - offset) {
        return SEAL_OK;
    }
    int err = audit->source.read(audit->source.read_ctx, offset, data, len, cause);
    *done = err == SEAL_OK;
    return err == SEAL_ERR_STATE || err == SEAL_ERR_UNSUPPORTED ? SEAL_OK : err;
}

bool audit_is_erased(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] != 0xFF) {
            return false;
        }
    }
    return true;
}

/* Ciphertext of 4096 bytes has nearly all 256 values, and no two equal blocks in a row. */
bool audit_looks_random(const uint8_t *data, size_t len)
{
    bool seen[256] = {false};
    size_t kinds = 0;
    for (size_t i = 0; i < len; i++) {
        kinds += !seen[data[i]];
        seen[data[i]] = true;
    }
    return kinds >= RANDOM_KINDS;
}

int audit_decrypt(struct seal_audit *audit, uint32_t offset, uint8_t *data, size_t len)
{
    struct seal_flash_crypt *crypt = NULL;
    uint32_t config = SEAL_FLASH_CRYPT_CONFIG;
    (void)audit_fuse(audit, "FLASH_CRYPT_CONFIG", &config);
    int err = seal_flash_crypt_for(audit->source.chip, audit->source.flash_key, audit->source.flash_key_len,
                                   "the key", config, &crypt, NULL);
    if (err == SEAL_OK) {
        err = seal_flash_decrypt(crypt, offset, data, data, len, NULL);
    }
    seal_flash_crypt_free(&crypt);
    return err;
}

int audit_read_table(struct seal_audit *audit, struct seal_cause *cause)
{
    uint8_t raw[SEAL_PARTITION_TABLE_SIZE];
    struct seal_cause why = {0};
    bool done;
    int err = audit_fetch(audit, SEAL_PARTITION_TABLE_OFFSET, raw, sizeof raw, &done, cause);
    if (err != SEAL_OK || !done) {
        (void)snprintf(audit->table_problem, sizeof audit->table_problem, "the partition table was not read");
        return err;
    }
    bool on = audit_flash_encryption_on(audit) == 1;
    if (on && audit->source.flash_key) {
        err = audit_decrypt(audit, SEAL_PARTITION_TABLE_OFFSET, raw, sizeof raw);
    }
    if (err == SEAL_OK) {
        err = seal_partition_table_decode(raw, sizeof raw, seal_md5, &audit->table, &why);
    }
    audit->table_state = err == SEAL_OK              ? AUDIT_READ
                         : err == SEAL_ERR_NOT_FOUND ? AUDIT_ABSENT
                         : on && !audit->source.flash_key && audit_looks_random(raw, sizeof raw)
                             ? AUDIT_UNREAD
                             : AUDIT_DAMAGED;
    if (err != SEAL_OK) {
        (void)snprintf(audit->table_problem, sizeof audit->table_problem, "%.150s",
                       audit->table_state == AUDIT_ABSENT ? "there is no partition table"
                       : audit->table_state == AUDIT_UNREAD
                           ? "the partition table is encrypted; give the key with --flash-key"
                           : why.text);
    }
    return SEAL_OK;
}

/* What 4 KiB say of a partition. */
static enum seal_audit_content look(const uint8_t *data, char detail[static 160])
{
    if (audit_is_erased(data, SAMPLE)) {
        (void)snprintf(detail, 160, "erased");
        return SEAL_CONTENT_ERASED;
    }
    if (audit_looks_random(data, SAMPLE) && !seal_image_looks_like(data, SAMPLE)) {
        (void)snprintf(detail, 160, "looks random");
        return SEAL_CONTENT_ENCRYPTED;
    }
    (void)snprintf(detail, 160, "%s",
                   seal_image_looks_like(data, SAMPLE) ? "an image" : "data with structure");
    return SEAL_CONTENT_PLAIN;
}

int audit_read_partitions(struct seal_audit *audit, struct seal_cause *cause)
{
    uint8_t *data = malloc(SAMPLE);
    audit->partition_count = audit->table_state == AUDIT_READ ? audit->table.count : 0;
    audit->partitions = calloc(audit->partition_count + 1, sizeof *audit->partitions);
    int err = data && audit->partitions ? SEAL_OK
                                        : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for an audit");
    for (size_t i = 0; err == SEAL_OK && i < audit->partition_count; i++) {
        struct seal_audit_partition *one = &audit->partitions[i];
        bool done = false;
        one->partition = &audit->table.entries[i];
        one->should_be_encrypted = seal_partition_is_encrypted(one->partition);
        size_t len = one->partition->size < SAMPLE ? 0 : SAMPLE;
        if (len) {
            err = audit_fetch(audit, one->partition->offset, data, len, &done, cause);
        }
        if (done) {
            one->content = look(data, one->detail);
        }
    }
    free(data);
    return err;
}
