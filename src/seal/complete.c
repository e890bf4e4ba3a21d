/*
 * A certificate for the key that is in the chip already. The private key exists nowhere but in the encrypted
 * DS parameters in flash, and flash is erased before it is written: so the parameters are first copied into
 * the partition's second sector, and each sector is written while the other one holds them. A run that is cut
 * anywhere leaves them whole in one of the two.
 */
#include "slots.h"
#include "writes.h"

#include <string.h>

#define SECTOR 4096u

bool job_completes(const struct seal_job *job)
{
    const struct seal_profile *profile = job->profile;
    return job_uses_block(job) && profile->device_cert && !profile->private_key;
}

static bool sound(const struct seal_buf *partition, uint8_t type)
{
    struct seal_tlv_entry entry;
    return seal_tlv_find(seal_buf_ptr(partition), seal_buf_len(partition), type, 0, &entry) &&
           entry.crc == entry.crc_computed;
}

static bool take_ds(struct seal_job *job, const struct seal_buf *partition)
{
    struct seal_tlv_ds ds;
    if (!sound(partition, SEAL_TLV_DS_DATA) || !sound(partition, SEAL_TLV_DS_CONTEXT) ||
        seal_tlv_get_ds(seal_buf_ptr(partition), seal_buf_len(partition), 0, &ds, NULL) != SEAL_OK ||
        ds.c_len > sizeof job->ds.c) {
        return false;
    }
    job->ds.rsa_bits = ds.rsa_bits;
    job->ds.c_len = ds.c_len;
    memcpy(job->ds.iv, ds.iv, sizeof job->ds.iv);
    memcpy(job->ds.c, ds.c, ds.c_len);
    job->ds_key = ds.efuse_key;
    job->ds_found = true;
    return true;
}

static int refuse_without_key(const struct seal_job *job, struct seal_cause *cause)
{
    int err = seal_fail(
        cause, SEAL_ERR_STATE,
        "flash at 0x%x holds no DS parameters, so there is no key that the certificate could be for",
        job->offset);
    seal_hint(cause, "give the certificate's --private-key too, or begin with: espseal provision --csr-only");
    return err;
}

/* The second run reads and writes what is encrypted with a key that the chip hides by then. */
static int check_flash_key(const struct seal_job *job, struct seal_cause *cause)
{
    const struct job_slot *slot = job_slot_of(job, JOB_FLASH_KEY);
    const bool production = job->profile->mode == SEAL_MODE_PRODUCTION;
    if (!job->cert_encrypted || (job->crypt && (!production || slot->given))) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_USAGE,
                        "a certificate that comes later, into an esp_secure_cert that is encrypted, needs a "
                        "flash-encryption key that is given in both runs");
    seal_hint(
        cause,
        "give flash_encryption.key, or clear the flag \"encrypted\" of esp_secure_cert in the partition "
        "table: its DS parameters are encrypted anyway");
    seal_cause_word(cause, job->profile->request_only ? "identity.csr_only" : "identity.device_cert");
    return err;
}

/* What a run that was cut kept in the second sector. */
static int read_copy(struct seal_job *job, struct seal_buf *copy, struct seal_cause *cause)
{
    if (!job->cert_encrypted) {
        return seal_survey_secure_cert(job->loader, job->offset + SECTOR, SECTOR, copy, cause);
    }
    uint8_t *data = seal_buf_reserve(copy, SECTOR);
    return data ? job_read_flash(job, job->offset + SECTOR, data, SECTOR, cause)
                : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
}

int job_find_ds(struct seal_job *job, struct seal_cause *cause)
{
    const bool later = job_completes(job) || job->profile->request_only;
    int err = later ? check_flash_key(job, cause) : SEAL_OK;
    if (err != SEAL_OK || !job_uses_ds(job)) {
        return err;
    }
    if (job->room < 2 * SECTOR && later) {
        err = seal_fail(
            cause, SEAL_ERR_TOO_LONG,
            "esp_secure_cert at 0x%x has %u bytes: a certificate that comes later needs two sectors",
            job->offset, job->room);
        seal_hint(cause, "make the partition 8192 bytes large, or give the certificate in the same run");
        return err;
    }
    if (!job_completes(job) || take_ds(job, job->found)) {
        return SEAL_OK;
    }
    struct seal_buf *copy = seal_buf_new();
    err = copy ? read_copy(job, copy, cause) : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (err == SEAL_OK) {
        job->ds_copied = take_ds(job, copy);
        err = job->ds_copied ? SEAL_OK : refuse_without_key(job, cause);
    }
    seal_buf_free(&copy);
    return err;
}

static int explain_other_cert(int err, struct seal_cause *cause)
{
    if (err == SEAL_ERR_PROOF || err == SEAL_ERR_KEY) {
        err = seal_fail(cause, SEAL_ERR_MISMATCH,
                        "the device certificate is for another key than the one in this chip");
        seal_hint(cause,
                  "give the certificate that was made from this device's own request; --csr-only gives the "
                  "request again");
    }
    return err;
}

/* An ECDSA key needs nothing from flash: the chip shows whether a certificate is for it. */
static int check_ecdsa(struct seal_job *job, struct seal_cause *cause)
{
    const bool held = job->key_state == SEAL_BLOCK_HELD, sealed = job->key_state == SEAL_BLOCK_SEALED;
    if (job->found_good || !job->profile->device_cert || !(sealed || job_completes(job))) {
        return SEAL_OK;
    }
    if (!held && !sealed) {
        int err =
            seal_fail(cause, SEAL_ERR_STATE, "this chip holds no key that the certificate could be for");
        seal_hint(cause, "give the certificate's --private-key too");
        return err;
    }
    int err = seal_prove_ecdsa(job->loader, job->key, job->profile->device_cert, &job->proof, cause);
    job->ec_proven = err == SEAL_OK;
    return explain_other_cert(err, cause);
}

int job_check_completion(struct seal_job *job, struct seal_cause *cause)
{
    if (job_uses_ecdsa(job)) {
        return check_ecdsa(job, cause);
    }
    if (!job_completes(job) || job->found_good) {
        return SEAL_OK;
    }
    if (job->key != job->ds_key ||
        (job->key_state != SEAL_BLOCK_HELD && job->key_state != SEAL_BLOCK_SEALED)) {
        int err = seal_fail(cause, SEAL_ERR_STATE,
                            "the DS parameters in flash are for a key in BLOCK_KEY%u, which "
                            "this chip does not hold",
                            job->ds_key);
        seal_hint(cause, "was the flash of another chip written to this one?");
        return err;
    }
    const struct seal_ds_params *ds = &job->ds;
    int err = seal_prove_ds(job->loader, job->key, ds->rsa_bits, ds->iv, ds->c, ds->c_len,
                            job->profile->device_cert, &job->proof, cause);
    return explain_other_cert(err, cause);
}

int job_build_images(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_ds_params *ds = &job->ds;
    job->copy = seal_buf_new();
    job->image = seal_buf_new();
    size_t len = seal_buf_len(job->partition);
    if (!job->copy || !job->image || len > 2 * SECTOR ||
        seal_buf_put(job->image, seal_buf_ptr(job->partition), len) != SEAL_OK ||
        seal_buf_put_fill(job->image, 0xFF, 2 * SECTOR - len) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    int err = seal_tlv_put_ds(job->copy, 0, ds->rsa_bits, ds->iv, ds->c, ds->c_len, job->key, cause);
    if (err == SEAL_OK) {
        err = job_encrypt_cert(job, job->offset + SECTOR, job->copy, cause);
    }
    return err == SEAL_OK ? job_encrypt_cert(job, job->offset, job->image, cause) : err;
}

struct signer {
    struct seal_job *job;
    struct seal_tlv_ds ds;
};

static int sign_in_chip(void *ctx, const uint8_t digest[static 32], uint8_t *signature, size_t len,
                        struct seal_cause *cause)
{
    const struct signer *signer = ctx;
    const struct seal_tlv_ds *ds = &signer->ds;
    if (len != ds->rsa_bits / 8) {
        return seal_fail(cause, SEAL_ERR_MISMATCH, "the DS parameters are for RSA-%u, the certificate is not",
                         ds->rsa_bits);
    }
    return seal_ds_sign(signer->job->loader, ds->efuse_key, ds->rsa_bits, ds->iv, ds->c, ds->c_len, digest,
                        signature, cause);
}

static int sign_with_ecdsa(void *ctx, const uint8_t digest[static 32], uint8_t *signature, size_t len,
                           struct seal_cause *cause)
{
    const struct seal_job *job = ((const struct signer *)ctx)->job;
    return seal_ecdsa_sign(job->loader, job->key, (unsigned)len * 4, digest, signature, cause);
}

int seal_job_sign_request(struct seal_job *job, struct seal_cause *cause)
{
    struct signer signer = {.job = job};
    const bool ds = job_uses_ds(job);
    const struct seal_buf *partition = seal_job_partition(job);
    const struct seal_cert *cert = job_device_cert(job);
    seal_buf_free(&job->request);
    if (!partition || !cert) {
        return seal_fail(cause, SEAL_ERR_INTERNAL, "there is no key yet to make a request for");
    }
    int err = ds ? seal_tlv_get_ds(seal_buf_ptr(partition), seal_buf_len(partition), 0, &signer.ds, cause)
                 : SEAL_OK;
    if (err == SEAL_OK) {
        job->request = seal_buf_new();
        err = job->request
                  ? seal_csr_of_cert(cert, ds ? sign_in_chip : sign_with_ecdsa, &signer, job->request, cause)
                  : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    if (err != SEAL_OK) {
        seal_buf_free(&job->request);
    }
    return err;
}
