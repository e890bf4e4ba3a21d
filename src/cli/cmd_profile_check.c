/* profile check: everything about a profile that can be wrong before any device is there. */
#include "provision.h"

#include <unistd.h>

static int check_readable(const struct provision *p, const struct seal_profile_value *value,
                          struct seal_cause *cause)
{
    char path[PROFILE_FILE_NAME];
    int err = profile_path(p->file, value, path, cause);
    if (err == SEAL_OK && access(path, R_OK) != 0) {
        err = profile_blame(p->file, value, seal_fail_errno(cause, "cannot open %s", path), cause);
    }
    return err;
}

static int check_cert(struct cli_run *run, const struct provision *p, const char *option,
                      struct seal_cause *cause)
{
    char path[PROFILE_FILE_NAME];
    struct seal_cert *cert = NULL;
    const struct seal_profile_value *value = profile_value_of(p->file, option, 0);
    int err = value ? profile_path(p->file, value, path, cause) : SEAL_OK;
    if (value && err == SEAL_OK) {
        err = provision_blame(p, option, 0, cli_read_certs(run, path, &cert, cause), cause);
    }
    seal_cert_free(&cert);
    return err;
}

static int check_images(struct provision *p, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < seal_profile_file_count(p->file, "firmware"); i++) {
        char text[PROFILE_IMAGE];
        err = profile_image(p->file, i, text, cause);
        if (err == SEAL_OK) {
            err = provision_blame(p, "firmware", i, provision_add_image(p, text, cause), cause);
        }
        if (err == SEAL_OK) { /* the text ends here, the profile's own word does not */
            p->images[i].name = profile_value_of(p->file, "firmware", i)->text;
        }
    }
    return err == SEAL_OK ? provision_check_images(p, cause) : err;
}

static int check_files(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    int err = SEAL_OK;
    const struct seal_profile_value *value;
    for (size_t i = 0; err == SEAL_OK && (value = seal_profile_file_at(p->file, i)); i++) {
        err = profile_is_input(value) ? check_readable(p, value, cause) : SEAL_OK;
    }
    err = err == SEAL_OK ? check_cert(run, p, "ca-cert", cause) : err;
    err = err == SEAL_OK ? check_cert(run, p, "device-cert", cause) : err;
    err = err == SEAL_OK ? provision_read_sealing(run, p, cause) : err;
    return err == SEAL_OK ? check_images(p, cause) : err;
}

static int say_result(struct cli_run *run, const struct provision *p)
{
    const struct seal_chip *chip = seal_profile_chip(p->file);
    seal_json *json = NULL;
    if (!cli_json(run)) {
        cli_say(run, "%s is sound, for the %s in %s mode", seal_profile_file_name(p->file), chip->title,
                seal_profile_file_text(p->file, "mode"));
        return SEAL_OK;
    }
    json = seal_json_object_new();
    seal_json_put_text(json, "profile", seal_profile_file_name(p->file));
    seal_json_put_bool(json, "sound", true);
    seal_json_put_text(json, "chip", chip->name);
    seal_json_put_text(json, "mode", seal_profile_file_text(p->file, "mode"));
    seal_json_put_number(json, "key_blocks", seal_profile_key_blocks(p->file, chip));
    return cli_emit_json(run, &json);
}

static int run_check(struct cli_run *run, struct seal_cause *cause)
{
    struct provision p = {0};
    int err = profile_read(run, cli_operand(run, 0), &p.file, cause);
    if (err == SEAL_OK) {
        err = seal_profile_check(p.file, cause);
    }
    if (err == SEAL_OK && !cli_flag(run, "no-files")) {
        err = check_files(run, &p, cause);
    }
    if (err == SEAL_OK) {
        err = say_result(run, &p);
    }
    provision_free(&p);
    return err;
}

static const struct cli_option options[] = {
    PROFILE_SET_OPTION,
    {.name = "no-files", .summary = "words only: do not look at the files that the profile names"},
    {.name = "insecure-permissions", .summary = "read key files that others can read too"},
    {0},
};

const struct cli_command cli_command_profile_check = {
    .name = "profile check",
    .summary = "check a profile, and the files that it names, without a device",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Reads a profile as espseal provision does, and says what is wrong with it by file, line and word: "
        "an "
        "unknown word, with the nearest one that there is; a value out of range; words that exclude or need "
        "each other; what the chip lacks; more keys than the chip has blocks for.\n\n"
        "Then it looks at the files: whether they are there, keys of the right kind and size, images for "
        "this "
        "chip that do not overlap and, under secure boot, are signed with a key that will be trusted. What "
        "depends on the state of a device, espseal provision --dry-run tells.",
    .examples = "# check a profile and its files\n"
                "espseal profile check production.json",
    .options = options,
    .run = run_check,
};
