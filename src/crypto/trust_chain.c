/* Bundles looked at with OpenSSL's eyes: what an entry is, and which chains a device would trust. */
#include "crypto.h"
#include "name.h"

#include <espseal/trust.h>

#include <openssl/err.h>
#include <string.h>

static EVP_PKEY *key_of(const struct seal_bundle_entry *entry)
{
    const unsigned char *at = entry->key;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, entry->key_len);
    if (pkey && at != entry->key + entry->key_len) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    ERR_clear_error();
    return pkey;
}

int seal_bundle_describe(const struct seal_bundle_entry *entry, char *subject, size_t size,
                         char key[static 24])
{
    const unsigned char *at = entry->name;
    X509_NAME *name = d2i_X509_NAME(NULL, &at, entry->name_len);
    EVP_PKEY *pkey = key_of(entry);
    bool good = name && at == entry->name + entry->name_len && pkey;
    if (good) {
        seal_name_print(name, subject, size);
        seal_pkey_describe(pkey, key);
    }
    X509_NAME_free(name);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return good ? SEAL_OK : SEAL_ERR_FORMAT;
}

static bool signed_by(X509 *x509, const struct seal_bundle_entry *entry)
{
    EVP_PKEY *pkey = key_of(entry);
    bool good = pkey && X509_verify(x509, pkey) == 1;
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return good;
}

/* The entry that has the issuer's name and whose key signed x509. */
static bool find(const struct seal_bundle *bundle, X509 *x509, size_t *index)
{
    const unsigned char *issuer = NULL;
    size_t len = 0;
    if (X509_NAME_get0_der(X509_get_issuer_name(x509), &issuer, &len) != 1) {
        return false;
    }
    for (size_t i = 0; i < bundle->count; i++) {
        const struct seal_bundle_entry *entry = &bundle->entries[i];
        if (entry->name_len == len && memcmp(entry->name, issuer, len) == 0 && signed_by(x509, entry)) {
            *index = i;
            return true;
        }
    }
    return false;
}

int seal_bundle_trusts(const struct seal_bundle *bundle, const struct seal_cert *chain, size_t *index,
                       struct seal_cause *cause)
{
    char subject[100], issuer[100];
    int more = chain->others ? sk_X509_num(chain->others) : 0;
    X509 *x509 = chain->x509;
    for (int i = 0;; i++) {
        if (find(bundle, x509, index)) {
            return SEAL_OK;
        }
        X509 *next = i < more ? sk_X509_value(chain->others, i) : NULL;
        seal_name_print(X509_get_subject_name(x509), subject, sizeof subject);
        seal_name_print(X509_get_issuer_name(x509), issuer, sizeof issuer);
        if (!next) {
            return seal_fail(cause, SEAL_ERR_MISMATCH,
                             "the certificate of \"%s\" was issued by \"%s\", which the bundle does not have",
                             subject, issuer);
        }
        if (X509_verify(x509, X509_get0_pubkey(next)) != 1) {
            ERR_clear_error();
            return seal_fail(cause, SEAL_ERR_MISMATCH,
                             "the certificate of \"%s\" was not signed by the next one in its file", subject);
        }
        x509 = next;
    }
}
