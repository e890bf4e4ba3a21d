/* The eFuse blocks that a sealing fills beside the DS key: keys, and digests of public keys. */
#ifndef SEAL_SLOTS_H
#define SEAL_SLOTS_H

#include "job.h"

#define JOB_SLOTS 8

enum job_use {
    JOB_FLASH_KEY,
    JOB_FLASH_KEY_2, /* second half of XTS-AES-256 */
    JOB_NVS_KEY,
    JOB_JTAG_KEY,
    JOB_BOOT_KEY, /* of the ESP32's Secure Boot v1 */
    JOB_DIGEST,
};

struct job_slot {
    enum job_use use;
    unsigned index;                         /* JOB_DIGEST: 0..2 */
    const char *title;                      /* "flash-encryption key" */
    const char *place;                      /* the block's name */
    const struct seal_key_purpose *purpose; /* NULL: the block has a fixed job */
    unsigned block;                         /* id */
    int key;                                /* n of BLOCK_KEYn; -1: none, or not chosen yet */
    uint8_t first, count;                   /* words of the block: the ESP32-C2 shares one */
    bool secret, reversed;                  /* of a key file's bytes */
    bool given, known;                      /* words tells what it holds, or shall hold */
    enum seal_key_block_state state;
    uint32_t words[SEAL_EFUSE_WORDS];
};

/*
 * From the wishes to blocks: finds what an earlier run left, else reserves free blocks, all of them before
 * anything is burned; keys that nobody gave and the chip does not show are made. SEAL_ERR_STATE,
 * SEAL_ERR_UNSUPPORTED, SEAL_ERR_KEY.
 */
int job_allocate_slots(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
/* NULL: this job has none of that use. */
const struct job_slot *job_slot_of(const struct seal_job *job, enum job_use use);
/* The bytes as in a key file; as many as words has. Returns how many. */
size_t job_slot_bytes(const struct job_slot *slot, uint8_t bytes[static 32]);
/* The word of a profile that asks for it. */
const char *job_slot_word(const struct job_slot *slot);
/* Nothing but the peripheral can read it. */
bool job_slot_hidden(const struct seal_efuse *efuse, const struct job_slot *slot);

/* slot_wishes.c: one slot for each block that the wishes need, without a block yet. */
int job_wish_slots(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
/* slot_state.c: what the slot's block is, from fuses alone. */
enum seal_key_block_state job_slot_classify(const struct seal_efuse *efuse, const struct job_slot *slot,
                                            char *why, size_t size);

/* plan_slots.c */
int job_plan_slots(struct seal_job *job, bool digests, struct seal_cause *cause) SEAL_MUST_CHECK;
int job_plan_slot_protection(struct seal_job *job) SEAL_MUST_CHECK;

#endif
