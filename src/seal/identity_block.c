/* What the identity's key block is for, and what stands in it. */
#include "job.h"

#include <espseal/hex.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

bool job_uses_ecdsa(const struct seal_job *job)
{
    return job_has_identity(job) && job->profile->storage == SEAL_STORAGE_ECDSA;
}

bool job_uses_block(const struct seal_job *job)
{
    return job_uses_ds(job) || job_uses_ecdsa(job);
}

unsigned job_ec_bits(const struct seal_job *job)
{
    const struct seal_profile *profile = job->profile;
    struct seal_cert_info info;
    const char *text = profile->key_type ? profile->key_type : "";
    uint32_t bits = 0;
    if (profile->private_key) {
        return seal_key_nist_bits(profile->private_key);
    }
    if (profile->device_cert) {
        text = seal_cert_info(profile->device_cert, &info) == SEAL_OK ? info.key : "";
    }
    const bool ec = strncmp(text, "ec:p", 4) == 0 || strncmp(text, "EC P", 4) == 0;
    text += ec ? 4 + (text[4] == '-') : 0;
    return ec && seal_parse_u32(text, 1000, &bits) == SEAL_OK ? bits : 0;
}

size_t job_key_parts(const struct seal_job *job)
{
    return !job_uses_block(job) ? 0 : job_uses_ecdsa(job) && job_ec_bits(job) == 384 ? 2 : 1;
}

const struct seal_key_purpose *job_key_purpose(const struct seal_job *job, size_t part)
{
    static const char *const halves[] = {"_L", "_H"};
    const struct seal_key_purpose *purpose = seal_chip_purpose(job->chip, "ECDSA_KEY"); /* for every curve */
    char name[24];
    if (job_uses_ds(job)) {
        return seal_chip_purpose_by_value(job->chip, SEAL_PURPOSE_HMAC_DOWN_DS);
    }
    (void)snprintf(name, sizeof name, "ECDSA_KEY_P%u%s", job_ec_bits(job),
                   job_key_parts(job) == 2 ? halves[part] : "");
    return purpose ? purpose : seal_chip_purpose(job->chip, name);
}

/* Little-endian, with zeroes above. */
static int put_scalar(const struct seal_key *key, uint8_t bytes[static JOB_BLOCK_KEY],
                      struct seal_cause *cause)
{
    uint8_t scalar[48];
    size_t len = 0;
    int err = seal_key_ec_scalar(key, scalar, &len, cause);
    memset(bytes, 0, JOB_BLOCK_KEY);
    for (size_t i = 0; i < len && err == SEAL_OK; i++) {
        bytes[i] = scalar[len - 1 - i];
    }
    seal_cleanse(scalar, sizeof scalar);
    return err;
}

int job_given_block_key(const struct seal_job *job, uint8_t bytes[static JOB_BLOCK_KEY], bool *given,
                        struct seal_cause *cause)
{
    const struct seal_key *key = job_private_key(job);
    *given = job_uses_ds(job) ? job->profile->hmac_key != NULL : key != NULL;
    if (*given && job_uses_ds(job)) {
        memcpy(bytes, job->profile->hmac_key, 32);
    }
    return *given && !job_uses_ds(job) ? put_scalar(key, bytes, cause) : SEAL_OK;
}

int job_held_key(const struct seal_job *job, struct seal_key **key, struct seal_cause *cause)
{
    const size_t len = job_ec_bits(job) / 8;
    uint8_t scalar[JOB_BLOCK_KEY] = {0};
    uint8_t above = 0;
    *key = NULL;
    for (size_t i = 0; i < 32 * job->part_count; i++) {
        scalar[i] = i < len ? job->block_key[len - 1 - i] : 0;
        above |= i >= len ? job->block_key[i] : 0;
    }
    int err = above ? seal_fail(cause, SEAL_ERR_KEY, "the number in the chip is too long")
                    : seal_key_of_ec_scalar(scalar, len, key, cause);
    seal_cleanse(scalar, sizeof scalar);
    if (err == SEAL_ERR_KEY) {
        err =
            seal_fail(cause, SEAL_ERR_STATE, "what BLOCK_KEY%u holds is no key of P-%zu", job->key, 8 * len);
        seal_hint(cause, "choose another block with --efuse-key N; nothing was burned");
    }
    return err;
}
