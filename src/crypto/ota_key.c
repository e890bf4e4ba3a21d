/* The AES key of a pre-encrypted image: encrypted with RSA, or agreed upon with ECDH and HKDF. */
#include "ota_key.h"

#include "sign_public.h"

#include <espseal/secret.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rsa.h>
#include <string.h>

enum { COORDINATE = 32, POINT = 1 + 2 * COORDINATE };

static int refuse(const char *what, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_KEY, "pre-encrypted images know RSA-3072 and EC P-256, not %s", what);
    seal_hint(cause, "espseal ota keygen makes either");
    return err;
}

static int mismatch(struct seal_cause *cause)
{
    return seal_fail(cause, SEAL_ERR_MISMATCH, "the image was encrypted for another key, or changed");
}

/* One RSA operation with PKCS#1 v1.5 padding. *out_len is the room, then what was written. */
static bool rsa(EVP_PKEY *pkey, bool encrypt, const uint8_t *in, size_t len, uint8_t *out, size_t *out_len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    bool done = ctx && (encrypt ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                (encrypt ? EVP_PKEY_encrypt(ctx, out, out_len, in, len)
                         : EVP_PKEY_decrypt(ctx, out, out_len, in, len)) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return done;
}

/* HKDF-SHA256 over the X coordinate that both sides have. */
static bool agree(EVP_PKEY *own, EVP_PKEY *peer, const uint8_t salt[static SEAL_OTA_SALT_LEN],
                  uint8_t key[static OTA_KEY_LEN])
{
    static const uint8_t info[] = {'_', 'e', 's', 'p', '_', 'e', 'n', 'c',
                                   '_', 'i', 'm', 'g', '_', 'e', 'c', 'c'};
    uint8_t shared[COORDINATE];
    size_t shared_len = sizeof shared, key_len = OTA_KEY_LEN;
    EVP_PKEY_CTX *exchange = EVP_PKEY_CTX_new(own, NULL);
    EVP_PKEY_CTX *kdf = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    bool done = exchange && EVP_PKEY_derive_init(exchange) == 1 &&
                EVP_PKEY_derive_set_peer(exchange, peer) == 1 &&
                EVP_PKEY_derive(exchange, shared, &shared_len) == 1 && shared_len == sizeof shared;
    done =
        done && kdf && EVP_PKEY_derive_init(kdf) == 1 && EVP_PKEY_CTX_set_hkdf_md(kdf, EVP_sha256()) == 1 &&
        EVP_PKEY_CTX_set1_hkdf_salt(kdf, salt, SEAL_OTA_SALT_LEN) == 1 &&
        EVP_PKEY_CTX_set1_hkdf_key(kdf, shared, sizeof shared) == 1 &&
        EVP_PKEY_CTX_add1_hkdf_info(kdf, info, sizeof info) == 1 && EVP_PKEY_derive(kdf, key, &key_len) == 1;
    EVP_PKEY_CTX_free(exchange);
    EVP_PKEY_CTX_free(kdf);
    seal_cleanse(shared, sizeof shared);
    ERR_clear_error();
    return done;
}

/* NULL when X and Y are no point of P-256. */
static EVP_PKEY *public_point(const uint8_t xy[static 2 * COORDINATE])
{
    uint8_t point[POINT] = {0x04};
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    memcpy(point + 1, xy, sizeof point - 1);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){SN_X9_62_prime256v1}, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return pkey;
}

static bool put_point(const EVP_PKEY *pkey, uint8_t xy[static 2 * COORDINATE])
{
    BIGNUM *x = seal_pkey_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X);
    BIGNUM *y = seal_pkey_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y);
    bool done = x && y && BN_bn2binpad(x, xy, COORDINATE) == COORDINATE &&
                BN_bn2binpad(y, xy + COORDINATE, COORDINATE) == COORDINATE;
    BN_free(x);
    BN_free(y);
    return done;
}

static int wrap_ecies(EVP_PKEY *to, const struct seal_ota_fixed *fixed, uint8_t *wrapped,
                      uint8_t key[static OTA_KEY_LEN], struct seal_cause *cause)
{
    struct seal_key *made = NULL;
    const struct seal_key *server = fixed->server_key;
    uint8_t *salt = wrapped + 2 * COORDINATE;
    int err = server ? SEAL_OK : seal_key_generate("ec:p256", &made, cause);
    server = server ? server : made;
    if (err == SEAL_OK && fixed->salt) {
        memcpy(salt, fixed->salt, SEAL_OTA_SALT_LEN);
    } else if (err == SEAL_OK) {
        err = seal_random(salt, SEAL_OTA_SALT_LEN);
    }
    if (err == SEAL_OK && (!put_point(server->pkey, wrapped) || !agree(server->pkey, to, salt, key))) {
        err = seal_fail_crypto(cause, "cannot agree on a key with that of the device");
    }
    seal_key_free(&made);
    return err;
}

static int wrap_rsa(EVP_PKEY *to, const struct seal_ota_fixed *fixed, uint8_t *wrapped,
                    uint8_t key[static OTA_KEY_LEN], struct seal_cause *cause)
{
    size_t len = OTA_WRAPPED_LEN;
    if (fixed->key) {
        memcpy(key, fixed->key, OTA_KEY_LEN);
    } else if (seal_random(key, OTA_KEY_LEN) != SEAL_OK) {
        return seal_fail_crypto(cause, "no random numbers");
    }
    return rsa(to, true, key, OTA_KEY_LEN, wrapped, &len) && len == OTA_WRAPPED_LEN
               ? SEAL_OK
               : seal_fail_crypto(cause, "cannot encrypt the image's key");
}

int ota_wrap(const struct seal_public *to, const struct seal_ota_fixed *fixed,
             uint8_t wrapped[static OTA_WRAPPED_LEN], uint8_t key[static OTA_KEY_LEN],
             struct seal_cause *cause)
{
    if (to->scheme != SEAL_SIGN_RSA3072 && to->scheme != SEAL_SIGN_ECDSA256) {
        return refuse(seal_sign_scheme_name(to->scheme), cause);
    }
    EVP_PKEY *pkey = seal_public_to_pkey(to);
    int err = !pkey                             ? seal_fail_crypto(cause, "the public key is none")
              : to->scheme == SEAL_SIGN_RSA3072 ? wrap_rsa(pkey, fixed, wrapped, key, cause)
                                                : wrap_ecies(pkey, fixed, wrapped, key, cause);
    EVP_PKEY_free(pkey);
    return err;
}

static int unwrap_ecies(EVP_PKEY *with, const uint8_t *wrapped, uint8_t key[static OTA_KEY_LEN],
                        struct seal_cause *cause)
{
    EVP_PKEY *server = public_point(wrapped);
    if (!server) {
        return seal_fail(
            cause, SEAL_ERR_MISMATCH,
            "the image's header holds no point of P-256: it was encrypted for another key, or changed");
    }
    bool done = agree(with, server, wrapped + 2 * COORDINATE, key);
    EVP_PKEY_free(server);
    return done ? SEAL_OK : mismatch(cause);
}

int ota_unwrap(const struct seal_key *with, const uint8_t wrapped[static OTA_WRAPPED_LEN],
               uint8_t key[static OTA_KEY_LEN], struct seal_cause *cause)
{
    uint8_t plain[OTA_WRAPPED_LEN];
    size_t len = sizeof plain;
    unsigned bits = seal_key_bits(with);
    if (seal_key_kind(with) == SEAL_KEY_EC && bits == 256) {
        return unwrap_ecies(with->pkey, wrapped, key, cause);
    }
    if (seal_key_kind(with) != SEAL_KEY_RSA || bits != 8 * OTA_WRAPPED_LEN) {
        return refuse(seal_key_describe(with), cause);
    }
    bool done = rsa(with->pkey, false, wrapped, OTA_WRAPPED_LEN, plain, &len) && len == OTA_KEY_LEN;
    if (done) {
        memcpy(key, plain, OTA_KEY_LEN);
    }
    seal_cleanse(plain, sizeof plain);
    return done ? SEAL_OK : mismatch(cause);
}
