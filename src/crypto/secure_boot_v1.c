#include <espseal/secure_boot_v1.h>

#include "crypto.h"

#include <espseal/digest.h>
#include <espseal/secret.h>

#include <openssl/err.h>
#include <string.h>

enum { ROW = 128, AES_BLOCK = 16, NUMBER = 32, MAGIC = 0xE9, HEADER = 24, AT_HAS_HASH = 23, HASH = 32 };

/* --- applications --- */

static int need_p256(enum seal_sign_scheme scheme, struct seal_cause *cause)
{
    return scheme == SEAL_SIGN_ECDSA256
               ? SEAL_OK
               : seal_fail(cause, SEAL_ERR_KEY, "secure boot v1 takes EC P-256 keys only");
}

int seal_boot_v1_sign(const struct seal_key *key, const void *message, size_t len, struct seal_signature *out,
                      struct seal_cause *cause)
{
    struct seal_public public;
    int err = seal_public_of(key, &public, cause);
    if (err == SEAL_OK) {
        err = need_p256(public.scheme, cause);
    }
    if (err != SEAL_OK) {
        return err;
    }
    return key->remote ? seal_sign(key, message, len, out, cause)
                       : seal_sign_deterministic(key, message, len, out, cause);
}

static void reverse(const uint8_t *in, uint8_t *out)
{
    for (size_t i = 0; i < NUMBER; i++) {
        out[i] = in[NUMBER - 1 - i];
    }
}

int seal_boot_v1_put(const struct seal_signature *signature, uint8_t bytes[static SEAL_BOOT_V1_SIGNATURE_LEN])
{
    memset(bytes, 0, SEAL_BOOT_V1_SIGNATURE_LEN);
    reverse(signature->value, bytes + 4);
    reverse(signature->value + NUMBER, bytes + 4 + NUMBER);
    return need_p256(signature->key.scheme, NULL);
}

int seal_boot_v1_verify(const struct seal_public *key, const uint8_t *data, size_t len,
                        struct seal_cause *cause)
{
    struct seal_signature signature = {.key = *key};
    int err = need_p256(key->scheme, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (len <= SEAL_BOOT_V1_SIGNATURE_LEN) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "there is no secure boot v1 signature");
    }
    size_t signed_len = len - SEAL_BOOT_V1_SIGNATURE_LEN;
    if (seal_le32(data + signed_len) != 0) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "there is no secure boot v1 signature: its version would be 0x%08x",
                         seal_le32(data + signed_len));
    }
    reverse(data + signed_len + 4, signature.value);
    reverse(data + signed_len + 4 + NUMBER, signature.value + NUMBER);
    err = seal_sign_verify(&signature, data, signed_len);
    return err == SEAL_ERR_MISMATCH
               ? seal_fail(cause, err, "the secure boot v1 signature is not that of this key over this image")
               : err;
}

/* --- bootloaders --- */

int seal_boot_v1_key(const uint8_t *data, size_t len, uint8_t key[static 32], struct seal_cause *cause)
{
    switch (len) {
    case 16:
        return seal_sha256(data, len, key);
    case 24:
        memcpy(key, data, 24);
        memcpy(key + 24, data + 8, 8);
        return SEAL_OK;
    case 32:
        memcpy(key, data, 32);
        return SEAL_OK;
    default:
        return seal_fail(cause, SEAL_ERR_KEY,
                         "a key for the bootloader digest has 16, 24 or 32 bytes, not %zu", len);
    }
}

int seal_boot_v1_derive(const struct seal_key *signing, uint8_t key[static 32], struct seal_cause *cause)
{
    uint8_t scalar[48];
    size_t len = 0;
    struct seal_public public;
    int err = seal_key_need_numbers(signing, cause);
    if (err == SEAL_OK) {
        err = seal_public_of(signing, &public, cause);
    }
    if (err == SEAL_OK) {
        err = need_p256(public.scheme, cause);
    }
    if (err == SEAL_OK) {
        err = seal_key_ec_scalar(signing, scalar, &len, cause);
    }
    if (err == SEAL_OK) {
        err = seal_sha256(scalar, len, key);
    }
    seal_cleanse(scalar, sizeof scalar);
    return err;
}

/* Each block of AES goes in and out backwards, and each word of what comes out once more. */
static bool feed(EVP_CIPHER_CTX *aes, EVP_MD_CTX *sha, const uint8_t *data, size_t len)
{
    uint8_t in[AES_BLOCK], out[AES_BLOCK], words[AES_BLOCK];
    bool good = true;
    for (size_t at = 0; at < len && good; at += AES_BLOCK) {
        int count = 0;
        for (size_t i = 0; i < AES_BLOCK; i++) {
            in[i] = data[at + AES_BLOCK - 1 - i];
        }
        good = EVP_EncryptUpdate(aes, out, &count, in, AES_BLOCK) == 1 && count == AES_BLOCK;
        for (size_t i = 0; i < AES_BLOCK; i++) {
            words[i] = out[AES_BLOCK - 4 - i / 4 * 4 + i % 4];
        }
        good = good && EVP_DigestUpdate(sha, words, sizeof words) == 1;
    }
    return good;
}

static int compute(const uint8_t key[static 32], const uint8_t iv[static SEAL_BOOT_V1_IV_LEN],
                   const uint8_t *rows, size_t len, uint8_t digest[static SEAL_BOOT_V1_DIGEST_LEN])
{
    uint8_t made[SEAL_BOOT_V1_DIGEST_LEN];
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool good = aes && sha && EVP_EncryptInit_ex(aes, EVP_aes_256_ecb(), NULL, key, NULL) == 1 &&
                EVP_CIPHER_CTX_set_padding(aes, 0) == 1 && EVP_DigestInit_ex(sha, EVP_sha512(), NULL) == 1 &&
                feed(aes, sha, iv, SEAL_BOOT_V1_IV_LEN) && feed(aes, sha, rows, len) &&
                EVP_DigestFinal_ex(sha, made, NULL) == 1;
    for (size_t i = 0; i < sizeof made && good; i++) {
        digest[i] = made[i / 4 * 4 + 3 - i % 4];
    }
    EVP_CIPHER_CTX_free(aes);
    EVP_MD_CTX_free(sha);
    ERR_clear_error();
    return good ? SEAL_OK : SEAL_ERR_CRYPTO;
}

/* The ROM reads on to the end of a row, but not to the end of a hash that reaches into the next one. */
static size_t whole_rows(const uint8_t *image, size_t len)
{
    return image[AT_HAS_HASH] == 1 && len % ROW <= HASH ? len - len % ROW : len;
}

int seal_boot_v1_bootloader(const uint8_t key[static 32], const uint8_t iv[static SEAL_BOOT_V1_IV_LEN],
                            const uint8_t *image, size_t len, struct seal_buf *out, struct seal_cause *cause)
{
    uint8_t digest[SEAL_BOOT_V1_DIGEST_LEN] = {0};
    size_t start = seal_buf_len(out);
    if (len < HEADER || image[0] != MAGIC) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "this is no bootloader image");
    }
    size_t used = whole_rows(image, len);
    int err = seal_buf_put_fill(out, 0xFF, SEAL_BOOT_V1_IMAGE_AT);
    if (err == SEAL_OK) {
        err = seal_buf_put(out, image, used);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put_fill(out, 0xFF, (ROW - used % ROW) % ROW);
    }
    if (err == SEAL_OK) {
        uint8_t *bytes = seal_buf_mutable(out) + start;
        err = compute(key, iv, bytes + SEAL_BOOT_V1_IMAGE_AT,
                      seal_buf_len(out) - start - SEAL_BOOT_V1_IMAGE_AT, digest);
        memcpy(bytes, iv, SEAL_BOOT_V1_IV_LEN);
        memcpy(bytes + SEAL_BOOT_V1_IV_LEN, digest, sizeof digest);
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, start);
    }
    return err;
}

int seal_boot_v1_check(const uint8_t key[static 32], const uint8_t *data, size_t len,
                       struct seal_cause *cause)
{
    uint8_t digest[SEAL_BOOT_V1_DIGEST_LEN];
    if (len < SEAL_BOOT_V1_IMAGE_AT + HEADER || data[SEAL_BOOT_V1_IMAGE_AT] != MAGIC ||
        (len - SEAL_BOOT_V1_IMAGE_AT) % ROW != 0) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "this is no bootloader with its digest of secure boot v1, for flash offset 0");
    }
    int err = compute(key, data, data + SEAL_BOOT_V1_IMAGE_AT, len - SEAL_BOOT_V1_IMAGE_AT, digest);
    if (err == SEAL_OK && memcmp(digest, data + SEAL_BOOT_V1_IV_LEN, sizeof digest) != 0) {
        err = seal_fail(cause, SEAL_ERR_MISMATCH, "the digest is not that of this bootloader with this key");
    }
    return err;
}
