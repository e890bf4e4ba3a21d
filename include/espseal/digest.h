/* Digests and MACs, through libcrypto. */
#ifndef ESPSEAL_DIGEST_H
#define ESPSEAL_DIGEST_H

#include <espseal/err.h>

/* SEAL_ERR_CRYPTO. */
int seal_sha256(const void *data, size_t len, uint8_t digest[static 32]) SEAL_MUST_CHECK;
int seal_sha384(const void *data, size_t len, uint8_t digest[static 48]) SEAL_MUST_CHECK;
int seal_md5(const void *data, size_t len, uint8_t digest[static 16]) SEAL_MUST_CHECK;
/* The same of what is mapped: `release` is told now and then how far it was read, so that memory does not
 * grow with len. release NULL, or its function NULL: nobody is told. */
struct seal_release {
    void (*pages)(void *ctx, size_t end); /* bytes up to end may leave memory until they are read again */
    void *ctx;
};
int seal_sha256_mapped(const void *data, size_t len, const struct seal_release *release,
                       uint8_t digest[static 32]) SEAL_MUST_CHECK;
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
