/* Which function adds the operation of which command. */
#include "fuse.h"

extern const struct cli_command cli_command_efuse_burn, cli_command_efuse_burn_bits,
    cli_command_efuse_burn_key, cli_command_efuse_burn_block, cli_command_efuse_burn_digest,
    cli_command_efuse_burn_mac, cli_command_efuse_set_flash_voltage, cli_command_efuse_protect;

static const struct {
    const struct cli_command *command;
    cli_fuse_add_fn add;
} verbs[] = {
    {&cli_command_efuse_burn, cli_fuse_add_burn},
    {&cli_command_efuse_burn_bits, cli_fuse_add_bits},
    {&cli_command_efuse_burn_key, cli_fuse_add_key},
    {&cli_command_efuse_protect, cli_fuse_add_protect},
    {&cli_command_efuse_burn_block, cli_fuse_add_block},
    {&cli_command_efuse_burn_digest, cli_fuse_add_digest},
    {&cli_command_efuse_burn_mac, cli_fuse_add_mac},
    {&cli_command_efuse_set_flash_voltage, cli_fuse_add_voltage},
};

cli_fuse_add_fn cli_fuse_add_of(const struct cli_command *command)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (verbs[i].command == command) {
            return verbs[i].add;
        }
    }
    return NULL;
}
