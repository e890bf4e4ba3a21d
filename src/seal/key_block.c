/* What a key block is, and which one a job takes. */
#include "job.h"

#include <espseal/buf.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

/*
 * A random 256-bit key has 128 bits set, give or take 8; one whose burn was cut halfway has about 64. Six
 * standard deviations keep every real key on this side. Above an ECDSA key's own words are zeroes.
 */
#define KEY_BITS_MIN 10 /* in each word */

static unsigned key_words(const struct seal_efuse *efuse, int block, const char *purpose)
{
    const uint32_t *words = efuse->words[block];
    const bool short_one = strncmp(purpose, "ECDSA_", 6) == 0 && (words[6] | words[7]) == 0;
    return !short_one ? 8 : (words[4] | words[5]) != 0 ? 6 : 4;
}

static unsigned bits_set(const struct seal_efuse *efuse, int block)
{
    unsigned bits = 0;
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        bits += (unsigned)__builtin_popcount(efuse->words[block][i]);
    }
    return bits;
}

static enum seal_key_block_state classify_filled(const struct seal_efuse *efuse, int block,
                                                 const char *purpose, char *why, size_t size)
{
    const unsigned bits = bits_set(efuse, block);
    if (efuse->error_fail[block]) {
        (void)snprintf(why, size, "its burn was cut, and the controller cannot correct what it reads there");
        return SEAL_BLOCK_DAMAGED;
    }
    if (bits < KEY_BITS_MIN * key_words(efuse, block, purpose)) {
        (void)snprintf(why, size, "only %u of its 256 bits are set, too few for a key", bits);
        return SEAL_BLOCK_DAMAGED;
    }
    (void)snprintf(why, size, "holds a readable key");
    return SEAL_BLOCK_HELD;
}

static enum seal_key_block_state classify_blank(const struct seal_efuse *efuse, unsigned key,
                                                unsigned purpose, char *why, size_t size)
{
    unsigned now = seal_efuse_key_purpose(efuse, key);
    bool purpose_open = now == purpose || seal_efuse_key_purpose_writable(efuse, key);
    if (!seal_efuse_block_writable(efuse, (unsigned)seal_chip_key_block(efuse->chip, key)) || !purpose_open) {
        (void)snprintf(why, size, "is blank and write-protected");
        return SEAL_BLOCK_IN_USE;
    }
    if (now == SEAL_PURPOSE_USER) {
        (void)snprintf(why, size, "is free");
        return SEAL_BLOCK_FREE;
    }
    (void)snprintf(why, size, "is claimed and not filled yet");
    return SEAL_BLOCK_CLAIMED;
}

enum seal_key_block_state seal_key_block_classify(const struct seal_efuse *efuse, unsigned key,
                                                  unsigned purpose, char *why, size_t size)
{
    char unused[1];
    if (!why) {
        why = unused;
        size = sizeof unused;
    }
    int block = seal_chip_key_block(efuse->chip, key);
    unsigned now = seal_efuse_key_purpose(efuse, key);
    const struct seal_key_purpose *named = seal_chip_purpose_by_value(efuse->chip, now);
    const char *name = named ? named->name : "unknown";
    if (block < 0 || now & ~purpose) {
        (void)snprintf(why, size, "has the purpose %s", name);
        return SEAL_BLOCK_IN_USE;
    }
    if (!seal_efuse_block_readable(efuse, (unsigned)block)) {
        (void)snprintf(why, size, "is read-protected with the purpose %s", name);
        return now == purpose ? SEAL_BLOCK_SEALED : SEAL_BLOCK_IN_USE;
    }
    if (seal_efuse_block_blank(efuse, (unsigned)block)) {
        return classify_blank(efuse, key, purpose, why, size);
    }
    if (now != purpose) {
        (void)snprintf(why, size, "holds data with the purpose %s", name);
        return SEAL_BLOCK_IN_USE;
    }
    return classify_filled(efuse, block, name, why, size);
}

static int load(struct seal_job *job, unsigned key, struct seal_cause *cause)
{
    unsigned block = (unsigned)seal_chip_key_block(job->chip, key);
    if (job->now.loaded & 1u << block) {
        return SEAL_OK;
    }
    return seal_efuse_read(job->loader, 1u << block, &job->now, cause);
}

static bool is_given(const struct seal_job *job)
{
    return job_uses_ds(job) ? job->profile->hmac_key != NULL : job->profile->private_key != NULL;
}

static int refuse_damaged(struct seal_job *job, unsigned key, const char *why, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_STATE, "BLOCK_KEY%u cannot be completed: %s, and %s", key, why,
                        is_given(job) ? "it does not look like a part of the key given"
                                      : "its key is gone with the run that was cut");
    seal_hint(cause, "the block is lost; to use another one, say so: --efuse-key %u",
              (key + 1) % job->chip->key_blocks);
    return err;
}

/* A burn of the very key that is given now can be completed: the bits that are there are all its own. */
static bool given_key_completes(const struct seal_job *job, size_t part)
{
    struct seal_burn burn = {0};
    uint8_t bytes[JOB_BLOCK_KEY];
    bool given = false, possible = false;
    if (job_given_block_key(job, bytes, &given, NULL) == SEAL_OK && given) {
        seal_burn_key(job->chip, &burn, job->parts[part].key, bytes + 32 * part);
        possible = seal_burn_check(&job->now, &burn, NULL) == SEAL_OK;
        seal_cleanse(&burn, sizeof burn);
    }
    seal_cleanse(bytes, sizeof bytes);
    return possible;
}

static int take(struct seal_job *job, size_t n, unsigned key, struct seal_cause *cause)
{
    struct job_part *part = &job->parts[n];
    if (key >= job->chip->key_blocks) {
        return seal_fail(cause, SEAL_ERR_USAGE, "the %s has no BLOCK_KEY%u", job->chip->title, key);
    }
    char why[96];
    int err = load(job, key, cause);
    if (err != SEAL_OK) {
        return err;
    }
    part->key = key;
    part->state = seal_key_block_classify(&job->now, key, job_key_purpose(job, n)->value, why, sizeof why);
    if (part->state == SEAL_BLOCK_DAMAGED && given_key_completes(job, n)) {
        part->state = SEAL_BLOCK_CLAIMED;
        return SEAL_OK;
    }
    if (part->state == SEAL_BLOCK_DAMAGED) {
        return refuse_damaged(job, key, why, cause);
    }
    if (part->state == SEAL_BLOCK_IN_USE) {
        err = seal_fail(cause, SEAL_ERR_STATE, "BLOCK_KEY%u is in use: it %s", key, why);
        seal_hint(cause, "choose another block with --efuse-key N, or --efuse-key auto; nothing was burned");
    }
    return err;
}

static bool is_other_part(const struct seal_job *job, size_t part, unsigned key)
{
    return part > 0 && job->parts[0].key == key;
}

static int find_own(struct seal_job *job, size_t part, unsigned *own, unsigned *count,
                    struct seal_cause *cause)
{
    const unsigned wanted = job_key_purpose(job, part)->value;
    *count = 0;
    for (unsigned key = 0; key < job->chip->key_blocks; key++) {
        unsigned purpose = seal_efuse_key_purpose(&job->now, key);
        if (purpose == SEAL_PURPOSE_USER || purpose & ~wanted || job->reserved >> key & 1 ||
            is_other_part(job, part, key)) {
            continue;
        }
        int err = load(job, key, cause);
        if (err != SEAL_OK) {
            return err;
        }
        if (seal_key_block_classify(&job->now, key, wanted, NULL, 0) != SEAL_BLOCK_IN_USE) {
            own[(*count)++] = key;
        }
    }
    return SEAL_OK;
}

/* Both halves of a key may have been claimed in part; a whole claim goes before those. */
static void prefer_exact(const struct seal_job *job, size_t part, unsigned *own, unsigned *count)
{
    const unsigned wanted = job_key_purpose(job, part)->value;
    unsigned exact = 0;
    if (job->part_count < 2) {
        return;
    }
    for (unsigned i = 0; i < *count; i++) {
        if (seal_efuse_key_purpose(&job->now, own[i]) == wanted) {
            own[exact++] = own[i];
        }
    }
    *count = exact ? exact : *count ? 1 : 0;
}

static int refuse_many(const struct seal_job *job, const unsigned *own, unsigned count,
                       struct seal_cause *cause)
{
    char names[128] = "";
    for (size_t i = 0, used = 0; i < count; i++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "%sBLOCK_KEY%u", i ? ", " : "", own[i]);
    }
    int err =
        seal_fail(cause, SEAL_ERR_STATE,
                  "more than one key block is for the %s peripheral, or blank with a part of its purpose: %s",
                  job_uses_ds(job) ? "DS" : "ECDSA", names);
    seal_hint(cause, "say which one this identity shall use: --efuse-key N");
    return err;
}

static int take_first_free(struct seal_job *job, size_t part, struct seal_cause *cause)
{
    const struct seal_key_purpose *purpose = job_key_purpose(job, part);
    for (unsigned key = 0; key < job->chip->key_blocks; key++) {
        if (seal_efuse_key_purpose(&job->now, key) != SEAL_PURPOSE_USER || job->reserved >> key & 1 ||
            is_other_part(job, part, key) || seal_efuse_key_forbids(job->chip, key, purpose->name)) {
            continue;
        }
        int err = load(job, key, cause);
        if (err != SEAL_OK) {
            return err;
        }
        if (seal_key_block_classify(&job->now, key, purpose->value, NULL, 0) == SEAL_BLOCK_FREE) {
            return take(job, part, key, cause);
        }
    }
    int err = seal_fail(cause, SEAL_ERR_STATE, "no %skey block is free on this %s", part ? "second " : "",
                        job->chip->title);
    seal_hint(cause, "espseal efuse summary shows what each block is used for");
    seal_cause_word(cause, "identity.efuse_key");
    return err;
}

static int choose_part(struct seal_job *job, size_t part, int hinted, struct seal_cause *cause)
{
    unsigned own[SEAL_EFUSE_BLOCKS];
    unsigned count;
    int err = find_own(job, part, own, &count, cause);
    if (err != SEAL_OK) {
        return err;
    }
    for (unsigned i = 0; i < count; i++) {
        if ((int)own[i] == hinted) {
            return take(job, part, own[i], cause);
        }
    }
    prefer_exact(job, part, own, &count);
    if (count > 1) {
        return refuse_many(job, own, count, cause);
    }
    return count == 1 ? take(job, part, own[0], cause) : take_first_free(job, part, cause);
}

static bool is_open(enum seal_key_block_state state)
{
    return state == SEAL_BLOCK_FREE || state == SEAL_BLOCK_CLAIMED;
}

/* One half is there already: the other one can be had only where the key is given, and it is that key's. */
static int join_halves(struct seal_job *job, struct seal_cause *cause)
{
    const struct job_part *there = &job->parts[is_open(job->parts[0].state) ? 1 : 0];
    const unsigned block = (unsigned)seal_chip_key_block(job->chip, there->key);
    const size_t at = 32 * (size_t)(there - job->parts);
    uint8_t bytes[JOB_BLOCK_KEY];
    bool given = false;
    int err = job_given_block_key(job, bytes, &given, cause);
    bool same = err == SEAL_OK && given && there->state == SEAL_BLOCK_HELD;
    for (size_t i = 0; i < SEAL_EFUSE_WORDS && same; i++) {
        same = job->now.words[block][i] == seal_le32(bytes + at + 4 * i);
    }
    seal_cleanse(bytes, sizeof bytes);
    job->key_state = SEAL_BLOCK_CLAIMED;
    return err != SEAL_OK ? err
           : same         ? SEAL_OK
                          : refuse_damaged(job, there->key, "it holds one half of a key", cause);
}

int job_choose_key_block(struct seal_job *job, int hinted, struct seal_cause *cause)
{
    const bool named = job->profile->efuse_key != SEAL_AUTO;
    job->part_count = job_key_parts(job);
    int err =
        named ? take(job, 0, (unsigned)job->profile->efuse_key, cause) : choose_part(job, 0, hinted, cause);
    if (err == SEAL_OK && job->part_count == 2) {
        err = choose_part(job, 1, -1, cause);
    }
    const struct job_part *low = &job->parts[0], *last = &job->parts[job->part_count - 1];
    job->key = low->key;
    job->key_state =
        low->state == SEAL_BLOCK_SEALED || last->state == SEAL_BLOCK_SEALED ? SEAL_BLOCK_SEALED : low->state;
    return err == SEAL_OK && is_open(low->state) != is_open(last->state) ? join_halves(job, cause) : err;
}
