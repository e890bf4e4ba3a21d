/*
 * The ROM starting from flash, with the strapping pins set so: its lines were written down from the real ROMs
 * of ESP32, ESP32-C3 and ESP32-S3; tests/qemu/test_boot.sh compares both. What a ROM repeats for ever is said
 * once. Nothing of the image runs.
 */
#include "sim_parts.h"

#include <espseal/digest.h>
#include <espseal/flash_crypt.h>
#include <espseal/hex.h>
#include <espseal/secret.h>
#include <espseal/secure_boot_v1.h>
#include <espseal/sign.h>

#include <stdio.h>
#include <string.h>

enum {
    IMAGE_MAGIC = 0xE9,
    IMAGE_HEADER = 24,
    SEGMENTS_MAX = 16,
    BLOCK_MAGIC = 0xE7,
    BLOCK_CRC_AT = 1196,
    BLOCKS = 3,
    SLOTS = 3,
    SHA256_LEN = 32,
    V1_ROW = 128,
};
#define SECTOR 4096u
#define SEGMENT_MAX 0x1000000u

struct boot {
    struct sim_chip *chip;
    struct seal_buf *plain; /* decrypted flash */
    const uint8_t *flash;   /* as the chip sees it */
    const uint8_t *image;   /* from the bootloader's offset on */
    size_t room;
    bool esp32, secure;
    size_t end; /* of the segments */
};

static void SEAL_PRINTF(2, 3) say(const struct boot *boot, const char *format, ...)
{
    char line[160];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    sim_chip_send(boot->chip, line, len < (int)sizeof line ? (size_t)len : sizeof line - 1);
}

static bool give_up(const struct boot *boot)
{
    if (boot->chip->model->refusal_line) {
        say(boot, "ets_main.c %u \r\n", boot->chip->model->refusal_line);
    }
    return false;
}

/* --- flash as the chip sees it --- */

static bool decrypt(struct boot *boot)
{
    struct sim_chip *chip = boot->chip;
    const size_t size = chip->flash.size;
    struct seal_flash_crypt *crypt = NULL;
    uint8_t *plain = seal_buf_reserve(boot->plain, size);
    int err = plain ? sim_flash_crypt(chip, &crypt) : SEAL_ERR_NO_MEMORY;
    for (size_t at = 0; !err && at < size; at += SECTOR) {
        err = seal_flash_decrypt(crypt, (uint32_t)at, chip->flash.bytes + at, plain + at, SECTOR, NULL);
        if (err == SEAL_ERR_USAGE) { /* beyond what the cipher addresses */
            memset(plain + at, 0, size - at);
            err = SEAL_OK;
            break;
        }
    }
    seal_flash_crypt_free(&crypt);
    boot->flash = plain;
    sim_chip_fail(chip, err);
    return !err;
}

static bool open_flash(struct boot *boot)
{
    struct sim_chip *chip = boot->chip;
    const uint32_t counter = sim_efuse_field(chip, boot->esp32 ? "FLASH_CRYPT_CNT" : "SPI_BOOT_CRYPT_CNT");
    boot->flash = chip->flash.bytes;
    if (__builtin_parity(counter) && !decrypt(boot)) {
        return false;
    }
    boot->image = boot->flash + chip->chip->bootloader_offset;
    boot->room = chip->flash.size - chip->chip->bootloader_offset;
    return true;
}

/* --- header and segments --- */

static bool check_header(const struct boot *boot)
{
    const unsigned id = boot->image[12] | (unsigned)boot->image[13] << 8;
    if (boot->image[0] != IMAGE_MAGIC) {
        say(boot, "invalid header: 0x%08x\r\n", seal_le32(boot->image));
        return false;
    }
    if (!boot->esp32 && boot->image[1] > SEGMENTS_MAX) {
        say(boot, "Invalid image block count: %u (max %d)\r\n", boot->image[1], SEGMENTS_MAX);
        return give_up(boot);
    }
    if (id == boot->chip->chip->image_chip_id) {
        return true;
    }
    if (boot->esp32) {
        say(boot, "wrong chip id 0x%04x\r\n", id);
        return false;
    }
    say(boot, "Invalid chip id. Expected %u read %u. Bootloader for wrong chip?\r\n",
        boot->chip->chip->image_chip_id, id);
    return give_up(boot);
}

static void tell_spi(const struct boot *boot)
{
    static const char *const modes[] = {"QIO", "QOUT", "DIO", "DOUT"};
    static const uint8_t dividers[16] = {2, 3, 4, [15] = 1};
    const uint8_t *image = boot->image;
    const unsigned divider = dividers[image[3] & 15];
    say(boot, boot->esp32 ? "configsip: 0, SPIWP:0x%02x\r\n" : "SPIWP:0x%02x\r\n", image[8]);
    if (boot->esp32) {
        say(boot, "clk_drv:0x%02x,q_drv:0x%02x,d_drv:0x%02x,cs0_drv:0x%02x,hd_drv:0x%02x,wp_drv:0x%02x\r\n",
            image[9] & 15, image[9] >> 4, image[10] & 15, image[10] >> 4, image[11] & 15, image[11] >> 4);
    }
    if (boot->esp32 && boot->secure) {
        say(boot, "mode:%u, clock div:%u\r\n", image[2], divider);
    } else {
        say(boot, "mode:%s, clock div:%u\r\n", image[2] < 4 ? modes[image[2]] : "?", divider);
    }
}

/* Walks the segments; loaded tells each, and sums up what is loaded. false: one has an impossible length. */
static bool walk(struct boot *boot, bool loaded, uint8_t *sum)
{
    size_t at = IMAGE_HEADER;
    *sum = 0xEF;
    for (unsigned i = 0; i < boot->image[1]; i++) {
        if (at + 8 > boot->room) {
            return false;
        }
        const uint32_t address = seal_le32(boot->image + at), len = seal_le32(boot->image + at + 4);
        if (loaded && boot->esp32) {
            say(boot, boot->secure ? "load:0x%08x len:0x%x\r\n" : "load:0x%08x,len:%d\r\n", address,
                (int)len);
        } else if (loaded) {
            say(boot, "load:0x%08x,len:0x%x\r\n", address, len);
        }
        at += 8;
        if (len > SEGMENT_MAX || len > boot->room - at) {
            return false;
        }
        for (uint32_t k = 0; k < len; k++) {
            *sum ^= boot->image[at + k];
        }
        at += len;
    }
    boot->end = (at + 16) & ~(size_t)15;
    return boot->end + SHA256_LEN <= boot->room;
}

/* --- secure boot v2 --- */

static void put_bytes(const uint32_t *words, size_t first, size_t len, uint8_t *bytes)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(words[(first + i) / 4] >> (first + i) % 4 * 8);
    }
}

/* The digest of a slot through read protection, as the ROM reads it; false: none, or revoked. */
static bool slot_digest(const struct boot *boot, unsigned slot, uint8_t digest[static SHA256_LEN])
{
    const struct sim_chip *chip = boot->chip;
    const size_t len = chip->chip->secure_boot.digest_len;
    char name[40];
    if (chip->chip->secure_boot.digests == 1) {
        const int block = boot->esp32 ? 2 : seal_chip_key_block(chip->chip, 0);
        put_bytes(chip->efuse.visible[block], SHA256_LEN - len, len, digest);
        return slot == 0;
    }
    (void)snprintf(name, sizeof name, "SECURE_BOOT_KEY_REVOKE%u", slot);
    const bool revoked = sim_efuse_field(chip, name);
    (void)snprintf(name, sizeof name, "SECURE_BOOT_DIGEST%u", slot);
    const struct seal_key_purpose *purpose = seal_chip_purpose(chip->chip, name);
    for (unsigned key = 0; purpose && !revoked && key < chip->chip->key_blocks; key++) {
        if (sim_efuse_key_purpose(chip, key) == purpose->value) {
            put_bytes(chip->efuse.visible[seal_chip_key_block(chip->chip, key)], 0, len, digest);
            return true;
        }
    }
    return false;
}

static bool tell_slots(const struct boot *boot)
{
    uint8_t digest[SHA256_LEN];
    bool any = false;
    if (boot->esp32) {
        say(boot, "secure boot v2 enabled\r\n");
        return true;
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (slot_digest(boot, slot, digest)) {
            say(boot, any ? " %u" : "Valid secure boot key blocks: %u", slot);
            any = true;
        }
    }
    if (any) {
        say(boot, "\r\n");
    }
    return any;
}

static bool checks_scheme(const struct seal_secure_boot *rom, enum seal_sign_scheme scheme)
{
    bool curve = false;
    for (size_t i = 0; i < sizeof rom->curves / sizeof rom->curves[0]; i++) {
        curve = curve || (rom->curves[i] && rom->curves[i] == 8 * seal_sign_scheme_size(scheme));
    }
    return scheme == SEAL_SIGN_RSA3072 ? rom->rsa : curve;
}

static bool trusts(const struct boot *boot, const struct seal_public *key)
{
    uint8_t digest[SHA256_LEN], wanted[SHA256_LEN];
    struct seal_buf *stored = seal_buf_new();
    bool trusted = false;
    if (stored && !seal_public_put(key, stored) &&
        !seal_sha256(seal_buf_ptr(stored), seal_buf_len(stored), digest)) {
        for (unsigned slot = 0; slot < SLOTS && !trusted; slot++) {
            trusted = slot_digest(boot, slot, wanted) &&
                      memcmp(digest, wanted, boot->chip->chip->secure_boot.digest_len) == 0;
        }
    }
    seal_buf_free(&stored);
    return trusted;
}

static bool check_block(const struct boot *boot, size_t sector, unsigned index)
{
    const uint8_t *block = boot->image + sector + (size_t)index * SEAL_SIGNATURE_BLOCK_LEN;
    const uint32_t crc = seal_crc32(0, block, BLOCK_CRC_AT), stored = seal_le32(block + BLOCK_CRC_AT);
    struct seal_signature signature;
    uint8_t digest[48];
    if (crc != stored) {
        say(boot,
            boot->esp32 ? "Sig block %u invalid: Stored CRC 0x%08x calculated 0x%08x\r\n"
                        : "Sig block %u invalid: Stored CRC ends 0x%04x calculated ends 0x%04x\r\n",
            index, boot->esp32 ? stored : stored & 0xFFFF, boot->esp32 ? crc : crc & 0xFFFF);
        return false;
    }
    const bool known = seal_signature_block_get(block, &signature) == SEAL_BLOCK_OK &&
                       checks_scheme(&boot->chip->chip->secure_boot, signature.key.scheme);
    if (!known || seal_sign_digest(signature.key.scheme, boot->image, sector, digest) != SEAL_OK ||
        memcmp(digest, signature.digest, seal_sign_scheme_digest(signature.key.scheme)) != 0) {
        say(boot, "Sig block %u invalid: %s\r\n", index,
            known ? "Image digest does not match" : "Signature type not supported");
        return false;
    }
    if (!trusts(boot, &signature.key)) {
        say(boot, "Sig block %u signed with untrusted key\r\n", index);
        return false;
    }
    if (seal_sign_verify(&signature, boot->image, sector) != SEAL_OK) {
        say(boot, "Signature Check Failed\r\nSig block %u signature verification failed\r\n", index);
        return false;
    }
    return true;
}

static bool check_signatures(const struct boot *boot)
{
    const size_t sector = (boot->end + SHA256_LEN + SECTOR - 1) / SECTOR * SECTOR;
    if (sector + SECTOR > boot->room) {
        return false;
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        const uint8_t magic = boot->image[sector + (size_t)i * SEAL_SIGNATURE_BLOCK_LEN];
        if (magic != BLOCK_MAGIC) {
            if (i == 0) {
                say(boot,
                    "No signature block magic byte found at signature sector (found 0x%02x not 0xe7). Image "
                    "not "
                    "V2 signed?\r\n",
                    magic);
            }
            return false;
        }
        if (check_block(boot, sector, i)) {
            return true;
        }
    }
    return false;
}

static bool right_hash(const struct boot *boot, uint8_t found[static SHA256_LEN])
{
    return seal_sha256(boot->image, boot->end, found) == SEAL_OK &&
           memcmp(found, boot->image + boot->end, SHA256_LEN) == 0;
}

static bool verify(struct boot *boot)
{
    uint8_t sum, hash[SHA256_LEN];
    bool good = tell_slots(boot);
    if (good && !walk(boot, false, &sum)) {
        say(boot, "Invalid image block, can't verify.\r\n");
        good = false;
    }
    if (good && !boot->esp32 && !right_hash(boot, hash)) {
        say(boot, "SHA-256 simple hash comparison failed.\r\n");
        good = false;
    }
    good = good && check_signatures(boot);
    say(boot, "secure boot verification %s\r\n", good ? "succeeded" : "failed");
    return good || (!boot->esp32 && give_up(boot));
}

/*
 * Secure boot v1, by the key in BLOCK2, which only the hardware reads. No ROM was heard at it: the emulator
 * has no such hardware, and the words are those of people's boards.
 */
static bool check_v1(const struct boot *boot)
{
    const struct sim_chip *chip = boot->chip;
    const size_t len = sim_efuse_coding(chip, 2) == SEAL_CODING_THREE_QUARTER ? 24 : 32;
    const size_t image = boot->end + (boot->image[23] == 1 ? SHA256_LEN : 0), rest = image % V1_ROW;
    const size_t rows =
        boot->image[23] == 1 && rest <= SHA256_LEN ? image - rest : image + (V1_ROW - rest) % V1_ROW;
    uint8_t bytes[32], reversed[32], key[32];
    put_bytes(chip->efuse.loaded[2], 0, len, bytes);
    for (size_t i = 0; i < len; i++) {
        reversed[i] = bytes[len - 1 - i];
    }
    const bool good = seal_boot_v1_key(reversed, len, key, NULL) == SEAL_OK &&
                      seal_boot_v1_check(key, boot->flash, SEAL_BOOT_V1_IMAGE_AT + rows, NULL) == SEAL_OK;
    if (!good) {
        say(boot, "secure boot check fail\r\n");
    }
    seal_cleanse(bytes, sizeof bytes);
    seal_cleanse(reversed, sizeof reversed);
    seal_cleanse(key, sizeof key);
    return good;
}

/* --- starting --- */

static void tell_hash(const struct boot *boot)
{
    uint8_t found[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];
    if (right_hash(boot, found)) {
        return;
    }
    seal_hex_encode(found, sizeof found, hex);
    say(boot, "SHA-256 comparison failed:\r\nCalculated: %s\r\n", hex);
    seal_hex_encode(boot->image + boot->end, SHA256_LEN, hex);
    say(boot, "Expected: %s\r\nAttempting to boot anyway...\r\n", hex);
}

static bool load(struct boot *boot)
{
    uint8_t sum;
    if (!walk(boot, true, &sum)) {
        if (!boot->esp32) {
            say(boot, "Invalid image block, can't boot.\r\n");
        }
        return give_up(boot);
    }
    const uint8_t stored = boot->image[boot->end - 1];
    if (boot->esp32 && !boot->secure && sum != stored) {
        say(boot, "csum err:0x%02x!=0x%02x\r\nFalling back to built-in command interpreter.\r\nOK\r\n>", sum,
            stored);
        return false;
    }
    if (!boot->esp32 && sum != stored) {
        say(boot, "Checksum failure. Calculated 0x%02x stored 0x%02x\r\n", sum, stored);
        return give_up(boot);
    }
    if (!boot->esp32 && !boot->secure) {
        tell_hash(boot);
    }
    if (boot->esp32 && sim_efuse_field(boot->chip, "ABS_DONE_0") && !check_v1(boot)) {
        return false;
    }
    say(boot, "entry 0x%08x\r\n", seal_le32(boot->image + 4));
    return true;
}

bool sim_boot_run(struct sim_chip *chip)
{
    struct boot boot = {.chip = chip, .plain = seal_buf_new(), .esp32 = chip->chip->key_blocks == 0};
    boot.secure = sim_efuse_field(chip, boot.esp32 ? "ABS_DONE_1" : "SECURE_BOOT_EN");
    bool started = false;
    if (!boot.plain) {
        sim_chip_fail(chip, SEAL_ERR_NO_MEMORY);
    } else if (open_flash(&boot) && check_header(&boot)) {
        tell_spi(&boot);
        started = (!boot.secure || verify(&boot)) && load(&boot);
    }
    seal_buf_free(&boot.plain);
    return started;
}
