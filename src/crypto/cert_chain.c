/* What must hold of a device's certificate before anything is burned for it. */
#include "crypto.h"
#include "name.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

static bool is_root(X509 *x509)
{
    return X509_NAME_cmp(X509_get_issuer_name(x509), X509_get_subject_name(x509)) == 0 &&
           X509_verify(x509, X509_get0_pubkey(x509)) == 1;
}

static int count(const struct seal_cert *cert)
{
    return 1 + (cert->others ? sk_X509_num(cert->others) : 0);
}

static X509 *at(const struct seal_cert *cert, int index)
{
    return index == 0 ? cert->x509 : sk_X509_value(cert->others, index - 1);
}

/* Roots are trusted; a file without any root is trusted as it stands. */
static bool trust(X509_STORE *store, const struct seal_cert *ca)
{
    bool roots = false;
    bool done = true;
    for (int i = 0; i < count(ca); i++) {
        roots = roots || is_root(at(ca, i));
    }
    for (int i = 0; done && i < count(ca); i++) {
        done = (roots && !is_root(at(ca, i))) || X509_STORE_add_cert(store, at(ca, i)) == 1;
    }
    return done && X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME) == 1;
}

static bool gather(STACK_OF(X509) * between, const struct seal_cert *cert)
{
    bool done = true;
    for (int i = 0; done && i < count(cert); i++) {
        done = sk_X509_push(between, at(cert, i)) > 0;
    }
    return done;
}

int seal_cert_check_chain(const struct seal_cert *cert, const struct seal_cert *ca, struct seal_cause *cause)
{
    char subject[100];
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    int err = SEAL_OK;
    if (!store || !ctx || !between || !trust(store, ca) || !gather(between, cert) || !gather(between, ca) ||
        X509_STORE_CTX_init(ctx, store, cert->x509, between) != 1) {
        err = seal_fail_crypto(cause, "cannot verify the certificate");
    } else if (X509_verify_cert(ctx) != 1) {
        int why = X509_STORE_CTX_get_error(ctx);
        seal_name_print(X509_get_subject_name(cert->x509), subject, sizeof subject);
        err = seal_fail(cause, SEAL_ERR_MISMATCH,
                        "the certificate of \"%s\" does not lead to the CA certificate: %s", subject,
                        X509_verify_cert_error_string(why));
        seal_hint(cause, "put missing intermediate certificates behind the first one of either file");
    }
    sk_X509_free(between);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    ERR_clear_error();
    return err;
}

int seal_cert_check_exponent(const struct seal_cert *cert, struct seal_cause *cause)
{
    enum { SMALLEST = 65537 };
    const EVP_PKEY *pkey = X509_get0_pubkey(cert->x509);
    if (!pkey || !EVP_PKEY_is_a(pkey, "RSA")) {
        ERR_clear_error();
        return SEAL_OK;
    }
    BIGNUM *exponent = seal_pkey_number(pkey, OSSL_PKEY_PARAM_RSA_E);
    BN_ULONG value = exponent ? BN_get_word(exponent) : 0; /* all ones when it is longer */
    bool good = exponent && value >= SMALLEST && BN_is_odd(exponent);
    BN_free(exponent);
    if (good) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_KEY,
                        "the RSA key has the public exponent %lu; below 65537 signatures can be forged",
                        (unsigned long)value);
    seal_hint(cause, "make one with: espseal identity key --type rsa:2048 --out client.key");
    return err;
}
