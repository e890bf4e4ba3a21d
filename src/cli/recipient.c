#include "recipient.h"

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
