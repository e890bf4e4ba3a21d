/* device security-info: what the ROM tells about a chip's security, bit by bit. */
#include "cli.h"
#include "security_words.h"

#include <stdio.h>

static int print_bits(struct cli_run *run, const struct seal_security_info *info)
{
    static const char *const headings[] = {"BIT", "VALUE", "MEANING", NULL};
    struct cli_table *table = NULL;
    int err = cli_table_new(headings, &table);
    for (const struct cli_security_bit *bit = cli_security_bits; !err && bit->flag; bit++) {
        bool set = (info->flags & bit->flag) != 0;
        err = cli_table_row(table,
                            (const char *const[]){bit->name, set ? "1" : "0", set ? bit->set : bit->clear});
    }
    int printed = table ? cli_table_print(run, &table) : SEAL_OK;
    return err ? err : printed;
}

static void print_keys(struct cli_run *run, const struct seal_chip *chip,
                       const struct seal_security_info *info)
{
    for (unsigned key = 0; key < 6 && key < chip->key_blocks; key++) {
        const struct seal_key_purpose *purpose = seal_chip_purpose_by_value(chip, info->key_purposes[key]);
        cli_print(run, "key block %u: purpose %u (%s)\n", key, info->key_purposes[key],
                  purpose ? purpose->name : "unknown");
    }
}

static int print_words(struct cli_run *run, const struct seal_loader *loader)
{
    const struct seal_security_info *info = seal_loader_security_info(loader);
    const struct seal_chip *chip = seal_loader_chip(loader);
    cli_print(run, "%s, flags 0x%08x\n\n", chip->title, info->flags);
    int err = print_bits(run, info);
    cli_print(run, "\nflash encryption %s (counter 0x%x)\n", cli_flash_encryption_on(info) ? "on" : "off",
              info->flash_crypt_count);
    print_keys(run, chip, info);
    if (info->has_chip_id) {
        cli_print(run, "chip id %u, ROM interface version %u\n", info->chip_id, info->api_version);
    }
    return err;
}

static int run_security_info(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    int err = cli_connect(run, &loader, cause);
    if (err) {
        return err;
    }
    const struct seal_security_info *info = seal_loader_security_info(loader);
    if (!info->valid) {
        err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the ROM of an %s has no security information",
                        seal_loader_chip(loader)->title);
        seal_hint(cause, "`espseal efuse summary` reads the eFuses themselves");
        return err;
    }
    if (!cli_json(run)) {
        return print_words(run, loader);
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "chip", seal_loader_chip(loader)->name);
    cli_put_security_info(root, info);
    return cli_emit_json(run, &root);
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_command_device_security_info = {
    .name = "device security-info",
    .summary = "decode what the ROM tells about a chip's security",
    .description = "Prints each bit of the ROM's security information with its meaning, the flash encryption "
                   "counter and the purposes of the key blocks.\n\n"
                   "It is the one thing that can still be read in secure download mode. The ESP32 has none.",
    .examples = "espseal device security-info --port /dev/ttyUSB0\n"
                "espseal device security-info --port sim:esp32c3 --json",
    .options = options,
    .device = true,
    .run = run_security_info,
};
