/*
 * Secure Boot v2 (ESP-IDF, security/secure-boot-v2): images signed with one to three keys, the digests by
 * which eFuses know those keys, and whether a chip with given eFuses would start an image. Behind the image,
 * filled up with FF to 4096 bytes, stands a sector with one to three blocks of 1216 bytes (signature_block.h)
 * over all before it. Pure: nothing here talks to a chip.
 */
#ifndef ESPSEAL_SECURE_BOOT_H
#define ESPSEAL_SECURE_BOOT_H

#include <espseal/efuse.h>
#include <espseal/sign.h>

#define SEAL_BOOT_SECTOR 4096u
#define SEAL_BOOT_SLOTS 3

/* --- keys --- */

/*
 * The digest that eFuses hold of a key: SHA-256 of seal_public_put. The ESP32-C2 has room for its first 16
 * bytes only (chip->secure_boot.digest_len). SEAL_ERR_NO_MEMORY, SEAL_ERR_CRYPTO.
 */
int seal_public_digest(const struct seal_public *key, uint8_t sha256[static 32]) SEAL_MUST_CHECK;

/*
 * The public key in a file: of a public key, a certificate or a private key, PEM or DER, or the 64 bytes that
 * espsecure keeps of a key of v1. name is for messages. passphrase: NULL refuses encrypted keys.
 * SEAL_ERR_FORMAT, SEAL_ERR_PASSPHRASE, SEAL_ERR_KEY (a kind or size that no chip checks).
 */
int seal_boot_key_read(const void *data, size_t len, const char *name,
                       const struct seal_passphrase *passphrase, struct seal_public *key,
                       struct seal_cause *cause) SEAL_MUST_CHECK;

/* The rule that --allow names for schemes that ESP-IDF marks as not working on a chip (caps.json). */
#define SEAL_RULE_BOOT_SCHEME "SB-SCHEME"
/*
 * Whether the ROM of a chip checks signatures of this scheme. SEAL_ERR_KEY: it never does. SEAL_ERR_RULE:
 * ESP-IDF marks the scheme as not functional there, and flagged_too is false.
 */
int seal_boot_scheme_check(const struct seal_chip *chip, enum seal_sign_scheme scheme, bool flagged_too,
                           struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- what a chip trusts --- */

struct seal_boot_slot {
    bool present;       /* a key block has this slot's purpose; ESP32 and ESP32-C2: the digest is not zero */
    bool hidden;        /* read-protected: the ROM cannot read it either */
    bool revoked;       /* SECURE_BOOT_KEY_REVOKEn */
    uint8_t block;      /* eFuse block that holds it */
    uint8_t digest[32]; /* its first trust->digest_len bytes */
};

struct seal_boot_trust {
    const struct seal_chip *chip; /* NULL: any chip; schemes are not looked at */
    size_t slot_count;            /* 1 or 3; the ROM looks at as many signature blocks */
    size_t digest_len;            /* 32; ESP32-C2: 16 */
    struct seal_boot_slot slots[SEAL_BOOT_SLOTS];
    bool enabled;           /* SECURE_BOOT_EN; ESP32: ABS_DONE_1 */
    bool aggressive_revoke; /* SECURE_BOOT_AGGRESSIVE_REVOKE */
};

/* From a snapshot of all blocks. A chip without secure boot v2 has slot_count 0. */
void seal_boot_trust_from_efuse(const struct seal_efuse *efuse, struct seal_boot_trust *trust);

/* Digests given elsewhere (count times 32 bytes, at most 3), as if they were burned in slots 0.. of a chip
 * (NULL: any).
 */
void seal_boot_trust_from_digests(const struct seal_chip *chip, const uint8_t *digests, size_t count,
                                  struct seal_boot_trust *trust);

/* The slot with the digest of this key, revoked or not; -1: none. */
int seal_boot_trust_slot(const struct seal_boot_trust *trust, const uint8_t key_digest[static 32]);

/* --- verdicts --- */

enum seal_boot_fault {
    SEAL_BOOT_GOOD,
    SEAL_BOOT_ABSENT,     /* no signature block in this place, although others follow */
    SEAL_BOOT_VERSION,    /* a version, hash or curve that is not known */
    SEAL_BOOT_CRC,        /* the block's own CRC is wrong */
    SEAL_BOOT_CHANGED,    /* the digest in the block is not that of the image */
    SEAL_BOOT_BAD_KEY,    /* the numbers in the block are no key */
    SEAL_BOOT_BAD_NUMBER, /* the signature is not that of the key in the block */
};
/* "the image was changed after it was signed". Never NULL. */
const char *seal_boot_fault_text(enum seal_boot_fault fault);

struct seal_boot_block {
    size_t offset; /* of the block in the data */
    enum seal_boot_fault fault;
    bool read;                       /* the next three are set: magic, version and CRC are right */
    struct seal_signature signature; /* as it stands in the block */
    uint8_t key_digest[32];          /* of the key in the block */
    int slot;                        /* that holds the digest; -1: none */
    bool accepted; /* good, and the chip looks at this block, checks this scheme and trusts its key */
};

struct seal_boot_verdict {
    size_t signed_len;  /* bytes that the signatures cover; the blocks follow */
    size_t block_count; /* up to the last one that is there; 0: not signed */
    struct seal_boot_block blocks[SEAL_SIGNATURE_KEYS_MAX];
    bool accepted;     /* the ROM, or the bootloader, would take the image: one block is accepted */
    char problem[200]; /* why not; "" when accepted */
};

/*
 * Whether a chip that trusts these digests would start the image that begins at data, as it stands in flash:
 * the header tells its length, what follows the signatures does not matter. trust NULL: every key is trusted,
 * so only the signatures are judged. A signature that fails is no failure of this function. SEAL_ERR_FORMAT:
 * no image, or one that is cut. SEAL_ERR_NO_MEMORY, SEAL_ERR_CRYPTO.
 */
int seal_boot_verify_image(const uint8_t *data, size_t len, const struct seal_boot_trust *trust,
                           struct seal_boot_verdict *verdict, struct seal_cause *cause) SEAL_MUST_CHECK;

/* The same for data of which the first signed_len bytes are signed, whatever they are. */
int seal_boot_verify_at(const uint8_t *data, size_t len, size_t signed_len,
                        const struct seal_boot_trust *trust, struct seal_boot_verdict *verdict,
                        struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Where the signatures of a signed file begin: in its last 4096 bytes, as signing tools leave it, or behind
 * the image that its header tells of. SEAL_ERR_FORMAT: it is not signed. The file of an image that was signed
 * without padding (not a multiple of 4096 bytes) is taken by its end.
 */
int seal_boot_find_signatures(const uint8_t *data, size_t len, size_t *signed_len,
                              struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- signing --- */

/*
 * The bytes to be signed: data filled up with FF to a multiple of 4096, or as they are with unpadded. Appends
 * to out, which is empty before. SEAL_ERR_FORMAT: no data. SEAL_ERR_STATE: it is signed already.
 */
int seal_boot_message(const uint8_t *data, size_t len, bool unpadded, struct seal_buf *out,
                      struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Appends the sector of 1..3 signatures over message to out: blocks, then FF. SEAL_ERR_USAGE: another count.
 * SEAL_ERR_STATE: two are of the same key. SEAL_ERR_MISMATCH: a signature is not over this message.
 */
int seal_boot_attach(const uint8_t *message, size_t len, const struct seal_signature *signatures,
                     size_t count, struct seal_buf *out, struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- rotation of keys --- */

/* The rule that --allow names when an image that is to be started needs a key that would be revoked. */
#define SEAL_RULE_BOOT_IMAGE "SB-IMAGE"

struct seal_boot_rotation {
    const uint8_t *add; /* digests that shall be trusted, 32 bytes each */
    size_t add_count;   /* 0..3 */
    unsigned revoke;    /* bit n: slot n shall not be trusted any more */
};

struct seal_fuse_plan;
/*
 * Adds a rotation to a plan (fuse_plan.h): each new digest into the first free slot and a free key block,
 * with its purpose and write-protection; revocation bits. A digest that is trusted already, and a slot that
 * is revoked already, are no change. *after: what the chip trusts afterwards. SEAL_ERR_UNSUPPORTED: a chip
 * with one slot, which can neither be rotated nor revoked. SEAL_ERR_STATE: no free slot or key block, a
 * digest that was revoked, or no digest would be left.
 */
int seal_boot_rotate(struct seal_fuse_plan *plan, const struct seal_boot_rotation *rotation,
                     struct seal_boot_trust *after, struct seal_cause *cause) SEAL_MUST_CHECK;

struct seal_boot_signers { /* who signed an image in flash, without the proof that they did */
    size_t count;          /* blocks that are there, read or not */
    bool read[SEAL_SIGNATURE_KEYS_MAX];
    uint8_t key_digests[SEAL_SIGNATURE_KEYS_MAX][32];
};
/*
 * Where the signatures of the image at an offset in a chip's flash begin, relative to it, by its headers
 * alone; at most size bytes belong to it. Errors as of seal_boot_read_signers.
 */
int seal_boot_find_end(struct seal_loader *loader, uint32_t offset, uint32_t size, uint32_t *length,
                       struct seal_cause *cause) SEAL_MUST_CHECK;
/*
 * Reads the headers and signature blocks of the image at an offset in a chip's flash; at most size bytes
 * belong to it. SEAL_ERR_NOT_FOUND: there is no image, or flash is encrypted. SEAL_ERR_FORMAT: one that is
 * cut. Else as seal_flash_read.
 */
int seal_boot_read_signers(struct seal_loader *loader, uint32_t offset, uint32_t size,
                           struct seal_boot_signers *signers, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Whether trust has a slot, not revoked, for one of them in a block that the chip looks at. */
bool seal_boot_signers_trusted(const struct seal_boot_signers *signers, const struct seal_boot_trust *trust);

#endif
