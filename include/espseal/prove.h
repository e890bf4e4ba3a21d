/* The chip signs a fresh nonce through HMAC and DS, driven by ROM register access alone. */
#ifndef ESPSEAL_PROVE_H
#define ESPSEAL_PROVE_H

#include <espseal/ds.h>
#include <espseal/efuse.h>

struct seal_proof { /* the transcript; no secret in it */
    uint8_t nonce[32];
    unsigned rsa_bits;
    uint8_t signature[512]; /* big-endian, rsa_bits / 8 bytes */
    size_t signature_len;
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
 * Proves a whole partition: takes DS_DATA, DS_CONTEXT and DEV_CERT of subtype 0 from its bytes.
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
/* The same for a key of purpose HMAC_UP: the chip computes the HMAC of a nonce (TRM "HMAC Accelerator",
 * upstream mode; facts/peripherals.json). SEAL_ERR_PROOF: the block has another purpose. */
int seal_prove_hmac_key(struct seal_loader *loader, unsigned efuse_key, const uint8_t hmac_key[static 32],
                        bool *same, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
