#include "unit.h"

#include <espseal/buf.h>
#include <espseal/flash_key.h>
#include <espseal/flash_layout.h>

#include <stdlib.h>
#include <string.h>

#define DATA SEAL_PARTITION_DATA

static const struct seal_partition entries[] = {
    {"nvs", DATA, 0x02, 0x9000, 0x4000, 0},
    {"otadata", DATA, 0x00, 0xD000, 0x2000, 0},
    {"phy", DATA, 0x01, 0xF000, 0x1000, 0},
    {"factory", SEAL_PARTITION_APP, 0x00, 0x10000, 0x100000, 0},
    {"nvs_keys", DATA, 0x04, 0x110000, 0x1000, 0},
    {"storage", DATA, 0x82, 0x111000, 0x2000, SEAL_PARTITION_ENCRYPTED},
    {"flagged_nvs", DATA, 0x02, 0x113000, 0x3000, SEAL_PARTITION_ENCRYPTED},
    {"tee_ota", DATA, 0x90, 0x116000, 0x2000, 0},
    {"custom", 0x40, 0x01, 0x118000, 0x1000, 0},
    {"custom_flagged", 0x40, 0x01, 0x119000, 0x1000, SEAL_PARTITION_ENCRYPTED},
    {"recovery", SEAL_PARTITION_BOOTLOADER, 0x02, 0x11A000, 0x2000, 0},
};

static struct seal_partition_table table_of(const struct seal_partition *from, size_t count)
{
    struct seal_partition_table table = {.count = count};
    memcpy(table.entries, from, count * sizeof *from);
    return table;
}

static struct seal_flash_layout layout_of(const char *chip, const struct seal_partition_table *table)
{
    return (struct seal_flash_layout){.chip = seal_chip_find(chip), .table = table};
}

static const struct {
    const char *chip;
    uint32_t at;
    uint64_t begin, end;
    enum seal_flash_part part;
    const char *partition; /* NULL: none */
    bool encrypted;
} rows[] = {
    {"esp32c3", 0, 0, 0x8000, SEAL_FLASH_PART_BOOTLOADER, NULL, true},
    {"esp32c3", 0x7FFF, 0, 0x8000, SEAL_FLASH_PART_BOOTLOADER, NULL, true},
    {"esp32c3", 0x8000, 0x8000, 0x9000, SEAL_FLASH_PART_TABLE, NULL, true},
    {"esp32c3", 0x8FFF, 0x8000, 0x9000, SEAL_FLASH_PART_TABLE, NULL, true},
    {"esp32c3", 0x9000, 0x9000, 0xD000, SEAL_FLASH_PART_PARTITION, "nvs", false},
    {"esp32c3", 0xD000, 0xD000, 0xF000, SEAL_FLASH_PART_PARTITION, "otadata", true},
    {"esp32c3", 0xF800, 0xF000, 0x10000, SEAL_FLASH_PART_PARTITION, "phy", false},
    {"esp32c3", 0x10000, 0x10000, 0x110000, SEAL_FLASH_PART_PARTITION, "factory", true},
    {"esp32c3", 0x110000, 0x110000, 0x111000, SEAL_FLASH_PART_PARTITION, "nvs_keys", true},
    {"esp32c3", 0x112FFF, 0x111000, 0x113000, SEAL_FLASH_PART_PARTITION, "storage", true},
    {"esp32c3", 0x113000, 0x113000, 0x116000, SEAL_FLASH_PART_PARTITION, "flagged_nvs", false},
    {"esp32c3", 0x116000, 0x116000, 0x118000, SEAL_FLASH_PART_PARTITION, "tee_ota", true},
    {"esp32c3", 0x118000, 0x118000, 0x119000, SEAL_FLASH_PART_PARTITION, "custom", false},
    {"esp32c3", 0x119000, 0x119000, 0x11A000, SEAL_FLASH_PART_PARTITION, "custom_flagged", true},
    {"esp32c3", 0x11A000, 0x11A000, 0x11C000, SEAL_FLASH_PART_PARTITION, "recovery", true},
    {"esp32c3", 0x11C000, 0x11C000, UINT64_C(1) << 32, SEAL_FLASH_PART_NONE, NULL, false},
    {"esp32c3", UINT32_MAX, 0x11C000, UINT64_C(1) << 32, SEAL_FLASH_PART_NONE, NULL, false},
    {"esp32", 0, 0, 0x8000, SEAL_FLASH_PART_BOOTLOADER, NULL, true},
    {"esp32", 0x1000, 0, 0x8000, SEAL_FLASH_PART_BOOTLOADER, NULL, true},
    {"esp32p4", 0, 0, 0x2000, SEAL_FLASH_PART_NONE, NULL, false},
    {"esp32p4", 0x2000, 0x2000, 0x8000, SEAL_FLASH_PART_BOOTLOADER, NULL, true},
    {"esp32s2", 0xFFF, 0, 0x1000, SEAL_FLASH_PART_NONE, NULL, false},
};

static void test_spans(void **state)
{
    (void)state;
    const struct seal_partition_table table = table_of(entries, sizeof entries / sizeof entries[0]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct seal_flash_layout layout = layout_of(rows[i].chip, &table);
        struct seal_flash_span span;
        seal_flash_layout_at(&layout, rows[i].at, &span);
        assert_int_equal(span.begin, rows[i].begin);
        assert_int_equal(span.end, rows[i].end);
        assert_int_equal(span.part, rows[i].part);
        assert_int_equal(span.encrypted, rows[i].encrypted);
        assert_non_null(span.why);
        assert_int_equal(span.partition != NULL, rows[i].partition != NULL);
        if (rows[i].partition) {
            assert_string_equal(span.partition->name, rows[i].partition);
        }
    }
}

/* Walking from 0 goes through spans that touch and ends at 4 GiB. */
static void test_spans_touch(void **state)
{
    (void)state;
    const struct seal_partition_table table = table_of(entries, sizeof entries / sizeof entries[0]);
    for (size_t i = 0; seal_chips[i]; i++) {
        struct seal_flash_layout layout = {.chip = seal_chips[i], .table = &table, .table_offset = 0x8000};
        uint64_t at = 0;
        for (unsigned steps = 0; at < UINT64_C(1) << 32; steps++) {
            struct seal_flash_span span;
            seal_flash_layout_at(&layout, (uint32_t)at, &span);
            assert_int_equal(span.begin, at);
            assert_true(span.end > at && steps < 40);
            at = span.end;
        }
    }
}

static void test_moved_table(void **state)
{
    (void)state;
    const struct seal_partition_table table = table_of(entries + 3, 1);
    struct seal_flash_layout layout = layout_of("esp32c3", &table);
    struct seal_flash_span span;
    layout.table_offset = 0xC000;
    seal_flash_layout_at(&layout, 0x8000, &span);
    assert_int_equal(span.part, SEAL_FLASH_PART_BOOTLOADER);
    seal_flash_layout_at(&layout, 0xC000, &span);
    assert_int_equal(span.part, SEAL_FLASH_PART_TABLE);
    assert_int_equal(seal_flash_layout_check(&layout, NULL), SEAL_OK);
    layout.table_offset = 0x10000; /* in the application's place */
    assert_int_equal(seal_flash_layout_check(&layout, NULL), SEAL_ERR_FORMAT);
}

static void test_overlaps(void **state)
{
    (void)state;
    static const struct {
        struct seal_partition a, b;
        int err;
    } cases[] = {
        {{"a", DATA, 0x81, 0x10000, 0x2000, 0}, {"b", DATA, 0x81, 0x11000, 0x2000, 0}, SEAL_OK},
        {{"a", DATA, 0x81, 0x10000, 0x2000, 1}, {"b", DATA, 0x81, 0x11000, 0x2000, 0}, SEAL_ERR_FORMAT},
        {{"a", DATA, 0x81, 0x10000, 0x2000, 0}, {"b", DATA, 0x81, 0x11000, 0x2000, 1}, SEAL_ERR_FORMAT},
        {{"a", DATA, 0x81, 0x10000, 0x1000, 1}, {"b", DATA, 0x81, 0x11000, 0x2000, 1}, SEAL_OK},
        {{"a", DATA, 0x81, 0x8000, 0x1000, 0}, {"b", DATA, 0x81, 0x11000, 0x2000, 1}, SEAL_ERR_FORMAT},
        {{"a", SEAL_PARTITION_BOOTLOADER, 0, 0, 0x8000, 0},
         {"b", SEAL_PARTITION_TABLE, 0, 0x8000, 0x1000, 0},
         SEAL_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct seal_partition both[] = {cases[i].a, cases[i].b};
        const struct seal_partition_table table = table_of(both, 2);
        const struct seal_flash_layout layout = layout_of("esp32c3", &table);
        assert_int_equal(seal_flash_layout_check(&layout, NULL), cases[i].err);
    }
}

/* A picture of the whole flash: each span is turned, or not, exactly as it would be by itself. */
static void test_whole_flash(void **state)
{
    (void)state;
    enum { SIZE = 0x120000 };
    const struct seal_partition_table table = table_of(entries, sizeof entries / sizeof entries[0]);
    const struct seal_flash_layout layout = layout_of("esp32c3", &table);
    uint8_t key[32];
    uint8_t *plain = malloc(SIZE), *turned = malloc(SIZE), *piece = malloc(SIZE);
    assert_true(plain && turned && piece);
    for (size_t i = 0; i < SIZE; i++) {
        plain[i] = (uint8_t)(i * 7 + i / 256);
    }
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(i * 3 + 1);
    }
    struct seal_flash_crypt *crypt = NULL;
    assert_int_equal(seal_flash_crypt_for(layout.chip, key, sizeof key, "key", 0, &crypt, NULL), SEAL_OK);
    memcpy(turned, plain, SIZE);
    size_t encrypted = 0, expected = 0;
    assert_int_equal(seal_flash_layout_encrypt(&layout, crypt, "flash", 0, turned, SIZE, &encrypted, NULL),
                     SEAL_OK);
    for (size_t at = 0; at < SIZE;) {
        struct seal_flash_span span;
        seal_flash_layout_at(&layout, (uint32_t)at, &span);
        const size_t end = span.end < SIZE ? (size_t)span.end : SIZE;
        memcpy(piece, plain + at, end - at);
        if (span.encrypted) {
            assert_int_equal(seal_flash_encrypt(crypt, (uint32_t)at, piece, piece, end - at, NULL), SEAL_OK);
            expected += end - at;
        }
        assert_memory_equal(turned + at, piece, end - at);
        at = end;
    }
    assert_int_equal(encrypted, expected);
    assert_int_equal(seal_flash_layout_decrypt(&layout, crypt, "flash", 0, turned, SIZE, NULL, NULL),
                     SEAL_OK);
    assert_memory_equal(turned, plain, SIZE);
    seal_flash_crypt_free(&crypt);
    free(plain);
    free(turned);
    free(piece);
}

static void test_files(void **state)
{
    (void)state;
    static const struct {
        uint32_t offset;
        size_t len;
        int err;
    } cases[] = {
        {0x10000, 0x100000, SEAL_OK},
        {0x10000, 0x100010, SEAL_ERR_TOO_LONG},
        {0x10000, 0x17, SEAL_ERR_FORMAT},
        {0x10008, 0x10, SEAL_ERR_FORMAT},
        {0x9000, 0x17, SEAL_OK},
        {0x9000, 0x4001, SEAL_ERR_TOO_LONG},
        {0, 0x200000, SEAL_OK},
        {0, 0x10001, SEAL_ERR_FORMAT},
        {0xFFFFF000, 0x1001, SEAL_ERR_TOO_LONG},
        {0x11C000, 3, SEAL_OK},
    };
    const struct seal_partition_table table = table_of(entries, sizeof entries / sizeof entries[0]);
    const struct seal_flash_layout layout = layout_of("esp32c3", &table);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(seal_flash_layout_check_file(&layout, "file", cases[i].offset, cases[i].len, NULL),
                         cases[i].err);
    }
}

/* facts: caps.json */
static void test_key_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *chip;
        uint8_t sizes[4];
    } chips[] = {
        {"esp32", {32, 24}}, {"esp32s2", {32, 64}}, {"esp32s3", {32, 64}}, {"esp32c2", {32, 16}},
        {"esp32c3", {32}},   {"esp32c5", {32}},     {"esp32c6", {32}},     {"esp32c61", {32}},
        {"esp32h2", {32}},   {"esp32p4", {32, 64}},
    };
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        const struct seal_chip *chip = seal_chip_find(chips[i].chip);
        uint8_t sizes[4], key[64];
        seal_flash_key_sizes(chip, sizes);
        assert_memory_equal(sizes, chips[i].sizes, 4);
        for (size_t k = 0; k < sizeof key; k++) {
            key[k] = (uint8_t)k;
        }
        for (size_t len = 0; len <= sizeof key; len++) {
            struct seal_flash_crypt *crypt = NULL;
            const bool fits = len && memchr(sizes, (int)len, 4);
            int err = seal_flash_crypt_for(chip, key, len, "key", 0xF, &crypt, NULL);
            assert_int_equal(err, fits ? SEAL_OK : SEAL_ERR_KEY);
            assert_int_equal(crypt != NULL, fits);
            seal_flash_crypt_free(&crypt);
        }
    }
}

static void test_weak_keys(void **state)
{
    (void)state;
    uint8_t key[64] = {0};
    assert_int_equal(seal_flash_key_check(key, 32, "key", NULL), SEAL_ERR_KEY);
    memset(key, 0xFF, sizeof key);
    assert_int_equal(seal_flash_key_check(key, 64, "key", NULL), SEAL_ERR_KEY);
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(i % 32);
    }
    assert_int_equal(seal_flash_key_check(key, 64, "key", NULL), SEAL_ERR_KEY);
    assert_int_equal(seal_flash_key_check(key, 32, "key", NULL), SEAL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans),       cmocka_unit_test(test_spans_touch),
        cmocka_unit_test(test_moved_table), cmocka_unit_test(test_overlaps),
        cmocka_unit_test(test_whole_flash), cmocka_unit_test(test_files),
        cmocka_unit_test(test_key_sizes),   cmocka_unit_test(test_weak_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
