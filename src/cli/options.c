#include "run.h"

#include <espseal/hex.h>

#include <stdlib.h>
#include <string.h>

struct parser {
    struct cli_run *run;
    char **argv;
    int argc, at;
    struct seal_cause *cause;
};

static const char *name_or_program(const struct cli_run *run)
{
    return run->command ? run->command->name : "";
}

static int usage_error(struct parser *parser, int err)
{
    const char *name = name_or_program(parser->run);
    if (parser->cause && !parser->cause->hint[0]) {
        seal_hint(parser->cause, "espseal %s%s--help", name, name[0] ? " " : "");
    }
    return err;
}

static const struct cli_option *find_option(const struct cli_command *command, const char *name, size_t len,
                                            char letter)
{
    const struct cli_option *option;
    for (size_t i = 0; (option = cli_command_option(command, i)); i++) {
        bool same = letter ? option->letter == letter
                           : strncmp(option->name, name, len) == 0 && option->name[len] == '\0';
        if (same) {
            return option;
        }
    }
    return NULL;
}

static int unknown_option(struct parser *parser, const char *given, size_t len)
{
    char name[64] = "";
    if (len > 2 && len - 2 < sizeof name) {
        memcpy(name, given + 2, len - 2);
        name[len - 2] = '\0';
    }
    struct seal_suggestion suggestion = {.word = name};
    const struct cli_option *option;
    for (size_t i = 0; (option = cli_command_option(parser->run->command, i)); i++) {
        seal_suggest(&suggestion, option->name);
    }
    const char *of = name_or_program(parser->run);
    if (!of[0]) {
        seal_suggest(&suggestion, "version");
        seal_suggest(&suggestion, "help");
    }
    int err = seal_fail(parser->cause, SEAL_ERR_USAGE, "unknown option %.*s%s%s", (int)len, given,
                        of[0] ? " of espseal " : "", of);
    if (suggestion.best) {
        seal_hint(parser->cause, "did you mean --%s?", suggestion.best);
    } else if (!of[0]) {
        seal_hint(parser->cause, "options come behind the command, which espseal --help lists");
    }
    return usage_error(parser, err);
}

static int check_choice(struct parser *parser, const struct cli_option *option, const char *value)
{
    if (!option->choices) {
        return SEAL_OK;
    }
    struct seal_suggestion suggestion = {.word = value};
    char list[256] = "";
    size_t used = 0;
    for (size_t i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], value) == 0) {
            return SEAL_OK;
        }
        seal_suggest(&suggestion, option->choices[i]);
        int wrote = snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", option->choices[i]);
        used += wrote > 0 && (size_t)wrote < sizeof list - used ? (size_t)wrote : 0;
    }
    int err = seal_fail(parser->cause, SEAL_ERR_USAGE, "--%s cannot be \"%s\"", option->name, value);
    if (suggestion.best) {
        seal_hint(parser->cause, "did you mean --%s %s? It may be: %s", option->name, suggestion.best, list);
    } else {
        seal_hint(parser->cause, "--%s may be: %s", option->name, list);
    }
    return err;
}

static int add_given(struct parser *parser, const struct cli_option *option, const char *value)
{
    struct cli_run *run = parser->run;
    for (size_t i = 0; i < run->given_count && !option->repeat; i++) {
        if (run->given[i].option == option && option->value) {
            return usage_error(parser, seal_fail(parser->cause, SEAL_ERR_USAGE,
                                                 "--%s is given more than once", option->name));
        }
    }
    int err = value ? check_choice(parser, option, value) : SEAL_OK;
    if (err == SEAL_OK) {
        run->given[run->given_count++] = (struct cli_given){.option = option, .value = value};
    }
    return err;
}

/* value: what stood in the same word, after "=" or the letter; NULL: nothing did. */
static int take_option(struct parser *parser, const struct cli_option *option, const char *value)
{
    if (!option->value) {
        return value ? usage_error(parser, seal_fail(parser->cause, SEAL_ERR_USAGE, "--%s takes no value",
                                                     option->name))
                     : add_given(parser, option, NULL);
    }
    if (!value) {
        const char *next = parser->at + 1 < parser->argc ? parser->argv[parser->at + 1] : NULL;
        if (!next || strncmp(next, "--", 2) == 0) {
            int err = seal_fail(parser->cause, SEAL_ERR_USAGE, "--%s needs a value", option->name);
            seal_hint(parser->cause, "--%s %s", option->name, option->value);
            return err;
        }
        parser->at++;
        value = next;
    }
    return add_given(parser, option, value);
}

static int take_long_option(struct parser *parser, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const struct cli_option *option = find_option(parser->run->command, word + 2, len - 2, 0);
    return option ? take_option(parser, option, equals ? equals + 1 : NULL)
                  : unknown_option(parser, word, len);
}

static int take_letter(struct parser *parser, const char *word)
{
    const struct cli_option *option = find_option(parser->run->command, NULL, 0, word[1]);
    return option ? take_option(parser, option, word[2] ? word + 2 : NULL) : unknown_option(parser, word, 2);
}

static void list_group(const char *word, char *list, size_t size)
{
    size_t used = 0, len = strlen(word);
    for (size_t i = 0; cli_commands[i]; i++) {
        const char *name = cli_commands[i]->name;
        if (strncmp(name, word, len) == 0 && name[len] == ' ') {
            int wrote = snprintf(list + used, size - used, "%s%s", used ? ", " : "", name + len + 1);
            used += wrote > 0 && (size_t)wrote < size - used ? (size_t)wrote : 0;
        }
    }
}

/* Other tools say "write-flash" or "summary" for what are "flash write" and "efuse summary" here. */
static const char *suggest_other(const char *word)
{
    const char *dash = strpbrk(word, "-_");
    char turned[64] = "";
    if (dash) {
        (void)snprintf(turned, sizeof turned, "%s %.*s", dash + 1, (int)(dash - word), word);
    }
    for (size_t i = 0; cli_commands[i]; i++) {
        const char *name = cli_commands[i]->name, *space = strchr(name, ' ');
        if (strcmp(name, turned) == 0 || (space && strcmp(space + 1, word) == 0)) {
            return name;
        }
    }
    return NULL;
}

const char *cli_command_suggest(const char *word1, const char *word2)
{
    char both[64];
    (void)snprintf(both, sizeof both, "%s%s%s", word1, word2 ? " " : "", word2 ? word2 : "");
    struct seal_suggestion one = {.word = word1}, two = {.word = both};
    for (size_t i = 0; cli_commands[i]; i++) {
        seal_suggest(&two, cli_commands[i]->name);
        seal_suggest(&one, cli_commands[i]->name);
    }
    if (two.best || cli_is_group(word1)) {
        return two.best;
    }
    for (size_t group = 0; cli_groups[group].title; group++) {
        const char *const *words = cli_groups[group].first_words;
        for (; *words; words++) {
            seal_suggest(&one, *words);
        }
    }
    return one.best ? one.best : suggest_other(word1);
}

static int unknown_command(struct parser *parser, const char *word1, const char *word2)
{
    char both[64];
    (void)snprintf(both, sizeof both, "%s%s%s", word1, word2 ? " " : "", word2 ? word2 : "");
    const char *best = cli_command_suggest(word1, word2);
    bool group = cli_is_group(word1);
    int err = seal_fail(parser->cause, SEAL_ERR_USAGE, "there is no command \"%s\"", group ? both : word1);
    if (group && !word2) {
        err = seal_fail(parser->cause, SEAL_ERR_USAGE, "\"%s\" needs a second word", word1);
    }
    if (best && (word2 || !group)) {
        seal_hint(parser->cause, "did you mean espseal %s?", best);
    } else if (group) {
        char list[300] = "";
        list_group(word1, list, sizeof list);
        seal_hint(parser->cause, "espseal %s is followed by one of: %s", word1, list);
    } else {
        seal_hint(parser->cause, "espseal --help lists the commands");
    }
    return err;
}

static int take_command(struct parser *parser)
{
    const char *word1 = parser->argv[parser->at];
    const char *word2 = parser->at + 1 < parser->argc ? parser->argv[parser->at + 1] : NULL;
    if (word2 && word2[0] == '-') {
        word2 = NULL;
    }
    int words = 0;
    parser->run->command = cli_command_find(word1, word2, &words);
    if (parser->run->command) {
        parser->at += words - 1;
        return SEAL_OK;
    }
    if (parser->run->help && cli_is_group(word1)) {
        parser->run->group = word1;
        parser->at = parser->argc;
        return SEAL_OK;
    }
    return unknown_command(parser, word1, word2);
}

static int take_words(struct parser *parser)
{
    bool options_ended = false;
    int err = SEAL_OK;
    for (parser->at = 1; parser->at < parser->argc && err == SEAL_OK; parser->at++) {
        const char *word = parser->argv[parser->at];
        if (!options_ended && strcmp(word, "--") == 0) {
            options_ended = true;
        } else if (!options_ended && strncmp(word, "--", 2) == 0) {
            err = take_long_option(parser, word);
        } else if (!options_ended && word[0] == '-' && word[1]) {
            err = take_letter(parser, word);
        } else if (!parser->run->command) {
            err = take_command(parser);
        } else if (parser->run->command->chains && strcmp(word, "then") == 0) {
            parser->run->rest = parser->argv + parser->at + 1;
            parser->run->rest_count = parser->argc - parser->at - 1;
            return parser->run->rest_count > 0 ? SEAL_OK
                                               : usage_error(parser, seal_fail(parser->cause, SEAL_ERR_USAGE,
                                                                               "nothing follows \"then\""));
        } else {
            parser->run->operands[parser->run->operand_count++] = word;
        }
    }
    return err;
}

static int check_required(struct parser *parser)
{
    const struct cli_option *option;
    for (size_t i = 0; (option = cli_command_option(parser->run->command, i)); i++) {
        if (option->required && !cli_flag(parser->run, option->name)) {
            int err = seal_fail(parser->cause, SEAL_ERR_USAGE, "--%s %s is missing", option->name,
                                option->value ? option->value : "");
            if (strcmp(option->name, "port") == 0) {
                seal_hint(
                    parser->cause,
                    "espseal never guesses a device: --port /dev/ttyUSB0, socket://HOST:PORT or sim:CHIP");
            }
            return usage_error(parser, err);
        }
    }
    return SEAL_OK;
}

static int check_operands(struct parser *parser)
{
    const struct cli_run *run = parser->run;
    const struct cli_command *command = run->command;
    size_t least = (size_t)command->operands_min;
    if (run->operand_count < least) {
        return usage_error(parser, seal_fail(parser->cause, SEAL_ERR_USAGE, "%s is missing",
                                             command->operands ? command->operands : "an operand"));
    }
    if (command->operands_max >= 0 && run->operand_count > (size_t)command->operands_max) {
        return usage_error(parser, seal_fail(parser->cause, SEAL_ERR_USAGE, "\"%s\" is one word too many",
                                             run->operands[command->operands_max]));
    }
    return SEAL_OK;
}

/* --help and --json hold even when the rest of the line is wrong. */
static void look_ahead(struct parser *parser)
{
    for (int i = 1; i < parser->argc && strcmp(parser->argv[i], "--") != 0; i++) {
        const char *word = parser->argv[i];
        parser->run->json |= strcmp(word, "--json") == 0;
        parser->run->help |= strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    }
}

int cli_parse(struct cli_run *run, int argc, char **argv, struct seal_cause *cause)
{
    struct parser parser = {.run = run, .argv = argv, .argc = argc, .cause = cause};
    run->given = calloc((size_t)argc + 1, sizeof *run->given);
    run->operands = calloc((size_t)argc + 1, sizeof *run->operands);
    if (!run->given || !run->operands) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    look_ahead(&parser);
    int err = take_words(&parser);
    if (run->help && (run->command || run->group || err == SEAL_OK)) {
        return SEAL_OK;
    }
    if (err == SEAL_OK && !run->command) {
        return usage_error(&parser, seal_fail(cause, SEAL_ERR_USAGE, "no command is given"));
    }
    err = err != SEAL_OK ? err : check_required(&parser);
    return err != SEAL_OK ? err : check_operands(&parser);
}

int cli_give(struct cli_run *run, const char *option, const char *value, struct seal_cause *cause)
{
    const struct cli_option *known = find_option(run->command, option, strlen(option), 0);
    struct cli_given *given = realloc(run->given, (run->given_count + 1) * sizeof *given);
    char *copy = value ? strdup(value) : NULL;
    if (given) {
        run->given = given;
    }
    if (!known || !given || (value && !copy)) {
        free(copy);
        return seal_fail(cause, known ? SEAL_ERR_NO_MEMORY : SEAL_ERR_INTERNAL, "cannot give --%s", option);
    }
    given[run->given_count++] = (struct cli_given){.option = known, .value = copy, .owned = copy};
    return SEAL_OK;
}

void cli_run_clear(struct cli_run *run)
{
    for (size_t i = 0; run->given && i < run->given_count; i++) {
        free(run->given[i].owned);
    }
    free(run->given);
    free(run->operands);
    run->given = NULL;
    run->operands = NULL;
    run->given_count = run->operand_count = 0;
}

static const struct cli_given *nth_given(const struct cli_run *run, const char *option, size_t index)
{
    for (size_t i = 0; i < run->given_count; i++) {
        if (strcmp(run->given[i].option->name, option) == 0 && index-- == 0) {
            return &run->given[i];
        }
    }
    return NULL;
}

bool cli_flag(const struct cli_run *run, const char *option)
{
    return nth_given(run, option, 0) != NULL;
}

const char *cli_text_at(const struct cli_run *run, const char *option, size_t index)
{
    const struct cli_given *given = nth_given(run, option, index);
    return given ? given->value : NULL;
}

const char *cli_text(const struct cli_run *run, const char *option)
{
    const char *text = NULL, *next;
    for (size_t i = 0; (next = cli_text_at(run, option, i)); i++) {
        text = next;
    }
    return text;
}

const char *cli_operand(const struct cli_run *run, size_t index)
{
    return index < run->operand_count ? run->operands[index] : NULL;
}

int cli_number(const struct cli_run *run, const char *option, uint32_t max, uint32_t fallback,
               uint32_t *value, struct seal_cause *cause)
{
    const char *text = cli_text(run, option);
    *value = fallback;
    if (text && seal_parse_u32(text, max, value) != SEAL_OK) {
        *value = fallback;
        return seal_fail(cause, SEAL_ERR_USAGE, "--%s %s is not a number from 0 to %lu", option, text,
                         (unsigned long)max);
    }
    return SEAL_OK;
}

const char *cli_command_name(const struct cli_run *run)
{
    return name_or_program(run);
}

int cli_mac(const struct cli_run *run, const char *option, uint8_t mac[static 6], struct seal_cause *cause)
{
    const char *text = cli_text(run, option);
    return seal_mac_parse(text, mac) == SEAL_OK
               ? SEAL_OK
               : seal_fail(cause, SEAL_ERR_USAGE, "--%s '%s' is no MAC address: it has 12 hex digits", option,
                           text);
}
