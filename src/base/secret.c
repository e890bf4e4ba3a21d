#include <espseal/secret.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define SECURE_HEAP_SIZE (256u << 10)
#define SECURE_HEAP_SMALLEST 64

int seal_secret_init(bool *locked)
{
    const struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);

    /* 1: locked in memory; 2: made, but mlock failed (the limit is too low); 0: not made */
    int state = CRYPTO_secure_malloc_initialized()
                    ? 1
                    : CRYPTO_secure_malloc_init(SECURE_HEAP_SIZE, SECURE_HEAP_SMALLEST);
    if (locked) {
        *locked = state == 1;
    }
    return state ? SEAL_OK : SEAL_ERR_NO_MEMORY;
}

void *seal_secret_alloc(size_t size)
{
    return OPENSSL_secure_zalloc(size);
}

void seal_secret_free(void *ptr, size_t size)
{
    OPENSSL_secure_clear_free(ptr, size);
}

void *seal_secret_pages(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return NULL;
    }
    (void)madvise(pages, size, MADV_DONTDUMP);
    (void)mlock(pages, size);
    return pages;
}

void seal_secret_pages_free(void *ptr, size_t size)
{
    if (ptr) {
        OPENSSL_cleanse(ptr, size);
        (void)munmap(ptr, size);
    }
}

void seal_cleanse(void *ptr, size_t size)
{
    OPENSSL_cleanse(ptr, size);
}

int seal_random(uint8_t *out, size_t len)
{
    return RAND_priv_bytes(out, (int)len) == 1 ? SEAL_OK : SEAL_ERR_CRYPTO;
}

bool seal_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}
