#include <espseal/digest.h>

#include <openssl/evp.h>
#include <stdlib.h>

static int digest(const EVP_MD *md, const void *data, size_t len, uint8_t *out)
{
    return EVP_Digest(data, len, out, NULL, md, NULL) == 1 ? SEAL_OK : SEAL_ERR_CRYPTO;
}

int seal_sha256(const void *data, size_t len, uint8_t out[static 32])
{
    return digest(EVP_sha256(), data, len, out);
}

int seal_sha384(const void *data, size_t len, uint8_t out[static 48])
{
    return digest(EVP_sha384(), data, len, out);
}

int seal_md5(const void *data, size_t len, uint8_t out[static 16])
{
    return digest(EVP_md5(), data, len, out);
}

static int digest_mapped(const EVP_MD *md, const uint8_t *data, size_t len,
                         const struct seal_release *release, uint8_t *out)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestInit_ex(ctx, md, NULL) == 1;
    for (size_t at = 0; good && at < len; at += SEAL_RELEASE_STEP) {
        const size_t here = len - at < SEAL_RELEASE_STEP ? len - at : SEAL_RELEASE_STEP;
        good = EVP_DigestUpdate(ctx, data + at, here) == 1;
        seal_release_to(release, at + here);
    }
    good = good && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return good ? SEAL_OK : SEAL_ERR_CRYPTO;
}

int seal_sha256_mapped(const void *data, size_t len, const struct seal_release *release,
                       uint8_t out[static 32])
{
    return digest_mapped(EVP_sha256(), data, len, release, out);
}

int seal_sha384_mapped(const void *data, size_t len, const struct seal_release *release,
                       uint8_t out[static 48])
{
    return digest_mapped(EVP_sha384(), data, len, release, out);
}

int seal_md5_mapped(const void *data, size_t len, const struct seal_release *release, uint8_t out[static 16])
{
    return digest_mapped(EVP_md5(), data, len, release, out);
}

int seal_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, uint8_t mac[static 32])
{
    size_t mac_len = 0;
    return EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len, data, len, mac, 32, &mac_len) &&
                   mac_len == 32
               ? SEAL_OK
               : SEAL_ERR_CRYPTO;
}

struct seal_md5_parts {
    EVP_MD_CTX *ctx;
};

int seal_md5_new(struct seal_md5_parts **md5)
{
    *md5 = calloc(1, sizeof **md5);
    if (!*md5) {
        return SEAL_ERR_NO_MEMORY;
    }
    (*md5)->ctx = EVP_MD_CTX_new();
    if (!(*md5)->ctx || !EVP_DigestInit_ex((*md5)->ctx, EVP_md5(), NULL)) {
        seal_md5_free(md5);
        return SEAL_ERR_CRYPTO;
    }
    return SEAL_OK;
}

int seal_md5_put(struct seal_md5_parts *md5, const void *data, size_t len)
{
    return EVP_DigestUpdate(md5->ctx, data, len) == 1 ? SEAL_OK : SEAL_ERR_CRYPTO;
}

int seal_md5_end(struct seal_md5_parts **md5, uint8_t out[static 16])
{
    int err = EVP_DigestFinal_ex((*md5)->ctx, out, NULL) == 1 ? SEAL_OK : SEAL_ERR_CRYPTO;
    seal_md5_free(md5);
    return err;
}

void seal_md5_free(struct seal_md5_parts **md5)
{
    if (*md5) {
        EVP_MD_CTX_free((*md5)->ctx);
        free(*md5);
        *md5 = NULL;
    }
}
