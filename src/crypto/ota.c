/* Pre-encrypted firmware images (espseal/ota.h): the header, and AES-GCM over the image. */
#include "ota_key.h"

#include <espseal/hmac_key.h>
#include <espseal/secret.h>

#include <limits.h>
#include <openssl/err.h>
#include <string.h>

enum { IV_AT = 4 + OTA_WRAPPED_LEN, SIZE_AT = IV_AT + SEAL_OTA_IV_LEN, TAG_AT = SIZE_AT + 4, TAG_LEN = 16 };

const char *seal_ota_scheme_name(enum seal_ota_scheme scheme)
{
    return scheme == SEAL_OTA_RSA ? "rsa" : "ecies";
}

int seal_ota_device_key(const uint8_t hmac_key[static 32], struct seal_key **key, struct seal_cause *cause)
{
    static const uint8_t salt[32] = {0x0e, 0x21, 0x60, 0x64, 0x2d, 0xae, 0x76, 0xd3, 0x34, 0x48, 0xe4,
                                     0x3d, 0x77, 0x20, 0x12, 0x3d, 0x9f, 0x3b, 0x1e, 0xce, 0xb8, 0x8e,
                                     0x57, 0x3a, 0x4e, 0x8f, 0x7f, 0xb9, 0x4f, 0xf0, 0xc8, 0x69};
    return seal_hmac_derive_key(hmac_key, salt, sizeof salt, key, cause);
}

int seal_ota_look(const void *data, size_t len, const char *name, struct seal_ota_info *info,
                  struct seal_cause *cause)
{
    const uint8_t *header = data;
    memset(info, 0, sizeof *info);
    if (len < 4 || seal_le32(header) != SEAL_OTA_MAGIC) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s is not a pre-encrypted image: its magic is missing",
                         name);
    }
    if (len < SEAL_OTA_HEADER_LEN) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s is cut short: %zu of the %d bytes of its header", name,
                         len, SEAL_OTA_HEADER_LEN);
    }
    info->scheme = SEAL_OTA_ECIES;
    for (size_t i = OTA_ECIES_USED; i < OTA_WRAPPED_LEN; i++) {
        if (header[4 + i] != 0) {
            info->scheme = SEAL_OTA_RSA;
        }
    }
    memcpy(info->server_public, header + 4, sizeof info->server_public);
    memcpy(info->salt, header + 4 + sizeof info->server_public, sizeof info->salt);
    memcpy(info->iv, header + IV_AT, sizeof info->iv);
    info->image_len = seal_le32(header + SIZE_AT);
    memcpy(info->tag, header + TAG_AT, sizeof info->tag);
    info->ciphertext_len = len - SEAL_OTA_HEADER_LEN;
    return SEAL_OK;
}

/* AES-256-GCM from in to out, which may be the same; tag is given or checked. */
static int crypt(bool encrypt, const uint8_t key[static OTA_KEY_LEN], const uint8_t *iv, const uint8_t *in,
                 size_t len, uint8_t *out, uint8_t tag[static TAG_LEN])
{
    int put = 0, err = SEAL_ERR_CRYPTO;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (len <= INT_MAX && ctx && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, NULL, NULL, encrypt) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, SEAL_OTA_IV_LEN, NULL) == 1 &&
        EVP_CipherInit_ex(ctx, NULL, NULL, key, iv, encrypt) == 1 &&
        (encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1) &&
        EVP_CipherUpdate(ctx, out, &put, in, (int)len) == 1) {
        err = EVP_CipherFinal_ex(ctx, out + put, &put) == 1 ? SEAL_OK : SEAL_ERR_MISMATCH;
    }
    if (err == SEAL_OK && encrypt && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) != 1) {
        err = SEAL_ERR_CRYPTO;
    }
    EVP_CIPHER_CTX_free(ctx);
    ERR_clear_error();
    return err;
}

int seal_ota_encrypt(const struct seal_public *to, const void *image, size_t len,
                     const struct seal_ota_fixed *fixed, struct seal_buf *out, struct seal_cause *cause)
{
    static const struct seal_ota_fixed random = {0};
    size_t before = seal_buf_len(out);
    uint8_t key[OTA_KEY_LEN];
    if (len == 0 || len > INT_MAX) {
        return seal_fail(cause, SEAL_ERR_USAGE, "an image of %zu bytes cannot be encrypted", len);
    }
    fixed = fixed ? fixed : &random;
    uint8_t *header = seal_buf_reserve(out, SEAL_OTA_HEADER_LEN + len);
    if (!header) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "an image of %zu bytes is too long", len);
    }
    memset(header, 0, SEAL_OTA_HEADER_LEN);
    seal_put_le32(header, SEAL_OTA_MAGIC);
    seal_put_le32(header + SIZE_AT, (uint32_t)len);
    int err = SEAL_OK;
    if (fixed->iv) {
        memcpy(header + IV_AT, fixed->iv, SEAL_OTA_IV_LEN);
    } else {
        err = seal_random(header + IV_AT, SEAL_OTA_IV_LEN);
    }
    if (err == SEAL_OK) {
        err = ota_wrap(to, fixed, header + 4, key, cause);
    }
    if (err == SEAL_OK) {
        err = crypt(true, key, header + IV_AT, image, len, header + SEAL_OTA_HEADER_LEN, header + TAG_AT);
        if (err != SEAL_OK) {
            (void)seal_fail(cause, err, "cannot encrypt the image");
        }
    }
    seal_cleanse(key, sizeof key);
    if (err != SEAL_OK) {
        seal_buf_truncate(out, before);
    }
    return err;
}

static int check_lengths(const struct seal_ota_info *info, struct seal_cause *cause)
{
    if (info->image_len == info->ciphertext_len && info->image_len > 0) {
        return SEAL_OK;
    }
    return seal_fail(cause, info->image_len > info->ciphertext_len ? SEAL_ERR_FORMAT : SEAL_ERR_MISMATCH,
                     "the header speaks of %u bytes, but %zu are there", info->image_len,
                     info->ciphertext_len);
}

int seal_ota_decrypt(const struct seal_key *key, const void *data, size_t len, struct seal_buf *out,
                     struct seal_cause *cause)
{
    struct seal_ota_info info;
    uint8_t aes[OTA_KEY_LEN];
    size_t before = seal_buf_len(out);
    int err = seal_ota_look(data, len, "the file", &info, cause);
    if (err == SEAL_OK) {
        err = check_lengths(&info, cause);
    }
    if (err == SEAL_OK) {
        err = ota_unwrap(key, (const uint8_t *)data + 4, aes, cause);
    }
    uint8_t *place = err == SEAL_OK ? seal_buf_reserve(out, info.ciphertext_len) : NULL;
    if (err == SEAL_OK && !place) {
        err = seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for the image");
    }
    if (err == SEAL_OK) {
        err = crypt(false, aes, info.iv, (const uint8_t *)data + SEAL_OTA_HEADER_LEN, info.ciphertext_len,
                    place, info.tag);
        if (err != SEAL_OK) {
            (void)seal_fail(cause, err, "the image was encrypted for another key, or changed");
        }
    }
    seal_cleanse(aes, sizeof aes);
    if (err != SEAL_OK) {
        seal_buf_truncate(out, before);
    }
    return err;
}
