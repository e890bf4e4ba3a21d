/* efuse adc: the calibration that the factory measured. */
#include "fuse.h"

#include <stdio.h>
#include <string.h>

static void show_field(struct cli_run *run, const struct seal_efuse *state,
                       const struct seal_efuse_field *field, seal_json *list)
{
    seal_json *one = seal_json_put_object(list, NULL);
    uint32_t value = seal_efuse_get(state, field);
    seal_json_put_text(one, "name", field->name);
    seal_json_put_number(one, "value", value);
    cli_print(run, "%-32s %u\n", field->name, (unsigned)value);
}

static int run_adc(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_fuse fuse = {0};
    seal_json *root = seal_json_object_new(), *list = seal_json_put_array(root, "calibration");
    int err = cli_fuse_open(&fuse, run, cause);
    if (err == SEAL_OK) {
        const struct seal_efuse_controller *controller = fuse.state.chip->efuse;
        unsigned version = seal_efuse_get_named(&fuse.state, "BLK_VERSION_MAJOR");
        seal_json_put_text(root, "chip", fuse.state.chip->name);
        seal_json_put_number(root, "block_version_major", version);
        if (seal_chip_field(fuse.state.chip, "BLK_VERSION_MAJOR") != NULL) {
            cli_print(run, "%s\n",
                      version > 0 ? "calibrated by the factory"
                                  : "not calibrated: block version 0, the values below mean nothing");
        }
        for (size_t i = 0; i < controller->field_count; i++) {
            if (controller->fields[i].category == SEAL_FIELD_CALIBRATION &&
                controller->fields[i].bits <= 32) {
                show_field(run, &fuse.state, &controller->fields[i], list);
            }
        }
        err = cli_json(run) ? cli_emit_json(run, &root) : SEAL_OK;
    }
    seal_json_free(&root);
    cli_fuse_close(&fuse);
    return err;
}

static const struct cli_option options[] = {
    CLI_LOOK_FILE_OPTION,
    {0},
};

const struct cli_command cli_command_efuse_adc = {
    .name = "efuse adc",
    .summary = "show the ADC and temperature calibration",
    .description =
        "Shows the calibration values that the factory burned for the ADC, the temperature sensor and the "
        "voltage regulators, as raw numbers. Nothing is changed.",
    .examples = "espseal efuse adc --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_adc,
};
