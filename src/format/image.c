#include <espseal/image.h>

#include <espseal/buf.h>

#include "image_parts.h"

#include <ctype.h>
#include <string.h>

enum {
    SEGMENT_HEADER = 8,
    HASH_LEN = 32,
    APP_LEN = 256,
    BOOTLOADER_LEN = 80,
    CHECKSUM_START = 0xEF,
    V1_DIGEST_LEN = 192,
    V1_IMAGE_AT = 0x1000,
};
#define APP_MAGIC 0xABCD5432u
#define BOOTLOADER_MAGIC 0x50u

static uint16_t le16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static void take_header(const uint8_t *data, struct seal_image *image)
{
    image->segment_count = data[1];
    image->flash_mode = data[2];
    image->flash_size = data[3] >> 4;
    image->flash_freq = data[3] & 0x0F;
    image->entry = seal_le32(data + 4);
    image->wp_pin = data[8];
    memcpy(image->drive, data + 9, sizeof image->drive);
    image->chip_id = le16(data + 12);
    image->min_revision_legacy = data[14];
    image->min_revision = le16(data + 15);
    image->max_revision = le16(data + 17);
    image->has_hash = data[23] == 1;
}

static int take_segments(const uint8_t *data, size_t len, struct seal_image *image, struct seal_cause *cause)
{
    size_t at = SEAL_IMAGE_HEADER_LEN;
    for (size_t i = 0; i < image->segment_count; i++) {
        struct seal_image_segment *segment = &image->segments[i];
        size_t offset = at;
        if (!seal_get_le32(data, len, &offset, &segment->address) ||
            !seal_get_le32(data, len, &offset, &segment->length) || segment->length > len - offset) {
            return seal_fail(cause, SEAL_ERR_FORMAT,
                             "the image is cut: its segment %zu of %zu reaches beyond the end", i + 1,
                             image->segment_count);
        }
        segment->offset = (uint32_t)offset;
        at = offset + segment->length;
    }
    image->length = at;
    return SEAL_OK;
}

/* The checksum is the last byte of a row of 16. */
static int take_footer(const uint8_t *data, size_t len, struct seal_image *image, struct seal_cause *cause)
{
    size_t end = (image->length + 16) & ~(size_t)15;
    if (end + (image->has_hash ? HASH_LEN : 0) > len) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the image is cut: its %s is missing",
                         end > len ? "checksum" : "hash");
    }
    image->checksum = data[end - 1];
    image->length = end;
    if (image->has_hash) {
        memcpy(image->hash, data + end, HASH_LEN);
        image->length = end + HASH_LEN;
    }
    return SEAL_OK;
}

static int compute(const uint8_t *data, const struct seal_image_hashes *hashes, struct seal_image *image)
{
    uint8_t sum = CHECKSUM_START;
    for (size_t i = 0; i < image->segment_count; i++) {
        const size_t end = image->segments[i].offset + (size_t)image->segments[i].length;
        for (size_t at = image->segments[i].offset; at < end;) {
            const size_t stop = end - at < SEAL_RELEASE_STEP ? end : at + SEAL_RELEASE_STEP;
            while (at < stop) {
                sum ^= data[at++];
            }
            seal_release_to(hashes->release, stop);
        }
    }
    image->checksum_computed = sum;
    image->hash_computed = true;
    if (!image->has_hash) {
        return SEAL_OK;
    }
    int err = hashes->sha256(data, image->length - HASH_LEN, hashes->release, image->hash_found);
    image->hash_ok = !err && memcmp(image->hash, image->hash_found, HASH_LEN) == 0;
    return err;
}

static void take_text(char *text, const uint8_t *bytes, size_t len)
{
    memcpy(text, bytes, len);
    text[len] = '\0';
    for (size_t i = 0; text[i]; i++) {
        text[i] = isprint((unsigned char)text[i]) ? text[i] : '?';
    }
}

static void take_app(const uint8_t *at, struct seal_image *image)
{
    struct seal_image_app *app = &image->app;
    image->has_app = true;
    app->secure_version = seal_le32(at + 4);
    take_text(app->version, at + 16, 32);
    take_text(app->project, at + 48, 32);
    take_text(app->time, at + 80, 16);
    take_text(app->date, at + 96, 16);
    take_text(app->idf_version, at + 112, 32);
    memcpy(app->elf_sha256, at + 144, sizeof app->elf_sha256);
    app->min_block_revision = le16(at + 176);
    app->max_block_revision = le16(at + 178);
    app->mmu_page_size = at[180] > 0 && at[180] < 32 ? 1u << at[180] : 0;
}

/* The magic is one byte only, so the texts must be texts too. */
static bool is_text(const uint8_t *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && bytes[i] && isprint(bytes[i])) {
        i++;
    }
    return i > 0 && i < len && bytes[i] == '\0';
}

static void take_descriptor(const uint8_t *data, struct seal_image *image)
{
    const struct seal_image_segment *first = &image->segments[0];
    const uint8_t *at = data + first->offset;
    if (image->segment_count == 0) {
        return;
    }
    if (first->length >= APP_LEN && seal_le32(at) == APP_MAGIC) {
        take_app(at, image);
    } else if (first->length >= BOOTLOADER_LEN && at[0] == BOOTLOADER_MAGIC && is_text(at + 8, 32) &&
               is_text(at + 40, 24)) {
        image->has_bootloader = true;
        image->bootloader.secure_version = at[3];
        image->bootloader.version = seal_le32(at + 4);
        take_text(image->bootloader.idf_version, at + 8, 32);
        take_text(image->bootloader.date_time, at + 40, 24);
    }
}

static int check_magic(const uint8_t *data, size_t len, struct seal_cause *cause)
{
    if (len == 0) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the image is empty");
    }
    if (data[0] != SEAL_IMAGE_MAGIC) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "this is no ESP image: it starts with %02x instead of e9",
                         data[0]);
    }
    if (len < SEAL_IMAGE_HEADER_LEN) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the image is cut: its header is not whole");
    }
    if (data[1] > SEAL_IMAGE_SEGMENTS_MAX) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "this is no ESP image: it claims %u segments of at most %d",
                         data[1], SEAL_IMAGE_SEGMENTS_MAX);
    }
    return SEAL_OK;
}

int seal_image_parse(const uint8_t *data, size_t len, const struct seal_image_hashes *hashes,
                     struct seal_image *image, struct seal_cause *cause)
{
    memset(image, 0, sizeof *image);
    int err = check_magic(data, len, cause);
    if (err == SEAL_OK) {
        take_header(data, image);
        err = take_segments(data, len, image, cause);
    }
    if (err == SEAL_OK) {
        err = take_footer(data, len, image, cause);
    }
    if (err == SEAL_OK) {
        take_descriptor(data, image);
        err = hashes && !hashes->keys_only ? compute(data, hashes, image) : SEAL_OK;
        err = err ? err : image_take_signatures(data, len, hashes, image);
        err = err ? seal_fail(cause, err, "cannot compute a digest") : SEAL_OK;
    }
    if (err != SEAL_OK) {
        memset(image, 0, sizeof *image);
    }
    return err;
}

bool seal_image_looks_like(const uint8_t *data, size_t len)
{
    return len >= SEAL_IMAGE_HEADER_LEN && data[0] == SEAL_IMAGE_MAGIC && data[1] > 0 &&
           data[1] <= SEAL_IMAGE_SEGMENTS_MAX && seal_image_mode_name(data[2]) != NULL;
}

bool seal_image_intact(const struct seal_image *image)
{
    return image->hash_computed && image->checksum == image->checksum_computed &&
           (!image->has_hash || image->hash_ok);
}

bool seal_image_is_v1_digest(const uint8_t *data, size_t len)
{
    if (len < V1_IMAGE_AT + SEAL_IMAGE_HEADER_LEN ||
        !seal_image_looks_like(data + V1_IMAGE_AT, len - V1_IMAGE_AT)) {
        return false;
    }
    return seal_is_filled(data + V1_DIGEST_LEN, V1_IMAGE_AT - V1_DIGEST_LEN, 0xFF) &&
           !seal_image_looks_like(data, len) && data[0] != 0xFF;
}
