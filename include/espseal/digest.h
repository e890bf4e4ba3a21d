/* Digests and MACs, through libcrypto. */
#ifndef ESPSEAL_DIGEST_H
#define ESPSEAL_DIGEST_H

#include <espseal/map.h>

/* SEAL_ERR_CRYPTO. */
int seal_sha256(const void *data, size_t len, uint8_t digest[static 32]) SEAL_MUST_CHECK;
int seal_sha384(const void *data, size_t len, uint8_t digest[static 48]) SEAL_MUST_CHECK;
int seal_md5(const void *data, size_t len, uint8_t digest[static 16]) SEAL_MUST_CHECK;
/* The same of what is mapped, telling `release` (map.h). */
int seal_sha256_mapped(const void *data, size_t len, const struct seal_release *release,
                       uint8_t digest[static 32]) SEAL_MUST_CHECK;
int seal_sha384_mapped(const void *data, size_t len, const struct seal_release *release,
                       uint8_t digest[static 48]) SEAL_MUST_CHECK;
int seal_md5_mapped(const void *data, size_t len, const struct seal_release *release,
                    uint8_t digest[static 16]) SEAL_MUST_CHECK;
int seal_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                     uint8_t mac[static 32]) SEAL_MUST_CHECK;

/* MD5 of bytes that come in parts. _end frees and NULLs, also after a failure; so does _free. */
struct seal_md5_parts;
int seal_md5_new(struct seal_md5_parts **md5) SEAL_MUST_CHECK;
int seal_md5_put(struct seal_md5_parts *md5, const void *data, size_t len) SEAL_MUST_CHECK;
int seal_md5_end(struct seal_md5_parts **md5, uint8_t digest[static 16]) SEAL_MUST_CHECK;
void seal_md5_free(struct seal_md5_parts **md5);

#endif
