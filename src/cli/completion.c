/* Completion scripts, made from the descriptors: they are static text, so that a key press starts no program.
 */
#include "run.h"

#include <espseal/chip.h>

#include <string.h>

enum completed { NOTHING, FILES, FOLDERS, PORTS, CHIPS };

static enum completed kind_of(const char *value)
{
    static const struct {
        const char *value;
        enum completed kind;
    } kinds[] = {
        {"FILE", FILES}, {"DIR", FOLDERS}, {"PORT", PORTS}, {"CHIP", CHIPS}, {"PLACE=FILE", FILES},
    };
    for (size_t i = 0; value && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(value, kinds[i].value) == 0) {
            return kinds[i].kind;
        }
    }
    return NOTHING;
}

static void put_chips(FILE *out)
{
    for (size_t i = 0; seal_chips[i]; i++) {
        (void)fprintf(out, "%s%s", i ? " " : "", seal_chips[i]->name);
    }
}

static void put_choices(FILE *out, const char *const *choices)
{
    for (size_t i = 0; choices[i]; i++) {
        (void)fprintf(out, "%s%s", i ? " " : "", choices[i]);
    }
}

static void put_first_words(FILE *out)
{
    for (size_t i = 0; cli_commands[i]; i++) {
        const char *name = cli_commands[i]->name;
        size_t len = strcspn(name, " ");
        bool seen = i > 0 && strncmp(cli_commands[i - 1]->name, name, len) == 0 &&
                    strcspn(cli_commands[i - 1]->name, " ") == len;
        if (!seen) {
            (void)fprintf(out, "%s%.*s", i ? " " : "", (int)len, name);
        }
    }
}

static bool same_group_before(size_t index)
{
    size_t len = strcspn(cli_commands[index]->name, " ") + 1;
    return index > 0 && strncmp(cli_commands[index - 1]->name, cli_commands[index]->name, len) == 0;
}

static void put_second_words(FILE *out, size_t index)
{
    size_t len = strcspn(cli_commands[index]->name, " ") + 1;
    (void)fputs(cli_commands[index]->name + len, out);
    for (size_t i = index + 1; cli_commands[i] && same_group_before(i); i++) {
        (void)fprintf(out, " %s", cli_commands[i]->name + len);
    }
}

/* --- bash --- */

static void put_bash_value(FILE *out, const struct cli_option *option)
{
    if (option->choices) {
        (void)fputs("COMPREPLY=($(compgen -W '", out);
        put_choices(out, option->choices);
        (void)fputs("' -- \"$cur\"))", out);
        return;
    }
    switch (kind_of(option->value)) {
    case FILES:
        (void)fputs("COMPREPLY=($(compgen -f -- \"$cur\"))", out);
        break;
    case FOLDERS:
        (void)fputs("COMPREPLY=($(compgen -d -- \"$cur\"))", out);
        break;
    case PORTS:
        (void)fputs(
            "COMPREPLY=($(compgen -G '/dev/tty[UA][SC][BM]*'; compgen -W 'socket:// sim:' -- \"$cur\"))",
            out);
        break;
    case CHIPS:
        (void)fputs("COMPREPLY=($(compgen -W '", out);
        put_chips(out);
        (void)fputs("' -- \"$cur\"))", out);
        break;
    case NOTHING:
        (void)fputs("COMPREPLY=()", out);
        break;
    }
}

static void put_bash_command(FILE *out, const struct cli_command *command)
{
    const struct cli_option *option;
    (void)fprintf(out, "    '%s')\n        case \"$prev\" in\n", command->name);
    for (size_t i = 0; (option = cli_command_option(command, i)); i++) {
        if (!option->value) {
            continue;
        }
        (void)fprintf(out, "        --%s", option->name);
        if (option->letter) {
            (void)fprintf(out, "|-%c", option->letter);
        }
        (void)fputs(") ", out);
        put_bash_value(out, option);
        (void)fputs("; return ;;\n", out);
    }
    (void)fputs("        esac\n        words='", out);
    for (size_t i = 0; (option = cli_command_option(command, i)); i++) {
        (void)fprintf(out, "%s--%s", i ? " " : "", option->name);
    }
    (void)fputs("'\n        ;;\n", out);
}

static void put_bash(FILE *out)
{
    (void)fputs("# bash completion of espseal; made by man/generate, do not edit\n"
                "# shellcheck shell=bash disable=SC2207\n"
                "_espseal()\n{\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
                "    COMPREPLY=()\n"
                "    if ((COMP_CWORD == 1)); then\n"
                "        COMPREPLY=($(compgen -W '",
                out);
    put_first_words(out);
    (void)fputs(" --help --version' -- \"$cur\"))\n        return\n    fi\n"
                "    case \"${COMP_WORDS[1]}\" in\n",
                out);
    for (size_t i = 0; cli_commands[i]; i++) {
        const char *name = cli_commands[i]->name;
        if (strchr(name, ' ') && !same_group_before(i)) {
            (void)fprintf(out, "    %.*s)\n        if ((COMP_CWORD == 2)); then\n", (int)strcspn(name, " "),
                          name);
            (void)fputs("            COMPREPLY=($(compgen -W '", out);
            put_second_words(out, i);
            (void)fputs("' -- \"$cur\"))\n            return\n        fi\n"
                        "        set -- \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\"\n        ;;\n",
                        out);
        }
    }
    (void)fputs("    *) set -- \"${COMP_WORDS[1]}\" ;;\n    esac\n    case \"$1\" in\n", out);
    for (size_t i = 0; cli_commands[i]; i++) {
        put_bash_command(out, cli_commands[i]);
    }
    (void)fputs("    esac\n"
                "    if [[ $cur == -* ]]; then\n"
                "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                "    else\n"
                "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                "    fi\n}\n"
                "complete -o filenames -F _espseal espseal\n",
                out);
}

/* --- zsh --- */

/* Text inside a quoted specification "...[text]...". */
static void put_zsh_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("[]:\\", *text)) {
            (void)fputc('\\', out);
        }
        if (*text == '\'') {
            (void)fputs("'\\'", out);
        }
        (void)fputc(*text, out);
    }
}

static void put_zsh_value(FILE *out, const struct cli_option *option)
{
    (void)fprintf(out, ":%s:", option->value);
    if (option->choices) {
        (void)fputc('(', out);
        put_choices(out, option->choices);
        (void)fputc(')', out);
        return;
    }
    switch (kind_of(option->value)) {
    case FILES:
        (void)fputs("_files", out);
        break;
    case FOLDERS:
        (void)fputs("_files -/", out);
        break;
    case PORTS:
        (void)fputs("_files -W /dev -P /dev/ -g \"tty(USB|ACM)*\"", out);
        break;
    case CHIPS:
        (void)fputc('(', out);
        put_chips(out);
        (void)fputc(')', out);
        break;
    case NOTHING:
        break;
    }
}

static void put_zsh_option(FILE *out, const struct cli_option *option, bool letter)
{
    const char *many = option->repeat ? "*" : "";
    (void)fprintf(out, " \\\n            '%s-%s", many, letter ? "" : "-");
    if (letter) {
        (void)fputc(option->letter, out);
    } else {
        (void)fputs(option->name, out);
    }
    (void)fputc('[', out);
    put_zsh_text(out, option->summary);
    (void)fputc(']', out);
    if (option->value) {
        put_zsh_value(out, option);
    }
    (void)fputc('\'', out);
}

static void put_zsh_command(FILE *out, const struct cli_command *command)
{
    const struct cli_option *option;
    (void)fprintf(out, "    '%s')\n        _arguments", command->name);
    for (size_t i = 0; (option = cli_command_option(command, i)); i++) {
        put_zsh_option(out, option, false);
        if (option->letter) {
            put_zsh_option(out, option, true);
        }
    }
    (void)fputs(command->operands ? " \\\n            '*:operand:_files'\n        ;;\n" : "\n        ;;\n",
                out);
}

static void put_zsh(FILE *out)
{
    (void)fputs("#compdef espseal\n# zsh completion of espseal; made by man/generate, do not edit\n"
                "_espseal() {\n    local name=$words[2]\n"
                "    if (( CURRENT == 2 )); then\n        compadd -- ",
                out);
    put_first_words(out);
    (void)fputs(" --help --version\n        return\n    fi\n    case $words[2] in\n", out);
    for (size_t i = 0; cli_commands[i]; i++) {
        const char *name = cli_commands[i]->name;
        if (strchr(name, ' ') && !same_group_before(i)) {
            (void)fprintf(out, "    %.*s)\n        if (( CURRENT == 3 )); then\n            compadd -- ",
                          (int)strcspn(name, " "), name);
            put_second_words(out, i);
            (void)fputs("\n            return\n        fi\n        name=\"$words[2] $words[3]\"\n"
                        "        shift words; (( CURRENT-- ))\n        ;;\n",
                        out);
        }
    }
    (void)fputs("    esac\n    shift words; (( CURRENT-- ))\n    case $name in\n", out);
    for (size_t i = 0; cli_commands[i]; i++) {
        put_zsh_command(out, cli_commands[i]);
    }
    (void)fputs("    esac\n}\n_espseal \"$@\"\n", out);
}

/* --- fish --- */

static void put_fish_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        (void)fputs(*text == '\'' || *text == '\\' ? "\\" : "", out);
        (void)fputc(*text, out);
    }
}

static void put_fish_condition(FILE *out, const char *name)
{
    const char *space = strchr(name, ' ');
    (void)fprintf(out, "complete -c espseal -n '__fish_seen_subcommand_from %.*s", (int)strcspn(name, " "),
                  name);
    if (space) {
        (void)fprintf(out, "; and __fish_seen_subcommand_from %s", space + 1);
    }
    (void)fputc('\'', out);
}

static void put_fish_option(FILE *out, const struct cli_command *command, const struct cli_option *option)
{
    put_fish_condition(out, command->name);
    (void)fprintf(out, " -l %s", option->name);
    if (option->letter) {
        (void)fprintf(out, " -s %c", option->letter);
    }
    enum completed kind = kind_of(option->value);
    if (option->value) {
        (void)fputs(kind == FILES ? " -r -F" : " -x", out);
    }
    if (option->choices) {
        (void)fputs(" -a '", out);
        put_choices(out, option->choices);
        (void)fputc('\'', out);
    } else if (kind == CHIPS) {
        (void)fputs(" -a '", out);
        put_chips(out);
        (void)fputc('\'', out);
    } else if (kind == PORTS) {
        (void)fputs(" -a '(__fish_complete_path /dev/tty) socket:// sim:'", out);
    } else if (kind == FOLDERS) {
        (void)fputs(" -a '(__fish_complete_directories)'", out);
    }
    (void)fputs(" -d '", out);
    put_fish_text(out, option->summary);
    (void)fputs("'\n", out);
}

static void put_fish_word(FILE *out, const struct cli_command *command)
{
    const char *space = strchr(command->name, ' ');
    if (space) {
        (void)fprintf(out,
                      "complete -c espseal -f -n '__fish_seen_subcommand_from %.*s; and test (count "
                      "(commandline -opc)) -eq 2' -a %s -d '",
                      (int)(space - command->name), command->name, space + 1);
    } else {
        (void)fprintf(out, "complete -c espseal -f -n __fish_use_subcommand -a %s -d '", command->name);
    }
    put_fish_text(out, command->summary);
    (void)fputs("'\n", out);
}

static void put_fish(FILE *out)
{
    const struct cli_option *option;
    (void)fputs("# fish completion of espseal; made by man/generate, do not edit\n"
                "complete -c espseal -f -n __fish_use_subcommand -l version -d 'print the version and exit'\n"
                "complete -c espseal -f -n __fish_use_subcommand -a '",
                out);
    put_first_words(out);
    (void)fputs("'\n", out);
    for (size_t i = 0; cli_commands[i]; i++) {
        put_fish_word(out, cli_commands[i]);
        for (size_t k = 0; (option = cli_command_option(cli_commands[i], k)); k++) {
            put_fish_option(out, cli_commands[i], option);
        }
    }
}

int cli_completion(FILE *out, const char *shell, struct seal_cause *cause)
{
    static const struct {
        const char *shell;
        void (*put)(FILE *out);
    } shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].shell, shell) == 0) {
            shells[i].put(out);
            return SEAL_OK;
        }
    }
    return seal_fail(cause, SEAL_ERR_USAGE, "no completion is known for %s", shell);
}
