#include "crypto.h"
#include "name.h"

#include <espseal/digest.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void print_serial(const ASN1_INTEGER *serial, char text[static 48])
{
    BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
    char *hex = number ? BN_bn2hex(number) : NULL;
    (void)snprintf(text, 48, "%.47s", hex ? hex : "");
    for (char *c = text; *c; c++) {
        if (*c >= 'A' && *c <= 'F') {
            *c = (char)(*c - 'A' + 'a');
        }
    }
    OPENSSL_free(hex);
    BN_free(number);
}

static int digest_certificate(X509 *x509, uint8_t sha256[static 32])
{
    return X509_digest(x509, EVP_sha256(), sha256, NULL) == 1 ? SEAL_OK : SEAL_ERR_CRYPTO;
}

static int describe_key(X509 *x509, struct seal_cert_info *info)
{
    const EVP_PKEY *public = X509_get0_pubkey(x509);
    ERR_clear_error();
    if (!public) {
        (void)snprintf(info->key, sizeof info->key, "unknown");
        return SEAL_OK;
    }
    seal_pkey_describe(public, info->key);
    return seal_pkey_fingerprint(public, info->key_sha256);
}

int seal_cert_info(const struct seal_cert *cert, struct seal_cert_info *info)
{
    X509 *x509 = cert->x509;
    memset(info, 0, sizeof *info);
    seal_name_print(X509_get_subject_name(x509), info->subject, sizeof info->subject);
    seal_name_print(X509_get_issuer_name(x509), info->issuer, sizeof info->issuer);
    print_serial(X509_get0_serialNumber(x509), info->serial);
    info->is_ca = X509_check_ca(x509) == 1;
    ERR_clear_error();
    int err = seal_time_print(X509_get0_notBefore(x509), info->not_before, &info->not_before_unix);
    if (err == SEAL_OK) {
        err = seal_time_print(X509_get0_notAfter(x509), info->not_after, &info->not_after_unix);
    }
    if (err == SEAL_OK) {
        err = describe_key(x509, info);
    }
    if (err == SEAL_OK) {
        err = digest_certificate(x509, info->sha256);
    }
    return err;
}

enum seal_cert_validity seal_cert_validity(const struct seal_cert *cert)
{
    time_t now = time(NULL);
    if (X509_cmp_time(X509_get0_notBefore(cert->x509), &now) > 0) {
        return SEAL_CERT_NOT_YET;
    }
    return X509_cmp_time(X509_get0_notAfter(cert->x509), &now) > 0 ? SEAL_CERT_VALID : SEAL_CERT_EXPIRED;
}
