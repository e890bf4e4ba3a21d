#include <espseal/hmac_key.h>

#include "crypto.h"

#include <espseal/digest.h>
#include <espseal/secret.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <string.h>

enum { IV_LEN = 16, ROUNDS = 2048, SCALAR_LEN = 32, POINT_LEN = 65 };

static int derive(const uint8_t hmac_key[static SEAL_HMAC_KEY_LEN], uint8_t key[static 32],
                  uint8_t iv[static 32])
{
    uint8_t message[32];
    memset(message, 0xFF, sizeof message);
    int err = seal_hmac_sha256(hmac_key, SEAL_HMAC_KEY_LEN, message, sizeof message, key);
    for (size_t i = 0; i < sizeof message; i += 4) {
        seal_put_le32(message + i, 0xABCDABCDu);
    }
    return err == SEAL_OK ? seal_hmac_sha256(hmac_key, SEAL_HMAC_KEY_LEN, message, sizeof message, iv) : err;
}

/* out gets len bytes; the tag is written or checked. */
static int crypt(const uint8_t hmac_key[static SEAL_HMAC_KEY_LEN], bool encrypt, const uint8_t *data,
                 size_t len, uint8_t *out, uint8_t tag[static SEAL_HMAC_TAG_LEN])
{
    uint8_t key[32];
    uint8_t iv[32];
    int moved = 0;
    int err = derive(hmac_key, key, iv);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (err != SEAL_OK || !ctx) {
        err = err != SEAL_OK ? err : SEAL_ERR_NO_MEMORY;
        goto out;
    }
    err = SEAL_ERR_CRYPTO;
    if (EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, NULL, NULL, encrypt) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_IVLEN, IV_LEN, NULL) != 1 ||
        EVP_CipherInit_ex(ctx, NULL, NULL, key, iv, encrypt) != 1 ||
        EVP_CipherUpdate(ctx, out, &moved, data, (int)len) != 1) {
        goto out;
    }
    if (!encrypt && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, SEAL_HMAC_TAG_LEN, tag) != 1) {
        goto out;
    }
    if (EVP_CipherFinal_ex(ctx, out + moved, &moved) != 1) {
        err = encrypt ? SEAL_ERR_CRYPTO : SEAL_ERR_MISMATCH;
        goto out;
    }
    if (encrypt && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, SEAL_HMAC_TAG_LEN, tag) != 1) {
        goto out;
    }
    err = SEAL_OK;
out:
    EVP_CIPHER_CTX_free(ctx);
    seal_cleanse(key, sizeof key);
    seal_cleanse(iv, sizeof iv);
    ERR_clear_error();
    return err;
}

int seal_hmac_encrypt(const uint8_t hmac_key[static SEAL_HMAC_KEY_LEN], const void *data, size_t len,
                      struct seal_buf *out, struct seal_cause *cause)
{
    size_t before = seal_buf_len(out);
    uint8_t *place = seal_buf_reserve(out, len + SEAL_HMAC_TAG_LEN);
    int err = place ? crypt(hmac_key, true, data, len, place, place + len) : SEAL_ERR_NO_MEMORY;
    if (err != SEAL_OK) {
        seal_buf_truncate(out, before);
        return seal_fail(cause, err, "cannot encrypt under the HMAC key");
    }
    return SEAL_OK;
}

int seal_hmac_decrypt(const uint8_t hmac_key[static SEAL_HMAC_KEY_LEN], const void *data, size_t len,
                      struct seal_buf *out, struct seal_cause *cause)
{
    uint8_t tag[SEAL_HMAC_TAG_LEN];
    size_t before = seal_buf_len(out);
    if (len < sizeof tag) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%zu bytes are too few for a tag of %d", len,
                         SEAL_HMAC_TAG_LEN);
    }
    len -= sizeof tag;
    memcpy(tag, (const uint8_t *)data + len, sizeof tag);
    uint8_t *place = seal_buf_reserve(out, len);
    int err = place ? crypt(hmac_key, false, data, len, place, tag) : SEAL_ERR_NO_MEMORY;
    if (err != SEAL_OK) {
        seal_buf_truncate(out, before);
        return seal_fail(cause, err, "%s",
                         err == SEAL_ERR_MISMATCH
                             ? "the data were encrypted under another HMAC key, or changed"
                             : "cannot decrypt with the HMAC key");
    }
    return SEAL_OK;
}

static int public_point(const BIGNUM *scalar, uint8_t point[static POINT_LEN])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *made = group ? EC_POINT_new(group) : NULL;
    int err = made ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    if (made &&
        (BN_is_zero(scalar) || BN_is_one(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0)) {
        err = SEAL_ERR_KEY;
    }
    if (err == SEAL_OK && (EC_POINT_mul(group, made, scalar, NULL, NULL, NULL) != 1 ||
                           EC_POINT_point2oct(group, made, POINT_CONVERSION_UNCOMPRESSED, point, POINT_LEN,
                                              NULL) != POINT_LEN)) {
        err = SEAL_ERR_CRYPTO;
    }
    EC_POINT_free(made);
    EC_GROUP_free(group);
    return err;
}

static int make_pkey(const BIGNUM *scalar, const uint8_t point[static POINT_LEN], EVP_PKEY **pkey)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (build &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) == 1 &&
        OSSL_PARAM_BLD_push_BN_pad(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar, SCALAR_LEN) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_LEN) == 1) {
        params = OSSL_PARAM_BLD_to_param(build);
    }
    *pkey = NULL;
    bool made = ctx && params && EVP_PKEY_fromdata_init(ctx) == 1 &&
                EVP_PKEY_fromdata(ctx, pkey, EVP_PKEY_KEYPAIR, params) == 1;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return made ? SEAL_OK : SEAL_ERR_CRYPTO;
}

int seal_hmac_derive_key(const uint8_t hmac_key[static SEAL_HMAC_KEY_LEN], const void *salt, size_t salt_len,
                         struct seal_key **key, struct seal_cause *cause)
{
    uint8_t bytes[SCALAR_LEN];
    uint8_t point[POINT_LEN];
    BIGNUM *scalar = BN_secure_new();
    EVP_PKEY *pkey = NULL;
    *key = NULL;
    int err = scalar ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    if (salt_len == 0) {
        err = SEAL_ERR_USAGE;
    }
    if (err == SEAL_OK && PKCS5_PBKDF2_HMAC((const char *)hmac_key, SEAL_HMAC_KEY_LEN, salt, (int)salt_len,
                                            ROUNDS, EVP_sha256(), sizeof bytes, bytes) != 1) {
        err = SEAL_ERR_CRYPTO;
    }
    if (err == SEAL_OK && !BN_bin2bn(bytes, sizeof bytes, scalar)) {
        err = SEAL_ERR_NO_MEMORY;
    }
    if (err == SEAL_OK) {
        err = public_point(scalar, point);
    }
    if (err == SEAL_OK) {
        err = make_pkey(scalar, point, &pkey);
    }
    seal_cleanse(bytes, sizeof bytes);
    BN_clear_free(scalar);
    ERR_clear_error();
    if (err != SEAL_OK) {
        return seal_fail(cause, err, "%s",
                         err == SEAL_ERR_KEY
                             ? "this salt and this HMAC key give no P-256 key: take another salt"
                         : err == SEAL_ERR_USAGE ? "the salt is empty"
                                                 : "cannot derive the key");
    }
    return seal_key_wrap(pkey, "the derived key", key, cause);
}
