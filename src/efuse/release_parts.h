/* What the two lists of release bits share: a list is made of items, each of which knows how it is burned. */
#ifndef ESPSEAL_EFUSE_RELEASE_PARTS_H
#define ESPSEAL_EFUSE_RELEASE_PARTS_H

#include <espseal/release.h>

enum release_flag {
    RELEASE_FE = 1,        /* belongs to flash encryption */
    RELEASE_DEV = 2,       /* already in development mode */
    RELEASE_SB = 4,        /* belongs to secure boot whenever it is on */
    RELEASE_SB_FULL = 8,   /* belongs to secure boot in release mode */
    RELEASE_UNCHECKED = 16 /* the bootloader burns it; the predicate does not ask */
};

enum release_how { RELEASE_BY_FIELD, RELEASE_BY_WRITE, RELEASE_BY_READ, RELEASE_BY_NOTHING };

struct release_item {
    struct seal_release_bit bit;
    enum release_how how;
    const struct seal_efuse_field *field; /* by field: its value becomes this */
    uint32_t value;
    int protection; /* by write, by read: bit of WR_DIS or RD_DIS */
    bool jtag;      /* closes as lockdown says */
    bool level;     /* the level is lockdown's, where it asks for one */
    unsigned flags;
};

struct release_list {
    const struct seal_efuse *state;
    size_t count;
    struct release_item items[SEAL_RELEASE_BITS];
};

/* The item added, zeroed but for name, why and part; never NULL: past the end the last one is taken. */
struct release_item *release_put(struct release_list *list, enum seal_part part, const char *why,
                                 const char *format, ...) SEAL_PRINTF(4, 5);
void release_put_protection(struct release_list *list, enum seal_part part, const char *why,
                            enum release_how how, int protection, const char *of);
/* Protections of a key block and, where there is one, of its purpose. */
void release_put_key(struct release_list *list, unsigned key, bool hide, const char *why);
/* The rows of the table that have one of the flags. */
void release_put_rows(struct release_list *list, unsigned flags, enum seal_part part);

size_t release_copy(const struct release_list *list, struct seal_release_bit bits[static SEAL_RELEASE_BITS]);
bool release_holds(const struct release_list *list);
/* Adds the missing items of these parts. */
int release_add(struct seal_fuse_plan *plan, const struct release_list *list, uint32_t parts,
                const struct seal_wish_lockdown *lockdown, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
