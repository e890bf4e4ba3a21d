/* efuse set-flash-voltage: fixes VDD_SDIO or VDD_SPI, whatever the strapping pin says. */
#include "fuse.h"

#include <string.h>

static const char *const names[][3] = {{"XPD_SDIO_FORCE", "XPD_SDIO_REG", "XPD_SDIO_TIEH"},
                                       {"VDD_SPI_FORCE", "VDD_SPI_XPD", "VDD_SPI_TIEH"}};

int cli_fuse_add_voltage(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause)
{
    const char *voltage = cli_operand(segment, 0);
    const struct seal_chip *chip = fuse->state.chip;
    size_t row = seal_chip_field(chip, names[0][0]) != NULL ? 0 : 1;
    bool off = strcmp(voltage, "off") == 0, low = strcmp(voltage, "1.8V") == 0;
    if (!off && !low && strcmp(voltage, "3.3V") != 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "the flash voltage is 1.8V, 3.3V or off, not %s", voltage);
    }
    if (seal_chip_field(chip, names[row][0]) == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no flash voltage to set", chip->title);
    }
    int err = seal_fuse_plan_field(&fuse->plan, names[row][1], off ? "0" : "1", cause);
    if (err == SEAL_OK) {
        err = seal_fuse_plan_field(&fuse->plan, names[row][2], off || low ? "0" : "1", cause);
    }
    return err == SEAL_OK ? seal_fuse_plan_field(&fuse->plan, names[row][0], "1", cause) : err;
}

static const struct cli_option options[] = {CLI_FUSE_OPTIONS};

const struct cli_command cli_command_efuse_set_flash_voltage = {
    .name = "efuse set-flash-voltage",
    .summary = "fix the voltage of the flash chip",
    .operands = "1.8V|3.3V|off",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Fixes the voltage that the chip gives to its flash, so that the strapping pin (GPIO12 or GPIO45) is "
        "free. The wrong voltage makes the module useless, or destroys its flash; therefore all but 3.3V "
        "trip the rule FLASH-VOLTAGE. The ESP32, ESP32-S2 and ESP32-S3 have this.",
    .examples = "espseal efuse set-flash-voltage --port /dev/ttyUSB0 3.3V",
    .options = options,
    .device = true,
    .offline = true,
    .chains = true,
    .danger = CLI_BURNS,
    .run = cli_fuse_run,
};
