#include <espseal/sign.h>

#include "sign_public.h"

#include <espseal/digest.h>
#include <espseal/secret.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

enum { SALT_LEN = 32, RSA_LEN = 384, DER_MAX = 160 };

static const EVP_MD *md_of(enum seal_sign_scheme scheme)
{
    return scheme == SEAL_SIGN_ECDSA384 ? EVP_sha384() : EVP_sha256();
}

int seal_sign_digest(enum seal_sign_scheme scheme, const void *message, size_t len, uint8_t digest[static 48])
{
    memset(digest, 0, 48);
    return scheme == SEAL_SIGN_ECDSA384 ? seal_sha384(message, len, digest)
                                        : seal_sha256(message, len, digest);
}

static void reverse(const uint8_t *in, size_t len, uint8_t *out)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = in[len - 1 - i];
    }
}

static bool set_pss(enum seal_sign_scheme scheme, EVP_PKEY_CTX *ctx)
{
    return scheme != SEAL_SIGN_RSA3072 || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
                                           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, SALT_LEN) == 1);
}

/* --- signatures as OpenSSL has them, and little-endian --- */

static int take_ec(enum seal_sign_scheme scheme, const uint8_t *der, size_t len, uint8_t *value)
{
    size_t size = seal_sign_scheme_size(scheme);
    const uint8_t *at = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)len);
    bool done = signature && at == der + len &&
                BN_bn2lebinpad(ECDSA_SIG_get0_r(signature), value, (int)size) == (int)size &&
                BN_bn2lebinpad(ECDSA_SIG_get0_s(signature), value + size, (int)size) == (int)size;
    ECDSA_SIG_free(signature);
    ERR_clear_error();
    return done ? SEAL_OK : SEAL_ERR_FORMAT;
}

/* der gets at most DER_MAX bytes; 0 when it cannot be made. */
static size_t give_ec(enum seal_sign_scheme scheme, const uint8_t *value, uint8_t der[static DER_MAX])
{
    int size = (int)seal_sign_scheme_size(scheme);
    uint8_t *at = der;
    int len = 0;
    BIGNUM *r = BN_lebin2bn(value, size, NULL);
    BIGNUM *s = BN_lebin2bn(value + size, size, NULL);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    if (signature && r && s && ECDSA_SIG_set0(signature, r, s) == 1) {
        r = NULL;
        s = NULL;
        len = i2d_ECDSA_SIG(signature, NULL);
        len = len > 0 && len <= DER_MAX ? i2d_ECDSA_SIG(signature, &at) : 0;
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return len > 0 ? (size_t)len : 0;
}

static int take_value(enum seal_sign_scheme scheme, const uint8_t *data, size_t len, uint8_t *value)
{
    size_t size = seal_sign_scheme_size(scheme);
    if (scheme == SEAL_SIGN_RSA3072) {
        if (len != RSA_LEN) {
            return SEAL_ERR_FORMAT;
        }
        reverse(data, len, value);
        return SEAL_OK;
    }
    if (take_ec(scheme, data, len, value) == SEAL_OK) {
        return SEAL_OK;
    }
    if (len != 2 * size) {
        return SEAL_ERR_FORMAT;
    }
    reverse(data, size, value);
    reverse(data + size, size, value + size);
    return SEAL_OK;
}

/* --- signing --- */

int seal_sign(const struct seal_key *key, const void *message, size_t len, struct seal_signature *out,
              struct seal_cause *cause)
{
    uint8_t made[RSA_LEN];
    size_t made_len = sizeof made;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey_ctx = NULL; /* owned by ctx */
    *out = (struct seal_signature){.key = {.scheme = SEAL_SIGN_RSA3072}};
    int err = ctx ? seal_public_of(key, &out->key, cause) : SEAL_ERR_NO_MEMORY;
    if (err != SEAL_OK) {
        goto out;
    }
    if (!seal_signer_init(ctx, key, md_of(out->key.scheme), &pkey_ctx) ||
        !set_pss(out->key.scheme, pkey_ctx) || EVP_DigestSign(ctx, made, &made_len, message, len) != 1) {
        err = seal_fail_crypto(cause, "cannot sign");
        goto out;
    }
    err = take_value(out->key.scheme, made, made_len, out->value);
    if (err == SEAL_OK) {
        err = seal_sign_digest(out->key.scheme, message, len, out->digest);
    }
out:
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return err;
}

/* --- checking --- */

int seal_sign_verify(const struct seal_signature *signature, const void *message, size_t len)
{
    enum seal_sign_scheme scheme = signature->key.scheme;
    uint8_t digest[48];
    uint8_t value[RSA_LEN];
    size_t value_len = RSA_LEN;
    EVP_PKEY_CTX *pkey_ctx = NULL; /* owned by ctx */
    int err = seal_sign_digest(scheme, message, len, digest);
    if (err != SEAL_OK) {
        return err;
    }
    if (scheme == SEAL_SIGN_RSA3072) {
        reverse(signature->value, RSA_LEN, value);
    } else {
        value_len = give_ec(scheme, signature->value, value);
    }
    EVP_PKEY *pkey = seal_public_to_pkey(&signature->key);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = pkey && ctx && value_len &&
                EVP_DigestVerifyInit(ctx, &pkey_ctx, md_of(scheme), NULL, pkey) == 1 &&
                set_pss(scheme, pkey_ctx) && EVP_DigestVerify(ctx, value, value_len, message, len) == 1;
    /* The ROM compares the digest in an RSA block; for EC the reader computes it. */
    good = good && (scheme != SEAL_SIGN_RSA3072 || memcmp(signature->digest, digest, 32) == 0);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return good ? SEAL_OK : SEAL_ERR_MISMATCH;
}

int seal_sign_import(const struct seal_public *key, const void *message, size_t len, const void *value,
                     size_t value_len, struct seal_signature *out, struct seal_cause *cause)
{
    const char *name = seal_sign_scheme_name(key->scheme);
    *out = (struct seal_signature){.key = *key};
    int err = take_value(key->scheme, value, value_len, out->value);
    if (err != SEAL_OK) {
        (void)seal_fail(cause, err, "%zu bytes are no %s signature", value_len, name);
        seal_hint(cause, key->scheme == SEAL_SIGN_RSA3072
                             ? "384 bytes, big-endian, as openssl pkeyutl gives them"
                             : "DER, or r and s big-endian, one after the other");
        return err;
    }
    err = seal_sign_digest(key->scheme, message, len, out->digest);
    if (err == SEAL_OK) {
        err = seal_sign_verify(out, message, len);
    }
    if (err == SEAL_ERR_MISMATCH) {
        (void)seal_fail(cause, err, "the signature is not that of this %s key over these data", name);
        seal_hint(cause, key->scheme == SEAL_SIGN_RSA3072
                             ? "RSA-PSS with SHA-256 and a salt of 32 bytes is needed"
                         : key->scheme == SEAL_SIGN_ECDSA384 ? "ECDSA with SHA-384 is needed"
                                                             : "ECDSA with SHA-256 is needed");
    }
    return err;
}
