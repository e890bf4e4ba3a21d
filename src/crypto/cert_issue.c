#include "crypto.h"
#include "pem.h"
#include "subject.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { SERIAL_BITS = 128, DAYS_MAX = 36500 };

static int check_days(unsigned days, struct seal_cause *cause)
{
    if (days >= 1 && days <= DAYS_MAX) {
        return SEAL_OK;
    }
    return seal_fail(cause, SEAL_ERR_USAGE, "a certificate cannot be valid for %u days, only 1 to %d", days,
                     DAYS_MAX);
}

/* RFC 5280 4.1.2.2: positive, at most 20 octets; 128 bits from the generator and never zero. */
static bool set_serial(X509 *x509)
{
    BIGNUM *number = BN_new();
    bool done = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                !BN_is_zero(number) && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509));
    BN_free(number);
    return done;
}

static bool set_times(X509 *x509, unsigned days)
{
    time_t now = time(NULL);
    return X509_time_adj_ex(X509_getm_notBefore(x509), 0, 0, &now) &&
           X509_time_adj_ex(X509_getm_notAfter(x509), (int)days, 0, &now);
}

static bool add(X509 *x509, int nid, void *value, bool critical)
{
    return value && X509_add1_ext_i2d(x509, nid, value, critical, X509V3_ADD_DEFAULT) == 1;
}

static bool add_basic_constraints(X509 *x509, bool ca)
{
    BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new();
    if (constraints) {
        constraints->ca = ca ? 0xFF : 0;
    }
    bool done = add(x509, NID_basic_constraints, constraints, true);
    BASIC_CONSTRAINTS_free(constraints);
    return done;
}

/* bits as in RFC 5280 4.2.1.3: digitalSignature is 0, keyCertSign 5, cRLSign 6. */
static bool add_key_usage(X509 *x509, const int *bits, size_t count)
{
    ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
    bool done = usage;
    for (size_t i = 0; done && i < count; i++) {
        done = ASN1_BIT_STRING_set_bit(usage, bits[i], 1) == 1;
    }
    done = done && add(x509, NID_key_usage, usage, true);
    ASN1_BIT_STRING_free(usage);
    return done;
}

static int add_usages(X509 *x509, const char *const *usages, struct seal_cause *cause)
{
    EXTENDED_KEY_USAGE *list = NULL;
    int err = seal_usages_parse(usages, &list, cause);
    if (err == SEAL_OK && list && !add(x509, NID_ext_key_usage, list, false)) {
        err = seal_fail_crypto(cause, "cannot add the extended key usages");
    }
    sk_ASN1_OBJECT_pop_free(list, ASN1_OBJECT_free);
    return err;
}

static bool sign(X509 *x509, const struct seal_key *key)
{
    EVP_MD_CTX *signer = seal_signer_new(key);
    bool done = signer && X509_sign_ctx(x509, signer) > 0;
    EVP_MD_CTX_free(signer);
    return done;
}

/* RFC 5280 4.2.1.2, method (1): the SHA-1 of the public key's bit string. */
static ASN1_OCTET_STRING *key_identifier(const X509 *x509)
{
    uint8_t sha1[20];
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    if (id && X509_pubkey_digest(x509, EVP_sha1(), sha1, NULL) == 1 &&
        ASN1_OCTET_STRING_set(id, sha1, sizeof sha1) == 1) {
        return id;
    }
    ASN1_OCTET_STRING_free(id);
    return NULL;
}

static bool add_subject_key_identifier(X509 *x509)
{
    ASN1_OCTET_STRING *id = key_identifier(x509);
    bool done = add(x509, NID_subject_key_identifier, id, false);
    ASN1_OCTET_STRING_free(id);
    return done;
}

/* The issuer's own identifier where it has one: verifiers compare the two. */
static bool add_authority_key_identifier(X509 *x509, X509 *issuer)
{
    const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(issuer);
    AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
    if (authority) {
        authority->keyid = own ? ASN1_OCTET_STRING_dup(own) : key_identifier(issuer);
    }
    bool done = authority && authority->keyid && add(x509, NID_authority_key_identifier, authority, false);
    AUTHORITY_KEYID_free(authority);
    return done;
}

static X509 *new_certificate(const X509_NAME *subject, const X509_NAME *issuer, EVP_PKEY *pkey, unsigned days)
{
    X509 *x509 = X509_new();
    if (x509 && X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) && set_times(x509, days) &&
        X509_set_subject_name(x509, subject) == 1 && X509_set_issuer_name(x509, issuer) == 1 &&
        X509_set_pubkey(x509, pkey) == 1) {
        return x509;
    }
    X509_free(x509);
    return NULL;
}

int seal_ca_new(const struct seal_key *key, const char *subject, unsigned days, struct seal_cert **cert,
                struct seal_cause *cause)
{
    return seal_ca_new_for(key, &(struct seal_subject){.name = subject}, days, cert, cause);
}

int seal_ca_new_for(const struct seal_key *key, const struct seal_subject *subject, unsigned days,
                    struct seal_cert **cert, struct seal_cause *cause)
{
    static const int usage[] = {5, 6};
    X509_NAME *name = NULL;
    X509 *x509 = NULL;
    *cert = NULL;
    int err = check_days(days, cause);
    if (err == SEAL_OK) {
        err = seal_name_parse(subject->name, &name, cause);
    }
    if (err != SEAL_OK) {
        return err;
    }
    x509 = new_certificate(name, name, key->pkey, days);
    bool done = x509 && add_basic_constraints(x509, true) && add_key_usage(x509, usage, 2) &&
                (err = add_usages(x509, subject->usages, cause)) == SEAL_OK &&
                add_subject_key_identifier(x509) && sign(x509, key);
    X509_NAME_free(name);
    if (!done) {
        X509_free(x509);
        return err != SEAL_OK ? err : seal_fail_crypto(cause, "cannot make the CA certificate");
    }
    return seal_cert_wrap(x509, cert, cause);
}

static bool add_names(X509 *x509, const char *const *san, struct seal_cause *cause, int *err)
{
    GENERAL_NAMES *names = NULL;
    *err = san && san[0] ? seal_san_parse(san, &names, cause) : SEAL_OK;
    bool done = *err == SEAL_OK && (!names || add(x509, NID_subject_alt_name, names, false));
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    return done;
}

int seal_cert_new_placeholder(const struct seal_key *key, const struct seal_subject *subject,
                              struct seal_cert **cert, struct seal_cause *cause)
{
    X509_NAME *name = NULL;
    *cert = NULL;
    int err = seal_name_parse(subject->name, &name, cause);
    if (err != SEAL_OK) {
        return err;
    }
    X509 *x509 = new_certificate(name, name, key->pkey, 1);
    X509_NAME_free(name);
    bool done = x509 && ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "99991231235959Z") == 1 &&
                add_basic_constraints(x509, false) && add_names(x509, subject->san, cause, &err) &&
                (err = add_usages(x509, subject->usages, cause)) == SEAL_OK && sign(x509, key);
    if (!done) {
        X509_free(x509);
        return err != SEAL_OK ? err : seal_fail_crypto(cause, "cannot make the certificate");
    }
    return seal_cert_wrap(x509, cert, cause);
}

bool seal_cert_is_placeholder(const struct seal_cert *cert)
{
    return !X509_check_ca(cert->x509) && seal_cert_signed_by(cert, cert, NULL) == SEAL_OK;
}

static int check_ca(const struct seal_cert *ca_cert, const struct seal_key *ca_key, struct seal_cause *cause)
{
    struct seal_cert_info info;
    int err = seal_cert_info(ca_cert, &info);
    if (err != SEAL_OK) {
        return seal_fail(cause, err, "the CA certificate is damaged");
    }
    bool may_sign = X509_check_ca(ca_cert->x509) && X509_get_key_usage(ca_cert->x509) & KU_KEY_CERT_SIGN;
    ERR_clear_error();
    if (!may_sign) {
        err = seal_fail(cause, SEAL_ERR_MISMATCH, "the certificate of \"%.120s\" is not that of a CA",
                        info.subject);
        seal_hint(cause,
                  "--ca-cert and --ca-key take what espseal identity ca made, or an intermediate CA's");
        return err;
    }
    err = seal_cert_matches_key(ca_cert, ca_key, cause);
    if (err != SEAL_OK) {
        return err;
    }
    enum seal_cert_validity validity = seal_cert_validity(ca_cert);
    if (validity == SEAL_CERT_VALID) {
        return SEAL_OK;
    }
    bool expired = validity == SEAL_CERT_EXPIRED;
    err =
        seal_fail(cause, SEAL_ERR_MISMATCH, "the CA certificate of \"%.120s\" %s %s", info.subject,
                  expired ? "expired on" : "is not valid before", expired ? info.not_after : info.not_before);
    seal_hint(cause, "nothing it signs now would be trusted; give a valid CA, or set this computer's clock");
    return err;
}

static int decode_csr(const uint8_t *data, size_t len, const char *name, X509_REQ **csr,
                      struct seal_cause *cause)
{
    const uint8_t *at = data;
    *csr = len <= LONG_MAX ? d2i_X509_REQ(NULL, &at, (long)len) : NULL;
    if (*csr && at != data + len) {
        X509_REQ_free(*csr);
        *csr = NULL;
    }
    ERR_clear_error();
    return *csr ? SEAL_OK : seal_fail_kind(cause, name, seal_der_kind(data, len), "a certificate request");
}

static int read_csr(const void *data, size_t len, const char *name, X509_REQ **csr, struct seal_cause *cause)
{
    *csr = NULL;
    if (!seal_is_pem(data, len)) {
        return decode_csr(data, len, name, csr, cause);
    }
    struct seal_pem block = {0};
    BIO *bio = seal_bio_borrow(data, len);
    int err = bio ? seal_pem_next(bio, &block) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        const char *kind = seal_pem_kind(block.name);
        bool request = kind && strcmp(kind, "a certificate request") == 0;
        err = request ? decode_csr(block.data, (size_t)block.len, name, csr, cause)
                      : seal_fail_kind(cause, name, kind, "a certificate request");
    } else {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "the PEM text of %s is damaged or cut off", name);
    }
    seal_pem_free(&block);
    BIO_free(bio);
    return err;
}

static int check_csr(X509_REQ *csr, const char *name, struct seal_cause *cause)
{
    EVP_PKEY *pkey = X509_REQ_get0_pubkey(csr);
    if (!pkey) {
        ERR_clear_error();
        return seal_fail(cause, SEAL_ERR_KEY, "the key in %s is of a kind that is not known here", name);
    }
    bool good = X509_REQ_verify(csr, pkey) == 1;
    ERR_clear_error();
    return good ? SEAL_OK
                : seal_fail(cause, SEAL_ERR_MISMATCH, "%s was altered or not signed with its own key", name);
}

/* RFC 5280 4.1.2.6: with an empty subject the alternative name is what names the device, and critical. */
static int copy_san(X509_REQ *csr, const char *name, X509 *x509, struct seal_cause *cause)
{
    bool nameless = X509_NAME_entry_count(X509_get_subject_name(x509)) == 0;
    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(csr);
    GENERAL_NAMES *names = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
    int err = SEAL_OK;
    if (names && !add(x509, NID_subject_alt_name, names, nameless)) {
        err = seal_fail_crypto(cause, "cannot copy the subject alternative names");
    } else if (!names && nameless) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s names nobody: no subject, no alternative name", name);
    }
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    ERR_clear_error();
    return err;
}

static int sign_device(X509 *x509, const char *const *usages, X509 *ca, const struct seal_key *ca_key,
                       struct seal_cause *cause)
{
    static const int usage[] = {0};
    static const char *const client[] = {"clientAuth", NULL};
    int err = add_usages(x509, usages && usages[0] ? usages : client, cause);
    if (err != SEAL_OK) {
        return err;
    }
    bool done = add_basic_constraints(x509, false) && add_key_usage(x509, usage, 1) &&
                add_subject_key_identifier(x509) && add_authority_key_identifier(x509, ca) &&
                sign(x509, ca_key);
    return done ? SEAL_OK : seal_fail_crypto(cause, "cannot sign the certificate");
}

int seal_cert_issue(const void *csr, size_t csr_len, const char *csr_name, const struct seal_cert *ca_cert,
                    const struct seal_key *ca_key, const char *const *usages, unsigned days,
                    struct seal_cert **cert, struct seal_cause *cause)
{
    X509_REQ *request = NULL;
    X509 *x509 = NULL;
    *cert = NULL;
    int err = check_days(days, cause);
    if (err == SEAL_OK) {
        err = check_ca(ca_cert, ca_key, cause);
    }
    if (err == SEAL_OK) {
        err = read_csr(csr, csr_len, csr_name, &request, cause);
    }
    if (err == SEAL_OK) {
        err = check_csr(request, csr_name, cause);
    }
    if (err != SEAL_OK) {
        goto out;
    }
    x509 = new_certificate(X509_REQ_get_subject_name(request), X509_get_subject_name(ca_cert->x509),
                           X509_REQ_get0_pubkey(request), days);
    if (!x509) {
        err = seal_fail_crypto(cause, "cannot make the certificate");
        goto out;
    }
    err = copy_san(request, csr_name, x509, cause);
    if (err == SEAL_OK) {
        err = sign_device(x509, usages, ca_cert->x509, ca_key, cause);
    }
    if (err == SEAL_OK) {
        err = seal_cert_wrap(x509, cert, cause);
        x509 = NULL;
    }
out:
    X509_free(x509);
    X509_REQ_free(request);
    return err;
}
