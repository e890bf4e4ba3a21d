/* The plaintext that the DS peripheral decrypts: layout, key and digest, for both directions. */
#ifndef ESPSEAL_DS_BOX_H
#define ESPSEAL_DS_BOX_H

#include <espseal/ds.h>

/*
 * Y | M | Rb | MD | M' | L | beta (TRM "Digital Signature", "Parameter Encryption"; measured on the emulated
 * peripheral and with the reference tool). Y, M and Rb are max_bits / 8 bytes, little-endian.
 */
struct seal_ds_box {
    size_t number_len; /* max_bits / 8 */
    size_t len;        /* of the whole: a multiple of the AES block */
    uint8_t *bytes;    /* secure heap */
};
enum { SEAL_DS_MD_LEN = 32, SEAL_DS_BETA_LEN = 8 };

/* A zeroed box. SEAL_ERR_USAGE for a max_bits other than 3072 and 4096. */
int seal_ds_box_new(unsigned max_bits, struct seal_ds_box *box) SEAL_MUST_CHECK;
void seal_ds_box_free(struct seal_ds_box *box);

uint8_t *seal_ds_box_y(const struct seal_ds_box *box);
uint8_t *seal_ds_box_m(const struct seal_ds_box *box);
uint8_t *seal_ds_box_rb(const struct seal_ds_box *box);
uint8_t *seal_ds_box_md(const struct seal_ds_box *box);
uint8_t *seal_ds_box_m_prime(const struct seal_ds_box *box);
uint8_t *seal_ds_box_length(const struct seal_ds_box *box); /* L = bits / 32 - 1 */
uint8_t *seal_ds_box_beta(const struct seal_ds_box *box);

/* SHA-256 over Y | M | Rb | M' | L | IV. */
int seal_ds_box_digest(const struct seal_ds_box *box, const uint8_t iv[static SEAL_DS_IV_LEN],
                       uint8_t md[static SEAL_DS_MD_LEN]) SEAL_MUST_CHECK;

/* AES-256-CBC of box->len bytes under HMAC-SHA256(hmac_key, 32 x FF), without padding. */
int seal_ds_box_cipher(bool encrypt, const uint8_t hmac_key[static 32],
                       const uint8_t iv[static SEAL_DS_IV_LEN], const uint8_t *in, uint8_t *out,
                       size_t len) SEAL_MUST_CHECK;

#endif
