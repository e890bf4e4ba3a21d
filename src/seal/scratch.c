/*
 * The proof of flash encryption: the ROM encrypts random bytes into a sector that nothing uses, and what then
 * lies there raw must be what the host makes of them with the key it believes to be in the chip.
 */
#include "writes.h"

#include <espseal/flash_layout.h>
#include <espseal/secret.h>

#include <string.h>

#define SECTOR 4096u

bool job_rom_encrypts(const struct seal_job *job)
{
    return job->chip->rom.begin_has_encrypted &&
           !seal_efuse_get_named(&job->now, "DIS_DOWNLOAD_MANUAL_ENCRYPT");
}

static bool crosses(uint32_t at, uint32_t offset, size_t len)
{
    return at < offset + (uint64_t)len && offset < (uint64_t)at + SECTOR;
}

static bool is_unused(const struct seal_job *job, uint32_t at)
{
    const struct seal_flash_layout layout = job_layout(job);
    struct seal_flash_span span;
    seal_flash_layout_at(&layout, at, &span);
    bool unused = span.part == SEAL_FLASH_PART_NONE && span.end >= (uint64_t)at + SECTOR;
    for (size_t i = 0; i < job->write_count; i++) {
        unused = unused && !crosses(at, job->writes[i].offset, job->writes[i].len);
    }
    return unused && !(job_has_identity(job) && crosses(at, job->offset, job->room));
}

/* From the end of flash, where tables leave room most often. */
int job_scratch_offset(const struct seal_job *job, uint32_t *offset)
{
    for (uint32_t at = job->flash.size; job->has_table && at >= SECTOR; at -= SECTOR) {
        if (is_unused(job, at - SECTOR)) {
            *offset = at - SECTOR;
            return SEAL_OK;
        }
    }
    /* An image that is about to be written over it anyway. */
    for (size_t i = 0; i < job->write_count; i++) {
        const struct job_write *write = &job->writes[i];
        if (!write->there && write->len >= SECTOR) {
            *offset = write->offset;
            return SEAL_OK;
        }
    }
    return SEAL_ERR_NOT_FOUND;
}

static int fail_proof(const struct seal_job *job, uint32_t offset, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_PROOF,
                        "what the ROM of this %s encrypts at 0x%x is not what its key makes of it: images "
                        "encrypted on the host would not start",
                        job->chip->title, offset);
    seal_hint(cause, "nothing was switched on; the key block may be damaged: see espseal efuse summary");
    return err;
}

int job_prove_flash(struct seal_job *job, uint32_t offset, struct seal_cause *cause)
{
    const struct seal_flash_write_options options = {.encrypt = true, .always = true};
    struct seal_flash_write_result result;
    uint8_t data[SECTOR];
    if (!job->crypt || seal_random(data, sizeof data) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_CRYPTO, "no random bytes to be had for the proof");
    }
    int err = seal_flash_write(job->loader, offset, data, sizeof data, &options, &result, cause);
    if (err == SEAL_OK) {
        err = seal_flash_encrypt(job->crypt, offset, data, data, sizeof data, cause);
    }
    if (err == SEAL_OK) {
        bool same = false;
        err = seal_flash_compare(job->loader, offset, data, sizeof data, NULL, &same, cause);
        if (err == SEAL_OK && !same) {
            err = fail_proof(job, offset, cause);
        }
    }
    int erased =
        seal_flash_erase(job->loader, offset, SECTOR, NULL, NULL, NULL, err == SEAL_OK ? cause : NULL);
    return err == SEAL_OK ? erased : err;
}
