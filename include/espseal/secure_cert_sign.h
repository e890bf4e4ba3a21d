/* Signatures and integrity entries of an esp_secure_cert partition, made and judged. */
#ifndef ESPSEAL_SECURE_CERT_SIGN_H
#define ESPSEAL_SECURE_CERT_SIGN_H

#include <espseal/partition_look.h>
#include <espseal/sign.h>

/*
 * The bytes that a signature of this partition covers: its entries, from the first to the end of the last
 * one; what follows them (erased flash, an end marker) is not signed and will not be kept. SEAL_ERR_FORMAT:
 * no entries, one with a wrong CRC, or cut. SEAL_ERR_STATE: it is signed already, and a second signature
 * would never be looked at.
 */
int seal_secure_cert_signed_part(const uint8_t *data, size_t len, size_t *signed_len,
                                 struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Appends to out (empty before): the signed part, a SIGNATURE_BLOCK for each of 1..3 signatures over it
 * (subtype 0, 1, 2), an INTEGRITY entry with the next free subtype, and the end marker FF FF 00 00 where it
 * fits. size is that of the partition. SEAL_ERR_MISMATCH when schemes differ: a device looks at one only.
 */
int seal_secure_cert_attach(const uint8_t *data, size_t len, const struct seal_signature *signatures,
                            size_t count, size_t size, struct seal_buf *out,
                            struct seal_cause *cause) SEAL_MUST_CHECK;

/* Signs with 1..3 private keys and attaches. */
int seal_secure_cert_sign(const uint8_t *data, size_t len, struct seal_key *const *keys, size_t count,
                          size_t size, struct seal_buf *out, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Puts an INTEGRITY entry over everything before it behind the last entry, with the subtype after the last
 * one's (0..16), and the end marker; bytes that follow are overwritten in place and else kept, as the
 * reference tool does. CRCs are not looked at. SEAL_ERR_FORMAT (no entries), SEAL_ERR_TOO_LONG (subtypes or
 * size).
 */
int seal_secure_cert_append_integrity(struct seal_buf *partition, size_t size,
                                      struct seal_cause *cause) SEAL_MUST_CHECK;

struct seal_verified_block {
    uint8_t subtype;
    bool read; /* the next three are set */
    enum seal_sign_scheme scheme;
    uint8_t key_digest[32]; /* as the chip has it in an eFuse block */
    bool trusted;           /* it is one of the digests given */
    bool good;              /* the signature is this key's over the partition */
    bool skipped;           /* a device that was built for the first block's scheme passes it over */
    char problem[160];      /* "": none */
};

struct seal_secure_cert_verdict {
    size_t count; /* blocks of subtype 0..2 */
    struct seal_verified_block blocks[SEAL_SIGNATURE_KEYS_MAX];
    size_t signed_len;           /* bytes before the block of subtype 0 */
    enum seal_verdict signature; /* SEAL_UNCHECKED: not signed */
    enum seal_verdict integrity; /* of the last INTEGRITY entry; SEAL_UNCHECKED: there is none */
    size_t bad_crcs;
    char problem[160]; /* why the signature is bad */
};

/*
 * The verdict of esp_secure_cert_verify_partition_signature and _integrity on a device that trusts the given
 * digests (trusted_count times 32 bytes), and was built for the scheme of the first block. Without any digest
 * the signature is good when some key's signature is: whether a device trusts that key is then not said.
 * SEAL_ERR_FORMAT when there are no entries, SEAL_ERR_CRYPTO.
 */
int seal_secure_cert_verify(const uint8_t *data, size_t len, const uint8_t *trusted, size_t trusted_count,
                            struct seal_secure_cert_verdict *verdict,
                            struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
