#include <espseal/ds.h>

#include "ds_box.h"

#include <espseal/secret.h>

#include <openssl/bn.h>
#include <string.h>

enum { CHECK_MD = 1, CHECK_PADDING = 2 };

static int check_box(const struct seal_ds_box *box, const uint8_t *iv, unsigned *check)
{
    uint8_t md[SEAL_DS_MD_LEN];
    int err = seal_ds_box_digest(box, iv, md);
    if (err != SEAL_OK) {
        return err;
    }
    if (!seal_equal(md, seal_ds_box_md(box), sizeof md)) {
        *check |= CHECK_MD;
    }
    for (size_t i = 0; i < SEAL_DS_BETA_LEN; i++) {
        if (seal_ds_box_beta(box)[i] != SEAL_DS_BETA_LEN) {
            *check |= CHECK_PADDING;
        }
    }
    return SEAL_OK;
}

static BIGNUM *secure_number(const uint8_t *bytes, size_t len)
{
    BIGNUM *number = BN_secure_new();
    if (number && !BN_lebin2bn(bytes, (int)len, number)) {
        BN_clear_free(number);
        number = NULL;
    }
    return number;
}

/* The box says how many words of Y, M and X count, as in the peripheral. */
static int power_mod(const struct seal_ds_box *box, const uint8_t *x, uint8_t *z, size_t z_len)
{
    uint32_t words = seal_le32(seal_ds_box_length(box));
    if (words >= box->number_len / 4) {
        return SEAL_ERR_FORMAT;
    }
    size_t len = ((size_t)words + 1) * 4;
    if (len > z_len) {
        return SEAL_ERR_TOO_LONG;
    }
    int err = SEAL_ERR_NO_MEMORY;
    BN_CTX *ctx = BN_CTX_secure_new();
    BIGNUM *base = secure_number(x, len);
    BIGNUM *exponent = secure_number(seal_ds_box_y(box), len);
    BIGNUM *modulus = secure_number(seal_ds_box_m(box), len);
    BIGNUM *result = BN_secure_new();
    if (!ctx || !base || !exponent || !modulus || !result) {
        goto out;
    }
    if (!BN_is_odd(modulus)) {
        err = SEAL_ERR_FORMAT;
        goto out;
    }
    BN_set_flags(exponent, BN_FLG_CONSTTIME);
    err = SEAL_ERR_CRYPTO;
    if (BN_mod_exp_mont_consttime(result, base, exponent, modulus, ctx, NULL) &&
        BN_bn2lebinpad(result, z, (int)z_len) >= 0) {
        err = SEAL_OK;
    }
out:
    BN_clear_free(result);
    BN_clear_free(modulus);
    BN_clear_free(exponent);
    BN_clear_free(base);
    BN_CTX_free(ctx);
    return err;
}

int seal_ds_compute(const struct seal_ds_params *params, unsigned max_bits, const uint8_t hmac_key[static 32],
                    const uint8_t *x, uint8_t *z, unsigned *check)
{
    struct seal_ds_box box = {0};
    size_t z_len = params->rsa_bits / 8;
    *check = 0;
    memset(z, 0, z_len);
    int err = seal_ds_box_new(max_bits, &box);
    if (err != SEAL_OK) {
        goto out;
    }
    if (params->c_len != box.len) {
        err = SEAL_ERR_USAGE;
        goto out;
    }
    err = seal_ds_box_cipher(false, hmac_key, params->iv, params->c, box.bytes, box.len);
    if (err == SEAL_OK) {
        err = check_box(&box, params->iv, check);
    }
    if (err == SEAL_OK && !(*check & CHECK_MD)) {
        err = power_mod(&box, x, z, z_len);
    }
out:
    seal_ds_box_free(&box);
    return err;
}
