/* Images as they lie in flash, and the checks that ROM and bootloader share. */
#include "boot_check_parts.h"

#include <espseal/buf.h>
#include <espseal/digest.h>

#include <string.h>

#define SECTOR 4096u
#define HEADER SEAL_IMAGE_HEADER_LEN

int boot_read_raw(struct boot_view *view, uint32_t offset, uint8_t *data, size_t len)
{
    const struct seal_boot_question *question = view->question;
    const uint32_t size = question->flash_size;
    const size_t there = offset >= size ? 0 : size - offset < len ? size - offset : len;
    memset(data + there, 0xFF, len - there);
    if (!question->read) {
        memcpy(data, question->flash + (there ? offset : 0), there);
        return SEAL_OK;
    }
    return there ? question->read(question->read_ctx, offset, data, there, view->cause) : SEAL_OK;
}

int boot_read(struct boot_view *view, bool encrypted, uint32_t offset, uint8_t *data, size_t len)
{
    if (!encrypted) {
        return boot_read_raw(view, offset, data, len);
    }
    const uint32_t start = offset & ~(SEAL_FLASH_CRYPT_BLOCK - 1);
    const size_t skip = offset - start;
    const size_t whole = (skip + len + SEAL_FLASH_CRYPT_BLOCK - 1) & ~(size_t)(SEAL_FLASH_CRYPT_BLOCK - 1);
    struct seal_buf *buf = seal_buf_new();
    uint8_t *bytes = buf ? seal_buf_reserve(buf, whole) : NULL;
    int err = bytes ? boot_read_raw(view, start, bytes, whole) : SEAL_ERR_NO_MEMORY;
    if (!err) {
        err = seal_flash_decrypt(view->crypt, start, bytes, bytes, whole, view->cause);
    }
    if (!err) {
        memcpy(data, bytes + skip, len);
    }
    seal_buf_free(&buf);
    return err;
}

/* The length up to checksum and hash; 0: it reaches beyond room. */
static int measure(struct boot_view *view, bool encrypted, const struct boot_image *image, uint32_t room,
                   const uint8_t *header, uint32_t *length)
{
    uint64_t at = HEADER;
    *length = 0;
    for (unsigned i = 0; i < header[1]; i++) {
        uint8_t segment[8];
        if (at + sizeof segment > room) {
            return SEAL_OK;
        }
        int err = boot_read(view, encrypted, image->offset + (uint32_t)at, segment, sizeof segment);
        if (err) {
            return err;
        }
        at += sizeof segment + (uint64_t)seal_le32(segment + 4);
    }
    at = ((at + 16) & ~(uint64_t)15) + (header[23] == 1 ? 32 : 0);
    *length = at <= room ? (uint32_t)at : 0;
    return SEAL_OK;
}

int boot_load(struct boot_view *view, bool encrypted, uint32_t offset, uint32_t room,
              struct boot_image *image, uint8_t header[static HEADER])
{
    static const struct seal_image_hashes hashes = {.sha256 = seal_sha256_mapped,
                                                    .sha384 = seal_sha384_mapped};
    uint32_t length = 0;
    image->offset = offset;
    image->whole = false;
    image->bytes = seal_buf_new();
    int err = image->bytes ? boot_read(view, encrypted, offset, header, HEADER) : SEAL_ERR_NO_MEMORY;
    if (err || header[0] != SEAL_IMAGE_MAGIC || header[1] > SEAL_IMAGE_SEGMENTS_MAX) {
        return err;
    }
    err = measure(view, encrypted, image, room, header, &length);
    if (err || !length) {
        return err;
    }
    const size_t with_signatures = ((size_t)length + SECTOR - 1) / SECTOR * SECTOR + SECTOR;
    uint8_t *bytes = seal_buf_reserve(image->bytes, with_signatures);
    err = bytes ? boot_read(view, encrypted, offset, bytes, with_signatures) : SEAL_ERR_NO_MEMORY;
    if (!err) {
        image->whole =
            seal_image_parse(bytes, with_signatures, &hashes, &image->parsed, view->cause) == SEAL_OK;
    }
    return err;
}

void boot_check_header(struct boot_view *view, const uint8_t header[static HEADER])
{
    const unsigned id = header[12] | (unsigned)header[13] << 8;
    if (header[1] > SEAL_IMAGE_SEGMENTS_MAX) {
        boot_decide(view, SEAL_WILL_REFUSE, "header", "the image claims %u segments, and %d is the most",
                    header[1], SEAL_IMAGE_SEGMENTS_MAX);
        return;
    }
    boot_step(view, SEAL_MARK_OK, "header", "an image of %u segments", header[1]);
    if (id != view->chip->image_chip_id) {
        const struct seal_chip *other = seal_chip_by_image_id((uint16_t)id);
        boot_decide(view, SEAL_WILL_REFUSE, "chip", "the image is for %s (chip id %u), and this is an %s",
                    other ? other->title : "another chip", id, view->chip->title);
        return;
    }
    boot_step(view, SEAL_MARK_OK, "chip", "the image is for the %s", view->chip->title);
}

static void tell_slots(struct boot_view *view)
{
    const struct seal_boot_trust *trust = &view->trust;
    unsigned usable = 0;
    for (size_t i = 0; i < trust->slot_count; i++) {
        const struct seal_boot_slot *slot = &trust->slots[i];
        usable += slot->present && !slot->hidden && !slot->revoked;
        if (slot->present && (slot->hidden || slot->revoked)) {
            boot_step(view, SEAL_MARK_NOTE, "digest", "the digest of slot %zu is %s", i,
                      slot->hidden ? "read-protected: the ROM reads zeroes" : "revoked");
        }
    }
    if (trust->aggressive_revoke) {
        boot_step(view, SEAL_MARK_NOTE, "digest",
                  "a signature that is refused costs its slot: aggressive revoke is on");
    }
    if (usable == 0) {
        boot_step(view, SEAL_MARK_NOTE, "digest", "no slot holds a digest that counts");
    }
}

int boot_check_signature(struct boot_view *view, const struct boot_image *image)
{
    struct seal_boot_verdict verdict;
    const size_t signed_len = seal_buf_len(image->bytes) - SECTOR;
    tell_slots(view);
    int err = seal_boot_verify_at(seal_buf_ptr(image->bytes), seal_buf_len(image->bytes), signed_len,
                                  &view->trust, &verdict, view->cause);
    if (err) {
        return err;
    }
    if (!verdict.accepted) {
        boot_decide(view, SEAL_WILL_REFUSE, "signature", "%s", verdict.problem);
        return SEAL_OK;
    }
    for (size_t i = 0; i < verdict.block_count; i++) {
        if (verdict.blocks[i].accepted) {
            boot_step(view, SEAL_MARK_OK, "signature", "signature %zu is good (%s), by the key of slot %d", i,
                      seal_sign_scheme_name(verdict.blocks[i].signature.key.scheme), verdict.blocks[i].slot);
            break;
        }
    }
    return SEAL_OK;
}
