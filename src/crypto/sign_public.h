/* Between sign.c and sign_public.c. */
#ifndef ESPSEAL_SIGN_PUBLIC_H
#define ESPSEAL_SIGN_PUBLIC_H

#include "crypto.h"

#include <espseal/sign.h>

int seal_public_from_pkey(const EVP_PKEY *pkey, struct seal_public *out,
                          struct seal_cause *cause) SEAL_MUST_CHECK;
/* NULL when the numbers are no key. */
EVP_PKEY *seal_public_to_pkey(const struct seal_public *key);

#endif
