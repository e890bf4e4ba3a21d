/* What the main job plans where there is nothing to burn, and when its plan no longer holds. */
#include "provision_rig.h"

/* Without a peripheral the job is a matter of flash alone. */
static void a_plaintext_identity_burns_nothing(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL);
    struct seal_profile profile = profile_of(SEAL_MODE_DEVELOPMENT);
    profile.storage = SEAL_STORAGE_PLAINTEXT;
    struct outcome out = run_job(chip, &profile);
    assert_ok(&out);
    assert_int_equal(out.steps, 1);
    assert_int_equal(sim_chip_burns(chip), 0);
    assert_int_equal(filled_key_blocks(chip), 0);
    out = run_job(chip, &profile);
    assert_ok(&out);
    assert_int_equal(out.steps, 0);
    profile.private_key = given.ec_key;
    profile.device_cert = given.ec_cert;
    out = run_job(chip, &profile);
    assert_ok(&out);
    assert_int_equal(out.steps, 1);
    assert_int_equal(sim_chip_burns(chip), 0);
    sim_chip_free(&chip);
}

/* While a person was asked for the word BURN, somebody put the next board into the fixture. */
static void a_chip_that_changed_after_the_plan_is_not_burned(void **state)
{
    (void)state;
    for (unsigned block = 0; block < 2; block++) {
        struct sim_chip *chip = new_chip(NULL);
        struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
        struct seal_link *link = NULL;
        struct seal_loader *loader = NULL;
        struct seal_job *job = NULL;
        struct seal_cause cause = {0};
        uint32_t words[8] = {0};
        const struct seal_loader_options options = {0};
        assert_int_equal(sim_link_new(chip, &link), SEAL_OK);
        assert_int_equal(seal_loader_connect(link, &options, &loader, &cause), SEAL_OK);
        assert_int_equal(seal_job_survey(loader, &profile, &job, &cause), SEAL_OK);
        assert_int_equal(seal_job_plan(job, &cause), SEAL_OK);
        memcpy(words, sim_chip_fuses(chip, block), 6 * sizeof *words);
        words[0] |= 0x200; /* in the MAC, or a write-protection */
        sim_chip_set_fuses(chip, block, words);
        assert_int_equal(seal_job_run(job, NULL, &cause), SEAL_ERR_STATE);
        assert_non_null(strstr(cause.text, block ? "another chip" : "not as the plan found them"));
        assert_int_equal(sim_chip_burns(chip), 0);
        assert_false(seal_job_burned(job));
        seal_job_free(&job);
        seal_loader_free(&loader);
        seal_link_close(&link);
        sim_chip_free(&chip);
    }
}

/* A key that somebody keeps is not lost with the power: where enough of it can be recognised it is completed.
 */
static void a_cut_burn_of_a_given_key_is_completed(void **state)
{
    (void)state;
    static const uint8_t hmac_key[32] = {0x5B, 0x72, 0x9E, 0x0F, 0x61, 0x97, 0x97, 0xFD, 0x61, 0x10, 0x8A,
                                         0x4B, 0xB1, 0x77, 0x27, 0x32, 0x22, 0xAD, 0x9A, 0xC5, 0x53, 0x82,
                                         0x99, 0xC8, 0x38, 0x6F, 0x06, 0x1E, 0x29, 0x04, 0x6E, 0x60};
    static const uint8_t other_key[32] = {0xD9, 0x29, 0x8A, 0x10, 0xD1, 0xB0, 0x73, 0x58, 0x37, 0xDC, 0x4B,
                                          0xD8, 0x5D, 0xAC, 0x64, 0x1B, 0x0F, 0x3C, 0xEF, 0x27, 0xA4, 0x7E,
                                          0x5D, 0x53, 0xA5, 0x4F, 0x2F, 0x3F, 0x5B, 0x2F, 0xCF, 0xFA};
    struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
    profile.hmac_key = hmac_key;
    struct sim_chip *chip = new_chip("power:burn=2:bits=60");
    struct outcome out = run_job(chip, &profile);
    assert_int_not_equal(out.err, SEAL_OK);
    assert_int_equal(sim_chip_state(chip), SIM_OFF);
    sim_chip_power_cycle(chip);
    profile.hmac_key = other_key;
    out = run_job(chip, &profile);
    if (out.err != SEAL_ERR_STATE) {
        fail_msg("%s: %s", seal_err_name(out.err), out.cause.text);
    }
    assert_non_null(strstr(out.cause.text, "not look like a part of the key given"));
    profile.hmac_key = hmac_key;
    out = run_job(chip, &profile);
    assert_ok(&out);
    assert_memory_equal(sim_chip_fuses(chip, 4), hmac_key, sizeof hmac_key);
    assert_int_equal(filled_key_blocks(chip), 1);
    sim_chip_free(&chip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plaintext_identity_burns_nothing),
        cmocka_unit_test(a_cut_burn_of_a_given_key_is_completed),
        cmocka_unit_test(a_chip_that_changed_after_the_plan_is_not_burned),
    };
    return cmocka_run_group_tests(tests, make_identity, free_identity);
}
