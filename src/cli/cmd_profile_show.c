/* profile show: explains in words what a device will become, and what of that cannot be undone. */
#include "profile.h"

static int run_show(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_profile_file *file = NULL;
    seal_json *json = NULL;
    int err = profile_read(run, cli_operand(run, 0), &file, cause);
    if (err == SEAL_OK) {
        err = seal_profile_check(file, cause);
    }
    if (err == SEAL_OK && cli_json(run)) {
        err = profile_explain_json(file, &json);
        err = err == SEAL_OK ? cli_emit_json(run, &json) : err;
    } else if (err == SEAL_OK) {
        err = profile_explain(run, file);
    }
    seal_profile_file_free(&file);
    return err;
}

static const struct cli_option options[] = {PROFILE_SET_OPTION, {0}};

const struct cli_command cli_command_profile_show = {
    .name = "profile show",
    .summary = "say in words what the device becomes, and what is for good",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .description = "Tells what a device will be after espseal provision --profile FILE, and which of that is "
                   "for ever, on the chip that the profile is for. The profile is checked first, as by "
                   "espseal profile check --no-files. No device is needed.",
    .examples = "# what a production run would do\n"
                "espseal profile show production.json\n"
                "# the same with another mode of flash encryption\n"
                "espseal profile show production.json --set flash_encryption.mode=development",
    .options = options,
    .run = run_show,
};
