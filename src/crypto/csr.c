#include "crypto.h"
#include "subject.h"

#include <espseal/digest.h>

#include <openssl/ecdsa.h>
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

int seal_san_parse(const char *const *san, GENERAL_NAMES **names, struct seal_cause *cause)
{
    *names = sk_GENERAL_NAME_new_null();
    int err = *names ? SEAL_OK : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a request");
    for (; err == SEAL_OK && *san; san++) {
        err = add_san(*names, *san, cause);
    }
    if (err != SEAL_OK) {
        sk_GENERAL_NAME_pop_free(*names, GENERAL_NAME_free);
        *names = NULL;
    }
    return err;
}

/* One extensionRequest (RFC 2985 5.4.2) with what of the two is not NULL. */
static int put_extensions(X509_REQ *csr, GENERAL_NAMES *names, EXTENDED_KEY_USAGE *usages,
                          struct seal_cause *cause)
{
    STACK_OF(X509_EXTENSION) *extensions = NULL;
    if (!names && !usages) {
        return SEAL_OK;
    }
    bool done = (!names || X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, 0, 0) == 1) &&
                (!usages || X509V3_add1_i2d(&extensions, NID_ext_key_usage, usages, 0, 0) == 1) &&
                X509_REQ_add_extensions(csr, extensions) == 1;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return done ? SEAL_OK : seal_fail_crypto(cause, "cannot add the extensions of the request");
}

static int add_extensions(X509_REQ *csr, const struct seal_subject *subject, struct seal_cause *cause)
{
    GENERAL_NAMES *names = NULL;
    EXTENDED_KEY_USAGE *usages = NULL;
    int err = subject->san && subject->san[0] ? seal_san_parse(subject->san, &names, cause) : SEAL_OK;
    if (err == SEAL_OK) {
        err = seal_usages_parse(subject->usages, &usages, cause);
    }
    if (err == SEAL_OK) {
        err = put_extensions(csr, names, usages, cause);
    }
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
    return err;
}

static int write_pem(X509_REQ *csr, struct seal_buf *pem, struct seal_cause *cause)
{
    char *bytes = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    int err;
    if (!bio || PEM_write_bio_X509_REQ(bio, csr) != 1) {
        err = seal_fail_crypto(cause, "cannot write the certificate request");
    } else {
        long len = BIO_get_mem_data(bio, &bytes);
        err = seal_buf_put(pem, bytes, (size_t)len);
    }
    BIO_free(bio);
    return err;
}

static int sign_and_write(X509_REQ *csr, const struct seal_key *key, struct seal_buf *pem,
                          struct seal_cause *cause)
{
    EVP_MD_CTX *signer = seal_signer_new(key);
    bool done = signer && X509_REQ_set_pubkey(csr, key->pkey) == 1 && X509_REQ_sign_ctx(csr, signer) > 0;
    EVP_MD_CTX_free(signer);
    return done ? write_pem(csr, pem, cause) : seal_fail_crypto(cause, "cannot sign the certificate request");
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
    err = add_extensions(csr, subject, cause);
    if (err == SEAL_OK) {
        err = sign_and_write(csr, key, pem, cause);
    }
out:
    X509_REQ_free(csr);
    X509_NAME_free(name);
    return err;
}

/* Everything but the signature: subject, key, alternative names and usages of the certificate. */
static int request_of(const struct seal_cert *cert, X509_REQ *csr, struct seal_cause *cause)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert->x509, NID_subject_alt_name, NULL, NULL);
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(cert->x509, NID_ext_key_usage, NULL, NULL);
    X509_ALGOR *algorithm = X509_ALGOR_new();
    EVP_PKEY *public = X509_get0_pubkey(cert->x509);
    const bool rsa = EVP_PKEY_is_a(public, "RSA");
    const int nid = rsa                                        ? NID_sha256WithRSAEncryption
                    : seal_pkey_digest(public) == EVP_sha256() ? NID_ecdsa_with_SHA256
                                                               : NID_ecdsa_with_SHA384;
    bool done = algorithm && X509_REQ_set_version(csr, X509_REQ_VERSION_1) == 1 &&
                X509_REQ_set_subject_name(csr, X509_get_subject_name(cert->x509)) == 1 &&
                X509_REQ_set_pubkey(csr, public) == 1 &&
                X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), rsa ? V_ASN1_NULL : V_ASN1_UNDEF, NULL) == 1 &&
                X509_REQ_set1_signature_algo(csr, algorithm) == 1;
    int err = done ? SEAL_OK : seal_fail_crypto(cause, "cannot make a certificate request");
    if (err == SEAL_OK) {
        err = put_extensions(csr, names, usages, cause);
    }
    X509_ALGOR_free(algorithm);
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
    return err;
}

enum { SIGNATURE_MAX = 512 };

/* r and s become DER in their place; its length, 0 when that fails. */
static int encode_ec(uint8_t signature[SIGNATURE_MAX], int len)
{
    uint8_t *at = signature;
    int written = 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, len / 2, NULL);
    BIGNUM *s = BN_bin2bn(signature + len / 2, len / 2, NULL);
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        written = i2d_ECDSA_SIG(pair, NULL) <= SIGNATURE_MAX ? i2d_ECDSA_SIG(pair, &at) : 0;
        r = s = NULL;
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return written > 0 ? written : 0;
}

static int sign_elsewhere(X509_REQ *csr, seal_sign_digest_fn sign, void *ctx, struct seal_cause *cause)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    uint8_t signature[SIGNATURE_MAX];
    uint8_t *tbs = NULL;
    EVP_PKEY *public = X509_REQ_get0_pubkey(csr);
    const bool rsa = EVP_PKEY_is_a(public, "RSA");
    int size = rsa ? EVP_PKEY_get_size(public) : EVP_PKEY_get_bits(public) / 8 * 2;
    int len = i2d_re_X509_REQ_tbs(csr, &tbs);
    int err = len > 0 && size > 0 && size <= SIGNATURE_MAX &&
                      EVP_Digest(tbs, (size_t)len, digest, NULL, seal_pkey_digest(public), NULL) == 1
                  ? sign(ctx, digest, signature, (size_t)size, cause)
                  : seal_fail_crypto(cause, "cannot make a certificate request");
    OPENSSL_free(tbs);
    if (err == SEAL_OK && !rsa) {
        size = encode_ec(signature, size);
    }
    ASN1_BIT_STRING *bits = err == SEAL_OK && size ? ASN1_BIT_STRING_new() : NULL;
    if (bits && ASN1_STRING_set(bits, signature, size) == 1) {
        bits->flags |= ASN1_STRING_FLAG_BITS_LEFT; /* of which none is unused */
        X509_REQ_set0_signature(csr, bits);
        bits = NULL;
    }
    ASN1_BIT_STRING_free(bits);
    if (err == SEAL_OK && X509_REQ_verify(csr, public) != 1) {
        err = seal_fail(cause, SEAL_ERR_PROOF, "the signature on the certificate request does not verify");
    }
    ERR_clear_error();
    return err;
}

int seal_csr_of_cert(const struct seal_cert *cert, seal_sign_digest_fn sign, void *ctx, struct seal_buf *pem,
                     struct seal_cause *cause)
{
    EVP_PKEY *public = X509_get0_pubkey(cert->x509);
    X509_REQ *csr = X509_REQ_new();
    int err;
    const bool ec = public && EVP_PKEY_is_a(public, "EC") && EVP_PKEY_get_bits(public) <= 384;
    if (!csr || !public || !(ec || EVP_PKEY_is_a(public, "RSA"))) {
        err = seal_fail(cause, SEAL_ERR_KEY,
                        "the certificate is neither for an RSA key nor for EC up to P-384");
    } else {
        err = request_of(cert, csr, cause);
    }
    if (err == SEAL_OK) {
        err = sign_elsewhere(csr, sign, ctx, cause);
    }
    if (err == SEAL_OK) {
        err = write_pem(csr, pem, cause);
    }
    X509_REQ_free(csr);
    ERR_clear_error();
    return err;
}
