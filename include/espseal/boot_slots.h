/*
 * Digests of public keys into the slots of secure boot: which slot holds what, which slot a digest takes,
 * which unused slots are revoked. Pure.
 *
 * Facts: ESP-IDF 6.2, components/bootloader_support/src/secure_boot_v2/secure_boot.c (digest n gets the
 * purpose SECURE_BOOT_DIGESTn and write-protection of block and purpose; unused slots are revoked),
 * src/secure_boot.c; ESP32-C2: the upper half of its only key block, beside the 128 bits of a
 * flash-encryption key, in one write (components/efuse/.../one_key_block/esp_efuse_api_key.c).
 */
#ifndef ESPSEAL_BOOT_SLOTS_H
#define ESPSEAL_BOOT_SLOTS_H

#include <espseal/fuse_plan.h>
#include <espseal/sealing.h>

enum seal_slot_state {
    SEAL_SLOT_FREE,
    SEAL_SLOT_DIGEST,  /* readable, filled */
    SEAL_SLOT_UNKNOWN, /* claimed by its purpose, but blank or read-protected: no image verifies against it */
};

struct seal_digest_slot {
    enum seal_slot_state state;
    bool hidden; /* read-protected: the ROM cannot read it either */
    bool revoked;
    int block;          /* id of its key block; -1: none */
    size_t digest_len;  /* 32, 16 on the ESP32-C2 */
    uint8_t digest[32]; /* as an image's key digest, digest_len bytes of it */
};

struct seal_boot_slots {
    size_t count; /* slots that the chip has: 3, or 1 */
    struct seal_digest_slot slots[SEAL_BOOT_DIGESTS];
};

void seal_boot_slots_read(const struct seal_efuse *state, struct seal_boot_slots *slots);
/* The slot that holds a digest (32 bytes) and is not revoked; -1: none. */
int seal_boot_slots_find(const struct seal_boot_slots *slots, const uint8_t digest[static 32]);

/*
 * Adds the wish's digests to a plan. One that a slot holds already stays there; each other takes the first
 * free slot that is not revoked, in the order of the wish, and a free key block (its purpose,
 * write-protection of both, readable). Version 1 (ESP32) burns v1_key into BLOCK2, read- and write-protected.
 * On the ESP32-C2 the key of flash encryption must join the same plan: rule C2-ONE-WRITE. reserved: mask of
 * key block ids that other steps of the job will take; 0: none. slots (may be NULL) tells where they are in
 * the end. SEAL_ERR_UNSUPPORTED (version, more digests than slots), SEAL_ERR_STATE (no free slot or block; a
 * slot holds a digest that the wish does not name and that is not revoked: it would be trusted, too; v1_key
 * missing), errors of seal_fuse_plan_key.
 */
int seal_boot_slots_add(struct seal_fuse_plan *plan, const struct seal_wish_secure_boot *wish,
                        uint32_t reserved, struct seal_boot_slots *slots,
                        struct seal_cause *cause) SEAL_MUST_CHECK;

/* SEAL_ERR_STATE: a slot that the plan leaves unrevoked holds, or may come to hold, a digest that the wish
 * does not name: the ROM would trust that key as well. Version 1 has no slots. */
int seal_boot_slots_check_foreign(const struct seal_fuse_plan *plan, const struct seal_wish_secure_boot *wish,
                                  struct seal_cause *cause) SEAL_MUST_CHECK;

/* Adds the revocation bits of slots without a digest, where the wish says so. The ESP32 and the ESP32-C2 have
 * none. SEAL_ERR_STATE: a bit is write-protected. */
int seal_boot_slots_add_revocation(struct seal_fuse_plan *plan, const struct seal_wish_secure_boot *wish,
                                   struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
