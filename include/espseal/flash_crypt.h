/*
 * Flash encryption as the chips do it, on the host, through libcrypto: for images that are written encrypted,
 * for proofs that a chip holds a key, and for reading back what was encrypted.
 *
 *   ESP32   AES-256 with a key for each 32 bytes of flash, tweaked by address bits 5..23 as
 * FLASH_CRYPT_CONFIG says (ESP32 TRM "Flash Encryption/Decryption"; vectors/flashenc). others  AES-XTS (IEEE
 * 1619) over units of 128 bytes, tweaked by the unit's address (ESP32-C3 TRM "External Memory Encryption and
 * Decryption"; vectors/flashenc, and the real ROMs of ESP32-C3 and -S3).
 *
 * Both reverse the order of bytes, which the functions below do: keys are as in a key file, data as in flash.
 */
#ifndef ESPSEAL_FLASH_CRYPT_H
#define ESPSEAL_FLASH_CRYPT_H

#include <espseal/err.h>

#define SEAL_FLASH_KEY_MAX 64        /* bytes */
#define SEAL_FLASH_CRYPT_BLOCK 16u   /* addresses and lengths are multiples of it */
#define SEAL_FLASH_CRYPT_CONFIG 0xFu /* of FLASH_CRYPT_CONFIG, what ESP-IDF burns */

enum seal_flash_scheme { SEAL_FLASH_SCHEME_ESP32, SEAL_FLASH_SCHEME_XTS };

struct seal_flash_crypt; /* keys in use; immutable, so threads may share it for reading */

/*
 * Takes the key: ESP32 32 bytes, or 24 (of a chip with 3/4 coding); XTS 32 (XTS-AES-128), 64 (XTS-AES-256),
 * or 16 (XTS-AES-128 with the SHA-256 of them: ESP32-C2 with a half of its key block). crypt_config, 0..15,
 * is for the ESP32 alone. *out is NULL after a failure. SEAL_ERR_KEY (another length), SEAL_ERR_USAGE
 * (another crypt_config), SEAL_ERR_NO_MEMORY, SEAL_ERR_CRYPTO.
 */
int seal_flash_crypt_new(enum seal_flash_scheme scheme, const uint8_t *key, size_t len, unsigned crypt_config,
                         struct seal_flash_crypt **out, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Cleanses, frees and NULLs. NULL is allowed. */
void seal_flash_crypt_free(struct seal_flash_crypt **crypt);

/*
 * Encrypts or decrypts len bytes that lie at address in flash; in and out may be the same place. Pieces in
 * any order give what the whole gives, and nothing is kept between them, so memory does not grow with len.
 * SEAL_ERR_USAGE: address or len is no multiple of 16, or the end lies beyond what the scheme can address:
 * 16 MiB with the ESP32 (what its tweak would be there is known of no chip), 4 GiB else. SEAL_ERR_NO_MEMORY,
 * SEAL_ERR_CRYPTO.
 */
int seal_flash_encrypt(const struct seal_flash_crypt *crypt, uint32_t address, const uint8_t *in,
                       uint8_t *out, size_t len, struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_flash_decrypt(const struct seal_flash_crypt *crypt, uint32_t address, const uint8_t *in,
                       uint8_t *out, size_t len, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * SEAL_ERR_KEY for a key that nobody should burn: all its bytes the same (erased, or a blank eFuse block), or
 * the two halves of an XTS key the same. name is for the message.
 */
int seal_flash_key_check(const uint8_t *key, size_t len, const char *name,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
