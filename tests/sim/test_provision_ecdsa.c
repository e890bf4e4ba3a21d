/* The main job with a key in the ECDSA peripheral: cut anywhere, refused where it must be, renewed. */
#include "provision_rig.h"

#include <stdio.h>

static const struct seal_chip *h2(unsigned revision)
{
    return seal_chip_variant(seal_chip_find("esp32h2"), revision);
}

static struct seal_profile ec_profile(enum seal_mode mode, bool made)
{
    struct seal_profile profile = made ? made_profile(mode) : profile_of(mode);
    profile.storage = SEAL_STORAGE_ECDSA;
    profile.key_type = "ec:p256";
    if (!made) {
        profile.private_key = given.ec_key;
        profile.device_cert = given.ec_cert;
    }
    return profile;
}

static bool read_protected(struct sim_chip *chip, unsigned key)
{
    return sim_chip_fuses(chip, 0)[1] >> key & 1;
}

static void assert_finished(struct sim_chip *chip, const struct seal_profile *profile, const char *where)
{
    sim_chip_reconnect(chip);
    sim_chip_power_cycle(chip);
    assert_int_equal(sim_chip_set_faults(chip, NULL, NULL), SEAL_OK);
    struct outcome out = run_job(chip, profile);
    if (out.err != SEAL_OK) {
        fail_msg("after %s: %s: %s", where, seal_err_name(out.err), out.cause.text);
    }
    assert_int_equal(filled_key_blocks(chip), 1);
    assert_int_equal(read_protected(chip, 0), profile->mode == SEAL_MODE_PRODUCTION);
    out = run_job(chip, profile); /* which makes the chip prove its key */
    assert_ok(&out);
    assert_int_equal(out.steps, 0);
}

static void every_cut_is_finished_by_the_next_run(void **state)
{
    (void)state;
    for (int made = 0; made < 2; made++) {
        const struct seal_profile profile = ec_profile(SEAL_MODE_PRODUCTION, made);
        struct sim_chip *whole = new_chip_of(h2(102), NULL);
        struct outcome out = run_job(whole, &profile);
        assert_ok(&out);
        const unsigned frames = (unsigned)sim_chip_frames(whole);
        sim_chip_free(&whole);
        for (unsigned frame = 1 + (unsigned)made; frame <= frames; frame += 7) {
            char fault[32];
            (void)snprintf(fault, sizeof fault, "cut:frame=%u", frame);
            struct sim_chip *chip = new_chip_of(h2(102), fault);
            out = run_job(chip, &profile);
            assert_int_not_equal(out.err, SEAL_OK);
            assert_finished(chip, &profile, fault);
            sim_chip_free(&chip);
        }
    }
}

/* A key that was given is completed once enough of it stands there to know it again (burn_check.c); of one
 * that was made the block may be lost. Either block is named. */
static void power_cuts_in_burns_lose_a_made_key_at_most(void **state)
{
    unsigned refused[2] = {0};
    (void)state;
    for (int made = 0; made < 2; made++) {
        const struct seal_profile profile = ec_profile(SEAL_MODE_PRODUCTION, made);
        for (unsigned burn = 1; burn <= 3; burn++) {
            for (unsigned bits = 0; bits < 300; bits = bits < 4 ? bits + 1 : bits * 3) {
                char fault[48];
                (void)snprintf(fault, sizeof fault, "power:burn=%u:bits=%u", burn, bits);
                struct sim_chip *chip = new_chip_of(h2(102), fault);
                struct outcome out = run_job(chip, &profile);
                if (out.err == SEAL_OK) { /* more bits than this pulse has */
                    sim_chip_free(&chip);
                    continue;
                }
                sim_chip_power_cycle(chip);
                out = run_job(chip, &profile);
                if (out.err == SEAL_ERR_STATE && strstr(out.cause.text, "BLOCK_KEY0") && !out.planned) {
                    refused[made]++;
                } else {
                    assert_finished(chip, &profile, fault);
                }
                sim_chip_free(&chip);
            }
        }
    }
    assert_true(refused[1] > refused[0]);
}

static void a_development_device_is_sealed_with_the_key_it_has(void **state)
{
    struct seal_profile profile = ec_profile(SEAL_MODE_DEVELOPMENT, true);
    struct sim_chip *chip = new_chip_of(h2(102), NULL);
    uint32_t key[8];
    (void)state;
    struct outcome out = run_job(chip, &profile);
    assert_ok(&out);
    memcpy(key, sim_chip_fuses(chip, 4), sizeof key);
    assert_false(read_protected(chip, 0));
    memset(sim_chip_flash(chip, &(size_t){0}) + SEAL_SECURE_CERT_DEFAULT_OFFSET, 0xFF, 8192);
    profile.mode = SEAL_MODE_PRODUCTION; /* its certificate is lost: the key in the chip gets another one */
    out = run_job(chip, &profile);
    assert_ok(&out);
    assert_memory_equal(key, sim_chip_fuses(chip, 4), sizeof key);
    assert_finished(chip, &profile, "development");
    sim_chip_free(&chip);
}

static void expect_refusal(struct sim_chip *chip, const struct seal_profile *profile, int err,
                           const char *text)
{
    const unsigned burns = sim_chip_burns(chip);
    struct outcome out = run_job(chip, profile);
    if (out.err != err || !strstr(out.cause.text, text)) {
        fail_msg("got %s: %s", seal_err_name(out.err), out.cause.text);
    }
    assert_true(strlen(out.cause.hint) > 0);
    assert_int_equal(sim_chip_burns(chip), burns);
}

static void a_sealed_device_gets_another_certificate_for_its_key(void **state)
{
    struct seal_profile profile = ec_profile(SEAL_MODE_PRODUCTION, false);
    struct sim_chip *chip = new_chip_of(h2(102), NULL);
    struct seal_cert *renewed = issue(given.ec_key, "/CN=renewed"),
                     *foreign = issue(given.ca_key, "/CN=device");
    (void)state;
    struct outcome out = run_job(chip, &profile);
    assert_ok(&out);
    const unsigned burns = sim_chip_burns(chip);
    profile.private_key = NULL;
    profile.device_cert = foreign;
    expect_refusal(chip, &profile, SEAL_ERR_MISMATCH, "for another key than the one in this chip");
    profile.device_cert = renewed;
    out = run_job(chip, &profile);
    assert_ok(&out);
    assert_int_equal(out.steps, 2); /* the partition, and the proof */
    assert_int_equal(sim_chip_burns(chip), burns);
    out = run_job(chip, &profile);
    assert_int_equal(out.steps, 0);
    profile = ec_profile(SEAL_MODE_PRODUCTION, true);
    expect_refusal(chip, &profile, SEAL_ERR_STATE, "BLOCK_KEY0 is read-protected");
    seal_cert_free(&renewed);
    seal_cert_free(&foreign);
    sim_chip_free(&chip);
}

static void what_does_not_fit_costs_no_fuse(void **state)
{
    struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
    struct sim_chip *chip = new_chip_of(h2(102), NULL);
    struct sim_chip *early = new_chip_of(seal_chip_variant(seal_chip_find("esp32p4"), 0), NULL);
    (void)state;
    profile.storage = SEAL_STORAGE_ECDSA;
    expect_refusal(chip, &profile, SEAL_ERR_KEY, "the private key is RSA-2048, but the ECDSA peripheral");
    profile = ec_profile(SEAL_MODE_PRODUCTION, true);
    profile.key_type = "rsa:2048";
    expect_refusal(chip, &profile, SEAL_ERR_KEY, "takes P-192, P-256");
    profile.key_type = "ec:p384";
    expect_refusal(chip, &profile, SEAL_ERR_KEY, "takes P-192, P-256");
    profile.key_type = "ec:p256";
    expect_refusal(early, &profile, SEAL_ERR_UNSUPPORTED, "before v3.0 has no ECDSA peripheral");
    profile.efuse_key = 5;
    expect_refusal(chip, &profile, SEAL_ERR_RULE, "KEY-XTS-BLOCK");
    profile = ec_profile(SEAL_MODE_PRODUCTION, false);
    profile.private_key = NULL;
    expect_refusal(chip, &profile, SEAL_ERR_STATE, "holds no key that the certificate could be for");
    sim_chip_free(&chip);
    sim_chip_free(&early);
}

static void a_block_with_another_key_is_not_taken_for_this_one(void **state)
{
    struct seal_profile profile = ec_profile(SEAL_MODE_DEVELOPMENT, true);
    struct sim_chip *chip = new_chip_of(h2(102), NULL);
    (void)state;
    struct outcome out = run_job(chip, &profile);
    assert_ok(&out);
    profile = ec_profile(SEAL_MODE_DEVELOPMENT, false);
    expect_refusal(chip, &profile, SEAL_ERR_STATE, "BLOCK_KEY0 holds another key than the one given");
    profile.efuse_key = 3;
    out = run_job(chip, &profile);
    assert_ok(&out);
    assert_int_equal(filled_key_blocks(chip), 2);
    sim_chip_free(&chip);
}

static void a_p192_key_opens_its_curve_first(void **state)
{
    struct seal_profile profile = ec_profile(SEAL_MODE_PRODUCTION, true);
    (void)state;
    profile.key_type = "ec:p192";
    for (unsigned revision = 0; revision <= 102;
         revision += 102) { /* where it was always open, and where not */
        struct sim_chip *chip = new_chip_of(h2(revision), NULL);
        struct outcome out = run_job(chip, &profile);
        assert_ok(&out);
        assert_int_equal(sim_chip_fuses(chip, 0)[1] >> 27 & 3, revision ? 2 : 0); /* ECDSA_CURVE_MODE */
        assert_finished(chip, &profile, "P-192");
        sim_chip_free(&chip);
    }
    const uint32_t locked[8] = {0, 3u << 27};
    struct sim_chip *chip = new_chip_of(h2(102), NULL);
    sim_chip_set_fuses(chip, 0, locked);
    expect_refusal(chip, &profile, SEAL_ERR_STATE, "close P-192");
    sim_chip_free(&chip);
}

/* Either half may be cut; with the key at hand both are completed, without it a half that stands there is
 * lost. */
static void a_p384_key_takes_two_blocks(void **state)
{
    const struct seal_chip *const p4 = seal_chip_find("esp32p4");
    struct seal_key *key = NULL;
    unsigned refused[2] = {0};
    (void)state;
    assert_int_equal(seal_key_generate("ec:p384", &key, NULL), SEAL_OK);
    struct seal_cert *cert = issue(key, "/CN=device");
    for (int made = 0; made < 2; made++) {
        struct seal_profile profile = ec_profile(SEAL_MODE_PRODUCTION, made);
        profile.key_type = "ec:p384";
        profile.private_key = made ? NULL : key;
        profile.device_cert = made ? NULL : cert;
        bool whole = false;
        for (unsigned burn = 1; !whole; burn++) {
            char fault[32];
            (void)snprintf(fault, sizeof fault, "power:burn=%u", burn);
            struct sim_chip *chip = new_chip_of(p4, fault);
            struct outcome out = run_job(chip, &profile);
            whole = out.err == SEAL_OK; /* there is no such burn any more */
            sim_chip_power_cycle(chip);
            out = run_job(chip, &profile);
            if (out.err == SEAL_ERR_STATE && strstr(out.cause.text, "BLOCK_KEY") && !out.planned) {
                refused[made]++;
            } else {
                assert_ok(&out);
                assert_int_equal(filled_key_blocks(chip), 2);
                assert_true(read_protected(chip, 0) && read_protected(chip, 1));
                out = run_job(chip, &profile);
                assert_ok(&out);
                assert_int_equal(out.steps, 0);
            }
            sim_chip_free(&chip);
        }
    }
    assert_true(refused[0] <= 1); /* of the high half so little may stand there that it could be any key's */
    assert_int_equal(refused[1], 2); /* a cut in either half */
    seal_cert_free(&cert);
    seal_key_free(&key);
}

static void one_half_is_no_key(void **state)
{
    struct seal_profile profile = ec_profile(SEAL_MODE_PRODUCTION, true);
    const uint32_t data[8] = {1};
    struct sim_chip *chip = new_chip_of(seal_chip_find("esp32p4"), NULL);
    (void)state;
    profile.key_type = "ec:p384";
    for (unsigned block = 5; block <= 9; block++) {
        sim_chip_set_fuses(chip, block, data);
    }
    expect_refusal(chip, &profile, SEAL_ERR_STATE, "no second key block is free");
    sim_chip_free(&chip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_finished_by_the_next_run),
        cmocka_unit_test(power_cuts_in_burns_lose_a_made_key_at_most),
        cmocka_unit_test(a_development_device_is_sealed_with_the_key_it_has),
        cmocka_unit_test(a_sealed_device_gets_another_certificate_for_its_key),
        cmocka_unit_test(what_does_not_fit_costs_no_fuse),
        cmocka_unit_test(a_block_with_another_key_is_not_taken_for_this_one),
        cmocka_unit_test(a_p192_key_opens_its_curve_first),
        cmocka_unit_test(a_p384_key_takes_two_blocks),
        cmocka_unit_test(one_half_is_no_key),
    };
    return cmocka_run_group_tests(tests, make_identity, free_identity);
}
