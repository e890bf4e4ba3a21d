/*
 * What a device makes of the key in its eFuse block of purpose HMAC_UP: an AES-GCM key for entries that are
 * stored encrypted, and with a salt an EC key. As esp_secure_cert_mgr's reader does it (srcs/
 * esp_secure_cert_tlv_read.c, esp_secure_cert_crypto.c; v2.2.0 and later).
 */
#ifndef ESPSEAL_HMAC_KEY_H
#define ESPSEAL_HMAC_KEY_H

#include <espseal/key.h>

#define SEAL_HMAC_KEY_LEN 32
#define SEAL_HMAC_TAG_LEN 16 /* of AES-GCM, behind the ciphertext */

/*
 * AES-256-GCM: key HMAC-SHA256(hmac_key, 32 x FF), IV the first 16 bytes of HMAC-SHA256(hmac_key, 8 x
 * CD AB CD AB), nothing else authenticated. Appends ciphertext and tag, len + 16 bytes. The IV is fixed by
 * the format, so that only one text may ever be encrypted under one HMAC key. SEAL_ERR_CRYPTO.
 */
int seal_hmac_encrypt(const uint8_t hmac_key[static SEAL_HMAC_KEY_LEN], const void *data, size_t len,
                      struct seal_buf *out, struct seal_cause *cause) SEAL_MUST_CHECK;

/* The way back, into out (which should be secret). SEAL_ERR_MISMATCH: another key, or changed data. */
int seal_hmac_decrypt(const uint8_t hmac_key[static SEAL_HMAC_KEY_LEN], const void *data, size_t len,
                      struct seal_buf *out, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The P-256 key that the device derives: PBKDF2-HMAC-SHA256(hmac_key, salt, 2048 rounds, 32 bytes) is its
 * scalar, big-endian. SEAL_ERR_KEY when that is no scalar (once in 2^32: take another salt), SEAL_ERR_USAGE
 * for an empty salt.
 */
int seal_hmac_derive_key(const uint8_t hmac_key[static SEAL_HMAC_KEY_LEN], const void *salt, size_t salt_len,
                         struct seal_key **key, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
