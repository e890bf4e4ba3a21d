/*
 * A plan of an eFuse operation as a file: what was asked for, as words, with the hash of the plan that came
 * of it and of the chip's state. Applying it plans anew and compares both hashes, so that exactly what was
 * shown is burned, and into no other state. Keys are not in it, but the names of their files are.
 */
#ifndef ESPSEAL_FUSE_PLAN_FILE_H
#define ESPSEAL_FUSE_PLAN_FILE_H

#include <espseal/fuse_plan.h>
#include <espseal/json.h>

/* SHA-256 of chip, MAC address and the words of every block. SEAL_ERR_NO_MEMORY, SEAL_ERR_CRYPTO. */
int seal_fuse_state_hash(const struct seal_efuse *state, uint8_t sha256[static 32]) SEAL_MUST_CHECK;
/* SHA-256 of the state and of every bit that will be set, keys included. */
int seal_fuse_plan_hash(const struct seal_fuse_plan *plan, uint8_t sha256[static 32]) SEAL_MUST_CHECK;

/*
 * The plan as JSON, owned by the caller: chip, mac, hashes, operations, blocks, changes, closed blocks,
 * points of no return, rules that were allowed, summary. operations is moved into it: an array of arrays of
 * words. Secret blocks are given as a number of bits.
 */
int seal_fuse_plan_to_json(const struct seal_fuse_plan *plan, seal_json **operations,
                           seal_json **json) SEAL_MUST_CHECK;

struct seal_fuse_saved {          /* what a plan's file says */
    seal_json *root;              /* owned */
    const struct seal_chip *chip; /* of that name; its variant is the chip's own matter */
    uint8_t state_sha256[32], plan_sha256[32];
    const seal_json *operations; /* borrowed from root */
    const seal_json *allowed;    /* names of rules */
};
/* SEAL_ERR_FORMAT. root is NULL after a failure. */
int seal_fuse_saved_read(const char *text, size_t len, struct seal_fuse_saved *saved,
                         struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_fuse_saved_free(struct seal_fuse_saved *saved);

/* SEAL_ERR_STATE: the chip is not in the state that the plan was made for. */
int seal_fuse_saved_check_state(const struct seal_fuse_saved *saved, const struct seal_efuse *state,
                                struct seal_cause *cause) SEAL_MUST_CHECK;
/* The same, and SEAL_ERR_STATE when the plan that its operations make now is another one. */
int seal_fuse_saved_check(const struct seal_fuse_saved *saved, const struct seal_fuse_plan *plan,
                          struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
