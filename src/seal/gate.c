/* The gate: would this device still start, once all that is planned is burned? */
#include "slots.h"
#include "writes.h"

#include <espseal/boot_check.h>
#include <espseal/secret.h>

#include <string.h>

/* What this job writes is taken from memory: it is verified by digest, and slow to read. */
static const struct job_write *written_at(const struct seal_job *job, uint32_t offset)
{
    for (size_t i = 0; i < job->write_count; i++) {
        const struct job_write *write = &job->writes[i];
        const size_t len = write->flash ? seal_buf_len(write->flash) : write->len;
        if (!write->hidden && write->offset <= offset && offset - write->offset < len) {
            return write;
        }
    }
    return NULL;
}

/* Up to where flash is as it is at offset: the next thing that is written. */
static size_t until_next(const struct seal_job *job, uint32_t offset, size_t len)
{
    for (size_t i = 0; i < job->write_count; i++) {
        const uint32_t begins = job->writes[i].offset;
        if (!job->writes[i].hidden && begins > offset && begins - offset < len) {
            len = begins - offset;
        }
    }
    return len;
}

static int read_as_written(void *ctx, uint32_t offset, uint8_t *data, size_t len, struct seal_cause *cause)
{
    struct seal_job *job = ctx;
    int err = SEAL_OK;
    while (len > 0 && err == SEAL_OK) {
        const struct job_write *write = written_at(job, offset);
        size_t part = len;
        if (write) {
            const uint8_t *bytes = write->flash ? seal_buf_ptr(write->flash) : write->data;
            const size_t size = write->flash ? seal_buf_len(write->flash) : write->len;
            const size_t at = offset - write->offset;
            part = size - at < len ? size - at : len;
            memcpy(data, bytes + at, part);
        } else {
            part = until_next(job, offset, len);
            err = seal_flash_read(job->loader, offset, data, part, NULL, NULL, cause);
        }
        offset += (uint32_t)part;
        data += part;
        len -= part;
    }
    return err;
}

static int refuse(const struct seal_boot_report *report, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_RULE, "rule %s: the device would not start any more: %s",
                        JOB_RULE_BOOT, report->why[0] ? report->why : seal_boot_will_name(report->verdict));
    seal_hint(cause, "mend the image that is named; --allow %s goes on all the same", JOB_RULE_BOOT);
    return err;
}

/* What the chip hides by now, and this run put there. */
static void fill_in(const struct seal_job *job, struct seal_efuse *efuse)
{
    for (size_t i = 0; i < job->slot_count; i++) {
        const struct job_slot *slot = &job->slots[i];
        for (size_t word = 0; slot->known && word < SEAL_EFUSE_WORDS; word++) {
            efuse->words[slot->block][word] |= slot->words[word];
        }
    }
}

int job_boot_check(struct seal_job *job, const struct seal_efuse *after, struct seal_cause *cause)
{
    struct seal_efuse efuse = *after;
    uint8_t key[SEAL_FLASH_KEY_MAX];
    struct seal_boot_report report;
    const size_t len = job_flash_key(job, key);
    const struct seal_boot_question question = {.efuse = &efuse,
                                                .read = read_as_written,
                                                .read_ctx = job,
                                                .flash_size = job->flash.size,
                                                .table_offset = job_table_offset(job),
                                                .key = len ? key : NULL,
                                                .key_len = len,
                                                .revision = (int)seal_efuse_revision(&job->now)};
    fill_in(job, &efuse);
    int err = seal_boot_check(&question, &report, cause);
    seal_cleanse(key, sizeof key);
    seal_cleanse(&efuse, sizeof efuse);
    if (err != SEAL_OK) {
        return err;
    }
    if (report.verdict == SEAL_WILL_UNKNOWN) {
        if (!job->boot_unknown) {
            job_warn(job, "whether it will start cannot be told: %.150s", report.why);
        }
        job->boot_unknown = true;
        return SEAL_OK;
    }
    return report.verdict == SEAL_WILL_BOOT ? SEAL_OK : refuse(&report, cause);
}
