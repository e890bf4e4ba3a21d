#include "crypto.h"
#include "pem.h"

#include <espseal/secret.h>

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

#define WANTED "a private key"
enum { PASSPHRASE_SIZE = 1024 };

struct source { /* of one call, for its helpers */
    const char *name;
    const struct seal_passphrase *passphrase;
    struct seal_cause *cause;
};

static int damaged(const struct source *from)
{
    int err =
        seal_fail(from->cause, SEAL_ERR_FORMAT, "the private key in %s is damaged or cut off", from->name);
    seal_hint(from->cause, "look at it with: openssl pkey -noout -check -in %s", from->name);
    return err;
}

static int wrong_passphrase(const struct source *from)
{
    return seal_fail(from->cause, SEAL_ERR_PASSPHRASE, "the passphrase does not open %s", from->name);
}

static int ask(const struct source *from, char passphrase[static PASSPHRASE_SIZE])
{
    int err = SEAL_ERR_PASSPHRASE;
    passphrase[0] = '\0';
    if (from->passphrase && from->passphrase->ask) {
        err = from->passphrase->ask(from->passphrase->ctx, from->name, passphrase, PASSPHRASE_SIZE);
        passphrase[PASSPHRASE_SIZE - 1] = '\0';
    }
    if (err != SEAL_OK) {
        (void)seal_fail(from->cause, err, "%s is encrypted and no passphrase was given", from->name);
        seal_hint(from->cause, "give it with --passphrase-file FILE, or run in a terminal to be asked");
    }
    return err;
}

/* p * q = n and d * e = 1 modulo p - 1 and q - 1: a damaged d would be found out only by the burned chip. */
static bool rsa_is_consistent(const EVP_PKEY *pkey)
{
    static const char *const names[] = {OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
                                        OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2};
    enum { N, E, D, P, Q, COUNT };
    BIGNUM *number[COUNT] = {NULL};
    BN_CTX *ctx = BN_CTX_secure_new();
    BIGNUM *product = BN_secure_new();
    bool good = ctx && product;
    for (size_t i = 0; i < COUNT; i++) {
        number[i] = seal_pkey_number(pkey, names[i]);
        good = good && number[i] && !BN_is_zero(number[i]) && !BN_is_one(number[i]);
    }
    good = good && BN_mul(product, number[P], number[Q], ctx) && BN_cmp(product, number[N]) == 0;
    for (size_t i = P; good && i <= Q; i++) {
        good = BN_sub_word(number[i], 1) && BN_mod_mul(product, number[D], number[E], number[i], ctx) &&
               BN_is_one(product);
    }
    for (size_t i = 0; i < COUNT; i++) {
        BN_clear_free(number[i]);
    }
    BN_clear_free(product);
    BN_CTX_free(ctx);
    return good;
}

static bool ec_is_consistent(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool good = ctx && EVP_PKEY_private_check(ctx) == 1 && EVP_PKEY_pairwise_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    return good;
}

/* Takes pkey over. */
static int finish(const struct source *from, EVP_PKEY *pkey, struct seal_key **key)
{
    int err = seal_key_wrap(pkey, from->name, key, from->cause);
    if (err != SEAL_OK) {
        return err;
    }
    bool good = (*key)->kind == SEAL_KEY_RSA ? rsa_is_consistent(pkey) : ec_is_consistent(pkey);
    ERR_clear_error();
    if (!good) {
        seal_key_free(key);
        return seal_fail(from->cause, SEAL_ERR_KEY,
                         "%s is damaged: the parts of the key do not belong together", from->name);
    }
    return SEAL_OK;
}

/* One unencrypted key and nothing behind it; NULL when it is not. */
static EVP_PKEY *decode(const uint8_t *data, size_t len)
{
    EVP_PKEY *pkey = NULL;
    OSSL_DECODER_CTX *ctx =
        OSSL_DECODER_CTX_new_for_pkey(&pkey, "DER", NULL, NULL, EVP_PKEY_KEYPAIR, NULL, NULL);
    bool done = ctx && OSSL_DECODER_from_data(ctx, &data, &len) == 1 && len == 0;
    OSSL_DECODER_CTX_free(ctx);
    ERR_clear_error();
    if (!done) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return pkey;
}

static int decrypt_pkcs8(const struct source *from, const X509_SIG *encrypted, struct seal_key **key)
{
    char passphrase[PASSPHRASE_SIZE];
    PKCS8_PRIV_KEY_INFO *info = NULL;
    EVP_PKEY *pkey = NULL;
    int err = ask(from, passphrase);
    if (err != SEAL_OK) {
        goto out;
    }
    info = PKCS8_decrypt(encrypted, passphrase, (int)strlen(passphrase));
    if (!info) {
        err = wrong_passphrase(from);
        goto out;
    }
    pkey = EVP_PKCS82PKEY(info);
    err = pkey ? finish(from, pkey, key) : damaged(from);
out:
    PKCS8_PRIV_KEY_INFO_free(info);
    seal_cleanse(passphrase, sizeof passphrase);
    ERR_clear_error();
    return err;
}

static int read_der(const struct source *from, const uint8_t *data, size_t len, struct seal_key **key)
{
    const uint8_t *at = data;
    X509_SIG *encrypted = len <= LONG_MAX ? d2i_X509_SIG(NULL, &at, (long)len) : NULL;
    if (encrypted) {
        int err = at == data + len ? decrypt_pkcs8(from, encrypted, key) : damaged(from);
        X509_SIG_free(encrypted);
        return err;
    }
    ERR_clear_error();
    EVP_PKEY *pkey = decode(data, len);
    return pkey ? finish(from, pkey, key) : SEAL_ERR_FORMAT;
}

static int copy_passphrase(char *buf, int size, int writing, void *passphrase)
{
    (void)writing;
    size_t len = strlen(passphrase);
    if (len >= (size_t)size) {
        return -1;
    }
    memcpy(buf, passphrase, len + 1);
    return (int)len;
}

/* "Proc-Type: 4,ENCRYPTED": the encryption that OpenSSL had before PKCS#8 (RFC 1421 4.6). */
static int decrypt_traditional(const struct source *from, struct seal_pem *block)
{
    EVP_CIPHER_INFO cipher;
    char passphrase[PASSPHRASE_SIZE];
    if (!PEM_get_EVP_CIPHER_INFO(block->header, &cipher)) {
        ERR_clear_error();
        return seal_fail(from->cause, SEAL_ERR_FORMAT, "%s is encrypted in a way that is not known here",
                         from->name);
    }
    if (!cipher.cipher) {
        return SEAL_OK;
    }
    int err = ask(from, passphrase);
    if (err == SEAL_OK && !PEM_do_header(&cipher, block->data, &block->len, copy_passphrase, passphrase)) {
        err = wrong_passphrase(from);
    }
    seal_cleanse(passphrase, sizeof passphrase);
    ERR_clear_error();
    return err;
}

static int read_block(const struct source *from, struct seal_pem *block, struct seal_key **key)
{
    if (strcmp(block->name, "OPENSSH PRIVATE KEY") == 0) {
        int err = seal_fail(from->cause, SEAL_ERR_FORMAT, "%s is a key in OpenSSH's own format", from->name);
        seal_hint(from->cause, "convert a copy of it with: ssh-keygen -p -m PEM -f FILE");
        return err;
    }
    bool encrypted = strstr(block->header, "ENCRYPTED") != NULL;
    int err = decrypt_traditional(from, block);
    if (err != SEAL_OK) {
        return err;
    }
    err = read_der(from, block->data, (size_t)block->len, key);
    if (err == SEAL_ERR_FORMAT) {
        /* one wrong passphrase in 256 gives bytes with good padding */
        err = encrypted ? wrong_passphrase(from) : damaged(from);
    }
    return err;
}

static bool is_private(const char *kind)
{
    return kind && strstr(kind, "private key");
}

static int read_pem(const struct source *from, const void *data, size_t len, struct seal_key **key)
{
    const char *other = NULL;
    struct seal_pem block = {0};
    BIO *bio = seal_bio_borrow(data, len);
    int err = bio ? SEAL_OK : seal_fail(from->cause, SEAL_ERR_NO_MEMORY, "out of memory for %s", from->name);
    while (err == SEAL_OK) {
        err = seal_pem_next(bio, &block);
        if (err == SEAL_ERR_NOT_FOUND) {
            err = seal_fail_kind(from->cause, from->name, other, WANTED);
            break;
        }
        if (err != SEAL_OK) {
            (void)seal_fail(from->cause, err, "the PEM text of %s is damaged or cut off", from->name);
            break;
        }
        const char *kind = seal_pem_kind(block.name);
        if (is_private(kind)) {
            err = read_block(from, &block, key);
            break;
        }
        other = other ? other : kind;
        seal_pem_free(&block);
    }
    seal_pem_free(&block);
    BIO_free(bio);
    return err;
}

int seal_key_read(const void *data, size_t len, const char *name, const struct seal_passphrase *passphrase,
                  struct seal_key **key, struct seal_cause *cause)
{
    const struct source from = {name, passphrase, cause};
    *key = NULL;
    if (seal_is_pem(data, len)) {
        return read_pem(&from, data, len, key);
    }
    int err = read_der(&from, data, len, key);
    if (*key) {
        (*key)->der = true;
    } else if (err == SEAL_ERR_FORMAT) {
        err = seal_fail_kind(cause, name, seal_der_kind(data, len), WANTED);
    }
    return err;
}
