#include "recipient.h"

#include <espseal/hex.h>

#include <string.h>

int cli_escrow_recipient(struct cli_run *run, struct seal_cert **recipient, struct seal_cause *cause)
{
    const char *path = cli_text(run, "escrow-to");
    *recipient = NULL;
    if (!path) {
        return SEAL_OK;
    }
    int err = cli_read_cert(run, path, recipient, cause);
    if (!err) {
        err = seal_escrow_check_recipient(*recipient, cause);
    }
    if (!err && seal_cert_validity(*recipient) != SEAL_CERT_VALID) {
        cli_warn(run, "the certificate %s is not valid today; the keys are wrapped for it all the same",
                 path);
    }
    if (err) {
        seal_cert_free(recipient);
    }
    return err;
}

int cli_mac(const struct cli_run *run, const char *option, uint8_t mac[static 6], struct seal_cause *cause)
{
    const char *text = cli_text(run, option);
    char hex[13] = "";
    size_t len = 0;
    for (const char *c = text; *c && len < sizeof hex; c++) {
        if (*c != ':' && *c != '-') {
            hex[len++] = *c;
        }
    }
    if (len != 12 || seal_hex_decode(hex, mac, 6) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--%s '%s' is no MAC address", option, text);
    }
    return SEAL_OK;
}
