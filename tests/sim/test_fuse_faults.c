/*
 * Every operation on every simulated chip, cut after every frame, in the middle of every pulse, and with a
 * chip that lies or burns a bit too many. The second run must end in the wanted state or refuse; no bit may
 * ever be burned that nobody asked for.
 */
#include "unit.h"

#include "sim_link.h"

#include <espseal/efuse.h>
#include <espseal/fuse_plan.h>

#include <stdio.h>
#include <string.h>

#define MAX_FRAMES 400

static const uint8_t key_bytes[32] = {
    0x5e, 0xc7, 0xe7, 0x03, 0x10, 0xf4, 0x55, 0xaa, 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8,
    0x19, 0x2a, 0x3b, 0x4c, 0x5d, 0x6e, 0x7f, 0x80, 0xff, 0x01, 0xfe, 0x02, 0xfd, 0x03, 0xfc, 0x04,
};

struct rig {
    struct sim_chip *chip;
    struct seal_link *link;
    struct seal_loader *loader;
    struct seal_efuse efuse;
    struct seal_cause cause;
    uint32_t factory[SEAL_EFUSE_BLOCKS][SEAL_EFUSE_WORDS];
};

struct operation {
    const char *name;
    int (*add)(struct seal_fuse_plan *plan, struct seal_cause *cause);
};

static bool has_purposes(const struct seal_chip *chip)
{
    return seal_chip_field(chip, "KEY_PURPOSE_0") != NULL;
}

static int add_key(struct seal_fuse_plan *plan, struct seal_cause *cause)
{
    const char *purpose = strcmp(plan->chip->name, "esp32") == 0 ? "flash_encryption" : "XTS_AES_128_KEY";
    const struct seal_fuse_key key = {
        .block = SEAL_PLAN_KEY_AUTO, .purpose = purpose, .data = key_bytes, .len = sizeof key_bytes};
    uint32_t blocks;
    return seal_fuse_plan_key(plan, &key, &blocks, cause);
}

static int add_readable_key(struct seal_fuse_plan *plan, struct seal_cause *cause)
{
    const char *purpose = strcmp(plan->chip->name, "esp32") == 0 ? "flash_encryption" : "XTS_AES_128_KEY";
    const struct seal_fuse_key key = {.block = SEAL_PLAN_KEY_AUTO,
                                      .purpose = purpose,
                                      .data = key_bytes,
                                      .len = sizeof key_bytes,
                                      .keep_readable = true};
    uint32_t blocks;
    return seal_fuse_plan_key(plan, &key, &blocks, cause);
}

static int add_fields(struct seal_fuse_plan *plan, struct seal_cause *cause)
{
    bool esp32 = strcmp(plan->chip->name, "esp32") == 0;
    int err = seal_fuse_plan_field(plan, esp32 ? "JTAG_DISABLE" : "DIS_PAD_JTAG", "1", cause);
    if (err == SEAL_ERR_UNSUPPORTED) {
        err = seal_fuse_plan_field(plan, "HARD_DIS_JTAG", "1", cause);
    }
    return err == SEAL_OK && !esp32 ? seal_fuse_plan_field(plan, "SECURE_VERSION", "3", cause) : err;
}

static int add_protection(struct seal_fuse_plan *plan, struct seal_cause *cause)
{
    int err =
        seal_fuse_plan_protect(plan, has_purposes(plan->chip) ? "SECURE_BOOT_EN" : "MAC", false, true, cause);
    return err == SEAL_OK ? seal_fuse_plan_protect(plan, "RD_DIS", false, true, cause) : err;
}

static int add_data(struct seal_fuse_plan *plan, struct seal_cause *cause)
{
    return seal_fuse_plan_data(plan, (unsigned)seal_chip_block(plan->chip, "BLOCK3"), 0, key_bytes,
                               sizeof key_bytes, cause);
}

static const struct operation operations[] = {
    {"a key that is hidden afterwards", add_key},
    {"a key that stays readable", add_readable_key},
    {"fields", add_fields},
    {"protections", add_protection},
    {"data", add_data},
};

/* --- the chip --- */

static void disconnect(struct rig *rig)
{
    seal_loader_free(&rig->loader);
    seal_link_close(&rig->link);
}

static void connect_rig(struct rig *rig)
{
    const struct seal_loader_options options = {0};
    assert_int_equal(sim_link_new(rig->chip, &rig->link), 0);
    if (seal_loader_connect(rig->link, &options, &rig->loader, &rig->cause) != 0) {
        fail_msg("%s", rig->cause.text);
    }
    rig->efuse = (struct seal_efuse){.chip = seal_loader_chip(rig->loader)};
    if (seal_efuse_read(rig->loader, ~0u, &rig->efuse, &rig->cause) != 0) {
        fail_msg("%s", rig->cause.text);
    }
}

static void open_rig(struct rig *rig, const struct seal_chip *chip, const char *fault)
{
    const struct sim_options options = {.chip = chip};
    *rig = (struct rig){0};
    assert_int_equal(sim_chip_new(&options, &rig->chip, &rig->cause), 0);
    connect_rig(rig);
    for (unsigned block = 0; block < rig->efuse.chip->efuse->block_count; block++) {
        memcpy(rig->factory[block], sim_chip_fuses(rig->chip, block), sizeof rig->factory[block]);
    }
    if (fault != NULL) {
        assert_int_equal(sim_chip_set_faults(rig->chip, fault, &rig->cause), 0);
    }
}

static void close_rig(struct rig *rig)
{
    disconnect(rig);
    sim_chip_free(&rig->chip);
}

static void restart(struct rig *rig)
{
    disconnect(rig);
    sim_chip_power_cycle(rig->chip);
    connect_rig(rig);
}

/* --- one run, as the command does it --- */

static int run(struct rig *rig, const struct operation *operation, struct seal_fuse_plan *plan)
{
    unsigned burned = 0;
    memset(&rig->cause, 0, sizeof rig->cause);
    seal_fuse_plan_init(plan, &rig->efuse, SEAL_PATH_UART);
    int err = operation->add(plan, &rig->cause);
    if (err == SEAL_OK) {
        err = seal_fuse_plan_close(plan, NULL, &rig->cause);
    }
    if (err == SEAL_OK && plan->hidden != 0) {
        err = seal_fail(&rig->cause, SEAL_ERR_STATE, "cannot know");
    }
    return err == SEAL_OK ? seal_burn_execute(rig->loader, &rig->efuse, &plan->burn, &burned, &rig->cause)
                          : err;
}

/* The plan of a blank chip says what may be burned at all. */
static bool only_wanted(const struct rig *rig, const struct seal_fuse_plan *wanted, bool all)
{
    bool good = true;
    for (unsigned block = 0; block < rig->efuse.chip->efuse->block_count; block++) {
        const uint32_t *fuses = sim_chip_fuses(rig->chip, block);
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            uint32_t may = rig->factory[block][i] | wanted->burn.words[block][i];
            good = good && (fuses[i] & ~may) == 0 && (!all || fuses[i] == may);
        }
    }
    return good;
}

static struct seal_fuse_plan plan_of(const struct seal_chip *chip, const struct operation *operation,
                                     bool *possible)
{
    struct rig rig;
    struct seal_fuse_plan plan;
    open_rig(&rig, chip, NULL);
    *possible = run(&rig, operation, &plan) == SEAL_OK;
    if (!*possible && rig.cause.err != SEAL_ERR_UNSUPPORTED && rig.cause.err != SEAL_ERR_RULE) {
        fail_msg("%s, %s: %s", chip->title, operation->name, rig.cause.text);
    }
    assert_true(!*possible || only_wanted(&rig, &plan, true));
    close_rig(&rig);
    return plan;
}

struct counts {
    unsigned runs, finished, refused;
};

/* After the fault: the same command again, on the chip as it then is. */
static void second_run(struct rig *rig, const struct operation *operation,
                       const struct seal_fuse_plan *wanted, const char *fault, struct counts *counts)
{
    struct seal_fuse_plan plan;
    restart(rig);
    int err = run(rig, operation, &plan);
    bool refused = err == SEAL_ERR_STATE || err == SEAL_ERR_RULE;
    if (err != SEAL_OK && !refused) {
        fail_msg("%s, %s, %s: the second run says %s", rig->efuse.chip->title, operation->name, fault,
                 rig->cause.text);
    }
    if (!only_wanted(rig, wanted, err == SEAL_OK)) {
        fail_msg("%s, %s, %s: the second run %s, and the fuses are wrong", rig->efuse.chip->title,
                 operation->name, fault, refused ? "refuses" : "succeeds");
    }
    counts->finished += err == SEAL_OK;
    counts->refused += refused;
    seal_fuse_plan_clear(&plan);
}

/* Runs with "kind=N[...]" for N = 1, 2, ... until the fault no longer hits. */
static void walk_faults(const struct seal_chip *chip, const struct operation *operation, const char *format,
                        unsigned step, struct counts *counts)
{
    bool possible, hit = true;
    struct seal_fuse_plan wanted = plan_of(chip, operation, &possible);
    for (unsigned at = 1; hit && possible; at += step) {
        struct rig rig;
        struct seal_fuse_plan plan;
        char fault[48];
        assert_true(at < MAX_FRAMES);
        (void)snprintf(fault, sizeof fault, format, at);
        open_rig(&rig, chip, fault);
        int err = run(&rig, operation, &plan);
        hit = err != SEAL_OK;
        counts->runs++;
        if (!only_wanted(&rig, &wanted, !hit)) {
            fail_msg("%s, %s, %s: the fuses are wrong", chip->title, operation->name, fault);
        }
        if (hit) {
            second_run(&rig, operation, &wanted, fault, counts);
        }
        close_rig(&rig);
        seal_fuse_plan_clear(&plan);
    }
    seal_fuse_plan_clear(&wanted);
}

static void each(const char *format, unsigned step, struct counts *counts)
{
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        for (size_t o = 0; sim_supports(seal_chips[i]) && o < sizeof operations / sizeof operations[0]; o++) {
            walk_faults(seal_chips[i], &operations[o], format, step, counts);
        }
    }
    print_message("%u runs with %s: %u second runs finished the work, %u refused\n", counts->runs, format,
                  counts->finished, counts->refused);
    assert_true(counts->runs > 10);
}

static void a_cut_after_any_frame_is_finished_or_refused(void **state)
{
    struct counts counts = {0};
    (void)state;
    each("cut:frame=%u", 1, &counts);
    assert_true(counts.finished > counts.refused);
}

static void a_power_cut_in_any_pulse_is_finished_or_refused(void **state)
{
    struct counts counts = {0};
    (void)state;
    each("power:burn=%u:bits=3", 1, &counts);
    each("power:burn=%u", 1, &counts);
}

static void a_lying_chip_is_found_out_or_overruled(void **state)
{
    (void)state;
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        for (size_t o = 0; sim_supports(seal_chips[i]) && o < sizeof operations / sizeof operations[0]; o++) {
            bool possible;
            struct seal_fuse_plan wanted = plan_of(seal_chips[i], &operations[o], &possible), plan;
            for (unsigned at = 1; possible && at <= 4; at++) {
                struct rig rig;
                char fault[64];
                (void)snprintf(fault, sizeof fault, "lie:burn=%u,lie:burn=%u", at, at + 1);
                open_rig(&rig, seal_chips[i], fault);
                int err = run(&rig, &operations[o], &plan);
                assert_true(err == SEAL_OK || err == SEAL_ERR_VERIFY);
                assert_true(only_wanted(&rig, &wanted, err == SEAL_OK));
                close_rig(&rig);
            }
        }
    }
}

static void a_neighbour_bit_is_found_out(void **state)
{
    unsigned found = 0;
    (void)state;
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        struct rig rig;
        struct seal_fuse_plan plan;
        if (!sim_supports(seal_chips[i])) {
            continue;
        }
        open_rig(&rig, seal_chips[i], "neighbour:burn=1");
        int err = run(&rig, &operations[2], &plan);
        assert_int_equal(err, SEAL_ERR_VERIFY);
        found++;
        close_rig(&rig);
    }
    assert_true(found > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_after_any_frame_is_finished_or_refused),
        cmocka_unit_test(a_power_cut_in_any_pulse_is_finished_or_refused),
        cmocka_unit_test(a_lying_chip_is_found_out_or_overruled),
        cmocka_unit_test(a_neighbour_bit_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
