#include "flash_scheme.h"

#include "crypto.h"

#include <espseal/digest.h>
#include <espseal/secret.h>

#include <string.h>

#define ESP32_END (UINT64_C(1) << 24)
#define XTS_END (UINT64_C(1) << 32)

static int fail_length(enum seal_flash_scheme scheme, size_t len, struct seal_cause *cause)
{
    return seal_fail(cause, SEAL_ERR_KEY, "a key for flash encryption has %s, not %zu bytes",
                     scheme == SEAL_FLASH_SCHEME_ESP32 ? "32 bytes, or 24 with 3/4 coding, on the ESP32"
                                                       : "32, 64 or (ESP32-C2) 16 bytes",
                     len);
}

/* A key of 192 bits is filled up by its own middle (measured: vectors/flashenc esp32_k192_*). */
static int take_esp32_key(struct seal_flash_crypt *crypt, const uint8_t *key, size_t len,
                          struct seal_cause *cause)
{
    if (len != 24 && len != 32) {
        return fail_length(crypt->scheme, len, cause);
    }
    memcpy(crypt->key, key, len);
    if (len == 24) {
        memcpy(crypt->key + 24, key + 8, 8);
    }
    crypt->key_len = 32;
    return SEAL_OK;
}

static int take_xts_key(struct seal_flash_crypt *crypt, const uint8_t *key, size_t len,
                        struct seal_cause *cause)
{
    if (len != 16 && len != 32 && len != 64) {
        return fail_length(crypt->scheme, len, cause);
    }
    crypt->key_len = len == 16 ? 32 : len;
    if (len == 16) {
        return seal_sha256(key, len, crypt->key);
    }
    memcpy(crypt->key, key, len);
    return SEAL_OK;
}

int seal_flash_crypt_new(enum seal_flash_scheme scheme, const uint8_t *key, size_t len, unsigned crypt_config,
                         struct seal_flash_crypt **out, struct seal_cause *cause)
{
    *out = NULL;
    if (crypt_config > 0xF) {
        return seal_fail(cause, SEAL_ERR_USAGE, "FLASH_CRYPT_CONFIG has four bits and cannot be 0x%x",
                         crypt_config);
    }
    struct seal_flash_crypt *crypt = seal_secret_alloc(sizeof *crypt);
    if (!crypt) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for keys");
    }
    crypt->scheme = scheme;
    int err = scheme == SEAL_FLASH_SCHEME_ESP32 ? take_esp32_key(crypt, key, len, cause)
                                                : take_xts_key(crypt, key, len, cause);
    if (err == SEAL_OK && scheme == SEAL_FLASH_SCHEME_ESP32) {
        seal_flash_esp32_range(crypt_config, crypt->tweaked);
    }
    if (err == SEAL_OK) {
        *out = crypt;
    } else {
        seal_flash_crypt_free(&crypt);
    }
    return err;
}

void seal_flash_crypt_free(struct seal_flash_crypt **crypt)
{
    seal_secret_free(*crypt, sizeof **crypt);
    *crypt = NULL;
}

static int turn(const struct seal_flash_crypt *crypt, bool encrypt, uint32_t address, const uint8_t *in,
                uint8_t *out, size_t len, struct seal_cause *cause)
{
    const bool esp32 = crypt->scheme == SEAL_FLASH_SCHEME_ESP32;
    const uint64_t end = esp32 ? ESP32_END : XTS_END;
    if (address % SEAL_FLASH_CRYPT_BLOCK || len % SEAL_FLASH_CRYPT_BLOCK) {
        return seal_fail(cause, SEAL_ERR_USAGE,
                         "flash is encrypted in blocks of 16 bytes, which 0x%x and %zu bytes are not",
                         address, len);
    }
    if (len > end || address > end - len) {
        return seal_fail(cause, SEAL_ERR_USAGE,
                         "0x%x and %zu bytes lie beyond the %u MiB that can be encrypted", address, len,
                         (unsigned)(end >> 20));
    }
    const bool done = esp32 ? seal_flash_esp32_turn(crypt, encrypt, address, in, out, len)
                            : seal_flash_xts_turn(crypt, encrypt, address, in, out, len);
    return done ? SEAL_OK : seal_fail_crypto(cause, "flash encryption");
}

int seal_flash_encrypt(const struct seal_flash_crypt *crypt, uint32_t address, const uint8_t *in,
                       uint8_t *out, size_t len, struct seal_cause *cause)
{
    return turn(crypt, true, address, in, out, len, cause);
}

int seal_flash_decrypt(const struct seal_flash_crypt *crypt, uint32_t address, const uint8_t *in,
                       uint8_t *out, size_t len, struct seal_cause *cause)
{
    return turn(crypt, false, address, in, out, len, cause);
}

int seal_flash_key_check(const uint8_t *key, size_t len, const char *name, struct seal_cause *cause)
{
    uint8_t differs = 0;
    for (size_t i = 1; i < len; i++) {
        differs |= key[i] ^ key[0];
    }
    if (!differs) {
        return seal_fail(cause, SEAL_ERR_KEY, "%s is no key: all its bytes are the same", name);
    }
    if (len >= 32 && seal_equal(key, key + len / 2, len / 2)) {
        return seal_fail(cause, SEAL_ERR_KEY, "the two halves of %s are the same, which AES-XTS forbids",
                         name);
    }
    return SEAL_OK;
}
