#include "encrypting.h"

#include "partition.h"

#include <espseal/digest.h>

#include <string.h>

int cli_flash_key(struct cli_run *run, const char *option, const struct seal_chip *chip,
                  unsigned crypt_config, struct seal_flash_crypt **crypt, struct seal_cause *cause)
{
    const char *path = cli_text(run, option);
    struct seal_buf *key = NULL;
    *crypt = NULL;
    int err = cli_read_secret(run, path, 4096, &key, cause);
    if (!err) {
        err = seal_flash_crypt_for(chip, seal_buf_ptr(key), seal_buf_len(key), path, crypt_config, crypt,
                                   cause);
    }
    if (err == SEAL_ERR_KEY && seal_buf_len(key) > SEAL_FLASH_KEY_MAX) {
        seal_hint(cause, "a file of --escrow-to is opened by espseal unlock");
    }
    seal_buf_free(&key);
    return err;
}

int cli_crypt_config(struct cli_run *run, const struct seal_chip *chip, uint32_t *config,
                     struct seal_cause *cause)
{
    const bool esp32 = seal_flash_scheme_of(chip) == SEAL_FLASH_SCHEME_ESP32;
    *config = SEAL_FLASH_CRYPT_CONFIG;
    if (cli_text(run, "crypt-config") && !esp32) {
        return seal_fail(cause, SEAL_ERR_USAGE,
                         "%s has no FLASH_CRYPT_CONFIG: --crypt-config is for the ESP32", chip->title);
    }
    int err = cli_number(run, "crypt-config", 0xF, SEAL_FLASH_CRYPT_CONFIG, config, cause);
    if (!err && esp32 && *config == 0) {
        cli_warn(run, "with FLASH_CRYPT_CONFIG 0 equal blocks of flash are equal when encrypted");
    }
    return err;
}

/* The table in the file that covers its place; false when none does, or it is no table. */
static bool find_table(const struct flash_files *files, const struct seal_flash_crypt *crypt, uint32_t at,
                       struct seal_partition_table *table)
{
    uint8_t bytes[SEAL_PARTITION_TABLE_SIZE];
    for (size_t i = 0; i < files->count; i++) {
        const struct flash_file *file = &files->files[i];
        struct flash_region region;
        struct flash_table none = {.known = true, .offset = at};
        if (flash_find(NULL, file->place, &none, &region, NULL) != SEAL_OK || region.offset > at ||
            file->len <= at - region.offset) {
            continue;
        }
        const size_t left = file->len - (at - region.offset);
        const size_t len = left < sizeof bytes ? left - left % SEAL_FLASH_CRYPT_BLOCK : sizeof bytes;
        memcpy(bytes, file->data + (at - region.offset), len);
        return (!crypt || seal_flash_decrypt(crypt, at, bytes, bytes, len, NULL) == SEAL_OK) &&
               seal_partition_table_decode(bytes, len, seal_md5, table, NULL) == SEAL_OK;
    }
    return false;
}

static bool same_table(const struct seal_partition_table *a, const struct seal_partition_table *b)
{
    return a->count == b->count && memcmp(a->entries, b->entries, a->count * sizeof a->entries[0]) == 0;
}

int cli_flash_table(struct cli_run *run, struct flash_files *files, const struct seal_flash_crypt *crypt,
                    uint32_t *offset, struct seal_cause *cause)
{
    const char *path = cli_text(run, "partition-table");
    struct seal_partition_table own = {0};
    int err = cli_table_offset(run, offset, cause);
    if (err) {
        return err;
    }
    const bool found = find_table(files, crypt, *offset, &own);
    if (path) {
        const struct seal_partition_rules rules = {.table_offset = *offset};
        err = partition_read_file(path, &rules, &files->table.table, cause);
        files->table.known = !err;
    } else if (found) {
        files->table.table = own;
        files->table.known = true;
    }
    if (!err && path && found && !same_table(&own, &files->table.table)) {
        err = seal_fail(cause, SEAL_ERR_MISMATCH, "%s is not the table that goes to 0x%x", path, *offset);
        seal_hint(cause, "leave --partition-table out: the table among the files decides");
    }
    return err;
}

int cli_flash_layout(const struct seal_chip *chip, const struct flash_files *files, uint32_t table_offset,
                     struct seal_flash_layout *layout, struct seal_cause *cause)
{
    *layout =
        (struct seal_flash_layout){.chip = chip, .table = &files->table.table, .table_offset = table_offset};
    if (!files->table.known) {
        int err =
            seal_fail(cause, SEAL_ERR_USAGE,
                      "the partition table says what is encrypted, and there is none at 0x%x", table_offset);
        seal_hint(cause, "give it among the files as 0x%x=FILE, or with --partition-table FILE",
                  table_offset);
        return err;
    }
    return seal_flash_layout_check(layout, cause);
}
