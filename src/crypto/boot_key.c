/* Keys as eFuses know them: the digest of a secure boot key, the scalar of an ECDSA key. */
#include "crypto.h"

#include <espseal/buf.h>
#include <espseal/digest.h>
#include <espseal/secret.h>

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <string.h>

#define RSA_BYTES 384
#define STORED_MAX (2 * RSA_BYTES + 8)

int seal_key_ec_scalar(const struct seal_key *key, uint8_t scalar[static 48], size_t *len,
                       struct seal_cause *cause)
{
    unsigned bits = seal_key_bits(key);
    *len = bits / 8;
    if (key->kind != SEAL_KEY_EC || (bits != 192 && bits != 256 && bits != 384)) {
        return seal_fail(cause, SEAL_ERR_KEY,
                         "the ECDSA peripheral takes keys on P-192, P-256 and P-384, not %s",
                         seal_key_describe(key));
    }
    BIGNUM *number = seal_pkey_number(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY);
    bool done = number != NULL && BN_bn2binpad(number, scalar, (int)*len) == (int)*len;
    BN_clear_free(number);
    return done ? SEAL_OK : seal_fail_crypto(cause, "the private number of the key cannot be had");
}

static EVP_PKEY *decode(const uint8_t *data, size_t len, int selection)
{
    EVP_PKEY *pkey = NULL;
    OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(&pkey, NULL, NULL, NULL, selection, NULL, NULL);
    bool done = ctx != NULL && OSSL_DECODER_from_data(ctx, &data, &len) == 1;
    OSSL_DECODER_CTX_free(ctx);
    if (!done) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return pkey;
}

/* -n^-1 mod 2^32 by Newton's iteration; n is odd. */
static uint32_t montgomery_factor(uint32_t n)
{
    uint32_t inverse = n;
    for (int i = 0; i < 4; i++) {
        inverse *= 2 - n * inverse;
    }
    return (uint32_t)0 - inverse;
}

/* n | e | R^2 mod n | -n^-1 mod 2^32, little-endian, R = 2^3072 */
static bool store_rsa(const EVP_PKEY *pkey, uint8_t *stored)
{
    BIGNUM *n = seal_pkey_number(pkey, OSSL_PKEY_PARAM_RSA_N),
           *e = seal_pkey_number(pkey, OSSL_PKEY_PARAM_RSA_E);
    BIGNUM *square = BN_new();
    BN_CTX *ctx = BN_CTX_new();
    bool done = n != NULL && e != NULL && square != NULL && ctx != NULL &&
                BN_set_bit(square, 2 * 8 * RSA_BYTES) == 1 && BN_mod(square, square, n, ctx) == 1 &&
                BN_bn2lebinpad(n, stored, RSA_BYTES) >= 0 && BN_bn2lebinpad(e, stored + RSA_BYTES, 4) >= 0 &&
                BN_bn2lebinpad(square, stored + RSA_BYTES + 4, RSA_BYTES) >= 0;
    if (done) {
        seal_put_le32(stored + 2 * RSA_BYTES + 4, montgomery_factor(seal_le32(stored)));
    }
    BN_CTX_free(ctx);
    BN_free(square);
    BN_free(e);
    BN_free(n);
    return done;
}

/* curve | X | Y, little-endian; P-192 in the room of P-256 */
static bool store_ec(const EVP_PKEY *pkey, unsigned bits, uint8_t *stored, size_t *len)
{
    int size = (int)bits / 8;
    BIGNUM *x = seal_pkey_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X);
    BIGNUM *y = seal_pkey_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y);
    memset(stored, 0, 1 + 96);
    stored[0] = bits == 192 ? 1 : bits == 256 ? 2 : 3;
    bool done = x != NULL && y != NULL && BN_bn2lebinpad(x, stored + 1, size) >= 0 &&
                BN_bn2lebinpad(y, stored + 1 + size, size) >= 0;
    *len = bits == 384 ? 1 + 96 : 1 + 64;
    BN_free(x);
    BN_free(y);
    return done;
}

static int refuse(const EVP_PKEY *pkey, const char *name, struct seal_cause *cause)
{
    char text[24];
    seal_pkey_describe(pkey, text);
    int err = seal_fail(cause, SEAL_ERR_KEY, "%s: secure boot does not take a key of %s", name, text);
    seal_hint(cause, "it takes RSA-3072, EC P-192, P-256 and P-384, as the chip can");
    return err;
}

int seal_boot_key_digest(const void *data, size_t len, const char *name, uint8_t sha256[static 32],
                         unsigned *bits, struct seal_cause *cause)
{
    uint8_t stored[STORED_MAX];
    size_t stored_len = sizeof stored;
    EVP_PKEY *pkey = decode(data, len, EVP_PKEY_KEYPAIR);
    if (pkey == NULL) {
        pkey = decode(data, len, EVP_PKEY_PUBLIC_KEY);
    }
    if (pkey == NULL) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s is neither a private nor a public key", name);
    }
    bool rsa = EVP_PKEY_is_a(pkey, "RSA") == 1, ec = EVP_PKEY_is_a(pkey, "EC") == 1, done;
    *bits = (unsigned)EVP_PKEY_get_bits(pkey);
    int err;
    if (rsa && *bits == 8 * RSA_BYTES) {
        done = store_rsa(pkey, stored);
    } else if (ec && (*bits == 192 || *bits == 256 || *bits == 384)) {
        done = store_ec(pkey, *bits, stored, &stored_len);
    } else {
        err = refuse(pkey, name, cause);
        EVP_PKEY_free(pkey);
        return err;
    }
    EVP_PKEY_free(pkey);
    return done && seal_sha256(stored, stored_len, sha256) == SEAL_OK
               ? SEAL_OK
               : seal_fail_crypto(cause, "the digest of the key cannot be computed");
}
