#include <espseal/digest.h>
#include <espseal/jtag_token.h>

int seal_jtag_token(const uint8_t key[static SEAL_JTAG_KEY_LEN], uint8_t token[static SEAL_JTAG_TOKEN_LEN],
                    struct seal_cause *cause)
{
    static const uint8_t zeroes[32];
    int err = seal_hmac_sha256(key, SEAL_JTAG_KEY_LEN, zeroes, sizeof zeroes, token);
    return err == SEAL_OK ? SEAL_OK : seal_fail(cause, err, "cannot compute the JTAG token");
}
