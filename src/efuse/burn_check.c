/* Is a burn possible in this state? Asked before anything is sent, and again by the burn itself. */
#include "fuse_bits.h"

#include <espseal/efuse.h>
#include <espseal/secret.h>

#include <string.h>

/* So many bits of a random key all within another one: 2^-32. */
#define SAME_KEY_BITS 32

static unsigned popcount(const uint32_t *words)
{
    unsigned count = 0;
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++)
        count += (unsigned)__builtin_popcount(words[i]);
    return count;
}

static bool subset(const uint32_t *part, const uint32_t *whole)
{
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        if (part[i] & ~whole[i])
            return false;
    }
    return true;
}

/*
 * A digest is no secret, its slot bears no other purpose, and a block that reads back wrong is worth what it
 * was worth before: any bits of it are a burn of it that was cut. Of a key too few would be anybody's.
 */
unsigned fuse_bits_of_own(const struct seal_efuse *efuse, unsigned id)
{
    const int key = efuse->chip->efuse->blocks[id].key;
    const struct seal_key_purpose *purpose =
        key < 0 ? NULL
                : seal_chip_purpose_by_value(efuse->chip, seal_efuse_key_purpose(efuse, (unsigned)key));
    return purpose && purpose->digest && efuse->chip->key_blocks > 1 ? 1 : SAME_KEY_BITS;
}

/* Reed-Solomon blocks are written once: check words of other data cannot be taken back. */
static int check_coded_block(const struct seal_efuse *efuse, const struct seal_burn *burn, unsigned id,
                             struct seal_cause *cause)
{
    const struct seal_efuse_block *block = &efuse->chip->efuse->blocks[id];
    const uint32_t *have = efuse->words[id], *want = burn->words[id];

    if (!seal_efuse_block_readable(efuse, id)) {
        return seal_fail(cause, SEAL_ERR_STATE, "%s is read-protected: what it holds cannot be compared",
                         block->name);
    }
    if (memcmp(have, want, sizeof efuse->words[id]) == 0)
        return 0;
    if (!seal_efuse_block_writable(efuse, id)) {
        return seal_fail(cause, SEAL_ERR_STATE, "%s is write-protected%s", block->name,
                         seal_efuse_block_blank(efuse, id) ? " and blank" : " and holds other data");
    }
    if (seal_efuse_block_blank(efuse, id))
        return 0;
    bool key = block->key >= 0 || block->coding == SEAL_CODING_BY_SCHEME;
    if (key && subset(have, want) && popcount(have) >= fuse_bits_of_own(efuse, id))
        return 0; /* a burn of the same key that was cut: the identical code word completes it */
    return seal_fail(cause, SEAL_ERR_STATE, "%s holds other data already and can be written only once",
                     block->name);
}

static bool accumulates(const struct seal_efuse_field *field)
{
    return field->type == SEAL_FIELD_BITCOUNT || strcmp(field->name, "WR_DIS") == 0 ||
           strcmp(field->name, "RD_DIS") == 0;
}

static bool subset_bytes(const uint8_t *part, const uint8_t *whole, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (part[i] & ~whole[i]) {
            return false;
        }
    }
    return true;
}

/* Values of up to 32 bits are named; longer ones may be keys. */
static int cannot_fall(const struct seal_efuse_field *field, uint32_t have, uint32_t want,
                       struct seal_cause *cause)
{
    if (field->bits > 32) {
        return seal_fail(cause, SEAL_ERR_STATE, "%s holds other data already: eFuse bits only rise",
                         field->name);
    }
    return seal_fail(cause, SEAL_ERR_STATE, "%s is 0x%x and cannot become 0x%x: eFuse bits only rise",
                     field->name, (unsigned)have, (unsigned)want);
}

static int is_write_protected(const struct seal_efuse_field *field, uint32_t have, uint32_t want,
                              struct seal_cause *cause)
{
    if (field->bits > 32) {
        return seal_fail(cause, SEAL_ERR_STATE, "%s is write-protected", field->name);
    }
    return seal_fail(cause, SEAL_ERR_STATE, "%s is write-protected at 0x%x and cannot become 0x%x",
                     field->name, (unsigned)have, (unsigned)(have | want));
}

static int check_field(const struct seal_efuse *efuse, const struct seal_efuse *wanted,
                       const struct seal_efuse_field *field, struct seal_cause *cause)
{
    uint32_t have = seal_efuse_get(efuse, field), want = seal_efuse_get(wanted, field);
    uint8_t held[32], asked[32], none[32] = {0};
    size_t len = (field->bits + 7u) / 8;
    int err = 0;

    seal_efuse_get_bytes(efuse, field, held);
    seal_efuse_get_bytes(wanted, field, asked);
    if (subset_bytes(asked, none, len)) {
        goto out;
    }
    if (!seal_efuse_field_readable(efuse, field)) {
        err = seal_fail(cause, SEAL_ERR_STATE, "%s is read-protected: what it holds cannot be compared",
                        field->name);
    } else if (!accumulates(field) && !subset_bytes(held, asked, len)) {
        err = cannot_fall(field, have, want, cause);
    } else if (!subset_bytes(asked, held, len) && !seal_efuse_field_writable(efuse, field)) {
        err = is_write_protected(field, have, want, cause);
    }
out:
    seal_cleanse(held, sizeof held);
    seal_cleanse(asked, sizeof asked);
    return err;
}

/* A row for the whole of a block of which there are rows for its parts too (ESP32's BLOCK3). */
static bool has_parts(const struct seal_efuse_controller *controller, const struct seal_efuse_field *whole)
{
    for (size_t i = 0; whole->bits == 256 && i < controller->field_count; i++) {
        if (controller->fields[i].block == whole->block && &controller->fields[i] != whole) {
            return true;
        }
    }
    return false;
}

/* Blocks without code hold fields that are protected, and burned, one by one. */
static int check_plain_block(const struct seal_efuse *efuse, const struct seal_burn *burn, unsigned id,
                             struct seal_cause *cause)
{
    const struct seal_efuse_controller *controller = efuse->chip->efuse;
    struct seal_efuse wanted = {.chip = efuse->chip};
    int err = 0;

    memcpy(wanted.words[id], burn->words[id], sizeof wanted.words[id]);
    for (size_t i = 0; i < controller->field_count && err == 0; i++) {
        const struct seal_efuse_field *field = &controller->fields[i];
        if (field->block == id && !has_parts(controller, field)) {
            err = check_field(efuse, &wanted, field, cause);
        }
    }
    seal_cleanse(&wanted, sizeof wanted);
    return err;
}

/* A coding scheme leaves less room than the block has fuses. */
static int check_size(const struct seal_efuse *efuse, const struct seal_burn *burn, unsigned id,
                      struct seal_cause *cause)
{
    const struct seal_efuse_block *block = &efuse->chip->efuse->blocks[id];
    unsigned words = seal_efuse_block_words(efuse, id);

    for (size_t i = words; i < SEAL_EFUSE_WORDS; i++) {
        if (burn->words[id][i] != 0) {
            return seal_fail(cause, words < block->words ? SEAL_ERR_STATE : SEAL_ERR_INTERNAL,
                             "%s holds %u bytes%s, and no more", block->name, 4 * words,
                             words < block->words ? " with the coding scheme of this chip" : "");
        }
    }
    return 0;
}

static int check_block(const struct seal_efuse *efuse, const struct seal_burn *burn, unsigned id,
                       struct seal_cause *cause)
{
    const struct seal_efuse_controller *controller = efuse->chip->efuse;

    if (popcount(burn->words[id]) == 0)
        return 0;
    if (id >= controller->block_count)
        return seal_fail(cause, SEAL_ERR_INTERNAL, "the %s has no eFuse block %u", efuse->chip->title, id);
    if ((efuse->loaded >> id & 1) == 0 || (efuse->loaded & 1) == 0) {
        return seal_fail(cause, SEAL_ERR_INTERNAL, "%s was not read before the burn",
                         controller->blocks[id].name);
    }
    int err = check_size(efuse, burn, id, cause);
    if (err != 0) {
        return err;
    }
    enum seal_efuse_coding coding = seal_efuse_block_coding(efuse, id);
    if (coding == SEAL_CODING_RS || coding == SEAL_CODING_THREE_QUARTER) {
        return check_coded_block(efuse, burn, id, cause);
    }
    return check_plain_block(efuse, burn, id, cause);
}

int seal_burn_check(const struct seal_efuse *efuse, const struct seal_burn *burn, struct seal_cause *cause)
{
    if (efuse->chip->efuse == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the eFuses of the %s are not described yet",
                         efuse->chip->title);
    }
    for (unsigned id = 0; id < SEAL_EFUSE_BLOCKS; id++) {
        int err = check_block(efuse, burn, id, cause);
        if (err != 0)
            return err;
    }
    return 0;
}
