/* Devices for tests of the audit: snapshots of fuses, and flash made in memory. */
#ifndef TESTS_UNIT_AUDIT_RIG_H
#define TESTS_UNIT_AUDIT_RIG_H

#include "fuse_state.h"

#include "seal/audit.h"

#include <espseal/cert_bundle.h>
#include <espseal/digest.h>
#include <espseal/identity_partition.h>
#include <espseal/nvs.h>
#include <espseal/nvs_crypt.h>
#include <espseal/release.h>
#include <espseal/secret.h>

enum { RIG_FLASH = 0x50000, RIG_NVS = 0x9000, RIG_CERT = 0xD000, RIG_APP = 0x10000, RIG_APP_LEN = 0x800 };

enum {                     /* what lies in flash */
       FLASH_TABLE = 1,    /* nvs, esp_secure_cert, factory, ota_0, ota_1, otadata, nvs_keys */
       FLASH_IMAGES = 2,   /* bootloader, and application in factory */
       FLASH_SIGNED = 4,   /* by the key whose digest fuses DIGEST=slot hold */
       FLASH_CIPHER = 8,   /* encrypted with the key of the fuses, as far as it must be */
       FLASH_NVS = 16,     /* settings */
       FLASH_PSWD = 32,    /* and a password among them */
       FLASH_NVS_ENC = 64, /* encrypted */
       FLASH_NVS_BAD = 128,
       FLASH_CERT = 256, /* a certificate */
       FLASH_DS = 512,   /* with Digital Signature data */
       FLASH_KEY = 1024, /* with its key in the clear */
       FLASH_CERT_BAD = 2048,
       FLASH_PEM = 8192,     /* a private key where nothing is */
       FLASH_BUNDLE = 16384, /* a certificate bundle in the application */
       FLASH_NEWER = 32768,  /* the application's secure version is 1 */
       FLASH_SINGLE = 65536, /* a table without OTA */
       FLASH_KEYS_PLAIN = 1 << 17,
       FLASH_CUT = 1 << 18,   /* the file ends in the middle of the application */
       FLASH_REST = 1 << 19,  /* as FLASH_CIPHER, with the application in the clear */
       FLASH_OTHER = 1 << 20, /* images of another chip */
       FLASH_TORN = 1 << 21,  /* half a page of NVS */
};
#define FLASH_WHOLE (FLASH_TABLE | FLASH_IMAGES)

enum {                   /* how it is looked at */
       RIG_NO_FUSES = 1, /* secure download mode */
       RIG_SILENT = 2,   /* not even security information */
       RIG_NO_FLASH = 4,
       RIG_HIDE = 8,      /* read-protected keys read as zero, as from a chip */
       RIG_GIVE_KEY = 16, /* the key of flash encryption is known otherwise */
       RIG_RELEASE = 32,  /* every bit of the release lists of what is on */
       RIG_FILE = 64,     /* fuses from a file */
       RIG_ERRORS = 128,  /* a block reports an error */
       RIG_PROVEN = 256,
       RIG_DISPROVEN = 512,
       RIG_LIVE = 1024, /* flash by a function, not as memory */
       RIG_WRONG_KEY = 2048,
};

struct rig {
    struct seal_efuse efuse;
    struct seal_security_info info;
    uint8_t *flash;
    uint8_t key[SEAL_FLASH_KEY_MAX];
    size_t key_len;
    size_t reads; /* bytes that the function was asked for */
    struct seal_audit_source source;
};

static struct seal_key *signer, *device;
static struct seal_cert *certificate;
static uint8_t signer_digest[32];

static void must(int err, const struct seal_cause *cause)
{
    if (err != SEAL_OK) {
        fail_msg("%s", cause->text);
    }
}

/* Keys and certificate that all rigs share. */
static void rig_start(void)
{
    struct seal_public public;
    assert_int_equal(seal_key_generate("rsa:3072", &signer, NULL), SEAL_OK);
    assert_int_equal(seal_key_generate("ec:p256", &device, NULL), SEAL_OK);
    assert_int_equal(seal_ca_new(device, "/CN=audit", 30, &certificate, NULL), SEAL_OK);
    assert_int_equal(seal_public_of(signer, &public, NULL), SEAL_OK);
    assert_int_equal(seal_public_digest(&public, signer_digest), SEAL_OK);
}

static void rig_stop(void)
{
    seal_key_free(&signer);
    seal_key_free(&device);
    seal_cert_free(&certificate);
}

/* --- fuses --- */

static void put_digest(struct rig *rig, const char *word)
{
    unsigned key = (unsigned)(word[6] - '0');
    const struct seal_chip *chip = rig->efuse.chip;
    if (chip->key_blocks == 0) {
        memcpy(rig->efuse.words[2], signer_digest, 32);
        return;
    }
    memcpy(rig->efuse.words[seal_chip_key_block(chip, key)], signer_digest, 32);
}

static void put_fuses(struct rig *rig, const char *fuses)
{
    char *copy = strdup(fuses), *save = NULL;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        if (strncmp(word, "DIGEST", 6) == 0) {
            put_digest(rig, word);
        } else {
            state_set(&rig->efuse, word);
        }
    }
    free(copy);
}

static void release(struct rig *rig)
{
    static const char *const allowed[] = {NULL};
    struct seal_cause cause = {0};
    struct seal_fuse_plan plan;
    seal_fuse_plan_init(&plan, &rig->efuse, SEAL_PATH_UART);
    if (seal_flash_encryption_on(&rig->efuse)) {
        must(seal_flash_encryption_add(&plan, SEAL_ENCRYPTION_RELEASE, SEAL_PART_ALL, NULL, &cause), &cause);
    }
    if (seal_secure_boot_on(&rig->efuse)) {
        const struct seal_wish_secure_boot wish = {.version = 2};
        must(seal_secure_boot_add(&plan, &wish, true, SEAL_PART_ALL, NULL, &cause), &cause);
    }
    must(seal_fuse_plan_close(&plan, allowed, &cause), &cause);
    rig->efuse = plan.after;
}

static void hide(struct rig *rig)
{
    for (unsigned id = 0; id < rig->efuse.chip->efuse->block_count; id++) {
        if (!seal_efuse_block_readable(&rig->efuse, id)) {
            memset(rig->efuse.words[id], 0, sizeof rig->efuse.words[id]);
        }
    }
}

/* --- flash --- */

static void put_table(struct rig *rig, bool single)
{
    struct seal_partition_table table = {
        .has_md5 = true,
        .count = single ? 3 : 7,
        .entries = {
            {.name = "nvs", .type = 1, .subtype = 2, .offset = RIG_NVS, .size = 0x4000},
            {.name = "esp_secure_cert", .type = 0x3F, .subtype = 6, .offset = RIG_CERT, .size = 0x2000},
            {.name = "factory", .type = 0, .subtype = 0, .offset = RIG_APP, .size = 0x10000},
            {.name = "ota_0", .type = 0, .subtype = 0x10, .offset = 0x20000, .size = 0x10000},
            {.name = "ota_1", .type = 0, .subtype = 0x11, .offset = 0x30000, .size = 0x10000},
            {.name = "otadata", .type = 1, .subtype = 0, .offset = 0x40000, .size = 0x2000},
            {.name = "nvs_keys", .type = 1, .subtype = 4, .offset = 0x42000, .size = 0x1000},
        }};
    struct seal_buf *bytes = seal_buf_new();
    assert_int_equal(seal_partition_table_encode(&table, seal_md5, bytes, NULL), SEAL_OK);
    memcpy(rig->flash + 0x8000, seal_buf_ptr(bytes), seal_buf_len(bytes));
    seal_buf_free(&bytes);
}

static void put_bundle(uint8_t *at)
{
    static const uint8_t name[64] = {0x30, 62}, key[294] = {0x30, 0x82, 1, 34};
    struct seal_bundle_entry entry = {
        .name = name, .name_len = sizeof name, .key = key, .key_len = sizeof key};
    struct seal_buf *out = seal_buf_new();
    size_t count = 1;
    assert_int_equal(seal_bundle_build(&entry, &count, SEAL_BUNDLE_OFFSETS, out, NULL), SEAL_OK);
    memcpy(at, seal_buf_ptr(out), seal_buf_len(out));
    seal_buf_free(&out);
}

/* One segment with checksum and SHA-256; padded and signed where wished. */
static void put_image(struct rig *rig, uint32_t offset, bool app, unsigned flash)
{
    uint8_t *at = rig->flash + offset, *data = at + 32, sum = 0xEF;
    const size_t end = (32 + RIG_APP_LEN + 16) & ~15u;
    struct seal_cause cause = {0};
    memset(at, 0, end);
    at[0] = 0xE9;
    at[1] = 1;
    at[2] = 2;
    seal_put_le16(at + 12, (uint16_t)(rig->efuse.chip->image_chip_id + (flash & FLASH_OTHER ? 1 : 0)));
    at[23] = 1;
    seal_put_le32(at + 24, 0x3FCD0000);
    seal_put_le32(at + 28, RIG_APP_LEN);
    if (app) {
        seal_put_le32(data, 0xABCD5432);
        seal_put_le32(data + 4, flash & FLASH_NEWER ? 1 : 0);
    } else {
        data[0] = 0x50;
        memcpy(data + 8, "v5.4", 5);
        memcpy(data + 40, "Jan  1 2026 00:00:00", 21);
    }
    if (app && flash & FLASH_BUNDLE) {
        put_bundle(data + 0x200);
    }
    for (size_t i = 0; i < RIG_APP_LEN; i++) {
        sum ^= data[i];
    }
    at[end - 1] = sum;
    assert_int_equal(seal_sha256(at, end, at + end), SEAL_OK);
    if (flash & FLASH_SIGNED) {
        struct seal_signature signature;
        struct seal_buf *message = seal_buf_new(), *whole = seal_buf_new();
        must(seal_boot_message(at, end + 32, false, message, &cause), &cause);
        must(seal_sign(signer, seal_buf_ptr(message), seal_buf_len(message), &signature, &cause), &cause);
        must(seal_boot_attach(seal_buf_ptr(message), seal_buf_len(message), &signature, 1, whole, &cause),
             &cause);
        memcpy(at, seal_buf_ptr(whole), seal_buf_len(whole));
        seal_buf_free(&message);
        seal_buf_free(&whole);
    }
}

static void put_nvs(struct rig *rig, unsigned flash)
{
    struct seal_nvs_writer *writer = NULL;
    struct seal_buf *out = seal_buf_new();
    struct seal_cause cause = {0};
    bool returned;
    must(seal_nvs_writer_new(0x4000, 2, 0, &writer, &cause), &cause);
    must(seal_nvs_put_namespace(writer, "nvs.net80211", &returned, &cause), &cause);
    must(seal_nvs_put_number(writer, "volume", SEAL_NVS_U8, 7, &cause), &cause);
    if (flash & FLASH_PSWD) {
        must(seal_nvs_put_bytes(writer, "sta.pswd", SEAL_NVS_STRING, "open sesame", 11, &cause), &cause);
    } else {
        static const uint8_t nothing[64];
        must(seal_nvs_put_bytes(writer, "ap.passwd", SEAL_NVS_BLOB, nothing, sizeof nothing, &cause), &cause);
    }
    must(seal_nvs_writer_finish(writer, out, &cause), &cause);
    uint8_t *at = rig->flash + RIG_NVS;
    memcpy(at, seal_buf_ptr(out), seal_buf_len(out));
    if (flash & FLASH_NVS_ENC) {
        uint8_t keys[SEAL_NVS_KEYS_LEN];
        for (size_t i = 0; i < sizeof keys; i++) {
            keys[i] = (uint8_t)(i * 13 + 5);
        }
        must(seal_nvs_encrypt(keys, at, 0x4000, &cause), &cause);
    }
    if (flash & FLASH_NVS_BAD) {
        memset(at, 0x5A, 32); /* the head of the first page */
    }
    if (flash & FLASH_TORN) {
        at[64 + 32 * 1 + 24] ^= 1; /* a value, not its CRC */
    }
    seal_nvs_writer_free(&writer);
    seal_buf_free(&out);
}

static void put_entries(struct rig *rig, unsigned flash)
{
    struct seal_buf *out = seal_buf_new(), *bytes = seal_buf_new();
    struct seal_cause cause = {0};
    if (flash & FLASH_DS) {
        static const uint8_t iv[16], c[1200];
        must(seal_tlv_put_ds(out, 0, 2048, iv, c, sizeof c, 0, &cause), &cause);
    }
    must(seal_cert_write(certificate, true, bytes, &cause), &cause);
    must(seal_tlv_put(out, SEAL_TLV_DEV_CERT, 0, 0, seal_buf_ptr(bytes), seal_buf_len(bytes), &cause),
         &cause);
    seal_buf_truncate(bytes, 0);
    if (flash & FLASH_KEY) {
        must(seal_key_write_traditional(device, true, bytes, &cause), &cause);
        must(seal_tlv_put(out, SEAL_TLV_PRIV_KEY, 0, 0, seal_buf_ptr(bytes), seal_buf_len(bytes), &cause),
             &cause);
    }
    memcpy(rig->flash + RIG_CERT, seal_buf_ptr(out), seal_buf_len(out));
    if (flash & FLASH_CERT_BAD) {
        rig->flash[RIG_CERT + 100] ^= 0x10;
    }
    seal_buf_free(&out);
    seal_buf_free(&bytes);
}

static void encrypt(struct rig *rig, uint32_t from, uint32_t to)
{
    bool esp32 = rig->efuse.chip->key_blocks == 0;
    struct seal_flash_crypt *crypt = NULL;
    struct seal_cause cause = {0};
    must(seal_flash_crypt_new(esp32 ? SEAL_FLASH_SCHEME_ESP32 : SEAL_FLASH_SCHEME_XTS, rig->key, rig->key_len,
                              esp32 ? 0xF : 0, &crypt, &cause),
         &cause);
    must(seal_flash_encrypt(crypt, from, rig->flash + from, rig->flash + from, to - from, &cause), &cause);
    seal_flash_crypt_free(&crypt);
}

static void put_cipher(struct rig *rig, unsigned flash)
{
    assert_true(rig->key_len > 0);
    encrypt(rig, rig->efuse.chip->bootloader_offset, 0x9000);
    if (!(flash & FLASH_REST)) {
        encrypt(rig, RIG_APP, RIG_APP + 0x3000);
    }
}

static void put_flash(struct rig *rig, unsigned flash)
{
    if (flash & FLASH_TABLE) {
        put_table(rig, flash & FLASH_SINGLE);
    }
    if (flash & FLASH_IMAGES) {
        put_image(rig, rig->efuse.chip->bootloader_offset, false, flash);
        put_image(rig, RIG_APP, true, flash);
    }
    if (flash & (FLASH_NVS | FLASH_PSWD | FLASH_NVS_ENC | FLASH_NVS_BAD | FLASH_TORN)) {
        put_nvs(rig, flash);
    }
    if (flash & (FLASH_CERT | FLASH_DS | FLASH_KEY | FLASH_CERT_BAD)) {
        put_entries(rig, flash);
    }
    if (flash & FLASH_PEM) {
        struct seal_buf *pem = seal_buf_new();
        assert_int_equal(seal_key_write_traditional(device, false, pem, NULL), SEAL_OK);
        memcpy(rig->flash + 0x44000, seal_buf_ptr(pem), seal_buf_len(pem));
        seal_buf_free(&pem);
    }
    if (flash & FLASH_KEYS_PLAIN) {
        state_key(rig->flash + 0x42000, 1);
        state_key(rig->flash + 0x42020, 2);
    }
    if (flash & (FLASH_CIPHER | FLASH_REST)) {
        put_cipher(rig, flash);
    }
}

static int read_flash(void *ctx, uint32_t offset, uint8_t *data, size_t len, struct seal_cause *cause)
{
    struct rig *rig = ctx;
    (void)cause;
    rig->reads += len;
    memcpy(data, rig->flash + offset, len);
    return SEAL_OK;
}

/* fuses: words of fuse_state.h, and DIGESTn, which puts the signer's digest into BLOCK_KEYn (ESP32: BLOCK2).
 */
static void rig_open(struct rig *rig, const char *chip, const char *fuses, unsigned flash, unsigned how)
{
    *rig = (struct rig){.flash = malloc(RIG_FLASH)};
    const struct seal_chip *found = seal_chip_find(chip);
    assert_non_null(found);
    assert_non_null(rig->flash);
    memset(rig->flash, 0xFF, RIG_FLASH);
    rig->efuse = state_of(found, "");
    put_fuses(rig, fuses);
    if (boot_key_of(&rig->efuse, rig->key, &rig->key_len) != BOOT_KEY_KNOWN) {
        rig->key_len = 0;
    }
    if (how & RIG_RELEASE) {
        release(rig);
    }
    put_flash(rig, flash);
    if (how & RIG_HIDE) {
        hide(rig);
    }
    rig->efuse.errors[0] = how & RIG_ERRORS ? 3 : 0;
    if (how & RIG_FILE) {
        rig->efuse.revision_bits = 0;
    }
    rig->info.valid = true;
    rig->info.flags = SEAL_SECURITY_SECURE_BOOT | SEAL_SECURITY_SECURE_DOWNLOAD;
    rig->info.flash_crypt_count = 7;
    rig->key[0] ^= how & RIG_WRONG_KEY ? 1 : 0;
    rig->source = (struct seal_audit_source){
        .chip = found,
        .efuse = how & (RIG_NO_FUSES | RIG_SILENT) ? NULL : &rig->efuse,
        .info = how & RIG_NO_FUSES ? &rig->info : NULL,
        .path = how & RIG_FILE ? SEAL_PATH_FILE : SEAL_PATH_UART,
        .flash = how & (RIG_NO_FLASH | RIG_LIVE) ? NULL : rig->flash,
        .read = how & RIG_LIVE ? read_flash : NULL,
        .read_ctx = rig,
        .flash_size = how & RIG_NO_FLASH  ? 0
                      : flash & FLASH_CUT ? RIG_APP + 0x400
                                          : RIG_FLASH,
        .flash_key = how & (RIG_GIVE_KEY | RIG_WRONG_KEY) ? rig->key : NULL,
        .flash_key_len = rig->key_len,
    };
}

static void rig_close(struct rig *rig)
{
    free(rig->flash);
    seal_cleanse(rig, sizeof *rig);
}

#endif
