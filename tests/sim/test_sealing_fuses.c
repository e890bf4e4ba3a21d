/*
 * The fuse side of sealing on every simulated chip: one plan of flash encryption in release mode, secure boot
 * and lockdown, burned whole, and with the power cut in each pulse and the plan made anew from what is there.
 */
#include "unit.h"

#include "sim_link.h"

#include <espseal/boot_slots.h>
#include <espseal/last_exits.h>
#include <espseal/lockdown.h>
#include <espseal/release.h>

#include <stdio.h>
#include <string.h>

struct rig {
    const struct seal_chip *model;
    struct sim_chip *chip;
    struct seal_link *link;
    struct seal_loader *loader;
    struct seal_efuse efuse;
    struct seal_cause cause;
};

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
        fail_msg("%s: %s", rig->model->name, rig->cause.text);
    }
    rig->efuse = (struct seal_efuse){.chip = seal_loader_chip(rig->loader)};
    if (!seal_loader_secure_download(rig->loader) &&
        seal_efuse_read(rig->loader, ~0u, &rig->efuse, &rig->cause) != 0) {
        fail_msg("%s: %s", rig->model->name, rig->cause.text);
    }
}

static void open_rig(struct rig *rig, const struct seal_chip *chip)
{
    /* a variant in a later minor revision than its first, which some of its fuses want */
    unsigned revision = chip->variants != NULL ? chip->first_revision + 1 : 0;
    const struct sim_options options = {.chip = chip, .revision = revision};
    *rig = (struct rig){.model = chip};
    if (sim_chip_new(&options, &rig->chip, &rig->cause) != 0) {
        fail_msg("%s: %s", chip->name, rig->cause.text);
    }
    connect_rig(rig);
}

static void close_rig(struct rig *rig)
{
    disconnect(rig);
    sim_chip_free(&rig->chip);
}

static void restart(struct rig *rig)
{
    disconnect(rig);
    sim_chip_reconnect(rig->chip);
    sim_chip_power_cycle(rig->chip);
    assert_int_equal(sim_chip_set_faults(rig->chip, NULL, NULL), 0);
    connect_rig(rig);
}

static void must(const struct rig *rig, int err, const char *where)
{
    if (err != SEAL_OK) {
        fail_msg("%s %s: %s", rig->model->name, where, rig->cause.text);
    }
}

static void random_bytes(uint8_t *bytes, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

/* --- the plan ----------------------------------------------------------------------------------------- */

static bool is(const struct rig *rig, const char *name)
{
    return strcmp(rig->model->name, name) == 0;
}

/* Chips whose key has a fixed place: hidden, it is there. */
static bool key_is_hidden(const struct rig *rig)
{
    bool fixed = is(rig, "esp32") || is(rig, "esp32c2");
    return fixed && (seal_efuse_get_named(&rig->efuse, "RD_DIS") & 1) != 0;
}

static void add_key(struct rig *rig, struct seal_fuse_plan *plan)
{
    uint8_t bytes[32];
    uint32_t blocks;
    random_bytes(bytes, sizeof bytes, 5);
    const struct seal_fuse_key key = {.block = SEAL_PLAN_KEY_AUTO,
                                      .purpose = is(rig, "esp32") ? "flash_encryption"
                                                 : is(rig, "esp32c2")
                                                     ? "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS"
                                                     : "XTS_AES_128_KEY",
                                      .data = bytes,
                                      .len = is(rig, "esp32c2") ? 16 : 32};
    if (!key_is_hidden(rig)) {
        must(rig, seal_fuse_plan_key(plan, &key, &blocks, &rig->cause), "key");
    }
}

static struct seal_wish_lockdown words_of(const struct rig *rig)
{
    bool old = is(rig, "esp32");
    struct seal_wish_lockdown wish = {.jtag = SEAL_WORD_OFF,
                                      .download = old ? SEAL_WORD_OFF : SEAL_WORD_SECURE};
    struct seal_word_fuse fuses[SEAL_WORD_FUSES];
    size_t count;
    for (unsigned word = SEAL_WORD_FORCED_DOWNLOAD; word < SEAL_WORD_DPA; word++) {
        if (seal_lockdown_fuses(rig->efuse.chip, seal_efuse_revision(&rig->efuse), (enum seal_word)word,
                                SEAL_WORD_OFF, fuses, &count, NULL) == SEAL_OK) {
            seal_lockdown_set(&wish, (enum seal_word)word, SEAL_WORD_OFF);
        }
    }
    return wish;
}

/* Everything but the download mode. */
static void make_plan(struct rig *rig, struct seal_fuse_plan *plan)
{
    struct seal_wish_secure_boot boot = {.version = 2, .digest_count = 1, .revoke_unused = true};
    const struct seal_wish_lockdown lockdown = words_of(rig);
    random_bytes(boot.digests[0].bytes, 32, 6);
    seal_fuse_plan_init(plan, &rig->efuse, SEAL_PATH_OTHER);
    add_key(rig, plan);
    must(rig, seal_boot_slots_add(plan, &boot, 0, NULL, &rig->cause), "slots");
    must(rig, seal_boot_slots_add_revocation(plan, &boot, &rig->cause), "revocation");
    must(rig, seal_flash_encryption_add(plan, SEAL_ENCRYPTION_RELEASE, SEAL_PART_ALL, &lockdown, &rig->cause),
         "encryption");
    must(rig, seal_secure_boot_add(plan, &boot, true, SEAL_PART_ALL, &lockdown, &rig->cause), "boot");
    must(rig, seal_lockdown_add(plan, &lockdown, SEAL_WORDS_ALL & ~SEAL_WORDS_DOORS, &rig->cause),
         "lockdown");
    must(rig, seal_fuse_plan_close(plan, NULL, &rig->cause), "close");
}

static int execute(struct rig *rig, const struct seal_fuse_plan *plan)
{
    unsigned burned;
    return seal_burn_execute(rig->loader, &rig->efuse, &plan->burn, &burned, &rig->cause);
}

/* Sealed, and a plan made now is empty. */
static void check_sealed(struct rig *rig, const char *where)
{
    struct seal_release_bit bits[SEAL_RELEASE_BITS];
    struct seal_fuse_plan plan;
    size_t count = seal_secure_boot_bits(&rig->efuse, bits);
    for (size_t i = 0; i < count; i++) {
        if (bits[i].part != SEAL_PART_DOORS && bits[i].state != SEAL_RELEASE_SET) {
            fail_msg("%s %s: %s", rig->model->name, where, bits[i].name);
        }
    }
    count = seal_flash_encryption_bits(&rig->efuse, bits);
    for (size_t i = 0; i < count; i++) {
        if (bits[i].state != SEAL_RELEASE_SET) {
            fail_msg("%s %s: %s", rig->model->name, where, bits[i].name);
        }
    }
    make_plan(rig, &plan);
    assert_true(seal_fuse_plan_empty(&plan));
}

static void close_doors(struct rig *rig)
{
    const struct seal_wish_lockdown lockdown = words_of(rig);
    struct seal_exit exits[SEAL_EXITS];
    struct seal_fuse_plan plan;
    seal_fuse_plan_init(&plan, &rig->efuse, SEAL_PATH_OTHER);
    must(rig, seal_lockdown_add(&plan, &lockdown, SEAL_WORDS_DOORS, &rig->cause), "doors");
    must(rig, seal_fuse_plan_close(&plan, NULL, &rig->cause), "doors");
    must(rig, execute(rig, &plan), "doors");
    assert_true(seal_secure_boot_released(&rig->efuse));
    assert_true(seal_flash_encryption_released(&rig->efuse));
    seal_last_exits(&rig->efuse, exits);
    if (is(rig, "esp32")) {
        assert_int_equal(seal_exits_left(exits), 0);
        return;
    }
    restart(rig);
    assert_true(seal_loader_secure_download(rig->loader));
    seal_last_exits_told(rig->efuse.chip, seal_loader_security_info(rig->loader), SEAL_EXIT_UART, exits);
    assert_int_equal(exits[SEAL_EXIT_UART].state, SEAL_EXIT_REDUCED);
    assert_int_equal(exits[SEAL_EXIT_OTA].state, SEAL_EXIT_REDUCED);
}

/* --- every chip --------------------------------------------------------------------------------------- */

static void each_chip(void (*check)(const struct seal_chip *chip))
{
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        check(seal_chips[i]);
        const struct seal_chip *const *variants = seal_chips[i]->variants;
        for (size_t v = 0; variants != NULL && variants[v] != seal_chips[i] && variants[v] != NULL; v++) {
            check(variants[v]);
        }
    }
}

static void seal_chip_whole(const struct seal_chip *chip)
{
    struct seal_fuse_plan plan;
    struct rig rig;
    open_rig(&rig, chip);
    make_plan(&rig, &plan);
    must(&rig, execute(&rig, &plan), "burn");
    restart(&rig);
    check_sealed(&rig, "after a burn");
    close_doors(&rig);
    close_rig(&rig);
}

static void every_chip_is_sealed_and_closed(void **state)
{
    (void)state;
    each_chip(seal_chip_whole);
}

/* False when no power cut came. */
static bool seal_with_cut(const struct seal_chip *chip, unsigned pulse, unsigned bits)
{
    struct seal_fuse_plan plan;
    struct rig rig;
    char fault[40];
    (void)snprintf(fault, sizeof fault, "power:burn=%u:bits=%u", pulse, bits);
    open_rig(&rig, chip);
    make_plan(&rig, &plan);
    assert_int_equal(sim_chip_set_faults(rig.chip, fault, NULL), 0);
    bool cut = execute(&rig, &plan) != SEAL_OK;
    restart(&rig);
    if (cut) {
        make_plan(&rig, &plan);
        must(&rig, execute(&rig, &plan), fault);
        restart(&rig);
    }
    check_sealed(&rig, fault);
    close_rig(&rig);
    return cut;
}

static void seal_with_cuts(const struct seal_chip *chip)
{
    static const unsigned bits[] = {0, 1, 60, 1000}; /* of a key's 128, 60 tell whose they are */
    unsigned pulse = 1;
    for (bool cut = true; cut; pulse++) {
        cut = false;
        for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
            bool coded = pulse <= 2; /* a block of which one bit stands belongs to nobody: the plan refuses */
            cut = (coded && bits[i] == 1) || seal_with_cut(chip, pulse, bits[i]) || cut;
        }
        assert_in_range(pulse, 1, 30);
    }
    print_message("%s: power cut in each of %u pulses\n", chip->name, pulse - 2);
}

static void every_chip_survives_a_cut_in_each_pulse(void **state)
{
    (void)state;
    each_chip(seal_with_cuts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chip_is_sealed_and_closed),
        cmocka_unit_test(every_chip_survives_a_cut_in_each_pulse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
