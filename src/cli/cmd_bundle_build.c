/* bundle build: the certificates that firmware trusts, from files or from the system's store. */
#include "identity.h"

#include <espseal/csv.h>
#include <espseal/file.h>
#include <espseal/map.h>
#include <espseal/trust.h>

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 16 << 20, LARGEST_LIST = 1 << 20, ESP_IDF_LIMIT = 200 };

struct filter {
    struct seal_csv *csv;
    bool *found; /* one for each row */
};

static bool keep(void *ctx, const char *label)
{
    struct filter *filter = ctx;
    bool kept = false;
    for (size_t row = 0; row < seal_csv_rows(filter->csv); row++) {
        const char *name = seal_csv_cell(filter->csv, row, 1);
        if (name && strcmp(name, label) == 0) {
            kept = filter->found[row] = true;
        }
    }
    return kept;
}

static int read_filter(const struct cli_run *run, struct filter *filter, struct seal_cause *cause)
{
    struct seal_buf *text = NULL;
    const char *path = cli_text(run, "filter");
    if (!path) {
        return SEAL_OK;
    }
    int err = seal_file_read(path, LARGEST_LIST, 0, &text, cause);
    if (err == SEAL_OK) {
        err = seal_csv_parse(seal_buf_ptr(text), seal_buf_len(text), path, 0, &filter->csv, cause);
    }
    seal_buf_free(&text);
    if (err == SEAL_OK && seal_csv_columns(filter->csv) < 2) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s has no second column, where the names are to be", path);
    }
    if (err == SEAL_OK) {
        filter->found = calloc(seal_csv_rows(filter->csv) + 1, sizeof *filter->found);
        err = filter->found ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    }
    return err;
}

static int add_file(const char *path, struct filter *filter, struct seal_trust *trust,
                    struct seal_cause *cause)
{
    struct seal_map *file = NULL;
    int err = seal_map_open(path, LARGEST, &file, cause);
    if (err == SEAL_OK) {
        err = seal_trust_add(trust, seal_map_ptr(file), seal_map_len(file), path, filter->csv ? keep : NULL,
                             filter, cause);
    }
    seal_map_close(&file);
    return err;
}

static int gather(const struct cli_run *run, struct filter *filter, struct seal_trust *trust,
                  struct seal_cause *cause)
{
    int err = SEAL_OK;
    size_t i = 0;
    for (; err == SEAL_OK && cli_operand(run, i); i++) {
        err = add_file(cli_operand(run, i), filter, trust, cause);
    }
    if (err == SEAL_OK && cli_flag(run, "system")) {
        err = add_file(seal_trust_system_file(), filter, trust, cause);
    } else if (err == SEAL_OK && i == 0) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "there is nothing to build a bundle of");
        seal_hint(cause, "name files with certificates, or --system for those that this machine trusts");
    }
    if (err == SEAL_OK && seal_trust_count(trust) == 0) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "no certificate is left by the filter %s",
                        cli_text(run, "filter"));
    }
    return err;
}

static void warn(const struct cli_run *run, const struct filter *filter, const struct seal_trust *trust,
                 size_t count)
{
    for (size_t row = 0; filter->csv && row < seal_csv_rows(filter->csv); row++) {
        const char *name = seal_csv_cell(filter->csv, row, 1);
        if (name && *name && !filter->found[row]) {
            cli_warn(run, "%s line %zu: no certificate is called \"%s\"", cli_text(run, "filter"),
                     seal_csv_line(filter->csv, row), name);
        }
    }
    for (size_t i = 0; i < seal_trust_count(trust); i++) {
        if (seal_trust_at(trust, i)->expired) {
            cli_warn(run, "the certificate of %s has expired", seal_trust_at(trust, i)->subject);
        }
    }
    if (count > ESP_IDF_LIMIT) {
        cli_warn(run, "%zu certificates are more than ESP-IDF takes by default (%d)", count, ESP_IDF_LIMIT);
        cli_hint(run, "raise CONFIG_MBEDTLS_CERTIFICATE_BUNDLE_MAX_CERTS, or use --filter");
    }
}

/* The device finds one of several entries of the same name, and no more. */
static void warn_names(const struct cli_run *run, const struct seal_bundle_entry *entries, size_t count)
{
    char subject[128], key[24];
    for (size_t i = 1; i < count; i++) {
        if (entries[i].name_len == entries[i - 1].name_len &&
            memcmp(entries[i].name, entries[i - 1].name, entries[i].name_len) == 0 &&
            seal_bundle_describe(&entries[i], subject, sizeof subject, key) == SEAL_OK) {
            cli_warn(run, "two keys are called %s; a device may find only one of them", subject);
        }
    }
}

static int report(const struct cli_run *run, size_t given, size_t count, size_t size)
{
    if (!cli_json(run)) {
        cli_say(run, "%s: %zu certificates in %zu bytes%s", cli_text(run, "out"), count, size,
                given > count ? ", those that were there twice left out" : "");
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_text(run, "out"));
    seal_json_put_number(root, "certificates", (double)count);
    seal_json_put_number(root, "duplicates", (double)(given - count));
    seal_json_put_number(root, "size", (double)size);
    return cli_emit_json(run, &root);
}

static int build(const struct cli_run *run, const struct filter *filter, const struct seal_trust *trust,
                 struct seal_cause *cause)
{
    const char *form = cli_text(run, "form");
    size_t given = seal_trust_count(trust), count = given;
    struct seal_buf *out = seal_buf_new();
    struct seal_bundle_entry *entries = calloc(given, sizeof *entries);
    int err = out && entries ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    for (size_t i = 0; err == SEAL_OK && i < given; i++) {
        entries[i] = seal_trust_entry(trust, i);
    }
    if (err == SEAL_OK) {
        err = seal_bundle_build(entries, &count,
                                form && strcmp(form, "sequential") == 0 ? SEAL_BUNDLE_SEQUENTIAL
                                                                        : SEAL_BUNDLE_OFFSETS,
                                out, cause);
    }
    if (err == SEAL_OK) {
        warn(run, filter, trust, count);
        warn_names(run, entries, count);
        err = cli_write_out(run, "out", out, false, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, given, count, seal_buf_len(out));
    }
    free(entries);
    seal_buf_free(&out);
    return err;
}

static int run_bundle_build(struct cli_run *run, struct seal_cause *cause)
{
    struct filter filter = {0};
    struct seal_trust *trust = seal_trust_new();
    int err = trust ? cli_check_out(run, "out", false, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = read_filter(run, &filter, cause);
    }
    if (err == SEAL_OK) {
        err = gather(run, &filter, trust, cause);
    }
    if (err == SEAL_OK) {
        err = build(run, &filter, trust, cause);
    }
    seal_trust_free(&trust);
    seal_csv_free(&filter.csv);
    free(filter.found);
    return err;
}

static const char *const forms[] = {"offsets", "sequential", NULL};

static const struct cli_option options[] = {
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "the bundle; - is stdout", .required = true},
    {.name = "system", .summary = "take the certificates that this machine trusts as well"},
    {.name = "filter",
     .value = "FILE",
     .summary = "a CSV whose second column names the certificates to take, as cmn_crt_authorities.csv"},
    {.name = "form",
     .value = "FORM",
     .summary = "sequential for firmware whose gen_crt_bundle.py knows no --max-certs",
     .choices = forms,
     .fallback = "offsets"},
    {.name = "force", .summary = "replace the file if it is there"},
    {0},
};

const struct cli_command cli_command_bundle_build = {
    .name = "bundle build",
    .summary = "build the bundle of certificates that firmware trusts servers by",
    .operands = "[FILE...]",
    .operands_min = 0,
    .operands_max = -1,
    .description =
        "Gathers certificates from PEM files (any number in each) and DER files and writes ESP-IDF's "
        "x509_crt_bundle: subject and public key of each, sorted, what is there twice left out. A damaged "
        "certificate is named by file and number, and nothing is written.\n\n"
        "A name for --filter is the line above a certificate that is underlined with \"=\", as Mozilla's "
        "list has "
        "it, else the certificate's common name. Names that no certificate has are told.\n\n"
        "ESP-IDF has had two forms. Newer firmware reads a list of offsets first; the wrong form is taken "
        "for "
        "damaged by the device, so that no server is trusted.",
    .examples = "espseal bundle build --system --out x509_crt_bundle\n"
                "espseal bundle build cacrt_all.pem my_root.pem --filter cmn_crt_authorities.csv --out "
                "x509_crt_bundle",
    .options = options,
    .run = run_bundle_build,
};
