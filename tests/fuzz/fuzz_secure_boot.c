/* A signed file: whatever its blocks are, they lie within it, a good one is written as it was read, and what
 * is accepted is accepted for a digest that is trusted. */
#include "fuzz.h"

#include <espseal/secure_boot.h>
#include <espseal/secure_boot_v1.h>

#include <string.h>

/* Reserved bytes are not kept. */
static void rewrite(const struct seal_boot_block *block)
{
    struct seal_signature again;
    struct seal_buf *out = seal_buf_new();
    fuzz_require(out && seal_signature_block_put(&block->signature, out) == SEAL_OK, "written");
    fuzz_require(seal_buf_len(out) == SEAL_SIGNATURE_BLOCK_LEN, "a whole block");
    fuzz_require(seal_signature_block_get(seal_buf_ptr(out), &again) == SEAL_BLOCK_OK, "read again");
    fuzz_require(memcmp(&again, &block->signature, sizeof again) == 0, "the same numbers");
    seal_buf_free(&out);
}

static void check(const struct seal_boot_verdict *verdict, size_t size)
{
    bool any = false;
    fuzz_require(verdict->block_count <= SEAL_SIGNATURE_KEYS_MAX, "three blocks at most");
    for (size_t i = 0; i < verdict->block_count; i++) {
        const struct seal_boot_block *block = &verdict->blocks[i];
        fuzz_require(block->offset + SEAL_SIGNATURE_BLOCK_LEN <= size, "a block within the file");
        fuzz_require(!block->accepted || (block->read && block->fault == SEAL_BOOT_GOOD), "good ones only");
        any = any || block->accepted;
        if (block->read) {
            rewrite(block);
        }
    }
    fuzz_require(any == verdict->accepted, "accepted by a block");
    fuzz_require(verdict->accepted == (verdict->problem[0] == 0), "a reason for a refusal");
}

static void judge(const uint8_t *data, size_t size, size_t signed_len)
{
    struct seal_boot_verdict verdict;
    struct seal_boot_trust trust;
    fuzz_require(seal_boot_verify_at(data, size, signed_len, NULL, &verdict, NULL) == SEAL_OK, "judged");
    check(&verdict, size);
    if (verdict.accepted) {
        size_t good = 0;
        while (!verdict.blocks[good].accepted) {
            good++;
        }
        uint8_t digest[32];
        memcpy(digest, verdict.blocks[good].key_digest, sizeof digest);
        seal_boot_trust_from_digests(NULL, digest, 1, &trust);
        fuzz_require(seal_boot_verify_at(data, size, signed_len, &trust, &verdict, NULL) == SEAL_OK,
                     "judged");
        fuzz_require(verdict.accepted && verdict.blocks[good].slot == 0, "taken for its key");
        trust.slots[0].revoked = true;
        fuzz_require(seal_boot_verify_at(data, size, signed_len, &trust, &verdict, NULL) == SEAL_OK,
                     "judged");
        fuzz_require(!verdict.accepted, "refused when its key is revoked");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[32] = {1};
    struct seal_boot_verdict verdict;
    struct seal_public public;
    size_t signed_len = 0;
    if (seal_boot_find_signatures(data, size, &signed_len, NULL) == SEAL_OK) {
        fuzz_require(signed_len > 0 && signed_len + SEAL_BOOT_SECTOR <= size, "signatures within the file");
        judge(data, size, signed_len);
    }
    if (seal_boot_verify_image(data, size, NULL, &verdict, NULL) == SEAL_OK) {
        check(&verdict, size);
    }
    (void)!seal_boot_v1_check(key, data, size, NULL);
    /* Every decoder of OpenSSL would try its luck with anything else, which fuzz_key_cert sees to. */
    bool like_key = size > 0 && (data[0] == '-' || data[0] == 0x30 || size == 64);
    if (like_key && seal_boot_key_read(data, size, "key", NULL, &public, NULL) == SEAL_OK) {
        fuzz_require(seal_public_check(&public) == SEAL_OK, "a key");
        (void)!seal_boot_v1_verify(&public, data, size, NULL);
    }
    return 0;
}
