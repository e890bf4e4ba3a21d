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

struct xts { /* written out, since libcrypto refuses the all-zero key of a chip that has none */
    EVP_CIPHER_CTX *data, *tweak;
};

static bool aes_block(EVP_CIPHER_CTX *ctx, uint8_t block[static 16])
{
    int len = 0;
    return EVP_EncryptUpdate(ctx, block, &len, block, 16) && len == 16;
}

/* IEEE 1619: the next block's tweak is this one's, times x. */
static void next_tweak(uint8_t tweak[static 16])
{
    uint8_t carry = 0;
    for (size_t i = 0; i < 16; i++) {
        uint8_t out = tweak[i] >> 7;
        tweak[i] = (uint8_t)(tweak[i] << 1 | carry);
        carry = out;
    }
    tweak[0] ^= carry ? 0x87 : 0;
}

static bool encrypt_unit(const struct xts *xts, uint32_t address, uint8_t unit[static UNIT])
{
    uint8_t tweak[16] = {0};
    uint8_t block[16];
    seal_put_le32(tweak, address);
    bool ok = aes_block(xts->tweak, tweak);
    for (size_t at = UNIT; at > 0 && ok; at -= 16) {
        for (size_t i = 0; i < 16; i++) {
            block[i] = unit[at - 1 - i] ^ tweak[i];
        }
        ok = aes_block(xts->data, block);
        for (size_t i = 0; i < 16; i++) {
            unit[at - 1 - i] = block[i] ^ tweak[i];
        }
        next_tweak(tweak);
    }
    return ok;
}

static bool xts_open(struct xts *xts, const struct sim_chip *chip)
{
    uint8_t key[32] = {0};
    (void)find_key(chip, key);
    xts->data = EVP_CIPHER_CTX_new();
    xts->tweak = EVP_CIPHER_CTX_new();
    bool ok = xts->data && xts->tweak && EVP_EncryptInit_ex(xts->data, EVP_aes_128_ecb(), NULL, key, NULL) &&
              EVP_EncryptInit_ex(xts->tweak, EVP_aes_128_ecb(), NULL, key + 16, NULL);
    seal_cleanse(key, sizeof key);
    return ok;
}

bool sim_xts_encrypt(const struct sim_chip *chip, uint32_t address, const uint8_t *data, uint8_t *cipher,
                     size_t len)
{
    struct xts xts = {0};
    bool ok = xts_open(&xts, chip);
    for (size_t done = 0; done < len && ok;) {
        uint8_t unit[UNIT];
        uint32_t start = (address + (uint32_t)done) & ~(UNIT - 1);
        size_t skip = address + done - start;
        size_t part = UNIT - skip < len - done ? UNIT - skip : len - done;
        memset(unit, 0xFF, sizeof unit);
        memcpy(unit + skip, data + done, part);
        ok = encrypt_unit(&xts, start, unit);
        memcpy(cipher + done, unit + skip, part);
        done += part;
    }
    EVP_CIPHER_CTX_free(xts.data);
    EVP_CIPHER_CTX_free(xts.tweak);
    return ok;
}
