/* The plan of an eFuse operation: what was asked for, put together, and what is missing of it. */
#include "fuse_bits.h"

#include <espseal/buf.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

void seal_fuse_plan_init(struct seal_fuse_plan *plan, const struct seal_efuse *state, enum seal_path path)
{
    *plan = (struct seal_fuse_plan){.chip = state->chip, .path = path, .before = *state};
}

void seal_fuse_plan_clear(struct seal_fuse_plan *plan)
{
    seal_cleanse(plan, sizeof *plan);
}

void fuse_plan_wanted(const struct seal_fuse_plan *plan, struct seal_efuse *after)
{
    *after = plan->before;
    for (size_t block = 0; block < SEAL_EFUSE_BLOCKS; block++) {
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            after->words[block][i] |= plan->want.words[block][i];
        }
    }
}

int fuse_plan_claim(struct seal_fuse_plan *plan, unsigned block, unsigned bit, bool value, const char *what,
                    struct seal_cause *cause)
{
    if (fuse_bit(plan->given[block], bit) && fuse_bit(plan->want.words[block], bit) != value) {
        int err = seal_fail(cause, SEAL_ERR_MISMATCH, "%s: two operations want different values of %s bit %u",
                            what, plan->chip->efuse->blocks[block].name, bit);
        seal_hint(cause, "give each field once; nothing was burned");
        return err;
    }
    fuse_set_bit(plan->given[block], bit);
    if (value) {
        fuse_set_bit(plan->want.words[block], bit);
    }
    return SEAL_OK;
}

/* Long fields are shown by how many bits stand in the way: they may be keys. */
static int fail_falling(const struct seal_fuse_plan *plan, const struct seal_efuse_field *field,
                        const uint8_t *value, unsigned falling, struct seal_cause *cause)
{
    int err;
    if (field->bits > 32) {
        err = seal_fail(cause, SEAL_ERR_STATE,
                        "%s holds another value already: %u of its bits would have to fall from 1 to 0",
                        field->name, falling);
    } else {
        uint32_t wanted = 0;
        for (size_t i = 0; i < (field->bits + 7u) / 8; i++) {
            wanted |= (uint32_t)value[i] << 8 * i;
        }
        err = seal_fail(cause, SEAL_ERR_STATE,
                        "%s is 0x%x and cannot become 0x%x: an eFuse bit never falls to 0", field->name,
                        (unsigned)seal_efuse_get(&plan->before, field), (unsigned)wanted);
    }
    seal_hint(cause, "espseal efuse summary --field %s shows what it is", field->name);
    return err;
}

static bool accumulates(const struct seal_efuse_field *field)
{
    return strcmp(field->name, "WR_DIS") == 0 || strcmp(field->name, "RD_DIS") == 0;
}

static int claim_bits(struct seal_fuse_plan *plan, const struct seal_efuse_field *field, const uint8_t *value,
                      struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (unsigned i = 0; i < field->bits && err == SEAL_OK; i++) {
        bool bit = value[i / 8] >> i % 8 & 1;
        if (bit || !accumulates(field)) {
            err = fuse_plan_claim(plan, field->block, field->bit + i, bit, field->name, cause);
        }
    }
    return err;
}

static int check_writable(const struct seal_fuse_plan *plan, const struct seal_efuse_field *field,
                          struct seal_cause *cause)
{
    bool coded = fuse_block_coded(&plan->before, field->block);
    bool open = coded ? seal_efuse_block_writable(&plan->before, field->block)
                      : seal_efuse_field_writable(&plan->before, field);
    return open ? SEAL_OK
                : seal_fail(cause, SEAL_ERR_STATE, "%s is write-protected: it can never change again",
                            field->name);
}

int fuse_plan_claim_field(struct seal_fuse_plan *plan, const struct seal_efuse_field *field,
                          const uint8_t *value, struct seal_cause *cause)
{
    unsigned falling = 0, rising = 0;
    if (!seal_efuse_field_readable(&plan->before, field)) {
        return seal_fail(cause, SEAL_ERR_STATE,
                         "%s is read-protected: espseal cannot know what it holds, and burns nothing over it",
                         field->name);
    }
    for (unsigned i = 0; i < field->bits; i++) {
        bool now = fuse_bit(plan->before.words[field->block], field->bit + i);
        bool wanted = value[i / 8] >> i % 8 & 1;
        falling += now && !wanted && !accumulates(field);
        rising += wanted && !now;
    }
    if (falling > 0) {
        return fail_falling(plan, field, value, falling, cause);
    }
    int err = rising > 0 ? check_writable(plan, field, cause) : SEAL_OK;
    return err != SEAL_OK ? err : claim_bits(plan, field, value, cause);
}

int fuse_plan_claim_number(struct seal_fuse_plan *plan, const struct seal_efuse_field *field, uint32_t value,
                           struct seal_cause *cause)
{
    uint8_t bytes[4];
    if (field->bits < 32 && value >> field->bits != 0) {
        int err = seal_fail(cause, SEAL_ERR_TOO_LONG, "%s has %u bit%s: 0x%x does not fit", field->name,
                            (unsigned)field->bits, field->bits == 1 ? "" : "s", (unsigned)value);
        seal_hint(cause, "%s is at most 0x%x", field->name, (1u << field->bits) - 1);
        return err;
    }
    seal_put_le32(bytes, value);
    return fuse_plan_claim_field(plan, field, bytes, cause);
}

int seal_fuse_plan_bit(struct seal_fuse_plan *plan, unsigned block, unsigned bit, struct seal_cause *cause)
{
    const struct seal_efuse_block *entry = &plan->chip->efuse->blocks[block];
    if (bit >= 32u * seal_efuse_block_words(&plan->before, block)) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "%s has the bits 0 to %u: there is no bit %u", entry->name,
                         32u * seal_efuse_block_words(&plan->before, block) - 1, bit);
    }
    return fuse_plan_claim(plan, block, bit, true, entry->name, cause);
}

int seal_fuse_plan_data(struct seal_fuse_plan *plan, unsigned block, size_t offset, const uint8_t *data,
                        size_t len, struct seal_cause *cause)
{
    const struct seal_efuse_block *entry = &plan->chip->efuse->blocks[block];
    size_t room = 4u * seal_efuse_block_words(&plan->before, block);
    int err = SEAL_OK;
    if (offset > room || len > room - offset) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "%zu bytes at offset %zu do not fit into the %zu of %s",
                         len, offset, room, entry->name);
    }
    struct seal_efuse_field whole = {.name = entry->name,
                                     .block = (uint8_t)block,
                                     .bit = (uint16_t)(8 * offset),
                                     .bits = (uint16_t)(8 * len),
                                     .type = SEAL_FIELD_BYTES,
                                     .write_disable = entry->write_disable,
                                     .read_disable = entry->read_disable};
    if (len > 0) {
        err = fuse_plan_claim_field(plan, &whole, data, cause);
    }
    if (err == SEAL_OK && entry->key >= 0) {
        plan->want.secret[block] = true;
    }
    return err;
}

/* --- protections --- */

int fuse_plan_claim_protection(struct seal_fuse_plan *plan, const char *protection, int bit, const char *what,
                               struct seal_cause *cause)
{
    const struct seal_efuse_field *field = seal_chip_field(plan->chip, protection);
    bool read = strcmp(protection, "RD_DIS") == 0;
    if (field == NULL || bit < 0 || bit >= field->bits) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "nothing %s-protects %s", read ? "read" : "write",
                         what);
    }
    bool there = fuse_bit(plan->before.words[field->block], field->bit + (unsigned)bit);
    if (!there && !seal_efuse_field_writable(&plan->before, field)) {
        int err = seal_fail(cause, SEAL_ERR_STATE, "%s cannot be %s-protected any more: %s is locked", what,
                            read ? "read" : "write", protection);
        seal_hint(cause, read ? "read-protection must come before secure boot, which locks RD_DIS"
                              : "WR_DIS is write-protected");
        return err;
    }
    return fuse_plan_claim(plan, field->block, field->bit + (unsigned)bit, true, what, cause);
}

/* Bits of RD_DIS: a field may have several (ESP32-C2: one for each half of the key block). */
static int protect_read(struct seal_fuse_plan *plan, int bit, unsigned more, const char *what,
                        struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (int i = 0; i <= (int)more && err == SEAL_OK; i++) {
        err = fuse_plan_claim_protection(plan, "RD_DIS", bit < 0 ? bit : bit + i, what, cause);
    }
    return err;
}

static int protect_block(struct seal_fuse_plan *plan, unsigned block, bool read, bool write,
                         struct seal_cause *cause)
{
    const struct seal_efuse_block *entry = &plan->chip->efuse->blocks[block];
    int err = read ? protect_read(plan, entry->read_disable, entry->read_disable_more, entry->name, cause)
                   : SEAL_OK;
    if (err == SEAL_OK && write) {
        err = fuse_plan_claim_protection(plan, "WR_DIS", entry->write_disable, entry->name, cause);
    }
    return err;
}

int seal_fuse_plan_protect(struct seal_fuse_plan *plan, const char *name, bool read, bool write,
                           struct seal_cause *cause)
{
    const struct seal_efuse_field *field = seal_fuse_plan_find_field(plan->chip, name);
    int block = seal_chip_block(plan->chip, name);
    if (field == NULL && block >= 0) {
        return protect_block(plan, (unsigned)block, read, write, cause);
    }
    if (field == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no eFuse field or block %s",
                         plan->chip->title, name);
    }
    int err = read ? protect_read(plan, field->read_disable, field->read_disable_more, field->name, cause)
                   : SEAL_OK;
    if (err == SEAL_OK && write) {
        err = fuse_plan_claim_protection(plan, "WR_DIS", field->write_disable, field->name, cause);
    }
    return err;
}

/* --- closing --- */

static bool any(const uint32_t words[SEAL_EFUSE_WORDS])
{
    uint32_t bits = 0;
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        bits |= words[i];
    }
    return bits != 0;
}

void seal_fuse_plan_missing(const struct seal_fuse_plan *plan, unsigned block,
                            uint32_t words[static SEAL_EFUSE_WORDS])
{
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        words[i] = plan->burn.words[block][i] & ~plan->before.words[block][i];
    }
}

bool seal_fuse_plan_empty(const struct seal_fuse_plan *plan)
{
    uint32_t words[SEAL_EFUSE_WORDS];
    bool empty = true;
    for (unsigned block = 0; block < plan->chip->efuse->block_count; block++) {
        seal_fuse_plan_missing(plan, block, words);
        empty = empty && !any(words);
    }
    seal_cleanse(words, sizeof words);
    return empty;
}

/*
 * What stands in an uncoded block already is wanted as well: a field of which one bit is asked for keeps the
 * others. A coded block is written once, so there it is exactly what was asked for.
 */
static void complete_block(struct seal_fuse_plan *plan, unsigned block)
{
    const uint32_t *have = plan->before.words[block], *want = plan->want.words[block];
    uint32_t missing[SEAL_EFUSE_WORDS];
    bool coded = fuse_block_coded(&plan->before, block);

    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        missing[i] = want[i] & ~have[i];
    }
    if (any(missing) && (plan->hidden >> block & 1) == 0) {
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            plan->burn.words[block][i] = coded ? want[i] : want[i] | have[i];
        }
    }
    plan->burn.secret[block] = plan->want.secret[block];
    seal_cleanse(missing, sizeof missing);
}

static void note_finding(void *ctx, const struct seal_rule *rule, const char *detail, bool allowed)
{
    struct seal_fuse_plan *plan = ctx;
    if (allowed && plan->finding_count < SEAL_PLAN_FINDINGS) {
        struct seal_fuse_finding *finding = &plan->findings[plan->finding_count++];
        finding->rule = rule;
        (void)snprintf(finding->detail, sizeof finding->detail, "%s", detail);
    }
}

int seal_fuse_plan_close(struct seal_fuse_plan *plan, const char *const *allowed, struct seal_cause *cause)
{
    struct seal_rule_view view;
    uint32_t zeroes[SEAL_EFUSE_BLOCKS][SEAL_EFUSE_WORDS];
    memset(&plan->burn, 0, sizeof plan->burn);
    plan->finding_count = 0;
    for (unsigned block = 0; block < SEAL_EFUSE_BLOCKS; block++) {
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            zeroes[block][i] = plan->given[block][i] & ~plan->want.words[block][i];
        }
    }
    for (unsigned block = 0; block < plan->chip->efuse->block_count; block++) {
        complete_block(plan, block);
    }
    seal_rule_view_make(&plan->before, &plan->burn, (const uint32_t(*)[SEAL_EFUSE_WORDS])zeroes, plan->path,
                        &view);
    plan->after = view.after;
    int err = seal_rules_check(&view, allowed, note_finding, plan, cause);
    if (err == SEAL_OK) {
        err = seal_burn_check(&plan->before, &plan->burn, cause);
    }
    plan->closed = err == SEAL_OK;
    seal_cleanse(zeroes, sizeof zeroes);
    seal_cleanse(&view, sizeof view);
    return err;
}

void seal_fuse_plan_apply(const struct seal_fuse_plan *plan, struct seal_efuse *state)
{
    for (unsigned block = 0; block < plan->chip->efuse->block_count; block++) {
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            state->words[block][i] |= plan->burn.words[block][i];
        }
    }
}
