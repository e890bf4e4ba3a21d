/* Which signature blocks of an image are good, and which of them a chip would take. */
#include <espseal/image.h>
#include <espseal/secure_boot.h>

#include <stdio.h>
#include <string.h>

struct look {
    const uint8_t *data;
    size_t len;
    const struct seal_boot_trust *trust; /* NULL: all keys are trusted */
    struct seal_boot_verdict *verdict;
    uint8_t digests[2][48]; /* of the signed bytes: SHA-256, SHA-384 */
    bool has[2];
};

const char *seal_boot_fault_text(enum seal_boot_fault fault)
{
    static const char *const texts[] = {
        [SEAL_BOOT_GOOD] = "good",
        [SEAL_BOOT_ABSENT] = "there is no signature block in this place",
        [SEAL_BOOT_VERSION] = "the block has a version, hash or curve that is not known",
        [SEAL_BOOT_CRC] = "the block's CRC is wrong",
        [SEAL_BOOT_CHANGED] = "the image was changed after it was signed",
        [SEAL_BOOT_BAD_KEY] = "the numbers in the block are no key",
        [SEAL_BOOT_BAD_NUMBER] = "the signature is not that of the key in the block",
    };
    return (size_t)fault < sizeof texts / sizeof texts[0] ? texts[fault] : "unknown";
}

/* The digest of the signed bytes for a scheme, computed once. */
static int digest_of(struct look *look, enum seal_sign_scheme scheme, const uint8_t **digest)
{
    size_t which = scheme == SEAL_SIGN_ECDSA384;
    int err = SEAL_OK;
    if (!look->has[which]) {
        err = seal_sign_digest(scheme, look->data, look->verdict->signed_len, look->digests[which]);
        look->has[which] = err == SEAL_OK;
    }
    *digest = look->digests[which];
    return err;
}

static int judge_signature(struct look *look, struct seal_boot_block *block)
{
    const uint8_t *digest;
    enum seal_sign_scheme scheme = block->signature.key.scheme;
    int err = seal_public_digest(&block->signature.key, block->key_digest);
    if (err == SEAL_OK) {
        err = digest_of(look, scheme, &digest);
    }
    if (err != SEAL_OK) {
        return err;
    }
    if (memcmp(digest, block->signature.digest, seal_sign_scheme_digest(scheme)) != 0) {
        block->fault = SEAL_BOOT_CHANGED;
    } else if (seal_public_check(&block->signature.key) != SEAL_OK) {
        block->fault = SEAL_BOOT_BAD_KEY;
    } else {
        err = seal_sign_verify(&block->signature, look->data, look->verdict->signed_len);
        block->fault = err == SEAL_ERR_MISMATCH ? SEAL_BOOT_BAD_NUMBER : SEAL_BOOT_GOOD;
        err = err == SEAL_ERR_MISMATCH ? SEAL_OK : err;
    }
    return err;
}

static int judge_block(struct look *look, size_t index)
{
    static const enum seal_boot_fault faults[] = {[SEAL_BLOCK_OK] = SEAL_BOOT_GOOD,
                                                  [SEAL_BLOCK_ABSENT] = SEAL_BOOT_ABSENT,
                                                  [SEAL_BLOCK_VERSION] = SEAL_BOOT_VERSION,
                                                  [SEAL_BLOCK_CRC] = SEAL_BOOT_CRC};
    struct seal_boot_block *block = &look->verdict->blocks[index];
    block->fault = faults[seal_signature_block_get(look->data + block->offset, &block->signature)];
    block->read = block->fault == SEAL_BOOT_GOOD;
    block->slot = -1;
    int err = block->read ? judge_signature(look, block) : SEAL_OK;
    if (err != SEAL_OK || !block->read) {
        return err;
    }
    const struct seal_boot_trust *trust = look->trust;
    bool trusted = true;
    if (trust) {
        block->slot = seal_boot_trust_slot(trust, block->key_digest);
        trusted = block->slot >= 0 && !trust->slots[block->slot].revoked && index < trust->slot_count &&
                  (!trust->chip ||
                   seal_boot_scheme_check(trust->chip, block->signature.key.scheme, true, NULL) == SEAL_OK);
    }
    block->accepted = trusted && block->fault == SEAL_BOOT_GOOD;
    look->verdict->accepted = look->verdict->accepted || block->accepted;
    return SEAL_OK;
}

/* A place that is neither erased nor zero holds a block, or what was one. */
static bool is_used(const uint8_t *block)
{
    return !seal_is_filled(block, SEAL_SIGNATURE_BLOCK_LEN, 0) &&
           !seal_is_filled(block, SEAL_SIGNATURE_BLOCK_LEN, 0xFF);
}

static void find_blocks(struct look *look)
{
    size_t at = look->verdict->signed_len;
    for (size_t i = 0; i < SEAL_SIGNATURE_KEYS_MAX && at + SEAL_SIGNATURE_BLOCK_LEN <= look->len; i++) {
        look->verdict->blocks[i].offset = at;
        if (is_used(look->data + at)) {
            look->verdict->block_count = i + 1;
        }
        at += SEAL_SIGNATURE_BLOCK_LEN;
    }
}

/* The block that came closest tells why. */
static void explain(struct look *look)
{
    struct seal_boot_verdict *verdict = look->verdict;
    const struct seal_boot_trust *trust = look->trust;
    const char *why = "it is not signed";
    size_t index = 0;
    int best = 0;
    for (size_t i = 0; i < verdict->block_count; i++) {
        const struct seal_boot_block *block = &verdict->blocks[i];
        int rank = 1 + block->read + (block->slot >= 0) + 2 * (block->fault == SEAL_BOOT_GOOD);
        if (rank <= best) {
            continue;
        }
        best = rank;
        index = i;
        why = block->fault != SEAL_BOOT_GOOD      ? seal_boot_fault_text(block->fault)
              : block->slot < 0                   ? "its key is not one that the chip trusts"
              : trust->slots[block->slot].revoked ? "its key is revoked"
              : i >= trust->slot_count            ? "the chip does not look at this block"
                                                  : "the chip does not check this scheme";
    }
    if (verdict->block_count) {
        (void)snprintf(verdict->problem, sizeof verdict->problem, "signature %zu: %s", index, why);
    } else {
        (void)snprintf(verdict->problem, sizeof verdict->problem, "%s", why);
    }
}

int seal_boot_verify_at(const uint8_t *data, size_t len, size_t signed_len,
                        const struct seal_boot_trust *trust, struct seal_boot_verdict *verdict,
                        struct seal_cause *cause)
{
    struct look look = {.data = data, .len = len, .trust = trust, .verdict = verdict};
    *verdict = (struct seal_boot_verdict){.signed_len = signed_len};
    if (signed_len > len) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the image is cut: %zu of %zu bytes are there", len,
                         signed_len);
    }
    find_blocks(&look);
    for (size_t i = 0; i < verdict->block_count; i++) {
        int err = judge_block(&look, i);
        if (err != SEAL_OK) {
            return seal_fail(cause, err, "cannot check signature %zu", i);
        }
    }
    if (!verdict->accepted) {
        explain(&look);
    }
    return SEAL_OK;
}

static size_t round_up(size_t len)
{
    return (len + SEAL_BOOT_SECTOR - 1) / SEAL_BOOT_SECTOR * SEAL_BOOT_SECTOR;
}

int seal_boot_verify_image(const uint8_t *data, size_t len, const struct seal_boot_trust *trust,
                           struct seal_boot_verdict *verdict, struct seal_cause *cause)
{
    struct seal_image image;
    *verdict = (struct seal_boot_verdict){0};
    int err = seal_image_parse(data, len, NULL, &image, cause);
    return err == SEAL_OK ? seal_boot_verify_at(data, len, round_up(image.length), trust, verdict, cause)
                          : err;
}

static bool has_block(const uint8_t *sector)
{
    struct seal_signature signature;
    for (size_t i = 0; i < SEAL_SIGNATURE_KEYS_MAX; i++) {
        if (seal_signature_block_get(sector + i * SEAL_SIGNATURE_BLOCK_LEN, &signature) !=
            SEAL_BLOCK_ABSENT) {
            return true;
        }
    }
    return false;
}

int seal_boot_find_signatures(const uint8_t *data, size_t len, size_t *signed_len, struct seal_cause *cause)
{
    struct seal_image image;
    *signed_len = 0;
    if (len > SEAL_BOOT_SECTOR && has_block(data + len - SEAL_BOOT_SECTOR)) {
        *signed_len = len - SEAL_BOOT_SECTOR;
        return SEAL_OK;
    }
    if (seal_image_parse(data, len, NULL, &image, NULL) == SEAL_OK && round_up(image.length) < len &&
        len - round_up(image.length) >= SEAL_BOOT_SECTOR && has_block(data + round_up(image.length))) {
        *signed_len = round_up(image.length);
        return SEAL_OK;
    }
    return seal_fail(cause, SEAL_ERR_FORMAT, "there is no signature block of secure boot v2");
}
