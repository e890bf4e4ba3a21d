#include "run.h"

#include <string.h>

enum { WIDTH = 80, OPTION_COLUMN = 28 };

static size_t word_length(const char *text)
{
    return strcspn(text, " \n");
}

void cli_wrap(FILE *out, const char *text, int indent, int width)
{
    int column = 0;
    while (*text) {
        if (*text == '\n') {
            bool paragraph = text[1] == '\n';
            (void)fputs(paragraph ? "\n\n" : "\n", out);
            text += strspn(text, "\n");
            column = 0;
            continue;
        }
        size_t len = word_length(text);
        if (column > 0 && column + 1 + (int)len > width) {
            (void)fputc('\n', out);
            column = 0;
        }
        if (column == 0) {
            column = fprintf(out, "%*s", indent, "");
        } else {
            (void)fputc(' ', out);
            column++;
        }
        (void)fwrite(text, 1, len, out);
        column += (int)len;
        text += len;
        text += strspn(text, " ");
    }
    (void)fputc('\n', out);
}

/* The longest name of a command: the summaries stand behind it in one column. */
static int name_width(void)
{
    size_t width = 0;
    for (size_t i = 0; cli_commands[i]; i++) {
        size_t len = strlen(cli_commands[i]->name);
        width = len > width ? len : width;
    }
    return (int)width;
}

static void print_commands(FILE *out, const char *word)
{
    size_t len = word ? strlen(word) : 0;
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *command = cli_commands[i];
        if (!word || (strncmp(command->name, word, len) == 0 && command->name[len] == ' ')) {
            (void)fprintf(out, "  %-*s  %s\n", name_width(), command->name, command->summary);
        }
    }
}

static void print_group(FILE *out, const struct cli_group *group)
{
    bool titled = false;
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *command = cli_commands[i];
        if (!cli_group_has(group, command)) {
            continue;
        }
        if (!titled) {
            (void)fprintf(out, "\n%s\n", group->title);
            titled = true;
        }
        (void)fprintf(out, "  %-*s  %s\n", name_width(), command->name, command->summary);
    }
}

void cli_help_overview(FILE *out)
{
    (void)fprintf(out, "usage: espseal COMMAND [options]\n\nespseal %s: %s\n", ESPSEAL_VERSION,
                  cli_overview_summary);
    for (const struct cli_group *group = cli_groups; group->title; group++) {
        print_group(out, group);
    }
    (void)fprintf(
        out, "\nOptions\n  %-*s  this text; after a command, its help\n  %-*s  print the version and exit\n",
        name_width(), "--help", name_width(), "--version");
    (void)fputs("\nespseal help COMMAND explains a command; man espseal explains the rest\n", out);
}

void cli_help_group(FILE *out, const char *word)
{
    (void)fprintf(out, "usage: espseal %s COMMAND [options]\n\n", word);
    print_commands(out, word);
}

void cli_help_usage(FILE *out, const struct cli_command *command)
{
    (void)fprintf(out, "espseal %s", command->name);
    const struct cli_option *option;
    for (size_t i = 0; (option = cli_command_option(command, i)); i++) {
        if (option->required) {
            (void)fprintf(out, " --%s %s", option->name, option->value ? option->value : "");
        }
    }
    (void)fputs(" [options]", out);
    if (command->operands) {
        (void)fprintf(out, command->operands_min > 0 ? " %s" : " [%s]", command->operands);
    }
    (void)fputc('\n', out);
}

static void describe_option(const struct cli_option *option, char *text, size_t size)
{
    int used = snprintf(text, size, "%s", option->summary);
    if (option->choices) {
        used += snprintf(text + used, size - (size_t)used, " (");
        for (size_t i = 0; option->choices[i] && (size_t)used < size; i++) {
            used += snprintf(text + used, size - (size_t)used, "%s%s", i ? ", " : "", option->choices[i]);
        }
        used += (size_t)used < size ? snprintf(text + used, size - (size_t)used, ")") : 0;
    }
    if (option->fallback && (size_t)used < size) {
        used += snprintf(text + used, size - (size_t)used, "; default: %s", option->fallback);
    }
    if (option->repeat && (size_t)used < size) {
        used += snprintf(text + used, size - (size_t)used, "; may be repeated");
    }
    if (option->required && (size_t)used < size) {
        (void)snprintf(text + used, size - (size_t)used, "; required");
    }
}

static void print_option(FILE *out, const struct cli_option *option)
{
    char text[512];
    int column = option->letter ? fprintf(out, "  -%c, ", option->letter) : fprintf(out, "      ");
    column +=
        fprintf(out, "--%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
    describe_option(option, text, sizeof text);
    if (column + 2 + (int)strlen(text) > WIDTH || column + 1 > OPTION_COLUMN) {
        (void)fputc('\n', out);
        cli_wrap(out, text, OPTION_COLUMN, WIDTH);
    } else {
        (void)fprintf(out, "%*s%s\n", OPTION_COLUMN - column, "", text);
    }
}

static void print_examples(FILE *out, const char *examples)
{
    (void)fputs("\nExamples\n", out);
    while (*examples) {
        size_t len = strcspn(examples, "\n");
        (void)fprintf(out, "  %.*s\n", (int)len, examples);
        examples += len + (examples[len] == '\n');
    }
}

void cli_help_command(FILE *out, const struct cli_command *command)
{
    (void)fputs("usage: ", out);
    cli_help_usage(out, command);
    (void)fputc('\n', out);
    cli_wrap(out, command->description, 0, WIDTH);
    (void)fputs("\nOptions\n", out);
    const struct cli_option *option;
    for (size_t i = 0; (option = cli_command_option(command, i)); i++) {
        print_option(out, option);
    }
    if (command->examples) {
        print_examples(out, command->examples);
    }
    if (command->danger == CLI_BURNS) {
        (void)fputs("\nThis command burns eFuses. That cannot be undone.\n", out);
    }
}
