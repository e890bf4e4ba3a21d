#include <espseal/srp.h>

#include <espseal/secret.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <string.h>

enum { GENERATOR = 5, DIGEST = 64 };

int seal_srp_salt(uint8_t *salt, size_t len)
{
    int err = len > 0 ? seal_random(salt, len) : SEAL_ERR_USAGE;
    while (err == SEAL_OK && salt[0] == 0) {
        err = seal_random(salt, 1);
    }
    return err;
}

static bool hash(const void *a, size_t a_len, const void *b, size_t b_len, const void *c, size_t c_len,
                 uint8_t digest[static DIGEST])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool done = ctx && EVP_DigestInit_ex(ctx, EVP_sha512(), NULL) == 1 &&
                EVP_DigestUpdate(ctx, a, a_len) == 1 && EVP_DigestUpdate(ctx, b, b_len) == 1 &&
                EVP_DigestUpdate(ctx, c, c_len) == 1 && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return done;
}

int seal_srp_verifier(const char *user, const char *password, const uint8_t *salt, size_t salt_len,
                      uint8_t verifier[static SEAL_SRP_VERIFIER_MAX], size_t *len)
{
    uint8_t digest[DIGEST];
    BN_CTX *ctx = BN_CTX_secure_new();
    BIGNUM *x = BN_secure_new();
    BIGNUM *g = BN_new();
    BIGNUM *n = BN_get_rfc3526_prime_3072(NULL); /* that of RFC 5054's group of 3072 bits */
    int err = ctx && x && g && n ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK && !(hash(user, strlen(user), ":", 1, password, strlen(password), digest) &&
                            hash(salt, salt_len, digest, sizeof digest, "", 0, digest) &&
                            BN_bin2bn(digest, sizeof digest, x) && BN_set_word(g, GENERATOR) == 1)) {
        err = SEAL_ERR_CRYPTO;
    }
    if (err == SEAL_OK) {
        BN_set_flags(x, BN_FLG_CONSTTIME);
        err = BN_mod_exp(g, g, x, n, ctx) == 1 ? SEAL_OK : SEAL_ERR_CRYPTO;
    }
    if (err == SEAL_OK) {
        *len = (size_t)BN_bn2bin(g, verifier);
    }
    seal_cleanse(digest, sizeof digest);
    BN_clear_free(x);
    BN_clear_free(g);
    BN_free(n);
    BN_CTX_free(ctx);
    return err;
}
