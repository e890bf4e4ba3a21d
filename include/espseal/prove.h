/* The chip signs a fresh nonce through HMAC and DS, or through ECDSA, driven by ROM register access alone. */
#ifndef ESPSEAL_PROVE_H
#define ESPSEAL_PROVE_H

#include <espseal/ds.h>
#include <espseal/efuse.h>

struct seal_proof { /* the transcript; no secret in it */
    uint8_t nonce[32];
    char key[12];           /* "RSA-2048", "P-256" */
    unsigned rsa_bits;      /* 0: ECDSA */
    uint8_t signature[512]; /* big-endian; RSA: rsa_bits / 8 bytes, ECDSA: r and s */
    size_t signature_len;   /* 0: verified and not kept, see seal_prove_ecdsa */
    unsigned efuse_key;
    uint8_t cert_sha256[32];
};

/*
 * Loads the DS parameters, derives the DS key from BLOCK_KEY<efuse_key> through HMAC, signs SHA-256(nonce)
 * padded as PKCS#1 v1.5, clears the peripherals, and verifies the signature with cert. Steps:
 * facts/peripherals.json (executed against the real ROM). SEAL_ERR_PROOF: no key, wrong key, bad MD, bad
 * padding, or a signature that does not verify; the cause says which.
 */
int seal_prove_ds(struct seal_loader *loader, unsigned efuse_key, unsigned rsa_bits,
                  const uint8_t iv[static 16], const uint8_t *c, size_t c_len, const struct seal_cert *cert,
                  struct seal_proof *proof, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Lets the chip sign a SHA-256 digest (PKCS#1 v1.5) with these parameters: signature gets rsa_bits / 8 bytes,
 * big-endian. Nothing is verified. Errors as of seal_prove_ds.
 */
int seal_ds_sign(struct seal_loader *loader, unsigned efuse_key, unsigned rsa_bits,
                 const uint8_t iv[static 16], const uint8_t *c, size_t c_len, const uint8_t digest[static 32],
                 uint8_t *signature, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The same through the ECDSA peripheral: hands it the key in BLOCK_KEY<efuse_key>, lets it sign the digest of
 * a nonce (SHA-384 for P-384, else SHA-256), and verifies with cert, which names the curve. The high half of
 * a P-384 key is found by its purpose. Where the peripheral can, it derives k from key and nonce (RFC 6979).
 * An ESP32-H2 before v1.2 cannot, and in the bootloader its random numbers are not good enough for a
 * signature that may be read by others (ESP-IDF, "Random Number Generation"): it is verified, and
 * signature_len stays 0. Steps: ESP-IDF's ecdsa_hal.c. SEAL_ERR_PROOF: no key, wrong key, or another purpose;
 * SEAL_ERR_KEY, SEAL_ERR_UNSUPPORTED.
 */
int seal_prove_ecdsa(struct seal_loader *loader, unsigned efuse_key, const struct seal_cert *cert,
                     struct seal_proof *proof, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Lets the ECDSA peripheral sign a digest (48 bytes for P-384, else 32) with the key in BLOCK_KEY<efuse_key>
 * on the curve of 192, 256 or 384 bits: signature gets r and s, bits / 4 bytes, big-endian, the same ones for
 * the same digest. Nothing is verified. Errors as of seal_prove_ecdsa; SEAL_ERR_UNSUPPORTED where k would be
 * random.
 */
int seal_ecdsa_sign(struct seal_loader *loader, unsigned efuse_key, unsigned bits, const uint8_t *digest,
                    uint8_t *signature, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Proves a whole partition: takes DEV_CERT of subtype 0 from its bytes, and DS_DATA and DS_CONTEXT, or
 * SEC_CFG where the private key is in the ECDSA peripheral.
 */
int seal_prove_partition(struct seal_loader *loader, const uint8_t *partition, size_t len,
                         struct seal_proof *proof, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Whether BLOCK_KEY<efuse_key> holds just this HMAC key for DS: parameters made with it for a throw-away RSA
 * key let the chip sign, or they do not. *same is false when they do not. SEAL_ERR_CRYPTO and errors of the
 * link.
 */
int seal_prove_ds_key(struct seal_loader *loader, unsigned efuse_key, const uint8_t hmac_key[static 32],
                      bool *same, struct seal_cause *cause) SEAL_MUST_CHECK;
/*
 * The same for an ECDSA key of len bytes (24 or 32), little-endian as the block has it. *same is false too
 * where the bytes are no key of that curve.
 */
int seal_prove_ecdsa_key(struct seal_loader *loader, unsigned efuse_key, const uint8_t *bytes, size_t len,
                         bool *same, struct seal_cause *cause) SEAL_MUST_CHECK;
/* The same for a key of purpose HMAC_UP: the chip computes the HMAC of a nonce (TRM "HMAC Accelerator",
 * upstream mode; facts/peripherals.json). SEAL_ERR_PROOF: the block has another purpose. */
int seal_prove_hmac_key(struct seal_loader *loader, unsigned efuse_key, const uint8_t hmac_key[static 32],
                        bool *same, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
