/* Where secrets live: OpenSSL's secure heap (locked, not dumped), random bytes, cleansing. */
#ifndef ESPSEAL_SECRET_H
#define ESPSEAL_SECRET_H

#include <espseal/err.h>

/*
 * Initialises OpenSSL's secure heap (256 KiB) and makes the process not dumpable (PR_SET_DUMPABLE,
 * RLIMIT_CORE). Call once, first thing in main. *locked (NULL allowed) tells whether the heap could be
 * locked in memory. Without this call secrets fall back to the ordinary heap and are still zeroed.
 */
int seal_secret_init(bool *locked);

/* Zeroed memory from the secure heap; NULL when out. free zeroes; NULL is allowed. */
void *seal_secret_alloc(size_t size);
void seal_secret_free(void *ptr, size_t size);

/*
 * Zeroed pages of their own for what is mostly no secret and too large for the secure heap, but holds keys in
 * places: not dumped, and locked in memory as far as the limit of the process goes. NULL when out. free
 * zeroes.
 */
void *seal_secret_pages(size_t size);
void seal_secret_pages_free(void *ptr, size_t size);

/* Overwrites with zeroes in a way no compiler removes. */
void seal_cleanse(void *ptr, size_t size);

/* Cryptographic random bytes from OpenSSL's private generator. SEAL_ERR_CRYPTO. */
int seal_random(uint8_t *out, size_t len) SEAL_MUST_CHECK;

/* Equality in time that does not depend on the contents. */
bool seal_equal(const void *a, const void *b, size_t len);

#endif
