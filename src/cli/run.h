/* What the files of this layer share about one run. Commands see cli.h only. */
#ifndef ESPSEAL_CLI_RUN_H
#define ESPSEAL_CLI_RUN_H

#include "cli.h"

#include <espseal/deadline.h>
#include <espseal/hex.h>
#include <espseal/suggest.h>

#include <stdio.h>

struct cli_given { /* an option as it stood on the command line */
    const struct cli_option *option;
    const char *value; /* NULL: a flag */
    char *owned;       /* value, when it was given by cli_give; else NULL */
};

struct cli_progress_state {
    char what[96];
    int64_t began_us, drawn_us;
    size_t done, total;
    bool active; /* an unfinished bar stands on the terminal's last line */
};

struct cli_run {
    const struct cli_command *command; /* NULL: none was named */
    const char *group;                 /* "identity", when --help follows only the first word */
    struct cli_given *given;
    size_t given_count;
    const char **operands;
    size_t operand_count;
    char **rest; /* words behind "then", borrowed from argv */
    int rest_count;
    bool help, json;
    bool stderr_terminal;
    bool *emitted; /* a JSON document went to stdout */
    struct cli_progress_state *progress;
    const char *passphrase_option;
    struct seal_link *link;
    struct seal_loader *loader;
    FILE *trace;
    void (*close_device)(struct cli_run *run); /* set by cli_connect */
};

/* --- options.c --- */

/* Fills run from argv. Everything that run points to belongs to it until cli_run_clear. */
int cli_parse(struct cli_run *run, int argc, char **argv, struct seal_cause *cause) SEAL_MUST_CHECK;
void cli_run_clear(struct cli_run *run);
/* Gives an option to a run as if it stood on the command line; value is copied, NULL for a flag. */
int cli_give(struct cli_run *run, const char *option, const char *value,
             struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- commands.c --- */

/* The index-th option of command: its own, then device, burn and common ones; NULL past the end. command may
 * be NULL: the common ones. */
const struct cli_option *cli_command_option(const struct cli_command *command, size_t index);
/* By its words; word2 may be NULL. *words says how many were used. NULL when there is none. */
/* The command, or the first word of some, that was probably meant; word2 may be NULL. NULL: nothing is near.
 */
const char *cli_command_suggest(const char *word1, const char *word2);
const struct cli_command *cli_command_find(const char *word1, const char *word2, int *words);
bool cli_is_group(const char *word);

struct cli_group { /* a paragraph of the list of commands */
    const char *title;
    const char *const *first_words; /* NULL-terminated */
};
extern const struct cli_group cli_groups[]; /* ended by title == NULL */
bool cli_group_has(const struct cli_group *group, const struct cli_command *command);

/* --- help.c, man.c, completion.c: text made from the descriptors --- */

void cli_help_overview(FILE *out);
void cli_help_group(FILE *out, const char *word);
void cli_help_command(FILE *out, const struct cli_command *command);
/* "espseal identity key --out FILE [options]" */
void cli_help_usage(FILE *out, const struct cli_command *command);
/* Prints text with lines of at most width columns, each begun with indent blanks; paragraphs are kept. */
void cli_wrap(FILE *out, const char *text, int indent, int width);

void cli_man_overview(FILE *out);
/* The page of profiles, with a paragraph for each word (man_profile.c). */
void cli_man_profile(FILE *out);
/* len bytes of text with mdoc's own signs taken out of force. */
void cli_man_text(FILE *out, const char *text, size_t len);
void cli_man_command(FILE *out, const struct cli_command *command);
int cli_completion(FILE *out, const char *shell, struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- overview.c: what no descriptor knows --- */

struct cli_exit_row {
    int status;
    const char *meaning;
};
extern const struct cli_exit_row cli_exit_rows[]; /* ended by meaning == NULL */

struct cli_port_row {
    const char *form, *meaning;
};
extern const struct cli_port_row cli_port_rows[]; /* ended by form == NULL */
extern const char cli_overview_summary[], cli_overview_description[], cli_overview_safety[],
    cli_overview_examples[], cli_manual_date[];

/* --- device.c --- */
/* What --after asks for, on the device that is open. */
int cli_leave_device(struct cli_run *run, struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- output.c --- */
/* Width of the terminal behind stderr; 0 when it is none. */
int cli_stderr_columns(const struct cli_run *run);
/* A line and its end, broken between words where it has more than columns (0: never); what follows stands
 * under the text behind the line's first gap of two blanks. A word without blanks stays whole. */
void cli_put_folded(FILE *out, const char *line, int columns);

/* The MAC address from the eFuses. SEAL_ERR_STATE where they cannot be read. */
int cli_read_mac(struct seal_loader *loader, uint8_t mac[static 6], struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- port.c --- */
/* What "auto", "usb:VID:PID[:SERIAL]" and "mac:AA:BB:CC:DD:EE:FF" stand for; another port is taken as it is.
 */
int cli_resolve_port(const char *given, char *port, size_t capacity,
                     struct seal_cause *cause) SEAL_MUST_CHECK;
/* Opens a port, asks which chip is there and for its MAC address ("" where it cannot be read), and closes it.
 */
struct cli_probed {
    const struct seal_chip *chip;
    char mac[SEAL_MAC_TEXT];
};
int cli_probe_port(const char *path, struct cli_probed *probed, struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- progress.c --- */
void cli_progress_clear(const struct cli_run *run); /* before other talk on stderr */

/* --- report.c --- */
/* The cause's hint, else what helps with most errors of this kind; NULL: nothing does. */
const char *cli_hint_for(int err, const struct seal_cause *cause);

/* --- ask.c --- */
/* Prompts at the terminal and reads a line without its end; echo false hides it. */
int cli_ask_line(const char *prompt, bool echo, char *line, size_t size,
                 struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
