/* What a chip does at its next reset: each verdict of the ROM and of ESP-IDF's bootloader. */
#include "unit.h"

#include <espseal/boot_check.h>
#include <espseal/digest.h>
#include <espseal/flash_crypt.h>
#include <espseal/partition_table.h>
#include <espseal/secure_boot_v1.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLASH_SIZE 0x400000u
#define APP_LEN 0x120u

struct rig {
    struct seal_efuse efuse;
    uint8_t *flash;
    struct seal_boot_question question;
    struct seal_boot_report report;
};

static void open_rig(struct rig *rig, const char *chip)
{
    *rig = (struct rig){.efuse = {.chip = seal_chip_find(chip), .loaded = ~0u}};
    rig->flash = malloc(FLASH_SIZE);
    assert_non_null(rig->efuse.chip);
    assert_non_null(rig->flash);
    memset(rig->flash, 0xFF, FLASH_SIZE);
    rig->question = (struct seal_boot_question){
        .efuse = &rig->efuse, .flash = rig->flash, .flash_size = FLASH_SIZE, .revision = -1};
}

static void close_rig(struct rig *rig)
{
    free(rig->flash);
}

static void burn(struct rig *rig, const char *field, uint32_t value)
{
    struct seal_burn burned = {0};
    struct seal_efuse after;
    assert_int_equal(seal_burn_field(rig->efuse.chip, &burned, field, value, NULL), SEAL_OK);
    seal_boot_efuse_after(&rig->efuse, &burned, &after);
    rig->efuse = after;
}

static void burn_key(struct rig *rig, const uint8_t key[static 32])
{
    struct seal_burn burned = {0};
    struct seal_efuse after;
    uint8_t reversed[32];
    for (size_t i = 0; i < 32; i++) {
        reversed[31 - i] = key[i];
    }
    seal_burn_key(rig->efuse.chip, &burned, 0, reversed);
    seal_boot_efuse_after(&rig->efuse, &burned, &after);
    rig->efuse = after;
    burn(rig, "KEY_PURPOSE_0", seal_chip_purpose(rig->efuse.chip, "XTS_AES_128_KEY")->value);
}

enum kind { PLAIN, BOOTLOADER, APP };

struct image {
    uint32_t offset;
    enum kind kind;
    uint32_t secure_version;
    uint16_t min_revision;
};

/* One segment of APP_LEN bytes with the descriptor of its kind, checksum and SHA-256. */
static void put_image(struct rig *rig, const struct image *image)
{
    uint8_t *at = rig->flash + image->offset;
    uint8_t *data = at + 32;
    uint8_t sum = 0xEF;
    const size_t end = (32 + APP_LEN + 16) & ~15u;
    memset(at, 0, end);
    at[0] = 0xE9;
    at[1] = 1;
    at[2] = 2;
    seal_put_le16(at + 12, rig->efuse.chip->image_chip_id);
    seal_put_le16(at + 15, image->min_revision);
    at[23] = 1;
    seal_put_le32(at + 24, 0x3FCD0000);
    seal_put_le32(at + 28, APP_LEN);
    if (image->kind == APP) {
        seal_put_le32(data, 0xABCD5432);
        seal_put_le32(data + 4, image->secure_version);
    } else if (image->kind == BOOTLOADER) {
        data[0] = 0x50;
        memcpy(data + 8, "v5.4", 5);
        memcpy(data + 40, "Jan  1 2026 00:00:00", 21);
    }
    for (size_t i = 0; i < APP_LEN; i++) {
        sum ^= data[i];
    }
    at[end - 1] = sum;
    assert_int_equal(seal_sha256(at, end, at + end), SEAL_OK);
}

static void put_table(struct rig *rig, bool factory)
{
    struct seal_partition_table table = {.has_md5 = true};
    struct seal_buf *bytes = seal_buf_new();
    table.entries[table.count++] =
        (struct seal_partition){.name = "otadata", .type = 1, .subtype = 0, .offset = 0xE000, .size = 0x2000};
    if (factory) {
        table.entries[table.count++] = (struct seal_partition){
            .name = "factory", .type = 0, .subtype = 0, .offset = 0x10000, .size = 0x10000};
    }
    table.entries[table.count++] = (struct seal_partition){
        .name = "ota_0", .type = 0, .subtype = 0x10, .offset = 0x20000, .size = 0x10000};
    table.entries[table.count++] = (struct seal_partition){
        .name = "ota_1", .type = 0, .subtype = 0x11, .offset = 0x30000, .size = 0x10000};
    assert_int_equal(seal_partition_table_encode(&table, seal_md5, bytes, NULL), SEAL_OK);
    memcpy(rig->flash + 0x8000, seal_buf_ptr(bytes), seal_buf_len(bytes));
    seal_buf_free(&bytes);
}

static void put_otadata(struct rig *rig, unsigned sector, uint32_t sequence, uint32_t state, uint32_t crc)
{
    uint8_t *at = rig->flash + 0xE000 + sector * 0x1000;
    seal_put_le32(at, sequence);
    seal_put_le32(at + 24, state);
    seal_put_le32(at + 28, crc);
}

static void judge(struct rig *rig)
{
    struct seal_cause cause = {0};
    int err = seal_boot_check(&rig->question, &rig->report, &cause);
    if (err) {
        fail_msg("%s", cause.text);
    }
}

static void expect(struct rig *rig, enum seal_boot_will verdict, const char *decided_by)
{
    judge(rig);
    assert_string_equal(seal_boot_will_name(rig->report.verdict), seal_boot_will_name(verdict));
    assert_string_equal(rig->report.decided_by, decided_by);
    assert_true(rig->report.why[0]);
    assert_true(rig->report.count > 0);
}

/* --- the ROM --- */

static void test_rom(void **state)
{
    (void)state;
    struct rig rig;
    open_rig(&rig, "esp32c3");
    expect(&rig, SEAL_WILL_LOOP, "header");
    put_image(&rig, &(struct image){.min_revision = 900}); /* the ROM does not mind */
    expect(&rig, SEAL_WILL_BOOT, "");
    assert_false(rig.report.app_asked);
    rig.flash[400] ^= 1; /* in the SHA-256 only */
    expect(&rig, SEAL_WILL_BOOT, "");
    rig.flash[60] ^= 1;
    expect(&rig, SEAL_WILL_REFUSE, "checksum");
    rig.flash[12] = 9;
    expect(&rig, SEAL_WILL_REFUSE, "chip");
    rig.flash[1] = 17;
    expect(&rig, SEAL_WILL_REFUSE, "header");
    put_image(&rig, &(struct image){0});
    seal_put_le32(rig.flash + 28, 0x7FFFFFFF);
    expect(&rig, SEAL_WILL_REFUSE, "segments");
    put_image(&rig, &(struct image){0});
    burn(&rig, "SECURE_BOOT_EN", 1);
    rig.question.revision = 3;
    expect(&rig, SEAL_WILL_REFUSE, "signature");
    rig.question.revision = 0; /* whose ROM has no secure boot */
    expect(&rig, SEAL_WILL_UNKNOWN, "secure boot");
    close_rig(&rig);
}

static void test_unmeasured_rom(void **state)
{
    (void)state;
    struct rig rig;
    open_rig(&rig, "esp32c6");
    put_image(&rig, &(struct image){0});
    expect(&rig, SEAL_WILL_BOOT, "");
    rig.flash[32 + APP_LEN + 20] ^= 1;
    expect(&rig, SEAL_WILL_UNKNOWN, "hash");
    close_rig(&rig);
    open_rig(&rig, "esp32c61");
    expect(&rig, SEAL_WILL_LOOP, "header");
    burn(&rig, "RECOVERY_BOOTLOADER_FLASH_SECTOR", 8);
    expect(&rig, SEAL_WILL_UNKNOWN, "recovery");
    put_image(&rig, &(struct image){.kind = BOOTLOADER});
    rig.question.rom_only = true;
    expect(&rig, SEAL_WILL_BOOT, "");
    burn(&rig, "BOOTLOADER_ANTI_ROLLBACK_EN", 1);
    expect(&rig, SEAL_WILL_BOOT, "");
    burn(&rig, "BOOTLOADER_ANTI_ROLLBACK_SECURE_VERSION", 1);
    expect(&rig, SEAL_WILL_UNKNOWN, "recovery"); /* refused, and another one may be there */
    close_rig(&rig);
}

static void test_esp32(void **state)
{
    (void)state;
    struct rig rig;
    open_rig(&rig, "esp32");
    put_image(&rig, &(struct image){.offset = 0x1000});
    expect(&rig, SEAL_WILL_BOOT, "");
    burn(&rig, "CHIP_VER_REV1", 1);
    burn(&rig, "CHIP_VER_REV2", 1);
    burn(&rig, "ABS_DONE_1", 1);
    expect(&rig, SEAL_WILL_UNKNOWN, "secure boot"); /* v2 or v3: the third bit is in no fuse */
    rig.question.revision = 300;
    expect(&rig, SEAL_WILL_REFUSE, "signature");
    burn(&rig, "UART_DOWNLOAD_DIS", 1);
    rig.question.download_strap = true;
    expect(&rig, SEAL_WILL_REFUSE, "download");
    close_rig(&rig);
}

static void test_v1(void **state)
{
    (void)state;
    static const uint8_t iv[SEAL_BOOT_V1_IV_LEN] = {1, 2, 3};
    const size_t image_len = ((32 + APP_LEN + 16) & ~15u) + 32;
    uint8_t key[32];
    struct rig rig;
    struct seal_buf *file = seal_buf_new();
    open_rig(&rig, "esp32");
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(11 * i + 2);
        rig.efuse.words[2][(31 - i) / 4] |= (uint32_t)key[i] << 8 * ((31 - i) % 4);
    }
    put_image(&rig, &(struct image){.offset = 0x1000});
    burn(&rig, "ABS_DONE_0", 1);
    expect(&rig, SEAL_WILL_REFUSE, "signature");
    assert_true(rig.report.secure_boot);
    assert_int_equal(seal_boot_v1_bootloader(key, iv, rig.flash + 0x1000, image_len, file, NULL), SEAL_OK);
    memcpy(rig.flash, seal_buf_ptr(file), seal_buf_len(file));
    expect(&rig, SEAL_WILL_BOOT, "");
    rig.flash[130] ^= 1;
    expect(&rig, SEAL_WILL_REFUSE, "signature");
    rig.flash[130] ^= 1;
    burn(&rig, "ABS_DONE_1", 1);
    expect(&rig, SEAL_WILL_UNKNOWN, "secure boot"); /* both */
    close_rig(&rig);
    open_rig(&rig, "esp32");
    memcpy(rig.flash, seal_buf_ptr(file), seal_buf_len(file));
    burn(&rig, "ABS_DONE_0", 1);
    burn(&rig, "RD_DIS", 2);
    expect(&rig, SEAL_WILL_UNKNOWN, "secure boot"); /* the key is hidden */
    close_rig(&rig);
    seal_buf_free(&file);
}

static void test_download(void **state)
{
    (void)state;
    struct rig rig;
    open_rig(&rig, "esp32s3");
    rig.question.download_strap = true;
    expect(&rig, SEAL_WILL_DOWNLOAD, "download");
    assert_false(rig.report.secure_download);
    burn(&rig, "ENABLE_SECURITY_DOWNLOAD", 1);
    expect(&rig, SEAL_WILL_DOWNLOAD, "download");
    assert_true(rig.report.secure_download);
    burn(&rig, "DIS_DOWNLOAD_MODE", 1);
    expect(&rig, SEAL_WILL_LOOP, "download");
    rig.question.download_strap = false;
    put_image(&rig, &(struct image){0});
    expect(&rig, SEAL_WILL_BOOT, "");
    burn(&rig, "DIS_USB_JTAG", 1);
    burn(&rig, "DIS_USB_SERIAL_JTAG", 1);
    expect(&rig, SEAL_WILL_UNKNOWN, "usb");
    close_rig(&rig);
}

/* --- flash encryption --- */

static void encrypt(struct rig *rig, const uint8_t key[static 32], uint32_t from, uint32_t to)
{
    struct seal_flash_crypt *crypt = NULL;
    assert_int_equal(seal_flash_crypt_new(SEAL_FLASH_SCHEME_XTS, key, 32, 0, &crypt, NULL), SEAL_OK);
    assert_int_equal(seal_flash_encrypt(crypt, from, rig->flash + from, rig->flash + from, to - from, NULL),
                     SEAL_OK);
    seal_flash_crypt_free(&crypt);
}

static void test_encrypted(void **state)
{
    (void)state;
    struct rig rig;
    uint8_t key[32];
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(7 * i + 1);
    }
    open_rig(&rig, "esp32c3");
    put_image(&rig, &(struct image){.kind = BOOTLOADER});
    put_table(&rig, true);
    put_image(&rig, &(struct image){.offset = 0x10000, .kind = APP});
    expect(&rig, SEAL_WILL_BOOT, "");
    burn(&rig, "SPI_BOOT_CRYPT_CNT", 1);
    expect(&rig, SEAL_WILL_REFUSE, "encryption"); /* no key */
    burn_key(&rig, key);
    expect(&rig, SEAL_WILL_LOOP, "header"); /* plaintext */
    encrypt(&rig, key, 0, 0x40000);
    expect(&rig, SEAL_WILL_BOOT, "");
    assert_string_equal(rig.report.app_name, "factory");
    assert_true(rig.report.encrypted);
    burn(&rig, "SPI_BOOT_CRYPT_CNT", 3);
    expect(&rig, SEAL_WILL_LOOP, "header"); /* off again: ciphertext is read as it lies there */
    burn(&rig, "SPI_BOOT_CRYPT_CNT", 7);
    expect(&rig, SEAL_WILL_BOOT, "");
    rig.flash[0x10040] ^= 1;
    expect(&rig, SEAL_WILL_REFUSE, "checksum");
    close_rig(&rig);
}

static void test_hidden_key(void **state)
{
    (void)state;
    struct rig rig;
    struct seal_cause cause;
    uint8_t key[32];
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(5 * i + 3);
    }
    open_rig(&rig, "esp32c3");
    burn(&rig, "SPI_BOOT_CRYPT_CNT", 1);
    burn(&rig, "KEY_PURPOSE_0", seal_chip_purpose(rig.efuse.chip, "XTS_AES_128_KEY")->value);
    burn(&rig, "RD_DIS", 1);
    expect(&rig, SEAL_WILL_LOOP, "header"); /* erased */
    put_image(&rig, &(struct image){0});
    expect(&rig, SEAL_WILL_LOOP, "encryption"); /* plaintext */
    encrypt(&rig, key, 0, 0x1000);
    expect(&rig, SEAL_WILL_UNKNOWN, "encryption");
    rig.question.key = key;
    rig.question.key_len = sizeof key;
    expect(&rig, SEAL_WILL_BOOT, "");
    rig.question.key_len = 16;
    assert_int_equal(seal_boot_check(&rig.question, &rig.report, &cause), SEAL_ERR_KEY);
    rig.question.key_len = sizeof key;
    key[0] ^= 1;
    expect(&rig, SEAL_WILL_LOOP, "header");
    burn_key(&rig, (const uint8_t[32]){1, 2, 3});
    assert_int_equal(seal_boot_check(&rig.question, &rig.report, &cause), SEAL_ERR_MISMATCH);
    rig.question.key = NULL;
    burn(&rig, "KEY_PURPOSE_1", seal_chip_purpose(rig.efuse.chip, "XTS_AES_128_KEY")->value);
    expect(&rig, SEAL_WILL_UNKNOWN, "encryption"); /* which of two? */
    close_rig(&rig);
    open_rig(&rig, "esp32c3");
    burn(&rig, "SPI_BOOT_CRYPT_CNT", 1);
    burn(&rig, "KEY_PURPOSE_5", seal_chip_purpose(rig.efuse.chip, "XTS_AES_128_KEY")->value);
    expect(&rig, SEAL_WILL_UNKNOWN, "encryption"); /* the chip cannot use a key from there */
    close_rig(&rig);
}

/* --- the bootloader --- */

static void expect_app(struct rig *rig, const char *name)
{
    expect(rig, SEAL_WILL_BOOT, "");
    assert_true(rig->report.app_asked);
    assert_string_equal(rig->report.app_name, name);
}

static void test_choice(void **state)
{
    (void)state;
    struct rig rig;
    open_rig(&rig, "esp32c3");
    put_image(&rig, &(struct image){.kind = BOOTLOADER});
    expect(&rig, SEAL_WILL_REFUSE, "table");
    put_table(&rig, true);
    expect(&rig, SEAL_WILL_REFUSE, "header"); /* no app anywhere */
    put_image(&rig, &(struct image){.offset = 0x10000, .kind = APP});
    put_image(&rig, &(struct image){.offset = 0x20000, .kind = APP});
    put_image(&rig, &(struct image){.offset = 0x30000, .kind = APP});
    expect_app(&rig, "factory");
    put_otadata(&rig, 0, 1, 2, 0x4743989A); /* the CRC of sequence 1 as in any device */
    expect_app(&rig, "ota_0");
    put_otadata(&rig, 1, 2, 2, 0x55F63774);
    expect_app(&rig, "ota_1");
    put_otadata(&rig, 1, 2, 2, 0x55F63775);
    expect_app(&rig, "ota_0");
    put_otadata(&rig, 1, 2, 3, 0x55F63774); /* marked invalid */
    expect_app(&rig, "ota_0");
    rig.flash[0x20040] ^= 1;
    expect_app(&rig, "factory");
    rig.flash[0x10040] ^= 1;
    expect_app(&rig, "ota_1");
    close_rig(&rig);
}

static void test_app(void **state)
{
    (void)state;
    struct rig rig;
    open_rig(&rig, "esp32c3");
    put_image(&rig, &(struct image){.kind = BOOTLOADER});
    put_table(&rig, false);
    put_image(&rig, &(struct image){.offset = 0x20000, .kind = APP, .min_revision = 4});
    rig.question.revision = 3;
    rig.flash[0x30000] = 0;
    expect(&rig, SEAL_WILL_REFUSE, "revision"); /* of ota_0, the first that was tried */
    assert_int_equal(rig.report.app, SEAL_WILL_REFUSE);
    assert_int_equal(rig.report.rom, SEAL_WILL_BOOT);
    rig.question.revision = 4;
    expect_app(&rig, "ota_0");
    burn(&rig, "SECURE_VERSION", 3);
    expect(&rig, SEAL_WILL_REFUSE, "rollback");
    put_image(&rig, &(struct image){.offset = 0x30000, .kind = APP, .secure_version = 2});
    expect_app(&rig, "ota_1");
    rig.question.rom_only = true;
    expect(&rig, SEAL_WILL_BOOT, "");
    assert_false(rig.report.app_asked);
    close_rig(&rig);
}

/* The same through a function, and a reader that fails. */
static int read_flash(void *ctx, uint32_t offset, uint8_t *data, size_t len, struct seal_cause *cause)
{
    const struct rig *rig = ctx;
    if (!rig->flash) {
        return seal_fail(cause, SEAL_ERR_LINK, "gone");
    }
    assert_true(offset <= FLASH_SIZE && len <= FLASH_SIZE - offset);
    memcpy(data, rig->flash + offset, len);
    return SEAL_OK;
}

static void test_reader(void **state)
{
    (void)state;
    struct rig rig;
    struct seal_cause cause;
    open_rig(&rig, "esp32c3");
    put_image(&rig, &(struct image){0});
    rig.question.read = read_flash;
    rig.question.read_ctx = &rig;
    rig.question.flash = NULL;
    expect(&rig, SEAL_WILL_BOOT, "");
    rig.question.flash_size = 64;
    expect(&rig, SEAL_WILL_REFUSE, "segments");
    close_rig(&rig);
    rig.flash = NULL;
    assert_int_equal(seal_boot_check(&rig.question, &rig.report, &cause), SEAL_ERR_LINK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rom),       cmocka_unit_test(test_unmeasured_rom),
        cmocka_unit_test(test_esp32),     cmocka_unit_test(test_download),
        cmocka_unit_test(test_encrypted), cmocka_unit_test(test_hidden_key),
        cmocka_unit_test(test_choice),    cmocka_unit_test(test_app),
        cmocka_unit_test(test_reader),    cmocka_unit_test(test_v1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
