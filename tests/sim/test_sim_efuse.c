/* The eFuse controller: bits only rise, coded blocks are written once, protection holds, files survive. */
#include "unit.h"

#include "sim_link.h"
#include "sim_parts.h"

#include <espseal/secret.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BASE 0x60008800u
#define KEY0 4u
#define KEY0_READ 0x9Cu
#define WR_DIS_READ 0x2Cu

static struct sim_chip *new_chip(const char *path, const char *fault)
{
    struct sim_chip *chip = NULL;
    const struct sim_options options = {
        .chip = seal_chip_find("esp32c3"), .efuse_path = path, .flash_size = 65536, .fault = fault};
    assert_int_equal(sim_chip_new(&options, &chip, NULL), SEAL_OK);
    return chip;
}

static uint32_t get(struct sim_chip *chip, uint32_t offset)
{
    uint32_t value = 0;
    assert_true(sim_bus_read(chip, BASE + offset, &value));
    return value;
}

static void put(struct sim_chip *chip, uint32_t offset, uint32_t value)
{
    assert_true(sim_bus_write(chip, BASE + offset, value));
}

static void load(struct sim_chip *chip)
{
    put(chip, 0x1CC, 0x5AA5);
    put(chip, 0x1D4, 1);
}

/* A burn as a host does it: data, check bytes, op code, command. */
static void burn_raw(struct sim_chip *chip, unsigned block, const uint32_t words[static 8],
                     const uint8_t check[static 12])
{
    for (uint32_t i = 0; i < 8; i++) {
        put(chip, 4 * i, words[i]);
    }
    for (uint32_t i = 0; i < 3; i++) {
        put(chip, 0x20 + 4 * i, seal_le32(check + 4 * i));
    }
    put(chip, 0x1CC, 0x5A5A);
    put(chip, 0x1D4, 2 | block << 2);
}

static void burn(struct sim_chip *chip, unsigned block, const uint32_t words[static 8])
{
    uint8_t check[12];
    sim_efuse_encode(words, check);
    burn_raw(chip, block, words, check);
}

static void burn_bit(struct sim_chip *chip, unsigned word, unsigned bit)
{
    uint32_t words[8] = {0};
    words[word] = 1u << bit;
    burn(chip, 0, words);
    load(chip);
}

static const uint32_t key[8] = {0x03020100, 0x07060504, 0x0B0A0908, 0x0F0E0D0C,
                                0x13121110, 0x17161514, 0x1B1A1918, 0x1F1E1D1C};

static void a_burn_shows_after_the_read_command_only(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL, NULL);
    burn(chip, KEY0, key);
    assert_int_equal(get(chip, 0x1D4), 0);
    assert_int_equal(get(chip, KEY0_READ), 0);
    load(chip);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(get(chip, KEY0_READ + 4 * i), key[i]);
    }
    assert_int_equal(get(chip, 0x1C0), 0);
    assert_int_equal(get(chip, 0x1C4), 0);
    sim_chip_free(&chip);
}

static void without_the_op_code_nothing_burns(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL, NULL);
    put(chip, 0, 0xFFFFFFFF);
    put(chip, 0x1CC, 0);
    put(chip, 0x1D4, 2 | KEY0 << 2);
    put(chip, 0x1CC, 0x5AA5);
    put(chip, 0x1D4, 2 | KEY0 << 2);
    load(chip);
    assert_int_equal(get(chip, KEY0_READ), 0);
    assert_int_equal(sim_chip_burns(chip), 0);
    sim_chip_free(&chip);
}

static void program_registers_read_back(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL, NULL);
    for (uint32_t i = 0; i < 11; i++) {
        put(chip, 4 * i, 0x01010101 * (i + 1));
    }
    for (uint32_t i = 0; i < 11; i++) {
        assert_int_equal(get(chip, 4 * i), 0x01010101 * (i + 1));
    }
    sim_chip_free(&chip);
}

static void a_second_different_write_breaks_the_code(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL, NULL);
    uint32_t other[8] = {0x80808080, 0x40404040, 0x20202020, 0, 0, 0, 0, 0x80808080};
    burn(chip, KEY0, key);
    burn(chip, KEY0, key); /* the same again changes nothing */
    load(chip);
    assert_int_equal(get(chip, 0x1C0), 0);
    burn(chip, KEY0, other);
    load(chip);
    assert_int_equal(get(chip, 0x1C0) >> 12 & 7, 7);
    assert_int_equal(get(chip, 0x1C0) >> 19 & 1, 1);
    assert_int_equal(get(chip, KEY0_READ), key[0] | other[0]);
    sim_chip_free(&chip);
}

static void a_few_wrong_symbols_are_corrected_and_counted(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL, NULL);
    uint8_t check[12];
    uint32_t wrong[8];
    sim_efuse_encode(key, check);
    memcpy(wrong, key, sizeof wrong);
    wrong[2] |= 0xF0;
    wrong[5] |= 0xF0F000;
    burn_raw(chip, KEY0, wrong, check);
    load(chip);
    assert_int_equal(get(chip, 0x1C0) >> 12 & 7, 3);
    assert_int_equal(get(chip, 0x1C0) >> 19 & 1, 0);
    assert_int_equal(get(chip, KEY0_READ + 8), key[2]);
    assert_int_equal(get(chip, KEY0_READ + 20), key[5]);
    assert_int_equal(sim_chip_fuses(chip, KEY0)[2], wrong[2]);
    sim_chip_free(&chip);
}

static void the_decoder_corrects_up_to_six_symbols_anywhere(void **state)
{
    (void)state;
    uint32_t random = 12345;
    for (unsigned round = 0; round < 2000; round++) {
        uint8_t good[44], code[44];
        unsigned errors = round % 8;
        for (size_t i = 0; i < 32; i++) {
            random = random * 1664525 + 1013904223;
            good[i] = (uint8_t)(random >> 24);
        }
        seal_efuse_rs_encode(good, good + 32);
        memcpy(code, good, sizeof code);
        for (unsigned e = 0; e < errors; e++) {
            random = random * 1664525 + 1013904223;
            size_t at = (random >> 16) % 44;
            while (code[at] != good[at]) {
                at = (at + 1) % 44;
            }
            code[at] ^= (uint8_t)(1 + (random >> 8) % 255);
        }
        if (errors <= 6) {
            assert_int_equal(sim_rs_correct(code), (int)errors);
            assert_memory_equal(code, good, sizeof code);
        } else {
            assert_true(sim_rs_correct(code) == -1 || memcmp(code, good, sizeof code) != 0);
        }
    }
}

static void write_protection_holds_for_blocks_and_fields(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL, NULL);
    burn_bit(chip, 0, 23); /* WR_DIS of KEY0 */
    burn(chip, KEY0, key);
    load(chip);
    assert_int_equal(get(chip, KEY0_READ), 0);
    burn_bit(chip, 0, 8);  /* WR_DIS of KEY_PURPOSE_0 */
    burn_bit(chip, 2, 27); /* its highest bit */
    assert_int_equal(get(chip, WR_DIS_READ + 8), 0);
    burn_bit(chip, 2, 28); /* KEY_PURPOSE_1 is still open */
    assert_int_equal(get(chip, WR_DIS_READ + 8), 1u << 28);
    burn_bit(chip, 0, 0); /* WR_DIS of RD_DIS */
    burn_bit(chip, 1, 1);
    assert_int_equal(get(chip, WR_DIS_READ + 4), 0);
    sim_chip_free(&chip);
}

static void read_protection_hides_the_key_from_the_bus_alone(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL, NULL);
    burn(chip, KEY0, key);
    burn_bit(chip, 1, 0);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(get(chip, KEY0_READ + 4 * i), 0);
    }
    assert_memory_equal(chip->efuse.loaded[KEY0], key, sizeof key);
    assert_int_equal(get(chip, 0x1C0), 0);
    sim_chip_free(&chip);
}

static void bits_never_fall(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(NULL, NULL);
    uint32_t zero[8] = {0};
    burn_bit(chip, 1, 20);
    burn(chip, 0, zero);
    load(chip);
    assert_int_equal(get(chip, WR_DIS_READ + 4), 1u << 20);
    sim_chip_free(&chip);
}

/* --- files --- */

struct folder {
    char path[64], efuse[96];
};

static int make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/espseal-sim-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    (void)snprintf(folder->efuse, sizeof folder->efuse, "%s/efuse.bin", folder->path);
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;
    (void)unlink(folder->efuse);
    (void)rmdir(folder->path);
    free(folder);
    return 0;
}

static void the_file_has_the_emulators_layout(void **state)
{
    const struct folder *folder = *state;
    uint8_t bytes[1024] = {0};
    struct sim_chip *chip = new_chip(folder->efuse, NULL);
    burn(chip, KEY0, key);
    burn_bit(chip, 1, 20);
    sim_chip_free(&chip);
    FILE *file = fopen(folder->efuse, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), sizeof bytes);
    assert_int_equal(fgetc(file), EOF);
    (void)fclose(file);
    assert_int_equal(bytes[6], 0x10);
    assert_memory_equal(bytes + 24, "\x01\xa1\x5e\xa1\xdf\x7c", 6);
    assert_int_equal(bytes[38], 0x0C);
    for (uint8_t i = 0; i < 32; i++) {
        assert_int_equal(bytes[112 + i], i);
    }
}

static void damage_survives_a_restart_and_foreign_edits_are_no_damage(void **state)
{
    const struct folder *folder = *state;
    uint32_t other[8] = {0x80808080, 0x40404040, 0x20202020, 0x10101010, 0, 0, 0, 0};
    struct sim_chip *chip = new_chip(folder->efuse, NULL);
    burn(chip, KEY0, key);
    burn(chip, KEY0, other);
    sim_chip_free(&chip);
    chip = new_chip(folder->efuse, NULL);
    assert_int_equal(get(chip, 0x1C0) >> 19 & 1, 1);
    sim_chip_free(&chip);
    FILE *file = fopen(folder->efuse, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 144, SEEK_SET), 0); /* KEY1, as QEMU burns it: data only */
    assert_int_equal(fwrite("0123456789abcdef0123456789abcdef", 1, 32, file), 32);
    (void)fclose(file);
    chip = new_chip(folder->efuse, NULL);
    assert_int_equal(get(chip, 0x1C0) >> 16 & 7, 0);
    assert_int_equal(get(chip, 0xBC), 0x33323130);
    sim_chip_free(&chip);
}

static void a_file_of_another_size_is_refused(void **state)
{
    const struct folder *folder = *state;
    struct sim_chip *chip = NULL;
    const struct sim_options options = {.chip = seal_chip_find("esp32c3"), .efuse_path = folder->efuse};
    FILE *file = fopen(folder->efuse, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite("short", 1, 5, file), 5);
    (void)fclose(file);
    assert_int_equal(sim_chip_new(&options, &chip, NULL), SEAL_ERR_FORMAT);
    assert_null(chip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burn_shows_after_the_read_command_only),
        cmocka_unit_test(without_the_op_code_nothing_burns),
        cmocka_unit_test(program_registers_read_back),
        cmocka_unit_test(a_second_different_write_breaks_the_code),
        cmocka_unit_test(a_few_wrong_symbols_are_corrected_and_counted),
        cmocka_unit_test(the_decoder_corrects_up_to_six_symbols_anywhere),
        cmocka_unit_test(write_protection_holds_for_blocks_and_fields),
        cmocka_unit_test(read_protection_hides_the_key_from_the_bus_alone),
        cmocka_unit_test(bits_never_fall),
        cmocka_unit_test_setup_teardown(the_file_has_the_emulators_layout, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(damage_survives_a_restart_and_foreign_edits_are_no_damage,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_of_another_size_is_refused, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
