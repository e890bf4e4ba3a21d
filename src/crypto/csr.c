#include "crypto.h"
#include "subject.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

static const struct {
    const char *prefix;
    int type;
} san_kinds[] = {
    {"DNS:", GEN_DNS},
    {"URI:", GEN_URI},
    {"IP:", GEN_IPADD},
    {"email:", GEN_EMAIL},
};

static int wrong_san(const char *text, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_USAGE, "\"%.100s\" is not a subject alternative name", text);
    seal_hint(cause, "write DNS:name, URI:uri, IP:address or email:address");
    return err;
}

static bool is_plain_ascii(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text > '~') {
            return false;
        }
    }
    return true;
}

static int add_san(GENERAL_NAMES *names, const char *text, struct seal_cause *cause)
{
    for (size_t i = 0; i < sizeof san_kinds / sizeof san_kinds[0]; i++) {
        size_t len = strlen(san_kinds[i].prefix);
        const char *value = text + len;
        if (strncmp(text, san_kinds[i].prefix, len) != 0 || !*value || !is_plain_ascii(value)) {
            continue;
        }
        GENERAL_NAME *name = a2i_GENERAL_NAME(NULL, NULL, NULL, san_kinds[i].type, value, 0);
        if (name && sk_GENERAL_NAME_push(names, name) > 0) {
            return SEAL_OK;
        }
        GENERAL_NAME_free(name);
    }
    ERR_clear_error();
    return wrong_san(text, cause);
}

static int add_sans(X509_REQ *csr, const char *const *san, struct seal_cause *cause)
{
    STACK_OF(X509_EXTENSION) *extensions = NULL;
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    int err = names ? SEAL_OK : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a request");
    for (; err == SEAL_OK && *san; san++) {
        err = add_san(names, *san, cause);
    }
    if (err == SEAL_OK && (X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, 0, 0) != 1 ||
                           X509_REQ_add_extensions(csr, extensions) != 1)) {
        err = seal_fail_crypto(cause, "cannot add the subject alternative names");
    }
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    return err;
}

static int sign_and_write(X509_REQ *csr, const struct seal_key *key, struct seal_buf *pem,
                          struct seal_cause *cause)
{
    char *bytes = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    EVP_MD_CTX *signer = seal_signer_new(key);
    int err;
    if (!bio || !signer || X509_REQ_set_pubkey(csr, key->pkey) != 1 || X509_REQ_sign_ctx(csr, signer) <= 0 ||
        PEM_write_bio_X509_REQ(bio, csr) != 1) {
        err = seal_fail_crypto(cause, "cannot sign the certificate request");
    } else {
        long len = BIO_get_mem_data(bio, &bytes);
        err = seal_buf_put(pem, bytes, (size_t)len);
    }
    EVP_MD_CTX_free(signer);
    BIO_free(bio);
    return err;
}

int seal_csr_new(const struct seal_key *key, const struct seal_subject *subject, struct seal_buf *pem,
                 struct seal_cause *cause)
{
    X509_NAME *name = NULL;
    X509_REQ *csr = NULL;
    int err = seal_name_parse(subject->name, &name, cause);
    if (err != SEAL_OK) {
        goto out;
    }
    csr = X509_REQ_new();
    if (!csr || X509_REQ_set_version(csr, X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_subject_name(csr, name) != 1) {
        err = seal_fail_crypto(cause, "cannot make a certificate request");
        goto out;
    }
    if (subject->san && subject->san[0]) {
        err = add_sans(csr, subject->san, cause);
    }
    if (err == SEAL_OK) {
        err = sign_and_write(csr, key, pem, cause);
    }
out:
    X509_REQ_free(csr);
    X509_NAME_free(name);
    return err;
}
