/* Which block each key and digest of a sealing takes: what an earlier run left is found again, and all blocks
 * are reserved before the first burn. */
#include "slots.h"

#include <espseal/rules.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

const struct job_slot *job_slot_of(const struct seal_job *job, enum job_use use)
{
    for (size_t i = 0; i < job->slot_count; i++) {
        if (job->slots[i].use == use) {
            return &job->slots[i];
        }
    }
    return NULL;
}

size_t job_slot_bytes(const struct job_slot *slot, uint8_t bytes[static 32])
{
    const size_t len = 4u * slot->count;
    for (size_t i = 0; i < len; i++) {
        bytes[slot->reversed ? len - 1 - i : i] = (uint8_t)(slot->words[slot->first + i / 4] >> 8 * (i % 4));
    }
    return len;
}

static void take_block(struct seal_job *job, struct job_slot *slot, unsigned key)
{
    slot->key = (int)key;
    slot->block = (unsigned)seal_chip_key_block(job->chip, key);
    slot->place = job->chip->efuse->blocks[slot->block].name;
    job->reserved |= 1u << key;
}

/* --- blocks with purposes --- */

static bool is_taken(const struct seal_job *job, unsigned key)
{
    const struct seal_profile *profile = job->profile;
    return job->reserved >> key & 1 || (job_uses_block(job) && profile->efuse_key == (int)key);
}

/* The hardware of some chips does not find every key in the last block. */
static bool unfit(const struct seal_job *job, unsigned key, const struct seal_key_purpose *purpose)
{
    const struct seal_rule *rule = seal_rule_find("KEY-XTS-BLOCK");
    struct seal_burn burn = {0};
    struct seal_rule_view view;
    char detail[80];
    if (!rule || seal_burn_purpose(job->chip, &burn, key, purpose->value, NULL) != SEAL_OK) {
        return false;
    }
    seal_rule_view_make(&job->now, &burn, NULL, SEAL_PATH_OTHER, &view);
    const bool trips = rule->trips(&view, detail, sizeof detail);
    seal_cleanse(&view, sizeof view);
    return trips;
}

const char *job_slot_word(const struct job_slot *slot)
{
    static const char *const words[] = {
        [JOB_FLASH_KEY] = "flash_encryption.key", [JOB_FLASH_KEY_2] = "flash_encryption.key",
        [JOB_NVS_KEY] = "nvs_encryption.scheme",  [JOB_JTAG_KEY] = "lockdown.jtag",
        [JOB_BOOT_KEY] = "secure_boot.version",   [JOB_DIGEST] = "secure_boot.digests[]",
    };
    return words[slot->use];
}

static void blame_slot(const struct job_slot *slot, struct seal_cause *cause)
{
    seal_cause_word(cause, job_slot_word(slot));
}

/* Blocks that bear the slot's very purpose; those that hold something before those that are only claimed. */
static int find_exact(struct seal_job *job, struct job_slot *slot, struct seal_cause *cause)
{
    unsigned filled = 0, claimed = 0, filled_count = 0;
    bool has_claimed = false;
    for (unsigned key = job->chip->key_blocks; key-- > 0;) {
        if (seal_efuse_key_purpose(&job->now, key) != slot->purpose->value || is_taken(job, key)) {
            continue;
        }
        const unsigned block = (unsigned)seal_chip_key_block(job->chip, key);
        const bool blank =
            seal_efuse_block_readable(&job->now, block) && seal_efuse_block_blank(&job->now, block);
        filled = blank ? filled : key;
        filled_count += !blank;
        claimed = blank ? key : claimed;
        has_claimed = has_claimed || blank;
    }
    if (filled_count > 1) {
        int err = seal_fail(cause, SEAL_ERR_STATE, "more than one key block has the purpose %s",
                            slot->purpose->name);
        seal_hint(cause, slot->use == JOB_NVS_KEY ? "name the one that the firmware uses"
                                                  : "espseal efuse summary shows them; nothing was burned");
        blame_slot(slot, cause);
        return err;
    }
    if (filled_count || has_claimed) {
        take_block(job, slot, filled_count ? filled : claimed);
    }
    return SEAL_OK;
}

/* The purpose that a run was cut in: it has a part of its bits, and stands in a blank block. */
static void find_begun(struct seal_job *job, struct job_slot *slot)
{
    for (unsigned key = 0; key < job->chip->key_blocks && slot->key < 0; key++) {
        const unsigned now = seal_efuse_key_purpose(&job->now, key);
        const bool part = now != SEAL_PURPOSE_USER && !(now & ~(unsigned)slot->purpose->value);
        if (part && !is_taken(job, key) && !unfit(job, key, slot->purpose) &&
            seal_key_block_classify(&job->now, key, slot->purpose->value, NULL, 0) == SEAL_BLOCK_CLAIMED) {
            take_block(job, slot, key);
        }
    }
}

static int find_free(struct seal_job *job, struct job_slot *slot, struct seal_cause *cause)
{
    const unsigned count = job->chip->key_blocks;
    const bool first = slot->use == JOB_FLASH_KEY || slot->use == JOB_FLASH_KEY_2;
    for (unsigned i = 0; i < count && slot->key < 0; i++) {
        const unsigned key = first ? i : count - 1 - i; /* the last one serves some only */
        if (!is_taken(job, key) && !unfit(job, key, slot->purpose) &&
            seal_key_block_classify(&job->now, key, slot->purpose->value, NULL, 0) == SEAL_BLOCK_FREE) {
            take_block(job, slot, key);
        }
    }
    if (slot->key >= 0) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_STATE, "no eFuse key block is left for the %s", slot->title);
    seal_hint(cause, "espseal efuse summary shows what each block is used for; nothing was burned");
    blame_slot(slot, cause);
    return err;
}

static int take_named(struct seal_job *job, struct seal_cause *cause)
{
    const int wanted = job->profile->sealing.nvs.efuse_key;
    for (size_t i = 0; i < job->slot_count; i++) {
        struct job_slot *slot = &job->slots[i];
        if (slot->use != JOB_NVS_KEY || wanted < 0) {
            continue;
        }
        if (wanted >= job->chip->key_blocks) {
            return seal_fail(cause, SEAL_ERR_USAGE, "the %s has no BLOCK_KEY%d", job->chip->title, wanted);
        }
        if (is_taken(job, (unsigned)wanted)) {
            return seal_fail(cause, SEAL_ERR_USAGE, "BLOCK_KEY%d is asked for twice", wanted);
        }
        take_block(job, slot, (unsigned)wanted);
    }
    return SEAL_OK;
}

/* The identity's key is claimed before all others: a purpose in part is its own until it has a block. */
static bool identity_is_claimed(const struct seal_job *job)
{
    bool claimed = !job_uses_block(job);
    for (unsigned key = 0; key < job->chip->key_blocks; key++) {
        claimed = claimed || seal_efuse_key_purpose(&job->now, key) == job_key_purpose(job, 0)->value;
    }
    return claimed;
}

static int choose_blocks(struct seal_job *job, struct seal_cause *cause)
{
    int err = take_named(job, cause);
    for (size_t i = 0; i < job->slot_count && err == SEAL_OK; i++) {
        if (job->slots[i].purpose && job->slots[i].key < 0) {
            err = find_exact(job, &job->slots[i], cause);
        }
    }
    bool begun = err == SEAL_OK && identity_is_claimed(job);
    for (size_t i = 0; i < job->slot_count && begun; i++) {
        if (job->slots[i].purpose && job->slots[i].key < 0) {
            find_begun(job, &job->slots[i]);
            begun = false;
        }
    }
    for (size_t i = 0; i < job->slot_count && err == SEAL_OK; i++) {
        if (job->slots[i].purpose && job->slots[i].key < 0) {
            err = find_free(job, &job->slots[i], cause);
        }
    }
    return err;
}

/* --- what they hold --- */

static int refuse(const struct job_slot *slot, const char *why, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_STATE, "%s cannot take the %s: it %s", slot->place, slot->title, why);
    seal_hint(cause, "espseal efuse summary shows what each block holds; nothing was burned by this run");
    blame_slot(slot, cause);
    return err;
}

static int refuse_damaged(const struct job_slot *slot, const char *why, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_STATE, "%s cannot be completed: %s, and %s", slot->place, why,
                        slot->given ? "too little of it is there to tell that it is the one given"
                                    : "its key is gone with the run that was cut");
    seal_hint(cause,
              slot->purpose ? "the block is lost, and its purpose cannot be taken back: this device "
                              "cannot have another %s"
                            : "the chip has no other block for a %s",
              slot->title);
    blame_slot(slot, cause);
    return err;
}

static bool differs(const struct seal_job *job, const struct job_slot *slot)
{
    const size_t len = 4u * slot->count;
    return !seal_equal(&slot->words[slot->first], &job->now.words[slot->block][slot->first], len);
}

/* A burn of the very key that is given now can be completed. */
static bool completes(const struct seal_job *job, const struct job_slot *slot)
{
    struct seal_burn burn = {0};
    memcpy(burn.words[slot->block], slot->words, sizeof slot->words);
    const bool possible = slot->given && seal_burn_check(&job->now, &burn, NULL) == SEAL_OK;
    seal_cleanse(&burn, sizeof burn);
    return possible;
}

static void read_held(const struct seal_job *job, struct job_slot *slot)
{
    memcpy(&slot->words[slot->first], &job->now.words[slot->block][slot->first], 4u * slot->count);
    slot->known = true;
}

/* New, and over what a cut burn may have left where there is no code. */
static int make_key(const struct seal_job *job, struct job_slot *slot, struct seal_cause *cause)
{
    uint32_t *words = &slot->words[slot->first];
    if (slot->known) {
        return SEAL_OK;
    }
    if (seal_random((uint8_t *)words, 4u * slot->count) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_CRYPTO, "no random bytes to be had for the %s", slot->title);
    }
    for (unsigned i = 0; i < slot->count; i++) {
        words[i] |= job->now.words[slot->block][slot->first + i];
    }
    slot->known = true;
    return SEAL_OK;
}

static int settle(struct seal_job *job, struct job_slot *slot, struct seal_cause *cause)
{
    char why[96];
    slot->state = job_slot_classify(&job->now, slot, why, sizeof why);
    const bool begun = slot->state == SEAL_BLOCK_CLAIMED && !seal_efuse_block_blank(&job->now, slot->block);
    if (slot->state == SEAL_BLOCK_DAMAGED && completes(job, slot)) {
        slot->state = SEAL_BLOCK_CLAIMED;
    } else if (begun && slot->given && !completes(job, slot)) {
        slot->state = SEAL_BLOCK_DAMAGED;
    }
    switch (slot->state) {
    case SEAL_BLOCK_DAMAGED:
        return refuse_damaged(slot, why, cause);
    case SEAL_BLOCK_IN_USE:
        return refuse(slot, why, cause);
    case SEAL_BLOCK_HELD:
        if (slot->given && differs(job, slot)) {
            return refuse(slot, "holds another key than the one given", cause);
        }
        read_held(job, slot);
        return SEAL_OK;
    case SEAL_BLOCK_SEALED:
        return SEAL_OK;
    default:
        return make_key(job, slot, cause);
    }
}

int job_allocate_slots(struct seal_job *job, struct seal_cause *cause)
{
    if (!seal_sealing_asked(&job->profile->sealing)) {
        return SEAL_OK;
    }
    job->slots = seal_secret_alloc(JOB_SLOTS * sizeof *job->slots);
    int err = job->slots ? job_wish_slots(job, cause)
                         : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of secure memory");
    if (err == SEAL_OK) {
        err = choose_blocks(job, cause);
    }
    for (size_t i = 0; i < job->slot_count && err == SEAL_OK; i++) {
        err = settle(job, &job->slots[i], cause);
    }
    return err;
}
