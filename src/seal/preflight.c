/* Checks of the inputs against each other and against the chip, before anything is read from it. */
#include "job.h"

#include <espseal/survey.h>

#include <stdio.h>
#include <string.h>

/* "P-192, P-256" */
static void list_curves(const struct seal_chip *chip, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < 4 && chip->ecdsa_curves[i] && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%sP-%u", i ? ", " : "", chip->ecdsa_curves[i]);
    }
}

static int check_peripheral(const struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_chip *chip = job->chip;
    const bool ecdsa = job->profile->storage == SEAL_STORAGE_ECDSA;
    int err = SEAL_OK;
    if (ecdsa ? !chip->ecdsa_curves[0] : !chip->ds_max_bits) {
        err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s%s%s has no %s peripheral", chip->title,
                        ecdsa && chip->revisions ? " " : "", ecdsa && chip->revisions ? chip->revisions : "",
                        ecdsa ? "ECDSA" : "Digital Signature");
        seal_hint(cause, ecdsa && chip->ds_max_bits        ? "use --storage ds with an RSA key"
                         : !ecdsa && chip->ecdsa_curves[0] ? "use --storage ecdsa with an EC key"
                                                           : "espseal chip list shows what each chip has");
    } else if (!chip->efuse || (ecdsa ? !chip->peripherals.ecdsa : !chip->peripherals.ds_base)) {
        err = seal_fail(cause, SEAL_ERR_UNSUPPORTED,
                        "this espseal does not provision the %s with storage %s yet", chip->title,
                        seal_storage_name(job->profile->storage));
        seal_hint(cause, "espseal chip list shows what was tested on which chip");
    }
    return err;
}

static int check_storage(const struct seal_job *job, struct seal_cause *cause)
{
    int err = SEAL_OK;
    if (job->profile->storage != SEAL_STORAGE_PLAINTEXT) {
        err = check_peripheral(job, cause);
    } else if (job->profile->mode == SEAL_MODE_PRODUCTION) {
        err = seal_fail(cause, SEAL_ERR_RULE,
                        "rule ID-PLAINTEXT: in production a private key is never stored in plain flash");
        seal_hint(cause, "use --storage ds, or --mode development for a test device");
    }
    if (err != SEAL_OK) {
        seal_cause_word(cause, "storage");
    }
    return err;
}

static int check_table_offset(const struct seal_job *job, struct seal_cause *cause)
{
    uint32_t at;
    int err = seal_survey_table_offset(job->chip, job->profile->table_offset, &at, cause);
    if (err != SEAL_OK) {
        seal_cause_word(cause, "table_offset");
    }
    return err;
}

static int check_efuses(const struct seal_job *job, struct seal_cause *cause)
{
    if (job->chip->efuse || !seal_sealing_asked(&job->profile->sealing)) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the eFuses of the %s are not described yet",
                        job->chip->title);
    seal_hint(cause, "espseal chip list shows what was tested on which chip");
    return err;
}

static int check_ds_key(const struct seal_job *job, const struct seal_key *key, struct seal_cause *cause)
{
    if (seal_key_kind(key) != SEAL_KEY_RSA) {
        int err = seal_fail(cause, SEAL_ERR_KEY,
                            "the private key is %s, but the Digital Signature peripheral takes RSA keys",
                            seal_key_describe(key));
        seal_hint(cause, "make one with: espseal identity key --type rsa:%u --out client.key", 2048u);
        return err;
    }
    unsigned bits = seal_key_bits(key);
    if (bits > job->chip->ds_max_bits || bits % 1024 || bits < 1024) {
        int err =
            seal_fail(cause, SEAL_ERR_KEY, "the private key is %s, but the %s signs with at most RSA-%u",
                      seal_key_describe(key), job->chip->title, job->chip->ds_max_bits);
        seal_hint(cause, "sizes for this chip: 1024, 2048%s%s",
                  job->chip->ds_max_bits >= 3072 ? ", 3072" : "",
                  job->chip->ds_max_bits >= 4096 ? ", 4096" : "");
        return err;
    }
    return SEAL_OK;
}

static int check_ecdsa_key(const struct seal_job *job, const char *described, struct seal_cause *cause)
{
    const unsigned bits = job_ec_bits(job);
    char curves[40];
    list_curves(job->chip, curves, sizeof curves);
    int err = SEAL_OK;
    if (!bits || !seal_chip_has_ecdsa(job->chip, bits)) {
        err = seal_fail(cause, SEAL_ERR_KEY,
                        "the private key is %s, but the ECDSA peripheral of the %s takes %s", described,
                        job->chip->title, curves);
        seal_hint(cause, strncmp(described, "RSA", 3) == 0 && job->chip->ds_max_bits
                             ? "an RSA key lives in the chip with --storage ds; for ecdsa: --key-type ec:p256"
                             : "make one with: espseal identity key --type ec:p256 --out client.key");
    }
    return err;
}

static int check_made_key(const struct seal_job *job, struct seal_cause *cause)
{
    const char *type = job->profile->key_type;
    if (job->profile->storage != SEAL_STORAGE_DS) {
        return job_uses_ecdsa(job) ? check_ecdsa_key(job, type, cause) : SEAL_OK;
    }
    uint32_t bits = 0;
    for (const char *digit = strncmp(type, "rsa:", 4) == 0 ? type + 4 : ""; *digit; digit++) {
        bits = bits * 10 + (uint32_t)(*digit - '0');
    }
    if (bits == 0 || bits > job->chip->ds_max_bits) {
        int err = seal_fail(cause, SEAL_ERR_KEY,
                            "a key of type %s cannot live in the %s: its Digital Signature peripheral "
                            "takes RSA keys of up to %u bits",
                            type, job->chip->title, job->chip->ds_max_bits);
        seal_hint(cause, "use --key-type rsa:2048");
        return err;
    }
    return SEAL_OK;
}

int job_check_cert(const struct seal_job *job, const struct seal_cert *cert, struct seal_cause *cause)
{
    const struct seal_profile *profile = job->profile;
    int err = seal_cert_check_exponent(cert, cause);
    if (err == SEAL_OK && profile->ca_cert && !profile->foreign_ca) {
        err = seal_cert_check_chain(cert, profile->ca_cert, cause);
    }
    return err;
}

static int check_given(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_profile *profile = job->profile;
    struct seal_cert_info info;
    int err = SEAL_OK;
    if (!job_completes(job)) {
        err = profile->private_key
                  ? seal_cert_matches_key(profile->device_cert, profile->private_key, cause)
                  : seal_fail(cause, SEAL_ERR_USAGE, "there is no private key for the device certificate");
    }
    if (err == SEAL_OK && profile->private_key && profile->storage == SEAL_STORAGE_DS) {
        err = check_ds_key(job, profile->private_key, cause);
    }
    if (err == SEAL_OK && job_uses_ecdsa(job)) {
        err = seal_cert_info(profile->device_cert, &info);
        err = err == SEAL_OK ? check_ecdsa_key(job, info.key, cause) : err;
    }
    if (err == SEAL_OK) {
        job_warn_validity(job, profile->device_cert, "device");
        err = job_check_cert(job, profile->device_cert, cause);
    }
    return err;
}

/* The chip itself signs the request, which others will read. */
static int check_request_only(const struct seal_job *job, struct seal_cause *cause)
{
    int err = SEAL_OK;
    if (!job_uses_block(job)) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "a request for a later certificate needs storage ds or ecdsa");
        seal_hint(cause, "only there does the chip keep the key and sign the request");
    } else if (job_uses_ecdsa(job) && !job->chip->peripherals.ecdsa->layout->fixed_k) {
        err = seal_fail(cause, SEAL_ERR_UNSUPPORTED,
                        "the random numbers of the %s %s are not good enough in the bootloader to sign a "
                        "request with its key",
                        job->chip->title, job->chip->revisions);
        seal_hint(cause, "get the certificate in the same run: --ca-key, --sign-cmd or --cmp");
    }
    return err;
}

int job_preflight(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_profile *profile = job->profile;
    int err = check_table_offset(job, cause);
    err = err == SEAL_OK ? check_efuses(job, cause) : err;
    if (err != SEAL_OK || !job_has_identity(job)) {
        return err;
    }
    err = check_storage(job, cause);
    if (err == SEAL_OK && profile->request_only) {
        err = check_request_only(job, cause);
    }
    if (err == SEAL_OK) {
        err = profile->device_cert ? check_given(job, cause) : check_made_key(job, cause);
    }
    if (err == SEAL_OK && profile->ca_cert) {
        job_warn_validity(job, profile->ca_cert, "CA");
    }
    if (err == SEAL_OK && !profile->device_cert && profile->ca_key) {
        err = seal_cert_matches_key(profile->ca_cert, profile->ca_key, cause);
    }
    return err;
}
