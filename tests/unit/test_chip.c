#include "unit.h"

#include <espseal/chip.h>
#include <espseal/hex.h>

#include <stdio.h>
#include <string.h>

static void each_chip(void (*check)(const struct seal_chip *chip))
{
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        const struct seal_chip *chip = seal_chips[i];
        if (chip->variants == NULL) {
            check(chip);
        }
        for (size_t v = 0; chip->variants != NULL && chip->variants[v] != NULL; v++) {
            check(chip->variants[v]);
        }
    }
}

static void check_identification(const struct seal_chip *chip)
{
    const struct seal_chip *listed = seal_chip_find(chip->name);
    assert_true(seal_chip_same(listed, chip));
    assert_ptr_equal(seal_chip_find(chip->title), listed);
    if (chip->security_info_chip_id >= 0)
        assert_ptr_equal(seal_chip_by_id((uint32_t)chip->security_info_chip_id), listed);
    else
        assert_non_null(chip->magic_values);
    for (const uint32_t *magic = chip->magic_values; magic != NULL && *magic != 0; magic++)
        assert_ptr_equal(seal_chip_by_magic(*magic), listed);
    assert_true(chip->ds_max_bits == 0 || chip->ds_max_bits == 3072 || chip->ds_max_bits == 4096);
    assert_true(chip->rom.write_reg_max >= 1);
    assert_true(chip->rom.flash_block >= 1024);
    assert_true(chip->rom.uart_date != 0);
    assert_true(chip->spi_flash.base != 0);
}

static void chips_are_found_by_what_identifies_them(void **state)
{
    (void)state;
    each_chip(check_identification);
    assert_null(seal_chip_find("esp32c"));
    assert_null(seal_chip_find("esp32c33"));
    assert_null(seal_chip_find(""));
    assert_string_equal(seal_chip_find("ESP32-c3")->name, "esp32c3");
    assert_null(seal_chip_by_id(77));
    assert_null(seal_chip_by_magic(0));
}

static void the_list_is_sorted(void **state)
{
    (void)state;
    for (size_t i = 1; seal_chips[i] != NULL; i++)
        assert_true(strcmp(seal_chips[i - 1]->name, seal_chips[i]->name) < 0);
}

static void check_purposes(const struct seal_chip *chip)
{
    for (const struct seal_key_purpose *p = chip->purposes; p != NULL && p->name != NULL; p++) {
        assert_ptr_equal(seal_chip_purpose(chip, p->name), p);
        assert_ptr_equal(seal_chip_purpose_by_value(chip, p->value), p);
        assert_false(p->digest && p->read_protect);
    }
    const struct seal_key_purpose *ds = seal_chip_purpose_by_value(chip, SEAL_PURPOSE_HMAC_DOWN_DS);
    assert_int_equal(ds != NULL, chip->ds_max_bits != 0);
    if (ds != NULL)
        assert_string_equal(ds->name, "HMAC_DOWN_DIGITAL_SIGNATURE");
}

static void purposes_are_unique(void **state)
{
    (void)state;
    each_chip(check_purposes);
}

static void check_blocks(const struct seal_chip *chip)
{
    const struct seal_efuse_controller *efuse = chip->efuse;
    if (efuse == NULL)
        return;
    uint32_t wr = 0, rd = 0;
    unsigned keys = 0, file = 0;
    for (size_t i = 0; i < efuse->block_count; i++) {
        const struct seal_efuse_block *block = &efuse->blocks[i];
        assert_int_equal(seal_chip_block(chip, block->name), i);
        if (block->alias != NULL)
            assert_int_equal(seal_chip_block(chip, block->alias), i);
        assert_true(block->words >= 1 && block->words <= 8);
        assert_int_equal(block->file, file);
        file += 4u * block->words;
        unsigned gap = i == 1 && efuse->check_value == 0 ? 28 : 0; /* the ESP32's registers for BLOCK0 */
        if (i > 0)
            assert_int_equal(block->read, efuse->blocks[i - 1].read + 4u * efuse->blocks[i - 1].words + gap);
        assert_int_equal(block->write != 0, efuse->check_value == 0);
        assert_true(block->read + 4u * block->words <= efuse->register_space);
        assert_true(block->write_disable >= -1 && block->write_disable < 32);
        assert_true(block->read_disable >= -1 && block->read_disable < 7);
        if (block->write_disable >= 0) {
            assert_false(wr >> block->write_disable & 1);
            wr |= 1u << block->write_disable;
        }
        for (unsigned bit = 0; block->read_disable >= 0 && bit <= block->read_disable_more; bit++) {
            assert_false(rd >> (block->read_disable + (int)bit) & 1);
            rd |= 1u << (block->read_disable + (int)bit);
        }
        if (block->key >= 0) {
            assert_int_equal(block->key, keys++);
            assert_int_equal(seal_chip_key_block(chip, (unsigned)block->key), i);
        }
    }
    assert_int_equal(keys, chip->key_blocks);
    assert_true(file <= efuse->file_size);
    assert_int_equal(seal_chip_key_block(chip, chip->key_blocks), -1);
    assert_int_equal(seal_chip_block(chip, "KEY9"), -1);
}

static void blocks_are_contiguous_and_protected_once(void **state)
{
    (void)state;
    each_chip(check_blocks);
    assert_int_equal(seal_chip_block(seal_chip_find("esp32c3"), "KEY1"), 5);
}

/* BLOCK_USR_DATA as a whole is an alias of the fields within it; so is each whole block. */
static bool whole_block(const struct seal_efuse_field *field)
{
    return field->bits == 256;
}

/* The halves of the ESP32-C2's key are read-protected one by one. */
static bool half_key(const struct seal_efuse_field *field)
{
    return strncmp(field->name, "BLOCK_KEY0_", 11) == 0;
}

static void check_field(const struct seal_chip *chip, const struct seal_efuse_field *field)
{
    const struct seal_efuse_controller *efuse = chip->efuse;
    assert_ptr_equal(seal_chip_field(chip, field->name), field);
    assert_true(field->block < efuse->block_count);
    assert_true(field->bits >= 1);
    assert_true(field->bit + field->bits <= 32 * efuse->blocks[field->block].words);
    assert_true(field->write_disable >= -1 && field->write_disable < 32);
    assert_true(field->read_disable >= -1 && field->read_disable < 7);
    if (field->block > 0) {
        assert_int_equal(field->write_disable, efuse->blocks[field->block].write_disable);
        assert_true(half_key(field) ||
                    (field->read_disable == efuse->blocks[field->block].read_disable &&
                     field->read_disable_more == efuse->blocks[field->block].read_disable_more));
    }
    if (field->type == SEAL_FIELD_BOOL)
        assert_int_equal(field->bits, 1);
    if (field->type == SEAL_FIELD_MAC_ADDRESS)
        assert_int_equal(field->bits, 48);
    if (field->type != SEAL_FIELD_BYTES && field->type != SEAL_FIELD_MAC_ADDRESS)
        assert_true(field->bits <= 32);
    for (const struct seal_efuse_value *v = field->values; v != NULL && v->meaning != NULL; v++)
        assert_true(field->bits >= 32 || v->value < 1u << field->bits ||
                    strcmp(field->name, "PSRAM_CAP") == 0); /* PSRAM_CAP_3 is its third bit */
    for (const struct seal_efuse_field *other = efuse->fields; other < field; other++)
        if (other->block == field->block && !whole_block(other) && !whole_block(field))
            assert_true(other->bit + other->bits <= field->bit || field->bit + field->bits <= other->bit);
}

static void check_fields(const struct seal_chip *chip)
{
    char name[32];

    if (chip->efuse == NULL)
        return;
    for (size_t i = 0; i < chip->efuse->field_count; i++)
        check_field(chip, &chip->efuse->fields[i]);
    /* The ESP32-C2 has one key block, of which other bits tell the purpose. */
    for (unsigned key = 0; key < chip->key_blocks && chip->key_blocks > 1; key++) {
        snprintf(name, sizeof name, "KEY_PURPOSE_%u", key);
        assert_int_equal(seal_chip_field(chip, name)->type, SEAL_FIELD_KEY_PURPOSE);
    }
    assert_non_null(seal_chip_field(chip, "WR_DIS"));
    assert_non_null(seal_chip_field(chip, "RD_DIS"));
    assert_null(seal_chip_field(chip, "NO_SUCH_FIELD"));
    assert_non_null(strstr(chip->efuse->fields_source, "espefuse"));
}

static void fields_stay_in_their_blocks_and_do_not_overlap(void **state)
{
    (void)state;
    each_chip(check_fields);
}

static void revisions_choose_the_variant(void **state)
{
    static const struct {
        const char *chip, *field;
        unsigned revision;
        bool there;
    } cases[] = {
        {"esp32h2", "ECDSA_FORCE_USE_HARDWARE_K", 0, true},
        {"esp32h2", "ECDSA_FORCE_USE_HARDWARE_K", 101, true},
        {"esp32h2", "ECDSA_FORCE_USE_HARDWARE_K", 102, false},
        {"esp32p4", "KEY_PURPOSE_0_H", 103, false},
        {"esp32p4", "KEY_PURPOSE_0_H", 300, true},
        {"esp32p4", "KEY_PURPOSE_0_H", 301, true},
        {"esp32p4", "DCDC_VSET", 200, true},
        {"esp32c3", "KEY_PURPOSE_0", 4, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct seal_chip *chip = seal_chip_find(cases[i].chip);
        const struct seal_chip *variant = seal_chip_variant(chip, cases[i].revision);
        assert_true(seal_chip_same(chip, variant));
        assert_ptr_equal(seal_chip_variant(variant, cases[i].revision), variant);
        assert_int_equal(seal_chip_field(variant, cases[i].field) != NULL, cases[i].there);
    }
    assert_false(seal_chip_same(seal_chip_find("esp32h2"), seal_chip_find("esp32p4")));
    assert_false(seal_chip_same(seal_chip_find("esp32h2"), NULL));
}

/* Words that hold a revision, as the facts say for each chip ("revision" in chips.json). */
static void revisions_are_read_where_each_chip_keeps_them(void **state)
{
    static const struct {
        const char *chip;
        uint8_t block, word;
        uint32_t value, outside;
        unsigned revision;
    } cases[] = {
        {"esp32", 0, 3, 1u << 15, 0, 100},
        {"esp32", 0, 5, 1u << 25 | 1u << 20, 1u << 31, 2},
        {"esp32s2", 1, 3, 1u << 18 | 1u << 20, 0, 108},
        {"esp32s2", 1, 4, 3u << 4, 0, 3},
        {"esp32c2", 2, 1, 2u << 20 | 3u << 16, 0, 203},
        {"esp32c5", 1, 2, 1u << 4 | 2u, 0, 102},
        {"esp32c6", 1, 3, 1u << 22 | 5u << 18, 0, 105},
        {"esp32c61", 1, 2, 2u << 4 | 1u, 0, 201},
        {"esp32h2", 1, 3, 1u << 21 | 2u << 18, 0, 102},
        {"esp32p4", 1, 2, 3u << 4 | 1u, 0, 301},
        {"esp32p4", 1, 2, 1u << 23, 0, 400},
        {"esp32s3", 1, 5, 1u << 23 | 2u << 24, 0, 208},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t words[11][8] = {0};
        words[cases[i].block][cases[i].word] = cases[i].value;
        assert_int_equal(
            seal_chip_revision(seal_chip_find(cases[i].chip), (const uint32_t(*)[8])words, cases[i].outside),
            cases[i].revision);
    }
}

static void the_esp32_counts_revisions_with_three_bits(void **state)
{
    uint32_t words[11][8] = {[0] = {[3] = 1u << 15, [5] = 1u << 20 | 1u << 24}};
    (void)state;
    assert_int_equal(seal_chip_revision(seal_chip_find("esp32"), (const uint32_t(*)[8])words, 0), 201);
    assert_int_equal(seal_chip_revision(seal_chip_find("esp32"), (const uint32_t(*)[8])words, 1u << 31), 301);
}

static void three_quarter_code_matches_the_vectors(void **state)
{
    static const struct {
        const char *data, *coded;
    } vectors[] = {
        {"000102030405060708090a0b0c0d0e0f1011121314151617",
         "000102030405011e060708090a0b012f0c0d0e0f101101321213141516170141"},
        {"ffffffffffffffffffffffffffffffffffffffffffffffff",
         "ffffffffffff00a8ffffffffffff00a8ffffffffffff00a8ffffffffffff00a8"},
    };
    uint8_t data[24], expected[32], coded[32];

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        assert_int_equal(seal_hex_decode(vectors[i].data, data, sizeof data), 0);
        assert_int_equal(seal_hex_decode(vectors[i].coded, expected, sizeof expected), 0);
        seal_efuse_three_quarter_encode(data, coded);
        assert_memory_equal(coded, expected, sizeof coded);
    }
}

static void reed_solomon_matches_the_vectors(void **state)
{
    static const struct {
        const char *data, *check;
    } vectors[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000"},
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "a04c470d3ffcb203dae9f413"},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "13a36292597404257375e0aa"},
        {"0000000000000000000000000000000000000000000000000000000000000001", "44774376dc1f07545c7fd561"},
    };
    uint8_t data[32], expected[12], check[12];

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        assert_int_equal(seal_hex_decode(vectors[i].data, data, sizeof data), 0);
        assert_int_equal(seal_hex_decode(vectors[i].check, expected, sizeof expected), 0);
        seal_efuse_rs_encode(data, check);
        assert_memory_equal(check, expected, sizeof check);
    }
}

/* The three curves of the fuses' purposes, and the peripheral's registers where there are curves. */
static void check_ecdsa(const struct seal_chip *chip)
{
    const struct seal_ecdsa_registers *ecdsa = chip->peripherals.ecdsa;
    assert_int_equal(ecdsa != NULL, chip->ecdsa_curves[0] != 0);
    if (ecdsa == NULL) {
        return;
    }
    const struct seal_ecdsa_layout *layout = ecdsa->layout;
    const struct seal_key_purpose *any = seal_chip_purpose(chip, "ECDSA_KEY");
    assert_int_equal(any == NULL, layout->block_by_curve);
    assert_true(any != NULL ||
                (seal_chip_purpose(chip, "ECDSA_KEY_P192") && seal_chip_purpose(chip, "ECDSA_KEY_P256") &&
                 seal_chip_purpose(chip, "ECDSA_KEY_P384_L") && seal_chip_purpose(chip, "ECDSA_KEY_P384_H")));
    assert_int_equal(ecdsa->base % 4096, 0);
    assert_true(layout->step >= (layout->block_by_curve ? 48 : 32));
    assert_true(layout->own_z > layout->curve_shift);
    assert_true(layout->fixed_k == 0 || layout->fixed_k == layout->own_z + 1);
    assert_true(ecdsa->key_select % 4 == 0 && ecdsa->update % 4 == 0 && ecdsa->update != chip->efuse->conf);
    assert_int_equal(ecdsa->key_select == chip->efuse->conf, !layout->block_by_curve);
    for (const struct seal_register_set *set = ecdsa->clocks; set->address != 0; set++) {
        assert_int_equal(set->address % 4, 0);
        assert_int_equal(set->value & ~set->mask, 0);
    }
}

static void capabilities_are_asked_by_curve(void **state)
{
    (void)state;
    assert_false(seal_chip_has_ecdsa(seal_chip_find("esp32c3"), 256));
    assert_false(seal_chip_has_ecdsa(seal_chip_find("esp32c3"), 0));
    assert_true(seal_chip_has_ecdsa(seal_chip_find("esp32h2"), 256));
    assert_false(seal_chip_has_ecdsa(seal_chip_find("esp32h2"), 384));
    assert_true(seal_chip_has_ecdsa(seal_chip_find("esp32p4"), 384));
    each_chip(check_ecdsa);
    assert_int_equal(seal_chip_find("esp32c5")->ds_max_bits, 3072);
}

static void every_enum_value_has_a_name(void **state)
{
    (void)state;
    for (int i = SEAL_TESTED_NONE; i <= SEAL_TESTED_SILICON; i++)
        assert_string_not_equal(seal_tested_name((enum seal_tested)i), "?");
    for (int i = SEAL_FIELD_CONFIG; i <= SEAL_FIELD_OTHER; i++)
        assert_string_not_equal(seal_field_category_name((enum seal_field_category)i), "?");
    assert_string_equal(seal_field_category_name((enum seal_field_category)99), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chips_are_found_by_what_identifies_them),
        cmocka_unit_test(the_list_is_sorted),
        cmocka_unit_test(purposes_are_unique),
        cmocka_unit_test(blocks_are_contiguous_and_protected_once),
        cmocka_unit_test(fields_stay_in_their_blocks_and_do_not_overlap),
        cmocka_unit_test(revisions_choose_the_variant),
        cmocka_unit_test(revisions_are_read_where_each_chip_keeps_them),
        cmocka_unit_test(the_esp32_counts_revisions_with_three_bits),
        cmocka_unit_test(three_quarter_code_matches_the_vectors),
        cmocka_unit_test(reed_solomon_matches_the_vectors),
        cmocka_unit_test(capabilities_are_asked_by_curve),
        cmocka_unit_test(every_enum_value_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
