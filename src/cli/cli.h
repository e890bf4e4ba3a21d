/*
 * The command line: a command is a constant descriptor in cmd_<name>.c and one line in commands.c. Parsing,
 * help, man pages and completions all come from the descriptor. Only this layer prints, prompts and exits.
 */
#ifndef ESPSEAL_CLI_H
#define ESPSEAL_CLI_H

#include <espseal/json.h>
#include <espseal/key.h>
#include <espseal/rom.h>

struct cli_run;

struct cli_option {
    const char *name; /* "out" is --out */
    char letter;      /* 'p' is -p; 0: none. What burns has no letter */
    const char
        *value; /* "FILE"; NULL: a flag. Words of common meaning are completed (FILE, DIR, PORT, CHIP) */
    const char *summary;        /* one line, lower case, no full stop */
    const char *const *choices; /* NULL-terminated words that value may be; NULL: anything */
    const char *fallback;       /* what holds when it is not given, for help; NULL: none */
    bool required;
    bool repeat; /* may be given more than once */
};

enum cli_danger {
    CLI_SAFE,   /* changes nothing on a device */
    CLI_WRITES, /* writes flash */
    CLI_BURNS,  /* burns eFuses: plan, --dry-run, --confirm burn */
};

struct cli_command {
    const char *name;                 /* "identity key": one or two words */
    const char *summary;              /* one line for the list of commands */
    const char *operands;             /* "OFFSET=FILE..." for the synopsis; NULL: none */
    int operands_min, operands_max;   /* -1: any number */
    const char *description;          /* paragraphs separated by blank lines */
    const char *examples;             /* lines: a command line, or "# comment" */
    const struct cli_option *options; /* ended by name == NULL; besides the common ones */
    bool device;            /* talks to a chip: --port, --chip, --baud, --before, --trace are added */
    bool offline;           /* of a device command: works without one too, so --port is not required */
    bool chains;            /* the word "then" begins another operation of the same group */
    enum cli_danger danger; /* CLI_BURNS adds --dry-run and --confirm */
    int (*run)(struct cli_run *run, struct seal_cause *cause); /* a seal_err */
};

extern const struct cli_command *const cli_commands[]; /* NULL-terminated, in the order of help */

/* Options that every command has: --json, --progress, --help; those of commands with .device and of
 * CLI_BURNS. */
extern const struct cli_option cli_common_options[];
extern const struct cli_option cli_device_options[];
extern const struct cli_option cli_burn_options[];

/* Parses, runs and reports; returns the exit status. stdin, stdout and stderr are the process's. */
int cli_main(int argc, char **argv);
/* Whether seal_secret_init could lock its heap in memory; commands that take keys warn when it could not. */
void cli_secrets_locked(bool locked);
/* The arguments of Espressif's configure_esp_secure_cert.py (cmd_configure_esp_secure_cert.c). */
int cli_configure_main(int argc, char **argv);

/* Exit status of an error (DESIGN: "Errors and exit codes"). */
int cli_exit_status(int err);
/* "espseal: error: ..." and "espseal: hint: ..." on stderr; with --json one object on stdout as well. */
void cli_report(const struct cli_run *run, int err, const struct seal_cause *cause);

/* --- what was given --- */
bool cli_flag(const struct cli_run *run, const char *option);
const char *cli_text(const struct cli_run *run, const char *option); /* last one given, or NULL */
const char *cli_text_at(const struct cli_run *run, const char *option, size_t index); /* NULL past the end */
const char *cli_operand(const struct cli_run *run, size_t index);                     /* NULL past the end */
/* A number option (decimal, 0x); fallback when absent. SEAL_ERR_USAGE names the option. */
int cli_number(const struct cli_run *run, const char *option, uint32_t max, uint32_t fallback,
               uint32_t *value, struct seal_cause *cause) SEAL_MUST_CHECK;
/* A MAC option that is given, in the forms of seal_mac_parse. SEAL_ERR_USAGE names the option. */
int cli_mac(const struct cli_run *run, const char *option, uint8_t mac[static 6],
            struct seal_cause *cause) SEAL_MUST_CHECK;
const char *cli_command_name(const struct cli_run *run);

/* --- output: stdout carries data, stderr carries talk --- */
bool cli_json(const struct cli_run *run);
bool cli_stderr_is_terminal(const struct cli_run *run);
void cli_print(const struct cli_run *run, const char *format, ...)
    SEAL_PRINTF(2, 3); /* stdout; nothing with --json */
void cli_say(const struct cli_run *run, const char *format, ...) SEAL_PRINTF(2, 3); /* stderr */
void cli_warn(const struct cli_run *run, const char *format, ...)
    SEAL_PRINTF(2, 3); /* "espseal: warning: ..." */
void cli_hint(const struct cli_run *run, const char *format, ...) SEAL_PRINTF(2, 3);
/* Prints value to stdout and frees it. */
int cli_emit_json(const struct cli_run *run, seal_json **value) SEAL_MUST_CHECK;

/* A table on stdout (libsmartcols), fitted to the terminal. */
struct cli_table;
int cli_table_new(const char *const *headings,
                  struct cli_table **table) SEAL_MUST_CHECK; /* NULL-terminated */
/* One cell per heading; NULL is an empty cell. */
int cli_table_row(struct cli_table *table, const char *const *cells) SEAL_MUST_CHECK;
int cli_table_print(const struct cli_run *run,
                    struct cli_table **table) SEAL_MUST_CHECK; /* prints and frees */
void cli_table_free(struct cli_table **table);                 /* without printing; NULLs */

/* Progress of one long piece of work on stderr: a bar on a terminal, JSON lines with --progress json, else
 * nothing. */
void cli_progress(struct cli_run *run, const char *what, size_t done, size_t total);
void cli_progress_done(struct cli_run *run);
/* The same, but the finished bar leaves the terminal: something that says more takes its place. */
void cli_progress_erase(struct cli_run *run);

/* --- the person --- */
/*
 * SEAL_OK when --confirm burn was given or the person at the terminal typed BURN; SEAL_ERR_DECLINED
 * otherwise, also when there is no terminal. question is printed before.
 */
int cli_confirm_burn(struct cli_run *run, const char *question, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Passphrase from --passphrase-file (first line) or a prompt without echo; for seal_key_read. ctx is the run.
 */
struct seal_passphrase cli_passphrase(struct cli_run *run, const char *option);

/* --- the device --- */
/* Opens --port, connects, checks --chip. Both are closed by the framework when the command returns. */
int cli_connect(struct cli_run *run, struct seal_loader **loader, struct seal_cause *cause) SEAL_MUST_CHECK;
struct seal_link *cli_link(struct cli_run *run); /* NULL before cli_connect */

/* Where commands whose keys may live in a token take its PIN from. */
#define CLI_PIN_OPTION "pin-file"
/* A file of at most max bytes by the secrets' rules, which --insecure-permissions loosens where the command
 * has it. path NULL: *out is NULL. */
int cli_read_secret(const struct cli_run *run, const char *path, size_t max, struct seal_buf **out,
                    struct seal_cause *cause) SEAL_MUST_CHECK;
/* Input files by option value, by the same rules. A key may also be a URI (espseal/key_store.h); its PIN
 * comes from --pin-file or a prompt. */
int cli_read_key(struct cli_run *run, const char *path, const char *passphrase_option, struct seal_key **key,
                 struct seal_cause *cause) SEAL_MUST_CHECK;
/* The public key in a file of it, of a certificate, or of the private key, or at a URI, for secure boot.
 * passphrase_option NULL: encrypted keys are refused. */
struct seal_public;
int cli_read_public(struct cli_run *run, const char *path, const char *passphrase_option,
                    struct seal_public *key, struct seal_cause *cause) SEAL_MUST_CHECK;
int cli_read_cert(struct cli_run *run, const char *path, struct seal_cert **cert,
                  struct seal_cause *cause) SEAL_MUST_CHECK;
/* The same with the certificates that follow the first. */
int cli_read_certs(struct cli_run *run, const char *path, struct seal_cert **cert,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
/* The chip of that name (NULL: none is asked for, *chip is NULL). SEAL_ERR_USAGE suggests the nearest name.
 */
int cli_find_chip(const char *name, const struct seal_chip **chip, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
