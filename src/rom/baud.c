#include "loader.h"

#define CLKDIV_MASK 0xFFFFFu
#define BETWEEN_CRYSTALS_HZ 33000000u

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

int seal_loader_crystal(struct seal_loader *loader, unsigned *mhz, struct seal_cause *cause)
{
    const struct seal_efuse_controller *efuse = loader->chip->efuse;
    uint32_t divider = 0;

    *mhz = efuse && efuse->timings ? efuse->timings->mhz : 0;
    if (loader->chip->rom.uart_clkdiv == 0) {
        return SEAL_OK;
    }
    int err = seal_loader_read_reg(loader, loader->chip->rom.uart_clkdiv, &divider, cause);
    if (err) {
        return err;
    }
    unsigned baud = loader->link->baud ? loader->link->baud : 115200;
    *mhz = (uint64_t)(divider & CLKDIV_MASK) * baud > BETWEEN_CRYSTALS_HZ ? 40 : 26;
    return SEAL_OK;
}
