#include "loader.h"

#include <string.h>

int rom_change_baud(struct seal_loader *loader, unsigned baud, struct seal_cause *cause)
{
    if (baud == 0 || baud == loader->link->baud || loader->link->usb_serial_jtag) {
        return SEAL_OK;
    }
    uint8_t payload[8] = {0}; /* new rate; the old one is for stubs */
    seal_put_le32(payload, baud);
    const struct rom_command command = {
        .opcode = SEAL_ROM_CHANGE_BAUDRATE, .data = payload, .len = sizeof payload};
    int err = rom_transact(loader, &command, NULL, cause);
    if (err == SEAL_ERR_ROM_REFUSED) {
        return SEAL_OK; /* secure download mode of the C2 and C5: only slower */
    }
    if (!err) {
        err = seal_link_set_baud(loader->link, baud, cause);
    }
    if (err || loader->link->baud == 0) {
        return err;
    }
    /* The ROM answers at the old rate and changes then; what arrives meanwhile is lost. */
    err = SEAL_ERR_TIMEOUT;
    for (unsigned i = 0; i < 10 && err == SEAL_ERR_TIMEOUT; i++) {
        err = rom_sync(loader, 30, cause);
    }
    if (err == SEAL_ERR_TIMEOUT) {
        err = seal_fail(cause, SEAL_ERR_LINK, "%s: no answer at %u baud", loader->link->name, baud);
        seal_hint(cause, "try a lower --baud: the adapter or the cable may not carry this one");
    }
    return err;
}
