/* chip list: each chip that espseal knows, what its hardware has, and how each part was tested. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

static void format_ds(const struct seal_chip *chip, char *text, size_t size)
{
    (void)snprintf(text, size, chip->ds_max_bits ? "RSA-%u" : "-", chip->ds_max_bits);
}

static void format_ecdsa(const struct seal_chip *chip, char *text, size_t size)
{
    size_t used = 0;
    (void)snprintf(text, size, "-");
    for (size_t i = 0; i < 4 && chip->ecdsa_curves[i]; i++) {
        int wrote = snprintf(text + used, size - used, "%sP-%u", i ? " " : "", chip->ecdsa_curves[i]);
        used += wrote > 0 && (size_t)wrote < size - used ? (size_t)wrote : 0;
    }
}

static int print_row(struct cli_table *table, const struct seal_chip *chip)
{
    char ds[16], ecdsa[40];
    format_ds(chip, ds, sizeof ds);
    format_ecdsa(chip, ecdsa, sizeof ecdsa);
    const char *const cells[] = {
        chip->name,
        ds,
        ecdsa,
        seal_tested_name(chip->tested.rom),
        seal_tested_name(chip->tested.efuse),
        seal_tested_name(chip->tested.flash),
        seal_tested_name(chip->tested.ds),
        seal_tested_name(chip->tested.ecdsa),
    };
    return cli_table_row(table, cells);
}

static int print_table(struct cli_run *run)
{
    static const char *const headings[] = {"CHIP",       "DS",           "ECDSA",
                                           "ROM tested", "eFuse tested", "flash tested",
                                           "DS tested",  "ECDSA tested", NULL};
    struct cli_table *table = NULL;
    int err = cli_table_new(headings, &table);
    for (size_t i = 0; err == SEAL_OK && seal_chips[i]; i++) {
        err = print_row(table, seal_chips[i]);
    }
    int printed = table ? cli_table_print(run, &table) : SEAL_OK;
    return err != SEAL_OK ? err : printed;
}

static void put_chip(seal_json *list, const struct seal_chip *chip)
{
    seal_json *entry = seal_json_put_object(list, NULL);
    seal_json_put_text(entry, "name", chip->name);
    seal_json_put_text(entry, "title", chip->title);
    seal_json_put_bool(entry, "preview", chip->preview);
    seal_json_put_number(entry, "ds_max_bits", chip->ds_max_bits);
    seal_json *curves = seal_json_put_array(entry, "ecdsa_curves");
    for (size_t i = 0; i < 4 && chip->ecdsa_curves[i]; i++) {
        seal_json_put_number(curves, NULL, chip->ecdsa_curves[i]);
    }
    seal_json_put_number(entry, "key_blocks", chip->key_blocks);
    seal_json_put_bool(entry, "efuse_supported", chip->efuse != NULL);
    seal_json *tested = seal_json_put_object(entry, "tested");
    seal_json_put_text(tested, "rom", seal_tested_name(chip->tested.rom));
    seal_json_put_text(tested, "efuse", seal_tested_name(chip->tested.efuse));
    seal_json_put_text(tested, "flash", seal_tested_name(chip->tested.flash));
    seal_json_put_text(tested, "ds", seal_tested_name(chip->tested.ds));
    seal_json_put_text(tested, "ecdsa", seal_tested_name(chip->tested.ecdsa));
}

static int run_chip_list(struct cli_run *run, struct seal_cause *cause)
{
    (void)cause;
    if (!cli_json(run)) {
        return print_table(run);
    }
    seal_json *root = seal_json_object_new();
    seal_json *list = seal_json_put_array(root, "chips");
    for (size_t i = 0; seal_chips[i]; i++) {
        put_chip(list, seal_chips[i]);
    }
    return cli_emit_json(run, &root);
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_command_chip_list = {
    .name = "chip list",
    .summary = "list the chips, what they have and how that was tested",
    .description =
        "Lists every chip that espseal knows, the largest RSA key of its Digital Signature peripheral, the "
        "curves of its ECDSA peripheral, and for each capability the strongest kind of test it passed: none, "
        "vectors (reference data), simulator, emulator (the real ROM in Espressif's QEMU) or silicon.",
    .examples = "espseal chip list\n"
                "# chips with a Digital Signature peripheral\n"
                "espseal chip list --json | jq -r '.chips[] | select(.ds_max_bits > 0) | .name'",
    .options = options,
    .run = run_chip_list,
};
