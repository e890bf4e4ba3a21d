/* Ways into a chip, and the fuses that close them. */
#include <espseal/last_exits.h>

#include <stdio.h>
#include <string.h>

static const char *const way_names[SEAL_EXITS] = {
    [SEAL_EXIT_UART] = "uart-download",
    [SEAL_EXIT_USB_SERIAL_JTAG] = "usb-serial-jtag-download",
    [SEAL_EXIT_USB_OTG] = "usb-otg-download",
    [SEAL_EXIT_FORCED] = "forced-download",
    [SEAL_EXIT_DIRECT_BOOT] = "direct-boot",
    [SEAL_EXIT_BOOT_REMAP] = "boot-remap",
    [SEAL_EXIT_LEGACY_SPI_BOOT] = "legacy-spi-boot",
    [SEAL_EXIT_ROM_BASIC] = "rom-basic",
    [SEAL_EXIT_PAD_JTAG] = "pad-jtag",
    [SEAL_EXIT_USB_JTAG] = "usb-jtag",
    [SEAL_EXIT_TOKEN_JTAG] = "token-jtag",
    [SEAL_EXIT_OTA] = "firmware",
};

const char *seal_exit_state_name(enum seal_exit_state state)
{
    static const char *const names[] = {"none", "open", "reduced", "closed", "unknown"};
    return names[state];
}

static bool set(const struct seal_efuse *state, const char *name)
{
    return seal_efuse_get_named(state, name) != 0;
}

static bool has(const struct seal_efuse *state, const char *name)
{
    const struct seal_efuse_field *field = seal_chip_field(state->chip, name);
    return field != NULL && !field->hidden;
}

/* The first of the fields that is set; NULL: none is. Fields that the chip keeps for itself say nothing. */
static const char *first_set(const struct seal_efuse *state, const char *const *names)
{
    while (*names != NULL && !(has(state, *names) && set(state, *names))) {
        names++;
    }
    return *names;
}

static struct seal_exit make(enum seal_exit_state state, const char *fuse, const char *says)
{
    return (struct seal_exit){.state = state, .fuse = fuse, .says = says};
}

/* --- download --- */

/* The fuse that closes download mode over every link. The ESP32's works from its revision 3 on. */
static const char *download_off(const struct seal_efuse *state)
{
    return set(state, "DIS_DOWNLOAD_MODE")                                        ? "DIS_DOWNLOAD_MODE"
           : set(state, "UART_DOWNLOAD_DIS") && seal_efuse_revision(state) >= 300 ? "UART_DOWNLOAD_DIS"
                                                                                  : NULL;
}

/* own: the fuses that close this link alone. */
static struct seal_exit download(const struct seal_efuse *state, const char *const *own)
{
    const char *all = download_off(state), *one = first_set(state, own);
    if (all != NULL) {
        return make(SEAL_EXIT_CLOSED, all, "nobody talks to the ROM again");
    }
    if (one != NULL) {
        return make(SEAL_EXIT_CLOSED, one, "the ROM does not listen there");
    }
    if (set(state, "ENABLE_SECURITY_DOWNLOAD")) {
        return make(SEAL_EXIT_REDUCED, "ENABLE_SECURITY_DOWNLOAD",
                    "flash can be written and erased, nothing read or run");
    }
    if (set(state, "UART_DOWNLOAD_DIS")) {
        return make(SEAL_EXIT_OPEN, "UART_DOWNLOAD_DIS",
                    "this revision does not heed the fuse: everything can be read, written and run");
    }
    return make(SEAL_EXIT_OPEN, "", "everything can be read, written and run");
}

static struct seal_exit forced(const struct seal_efuse *state)
{
    static const char *const own[] = {"DIS_FORCE_DOWNLOAD", NULL};
    struct seal_exit exit = download(state, own);
    if (exit.state != SEAL_EXIT_CLOSED) {
        exit.says = exit.state == SEAL_EXIT_OPEN ? "firmware can send the ROM into its download mode"
                                                 : "firmware can send the ROM into secure download mode";
    } else if (!set(state, "DIS_DOWNLOAD_MODE")) {
        exit.says = "firmware cannot send the ROM into its download mode";
    }
    return exit;
}

/* --- JTAG --- */

enum soft { SOFT_OFF, SOFT_OPEN_BIT, SOFT_NO_KEY, SOFT_KEY };

static enum soft soft_state(const struct seal_efuse *state)
{
    const struct seal_efuse_field *field = seal_chip_field(state->chip, "SOFT_DIS_JTAG");
    bool key = false;
    if (field == NULL) {
        return SOFT_OFF;
    }
    uint32_t bits = seal_efuse_get(state, field);
    if (__builtin_popcount(bits) % 2 == 0) {
        return SOFT_OFF;
    }
    for (unsigned i = 0; i < state->chip->key_blocks; i++) {
        unsigned purpose = seal_efuse_key_purpose(state, i);
        key = key || purpose == SEAL_PURPOSE_HMAC_DOWN_JTAG || purpose == SEAL_PURPOSE_HMAC_DOWN_ALL;
    }
    bool whole = bits == (1u << field->bits) - 1 || !seal_efuse_field_writable(state, field);
    return !whole ? SOFT_OPEN_BIT : key ? SOFT_KEY : SOFT_NO_KEY;
}

static struct seal_exit jtag(const struct seal_efuse *state, const char *const *own)
{
    const char *one = first_set(state, own);
    if (one != NULL) {
        return make(SEAL_EXIT_CLOSED, one, "off for good");
    }
    switch (soft_state(state)) {
    case SOFT_OPEN_BIT:
        return make(SEAL_EXIT_REDUCED, "SOFT_DIS_JTAG", "off, but one more bit of the fuse opens it again");
    case SOFT_KEY:
        return make(SEAL_EXIT_REDUCED, "SOFT_DIS_JTAG", "off until firmware shows the HMAC token");
    case SOFT_NO_KEY:
        return make(SEAL_EXIT_REDUCED, "SOFT_DIS_JTAG",
                    "off; firmware could burn a key of its own and reopen it");
    default:
        return make(SEAL_EXIT_OPEN, "", "memory and registers of a running chip are open");
    }
}

static const char *const pad_fuses[] = {"JTAG_DISABLE", "HARD_DIS_JTAG", "DIS_PAD_JTAG", NULL};
static const char *const usb_fuses[] = {"DIS_USB_JTAG", "DIS_USB_SERIAL_JTAG", NULL};

static struct seal_exit token(const struct seal_efuse *state)
{
    const char *pad = first_set(state, pad_fuses);
    bool usb_open = has(state, "DIS_USB_JTAG") && first_set(state, usb_fuses) == NULL;
    enum soft soft = soft_state(state);
    if (pad != NULL && !usb_open) {
        return make(SEAL_EXIT_CLOSED, pad, "JTAG is off for good, and no token reopens it");
    }
    if (soft == SOFT_KEY || soft == SOFT_OPEN_BIT) {
        return make(SEAL_EXIT_REDUCED, "SOFT_DIS_JTAG", "for those who hold the token, and firmware");
    }
    return make(SEAL_EXIT_NONE, "", soft == SOFT_OFF ? "JTAG is not soft-disabled" : "no key, no token");
}

/* --- boot, firmware --- */

static struct seal_exit by_fuse(const struct seal_efuse *state, const char *fuse, const char *open_says)
{
    return set(state, fuse) ? make(SEAL_EXIT_CLOSED, fuse, "off for good")
                            : make(SEAL_EXIT_OPEN, "", open_says);
}

static struct seal_exit firmware(const struct seal_efuse *state)
{
    static const char *const switches[] = {"SECURE_BOOT_EN", "ABS_DONE_1", "ABS_DONE_0", NULL};
    const char *on = first_set(state, switches);
    return on != NULL ? make(SEAL_EXIT_REDUCED, on, "updates that are signed with a registered key")
                      : make(SEAL_EXIT_OPEN, "", "whatever the firmware takes for an update");
}

static struct seal_exit look(const struct seal_efuse *state, enum seal_exit_way way)
{
    static const char *const none[] = {NULL};
    static const char *const serial[] = {"DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE", "DIS_USB_SERIAL_JTAG", NULL};
    static const char *const otg[] = {"DIS_USB_OTG_DOWNLOAD_MODE", "DIS_USB_DOWNLOAD_MODE", "DIS_USB_OTG",
                                      "DIS_USB", NULL};
    static const char start[] = "the ROM starts code that no bootloader looked at";
    switch (way) {
    case SEAL_EXIT_UART:
        return download(state, none);
    case SEAL_EXIT_USB_SERIAL_JTAG:
        return download(state, serial);
    case SEAL_EXIT_USB_OTG:
        return download(state, otg);
    case SEAL_EXIT_FORCED:
        return forced(state);
    case SEAL_EXIT_DIRECT_BOOT:
        return by_fuse(state, "DIS_DIRECT_BOOT", start);
    case SEAL_EXIT_BOOT_REMAP:
        return by_fuse(state, "DIS_BOOT_REMAP", "the chip can be made to boot from RAM");
    case SEAL_EXIT_LEGACY_SPI_BOOT:
        return by_fuse(state, "DIS_LEGACY_SPI_BOOT", start);
    case SEAL_EXIT_ROM_BASIC:
        return by_fuse(state, "CONSOLE_DEBUG_DISABLE", "a chip without a bootable image runs BASIC");
    case SEAL_EXIT_PAD_JTAG:
        return jtag(state, pad_fuses);
    case SEAL_EXIT_USB_JTAG:
        return jtag(state, usb_fuses);
    case SEAL_EXIT_TOKEN_JTAG:
        return token(state);
    default:
        return firmware(state);
    }
}

/* The fuse whose presence tells that a chip has the way; "": every chip has. */
static const char *const way_fuses[SEAL_EXITS][2] = {
    [SEAL_EXIT_UART] = {""},
    [SEAL_EXIT_USB_SERIAL_JTAG] = {"DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE"},
    [SEAL_EXIT_USB_OTG] = {"DIS_USB_OTG_DOWNLOAD_MODE", "DIS_USB_DOWNLOAD_MODE"},
    [SEAL_EXIT_FORCED] = {"DIS_FORCE_DOWNLOAD"},
    [SEAL_EXIT_DIRECT_BOOT] = {"DIS_DIRECT_BOOT"},
    [SEAL_EXIT_BOOT_REMAP] = {"DIS_BOOT_REMAP"},
    [SEAL_EXIT_LEGACY_SPI_BOOT] = {"DIS_LEGACY_SPI_BOOT"},
    [SEAL_EXIT_ROM_BASIC] = {"CONSOLE_DEBUG_DISABLE"},
    [SEAL_EXIT_PAD_JTAG] = {""},
    [SEAL_EXIT_USB_JTAG] = {"DIS_USB_JTAG"},
    [SEAL_EXIT_TOKEN_JTAG] = {"SOFT_DIS_JTAG"},
    [SEAL_EXIT_OTA] = {""},
};

void seal_last_exits(const struct seal_efuse *state, struct seal_exit exits[static SEAL_EXITS])
{
    for (unsigned way = 0; way < SEAL_EXITS; way++) {
        const char *first = way_fuses[way][0], *second = way_fuses[way][1];
        bool there = first[0] == '\0' || has(state, first) || (second != NULL && has(state, second));
        exits[way] = there ? look(state, (enum seal_exit_way)way)
                           : make(SEAL_EXIT_NONE, "", "the chip has no such way");
        exits[way].way = (enum seal_exit_way)way;
        exits[way].name = way_names[way];
    }
}

/* --- told by the ROM --- */

static void put(const struct seal_chip *chip, struct seal_efuse *state, const char *name, uint32_t value)
{
    const struct seal_efuse_field *field = seal_chip_field(chip, name);
    for (unsigned i = 0; field != NULL && i < field->bits && i < 32; i++) {
        unsigned bit = field->bit + i;
        state->words[field->block][bit / 32] |= (value >> i & 1) << bit % 32;
    }
}

/* The fuses behind the answer's flags, as far as ways in depend on them. */
static void put_told(const struct seal_chip *chip, const struct seal_security_info *info,
                     struct seal_efuse *state)
{
    struct seal_burn purposes = {0};
    bool hard = (info->flags & SEAL_SECURITY_HARD_DIS_JTAG) != 0;
    put(chip, state, "SECURE_BOOT_EN", (info->flags & SEAL_SECURITY_SECURE_BOOT) != 0);
    put(chip, state, "ENABLE_SECURITY_DOWNLOAD", (info->flags & SEAL_SECURITY_SECURE_DOWNLOAD) != 0);
    put(chip, state, "HARD_DIS_JTAG", hard);
    put(chip, state, "DIS_PAD_JTAG", hard);
    put(chip, state, "SOFT_DIS_JTAG", (info->flags & SEAL_SECURITY_SOFT_DIS_JTAG) != 0 ? 0xFFFFFFFF : 0);
    for (unsigned key = 0; key < chip->key_blocks && key < 6; key++) {
        int err = seal_burn_purpose(chip, &purposes, key, info->key_purposes[key], NULL);
        (void)err; /* a chip without purposes has none to tell of */
    }
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        state->words[0][i] |= purposes.words[0][i];
    }
}

void seal_last_exits_told(const struct seal_chip *chip, const struct seal_security_info *info,
                          enum seal_exit_way link, struct seal_exit exits[static SEAL_EXITS])
{
    struct seal_efuse state = {.chip = chip};
    put_told(chip, info, &state);
    seal_last_exits(&state, exits);
    for (unsigned way = 0; way < SEAL_EXITS; way++) {
        bool told = way == SEAL_EXIT_UART || way == SEAL_EXIT_PAD_JTAG || way == SEAL_EXIT_OTA ||
                    way == SEAL_EXIT_TOKEN_JTAG || way == (unsigned)link;
        if (!told && exits[way].state != SEAL_EXIT_NONE) {
            exits[way].state = SEAL_EXIT_UNKNOWN;
            exits[way].fuse = "";
            exits[way].says = "the ROM does not tell in secure download mode";
        }
    }
}

enum seal_exit_way seal_exit_of_path(enum seal_path path)
{
    return path == SEAL_PATH_FILE              ? SEAL_EXITS
           : path == SEAL_PATH_USB_SERIAL_JTAG ? SEAL_EXIT_USB_SERIAL_JTAG
           : path == SEAL_PATH_USB_OTG         ? SEAL_EXIT_USB_OTG
                                               : SEAL_EXIT_UART;
}

static bool passable(const struct seal_exit *exit)
{
    return exit->state != SEAL_EXIT_NONE && exit->state != SEAL_EXIT_CLOSED;
}

unsigned seal_exits_left(const struct seal_exit exits[static SEAL_EXITS])
{
    unsigned left = 0;
    for (unsigned way = 0; way < SEAL_EXIT_OTA; way++) {
        left += passable(&exits[way]);
    }
    return left;
}

static void append(char *text, size_t size, const char *more)
{
    size_t used = strlen(text);
    (void)snprintf(text + used, size - used, "%s%s", used > 0 ? "; " : "", more);
}

bool seal_exits_warn(const struct seal_efuse *before, const struct seal_efuse *after, enum seal_path path,
                     char *text, size_t size)
{
    struct seal_exit then[SEAL_EXITS], now[SEAL_EXITS];
    enum seal_exit_way way = seal_exit_of_path(path);
    char sentence[160];
    text[0] = '\0';
    seal_last_exits(before, now);
    seal_last_exits(after, then);
    if (way != SEAL_EXITS && now[way].state != then[way].state && then[way].state != SEAL_EXIT_OPEN) {
        (void)snprintf(sentence, sizeof sentence, "%s %s the link in use (%s): %s", then[way].fuse,
                       then[way].state == SEAL_EXIT_CLOSED ? "closes" : "narrows", then[way].name,
                       then[way].says);
        append(text, size, sentence);
    }
    if (seal_exits_left(then) == 0 && seal_exits_left(now) > 0) {
        append(text, size, "no way into the chip is left but its own firmware");
    }
    return text[0] != '\0';
}
