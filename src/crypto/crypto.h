/* Inside the crypto layer: what the opaque structs hold, and helpers that its files share. */
#ifndef ESPSEAL_CRYPTO_INTERNAL_H
#define ESPSEAL_CRYPTO_INTERNAL_H

#include <espseal/key.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

struct seal_key {
    EVP_PKEY *pkey;
    enum seal_key_kind kind;
    bool der;
    bool remote;   /* its secret numbers are out of reach */
    void *engine;  /* key_engine.h; NULL: none */
    char text[24]; /* seal_key_describe */
};

struct seal_cert {
    X509 *x509;
    STACK_OF(X509) * others; /* that stood behind it in its file (seal_cert_read_chain); NULL: none */
    bool der;
};

/* Takes pkey over, also when it fails. SEAL_ERR_KEY when it is neither RSA nor EC on a named curve. */
int seal_key_wrap(EVP_PKEY *pkey, const char *name, struct seal_key **key,
                  struct seal_cause *cause) SEAL_MUST_CHECK;

/* Takes x509 over, also when it fails. */
int seal_cert_wrap(X509 *x509, struct seal_cert **cert, struct seal_cause *cause) SEAL_MUST_CHECK;

/* "RSA-2048", "EC P-256"; the library's name of the algorithm for other keys. */
void seal_pkey_describe(const EVP_PKEY *pkey, char text[static 24]);
int seal_pkey_fingerprint(const EVP_PKEY *pkey, uint8_t sha256[static 32]) SEAL_MUST_CHECK;

/* The number of pkey that an OSSL_PKEY_PARAM_* name stands for, in the secure heap; NULL when it has none. */
BIGNUM *seal_pkey_number(const EVP_PKEY *pkey, const char *param);

/* The hash that goes with a signing key: as strong as its curve, SHA-256 for RSA. */
const EVP_MD *seal_pkey_digest(const EVP_PKEY *pkey);

/* Ready to sign with seal_pkey_digest, where the key lives; for X509_sign_ctx and its like. NULL: it cannot.
 */
EVP_MD_CTX *seal_signer_new(const struct seal_key *key);
/* The same with another hash, into a new ctx. pkey_ctx (NULL: not wanted) is owned by ctx. */
bool seal_signer_init(EVP_MD_CTX *ctx, const struct seal_key *key, const EVP_MD *digest,
                      EVP_PKEY_CTX **pkey_ctx);

/* SEAL_ERR_KEY for a key that stays in its token. */
int seal_key_need_numbers(const struct seal_key *key, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Fails with SEAL_ERR_CRYPTO, "WHAT: the library's reason", and empties the library's error queue. */
int seal_fail_crypto(struct seal_cause *cause, const char *what);

#endif
