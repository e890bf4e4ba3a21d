/* Manual pages in mdoc(7), made from the descriptors. */
#include "run.h"

#include <ctype.h>
#include <string.h>

/* Text with mdoc's own signs taken out of force. A line never begins with a control character. */
void cli_man_text(FILE *out, const char *text, size_t len)
{
    bool line_begins = true;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (line_begins && (c == '.' || c == '\'')) {
            (void)fputs("\\&", out);
        }
        line_begins = c == '\n';
        if (c == '\\') {
            (void)fputs("\\e", out);
        } else if (c == '-' && i > 0 && text[i - 1] == ' ') {
            (void)fputs("\\-", out);
        } else {
            (void)fputc(c, out);
        }
        bool sentence_ends = (c == '.' || c == '?') && i + 1 < len && text[i + 1] == ' ';
        if (sentence_ends && (isupper((unsigned char)text[i + 2]) || text[i + 2] == '-')) {
            (void)fputc('\n', out);
            line_begins = true;
            i++;
        }
    }
}

static void put_line(FILE *out, const char *text)
{
    cli_man_text(out, text, strlen(text));
    (void)fputc('\n', out);
}

static void put_paragraphs(FILE *out, const char *text)
{
    const char *end;
    while ((end = strstr(text, "\n\n"))) {
        cli_man_text(out, text, (size_t)(end - text));
        (void)fputs("\n.Pp\n", out);
        text = end + 2;
    }
    put_line(out, text);
}

static void put_title(FILE *out, const char *page)
{
    (void)fprintf(out, ".\\\" Made by man/generate from the command's descriptor; do not edit.\n.Dd %s\n.Dt ",
                  cli_manual_date);
    for (const char *c = page; *c; c++) {
        (void)fputc(toupper((unsigned char)*c), out);
    }
    (void)fputs(" 1\n.Os\n.Sh NAME\n", out);
}

static void page_name(const struct cli_command *command, char *page, size_t size)
{
    (void)snprintf(page, size, "espseal-%s", command->name);
    for (char *space = page; (space = strchr(space, ' '));) {
        *space = '-';
    }
}

/* An argument of a macro: a word that looks like a macro's name would be taken for one. */
static void put_argument(FILE *out, const char *text)
{
    for (const char *space; (space = strchr(text, ' ')); text = space + 1) {
        (void)fprintf(out, "%.*s ", (int)(space - text), text);
    }
    (void)fprintf(out, "%s", text);
}

static void put_synopsis_option(FILE *out, const struct cli_option *option)
{
    (void)fprintf(out, option->required ? ".Fl -%s" : ".Op Fl -%s", option->name);
    if (option->value) {
        (void)fputs(" Ar ", out);
        put_argument(out, option->value);
    }
    (void)fputc('\n', out);
}

static void put_synopsis(FILE *out, const struct cli_command *command)
{
    (void)fprintf(out, ".Sh SYNOPSIS\n.Nm espseal %s\n", command->name);
    const struct cli_option *option;
    for (size_t i = 0; (option = cli_command_option(command, i)); i++) {
        put_synopsis_option(out, option);
    }
    if (command->operands) {
        (void)fputs(command->operands_min > 0 ? ".Ar " : ".Op Ar ", out);
        put_argument(out, command->operands);
        (void)fputc('\n', out);
    }
}

static void put_option(FILE *out, const struct cli_option *option)
{
    (void)fputs(".It ", out);
    if (option->letter) {
        (void)fprintf(out, "Fl %c , ", option->letter);
    }
    (void)fprintf(out, "Fl -%s", option->name);
    if (option->value) {
        (void)fputs(" Ar ", out);
        put_argument(out, option->value);
    }
    (void)fprintf(out, "\n%c", toupper((unsigned char)option->summary[0]));
    cli_man_text(out, option->summary + 1, strlen(option->summary + 1));
    (void)fputs(".\n", out);
    if (option->choices) {
        (void)fputs("One of:\n", out);
        for (size_t i = 0; option->choices[i]; i++) {
            (void)fprintf(out, ".Cm %s%s\n", option->choices[i], option->choices[i + 1] ? " ," : " .");
        }
    }
    if (option->fallback) {
        (void)fputs("The default is\n.Dq ", out);
        cli_man_text(out, option->fallback, strlen(option->fallback));
        (void)fputs(" .\n", out);
    }
    if (option->repeat) {
        (void)fputs("May be given more than once.\n", out);
    }
    if (option->required) {
        (void)fputs("Required.\n", out);
    }
}

static void put_options(FILE *out, const struct cli_command *command)
{
    (void)fputs(".Sh OPTIONS\n.Bl -tag -width Ds\n", out);
    const struct cli_option *option;
    for (size_t i = 0; (option = cli_command_option(command, i)); i++) {
        put_option(out, option);
    }
    (void)fputs(".El\n", out);
}

static void put_exit_status(FILE *out)
{
    (void)fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds -compact\n", out);
    for (const struct cli_exit_row *row = cli_exit_rows; row->meaning; row++) {
        (void)fprintf(out, ".It %d\n", row->status);
        put_line(out, row->meaning);
    }
    (void)fputs(".El\n", out);
}

/* "# comment" lines become text, the lines after one a display. */
static void put_examples(FILE *out, const char *examples)
{
    bool open = false;
    (void)fputs(".Sh EXAMPLES\n", out);
    while (*examples) {
        size_t len = strcspn(examples, "\n");
        bool comment = strncmp(examples, "# ", 2) == 0;
        if (open && comment) {
            (void)fputs(".Ed\n.Pp\n", out);
            open = false;
        }
        if (comment) {
            (void)fputc(toupper((unsigned char)examples[2]), out);
            cli_man_text(out, examples + 3, len - 3);
            (void)fputs(":\n", out);
        } else {
            if (!open) {
                (void)fputs(".Bd -literal -offset indent\n", out);
                open = true;
            }
            cli_man_text(out, examples, len);
            (void)fputc('\n', out);
        }
        examples += len + (examples[len] == '\n');
    }
    (void)fputs(open ? ".Ed\n" : "", out);
}

void cli_man_command(FILE *out, const struct cli_command *command)
{
    char page[64];
    page_name(command, page, sizeof page);
    put_title(out, page);
    (void)fprintf(out, ".Nm %s\n.Nd ", page);
    put_line(out, command->summary);
    put_synopsis(out, command);
    (void)fputs(".Sh DESCRIPTION\n", out);
    put_paragraphs(out, command->description);
    if (command->danger == CLI_BURNS) {
        (void)fputs(".Pp\nThis command burns eFuses.\nThat cannot be undone.\n"
                    "See SAFETY in\n.Xr espseal 1 .\n",
                    out);
    }
    put_options(out, command);
    put_exit_status(out);
    if (command->examples) {
        put_examples(out, command->examples);
    }
    (void)fputs(".Sh SEE ALSO\n.Xr espseal 1\n", out);
}

static void put_command_list(FILE *out)
{
    char page[64];
    for (const struct cli_group *group = cli_groups; group->title; group++) {
        bool open = false;
        for (size_t i = 0; cli_commands[i]; i++) {
            if (!cli_group_has(group, cli_commands[i])) {
                continue;
            }
            if (!open) {
                (void)fprintf(out, ".Ss %s\n.Bl -tag -width Ds -compact\n", group->title);
                open = true;
            }
            page_name(cli_commands[i], page, sizeof page);
            (void)fprintf(out, ".It Xr %s 1\n", page);
            put_line(out, cli_commands[i]->summary);
        }
        (void)fputs(open ? ".El\n" : "", out);
    }
}

static void put_ports(FILE *out)
{
    (void)fputs(".Sh PORTS\nForms of the option\n.Fl -port :\n.Bl -tag -width Ds\n", out);
    for (const struct cli_port_row *row = cli_port_rows; row->form; row++) {
        (void)fputs(".It Pa ", out);
        put_line(out, row->form);
        put_line(out, row->meaning);
    }
    (void)fputs(".El\n", out);
}

/* By the names of their pages, in which a blank is a dash. */
static int compare_pages(const struct cli_command *a, const struct cli_command *b)
{
    char page[64], other[64];
    page_name(a, page, sizeof page);
    page_name(b, other, sizeof other);
    return strcmp(page, other);
}

/* The first name after the given one in the order of the alphabet, which mdoc asks for; NULL: none. */
static const struct cli_command *next_by_name(const struct cli_command *after)
{
    const struct cli_command *next = NULL;
    for (size_t i = 0; cli_commands[i]; i++) {
        bool later = !after || compare_pages(cli_commands[i], after) > 0;
        if (later && (!next || compare_pages(cli_commands[i], next) < 0)) {
            next = cli_commands[i];
        }
    }
    return next;
}

static void put_see_also(FILE *out)
{
    (void)fputs(".Sh SEE ALSO\n", out);
    const struct cli_command *command = next_by_name(NULL);
    while (command) {
        char page[64];
        const struct cli_command *next = next_by_name(command);
        page_name(command, page, sizeof page);
        (void)fprintf(out, ".Xr %s 1%s\n", page, next ? " ," : "");
        command = next;
    }
}

void cli_man_overview(FILE *out)
{
    put_title(out, "espseal");
    (void)fprintf(out, ".Nm espseal\n.Nd %s\n", cli_overview_summary);
    (void)fputs(".Sh SYNOPSIS\n.Nm\n.Ar COMMAND\n.Op Ar options\n"
                ".Nm\n.Fl -help\n.Nm\n.Fl -version\n"
                ".Sh DESCRIPTION\n",
                out);
    put_paragraphs(out, cli_overview_description);
    (void)fputs(".Sh COMMANDS\n", out);
    put_command_list(out);
    put_ports(out);
    (void)fputs(".Sh SAFETY\n", out);
    put_paragraphs(out, cli_overview_safety);
    put_exit_status(out);
    put_examples(out, cli_overview_examples);
    put_see_also(out);
}
