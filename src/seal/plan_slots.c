/* The steps that fill and protect the blocks of a sealing's keys and digests. */
#include "plan_parts.h"
#include "slots.h"

#include <stdio.h>
#include <string.h>

static bool open_block(const struct job_slot *slot)
{
    return slot->state == SEAL_BLOCK_FREE || slot->state == SEAL_BLOCK_CLAIMED;
}

/* What makes a block ours before it is filled, so that a cut run finds it again. */
static int plan_claim(struct seal_job *job, const struct job_slot *slot, struct seal_cause *cause)
{
    const bool whole_c2 = !slot->purpose && slot->use == JOB_FLASH_KEY && slot->count == SEAL_EFUSE_WORDS &&
                          seal_chip_field(job->chip, "XTS_KEY_LENGTH_256");
    if (whole_c2 && !seal_efuse_get_named(&job->now, "XTS_KEY_LENGTH_256")) {
        struct seal_step *step = job_add_step(job, SEAL_STEP_CLAIM, "claim key block");
        (void)snprintf(step->what, sizeof step->what, "burn XTS_KEY_LENGTH_256: all of %s is one key",
                       slot->place);
        step->irreversible = true;
        return seal_burn_field(job->chip, &step->burn, "XTS_KEY_LENGTH_256", 1, cause);
    }
    if (!slot->purpose || seal_efuse_key_purpose(&job->now, (unsigned)slot->key) == slot->purpose->value) {
        return SEAL_OK;
    }
    struct seal_step *step = job_add_step(job, SEAL_STEP_CLAIM, "claim key block");
    (void)snprintf(step->what, sizeof step->what, "burn KEY_PURPOSE_%d = %s: the block is ours from here on",
                   slot->key, slot->purpose->name);
    step->irreversible = true;
    return seal_burn_purpose(job->chip, &step->burn, (unsigned)slot->key, slot->purpose->value, cause);
}

static void add_lock(const struct seal_job *job, const struct job_slot *slot, struct seal_burn *burn)
{
    const struct seal_efuse_block *block = &job->chip->efuse->blocks[slot->block];
    if (slot->purpose) {
        seal_burn_protect(job->chip, burn, (unsigned)slot->key, false, true, true);
    } else if (block->write_disable >= 0) {
        (void)job_burn_bit(job->chip, burn, "WR_DIS", (unsigned)block->write_disable);
    }
}

static const char *origin(const struct job_slot *slot)
{
    return slot->use == JOB_DIGEST ? "the" : slot->given ? "the given" : "a new random";
}

static bool locked_when_filled(const struct seal_job *job, const struct job_slot *slot)
{
    return slot->use == JOB_DIGEST || seal_efuse_block_coding(&job->now, slot->block) == SEAL_CODING_NONE;
}

static bool same_block_open(const struct job_slot *a, const struct job_slot *b)
{
    return a != b && a->block == b->block && open_block(b);
}

/* Halves that share a block are burned in one write, since there is only one. */
static void plan_fill(struct seal_job *job, const struct job_slot *slot)
{
    const char *shared = NULL;
    struct seal_step *step = job_add_step(job, SEAL_STEP_KEY, slot->secret ? "burn key" : "burn digest");
    step->irreversible = true;
    step->block = slot->block;
    for (size_t i = 0; i < job->slot_count; i++) {
        const struct job_slot *one = &job->slots[i];
        if (one != slot && !same_block_open(slot, one)) {
            continue;
        }
        shared = one != slot ? one->title : shared;
        for (unsigned word = one->first; word < (unsigned)one->first + one->count; word++) {
            step->burn.words[one->block][word] |= one->words[word];
        }
        step->burn.secret[one->block] = step->burn.secret[one->block] || one->secret;
    }
    if (locked_when_filled(job, slot)) {
        add_lock(job, slot, &step->burn);
    }
    (void)snprintf(step->what, sizeof step->what, "burn %s %s%s%s into %s and read it back", origin(slot),
                   slot->title, shared ? ", with the " : "", shared ? shared : "", slot->place);
}

/* A digest may be in place and not locked yet. */
static void plan_digest_lock(struct seal_job *job, const struct job_slot *slot)
{
    const bool purpose_open =
        slot->purpose && seal_efuse_key_purpose_writable(&job->now, (unsigned)slot->key);
    if (!seal_efuse_block_writable(&job->now, slot->block) && !purpose_open) {
        return;
    }
    struct seal_step *step = job_add_step(job, SEAL_STEP_PROTECT, "lock digest");
    (void)snprintf(step->what, sizeof step->what,
                   "burn the write-protection of %s: its digest stays as it is", slot->place);
    step->irreversible = true;
    add_lock(job, slot, &step->burn);
}

static bool joins_a_key(const struct seal_job *job, const struct job_slot *slot)
{
    for (size_t i = 0; i < job->slot_count; i++) {
        if (job->slots[i].block == slot->block && job->slots[i].use == JOB_FLASH_KEY) {
            return slot->use == JOB_DIGEST && !slot->purpose;
        }
    }
    return false;
}

int job_plan_slots(struct seal_job *job, bool digests, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; i < job->slot_count && err == SEAL_OK; i++) {
        const struct job_slot *slot = &job->slots[i];
        if ((slot->use == JOB_DIGEST) != digests) {
            continue;
        }
        if (!open_block(slot)) {
            if (digests) {
                plan_digest_lock(job, slot);
            }
            continue;
        }
        if (joins_a_key(job, slot)) {
            continue; /* burned with it */
        }
        err = plan_claim(job, slot, cause);
        if (err == SEAL_OK) {
            plan_fill(job, slot);
        }
    }
    return err;
}

/* --- protection --- */

static void hide(const struct seal_job *job, const struct job_slot *slot, struct seal_burn *burn)
{
    const struct seal_efuse_block *block = &job->chip->efuse->blocks[slot->block];
    const unsigned halves = block->read_disable_more && slot->count == SEAL_EFUSE_WORDS ? 2 : 1;
    for (unsigned i = 0; i < halves; i++) {
        (void)job_burn_bit(job->chip, burn, "RD_DIS", (unsigned)block->read_disable + i);
    }
}

static void plan_protection(struct seal_job *job, const struct job_slot *slot)
{
    const bool read = job->profile->mode == SEAL_MODE_PRODUCTION && !job_slot_hidden(&job->now, slot);
    const bool purpose = slot->purpose && seal_efuse_key_purpose_writable(&job->now, (unsigned)slot->key);
    const bool locked_by_fill = open_block(slot) && locked_when_filled(job, slot);
    const bool write = !locked_by_fill && (seal_efuse_block_writable(&job->now, slot->block) || purpose);
    if (!read && !write) {
        return;
    }
    struct seal_step *step = job_add_step(job, SEAL_STEP_PROTECT, "protect key");
    (void)snprintf(step->what, sizeof step->what, "burn the %s-protection of %s%s%s%s",
                   read && write ? "read- and write"
                   : read        ? "read"
                                 : "write",
                   slot->place, read ? ": from here on nobody can read the " : "", read ? slot->title : "",
                   "");
    step->irreversible = true;
    if (write) {
        add_lock(job, slot, &step->burn);
    }
    if (read) {
        hide(job, slot, &step->burn);
    }
}

/* A key that is made up and not wrapped for anybody is as good as none. */
static void warn_lost_key(struct seal_job *job, enum job_use use, const char *lost)
{
    const struct job_slot *slot = job_slot_of(job, use);
    if (slot && !slot->given && slot->known && !job->profile->sealing.flash_encryption.escrow_to) {
        job_warn(job, "the %s is random and is kept nowhere: %s", slot->title, lost);
    }
}

int job_plan_slot_protection(struct seal_job *job)
{
    if (job->profile->mode == SEAL_MODE_PRODUCTION) {
        warn_lost_key(job, JOB_JTAG_KEY, "nobody will re-open it");
        if (job->profile->sealing.flash_encryption.mode == SEAL_ENCRYPTION_RELEASE) {
            warn_lost_key(job, JOB_FLASH_KEY, "nobody writes this flash over the wire again");
        }
    }
    for (size_t i = 0; i < job->slot_count; i++) {
        if (job->slots[i].secret) {
            plan_protection(job, &job->slots[i]);
        }
    }
    return SEAL_OK;
}
