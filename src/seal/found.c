/* An esp_secure_cert partition that is in flash already: whose is it, and does the chip prove it? */
#include "job.h"

#include <espseal/digest.h>

#include <stdio.h>
#include <string.h>

static int not_this(struct seal_job *job, const char *why)
{
    (void)snprintf(job->found_why_not, sizeof job->found_why_not, "%s", why);
    return SEAL_OK;
}

int job_found_key(const struct seal_job *job)
{
    struct seal_tlv_ds ds;
    unsigned key;
    if (job_uses_ecdsa(job)) {
        return seal_tlv_get_ecdsa(seal_buf_ptr(job->found), seal_buf_len(job->found), 0, &key) ? (int)key
                                                                                               : -1;
    }
    if (seal_tlv_get_ds(seal_buf_ptr(job->found), seal_buf_len(job->found), 0, &ds, NULL) != SEAL_OK) {
        return -1;
    }
    return (int)ds.efuse_key;
}

static bool all_crcs_right(const struct seal_job *job)
{
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    size_t at = 0;
    const uint8_t *data = seal_buf_ptr(job->found);
    while (seal_tlv_next(data, seal_buf_len(job->found), &at, &entry, &end)) {
        uint8_t digest[32];
        if (entry.crc != entry.crc_computed) {
            return false;
        }
        bool integrity = entry.type == SEAL_TLV_INTEGRITY && entry.length == sizeof digest;
        if (integrity && (seal_sha256(data, entry.offset, digest) != SEAL_OK ||
                          memcmp(digest, entry.data, sizeof digest) != 0)) {
            return false;
        }
    }
    return true;
}

static int read_cert(const struct seal_job *job, uint8_t type, struct seal_cert **cert)
{
    struct seal_tlv_entry entry;
    *cert = NULL;
    if (!seal_tlv_find(seal_buf_ptr(job->found), seal_buf_len(job->found), type, 0, &entry)) {
        return SEAL_ERR_NOT_FOUND;
    }
    size_t len = entry.length;
    if (len && entry.data[len - 1] == '\0') {
        len--;
    }
    return seal_cert_read_chain(entry.data, len, "the certificate in flash", cert, NULL);
}

static bool same_ca(const struct seal_job *job)
{
    struct seal_cert *ca = NULL;
    int err = read_cert(job, SEAL_TLV_CA_CERT, &ca);
    const struct seal_cert *wanted = job->profile->ca_cert;
    bool same = wanted ? err == SEAL_OK && seal_cert_same(ca, wanted) : err == SEAL_ERR_NOT_FOUND;
    seal_cert_free(&ca);
    return same;
}

/* The place-holder's name is our own: no CA has written it. */
static const char *compare_subject(struct seal_job *job)
{
    job->found_renamed = !seal_cert_has_subject(job->found_cert, job->subject);
    bool taken = job->profile->any_subject && !seal_cert_is_placeholder(job->found_cert);
    return job->found_renamed && !taken ? "its device certificate has another subject" : NULL;
}

static const char *compare_cert(struct seal_job *job)
{
    const struct seal_profile *profile = job->profile;
    if (profile->request_only) { /* whatever certificate it has: a request for the same key and name */
        return compare_subject(job);
    }
    if (!same_ca(job)) {
        return "it holds another CA certificate";
    }
    if (profile->device_cert) {
        return seal_cert_same(job->found_cert, profile->device_cert) ? NULL
                                                                     : "it holds another device certificate";
    }
    if (seal_cert_is_placeholder(job->found_cert)) {
        return "it waits for the certificate of its own request";
    }
    if (job_check_cert(job, job->found_cert, NULL) != SEAL_OK) {
        return "its device certificate is from another CA";
    }
    const char *difference = compare_subject(job);
    if (difference) {
        return difference;
    }
    return seal_cert_validity(job->found_cert) == SEAL_CERT_EXPIRED ? "its device certificate expired" : NULL;
}

static int examine_plaintext(struct seal_job *job)
{
    struct seal_tlv_entry entry;
    bool there =
        seal_tlv_find(seal_buf_ptr(job->found), seal_buf_len(job->found), SEAL_TLV_PRIV_KEY, 0, &entry);
    if (!there || entry.flags != 0) {
        return not_this(job, "it holds no plaintext key");
    }
    struct seal_key *key = NULL;
    size_t len = entry.length;
    if (len && entry.data[len - 1] == '\0') {
        len--;
    }
    bool fits = seal_key_read(entry.data, len, "the key in flash", NULL, &key, NULL) == SEAL_OK &&
                seal_cert_matches_key(job->found_cert, key, NULL) == SEAL_OK;
    seal_key_free(&key);
    job->found_good = fits;
    return fits ? SEAL_OK : not_this(job, "its private key is not that of its certificate");
}

static int examine_peripheral(struct seal_job *job, struct seal_cause *cause)
{
    struct seal_tlv_entry entry;
    const uint8_t *data = seal_buf_ptr(job->found);
    size_t len = seal_buf_len(job->found);
    if (job_found_key(job) != (int)job->key) {
        return not_this(job, job_uses_ds(job) ? "its DS parameters are for another key block"
                                              : "it does not name this key block for the ECDSA peripheral");
    }
    if (seal_tlv_find(data, len, SEAL_TLV_PRIV_KEY, 0, &entry) && entry.length) {
        return not_this(job, "it holds a private key in clear beside the one in the chip");
    }
    int err = seal_prove_partition(job->loader, data, len, &job->proof, cause);
    if (err == SEAL_ERR_PROOF || (err == SEAL_ERR_KEY && job_uses_ecdsa(job))) {
        return not_this(job, job_uses_ds(job) ? "the chip cannot sign with its DS parameters"
                                              : "the chip does not sign for its device certificate");
    }
    if (err == SEAL_OK) {
        job->found_good = true;
        job->proofs++;
    }
    return err;
}

int job_examine_found(struct seal_job *job, struct seal_cause *cause)
{
    if (seal_buf_len(job->found) == 0) {
        return not_this(job, "it holds no esp_secure_cert partition");
    }
    bool key_there = job->key_state == SEAL_BLOCK_HELD || job->key_state == SEAL_BLOCK_SEALED;
    if (job_uses_block(job) && !key_there) {
        return not_this(job, "it was made for a key that this chip does not hold");
    }
    if (!all_crcs_right(job)) {
        return not_this(job, "its contents are damaged");
    }
    if (read_cert(job, SEAL_TLV_DEV_CERT, &job->found_cert) != SEAL_OK) {
        return not_this(job, "it holds no device certificate");
    }
    const char *difference = compare_cert(job);
    int err = SEAL_OK;
    if (difference) {
        err = not_this(job, difference);
    } else {
        err = job_uses_block(job) ? examine_peripheral(job, cause) : examine_plaintext(job);
    }
    if (job->found_good && job->found_renamed) {
        err = job_check_subject(job, job->found_cert, cause);
    }
    if (!job->found_good) {
        seal_cert_free(&job->found_cert);
    }
    return err;
}
