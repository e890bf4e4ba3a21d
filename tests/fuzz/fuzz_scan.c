/* Findings lie within the data, in any bytes. */
#include "fuzz.h"

#include <espseal/base64.h>
#include <espseal/buf.h>
#include <espseal/scan.h>

#include <string.h>

static int check(void *ctx, const struct seal_scan_finding *finding)
{
    const size_t *size = ctx;
    fuzz_require(finding->offset < *size, "an offset within");
    fuzz_require(memchr(finding->what, 0, sizeof finding->what) != NULL, "a text that ends");
    fuzz_require(finding->kind != SEAL_SCAN_FINGERPRINT || finding->fingerprint < 2,
                 "a fingerprint that was given");
    return SEAL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t fingerprints[64] = {1};
    struct seal_buf *decoded = seal_buf_new();
    struct seal_buf *encoded = seal_buf_new();
    int err = seal_scan(data, size, fingerprints, 2, check, &size);
    fuzz_require(err == SEAL_OK, "scanned");
    if (seal_base64_decode((const char *)data, size, decoded) == SEAL_OK) {
        size_t digits = 0;
        for (size_t i = 0; i < size; i++) {
            digits += strchr(" \t\r\n", data[i]) == NULL || data[i] == 0;
        }
        err = seal_base64_encode(seal_buf_ptr(decoded), seal_buf_len(decoded), encoded);
        fuzz_require(err == SEAL_OK && seal_buf_len(encoded) == digits, "the same length again");
    }
    seal_buf_free(&decoded);
    seal_buf_free(&encoded);
    return 0;
}
