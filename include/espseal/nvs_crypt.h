/* Keys of encrypted NVS partitions, and the encryption itself (ESP-IDF "NVS Encryption"), through libcrypto.
 */
#ifndef ESPSEAL_NVS_CRYPT_H
#define ESPSEAL_NVS_CRYPT_H

#include <espseal/buf.h>

#define SEAL_NVS_KEYS_LEN 64    /* AES-256-XTS: 32 bytes for the data, 32 for the tweak */
#define SEAL_NVS_KEYS_SIZE 4096 /* of a keys partition's file: the keys, their CRC-32, erased flash */

/* New random keys, or those that a chip derives with its HMAC peripheral from the key in its eFuses:
 * HMAC-SHA256(hmac_key, 8 times 5A5ABEAE), and 8 times A5A5DECE (vectors/nvs/generate_key_hmac_0).
 * SEAL_ERR_CRYPTO. */
int seal_nvs_keys_generate(uint8_t keys[static SEAL_NVS_KEYS_LEN], struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_nvs_keys_derive(const uint8_t hmac_key[static 32], uint8_t keys[static SEAL_NVS_KEYS_LEN],
                         struct seal_cause *cause) SEAL_MUST_CHECK;

/* Appends the keys partition to out, which should be secret. */
int seal_nvs_keys_encode(const uint8_t keys[static SEAL_NVS_KEYS_LEN], struct seal_buf *out) SEAL_MUST_CHECK;
/*
 * Takes the keys from a keys partition of at least 68 bytes, or from the 64 bytes alone. name is for
 * messages. SEAL_ERR_FORMAT: another length, erased, or its CRC is wrong. SEAL_ERR_KEY: both halves are the
 * same.
 */
int seal_nvs_keys_decode(const uint8_t *data, size_t len, const char *name,
                         uint8_t keys[static SEAL_NVS_KEYS_LEN], struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Encrypts or decrypts a partition in place: each entry of 32 bytes by itself, its offset in the partition
 * being the tweak. Headers and maps stay as they are, and so do entries that were never written. len is a
 * multiple of 4096 (SEAL_ERR_FORMAT otherwise). Nothing tells wrong keys but a look at what comes out
 * (seal_nvs_read). SEAL_ERR_CRYPTO.
 */
int seal_nvs_encrypt(const uint8_t keys[static SEAL_NVS_KEYS_LEN], uint8_t *partition, size_t len,
                     struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_nvs_decrypt(const uint8_t keys[static SEAL_NVS_KEYS_LEN], uint8_t *partition, size_t len,
                     struct seal_cause *cause) SEAL_MUST_CHECK;

/* The pairwise master key of WPA2 (IEEE 802.11 J.4.1): PBKDF2-HMAC-SHA1, 4096 rounds. SEAL_ERR_CRYPTO. */
int seal_wifi_pmk(const char *passphrase, const char *ssid, uint8_t pmk[static 32]) SEAL_MUST_CHECK;

#endif
