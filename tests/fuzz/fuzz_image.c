/* An image that parses has its parts within the data, and tells the same with and without hashes. */
#include "fuzz.h"

#include <espseal/image.h>

#include <string.h>

static int hash32(const void *data, size_t len, const struct seal_release *release, uint8_t digest[static 32])
{
    const uint8_t *bytes = data;
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++) { /* touches all, so that a sanitizer sees what is out of range */
        sum = (uint8_t)(sum + bytes[i]);
    }
    (void)release;
    memset(digest, sum, 32);
    return SEAL_OK;
}

static int hash48(const void *data, size_t len, const struct seal_release *release, uint8_t digest[static 48])
{
    uint8_t half[32];
    int err = hash32(data, len, release, half);
    memset(digest, half[0], 48);
    return err;
}

static void check(const struct seal_image *image, size_t size)
{
    fuzz_require(image->segment_count <= SEAL_IMAGE_SEGMENTS_MAX, "a number of segments in range");
    fuzz_require(image->length <= size, "an end within the data");
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct seal_image_segment *segment = &image->segments[i];
        fuzz_require((size_t)segment->offset + segment->length <= image->length, "segments within the image");
    }
    for (size_t i = 0; i < image->signature_count; i++) {
        fuzz_require(image->signatures[i].offset >= image->length, "signatures behind the image");
    }
    fuzz_require(memchr(image->app.version, 0, sizeof image->app.version) != NULL, "a version that ends");
    fuzz_require(memchr(image->bootloader.date_time, 0, sizeof image->bootloader.date_time) != NULL,
                 "a date that ends");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct seal_image_hashes hashes = {.sha256 = hash32, .sha384 = hash48};
    struct seal_image plain;
    struct seal_image hashed;
    struct seal_cause cause;
    (void)seal_image_looks_like(data, size);
    (void)seal_image_is_v1_digest(data, size);
    int err = seal_image_parse(data, size, NULL, &plain, &cause);
    fuzz_require(seal_image_parse(data, size, &hashes, &hashed, NULL) == err, "the same verdict");
    if (err == SEAL_OK) {
        check(&plain, size);
        check(&hashed, size);
        fuzz_require(plain.signature_count == hashed.signature_count, "the same signatures");
    } else {
        fuzz_require(plain.segment_count == 0, "nothing after a failure");
    }
    return 0;
}
