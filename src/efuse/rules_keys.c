/* Rules about keys, key blocks and their purposes. */
#include "fuse_bits.h"
#include "rule_parts.h"

#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

#define DISTINCT_MIN 12 /* 32 random bytes have 30 different ones on average */

static bool purpose_changes(const struct seal_rule_view *view, unsigned key)
{
    return seal_efuse_key_purpose(view->before, key) != seal_efuse_key_purpose(&view->after, key);
}

bool seal_efuse_key_forbids(const struct seal_chip *chip, unsigned key, const char *purpose)
{
    static const char *const chips[] = {"esp32s3", "esp32c3", "esp32c6", "esp32h2", "esp32h4"};
    bool found = false;
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        found = found || strcmp(chips[i], chip->name) == 0;
    }
    return found && key == 5 &&
           (strncmp(purpose, "XTS_", 4) == 0 ||
            (strcmp(chip->name, "esp32h2") == 0 && strncmp(purpose, "ECDSA_", 6) == 0));
}

static const char *weakness(const uint32_t words[SEAL_EFUSE_WORDS])
{
    uint8_t bytes[4 * SEAL_EFUSE_WORDS];
    bool seen[256] = {false}, steps = true;
    unsigned distinct = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
        distinct += !seen[bytes[i]];
        seen[bytes[i]] = true;
        steps = steps && (i < 2 || (uint8_t)(bytes[i] - bytes[i - 1]) == (uint8_t)(bytes[1] - bytes[0]));
    }
    const char *what = distinct == 1 && bytes[0] == 0      ? "only zeroes"
                       : distinct == 1 && bytes[0] == 0xff ? "only ones"
                       : steps                             ? "bytes that count"
                       : distinct < DISTINCT_MIN           ? "hardly any different bytes"
                                                           : NULL;
    seal_cleanse(bytes, sizeof bytes);
    return what;
}

/* A key of zeroes burns no bit: what tells is that its block gets a purpose and is closed. */
static bool closes_blank(const struct seal_rule_view *view, unsigned key)
{
    unsigned block = (unsigned)seal_chip_key_block(view->chip, key);
    bool locks =
        seal_efuse_block_writable(view->before, block) && !seal_efuse_block_writable(&view->after, block);
    bool hides = !rule_key_hidden(view, key) && rule_key_hides(view, key);
    return rule_key_blank(view, key) && (locks || hides);
}

bool rule_weak_key(const struct seal_rule_view *view, char *detail, size_t size)
{
    for (unsigned key = 0; key < view->chip->key_blocks; key++) {
        const struct seal_key_purpose *purpose = rule_purpose(view, key);
        unsigned block = (unsigned)seal_chip_key_block(view->chip, key);
        bool judged =
            fuse_chip_has_purposes(view->chip) && purpose != NULL && purpose->value != SEAL_PURPOSE_USER;
        if (!judged || !(rule_burns_key(view, key) || (closes_blank(view, key) && !purpose->digest))) {
            continue;
        }
        const char *what = weakness(view->after.words[block]);
        if (what != NULL) {
            (void)snprintf(detail, size, "BLOCK_KEY%u would hold %s", key, what);
            return true;
        }
    }
    return false;
}

bool rule_xts_block(const struct seal_rule_view *view, char *detail, size_t size)
{
    for (unsigned key = 0; key < view->chip->key_blocks; key++) {
        const struct seal_key_purpose *purpose = rule_purpose(view, key);
        if (purpose != NULL && purpose_changes(view, key) &&
            seal_efuse_key_forbids(view->chip, key, purpose->name)) {
            (void)snprintf(detail, size, "%s in BLOCK_KEY%u", purpose->name, key);
            return true;
        }
    }
    return false;
}

/* Bits that the block holds and that the burn would leave out. */
static unsigned foreign_bits(const struct seal_rule_view *view, unsigned block, unsigned *held)
{
    unsigned foreign = 0;
    *held = 0;
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        *held += (unsigned)__builtin_popcount(view->before->words[block][i]);
        foreign += (unsigned)__builtin_popcount(view->before->words[block][i] & ~view->burn->words[block][i]);
    }
    return foreign;
}

static bool burns_block(const struct seal_rule_view *view, unsigned block)
{
    return memcmp(view->before->words[block], view->after.words[block], sizeof view->after.words[block]) != 0;
}

bool rule_key_in_use(const struct seal_rule_view *view, char *detail, size_t size)
{
    for (unsigned key = 0; key < view->chip->key_blocks; key++) {
        unsigned block = (unsigned)seal_chip_key_block(view->chip, key), held;
        bool coded = fuse_block_coded(view->before, block);
        if (!coded || !burns_block(view, block)) {
            continue;
        }
        if (rule_key_hidden(view, key) || foreign_bits(view, block, &held) > 0) {
            (void)snprintf(detail, size, "BLOCK_KEY%u %s", key,
                           rule_key_hidden(view, key) ? "is read-protected" : "holds other data");
            return true;
        }
    }
    return false;
}

bool rule_rs_written(const struct seal_rule_view *view, char *detail, size_t size)
{
    for (unsigned block = 0; block < view->chip->efuse->block_count; block++) {
        const struct seal_efuse_block *entry = &view->chip->efuse->blocks[block];
        unsigned held = 0;
        if (!fuse_block_coded(view->before, block) || !burns_block(view, block)) {
            continue;
        }
        unsigned foreign = foreign_bits(view, block, &held);
        bool completes = entry->key >= 0 && foreign == 0 && held >= fuse_bits_of_own(view->before, block);
        if (held > 0 && !completes) {
            (void)snprintf(detail, size, "%s holds %u bits", entry->name, held);
            return true;
        }
    }
    return false;
}

/* --- bits that would have to fall --- */

static bool falls(const struct seal_rule_view *view, const struct seal_efuse_field *field)
{
    for (unsigned i = 0; view->zeroes != NULL && i < field->bits; i++) {
        unsigned bit = field->bit + i;
        if (fuse_bit(view->zeroes[field->block], bit) && fuse_bit(view->before->words[field->block], bit)) {
            return true;
        }
    }
    return false;
}

bool rule_purpose_clear(const struct seal_rule_view *view, char *detail, size_t size)
{
    for (size_t i = 0; i < view->chip->efuse->field_count; i++) {
        const struct seal_efuse_field *field = &view->chip->efuse->fields[i];
        if (strncmp(field->name, "KEY_PURPOSE_", 12) == 0 && falls(view, field)) {
            (void)snprintf(detail, size, "%s is 0x%x", field->name,
                           (unsigned)seal_efuse_get(view->before, field));
            return true;
        }
    }
    return false;
}

bool rule_field_clear(const struct seal_rule_view *view, char *detail, size_t size)
{
    for (size_t i = 0; i < view->chip->efuse->field_count; i++) {
        const struct seal_efuse_field *field = &view->chip->efuse->fields[i];
        bool coded = fuse_block_coded(view->before, field->block);
        if (!coded && strncmp(field->name, "KEY_PURPOSE_", 12) != 0 && falls(view, field)) {
            (void)snprintf(detail, size, "%s", field->name);
            return true;
        }
    }
    return false;
}

/* --- purposes --- */

bool rule_purpose_unknown(const struct seal_rule_view *view, char *detail, size_t size)
{
    for (unsigned key = 0; key < view->chip->key_blocks; key++) {
        const struct seal_key_purpose *purpose = rule_purpose(view, key);
        if (purpose_changes(view, key) && (purpose == NULL || strcmp(purpose->name, "RESERVED") == 0)) {
            (void)snprintf(detail, size, "KEY_PURPOSE_%u would become %u", key,
                           seal_efuse_key_purpose(&view->after, key));
            return true;
        }
    }
    return false;
}

bool rule_ecdsa_curve(const struct seal_rule_view *view, char *detail, size_t size)
{
    for (unsigned key = 0; key < view->chip->key_blocks; key++) {
        const struct seal_key_purpose *purpose = rule_purpose(view, key);
        if (purpose == NULL || strncmp(purpose->name, "ECDSA_", 6) != 0 || !purpose_changes(view, key)) {
            continue;
        }
        unsigned curve = strstr(purpose->name, "P192") != NULL   ? 192
                         : strstr(purpose->name, "P384") != NULL ? 384
                                                                 : 256;
        if (!seal_chip_has_ecdsa(view->chip, curve)) {
            (void)snprintf(detail, size, "%s in BLOCK_KEY%u", purpose->name, key);
            return true;
        }
    }
    return false;
}

bool rule_ecdsa_half(const struct seal_rule_view *view, char *detail, size_t size)
{
    unsigned high = 0, low = 0;
    bool changes = false;
    for (unsigned key = 0; key < view->chip->key_blocks; key++) {
        bool is_high = rule_purpose_begins(view, key, "ECDSA_KEY_P384_H");
        bool is_low = rule_purpose_begins(view, key, "ECDSA_KEY_P384_L");
        high += is_high;
        low += is_low;
        changes = changes || ((is_high || is_low) && purpose_changes(view, key));
    }
    if (changes && high != low) {
        (void)snprintf(detail, size, "%u high and %u low halves", high, low);
        return true;
    }
    return false;
}

bool rule_c2_one_write(const struct seal_rule_view *view, char *detail, size_t size)
{
    static const char *const chips[] = {"esp32c2", NULL};
    if (!rule_chip_is(view, chips) || !rule_burns_key(view, 0)) {
        return false;
    }
    const uint32_t *words = view->after.words[seal_chip_key_block(view->chip, 0)];
    bool low = (words[0] | words[1] | words[2] | words[3]) != 0;
    bool high = (words[4] | words[5] | words[6] | words[7]) != 0;
    if (low && high) {
        return false;
    }
    (void)snprintf(detail, size, "the %s half of BLOCK_KEY0 stays blank", low ? "digest's" : "key's");
    return true;
}

bool rule_hides_nothing(const struct seal_rule_view *view, char *detail, size_t size)
{
    for (unsigned key = 0; key < view->chip->key_blocks && fuse_chip_has_purposes(view->chip); key++) {
        bool hides = !rule_key_hidden(view, key) && rule_key_hides(view, key);
        if (hides && seal_efuse_key_purpose(&view->after, key) == SEAL_PURPOSE_USER) {
            (void)snprintf(detail, size, "BLOCK_KEY%u has the purpose USER", key);
            return true;
        }
    }
    return false;
}
