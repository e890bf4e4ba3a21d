#include <espseal/ds.h>

#include "crypto.h"
#include "ds_box.h"

#include <espseal/secret.h>

#include <openssl/core_names.h>
#include <string.h>

static int check_key(const struct seal_key *key, unsigned max_bits, struct seal_cause *cause)
{
    if (key->kind != SEAL_KEY_RSA) {
        int err = seal_fail(cause, SEAL_ERR_KEY, "the DS peripheral needs an RSA key, this one is %s",
                            seal_key_describe(key));
        seal_hint(cause, "make one with: espseal identity key --type rsa:%u --out FILE",
                  max_bits < 3072 ? max_bits : 3072);
        return err;
    }
    unsigned bits = seal_key_bits(key);
    if (bits < 1024 || bits % 1024 || bits > max_bits) {
        int err = seal_fail(cause, SEAL_ERR_KEY, "an %s key does not fit the DS peripheral of this chip",
                            seal_key_describe(key));
        seal_hint(cause, "the chip takes RSA keys of 1024, 2048%s bits",
                  max_bits >= 4096 ? ", 3072 and 4096" : " and 3072");
        return err;
    }
    return SEAL_OK;
}

/* Newton's iteration: each step doubles the number of right low bits; n is odd, so 3 bits are right at the
 * start. */
static uint32_t montgomery_factor(uint32_t n)
{
    uint32_t inverse = n;
    for (int i = 0; i < 4; i++) {
        inverse *= 2 - n * inverse;
    }
    return (uint32_t)0 - inverse;
}

/* Rb = 2^(2 * bits) mod n */
static int compute_rb(const struct seal_key *key, unsigned bits, uint8_t *rb, size_t rb_len)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = seal_pkey_number(key->pkey, OSSL_PKEY_PARAM_RSA_N);
    BIGNUM *power = BN_new();
    bool done = ctx && n && power && BN_is_odd(n) && BN_set_bit(power, (int)(2 * bits)) &&
                BN_mod(power, power, n, ctx) && BN_bn2lebinpad(power, rb, (int)rb_len) >= 0;
    BN_free(power);
    BN_free(n);
    BN_CTX_free(ctx);
    return done ? SEAL_OK : SEAL_ERR_CRYPTO;
}

static int fill_box(const struct seal_key *key, const struct seal_ds_box *box, const uint8_t *iv,
                    struct seal_cause *cause)
{
    unsigned bits = seal_key_bits(key);
    uint8_t *m = seal_ds_box_m(box);
    int err = seal_key_rsa_numbers(key, m, seal_ds_box_y(box), box->number_len, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (compute_rb(key, bits, seal_ds_box_rb(box), box->number_len) != SEAL_OK) {
        return seal_fail_crypto(cause, "cannot prepare the DS parameters");
    }
    seal_put_le32(seal_ds_box_m_prime(box), montgomery_factor(seal_le32(m)));
    seal_put_le32(seal_ds_box_length(box), bits / 32 - 1);
    memset(seal_ds_box_beta(box), SEAL_DS_BETA_LEN, SEAL_DS_BETA_LEN);
    if (seal_ds_box_digest(box, iv, seal_ds_box_md(box)) != SEAL_OK) {
        return seal_fail_crypto(cause, "cannot prepare the DS parameters");
    }
    return SEAL_OK;
}

int seal_ds_encrypt(const struct seal_key *key, unsigned max_bits, const uint8_t hmac_key[static 32],
                    const uint8_t *iv, struct seal_ds_params *params, struct seal_cause *cause)
{
    struct seal_ds_box box = {0};
    memset(params, 0, sizeof *params);
    int err = check_key(key, max_bits, cause);
    if (err != SEAL_OK) {
        return err;
    }
    err = seal_ds_box_new(max_bits, &box);
    if (err != SEAL_OK) {
        err = seal_fail(cause, err, "no room for DS parameters of %u bits", max_bits);
        goto out;
    }
    if (iv) {
        memcpy(params->iv, iv, sizeof params->iv);
    } else if (seal_random(params->iv, sizeof params->iv) != SEAL_OK) {
        err = seal_fail_crypto(cause, "no random numbers");
        goto out;
    }
    err = fill_box(key, &box, params->iv, cause);
    if (err != SEAL_OK) {
        goto out;
    }
    if (seal_ds_box_cipher(true, hmac_key, params->iv, box.bytes, params->c, box.len) != SEAL_OK) {
        err = seal_fail_crypto(cause, "cannot encrypt the DS parameters");
        goto out;
    }
    params->rsa_bits = seal_key_bits(key);
    params->c_len = box.len;
out:
    seal_ds_box_free(&box);
    if (err != SEAL_OK) {
        memset(params, 0, sizeof *params);
    }
    return err;
}
