/* What a command needs to encrypt for the DS peripheral: its options, checked. */
#include "identity.h"

#include <espseal/ds.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

enum { HMAC_KEY_LEN = 32, HMAC_FILE_MAX = 4096 };

int cli_require_ds(const struct seal_chip *chip, struct seal_cause *cause)
{
    if (chip->ds_max_bits) {
        return SEAL_OK;
    }
    int err =
        seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no RSA Digital Signature peripheral", chip->title);
    seal_hint(cause, "espseal chip list shows which chips have one");
    return err;
}

int cli_read_hmac_key(const struct cli_run *run, struct seal_buf **key, struct seal_cause *cause)
{
    return cli_read_hmac_key_of(run, "hmac-key", key, cause);
}

int cli_read_hmac_key_of(const struct cli_run *run, const char *option, struct seal_buf **key,
                         struct seal_cause *cause)
{
    const char *path = cli_text(run, option);
    int err = cli_read_secret(run, path, HMAC_FILE_MAX, key, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (seal_buf_len(*key) != HMAC_KEY_LEN) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is not an HMAC key: it has %zu bytes, not %d", path,
                        seal_buf_len(*key), HMAC_KEY_LEN);
        seal_hint(cause, "the file holds the 32 bytes themselves, as burned, not text");
        seal_buf_free(key);
    }
    return err;
}

int cli_ds_iv(const struct cli_run *run, uint8_t iv[static 16], struct seal_cause *cause)
{
    const char *text = cli_text(run, "iv");
    int err = text ? seal_hex_decode(text, iv, SEAL_DS_IV_LEN) : seal_random(iv, SEAL_DS_IV_LEN);
    if (err == SEAL_ERR_FORMAT) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "--iv must be %d hex digits", 2 * SEAL_DS_IV_LEN);
        seal_hint(cause, "without --iv it is random, as it should be for every device");
    }
    return err;
}
