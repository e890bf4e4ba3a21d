/*
 * A chip's eFuses: a snapshot read from a chip or a file, fields in it, a set of bits to burn, and burning
 * them. Bits only rise. Nothing here decides what should be burned; `seal` plans, this layer checks and
 * burns.
 */
#ifndef ESPSEAL_EFUSE_H
#define ESPSEAL_EFUSE_H

#include <espseal/rom.h>

#define SEAL_EFUSE_BLOCKS 11
#define SEAL_EFUSE_WORDS 8

struct seal_efuse { /* a snapshot; plain data, copied by assignment. May hold readable keys: cleanse it */
    const struct seal_chip *chip; /* with the eFuse table of its revision */
    uint32_t loaded;              /* bit n: block n was read */
    uint32_t revision_bits;       /* chip->revision_register, read with BLOCK0; 0 in a file */
    uint32_t words[SEAL_EFUSE_BLOCKS][SEAL_EFUSE_WORDS];
    uint8_t errors[SEAL_EFUSE_BLOCKS]; /* corrected or uncorrected errors that the controller reports; hints
                                          only */
    bool error_fail[SEAL_EFUSE_BLOCKS];
};

/* Reads the blocks of mask (bit n: block n; ~0u: all) from the chip into *efuse, whose chip is set. */
int seal_efuse_read(struct seal_loader *loader, uint32_t mask, struct seal_efuse *efuse,
                    struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * From a file of Espressif's QEMU or of the simulator (the blocks' words one after the other), or from one of
 * espefuse's virtual chips (the controller's registers, the last one first, big-endian); the size tells
 * which. The revision in it chooses the variant of chip; seal_chip_variant gives another one, which may be
 * put into efuse->chip. SEAL_ERR_FORMAT.
 */
int seal_efuse_from_file(const struct seal_chip *chip, const uint8_t *data, size_t len,
                         struct seal_efuse *efuse, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Into such a file of chip->efuse->file_size bytes, of which only the blocks are written. */
void seal_efuse_to_file(const struct seal_efuse *efuse, uint8_t *data);
/* Into a virtual chip's registers, chip->efuse->register_space bytes, of which only the blocks are written:
 * those that are read-protected as zero, as the chip shows them. */
void seal_efuse_to_registers(const struct seal_efuse *efuse, uint8_t *data);

/* How a block of this chip is coded (never BY_SCHEME), and how many words of data it holds. */
enum seal_efuse_coding seal_efuse_block_coding(const struct seal_efuse *efuse, unsigned block);
unsigned seal_efuse_block_words(const struct seal_efuse *efuse, unsigned block);

/* Fields of up to 32 bits; fields of any length as little-endian bytes (bits / 8 rounded up). */
uint32_t seal_efuse_get(const struct seal_efuse *efuse, const struct seal_efuse_field *field);
void seal_efuse_get_bytes(const struct seal_efuse *efuse, const struct seal_efuse_field *field,
                          uint8_t *bytes);
/* By name; 0 when the chip has no such field. */
uint32_t seal_efuse_get_named(const struct seal_efuse *efuse, const char *field);
bool seal_efuse_field_readable(const struct seal_efuse *efuse, const struct seal_efuse_field *field);
bool seal_efuse_field_writable(const struct seal_efuse *efuse, const struct seal_efuse_field *field);
bool seal_efuse_block_readable(const struct seal_efuse *efuse, unsigned block);
bool seal_efuse_block_writable(const struct seal_efuse *efuse, unsigned block);
bool seal_efuse_block_blank(const struct seal_efuse *efuse, unsigned block); /* reads all zero */
unsigned seal_efuse_key_purpose(const struct seal_efuse *efuse, unsigned key);
bool seal_efuse_key_purpose_writable(const struct seal_efuse *efuse, unsigned key);
/* Whether the chip cannot use a key of this purpose in BLOCK_KEY<key> (BLOCK9's quirk; ESP-IDF's
 * SOC_EFUSE_BLOCK9_KEY_PURPOSE_QUIRK). */
bool seal_efuse_key_forbids(const struct seal_chip *chip, unsigned key, const char *purpose);

/* Factory MAC, most significant byte first; chip revision as major * 100 + minor. */
void seal_efuse_mac(const struct seal_efuse *efuse, uint8_t mac[static 6]);
unsigned seal_efuse_revision(const struct seal_efuse *efuse);

struct seal_burn { /* bits to set, per block; plain data. Holds keys: cleanse it */
    uint32_t words[SEAL_EFUSE_BLOCKS][SEAL_EFUSE_WORDS];
    bool secret[SEAL_EFUSE_BLOCKS]; /* hide the block from traces, logs and plans */
};

/* Adds a field's value. SEAL_ERR_TOO_LONG (value too wide), SEAL_ERR_UNSUPPORTED (no such field). */
int seal_burn_field(const struct seal_chip *chip, struct seal_burn *burn, const char *field, uint32_t value,
                    struct seal_cause *cause) SEAL_MUST_CHECK;
/* Adds the purpose of BLOCK_KEY<key>, whose high bit is a field of its own on some chips. As seal_burn_field.
 */
int seal_burn_purpose(const struct seal_chip *chip, struct seal_burn *burn, unsigned key, unsigned purpose,
                      struct seal_cause *cause) SEAL_MUST_CHECK;
/* Adds 32 bytes to BLOCK_KEY<key>, in register order. */
void seal_burn_key(const struct seal_chip *chip, struct seal_burn *burn, unsigned key,
                   const uint8_t bytes[static 32]);
void seal_burn_protect(const struct seal_chip *chip, struct seal_burn *burn, unsigned key, bool read,
                       bool write, bool purpose);

/*
 * Checks that burning is possible and says why not (SEAL_ERR_STATE): a bit of a field that would have to
 * fall, a write-protected block or field, an RS-coded block that is read-protected or holds other data
 * already. A key block that holds at least 32 bits, all of them of the same key, is a burn of it that was
 * cut: it is burned again, which completes it; of a digest, in a block with its purpose, any bit is enough.
 * Burns nothing.
 */
int seal_burn_check(const struct seal_efuse *efuse, const struct seal_burn *burn,
                    struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Burns what is missing, after seal_burn_check, from the highest block to BLOCK0, one block at a time: data
 * into the program registers, read back from there and compared (SEAL_ERR_LINK, and that block was not
 * burned), program command, program registers cleared, read command, the block read back and compared. Bits
 * that did not take, or that only the code corrected, are tried once more (in an RS-coded block with the
 * identical code word). RD_DIS and
 * then WR_DIS are burned after all else of BLOCK0 was verified, since they lock it. *efuse is
 * brought up to date, with blocks that are now read-protected as zeroes. *burned counts blocks that were
 * programmed, also after a failure. Interrupts are held from the program command to the read-back.
 * SEAL_ERR_VERIFY with address, expected and got, for secret blocks with the number of bits only.
 */
int seal_burn_execute(struct seal_loader *loader, struct seal_efuse *efuse, const struct seal_burn *burn,
                      unsigned *burned, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
