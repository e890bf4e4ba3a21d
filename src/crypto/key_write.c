#include "crypto.h"

#include <espseal/secret.h>

#include <openssl/bio.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

/* What OWASP advises for PBKDF2 with HMAC-SHA-256; OpenSSL's own 2048 rounds are those of the year 2000. */
enum { PBKDF2_ROUNDS = 600000, SALT_LEN = 16 };

static int take(BIO *bio, struct seal_buf *out, struct seal_cause *cause)
{
    char *bytes = NULL;
    long len = BIO_get_mem_data(bio, &bytes);
    if (len <= 0) {
        return seal_fail_crypto(cause, "cannot write a key");
    }
    int err = seal_buf_put(out, bytes, (size_t)len);
    return err == SEAL_OK ? err : seal_fail(cause, err, "out of memory for a key");
}

static int encode(const struct seal_key *key, int selection, const char *format, const char *structure,
                  struct seal_buf *out, struct seal_cause *cause)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(key->pkey, selection, format, structure, NULL);
    int err = bio && ctx && OSSL_ENCODER_to_bio(ctx, bio) == 1
                  ? take(bio, out, cause)
                  : seal_fail_crypto(cause, "cannot write a key");
    OSSL_ENCODER_CTX_free(ctx);
    BIO_free(bio);
    ERR_clear_error();
    return err;
}

static int encrypt(const struct seal_key *key, const char *passphrase, struct seal_buf *out,
                   struct seal_cause *cause)
{
    int err = SEAL_ERR_CRYPTO;
    uint8_t salt[SALT_LEN];
    X509_SIG *encrypted = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
    if (!bio || !info || seal_random(salt, sizeof salt) != SEAL_OK) {
        goto out;
    }
    X509_ALGOR *scheme =
        PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), PBKDF2_ROUNDS, salt, sizeof salt, NULL, NID_hmacWithSHA256);
    if (!scheme) {
        goto out;
    }
    encrypted = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), info, scheme);
    if (!encrypted) {
        X509_ALGOR_free(scheme);
        goto out;
    }
    if (PEM_write_bio_PKCS8(bio, encrypted) == 1) {
        err = take(bio, out, cause);
    }
out:
    X509_SIG_free(encrypted);
    PKCS8_PRIV_KEY_INFO_free(info);
    BIO_free(bio);
    return err == SEAL_ERR_CRYPTO ? seal_fail_crypto(cause, "cannot encrypt a key") : err;
}

int seal_key_write_pkcs8(const struct seal_key *key, const char *passphrase, struct seal_buf *out,
                         struct seal_cause *cause)
{
    int err = seal_key_need_numbers(key, cause);
    if (err != SEAL_OK) {
        return err;
    }
    return passphrase ? encrypt(key, passphrase, out, cause)
                      : encode(key, EVP_PKEY_KEYPAIR, "PEM", "PrivateKeyInfo", out, cause);
}

int seal_key_write_traditional(const struct seal_key *key, bool der, struct seal_buf *out,
                               struct seal_cause *cause)
{
    int err = seal_key_need_numbers(key, cause);
    if (err != SEAL_OK) {
        return err;
    }
    return encode(key, EVP_PKEY_KEYPAIR, der ? "DER" : "PEM", "type-specific", out, cause);
}

int seal_key_write_public(const struct seal_key *key, struct seal_buf *out, struct seal_cause *cause)
{
    return encode(key, EVP_PKEY_PUBLIC_KEY, "PEM", "SubjectPublicKeyInfo", out, cause);
}
