/* The images in flash: whole, decrypted where there is a key, their signatures judged. */
#include "audit.h"

#include <espseal/cert_bundle.h>
#include <espseal/digest.h>
#include <espseal/flash_layout.h>

#include <stdio.h>

enum { FIRST = 4096, BUNDLE_LEAST = 256 };

static const struct seal_image_hashes hashes = {.sha256 = seal_sha256_mapped, .sha384 = seal_sha384_mapped};

/* ESP-IDF's bundle stands somewhere in an application's constants, on a multiple of 4. */
static bool holds_bundle(const uint8_t *data, size_t len)
{
    for (size_t at = 0; at + BUNDLE_LEAST < len; at += 4) {
        uint32_t first = seal_le32(data + at);
        struct seal_bundle bundle;
        if (first < 4 || first > 4 * SEAL_BUNDLE_MAX || first % 4 || at + first + 8 > len ||
            data[at + first + 4] != 0x30) { /* the first entry's name is a DER sequence */
            continue;
        }
        if (seal_bundle_parse(data + at, len - at, "bundle", &bundle, NULL) == SEAL_OK) {
            bool good = bundle.form == SEAL_BUNDLE_OFFSETS && bundle.entries[0].key[0] == 0x30;
            seal_bundle_free(&bundle);
            if (good) {
                return true;
            }
        }
    }
    return false;
}

static int fetch(struct seal_audit *audit, bool encrypted, uint32_t offset, uint8_t *data, size_t len,
                 bool *done, struct seal_cause *cause)
{
    int err = audit_fetch(audit, offset, data, len, done, cause);
    if (err == SEAL_OK && *done && encrypted) {
        *done = seal_is_filled(data, len, 0xFF) || audit_decrypt(audit, offset, data, len) == SEAL_OK;
    }
    return err;
}

static void judge(struct seal_audit *audit, struct audit_image *image, const uint8_t *data, size_t len)
{
    struct seal_image parsed;
    struct seal_cause why = {0};
    if (seal_image_parse(data, len, &hashes, &parsed, &why) != SEAL_OK || !seal_image_intact(&parsed)) {
        image->state = AUDIT_DAMAGED;
        (void)snprintf(image->problem, sizeof image->problem, "%.150s",
                       why.text[0] ? why.text : "its checksum or hash is wrong");
        return;
    }
    image->state = AUDIT_READ;
    image->has_app = parsed.has_app;
    image->app = parsed.app;
    image->bundle = parsed.has_app && holds_bundle(data, parsed.length);
    if (audit->source.efuse) {
        struct seal_boot_trust trust;
        seal_boot_trust_from_efuse(&audit->efuse, &trust);
        image->has_verdict = trust.slot_count > 0 &&
                             seal_boot_verify_image(data, len, &trust, &image->verdict, &why) == SEAL_OK;
    }
    if (!image->has_verdict) {
        (void)snprintf(image->problem, sizeof image->problem, "%.150s",
                       why.text[0] ? why.text : "the eFuses do not tell which keys count");
    }
}

/* Up to the end of the signatures, by what the first bytes say. */
static size_t size_of(const uint8_t *first, size_t room)
{
    uint64_t at = SEAL_IMAGE_HEADER_LEN;
    for (unsigned i = 0; i < first[1] && at + 8 <= FIRST; i++) {
        at += 8 + (uint64_t)seal_le32(first + at + 4);
    }
    size_t len = at > room ? room : (size_t)at;
    len = len + 64 + 2 * SEAL_BOOT_SECTOR;
    return len > room ? room : len / 16 * 16;
}

static int read_image(struct seal_audit *audit, struct audit_image *image, uint32_t room, bool encrypted,
                      struct seal_cause *cause)
{
    uint8_t first[FIRST];
    bool done;
    int err = fetch(audit, encrypted, image->offset, first, sizeof first, &done, cause);
    if (err != SEAL_OK || !done) {
        (void)snprintf(image->problem, sizeof image->problem, "it could not be read");
        return err;
    }
    if (seal_is_filled(first, sizeof first, 0xFF)) {
        image->state = AUDIT_ABSENT;
        return SEAL_OK;
    }
    if (!seal_image_looks_like(first, sizeof first)) {
        bool hidden = audit_flash_encryption_on(audit) == 1 && !audit->key_len &&
                      audit_looks_random(first, sizeof first);
        image->state = hidden ? AUDIT_UNREAD : AUDIT_DAMAGED;
        (void)snprintf(image->problem, sizeof image->problem, "%s",
                       hidden ? "it is encrypted; give the key with --flash-key" : "there is no image");
        return SEAL_OK;
    }
    size_t len = size_of(first, room);
    struct seal_buf *buf = seal_buf_new();
    uint8_t *data = buf ? seal_buf_reserve(buf, len) : NULL;
    err = data ? fetch(audit, encrypted, image->offset, data, len, &done, cause)
               : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for an image");
    if (err == SEAL_OK && done) {
        judge(audit, image, data, len);
    }
    seal_buf_free(&buf);
    return err;
}

int audit_read_images(struct seal_audit *audit, struct seal_cause *cause)
{
    uint32_t start = audit->source.chip->bootloader_offset;
    bool encrypted = audit_flash_encryption_on(audit) == 1 && audit->key_len;
    int err = SEAL_OK;
    if (!audit_has_flash(audit)) {
        return SEAL_OK;
    }
    audit->images[audit->image_count++] = (struct audit_image){.name = "bootloader", .offset = start};
    err = read_image(audit, &audit->images[0], audit_table_offset(audit) - start, encrypted, cause);
    for (size_t i = 0; err == SEAL_OK && audit->table_state == AUDIT_READ && i < audit->table.count; i++) {
        const struct seal_partition *one = &audit->table.entries[i];
        if (one->type == SEAL_PARTITION_APP && audit->image_count < AUDIT_IMAGES) {
            struct audit_image *image = &audit->images[audit->image_count++];
            *image = (struct audit_image){.name = one->name, .offset = one->offset};
            err = read_image(audit, image, one->size, encrypted, cause);
        }
    }
    return err;
}

static int read_again(void *ctx, uint32_t offset, uint8_t *data, size_t len, struct seal_cause *cause)
{
    bool done;
    int err = audit_fetch(ctx, offset, data, len, &done, cause);
    ((struct seal_audit *)ctx)->broken = err;
    return err == SEAL_OK && !done ? seal_fail(cause, SEAL_ERR_STATE, "flash at 0x%x was not read", offset)
                                   : err;
}

int audit_judge_boot(struct seal_audit *audit, struct seal_cause *cause)
{
    struct seal_cause why = {0};
    struct seal_boot_question question = {
        .efuse = &audit->efuse,
        .read = read_again,
        .read_ctx = audit,
        .flash_size = audit->source.flash_size,
        .table_offset = audit->source.table_offset,
        .key = audit->key_len ? audit->key : NULL,
        .key_len = audit->key_len,
        .revision = -1,
    };
    if (!audit->source.efuse || !audit_has_flash(audit)) {
        return SEAL_OK;
    }
    int err = seal_boot_check(&question, &audit->boot, &why);
    audit->boot_known = err == SEAL_OK;
    return err == SEAL_ERR_NO_MEMORY || audit->broken ? seal_fail(cause, err, "%s", why.text) : SEAL_OK;
}
