/* Signature blocks of Secure Boot (block layouts: vectors/secureboot; ESP-IDF "Secure Boot v2"). */
#include "image_parts.h"

#include <espseal/buf.h>

#include <string.h>

enum {
    BLOCK_MAGIC = 0xE7,
    DIGEST_AT = 4,
    V1_LEN = 68,
};

const char *seal_signature_scheme_name(enum seal_signature_scheme scheme)
{
    static const char *const names[] = {
        [SEAL_SIGNATURE_NONE] = "none",
        [SEAL_SIGNATURE_V1] = "Secure Boot v1 ECDSA P-256",
        [SEAL_SIGNATURE_RSA3072] = "Secure Boot v2 RSA-3072",
        [SEAL_SIGNATURE_P192] = "Secure Boot v2 ECDSA P-192",
        [SEAL_SIGNATURE_P256] = "Secure Boot v2 ECDSA P-256",
        [SEAL_SIGNATURE_P384] = "Secure Boot v2 ECDSA P-384",
        [SEAL_SIGNATURE_UNKNOWN] = "Secure Boot v2 of an unknown kind",
    };
    return (size_t)scheme < sizeof names / sizeof names[0] ? names[scheme] : "?";
}

struct signed_part { /* what the blocks sign: the image up to their sector */
    const uint8_t *data;
    size_t len;
    uint8_t sha256[32], sha384[48];
    bool has_sha256, has_sha384;
};

static int check_digest(struct signed_part *part, const uint8_t *block,
                        const struct seal_image_hashes *hashes, struct seal_image_signature *signature)
{
    const bool longer = signature->scheme == SEAL_SIGNATURE_P384;
    uint8_t *digest = longer ? part->sha384 : part->sha256;
    bool *has = longer ? &part->has_sha384 : &part->has_sha256;
    int err = SEAL_OK;
    if (!*has) {
        err = (longer ? hashes->sha384 : hashes->sha256)(part->data, part->len, hashes->release, digest);
        *has = !err;
    }
    signature->digest_known = !err;
    signature->digest_ok = !err && memcmp(block + DIGEST_AT, digest, longer ? 48 : 32) == 0;
    return err;
}

static int take_block(struct signed_part *part, const uint8_t *block, const struct seal_image_hashes *hashes,
                      struct seal_image_signature *signature)
{
    static const enum seal_signature_scheme schemes[] = {
        [SEAL_SIGN_RSA3072] = SEAL_SIGNATURE_RSA3072,
        [SEAL_SIGN_ECDSA192] = SEAL_SIGNATURE_P192,
        [SEAL_SIGN_ECDSA256] = SEAL_SIGNATURE_P256,
        [SEAL_SIGN_ECDSA384] = SEAL_SIGNATURE_P384,
    };
    enum seal_sign_scheme scheme;
    size_t at, len;
    const bool known = seal_signature_block_key(block, &scheme, &at, &len);
    signature->scheme = known ? schemes[scheme] : SEAL_SIGNATURE_UNKNOWN;
    signature->crc_ok = seal_signature_block_crc_ok(block);
    int err = hashes && !hashes->keys_only ? check_digest(part, block, hashes, signature) : SEAL_OK;
    return !err && hashes && known ? hashes->sha256(block + at, len, NULL, signature->key_digest) : err;
}

static int take_v2(const uint8_t *data, size_t len, const struct seal_image_hashes *hashes,
                   struct seal_image *image)
{
    size_t at = (image->length + SEAL_SIGNATURE_ALIGN - 1) / SEAL_SIGNATURE_ALIGN * SEAL_SIGNATURE_ALIGN;
    struct signed_part part = {.data = data, .len = at};
    int err = SEAL_OK;
    while (!err && image->signature_count < SEAL_IMAGE_SIGNATURES_MAX && len >= SEAL_SIGNATURE_BLOCK_LEN &&
           at <= len - SEAL_SIGNATURE_BLOCK_LEN && data[at] == BLOCK_MAGIC) {
        struct seal_image_signature *signature = &image->signatures[image->signature_count++];
        signature->offset = at;
        err = take_block(&part, data + at, hashes, signature);
        at += SEAL_SIGNATURE_BLOCK_LEN;
    }
    return err;
}

/* A version word of zero and 64 bytes that are neither erased nor zero. */
static void take_v1(const uint8_t *data, size_t len, struct seal_image *image)
{
    const uint8_t *at = data + image->length;
    if (len - image->length < V1_LEN || seal_le32(at) != 0) {
        return;
    }
    if (!seal_is_filled(at + 4, V1_LEN - 4, 0) && !seal_is_filled(at + 4, V1_LEN - 4, 0xFF)) {
        image->signatures[0] =
            (struct seal_image_signature){.scheme = SEAL_SIGNATURE_V1, .offset = image->length};
        image->signature_count = 1;
    }
}

int image_take_signatures(const uint8_t *data, size_t len, const struct seal_image_hashes *hashes,
                          struct seal_image *image)
{
    int err = take_v2(data, len, hashes, image);
    if (!err && image->signature_count == 0) {
        take_v1(data, len, image);
    }
    return err;
}

bool seal_image_signed_v2(const struct seal_image *image)
{
    for (size_t i = 0; i < image->signature_count; i++) {
        if (image->signatures[i].scheme != SEAL_SIGNATURE_V1 && image->signatures[i].crc_ok) {
            return true;
        }
    }
    return false;
}
