/* Inside the crypto layer: names in slash form. */
#ifndef ESPSEAL_CRYPTO_SUBJECT_H
#define ESPSEAL_CRYPTO_SUBJECT_H

#include "crypto.h"

#include <openssl/err.h>

/* *out is the caller's. SEAL_ERR_USAGE names the part that is wrong. */
int seal_name_parse(const char *text, X509_NAME **out, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
