/* One run of the main job on a simulated chip, and the identities that it is given. */
#ifndef TESTS_SIM_PROVISION_RIG_H
#define TESTS_SIM_PROVISION_RIG_H

#include "unit.h"

#include "sim_link.h"

#include <espseal/provision.h>

#include <string.h>

struct identity {
    struct seal_key *ca_key, *key, *ec_key, *other_key;
    struct seal_cert *ca, *cert, *ec_cert;
};
static struct identity given;

static inline struct seal_cert *issue(const struct seal_key *key, const char *subject)
{
    struct seal_buf *csr = seal_buf_new();
    const struct seal_subject name = {.name = subject};
    struct seal_cert *der = NULL;
    struct seal_cert *cert = NULL;
    assert_int_equal(seal_csr_new(key, &name, csr, NULL), SEAL_OK);
    assert_int_equal(seal_cert_issue(seal_buf_ptr(csr), seal_buf_len(csr), "csr", given.ca, given.ca_key,
                                     NULL, 30, &der, NULL),
                     SEAL_OK);
    seal_buf_truncate(csr, 0);
    assert_int_equal(seal_cert_write(der, false, csr, NULL), SEAL_OK);
    assert_int_equal(seal_cert_read(seal_buf_ptr(csr), seal_buf_len(csr), "cert", &cert, NULL), SEAL_OK);
    seal_cert_free(&der);
    seal_buf_free(&csr);
    return cert;
}

static inline int make_identity(void **state)
{
    (void)state;
    assert_int_equal(seal_key_generate("ec:p256", &given.ca_key, NULL), SEAL_OK);
    assert_int_equal(seal_ca_new(given.ca_key, "/CN=Test CA", 365, &given.ca, NULL), SEAL_OK);
    assert_int_equal(seal_key_generate("rsa:2048", &given.key, NULL), SEAL_OK);
    assert_int_equal(seal_key_generate("rsa:2048", &given.other_key, NULL), SEAL_OK);
    assert_int_equal(seal_key_generate("ec:p256", &given.ec_key, NULL), SEAL_OK);
    given.cert = issue(given.key, "/CN=device");
    given.ec_cert = issue(given.ec_key, "/CN=device");
    return 0;
}

static inline int free_identity(void **state)
{
    (void)state;
    seal_key_free(&given.ca_key);
    seal_key_free(&given.key);
    seal_key_free(&given.ec_key);
    seal_key_free(&given.other_key);
    seal_cert_free(&given.ca);
    seal_cert_free(&given.cert);
    seal_cert_free(&given.ec_cert);
    return 0;
}

static inline struct seal_profile profile_of(enum seal_mode mode)
{
    return (struct seal_profile){.mode = mode,
                                 .storage = SEAL_STORAGE_DS,
                                 .efuse_key = SEAL_AUTO,
                                 .offset = SEAL_SECURE_CERT_DEFAULT_OFFSET,
                                 .ca_cert = given.ca,
                                 .device_cert = given.cert,
                                 .private_key = given.key};
}

static inline struct seal_profile made_profile(enum seal_mode mode)
{
    struct seal_profile profile = profile_of(mode);
    profile.device_cert = NULL;
    profile.private_key = NULL;
    profile.ca_key = given.ca_key;
    profile.subject = "/CN=device-{mac}";
    profile.key_type = "rsa:2048";
    profile.days = 30;
    return profile;
}

/* Of the revision that kind describes. */
static inline struct sim_chip *new_chip_of(const struct seal_chip *kind, const char *fault)
{
    struct sim_chip *chip = NULL;
    struct seal_cause cause = {0};
    const struct sim_options options = {.chip = kind,
                                        .fault = fault,
                                        .revision = kind->first_revision ? kind->first_revision
                                                    : kind->variants     ? 1
                                                                         : 0};
    if (sim_chip_new(&options, &chip, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    return chip;
}

static inline struct sim_chip *new_chip(const char *fault)
{
    return new_chip_of(seal_chip_find("esp32c3"), fault);
}

struct outcome {
    int err;
    size_t steps;
    bool planned;
    unsigned frames;
    struct seal_cause cause;
};

/* What a run recorded before it hid a key, for the run after it. */
struct keeper {
    struct seal_job *job;
    seal_json **kept; /* NULL: nowhere */
};

static inline int keep_record(void *ctx, struct seal_cause *cause)
{
    const struct keeper *keeper = ctx;
    (void)cause;
    if (!keeper->kept || seal_job_wants_record(keeper->job)) {
        return SEAL_OK;
    }
    seal_json_free(keeper->kept);
    return seal_job_receipt(keeper->job, SEAL_ERR_INTERRUPTED, keeper->kept);
}

/* One run of the program's main job, from connecting to the last step. */
static inline struct outcome run_recorded_job(struct sim_chip *chip, const struct seal_profile *profile,
                                              seal_json **kept)
{
    struct outcome out = {0};
    struct seal_link *link = NULL;
    struct seal_loader *loader = NULL;
    struct seal_job *job = NULL;
    const struct seal_loader_options options = {0};
    assert_int_equal(sim_link_new(chip, &link), SEAL_OK);
    out.err = seal_loader_connect(link, &options, &loader, &out.cause);
    if (out.err == SEAL_OK) {
        out.err = seal_job_survey(loader, profile, &job, &out.cause);
    }
    if (out.err == SEAL_OK && kept && *kept && seal_job_wants_record(job)) {
        (void)seal_job_recall(job, *kept);
    }
    if (out.err == SEAL_OK && seal_job_needs_identity(job)) {
        out.err = seal_job_make_identity(job, &out.cause);
    }
    if (out.err == SEAL_OK) {
        out.err = seal_job_plan(job, &out.cause);
    }
    if (out.err == SEAL_OK) {
        out.planned = true;
        out.steps = seal_job_step_count(job);
        struct keeper keeper = {.job = job, .kept = kept};
        const struct seal_job_events events = {.record = keep_record, .ctx = &keeper};
        out.err = seal_job_run(job, &events, &out.cause);
    }
    struct seal_loader_stats stats = {0};
    if (loader) {
        seal_loader_stats(loader, &stats);
    }
    out.frames = stats.frames_sent;
    seal_job_free(&job);
    seal_loader_free(&loader);
    seal_link_close(&link);
    return out;
}

static inline struct outcome run_job(struct sim_chip *chip, const struct seal_profile *profile)
{
    return run_recorded_job(chip, profile, NULL);
}

static inline unsigned filled_key_blocks(struct sim_chip *chip)
{
    unsigned count = 0;
    for (unsigned block = 4; block <= 9; block++) {
        const uint32_t *words = sim_chip_fuses(chip, block);
        uint32_t any = 0;
        for (unsigned i = 0; i < 8; i++) {
            any |= words[i];
        }
        count += any != 0;
    }
    return count;
}

static inline void assert_ok(const struct outcome *out)
{
    if (out->err != SEAL_OK) {
        fail_msg("%s: %s", seal_err_name(out->err), out->cause.text);
    }
}

#endif
