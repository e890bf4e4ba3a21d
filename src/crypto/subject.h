/* Inside the crypto layer: names in slash form. */
#ifndef ESPSEAL_CRYPTO_SUBJECT_H
#define ESPSEAL_CRYPTO_SUBJECT_H

#include "crypto.h"

#include <openssl/x509v3.h>

/* *out is the caller's. SEAL_ERR_USAGE names the part that is wrong. */
int seal_name_parse(const char *text, X509_NAME **out, struct seal_cause *cause) SEAL_MUST_CHECK;

/* san is NULL-terminated; *names is the caller's. SEAL_ERR_USAGE names the one that is wrong. */
int seal_san_parse(const char *const *san, GENERAL_NAMES **names, struct seal_cause *cause) SEAL_MUST_CHECK;

/* usages is NULL-terminated, NULL for none; *list is the caller's, NULL for none. SEAL_ERR_USAGE names the
 * one that is wrong. */
int seal_usages_parse(const char *const *usages, EXTENDED_KEY_USAGE **list,
                      struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
