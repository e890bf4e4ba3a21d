#include "unit.h"

#include <espseal/buf.h>
#include <espseal/efuse.h>
#include <espseal/hex.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key_bytes[32] = {1, 2, 3, 4, 5, 6, 7, 8, 0x55, 0xaa, 0xff, 0xff, 0xff};

static const struct seal_chip *c3(void)
{
    return seal_chip_find("esp32c3");
}

/* A chip of revision 0.3 with a MAC address, as read. */
static struct seal_efuse fresh(void)
{
    struct seal_efuse efuse = {.chip = c3(), .loaded = 0x7ff};
    efuse.words[1][0] = 0xa15ea101;
    efuse.words[1][1] = 0x7cdf;
    efuse.words[1][3] = 0x000c0000;
    return efuse;
}

static void set_field(struct seal_efuse *efuse, const char *name, uint32_t value)
{
    struct seal_burn burn = {0};
    assert_int_equal(seal_burn_field(efuse->chip, &burn, name, value, NULL), 0);
    for (size_t block = 0; block < SEAL_EFUSE_BLOCKS; block++)
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++)
            efuse->words[block][i] |= burn.words[block][i];
}

static void fields_are_read_across_words(void **state)
{
    struct seal_efuse efuse = fresh();
    uint8_t mac[6], bytes[32];

    (void)state;
    seal_efuse_mac(&efuse, mac);
    assert_memory_equal(mac, "\x7c\xdf\xa1\x5e\xa1\x01", 6);
    assert_int_equal(seal_efuse_revision(&efuse), 3);
    efuse.words[1][5] = 1u << 23 | 2u << 24;
    assert_int_equal(seal_efuse_revision(&efuse), 211);
    efuse.words[1][1] |= 0xf0000000; /* SPI_PAD_CONFIG_D: bits 60..65 */
    efuse.words[1][2] |= 1;
    assert_int_equal(seal_efuse_get_named(&efuse, "SPI_PAD_CONFIG_D"), 0x1f);
    assert_int_equal(seal_efuse_get_named(&efuse, "NO_SUCH_FIELD"), 0);
    efuse.words[3][6] = 0x33221100;
    efuse.words[3][7] = 0x00665544;
    seal_efuse_get_bytes(&efuse, seal_chip_field(c3(), "CUSTOM_MAC"), bytes);
    assert_memory_equal(bytes, "\x11\x22\x33\x44\x55\x66", 6);
}

static void early_s3_chips_are_told_by_their_block_version(void **state)
{
    struct seal_efuse efuse = {.chip = seal_chip_find("esp32s3"), .loaded = 0x7ff};

    (void)state;
    set_field(&efuse, "WAFER_VERSION_MAJOR", 1);
    assert_int_equal(seal_efuse_revision(&efuse), 100);
    set_field(&efuse, "BLK_VERSION_MAJOR", 1);
    set_field(&efuse, "BLK_VERSION_MINOR", 1);
    assert_int_equal(seal_efuse_revision(&efuse), 0);
    set_field(&efuse, "WAFER_VERSION_MINOR_LO", 2);
    assert_int_equal(seal_efuse_revision(&efuse), 102);
}

static void protection_is_seen(void **state)
{
    struct seal_efuse efuse = fresh();
    const struct seal_efuse_field *field = seal_chip_field(c3(), "BLOCK_KEY1");

    (void)state;
    assert_true(seal_efuse_block_readable(&efuse, 5));
    assert_true(seal_efuse_block_writable(&efuse, 5));
    assert_true(seal_efuse_key_purpose_writable(&efuse, 1));
    assert_true(seal_efuse_block_blank(&efuse, 5));
    set_field(&efuse, "RD_DIS", 1 << 1);
    assert_false(seal_efuse_block_readable(&efuse, 5));
    assert_false(seal_efuse_field_readable(&efuse, field));
    assert_true(seal_efuse_block_readable(&efuse, 4));
    assert_true(seal_efuse_field_writable(&efuse, field));
    set_field(&efuse, "WR_DIS", 1 << 24);
    assert_false(seal_efuse_block_writable(&efuse, 5));
    assert_false(seal_efuse_field_writable(&efuse, field));
    assert_true(seal_efuse_key_purpose_writable(&efuse, 1));
    set_field(&efuse, "WR_DIS", 1 << 9);
    assert_false(seal_efuse_key_purpose_writable(&efuse, 1));
    set_field(&efuse, "KEY_PURPOSE_1", 7);
    assert_int_equal(seal_efuse_key_purpose(&efuse, 1), SEAL_PURPOSE_HMAC_DOWN_DS);
    assert_int_equal(seal_efuse_key_purpose(&efuse, 0), SEAL_PURPOSE_USER);
}

static void files_have_the_layout_of_qemu(void **state)
{
    uint8_t file[1024] = {0}, again[1024];
    struct seal_efuse efuse;
    struct seal_cause cause;

    (void)state;
    memcpy(file + 24, "\x01\xa1\x5e\xa1\xdf\x7c", 6);
    file[38] = 0x0c;                   /* as the emulator's blank file has it: revision 0.3 */
    file[11] = 0x70;                   /* KEY_PURPOSE_1 */
    memcpy(file + 144, key_bytes, 32); /* BLOCK_KEY1 */
    memcpy(file + 304, key_bytes, 32); /* BLOCK10 */
    assert_int_equal(seal_efuse_from_file(c3(), file, sizeof file, &efuse, &cause), 0);
    assert_int_equal(seal_efuse_revision(&efuse), 3);
    assert_int_equal(seal_efuse_key_purpose(&efuse, 1), 7);
    assert_int_equal(efuse.words[5][0], 0x04030201);
    assert_int_equal(efuse.words[10][0], 0x04030201);
    assert_int_equal(efuse.loaded, 0x7ff);
    memset(again, 0xff, 336);
    memset(again + 336, 0xa5, sizeof again - 336); /* beyond the blocks nothing is touched */
    memset(file + 336, 0xa5, sizeof file - 336);
    seal_efuse_to_file(&efuse, again);
    assert_memory_equal(again, file, sizeof file);
    assert_int_equal(seal_efuse_from_file(c3(), file, 336, &efuse, &cause), SEAL_ERR_FORMAT);
    assert_non_null(strstr(cause.text, "1024"));
}

/* Word w of block b holds 256 * (100 * b + w + 1) in the file of a virtual chip: big-endian, the last
 * register first.
 */
static void check_registers(const struct seal_chip *chip)
{
    const struct seal_efuse_controller *map = chip->efuse;
    uint8_t file[512] = {0}, again[512] = {0};
    struct seal_efuse efuse;
    struct seal_cause cause;

    for (unsigned b = 0; b < map->block_count; b++) {
        for (unsigned w = 0; w < map->blocks[b].words; w++) {
            uint8_t *last = file + map->register_space - 1 - map->blocks[b].read - 4 * w;
            last[-1] = (uint8_t)(100 * b + w + 1); /* no bit of RD_DIS is in the last byte */
            last[-2] = (uint8_t)((100 * b + w + 1) >> 8);
        }
    }
    assert_int_equal(seal_efuse_from_file(chip, file, map->register_space, &efuse, &cause), 0);
    assert_int_equal(efuse.loaded, (1u << map->block_count) - 1);
    for (unsigned b = 0; b < map->block_count; b++) {
        assert_int_equal(efuse.words[b][0], (100 * b + 1) << 8);
        assert_int_equal(efuse.words[b][map->blocks[b].words - 1], (100 * b + map->blocks[b].words) << 8);
    }
    seal_efuse_to_registers(&efuse, again);
    assert_memory_equal(again, file, sizeof file);
}

static void files_of_virtual_chips_hold_registers(void **state)
{
    (void)state;
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        check_registers(seal_chips[i]);
    }
}

static void files_tell_the_variant_by_their_revision(void **state)
{
    const struct seal_chip *p4 = seal_chip_find("esp32p4");
    uint8_t file[1024] = {0};
    struct seal_efuse efuse;
    struct seal_cause cause;

    (void)state;
    file[24 + 8] = 0x13; /* 1.3 */
    assert_int_equal(seal_efuse_from_file(p4, file, sizeof file, &efuse, &cause), 0);
    assert_int_equal(seal_efuse_revision(&efuse), 103);
    assert_int_equal(efuse.chip->first_revision, 0);
    file[24 + 8] = 0x30;
    file[11] = 0x01; /* KEY_PURPOSE_0 = 1 */
    file[19] = 0x08; /* KEY_PURPOSE_0_H */
    assert_int_equal(seal_efuse_from_file(efuse.chip, file, sizeof file, &efuse, &cause), 0);
    assert_int_equal(efuse.chip->first_revision, 300);
    assert_int_equal(seal_efuse_key_purpose(&efuse, 0), 17);
}

static void a_fifth_purpose_bit_goes_where_the_chip_has_it(void **state)
{
    const struct seal_chip *p4 = seal_chip_find("esp32p4");
    struct seal_burn burn = {0};
    struct seal_efuse efuse = {.chip = p4};
    struct seal_cause cause;

    (void)state;
    assert_int_equal(seal_burn_purpose(p4, &burn, 2, 18, &cause), 0);
    memcpy(efuse.words, burn.words, sizeof efuse.words);
    assert_int_equal(seal_efuse_key_purpose(&efuse, 2), 18);
    assert_int_equal(seal_burn_purpose(seal_chip_variant(p4, 103), &burn, 2, 18, &cause),
                     SEAL_ERR_UNSUPPORTED);
    assert_int_equal(seal_burn_purpose(seal_chip_find("esp32c5"), &burn, 5, 18, &cause), 0);
    assert_int_equal(seal_burn_purpose(c3(), &burn, 0, 16, &cause), SEAL_ERR_UNSUPPORTED);
    assert_int_equal(seal_burn_purpose(seal_chip_find("esp32c2"), &burn, 0, 1, &cause), SEAL_ERR_UNSUPPORTED);
}

static void the_c2s_key_is_protected_in_halves(void **state)
{
    const struct seal_chip *c2 = seal_chip_find("esp32c2");
    struct seal_efuse efuse = {.chip = c2};
    struct seal_burn burn = {0};
    const struct seal_efuse_field *low = seal_chip_field(c2, "BLOCK_KEY0_LOW_128"),
                                  *high = seal_chip_field(c2, "BLOCK_KEY0_HI_128");

    (void)state;
    assert_true(seal_efuse_block_readable(&efuse, 3));
    set_field(&efuse, "RD_DIS", 1);
    assert_false(seal_efuse_block_readable(&efuse, 3));
    assert_false(seal_efuse_field_readable(&efuse, low));
    assert_true(seal_efuse_field_readable(&efuse, high));
    seal_burn_protect(c2, &burn, 0, true, true, false);
    assert_int_equal(burn.words[0][1], 3);
    assert_int_equal(burn.words[0][0], 1 << 7);
}

static void the_esp32s_coding_scheme_tells_the_size_of_its_blocks(void **state)
{
    static const struct {
        uint32_t scheme;
        enum seal_efuse_coding coding;
        unsigned words;
    } cases[] = {
        {0, SEAL_CODING_NONE, 8},
        {1, SEAL_CODING_THREE_QUARTER, 6},
        {2, SEAL_CODING_REPEAT, 4},
        {3, SEAL_CODING_NONE, 8},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seal_efuse efuse = {.chip = seal_chip_find("esp32")};
        set_field(&efuse, "CODING_SCHEME", cases[i].scheme);
        assert_int_equal(seal_efuse_block_coding(&efuse, 1), cases[i].coding);
        assert_int_equal(seal_efuse_block_words(&efuse, 3), cases[i].words);
        assert_int_equal(seal_efuse_block_words(&efuse, 0), 7);
    }
}

static void wrong_fields_are_refused(void **state)
{
    struct seal_burn burn = {0};
    struct seal_cause cause;

    (void)state;
    assert_int_equal(seal_burn_field(c3(), &burn, "KEY_PURPOSE_0", 16, &cause), SEAL_ERR_TOO_LONG);
    assert_int_equal(seal_burn_field(c3(), &burn, "KEY_PURPOSE_9", 1, &cause), SEAL_ERR_UNSUPPORTED);
    assert_non_null(strstr(cause.text, "KEY_PURPOSE_9"));
    for (size_t block = 0; block < SEAL_EFUSE_BLOCKS; block++)
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++)
            assert_int_equal(burn.words[block][i], 0);
}

static void expect_state(const struct seal_efuse *efuse, const struct seal_burn *burn, const char *says)
{
    struct seal_cause cause;
    assert_int_equal(seal_burn_check(efuse, burn, &cause), SEAL_ERR_STATE);
    if (strstr(cause.text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", cause.text, says);
}

static void keys_are_refused_where_they_cannot_go(void **state)
{
    struct seal_efuse efuse = fresh();
    struct seal_burn burn = {0};

    (void)state;
    seal_burn_key(c3(), &burn, 1, key_bytes);
    assert_true(burn.secret[5]);
    assert_int_equal(seal_burn_check(&efuse, &burn, NULL), 0);
    efuse.words[5][7] = 1;
    expect_state(&efuse, &burn, "BLOCK_KEY1 holds other data");
    memcpy(efuse.words[5], burn.words[5], sizeof efuse.words[5]);
    assert_int_equal(seal_burn_check(&efuse, &burn, NULL), 0);
    set_field(&efuse, "WR_DIS", 1 << 24);
    assert_int_equal(seal_burn_check(&efuse, &burn, NULL), 0); /* is there already */
    memset(efuse.words[5], 0, sizeof efuse.words[5]);
    expect_state(&efuse, &burn, "BLOCK_KEY1 is write-protected and blank");
    set_field(&efuse, "RD_DIS", 1 << 1);
    expect_state(&efuse, &burn, "BLOCK_KEY1 is read-protected");
}

static void a_cut_burn_of_the_same_key_may_be_completed(void **state)
{
    struct seal_efuse efuse = fresh();
    struct seal_burn burn = {0};
    uint8_t key[32];

    (void)state;
    memset(key, 0xa5, sizeof key);
    seal_burn_key(c3(), &burn, 2, key);
    for (size_t i = 0; i < 8; i++)
        efuse.words[6][i] = 0xa5a50000;
    assert_int_equal(seal_burn_check(&efuse, &burn, NULL), 0);
    efuse.words[6][0] |= 2; /* a bit that the key does not have */
    expect_state(&efuse, &burn, "BLOCK_KEY2 holds other data");
    memset(efuse.words[6], 0, sizeof efuse.words[6]);
    efuse.words[6][0] = 1; /* one bit says nothing about whose it is */
    expect_state(&efuse, &burn, "BLOCK_KEY2 holds other data");
}

static void fields_are_refused_where_bits_would_fall(void **state)
{
    struct seal_efuse efuse = fresh();
    struct seal_burn burn = {0};

    (void)state;
    assert_int_equal(seal_burn_field(c3(), &burn, "KEY_PURPOSE_0", 7, NULL), 0);
    set_field(&efuse, "KEY_PURPOSE_0", 3);
    assert_int_equal(seal_burn_check(&efuse, &burn, NULL), 0);
    set_field(&efuse, "WR_DIS", 1 << 8);
    expect_state(&efuse, &burn, "KEY_PURPOSE_0 is write-protected at 0x3 and cannot become 0x7");
    set_field(&efuse, "KEY_PURPOSE_0", 8);
    expect_state(&efuse, &burn, "KEY_PURPOSE_0 is 0xb and cannot become 0x7");
}

static void protection_bits_and_counters_accumulate(void **state)
{
    struct seal_efuse efuse = fresh();
    struct seal_burn burn = {0};

    (void)state;
    set_field(&efuse, "WR_DIS", 1 << 20 | 1 << 23);
    set_field(&efuse, "RD_DIS", 1);
    set_field(&efuse, "SPI_BOOT_CRYPT_CNT", 1);
    seal_burn_protect(c3(), &burn, 1, true, true, true);
    assert_int_equal(burn.words[0][0], 1 << 24 | 1 << 9);
    assert_int_equal(burn.words[0][1], 1 << 1);
    assert_int_equal(seal_burn_field(c3(), &burn, "SPI_BOOT_CRYPT_CNT", 2, NULL), 0);
    assert_int_equal(seal_burn_check(&efuse, &burn, NULL), 0);
    set_field(&efuse, "WR_DIS", 1);
    expect_state(&efuse, &burn, "RD_DIS is write-protected");
}

static void an_unread_block_is_not_burned(void **state)
{
    struct seal_efuse efuse = fresh();
    struct seal_burn burn = {0};

    (void)state;
    seal_burn_key(c3(), &burn, 1, key_bytes);
    efuse.loaded = 1;
    assert_int_equal(seal_burn_check(&efuse, &burn, NULL), SEAL_ERR_INTERNAL);
    efuse.loaded = 1 << 5;
    assert_int_equal(seal_burn_check(&efuse, &burn, NULL), SEAL_ERR_INTERNAL);
    memset(&burn, 0, sizeof burn);
    assert_int_equal(seal_burn_check(&efuse, &burn, NULL), 0);
    burn.words[0][7] = 1; /* BLOCK0 has six words */
    efuse.loaded = 0x7ff;
    assert_int_equal(seal_burn_check(&efuse, &burn, NULL), SEAL_ERR_INTERNAL);
}

static void words_from(const char *hex, uint32_t words[static 8])
{
    uint8_t bytes[32];
    assert_int_equal(seal_hex_decode(hex, bytes, sizeof bytes), 0);
    for (size_t i = 0; i < 8; i++)
        words[i] = seal_le32(bytes + 4 * i);
}

/* One row: what espefuse programs for a purpose is what we plan for it. */
static void compare_row(const uint8_t key[static 32], char *line)
{
    const struct seal_key_purpose *purpose;
    struct seal_burn burn = {0};
    char *save = NULL, *cells[8], field[16];
    uint8_t stored[32], check[12], expected_check[12];
    uint32_t expected[8];

    for (size_t i = 0; i < 8; i++)
        assert_non_null(cells[i] = strtok_r(i == 0 ? line : NULL, ",\n", &save));
    unsigned block = (unsigned)strtoul(cells[1], NULL, 10);
    assert_non_null(purpose = seal_chip_purpose(c3(), cells[2]));
    for (size_t i = 0; i < 32; i++)
        stored[i] = key[purpose->reverse_bytes ? 31 - i : i];
    seal_burn_key(c3(), &burn, block, stored);
    snprintf(field, sizeof field, "KEY_PURPOSE_%u", block);
    assert_int_equal(seal_burn_field(c3(), &burn, field, purpose->value, NULL), 0);
    seal_burn_protect(c3(), &burn, block, cells[3][0] == '1' && purpose->read_protect, cells[4][0] == '1',
                      true);
    words_from(cells[5], expected);
    assert_memory_equal(burn.words[4 + block], expected, sizeof expected);
    words_from(cells[7], expected);
    assert_memory_equal(burn.words[0], expected, sizeof expected);
    assert_int_equal(seal_hex_decode(cells[6], expected_check, sizeof expected_check), 0);
    seal_efuse_rs_encode(stored, check);
    assert_memory_equal(check, expected_check, sizeof check);
}

static void key_burns_equal_the_reference(void **state)
{
    FILE *rows = fopen(TESTS_DIR "/vectors/efuse/esp32c3_burn_key.csv", "r");
    uint8_t key[32] = {0};
    unsigned compared = 0;
    char line[512];

    (void)state;
    assert_non_null(rows);
    while (fgets(line, sizeof line, rows) != NULL) {
        if (strncmp(line, "# key ", 6) == 0 && strlen(line) == 6 + 64 + 1) {
            line[6 + 64] = '\0';
            assert_int_equal(seal_hex_decode(line + 6, key, sizeof key), 0);
        } else if (line[0] != '#') {
            compare_row(key, line);
            compared++;
        }
    }
    fclose(rows);
    assert_int_equal(compared, 43);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read_across_words),
        cmocka_unit_test(early_s3_chips_are_told_by_their_block_version),
        cmocka_unit_test(protection_is_seen),
        cmocka_unit_test(files_have_the_layout_of_qemu),
        cmocka_unit_test(files_of_virtual_chips_hold_registers),
        cmocka_unit_test(files_tell_the_variant_by_their_revision),
        cmocka_unit_test(a_fifth_purpose_bit_goes_where_the_chip_has_it),
        cmocka_unit_test(the_c2s_key_is_protected_in_halves),
        cmocka_unit_test(the_esp32s_coding_scheme_tells_the_size_of_its_blocks),
        cmocka_unit_test(wrong_fields_are_refused),
        cmocka_unit_test(keys_are_refused_where_they_cannot_go),
        cmocka_unit_test(a_cut_burn_of_the_same_key_may_be_completed),
        cmocka_unit_test(fields_are_refused_where_bits_would_fall),
        cmocka_unit_test(protection_bits_and_counters_accumulate),
        cmocka_unit_test(an_unread_block_is_not_burned),
        cmocka_unit_test(key_burns_equal_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
