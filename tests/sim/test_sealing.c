/*
 * Sealing on every simulated chip: a whole run, the same run again, and runs that are cut at frames and in
 * burns, resumed to fuses of the same shape and a flash that starts.
 */
#include "sealing_rig.h"

static void each_chip(void (*test)(const struct seal_chip *kind, enum seal_mode mode), enum seal_mode mode)
{
    for (size_t i = 0; seal_chips[i]; i++) {
        const struct seal_chip *chip = seal_chips[i], *first = seal_chip_variant(chip, 0);
        test(chip, mode);
        if (first != chip) {
            test(first, mode);
        }
    }
}

static void say_outcome(const struct seal_rig *rig, const struct outcome *out, const char *where)
{
    if (out->err != SEAL_OK) {
        fail_msg("%s, %s: %s: %s (%s)", rig->kind->title, where, seal_err_name(out->err), out->cause.text,
                 out->cause.hint);
    }
}

static void run_whole(const struct seal_chip *kind, enum seal_mode mode)
{
    struct seal_rig rig;
    open_rig(&rig, kind, mode);
    struct sim_chip *chip = chip_to_seal(kind, NULL);
    struct outcome out = run_job(chip, &rig.profile);
    say_outcome(&rig, &out, "whole run");
    print_message("%s: %zu steps, %u frames\n", kind->title, out.steps, out.frames);
    sim_chip_power_cycle(chip);
    assert_boots(chip, &rig, "whole run");
    const unsigned burns = sim_chip_burns(chip);
    if (mode == SEAL_MODE_DEVELOPMENT || rig.profile.sealing.lockdown.download == SEAL_WORD_SECURE) {
        out = run_job(chip, &rig.profile);
        say_outcome(&rig, &out, "second run");
        assert_int_equal(out.steps, 0);
    }
    assert_int_equal(sim_chip_burns(chip), burns);
    sim_chip_free(&chip);
    close_rig(&rig);
}

/* --- cuts --- */

static void whole_block0(const struct seal_rig *rig, uint32_t block0[8], unsigned *frames, unsigned *burns)
{
    struct sim_chip *chip = chip_to_seal(rig->kind, NULL);
    struct outcome out = run_job(chip, &rig->profile);
    say_outcome(rig, &out, "whole run");
    memcpy(block0, sim_chip_fuses(chip, 0), 8 * sizeof *block0);
    *frames = (unsigned)sim_chip_frames(chip);
    *burns = sim_chip_burns(chip);
    sim_chip_free(&chip);
}

/* A chip whose last door closed before the cut has nobody to talk to, and needs nobody. */
static bool is_shut(struct sim_chip *chip, const struct seal_chip *kind)
{
    struct seal_efuse efuse;
    real_fuses(chip, kind, &efuse);
    return seal_efuse_get_named(&efuse, "UART_DOWNLOAD_DIS") ||
           seal_efuse_get_named(&efuse, "DIS_DOWNLOAD_MODE");
}

static void resume(struct sim_chip *chip, const struct seal_rig *rig, const uint32_t block0[8],
                   const char *fault, seal_json **kept)
{
    if (sim_chip_state(chip) == SIM_CUT) {
        sim_chip_reconnect(chip);
    }
    sim_chip_power_cycle(chip);
    assert_int_equal(sim_chip_set_faults(chip, NULL, NULL), SEAL_OK);
    if (!is_shut(chip, rig->kind)) {
        struct outcome out = run_recorded_job(chip, &rig->profile, kept);
        say_outcome(rig, &out, fault);
    }
    if (memcmp(block0, sim_chip_fuses(chip, 0), 8 * sizeof *block0) != 0) {
        fail_msg("%s after %s: BLOCK0 is %08x %08x %08x %08x, not %08x %08x %08x %08x", rig->kind->title,
                 fault, sim_chip_fuses(chip, 0)[0], sim_chip_fuses(chip, 0)[1], sim_chip_fuses(chip, 0)[2],
                 sim_chip_fuses(chip, 0)[3], block0[0], block0[1], block0[2], block0[3]);
    }
    assert_boots(chip, rig, fault);
}

static unsigned cut_frames(const struct seal_chip *kind, enum seal_mode mode, unsigned cuts)
{
    struct seal_rig rig;
    uint32_t block0[8];
    unsigned frames, burns, count = 0;
    open_rig(&rig, kind, mode);
    whole_block0(&rig, block0, &frames, &burns);
    const unsigned step = frames / cuts ? frames / cuts : 1;
    for (unsigned frame = step / 2 + 1; frame <= frames; frame += step, count++) {
        char fault[32];
        (void)snprintf(fault, sizeof fault, "cut:frame=%u", frame);
        struct sim_chip *chip = chip_to_seal(kind, fault);
        seal_json *kept = NULL;
        struct outcome out = run_recorded_job(chip, &rig.profile, &kept);
        assert_true(out.err != SEAL_OK || frame + 30 > frames);
        resume(chip, &rig, block0, fault, &kept);
        seal_json_free(&kept);
        sim_chip_free(&chip);
    }
    close_rig(&rig);
    return count;
}

static void cut_some(const struct seal_chip *kind, enum seal_mode mode)
{
    (void)cut_frames(kind, mode, 7);
}

static void cuts_of_development_are_finished_on_every_chip(void **state)
{
    (void)state;
    each_chip(cut_some, SEAL_MODE_DEVELOPMENT);
}

static void cuts_of_production_are_finished_on_every_chip(void **state)
{
    (void)state;
    each_chip(cut_some, SEAL_MODE_PRODUCTION);
}

static void many_cuts_are_finished(void **state)
{
    (void)state;
    static const char *const chips[] = {"esp32", "esp32c2", "esp32c3"};
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        const unsigned cuts = cut_frames(seal_chip_find(chips[i]), SEAL_MODE_PRODUCTION, 60);
        print_message("%s: cut at %u frames\n", chips[i], cuts);
    }
}

/* The power goes in the middle of each burn pulse: finished by the next run, or a block is named as lost. */
static void power_cuts(const struct seal_chip *kind, enum seal_mode mode)
{
    static const unsigned bits[] = {0, 2, 40, 110};
    struct seal_rig rig;
    uint32_t block0[8];
    unsigned frames, burns, finished = 0, refused = 0;
    open_rig(&rig, kind, mode);
    whole_block0(&rig, block0, &frames, &burns);
    for (unsigned burn = 1; burn <= burns; burn++) {
        for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
            char fault[48];
            (void)snprintf(fault, sizeof fault, "power:burn=%u:bits=%u", burn, bits[i]);
            struct sim_chip *chip = chip_to_seal(kind, fault);
            seal_json *kept = NULL;
            struct outcome out = run_recorded_job(chip, &rig.profile, &kept);
            if (out.err == SEAL_OK) { /* more bits than this pulse has */
                seal_json_free(&kept);
                sim_chip_free(&chip);
                continue;
            }
            sim_chip_power_cycle(chip);
            assert_int_equal(sim_chip_set_faults(chip, NULL, NULL), SEAL_OK);
            out = is_shut(chip, kind) ? (struct outcome){0} : run_recorded_job(chip, &rig.profile, &kept);
            seal_json_free(&kept);
            if (out.err == SEAL_ERR_STATE && !out.planned && strstr(out.cause.text, "cannot be completed")) {
                assert_null(strstr(out.cause.text, "the one given")); /* a digest can be completed */
                refused++;
            } else {
                say_outcome(&rig, &out, fault);
                assert_memory_equal(block0, sim_chip_fuses(chip, 0), sizeof block0);
                assert_boots(chip, &rig, fault);
                finished++;
            }
            sim_chip_free(&chip);
        }
    }
    print_message("%s: %u power cuts finished, %u refused with the block named\n", kind->title, finished,
                  refused);
    assert_true(finished > refused);
    close_rig(&rig);
}

static void power_cuts_end_well_or_say_what_is_lost(void **state)
{
    (void)state;
    static const char *const chips[] = {"esp32", "esp32c2", "esp32c3", "esp32p4"};
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        power_cuts(seal_chip_find(chips[i]), SEAL_MODE_PRODUCTION);
    }
}

static void development_devices_boot_encrypted(void **state)
{
    (void)state;
    each_chip(run_whole, SEAL_MODE_DEVELOPMENT);
}

static void production_devices_are_sealed(void **state)
{
    (void)state;
    each_chip(run_whole, SEAL_MODE_PRODUCTION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(development_devices_boot_encrypted),
        cmocka_unit_test(production_devices_are_sealed),
        cmocka_unit_test(cuts_of_development_are_finished_on_every_chip),
        cmocka_unit_test(cuts_of_production_are_finished_on_every_chip),
        cmocka_unit_test(many_cuts_are_finished),
        cmocka_unit_test(power_cuts_end_well_or_say_what_is_lost),
    };
    return cmocka_run_group_tests(tests, make_signers, free_signers);
}
