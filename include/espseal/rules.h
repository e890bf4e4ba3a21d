/*
 * Rules: what must not be burned although the chip would take it, because it bricks the device, shuts a door
 * that is still needed, or wastes what cannot be had twice. A rule is a row of a table; each can be
 * overridden by its name only. Pure: a rule looks at snapshots.
 */
#ifndef ESPSEAL_RULES_H
#define ESPSEAL_RULES_H

#include <espseal/efuse.h>

enum seal_path {                 /* how the host reaches the chip: what a burn may cut */
                 SEAL_PATH_FILE, /* no chip at all: an eFuse file */
                 SEAL_PATH_UART,
                 SEAL_PATH_USB_SERIAL_JTAG, /* the chip's own USB-Serial/JTAG controller */
                 SEAL_PATH_USB_OTG,         /* the chip's own USB OTG controller */
                 SEAL_PATH_OTHER,           /* a socket or a simulator: taken as a UART */
};
/* The path behind an open link. */
enum seal_path seal_path_of(const struct seal_link *link);

struct seal_rule_view { /* what a rule looks at; filled by seal_rule_view_make */
    const struct seal_chip *chip;
    const struct seal_efuse *before;
    const struct seal_burn *burn;
    /* Bits that somebody wants to be 0 afterwards; NULL: nobody said so of any. */
    const uint32_t (*zeroes)[SEAL_EFUSE_WORDS];
    enum seal_path path;
    struct seal_efuse after; /* before with the burn: blocks that become hidden still show what they hold */
};
/* view holds keys afterwards: cleanse it. zeroes may be NULL. */
void seal_rule_view_make(const struct seal_efuse *before, const struct seal_burn *burn,
                         const uint32_t (*zeroes)[SEAL_EFUSE_WORDS], enum seal_path path,
                         struct seal_rule_view *view);

struct seal_rule {
    const char *name;     /* "FE-NO-KEY": for --allow */
    const char *sentence; /* what is refused, lower case, no full stop */
    const char *reason;   /* what would happen */
    const char *source;   /* where the fact is from */
    bool absolute;        /* the fuses themselves forbid it: nothing can override it */
    /* True when the burn breaks the rule; detail names the field, block or value. */
    bool (*trips)(const struct seal_rule_view *view, char *detail, size_t size);
};

/* All rules, ended by name == NULL. */
extern const struct seal_rule seal_rules[];
/* By its exact name; NULL: none. */
const struct seal_rule *seal_rule_find(const char *name);

/* Told of each rule that trips, in the order of the table. */
typedef void (*seal_rule_report_fn)(void *ctx, const struct seal_rule *rule, const char *detail,
                                    bool allowed);

/*
 * Tries every rule. allowed: NULL-terminated names that are overridden (NULL: none). report may be NULL.
 * SEAL_ERR_RULE with the first rule that trips and is not allowed; the hint says how to override it. Names in
 * allowed that no rule has: SEAL_ERR_USAGE.
 */
int seal_rules_check(const struct seal_rule_view *view, const char *const *allowed,
                     seal_rule_report_fn report, void *ctx, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
