/* efuse burn: fields by name. */
#include "fuse.h"

#include <stdio.h>
#include <string.h>

static int add_field(struct cli_fuse *fuse, const char *word, struct seal_cause *cause)
{
    char name[64];
    const char *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
    if (len == 0 || len >= sizeof name) {
        return seal_fail(cause, SEAL_ERR_USAGE, "\"%s\" is not FIELD=VALUE", word);
    }
    memcpy(name, word, len);
    name[len] = '\0';
    int err = seal_fuse_plan_field(&fuse->plan, name, equals != NULL ? equals + 1 : NULL, cause);
    if (err == SEAL_ERR_UNSUPPORTED && seal_fuse_plan_find_field(fuse->state.chip, name) == NULL) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "the %s has no eFuse field %s", fuse->state.chip->title, name);
        cli_fuse_suggest_field(fuse->state.chip, name, cause);
    }
    return err;
}

int cli_fuse_add_burn(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause)
{
    const char *word;
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && (word = cli_operand(segment, i)) != NULL; i++) {
        err = add_field(fuse, word, cause);
    }
    return err;
}

static const struct cli_option options[] = {CLI_FUSE_OPTIONS};

const struct cli_command cli_command_efuse_burn = {
    .name = "efuse burn",
    .summary = "burn values into eFuse fields",
    .operands = "FIELD=VALUE...",
    .operands_min = 1,
    .operands_max = -1,
    .description =
        "Burns values into named fields. A value is a number, the name of a key purpose, a MAC address, or "
        "hex "
        "digits for a long field (as stored; with 0x as one number). FIELD alone sets a flag, or moves a "
        "counter one step on. A value that is there already is no change.\n\n"
        "The plan is shown first: the bits of each block now, those to be set and those after, blocks that "
        "can "
        "never be written again, and everything there is no way back from. Named rules refuse what would "
        "brick "
        "the chip; --allow overrides one of them by name. --dry-run stops after the plan, --plan-out saves "
        "it "
        "for espseal apply. Several operations make one plan when they are joined by the word then.",
    .examples =
        "espseal efuse burn --port /dev/ttyUSB0 DIS_PAD_JTAG=1 --dry-run\n"
        "# a key and the switch that needs it, in one plan\n"
        "espseal efuse burn-key --port /dev/ttyUSB0 auto --purpose XTS_AES_128_KEY --file key.bin then "
        "burn SPI_BOOT_CRYPT_CNT=1",
    .options = options,
    .device = true,
    .offline = true,
    .chains = true,
    .danger = CLI_BURNS,
    .run = cli_fuse_run,
};
