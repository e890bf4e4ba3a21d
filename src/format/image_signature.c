/* Signature blocks of Secure Boot (block layouts: vectors/secureboot; ESP-IDF "Secure Boot v2"). */
#include "image_parts.h"

#include <espseal/buf.h>
#include <espseal/hex.h>

#include <string.h>

enum {
    BLOCK_MAGIC = 0xE7,
    VERSION_RSA = 2,
    VERSION_ECDSA = 3,
    CRC_AT = 1196, /* over all before it */
    DIGEST_AT = 4,
    RSA_KEY_AT = 36,
    RSA_KEY_LEN = 776,
    CURVE_P192 = 1,
    CURVE_P256 = 2,
    CURVE_P384 = 3,
    EC_KEY_AT = 36, /* curve id and two coordinates, 64 bytes together */
    EC_KEY_LEN = 65,
    P384_KEY_AT = 52, /* behind a longer digest, 96 bytes */
    P384_KEY_LEN = 97,
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

static bool is_sha384(const uint8_t *block)
{
    return block[1] == VERSION_ECDSA && block[2] == 1;
}

static enum seal_signature_scheme scheme_of(const uint8_t *block)
{
    if (block[1] == VERSION_RSA) {
        return SEAL_SIGNATURE_RSA3072;
    }
    if (is_sha384(block)) {
        return block[P384_KEY_AT] == CURVE_P384 ? SEAL_SIGNATURE_P384 : SEAL_SIGNATURE_UNKNOWN;
    }
    if (block[1] == VERSION_ECDSA && block[EC_KEY_AT] == CURVE_P192) {
        return SEAL_SIGNATURE_P192;
    }
    return block[1] == VERSION_ECDSA && block[EC_KEY_AT] == CURVE_P256 ? SEAL_SIGNATURE_P256
                                                                       : SEAL_SIGNATURE_UNKNOWN;
}

static int hash_key(const uint8_t *block, const struct seal_image_hashes *hashes,
                    struct seal_image_signature *signature)
{
    switch (signature->scheme) {
    case SEAL_SIGNATURE_RSA3072:
        return hashes->sha256(block + RSA_KEY_AT, RSA_KEY_LEN, NULL, signature->key_digest);
    case SEAL_SIGNATURE_P192:
    case SEAL_SIGNATURE_P256:
        return hashes->sha256(block + EC_KEY_AT, EC_KEY_LEN, NULL, signature->key_digest);
    case SEAL_SIGNATURE_P384:
        return hashes->sha256(block + P384_KEY_AT, P384_KEY_LEN, NULL, signature->key_digest);
    default:
        return SEAL_OK;
    }
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
    int err = SEAL_OK;
    if (hashes->keys_only) {
        return hash_key(block, hashes, signature);
    }
    if (is_sha384(block)) {
        if (!part->has_sha384) {
            err = hashes->sha384(part->data, part->len, hashes->release, part->sha384);
            part->has_sha384 = !err;
        }
        signature->digest_ok = !err && memcmp(block + DIGEST_AT, part->sha384, sizeof part->sha384) == 0;
    } else {
        if (!part->has_sha256) {
            err = hashes->sha256(part->data, part->len, hashes->release, part->sha256);
            part->has_sha256 = !err;
        }
        signature->digest_ok = !err && memcmp(block + DIGEST_AT, part->sha256, sizeof part->sha256) == 0;
    }
    signature->digest_known = !err;
    return err ? err : hash_key(block, hashes, signature);
}

static int take_v2(const uint8_t *data, size_t len, const struct seal_image_hashes *hashes,
                   struct seal_image *image)
{
    size_t at = (image->length + SEAL_SIGNATURE_ALIGN - 1) / SEAL_SIGNATURE_ALIGN * SEAL_SIGNATURE_ALIGN;
    struct signed_part part = {.data = data, .len = at};
    int err = SEAL_OK;
    while (!err && image->signature_count < SEAL_IMAGE_SIGNATURES_MAX && len >= SEAL_SIGNATURE_BLOCK_LEN &&
           at <= len - SEAL_SIGNATURE_BLOCK_LEN && data[at] == BLOCK_MAGIC) {
        const uint8_t *block = data + at;
        struct seal_image_signature *signature = &image->signatures[image->signature_count++];
        signature->offset = at;
        signature->scheme = scheme_of(block);
        signature->crc_ok = seal_crc32(0, block, CRC_AT) == seal_le32(block + CRC_AT);
        err = hashes ? check_digest(&part, block, hashes, signature) : SEAL_OK;
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
