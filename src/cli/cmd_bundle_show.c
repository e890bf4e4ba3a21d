/* bundle show: what a bundle of certificates holds. */
#include "bundle.h"

static int put_json(const struct cli_run *run, const struct seal_bundle *bundle, struct seal_cause *cause)
{
    char subject[256], key[24];
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "form", seal_bundle_form_name(bundle->form));
    seal_json_put_number(root, "size", (double)bundle->len);
    seal_json *list = seal_json_put_array(root, "certificates");
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < bundle->count; i++) {
        err = cli_bundle_describe(run, bundle, i, subject, sizeof subject, key, cause);
        seal_json *one = seal_json_put_object(list, NULL);
        seal_json_put_text(one, "subject", subject);
        seal_json_put_text(one, "key", key);
    }
    if (err != SEAL_OK) {
        seal_json_free(&root);
        return err;
    }
    return cli_emit_json(run, &root);
}

static int print(const struct cli_run *run, const struct seal_bundle *bundle, struct seal_cause *cause)
{
    static const char *const headings[] = {"#", "key", "subject", NULL};
    char subject[256], key[24], number[24];
    struct cli_table *table = NULL;
    int err = cli_table_new(headings, &table);
    for (size_t i = 0; err == SEAL_OK && i < bundle->count; i++) {
        err = cli_bundle_describe(run, bundle, i, subject, sizeof subject, key, cause);
        (void)snprintf(number, sizeof number, "%zu", i);
        if (err == SEAL_OK) {
            err = cli_table_row(table, (const char *const[]){number, key, subject});
        }
    }
    if (err == SEAL_OK) {
        err = cli_table_print(run, &table);
    }
    cli_table_free(&table);
    cli_say(run, "%zu certificates in %zu bytes, %s", bundle->count, bundle->len,
            seal_bundle_form_name(bundle->form));
    return err;
}

static int run_bundle_show(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_bundle bundle = {0};
    int err = cli_bundle_open(cli_operand(run, 0), &bundle, cause);
    if (err == SEAL_OK) {
        err = cli_json(run) ? put_json(run, &bundle.parsed, cause) : print(run, &bundle.parsed, cause);
    }
    cli_bundle_close(&bundle);
    return err;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_command_bundle_show = {
    .name = "bundle show",
    .summary = "list the certificates of a bundle",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Lists subject and key of each entry of an x509_crt_bundle in either of ESP-IDF's forms. A "
        "bundle that a device would not take, or not search well, is refused, with the entry and its "
        "offset.",
    .examples = "espseal bundle show x509_crt_bundle",
    .options = options,
    .run = run_bundle_show,
};
