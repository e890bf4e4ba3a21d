/* Parameters of the RSA Digital Signature (DS) peripheral, encrypted for one chip's HMAC key. */
#ifndef ESPSEAL_DS_H
#define ESPSEAL_DS_H

#include <espseal/key.h>

#define SEAL_DS_IV_LEN 16
#define SEAL_DS_C_MAX 1584 /* 3 * 4096 / 8 + 48 */

struct seal_ds_params {
    unsigned rsa_bits;
    size_t c_len; /* 3 * max_bits / 8 + 48: 1584 or 1200 */
    uint8_t iv[SEAL_DS_IV_LEN];
    uint8_t c[SEAL_DS_C_MAX]; /* AES-256-CBC under HMAC-SHA256(hmac_key, 32 x FF) */
};

/*
 * Encrypts key for a chip whose DS takes RSA keys up to max_bits (3072 or 4096; struct seal_chip).
 * iv NULL: random. ESP-IDF esp_ds_encrypt_params; layout Y|M|Rb|MD|M'|L|beta, TRM "Digital Signature";
 * byte-equal to vectors/ds. SEAL_ERR_KEY: not RSA, or a size other than 1024, 2048, 3072, 4096 up to
 * max_bits.
 */
int seal_ds_encrypt(const struct seal_key *key, unsigned max_bits, const uint8_t hmac_key[static 32],
                    const uint8_t *iv, struct seal_ds_params *params,
                    struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The peripheral's own computation, for the simulator and for checking a partition against a known HMAC key:
 * decrypts c, checks MD and padding, and computes Z = X^Y mod M. x and z are little-endian, params->rsa_bits
 * / 8 bytes; the size of the key itself is in the encrypted part, so the peripheral, which does not know it,
 * gives rsa_bits = max_bits and zero-padded x. *check gets the value of DS_QUERY_CHECK: bit 0 MD wrong
 * (z zeroed), bit 1 padding wrong; both are SEAL_OK. SEAL_ERR_USAGE (c_len, max_bits), SEAL_ERR_TOO_LONG (the
 * key is larger than rsa_bits), SEAL_ERR_FORMAT (its length or modulus cannot be), SEAL_ERR_CRYPTO.
 */
int seal_ds_compute(const struct seal_ds_params *params, unsigned max_bits, const uint8_t hmac_key[static 32],
                    const uint8_t *x, uint8_t *z, unsigned *check) SEAL_MUST_CHECK;

#endif
