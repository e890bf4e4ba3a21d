/* Public keys <-> the numbers of signature blocks. */
#include "sign_public.h"

#include "pem.h"

#include <espseal/digest.h>

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <string.h>

enum { RSA_LEN = 384, RSA_BITS = 8 * RSA_LEN, WORD_BITS = 32 };

static const char *const curve_names[] = {
    [SEAL_SIGN_ECDSA192] = SN_X9_62_prime192v1,
    [SEAL_SIGN_ECDSA256] = SN_X9_62_prime256v1,
    [SEAL_SIGN_ECDSA384] = SN_secp384r1,
};

static int scheme_of(const EVP_PKEY *pkey, enum seal_sign_scheme *scheme, struct seal_cause *cause)
{
    char text[24];
    char group[64];
    if (EVP_PKEY_is_a(pkey, "RSA") && EVP_PKEY_get_bits(pkey) == RSA_BITS) {
        *scheme = SEAL_SIGN_RSA3072;
        return SEAL_OK;
    }
    if (EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1) {
        for (unsigned i = SEAL_SIGN_ECDSA192; i <= SEAL_SIGN_ECDSA384; i++) {
            if (OBJ_sn2nid(group) == OBJ_sn2nid(curve_names[i])) {
                *scheme = (enum seal_sign_scheme)i;
                return SEAL_OK;
            }
        }
    }
    seal_pkey_describe(pkey, text);
    int err = seal_fail(cause, SEAL_ERR_KEY, "an %s key cannot sign for a chip", text);
    seal_hint(cause, "the chips check RSA-3072 and ECDSA with P-192, P-256 and P-384");
    return err;
}

static bool put_number(const BIGNUM *number, uint8_t *out, size_t size)
{
    return number && BN_bn2lebinpad(number, out, (int)size) == (int)size;
}

/* What the hardware wants for Montgomery's multiplication: r^2 mod n with r = 2^3072, and -1 / n mod 2^32. */
static bool put_montgomery(const BIGNUM *n, struct seal_public *out)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *r = BN_new();
    BIGNUM *word = BN_new();
    uint8_t bytes[4];
    bool done = ctx && r && word && BN_set_bit(r, 2 * RSA_BITS) == 1 && BN_mod(r, r, n, ctx) == 1 &&
                put_number(r, out->second, RSA_LEN);
    done = done && BN_set_bit(word, WORD_BITS) == 1 && BN_mod_inverse(r, n, word, ctx) != NULL &&
           BN_sub(r, word, r) == 1 && put_number(r, bytes, sizeof bytes);
    if (done) {
        out->mprime = seal_le32(bytes);
    }
    BN_free(r);
    BN_free(word);
    BN_CTX_free(ctx);
    return done;
}

static bool put_rsa(const EVP_PKEY *pkey, struct seal_public *out)
{
    uint8_t bytes[4];
    BIGNUM *n = seal_pkey_number(pkey, OSSL_PKEY_PARAM_RSA_N);
    BIGNUM *e = seal_pkey_number(pkey, OSSL_PKEY_PARAM_RSA_E);
    bool done =
        put_number(n, out->first, RSA_LEN) && put_number(e, bytes, sizeof bytes) && put_montgomery(n, out);
    if (done) {
        out->exponent = seal_le32(bytes);
    }
    BN_free(n);
    BN_free(e);
    return done;
}

static bool put_ec(const EVP_PKEY *pkey, struct seal_public *out)
{
    size_t size = seal_sign_scheme_size(out->scheme);
    BIGNUM *x = seal_pkey_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X);
    BIGNUM *y = seal_pkey_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y);
    bool done = put_number(x, out->first, size) && put_number(y, out->second, size);
    BN_free(x);
    BN_free(y);
    return done;
}

/* A key in a token gives its numbers only in its public half. */
static EVP_PKEY *public_half(const EVP_PKEY *pkey)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    const unsigned char *at = der;
    EVP_PKEY *half = len > 0 ? d2i_PUBKEY(NULL, &at, len) : NULL;
    OPENSSL_free(der);
    return half;
}

int seal_public_from_pkey(const EVP_PKEY *pkey, struct seal_public *out, struct seal_cause *cause)
{
    EVP_PKEY *half = public_half(pkey);
    *out = (struct seal_public){.scheme = SEAL_SIGN_RSA3072};
    if (!half) {
        return seal_fail_crypto(cause, "cannot take the public key");
    }
    int err = scheme_of(half, &out->scheme, cause);
    if (err == SEAL_OK) {
        bool done = out->scheme == SEAL_SIGN_RSA3072 ? put_rsa(half, out) : put_ec(half, out);
        err = done ? SEAL_OK : seal_fail(cause, SEAL_ERR_KEY, "the numbers of the public key do not fit");
    }
    EVP_PKEY_free(half);
    ERR_clear_error();
    return err;
}

static OSSL_PARAM *rsa_params(OSSL_PARAM_BLD *build, const struct seal_public *key)
{
    BIGNUM *n = BN_lebin2bn(key->first, RSA_LEN, NULL);
    bool done = n && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
                OSSL_PARAM_BLD_push_uint32(build, OSSL_PKEY_PARAM_RSA_E, key->exponent) == 1;
    OSSL_PARAM *params = done ? OSSL_PARAM_BLD_to_param(build) : NULL;
    BN_free(n);
    return params;
}

static OSSL_PARAM *ec_params(OSSL_PARAM_BLD *build, const struct seal_public *key)
{
    uint8_t point[1 + 2 * 48] = {POINT_CONVERSION_UNCOMPRESSED};
    size_t size = seal_sign_scheme_size(key->scheme);
    for (size_t i = 0; i < size; i++) {
        point[size - i] = key->first[i];
        point[2 * size - i] = key->second[i];
    }
    const char *curve = curve_names[key->scheme];
    bool done = OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
                OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size) == 1;
    return done ? OSSL_PARAM_BLD_to_param(build) : NULL;
}

EVP_PKEY *seal_public_to_pkey(const struct seal_public *key)
{
    bool rsa = key->scheme == SEAL_SIGN_RSA3072;
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, rsa ? "RSA" : "EC", NULL);
    if (build && ctx) {
        params = rsa ? rsa_params(build, key) : ec_params(build, key);
    }
    if (params && EVP_PKEY_fromdata_init(ctx) == 1) {
        (void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return pkey;
}

int seal_public_check(const struct seal_public *key)
{
    struct seal_public again;
    EVP_PKEY *pkey = seal_public_to_pkey(key);
    int err = pkey ? seal_public_from_pkey(pkey, &again, NULL) : SEAL_ERR_KEY;
    bool same = err == SEAL_OK && again.scheme == key->scheme && again.exponent == key->exponent &&
                again.mprime == key->mprime && memcmp(again.first, key->first, sizeof again.first) == 0 &&
                memcmp(again.second, key->second, sizeof again.second) == 0;
    EVP_PKEY_free(pkey);
    return same ? SEAL_OK : SEAL_ERR_KEY;
}

int seal_public_write(const struct seal_public *key, struct seal_buf *out, struct seal_cause *cause)
{
    char *text = NULL;
    EVP_PKEY *pkey = seal_public_to_pkey(key);
    BIO *bio = BIO_new(BIO_s_mem());
    bool done = pkey && bio && PEM_write_bio_PUBKEY(bio, pkey) == 1;
    long len = done ? BIO_get_mem_data(bio, &text) : 0;
    int err = done && len > 0 ? seal_buf_put(out, text, (size_t)len)
                              : seal_fail_crypto(cause, "cannot write the public key");
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    return err;
}

static EVP_PKEY *decode(const uint8_t *data, size_t len)
{
    const uint8_t *at = data;
    if (len > LONG_MAX) {
        return NULL;
    }
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)len);
    if (!pkey) {
        at = data;
        X509 *x509 = d2i_X509(NULL, &at, (long)len);
        pkey = x509 ? X509_get_pubkey(x509) : NULL;
        X509_free(x509);
    }
    ERR_clear_error();
    return pkey;
}

static EVP_PKEY *decode_pem(const void *data, size_t len)
{
    struct seal_pem block = {0};
    EVP_PKEY *pkey = NULL;
    BIO *bio = seal_bio_borrow(data, len);
    while (bio && !pkey && seal_pem_next(bio, &block) == SEAL_OK) {
        pkey = decode(block.data, (size_t)block.len);
        seal_pem_free(&block);
    }
    seal_pem_free(&block);
    BIO_free(bio);
    return pkey;
}

int seal_public_read(const void *data, size_t len, const char *name, struct seal_public *out,
                     struct seal_cause *cause)
{
    EVP_PKEY *pkey = seal_is_pem(data, len) ? decode_pem(data, len) : decode(data, len);
    if (!pkey) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s is neither a public key nor a certificate", name);
    }
    int err = seal_public_from_pkey(pkey, out, cause);
    EVP_PKEY_free(pkey);
    return err;
}

int seal_public_of(const struct seal_key *key, struct seal_public *out, struct seal_cause *cause)
{
    return seal_public_from_pkey(key->pkey, out, cause);
}
