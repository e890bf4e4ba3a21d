#include "crypto.h"
#include "name.h"
#include "pem.h"

#include <espseal/digest.h>
#include <espseal/hex.h>

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WANTED "a certificate"

int seal_cert_wrap(X509 *x509, struct seal_cert **cert, struct seal_cause *cause)
{
    *cert = calloc(1, sizeof **cert);
    if (!*cert) {
        X509_free(x509);
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a certificate");
    }
    (*cert)->x509 = x509;
    return SEAL_OK;
}

/* One certificate and nothing behind it; NULL when it is not. */
static X509 *decode(const uint8_t *data, size_t len)
{
    const uint8_t *at = data;
    X509 *x509 = len <= LONG_MAX ? d2i_X509(NULL, &at, (long)len) : NULL;
    if (x509 && at != data + len) {
        X509_free(x509);
        x509 = NULL;
    }
    ERR_clear_error();
    return x509;
}

static int read_pem(const void *data, size_t len, const char *name, X509 **x509, struct seal_cause *cause)
{
    const char *other = NULL;
    struct seal_pem block = {0};
    BIO *bio = seal_bio_borrow(data, len);
    int err = bio ? SEAL_OK : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for %s", name);
    while (err == SEAL_OK && !*x509) {
        err = seal_pem_next(bio, &block);
        if (err == SEAL_ERR_NOT_FOUND) {
            err = seal_fail_kind(cause, name, other, WANTED);
            break;
        }
        if (err != SEAL_OK) {
            (void)seal_fail(cause, err, "the PEM text of %s is damaged or cut off", name);
            break;
        }
        const char *kind = seal_pem_kind(block.name);
        if (kind && strcmp(kind, WANTED) == 0) {
            *x509 = decode(block.data, (size_t)block.len);
            err =
                *x509 ? SEAL_OK : seal_fail(cause, SEAL_ERR_FORMAT, "the certificate in %s is damaged", name);
        }
        other = other ? other : kind;
        seal_pem_free(&block);
    }
    seal_pem_free(&block);
    BIO_free(bio);
    return err;
}

int seal_cert_read(const void *data, size_t len, const char *name, struct seal_cert **cert,
                   struct seal_cause *cause)
{
    X509 *x509 = NULL;
    *cert = NULL;
    bool der = !seal_is_pem(data, len);
    int err = SEAL_OK;
    if (der) {
        x509 = decode(data, len);
        err = x509 ? SEAL_OK : seal_fail_kind(cause, name, seal_der_kind(data, len), WANTED);
    } else {
        err = read_pem(data, len, name, &x509, cause);
    }
    if (err == SEAL_OK) {
        err = seal_cert_wrap(x509, cert, cause);
    }
    if (*cert) {
        (*cert)->der = der;
    }
    return err;
}

/* Of a file whose first certificate has been read well. */
static int read_others(const void *data, size_t len, const char *name, STACK_OF(X509) * others,
                       struct seal_cause *cause)
{
    struct seal_pem block = {0};
    bool first = true;
    BIO *bio = seal_bio_borrow(data, len);
    int err = bio ? SEAL_OK : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for %s", name);
    while (err == SEAL_OK && (err = seal_pem_next(bio, &block)) == SEAL_OK) {
        const char *kind = seal_pem_kind(block.name);
        bool certificate = kind && strcmp(kind, WANTED) == 0;
        X509 *x509 = certificate && !first ? decode(block.data, (size_t)block.len) : NULL;
        if (certificate && !first && (!x509 || sk_X509_push(others, x509) <= 0)) {
            X509_free(x509);
            err = SEAL_ERR_FORMAT;
        }
        first = first && !certificate;
        seal_pem_free(&block);
    }
    seal_pem_free(&block);
    BIO_free(bio);
    if (err == SEAL_ERR_FORMAT) {
        return seal_fail(cause, err, "one of the certificates in %s is damaged", name);
    }
    return err == SEAL_ERR_NOT_FOUND ? SEAL_OK : err;
}

int seal_cert_read_chain(const void *data, size_t len, const char *name, struct seal_cert **cert,
                         struct seal_cause *cause)
{
    int err = seal_cert_read(data, len, name, cert, cause);
    if (err != SEAL_OK || !*cert || (*cert)->der) {
        return err;
    }
    (*cert)->others = sk_X509_new_null();
    err = (*cert)->others ? read_others(data, len, name, (*cert)->others, cause)
                          : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for %s", name);
    if (err != SEAL_OK) {
        seal_cert_free(cert);
    }
    return err;
}

void seal_cert_free(struct seal_cert **cert)
{
    if (cert && *cert) {
        X509_free((*cert)->x509);
        sk_X509_pop_free((*cert)->others, X509_free);
        free(*cert);
        *cert = NULL;
    }
}

bool seal_cert_was_der(const struct seal_cert *cert)
{
    return cert->der;
}

int seal_cert_write(const struct seal_cert *cert, bool der, struct seal_buf *out, struct seal_cause *cause)
{
    char *bytes = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool done = bio && (der ? i2d_X509_bio(bio, cert->x509) : PEM_write_bio_X509(bio, cert->x509)) == 1;
    for (int i = 0; done && !der && i < sk_X509_num(cert->others); i++) {
        done = PEM_write_bio_X509(bio, sk_X509_value(cert->others, i)) == 1;
    }
    int err = done ? SEAL_OK : seal_fail_crypto(cause, "cannot write a certificate");
    if (err == SEAL_OK) {
        long len = BIO_get_mem_data(bio, &bytes);
        err = seal_buf_put(out, bytes, (size_t)len);
    }
    BIO_free(bio);
    return err;
}

static void public_text(const EVP_PKEY *pkey, char *text, size_t size)
{
    char kind[24] = "unknown";
    char hex[17] = "";
    uint8_t sha256[32];
    if (pkey && seal_pkey_fingerprint(pkey, sha256) == SEAL_OK) {
        seal_pkey_describe(pkey, kind);
        seal_hex_encode(sha256, 8, hex);
    }
    (void)snprintf(text, size, "%s %s", kind, hex);
}

/* Keys of an engine cannot always be compared with others by the library. */
static bool same_encoding(const EVP_PKEY *a, const EVP_PKEY *b)
{
    uint8_t of_a[32];
    uint8_t of_b[32];
    return seal_pkey_fingerprint(a, of_a) == SEAL_OK && seal_pkey_fingerprint(b, of_b) == SEAL_OK &&
           memcmp(of_a, of_b, sizeof of_a) == 0;
}

int seal_cert_matches_key(const struct seal_cert *cert, const struct seal_key *key, struct seal_cause *cause)
{
    const EVP_PKEY *public = X509_get0_pubkey(cert->x509);
    bool same = public && (EVP_PKEY_eq(public, key->pkey) == 1 || same_encoding(public, key->pkey));
    ERR_clear_error();
    if (same) {
        return SEAL_OK;
    }
    char subject[100];
    char of_cert[48];
    char of_key[48];
    seal_name_print(X509_get_subject_name(cert->x509), subject, sizeof subject);
    public_text(public, of_cert, sizeof of_cert);
    public_text(key->pkey, of_key, sizeof of_key);
    int err = seal_fail(cause, SEAL_ERR_MISMATCH,
                        "the certificate of \"%s\" is for another key: %s..., the private key is %s...",
                        subject, of_cert, of_key);
    seal_hint(cause, "give the private key that the certificate was requested with, or another certificate");
    return err;
}

int seal_cert_signed_by(const struct seal_cert *cert, const struct seal_cert *ca, struct seal_cause *cause)
{
    EVP_PKEY *public = X509_get0_pubkey(ca->x509);
    bool named = X509_NAME_cmp(X509_get_issuer_name(cert->x509), X509_get_subject_name(ca->x509)) == 0;
    bool good = named && public && X509_verify(cert->x509, public) == 1;
    ERR_clear_error();
    if (good) {
        return SEAL_OK;
    }
    char subject[100];
    char issuer[100];
    char ca_name[100];
    seal_name_print(X509_get_subject_name(cert->x509), subject, sizeof subject);
    seal_name_print(X509_get_issuer_name(cert->x509), issuer, sizeof issuer);
    seal_name_print(X509_get_subject_name(ca->x509), ca_name, sizeof ca_name);
    if (named) {
        return seal_fail(cause, SEAL_ERR_MISMATCH,
                         "the certificate of \"%s\" was not signed with the key of the CA certificate \"%s\"",
                         subject, ca_name);
    }
    return seal_fail(cause, SEAL_ERR_MISMATCH,
                     "the certificate of \"%s\" was issued by \"%s\", not by the CA \"%s\"", subject, issuer,
                     ca_name);
}

static int count_others(const struct seal_cert *cert)
{
    return cert->others ? sk_X509_num(cert->others) : 0;
}

bool seal_cert_same(const struct seal_cert *a, const struct seal_cert *b)
{
    bool same = X509_cmp(a->x509, b->x509) == 0 && count_others(a) == count_others(b);
    for (int i = 0; same && i < count_others(a); i++) {
        same = X509_cmp(sk_X509_value(a->others, i), sk_X509_value(b->others, i)) == 0;
    }
    return same;
}
