/* Keys: which block, which bytes in which order, which purpose, which protections. */
#include "fuse_bits.h"

#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

#define KEY_BYTES 32
#define MAX_PARTS 2

struct part { /* one block's share of a key */
    const char *purpose;
    uint8_t bytes[KEY_BYTES]; /* in stored order */
};

/* Keys that take two blocks: the first share goes into the block that was named. */
static const struct {
    const char *name, *first, *second;
} pairs[] = {
    {"XTS_AES_256_KEY", "XTS_AES_256_KEY_1", "XTS_AES_256_KEY_2"},
    {"XTS_AES_256_PSRAM_KEY", "XTS_AES_256_PSRAM_KEY_1", "XTS_AES_256_PSRAM_KEY_2"},
    {"ECDSA_KEY_P384", "ECDSA_KEY_P384_H", "ECDSA_KEY_P384_L"},
};

bool fuse_chip_has_purposes(const struct seal_chip *chip)
{
    return seal_chip_field(chip, "KEY_PURPOSE_0") != NULL;
}

static const struct seal_efuse_field *purpose_field(const struct seal_chip *chip, unsigned key)
{
    char name[24];
    (void)snprintf(name, sizeof name, "KEY_PURPOSE_%u", key);
    return seal_chip_field(chip, name);
}

static int unknown_purpose(const struct seal_chip *chip, const char *name, struct seal_cause *cause)
{
    char list[300] = "";
    size_t used = 0;
    for (const struct seal_key_purpose *p = chip->purposes; p != NULL && p->name != NULL; p++) {
        int wrote = snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "", p->name);
        used += wrote > 0 && (size_t)wrote < sizeof list - used ? (size_t)wrote : 0;
    }
    int err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no key purpose %s", chip->title, name);
    seal_hint(cause, "it has: %s", list);
    return err;
}

static void fill_part(struct part *part, const struct seal_key_purpose *purpose, const uint8_t *data)
{
    part->purpose = purpose->name;
    for (size_t i = 0; i < KEY_BYTES; i++) {
        part->bytes[i] = purpose->reverse_bytes ? data[KEY_BYTES - 1 - i] : data[i];
    }
}

/* A private scalar is as long as its curve; the block wants it with zeroes before it. */
static int pad_scalar(const struct seal_fuse_key *key, size_t size, uint8_t *padded, struct seal_cause *cause)
{
    bool any_curve = strcmp(key->purpose, "ECDSA_KEY") == 0;
    size_t curve = strstr(key->purpose, "P192") != NULL ? 24 : strstr(key->purpose, "P384") != NULL ? 48 : 32;
    if (key->len != curve && !(any_curve && key->len == 24)) {
        return seal_fail(cause, SEAL_ERR_KEY, "%s takes a private key of %zu bits, not of %zu", key->purpose,
                         8 * curve, 8 * key->len);
    }
    memset(padded, 0, size);
    memcpy(padded + size - key->len, key->data, key->len);
    return SEAL_OK;
}

static int key_bytes(const struct seal_fuse_key *key, size_t size, uint8_t *bytes, struct seal_cause *cause)
{
    if (strncmp(key->purpose, "ECDSA_KEY", 9) == 0 && key->len != size) {
        return pad_scalar(key, size, bytes, cause);
    }
    if (key->len != size) {
        return seal_fail(cause, SEAL_ERR_KEY, "a key for %s has %zu bytes (%zu bits), not %zu", key->purpose,
                         size, 8 * size, key->len);
    }
    memcpy(bytes, key->data, size);
    return SEAL_OK;
}

static int split(const struct seal_chip *chip, const struct seal_fuse_key *key, struct part *parts,
                 size_t *count, struct seal_cause *cause)
{
    uint8_t bytes[MAX_PARTS * KEY_BYTES] = {0};
    const char *names[MAX_PARTS] = {key->purpose, NULL};
    *count = 1;
    if (strcmp(key->purpose, "ECDSA_KEY") == 0 && seal_chip_purpose(chip, key->purpose) == NULL) {
        names[0] = "ECDSA_KEY_P256"; /* its name on chips with several curves */
    }
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (strcmp(pairs[i].name, key->purpose) == 0) {
            names[0] = pairs[i].first;
            names[1] = pairs[i].second;
            *count = 2;
        }
    }
    int err = SEAL_OK;
    for (size_t i = 0; i < *count && err == SEAL_OK; i++) {
        err =
            seal_chip_purpose(chip, names[i]) != NULL ? SEAL_OK : unknown_purpose(chip, key->purpose, cause);
    }
    if (err == SEAL_OK) {
        err = key_bytes(key, *count * KEY_BYTES, bytes, cause);
    }
    for (size_t i = 0; i < *count && err == SEAL_OK; i++) {
        fill_part(&parts[i], seal_chip_purpose(chip, names[i]), bytes + i * KEY_BYTES);
    }
    seal_cleanse(bytes, sizeof bytes);
    return err;
}

/* --- which block --- */

enum fit { FIT_NONE, FIT_FREE, FIT_HIDDEN, FIT_BEGUN, FIT_SAME };

static bool taken(const struct seal_fuse_plan *plan, unsigned block)
{
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        if (plan->given[block][i] != 0) {
            return true;
        }
    }
    return false;
}

/* Equal, or what a burn of just these bytes that was cut has left. */
static enum fit compare(const uint32_t have[SEAL_EFUSE_WORDS], const uint8_t *bytes)
{
    unsigned missing = 0, foreign = 0, held = 0;
    for (unsigned bit = 0; bit < 8 * KEY_BYTES; bit++) {
        bool now = fuse_bit(have, bit), wanted = bytes[bit / 8] >> bit % 8 & 1;
        missing += wanted && !now;
        foreign += now && !wanted;
        held += now;
    }
    return foreign > 0 ? FIT_NONE : missing == 0 ? FIT_SAME : held > 0 ? FIT_BEGUN : FIT_FREE;
}

/* No purpose yet, this one, or one that a cut burn has left on the way to it: some of its bits, not locked.
 */
static bool purpose_fits(const struct seal_fuse_plan *plan, unsigned key, unsigned wanted)
{
    unsigned now = seal_efuse_key_purpose(&plan->before, key);
    return now == wanted || now == SEAL_PURPOSE_USER ||
           ((now & ~wanted) == 0 && seal_efuse_key_purpose_writable(&plan->before, key));
}

static enum fit fit_of(const struct seal_fuse_plan *plan, unsigned key, const struct part *part)
{
    unsigned block = (unsigned)seal_chip_key_block(plan->chip, key);
    unsigned purpose = seal_efuse_key_purpose(&plan->before, key);
    unsigned wanted = seal_chip_purpose(plan->chip, part->purpose)->value;
    if (taken(plan, block)) {
        return FIT_NONE;
    }
    if (!seal_efuse_block_readable(&plan->before, block)) {
        return purpose == wanted ? FIT_HIDDEN : FIT_NONE;
    }
    enum fit fit = compare(plan->before.words[block], part->bytes);
    bool writable = seal_efuse_block_writable(&plan->before, block);
    if (fit == FIT_SAME && !seal_efuse_block_blank(&plan->before, block)) {
        return purpose_fits(plan, key, wanted) ? FIT_SAME : FIT_NONE;
    }
    if (fit == FIT_BEGUN) {
        return writable && purpose_fits(plan, key, wanted) ? FIT_BEGUN : FIT_NONE;
    }
    bool claimed = purpose == wanted && wanted != SEAL_PURPOSE_USER;
    bool blank = seal_efuse_block_blank(&plan->before, block);
    bool open =
        blank && writable &&
        (claimed || (purpose == SEAL_PURPOSE_USER && seal_efuse_key_purpose_writable(&plan->before, key)));
    return !open ? FIT_NONE : claimed ? FIT_BEGUN : FIT_FREE;
}

/* The block that holds this very key, or has begun to; else one that may hold it unseen; else a free one. */
static int choose_auto(const struct seal_fuse_plan *plan, const struct part *part, unsigned *key,
                       struct seal_cause *cause)
{
    enum fit best = FIT_NONE;
    for (unsigned i = 0; i < plan->chip->key_blocks; i++) {
        enum fit fit = fit_of(plan, i, part);
        bool free_but_not_for_this = fit == FIT_FREE && seal_efuse_key_forbids(plan->chip, i, part->purpose);
        if (fit > best && !free_but_not_for_this) {
            best = fit;
            *key = i;
        }
    }
    if (best != FIT_NONE) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_STATE, "no key block of the chip is free for %s", part->purpose);
    seal_hint(cause, "espseal efuse summary shows what each block holds");
    return err;
}

/* The second block of a pair: like auto, but searched forward from the first. */
static int choose_next(const struct seal_fuse_plan *plan, const struct part *part, unsigned first,
                       unsigned *key, struct seal_cause *cause)
{
    enum fit best = FIT_NONE;
    for (unsigned i = 1; i < plan->chip->key_blocks; i++) {
        unsigned candidate = (first + i) % plan->chip->key_blocks;
        enum fit fit = fit_of(plan, candidate, part);
        if (fit > best &&
            !(fit == FIT_FREE && seal_efuse_key_forbids(plan->chip, candidate, part->purpose))) {
            best = fit;
            *key = candidate;
        }
    }
    return best != FIT_NONE
               ? SEAL_OK
               : seal_fail(cause, SEAL_ERR_STATE,
                           "there is no second free key block for %s: the key takes two", part->purpose);
}

static int check_named(const struct seal_fuse_plan *plan, unsigned key, const struct part *part,
                       struct seal_cause *cause)
{
    const struct seal_key_purpose *now =
        seal_chip_purpose_by_value(plan->chip, seal_efuse_key_purpose(&plan->before, key));
    unsigned block = (unsigned)seal_chip_key_block(plan->chip, key);
    if (taken(plan, block)) {
        return seal_fail(cause, SEAL_ERR_MISMATCH, "BLOCK_KEY%u is named twice: it holds one key", key);
    }
    if (fit_of(plan, key, part) != FIT_NONE) {
        return SEAL_OK;
    }
    int err;
    if (!seal_efuse_block_readable(&plan->before, block)) {
        err = seal_fail(cause, SEAL_ERR_STATE,
                        "BLOCK_KEY%u is in use: it is read-protected with the purpose %s", key,
                        now != NULL ? now->name : "of a value that espseal does not know");
    } else if (!seal_efuse_block_blank(&plan->before, block)) {
        err = seal_fail(cause, SEAL_ERR_STATE,
                        "BLOCK_KEY%u is in use: it holds other data, with the purpose %s", key,
                        now != NULL ? now->name : "of a value that espseal does not know");
    } else if (!seal_efuse_block_writable(&plan->before, block)) {
        err = seal_fail(cause, SEAL_ERR_STATE, "BLOCK_KEY%u is blank, and write-protected", key);
    } else {
        err =
            seal_fail(cause, SEAL_ERR_STATE, "BLOCK_KEY%u has the purpose %s and cannot become %s: %s", key,
                      now != NULL ? now->name : "of a value that espseal does not know", part->purpose,
                      seal_efuse_key_purpose_writable(&plan->before, key) ? "purpose bits never fall"
                                                                          : "the purpose is write-protected");
    }
    seal_hint(cause, "name another block, or auto: the first free one");
    return err;
}

/* --- into the plan --- */

static int claim_purpose(struct seal_fuse_plan *plan, unsigned key, unsigned value, struct seal_cause *cause)
{
    const struct seal_efuse_field *field = purpose_field(plan->chip, key);
    const struct seal_efuse_field *high;
    char name[24];
    int err = SEAL_OK;
    (void)snprintf(name, sizeof name, "KEY_PURPOSE_%u_H", key);
    high = seal_chip_field(plan->chip, name);
    if (high != NULL) {
        err = fuse_plan_claim_number(plan, high, value >> field->bits, cause);
        value &= (1u << field->bits) - 1;
    }
    if (err == SEAL_OK) {
        err = fuse_plan_claim_number(plan, field, value, cause);
    }
    if (err == SEAL_OK && field->write_disable >= 0) {
        err = fuse_plan_claim_protection(plan, "WR_DIS", field->write_disable, field->name, cause);
    }
    return err;
}

static int claim_bytes(struct seal_fuse_plan *plan, unsigned block, const struct part *part,
                       struct seal_cause *cause)
{
    if (seal_efuse_block_readable(&plan->before, block)) {
        return seal_fuse_plan_data(plan, block, 0, part->bytes, KEY_BYTES, cause);
    }
    plan->hidden |= 1u << block;
    plan->want.secret[block] = true;
    int err = SEAL_OK;
    for (unsigned bit = 0; bit < 8 * KEY_BYTES && err == SEAL_OK; bit++) {
        err = fuse_plan_claim(plan, block, bit, part->bytes[bit / 8] >> bit % 8 & 1, part->purpose, cause);
    }
    return err;
}

static int claim_part(struct seal_fuse_plan *plan, const struct seal_fuse_key *options, unsigned key,
                      const struct part *part, struct seal_cause *cause)
{
    const struct seal_key_purpose *purpose = seal_chip_purpose(plan->chip, part->purpose);
    unsigned block = (unsigned)seal_chip_key_block(plan->chip, key);
    const struct seal_efuse_block *entry = &plan->chip->efuse->blocks[block];
    int err = claim_bytes(plan, block, part, cause);
    if (err == SEAL_OK) {
        err = claim_purpose(plan, key, purpose->value, cause);
    }
    if (err == SEAL_OK && purpose->read_protect && !options->keep_readable) {
        err = fuse_plan_claim_protection(plan, "RD_DIS", entry->read_disable, entry->name, cause);
    }
    if (err == SEAL_OK && !options->keep_writable) {
        err = fuse_plan_claim_protection(plan, "WR_DIS", entry->write_disable, entry->name, cause);
    }
    /* ESP32-H2 up to v1.1: the peripheral must take its nonces from the hardware (espefuse does the same) */
    if (err == SEAL_OK && strncmp(purpose->name, "ECDSA_KEY", 9) == 0 &&
        seal_chip_field(plan->chip, "ECDSA_FORCE_USE_HARDWARE_K") != NULL) {
        err = seal_fuse_plan_field(plan, "ECDSA_FORCE_USE_HARDWARE_K", "1", cause);
    }
    if (err == SEAL_OK && purpose->digest) {
        plan->want.secret[block] = false;
    }
    return err;
}

int seal_fuse_plan_key(struct seal_fuse_plan *plan, const struct seal_fuse_key *key, uint32_t *blocks,
                       struct seal_cause *cause)
{
    struct part parts[MAX_PARTS];
    size_t count = 0;
    unsigned number = 0;
    *blocks = 0;
    if (!fuse_chip_has_purposes(plan->chip)) {
        return fuse_plan_fixed_key(plan, key, blocks, cause);
    }
    int err = split(plan->chip, key, parts, &count, cause);
    if (err == SEAL_OK && key->block == SEAL_PLAN_KEY_AUTO) {
        err = choose_auto(plan, &parts[0], &number, cause);
    } else if (err == SEAL_OK && plan->chip->efuse->blocks[key->block].key < 0) {
        err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "%s is no key block",
                        plan->chip->efuse->blocks[key->block].name);
        seal_hint(cause, "keys live in BLOCK_KEY0 to BLOCK_KEY%u; efuse burn-block writes other blocks",
                  plan->chip->key_blocks - 1u);
    } else if (err == SEAL_OK) {
        number = (unsigned)plan->chip->efuse->blocks[key->block].key;
        err = check_named(plan, number, &parts[0], cause);
    }
    for (size_t i = 0; i < count && err == SEAL_OK; i++) {
        if (i > 0) {
            err = choose_next(plan, &parts[i], number, &number, cause);
        }
        if (err == SEAL_OK) {
            err = claim_part(plan, key, number, &parts[i], cause);
            *blocks |= 1u << seal_chip_key_block(plan->chip, number);
        }
    }
    seal_cleanse(parts, sizeof parts);
    return err;
}
