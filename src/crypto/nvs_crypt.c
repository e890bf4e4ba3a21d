#include "crypto.h"

#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/nvs_crypt.h>
#include <espseal/secret.h>

#include <openssl/evp.h>
#include <string.h>

enum { PAGE = 4096, FIRST_ENTRY = 64, ENTRY = 32, MAP = 32, HALF = 32, TWEAK = 16, PMK_ROUNDS = 4096 };

int seal_nvs_keys_generate(uint8_t keys[static SEAL_NVS_KEYS_LEN], struct seal_cause *cause)
{
    return seal_random(keys, SEAL_NVS_KEYS_LEN) == SEAL_OK ? SEAL_OK
                                                           : seal_fail_crypto(cause, "cannot make keys");
}

static int derive_half(const uint8_t *hmac_key, const uint8_t seed[static 4], uint8_t *half)
{
    uint8_t message[32];
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = seed[i % 4];
    }
    return seal_hmac_sha256(hmac_key, 32, message, sizeof message, half);
}

int seal_nvs_keys_derive(const uint8_t hmac_key[static 32], uint8_t keys[static SEAL_NVS_KEYS_LEN],
                         struct seal_cause *cause)
{
    static const uint8_t data_seed[4] = {0x5A, 0x5A, 0xBE, 0xAE};
    static const uint8_t tweak_seed[4] = {0xA5, 0xA5, 0xDE, 0xCE};
    int err = derive_half(hmac_key, data_seed, keys);
    if (err == SEAL_OK) {
        err = derive_half(hmac_key, tweak_seed, keys + HALF);
    }
    return err == SEAL_OK ? SEAL_OK : seal_fail_crypto(cause, "cannot derive keys");
}

int seal_nvs_keys_encode(const uint8_t keys[static SEAL_NVS_KEYS_LEN], struct seal_buf *out)
{
    int err = seal_buf_put(out, keys, SEAL_NVS_KEYS_LEN);
    if (err == SEAL_OK) {
        err = seal_buf_put_le32(out, seal_crc32(UINT32_MAX, keys, SEAL_NVS_KEYS_LEN));
    }
    return err == SEAL_OK ? seal_buf_put_fill(out, 0xFF, SEAL_NVS_KEYS_SIZE - SEAL_NVS_KEYS_LEN - 4) : err;
}

int seal_nvs_keys_decode(const uint8_t *data, size_t len, const char *name,
                         uint8_t keys[static SEAL_NVS_KEYS_LEN], struct seal_cause *cause)
{
    if (len != SEAL_NVS_KEYS_LEN && len < SEAL_NVS_KEYS_LEN + 4) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "%s has %zu bytes and is neither an NVS keys partition nor its 64 bytes", name, len);
    }
    if (seal_is_filled(data, len, 0xFF)) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is erased: it holds no NVS keys", name);
        seal_hint(cause, "espseal nvs keygen makes keys");
        return err;
    }
    if (len > SEAL_NVS_KEYS_LEN &&
        seal_le32(data + SEAL_NVS_KEYS_LEN) != seal_crc32(UINT32_MAX, data, SEAL_NVS_KEYS_LEN)) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT, "the CRC of the NVS keys in %s is wrong", name);
        seal_hint(cause, "a keys partition read from flash that is encrypted has to be decrypted first");
        return err;
    }
    if (seal_equal(data, data + HALF, HALF)) {
        return seal_fail(cause, SEAL_ERR_KEY, "the two NVS keys in %s are the same, which AES-XTS forbids",
                         name);
    }
    memcpy(keys, data, SEAL_NVS_KEYS_LEN);
    return SEAL_OK;
}

static bool crypt_entry(EVP_CIPHER_CTX *ctx, uint8_t *entry, uint32_t offset)
{
    uint8_t tweak[TWEAK] = {0};
    int put = 0;
    seal_put_le32(tweak, offset);
    return EVP_CipherInit_ex2(ctx, NULL, NULL, tweak, -1, NULL) == 1 &&
           EVP_CipherUpdate(ctx, entry, &put, entry, ENTRY) == 1 && put == ENTRY;
}

/*
 * To be encrypted is what the map calls written, even if it looks erased (data may be all ones), and what was
 * written before the map could tell. What was encrypted never looks erased.
 */
static bool is_concerned(bool encrypt, const uint8_t *page, size_t entry)
{
    unsigned bits = (unsigned)page[MAP + entry / 4] >> (entry % 4 * 2) & 3u;
    return (encrypt && bits != 3) || !seal_is_filled(page + FIRST_ENTRY + entry * ENTRY, ENTRY, 0xFF);
}

static int crypt_partition(bool encrypt, const uint8_t *keys, uint8_t *partition, size_t len,
                           struct seal_cause *cause)
{
    if (len == 0 || len % PAGE || len > UINT32_MAX) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "an NVS partition is made of pages of %d bytes, not of %zu bytes", PAGE, len);
    }
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool done = ctx && EVP_CipherInit_ex2(ctx, EVP_aes_256_xts(), keys, NULL, encrypt, NULL) == 1;
    for (size_t at = 0; done && at < len; at += PAGE) {
        for (size_t entry = 0; done && entry < (PAGE - FIRST_ENTRY) / ENTRY; entry++) {
            size_t offset = at + FIRST_ENTRY + entry * ENTRY;
            done = !is_concerned(encrypt, partition + at, entry) ||
                   crypt_entry(ctx, partition + offset, (uint32_t)offset);
        }
    }
    EVP_CIPHER_CTX_free(ctx);
    return done ? SEAL_OK : seal_fail_crypto(cause, "AES-XTS");
}

int seal_nvs_encrypt(const uint8_t keys[static SEAL_NVS_KEYS_LEN], uint8_t *partition, size_t len,
                     struct seal_cause *cause)
{
    return crypt_partition(true, keys, partition, len, cause);
}

int seal_nvs_decrypt(const uint8_t keys[static SEAL_NVS_KEYS_LEN], uint8_t *partition, size_t len,
                     struct seal_cause *cause)
{
    return crypt_partition(false, keys, partition, len, cause);
}

int seal_wifi_pmk(const char *passphrase, const char *ssid, uint8_t pmk[static 32])
{
    return PKCS5_PBKDF2_HMAC(passphrase, (int)strlen(passphrase), (const uint8_t *)ssid, (int)strlen(ssid),
                             PMK_ROUNDS, EVP_sha1(), 32, pmk) == 1
               ? SEAL_OK
               : SEAL_ERR_CRYPTO;
}
