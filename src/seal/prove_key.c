/* Is the hidden key of a block the one that we hold? */
#include <espseal/prove.h>

#include <espseal/ds.h>
#include <espseal/secret.h>

int seal_prove_ds_key(struct seal_loader *loader, unsigned efuse_key, const uint8_t hmac_key[static 32],
                      bool *same, struct seal_cause *cause)
{
    struct seal_key *key = NULL;
    struct seal_cert *cert = NULL;
    struct seal_ds_params params;
    struct seal_proof proof;
    *same = false;
    int err = seal_key_generate("rsa:2048", &key, cause);
    if (err == SEAL_OK) {
        err = seal_ca_new(key, "/CN=challenge", 1, &cert, cause);
    }
    if (err == SEAL_OK) {
        err = seal_ds_encrypt(key, seal_loader_chip(loader)->ds_max_bits, hmac_key, NULL, &params, cause);
    }
    if (err == SEAL_OK) {
        err = seal_prove_ds(loader, efuse_key, 2048, params.iv, params.c, params.c_len, cert, &proof, cause);
        *same = err == SEAL_OK;
        err = err == SEAL_ERR_PROOF ? SEAL_OK : err;
    }
    seal_cert_free(&cert);
    seal_key_free(&key);
    return err;
}
