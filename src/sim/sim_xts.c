/*
 * Flash encryption by the ROM (XTS-AES-128; ESP32-C3 TRM, chapter "External Memory Encryption and
 * Decryption"): AES-XTS over units of 128 bytes, tweaked by the unit's flash address, with key and data
 * byte-reversed.
 */
#include "sim_parts.h"

#include <espseal/secret.h>

#include <openssl/evp.h>
#include <string.h>

#define UNIT 128u
#define PURPOSE_XTS_AES_128 4u

/* The key as the cipher wants it: fuse bytes reversed. false when no block has the purpose. */
static bool find_key(const struct sim_chip *chip, uint8_t key[static 32])
{
    char field[] = "KEY_PURPOSE_0";
    for (unsigned n = 0; n < chip->chip->key_blocks; n++) {
        field[sizeof field - 2] = (char)('0' + n);
        int block = seal_chip_key_block(chip->chip, n);
        if (block < 0 || sim_efuse_field(chip, field) != PURPOSE_XTS_AES_128) {
            continue;
        }
        for (size_t i = 0; i < 32; i++) {
            key[31 - i] = (uint8_t)(chip->efuse.loaded[block][i / 4] >> (8 * (i % 4)));
        }
        return true;
    }
    return false;
}

static bool encrypt_unit(EVP_CIPHER_CTX *ctx, const uint8_t key[static 32], uint32_t address,
                         uint8_t unit[static UNIT])
{
    uint8_t tweak[16] = {0};
    uint8_t reversed[UNIT], cipher[UNIT];
    int len = 0;
    seal_put_le32(tweak, address);
    for (size_t i = 0; i < UNIT; i++) {
        reversed[i] = unit[UNIT - 1 - i];
    }
    if (!EVP_EncryptInit_ex(ctx, EVP_aes_128_xts(), NULL, key, tweak) ||
        !EVP_EncryptUpdate(ctx, cipher, &len, reversed, sizeof reversed)) {
        return false;
    }
    for (size_t i = 0; i < UNIT; i++) {
        unit[i] = cipher[UNIT - 1 - i];
    }
    return true;
}

bool sim_xts_encrypt(const struct sim_chip *chip, uint32_t address, const uint8_t *data, uint8_t *cipher,
                     size_t len)
{
    uint8_t key[32] = {0};
    bool ok = true;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!ctx) {
        return false;
    }
    (void)find_key(chip, key);
    for (size_t done = 0; done < len && ok;) {
        uint8_t unit[UNIT];
        uint32_t start = (address + (uint32_t)done) & ~(UNIT - 1);
        size_t skip = address + done - start;
        size_t part = UNIT - skip < len - done ? UNIT - skip : len - done;
        memset(unit, 0xFF, sizeof unit);
        memcpy(unit + skip, data + done, part);
        ok = encrypt_unit(ctx, key, start, unit);
        memcpy(cipher + done, unit + skip, part);
        done += part;
    }
    EVP_CIPHER_CTX_free(ctx);
    seal_cleanse(key, sizeof key);
    return ok;
}
