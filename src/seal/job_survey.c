/* The survey: fuses, flash, and what an earlier run left. */
#include "job.h"

#include <espseal/deadline.h>
#include <espseal/digest.h>
#include <espseal/secret.h>

#include <stdlib.h>
#include <string.h>

#define BLOCK0_AND_1 3u

static int check_posture(const struct seal_job *job, struct seal_cause *cause)
{
    unsigned count = (unsigned)__builtin_popcount(seal_efuse_get_named(&job->now, "SPI_BOOT_CRYPT_CNT"));
    if (count % 2) {
        int err = seal_fail(cause, SEAL_ERR_STATE,
                            "flash encryption is on in this chip: plain images would not be readable to it");
        seal_hint(cause, "this espseal provisions chips before flash encryption is enabled");
        return err;
    }
    return SEAL_OK;
}

static int read_fuses(struct seal_job *job, struct seal_cause *cause)
{
    job->now.chip = job->chip;
    int err = seal_efuse_read(job->loader, BLOCK0_AND_1, &job->now, cause);
    if (err == SEAL_OK) {
        seal_efuse_mac(&job->now, job->mac);
        err = check_posture(job, cause);
    }
    return err;
}

static int read_flash(struct seal_job *job, struct seal_cause *cause)
{
    int err = seal_flash_attach(job->loader, &job->flash, cause);
    if (err == SEAL_OK) {
        err = job_locate(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_check_regions(job, cause);
    }
    if (err == SEAL_OK) {
        job->found = seal_buf_new_secret(); /* another tool may have left a private key there */
        err = job->found ? seal_survey_secure_cert(job->loader, job->offset, job->room, job->found, cause)
                         : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    return err == SEAL_OK ? job_find_ds(job, cause) : err;
}

static void keep_held_key(struct seal_job *job)
{
    int block = seal_chip_key_block(job->chip, job->key);
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        seal_put_le32(job->hmac_key + 4 * i, job->now.words[block][i]);
    }
    job->hmac_known = true;
}

/* A finished development run left its key in the open; an interrupted run did not get as far as protecting
 * it. */
static void warn_old_key(struct seal_job *job)
{
    bool finished = !seal_efuse_block_writable(&job->now, (unsigned)seal_chip_key_block(job->chip, job->key));
    if (finished && job->profile->mode == SEAL_MODE_PRODUCTION) {
        job_warn(job, "the key in BLOCK_KEY%u has been readable since an earlier run: copies of it may exist",
                 job->key);
    }
}

static int check_given_hmac_key(const struct seal_job *job, struct seal_cause *cause)
{
    const uint8_t *given = job->profile->hmac_key;
    if (given && job->key_state == SEAL_BLOCK_HELD && !seal_equal(given, job->hmac_key, 32)) {
        int err =
            seal_fail(cause, SEAL_ERR_STATE, "BLOCK_KEY%u holds another key than the one given", job->key);
        seal_hint(
            cause,
            "leave the key file out to use the key in the chip, or choose another block with --efuse-key N");
        return err;
    }
    return SEAL_OK;
}

static int refuse_sealed(const struct seal_job *job, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_STATE,
                        "BLOCK_KEY%u is read-protected, and flash at 0x%x does not hold this identity (%s)",
                        job->key, job->offset, job->found_why_not);
    seal_hint(
        cause,
        "its DS parameters cannot be made again; a new identity needs another key block: --efuse-key N");
    return err;
}

static int survey_key(struct seal_job *job, struct seal_cause *cause)
{
    if (job->profile->storage != SEAL_STORAGE_DS) {
        return SEAL_OK;
    }
    int hinted = job->ds_found ? (int)job->ds_key : job_found_key(job);
    job->hmac_key = seal_secret_alloc(32);
    int err = job->hmac_key ? job_choose_key_block(job, hinted, cause)
                            : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of secure memory");
    if (err == SEAL_OK && job->key_state == SEAL_BLOCK_HELD) {
        keep_held_key(job);
        warn_old_key(job);
        err = check_given_hmac_key(job, cause);
    }
    return err;
}

/* Images are compared now only where the rest is done already, to tell "nothing to do"; else while writing.
 */
static int survey_firmware(struct seal_job *job, struct seal_cause *cause)
{
    for (size_t i = 0; i < job->profile->firmware_count && job->found_good; i++) {
        const struct seal_firmware *image = &job->profile->firmware[i];
        uint8_t want[16];
        uint8_t have[16];
        int err = seal_md5_mapped(image->data, image->len, &image->release, want);
        if (err == SEAL_OK) {
            err = seal_flash_md5(job->loader, image->offset, (uint32_t)image->len, have, cause);
        }
        if (err != SEAL_OK) {
            return err;
        }
        job->firmware_there[i] = memcmp(want, have, sizeof want) == 0;
    }
    return SEAL_OK;
}

static int survey(struct seal_job *job, struct seal_cause *cause)
{
    int err = seal_loader_require_registers(job->loader, "read the eFuses", cause);
    if (err == SEAL_OK) {
        err = job_check_allowed(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_preflight(job, cause);
    }
    if (err == SEAL_OK) {
        err = read_fuses(job, cause);
    }
    if (err == SEAL_OK && !job->profile->device_cert) {
        err = job_expand_names(job, cause);
    }
    if (err == SEAL_OK) {
        err = read_flash(job, cause);
    }
    if (err == SEAL_OK) {
        err = survey_key(job, cause);
    }
    if (err == SEAL_OK) {
        job->before = job->now;
        err = job_examine_found(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_check_completion(job, cause);
    }
    if (err == SEAL_OK && job->key_state == SEAL_BLOCK_SEALED &&
        job->profile->mode == SEAL_MODE_DEVELOPMENT) {
        job_warn(job, "BLOCK_KEY%u is read-protected already: this device is sealed, and stays so", job->key);
    }
    if (err == SEAL_OK && job->key_state == SEAL_BLOCK_SEALED && !job->found_good && !job->ds_found) {
        err = refuse_sealed(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_guard_firmware(job, cause);
    }
    return err == SEAL_OK ? survey_firmware(job, cause) : err;
}

int seal_job_survey(struct seal_loader *loader, const struct seal_profile *profile, struct seal_job **out,
                    struct seal_cause *cause)
{
    *out = NULL;
    struct seal_job *job = calloc(1, sizeof *job);
    bool *there = calloc(profile->firmware_count + 1, sizeof *there);
    if (!job || !there) {
        free(job);
        free(there);
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    job->loader = loader;
    job->profile = profile;
    job->chip = seal_loader_chip(loader);
    job->firmware_there = there;
    job->started = time(NULL);
    job->started_us = seal_now_us();
    int err = survey(job, cause);
    if (err == SEAL_OK) {
        *out = job;
    } else {
        seal_job_free(&job);
    }
    return err;
}
