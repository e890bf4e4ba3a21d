#include "ds_box.h"

#include <espseal/digest.h>
#include <espseal/secret.h>

#include <openssl/evp.h>
#include <string.h>

int seal_ds_box_new(unsigned max_bits, struct seal_ds_box *box)
{
    memset(box, 0, sizeof *box);
    if (max_bits != 3072 && max_bits != 4096) {
        return SEAL_ERR_USAGE;
    }
    box->number_len = max_bits / 8;
    box->len = 3 * box->number_len + SEAL_DS_MD_LEN + 4 + 4 + SEAL_DS_BETA_LEN;
    box->bytes = seal_secret_alloc(box->len);
    return box->bytes ? SEAL_OK : SEAL_ERR_NO_MEMORY;
}

void seal_ds_box_free(struct seal_ds_box *box)
{
    if (box->bytes) {
        seal_secret_free(box->bytes, box->len);
    }
    memset(box, 0, sizeof *box);
}

uint8_t *seal_ds_box_y(const struct seal_ds_box *box)
{
    return box->bytes;
}

uint8_t *seal_ds_box_m(const struct seal_ds_box *box)
{
    return box->bytes + box->number_len;
}

uint8_t *seal_ds_box_rb(const struct seal_ds_box *box)
{
    return box->bytes + 2 * box->number_len;
}

uint8_t *seal_ds_box_md(const struct seal_ds_box *box)
{
    return box->bytes + 3 * box->number_len;
}

uint8_t *seal_ds_box_m_prime(const struct seal_ds_box *box)
{
    return seal_ds_box_md(box) + SEAL_DS_MD_LEN;
}

uint8_t *seal_ds_box_length(const struct seal_ds_box *box)
{
    return seal_ds_box_m_prime(box) + 4;
}

uint8_t *seal_ds_box_beta(const struct seal_ds_box *box)
{
    return seal_ds_box_length(box) + 4;
}

int seal_ds_box_digest(const struct seal_ds_box *box, const uint8_t iv[static SEAL_DS_IV_LEN],
                       uint8_t md[static SEAL_DS_MD_LEN])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool done = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(ctx, box->bytes, 3 * box->number_len) == 1 &&
                EVP_DigestUpdate(ctx, seal_ds_box_m_prime(box), 8) == 1 &&
                EVP_DigestUpdate(ctx, iv, SEAL_DS_IV_LEN) == 1 && EVP_DigestFinal_ex(ctx, md, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return done ? SEAL_OK : SEAL_ERR_CRYPTO;
}

int seal_ds_box_cipher(bool encrypt, const uint8_t hmac_key[static 32],
                       const uint8_t iv[static SEAL_DS_IV_LEN], const uint8_t *in, uint8_t *out, size_t len)
{
    uint8_t ones[32];
    uint8_t aes_key[32];
    memset(ones, 0xFF, sizeof ones);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int err = seal_hmac_sha256(hmac_key, 32, ones, sizeof ones, aes_key);
    if (err != SEAL_OK) {
        goto out;
    }
    int put = 0;
    bool done = ctx && EVP_CipherInit_ex2(ctx, EVP_aes_256_cbc(), aes_key, iv, encrypt, NULL) == 1 &&
                EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
                EVP_CipherUpdate(ctx, out, &put, in, (int)len) == 1 && (size_t)put == len;
    err = done ? SEAL_OK : SEAL_ERR_CRYPTO;
out:
    EVP_CIPHER_CTX_free(ctx);
    seal_cleanse(aes_key, sizeof aes_key);
    return err;
}
