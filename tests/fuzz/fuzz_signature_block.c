/* The data of a SIGNATURE_BLOCK entry: what is read is written as it was, and may be checked. */
#include "fuzz.h"

#include <espseal/secure_boot.h>
#include <espseal/secure_cert_sign.h>

#include <string.h>

/* Reserved bytes are not kept. */
static void rewrite(const struct seal_signature *signature, uint32_t signed_len, const uint8_t *data,
                    size_t size)
{
    struct seal_buf *out = seal_buf_new();
    fuzz_require(out && seal_signature_entry_put(signature, signed_len, out) == SEAL_OK, "written");
    fuzz_require(seal_buf_len(out) == size, "the same length");
    const uint8_t *again = seal_buf_ptr(out);
    fuzz_require(again[0] == data[0] && again[12] == data[12], "the same kind");
    fuzz_require(memcmp(again + 8, data + 8, 4) == 0, "the same length signed");
    if (signature->key.scheme != SEAL_SIGN_RSA3072) {
        fuzz_require(memcmp(again + 16, data + 16, size - 16) == 0, "the same numbers");
    }
    seal_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal_signature signature;
    struct seal_secure_cert_verdict verdict;
    uint32_t signed_len = 0;
    uint8_t digest[32];
    if (seal_signature_entry_get(data, size, &signature, &signed_len, NULL) == SEAL_OK) {
        rewrite(&signature, signed_len, data, size);
        fuzz_require(seal_public_digest(&signature.key, digest) == SEAL_OK, "a digest");
        fuzz_require(seal_sign_verify(&signature, "other", 5) != SEAL_OK, "not by chance");
    }
    if (seal_secure_cert_verify(data, size, NULL, 0, &verdict, NULL) == SEAL_OK) {
        fuzz_require(verdict.count <= SEAL_SIGNATURE_KEYS_MAX && verdict.signed_len <= size,
                     "a verdict in range");
        fuzz_require(verdict.signature != SEAL_BAD || verdict.problem[0], "a reason");
    }
    return 0;
}
