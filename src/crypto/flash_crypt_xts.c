/*
 * AES-XTS by single AES blocks: a piece may begin or end within a unit of 128 bytes, and libcrypto's own XTS
 * refuses the all-zero key that an emptied chip encrypts with. A unit lies byte-reversed in flash, so that
 * its last 16 bytes are the cipher's first block.
 */
#include "flash_scheme.h"

#include <espseal/buf.h>
#include <espseal/secret.h>

#include <openssl/evp.h>
#include <string.h>

enum { BLOCK = SEAL_FLASH_CRYPT_BLOCK, UNIT = 128, BATCH = 32 * UNIT };

struct xts {
    EVP_CIPHER_CTX *data, *tweak;
    uint8_t bytes[BATCH],
        tweaks[BATCH]; /* of whole units, both as they lie in flash but for their blocks' order */
};

static EVP_CIPHER_CTX *open_cipher(const uint8_t *key, size_t len, bool encrypt)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = len == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb();
    if (!ctx || EVP_CipherInit_ex2(ctx, cipher, key, NULL, encrypt, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(ctx, 0) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static bool run_cipher(EVP_CIPHER_CTX *ctx, uint8_t *bytes, size_t len)
{
    int put = 0;
    return EVP_CipherUpdate(ctx, bytes, &put, bytes, (int)len) == 1 && (size_t)put == len;
}

/* IEEE 1619 5.2: the next block's tweak is this one's, times x in GF(2^128). */
static void next_tweak(const uint8_t *tweak, uint8_t *next)
{
    uint8_t carry = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        const uint8_t byte = tweak[i];
        next[i] = (uint8_t)(byte << 1 | carry);
        carry = byte >> 7;
    }
    next[0] ^= carry ? 0x87 : 0;
}

/* The tweaks of the blocks of count units from address on. */
static bool make_tweaks(struct xts *xts, uint32_t address, size_t count)
{
    uint8_t first[BATCH / UNIT * BLOCK] = {0};
    for (size_t i = 0; i < count; i++) {
        seal_put_le32(first + i * BLOCK, address + (uint32_t)(i * UNIT));
    }
    if (!run_cipher(xts->tweak, first, count * BLOCK)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t *tweak = xts->tweaks + i * UNIT;
        memcpy(tweak, first + i * BLOCK, BLOCK);
        for (size_t k = BLOCK; k < UNIT; k += BLOCK) {
            next_tweak(tweak + k - BLOCK, tweak + k);
        }
    }
    return true;
}

/* Each unit backwards: from flash to the cipher and back. */
static void reverse_units(uint8_t *bytes, size_t len)
{
    for (uint8_t *unit = bytes; unit < bytes + len; unit += UNIT) {
        for (size_t i = 0; i < UNIT / 2; i++) {
            const uint8_t byte = unit[i];
            unit[i] = unit[UNIT - 1 - i];
            unit[UNIT - 1 - i] = byte;
        }
    }
}

static void mix(struct xts *xts, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        xts->bytes[i] ^= xts->tweaks[i];
    }
}

/* len bytes that begin skip bytes into the unit at address, all within one batch. */
static bool turn_batch(struct xts *xts, uint32_t address, size_t skip, const uint8_t *in, uint8_t *out,
                       size_t len)
{
    const size_t whole = (skip + len + UNIT - 1) / UNIT * UNIT;
    memset(xts->bytes, 0, whole);
    memcpy(xts->bytes + skip, in, len);
    if (!make_tweaks(xts, address, whole / UNIT)) {
        return false;
    }
    reverse_units(xts->bytes, whole);
    mix(xts, whole);
    const bool done = run_cipher(xts->data, xts->bytes, whole);
    mix(xts, whole);
    reverse_units(xts->bytes, whole);
    memcpy(out, xts->bytes + skip, len);
    return done;
}

bool seal_flash_xts_turn(const struct seal_flash_crypt *crypt, bool encrypt, uint32_t address,
                         const uint8_t *in, uint8_t *out, size_t len)
{
    const size_t half = crypt->key_len / 2;
    struct xts xts = {.data = open_cipher(crypt->key, half, encrypt),
                      .tweak = open_cipher(crypt->key + half, half, true)};
    bool done = xts.data && xts.tweak;
    for (size_t at = 0; done && at < len;) {
        const uint32_t here = address + (uint32_t)at;
        const size_t skip = here % UNIT;
        const size_t room = BATCH - skip;
        const size_t part = len - at < room ? len - at : room;
        done = turn_batch(&xts, here - (uint32_t)skip, skip, in + at, out + at, part);
        at += part;
    }
    EVP_CIPHER_CTX_free(xts.data);
    EVP_CIPHER_CTX_free(xts.tweak);
    seal_cleanse(xts.bytes, sizeof xts.bytes);
    seal_cleanse(xts.tweaks, sizeof xts.tweaks);
    return done;
}
