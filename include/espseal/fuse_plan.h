/*
 * The plan of an eFuse operation: operations are added one by one to a snapshot of the chip, then the plan is
 * closed, which checks that it can be burned and that no rule forbids it. A closed plan says for each block
 * what it holds now, what will be set and what that closes for good. Pure; burning it is
 * seal_burn_execute(&plan->burn), or seal_fuse_plan_apply on a file's snapshot.
 */
#ifndef ESPSEAL_FUSE_PLAN_H
#define ESPSEAL_FUSE_PLAN_H

#include <espseal/rules.h>

#define SEAL_PLAN_FINDINGS 16
#define SEAL_PLAN_KEY_AUTO (-1)

struct seal_fuse_finding { /* a rule that trips and was allowed by name */
    const struct seal_rule *rule;
    char detail[160];
};

struct seal_fuse_plan { /* plain data. Holds keys: cleanse it with seal_fuse_plan_clear */
    const struct seal_chip *chip;
    enum seal_path path;
    struct seal_efuse before;                            /* the chip, as the plan found it */
    struct seal_burn want;                               /* bits asked for, also those that are there */
    uint32_t given[SEAL_EFUSE_BLOCKS][SEAL_EFUSE_WORDS]; /* bits that an operation spoke about */
    uint32_t hidden; /* bit n: a key was asked for in block n, which nobody can read: is it the same key? */
    /* filled by seal_fuse_plan_close */
    struct seal_burn burn; /* for seal_burn_execute */
    struct seal_efuse after;
    struct seal_fuse_finding findings[SEAL_PLAN_FINDINGS];
    size_t finding_count;
    bool closed;
};

/* Begins a plan for a chip whose blocks were all read. */
void seal_fuse_plan_init(struct seal_fuse_plan *plan, const struct seal_efuse *state, enum seal_path path);
void seal_fuse_plan_clear(struct seal_fuse_plan *plan); /* cleanses */

/* By name, also by the older names that espefuse knows (KEY0_PURPOSE); NULL: the chip has none. */
const struct seal_efuse_field *seal_fuse_plan_find_field(const struct seal_chip *chip, const char *name);

/*
 * FIELD=VALUE. value is a number, the name of a key purpose, a MAC address (aa:bb:..), or the bytes of a long
 * field: as hex digits in the order in which they are stored, or with 0x as one number (last byte first).
 * NULL: 1 for a flag, the next toggle for a counter. A value that is there already is no change.
 * SEAL_ERR_UNSUPPORTED (no such field, or one that the factory burns), SEAL_ERR_TOO_LONG (too wide),
 * SEAL_ERR_FORMAT (no value of this field), SEAL_ERR_STATE (a bit would have to fall), SEAL_ERR_MISMATCH
 * (another operation of this plan wants another value).
 */
int seal_fuse_plan_field(struct seal_fuse_plan *plan, const char *name, const char *value,
                         struct seal_cause *cause) SEAL_MUST_CHECK;
/* Single bits, counted from the block's bit 0. SEAL_ERR_TOO_LONG. */
int seal_fuse_plan_bit(struct seal_fuse_plan *plan, unsigned block, unsigned bit,
                       struct seal_cause *cause) SEAL_MUST_CHECK;
/* Bytes in stored order from an offset in a block. SEAL_ERR_TOO_LONG. */
int seal_fuse_plan_data(struct seal_fuse_plan *plan, unsigned block, size_t offset, const uint8_t *data,
                        size_t len, struct seal_cause *cause) SEAL_MUST_CHECK;
/* The MAC address that firmware may use instead of the factory's; unicast. SEAL_ERR_FORMAT. */
int seal_fuse_plan_mac(struct seal_fuse_plan *plan, const uint8_t mac[static 6],
                       struct seal_cause *cause) SEAL_MUST_CHECK;

struct seal_fuse_key {
    int block;           /* id of a key block, or SEAL_PLAN_KEY_AUTO: the block that holds this key, else the
                            first free one */
    const char *purpose; /* name; also XTS_AES_256_KEY and ECDSA_KEY_P384, which take two blocks */
    const uint8_t *data; /* as in a key file, most significant byte first; ECDSA: the private scalar */
    size_t len;
    bool keep_readable, keep_writable; /* leave out the protections that the purpose wants */
};
/*
 * A key with its purpose and protections: read-protection where the purpose is a secret, write-protection of
 * block and purpose. Bytes are reversed where the purpose wants that. A block that holds this key already is
 * no change; a hidden block of this purpose is noted in plan->hidden. *blocks gets a mask of the blocks
 * taken. SEAL_ERR_UNSUPPORTED (purpose, chip), SEAL_ERR_KEY (length), SEAL_ERR_STATE (in use, none free).
 */
int seal_fuse_plan_key(struct seal_fuse_plan *plan, const struct seal_fuse_key *key, uint32_t *blocks,
                       struct seal_cause *cause) SEAL_MUST_CHECK;
/* Protection of a field or of a block by name. SEAL_ERR_UNSUPPORTED: nothing protects it. */
int seal_fuse_plan_protect(struct seal_fuse_plan *plan, const char *name, bool read, bool write,
                           struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Completes the plan: what is missing, what the chip holds afterwards; then seal_burn_check and every rule.
 * allowed: names of rules to override, NULL-terminated or NULL. SEAL_ERR_STATE, SEAL_ERR_RULE,
 * SEAL_ERR_USAGE.
 */
int seal_fuse_plan_close(struct seal_fuse_plan *plan, const char *const *allowed,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- what a closed plan says --- */

bool seal_fuse_plan_empty(const struct seal_fuse_plan *plan); /* everything asked for is so already */
/* Bits that will be set in a block, 8 words. */
void seal_fuse_plan_missing(const struct seal_fuse_plan *plan, unsigned block,
                            uint32_t words[static SEAL_EFUSE_WORDS]);
/* Told of one sentence each. */
typedef void (*seal_fuse_say_fn)(void *ctx, const char *text);
/* What each changed field becomes ("SPI_BOOT_CRYPT_CNT 0 -> 1, 2 more toggles left"), highest block first. */
void seal_fuse_plan_each_change(const struct seal_fuse_plan *plan, seal_fuse_say_fn say, void *ctx);
/* Coded blocks that this burn closes, with the fields that can then never be set. */
void seal_fuse_plan_each_closed(const struct seal_fuse_plan *plan, seal_fuse_say_fn say, void *ctx);
/* What there is no way back from, by name. */
void seal_fuse_plan_each_no_return(const struct seal_fuse_plan *plan, seal_fuse_say_fn say, void *ctx);
/* Phases in the order in which they are burned. */
void seal_fuse_plan_each_phase(const struct seal_fuse_plan *plan, seal_fuse_say_fn say, void *ctx);
/* One sentence for somebody who has to answer for it. */
void seal_fuse_plan_summary(const struct seal_fuse_plan *plan, char *text, size_t size);

/* Burns the plan into a snapshot (an offline file): bits rise, hidden blocks read as zero. */
void seal_fuse_plan_apply(const struct seal_fuse_plan *plan, struct seal_efuse *state);

#endif
