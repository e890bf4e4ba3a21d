/* Which slot of secure boot holds which digest, and digests into a plan. */
#include "fuse_bits.h"

#include <espseal/boot_slots.h>
#include <espseal/buf.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

static bool is_esp32(const struct seal_chip *chip)
{
    return strcmp(chip->name, "esp32") == 0;
}

static bool field_set(const struct seal_efuse *state, const char *format, unsigned number)
{
    char name[40];
    (void)snprintf(name, sizeof name, "%s%u", format, number);
    return seal_efuse_get_named(state, name) != 0;
}

/* The digest of a slot lies in words from first on; bit: of RD_DIS, which hides it. */
static void look(const struct seal_efuse *state, unsigned block, size_t first, int bit,
                 struct seal_digest_slot *slot)
{
    slot->block = (int)block;
    slot->digest_len = 4 * (SEAL_EFUSE_WORDS - first);
    for (size_t i = first; i < SEAL_EFUSE_WORDS; i++) {
        seal_put_le32(slot->digest + 4 * (i - first), state->words[block][i]);
    }
    slot->hidden = (seal_efuse_get_named(state, "RD_DIS") >> bit & 1) != 0;
    slot->state = !seal_is_filled(slot->digest, slot->digest_len, 0) && !slot->hidden ? SEAL_SLOT_DIGEST
                                                                                      : SEAL_SLOT_UNKNOWN;
}

/* Chips whose only slot is a fixed place: there a blank one is free. */
static void look_fixed(const struct seal_efuse *state, struct seal_digest_slot *slot)
{
    bool old = is_esp32(state->chip);
    unsigned block = old ? 2 : (unsigned)seal_chip_key_block(state->chip, 0);
    const struct seal_efuse_block *entry = &state->chip->efuse->blocks[block];
    int bit = old ? entry->read_disable : entry->read_disable + 1;
    look(state, block, old ? 0 : 4, bit, slot);
    if (slot->state == SEAL_SLOT_UNKNOWN && !slot->hidden && seal_efuse_block_writable(state, block)) {
        slot->state = SEAL_SLOT_FREE;
    }
}

void seal_boot_slots_read(const struct seal_efuse *state, struct seal_boot_slots *slots)
{
    bool fixed = !fuse_chip_has_purposes(state->chip);
    *slots = (struct seal_boot_slots){.count = fixed ? 1 : SEAL_BOOT_DIGESTS};
    for (unsigned i = 0; i < slots->count; i++) {
        slots->slots[i].block = -1;
        slots->slots[i].revoked = field_set(state, "SECURE_BOOT_KEY_REVOKE", i);
    }
    if (fixed) {
        look_fixed(state, &slots->slots[0]);
    }
    for (unsigned key = 0; key < state->chip->key_blocks && !fixed; key++) {
        const struct seal_key_purpose *purpose =
            seal_chip_purpose_by_value(state->chip, seal_efuse_key_purpose(state, key));
        unsigned block = (unsigned)seal_chip_key_block(state->chip, key);
        for (unsigned i = 0; i < slots->count && purpose != NULL; i++) {
            char name[24];
            (void)snprintf(name, sizeof name, "SECURE_BOOT_DIGEST%u", i);
            /* the ROM takes the first block of a purpose */
            if (strcmp(purpose->name, name) == 0 && slots->slots[i].block < 0) {
                look(state, block, 0, state->chip->efuse->blocks[block].read_disable, &slots->slots[i]);
            }
        }
    }
}

static int find(const struct seal_boot_slots *slots, const uint8_t digest[static 32], bool revoked)
{
    for (size_t i = 0; i < slots->count; i++) {
        const struct seal_digest_slot *slot = &slots->slots[i];
        if (slot->state == SEAL_SLOT_DIGEST && slot->revoked == revoked &&
            memcmp(slot->digest, digest, slot->digest_len) == 0) {
            return (int)i;
        }
    }
    return -1;
}

int seal_boot_slots_find(const struct seal_boot_slots *slots, const uint8_t digest[static 32])
{
    return find(slots, digest, false);
}

/* --- into a plan --- */

static void slots_wanted(const struct seal_fuse_plan *plan, struct seal_boot_slots *slots)
{
    struct seal_efuse wanted;
    fuse_plan_wanted(plan, &wanted);
    seal_boot_slots_read(&wanted, slots);
    seal_cleanse(&wanted, sizeof wanted);
}

/* Free, or begun by a burn that was cut: claimed by a purpose, and holding no bit that the digest has not. */
static bool can_take(const struct seal_fuse_plan *plan, const struct seal_digest_slot *slot,
                     const uint8_t digest[static 32])
{
    uint8_t foreign = 0;
    for (size_t i = 0; i < slot->digest_len; i++) {
        foreign |= slot->digest[i] & (uint8_t)~digest[i];
    }
    bool begun = foreign == 0 && slot->block >= 0 &&
                 seal_efuse_block_readable(&plan->before, (unsigned)slot->block) &&
                 seal_efuse_block_writable(&plan->before, (unsigned)slot->block);
    return !slot->revoked && (slot->state == SEAL_SLOT_FREE || begun);
}

/* The plan takes blocks that an operation spoke about for taken: reserved ones are, for this one call. */
static int add_key(struct seal_fuse_plan *plan, const struct seal_fuse_key *key, uint32_t reserved,
                   struct seal_cause *cause)
{
    uint32_t saved[SEAL_EFUSE_BLOCKS], blocks = 0;
    for (unsigned block = 0; block < SEAL_EFUSE_BLOCKS; block++) {
        saved[block] = plan->given[block][0];
        plan->given[block][0] |= (reserved >> block & 1) != 0;
    }
    int err = seal_fuse_plan_key(plan, key, &blocks, cause);
    for (unsigned block = 0; block < SEAL_EFUSE_BLOCKS; block++) {
        if ((reserved & ~blocks) >> block & 1) {
            plan->given[block][0] = saved[block];
        }
    }
    return err;
}

static int add_digest(struct seal_fuse_plan *plan, const struct seal_wish_secure_boot *wish, size_t index,
                      uint32_t reserved, struct seal_cause *cause)
{
    const char *name = wish->digests[index].name != NULL ? wish->digests[index].name : "the digest";
    struct seal_boot_slots slots;
    char purpose[24];
    size_t slot = 0;
    slots_wanted(plan, &slots);
    if (seal_boot_slots_find(&slots, wish->digests[index].bytes) >= 0) {
        return SEAL_OK;
    }
    int gone = find(&slots, wish->digests[index].bytes, true);
    if (gone >= 0) {
        return seal_fail(cause, SEAL_ERR_STATE, "%s: this chip has revoked that key (slot %d)", name, gone);
    }
    while (slot < slots.count && !can_take(plan, &slots.slots[slot], wish->digests[index].bytes)) {
        slot++;
    }
    if (slot == slots.count) {
        int err = seal_fail(cause, SEAL_ERR_STATE, "%s: no slot of secure boot is free for it", name);
        seal_hint(cause, "espseal efuse summary shows what each key block holds");
        return err;
    }
    (void)snprintf(purpose, sizeof purpose, "SECURE_BOOT_DIGEST%zu", slot);
    const struct seal_fuse_key key = {.block = SEAL_PLAN_KEY_AUTO,
                                      .purpose = is_esp32(plan->chip)                  ? "secure_boot_v2"
                                                 : !fuse_chip_has_purposes(plan->chip) ? "SECURE_BOOT_DIGEST"
                                                                                       : purpose,
                                      .data = wish->digests[index].bytes,
                                      .len = sizeof wish->digests[index].bytes};
    return add_key(plan, &key, reserved, cause);
}

/* Every slot that is not revoked would be trusted, whoever filled it. */
static int check_foreign(const struct seal_boot_slots *slots, const struct seal_wish_secure_boot *wish,
                         struct seal_cause *cause)
{
    for (size_t i = 0; i < slots->count; i++) {
        const struct seal_digest_slot *slot = &slots->slots[i];
        bool named = slot->state == SEAL_SLOT_FREE || slot->revoked;
        for (size_t d = 0; d < wish->digest_count && !named; d++) {
            named = slot->state == SEAL_SLOT_DIGEST &&
                    memcmp(slot->digest, wish->digests[d].bytes, slot->digest_len) == 0;
        }
        if (!named) {
            int err = seal_fail(cause, SEAL_ERR_STATE, "slot %zu of secure boot holds %s that was not named",
                                i, slot->state == SEAL_SLOT_DIGEST ? "the digest of a key" : "something");
            seal_hint(cause,
                      "name that key as well, or revoke the slot: espseal efuse burn "
                      "SECURE_BOOT_KEY_REVOKE%zu",
                      i);
            return err;
        }
    }
    return SEAL_OK;
}

static int add_v1(struct seal_fuse_plan *plan, const struct seal_wish_secure_boot *wish,
                  struct seal_cause *cause)
{
    bool there = !seal_efuse_block_readable(&plan->before, 2) && !seal_efuse_block_writable(&plan->before, 2);
    uint32_t blocks = 0;
    if (there) {
        return SEAL_OK;
    }
    if (wish->v1_key == NULL) {
        return seal_fail(cause, SEAL_ERR_STATE, "secure boot v1 needs a key for BLOCK2");
    }
    bool shorter = seal_efuse_get_named(&plan->before, "CODING_SCHEME") == 1;
    const struct seal_fuse_key key = {.block = SEAL_PLAN_KEY_AUTO,
                                      .purpose = "secure_boot_v1",
                                      .data = wish->v1_key,
                                      .len = shorter ? 24 : 32};
    return seal_fuse_plan_key(plan, &key, &blocks, cause);
}

int seal_boot_slots_add(struct seal_fuse_plan *plan, const struct seal_wish_secure_boot *wish,
                        uint32_t reserved, struct seal_boot_slots *slots, struct seal_cause *cause)
{
    struct seal_boot_slots now;
    int err = SEAL_OK;
    slots_wanted(plan, &now);
    if ((wish->version != 1 && wish->version != 2) || (wish->version == 1 && !is_esp32(plan->chip))) {
        err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no secure boot v%u", plan->chip->title,
                        wish->version);
    } else if (wish->version == 1) {
        err = add_v1(plan, wish, cause);
    } else if (wish->digest_count == 0 || wish->digest_count > now.count) {
        err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "secure boot of the %s takes 1%s digests, not %zu",
                        plan->chip->title, now.count > 1 ? " to 3" : "", wish->digest_count);
    }
    for (size_t i = 0; wish->version == 2 && i < wish->digest_count && err == SEAL_OK; i++) {
        err = add_digest(plan, wish, i, reserved, cause);
    }
    slots_wanted(plan, &now);
    if (err == SEAL_OK && wish->version == 2) {
        err = check_foreign(&now, wish, cause);
    }
    if (slots != NULL) {
        *slots = now;
    }
    return err;
}

int seal_boot_slots_check_foreign(const struct seal_fuse_plan *plan, const struct seal_wish_secure_boot *wish,
                                  struct seal_cause *cause)
{
    struct seal_boot_slots slots;
    slots_wanted(plan, &slots);
    return wish->version == 2 ? check_foreign(&slots, wish, cause) : SEAL_OK;
}

int seal_boot_slots_add_revocation(struct seal_fuse_plan *plan, const struct seal_wish_secure_boot *wish,
                                   struct seal_cause *cause)
{
    struct seal_boot_slots slots;
    int err = SEAL_OK;
    slots_wanted(plan, &slots);
    for (unsigned i = 0; i < slots.count && wish->revoke_unused && err == SEAL_OK; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "SECURE_BOOT_KEY_REVOKE%u", i);
        const struct seal_efuse_field *field = seal_chip_field(plan->chip, name);
        if (field != NULL && slots.slots[i].state == SEAL_SLOT_FREE && !slots.slots[i].revoked) {
            err = fuse_plan_claim_number(plan, field, 1, cause);
        }
    }
    return err;
}
