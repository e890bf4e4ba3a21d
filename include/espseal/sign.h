/* Signing and checking the way of Espressif's chips: RSA-PSS with SHA-256 and a salt of 32, ECDSA. */
#ifndef ESPSEAL_SIGN_H
#define ESPSEAL_SIGN_H

#include <espseal/key.h>
#include <espseal/signature_block.h>

/*
 * The public half of a key that can sign: RSA-3072, EC P-192, P-256, P-384. SEAL_ERR_KEY names what cannot.
 */
int seal_public_of(const struct seal_key *key, struct seal_public *out,
                   struct seal_cause *cause) SEAL_MUST_CHECK;

/* The same from a public key (SubjectPublicKeyInfo) or a certificate, PEM or DER. SEAL_ERR_FORMAT, _KEY. */
int seal_public_read(const void *data, size_t len, const char *name, struct seal_public *out,
                     struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * SEAL_ERR_KEY when the numbers are no key, or what RSA carries beside n and e (r and m', which the hardware
 * multiplies with) is not theirs.
 */
int seal_public_check(const struct seal_public *key) SEAL_MUST_CHECK;

/* SubjectPublicKeyInfo, PEM; appends. SEAL_ERR_CRYPTO, also when the numbers are no key. */
int seal_public_write(const struct seal_public *key, struct seal_buf *out,
                      struct seal_cause *cause) SEAL_MUST_CHECK;

/* The digest of message that the scheme signs: SHA-384 for ECDSA-384, else SHA-256 (32 bytes, then zeroes).
 */
int seal_sign_digest(enum seal_sign_scheme scheme, const void *message, size_t len,
                     uint8_t digest[static 48]) SEAL_MUST_CHECK;

/* Signs message with key; *out is complete. SEAL_ERR_KEY, SEAL_ERR_CRYPTO. */
int seal_sign(const struct seal_key *key, const void *message, size_t len, struct seal_signature *out,
              struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The same for EC P-256 with the number k of RFC 6979, so that the same message gets the same signature.
 * SEAL_ERR_KEY: another key, or one in a token.
 */
int seal_sign_deterministic(const struct seal_key *key, const void *message, size_t len,
                            struct seal_signature *out, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Takes a signature that was made elsewhere over message: RSA-PSS as 384 bytes, big-endian, ECDSA as DER or
 * as r | s, big-endian. It is checked. SEAL_ERR_FORMAT, SEAL_ERR_MISMATCH: not this key's over this message.
 */
int seal_sign_import(const struct seal_public *key, const void *message, size_t len, const void *value,
                     size_t value_len, struct seal_signature *out, struct seal_cause *cause) SEAL_MUST_CHECK;

/* SEAL_ERR_MISMATCH when the signature is not its key's over message, or its digest is another. */
int seal_sign_verify(const struct seal_signature *signature, const void *message, size_t len) SEAL_MUST_CHECK;

#endif
