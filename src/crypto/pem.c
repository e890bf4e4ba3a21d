#include "pem.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

bool seal_is_pem(const void *data, size_t len)
{
    static const char mark[] = "-----BEGIN ";
    return memmem(data, len, mark, sizeof mark - 1) != NULL;
}

BIO *seal_bio_borrow(const void *data, size_t len)
{
    static const uint8_t byte_order_mark[] = {0xEF, 0xBB, 0xBF};
    const uint8_t *bytes = data;
    if (len >= 3 && memcmp(bytes, byte_order_mark, 3) == 0) {
        bytes += 3;
        len -= 3;
    }
    return len <= INT_MAX ? BIO_new_mem_buf(bytes, (int)len) : NULL;
}

int seal_pem_next(BIO *bio, struct seal_pem *block)
{
    memset(block, 0, sizeof *block);
    ERR_clear_error();
    if (PEM_read_bio_ex(bio, &block->name, &block->header, &block->data, &block->len,
                        PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE)) {
        return SEAL_OK;
    }
    bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    memset(block, 0, sizeof *block);
    return end ? SEAL_ERR_NOT_FOUND : SEAL_ERR_FORMAT;
}

void seal_pem_free(struct seal_pem *block)
{
    OPENSSL_secure_free(block->name);
    OPENSSL_secure_free(block->header);
    OPENSSL_secure_clear_free(block->data, (size_t)block->len);
    memset(block, 0, sizeof *block);
}

const char *seal_pem_kind(const char *block_name)
{
    static const char *const kinds[][2] = {
        {"CERTIFICATE", "a certificate"},
        {"X509 CERTIFICATE", "a certificate"},
        {"TRUSTED CERTIFICATE", "a certificate"},
        {"CERTIFICATE REQUEST", "a certificate request"},
        {"NEW CERTIFICATE REQUEST", "a certificate request"},
        {"PUBLIC KEY", "a public key"},
        {"RSA PUBLIC KEY", "a public key"},
        {"ENCRYPTED PRIVATE KEY", "an encrypted private key"},
        {"X509 CRL", "a certificate revocation list"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(block_name, kinds[i][0]) == 0) {
            return kinds[i][1];
        }
    }
    size_t len = strlen(block_name);
    static const char tail[] = "PRIVATE KEY";
    bool private = len >= sizeof tail - 1 && strcmp(block_name + len - (sizeof tail - 1), tail) == 0;
    return private ? "a private key" : NULL;
}

const char *seal_der_kind(const uint8_t *data, size_t len)
{
    if (len > LONG_MAX) {
        return NULL;
    }
    const uint8_t *at[5] = {data, data, data, data, data};
    X509 *cert = d2i_X509(NULL, &at[0], (long)len);
    X509_REQ *csr = d2i_X509_REQ(NULL, &at[1], (long)len);
    EVP_PKEY *public = d2i_PUBKEY(NULL, &at[2], (long)len);
    X509_SIG *encrypted = d2i_X509_SIG(NULL, &at[3], (long)len);
    EVP_PKEY *private = d2i_AutoPrivateKey(NULL, &at[4], (long)len);
    const char *kind = cert        ? "a certificate"
                       : csr       ? "a certificate request"
                       : public    ? "a public key"
                       : encrypted ? "an encrypted private key"
                       : private   ? "a private key"
                                   : NULL;
    EVP_PKEY_free(private);
    X509_SIG_free(encrypted);
    EVP_PKEY_free(public);
    X509_REQ_free(csr);
    X509_free(cert);
    ERR_clear_error();
    return kind;
}

int seal_fail_kind(struct seal_cause *cause, const char *name, const char *is, const char *wanted)
{
    if (is) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s is %s, not %s", name, is, wanted);
    }
    int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s does not hold %s", name, wanted);
    seal_hint(cause, "PEM and DER files are read");
    return err;
}
