/*
 * What may not be written to a chip in its present state, because it would not start afterwards. Each refusal
 * has a name, by which alone it can be overridden.
 *
 *   FL-PLAINTEXT   plaintext where flash encryption is on
 *   FL-NO-KEY      encryption is asked for, and no eFuse block holds a key for it
 *   FL-CIPHERTEXT  what the host encrypts, where flash encryption is off
 *   FL-KEY-DOUBT   what the host encrypts with a key that nothing shows to be the chip's
 *   FL-WRONG-CHIP  an image for another chip
 *   FL-REVISION    an image for a newer, or for an older, revision of this chip
 *   FL-DAMAGED     a bootloader or application that is cut
 *   FL-UNSIGNED    an image without signature where secure boot is on
 *   FL-SB-V1       an image signed for Secure Boot v1 where v2 is on
 *   FL-WRONG-KEY   an image signed by no key that the eFuses hold and have not revoked
 */
#ifndef ESPSEAL_FLASH_GUARD_H
#define ESPSEAL_FLASH_GUARD_H

#include <espseal/efuse.h>
#include <espseal/partition_table.h>

struct seal_flash_target { /* a chip as far as the rules care */
    const struct seal_chip *chip;
    int revision;            /* major * 100 + minor; -1: unknown */
    bool encrypted;          /* flash encryption is on */
    bool key_known, has_key; /* a key for flash encryption */
    bool secure_boot_v1, secure_boot_v2;
    bool digests_known; /* keys tells all keys that are trusted */
    size_t key_count;
    uint8_t keys[3][32]; /* SHA-256 of the keys that are trusted */
};

/* From a snapshot of all blocks. */
void seal_flash_target_from_efuse(const struct seal_efuse *efuse, struct seal_flash_target *target);
/* From what the ROM tells by itself, in secure download mode too: neither revision nor digests. */
void seal_flash_target_from_info(const struct seal_chip *chip, const struct seal_security_info *info,
                                 struct seal_flash_target *target);
/* Reads what is needed from the chip, in whatever mode it is. */
int seal_flash_target_read(struct seal_loader *loader, struct seal_flash_target *target,
                           struct seal_cause *cause) SEAL_MUST_CHECK;

struct seal_flash_piece { /* something that shall be written */
    const char *name;     /* for messages */
    uint32_t offset;
    const uint8_t *data;
    size_t len;
    bool encrypt;          /* the ROM will encrypt it, or: */
    bool ciphertext;       /* the host does, before it is written; data is still plain */
    const char *key_doubt; /* ciphertext: why nothing shows that the key is the chip's; NULL: it was shown */
    const struct seal_partition *partition; /* where it goes; NULL: unknown */
};

/* The names above, NULL-terminated. */
extern const char *const seal_flash_rules[];

/*
 * SEAL_ERR_RULE, with the name of the rule in the text and how to override it in the hint, when the piece
 * must not be written. allowed: rules that are not looked at, NULL-terminated; NULL: none. Only headers,
 * signature blocks and the first 64 KiB are read.
 */
int seal_flash_guard(const struct seal_flash_target *target, const struct seal_flash_piece *piece,
                     const char *const *allowed, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
