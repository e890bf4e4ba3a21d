/*
 * Pre-encrypted firmware images: encrypted where they are built, decrypted by the device while it updates.
 * As ESP-IDF's component esp_encrypted_img defines them (idf-extra-components a9149818ea86: tools/
 * esp_enc_img_gen.py, src/esp_encrypted_img.c; vectors/enc_ota). A header of 512 bytes: magic, the wrapped
 * key (384 bytes), IV (16), length of the plaintext (4, little-endian), tag (16), 88 bytes reserved; then the
 * ciphertext, AES-256-GCM. The tag tells changed data, not who encrypted: anybody has the public key, so an
 * image needs its own signature as well.
 */
#ifndef ESPSEAL_OTA_H
#define ESPSEAL_OTA_H

#include <espseal/key.h>
#include <espseal/sign.h>

#define SEAL_OTA_HEADER_LEN 512
#define SEAL_OTA_MAGIC 0x0788b6cfu /* first bytes of SHA-256("esp_encrypted_img") */
#define SEAL_OTA_IV_LEN 16
#define SEAL_OTA_SALT_LEN 32

enum seal_ota_scheme {
    SEAL_OTA_RSA,   /* a random AES key, encrypted with RSA-3072 (PKCS#1 v1.5, RFC 8017 7.2) */
    SEAL_OTA_ECIES, /* ECDH on P-256 with a key of its own for each image, HKDF-SHA256 (RFC 5869) */
};
const char *seal_ota_scheme_name(enum seal_ota_scheme scheme); /* "rsa", "ecies" */

struct seal_ota_fixed { /* instead of random numbers, to make an image again; NULL members are random */
    const struct seal_key *server_key; /* ECIES: P-256 */
    const uint8_t *salt;               /* ECIES: SEAL_OTA_SALT_LEN bytes */
    const uint8_t *key;                /* RSA: 32 bytes, the AES key */
    const uint8_t *iv;                 /* SEAL_OTA_IV_LEN bytes; never twice with the same key */
};

/*
 * Encrypts an image for the holder of a key: RSA-3072 or EC P-256 decides the scheme (SEAL_ERR_KEY
 * otherwise). Appends header and ciphertext to out. fixed: NULL, everything is random. SEAL_ERR_USAGE: an
 * empty image.
 */
int seal_ota_encrypt(const struct seal_public *to, const void *image, size_t len,
                     const struct seal_ota_fixed *fixed, struct seal_buf *out,
                     struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The way back: appends the plaintext to out. SEAL_ERR_FORMAT: no such image, or cut short; SEAL_ERR_KEY: a
 * kind of key that this format does not know; SEAL_ERR_MISMATCH: encrypted for another key, or changed. out
 * is as it was after a failure.
 */
int seal_ota_decrypt(const struct seal_key *key, const void *data, size_t len, struct seal_buf *out,
                     struct seal_cause *cause) SEAL_MUST_CHECK;

struct seal_ota_info {
    enum seal_ota_scheme scheme; /* by the zeroes that ECIES leaves in the room of the RSA number */
    uint8_t iv[SEAL_OTA_IV_LEN], tag[16];
    uint32_t image_len;              /* as the header says */
    size_t ciphertext_len;           /* that is there */
    uint8_t server_public[64];       /* ECIES: X and Y, big-endian */
    uint8_t salt[SEAL_OTA_SALT_LEN]; /* ECIES */
};
/* Reads the header. SEAL_ERR_FORMAT: shorter than one, or another magic; lengths that disagree are told by
 * the struct. name is for messages. */
int seal_ota_look(const void *data, size_t len, const char *name, struct seal_ota_info *info,
                  struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The P-256 key that a device derives from the HMAC_UP key in its eFuses: PBKDF2-HMAC-SHA256 with the salt of
 * the component, 2048 rounds. SEAL_ERR_KEY when that is no scalar (once in 2^32: take another HMAC key).
 */
int seal_ota_device_key(const uint8_t hmac_key[static 32], struct seal_key **key,
                        struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
