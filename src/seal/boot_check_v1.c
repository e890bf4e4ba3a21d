/* Secure boot v1 of the ESP32: a digest at flash offset 0 that the ROM makes anew with the key in BLOCK2. */
#include "boot_check_parts.h"

#include <espseal/buf.h>
#include <espseal/secret.h>
#include <espseal/secure_boot_v1.h>

#define KEY_BLOCK 2
#define ROW 128u

/* What the ROM takes: rows, without what of the image's SHA-256 does not fill one. */
static size_t covered(const struct seal_image *image)
{
    const size_t rest = image->length % ROW;
    return image->has_hash && rest <= sizeof image->hash ? image->length - rest
                                                         : (image->length + ROW - 1) / ROW * ROW;
}

static int compare(struct boot_view *view, const struct boot_image *image, const uint8_t key[static 32])
{
    const size_t len = SEAL_BOOT_V1_IMAGE_AT + covered(&image->parsed);
    struct seal_cause why;
    struct seal_buf *flash = seal_buf_new();
    uint8_t *bytes = flash ? seal_buf_reserve(flash, len) : NULL;
    int err = bytes ? boot_read(view, view->report->encrypted, 0, bytes, len) : SEAL_ERR_NO_MEMORY;
    if (!err) {
        err = seal_boot_v1_check(key, bytes, len, &why);
        if (err == SEAL_ERR_MISMATCH || err == SEAL_ERR_FORMAT) {
            boot_decide(view, SEAL_WILL_REFUSE, "signature",
                        "the digest at 0x0 is not that of this bootloader with the key in BLOCK2");
            err = SEAL_OK;
        } else if (!err) {
            boot_step(view, SEAL_MARK_OK, "signature", "the digest at 0x0 is right");
        }
    }
    seal_buf_free(&flash);
    return err;
}

int boot_check_v1(struct boot_view *view, const struct boot_image *image)
{
    uint8_t bytes[32], key[32];
    const size_t len = 4u * seal_efuse_block_words(view->efuse, KEY_BLOCK);
    if (view->trust.enabled) {
        boot_decide(view, SEAL_WILL_UNKNOWN, "secure boot", "both versions of secure boot are enabled");
        return SEAL_OK;
    }
    boot_step(view, SEAL_MARK_OK, "secure boot",
              "secure boot v1 is enabled: the bootloader must have its digest");
    if (!boot_key_take(view->efuse, KEY_BLOCK, len, bytes)) {
        boot_decide(view, SEAL_WILL_UNKNOWN, "secure boot",
                    seal_efuse_block_readable(view->efuse, KEY_BLOCK)
                        ? "BLOCK2 holds no key for the digest of secure boot v1"
                        : "the key in BLOCK2 is read-protected: the digest at 0x0 cannot be checked");
        return SEAL_OK;
    }
    int err = seal_boot_v1_key(bytes, len, key, view->cause);
    err = err ? err : compare(view, image, key);
    seal_cleanse(bytes, sizeof bytes);
    seal_cleanse(key, sizeof key);
    return err;
}
