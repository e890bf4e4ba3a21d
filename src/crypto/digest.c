#include <espseal/digest.h>

#include <openssl/evp.h>

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

int seal_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, uint8_t mac[static 32])
{
    size_t mac_len = 0;
    return EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len, data, len, mac, 32, &mac_len) &&
                   mac_len == 32
               ? SEAL_OK
               : SEAL_ERR_CRYPTO;
}
