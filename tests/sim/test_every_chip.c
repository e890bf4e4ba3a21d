/*
 * Every chip that can be simulated, in each revision with eFuses of its own and each coding scheme: found,
 * read, burned, cut in the middle of a burn. What only the ESP32-C3 is put through stands in test_burn.c.
 */
#include "unit.h"

#include "sim_link.h"

#include <espseal/efuse.h>

#include <stdio.h>
#include <string.h>

struct model { /* a chip to be */
    const struct seal_chip *chip;
    unsigned revision; /* 0: the simulator's */
    uint32_t scheme;   /* CODING_SCHEME */
};

static void each_model(void (*check)(const struct model *model))
{
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        const struct seal_chip *chip = seal_chips[i];
        for (uint32_t scheme = 0; scheme < (seal_chip_field(chip, "CODING_SCHEME") ? 3 : 1); scheme++) {
            check(&(struct model){.chip = chip, .scheme = scheme});
        }
        for (size_t v = 0; chip->variants != NULL && chip->variants[v] != chip; v++) {
            check(&(struct model){.chip = chip->variants[v],
                                  .revision = chip->variants[v]->first_revision + 1});
        }
    }
}

struct rig {
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
        fail_msg("%s", rig->cause.text);
    }
    rig->efuse = (struct seal_efuse){.chip = seal_loader_chip(rig->loader)};
    if (seal_efuse_read(rig->loader, ~0u, &rig->efuse, &rig->cause) != 0) {
        fail_msg("%s", rig->cause.text);
    }
}

static void open_rig(struct rig *rig, const struct model *model)
{
    const struct sim_options options = {.chip = model->chip, .revision = model->revision};
    *rig = (struct rig){0};
    if (sim_chip_new(&options, &rig->chip, &rig->cause) != 0) {
        fail_msg("%s: %s", model->chip->name, rig->cause.text);
    }
    if (model->scheme != 0) {
        struct seal_burn burn = {0};
        assert_int_equal(seal_burn_field(model->chip, &burn, "CODING_SCHEME", model->scheme, NULL), 0);
        sim_chip_set_fuses(rig->chip, 0, burn.words[0]);
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

static int execute(struct rig *rig, const struct seal_burn *burn)
{
    unsigned burned;
    return seal_burn_execute(rig->loader, &rig->efuse, burn, &burned, &rig->cause);
}

/* --- reading ------------------------------------------------------------------------------------------ */

static void check_found(const struct model *model)
{
    struct rig rig;
    uint8_t mac[6];

    open_rig(&rig, model);
    assert_ptr_equal(seal_loader_chip(rig.loader), model->chip);
    seal_efuse_mac(&rig.efuse, mac);
    assert_memory_equal(mac, SIM_DEFAULT_MAC, 6);
    assert_true(seal_efuse_revision(&rig.efuse) >= model->chip->first_revision);
    if (model->revision != 0) {
        assert_int_equal(seal_efuse_revision(&rig.efuse), model->revision);
    }
    for (unsigned id = 1; id < model->chip->efuse->block_count; id++) {
        assert_int_equal(rig.efuse.errors[id], 0);
        assert_false(rig.efuse.error_fail[id]);
    }
    close_rig(&rig);
}

static void each_chip_is_found_with_the_table_of_its_revision(void **state)
{
    (void)state;
    each_model(check_found);
}

static void the_esp32_has_the_revision_that_no_fuse_tells(void **state)
{
    struct rig rig;
    (void)state;
    open_rig(&rig, &(struct model){.chip = seal_chip_find("esp32")});
    assert_int_equal(seal_efuse_revision(&rig.efuse), 301);
    rig.efuse.revision_bits = 0;
    assert_int_equal(seal_efuse_revision(&rig.efuse), 201);
    close_rig(&rig);
}

static void check_rate(const struct model *model)
{
    const struct seal_loader_options options = {.baud = 460800};
    struct rig rig;

    open_rig(&rig, model);
    disconnect(&rig);
    sim_chip_power_cycle(rig.chip);
    assert_int_equal(sim_link_new(rig.chip, &rig.link), 0);
    if (seal_loader_connect(rig.link, &options, &rig.loader, &rig.cause) != 0) {
        fail_msg("%s", rig.cause.text);
    }
    assert_in_range(sim_chip_baud(rig.chip), 460800 - 100, 460800 + 100);
    close_rig(&rig);
}

static void each_chip_takes_the_rate_whatever_its_crystal(void **state)
{
    (void)state;
    each_model(check_rate);
}

/* The ROM divides by what it believes the crystal to be: another one, and a measurement that drifted. */
static void a_rate_is_asked_for_as_the_rom_will_hear_it(void **state)
{
    static const struct {
        const char *chip;
        unsigned crystal, baud;
        bool fuse; /* the ESP32-C5's ROM then believes in 48 MHz */
    } cases[] = {{"esp32", 26, 460800, 0},   {"esp32", 26, 921600, 0},   {"esp32", 40, 921600, 0},
                 {"esp32c2", 26, 921600, 0}, {"esp32c2", 40, 921600, 0}, {"esp32c2", 40, 115201, 0},
                 {"esp32c5", 40, 921600, 0}, {"esp32c5", 48, 921600, 0}, {"esp32c5", 48, 460800, 0},
                 {"esp32c5", 40, 921600, 1}, {"esp32c5", 48, 921600, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sim_options wanted = {.chip = seal_chip_find(cases[i].chip),
                                           .crystal = cases[i].crystal};
        const struct seal_loader_options options = {.baud = cases[i].baud};
        struct rig rig = {0};
        assert_int_equal(sim_chip_new(&wanted, &rig.chip, &rig.cause), 0);
        if (cases[i].fuse) {
            struct seal_burn burn = {0};
            assert_int_equal(seal_burn_field(wanted.chip, &burn, "XTAL_48M_SEL", 1, NULL), 0);
            sim_chip_set_fuses(rig.chip, 0, burn.words[0]);
            sim_chip_power_cycle(rig.chip);
        }
        assert_int_equal(sim_link_new(rig.chip, &rig.link), 0);
        if (seal_loader_connect(rig.link, &options, &rig.loader, &rig.cause) != 0) {
            fail_msg("%s with %u MHz: %s", cases[i].chip, cases[i].crystal, rig.cause.text);
        }
        unsigned real = sim_chip_baud(rig.chip), off = cases[i].baud / 500;
        assert_in_range(real, cases[i].baud - off, cases[i].baud + off);
        close_rig(&rig);
    }
}

/* --- burning ------------------------------------------------------------------------------------------ */

/* The block of the first key, or the ESP32's for flash encryption. */
static unsigned key_block(const struct seal_chip *chip)
{
    return chip->key_blocks != 0 ? (unsigned)seal_chip_key_block(chip, 0) : 1;
}

/* A key, its purpose where the chip has one, write protection of both: as a whole, in one burn. */
static struct seal_burn wanted(const struct rig *rig)
{
    const struct seal_chip *chip = rig->efuse.chip;
    const struct seal_efuse_block *block = &chip->efuse->blocks[key_block(chip)];
    const struct seal_efuse_field *protection = seal_chip_field(chip, "WR_DIS");
    struct seal_burn burn = {0};
    unsigned bit = protection->bit + (unsigned)block->write_disable;

    for (unsigned i = 0; i < seal_efuse_block_words(&rig->efuse, key_block(chip)); i++) {
        burn.words[key_block(chip)][i] = 0x9e3779b9u * (i + 1);
    }
    if (chip->key_blocks > 1) {
        assert_int_equal(seal_burn_purpose(chip, &burn, 0, SEAL_PURPOSE_USER + 9, NULL), 0);
    }
    burn.words[0][bit / 32] |= 1u << bit % 32;
    return burn;
}

static void assert_burned(const struct rig *rig, const struct seal_burn *burn, const char *where)
{
    const struct seal_chip *chip = rig->efuse.chip;
    unsigned block = key_block(chip);

    if (memcmp(rig->efuse.words[block], burn->words[block], sizeof burn->words[block]) != 0) {
        fail_msg("%s: the key is another after %s", chip->name, where);
    }
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(rig->efuse.words[0][i] & burn->words[0][i], burn->words[0][i]);
    }
    assert_false(rig->efuse.error_fail[block]);
    assert_false(seal_efuse_block_writable(&rig->efuse, block));
}

static void check_burn(const struct model *model)
{
    struct rig rig;

    open_rig(&rig, model);
    struct seal_burn burn = wanted(&rig);
    if (execute(&rig, &burn) != 0) {
        fail_msg("%s: %s", model->chip->name, rig.cause.text);
    }
    restart(&rig);
    assert_burned(&rig, &burn, "a burn");
    unsigned pulses = sim_chip_burns(rig.chip);
    assert_int_equal(execute(&rig, &burn), 0); /* it is so already */
    assert_int_equal(sim_chip_burns(rig.chip), pulses);
    burn.words[key_block(model->chip)][0] ^= 0x80000001;
    assert_int_equal(execute(&rig, &burn), SEAL_ERR_STATE);
    assert_int_equal(sim_chip_burns(rig.chip), pulses);
    close_rig(&rig);
}

static void each_chip_burns_a_key_once(void **state)
{
    (void)state;
    each_model(check_burn);
}

/* Registers that hold the time of a burn pulse, as chips.json "timing_by_mhz" has them. */
static void the_time_of_a_pulse_follows_the_crystal(void **state)
{
    static const struct {
        const char *chip;
        uint32_t address, mask, value;
    } cases[] = {
        {"esp32c2", 0x60008910, 0xff00, 0x8200}, /* 26 MHz */
        {"esp32", 0x3ff5a118, 0xff, 0x50},       /* 40 MHz */
        {"esp32s2", 0x3f41a1f0, 0xffffffff, 0x01900201},
        {"esp32c5", 0x600b49ec, 0x1feff, 0x1fe28},
        {"esp32h2", 0x600b09f0, 0xffff00, 0x300000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct seal_loader_options options = {.baud = 230400};
        struct rig rig;
        uint32_t value;
        open_rig(&rig, &(struct model){.chip = seal_chip_find(cases[i].chip)});
        struct seal_burn burn = wanted(&rig);
        disconnect(&rig);
        sim_chip_power_cycle(rig.chip);
        assert_int_equal(sim_link_new(rig.chip, &rig.link), 0);
        assert_int_equal(seal_loader_connect(rig.link, &options, &rig.loader, &rig.cause), 0);
        assert_int_equal(execute(&rig, &burn), 0);
        assert_int_equal(seal_loader_read_reg(rig.loader, cases[i].address, &value, &rig.cause), 0);
        assert_int_equal(value & cases[i].mask, cases[i].value);
        close_rig(&rig);
    }
}

static void check_cuts(const struct model *model)
{
    bool finished = false;
    unsigned at;
    char fault[40];

    for (at = 1; !finished; at++) {
        struct rig rig;
        open_rig(&rig, model);
        struct seal_burn burn = wanted(&rig);
        snprintf(fault, sizeof fault, "cut:frame=%u", at);
        assert_int_equal(sim_chip_set_faults(rig.chip, fault, NULL), 0);
        finished = execute(&rig, &burn) == 0;
        if (!finished) {
            restart(&rig);
            if (execute(&rig, &burn) != 0) {
                fail_msg("%s: after %s: %s", model->chip->name, fault, rig.cause.text);
            }
        }
        assert_burned(&rig, &burn, fault);
        close_rig(&rig);
        assert_in_range(at, 1, 1000);
    }
    print_message("%s: cut after each of %u frames\n", model->chip->name, at - 2);
}

static void each_chip_finishes_a_burn_that_was_cut_anywhere(void **state)
{
    (void)state;
    each_model(check_cuts);
}

/* A pulse that ends early: nothing, a part or all of a block; finished, or refused with the block named. */
static void check_power(const struct model *model)
{
    for (unsigned pulse = 1; pulse <= 3; pulse++) {
        for (unsigned bits = 0; bits <= 100; bits += 20) {
            char fault[40];
            struct rig rig;
            open_rig(&rig, model);
            struct seal_burn burn = wanted(&rig);
            snprintf(fault, sizeof fault, "power:burn=%u:bits=%u", pulse, bits);
            assert_int_equal(sim_chip_set_faults(rig.chip, fault, NULL), 0);
            if (execute(&rig, &burn) != 0) {
                restart(&rig);
                int err = execute(&rig, &burn);
                if (err == 0) {
                    assert_burned(&rig, &burn, fault);
                } else {
                    assert_int_equal(err, SEAL_ERR_STATE);
                    assert_string_not_equal(rig.cause.text, "");
                }
            }
            close_rig(&rig);
        }
    }
}

static void each_chip_survives_a_power_cut_in_each_pulse(void **state)
{
    (void)state;
    each_model(check_power);
}

static void check_liar(const struct model *model)
{
    struct rig rig;

    open_rig(&rig, model);
    struct seal_burn burn = wanted(&rig);
    assert_int_equal(sim_chip_set_faults(rig.chip, "lie:burn=1,lie:burn=2", NULL), 0);
    assert_int_equal(execute(&rig, &burn), SEAL_ERR_VERIFY);
    assert_true(seal_efuse_block_writable(&rig.efuse, key_block(model->chip)));
    close_rig(&rig);
    open_rig(&rig, model);
    assert_int_equal(sim_chip_set_faults(rig.chip, "lie:burn=1", NULL), 0);
    assert_int_equal(execute(&rig, &burn), 0);
    assert_burned(&rig, &burn, "a pulse that did nothing");
    close_rig(&rig);
}

static void each_chip_that_lies_is_found_out(void **state)
{
    (void)state;
    each_model(check_liar);
}

/* --- reading is hidden, writing is refused ------------------------------------------------------------- */

static void check_protection(const struct model *model)
{
    const struct seal_chip *chip = model->chip;
    const struct seal_efuse_field *rd = seal_chip_field(chip, "RD_DIS");
    struct rig rig;

    open_rig(&rig, model);
    struct seal_burn burn = wanted(&rig);
    unsigned bit = rd->bit + (unsigned)chip->efuse->blocks[key_block(chip)].read_disable;
    burn.words[0][bit / 32] |= 1u << bit % 32;
    assert_int_equal(execute(&rig, &burn), 0);
    assert_int_equal(rig.efuse.words[key_block(chip)][0], 0); /* forgotten here */
    const struct seal_efuse kept = rig.efuse;
    restart(&rig);
    /* as the chip shows it: of the ESP32-C2's block half */
    assert_memory_equal(kept.words[key_block(chip)], rig.efuse.words[key_block(chip)], 32);
    assert_false(seal_efuse_block_readable(&rig.efuse, key_block(chip)));
    assert_int_equal(rig.efuse.words[key_block(chip)][0], 0);
    assert_int_not_equal(sim_chip_fuses(rig.chip, key_block(chip))[0], 0);
    assert_int_equal(execute(&rig, &burn), SEAL_ERR_STATE); /* cannot be compared */
    close_rig(&rig);
}

static void each_chip_hides_what_is_read_protected(void **state)
{
    (void)state;
    each_model(check_protection);
}

static void a_coding_scheme_limits_what_fits(void **state)
{
    struct rig rig;
    (void)state;
    open_rig(&rig, &(struct model){.chip = seal_chip_find("esp32"), .scheme = 1});
    struct seal_burn burn = {.words[1] = {[6] = 1}};
    assert_int_equal(execute(&rig, &burn), SEAL_ERR_STATE);
    assert_non_null(strstr(rig.cause.text, "24 bytes"));
    assert_int_equal(sim_chip_burns(rig.chip), 0);
    close_rig(&rig);
}

/* Fuses beside each other in a block without code are burned at different times. */
static void fields_of_the_esp32s_block_3_are_burned_one_by_one(void **state)
{
    struct rig rig;
    (void)state;
    open_rig(&rig, &(struct model){.chip = seal_chip_find("esp32")});
    struct seal_burn version = {0}, adc = {0};
    assert_int_equal(seal_burn_field(rig.efuse.chip, &version, "MAC_VERSION", 1, NULL), 0);
    assert_int_equal(seal_burn_field(rig.efuse.chip, &adc, "ADC1_TP_LOW", 0x2a, NULL), 0);
    assert_int_equal(execute(&rig, &version), 0);
    assert_int_equal(execute(&rig, &adc), 0);
    assert_int_equal(seal_efuse_get_named(&rig.efuse, "MAC_VERSION"), 1);
    assert_int_equal(seal_efuse_get_named(&rig.efuse, "ADC1_TP_LOW"), 0x2a);
    close_rig(&rig);
}

static void a_bit_that_went_wrong_is_corrected_and_told(void **state)
{
    struct rig rig;
    (void)state;
    open_rig(&rig, &(struct model){.chip = seal_chip_find("esp32"), .scheme = 1});
    struct seal_burn burn = wanted(&rig);
    assert_int_equal(sim_chip_set_faults(rig.chip, "neighbour:burn=1", NULL), 0);
    assert_int_equal(execute(&rig, &burn), 0);
    assert_int_equal(rig.efuse.errors[1], 1);
    assert_memory_equal(rig.efuse.words[1], burn.words[1], sizeof burn.words[1]);
    close_rig(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_chip_is_found_with_the_table_of_its_revision),
        cmocka_unit_test(the_esp32_has_the_revision_that_no_fuse_tells),
        cmocka_unit_test(each_chip_takes_the_rate_whatever_its_crystal),
        cmocka_unit_test(a_rate_is_asked_for_as_the_rom_will_hear_it),
        cmocka_unit_test(each_chip_burns_a_key_once),
        cmocka_unit_test(the_time_of_a_pulse_follows_the_crystal),
        cmocka_unit_test(each_chip_finishes_a_burn_that_was_cut_anywhere),
        cmocka_unit_test(each_chip_survives_a_power_cut_in_each_pulse),
        cmocka_unit_test(each_chip_that_lies_is_found_out),
        cmocka_unit_test(each_chip_hides_what_is_read_protected),
        cmocka_unit_test(a_coding_scheme_limits_what_fits),
        cmocka_unit_test(fields_of_the_esp32s_block_3_are_burned_one_by_one),
        cmocka_unit_test(a_bit_that_went_wrong_is_corrected_and_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
