/* Snapshots for tests of what fuses mean: words "FIELD=0x1", "KEY0=random", "WR_DIS.8" (one bit). */
#ifndef TESTS_UNIT_FUSE_STATE_H
#define TESTS_UNIT_FUSE_STATE_H

#include "unit.h"

#include <espseal/fuse_plan.h>
#include <espseal/hex.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void state_key(uint8_t bytes[static 32], uint32_t seed)
{
    for (size_t i = 0; i < 32; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

static inline void state_word(struct seal_efuse *state, char *word)
{
    const struct seal_efuse_field *field;
    uint32_t value = 0;
    char *sign = strpbrk(word, "=.");
    assert_non_null(sign);
    char kind = *sign;
    *sign = '\0';
    int block = seal_chip_block(state->chip, word);
    if (block >= 0 && strcmp(sign + 1, "random") == 0) {
        state_key((uint8_t *)state->words[block], (uint32_t)block);
        return;
    }
    field = seal_chip_field(state->chip, word);
    if (field == NULL) {
        fail_msg("%s has no %s", state->chip->name, word);
        return;
    }
    assert_int_equal(seal_parse_u32(sign + 1, 0xFFFFFFFF, &value), 0);
    value = kind == '.' ? 1u << value : value;
    for (unsigned i = 0; i < field->bits && i < 32; i++) {
        unsigned bit = field->bit + i;
        state->words[field->block][bit / 32] |= (value >> i & 1) << bit % 32;
    }
}

static inline void state_set(struct seal_efuse *state, const char *text)
{
    char *copy = strdup(text), *save = NULL;
    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        state_word(state, word);
    }
    free(copy);
}

/* A chip of the newest revision of its descriptor, with these words burned. */
static inline struct seal_efuse state_of(const struct seal_chip *chip, const char *text)
{
    struct seal_efuse state = {.chip = chip, .loaded = ~0u};
    if (strcmp(chip->name, "esp32") == 0) { /* v3.0 */
        state_set(&state, "CHIP_VER_REV1=1 CHIP_VER_REV2=1");
        state.revision_bits = 1u << 31;
    } else if (strcmp(chip->name, "esp32c3") == 0) { /* v0.4 */
        state_set(&state, "WAFER_VERSION_MINOR_LO=4");
    } else if (strcmp(chip->name, "esp32h2") == 0 && chip->first_revision == 102) {
        state_set(&state, "WAFER_VERSION_MAJOR=1 WAFER_VERSION_MINOR=2");
    }
    state_set(&state, text);
    return state;
}

typedef void (*state_chip_fn)(const struct seal_chip *chip);

/* Every descriptor that has fuses, each variant of a chip too. */
static inline void state_each_chip(state_chip_fn each)
{
    for (size_t i = 0; seal_chips[i] != NULL; i++) {
        const struct seal_chip *const *variants = seal_chips[i]->variants;
        if (seal_chips[i]->efuse == NULL) {
            continue;
        }
        for (size_t v = 0; variants != NULL && variants[v] != NULL; v++) {
            each(variants[v]);
        }
        if (variants == NULL) {
            each(seal_chips[i]);
        }
    }
}

/* Burned bits of a closed plan, as sorted words: "DIS_PAD_JTAG=1 WR_DIS=0x4"; keys as their block's name. */
static inline void state_burns(const struct seal_fuse_plan *plan, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < plan->chip->efuse->field_count; i++) {
        const struct seal_efuse_field *field = &plan->chip->efuse->fields[i];
        uint32_t missing[SEAL_EFUSE_WORDS], value = 0;
        seal_fuse_plan_missing(plan, field->block, missing);
        for (unsigned b = 0; b < field->bits; b++) {
            unsigned bit = field->bit + b;
            value |= (missing[bit / 32] >> bit % 32 & 1) << (b < 32 ? b : 31);
        }
        if (value != 0 && used < size) {
            const char *form = field->bits > 32 ? "%s%s" : value > 9 ? "%s%s=0x%x" : "%s%s=%x";
            used += (size_t)snprintf(text + used, size - used, form, used > 0 ? " " : "", field->name,
                                     (unsigned)value);
        }
    }
}

#endif
