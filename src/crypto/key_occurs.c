#include "crypto.h"

#include <espseal/secret.h>

#include <openssl/core_names.h>
#include <string.h>

enum { SHORTEST = 16 }; /* bytes; fewer could occur by chance */

/* The numbers of a key that give it away. */
static const char *const secrets[] = {
    OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,
    OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
    OSSL_PKEY_PARAM_PRIV_KEY,
};

/* Six bits of bytes from bit on, most significant bit first, in Base64's alphabet (RFC 4648 4). */
static uint8_t base64_digit(const uint8_t *bytes, size_t bit)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned pair = (unsigned)bytes[bit / 8] << 8;
    if (bit % 8 > 2) {
        pair |= bytes[bit / 8 + 1];
    }
    return (uint8_t)alphabet[pair >> (10 - bit % 8) & 0x3F];
}

/* Past white space, quotes and the two-character escapes \n and \r: PEM inside C, CSV or JSON text. */
static size_t skip_breaks(const uint8_t *data, size_t len, size_t at)
{
    while (at < len) {
        if (data[at] && strchr(" \t\r\n\"", data[at])) {
            at++;
        } else if (data[at] == '\\' && at + 1 < len && (data[at + 1] == 'n' || data[at + 1] == 'r')) {
            at += 2;
        } else {
            break;
        }
    }
    return at;
}

static bool matches_at(const uint8_t *data, size_t len, size_t at, const uint8_t *text, size_t text_len)
{
    for (size_t i = 0; i < text_len; i++) {
        at = i ? skip_breaks(data, len, at) : at;
        if (at >= len || data[at] != text[i]) {
            return false;
        }
        at++;
    }
    return true;
}

static bool text_occurs(const uint8_t *data, size_t len, const uint8_t *text, size_t text_len)
{
    for (size_t at = 0; at < len; at++) {
        const uint8_t *next = memchr(data + at, text[0], len - at);
        if (!next) {
            return false;
        }
        at = (size_t)(next - data);
        if (matches_at(data, len, at, text, text_len)) {
            return true;
        }
    }
    return false;
}

/*
 * In Base64 a number may begin at any byte of a group of three: its first 0, 4 or 2 bits then share a digit
 * with what stands before, and some at the end with what follows; the digits between are its own.
 */
static int base64_occurs(const uint8_t *number, size_t size, const uint8_t *data, size_t len, bool *found)
{
    size_t room = size * 8 / 6;
    uint8_t *text = seal_secret_alloc(room);
    if (!text) {
        return SEAL_ERR_NO_MEMORY;
    }
    for (size_t first = 0; !*found && first <= 4; first += 2) {
        size_t text_len = 0;
        for (size_t bit = first; bit + 6 <= size * 8; bit += 6) {
            text[text_len++] = base64_digit(number, bit);
        }
        *found = text_occurs(data, len, text, text_len);
    }
    seal_secret_free(text, room);
    return SEAL_OK;
}

/* Without leading zeros, so that padding before or behind makes no difference. */
static int number_occurs(const BIGNUM *number, const uint8_t *data, size_t len, bool *found)
{
    size_t size = (size_t)BN_num_bytes(number);
    size = size < SHORTEST ? SHORTEST : size;
    uint8_t *bytes = seal_secret_alloc(size);
    if (!bytes) {
        return SEAL_ERR_NO_MEMORY;
    }
    int err = SEAL_ERR_CRYPTO;
    if (BN_bn2lebinpad(number, bytes, (int)size) < 0) {
        goto out;
    }
    *found = memmem(data, len, bytes, size) != NULL;
    if (BN_bn2binpad(number, bytes, (int)size) < 0) {
        goto out;
    }
    *found = *found || memmem(data, len, bytes, size);
    err = *found ? SEAL_OK : base64_occurs(bytes, size, data, len, found);
out:
    seal_secret_free(bytes, size);
    return err;
}

int seal_key_occurs_in(const struct seal_key *key, const void *data, size_t len, bool *found)
{
    int err = SEAL_ERR_CRYPTO; /* a key without any secret number cannot be looked for */
    bool here = false;
    *found = true;
    if (key->remote) {
        return SEAL_ERR_KEY;
    }
    for (size_t i = 0; !here && i < sizeof secrets / sizeof secrets[0]; i++) {
        BIGNUM *number = seal_pkey_number(key->pkey, secrets[i]);
        if (!number || BN_is_zero(number)) {
            BN_free(number);
            continue;
        }
        err = number_occurs(number, data, len, &here);
        BN_clear_free(number);
        if (err != SEAL_OK) {
            return err;
        }
    }
    *found = err != SEAL_OK || here;
    return err;
}
