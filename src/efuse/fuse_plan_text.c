/* What a plan says to a person. */
#include "fuse_bits.h"

#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

#define LINE 320

static uint32_t popcount(const uint32_t words[SEAL_EFUSE_WORDS])
{
    uint32_t count = 0;
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        count += (uint32_t)__builtin_popcount(words[i]);
    }
    return count;
}

static bool is_protection(const struct seal_efuse_field *field)
{
    return strcmp(field->name, "WR_DIS") == 0 || strcmp(field->name, "RD_DIS") == 0;
}

static bool is_counter(const struct seal_efuse_field *field)
{
    return field->type == SEAL_FIELD_BITCOUNT || strcmp(field->name, "SPI_BOOT_CRYPT_CNT") == 0 ||
           strcmp(field->name, "FLASH_CRYPT_CNT") == 0 || strcmp(field->name, "SECURE_VERSION") == 0;
}

/* Bits of the field that will be set. */
static unsigned rising(const struct seal_fuse_plan *plan, const struct seal_efuse_field *field)
{
    unsigned count = 0;
    for (unsigned i = 0; i < field->bits; i++) {
        unsigned bit = field->bit + i;
        count +=
            fuse_bit(plan->burn.words[field->block], bit) && !fuse_bit(plan->before.words[field->block], bit);
    }
    return count;
}

static bool gains(const struct seal_fuse_plan *plan, const char *name)
{
    const struct seal_efuse_field *field = seal_chip_field(plan->chip, name);
    return field != NULL && rising(plan, field) > 0;
}

static void say_number(const struct seal_fuse_plan *plan, const struct seal_efuse_field *field,
                       seal_fuse_say_fn say, void *ctx)
{
    uint32_t now = seal_efuse_get(&plan->before, field), then = seal_efuse_get(&plan->after, field);
    const struct seal_key_purpose *purpose =
        field->type == SEAL_FIELD_KEY_PURPOSE ? seal_chip_purpose_by_value(plan->chip, then) : NULL;
    char text[LINE], more[80] = "";
    if (is_counter(field)) {
        (void)snprintf(more, sizeof more, ", %d of %u bits left", (int)field->bits - __builtin_popcount(then),
                       (unsigned)field->bits);
    } else if (purpose != NULL) {
        (void)snprintf(more, sizeof more, " (%s)", purpose->name);
    }
    (void)snprintf(text, sizeof text, "%s  0x%x -> 0x%x%s", field->name, (unsigned)now, (unsigned)then, more);
    say(ctx, text);
}

/* What a bit of WR_DIS or RD_DIS is for: the first block it belongs to, else its fields. */
static void name_protected(const struct seal_chip *chip, bool read, int bit, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < chip->efuse->block_count; i++) {
        const struct seal_efuse_block *block = &chip->efuse->blocks[i];
        if ((read ? block->read_disable : block->write_disable) == bit) {
            (void)snprintf(text, size, "%s", block->name);
            return;
        }
    }
    for (size_t i = 0; i < chip->efuse->field_count && used + 8 < size; i++) {
        const struct seal_efuse_field *field = &chip->efuse->fields[i];
        if ((read ? field->read_disable : field->write_disable) == bit && !field->hidden) {
            int wrote = snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", field->name);
            used += wrote > 0 ? (size_t)wrote : 0;
        }
    }
    if (text[0] == '\0') {
        (void)snprintf(text, size, "bit %d", bit);
    }
}

typedef void (*bit_fn)(const struct seal_fuse_plan *plan, bool read, int bit, seal_fuse_say_fn say,
                       void *ctx);

static void each_protection(const struct seal_fuse_plan *plan, const char *name, bit_fn each,
                            seal_fuse_say_fn say, void *ctx)
{
    const struct seal_efuse_field *field = seal_chip_field(plan->chip, name);
    for (int i = 0; field != NULL && i < (int)field->bits; i++) {
        unsigned bit = field->bit + (unsigned)i;
        if (fuse_bit(plan->burn.words[field->block], bit) &&
            !fuse_bit(plan->before.words[field->block], bit)) {
            each(plan, strcmp(name, "RD_DIS") == 0, i, say, ctx);
        }
    }
}

static void say_protection(const struct seal_fuse_plan *plan, bool read, int bit, seal_fuse_say_fn say,
                           void *ctx)
{
    char names[240], text[LINE];
    name_protected(plan->chip, read, bit, names, sizeof names);
    (void)snprintf(text, sizeof text, "%s bit %d  %s-protects %s", read ? "RD_DIS" : "WR_DIS", bit,
                   read ? "read" : "write", names);
    say(ctx, text);
}

/* The named fields of an uncoded or small block; the rest of a big one as a number of bits. */
static void say_block_changes(const struct seal_fuse_plan *plan, unsigned block, seal_fuse_say_fn say,
                              void *ctx)
{
    uint32_t missing[SEAL_EFUSE_WORDS];
    char text[LINE];
    seal_fuse_plan_missing(plan, block, missing);
    if (plan->chip->efuse->blocks[block].key >= 0 || plan->burn.secret[block]) {
        const char *name = plan->chip->efuse->blocks[block].name;
        if (plan->burn.secret[block]) { /* how many of its bits are ones is nobody's business either */
            (void)snprintf(text, sizeof text, "%s  a secret", name);
        } else {
            (void)snprintf(text, sizeof text, "%s  %u bits to set, public", name,
                           (unsigned)popcount(missing));
        }
        say(ctx, text);
        seal_cleanse(missing, sizeof missing);
        return;
    }
    for (size_t i = 0; i < plan->chip->efuse->field_count; i++) {
        const struct seal_efuse_field *field = &plan->chip->efuse->fields[i];
        bool whole = field->bits >= 32u * plan->chip->efuse->blocks[block].words;
        if (field->block != block || whole || rising(plan, field) == 0 || is_protection(field)) {
            continue;
        }
        if (field->bits <= 32) {
            say_number(plan, field, say, ctx);
        } else {
            (void)snprintf(text, sizeof text, "%s  %u bits to set", field->name, rising(plan, field));
            say(ctx, text);
        }
        for (unsigned b = 0; b < field->bits; b++) {
            missing[(field->bit + b) / 32] &= ~(1u << (field->bit + b) % 32);
        }
    }
    if (block != 0 && popcount(missing) > 0) {
        (void)snprintf(text, sizeof text, "%s  %u bits to set", plan->chip->efuse->blocks[block].name,
                       (unsigned)popcount(missing));
        say(ctx, text);
    }
}

void seal_fuse_plan_each_change(const struct seal_fuse_plan *plan, seal_fuse_say_fn say, void *ctx)
{
    uint32_t missing[SEAL_EFUSE_WORDS];
    for (size_t left = plan->chip->efuse->block_count; left > 0; left--) {
        unsigned block = (unsigned)(left - 1);
        seal_fuse_plan_missing(plan, block, missing);
        if (popcount(missing) > 0) {
            say_block_changes(plan, block, say, ctx);
        }
    }
    seal_cleanse(missing, sizeof missing);
    each_protection(plan, "RD_DIS", say_protection, say, ctx);
    each_protection(plan, "WR_DIS", say_protection, say, ctx);
}

/* --- closed blocks --- */

static bool will_burn(const struct seal_fuse_plan *plan, unsigned block)
{
    uint32_t missing[SEAL_EFUSE_WORDS];
    seal_fuse_plan_missing(plan, block, missing);
    bool burns = popcount(missing) > 0;
    seal_cleanse(missing, sizeof missing);
    return burns;
}

static bool stays_blank(const struct seal_fuse_plan *plan, const struct seal_efuse_field *field)
{
    for (unsigned i = 0; i < field->bits; i++) {
        if (fuse_bit(plan->after.words[field->block], field->bit + i)) {
            return false;
        }
    }
    return true;
}

void seal_fuse_plan_each_closed(const struct seal_fuse_plan *plan, seal_fuse_say_fn say, void *ctx)
{
    for (unsigned block = 0; block < plan->chip->efuse->block_count; block++) {
        const struct seal_efuse_block *entry = &plan->chip->efuse->blocks[block];
        char text[LINE];
        size_t used;
        if (!fuse_block_coded(&plan->before, block) || !will_burn(plan, block)) {
            continue;
        }
        used = (size_t)snprintf(text, sizeof text, "%s is written once: closed afterwards", entry->name);
        const char *sign = "; never to be set then: ";
        for (size_t i = 0; i < plan->chip->efuse->field_count && used + 40 < sizeof text; i++) {
            const struct seal_efuse_field *field = &plan->chip->efuse->fields[i];
            if (field->block == block && !field->hidden && stays_blank(plan, field)) {
                used += (size_t)snprintf(text + used, sizeof text - used, "%s%.38s", sign, field->name);
                sign = ", ";
            }
        }
        say(ctx, text);
    }
}

/* --- no return --- */

static const struct {
    const char *field, *text;
} doors[] = {
    {"SECURE_BOOT_EN", "secure boot on: only firmware signed with a registered key boots, for ever"},
    {"ABS_DONE_0", "secure boot v1 on: only firmware with the chip's own digest boots, for ever"},
    {"ABS_DONE_1", "secure boot v2 on: only firmware signed with the registered key boots, for ever"},
    {"SECURE_BOOT_AGGRESSIVE_REVOKE", "one image with a bad signature revokes its key"},
    {"SECURE_BOOT_KEY_REVOKE0", "the first public key is revoked"},
    {"SECURE_BOOT_KEY_REVOKE1", "the second public key is revoked"},
    {"SECURE_BOOT_KEY_REVOKE2", "the third public key is revoked"},
    {"DIS_DOWNLOAD_MANUAL_ENCRYPT", "the download mode cannot write encrypted flash any more"},
    {"SOFT_DIS_JTAG", "JTAG is switched: an odd count of bits closes it"},
    {"DIS_PAD_JTAG", "JTAG on the pins is off"},
    {"HARD_DIS_JTAG", "JTAG is off"},
    {"JTAG_DISABLE", "JTAG is off"},
    {"DIS_USB_JTAG", "JTAG over USB is off"},
    {"DIS_USB_SERIAL_JTAG", "the USB-Serial/JTAG controller is off"},
    {"DIS_USB_OTG", "the USB OTG controller is off"},
    {"DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE", "no download mode over USB-Serial/JTAG"},
    {"DIS_USB_OTG_DOWNLOAD_MODE", "no download mode over USB OTG"},
    {"ENABLE_SECURITY_DOWNLOAD", "secure download mode: flash can be written, nothing can be read or proven"},
    {"DIS_DOWNLOAD_MODE", "no download mode: nobody talks to the ROM again"},
    {"UART_DOWNLOAD_DIS", "no download mode: nobody talks to the ROM again"},
};

static void say_crypt_count(const struct seal_fuse_plan *plan, seal_fuse_say_fn say, void *ctx)
{
    static const char *const names[] = {"SPI_BOOT_CRYPT_CNT", "FLASH_CRYPT_CNT"};
    char text[LINE];
    for (size_t i = 0; i < 2; i++) {
        const struct seal_efuse_field *field = seal_chip_field(plan->chip, names[i]);
        if (field == NULL || rising(plan, field) == 0) {
            continue;
        }
        unsigned set = (unsigned)__builtin_popcount(seal_efuse_get(&plan->after, field));
        (void)snprintf(text, sizeof text, "%s: flash encryption %s%s", field->name,
                       set % 2 == 1 ? "on" : "off",
                       set == field->bits ? ", and never to be switched again" : "");
        say(ctx, text);
    }
}

static void say_locked(const struct seal_fuse_plan *plan, bool read, int bit, seal_fuse_say_fn say, void *ctx)
{
    char names[240], text[LINE];
    name_protected(plan->chip, read, bit, names, sizeof names);
    if (read) {
        (void)snprintf(text, sizeof text, "%s: software can never read it again", names);
        say(ctx, text);
    } else if (bit == 0) {
        say(ctx, "RD_DIS: no key can be hidden any more");
    }
}

void seal_fuse_plan_each_no_return(const struct seal_fuse_plan *plan, seal_fuse_say_fn say, void *ctx)
{
    char text[LINE];
    for (unsigned block = 0; block < plan->chip->efuse->block_count; block++) {
        if (fuse_block_coded(&plan->before, block) && will_burn(plan, block)) {
            (void)snprintf(text, sizeof text, "%s: written once, for good",
                           plan->chip->efuse->blocks[block].name);
            say(ctx, text);
        }
    }
    say_crypt_count(plan, say, ctx);
    for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++) {
        if (gains(plan, doors[i].field)) {
            (void)snprintf(text, sizeof text, "%s: %s", doors[i].field, doors[i].text);
            say(ctx, text);
        }
    }
    each_protection(plan, "RD_DIS", say_locked, say, ctx);
    each_protection(plan, "WR_DIS", say_locked, say, ctx);
}

/* --- phases, in the order of burn_phases.c --- */

/* Bits of BLOCK0 beside protections and doors. */
static bool burns_fields(const struct seal_fuse_plan *plan)
{
    static const char *const apart[] = {"RD_DIS", "WR_DIS", "ENABLE_SECURITY_DOWNLOAD", "DIS_DOWNLOAD_MODE",
                                        "UART_DOWNLOAD_DIS"};
    uint32_t missing[SEAL_EFUSE_WORDS];
    seal_fuse_plan_missing(plan, 0, missing);
    for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++) {
        const struct seal_efuse_field *field = seal_chip_field(plan->chip, apart[i]);
        for (unsigned bit = 0; field != NULL && field->block == 0 && bit < field->bits; bit++) {
            missing[(field->bit + bit) / 32] &= ~(1u << (field->bit + bit) % 32);
        }
    }
    return popcount(missing) > 0;
}

void seal_fuse_plan_each_phase(const struct seal_fuse_plan *plan, seal_fuse_say_fn say, void *ctx)
{
    char text[LINE];
    bool read = gains(plan, "RD_DIS"), write = gains(plan, "WR_DIS");
    for (size_t left = plan->chip->efuse->block_count; left > 1; left--) {
        unsigned block = (unsigned)(left - 1);
        if (will_burn(plan, block)) {
            (void)snprintf(text, sizeof text, "%s: burn, read back, compare",
                           plan->chip->efuse->blocks[block].name);
            say(ctx, text);
        }
    }
    if (burns_fields(plan)) {
        say(ctx, "BLOCK0: fields, read back, compare; switches that need a key last");
    }
    if (read) {
        say(ctx, "read-protection, after all it hides was verified");
    }
    if (write) {
        say(ctx, "write-protection");
    }
    if (gains(plan, "ENABLE_SECURITY_DOWNLOAD") || gains(plan, "DIS_DOWNLOAD_MODE") ||
        gains(plan, "UART_DOWNLOAD_DIS")) {
        say(ctx, "the doors: nothing can be read back after them");
    }
}

void seal_fuse_plan_summary(const struct seal_fuse_plan *plan, char *text, size_t size)
{
    unsigned bits = 0, blocks = 0, closed = 0;
    uint32_t missing[SEAL_EFUSE_WORDS];
    if (seal_fuse_plan_empty(plan)) {
        (void)snprintf(text, size, "nothing to burn: the chip is what was asked for already");
        return;
    }
    for (unsigned block = 0; block < plan->chip->efuse->block_count; block++) {
        seal_fuse_plan_missing(plan, block, missing);
        unsigned set = (unsigned)popcount(missing);
        bits += set;
        blocks += set > 0;
        closed += set > 0 && fuse_block_coded(&plan->before, block);
    }
    seal_cleanse(missing, sizeof missing);
    int used = snprintf(text, size, "burns %u bit%s in %u block%s, for good", bits, bits == 1 ? "" : "s",
                        blocks, blocks == 1 ? "" : "s");
    if (closed > 0 && used > 0 && (size_t)used < size) {
        (void)snprintf(text + used, size - (size_t)used, "; %u of them can never be written again", closed);
    }
}
