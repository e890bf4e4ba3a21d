/* The survey: fuses, flash, and what an earlier run left. */
#include "job.h"
#include "slots.h"
#include "writes.h"

#include <espseal/deadline.h>
#include <espseal/digest.h>
#include <espseal/secret.h>

#include <stdlib.h>
#include <string.h>

#define BLOCK0_AND_1 3u

static bool asks_sealing(const struct seal_job *job)
{
    return seal_sealing_asked(&job->profile->sealing);
}

static int check_posture(const struct seal_job *job, struct seal_cause *cause)
{
    const char *counter =
        seal_chip_field(job->chip, "FLASH_CRYPT_CNT") ? "FLASH_CRYPT_CNT" : "SPI_BOOT_CRYPT_CNT";
    unsigned count = (unsigned)__builtin_popcount(seal_efuse_get_named(&job->now, counter));
    if (count % 2 && !job_encrypts(job)) {
        int err = seal_fail(cause, SEAL_ERR_STATE,
                            "flash encryption is on in this chip: plain images would not be readable to it");
        seal_hint(cause,
                  "ask for flash_encryption in a profile, with the key of this device where it is hidden");
        return err;
    }
    return SEAL_OK;
}

static int read_fuses(struct seal_job *job, struct seal_cause *cause)
{
    job->now.chip = job->chip;
    int err = seal_efuse_read(job->loader, asks_sealing(job) ? ~0u : BLOCK0_AND_1, &job->now, cause);
    if (err == SEAL_OK) {
        seal_efuse_mac(&job->now, job->mac);
        err = check_posture(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_learn_serial(job, cause);
    }
    if (err == SEAL_OK && asks_sealing(job)) {
        err = job_allocate_slots(job, cause);
    }
    return err == SEAL_OK ? job_open_crypt(job, cause) : err;
}

/* An encrypted partition has to be read as a whole: where it ends shows when it is decrypted. */
static int read_encrypted_cert(struct seal_job *job, struct seal_cause *cause)
{
    const struct job_slot *slot = job_slot_of(job, JOB_FLASH_KEY);
    const bool written = slot && (slot->state == SEAL_BLOCK_HELD || slot->state == SEAL_BLOCK_SEALED);
    const size_t len = job->room < SEAL_SECURE_CERT_MAX ? job->room : SEAL_SECURE_CERT_MAX;
    if (!job->crypt || !written) {
        return SEAL_OK;
    }
    uint8_t *data = seal_buf_reserve(job->found, len);
    int err = data ? job_read_flash(job, job->offset, data, len, cause)
                   : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (err == SEAL_OK && seal_le32(data) != SEAL_SECURE_CERT_MAGIC) {
        seal_buf_truncate(job->found, 0);
    }
    return err;
}

static int read_cert(struct seal_job *job, struct seal_cause *cause)
{
    job->found = seal_buf_new_secret(); /* another tool may have left a private key there */
    if (!job->found) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    job->cert_encrypted = job_has_identity(job) && job_is_encrypted_at(job, job->offset);
    int err = SEAL_OK;
    if (job->cert_encrypted) {
        err = read_encrypted_cert(job, cause);
    } else if (job_has_identity(job)) {
        err = seal_survey_secure_cert(job->loader, job->offset, job->room, job->found, cause);
    }
    return err == SEAL_OK && job_has_identity(job) ? job_find_ds(job, cause) : err;
}

static int read_flash(struct seal_job *job, struct seal_cause *cause)
{
    int err = seal_flash_attach(job->loader, &job->flash, cause);
    if (err == SEAL_OK && asks_sealing(job)) {
        err = job_find_table(job, cause);
    }
    if (err == SEAL_OK && job_has_identity(job)) {
        err = job_locate(job, cause);
    }
    if (err == SEAL_OK && asks_sealing(job)) {
        err = job_collect_nvs(job, cause);
    }
    if (err == SEAL_OK && asks_sealing(job)) {
        err = job_collect_manufacturing(job, cause);
    }
    if (err == SEAL_OK && asks_sealing(job)) {
        err = job_digest_bootloader(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_check_regions(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_encrypt_writes(job, cause);
    }
    return err == SEAL_OK ? read_cert(job, cause) : err;
}

static void keep_held_key(struct seal_job *job)
{
    for (size_t i = 0; i < SEAL_EFUSE_WORDS * job->part_count; i++) {
        int block = seal_chip_key_block(job->chip, job->parts[i / SEAL_EFUSE_WORDS].key);
        seal_put_le32(job->block_key + 4 * i, job->now.words[block][i % SEAL_EFUSE_WORDS]);
    }
    job->block_known = true;
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

static int check_given_key(const struct seal_job *job, struct seal_cause *cause)
{
    uint8_t bytes[JOB_BLOCK_KEY];
    bool given = false;
    int err = job_given_block_key(job, bytes, &given, cause);
    if (err == SEAL_OK && given && !seal_equal(bytes, job->block_key, 32 * job->part_count)) {
        err = seal_fail(cause, SEAL_ERR_STATE, "BLOCK_KEY%u holds another key than the one given", job->key);
        seal_hint(
            cause,
            "leave the key file out to use the key in the chip, or choose another block with --efuse-key N");
    }
    seal_cleanse(bytes, sizeof bytes);
    return err;
}

static int refuse_sealed(const struct seal_job *job, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_STATE,
                        "BLOCK_KEY%u is read-protected, and flash at 0x%x does not hold this identity (%s)",
                        job->key, job->offset, job->found_why_not);
    seal_hint(cause,
              "%sits %s cannot be made again; a new identity needs another key block: "
              "--efuse-key N",
              job->found_renamed ? "if its CA wrote that subject, --any-subject takes it; " : "",
              job_uses_ds(job) ? "DS parameters" : "key");
    return err;
}

static int survey_key(struct seal_job *job, struct seal_cause *cause)
{
    if (!job_uses_block(job)) {
        return SEAL_OK;
    }
    int hinted = job->ds_found ? (int)job->ds_key : job_found_key(job);
    job->block_key = seal_secret_alloc(JOB_BLOCK_KEY);
    int err = job->block_key ? job_choose_key_block(job, hinted, cause)
                             : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of secure memory");
    if (err == SEAL_OK && job->key_state == SEAL_BLOCK_HELD) {
        keep_held_key(job);
        warn_old_key(job);
        err = check_given_key(job, cause);
    }
    return err;
}

/* Images are compared now only where the rest is done already, to tell "nothing to do"; else while writing.
 */
static int survey_writes(struct seal_job *job, struct seal_cause *cause)
{
    bool settled = job->found_good || !job_has_identity(job);
    for (size_t i = 0; i < job->slot_count; i++) {
        const struct job_slot *slot = &job->slots[i];
        settled = settled &&
                  !(slot->secret && (slot->state == SEAL_BLOCK_FREE || slot->state == SEAL_BLOCK_CLAIMED));
    }
    return settled || job->past_flash ? job_compare_writes(job, cause) : SEAL_OK;
}

/* What stands in an encrypted partition under a hidden key was proven before the key was hidden. */
static int survey_identity(struct seal_job *job, struct seal_cause *cause)
{
    if (!job_has_identity(job)) {
        return SEAL_OK;
    }
    if (!job->cert_encrypted || !job->past_flash) {
        return job_examine_found(job, cause);
    }
    job->found_good = !job_uses_block(job) || job->key_state == SEAL_BLOCK_SEALED;
    if (job->found_good) {
        job_warn(job, "esp_secure_cert is encrypted with a key that is hidden: it was proved before that");
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_STATE,
                        "esp_secure_cert at 0x%x would be encrypted with a key that nobody can read any more",
                        job->offset);
    seal_hint(cause,
              "give the key of this device: espseal unlock takes it from the file that --escrow-to made");
    return err;
}

static int survey(struct seal_job *job, struct seal_cause *cause)
{
    int err = seal_loader_require_registers(job->loader, "read the eFuses", cause);
    if (err != SEAL_OK) { /* only a profile that wants the chip so has anything to do with it */
        seal_cause_word(cause, "lockdown.download");
    }
    if (err == SEAL_OK) {
        err = job_check_allowed(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_preflight(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_collect_images(job, cause);
    }
    if (err == SEAL_OK) {
        err = read_fuses(job, cause);
    }
    if (err == SEAL_OK && job_has_identity(job) && !job->profile->device_cert) {
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
        err = survey_identity(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_check_completion(job, cause);
    }
    const bool sealed = err == SEAL_OK && job_uses_block(job) && job->key_state == SEAL_BLOCK_SEALED;
    if (sealed && job->profile->mode == SEAL_MODE_DEVELOPMENT) {
        job_warn(job, "BLOCK_KEY%u is read-protected already: this device is sealed, and stays so", job->key);
    }
    if (sealed && !job->found_good && !job->ds_found && !job->ec_proven) {
        err = refuse_sealed(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_guard_firmware(job, cause);
    }
    if (err == SEAL_OK && asks_sealing(job)) {
        err = job_digest_images(job, cause);
    }
    return err == SEAL_OK ? survey_writes(job, cause) : err;
}

int seal_job_survey(struct seal_loader *loader, const struct seal_profile *profile, struct seal_job **out,
                    struct seal_cause *cause)
{
    *out = NULL;
    struct seal_job *job = seal_secret_pages(sizeof *job); /* fuses, and the keys of the NVS */
    if (!job) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    job->loader = loader;
    job->profile = profile;
    job->chip = seal_loader_chip(loader);
    job->started = time(NULL);
    job->started_us = seal_now_us();
    job->blind = seal_loader_secure_download(loader) && asks_sealing(job) &&
                 profile->sealing.lockdown.download == SEAL_WORD_SECURE;
    int err = job->blind ? job_survey_blind(job, cause) : survey(job, cause);
    if (err == SEAL_OK) {
        *out = job;
    } else {
        seal_job_free(&job);
    }
    return err;
}
