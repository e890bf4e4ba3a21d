/* Keys as eFuses hold them: the scalar of an ECDSA key. */
#include "crypto.h"

#include <openssl/core_names.h>

int seal_key_ec_scalar(const struct seal_key *key, uint8_t scalar[static 48], size_t *len,
                       struct seal_cause *cause)
{
    unsigned bits = seal_key_nist_bits(key);
    *len = bits / 8;
    if (bits != 192 && bits != 256 && bits != 384) {
        return seal_fail(cause, SEAL_ERR_KEY,
                         "the ECDSA peripheral takes keys on P-192, P-256 and P-384, not %s",
                         seal_key_describe(key));
    }
    BIGNUM *number = seal_pkey_number(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY);
    bool done = number != NULL && BN_bn2binpad(number, scalar, (int)*len) == (int)*len;
    BN_clear_free(number);
    return done ? SEAL_OK : seal_fail_crypto(cause, "the private number of the key cannot be had");
}
