/* Keys as eFuses hold them: the scalar of an ECDSA key, and back. */
#include "crypto.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

int seal_key_ec_scalar(const struct seal_key *key, uint8_t scalar[static 48], size_t *len,
                       struct seal_cause *cause)
{
    unsigned bits = seal_key_nist_bits(key);
    *len = bits / 8;
    if (bits != 192 && bits != 256 && bits != 384) {
        return seal_fail(cause, SEAL_ERR_KEY,
                         "the ECDSA peripheral takes keys on P-192, P-256 and P-384, not %s",
                         seal_key_describe(key));
    }
    BIGNUM *number = seal_pkey_number(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY);
    bool done = number != NULL && BN_bn2binpad(number, scalar, (int)*len) == (int)*len;
    BN_clear_free(number);
    return done ? SEAL_OK : seal_fail_crypto(cause, "the private number of the key cannot be had");
}

static EVP_PKEY *pkey_of(const char *curve, const BIGNUM *secret, const uint8_t *point, size_t point_len)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    if (ctx && build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, point_len) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1) {
        params = OSSL_PARAM_BLD_to_param(build);
    }
    if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1) {
        pkey = NULL;
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* Bytes of the uncompressed public point; 0: there is none for that number. */
static size_t public_point(const EC_GROUP *group, const BIGNUM *secret, uint8_t point[static 97])
{
    EC_POINT *q = EC_POINT_new(group);
    bool good = q && !BN_is_zero(secret) && BN_cmp(secret, EC_GROUP_get0_order(group)) < 0 &&
                EC_POINT_mul(group, q, secret, NULL, NULL, NULL) == 1;
    size_t len = good ? EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, point, 97, NULL) : 0;
    EC_POINT_free(q);
    return len;
}

int seal_key_of_ec_scalar(const uint8_t *scalar, size_t len, struct seal_key **key, struct seal_cause *cause)
{
    const int nid = len == 24 ? NID_X9_62_prime192v1 : len == 32 ? NID_X9_62_prime256v1 : NID_secp384r1;
    uint8_t point[97];
    *key = NULL;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
    BIGNUM *secret = BN_secure_new();
    bool ready = group && secret && BN_bin2bn(scalar, (int)len, secret);
    if (ready) {
        BN_set_flags(secret, BN_FLG_CONSTTIME);
    }
    size_t point_len = ready ? public_point(group, secret, point) : 0;
    EVP_PKEY *pkey = point_len ? pkey_of(OBJ_nid2sn(nid), secret, point, point_len) : NULL;
    EC_GROUP_free(group);
    BN_clear_free(secret);
    return pkey ? seal_key_wrap(pkey, "the key in the chip", key, cause)
           : point_len || !ready
               ? seal_fail_crypto(cause, "the key in the chip cannot be taken")
               : seal_fail(cause, SEAL_ERR_KEY, "the number in the chip is no key of P-%zu", 8 * len);
}
