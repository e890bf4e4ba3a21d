#include "crypto.h"
#include "key_engine.h"

#include <espseal/digest.h>
#include <espseal/secret.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct key_type {
    const char *name;
    const char *curve; /* NULL: RSA */
    size_t bits;
};

static const struct key_type types[] = {
    {"rsa:2048", NULL, 2048}, {"rsa:3072", NULL, 3072}, {"rsa:4096", NULL, 4096},
    {"ec:p256", "P-256", 0},  {"ec:p384", "P-384", 0},  {"ec:p192", "P-192", 0},
};
#define TYPE_COUNT (sizeof types / sizeof types[0])

const char *const seal_key_types[] = {"rsa:2048", "rsa:3072", "rsa:4096", "ec:p256",
                                      "ec:p384",  "ec:p192",  NULL};

int seal_fail_crypto(struct seal_cause *cause, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    int err = reason ? seal_fail(cause, SEAL_ERR_CRYPTO, "%s: %s", what, reason)
                     : seal_fail(cause, SEAL_ERR_CRYPTO, "%s", what);
    ERR_clear_error();
    return err;
}

static const char *curve_title(const char *group)
{
    static const char *const names[][2] = {
        {"prime192v1", "P-192"},
        {"prime256v1", "P-256"},
        {"secp384r1", "P-384"},
        {"secp521r1", "P-521"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(group, names[i][0]) == 0) {
            return names[i][1];
        }
    }
    return group;
}

void seal_pkey_describe(const EVP_PKEY *pkey, char text[static 24])
{
    char group[64];
    if (EVP_PKEY_is_a(pkey, "RSA")) {
        (void)snprintf(text, 24, "RSA-%d", EVP_PKEY_get_bits(pkey));
    } else if (EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL)) {
        (void)snprintf(text, 24, "EC %.20s", curve_title(group));
    } else {
        const char *name = EVP_PKEY_get0_type_name(pkey);
        (void)snprintf(text, 24, "%.23s", name ? name : "unknown");
    }
    ERR_clear_error();
}

int seal_pkey_fingerprint(const EVP_PKEY *pkey, uint8_t sha256[static 32])
{
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    int err = len > 0 ? seal_sha256(der, (size_t)len, sha256) : SEAL_ERR_CRYPTO;
    OPENSSL_free(der);
    return err;
}

BIGNUM *seal_pkey_number(const EVP_PKEY *pkey, const char *param)
{
    enum { SIZE = 16384 / 8 }; /* the largest RSA modulus of OpenSSL */
    BIGNUM *number = NULL;
    uint8_t *bytes = seal_secret_alloc(SIZE);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_BN(param, bytes, SIZE), OSSL_PARAM_construct_end()};
    if (bytes && EVP_PKEY_get_params(pkey, params) == 1 && OSSL_PARAM_modified(&params[0])) {
        number = BN_secure_new();
    }
    if (number && !BN_native2bn(bytes, (int)params[0].return_size, number)) {
        BN_clear_free(number);
        number = NULL;
    }
    if (bytes) {
        seal_secret_free(bytes, SIZE);
    }
    ERR_clear_error();
    return number;
}

const EVP_MD *seal_pkey_digest(const EVP_PKEY *pkey)
{
    if (!EVP_PKEY_is_a(pkey, "EC") || EVP_PKEY_get_bits(pkey) <= 256) {
        return EVP_sha256();
    }
    return EVP_PKEY_get_bits(pkey) <= 384 ? EVP_sha384() : EVP_sha512();
}

static int refuse(EVP_PKEY *pkey, const char *name, struct seal_cause *cause)
{
    char text[24];
    char group[64];
    seal_pkey_describe(pkey, text);
    int err;
    if (EVP_PKEY_is_a(pkey, "EC") && !EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL)) {
        err = seal_fail(cause, SEAL_ERR_KEY, "%s is a key on an unnamed elliptic curve", name);
    } else {
        err = seal_fail(cause, SEAL_ERR_KEY, "%s is an %s key, neither RSA nor EC", name, text);
    }
    seal_hint(cause, "make one with: espseal identity key --type rsa:2048 --out FILE");
    ERR_clear_error();
    return err;
}

int seal_key_wrap(EVP_PKEY *pkey, const char *name, struct seal_key **key, struct seal_cause *cause)
{
    char group[64];
    *key = NULL;
    bool rsa = EVP_PKEY_is_a(pkey, "RSA");
    if (!rsa && !(EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL))) {
        int err = refuse(pkey, name, cause);
        EVP_PKEY_free(pkey);
        return err;
    }
    struct seal_key *made = calloc(1, sizeof *made);
    if (!made) {
        EVP_PKEY_free(pkey);
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a key");
    }
    made->pkey = pkey;
    made->kind = rsa ? SEAL_KEY_RSA : SEAL_KEY_EC;
    seal_pkey_describe(pkey, made->text);
    *key = made;
    return SEAL_OK;
}

static int unknown_type(const char *type, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_USAGE, "unknown key type \"%.40s\"", type);
    seal_hint(cause, "the types are %s, %s, %s, %s, %s and %s", types[0].name, types[1].name, types[2].name,
              types[3].name, types[4].name, types[5].name);
    return err;
}

int seal_key_generate(const char *type, struct seal_key **key, struct seal_cause *cause)
{
    *key = NULL;
    const struct key_type *found = NULL;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(types[i].name, type) == 0) {
            found = &types[i];
        }
    }
    if (!found) {
        return unknown_type(type, cause);
    }
    EVP_PKEY *pkey = found->curve ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", found->curve)
                                  : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", found->bits);
    if (!pkey) {
        return seal_fail_crypto(cause, "cannot make a key");
    }
    return seal_key_wrap(pkey, "the new key", key, cause);
}

void seal_key_free(struct seal_key **key)
{
    if (key && *key) {
        EVP_PKEY_free((*key)->pkey);
        seal_engine_release((*key)->engine);
        free(*key);
        *key = NULL;
    }
}

enum seal_key_kind seal_key_kind(const struct seal_key *key)
{
    return key->kind;
}

unsigned seal_key_bits(const struct seal_key *key)
{
    return (unsigned)EVP_PKEY_get_bits(key->pkey);
}

unsigned seal_key_nist_bits(const struct seal_key *key)
{
    return strncmp(key->text, "EC P-", 5) == 0 ? seal_key_bits(key) : 0;
}

const char *seal_key_describe(const struct seal_key *key)
{
    return key->text;
}

bool seal_key_was_der(const struct seal_key *key)
{
    return key->der;
}

int seal_key_fingerprint(const struct seal_key *key, uint8_t sha256[static 32])
{
    return seal_pkey_fingerprint(key->pkey, sha256);
}

int seal_key_need_numbers(const struct seal_key *key, struct seal_cause *cause)
{
    if (!key->remote) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_KEY,
                        "the %s key does not leave its token, and is needed in full here", key->text);
    seal_hint(cause, "a key in a token can sign; one that goes into a device has to come from a file");
    return err;
}

int seal_key_rsa_numbers(const struct seal_key *key, uint8_t *n, uint8_t *d, size_t size,
                         struct seal_cause *cause)
{
    if (key->kind != SEAL_KEY_RSA) {
        return seal_fail(cause, SEAL_ERR_KEY, "an RSA key is needed, this one is %s", key->text);
    }
    int err = seal_key_need_numbers(key, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (seal_key_bits(key) > size * 8) {
        return seal_fail(cause, SEAL_ERR_KEY, "an %s key is longer than %zu bits", key->text, size * 8);
    }
    BIGNUM *modulus = seal_pkey_number(key->pkey, OSSL_PKEY_PARAM_RSA_N);
    BIGNUM *exponent = seal_pkey_number(key->pkey, OSSL_PKEY_PARAM_RSA_D);
    bool done = modulus && exponent && BN_bn2lebinpad(modulus, n, (int)size) >= 0 &&
                BN_bn2lebinpad(exponent, d, (int)size) >= 0;
    BN_free(modulus);
    BN_clear_free(exponent);
    return done ? SEAL_OK : seal_fail(cause, SEAL_ERR_KEY, "the RSA key has no private exponent that fits");
}
