/* apply: burns a plan that was saved, exactly. */
#include "fuse.h"

#include <espseal/file.h>

#include <stdlib.h>
#include <string.h>

enum { LARGEST_PLAN = 1 << 20 };

static int read_plan(const char *path, struct seal_fuse_saved *saved, struct seal_cause *cause)
{
    struct seal_buf *text = NULL;
    int err = seal_file_read(path, LARGEST_PLAN, 0, &text, cause);
    if (err == SEAL_OK) {
        err = seal_fuse_saved_read((const char *)seal_buf_ptr(text), seal_buf_len(text), saved, cause);
    }
    seal_buf_free(&text);
    return err;
}

static int add_operation(struct cli_fuse *fuse, const seal_json *words, struct seal_cause *cause)
{
    size_t count = seal_json_len(words);
    char **copy = calloc(count, sizeof *copy);
    bool copied = copy != NULL;
    for (size_t i = 0; copied && i < count; i++) {
        copy[i] = strdup(seal_json_text(seal_json_at(words, i)));
        copied = copy[i] != NULL;
    }
    int err = copied ? cli_fuse_add_words(fuse, copy, (int)count, cause)
                     : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; copy != NULL && i < count; i++) {
        free(copy[i]);
    }
    free(copy);
    return err;
}

/* The rules that the plan overrides are those that were shown when it was made. */
static int take_allowed(struct cli_fuse *fuse, struct seal_cause *cause)
{
    const seal_json *list = fuse->saved->allowed;
    for (size_t i = 0; i < seal_json_len(list); i++) {
        const char *name = seal_json_text(seal_json_get(seal_json_at(list, i), "rule"));
        if (name == NULL || i >= CLI_FUSE_ALLOWS) {
            return seal_fail(cause, SEAL_ERR_FORMAT, "the plan's list of allowed rules cannot be read");
        }
        fuse->allowed[i] = name;
    }
    return SEAL_OK;
}

static int apply(struct cli_fuse *fuse, struct cli_run *run, struct seal_cause *cause)
{
    int err = cli_fuse_open(fuse, run, cause);
    if (err == SEAL_OK && !seal_chip_same(fuse->state.chip, fuse->saved->chip)) {
        err = seal_fail(cause, SEAL_ERR_WRONG_CHIP, "the plan is for an %s, not for an %s",
                        fuse->saved->chip->title, fuse->state.chip->title);
    }
    if (err == SEAL_OK) {
        seal_fuse_plan_init(&fuse->plan, &fuse->state, seal_path_of(cli_link(run)));
        err = seal_fuse_saved_check_state(fuse->saved, &fuse->state, cause);
    }
    for (size_t i = 0; err == SEAL_OK && i < seal_json_len(fuse->saved->operations); i++) {
        err = add_operation(fuse, seal_json_at(fuse->saved->operations, i), cause);
    }
    if (err == SEAL_OK) {
        err = take_allowed(fuse, cause);
    }
    return err == SEAL_OK ? cli_fuse_finish(fuse, cause) : err;
}

static int run_apply(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_fuse_saved saved;
    struct cli_fuse fuse = {.operations = seal_json_array_new(), .saved = &saved};
    int err = read_plan(cli_operand(run, 0), &saved, cause);
    if (err == SEAL_OK) {
        err = apply(&fuse, run, cause);
    }
    cli_fuse_close(&fuse);
    seal_fuse_saved_free(&saved);
    return err;
}

static const struct cli_option options[] = {
    CLI_BURN_FILE_OPTION,
    {.name = "insecure-permissions", .summary = "read key files that others can read too"},
    {0},
};

const struct cli_command cli_command_apply = {
    .name = "apply",
    .summary = "burn exactly the eFuse plan that was saved",
    .operands = "PLAN",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Burns the plan that an efuse command saved with --plan-out: just those bits, with just those rules "
        "overridden. It refuses when the chip is another one or in another state than when the plan was "
        "made, and when a file that the plan names has changed since.",
    .examples = "espseal efuse burn --port /dev/ttyUSB0 DIS_PAD_JTAG=1 --plan-out plan.json\n"
                "espseal apply plan.json --port /dev/ttyUSB0 --confirm burn",
    .options = options,
    .device = true,
    .offline = true,
    .danger = CLI_BURNS,
    .run = run_apply,
};
