/* The ESP32's own scheme. The hardware runs AES the other way round: what encrypts is its decryption. */
#include "flash_scheme.h"

#include <espseal/secret.h>

#include <openssl/evp.h>
#include <string.h>

enum { KEY_BITS = 256, UNIT = 32, BLOCK = SEAL_FLASH_CRYPT_BLOCK, HIGHEST = 23, LOWEST = 5 };

/* First bits of the key's parts that the four bits of FLASH_CRYPT_CONFIG switch on (vectors/REPORT.md). */
static const unsigned range_starts[5] = {0, 67, 132, 195, KEY_BITS};

void seal_flash_esp32_range(unsigned crypt_config, uint8_t bits[static 32])
{
    memset(bits, 0, 32);
    for (unsigned part = 0; part < 4; part++) {
        for (unsigned n = range_starts[part]; n < range_starts[part + 1] && crypt_config >> part & 1; n++) {
            bits[n / 8] |= (uint8_t)(0x80 >> n % 8);
        }
    }
}

/*
 * Address bits go down from 23 to 5, again and again over the key, from its first bit on. Each fourth run is
 * a short one: it begins at 14, 12, 10 and 8.
 */
static void tweak_key(const struct seal_flash_crypt *crypt, uint32_t address, uint8_t key[static 32])
{
    memcpy(key, crypt->key, 32);
    unsigned run = 0;
    unsigned k = HIGHEST;
    for (unsigned n = 0; n < KEY_BITS; n++) {
        const uint8_t bit = (uint8_t)(0x80 >> n % 8);
        if (address >> k & 1) {
            key[n / 8] ^= crypt->tweaked[n / 8] & bit;
        }
        if (k-- == LOWEST) {
            run++;
            k = run % 4 == 3 ? 14 - run / 4 * 2 : HIGHEST;
        }
    }
}

static void reverse(uint8_t *to, const uint8_t *from)
{
    for (size_t i = 0; i < BLOCK; i++) {
        to[BLOCK - 1 - i] = from[i];
    }
}

static bool turn_block(EVP_CIPHER_CTX *ctx, const uint8_t *in, uint8_t *out)
{
    uint8_t block[BLOCK];
    int put = 0;
    reverse(block, in);
    const bool done = EVP_CipherUpdate(ctx, block, &put, block, BLOCK) == 1 && put == BLOCK;
    reverse(out, block);
    seal_cleanse(block, sizeof block);
    return done;
}

bool seal_flash_esp32_turn(const struct seal_flash_crypt *crypt, bool encrypt, uint32_t address,
                           const uint8_t *in, uint8_t *out, size_t len)
{
    uint8_t key[32];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool done = ctx && EVP_CipherInit_ex2(ctx, EVP_aes_256_ecb(), NULL, NULL, !encrypt, NULL) == 1 &&
                EVP_CIPHER_CTX_set_padding(ctx, 0) == 1;
    for (size_t at = 0; done && at < len; at += BLOCK) {
        const uint32_t here = address + (uint32_t)at;
        if (at == 0 || here % UNIT == 0) {
            tweak_key(crypt, here, key);
            done = EVP_CipherInit_ex2(ctx, NULL, key, NULL, -1, NULL) == 1;
        }
        done = done && turn_block(ctx, in + at, out + at);
    }
    seal_cleanse(key, sizeof key);
    EVP_CIPHER_CTX_free(ctx);
    return done;
}
