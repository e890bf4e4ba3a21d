#include "crypto.h"

#include <espseal/secret.h>

#include <openssl/core_names.h>
#include <string.h>

static const char *const rsa_secrets[] = {
    OSSL_PKEY_PARAM_RSA_D,
    OSSL_PKEY_PARAM_RSA_FACTOR1,
    OSSL_PKEY_PARAM_RSA_FACTOR2,
    OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2,
    OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
    NULL,
};
static const char *const ec_secrets[] = {OSSL_PKEY_PARAM_PRIV_KEY, NULL};

static int number_occurs(const BIGNUM *number, const void *data, size_t len, bool *found)
{
    size_t size = (size_t)BN_num_bytes(number);
    uint8_t *bytes = size ? seal_secret_alloc(size) : NULL;
    if (!bytes) {
        return size ? SEAL_ERR_NO_MEMORY : SEAL_ERR_CRYPTO;
    }
    /* Without leading zeros, so that padding before or behind makes no difference. */
    (void)BN_bn2bin(number, bytes);
    bool occurs = memmem(data, len, bytes, size) != NULL;
    int err = BN_bn2lebinpad(number, bytes, (int)size) < 0 ? SEAL_ERR_CRYPTO : SEAL_OK;
    *found = occurs || err || memmem(data, len, bytes, size) != NULL;
    seal_secret_free(bytes, size);
    return err;
}

int seal_key_occurs_in(const struct seal_key *key, const void *data, size_t len, bool *found)
{
    const char *const *names = key->kind == SEAL_KEY_RSA ? rsa_secrets : ec_secrets;
    *found = false;
    for (size_t i = 0; names[i] && !*found; i++) {
        *found = true;
        BIGNUM *number = seal_pkey_number(key->pkey, names[i]);
        if (!number && i == 0) {
            return SEAL_ERR_CRYPTO;
        }
        if (!number) { /* an RSA key may come without its primes */
            *found = false;
            continue;
        }
        int err = number_occurs(number, data, len, found);
        BN_clear_free(number);
        if (err != SEAL_OK) {
            return err;
        }
    }
    return SEAL_OK;
}
