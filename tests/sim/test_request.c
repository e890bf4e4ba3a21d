/*
 * A certificate that comes in a second run: the key is in the chip from the first one on, the chip signs the
 * request, and no cut of either run loses the key, though flash is erased to write the certificate.
 */
#include "provision_rig.h"

#include <stdio.h>

static const char *const san[] = {"DNS:{mac}.{chip}.example", "URI:urn:serial:{serial}", NULL};

static struct seal_profile request_profile(enum seal_mode mode)
{
    struct seal_profile profile = profile_of(mode);
    profile.device_cert = NULL;
    profile.private_key = NULL;
    profile.request_only = true;
    profile.subject = "/CN=device-{mac}";
    profile.san = san;
    profile.serial = "S1";
    profile.key_type = "rsa:2048";
    return profile;
}

static struct seal_profile completing_profile(enum seal_mode mode, const struct seal_cert *cert)
{
    struct seal_profile profile = profile_of(mode);
    profile.private_key = NULL;
    profile.device_cert = cert;
    return profile;
}

/* Asks the chip for its request, as a run that has nothing to do does; NULL when the survey finds more to do.
 */
static struct seal_buf *request_of(struct sim_chip *chip, const struct seal_profile *profile)
{
    struct seal_link *link = NULL;
    struct seal_loader *loader = NULL;
    struct seal_job *job = NULL;
    struct seal_cause cause = {0};
    struct seal_buf *pem = seal_buf_new();
    const struct seal_loader_options options = {0};
    assert_int_equal(sim_link_new(chip, &link), SEAL_OK);
    assert_int_equal(seal_loader_connect(link, &options, &loader, &cause), SEAL_OK);
    assert_int_equal(seal_job_survey(loader, profile, &job, &cause), SEAL_OK);
    assert_false(seal_job_needs_identity(job));
    assert_int_equal(seal_job_plan(job, &cause), SEAL_OK);
    assert_int_equal(seal_job_step_count(job), 0);
    assert_non_null(strstr(seal_job_state(job, SEAL_OK), "waiting for its certificate"));
    if (seal_job_sign_request(job, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    const struct seal_buf *request = seal_job_request(job);
    assert_int_equal(seal_buf_put(pem, seal_buf_ptr(request), seal_buf_len(request)), SEAL_OK);
    seal_job_free(&job);
    seal_loader_free(&loader);
    seal_link_close(&link);
    return pem;
}

/* What a CA makes of the chip's request: seal_cert_issue verifies its signature. */
static struct seal_cert *certificate_for(struct sim_chip *chip, const struct seal_profile *profile)
{
    struct seal_cert *der = NULL;
    struct seal_cert *cert = NULL;
    struct seal_cause cause = {0};
    struct seal_buf *request = request_of(chip, profile);
    struct seal_buf *again = request_of(chip, profile);
    assert_int_equal(seal_buf_len(request), seal_buf_len(again));
    assert_memory_equal(seal_buf_ptr(request), seal_buf_ptr(again), seal_buf_len(again));
    if (seal_cert_issue(seal_buf_ptr(request), seal_buf_len(request), "request", given.ca, given.ca_key, NULL,
                        30, &der, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    assert_true(seal_cert_has_subject(der, "/CN=device-7cdfa15ea101"));
    seal_buf_truncate(again, 0);
    assert_int_equal(seal_cert_write(der, false, again, NULL), SEAL_OK);
    assert_int_equal(seal_cert_read(seal_buf_ptr(again), seal_buf_len(again), "cert", &cert, NULL), SEAL_OK);
    seal_cert_free(&der);
    seal_buf_free(&request);
    seal_buf_free(&again);
    return cert;
}

struct state { /* of a chip, to begin from again and again */
    uint8_t flash[0x4000];
    uint32_t fuses[11][8];
};

enum { AT = SEAL_SECURE_CERT_DEFAULT_OFFSET };

static void save(struct sim_chip *chip, struct state *state)
{
    size_t size;
    memcpy(state->flash, sim_chip_flash(chip, &size) + AT, sizeof state->flash);
    for (unsigned block = 0; block < 11; block++) {
        memcpy(state->fuses[block], sim_chip_fuses(chip, block), 32);
    }
}

static struct sim_chip *restore(const struct state *state, const char *fault)
{
    size_t size;
    struct sim_chip *chip = new_chip(fault);
    memcpy(sim_chip_flash(chip, &size) + AT, state->flash, sizeof state->flash);
    for (unsigned block = 0; block < 11; block++) {
        sim_chip_set_fuses(chip, block, state->fuses[block]);
    }
    sim_chip_power_cycle(chip);
    return chip;
}

static void two_runs_make_an_identity(void **state)
{
    (void)state;
    for (enum seal_mode mode = SEAL_MODE_DEVELOPMENT; mode <= SEAL_MODE_PRODUCTION; mode++) {
        struct sim_chip *chip = new_chip(NULL);
        const struct seal_profile first = request_profile(mode);
        struct outcome out = run_job(chip, &first);
        assert_ok(&out);
        unsigned burns = sim_chip_burns(chip);
        struct seal_cert *cert = certificate_for(chip, &first);
        const struct seal_profile second = completing_profile(mode, cert);
        out = run_job(chip, &second);
        assert_ok(&out);
        assert_int_equal(out.steps, 4);
        assert_int_equal(sim_chip_burns(chip), burns);
        out = run_job(chip, &second);
        assert_ok(&out);
        assert_int_equal(out.steps, 0);
        seal_cert_free(&cert);
        sim_chip_free(&chip);
    }
}

static void a_development_key_is_protected_by_the_second_run(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL);
    const struct seal_profile first = request_profile(SEAL_MODE_DEVELOPMENT);
    struct outcome out = run_job(chip, &first);
    assert_ok(&out);
    struct seal_cert *cert = certificate_for(chip, &first);
    const struct seal_profile second = completing_profile(SEAL_MODE_PRODUCTION, cert);
    out = run_job(chip, &second);
    assert_ok(&out);
    assert_int_equal(sim_chip_fuses(chip, 0)[1] & 1, 1);
    seal_cert_free(&cert);
    sim_chip_free(&chip);
}

static void the_certificate_of_another_key_is_refused(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL);
    struct state before;
    struct state after;
    const struct seal_profile first = request_profile(SEAL_MODE_PRODUCTION);
    const struct seal_profile wrong = completing_profile(SEAL_MODE_PRODUCTION, given.cert);
    struct outcome out = run_job(chip, &wrong);
    assert_int_equal(out.err, SEAL_ERR_STATE);
    assert_non_null(strstr(out.cause.text, "no DS parameters"));
    assert_int_equal(sim_chip_burns(chip), 0);
    out = run_job(chip, &first);
    assert_ok(&out);
    save(chip, &before);
    out = run_job(chip, &wrong);
    assert_int_equal(out.err, SEAL_ERR_MISMATCH);
    assert_false(out.planned);
    const struct seal_profile ec = completing_profile(SEAL_MODE_PRODUCTION, given.ec_cert);
    out = run_job(chip, &ec);
    assert_int_equal(out.err, SEAL_ERR_MISMATCH);
    /* A run that makes another identity must not take the place of the waiting one. */
    const struct seal_profile other = made_profile(SEAL_MODE_PRODUCTION);
    out = run_job(chip, &other);
    assert_int_equal(out.err, SEAL_ERR_STATE);
    save(chip, &after);
    assert_memory_equal(&before, &after, sizeof before);
    sim_chip_free(&chip);
}

static void every_cut_of_the_first_run_is_finished(void **state)
{
    (void)state;
    const struct seal_profile first = request_profile(SEAL_MODE_PRODUCTION);
    struct sim_chip *whole = new_chip(NULL);
    struct outcome out = run_job(whole, &first);
    assert_ok(&out);
    unsigned frames = (unsigned)sim_chip_frames(whole);
    sim_chip_free(&whole);
    for (unsigned frame = 1; frame <= frames; frame += 5) {
        char fault[32];
        (void)snprintf(fault, sizeof fault, "cut:frame=%u", frame);
        struct sim_chip *chip = new_chip(fault);
        out = run_job(chip, &first);
        assert_int_not_equal(out.err, SEAL_OK);
        sim_chip_reconnect(chip);
        sim_chip_power_cycle(chip);
        assert_int_equal(sim_chip_set_faults(chip, NULL, NULL), SEAL_OK);
        out = run_job(chip, &first);
        assert_ok(&out);
        assert_int_equal(filled_key_blocks(chip), 1);
        struct seal_buf *request = request_of(chip, &first);
        seal_buf_free(&request);
        sim_chip_free(&chip);
    }
    print_message("cut at %u places\n", frames / 5);
}

static void finish(struct sim_chip *chip, const struct seal_profile *second, const char *where)
{
    struct outcome out = run_job(chip, second);
    if (out.err != SEAL_OK) {
        fail_msg("after %s: %s: %s", where, seal_err_name(out.err), out.cause.text);
    }
    out = run_job(chip, second);
    assert_ok(&out);
    assert_int_equal(out.steps, 0);
}

static void every_cut_of_the_second_run_is_finished(void **state)
{
    (void)state;
    struct state waiting;
    struct sim_chip *chip = new_chip(NULL);
    const struct seal_profile first = request_profile(SEAL_MODE_PRODUCTION);
    struct outcome out = run_job(chip, &first);
    assert_ok(&out);
    struct seal_cert *cert = certificate_for(chip, &first);
    const struct seal_profile second = completing_profile(SEAL_MODE_PRODUCTION, cert);
    save(chip, &waiting);
    sim_chip_free(&chip);
    chip = restore(&waiting, NULL);
    out = run_job(chip, &second);
    assert_ok(&out);
    unsigned frames = (unsigned)sim_chip_frames(chip);
    sim_chip_free(&chip);
    for (unsigned frame = 1; frame <= frames; frame++) {
        char fault[32];
        (void)snprintf(fault, sizeof fault, "cut:frame=%u", frame);
        chip = restore(&waiting, fault);
        out = run_job(chip, &second);
        assert_int_not_equal(out.err, SEAL_OK);
        sim_chip_reconnect(chip);
        sim_chip_power_cycle(chip);
        assert_int_equal(sim_chip_set_faults(chip, NULL, NULL), SEAL_OK);
        finish(chip, &second, fault);
        sim_chip_free(&chip);
    }
    print_message("cut at %u places\n", frames);
    seal_cert_free(&cert);
}

/* What a loss of power leaves of a sector that is being erased or written: any mixture. */
static void a_sector_that_was_torn_is_made_good(void **state)
{
    (void)state;
    struct state done;
    struct sim_chip *chip = new_chip(NULL);
    const struct seal_profile first = request_profile(SEAL_MODE_PRODUCTION);
    struct outcome out = run_job(chip, &first);
    assert_ok(&out);
    struct seal_cert *cert = certificate_for(chip, &first);
    const struct seal_profile second = completing_profile(SEAL_MODE_PRODUCTION, cert);
    struct state waiting;
    save(chip, &waiting);
    out = run_job(chip, &second);
    assert_ok(&out);
    save(chip, &done);
    sim_chip_free(&chip);
    for (size_t whole = 0; whole < 4096; whole += 301) {
        struct state torn = done; /* while the first sector is written, the second holds the copy */
        memset(torn.flash + whole, 0xFF, 4096 - whole);
        memcpy(torn.flash + 4096, waiting.flash, 4096);
        chip = restore(&torn, NULL);
        finish(chip, &second, "a torn first sector");
        sim_chip_free(&chip);
        torn = done;
        memset(torn.flash + 4096 + whole, 0x55, 4096 - whole);
        chip = restore(&torn, NULL);
        finish(chip, &second, "a torn second sector");
        sim_chip_free(&chip);
    }
    seal_cert_free(&cert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_runs_make_an_identity),
        cmocka_unit_test(a_development_key_is_protected_by_the_second_run),
        cmocka_unit_test(the_certificate_of_another_key_is_refused),
        cmocka_unit_test(every_cut_of_the_first_run_is_finished),
        cmocka_unit_test(every_cut_of_the_second_run_is_finished),
        cmocka_unit_test(a_sector_that_was_torn_is_made_good),
    };
    return cmocka_run_group_tests(tests, make_identity, free_identity);
}
