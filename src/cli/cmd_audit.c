/* audit: does a device meet Espressif's security guide? */
#include "audit.h"
#include "identity.h"
#include "partition.h"

#include <espseal/file.h>

#include <string.h>

static const char *const formats[] = {"text", "json", "sarif", "markdown", NULL};

static const char *format_of(const struct cli_run *run)
{
    const char *format = cli_text(run, "format");
    return cli_json(run) ? "json" : format ? format : "text";
}

/* To --out, or stdout. */
static int put_text(const struct cli_run *run, const struct seal_buf *text, struct seal_cause *cause)
{
    if (cli_text(run, "out")) {
        return cli_write_out(run, "out", text, false, cause);
    }
    return seal_file_write("-", seal_buf_ptr(text), seal_buf_len(text), 0, cause);
}

static int put_json(const struct cli_audit *audit, bool sarif, struct seal_cause *cause)
{
    seal_json *root = NULL;
    struct seal_buf *text = seal_buf_new();
    int err = sarif ? cli_audit_sarif(audit, &root) : cli_audit_json(audit, &root);
    if (err == SEAL_OK && !sarif && !cli_text(audit->run, "out") && cli_json(audit->run)) {
        seal_buf_free(&text);
        return cli_emit_json(audit->run, &root);
    }
    if (err == SEAL_OK) {
        err = text ? seal_json_print(root, false, text) : SEAL_ERR_NO_MEMORY;
    }
    if (err == SEAL_OK) {
        err = put_text(audit->run, text, cause);
    }
    seal_json_free(&root);
    seal_buf_free(&text);
    return err;
}

static int put_markdown(const struct cli_audit *audit, struct seal_cause *cause)
{
    struct seal_buf *text = seal_buf_new();
    int err = text ? cli_audit_markdown(audit, text) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = put_text(audit->run, text, cause);
    }
    seal_buf_free(&text);
    return err;
}

static int show(const struct cli_audit *audit, struct seal_cause *cause)
{
    const char *format = format_of(audit->run);
    if (strcmp(format, "text") == 0) {
        return cli_audit_print(audit);
    }
    return strcmp(format, "markdown") == 0 ? put_markdown(audit, cause)
                                           : put_json(audit, strcmp(format, "sarif") == 0, cause);
}

static int check_options(const struct cli_run *run, struct seal_cause *cause)
{
    if (cli_text(run, "out") && strcmp(format_of(run), "text") == 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--out wants --format json, sarif or markdown");
    }
    if (cli_json(run) && cli_text(run, "format") && strcmp(cli_text(run, "format"), "json") != 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--json and --format %s are two forms",
                         cli_text(run, "format"));
    }
    return cli_text(run, "out") ? cli_check_out(run, "out", false, cause) : SEAL_OK;
}

static int run_audit(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_audit audit = {.run = run};
    if (cli_flag(run, "list")) {
        return cli_audit_list(run);
    }
    int err = check_options(run, cause);
    err = err == SEAL_OK ? cli_audit_read_rules(&audit, cause) : err;
    err = err == SEAL_OK ? cli_audit_open(&audit, cause) : err;
    err = err == SEAL_OK ? seal_audit_new(&audit.source, &audit.audit, cause) : err;
    cli_progress_done(run);
    err = err == SEAL_OK ? seal_audit_run(audit.audit) : err;
    err = err == SEAL_OK ? cli_audit_accept(&audit) : err;
    err = err == SEAL_OK ? show(&audit, cause) : err;
    err = err == SEAL_OK ? cli_audit_require(&audit, cause) : err;
    cli_audit_close(&audit);
    return err;
}

static const struct cli_option options[] = {
    CLI_LOOK_FILE_OPTION,
    {.name = "flash-file", .value = "FILE", .summary = "its flash: a dump, or the emulator's file"},
    {.name = "revision",
     .value = "MAJOR.MINOR",
     .summary = "the chip's, where an eFuse file does not tell it"},
    {.name = "fuses-only", .summary = "do not read the flash of a device"},
    {.name = "whole-flash", .summary = "read all of a device's flash, to search it for private keys"},
    {.name = "flash-key", .value = "FILE", .summary = "the key of flash encryption, to look behind it"},
    CLI_TABLE_OFFSET,
    {.name = "sdkconfig", .value = "FILE", .summary = "the firmware's options, for what only they tell"},
    {.name = "records",
     .value = "PATH",
     .summary = "receipts of other devices, or a folder of them: is a key used twice?",
     .repeat = true},
    {.name = "require",
     .value = "WHAT",
     .summary = "development, production, or a FILE with a list of checks: exit 7 when it is not met"},
    {.name = "baseline", .value = "FILE", .summary = "findings that are accepted, with reason and expiry"},
    {.name = "format", .value = "FORM", .summary = "of the result", .choices = formats, .fallback = "text"},
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "write json, sarif or markdown there"},
    {.name = "list", .summary = "list the checks and stop"},
    {.name = "force", .summary = "replace the file of --out"},
    {.name = "insecure-permissions", .summary = "take a key file that others can read"},
    {0},
};

const struct cli_command cli_command_audit = {
    .name = "audit",
    .summary = "check a device against Espressif's security guide",
    .description = "Looks at a chip, at eFuse and flash files, or, in secure download mode, at what the ROM "
                   "tells, and gives "
                   "each check of espseal-audit-checks(7) a verdict: pass, fail, unknown or not applicable, "
                   "with what was seen, "
                   "what follows, and what to do. What could not be read is unknown, never a pass. Nothing "
                   "is changed.\n\n"
                   "With --require the exit status is 7 when a check of that level (or of the file's list, "
                   "{\"require\": "
                   "[\"SB-ENABLED\", ...]}) fails or is unknown. --baseline accepts single findings: "
                   "{\"accepted\": [{\"check\": "
                   "\"DBG-ROM-LOG\", \"reason\": \"...\", \"expires\": \"2027-01-31\"}]}; the day after that "
                   "date it counts "
                   "again.\n\n"
                   "Of a live device the partition table, the images and the small partitions are read, "
                   "once. A file, and with --whole-flash a device, is searched whole for private keys.",
    .examples =
        "espseal audit --port /dev/ttyUSB0 --require production\n"
        "espseal audit --chip esp32c3 --efuse-file efuse.bin --flash-file flash.bin --format sarif --out "
        "audit.sarif",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_audit,
};
