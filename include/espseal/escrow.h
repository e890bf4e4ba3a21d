/*
 * Keys of one device, wrapped for a recipient: whoever holds the private key of a certificate can reflash or
 * unlock the device, and nobody else has to be trusted with the file.
 *
 * The file is PEM ("CMS") of CMS AuthEnvelopedData (RFC 5083) with AES-256-GCM. An RSA recipient gets the
 * content key by RSAES-OAEP with SHA-256 (RFC 4055), an EC one by ephemeral-static ECDH with the X9.63 KDF
 * and SHA-256 (RFC 5753). `openssl cms -decrypt -inform PEM -inkey KEY` opens it without espseal. Inside is
 * DER:
 *
 *   Escrow ::= SEQUENCE { version INTEGER (1), chip UTF8String, mac OCTET STRING, keys SEQUENCE OF Key }
 *   Key    ::= SEQUENCE { kind UTF8String, bytes OCTET STRING }
 *
 * mac has six bytes, or none where the key was made before its device was known.
 */
#ifndef ESPSEAL_ESCROW_H
#define ESPSEAL_ESCROW_H

#include <espseal/key.h>

enum { SEAL_ESCROW_KEYS = 8, SEAL_ESCROW_KIND = 32, SEAL_ESCROW_KEY = 64 };

#define SEAL_ESCROW_FLASH_ENCRYPTION "flash_encryption" /* as in a key file: 16, 24, 32 or 64 bytes */
#define SEAL_ESCROW_NVS_HMAC "nvs_hmac"                 /* 32 bytes, purpose HMAC_UP */
#define SEAL_ESCROW_NVS_KEYS "nvs_keys"                 /* 64 bytes of the keys partition */
#define SEAL_ESCROW_JTAG_HMAC "jtag_hmac"               /* 32 bytes, purpose HMAC_DOWN_JTAG */

struct seal_escrow { /* holds secrets: to be kept in memory of seal_secret_alloc */
    char chip[24];   /* "esp32c3" */
    bool has_mac;
    uint8_t mac[6];
    size_t count; /* 1..SEAL_ESCROW_KEYS */
    struct seal_escrow_key {
        char kind[SEAL_ESCROW_KIND + 1]; /* lower case, digits and _ */
        uint8_t bytes[SEAL_ESCROW_KEY];
        size_t len; /* 1..SEAL_ESCROW_KEY */
    } keys[SEAL_ESCROW_KEYS];
};

/* Adds a key. SEAL_ERR_TOO_LONG: one too many, or too long; SEAL_ERR_USAGE: a kind that is no such word. */
int seal_escrow_add(struct seal_escrow *escrow, const char *kind, const uint8_t *key,
                    size_t len) SEAL_MUST_CHECK;
/* The key of a kind; NULL: none. */
const struct seal_escrow_key *seal_escrow_find(const struct seal_escrow *escrow, const char *kind);

/*
 * SEAL_ERR_KEY when nothing can be wrapped for the certificate: neither RSA of 2048 bits or more nor EC on
 * P-256 or P-384, or its key usage allows neither key encipherment nor key agreement. For checks before
 * anything irreversible.
 */
int seal_escrow_check_recipient(const struct seal_cert *recipient, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Appends the PEM file to out. SEAL_ERR_KEY as above, SEAL_ERR_NO_MEMORY, SEAL_ERR_CRYPTO. */
int seal_escrow_wrap(const struct seal_escrow *escrow, const struct seal_cert *recipient,
                     struct seal_buf *out, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Opens a file of seal_escrow_wrap, PEM or DER, with the recipient's private key, which may live in a store
 * (key_store.h) that decrypts RSA or derives ECDH. name is for messages. *escrow is cleansed after a failure.
 * SEAL_ERR_FORMAT: no such file, or contents that are none; SEAL_ERR_MISMATCH: wrapped for another key, or
 * changed since.
 */
int seal_escrow_unwrap(const void *data, size_t len, const char *name, const struct seal_key *key,
                       struct seal_escrow *escrow, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
