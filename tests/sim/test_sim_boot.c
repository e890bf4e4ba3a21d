/*
 * The simulated ROM starting from flash, word by word as the real ESP32-C3 ROM was heard in Espressif's
 * emulator in the same states (tests/qemu/test_boot.sh compares all of them where the emulator is).
 */
#include "unit.h"

#include "sim.h"

#include <espseal/buf.h>
#include <espseal/file.h>
#include <espseal/flash_crypt.h>
#include <espseal/secure_boot.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANNER                                                                                               \
    "ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021\r\nrst:0x1 (POWERON),boot:0x8 "                      \
    "(SPI_FAST_FLASH_BOOT)\r\n"
#define SPI "SPIWP:0xee\r\nmode:DIO, clock div:2\r\n"
#define LOAD "load:0x3fcd0000,len:0x10\r\nload:0x403d0000,len:0x40\r\n"
#define ENTRY "entry 0x403d0000\r\n"
#define SLOT_0 "Valid secure boot key blocks: 0\r\n"
#define FAILED "secure boot verification failed\r\nets_main.c 333 \r\n"
#define PASSED "secure boot verification succeeded\r\n"

enum { KEY0 = 4, KEY1 = 5, CHECKSUM_AT = 127, HASH_AT = 128, SECTOR_AT = 4096 };

struct rig {
    struct sim_chip *chip;
    struct seal_buf *image;
    struct seal_buf *signed_image;
    uint8_t digest[32];
};

static int setup(void **state)
{
    char path[512];
    struct rig *rig = calloc(1, sizeof *rig);
    struct seal_buf *message = seal_buf_new();
    struct seal_signature signature;
    struct seal_key *key = NULL;
    rig->signed_image = seal_buf_new();
    (void)snprintf(path, sizeof path, "%s/qemu/hello-esp32c3.bin", TESTS_DIR);
    assert_int_equal(seal_file_read(path, 4096, 0, &rig->image, NULL), SEAL_OK);
    assert_int_equal(seal_key_generate("rsa:3072", &key, NULL), SEAL_OK);
    assert_int_equal(
        seal_boot_message(seal_buf_ptr(rig->image), seal_buf_len(rig->image), false, message, NULL), SEAL_OK);
    assert_int_equal(seal_sign(key, seal_buf_ptr(message), seal_buf_len(message), &signature, NULL), SEAL_OK);
    assert_int_equal(seal_boot_attach(seal_buf_ptr(message), seal_buf_len(message), &signature, 1,
                                      rig->signed_image, NULL),
                     SEAL_OK);
    assert_int_equal(seal_public_digest(&signature.key, rig->digest), SEAL_OK);
    seal_key_free(&key);
    seal_buf_free(&message);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    seal_buf_free(&rig->image);
    seal_buf_free(&rig->signed_image);
    free(rig);
    return 0;
}

/* A blank chip that starts from flash, and its flash. */
static uint8_t *power_on(struct rig *rig, const char *name)
{
    const struct sim_options options = {.chip = seal_chip_find(name), .from_flash = true};
    struct seal_cause cause = {0};
    size_t size;
    if (sim_chip_new(&options, &rig->chip, &cause)) {
        fail_msg("%s", cause.text);
    }
    return sim_chip_flash(rig->chip, &size);
}

static void put(uint8_t *flash, const struct seal_buf *bytes)
{
    memset(flash, 0xFF, 3 * SECTOR_AT);
    memcpy(flash, seal_buf_ptr(bytes), seal_buf_len(bytes));
}

static void expect(struct rig *rig, bool started, const char *words)
{
    char heard[4096];
    sim_chip_power_cycle(rig->chip);
    size_t len = sim_chip_read(rig->chip, (uint8_t *)heard, sizeof heard - 1, 0);
    heard[len] = '\0';
    assert_string_equal(heard, words);
    assert_int_equal(sim_chip_started(rig->chip), started);
}

static void fuse(struct rig *rig, const char *name, uint32_t value)
{
    const struct seal_chip *chip = seal_chip_find("esp32c3");
    const struct seal_efuse_field *field = seal_chip_field(chip, name);
    uint32_t words[8] = {0};
    assert_non_null(field);
    words[field->bit / 32] = value << field->bit % 32;
    sim_chip_set_fuses(rig->chip, field->block, words);
}

static void fuse_block(struct rig *rig, unsigned block, const uint8_t bytes[static 32])
{
    uint32_t words[8];
    for (size_t i = 0; i < 8; i++) {
        words[i] = seal_le32(bytes + 4 * i);
    }
    sim_chip_set_fuses(rig->chip, block, words);
}

static void test_plain(void **state)
{
    struct rig *rig = *state;
    uint8_t *flash = power_on(rig, "esp32c3");
    expect(rig, false, BANNER "invalid header: 0xffffffff\r\n");
    put(flash, rig->image);
    expect(rig, true, BANNER SPI LOAD ENTRY);
    flash[CHECKSUM_AT] = 0;
    expect(rig, false,
           BANNER SPI LOAD "Checksum failure. Calculated 0xaf stored 0x00\r\nets_main.c 333 \r\n");
    put(flash, rig->image);
    flash[HASH_AT + 31] ^= 1;
    expect(rig, true,
           BANNER SPI LOAD "SHA-256 comparison failed:\r\n"
                           "Calculated: 47c1d52c953600ee986d15f293562a5df726c9592623a30c4242b4e8d31bb739\r\n"
                           "Expected: 47c1d52c953600ee986d15f293562a5df726c9592623a30c4242b4e8d31bb738\r\n"
                           "Attempting to boot anyway...\r\n" ENTRY);
    flash[12] = 99;
    expect(rig, false,
           BANNER "Invalid chip id. Expected 5 read 99. Bootloader for wrong chip?\r\nets_main.c 333 \r\n");
    flash[1] = 17;
    expect(rig, false, BANNER "Invalid image block count: 17 (max 16)\r\nets_main.c 333 \r\n");
    put(flash, rig->image);
    seal_put_le32(flash + 28, 0x7FFFFFFF);
    expect(rig, false,
           BANNER SPI
           "load:0x3fcd0000,len:0x7fffffff\r\nInvalid image block, can't boot.\r\nets_main.c 333 \r\n");
    sim_chip_free(&rig->chip);
}

static void test_secure_boot(void **state)
{
    struct rig *rig = *state;
    uint8_t *flash = power_on(rig, "esp32c3");
    put(flash, rig->signed_image);
    expect(rig, true, BANNER SPI LOAD ENTRY);
    fuse(rig, "SECURE_BOOT_EN", 1);
    expect(rig, false, BANNER SPI FAILED);
    fuse(rig, "KEY_PURPOSE_0", 9);
    expect(rig, false, BANNER SPI SLOT_0 "Sig block 0 signed with untrusted key\r\n" FAILED);
    fuse_block(rig, KEY0, rig->digest);
    expect(rig, true, BANNER SPI SLOT_0 PASSED LOAD ENTRY);
    flash[2000] ^= 1;
    expect(rig, false, BANNER SPI SLOT_0 "Sig block 0 invalid: Image digest does not match\r\n" FAILED);
    flash[60] ^= 1;
    expect(rig, false, BANNER SPI SLOT_0 "SHA-256 simple hash comparison failed.\r\n" FAILED);
    put(flash, rig->image);
    expect(rig, false,
           BANNER SPI SLOT_0
           "No signature block magic byte found at signature sector (found 0xff not 0xe7). Image "
           "not V2 signed?\r\n" FAILED);
    put(flash, rig->signed_image);
    fuse(rig, "KEY_PURPOSE_1", 10);
    expect(rig, true, BANNER SPI "Valid secure boot key blocks: 0 1\r\n" PASSED LOAD ENTRY);
    fuse(rig, "SECURE_BOOT_KEY_REVOKE0", 1);
    expect(rig, false,
           BANNER SPI "Valid secure boot key blocks: 1\r\nSig block 0 signed with untrusted key\r\n" FAILED);
    sim_chip_free(&rig->chip);
}

static void test_encrypted(void **state)
{
    struct rig *rig = *state;
    uint8_t key[32], reversed[32];
    struct seal_flash_crypt *crypt = NULL;
    uint8_t *flash = power_on(rig, "esp32c3");
    for (size_t i = 0; i < 32; i++) {
        key[i] = (uint8_t)i; /* the key of the captures */
        reversed[31 - i] = (uint8_t)i;
    }
    put(flash, rig->image);
    fuse(rig, "SPI_BOOT_CRYPT_CNT", 1);
    fuse(rig, "KEY_PURPOSE_0", 4);
    fuse_block(rig, KEY0, reversed);
    expect(rig, false, BANNER "invalid header: 0xa2101585\r\n"); /* plaintext; the real ROM's own number */
    put(flash, rig->signed_image);
    assert_int_equal(seal_flash_crypt_new(SEAL_FLASH_SCHEME_XTS, key, 32, 0, &crypt, NULL), SEAL_OK);
    assert_int_equal(seal_flash_encrypt(crypt, 0, flash, flash, 2 * SECTOR_AT, NULL), SEAL_OK);
    expect(rig, true, BANNER SPI LOAD ENTRY);
    fuse(rig, "RD_DIS", 1);
    fuse(rig, "KEY_PURPOSE_1", 9);
    fuse_block(rig, KEY1, rig->digest);
    fuse(rig, "SECURE_BOOT_EN", 1);
    expect(rig, true, BANNER SPI SLOT_0 PASSED LOAD ENTRY);
    fuse(rig, "SPI_BOOT_CRYPT_CNT", 3);
    expect(rig, false, BANNER "invalid header: 0x6f327ab3\r\n");
    fuse(rig, "SPI_BOOT_CRYPT_CNT", 7);
    fuse(rig, "RD_DIS", 2); /* and now the digest, too */
    expect(rig, false, BANNER SPI SLOT_0 "Sig block 0 signed with untrusted key\r\n" FAILED);
    seal_flash_crypt_free(&crypt);
    sim_chip_free(&rig->chip);
}

/* No loader answers a chip that was strapped to boot. */
static void test_silent(void **state)
{
    static const uint8_t sync[] = {0xC0, 0x00, 0x08, 0x24, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC0};
    struct rig *rig = *state;
    uint8_t heard[8];
    (void)power_on(rig, "esp32s3");
    while (sim_chip_read(rig->chip, heard, sizeof heard, 0)) {
    }
    assert_int_equal(sim_chip_feed(rig->chip, sync, sizeof sync), SEAL_OK);
    assert_int_equal(sim_chip_read(rig->chip, heard, sizeof heard, 1000000), 0);
    sim_chip_free(&rig->chip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_secure_boot),
        cmocka_unit_test(test_encrypted),
        cmocka_unit_test(test_silent),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
