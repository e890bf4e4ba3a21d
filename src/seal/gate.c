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
        const bool known = !write->hidden || (job->recalled == JOB_RECALL_SAME && !write->unknown);
        if (known && write->offset <= offset && offset - write->offset < len) {
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

/* --- the verdict --- */

/* The image of the profile that decided, else the wish without which it would start. */
static void blame(const struct seal_job *job, const struct seal_boot_report *report, struct seal_cause *cause)
{
    const struct seal_profile *profile = job->profile;
    const bool encryption = strcmp(report->decided_by, "encryption") == 0;
    seal_cause_word(cause, encryption ? "flash_encryption" : "secure_boot");
    for (size_t i = 0; cause && !encryption && i < profile->firmware_count; i++) {
        const struct seal_firmware *image = &profile->firmware[i];
        if (image->offset <= report->decided_at && report->decided_at - image->offset < image->len) {
            seal_cause_word(cause, "firmware[].file");
            cause->word_index = i;
        }
    }
}

static int refuse(const struct seal_job *job, const struct seal_boot_report *report, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_RULE, "rule %s: the device would not start any more: %s",
                        JOB_RULE_BOOT, report->why[0] ? report->why : seal_boot_will_name(report->verdict));
    seal_hint(cause, "mend the image that is named; --allow %s goes on all the same", JOB_RULE_BOOT);
    blame(job, report, cause);
    return err;
}

/* Nobody can look behind the key: whose images they are is what the record of the run that hid it tells. */
static int refuse_hidden(const struct seal_job *job, struct seal_cause *cause)
{
    const bool other = job->recalled == JOB_RECALL_OTHER;
    int err =
        seal_fail(cause, SEAL_ERR_RULE,
                  "rule %s: the key is hidden in the chip, and %s%s, so that nobody can tell whether the "
                  "device would start",
                  JOB_RULE_BOOT, other ? "the record of this device has not this " : "",
                  other ? job->recalled_not : "no record tells which images an earlier run wrote with it");
    seal_hint(cause,
              "give the folder in which that run kept its receipts (--out), the same images, or the key "
              "(flash_encryption.key: espseal unlock takes it from escrow); --allow %s goes on all the same",
              JOB_RULE_BOOT);
    seal_cause_word(cause, job->past_flash ? "flash_encryption.key" : "secure_boot.version");
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

/* What was encrypted with the hidden key is known in clear, and judged so. */
static void forget_encryption(struct seal_efuse *efuse)
{
    const char *esp32 = "FLASH_CRYPT_CNT";
    const char *counter = seal_chip_field(efuse->chip, esp32) ? esp32 : "SPI_BOOT_CRYPT_CNT";
    struct seal_burn burn = {0};
    if (seal_burn_field(efuse->chip, &burn, counter, seal_efuse_get_named(efuse, counter), NULL) != SEAL_OK) {
        return;
    }
    for (size_t word = 0; word < SEAL_EFUSE_WORDS; word++) {
        efuse->words[0][word] &= ~burn.words[0][word];
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
    const bool hidden = job_key_is_hidden(job);
    fill_in(job, &efuse);
    if (job->past_flash && job->recalled == JOB_RECALL_SAME) {
        forget_encryption(&efuse);
    }
    int err = seal_boot_check(&question, &report, cause);
    seal_cleanse(key, sizeof key);
    seal_cleanse(&efuse, sizeof efuse);
    if (err != SEAL_OK) {
        return err;
    }
    if (report.verdict == SEAL_WILL_UNKNOWN && hidden && job->recalled != JOB_RECALL_SAME) {
        return refuse_hidden(job, cause);
    }
    if (report.verdict == SEAL_WILL_UNKNOWN) {
        if (!job->boot_unknown) {
            job_warn(job, "whether it will start cannot be told: %.150s", report.why);
        }
        job->boot_unknown = true;
        return SEAL_OK;
    }
    return report.verdict == SEAL_WILL_BOOT ? SEAL_OK : refuse(job, &report, cause);
}
