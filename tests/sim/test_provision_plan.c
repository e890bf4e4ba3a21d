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
    static const uint8_t hmac_key[32] = {0xA5, 0x5A, 0x3C, 0xC3, 0x96, 0x69, 0x0F, 0xF0, 0xA5, 0x5A, 0x3C,
                                         0xC3, 0x96, 0x69, 0x0F, 0xF0, 0xA5, 0x5A, 0x3C, 0xC3, 0x96, 0x69,
                                         0x0F, 0xF0, 0xA5, 0x5A, 0x3C, 0xC3, 0x96, 0x69, 0x0F, 0xF0};
    static const uint8_t other_key[32] = {0x12, 0x34, 0x56, 0x78};
    struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
    profile.hmac_key = hmac_key;
    struct sim_chip *chip = new_chip("power:burn=2:bits=60");
    struct outcome out = run_job(chip, &profile);
    assert_int_not_equal(out.err, SEAL_OK);
    sim_chip_power_cycle(chip);
    profile.hmac_key = other_key;
    out = run_job(chip, &profile);
    assert_int_equal(out.err, SEAL_ERR_STATE);
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
