#include "run.h"

#include <espseal/rom.h>

#include <string.h>

struct exit_row {
    int err;
    int status;
    const char *hint; /* what to do where the cause does not know better; NULL: nothing */
};

static const struct exit_row exit_rows[] = {
    {SEAL_OK, 0, NULL},
    {SEAL_ERR_USAGE, 1, "espseal --help lists the commands"},
    {SEAL_ERR_NO_MEMORY, 70, "close other programs and run the same command again"},
    {SEAL_ERR_INTERNAL, 70, "please report this with the command line and the output of --trace"},
    {SEAL_ERR_NOT_FOUND, 2, "check the path: it is taken from the folder you are in"},
    {SEAL_ERR_EXISTS, 2, "choose another name, or --force to replace it"},
    {SEAL_ERR_IO, 2, "check the permissions and the free space there"},
    {SEAL_ERR_PERMISSIONS, 2, "chmod 600 the file, or --insecure-permissions if that is meant"},
    {SEAL_ERR_FORMAT, 2, "check that this is the file you meant"},
    {SEAL_ERR_TOO_LONG, 2, "check that this is the file you meant"},
    {SEAL_ERR_PASSPHRASE, 2, "give it with --passphrase-file, or at the prompt"},
    {SEAL_ERR_KEY, 2, "espseal chip list shows which keys each chip takes"},
    {SEAL_ERR_MISMATCH, 2, "check that both files are of the same device"},
    {SEAL_ERR_CRYPTO, 2, "check the inputs; OpenSSL refused them"},
    {SEAL_ERR_SECRET_FOUND, 2, "nothing was written; please report this with the command line"},
    {SEAL_ERR_NO_DEVICE, 3, "check cable, port and power"},
    {SEAL_ERR_AMBIGUOUS, 3, "name one with --port"},
    {SEAL_ERR_BUSY, 3, "close the program that has the port open, such as a serial monitor"},
    {SEAL_ERR_LINK, 4, "check the cable; then run the same command again"},
    {SEAL_ERR_TIMEOUT, 4, "put the chip into its bootloader again, then run the same command"},
    {SEAL_ERR_PROTOCOL, 4, "put the chip into its bootloader again; try a lower --baud"},
    {SEAL_ERR_ROM, 4, "put the chip into its bootloader again, then run the same command"},
    {SEAL_ERR_ROM_REFUSED, 4, "espseal device security-info shows what this chip still allows"},
    {SEAL_ERR_WRONG_CHIP, 5, "check the port, or give the right --chip"},
    {SEAL_ERR_UNSUPPORTED, 5, "espseal chip list shows what each chip can do"},
    {SEAL_ERR_STATE, 5, "espseal efuse summary shows the chip's state"},
    {SEAL_ERR_RULE, 5, "nothing was burned; change what the rule names"},
    {SEAL_ERR_DECLINED, 8, "nothing was burned"},
    {SEAL_ERR_VERIFY, 6, "do not use this chip before you know why; espseal efuse summary shows its state"},
    {SEAL_ERR_PROOF, 6,
     "espseal efuse summary shows the key block; the same command, run again, proves anew"},
    {SEAL_ERR_FINDINGS, 7, NULL},
    {SEAL_ERR_INTERRUPTED, 9, "run the same command again to continue"},
};

enum { DEFECT = 70 };

static const struct exit_row *find_row(int err)
{
    for (size_t i = 0; i < sizeof exit_rows / sizeof exit_rows[0]; i++) {
        if (exit_rows[i].err == err) {
            return &exit_rows[i];
        }
    }
    return NULL;
}

int cli_exit_status(int err)
{
    const struct exit_row *row = find_row(err);
    return row ? row->status : DEFECT;
}

const char *cli_hint_for(int err, const struct seal_cause *cause)
{
    const struct exit_row *row = find_row(err);
    return cause->hint[0] ? cause->hint : row ? row->hint : NULL;
}

static void put_word(seal_json *object, const char *key, uint32_t word)
{
    seal_json_put_formatted(object, key, "0x%08lx", (unsigned long)word);
}

static void report_json(const struct cli_run *run, int err, const struct seal_cause *cause,
                        const char *message)
{
    seal_json *root = seal_json_object_new();
    seal_json *error = seal_json_put_object(root, "error");
    seal_json_put_text(error, "code", seal_err_name(err));
    seal_json_put_text(error, "message", message);
    seal_json_put_text(error, "hint", cli_hint_for(err, cause));
    seal_json_put_number(error, "exit_status", cli_exit_status(err));
    if (cause->has_address) {
        put_word(error, "address", cause->address);
        put_word(error, "expected", cause->expected);
        put_word(error, "got", cause->got);
    }
    if (cause->has_rom_code) {
        seal_json_put_number(error, "rom_code", cause->rom_code);
    }
    if (cause->sys_errno) {
        seal_json_put_text(error, "system", strerror(cause->sys_errno));
    }
    if (cli_emit_json(run, &root) != SEAL_OK) {
        (void)fputs("{\"error\":{\"code\":\"NO_MEMORY\",\"exit_status\":70}}\n", stdout);
    }
    (void)fflush(stdout);
}

void cli_report(const struct cli_run *run, int err, const struct seal_cause *cause)
{
    static const struct seal_cause nothing = {0};
    struct seal_cause told = cause ? *cause : nothing;
    cause = &told;
    if (err == SEAL_ERR_USAGE && !told.hint[0] && run->command) {
        seal_hint(&told, "espseal %s --help", run->command->name);
    }
    const char *message = cause->err == err && cause->text[0] ? cause->text : seal_strerror(err);
    cli_progress_clear(run);
    char line[1024];
    char where[80] = "";
    if (cause->has_address) {
        (void)snprintf(where, sizeof where, " (at 0x%08lx: expected 0x%08lx, got 0x%08lx)",
                       (unsigned long)cause->address, (unsigned long)cause->expected,
                       (unsigned long)cause->got);
    }
    (void)snprintf(line, sizeof line, "espseal: error: %s%s", message, where);
    cli_put_folded(stderr, line, cli_stderr_columns(run));
    const char *hint = cli_hint_for(err, cause);
    if (hint) {
        cli_hint(run, "%s", hint);
    }
    /* One document per run: a result that was printed already stays the only one. */
    if (cli_json(run) && !*run->emitted) {
        report_json(run, err, cause, message);
    }
}
