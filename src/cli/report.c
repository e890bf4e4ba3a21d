#include "run.h"

#include <espseal/rom.h>

#include <string.h>

struct exit_row {
    int err;
    int status;
};

static const struct exit_row exit_rows[] = {
    {SEAL_OK, 0},
    {SEAL_ERR_USAGE, 1},
    {SEAL_ERR_NO_MEMORY, 70},
    {SEAL_ERR_INTERNAL, 70},
    {SEAL_ERR_NOT_FOUND, 2},
    {SEAL_ERR_EXISTS, 2},
    {SEAL_ERR_IO, 2},
    {SEAL_ERR_PERMISSIONS, 2},
    {SEAL_ERR_FORMAT, 2},
    {SEAL_ERR_TOO_LONG, 2},
    {SEAL_ERR_PASSPHRASE, 2},
    {SEAL_ERR_KEY, 2},
    {SEAL_ERR_MISMATCH, 2},
    {SEAL_ERR_CRYPTO, 2},
    {SEAL_ERR_SECRET_FOUND, 2},
    {SEAL_ERR_NO_DEVICE, 3},
    {SEAL_ERR_AMBIGUOUS, 3},
    {SEAL_ERR_BUSY, 3},
    {SEAL_ERR_LINK, 4},
    {SEAL_ERR_TIMEOUT, 4},
    {SEAL_ERR_PROTOCOL, 4},
    {SEAL_ERR_ROM, 4},
    {SEAL_ERR_ROM_REFUSED, 4},
    {SEAL_ERR_WRONG_CHIP, 5},
    {SEAL_ERR_UNSUPPORTED, 5},
    {SEAL_ERR_STATE, 5},
    {SEAL_ERR_RULE, 5},
    {SEAL_ERR_DECLINED, 8},
    {SEAL_ERR_VERIFY, 6},
    {SEAL_ERR_PROOF, 6},
    {SEAL_ERR_FINDINGS, 7},
    {SEAL_ERR_INTERRUPTED, 9},
};

enum { DEFECT = 70 };

int cli_exit_status(int err)
{
    for (size_t i = 0; i < sizeof exit_rows / sizeof exit_rows[0]; i++) {
        if (exit_rows[i].err == err) {
            return exit_rows[i].status;
        }
    }
    return DEFECT;
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
    seal_json_put_text(error, "hint", cause->hint[0] ? cause->hint : NULL);
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
    cause = cause ? cause : &nothing;
    const char *message = cause->err == err && cause->text[0] ? cause->text : seal_strerror(err);
    cli_progress_clear(run);
    (void)fprintf(stderr, "espseal: error: %s", message);
    if (cause->has_address) {
        (void)fprintf(stderr, " (at 0x%08lx: expected 0x%08lx, got 0x%08lx)", (unsigned long)cause->address,
                      (unsigned long)cause->expected, (unsigned long)cause->got);
    }
    (void)fputc('\n', stderr);
    if (cause->hint[0]) {
        cli_hint(run, "%s", cause->hint);
    }
    /* One document per run: a result that was printed already stays the only one. */
    if (cli_json(run) && !*run->emitted) {
        report_json(run, err, cause, message);
    }
}
