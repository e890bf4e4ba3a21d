/* Digests and MACs, through libcrypto. */
#ifndef ESPSEAL_DIGEST_H
#define ESPSEAL_DIGEST_H

#include <espseal/err.h>

/* SEAL_ERR_CRYPTO. */
int seal_sha256(const void *data, size_t len, uint8_t digest[static 32]) SEAL_MUST_CHECK;
int seal_sha384(const void *data, size_t len, uint8_t digest[static 48]) SEAL_MUST_CHECK;
int seal_md5(const void *data, size_t len, uint8_t digest[static 16]) SEAL_MUST_CHECK;
int seal_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                     uint8_t mac[static 32]) SEAL_MUST_CHECK;

#endif
