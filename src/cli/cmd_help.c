/* help: the same text as --help; and, for those who build packages, man pages and completions. */
#include "run.h"

static int find_command(const struct cli_run *run, const struct cli_command **command,
                        struct seal_cause *cause)
{
    int words = 0;
    const char *word1 = cli_operand(run, 0), *word2 = cli_operand(run, 1);
    *command = word1 ? cli_command_find(word1, word2, &words) : NULL;
    if (!word1 || (*command && (word2 == NULL || words == 2)) || (cli_is_group(word1) && !word2)) {
        return SEAL_OK;
    }
    *command = NULL;
    const char *best = cli_command_suggest(word1, word2);
    int err = seal_fail(cause, SEAL_ERR_USAGE, "there is no command \"%s%s%s\"", word1, word2 ? " " : "",
                        word2 ? word2 : "");
    if (best) {
        seal_hint(cause, "did you mean espseal help %s?", best);
    } else {
        seal_hint(cause, "espseal --help lists the commands");
    }
    return err;
}

static int run_help(struct cli_run *run, struct seal_cause *cause)
{
    const struct cli_command *command;
    const char *shell = cli_text(run, "completion");
    if (shell) {
        return cli_completion(stdout, shell, cause);
    }
    if (cli_flag(run, "commands")) {
        for (size_t i = 0; cli_commands[i]; i++) {
            (void)printf("%s\n", cli_commands[i]->name);
        }
        return SEAL_OK;
    }
    if (cli_flag(run, "profile-man")) {
        cli_man_profile(stdout);
        return SEAL_OK;
    }
    int err = find_command(run, &command, cause);
    if (err != SEAL_OK) {
        return err;
    }
    bool man = cli_flag(run, "man");
    if (command) {
        (man ? cli_man_command : cli_help_command)(stdout, command);
    } else if (cli_operand(run, 0)) {
        cli_help_group(stdout, cli_operand(run, 0));
    } else {
        (man ? cli_man_overview : cli_help_overview)(stdout);
    }
    return SEAL_OK;
}

static const struct cli_option options[] = {
    {.name = "man", .summary = "print the manual page in mdoc instead"},
    {.name = "profile-man", .summary = "print the manual page of profiles in mdoc instead"},
    {.name = "commands", .summary = "print the names of all commands instead, one per line"},
    {.name = "completion",
     .value = "SHELL",
     .summary = "print the completion script for a shell instead",
     .choices = (const char *const[]){"bash", "zsh", "fish", NULL}},
    {0},
};

const struct cli_command cli_command_help = {
    .name = "help",
    .summary = "explain a command",
    .operands = "COMMAND",
    .operands_max = 2,
    .description = "Prints what a command does and what it takes; without a command, the list of commands.\n"
                   "\n"
                   "The same descriptions make the manual pages and the completion scripts.",
    .examples = "# explain a command of two words\n"
                "espseal help chip list\n"
                "# read the manual page without installing it\n"
                "espseal help --man chip list | man -l -",
    .options = options,
    .run = run_help,
};
