/* Devices to be sealed: images that each simulated chip can start, signed, and the profiles that seal it. */
#ifndef TESTS_SIM_SEALING_RIG_H
#define TESTS_SIM_SEALING_RIG_H

#include "provision_rig.h"

#include "sim_parts.h"

#include <espseal/boot_check.h>
#include <espseal/digest.h>
#include <espseal/partition_table.h>
#include <espseal/secure_boot.h>
#include <espseal/secure_boot_v1.h>

#include <stdio.h>

#define APP_OFFSET 0x20000u
#define IMAGE_BYTES 0x120u

struct seal_rig {
    const struct seal_chip *kind;
    struct seal_key *key;
    uint8_t flash_key[64];
    struct seal_buf *bootloader, *table, *app;
    uint8_t nvs[0x3000];
    struct seal_firmware firmware[3];
    struct seal_profile profile;
};
static struct seal_key *rsa_key, *ec_key;
static const char *const any_scheme[] = {SEAL_RULE_BOOT_SCHEME, NULL}; /* of chips that check ECDSA alone */

static inline int make_signers(void **state)
{
    assert_int_equal(seal_key_generate("rsa:3072", &rsa_key, NULL), SEAL_OK);
    assert_int_equal(seal_key_generate("ec:p256", &ec_key, NULL), SEAL_OK);
    return make_identity(state);
}

static inline int free_signers(void **state)
{
    seal_key_free(&rsa_key);
    seal_key_free(&ec_key);
    return free_identity(state);
}

/* One segment with the descriptor of its kind, checksum, SHA-256, signature. */
static inline struct seal_buf *signed_image(const struct seal_rig *rig, bool app)
{
    enum { END = (32 + IMAGE_BYTES + 16) & ~15u };
    uint8_t image[END + 32] = {0xE9, 1, 2};
    uint8_t *data = image + 32, sum = 0xEF;
    struct seal_buf *message = seal_buf_new(), *out = seal_buf_new();
    struct seal_signature signature;
    seal_put_le16(image + 12, rig->kind->image_chip_id);
    image[23] = 1;
    seal_put_le32(image + 24, 0x3FCD0000);
    seal_put_le32(image + 28, IMAGE_BYTES);
    if (app) {
        seal_put_le32(data, 0xABCD5432);
        seal_put_le32(data + 4, 1);
    } else {
        data[0] = 0x50;
        memcpy(data + 8, "v5.4", 5);
        memcpy(data + 40, "Jan  1 2026 00:00:00", 21);
    }
    for (size_t i = 0; i < IMAGE_BYTES; i++) {
        sum ^= data[i];
    }
    image[END - 1] = sum;
    assert_int_equal(seal_sha256(image, END, image + END), SEAL_OK);
    assert_int_equal(seal_boot_message(image, sizeof image, false, message, NULL), SEAL_OK);
    assert_int_equal(seal_sign(rig->key, seal_buf_ptr(message), seal_buf_len(message), &signature, NULL),
                     SEAL_OK);
    assert_int_equal(seal_boot_attach(seal_buf_ptr(message), seal_buf_len(message), &signature, 1, out, NULL),
                     SEAL_OK);
    seal_buf_free(&message);
    return out;
}

static inline struct seal_buf *table_bytes(void)
{
    static const struct seal_partition_table table = {
        .has_md5 = true,
        .count = 5,
        .entries = {
            {.name = "esp_secure_cert",
             .type = 0x3F,
             .subtype = 6,
             .offset = 0xD000,
             .size = 0x2000,
             .flags = 1},
            {.name = "nvs", .type = 1, .subtype = 2, .offset = 0xF000, .size = 0x3000},
            {.name = "nvs_keys", .type = 1, .subtype = 4, .offset = 0x12000, .size = 0x1000, .flags = 1},
            {.name = "phy_init", .type = 1, .subtype = 1, .offset = 0x13000, .size = 0x1000},
            {.name = "factory", .type = 0, .subtype = 0, .offset = APP_OFFSET, .size = 0x20000},
        }};
    struct seal_buf *bytes = seal_buf_new();
    assert_int_equal(seal_partition_table_encode(&table, seal_md5, bytes, NULL), SEAL_OK);
    return bytes;
}

static inline struct seal_firmware piece(const char *name, uint32_t offset, const struct seal_buf *bytes)
{
    return (struct seal_firmware){
        .offset = offset, .data = seal_buf_ptr(bytes), .len = seal_buf_len(bytes), .name = name};
}

static inline bool has_purpose(const struct seal_chip *chip, const char *name)
{
    return chip->key_blocks > 1 && seal_chip_purpose(chip, name);
}

/* Everything that the chip has: identity, secure boot, flash encryption, NVS, anti-rollback, lockdown. */
static inline void open_rig(struct seal_rig *rig, const struct seal_chip *kind, enum seal_mode mode)
{
    struct seal_public public;
    *rig = (struct seal_rig){.kind = kind, .key = kind->secure_boot.rsa ? rsa_key : ec_key};
    rig->bootloader = signed_image(rig, false);
    rig->app = signed_image(rig, true);
    rig->table = table_bytes();
    memset(rig->nvs, 0xFF, sizeof rig->nvs);
    rig->firmware[0] = piece("bootloader.bin", kind->bootloader_offset, rig->bootloader);
    rig->firmware[1] = piece("table.bin", SEAL_PARTITION_TABLE_OFFSET, rig->table);
    rig->firmware[2] = piece("app.bin", APP_OFFSET, rig->app);
    rig->profile = profile_of(mode);
    rig->profile.no_identity = kind->ds_max_bits == 0;
    rig->profile.allow = kind->secure_boot.rsa ? NULL : any_scheme;
    rig->profile.firmware = rig->firmware;
    rig->profile.firmware_count = 3;
    struct seal_sealing *wish = &rig->profile.sealing;
    wish->secure_boot.version = 2;
    wish->secure_boot.digest_count = 1;
    wish->secure_boot.revoke_unused = kind->secure_boot.digests > 1;
    assert_int_equal(seal_public_of(rig->key, &public, NULL), SEAL_OK);
    assert_int_equal(seal_public_digest(&public, wish->secure_boot.digests[0].bytes), SEAL_OK);
    wish->flash_encryption.mode = SEAL_ENCRYPTION_RELEASE;
    wish->nvs.scheme = has_purpose(kind, "HMAC_UP") ? SEAL_NVS_HMAC : SEAL_NVS_KEYS_PARTITION;
    wish->nvs.efuse_key = -1;
    wish->nvs.data = rig->nvs;
    wish->nvs.data_len = sizeof rig->nvs;
    wish->anti_rollback.asked = true;
    wish->anti_rollback.secure_version = 1;
    wish->lockdown.jtag = SEAL_WORD_OFF;
    wish->lockdown.download = strcmp(kind->name, "esp32") == 0 ? SEAL_WORD_OFF : SEAL_WORD_SECURE;
}

static inline void close_rig(struct seal_rig *rig)
{
    seal_buf_free(&rig->bootloader);
    seal_buf_free(&rig->table);
    seal_buf_free(&rig->app);
}

static inline struct sim_chip *chip_to_seal(const struct seal_chip *kind, const char *fault)
{
    struct sim_chip *chip = NULL;
    struct seal_cause cause = {0};
    const unsigned least = kind->secure_boot.first_revision;
    const struct sim_options options = {.chip = kind,
                                        .fault = fault,
                                        .flash_size = 1u << 20,
                                        .revision = least                  ? least
                                                    : kind->first_revision ? kind->first_revision
                                                    : kind->variants       ? 1
                                                                           : 0};
    if (sim_chip_new(&options, &chip, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    return chip;
}

/* The fuses as the hardware uses them: behind read-protection, and with what their code corrects. */
static inline void real_fuses(struct sim_chip *chip, const struct seal_chip *kind, struct seal_efuse *efuse)
{
    *efuse = (struct seal_efuse){.chip = kind, .loaded = ~0u};
    for (unsigned block = 0; block < kind->efuse->block_count; block++) {
        memcpy(efuse->words[block], chip->efuse.loaded[block], sizeof efuse->words[block]);
    }
}

/* What its ROM and bootloader will do, from fuses and flash alone. */
static inline void assert_boots(struct sim_chip *chip, const struct seal_rig *rig, const char *where)
{
    struct seal_efuse efuse;
    struct seal_boot_report report;
    size_t size;
    real_fuses(chip, rig->kind, &efuse);
    const struct seal_boot_question question = {.efuse = &efuse,
                                                .flash = sim_chip_flash(chip, &size),
                                                .flash_size = 1u << 20,
                                                .revision = (int)rig->kind->secure_boot.first_revision};
    assert_int_equal(seal_boot_check(&question, &report, NULL), SEAL_OK);
    if (report.verdict != SEAL_WILL_BOOT) {
        fail_msg("%s, %s: %s: %s", rig->kind->title, where, seal_boot_will_name(report.verdict), report.why);
    }
}

/* Secure Boot v1: the app with its 68 bytes, the bootloader without a signature. */
static inline void sign_v1(struct seal_rig *rig)
{
    struct seal_signature signature;
    uint8_t bytes[SEAL_BOOT_V1_SIGNATURE_LEN];
    seal_buf_truncate(rig->bootloader, seal_buf_len(rig->bootloader) - SEAL_BOOT_SECTOR);
    seal_buf_truncate(rig->app, seal_buf_len(rig->app) - SEAL_BOOT_SECTOR);
    assert_int_equal(
        seal_boot_v1_sign(ec_key, seal_buf_ptr(rig->app), seal_buf_len(rig->app), &signature, NULL), SEAL_OK);
    assert_int_equal(seal_boot_v1_put(&signature, bytes), SEAL_OK);
    assert_int_equal(seal_buf_put(rig->app, bytes, sizeof bytes), SEAL_OK);
    rig->firmware[0] = piece("bootloader.bin", 0x1000, rig->bootloader);
    rig->firmware[2] = piece("app.bin", APP_OFFSET, rig->app);
}

#endif
