/* A certificate that comes in a second run, for a device whose flash is encrypted, esp_secure_cert with it.
 */
#include "sealing_rig.h"

static const uint8_t flash_key[32] = {0x3a, 0x91, 0x5c, 0xe7, 0x08, 0x42, 0xd9, 0xb6, 0x7f, 0x13, 0xaa,
                                      0x64, 0xf0, 0x2d, 0x85, 0x5e, 0x39, 0xc8, 0x71, 0x06, 0xeb, 0x9d,
                                      0x54, 0xa3, 0x1c, 0xf7, 0x60, 0xbe, 0x0f, 0xd2, 0x48, 0x97};

static void open_first(struct seal_rig *rig, enum seal_mode mode)
{
    open_rig(rig, seal_chip_find("esp32c3"), mode);
    rig->profile.device_cert = NULL;
    rig->profile.private_key = NULL;
    rig->profile.request_only = true;
    rig->profile.subject = "/CN=device-{mac}";
    rig->profile.key_type = "rsa:2048";
    rig->profile.sealing.lockdown.download = SEAL_WORD_UNSAID;
    if (mode == SEAL_MODE_PRODUCTION) {
        rig->profile.sealing.flash_encryption.key = flash_key;
        rig->profile.sealing.flash_encryption.key_len = sizeof flash_key;
    }
}

/* The chip's own request, and what a CA makes of it. */
static struct seal_cert *certificate_for(struct sim_chip *chip, const struct seal_rig *rig)
{
    struct seal_link *link = NULL;
    struct seal_loader *loader = NULL;
    struct seal_job *job = NULL;
    struct seal_cert *der = NULL, *cert = NULL;
    struct seal_cause cause = {0};
    struct seal_buf *pem = seal_buf_new();
    const struct seal_loader_options options = {0};
    sim_chip_power_cycle(chip);
    assert_int_equal(sim_link_new(chip, &link), SEAL_OK);
    assert_int_equal(seal_loader_connect(link, &options, &loader, &cause), SEAL_OK);
    assert_int_equal(seal_job_survey(loader, &rig->profile, &job, &cause), SEAL_OK);
    assert_int_equal(seal_job_plan(job, &cause), SEAL_OK);
    assert_int_equal(seal_job_step_count(job), 0);
    if (seal_job_sign_request(job, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    const struct seal_buf *request = seal_job_request(job);
    assert_int_equal(seal_cert_issue(seal_buf_ptr(request), seal_buf_len(request), "request", given.ca,
                                     given.ca_key, NULL, 30, &der, &cause),
                     SEAL_OK);
    assert_int_equal(seal_cert_write(der, false, pem, NULL), SEAL_OK);
    assert_int_equal(seal_cert_read(seal_buf_ptr(pem), seal_buf_len(pem), "cert", &cert, NULL), SEAL_OK);
    seal_cert_free(&der);
    seal_buf_free(&pem);
    seal_job_free(&job);
    seal_loader_free(&loader);
    seal_link_close(&link);
    return cert;
}

static struct outcome again(struct sim_chip *chip, const struct seal_rig *rig)
{
    sim_chip_power_cycle(chip);
    return run_job(chip, &rig->profile);
}

static bool is_in_clear(struct sim_chip *chip)
{
    size_t size;
    const uint8_t *flash = sim_chip_flash(chip, &size) + SEAL_SECURE_CERT_DEFAULT_OFFSET;
    bool found = false;
    for (size_t i = 0; i < 0x2000 - 10 && !found; i++) {
        found = memcmp(flash + i, "-----BEGIN", 10) == 0;
    }
    return found;
}

static void the_certificate_comes_later(void **state)
{
    (void)state;
    for (enum seal_mode mode = SEAL_MODE_DEVELOPMENT; mode <= SEAL_MODE_PRODUCTION; mode++) {
        struct seal_rig rig;
        open_first(&rig, mode);
        struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
        struct outcome out = again(chip, &rig);
        assert_ok(&out);
        struct seal_cert *cert = certificate_for(chip, &rig);
        rig.profile.request_only = false;
        rig.profile.device_cert = cert;
        out = again(chip, &rig);
        assert_ok(&out);
        assert_true(out.steps > 0);
        assert_boots(chip, &rig, "with its certificate");
        assert_false(is_in_clear(chip));
        out = again(chip, &rig);
        assert_ok(&out);
        assert_int_equal(out.steps, 0);
        seal_cert_free(&cert);
        sim_chip_free(&chip);
        close_rig(&rig);
    }
}

/* The second run erases where the only copy of the key stands. */
static void no_cut_of_the_second_run_loses_the_key(void **state)
{
    (void)state;
    struct seal_rig rig;
    open_first(&rig, SEAL_MODE_DEVELOPMENT);
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    struct outcome out = again(chip, &rig);
    assert_ok(&out);
    struct seal_cert *cert = certificate_for(chip, &rig);
    rig.profile.request_only = false;
    rig.profile.device_cert = cert;
    size_t size;
    uint8_t first[0x2000], *place = sim_chip_flash(chip, &size) + SEAL_SECURE_CERT_DEFAULT_OFFSET;
    memcpy(first, place, sizeof first);
    unsigned frames = again(chip, &rig).frames, cuts = 0;
    for (unsigned frame = 20; frame < frames; frame += frames / 25) {
        char fault[32];
        (void)snprintf(fault, sizeof fault, "cut:frame=%u", frame);
        memcpy(place, first, sizeof first);
        sim_chip_power_cycle(chip);
        assert_int_equal(sim_chip_set_faults(chip, fault, NULL), SEAL_OK);
        out = run_job(chip, &rig.profile);
        cuts += out.err != SEAL_OK;
        assert_int_equal(sim_chip_set_faults(chip, NULL, NULL), SEAL_OK);
        sim_chip_reconnect(chip);
        out = again(chip, &rig);
        assert_ok(&out);
        out = again(chip, &rig);
        assert_ok(&out);
        assert_int_equal(out.steps, 0);
    }
    assert_true(cuts > 15);
    seal_cert_free(&cert);
    sim_chip_free(&chip);
    close_rig(&rig);
}

static void a_key_that_nobody_would_have_then_is_refused(void **state)
{
    (void)state;
    struct seal_rig rig;
    open_first(&rig, SEAL_MODE_PRODUCTION);
    rig.profile.sealing.flash_encryption.key = NULL;
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    struct outcome out = again(chip, &rig);
    assert_int_equal(out.err, SEAL_ERR_USAGE);
    assert_non_null(strstr(out.cause.text, "certificate that comes later"));
    assert_string_equal(out.cause.word, "identity.csr_only");
    assert_int_equal(sim_chip_burns(chip), 0);
    sim_chip_free(&chip);
    close_rig(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_certificate_comes_later),
        cmocka_unit_test(no_cut_of_the_second_run_loses_the_key),
        cmocka_unit_test(a_key_that_nobody_would_have_then_is_refused),
    };
    return cmocka_run_group_tests(tests, make_signers, free_signers);
}
