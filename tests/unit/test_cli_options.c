/* Every descriptor is whole, and the parser does to each what it says. */
#include "unit.h"

#include "cli/run.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option *option_at(const struct cli_command *command, size_t index)
{
    return cli_command_option(command, index);
}

static bool is_word(const char *text, const char *also)
{
    for (const char *c = text; *c; c++) {
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && !strchr(also, *c)) {
            return false;
        }
    }
    return text[0] != '\0';
}

static void assert_is_summary(const char *of, const char *summary)
{
    if (!summary || !summary[0] || strchr(summary, '\n') || summary[strlen(summary) - 1] == '.' ||
        isspace((unsigned char)summary[0])) {
        fail_msg("the summary of %s is not one line without full stop: %s", of, summary ? summary : "(none)");
    }
}

static void test_commands_are_whole(void **state)
{
    (void)state;
    assert_non_null(cli_commands[0]);
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *command = cli_commands[i];
        assert_true(is_word(command->name, "- "));
        assert_is_summary(command->name, command->summary);
        assert_true(strlen(command->summary) <= 64);
        assert_non_null(command->description);
        assert_true(command->description[strlen(command->description) - 1] == '.');
        assert_non_null(command->options);
        assert_non_null(command->run);
        assert_true(command->operands_max == -1 || command->operands_max >= command->operands_min);
        assert_int_equal(command->operands != NULL, command->operands_max != 0);
        assert_true(command->danger == CLI_SAFE || command->device);
    }
}

static void test_command_names_are_unique_and_found(void **state)
{
    (void)state;
    for (size_t i = 0; cli_commands[i]; i++) {
        char first[64];
        int words;
        (void)snprintf(first, sizeof first, "%s", cli_commands[i]->name);
        char *second = strchr(first, ' ');
        if (second) {
            *second++ = '\0';
        }
        assert_ptr_equal(cli_command_find(first, second, &words), cli_commands[i]);
        assert_int_equal(words, second ? 2 : 1);
        for (size_t k = i + 1; cli_commands[k]; k++) {
            assert_string_not_equal(cli_commands[i]->name, cli_commands[k]->name);
        }
    }
}

static void test_every_command_stands_in_one_group(void **state)
{
    (void)state;
    for (size_t i = 0; cli_commands[i]; i++) {
        int groups = 0;
        for (const struct cli_group *group = cli_groups; group->title; group++) {
            groups += cli_group_has(group, cli_commands[i]);
        }
        if (groups != 1) {
            fail_msg("%s stands in %d groups of commands.c", cli_commands[i]->name, groups);
        }
    }
}

static void check_option(const struct cli_command *command, size_t index)
{
    const struct cli_option *option = option_at(command, index), *other;
    assert_true(is_word(option->name, "-"));
    assert_is_summary(option->name, option->summary);
    assert_true(!option->value || option->value[0]);
    assert_true(option->value || (!option->choices && !option->required && !option->repeat));
    assert_true(!(option->required && option->fallback));
    for (size_t k = index + 1; (other = option_at(command, k)); k++) {
        if (strcmp(option->name, other->name) == 0) {
            fail_msg("%s has --%s twice", command->name, option->name);
        }
        assert_true(option->letter == '\0' || option->letter != other->letter);
    }
}

static void test_options_are_whole_and_unique(void **state)
{
    (void)state;
    for (size_t i = 0; cli_commands[i]; i++) {
        for (size_t k = 0; option_at(cli_commands[i], k); k++) {
            check_option(cli_commands[i], k);
        }
    }
}

static void test_what_burns_has_no_letter(void **state)
{
    (void)state;
    for (const struct cli_option *option = cli_burn_options; option->name; option++) {
        assert_int_equal(option->letter, '\0');
    }
}

static void test_help_names_every_option(void **state)
{
    (void)state;
    for (size_t i = 0; cli_commands[i]; i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        cli_help_command(out, cli_commands[i]);
        assert_int_equal(fclose(out), 0);
        const struct cli_option *option;
        for (size_t k = 0; (option = option_at(cli_commands[i], k)); k++) {
            char name[64];
            (void)snprintf(name, sizeof name, " --%s", option->name);
            assert_non_null(strstr(text, name));
        }
        free(text);
    }
}

/* A command that has one option of each kind. */

static const struct cli_option kinds[] = {
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "a file", .required = true},
    {.name = "force", .letter = 'f', .summary = "a flag"},
    {.name = "san", .value = "NAME", .summary = "many", .repeat = true},
    {.name = "mode",
     .value = "MODE",
     .summary = "a choice",
     .choices = (const char *const[]){"fast", "slow", NULL}},
    {.name = "count", .value = "N", .summary = "a number"},
    {0},
};

static const struct cli_command sample = {
    .name = "help", .options = kinds, .operands = "WORD", .operands_min = 0, .operands_max = 2};

/* Parses with the options of sample; what the run points to holds until the next call. */
static int parse(struct cli_run *run, struct seal_cause *cause, const char *const *words)
{
    static char texts[16][32] = {"espseal"};
    char *argv[17] = {texts[0]};
    int argc = 1;
    for (; words[argc - 1]; argc++) {
        (void)snprintf(texts[argc], sizeof texts[0], "%s", words[argc - 1]);
        argv[argc] = texts[argc];
    }
    memset(run, 0, sizeof *run);
    memset(cause, 0, sizeof *cause);
    run->command = &sample;
    return cli_parse(run, argc, argv, cause);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_out_is(const char *const *words, const char *expected)
{
    struct cli_run run;
    struct seal_cause cause;
    assert_int_equal(parse(&run, &cause, words), SEAL_OK);
    assert_string_equal(cli_text(&run, "out"), expected);
    cli_run_clear(&run);
}

static void test_forms_of_a_value(void **state)
{
    (void)state;
    assert_out_is(WORDS("--out", "a"), "a");
    assert_out_is(WORDS("--out=a"), "a");
    assert_out_is(WORDS("--out=a=b"), "a=b");
    assert_out_is(WORDS("-o", "a"), "a");
    assert_out_is(WORDS("-oa"), "a");
    assert_out_is(WORDS("--out=--force"), "--force");
    assert_out_is(WORDS("--out", "-"), "-");
    assert_out_is(WORDS("--out="), "");
}

static void test_flags_repeats_and_operands(void **state)
{
    (void)state;
    struct cli_run run;
    struct seal_cause cause;
    assert_int_equal(
        parse(&run, &cause, WORDS("-f", "--san", "DNS:a", "one", "--san=DNS:b", "--out", "x", "--", "--two")),
        SEAL_OK);
    assert_true(cli_flag(&run, "force"));
    assert_false(cli_flag(&run, "mode"));
    assert_string_equal(cli_text_at(&run, "san", 0), "DNS:a");
    assert_string_equal(cli_text_at(&run, "san", 1), "DNS:b");
    assert_null(cli_text_at(&run, "san", 2));
    assert_string_equal(cli_text(&run, "san"), "DNS:b");
    assert_string_equal(cli_operand(&run, 0), "one");
    assert_string_equal(cli_operand(&run, 1), "--two");
    assert_null(cli_operand(&run, 2));
    cli_run_clear(&run);
}

static void assert_refused(const char *const *words, const char *text, const char *hint)
{
    struct cli_run run;
    struct seal_cause cause;
    assert_int_equal(parse(&run, &cause, words), SEAL_ERR_USAGE);
    assert_string_equal(cause.text, text);
    assert_non_null(strstr(cause.hint, hint));
    cli_run_clear(&run);
}

static void test_what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    assert_refused(WORDS("--out"), "--out needs a value", "--out FILE");
    assert_refused(WORDS("--out", "--force"), "--out needs a value", "--out FILE");
    assert_refused(WORDS("--force=yes", "--out", "x"), "--force takes no value", "--help");
    assert_refused(WORDS("--out", "x", "--out", "y"), "--out is given more than once", "--help");
    assert_refused(WORDS("--out", "x", "--mode", "fasst"), "--mode cannot be \"fasst\"", "--mode fast?");
    assert_refused(WORDS("--out", "x", "--mode", "zzz"), "--mode cannot be \"zzz\"", "fast, slow");
    assert_refused(WORDS("--force"), "--out FILE is missing", "--help");
    assert_refused(WORDS("--forc", "--out", "x"), "unknown option --forc of espseal help", "--force?");
    assert_refused(WORDS("-z", "--out", "x"), "unknown option -z of espseal help", "--help");
    assert_refused(WORDS("--out", "x", "a", "b", "c"), "\"c\" is one word too many", "--help");
}

static void test_help_and_json_hold_on_a_wrong_line(void **state)
{
    (void)state;
    struct cli_run run;
    struct seal_cause cause;
    assert_int_equal(parse(&run, &cause, WORDS("--nonsense", "--help")), SEAL_OK);
    assert_true(run.help);
    cli_run_clear(&run);
    assert_int_equal(parse(&run, &cause, WORDS("--nonsense", "--json")), SEAL_ERR_USAGE);
    assert_true(run.json);
    cli_run_clear(&run);
}

static void test_numbers(void **state)
{
    (void)state;
    struct cli_run run;
    struct seal_cause cause;
    uint32_t value = 1;
    assert_int_equal(parse(&run, &cause, WORDS("--out", "x", "--count", "0x10")), SEAL_OK);
    assert_int_equal(cli_number(&run, "count", 16, 3, &value, &cause), SEAL_OK);
    assert_int_equal(value, 16);
    assert_int_equal(cli_number(&run, "count", 15, 3, &value, &cause), SEAL_ERR_USAGE);
    assert_non_null(strstr(cause.text, "--count 0x10"));
    assert_int_equal(cli_number(&run, "mode", 15, 3, &value, &cause), SEAL_OK);
    assert_int_equal(value, 3);
    cli_run_clear(&run);
}

static void test_edit_distance(void **state)
{
    (void)state;
    assert_int_equal(seal_edit_distance("", ""), 0);
    assert_int_equal(seal_edit_distance("provision", "provision"), 0);
    assert_int_equal(seal_edit_distance("provison", "provision"), 1);
    assert_int_equal(seal_edit_distance("porvision", "provision"), 1);
    assert_int_equal(seal_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(seal_edit_distance("", "abc"), 3);
}

static void test_suggestions_are_near(void **state)
{
    (void)state;
    struct seal_suggestion suggestion = {.word = "provisin"};
    seal_suggest(&suggestion, "prove");
    assert_null(suggestion.best);
    seal_suggest(&suggestion, "provision");
    assert_string_equal(suggestion.best, "provision");
    struct seal_suggestion far = {.word = "xyzzy"};
    seal_suggest(&far, "provision");
    seal_suggest(&far, "prove");
    assert_null(far.best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_are_whole),
        cmocka_unit_test(test_command_names_are_unique_and_found),
        cmocka_unit_test(test_every_command_stands_in_one_group),
        cmocka_unit_test(test_options_are_whole_and_unique),
        cmocka_unit_test(test_what_burns_has_no_letter),
        cmocka_unit_test(test_help_names_every_option),
        cmocka_unit_test(test_forms_of_a_value),
        cmocka_unit_test(test_flags_repeats_and_operands),
        cmocka_unit_test(test_what_makes_no_sense_is_refused),
        cmocka_unit_test(test_help_and_json_hold_on_a_wrong_line),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_edit_distance),
        cmocka_unit_test(test_suggestions_are_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
