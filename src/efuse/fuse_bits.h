/* Ranges of bits in blocks, shared by the files of the plan and the rules. */
#ifndef ESPSEAL_EFUSE_FUSE_BITS_H
#define ESPSEAL_EFUSE_FUSE_BITS_H

#include <espseal/fuse_plan.h>

static inline bool fuse_bit(const uint32_t words[SEAL_EFUSE_WORDS], unsigned bit)
{
    return words[bit / 32] >> bit % 32 & 1;
}

static inline void fuse_set_bit(uint32_t words[SEAL_EFUSE_WORDS], unsigned bit)
{
    words[bit / 32] |= 1u << bit % 32;
}

/* burn_check.c: so many bits of a coded block, all of them of what is to be burned, are a burn of it that was
 * cut. */
unsigned fuse_bits_of_own(const struct seal_efuse *efuse, unsigned id);

/* Written once, with check bytes. */
static inline bool fuse_block_coded(const struct seal_efuse *efuse, unsigned block)
{
    return seal_efuse_block_coding(efuse, block) != SEAL_CODING_NONE;
}

/* The chip with all that the plan's operations ask for so far. Holds keys: cleanse it. */
void fuse_plan_wanted(const struct seal_fuse_plan *plan, struct seal_efuse *after);
/* Claims a bit for an operation. SEAL_ERR_MISMATCH: another one wants the contrary. */
int fuse_plan_claim(struct seal_fuse_plan *plan, unsigned block, unsigned bit, bool value, const char *what,
                    struct seal_cause *cause) SEAL_MUST_CHECK;
/* A field's bits; what it holds already must not fall. SEAL_ERR_STATE. value: little-endian bytes. */
int fuse_plan_claim_field(struct seal_fuse_plan *plan, const struct seal_efuse_field *field,
                          const uint8_t *value, struct seal_cause *cause) SEAL_MUST_CHECK;
int fuse_plan_claim_number(struct seal_fuse_plan *plan, const struct seal_efuse_field *field, uint32_t value,
                           struct seal_cause *cause) SEAL_MUST_CHECK;
/* Sets one bit of WR_DIS or RD_DIS. SEAL_ERR_STATE: WR_DIS or a locked RD_DIS forbids it. */
int fuse_plan_claim_protection(struct seal_fuse_plan *plan, const char *protection, int bit, const char *what,
                               struct seal_cause *cause) SEAL_MUST_CHECK;

/* The first revision of a chip that heeds a fuse; 0: all do (lockdown.c). */
unsigned fuse_heeded_from(const struct seal_chip *chip, const char *field);

/* Keys of chips without KEY_PURPOSE fields: where each purpose lives (fuse_plan_fixed_key.c). */
bool fuse_chip_has_purposes(const struct seal_chip *chip);
int fuse_plan_fixed_key(struct seal_fuse_plan *plan, const struct seal_fuse_key *key, uint32_t *blocks,
                        struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
