/* Semantic words into fuses. A row whose field a chip lacks says nothing about that chip. */
#include "fuse_bits.h"

#include <espseal/lockdown.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

#define EVERY_BIT 0xFFFFFFFFu
#define MEMBER(name) offsetof(struct seal_wish_lockdown, name), "lockdown." #name

static const enum seal_word_value off[] = {SEAL_WORD_OFF, SEAL_WORD_UNSAID};
static const enum seal_word_value off_soft[] = {SEAL_WORD_OFF, SEAL_WORD_SOFT, SEAL_WORD_UNSAID};
static const enum seal_word_value off_secure[] = {SEAL_WORD_OFF, SEAL_WORD_SECURE, SEAL_WORD_UNSAID};
static const enum seal_word_value levels[] = {SEAL_WORD_LEVEL_LOW, SEAL_WORD_LEVEL_MEDIUM,
                                              SEAL_WORD_LEVEL_HIGH, SEAL_WORD_UNSAID};

const struct seal_lockdown_word seal_lockdown_words[SEAL_WORDS] = {
    [SEAL_WORD_JTAG] = {"jtag", "JTAG, on the pins and over USB", off_soft, MEMBER(jtag)},
    [SEAL_WORD_USB_JTAG] = {"usb_jtag", "JTAG over USB", off, MEMBER(usb_jtag)},
    [SEAL_WORD_USB_SERIAL] = {"usb_serial", "download and log of the ROM over USB-Serial/JTAG", off,
                              MEMBER(usb_serial)},
    [SEAL_WORD_USB_OTG] = {"usb_otg", "download over USB OTG", off, MEMBER(usb_otg)},
    [SEAL_WORD_DOWNLOAD] = {"download", "the ROM's download mode", off_secure, MEMBER(download)},
    [SEAL_WORD_FORCED_DOWNLOAD] = {"forced_download", "download mode at the firmware's wish", off,
                                   MEMBER(forced_download)},
    [SEAL_WORD_ROM_LOG] = {"rom_log", "what the ROM prints", off, MEMBER(rom_log)},
    [SEAL_WORD_ROM_BASIC] = {"rom_basic", "the ROM's BASIC interpreter", off, MEMBER(rom_basic)},
    [SEAL_WORD_DIRECT_BOOT] = {"direct_boot", "boot without a bootloader", off, MEMBER(direct_boot)},
    [SEAL_WORD_BOOT_REMAP] = {"boot_remap", "boot from RAM", off, MEMBER(boot_remap)},
    [SEAL_WORD_LEGACY_SPI_BOOT] = {"legacy_spi_boot", "the legacy SPI boot mode", off,
                                   MEMBER(legacy_spi_boot)},
    [SEAL_WORD_DPA] = {"dpa", "side channels of flash decryption: pseudo rounds", levels, MEMBER(dpa)},
};

/* DIS_USB_SERIAL_JTAG is no row: it takes the firmware's console as well, and on the ESP32-S3, with
 * DIS_USB_JTAG, the ROM's life. */
static const struct mapping {
    uint8_t word, value;
    const char *field;
    uint32_t number;
} mappings[] = {
    {SEAL_WORD_JTAG, SEAL_WORD_OFF, "JTAG_DISABLE", 1},
    {SEAL_WORD_JTAG, SEAL_WORD_OFF, "HARD_DIS_JTAG", 1},
    {SEAL_WORD_JTAG, SEAL_WORD_OFF, "DIS_PAD_JTAG", 1},
    {SEAL_WORD_JTAG, SEAL_WORD_OFF, "DIS_USB_JTAG", 1},
    {SEAL_WORD_JTAG, SEAL_WORD_SOFT, "SOFT_DIS_JTAG", EVERY_BIT},
    {SEAL_WORD_USB_JTAG, SEAL_WORD_OFF, "DIS_USB_JTAG", 1},
    {SEAL_WORD_USB_SERIAL, SEAL_WORD_OFF, "DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE", 1},
    {SEAL_WORD_USB_SERIAL, SEAL_WORD_OFF, "DIS_USB_SERIAL_JTAG_ROM_PRINT", 1},
    {SEAL_WORD_USB_OTG, SEAL_WORD_OFF, "DIS_USB_OTG_DOWNLOAD_MODE", 1},
    {SEAL_WORD_USB_OTG, SEAL_WORD_OFF, "DIS_USB_DOWNLOAD_MODE", 1},
    {SEAL_WORD_DOWNLOAD, SEAL_WORD_OFF, "DIS_DOWNLOAD_MODE", 1},
    {SEAL_WORD_DOWNLOAD, SEAL_WORD_OFF, "UART_DOWNLOAD_DIS", 1},
    {SEAL_WORD_DOWNLOAD, SEAL_WORD_SECURE, "ENABLE_SECURITY_DOWNLOAD", 1},
    {SEAL_WORD_FORCED_DOWNLOAD, SEAL_WORD_OFF, "DIS_FORCE_DOWNLOAD", 1},
    {SEAL_WORD_ROM_LOG, SEAL_WORD_OFF, "UART_PRINT_CONTROL", 3},
    {SEAL_WORD_ROM_LOG, SEAL_WORD_OFF, "DIS_USB_SERIAL_JTAG_ROM_PRINT", 1},
    {SEAL_WORD_ROM_BASIC, SEAL_WORD_OFF, "CONSOLE_DEBUG_DISABLE", 1},
    {SEAL_WORD_DIRECT_BOOT, SEAL_WORD_OFF, "DIS_DIRECT_BOOT", 1},
    {SEAL_WORD_BOOT_REMAP, SEAL_WORD_OFF, "DIS_BOOT_REMAP", 1},
    {SEAL_WORD_LEGACY_SPI_BOOT, SEAL_WORD_OFF, "DIS_LEGACY_SPI_BOOT", 1},
    {SEAL_WORD_DPA, SEAL_WORD_LEVEL_LOW, "XTS_DPA_PSEUDO_LEVEL", 1},
    {SEAL_WORD_DPA, SEAL_WORD_LEVEL_MEDIUM, "XTS_DPA_PSEUDO_LEVEL", 2},
    {SEAL_WORD_DPA, SEAL_WORD_LEVEL_HIGH, "XTS_DPA_PSEUDO_LEVEL", 3},
};

/* Fuses that earlier revisions have and do not heed: ESP-IDF esp_efuse_disable_rom_download_mode (ESP32),
 * spi_flash_encrypt_ll_is_pseudo_rounds_function_supported and ecdsa_ll_is_configurable_curve_supported
 * (ESP32-H2). major * 100 + minor. */
static const struct {
    const char *chip, *field;
    unsigned first_revision;
} heeded_from[] = {{"esp32", "UART_DOWNLOAD_DIS", 300},
                   {"esp32h2", "XTS_DPA_PSEUDO_LEVEL", 102},
                   {"esp32h2", "ECDSA_CURVE_MODE", 102}};

unsigned fuse_heeded_from(const struct seal_chip *chip, const char *field)
{
    for (size_t i = 0; i < sizeof heeded_from / sizeof heeded_from[0]; i++) {
        if (strcmp(heeded_from[i].chip, chip->name) == 0 && strcmp(heeded_from[i].field, field) == 0) {
            return heeded_from[i].first_revision;
        }
    }
    return 0;
}

/* --- words and values by name --- */

enum seal_word seal_lockdown_find(const char *name)
{
    unsigned word = 0;
    for (; word < SEAL_WORDS; word++) {
        const char *own = seal_lockdown_words[word].name, *given = name;
        while (*own != '\0' && (*own == *given || (*own == '_' && *given == '-'))) {
            own++;
            given++;
        }
        if (*own == '\0' && *given == '\0') {
            break;
        }
    }
    return (enum seal_word)word;
}

const char *seal_word_value_name(enum seal_word_value value)
{
    static const char *const names[] = {"unsaid", "keep", "off", "soft", "secure", "low", "medium", "high"};
    return (size_t)value < sizeof names / sizeof names[0] ? names[value] : "unsaid";
}

static int bad_value(enum seal_word word, const char *text, struct seal_cause *cause)
{
    const struct seal_lockdown_word *row = &seal_lockdown_words[word];
    char list[64] = "keep";
    for (const enum seal_word_value *choice = row->choices; *choice != SEAL_WORD_UNSAID; choice++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, ", %s", seal_word_value_name(*choice));
    }
    int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s cannot be \"%s\"", row->name, text);
    seal_hint(cause, "%s is one of: %s", row->name, list);
    return err;
}

static bool is_choice(enum seal_word word, enum seal_word_value value)
{
    const enum seal_word_value *choice = seal_lockdown_words[word].choices;
    while (*choice != SEAL_WORD_UNSAID && *choice != value) {
        choice++;
    }
    return *choice != SEAL_WORD_UNSAID;
}

int seal_word_value_parse(enum seal_word word, const char *text, enum seal_word_value *value,
                          struct seal_cause *cause)
{
    for (unsigned i = SEAL_WORD_KEEP; i <= SEAL_WORD_LEVEL_HIGH; i++) {
        enum seal_word_value candidate = (enum seal_word_value)i;
        bool fits = candidate == SEAL_WORD_KEEP || is_choice(word, candidate);
        if (fits && strcmp(seal_word_value_name(candidate), text) == 0) {
            *value = candidate;
            return SEAL_OK;
        }
    }
    *value = SEAL_WORD_UNSAID;
    return bad_value(word, text, cause);
}

enum seal_word_value seal_lockdown_get(const struct seal_wish_lockdown *wish, enum seal_word word)
{
    enum seal_word_value value;
    memcpy(&value, (const char *)wish + seal_lockdown_words[word].member, sizeof value);
    return value;
}

void seal_lockdown_set(struct seal_wish_lockdown *wish, enum seal_word word, enum seal_word_value value)
{
    memcpy((char *)wish + seal_lockdown_words[word].member, &value, sizeof value);
}

/* --- what they stand for --- */

static int refuse(const struct seal_chip *chip, enum seal_word word, enum seal_word_value value,
                  unsigned first_revision, struct seal_cause *cause)
{
    const char *name = seal_lockdown_words[word].name, *says = seal_word_value_name(value);
    int err;
    if (first_revision > 0) {
        err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "%s: %s: the %s can do that from revision v%u.%u on",
                        name, says, chip->title, first_revision / 100, first_revision % 100);
    } else {
        err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "%s: %s: the %s has no fuse for that", name, says,
                        chip->title);
    }
    if (value == SEAL_WORD_SOFT || value == SEAL_WORD_SECURE) {
        seal_hint(cause, "%s: off is what this chip has", name);
    } else {
        seal_hint(cause, "leave %s out for this chip", name);
    }
    return err;
}

int seal_lockdown_fuses(const struct seal_chip *chip, unsigned revision, enum seal_word word,
                        enum seal_word_value value, struct seal_word_fuse fuses[static SEAL_WORD_FUSES],
                        size_t *count, struct seal_cause *cause)
{
    unsigned later = 0;
    *count = 0;
    if (value == SEAL_WORD_UNSAID || value == SEAL_WORD_KEEP) {
        return SEAL_OK;
    }
    if (!is_choice(word, value)) {
        return bad_value(word, seal_word_value_name(value), cause);
    }
    for (size_t i = 0; i < sizeof mappings / sizeof mappings[0] && *count < SEAL_WORD_FUSES; i++) {
        const struct mapping *row = &mappings[i];
        const struct seal_efuse_field *field = seal_chip_field(chip, row->field);
        if (row->word != word || row->value != value || field == NULL || field->hidden) {
            continue;
        }
        unsigned first = fuse_heeded_from(chip, row->field);
        if (revision < first) {
            later = first;
            continue;
        }
        uint32_t number = row->number == EVERY_BIT ? (1u << field->bits) - 1 : row->number;
        fuses[(*count)++] = (struct seal_word_fuse){.field = field, .value = number};
    }
    return *count > 0 ? SEAL_OK : refuse(chip, word, value, later, cause);
}

int seal_lockdown_supported(const struct seal_chip *chip, unsigned revision,
                            const struct seal_wish_lockdown *wish, struct seal_cause *cause)
{
    struct seal_word_fuse fuses[SEAL_WORD_FUSES];
    size_t count;
    int err = SEAL_OK;
    for (unsigned word = 0; word < SEAL_WORDS && err == SEAL_OK; word++) {
        enum seal_word_value value = seal_lockdown_get(wish, (enum seal_word)word);
        err = seal_lockdown_fuses(chip, revision, (enum seal_word)word, value, fuses, &count, cause);
    }
    return err;
}

/* --- whether it is so --- */

static bool has(const struct seal_efuse *state, const struct seal_word_fuse *fuse, enum seal_word word)
{
    uint32_t now = seal_efuse_get(state, fuse->field);
    return word == SEAL_WORD_DPA ? now >= fuse->value : now == fuse->value;
}

static bool can_become(const struct seal_efuse *state, const struct seal_word_fuse *fuse)
{
    uint32_t now = seal_efuse_get(state, fuse->field);
    return (now & ~fuse->value) == 0 && seal_efuse_field_writable(state, fuse->field);
}

static bool hard_jtag(const struct seal_efuse *state)
{
    return (seal_efuse_get_named(state, "HARD_DIS_JTAG") | seal_efuse_get_named(state, "DIS_PAD_JTAG")) != 0;
}

enum seal_lock_state seal_lockdown_state(const struct seal_efuse *state, enum seal_word word,
                                         enum seal_word_value value)
{
    struct seal_word_fuse fuses[SEAL_WORD_FUSES];
    size_t count, set = 0;
    bool any = false, lost = value == SEAL_WORD_SOFT && hard_jtag(state);
    if (seal_lockdown_fuses(state->chip, seal_efuse_revision(state), word, value, fuses, &count, NULL) !=
        SEAL_OK) {
        return SEAL_LOCK_NONE;
    }
    if (value == SEAL_WORD_SECURE && seal_efuse_get_named(state, "DIS_DOWNLOAD_MODE") != 0) {
        return SEAL_LOCK_DONE;
    }
    for (size_t i = 0; i < count; i++) {
        bool done = has(state, &fuses[i], word);
        set += done;
        any = any || seal_efuse_get(state, fuses[i].field) != 0;
        lost = lost || (!done && !can_become(state, &fuses[i]));
    }
    return lost ? SEAL_LOCK_LOST : set == count ? SEAL_LOCK_DONE : any ? SEAL_LOCK_PARTLY : SEAL_LOCK_OPEN;
}

/* --- into a plan --- */

static int check_soft(const struct seal_fuse_plan *plan, struct seal_cause *cause)
{
    struct seal_efuse after;
    bool key = false;
    fuse_plan_wanted(plan, &after);
    for (unsigned i = 0; i < plan->chip->key_blocks; i++) {
        unsigned purpose = seal_efuse_key_purpose(&after, i);
        key = key || purpose == SEAL_PURPOSE_HMAC_DOWN_JTAG || purpose == SEAL_PURPOSE_HMAC_DOWN_ALL;
    }
    int err = SEAL_OK;
    if (hard_jtag(&after)) {
        err = seal_fail(cause, SEAL_ERR_STATE,
                        "jtag: soft: JTAG of this chip is off for good, and no token "
                        "reopens it");
        seal_hint(cause, "jtag: off is what it is");
    } else if (!key) {
        err = seal_fail(cause, SEAL_ERR_STATE,
                        "jtag: soft: no key block holds a key of the purpose HMAC_DOWN_JTAG: no token could "
                        "reopen it");
        seal_hint(cause, "burn the key first, or say jtag: off");
    }
    seal_cleanse(&after, sizeof after);
    return err;
}

static int add_word(struct seal_fuse_plan *plan, const struct seal_wish_lockdown *wish, enum seal_word word,
                    struct seal_cause *cause)
{
    enum seal_word_value value = seal_lockdown_get(wish, word);
    struct seal_word_fuse fuses[SEAL_WORD_FUSES];
    size_t count = 0;
    bool keep_usb = word == SEAL_WORD_JTAG && wish->usb_jtag == SEAL_WORD_KEEP;
    int err = seal_lockdown_fuses(plan->chip, seal_efuse_revision(&plan->before), word, value, fuses, &count,
                                  cause);
    if (err == SEAL_OK && value == SEAL_WORD_SOFT) {
        err = check_soft(plan, cause);
    }
    if (value == SEAL_WORD_SECURE && seal_lockdown_state(&plan->before, word, value) == SEAL_LOCK_DONE) {
        return err;
    }
    for (size_t i = 0; i < count && err == SEAL_OK; i++) {
        bool left_out = keep_usb && strcmp(fuses[i].field->name, "DIS_USB_JTAG") == 0;
        if (!left_out && !has(&plan->before, &fuses[i], word)) {
            err = fuse_plan_claim_number(plan, fuses[i].field, fuses[i].value, cause);
        }
    }
    return err;
}

int seal_lockdown_add(struct seal_fuse_plan *plan, const struct seal_wish_lockdown *wish, uint32_t words,
                      struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (unsigned word = 0; word < SEAL_WORDS && err == SEAL_OK; word++) {
        if (words >> word & 1) {
            err = add_word(plan, wish, (enum seal_word)word, cause);
        }
        if (err != SEAL_OK) {
            seal_cause_word(cause, seal_lockdown_words[word].path);
        }
    }
    return err;
}
