/* What a block that a sealing wants is, from fuses alone. */
#include "slots.h"

#include <espseal/release.h>

#include <stdio.h>

/* A random key has half its bits set, give or take a few; six standard deviations keep every real one. */
static unsigned least_bits(const struct job_slot *slot)
{
    const unsigned bits = 32u * slot->count;
    return bits == 256 ? 80 : bits == 192 ? 54 : 30;
}

static unsigned bits_set(const struct seal_efuse *efuse, const struct job_slot *slot)
{
    unsigned bits = 0;
    for (unsigned i = slot->first; i < (unsigned)slot->first + slot->count; i++) {
        bits += (unsigned)__builtin_popcount(efuse->words[slot->block][i]);
    }
    return bits;
}

static bool part_hidden(const struct seal_efuse *efuse, const struct job_slot *slot)
{
    const struct seal_efuse_block *block = &efuse->chip->efuse->blocks[slot->block];
    const uint32_t hidden = seal_efuse_get_named(efuse, "RD_DIS");
    /* Where a block has two bits, each is for a half of it (ESP32-C2 TRM, "eFuse Controller"). */
    const unsigned last = block->read_disable_more && slot->first + slot->count > 4 ? 1 : 0;
    const unsigned first = block->read_disable_more && slot->first >= 4 ? 1 : 0;
    return block->read_disable >= 0 &&
           (hidden >> (block->read_disable + (int)first) & hidden >> (block->read_disable + (int)last) & 1);
}

bool job_slot_hidden(const struct seal_efuse *efuse, const struct job_slot *slot)
{
    return part_hidden(efuse, slot);
}

/* -1: other bits than its own are set; 0: a part of it; 1: all. */
static int compare_known(const struct seal_efuse *efuse, const struct job_slot *slot)
{
    bool whole = true;
    for (unsigned i = slot->first; i < (unsigned)slot->first + slot->count; i++) {
        const uint32_t have = efuse->words[slot->block][i];
        if (have & ~slot->words[i]) {
            return -1;
        }
        whole = whole && have == slot->words[i];
    }
    return whole;
}

static enum seal_key_block_state say(enum seal_key_block_state state, const char *text, char *why,
                                     size_t size)
{
    (void)snprintf(why, size, "%s", text);
    return state;
}

/* Flash was encrypted with it, or a bootloader digested: whatever wrote it, it is whole. */
static bool in_use(const struct seal_efuse *efuse, const struct job_slot *slot)
{
    return slot->use == JOB_FLASH_KEY  ? seal_flash_encryption_on(efuse)
           : slot->use == JOB_BOOT_KEY ? seal_efuse_get_named(efuse, "ABS_DONE_0") != 0
                                       : false;
}

/* Without a code the bits that a cut burn left can be joined by more; written-protected means complete. */
static enum seal_key_block_state classify_uncoded(const struct seal_efuse *efuse, const struct job_slot *slot,
                                                  char *why, size_t size)
{
    if (seal_efuse_block_writable(efuse, slot->block) && !in_use(efuse, slot)) {
        return slot->given && compare_known(efuse, slot) < 0
                   ? say(SEAL_BLOCK_IN_USE, "holds other data", why, size)
                   : say(SEAL_BLOCK_CLAIMED, "is filled in part", why, size);
    }
    return bits_set(efuse, slot) < least_bits(slot)
               ? say(SEAL_BLOCK_DAMAGED, "is write-protected and holds no whole key", why, size)
               : say(SEAL_BLOCK_HELD, "holds a readable key", why, size);
}

static enum seal_key_block_state classify_coded(const struct seal_efuse *efuse, const struct job_slot *slot,
                                                char *why, size_t size)
{
    if (efuse->error_fail[slot->block] || bits_set(efuse, slot) < least_bits(slot)) {
        return say(SEAL_BLOCK_DAMAGED, "its burn was cut, and what stands there is no whole key", why, size);
    }
    return say(SEAL_BLOCK_HELD, "holds a readable key", why, size);
}

static enum seal_key_block_state classify_fixed(const struct seal_efuse *efuse, const struct job_slot *slot,
                                                char *why, size_t size)
{
    if (part_hidden(efuse, slot)) {
        return say(slot->secret ? SEAL_BLOCK_SEALED : SEAL_BLOCK_IN_USE, "is read-protected", why, size);
    }
    if (bits_set(efuse, slot) == 0) {
        const bool writable = seal_efuse_block_writable(efuse, slot->block);
        return !writable ? say(SEAL_BLOCK_IN_USE, "is blank and write-protected", why, size)
               : seal_efuse_block_blank(efuse, slot->block)
                   ? say(SEAL_BLOCK_FREE, "is free", why, size)
                   : say(SEAL_BLOCK_IN_USE, "was written without it, and can be written only once", why,
                         size);
    }
    return seal_efuse_block_coding(efuse, slot->block) == SEAL_CODING_NONE
               ? classify_uncoded(efuse, slot, why, size)
               : classify_coded(efuse, slot, why, size);
}

/* A digest is known: its block holds just that, a part of it, or something else. */
static enum seal_key_block_state classify_digest(const struct seal_efuse *efuse, const struct job_slot *slot,
                                                 char *why, size_t size)
{
    if (part_hidden(efuse, slot)) {
        return say(SEAL_BLOCK_IN_USE, "is read-protected: the ROM could not read a digest there", why, size);
    }
    const int same = compare_known(efuse, slot);
    if (same > 0) {
        return say(SEAL_BLOCK_HELD, "holds the digest", why, size);
    }
    if (same < 0) {
        return say(SEAL_BLOCK_IN_USE, "holds other data", why, size);
    }
    if (!seal_efuse_block_writable(efuse, slot->block)) {
        return say(SEAL_BLOCK_IN_USE, "is write-protected", why, size);
    }
    const bool whole_block_blank = seal_efuse_block_blank(efuse, slot->block);
    if (bits_set(efuse, slot) == 0 && !whole_block_blank) {
        return say(SEAL_BLOCK_IN_USE, "was written without it, and can be written only once", why, size);
    }
    return whole_block_blank ? say(SEAL_BLOCK_FREE, "is free", why, size)
                             : say(SEAL_BLOCK_CLAIMED, "is filled in part", why, size);
}

enum seal_key_block_state job_slot_classify(const struct seal_efuse *efuse, const struct job_slot *slot,
                                            char *why, size_t size)
{
    if (slot->use == JOB_DIGEST) {
        return classify_digest(efuse, slot, why, size);
    }
    if (!slot->purpose) {
        return classify_fixed(efuse, slot, why, size);
    }
    return seal_key_block_classify(efuse, (unsigned)slot->key, slot->purpose->value, why, size);
}
