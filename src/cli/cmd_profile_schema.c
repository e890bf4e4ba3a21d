/* profile schema: the words of a profile for editors and validators. */
#include "profile.h"
#include "run.h"

static int run_schema(struct cli_run *run, struct seal_cause *cause)
{
    seal_json *schema = NULL;
    struct seal_buf *text = seal_buf_new();
    int err = text ? seal_profile_schema(&schema) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK && cli_json(run)) {
        err = cli_emit_json(run, &schema);
    } else if (err == SEAL_OK && (err = seal_json_print(schema, false, text)) == SEAL_OK) {
        cli_print(run, "%.*s", (int)seal_buf_len(text), (const char *)seal_buf_ptr(text));
    }
    (void)cause;
    seal_json_free(&schema);
    seal_buf_free(&text);
    return err;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_command_profile_schema = {
    .name = "profile schema",
    .summary = "print the JSON Schema of profiles",
    .description =
        "Prints the JSON Schema (2020-12) of the words that a profile may hold, made from the table "
        "that the reader itself uses. It is installed as well, as share/espseal/profile.schema.json; "
        "an editor that is told of it completes and explains the words. What words mean together, "
        "espseal profile check says.",
    .examples = "# for an editor that takes a file\n"
                "espseal profile schema >profile.schema.json",
    .options = options,
    .run = run_schema,
};
