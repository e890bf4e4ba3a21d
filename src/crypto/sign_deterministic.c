/* ECDSA on P-256 with the number k of RFC 6979, which OpenSSL has from 3.2 on only. */
#include "crypto.h"

#include <espseal/digest.h>
#include <espseal/secret.h>
#include <espseal/sign.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <string.h>

enum { LEN = 32 };

struct generator { /* RFC 6979 3.2, with SHA-256: all its lengths are 32 */
    uint8_t k[LEN], v[LEN];
};

/* K = HMAC(K, V | tag | secret | digest), V = HMAC(K, V); without seed the short form of step h. */
static int stir(struct generator *generator, uint8_t tag, const uint8_t *seed)
{
    uint8_t text[LEN + 1 + 2 * LEN];
    memcpy(text, generator->v, LEN);
    text[LEN] = tag;
    if (seed) {
        memcpy(text + LEN + 1, seed, 2 * LEN);
    }
    int err = seal_hmac_sha256(generator->k, LEN, text, seed ? sizeof text : LEN + 1, generator->k);
    seal_cleanse(text, sizeof text);
    return err == SEAL_OK ? seal_hmac_sha256(generator->k, LEN, generator->v, LEN, generator->v) : err;
}

/* seed: the secret number and the digest modulo the order. */
static int start(struct generator *generator, const uint8_t seed[static 2 * LEN])
{
    memset(generator->k, 0, LEN);
    memset(generator->v, 1, LEN);
    int err = stir(generator, 0, seed);
    return err == SEAL_OK ? stir(generator, 1, seed) : err;
}

struct numbers { /* of one signature, in the secure heap */
    BN_CTX *ctx;
    EC_GROUP *group;
    EC_POINT *point;
    const BIGNUM *order; /* borrowed from group */
    BIGNUM *secret, *digest, *k, *inverse, *r, *s;
};

static bool begin(struct numbers *n, const struct seal_key *key, const uint8_t digest[static LEN])
{
    uint8_t scalar[48];
    size_t len = 0;
    n->ctx = BN_CTX_secure_new();
    n->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    n->point = n->group ? EC_POINT_new(n->group) : NULL;
    n->order = n->group ? EC_GROUP_get0_order(n->group) : NULL;
    n->secret = BN_secure_new();
    n->k = BN_secure_new();
    n->inverse = BN_secure_new();
    n->r = BN_new();
    n->s = BN_secure_new();
    n->digest = BN_bin2bn(digest, LEN, NULL);
    bool good = n->ctx && n->point && n->order && n->secret && n->k && n->inverse && n->r && n->s &&
                n->digest && seal_key_ec_scalar(key, scalar, &len, NULL) == SEAL_OK && len == LEN &&
                BN_bin2bn(scalar, LEN, n->secret) && BN_mod(n->digest, n->digest, n->order, n->ctx) == 1;
    if (good) {
        BN_set_flags(n->k, BN_FLG_CONSTTIME);
        BN_set_flags(n->secret, BN_FLG_CONSTTIME);
    }
    seal_cleanse(scalar, sizeof scalar);
    return good;
}

static void end(struct numbers *n)
{
    BN_clear_free(n->secret);
    BN_clear_free(n->k);
    BN_clear_free(n->inverse);
    BN_clear_free(n->s);
    BN_free(n->r);
    BN_free(n->digest);
    EC_POINT_clear_free(n->point);
    EC_GROUP_free(n->group);
    BN_CTX_free(n->ctx);
}

/* r = (kG).x, s = (digest + r * secret) / k, modulo the order; 1 / k = k^(order - 2), as long for every k. */
static bool multiply(struct numbers *n)
{
    BIGNUM *exponent = BN_dup(n->order);
    bool good = exponent && BN_sub_word(exponent, 2) == 1 &&
                EC_POINT_mul(n->group, n->point, n->k, NULL, NULL, n->ctx) == 1 &&
                EC_POINT_get_affine_coordinates(n->group, n->point, n->r, NULL, n->ctx) == 1 &&
                BN_nnmod(n->r, n->r, n->order, n->ctx) == 1 &&
                BN_mod_exp_mont_consttime(n->inverse, n->k, exponent, n->order, n->ctx, NULL) == 1 &&
                BN_mod_mul(n->s, n->r, n->secret, n->order, n->ctx) == 1 &&
                BN_mod_add(n->s, n->s, n->digest, n->order, n->ctx) == 1 &&
                BN_mod_mul(n->s, n->s, n->inverse, n->order, n->ctx) == 1;
    BN_free(exponent);
    return good;
}

/* Tries numbers k until one gives a signature; the first one does but for a chance of 2^-32. */
static bool sign(struct numbers *n, struct generator *generator)
{
    for (;;) {
        if (seal_hmac_sha256(generator->k, LEN, generator->v, LEN, generator->v) != SEAL_OK ||
            !BN_bin2bn(generator->v, LEN, n->k)) {
            return false;
        }
        if (!BN_is_zero(n->k) && BN_cmp(n->k, n->order) < 0) {
            if (!multiply(n)) {
                return false;
            }
            if (!BN_is_zero(n->r) && !BN_is_zero(n->s)) {
                return true;
            }
        }
        if (stir(generator, 0, NULL) != SEAL_OK) {
            return false;
        }
    }
}

int seal_sign_deterministic(const struct seal_key *key, const void *message, size_t len,
                            struct seal_signature *out, struct seal_cause *cause)
{
    struct numbers n = {0};
    struct generator generator;
    uint8_t seed[2 * LEN];
    *out = (struct seal_signature){.key = {.scheme = SEAL_SIGN_RSA3072}};
    int err = seal_public_of(key, &out->key, cause);
    if (err == SEAL_OK && (out->key.scheme != SEAL_SIGN_ECDSA256 || key->remote)) {
        err = seal_fail(cause, SEAL_ERR_KEY, "only EC P-256 keys at hand sign without random numbers");
    }
    if (err == SEAL_OK) {
        err = seal_sign_digest(out->key.scheme, message, len, out->digest);
    }
    if (err == SEAL_OK) {
        bool done = begin(&n, key, out->digest) && BN_bn2binpad(n.secret, seed, LEN) == LEN &&
                    BN_bn2binpad(n.digest, seed + LEN, LEN) == LEN && start(&generator, seed) == SEAL_OK &&
                    sign(&n, &generator) && BN_bn2lebinpad(n.r, out->value, LEN) == LEN &&
                    BN_bn2lebinpad(n.s, out->value + LEN, LEN) == LEN;
        err = done ? SEAL_OK : seal_fail_crypto(cause, "cannot sign");
        end(&n);
    }
    seal_cleanse(seed, sizeof seed);
    seal_cleanse(&generator, sizeof generator);
    ERR_clear_error();
    return err;
}
