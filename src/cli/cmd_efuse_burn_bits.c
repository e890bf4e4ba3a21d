/* efuse burn-bits: single bits, for whoever knows the datasheet. */
#include "fuse.h"

#include <espseal/hex.h>

int cli_fuse_add_bits(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause)
{
    unsigned block = 0;
    const char *word;
    int err = cli_fuse_block(fuse, cli_operand(segment, 0), &block, cause);
    for (size_t i = 1; err == SEAL_OK && (word = cli_operand(segment, i)) != NULL; i++) {
        uint32_t bit;
        err = seal_parse_u32(word, 0xFFFF, &bit) == SEAL_OK
                  ? seal_fuse_plan_bit(&fuse->plan, block, bit, cause)
                  : seal_fail(cause, SEAL_ERR_USAGE, "\"%s\" is no number of a bit", word);
    }
    return err;
}

static const struct cli_option options[] = {CLI_FUSE_OPTIONS};

const struct cli_command cli_command_efuse_burn_bits = {
    .name = "efuse burn-bits",
    .summary = "burn single bits of an eFuse block",
    .operands = "BLOCK BIT...",
    .operands_min = 2,
    .operands_max = -1,
    .description =
        "Burns bits by their number in the block, counted from 0. What they mean is shown in the plan. "
        "A coded block (all but BLOCK0, except on the ESP32) can be written once only: all of its bits "
        "go into one plan.",
    .examples = "espseal efuse burn-bits --port /dev/ttyUSB0 BLOCK_USR_DATA 0 7 31",
    .options = options,
    .device = true,
    .offline = true,
    .chains = true,
    .danger = CLI_BURNS,
    .run = cli_fuse_run,
};
