/* Where everything goes in flash, and that nothing crosses anything else. */
#include "job.h"
#include "writes.h"

#include <espseal/digest.h>

#include <string.h>

#define SECTOR 4096u
#define ENTRY 32u

static uint64_t sectors_end(uint32_t offset, size_t len)
{
    return ((uint64_t)offset + len + SECTOR - 1) / SECTOR * SECTOR;
}

static bool overlap(uint32_t a, size_t a_len, uint32_t b, size_t b_len)
{
    return a < sectors_end(b, b_len) && b < sectors_end(a, a_len);
}

uint32_t job_table_offset(const struct seal_job *job)
{
    return job->profile->table_offset ? job->profile->table_offset : SEAL_PARTITION_TABLE_OFFSET;
}

static bool decode(const uint8_t *data, size_t len, struct seal_partition_table *table)
{
    len = len < SEAL_PARTITION_TABLE_SIZE ? len : SEAL_PARTITION_TABLE_SIZE;
    return seal_partition_table_decode(data, len, seal_md5, table, NULL) == SEAL_OK;
}

/* A partition table that the firmware of this very job brings along; false when it brings none. */
static bool table_in_firmware(const struct seal_job *job, struct seal_partition_table *table)
{
    const uint32_t at = job_table_offset(job);
    for (size_t i = 0; i < job->profile->firmware_count; i++) {
        const struct seal_firmware *image = &job->profile->firmware[i];
        if (image->offset <= at && image->offset + (uint64_t)image->len > at + (uint64_t)ENTRY) {
            size_t skip = at - image->offset;
            return decode(image->data + skip, image->len - skip, table);
        }
    }
    return false;
}

void job_hint_table(const struct seal_job *job, struct seal_cause *cause)
{
    struct seal_partition_table table;
    for (size_t i = 0; i < job->profile->firmware_count; i++) {
        const struct seal_firmware *image = &job->profile->firmware[i];
        if (image->offset != job_table_offset(job) && decode(image->data, image->len, &table)) {
            seal_hint(cause,
                      "%s is one; if the bootloader was built for 0x%x: --table-offset 0x%x, or "
                      "table_offset in the profile",
                      image->name, image->offset, image->offset);
            return;
        }
    }
    seal_hint(cause, "give the table as one of the images, at 0x%x; another place is --table-offset",
              job_table_offset(job));
}

static int check_table(struct seal_job *job, const struct seal_partition_table *table,
                       struct seal_cause *cause)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct seal_partition *entry = &table->entries[i];
        if (strcmp(entry->name, "esp_secure_cert") == 0 && entry->offset == job->offset) {
            job->room = entry->size;
            return SEAL_OK;
        }
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct seal_partition *entry = &table->entries[i];
        if (overlap(job->offset, job->room, entry->offset, entry->size)) {
            int err = seal_fail(
                cause, SEAL_ERR_RULE,
                "rule PT-OVERLAP: 0x%x lies in the partition %s (0x%x, %u bytes) of the chip's table",
                job->offset, entry->name, entry->offset, entry->size);
            seal_hint(cause, "give --offset auto if the table has esp_secure_cert, or another --offset");
            return err;
        }
    }
    job_warn(job, "the partition table has no esp_secure_cert at 0x%x: firmware will not find it by name",
             job->offset);
    return SEAL_OK;
}

/* The images' own, or what flash has: encrypted there, perhaps, with a key that is known, perhaps. */
int job_find_table(struct seal_job *job, struct seal_cause *cause)
{
    job->has_table = table_in_firmware(job, &job->table);
    if (job->has_table || job->past_flash) {
        return SEAL_OK;
    }
    uint8_t data[SEAL_PARTITION_TABLE_SIZE];
    const uint32_t at = job_table_offset(job);
    int err = seal_flash_read(job->loader, at, data, sizeof data, NULL, NULL, cause);
    if (err != SEAL_OK) {
        return err;
    }
    job->has_table = decode(data, sizeof data, &job->table);
    if (!job->has_table && job->crypt) {
        err = seal_flash_decrypt(job->crypt, at, data, data, sizeof data, cause);
        job->has_table = err == SEAL_OK && decode(data, sizeof data, &job->table);
    }
    return err;
}

int job_locate(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_profile *profile = job->profile;
    struct seal_partition_table table;
    bool known = job->has_table || table_in_firmware(job, &table);
    if (job->has_table) {
        table = job->table;
    }
    if (profile->offset == SEAL_AUTO) {
        int err = known ? seal_survey_locate_in(&table, &job->offset, &job->room, cause)
                        : seal_survey_locate(job->loader, job_table_offset(job), SEAL_SURVEY_AUTO,
                                             &job->offset, &job->room, cause);
        if (err == SEAL_ERR_NOT_FOUND && !known) {
            job_hint_table(job, cause);
        }
        return err;
    }
    job->offset = (uint32_t)profile->offset;
    job->room = SEAL_SECURE_CERT_MAX;
    if (job->offset % SECTOR) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "the offset 0x%x is not a multiple of 4096", job->offset);
        seal_hint(cause, "Espressif's tables put esp_secure_cert at 0xd000");
        return err;
    }
    if (!known) {
        int err = seal_survey_partition_table(job->loader, job_table_offset(job), &table, cause);
        if (err == SEAL_ERR_NOT_FOUND || err == SEAL_ERR_FORMAT) {
            return SEAL_OK; /* no table on the chip, as on every blank one */
        }
        if (err != SEAL_OK) {
            return err;
        }
    }
    return check_table(job, &table, cause);
}

static int check_region(const struct seal_job *job, uint32_t offset, size_t len, const char *name,
                        struct seal_cause *cause)
{
    if (offset % SECTOR) {
        return seal_fail(cause, SEAL_ERR_USAGE, "%s: the offset 0x%x is not a multiple of 4096", name,
                         offset);
    }
    if (job->flash.size && sectors_end(offset, len) > job->flash.size) {
        int err = seal_fail(cause, SEAL_ERR_TOO_LONG,
                            "%s (0x%x, %zu bytes) reaches beyond the end of flash (%u bytes)", name, offset,
                            len, job->flash.size);
        seal_hint(cause, "check the offset; espseal flash id shows this chip's flash");
        return err;
    }
    return SEAL_OK;
}

int job_check_regions(struct seal_job *job, struct seal_cause *cause)
{
    int err =
        job_has_identity(job) ? check_region(job, job->offset, job->room, "esp_secure_cert", cause) : SEAL_OK;
    for (size_t i = 0; i < job->write_count && err == SEAL_OK; i++) {
        const struct job_write *a = &job->writes[i];
        err = check_region(job, a->offset, a->len, a->name, cause);
        if (err == SEAL_OK && job_has_identity(job) && overlap(a->offset, a->len, job->offset, job->room)) {
            err = seal_fail(cause, SEAL_ERR_USAGE,
                            "%s (0x%x, %zu bytes) would overwrite esp_secure_cert at 0x%x", a->name,
                            a->offset, a->len, job->offset);
            seal_hint(cause, "write the image elsewhere, or move the partition with --offset");
        }
        for (size_t k = 0; k < i && err == SEAL_OK; k++) {
            const struct job_write *b = &job->writes[k];
            if (overlap(a->offset, a->len, b->offset, b->len)) {
                err = seal_fail(cause, SEAL_ERR_USAGE, "%s and %s overlap in flash", b->name, a->name);
                seal_hint(cause, "flash is erased by 4096 bytes: %s takes 0x%x to 0x%llx, %s 0x%x to 0x%llx",
                          b->name, b->offset, (unsigned long long)sectors_end(b->offset, b->len), a->name,
                          a->offset, (unsigned long long)sectors_end(a->offset, a->len));
            }
        }
    }
    return err;
}
