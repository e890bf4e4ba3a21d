/*
 * Signatures as Espressif's chips check them, as bytes: the 1216-byte Secure Boot V2 block
 * (ESP-IDF, security/secure-boot-v2 "Signature Block Format"; vectors/secureboot), and the SIGNATURE_BLOCK
 * entry of esp_secure_cert (srcs/esp_secure_cert_signature_verify.c). All big numbers are little-endian.
 */
#ifndef ESPSEAL_SIGNATURE_BLOCK_H
#define ESPSEAL_SIGNATURE_BLOCK_H

#include <espseal/buf.h>

#define SEAL_SIGNATURE_BLOCK_LEN 1216u
#define SEAL_SIGNATURE_KEYS_MAX 3 /* the chips have three digests */

enum seal_sign_scheme { /* the values are those of the entry's algorithm byte */
                        SEAL_SIGN_RSA3072 = 0,
                        SEAL_SIGN_ECDSA192 = 1,
                        SEAL_SIGN_ECDSA256 = 2,
                        SEAL_SIGN_ECDSA384 = 3,
};
const char *seal_sign_scheme_name(enum seal_sign_scheme scheme); /* "rsa3072" */
/* Bytes of one number of a key or signature: 384, 24, 32 or 48. */
size_t seal_sign_scheme_size(enum seal_sign_scheme scheme);
/* Bytes of the digest that is signed: 48 for ECDSA-384, else 32. */
size_t seal_sign_scheme_digest(enum seal_sign_scheme scheme);

struct seal_public { /* a public key as the blocks hold it */
    enum seal_sign_scheme scheme;
    uint8_t first[384];  /* RSA: modulus n; EC: x */
    uint8_t second[384]; /* RSA: r^2 mod n with r = 2^3072; EC: y */
    uint32_t exponent;   /* RSA */
    uint32_t mprime;     /* RSA: -1 / n mod 2^32 */
};

struct seal_signature {
    struct seal_public key;
    uint8_t digest[48];     /* of what is signed; not in the bytes of an entry with ECDSA */
    uint8_t value[2 * 384]; /* RSA: 384 bytes; EC: r, s */
};

/*
 * The part of a block whose SHA-256 is the key's digest in eFuse: n | e | r | m', or curve | x | y, where a
 * P-192 key is filled up with zeroes to the room of P-256. Appends.
 */
int seal_public_put(const struct seal_public *key, struct seal_buf *out) SEAL_MUST_CHECK;

/*
 * Of a block with the magic byte, whatever its CRC is: its kind, and that part as *len bytes from *at on.
 * false: its version, hash or curve is not known.
 */
bool seal_signature_block_key(const uint8_t block[static SEAL_SIGNATURE_BLOCK_LEN],
                              enum seal_sign_scheme *scheme, size_t *at, size_t *len);
bool seal_signature_block_crc_ok(const uint8_t block[static SEAL_SIGNATURE_BLOCK_LEN]);

/* The Secure Boot V2 block of a signature; appends 1216 bytes. */
int seal_signature_block_put(const struct seal_signature *signature, struct seal_buf *out) SEAL_MUST_CHECK;

enum seal_block_fault {
    SEAL_BLOCK_OK,
    SEAL_BLOCK_ABSENT,  /* no magic byte */
    SEAL_BLOCK_VERSION, /* a version, a hash or a curve that is not known */
    SEAL_BLOCK_CRC,
};
/* Reads the 1216 bytes of a Secure Boot V2 block. *signature is zero unless the result is SEAL_BLOCK_OK. */
enum seal_block_fault seal_signature_block_get(const uint8_t block[static SEAL_SIGNATURE_BLOCK_LEN],
                                               struct seal_signature *signature);

/* The data of a SIGNATURE_BLOCK entry over the partition's first signed_len bytes; appends. */
int seal_signature_entry_put(const struct seal_signature *signature, uint32_t signed_len,
                             struct seal_buf *out) SEAL_MUST_CHECK;

/*
 * Reads the data of a SIGNATURE_BLOCK entry. *signed_len is what the entry says; the device does not look at
 * it. SEAL_ERR_FORMAT: another version, algorithm or length, a block without its magic or with a wrong CRC.
 * The digest is set for RSA and zero else.
 */
int seal_signature_entry_get(const uint8_t *data, size_t len, struct seal_signature *signature,
                             uint32_t *signed_len, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
