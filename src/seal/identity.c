/* The identity of this very device: subject from a template, key, request, certificate. */
#include "job.h"

void job_warn_validity(struct seal_job *job, const struct seal_cert *cert, const char *which)
{
    struct seal_cert_info info;
    enum seal_cert_validity validity = seal_cert_validity(cert);
    if (validity == SEAL_CERT_VALID || seal_cert_info(cert, &info) != SEAL_OK) {
        return;
    }
    if (validity == SEAL_CERT_EXPIRED) {
        job_warn(job, "the %s certificate expired on %s", which, info.not_after);
    } else {
        job_warn(job, "the %s certificate is not valid before %s", which, info.not_before);
    }
}

/* Who makes a CA and then a device with the same number of days knows that the device's end is a bit later.
 */
#define A_DAY (24 * 3600)

void job_warn_outliving(struct seal_job *job, const struct seal_cert *cert)
{
    struct seal_cert_info device, ca;
    const struct seal_cert *stored = job->profile->ca_cert;
    if (stored && seal_cert_signed_by(cert, stored, NULL) == SEAL_OK &&
        seal_cert_info(cert, &device) == SEAL_OK && seal_cert_info(stored, &ca) == SEAL_OK &&
        device.not_after_unix - ca.not_after_unix > A_DAY) {
        job_warn(
            job,
            "the device certificate (until %.10s) outlives its CA (until %.10s): it will stop being trusted",
            device.not_after, ca.not_after);
    }
}

int job_check_subject(struct seal_job *job, const struct seal_cert *cert, struct seal_cause *cause)
{
    struct seal_cert_info info;
    if (seal_cert_has_subject(cert, job->subject)) {
        return SEAL_OK;
    }
    int err = seal_cert_info(cert, &info);
    if (err == SEAL_OK && job->profile->any_subject) {
        job_warn(job, "the device certificate is for \"%.80s\" and not for %.80s, as its CA wrote it",
                 info.subject, job->subject);
    } else if (err == SEAL_OK) {
        err = seal_fail(cause, SEAL_ERR_MISMATCH, "the CA made a certificate for \"%.120s\", not for %.120s",
                        info.subject, job->subject);
        seal_hint(cause, "nothing was burned; --any-subject takes the name that the CA writes");
    }
    return err;
}

static int sign_elsewhere(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_profile *profile = job->profile;
    struct seal_buf *answer = seal_buf_new();
    int err = answer ? profile->sign_request(profile->sign_ctx, seal_buf_ptr(job->request),
                                             seal_buf_len(job->request), answer, cause)
                     : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_cert_read_chain(seal_buf_ptr(answer), seal_buf_len(answer), "the signing command's output",
                                   &job->made_cert, cause);
    }
    if (err == SEAL_OK) {
        err = seal_cert_matches_key(job->made_cert, job->made_key, cause);
    }
    seal_buf_free(&answer);
    return err;
}

/* Takes cert over and reads it back, so that the partition stores it as PEM like one that was given. */
static int keep_as_pem(struct seal_job *job, struct seal_cert *cert, struct seal_cause *cause)
{
    struct seal_buf *pem = seal_buf_new();
    int err = pem ? seal_cert_write(cert, false, pem, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_cert_read(seal_buf_ptr(pem), seal_buf_len(pem), "the new certificate", &job->made_cert,
                             cause);
    }
    seal_cert_free(&cert);
    seal_buf_free(&pem);
    return err;
}

static int sign_here(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_profile *profile = job->profile;
    struct seal_cert *cert = NULL;
    int err =
        seal_cert_issue(seal_buf_ptr(job->request), seal_buf_len(job->request), "the request",
                        profile->ca_cert, profile->ca_key, profile->usages, profile->days, &cert, cause);
    return err == SEAL_OK ? keep_as_pem(job, cert, cause) : err;
}

static int enroll(struct seal_job *job, const struct seal_subject *subject, struct seal_cause *cause)
{
    const struct seal_profile *profile = job->profile;
    struct seal_cert *cert = NULL;
    int err = profile->enroll(profile->enroll_ctx, job->made_key, subject, &cert, cause);
    if (err == SEAL_OK) {
        err = keep_as_pem(job, cert, cause);
    }
    return err == SEAL_OK ? seal_cert_matches_key(job->made_cert, job->made_key, cause) : err;
}

static int hold_place(struct seal_job *job, const struct seal_subject *subject, struct seal_cause *cause)
{
    return seal_cert_new_placeholder(job->made_key, subject, &job->made_cert, cause);
}

static int ask_for_certificate(struct seal_job *job, const struct seal_subject *subject,
                               struct seal_cause *cause)
{
    job->request = seal_buf_new();
    int err = job->request ? seal_csr_new(job->made_key, subject, job->request, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = job->profile->enroll         ? enroll(job, subject, cause)
              : job->profile->sign_request ? sign_elsewhere(job, cause)
                                           : sign_here(job, cause);
    }
    return err;
}

int seal_job_make_identity(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_profile *profile = job->profile;
    const struct seal_subject subject = {
        .name = job->subject, .san = (const char *const *)job->san, .usages = profile->usages};
    int err = job_uses_ecdsa(job) && job->block_known
                  ? job_held_key(job, &job->made_key, cause)
                  : seal_key_generate(profile->key_type, &job->made_key, cause);
    if (err == SEAL_OK) {
        err = profile->request_only ? hold_place(job, &subject, cause)
                                    : ask_for_certificate(job, &subject, cause);
    }
    if (err == SEAL_OK && !profile->request_only) {
        err = job_check_cert(job, job->made_cert, cause);
    }
    if (err == SEAL_OK && !profile->request_only) {
        err = job_check_subject(job, job->made_cert, cause);
    }
    if (err != SEAL_OK) {
        seal_key_free(&job->made_key);
        seal_cert_free(&job->made_cert);
        seal_buf_free(&job->request);
        return err;
    }
    job_warn_validity(job, job->made_cert, "device");
    job_warn_outliving(job, job->made_cert);
    return SEAL_OK;
}
