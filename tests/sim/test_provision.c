/*
 * The main job on a simulated chip: finished runs, repeated runs, runs cut after every frame and in every
 * burn pulse, and everything that must be refused before a fuse is burned.
 */
#include "provision_rig.h"

#include <espseal/survey.h>

#include <stdio.h>

/* BLOCK0 as the TRM lays it out: WR_DIS is word 0, RD_DIS and the purposes follow. */
static void assert_final(struct sim_chip *chip, enum seal_mode mode, unsigned key)
{
    const uint32_t *block0 = sim_chip_fuses(chip, 0);
    unsigned purpose_bit = 24 + 4 * key;
    uint32_t purpose = (block0[2 + purpose_bit / 32] >> purpose_bit % 32) & 15;
    assert_int_equal(purpose, 7);
    assert_int_equal(block0[0], 1u << (8 + key) | 1u << (23 + key));
    assert_int_equal(block0[1], mode == SEAL_MODE_PRODUCTION ? 1u << key : 0);
    assert_int_equal(filled_key_blocks(chip), 1);
}

static void prove_from_outside(struct sim_chip *chip)
{
    struct seal_link *link = NULL;
    struct seal_loader *loader = NULL;
    struct seal_flash_id id;
    struct seal_proof proof;
    struct seal_cause cause = {0};
    const struct seal_loader_options options = {0};
    struct seal_buf *partition = seal_buf_new();
    assert_int_equal(sim_link_new(chip, &link), SEAL_OK);
    assert_int_equal(seal_loader_connect(link, &options, &loader, &cause), SEAL_OK);
    assert_int_equal(seal_flash_attach(loader, &id, &cause), SEAL_OK);
    assert_int_equal(seal_survey_secure_cert(loader, SEAL_SECURE_CERT_DEFAULT_OFFSET, SEAL_SECURE_CERT_MAX,
                                             partition, &cause),
                     SEAL_OK);
    assert_int_equal(
        seal_prove_partition(loader, seal_buf_ptr(partition), seal_buf_len(partition), &proof, &cause),
        SEAL_OK);
    seal_buf_free(&partition);
    seal_loader_free(&loader);
    seal_link_close(&link);
}

static void a_blank_chip_gets_its_identity(void **state)
{
    (void)state;
    for (enum seal_mode mode = SEAL_MODE_DEVELOPMENT; mode <= SEAL_MODE_PRODUCTION; mode++) {
        struct sim_chip *chip = new_chip(NULL);
        struct seal_profile profile = profile_of(mode);
        struct outcome out = run_job(chip, &profile);
        assert_ok(&out);
        assert_int_equal(out.steps, mode == SEAL_MODE_PRODUCTION ? 6 : 5);
        assert_final(chip, mode, 0);
        sim_chip_power_cycle(chip);
        prove_from_outside(chip);
        sim_chip_free(&chip);
    }
}

static void a_finished_device_is_left_alone(void **state)
{
    (void)state;
    for (enum seal_mode mode = SEAL_MODE_DEVELOPMENT; mode <= SEAL_MODE_PRODUCTION; mode++) {
        for (int made = 0; made < 2; made++) {
            struct sim_chip *chip = new_chip(NULL);
            struct seal_profile profile = made ? made_profile(mode) : profile_of(mode);
            struct outcome out = run_job(chip, &profile);
            assert_ok(&out);
            unsigned burns = sim_chip_burns(chip);
            size_t size;
            uint8_t before[SEAL_SECURE_CERT_MAX];
            memcpy(before, sim_chip_flash(chip, &size) + SEAL_SECURE_CERT_DEFAULT_OFFSET, sizeof before);
            sim_chip_power_cycle(chip);
            out = run_job(chip, &profile);
            assert_ok(&out);
            assert_int_equal(out.steps, 0);
            assert_int_equal(sim_chip_burns(chip), burns);
            assert_memory_equal(before, sim_chip_flash(chip, &size) + SEAL_SECURE_CERT_DEFAULT_OFFSET,
                                sizeof before);
            sim_chip_free(&chip);
        }
    }
}

static void development_becomes_production_with_the_same_key(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL);
    struct seal_profile profile = profile_of(SEAL_MODE_DEVELOPMENT);
    struct outcome out = run_job(chip, &profile);
    assert_ok(&out);
    profile.mode = SEAL_MODE_PRODUCTION;
    out = run_job(chip, &profile);
    assert_ok(&out);
    assert_int_equal(out.steps, 2);
    assert_final(chip, SEAL_MODE_PRODUCTION, 0);
    sim_chip_free(&chip);
}

static void finish_after_cut(struct sim_chip *chip, const struct seal_profile *profile, const char *where)
{
    if (sim_chip_state(chip) == SIM_CUT) {
        sim_chip_reconnect(chip);
    }
    sim_chip_power_cycle(chip);
    assert_int_equal(sim_chip_set_faults(chip, NULL, NULL), SEAL_OK);
    struct outcome out = run_job(chip, profile);
    if (out.err != SEAL_OK) {
        fail_msg("after %s: %s: %s", where, seal_err_name(out.err), out.cause.text);
    }
    assert_final(chip, profile->mode, 0);
    sim_chip_power_cycle(chip);
    prove_from_outside(chip);
}

/* Cuts the link before each frame in turn is answered; the same command must finish the job. */
static unsigned cut_everywhere(const struct seal_profile *profile, unsigned step)
{
    struct sim_chip *whole = new_chip(NULL);
    struct outcome out = run_job(whole, profile);
    assert_ok(&out);
    unsigned frames = (unsigned)sim_chip_frames(whole);
    sim_chip_free(&whole);
    unsigned cuts = 0;
    for (unsigned frame = 1; frame <= frames; frame += step) {
        char fault[32];
        (void)snprintf(fault, sizeof fault, "cut:frame=%u", frame);
        struct sim_chip *chip = new_chip(fault);
        out = run_job(chip, profile);
        assert_int_not_equal(out.err, SEAL_OK);
        assert_int_equal(sim_chip_state(chip), SIM_CUT);
        finish_after_cut(chip, profile, fault);
        sim_chip_free(&chip);
        cuts++;
    }
    return cuts;
}

static void every_cut_of_a_development_run_is_finished_by_the_next(void **state)
{
    (void)state;
    struct seal_profile profile = profile_of(SEAL_MODE_DEVELOPMENT);
    print_message("cut after each of %u frames\n", cut_everywhere(&profile, 1));
}

static void every_cut_of_a_production_run_is_finished_by_the_next(void **state)
{
    (void)state;
    struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
    print_message("cut after each of %u frames\n", cut_everywhere(&profile, 1));
}

static void cuts_of_a_run_that_makes_the_identity_are_finished_too(void **state)
{
    (void)state;
    struct seal_profile profile = made_profile(SEAL_MODE_PRODUCTION);
    print_message("cut after %u frames\n", cut_everywhere(&profile, 7));
}

static void cuts_within_frames_are_finished_too(void **state)
{
    (void)state;
    struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
    struct sim_chip *whole = new_chip(NULL);
    struct outcome out = run_job(whole, &profile);
    assert_ok(&out);
    unsigned bytes = (unsigned)sim_chip_bytes(whole);
    sim_chip_free(&whole);
    /* Random bytes are escaped or not, so that no two runs are of one length. */
    for (unsigned byte = 1; byte + 300 <= bytes; byte += 211) {
        char fault[32];
        (void)snprintf(fault, sizeof fault, "cut:byte=%u", byte);
        struct sim_chip *chip = new_chip(fault);
        out = run_job(chip, &profile);
        assert_int_not_equal(out.err, SEAL_OK);
        finish_after_cut(chip, &profile, fault);
        sim_chip_free(&chip);
    }
}

/* The power goes in the middle of a burn pulse: the next run finishes, or says that the block is lost; never
 * a second key. */
static void power_cuts_in_burns_end_in_the_wanted_state_or_an_honest_refusal(void **state)
{
    (void)state;
    unsigned finished = 0;
    unsigned refused = 0;
    struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
    for (unsigned burn = 1; burn <= 3; burn++) {
        for (unsigned bits = 0; bits < 300; bits = bits < 8 ? bits + 1 : bits * 2) {
            char fault[48];
            (void)snprintf(fault, sizeof fault, "power:burn=%u:bits=%u", burn, bits);
            struct sim_chip *chip = new_chip(fault);
            struct outcome out = run_job(chip, &profile);
            if (out.err == SEAL_OK) { /* more bits than this pulse has */
                sim_chip_free(&chip);
                continue;
            }
            assert_int_equal(sim_chip_state(chip), SIM_OFF);
            sim_chip_power_cycle(chip);
            out = run_job(chip, &profile);
            if (out.err == SEAL_OK) {
                assert_final(chip, SEAL_MODE_PRODUCTION, 0);
                prove_from_outside(chip);
                finished++;
            } else {
                assert_int_equal(out.err, SEAL_ERR_STATE);
                assert_false(out.planned);
                assert_non_null(strstr(out.cause.text, "BLOCK_KEY0"));
                assert_non_null(strstr(out.cause.hint, "--efuse-key"));
                refused++;
            }
            assert_true(filled_key_blocks(chip) <= 1);
            sim_chip_free(&chip);
        }
    }
    print_message("%u finished, %u refused with the state named\n", finished, refused);
    assert_true(finished > refused);
    assert_true(refused > 0);
}

static void a_chip_that_lies_is_found_out(void **state)
{
    (void)state;
    static const char *const faults[] = {"lie:burn=1",       "lie:burn=2",       "lie:burn=3",
                                         "neighbour:burn=1", "neighbour:burn=2", "neighbour:burn=3"};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct sim_chip *chip = new_chip(faults[i]);
        struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
        struct outcome out = run_job(chip, &profile);
        /* A burn that did not take is tried once more; the code of a key block corrects a wrong bit. */
        bool healed = strncmp(faults[i], "lie", 3) == 0 || strcmp(faults[i], "neighbour:burn=2") == 0;
        assert_int_equal(out.err, healed ? SEAL_OK : SEAL_ERR_VERIFY);
        sim_chip_free(&chip);
    }
}

static void expect_refusal(struct sim_chip *chip, const struct seal_profile *profile, int err,
                           const char *text)
{
    struct outcome out = run_job(chip, profile);
    if (out.err != err || !strstr(out.cause.text, text)) {
        fail_msg("got %s: %s", seal_err_name(out.err), out.cause.text);
    }
    assert_int_equal(sim_chip_burns(chip), 0);
    sim_chip_free(&chip);
}

static void set_purpose(struct sim_chip *chip, unsigned key, uint32_t purpose)
{
    uint32_t words[8] = {0};
    unsigned bit = 24 + 4 * key;
    words[2 + bit / 32] = purpose << bit % 32;
    sim_chip_set_fuses(chip, 0, words);
}

static void inputs_that_do_not_fit_cost_no_fuse(void **state)
{
    (void)state;
    struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
    profile.private_key = given.other_key;
    expect_refusal(new_chip(NULL), &profile, SEAL_ERR_MISMATCH, "");
    profile.private_key = given.ec_key;
    profile.device_cert = given.ec_cert;
    expect_refusal(new_chip(NULL), &profile, SEAL_ERR_KEY, "takes RSA keys");
    profile = made_profile(SEAL_MODE_PRODUCTION);
    profile.key_type = "rsa:4096";
    expect_refusal(new_chip(NULL), &profile, SEAL_ERR_KEY, "up to 3072");
    profile = profile_of(SEAL_MODE_PRODUCTION);
    profile.storage = SEAL_STORAGE_ECDSA;
    expect_refusal(new_chip(NULL), &profile, SEAL_ERR_UNSUPPORTED, "no ECDSA peripheral");
    profile.storage = SEAL_STORAGE_PLAINTEXT;
    expect_refusal(new_chip(NULL), &profile, SEAL_ERR_RULE, "ID-PLAINTEXT");
    profile = made_profile(SEAL_MODE_PRODUCTION);
    profile.subject = "/CN={serial}";
    expect_refusal(new_chip(NULL), &profile, SEAL_ERR_USAGE, "{serial}");
}

static void places_that_do_not_fit_cost_no_fuse(void **state)
{
    (void)state;
    static const uint8_t image[8192] = {0xE9};
    struct seal_firmware firmware[] = {
        {.offset = 0xC000, .data = image, .len = sizeof image, .name = "app.bin"},
        {.offset = 0x3FF000, .data = image, .len = sizeof image, .name = "far.bin"}};
    struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
    profile.offset = 0xD100;
    expect_refusal(new_chip(NULL), &profile, SEAL_ERR_USAGE, "multiple of 4096");
    profile.offset = 0x3FF000;
    expect_refusal(new_chip(NULL), &profile, SEAL_ERR_TOO_LONG, "beyond the end of flash");
    profile.offset = SEAL_AUTO;
    expect_refusal(new_chip(NULL), &profile, SEAL_ERR_NOT_FOUND, "no partition table");
    profile.offset = SEAL_SECURE_CERT_DEFAULT_OFFSET;
    profile.firmware = &firmware[0];
    profile.firmware_count = 1;
    expect_refusal(new_chip(NULL), &profile, SEAL_ERR_USAGE, "would overwrite esp_secure_cert");
    profile.firmware = &firmware[1];
    expect_refusal(new_chip(NULL), &profile, SEAL_ERR_TOO_LONG, "far.bin");
}

static void chips_in_a_wrong_state_lose_no_fuse(void **state)
{
    (void)state;
    struct seal_profile profile = profile_of(SEAL_MODE_PRODUCTION);
    struct sim_chip *chip = new_chip(NULL);
    set_purpose(chip, 1, 9);
    profile.efuse_key = 1;
    expect_refusal(chip, &profile, SEAL_ERR_STATE, "SECURE_BOOT_DIGEST0");

    const uint32_t data[8] = {1, 2, 3, 4};
    chip = new_chip(NULL);
    sim_chip_set_fuses(chip, 4 + 1, data);
    expect_refusal(chip, &profile, SEAL_ERR_STATE, "holds data");

    profile.efuse_key = SEAL_AUTO;
    const uint32_t rd_dis_locked[8] = {1};
    chip = new_chip(NULL);
    sim_chip_set_fuses(chip, 0, rd_dis_locked);
    expect_refusal(chip, &profile, SEAL_ERR_STATE, "RD_DIS");

    const uint32_t encrypted[8] = {0, 0, 1u << 18};
    chip = new_chip(NULL);
    sim_chip_set_fuses(chip, 0, encrypted);
    expect_refusal(chip, &profile, SEAL_ERR_STATE, "flash encryption");

    const uint32_t secure_download[8] = {0, 0, 0, 0, 1u << 5};
    chip = new_chip(NULL);
    sim_chip_set_fuses(chip, 0, secure_download);
    sim_chip_power_cycle(chip);
    expect_refusal(chip, &profile, SEAL_ERR_STATE, "secure download mode");
}

static void auto_takes_the_first_free_block(void **state)
{
    (void)state;
    struct seal_profile profile = profile_of(SEAL_MODE_DEVELOPMENT);
    struct sim_chip *chip = new_chip(NULL);
    const uint32_t data[8] = {1, 2, 3, 4};
    sim_chip_set_fuses(chip, 4, data); /* somebody's data in BLOCK_KEY0, purpose USER */
    set_purpose(chip, 1, 9);
    struct outcome out = run_job(chip, &profile);
    assert_ok(&out);
    assert_int_equal(sim_chip_fuses(chip, 0)[3] & 15, 7); /* KEY_PURPOSE_2 */
    sim_chip_free(&chip);
}

static void firmware_is_written_once(void **state)
{
    (void)state;
    static uint8_t image[10000];
    for (size_t i = 0; i < sizeof image; i++) {
        image[i] = (uint8_t)(i * 7 + i / 256);
    }
    const struct seal_firmware firmware = {
        .offset = 0x10000, .data = image, .len = sizeof image, .name = "app.bin"};
    struct seal_profile profile = profile_of(SEAL_MODE_DEVELOPMENT);
    profile.firmware = &firmware;
    profile.firmware_count = 1;
    struct sim_chip *chip = new_chip(NULL);
    size_t size;
    struct outcome out = run_job(chip, &profile);
    assert_ok(&out);
    assert_int_equal(out.steps, 6);
    assert_memory_equal(sim_chip_flash(chip, &size) + 0x10000, image, sizeof image);
    out = run_job(chip, &profile);
    assert_ok(&out);
    assert_int_equal(out.steps, 0);
    sim_chip_free(&chip);
}

static void a_run_needs_few_frames(void **state)
{
    (void)state;
    struct seal_profile profile = profile_of(SEAL_MODE_DEVELOPMENT);
    struct sim_chip *chip = new_chip(NULL);
    struct outcome out = run_job(chip, &profile);
    assert_ok(&out);
    print_message("a development run: %u frames\n", out.frames);
    assert_true(out.frames < 250);
    sim_chip_free(&chip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_chip_gets_its_identity),
        cmocka_unit_test(a_finished_device_is_left_alone),
        cmocka_unit_test(development_becomes_production_with_the_same_key),
        cmocka_unit_test(every_cut_of_a_development_run_is_finished_by_the_next),
        cmocka_unit_test(every_cut_of_a_production_run_is_finished_by_the_next),
        cmocka_unit_test(cuts_of_a_run_that_makes_the_identity_are_finished_too),
        cmocka_unit_test(cuts_within_frames_are_finished_too),
        cmocka_unit_test(power_cuts_in_burns_end_in_the_wanted_state_or_an_honest_refusal),
        cmocka_unit_test(a_chip_that_lies_is_found_out),
        cmocka_unit_test(inputs_that_do_not_fit_cost_no_fuse),
        cmocka_unit_test(places_that_do_not_fit_cost_no_fuse),
        cmocka_unit_test(chips_in_a_wrong_state_lose_no_fuse),
        cmocka_unit_test(auto_takes_the_first_free_block),
        cmocka_unit_test(firmware_is_written_once),
        cmocka_unit_test(a_run_needs_few_frames),
    };
    return cmocka_run_group_tests(tests, make_identity, free_identity);
}
