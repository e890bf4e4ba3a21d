/* efuse protect: against reading and writing. */
#include "fuse.h"

static int add_name(struct cli_fuse *fuse, const char *name, bool read, bool write, struct seal_cause *cause)
{
    bool known = seal_fuse_plan_find_field(fuse->state.chip, name) != NULL ||
                 seal_chip_block(fuse->state.chip, name) >= 0;
    if (!known) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "the %s has no eFuse field or block %s",
                            fuse->state.chip->title, name);
        cli_fuse_suggest_field(fuse->state.chip, name, cause);
        return err;
    }
    return seal_fuse_plan_protect(&fuse->plan, name, read, write, cause);
}

int cli_fuse_add_protect(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause)
{
    bool read = cli_flag(segment, "read"), write = cli_flag(segment, "write");
    const char *name;
    int err = SEAL_OK;
    if (!read && !write) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "protect against what: --read, --write or both?");
    }
    for (size_t i = 0; err == SEAL_OK && (name = cli_operand(segment, i)) != NULL; i++) {
        err = add_name(fuse, name, read, write, cause);
    }
    return err;
}

static const struct cli_option options[] = {
    {.name = "read", .summary = "software can never read it again"},
    {.name = "write", .summary = "no more of its bits can be burned"},
    CLI_FUSE_OPTIONS,
};

const struct cli_command cli_command_efuse_protect = {
    .name = "efuse protect",
    .summary = "protect eFuse fields and blocks against reading or writing",
    .operands = "FIELD...",
    .operands_min = 1,
    .operands_max = -1,
    .description =
        "Protects fields or blocks for good. One bit often protects several fields: the plan names all of "
        "them. Only key blocks and BLOCK_SYS_DATA2 can be read-protected, and only before RD_DIS is "
        "write-protected, which secure boot does.",
    .examples = "espseal efuse protect --port /dev/ttyUSB0 --read --write BLOCK_KEY0",
    .options = options,
    .device = true,
    .offline = true,
    .chains = true,
    .danger = CLI_BURNS,
    .run = cli_fuse_run,
};
