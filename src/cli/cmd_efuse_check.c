/* efuse check: coding errors, and bits that a blank chip does not have. */
#include "efuse_words.h"
#include "fuse.h"

#include <stdio.h>

struct check {
    struct cli_run *run;
    const struct cli_fuse *fuse;
    seal_json *findings;
    unsigned count;
};

static void find(struct check *check, const char *kind, const char *where, const char *what)
{
    seal_json *one = seal_json_put_object(check->findings, NULL);
    seal_json_put_text(one, "kind", kind);
    seal_json_put_text(one, "where", where);
    seal_json_put_text(one, "what", what);
    cli_print(check->run, "%-8s %-32s %s\n", kind, where, what);
    check->count++;
}

static void check_errors(struct check *check)
{
    const struct seal_efuse *state = &check->fuse->state;
    for (unsigned block = 0; block < state->chip->efuse->block_count; block++) {
        const char *name = state->chip->efuse->blocks[block].name;
        char text[96];
        if (state->error_fail[block]) {
            find(check, "damaged", name, "holds errors that its code cannot correct");
        } else if (state->errors[block] > 0) {
            (void)snprintf(text, sizeof text, "%u errors, which its code corrects", state->errors[block]);
            find(check, "weak", name, text);
        }
    }
}

static void check_stray(struct check *check)
{
    const struct seal_efuse *state = &check->fuse->state;
    for (size_t i = 0; i < state->chip->efuse->field_count; i++) {
        const struct seal_efuse_field *field = &state->chip->efuse->fields[i];
        uint8_t bytes[32] = {0};
        char text[96];
        seal_efuse_get_bytes(state, field, bytes);
        if (seal_is_filled(bytes, sizeof bytes, 0) || cli_efuse_is_factory(field)) {
            continue;
        }
        if (field->bits <= 32) {
            (void)snprintf(text, sizeof text, "0x%x; a blank chip has 0",
                           (unsigned)seal_efuse_get(state, field));
        } else {
            (void)snprintf(text, sizeof text, "holds data; a blank chip does not");
        }
        find(check, field->hidden ? "stray" : "set", field->name, text);
    }
}

static int report(struct check *check, seal_json **root, struct seal_cause *cause)
{
    int err = SEAL_OK;
    if (check->count == 0) {
        cli_print(check->run, "no errors, and no bit that a blank chip does not have\n");
    }
    if (cli_json(check->run)) {
        err = cli_emit_json(check->run, root);
    }
    if (err == SEAL_OK && check->count > 0) {
        err = seal_fail(cause, SEAL_ERR_FINDINGS, "%u finding%s", check->count, check->count == 1 ? "" : "s");
        seal_hint(cause, "espseal efuse summary explains each field; --errors-only leaves set fields out");
    }
    return err;
}

static int run_check(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_fuse fuse = {0};
    seal_json *root = seal_json_object_new();
    struct check check = {.run = run, .fuse = &fuse, .findings = seal_json_put_array(root, "findings")};
    int err = cli_fuse_open(&fuse, run, cause);
    if (err == SEAL_OK) {
        seal_json_put_text(root, "chip", fuse.state.chip->name);
        check_errors(&check);
        if (!cli_flag(run, "errors-only")) {
            check_stray(&check);
        }
        err = report(&check, &root, cause);
    }
    seal_json_free(&root);
    cli_fuse_close(&fuse);
    return err;
}

static const struct cli_option options[] = {
    CLI_LOOK_FILE_OPTION,
    {.name = "errors-only", .summary = "look at the coding only, not at fields that are set"},
    {0},
};

const struct cli_command cli_command_efuse_check = {
    .name = "efuse check",
    .summary = "look for errors and for bits that a blank chip has not",
    .description =
        "Reads every block and reports coding errors (corrected ones are weak bits, others damage), fields "
        "that "
        "are set though a chip from the factory has them blank, and stray bits in reserved fields. For chips "
        "as they come in, and after a burn that was cut. Exit status 7 when there is a finding.",
    .examples = "espseal efuse check --port /dev/ttyUSB0\n"
                "espseal efuse check --port /dev/ttyUSB0 --errors-only --json",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_check,
};
