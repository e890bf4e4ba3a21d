/* Keys that a chip shall trust from now on, and keys that it shall not trust any more. */
#include <espseal/fuse_plan.h>
#include <espseal/image.h>
#include <espseal/secret.h>
#include <espseal/secure_boot.h>

#include <stdio.h>
#include <string.h>

static int no_free_slot(const struct seal_chip *chip, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_STATE, "no slot of the %s is free: each holds a digest or is revoked",
                        chip->title);
    seal_hint(cause, "a slot that is revoked can never be used again; secure-boot rotate --dry-run without "
                     "anything to do shows them");
    return err;
}

static int add_digest(struct seal_fuse_plan *plan, const uint8_t *digest, unsigned revoke,
                      struct seal_boot_trust *trust, struct seal_cause *cause)
{
    char purpose[32];
    uint32_t blocks = 0;
    int slot = seal_boot_trust_slot(trust, digest);
    if (slot >= 0 && (trust->slots[slot].revoked || revoke >> slot & 1)) {
        return seal_fail(cause, SEAL_ERR_STATE, "the key is that of slot %d, which is revoked", slot);
    }
    if (slot >= 0) {
        return SEAL_OK;
    }
    for (slot = 0; slot < (int)trust->slot_count; slot++) {
        const struct seal_boot_slot *at = &trust->slots[slot];
        if (!at->present && !at->revoked && !(revoke >> slot & 1)) {
            break;
        }
    }
    if (slot == (int)trust->slot_count) {
        return no_free_slot(plan->chip, cause);
    }
    (void)snprintf(purpose, sizeof purpose, "SECURE_BOOT_DIGEST%d", slot);
    const struct seal_fuse_key key = {
        .block = SEAL_PLAN_KEY_AUTO, .purpose = purpose, .data = digest, .len = 32};
    int err = seal_fuse_plan_key(plan, &key, &blocks, cause);
    if (err == SEAL_OK) {
        trust->slots[slot] =
            (struct seal_boot_slot){.present = true, .block = (uint8_t)__builtin_ctz(blocks)};
        memcpy(trust->slots[slot].digest, digest, 32);
    }
    return err;
}

static int revoke_slot(struct seal_fuse_plan *plan, unsigned slot, struct seal_boot_trust *trust,
                       struct seal_cause *cause)
{
    char field[32];
    if (slot >= trust->slot_count) {
        return seal_fail(cause, SEAL_ERR_USAGE, "there is no slot %u: they are 0 to %zu", slot,
                         trust->slot_count - 1);
    }
    (void)snprintf(field, sizeof field, "SECURE_BOOT_KEY_REVOKE%u", slot);
    trust->slots[slot].revoked = true;
    return seal_fuse_plan_field(plan, field, "1", cause);
}

static bool any_usable(const struct seal_boot_trust *trust)
{
    for (size_t i = 0; i < trust->slot_count; i++) {
        const struct seal_boot_slot *slot = &trust->slots[i];
        if (slot->present && !slot->revoked && !slot->hidden) {
            return true;
        }
    }
    return false;
}

int seal_boot_rotate(struct seal_fuse_plan *plan, const struct seal_boot_rotation *rotation,
                     struct seal_boot_trust *after, struct seal_cause *cause)
{
    int err = SEAL_OK;
    seal_boot_trust_from_efuse(&plan->before, after);
    if (after->slot_count < 2) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED,
                         "the %s has one place for a key, which can be neither changed nor revoked",
                         plan->chip->title);
    }
    for (size_t i = 0; i < rotation->add_count && err == SEAL_OK; i++) {
        err = add_digest(plan, rotation->add + 32 * i, rotation->revoke, after, cause);
    }
    for (unsigned slot = 0; slot < 32 && err == SEAL_OK; slot++) {
        if (rotation->revoke >> slot & 1) {
            err = revoke_slot(plan, slot, after, cause);
        }
    }
    if (err == SEAL_OK && rotation->revoke && !any_usable(after)) {
        err = seal_fail(cause, SEAL_ERR_STATE, "no key would be left: the chip would never start again");
        seal_hint(cause, "give the new key at the same time, with --add KEY");
    }
    return err;
}

/* --- images in flash --- */

/* Walks from segment to segment, so that a large application need not be read. */
int seal_boot_find_end(struct seal_loader *loader, uint32_t offset, uint32_t size, uint32_t *length,
                       struct seal_cause *cause)
{
    uint8_t header[SEAL_IMAGE_HEADER_LEN] = {0}, segment[8] = {0};
    uint32_t at = sizeof header;
    if (size < 2 * SEAL_BOOT_SECTOR) {
        return SEAL_ERR_NOT_FOUND;
    }
    int err = seal_flash_read(loader, offset, header, sizeof header, NULL, NULL, cause);
    if (err == SEAL_OK && !seal_image_looks_like(header, sizeof header)) {
        return seal_fail(cause, SEAL_ERR_NOT_FOUND, "there is no image at 0x%x", offset);
    }
    for (unsigned i = 0; err == SEAL_OK && i < header[1]; i++) {
        err = seal_flash_read(loader, offset + at, segment, sizeof segment, NULL, NULL, cause);
        uint32_t len = seal_le32(segment + 4);
        if (err == SEAL_OK && (at > size - SEAL_BOOT_SECTOR || len > size - SEAL_BOOT_SECTOR - at)) {
            return seal_fail(cause, SEAL_ERR_FORMAT, "the image at 0x%x is cut", offset);
        }
        at += (uint32_t)sizeof segment + len;
    }
    if (err != SEAL_OK) {
        return err;
    }
    at = ((at + 16) & ~15u) + (header[23] == 1 ? 32 : 0);
    *length = (at + SEAL_BOOT_SECTOR - 1) / SEAL_BOOT_SECTOR * SEAL_BOOT_SECTOR;
    return *length > size - SEAL_BOOT_SECTOR
               ? seal_fail(cause, SEAL_ERR_FORMAT, "the image at 0x%x leaves no room for signatures", offset)
               : SEAL_OK;
}

int seal_boot_read_signers(struct seal_loader *loader, uint32_t offset, uint32_t size,
                           struct seal_boot_signers *signers, struct seal_cause *cause)
{
    uint8_t blocks[SEAL_SIGNATURE_KEYS_MAX * SEAL_SIGNATURE_BLOCK_LEN];
    struct seal_signature signature;
    uint32_t length = 0;
    memset(signers, 0, sizeof *signers);
    int err = seal_boot_find_end(loader, offset, size, &length, cause);
    if (err == SEAL_OK) {
        err = seal_flash_read(loader, offset + length, blocks, sizeof blocks, NULL, NULL, cause);
    }
    for (size_t i = 0; i < SEAL_SIGNATURE_KEYS_MAX && err == SEAL_OK; i++) {
        enum seal_block_fault fault =
            seal_signature_block_get(blocks + i * SEAL_SIGNATURE_BLOCK_LEN, &signature);
        signers->count = fault != SEAL_BLOCK_ABSENT ? i + 1 : signers->count;
        signers->read[i] = fault == SEAL_BLOCK_OK;
        if (signers->read[i]) {
            err = seal_public_digest(&signature.key, signers->key_digests[i]);
        }
    }
    return err;
}

bool seal_boot_signers_trusted(const struct seal_boot_signers *signers, const struct seal_boot_trust *trust)
{
    for (size_t i = 0; i < signers->count && i < trust->slot_count; i++) {
        int slot = signers->read[i] ? seal_boot_trust_slot(trust, signers->key_digests[i]) : -1;
        if (slot >= 0 && !trust->slots[slot].revoked) {
            return true;
        }
    }
    return false;
}
