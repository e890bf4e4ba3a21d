/* The table of release bits, lists of them, and the missing ones into a plan. */
#include "fuse_bits.h"
#include "release_parts.h"

#include <espseal/lockdown.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

#define READ_BACK "download mode could read flash in the clear"

/* A row whose field a chip lacks says nothing about that chip; chips narrows it further, by name. */
static const struct row {
    const char *field, *chips;
    uint8_t value; /* 0: its WR_DIS bit */
    uint8_t part;
    uint8_t flags;
    bool at_least, jtag;
    const char *why;
} rows[] = {
    {"FLASH_CRYPT_CONFIG", NULL, 15, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_DEV, false, false,
     "the cipher would be the same at every address"},
    {"DISABLE_DL_ENCRYPT", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE, false, false,
     "download mode could write flash encrypted"},
    {"DISABLE_DL_DECRYPT", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_DEV, false, false, READ_BACK},
    {"DISABLE_DL_CACHE", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_DEV, false, false, READ_BACK},
    {"DIS_DOWNLOAD_MANUAL_ENCRYPT", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE, false, false,
     "download mode could write flash encrypted"},
    {"DIS_DOWNLOAD_ICACHE", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_DEV, false, false, READ_BACK},
    {"DIS_DOWNLOAD_DCACHE", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_DEV, false, false, READ_BACK},
    {"SPI_DOWNLOAD_MSPI_DIS", "esp32p4", 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_DEV, false, false,
     READ_BACK},
    {"SPI_DOWNLOAD_MSPI_DIS", "esp32c5 esp32c61", 1, SEAL_PART_FIELDS,
     RELEASE_FE | RELEASE_DEV | RELEASE_UNCHECKED, false, false, READ_BACK},
    {"DIS_DIRECT_BOOT", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_SB, false, false,
     "the ROM could start code that no bootloader looked at"},
    {"DIS_BOOT_REMAP", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_SB, false, false,
     "the chip could be made to boot from RAM"},
    {"DIS_LEGACY_SPI_BOOT", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_SB, false, false,
     "the ROM could start code that no bootloader looked at"},
    {"CONSOLE_DEBUG_DISABLE", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_SB_FULL, false, false,
     "the ROM falls back to its BASIC interpreter"},
    {"JTAG_DISABLE", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_SB_FULL, false, true, "JTAG is open"},
    {"HARD_DIS_JTAG", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_SB_FULL, false, true, "JTAG is open"},
    {"DIS_PAD_JTAG", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_SB_FULL, false, true,
     "JTAG on the pins is open"},
    {"DIS_USB_JTAG", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE | RELEASE_SB_FULL, false, true,
     "JTAG over USB is open"},
    {"XTS_DPA_PSEUDO_LEVEL", NULL, 1, SEAL_PART_FIELDS, RELEASE_FE, true, false,
     "decryption runs without pseudo rounds, in sight of side channels"},
    {"DIS_ICACHE", NULL, 0, SEAL_PART_PROTECT, RELEASE_FE, false, false,
     "firmware could switch the cache off for good, and the device with it"},
    {"DIS_CACHE", NULL, 0, SEAL_PART_PROTECT, RELEASE_FE, false, false,
     "firmware could switch the cache off for good, and the device with it"},
    {"SPI_BOOT_CRYPT_CNT", "esp32c2", 0, SEAL_PART_PROTECT, RELEASE_FE, false, false,
     "XTS_KEY_LENGTH_256 could be set, and the key be read in another way"},
    {"RD_DIS", NULL, 0, SEAL_PART_PROTECT, RELEASE_SB, false, false,
     "firmware could hide the digests, and nothing would boot"},
};

/* --- making a list --- */

struct release_item *release_put(struct release_list *list, enum seal_part part, const char *why,
                                 const char *format, ...)
{
    va_list args;
    if (list->count < SEAL_RELEASE_BITS) {
        list->count++;
    }
    struct release_item *item = &list->items[list->count - 1];
    *item = (struct release_item){
        .bit = {.why = why, .part = part, .checked = true}, .how = RELEASE_BY_NOTHING, .protection = -1};
    va_start(args, format);
    (void)vsnprintf(item->bit.name, sizeof item->bit.name, format, args);
    va_end(args);
    return item;
}

static bool protection_set(const struct seal_efuse *state, const char *register_name, int bit)
{
    return bit >= 0 && (seal_efuse_get_named(state, register_name) >> bit & 1) != 0;
}

static enum seal_release_state protection_state(const struct seal_efuse *state, const char *name, int bit)
{
    const struct seal_efuse_field *field = seal_chip_field(state->chip, name);
    return protection_set(state, name, bit)                                       ? SEAL_RELEASE_SET
           : bit >= 0 && field != NULL && seal_efuse_field_writable(state, field) ? SEAL_RELEASE_MISSING
                                                                                  : SEAL_RELEASE_LOST;
}

void release_put_protection(struct release_list *list, enum seal_part part, const char *why,
                            enum release_how how, int protection, const char *of)
{
    const char *name = how == RELEASE_BY_READ ? "RD_DIS" : "WR_DIS";
    struct release_item *item = release_put(list, part, why, "%s of %s", name, of);
    item->how = how;
    item->protection = protection;
    item->bit.state = protection_state(list->state, name, protection);
}

void release_put_key(struct release_list *list, unsigned key, bool hide, const char *why)
{
    unsigned id = (unsigned)seal_chip_key_block(list->state->chip, key);
    const struct seal_efuse_block *block = &list->state->chip->efuse->blocks[id];
    char name[24];
    (void)snprintf(name, sizeof name, "KEY_PURPOSE_%u", key);
    const struct seal_efuse_field *purpose = seal_chip_field(list->state->chip, name);
    if (hide) {
        release_put_protection(list, SEAL_PART_KEYS, why, RELEASE_BY_READ, block->read_disable, block->name);
    }
    release_put_protection(list, SEAL_PART_KEYS, "the key could be overwritten", RELEASE_BY_WRITE,
                           block->write_disable, block->name);
    if (purpose != NULL) {
        release_put_protection(list, SEAL_PART_KEYS, "the purpose could be changed", RELEASE_BY_WRITE,
                               purpose->write_disable, name);
    }
}

/* Soft-disabled JTAG counts where all bits are set and a key is there (both predicates). */
static bool jtag_by_token(const struct seal_efuse *state)
{
    bool key = false;
    for (unsigned i = 0; i < state->chip->key_blocks; i++) {
        unsigned purpose = seal_efuse_key_purpose(state, i);
        key = key || purpose == SEAL_PURPOSE_HMAC_DOWN_JTAG || purpose == SEAL_PURPOSE_HMAC_DOWN_ALL;
    }
    const struct seal_efuse_field *soft = seal_chip_field(state->chip, "SOFT_DIS_JTAG");
    return key && soft != NULL && seal_efuse_get(state, soft) == (1u << soft->bits) - 1;
}

static void put_row(struct release_list *list, const struct row *row, const struct seal_efuse_field *field)
{
    if (row->value == 0) {
        release_put_protection(list, (enum seal_part)row->part, row->why, RELEASE_BY_WRITE,
                               field->write_disable, field->name);
        return;
    }
    struct release_item *item = release_put(list, (enum seal_part)row->part, row->why, "%s", field->name);
    uint32_t now = seal_efuse_get(list->state, field);
    bool set =
        (row->at_least ? now >= row->value : now == row->value) || (row->jtag && jtag_by_token(list->state));
    item->how = RELEASE_BY_FIELD;
    item->field = field;
    item->value = row->value;
    item->jtag = row->jtag;
    item->level = row->at_least;
    item->bit.state = set                                             ? SEAL_RELEASE_SET
                      : seal_efuse_field_writable(list->state, field) ? SEAL_RELEASE_MISSING
                                                                      : SEAL_RELEASE_LOST;
    item->bit.checked = (row->flags & RELEASE_UNCHECKED) == 0;
    item->bit.development = (row->flags & RELEASE_DEV) != 0;
}

/* A word of a list of names with blanks between them. */
static bool names_chip(const char *list, const char *chip)
{
    size_t len = strlen(chip);
    for (const char *at = list; (at = strstr(at, chip)) != NULL; at += len) {
        if (at[len] == ' ' || at[len] == '\0') {
            return true;
        }
    }
    return false;
}

void release_put_rows(struct release_list *list, unsigned flags, enum seal_part part)
{
    const struct seal_chip *chip = list->state->chip;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct seal_efuse_field *field = seal_chip_field(chip, rows[i].field);
        bool fits = rows[i].chips == NULL || names_chip(rows[i].chips, chip->name);
        bool heeded = fuse_heeded_from(chip, rows[i].field) <= seal_efuse_revision(list->state);
        if ((rows[i].flags & flags) != 0 && rows[i].part == part && fits && heeded && field != NULL &&
            !field->hidden) {
            put_row(list, &rows[i], field);
            list->items[list->count - 1].flags = rows[i].flags;
        }
    }
}

size_t release_copy(const struct release_list *list, struct seal_release_bit bits[static SEAL_RELEASE_BITS])
{
    for (size_t i = 0; i < list->count; i++) {
        bits[i] = list->items[i].bit;
    }
    return list->count;
}

bool release_holds(const struct release_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].bit.checked && list->items[i].bit.state != SEAL_RELEASE_SET) {
            return false;
        }
    }
    return true;
}

/* --- into a plan --- */

static int add_item(struct seal_fuse_plan *plan, const struct release_item *item, struct seal_cause *cause)
{
    switch (item->how) {
    case RELEASE_BY_FIELD:
        return fuse_plan_claim_number(plan, item->field, item->value, cause);
    case RELEASE_BY_WRITE:
        return fuse_plan_claim_protection(plan, "WR_DIS", item->protection, item->bit.name, cause);
    case RELEASE_BY_READ:
        return fuse_plan_claim_protection(plan, "RD_DIS", item->protection, item->bit.name, cause);
    default:
        return seal_fail(cause, SEAL_ERR_STATE, "%s is missing: %s", item->bit.name, item->bit.why);
    }
}

/* As lockdown says; release mode cannot leave it open. */
static int add_jtag(struct seal_fuse_plan *plan, const struct release_item *item,
                    const struct seal_wish_lockdown *lockdown, struct seal_cause *cause)
{
    struct seal_wish_lockdown soft = {.jtag = SEAL_WORD_SOFT};
    bool usb = strcmp(item->field->name, "DIS_USB_JTAG") == 0;
    enum seal_word_value jtag = lockdown != NULL ? lockdown->jtag : SEAL_WORD_UNSAID;
    if (jtag == SEAL_WORD_SOFT) {
        return seal_lockdown_add(plan, &soft, 1u << SEAL_WORD_JTAG, cause);
    }
    bool kept = jtag == SEAL_WORD_KEEP || (usb && lockdown != NULL && lockdown->usb_jtag == SEAL_WORD_KEEP);
    if (kept) {
        int err = seal_fail(cause, SEAL_ERR_MISMATCH,
                            "release mode closes JTAG (%s), and the lockdown says that it shall be kept",
                            item->bit.name);
        seal_hint(cause, "jtag: off, or jtag: soft to reopen it with a token; or leave release mode");
        return err;
    }
    return add_item(plan, item, cause);
}

/* The level that lockdown asks for at once: from 1 a 2 is out of reach. */
static int add_dpa(struct seal_fuse_plan *plan, const struct release_item *item,
                   const struct seal_wish_lockdown *lockdown, struct seal_cause *cause)
{
    bool asked = lockdown != NULL && lockdown->dpa >= SEAL_WORD_LEVEL_LOW;
    return asked ? seal_lockdown_add(plan, lockdown, 1u << SEAL_WORD_DPA, cause)
                 : add_item(plan, item, cause);
}

int release_add(struct seal_fuse_plan *plan, const struct release_list *list, uint32_t parts,
                const struct seal_wish_lockdown *lockdown, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; i < list->count && err == SEAL_OK; i++) {
        const struct release_item *item = &list->items[i];
        if ((item->bit.part & parts) != 0 && item->bit.state != SEAL_RELEASE_SET) {
            err = item->jtag    ? add_jtag(plan, item, lockdown, cause)
                  : item->level ? add_dpa(plan, item, lockdown, cause)
                                : add_item(plan, item, cause);
        }
    }
    return err;
}
