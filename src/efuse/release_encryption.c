/* The release list of flash encryption: keys, bits, counter, write-protections. */
#include "fuse_bits.h"
#include "release_parts.h"

#include <espseal/secret.h>

#include <string.h>

static const struct seal_efuse_field *counter_of(const struct seal_chip *chip)
{
    const struct seal_efuse_field *counter = seal_chip_field(chip, "SPI_BOOT_CRYPT_CNT");
    return counter != NULL ? counter : seal_chip_field(chip, "FLASH_CRYPT_CNT");
}

bool seal_flash_encryption_on(const struct seal_efuse *state)
{
    return __builtin_popcount(seal_efuse_get(state, counter_of(state->chip))) % 2 == 1;
}

/* --- keys --- */

static bool filled(const struct seal_efuse *state, unsigned block, size_t words)
{
    uint32_t any = 0;
    for (size_t i = 0; i < words; i++) {
        any |= state->words[block][i];
    }
    return any != 0;
}

static bool read_protected(const struct seal_efuse *state, int bit)
{
    return (seal_efuse_get_named(state, "RD_DIS") >> bit & 1) != 0;
}

/* ESP32: BLOCK1. ESP32-C2: the block's lower half, or all of it (XTS_KEY_LENGTH_256). */
static bool put_fixed_key(struct release_list *list)
{
    const struct seal_efuse *state = list->state;
    bool c2 = seal_chip_field(state->chip, "XTS_KEY_LENGTH_256") != NULL;
    unsigned block = c2 ? (unsigned)seal_chip_key_block(state->chip, 0) : 1;
    const struct seal_efuse_block *entry = &state->chip->efuse->blocks[block];
    bool whole = c2 && seal_efuse_get_named(state, "XTS_KEY_LENGTH_256") != 0;
    if (!read_protected(state, entry->read_disable) && !filled(state, block, c2 && !whole ? 4 : 8)) {
        return false;
    }
    release_put_protection(list, SEAL_PART_KEYS, "the flash-encryption key could be read", RELEASE_BY_READ,
                           entry->read_disable, entry->name);
    if (whole) {
        release_put_protection(list, SEAL_PART_KEYS, "half of the flash-encryption key could be read",
                               RELEASE_BY_READ, entry->read_disable + 1, "the upper half of BLOCK_KEY0");
    }
    release_put_protection(list, SEAL_PART_KEYS, "the key could be overwritten", RELEASE_BY_WRITE,
                           entry->write_disable, entry->name);
    return true;
}

static bool put_keys_by_purpose(struct release_list *list)
{
    bool any = false;
    for (unsigned key = 0; key < list->state->chip->key_blocks; key++) {
        const struct seal_key_purpose *purpose =
            seal_chip_purpose_by_value(list->state->chip, seal_efuse_key_purpose(list->state, key));
        bool ours = purpose != NULL && (strcmp(purpose->name, "XTS_AES_128_KEY") == 0 ||
                                        strcmp(purpose->name, "XTS_AES_256_KEY_1") == 0 ||
                                        strcmp(purpose->name, "XTS_AES_256_KEY_2") == 0);
        if (ours) {
            release_put_key(list, key, true, "the flash-encryption key could be read");
            any = true;
        }
    }
    return any;
}

static void put_keys(struct release_list *list)
{
    bool any = fuse_chip_has_purposes(list->state->chip) ? put_keys_by_purpose(list) : put_fixed_key(list);
    if (!any) {
        release_put(list, SEAL_PART_KEYS, "no key block holds one", "a flash-encryption key")->bit.state =
            SEAL_RELEASE_MISSING;
    }
    for (size_t i = 0; i < list->count; i++) {
        list->items[i].flags = RELEASE_FE | RELEASE_DEV;
        list->items[i].bit.development = true;
    }
}

/* --- counter --- */

static void put_counter(struct release_list *list, bool to_maximum)
{
    const struct seal_efuse_field *counter = counter_of(list->state->chip);
    uint32_t now = seal_efuse_get(list->state, counter), full = (1u << counter->bits) - 1;
    bool on = __builtin_popcount(now) % 2 == 1, locked = !seal_efuse_field_writable(list->state, counter);
    uint32_t next = now | (now + 1); /* its lowest 0 */

    struct release_item *item = release_put(
        list, SEAL_PART_SWITCH, "flash is neither encrypted nor decrypted", "%s odd", counter->name);
    item->how = RELEASE_BY_FIELD;
    item->field = counter;
    item->value = to_maximum ? full : next & full;
    item->flags = RELEASE_FE | RELEASE_DEV;
    item->bit.development = true;
    item->bit.state = on ? SEAL_RELEASE_SET : locked ? SEAL_RELEASE_LOST : SEAL_RELEASE_MISSING;

    item = release_put(list, SEAL_PART_SWITCH, "firmware could switch flash encryption off",
                       "%s at its maximum, or locked", counter->name);
    item->how = RELEASE_BY_FIELD;
    item->field = counter;
    item->value = full;
    item->flags = RELEASE_FE;
    item->bit.state = now == full || locked ? SEAL_RELEASE_SET : SEAL_RELEASE_MISSING;
}

static void make_list(const struct seal_efuse *state, bool to_maximum, struct release_list *list)
{
    *list = (struct release_list){.state = state};
    put_keys(list);
    release_put_rows(list, RELEASE_FE, SEAL_PART_FIELDS);
    put_counter(list, to_maximum);
    release_put_rows(list, RELEASE_FE, SEAL_PART_PROTECT);
}

size_t seal_flash_encryption_bits(const struct seal_efuse *state,
                                  struct seal_release_bit bits[static SEAL_RELEASE_BITS])
{
    struct release_list list;
    make_list(state, true, &list);
    return release_copy(&list, bits);
}

bool seal_flash_encryption_released(const struct seal_efuse *state)
{
    struct release_list list;
    make_list(state, true, &list);
    return release_holds(&list);
}

/* Leaves in the list what the mode wants. */
static void keep_mode(struct release_list *list, enum seal_encryption_mode mode)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (mode == SEAL_ENCRYPTION_RELEASE || (list->items[i].flags & RELEASE_DEV) != 0) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

int seal_flash_encryption_add(struct seal_fuse_plan *plan, enum seal_encryption_mode mode, uint32_t parts,
                              const struct seal_wish_lockdown *lockdown, struct seal_cause *cause)
{
    struct seal_efuse wanted;
    struct release_list list;
    if (mode == SEAL_ENCRYPTION_NONE) {
        return seal_fail(cause, SEAL_ERR_USAGE, "flash encryption is not asked for");
    }
    fuse_plan_wanted(plan, &wanted);
    make_list(&wanted, mode == SEAL_ENCRYPTION_RELEASE, &list);
    keep_mode(&list, mode);
    int err = release_add(plan, &list, parts, lockdown, cause);
    seal_cleanse(&wanted, sizeof wanted);
    return err;
}
