/*
 * Last exits: every way into a chip, and whether its fuses leave it open. Pure: looks at a snapshot, of a
 * chip as it is or as a plan will leave it (struct seal_fuse_plan's after).
 *
 * Facts: TRM chapters eFuse Controller and Boot Control of each chip; rom_protocol.json (what secure download
 * mode leaves); ESP-IDF docs security-features-enablement-workflows, hmac ("HMAC for Enabling JTAG").
 */
#ifndef ESPSEAL_LAST_EXITS_H
#define ESPSEAL_LAST_EXITS_H

#include <espseal/rules.h>

enum seal_exit_way {
    SEAL_EXIT_UART,            /* the ROM's download mode over UART */
    SEAL_EXIT_USB_SERIAL_JTAG, /* over the chip's USB-Serial/JTAG */
    SEAL_EXIT_USB_OTG,         /* over USB OTG */
    SEAL_EXIT_FORCED,          /* download mode that the firmware asks for */
    SEAL_EXIT_DIRECT_BOOT,
    SEAL_EXIT_BOOT_REMAP,
    SEAL_EXIT_LEGACY_SPI_BOOT,
    SEAL_EXIT_ROM_BASIC,
    SEAL_EXIT_PAD_JTAG,
    SEAL_EXIT_USB_JTAG,
    SEAL_EXIT_TOKEN_JTAG, /* JTAG reopened by firmware that holds the HMAC token */
    SEAL_EXIT_OTA,        /* what the firmware itself lets in */
    SEAL_EXITS
};

enum seal_exit_state {
    SEAL_EXIT_NONE,    /* the chip has no such way */
    SEAL_EXIT_OPEN,    /* anybody */
    SEAL_EXIT_REDUCED, /* with less power (secure download mode), or for those who hold a secret */
    SEAL_EXIT_CLOSED,  /* for good */
    SEAL_EXIT_UNKNOWN, /* the ROM does not tell */
};
/* "none", "open", "reduced", "closed", "unknown" */
const char *seal_exit_state_name(enum seal_exit_state state);

struct seal_exit {
    enum seal_exit_way way;
    const char *name; /* "uart-download" */
    enum seal_exit_state state;
    const char *fuse; /* that says so; "" where it is open or none */
    const char *says; /* what that means, lower case, no full stop */
};

/* All ways by enum seal_exit_way, those the chip does not have included. */
void seal_last_exits(const struct seal_efuse *state, struct seal_exit exits[static SEAL_EXITS]);

/*
 * The same where no fuse can be read: from what the ROM tells in secure download mode (rom_protocol.json
 * "security_info"). link: the way that this was asked by, which is therefore not closed. Ways that the answer
 * says nothing about are unknown.
 */
void seal_last_exits_told(const struct seal_chip *chip, const struct seal_security_info *info,
                          enum seal_exit_way link, struct seal_exit exits[static SEAL_EXITS]);

/* The way that a link of this path uses; SEAL_EXITS: none (a file). */
enum seal_exit_way seal_exit_of_path(enum seal_path path);

/* Ways other than the firmware's own that are open or reduced, or may be. */
unsigned seal_exits_left(const struct seal_exit exits[static SEAL_EXITS]);

/*
 * What a burn takes from the link in use: a sentence, lower case, without full stop, or false and "" where it
 * takes nothing. Says so as well when no way but the firmware's is left.
 */
bool seal_exits_warn(const struct seal_efuse *before, const struct seal_efuse *after, enum seal_path path,
                     char *text, size_t size);

#endif
