#include <espseal/survey.h>

#include <espseal/digest.h>

#include <stdio.h>
#include <string.h>

#define SECTOR 4096u
#define LARGEST (64u << 20) /* flash that is known to exist */
#define CHUNK 1024u         /* 16 READ_FLASH_SLOW frames: two windows */
#define TABLE_CHUNK 64u     /* two entries, one frame */
#define TABLE_ENTRY 32u
#define TABLE_MAGIC 0x50AAu

static bool table_ends_in(const uint8_t *chunk)
{
    for (size_t i = 0; i < TABLE_CHUNK; i += TABLE_ENTRY) {
        unsigned magic = chunk[i] | (unsigned)chunk[i + 1] << 8;
        if (magic != TABLE_MAGIC) {
            return true; /* the MD5 entry (EB EB), erased flash, or no table */
        }
    }
    return false;
}

int seal_survey_table_offset(const struct seal_chip *chip, uint32_t offset, uint32_t *at,
                             struct seal_cause *cause)
{
    *at = offset ? offset : SEAL_PARTITION_TABLE_OFFSET;
    if (*at % SECTOR == 0 && *at > chip->bootloader_offset && *at < LARGEST) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_USAGE, "0x%x is no place of a partition table", *at);
    seal_hint(cause,
              "a multiple of 4096 behind the bootloader, which begins at 0x%x: what firmware has as "
              "CONFIG_PARTITION_TABLE_OFFSET",
              chip->bootloader_offset);
    return err;
}

int seal_survey_partition_table(struct seal_loader *loader, uint32_t at, struct seal_partition_table *table,
                                struct seal_cause *cause)
{
    uint8_t data[SEAL_PARTITION_TABLE_SIZE];
    memset(data, 0xFF, sizeof data);
    at = at ? at : SEAL_PARTITION_TABLE_OFFSET;
    for (uint32_t done = 0; done < sizeof data; done += TABLE_CHUNK) {
        int err = seal_flash_read(loader, at + done, data + done, TABLE_CHUNK, NULL, NULL, cause);
        if (err != SEAL_OK) {
            return err;
        }
        if (table_ends_in(data + done)) {
            break;
        }
    }
    return seal_partition_table_decode(data, sizeof data, seal_md5, table, cause);
}

int seal_survey_locate_in(const struct seal_partition_table *table, uint32_t *offset, uint32_t *room,
                          struct seal_cause *cause)
{
    const struct seal_partition *found = seal_partition_find(table, "esp_secure_cert");
    if (found) {
        *offset = found->offset;
        *room = found->size;
        return SEAL_OK;
    }
    char names[200] = "";
    for (size_t i = 0, used = 0; i < table->count && used < sizeof names - 24; i++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                 table->entries[i].name);
    }
    int err =
        seal_fail(cause, SEAL_ERR_NOT_FOUND, "the partition table has no esp_secure_cert (it has %s)", names);
    seal_hint(cause, "add \"esp_secure_cert, 0x3f, , 0xd000, 0x2000\" to the table, or give --offset 0xd000");
    return err;
}

int seal_survey_locate(struct seal_loader *loader, uint32_t table_offset, int64_t wanted, uint32_t *offset,
                       uint32_t *room, struct seal_cause *cause)
{
    if (wanted != SEAL_SURVEY_AUTO) {
        *offset = (uint32_t)wanted;
        *room = SEAL_SECURE_CERT_MAX;
        return SEAL_OK;
    }
    struct seal_partition_table table = {0};
    int err = seal_survey_partition_table(loader, table_offset, &table, cause);
    if (err == SEAL_ERR_NOT_FOUND || err == SEAL_ERR_FORMAT) {
        err = seal_fail(cause, SEAL_ERR_NOT_FOUND,
                        "the chip has no partition table at 0x%x to find esp_secure_cert in",
                        table_offset ? table_offset : SEAL_PARTITION_TABLE_OFFSET);
        seal_hint(cause, "give --offset 0xd000, say --table-offset if it lies elsewhere, or write a table");
    }
    return err == SEAL_OK ? seal_survey_locate_in(&table, offset, room, cause) : err;
}

int seal_survey_secure_cert(struct seal_loader *loader, uint32_t offset, uint32_t room, struct seal_buf *out,
                            struct seal_cause *cause)
{
    size_t want = 64;
    for (;;) {
        size_t have = seal_buf_len(out);
        size_t step = want - have;
        uint8_t *place = seal_buf_reserve(out, step);
        if (!place) {
            return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
        }
        int err = seal_flash_read(loader, offset + (uint32_t)have, place, step, NULL, NULL, cause);
        if (err != SEAL_OK) {
            seal_buf_truncate(out, 0);
            return err;
        }
        struct seal_tlv_entry entry;
        enum seal_tlv_end end = SEAL_TLV_END_OF_DATA;
        size_t at = 0;
        while (seal_tlv_next(seal_buf_ptr(out), seal_buf_len(out), &at, &entry, &end)) {
        }
        bool more = end == SEAL_TLV_END_TRUNCATED || end == SEAL_TLV_END_OF_DATA;
        if (!more || want >= room) {
            seal_buf_truncate(out, seal_tlv_used(seal_buf_ptr(out), seal_buf_len(out)));
            return SEAL_OK;
        }
        want = want + CHUNK < room ? want + CHUNK : room;
    }
}
