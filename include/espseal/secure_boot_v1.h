/*
 * Secure Boot v1 of the ESP32 (ESP-IDF, security/secure-boot-v1; measured in vectors/secureboot):
 * applications carry an ECDSA signature that the bootloader checks; the bootloader carries a digest that the
 * ROM makes with a key in BLOCK2. That key is random and stays in the chip ("one-time"), or is derived from
 * the signing key, so that the bootloader can be replaced ("reflashable").
 */
#ifndef ESPSEAL_SECURE_BOOT_V1_H
#define ESPSEAL_SECURE_BOOT_V1_H

#include <espseal/sign.h>

#define SEAL_BOOT_V1_IV_LEN 128u
#define SEAL_BOOT_V1_DIGEST_LEN 64u
#define SEAL_BOOT_V1_IMAGE_AT 0x1000u /* of the bootloader; the IV and the digest stand at 0 */
#define SEAL_BOOT_V1_SIGNATURE_LEN 68u

/* --- applications --- */

/*
 * Signs with EC P-256 and SHA-256, with the number k of RFC 6979 where the key's numbers are at hand: the
 * same image gets the same signature. *out as from seal_sign. SEAL_ERR_KEY: another kind of key.
 * SEAL_ERR_CRYPTO.
 */
int seal_boot_v1_sign(const struct seal_key *key, const void *message, size_t len, struct seal_signature *out,
                      struct seal_cause *cause) SEAL_MUST_CHECK;

/* The bytes behind an image: a version word of zero, r and s, big-endian. SEAL_ERR_KEY: not of P-256. */
int seal_boot_v1_put(const struct seal_signature *signature,
                     uint8_t bytes[static SEAL_BOOT_V1_SIGNATURE_LEN]) SEAL_MUST_CHECK;

/*
 * Whether the last 68 bytes of data are key's signature of what is before them. SEAL_ERR_FORMAT: too short,
 * or a version other than 0. SEAL_ERR_KEY: not of P-256. SEAL_ERR_MISMATCH: they are not.
 */
int seal_boot_v1_verify(const struct seal_public *key, const uint8_t *data, size_t len,
                        struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- bootloaders --- */

/*
 * The 32 bytes that the hardware takes as its key, from a key file: of 32 bytes as they are, of 24 (3/4
 * coding) with bytes 8..15 once more, of 16 their SHA-256. SEAL_ERR_KEY: another length.
 */
int seal_boot_v1_key(const uint8_t *data, size_t len, uint8_t key[static 32],
                     struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The key of a reflashable bootloader: SHA-256 of the signing key's secret number; its first 24 bytes where
 * BLOCK2 has the 3/4 coding. A secret. SEAL_ERR_KEY: not EC P-256, or the key is in a token.
 */
int seal_boot_v1_derive(const struct seal_key *signing, uint8_t key[static 32],
                        struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * What goes to flash offset 0: IV, digest, FF, and the bootloader at 0x1000, as the ROM reads it (in rows of
 * 128 bytes, without what of its SHA-256 does not fill one, then FF). iv: random in use, given in tests.
 * Appends. SEAL_ERR_FORMAT: no image. SEAL_ERR_CRYPTO.
 */
int seal_boot_v1_bootloader(const uint8_t key[static 32], const uint8_t iv[static SEAL_BOOT_V1_IV_LEN],
                            const uint8_t *image, size_t len, struct seal_buf *out,
                            struct seal_cause *cause) SEAL_MUST_CHECK;

/* Whether data is such a file, made with this key. SEAL_ERR_FORMAT, SEAL_ERR_MISMATCH, SEAL_ERR_CRYPTO. */
int seal_boot_v1_check(const uint8_t key[static 32], const uint8_t *data, size_t len,
                       struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
