#include "crypto.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

/*
 * Left alone, OpenSSL 3.0 signs with the first provider that knows the algorithm and hands it the public half
 * of a key that lives in another one.
 */
bool seal_signer_init(EVP_MD_CTX *ctx, const struct seal_key *key, const EVP_MD *digest,
                      EVP_PKEY_CTX **pkey_ctx)
{
    char query[80];
    const OSSL_PROVIDER *home = key->remote ? EVP_PKEY_get0_provider(key->pkey) : NULL;
    if (!home) {
        return EVP_DigestSignInit(ctx, pkey_ctx, digest, NULL, key->pkey) == 1;
    }
    (void)snprintf(query, sizeof query, "?provider=%.60s", OSSL_PROVIDER_get0_name(home));
    return EVP_DigestSignInit_ex(ctx, pkey_ctx, EVP_MD_get0_name(digest), NULL, query, key->pkey, NULL) == 1;
}

EVP_MD_CTX *seal_signer_new(const struct seal_key *key)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx && !seal_signer_init(ctx, key, seal_pkey_digest(key->pkey), NULL)) {
        EVP_MD_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

int seal_cert_verify_rsa_sha256(const struct seal_cert *cert, const void *message, size_t message_len,
                                const uint8_t *signature, size_t signature_len)
{
    EVP_PKEY *pkey = X509_get0_pubkey(cert->x509);
    if (!pkey || !EVP_PKEY_is_a(pkey, "RSA")) {
        return SEAL_ERR_KEY;
    }
    int err = SEAL_ERR_NO_MEMORY;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey_ctx = NULL; /* owned by ctx */
    if (!ctx) {
        goto out;
    }
    err = SEAL_ERR_CRYPTO;
    if (EVP_DigestVerifyInit(ctx, &pkey_ctx, EVP_sha256(), NULL, pkey) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(pkey_ctx, RSA_PKCS1_PADDING) != 1) {
        goto out;
    }
    err =
        EVP_DigestVerify(ctx, signature, signature_len, message, message_len) == 1 ? SEAL_OK : SEAL_ERR_PROOF;
out:
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return err;
}

int seal_pkcs1_pad_sha256(const uint8_t digest[static 32], uint8_t *out, size_t size)
{
    /* DigestInfo of SHA-256: RFC 8017 9.2, note 1 */
    static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    enum { TAIL = sizeof info + 32, SMALLEST = TAIL + 11 };
    if (size < SMALLEST) {
        return SEAL_ERR_TOO_LONG;
    }
    memset(out, 0xFF, size);
    out[0] = 0;
    out[1] = 1;
    out[size - TAIL - 1] = 0;
    memcpy(out + size - TAIL, info, sizeof info);
    memcpy(out + size - 32, digest, 32);
    return SEAL_OK;
}
