/* efuse burn-mac: another MAC address than the factory's. */
#include "fuse.h"

int cli_fuse_add_mac(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause)
{
    if (seal_fuse_plan_find_field(fuse->state.chip, "CUSTOM_MAC") == NULL) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no eFuse for a custom MAC address",
                         fuse->state.chip->title);
    }
    return seal_fuse_plan_field(&fuse->plan, "CUSTOM_MAC", cli_operand(segment, 0), cause);
}

static const struct cli_option options[] = {CLI_FUSE_OPTIONS};

const struct cli_command cli_command_efuse_burn_mac = {
    .name = "efuse burn-mac",
    .summary = "burn a custom MAC address",
    .operands = "MAC",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Burns a MAC address that firmware can use instead of the factory's, which stays as it is. It must "
        "be unicast. On most chips it is a part of BLOCK_USR_DATA, which can be written once only.",
    .examples = "espseal efuse burn-mac --port /dev/ttyUSB0 02:00:00:12:34:56",
    .options = options,
    .device = true,
    .offline = true,
    .chains = true,
    .danger = CLI_BURNS,
    .run = cli_fuse_run,
};
