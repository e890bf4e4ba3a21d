/* The flash-encryption key of a job, and what of flash is encrypted with it. */
#include "slots.h"
#include "writes.h"

#include <espseal/digest.h>
#include <espseal/flash_layout.h>
#include <espseal/secret.h>

#include <string.h>

bool job_encrypts(const struct seal_job *job)
{
    return job->profile->sealing.flash_encryption.mode != SEAL_ENCRYPTION_NONE;
}

size_t job_flash_key(const struct seal_job *job, uint8_t key[static SEAL_FLASH_KEY_MAX])
{
    const struct job_slot *first = job_slot_of(job, JOB_FLASH_KEY);
    const struct job_slot *second = job_slot_of(job, JOB_FLASH_KEY_2);
    if (!first || !first->known || (second && !second->known)) {
        return 0;
    }
    size_t len = job_slot_bytes(first, key);
    return second ? len + job_slot_bytes(second, key + len) : len;
}

int job_open_crypt(struct seal_job *job, struct seal_cause *cause)
{
    const struct job_slot *slot = job_slot_of(job, JOB_FLASH_KEY);
    const struct job_slot *boot = job_slot_of(job, JOB_BOOT_KEY);
    const bool esp32 = strcmp(job->chip->name, "esp32") == 0;
    uint8_t key[SEAL_FLASH_KEY_MAX];
    job->past_boot = boot && !boot->known;
    if (!slot) {
        return SEAL_OK;
    }
    const size_t len = job_flash_key(job, key);
    job->past_flash = len == 0;
    int err = len == 0 ? SEAL_OK
                       : seal_flash_crypt_new(esp32 ? SEAL_FLASH_SCHEME_ESP32 : SEAL_FLASH_SCHEME_XTS, key,
                                              len, esp32 ? SEAL_FLASH_CRYPT_CONFIG : 0, &job->crypt, cause);
    job->has_flash_key_sha256 =
        err == SEAL_OK && len && seal_sha256(key, len, job->flash_key_sha256) == SEAL_OK;
    seal_cleanse(key, sizeof key);
    return err;
}

struct seal_flash_layout job_layout(const struct seal_job *job)
{
    return (struct seal_flash_layout){
        .chip = job->chip, .table = &job->table, .table_offset = job_table_offset(job)};
}

bool job_is_encrypted_at(const struct seal_job *job, uint32_t offset)
{
    const struct seal_flash_layout layout = job_layout(job);
    struct seal_flash_span span;
    if (!job_encrypts(job) || !job->has_table) {
        return false;
    }
    seal_flash_layout_at(&layout, offset, &span);
    return span.encrypted;
}

int job_read_flash(struct seal_job *job, uint32_t offset, uint8_t *data, size_t len, struct seal_cause *cause)
{
    int err = seal_flash_read(job->loader, offset, data, len, NULL, NULL, cause);
    if (err == SEAL_OK && job->crypt && job_is_encrypted_at(job, offset)) {
        err = seal_flash_decrypt(job->crypt, offset, data, data, len, cause);
    }
    return err;
}
