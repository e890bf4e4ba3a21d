#include "unit.h"

#include <espseal/chip.h>
#include <espseal/hex.h>

#include <stdio.h>
#include <string.h>

static void each_chip(void (*check)(const struct seal_chip *chip))
{
    for (size_t i = 0; seal_chips[i] != NULL; i++)
        check(seal_chips[i]);
}

static void check_identification(const struct seal_chip *chip)
{
    assert_ptr_equal(seal_chip_find(chip->name), chip);
    assert_ptr_equal(seal_chip_find(chip->title), chip);
    if (chip->security_info_chip_id >= 0)
        assert_ptr_equal(seal_chip_by_id((uint32_t)chip->security_info_chip_id), chip);
    for (const uint32_t *magic = chip->magic_values; magic != NULL && *magic != 0; magic++)
        assert_ptr_equal(seal_chip_by_magic(*magic), chip);
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
        if (i > 0)
            assert_int_equal(block->read, efuse->blocks[i - 1].read + 4 * efuse->blocks[i - 1].words);
        assert_true(block->write_disable >= -1 && block->write_disable < 32);
        assert_true(block->read_disable >= -1 && block->read_disable < 7);
        if (block->write_disable >= 0) {
            assert_false(wr >> block->write_disable & 1);
            wr |= 1u << block->write_disable;
        }
        if (block->read_disable >= 0) {
            assert_false(rd >> block->read_disable & 1);
            rd |= 1u << block->read_disable;
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
        assert_int_equal(field->read_disable, efuse->blocks[field->block].read_disable);
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
    for (unsigned key = 0; key < chip->key_blocks; key++) {
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

static void capabilities_are_asked_by_curve(void **state)
{
    (void)state;
    assert_false(seal_chip_has_ecdsa(seal_chip_find("esp32c3"), 256));
    assert_false(seal_chip_has_ecdsa(seal_chip_find("esp32c3"), 0));
    assert_true(seal_chip_has_ecdsa(seal_chip_find("esp32h2"), 256));
    assert_false(seal_chip_has_ecdsa(seal_chip_find("esp32h2"), 384));
    assert_true(seal_chip_has_ecdsa(seal_chip_find("esp32p4"), 384));
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
        cmocka_unit_test(reed_solomon_matches_the_vectors),
        cmocka_unit_test(capabilities_are_asked_by_curve),
        cmocka_unit_test(every_enum_value_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
