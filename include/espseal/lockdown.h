/*
 * Lockdown: the semantic words of a profile ("jtag: off") and the fuses that each stands for on each chip.
 * A word that a chip cannot honour is an error that names both, never another bit. Pure; the words are
 * members of struct seal_wish_lockdown.
 *
 * Facts: ESP-IDF 6.2,
 * components/bootloader_support/src/<chip>/{flash_encryption,secure_boot}_secure_features.c (which bits are
 * "JTAG" and "direct boot" on which chip), components/efuse/<chip>/esp_efuse_table.csv,
 * components/efuse/esp32/esp_efuse_fields.c (download off from v3.0), docs security-features-enablement-
 * workflows and peripherals/hmac ("HMAC for Enabling JTAG"); TRM chapter eFuse Controller of each chip.
 */
#ifndef ESPSEAL_LOCKDOWN_H
#define ESPSEAL_LOCKDOWN_H

#include <espseal/fuse_plan.h>
#include <espseal/sealing.h>

enum seal_word {
    SEAL_WORD_JTAG,
    SEAL_WORD_USB_JTAG,
    SEAL_WORD_USB_SERIAL,
    SEAL_WORD_USB_OTG,
    SEAL_WORD_DOWNLOAD,
    SEAL_WORD_FORCED_DOWNLOAD,
    SEAL_WORD_ROM_LOG,
    SEAL_WORD_ROM_BASIC,
    SEAL_WORD_DIRECT_BOOT,
    SEAL_WORD_BOOT_REMAP,
    SEAL_WORD_LEGACY_SPI_BOOT,
    SEAL_WORD_DPA,
    SEAL_WORDS
};

struct seal_lockdown_word {
    const char *name;                    /* "usb_serial", as in a profile */
    const char *says;                    /* what it closes, lower case, no full stop */
    const enum seal_word_value *choices; /* ended by SEAL_WORD_UNSAID; SEAL_WORD_KEEP is always one more */
    size_t member;                       /* offset of its enum seal_word_value in struct seal_wish_lockdown */
    const char *path;                    /* "lockdown.usb_serial": the word of a profile */
};
/* By enum seal_word. */
extern const struct seal_lockdown_word seal_lockdown_words[SEAL_WORDS];

/* By the name in a profile, dashes as underscores; SEAL_WORDS: there is none. */
enum seal_word seal_lockdown_find(const char *name);
/* "off", "soft", "secure", "low", "medium", "high", "keep"; "unsaid". */
const char *seal_word_value_name(enum seal_word_value value);
/* A value of this word by its name. SEAL_ERR_FORMAT, with what it may be. */
int seal_word_value_parse(enum seal_word word, const char *text, enum seal_word_value *value,
                          struct seal_cause *cause) SEAL_MUST_CHECK;

enum seal_word_value seal_lockdown_get(const struct seal_wish_lockdown *wish, enum seal_word word);
void seal_lockdown_set(struct seal_wish_lockdown *wish, enum seal_word word, enum seal_word_value value);

#define SEAL_WORD_FUSES 3
#define SEAL_REVISION_ANY 0xFFFFu /* not known: taken as the newest */

struct seal_word_fuse {
    const struct seal_efuse_field *field;
    uint32_t value; /* that it must have, or more where more is stricter (dpa) */
};

/*
 * What a word and its value stand for on a chip of a revision (major * 100 + minor). KEEP and UNSAID stand
 * for no fuse. jtag: off includes the fuse of JTAG over USB. SEAL_ERR_UNSUPPORTED names chip and word;
 * SEAL_ERR_FORMAT: no value of this word. *count is 0 then.
 */
int seal_lockdown_fuses(const struct seal_chip *chip, unsigned revision, enum seal_word word,
                        enum seal_word_value value, struct seal_word_fuse fuses[static SEAL_WORD_FUSES],
                        size_t *count, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Whether a chip can honour every word of a wish, before any device is there. As seal_lockdown_fuses. */
int seal_lockdown_supported(const struct seal_chip *chip, unsigned revision,
                            const struct seal_wish_lockdown *wish, struct seal_cause *cause) SEAL_MUST_CHECK;

enum seal_lock_state {
    SEAL_LOCK_NONE,   /* the chip cannot honour it */
    SEAL_LOCK_OPEN,   /* none of its fuses is burned */
    SEAL_LOCK_PARTLY, /* some are */
    SEAL_LOCK_DONE,   /* it is so, or stricter: a download mode that is off is also secure */
    SEAL_LOCK_LOST,   /* it is not so and never can be: a fuse is write-protected, or JTAG is off for good */
};
/* Whether a word is already so. value: one of the word's choices. */
enum seal_lock_state seal_lockdown_state(const struct seal_efuse *state, enum seal_word word,
                                         enum seal_word_value value);

#define SEAL_WORDS_ALL ((1u << SEAL_WORDS) - 1)
#define SEAL_WORDS_DOORS (1u << SEAL_WORD_DOWNLOAD) /* last of all: nothing can be read back after it */

/*
 * Adds the words in the mask (bit: 1 << enum seal_word) to a plan. What is so already adds nothing. usb_jtag:
 * keep leaves JTAG over USB out of jtag: off. jtag: soft burns every bit of SOFT_DIS_JTAG (an odd count, so
 * that no further bit can reopen it) and wants a key of purpose HMAC_DOWN_JTAG or HMAC_DOWN_ALL in the chip
 * or in this plan. Errors of seal_lockdown_fuses; SEAL_ERR_STATE (lost, no key for soft), SEAL_ERR_MISMATCH
 * (words or operations against each other).
 *
 * In the tables the fuses of jtag, usb_jtag, forced_download and the release bits of flash encryption share
 * one bit of WR_DIS: lockdown belongs in the plan of release.h's SEAL_PART_PROTECT, or before it.
 */
int seal_lockdown_add(struct seal_fuse_plan *plan, const struct seal_wish_lockdown *wish, uint32_t words,
                      struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
