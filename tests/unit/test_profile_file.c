#include "unit.h"

#include "cli/cli.h"

#include <espseal/buf.h>
#include <espseal/chip.h>
#include <espseal/key.h>
#include <espseal/lockdown.h>
#include <espseal/profile_file.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct cli_command cli_command_provision;

static struct seal_profile_file *parse(const char *text)
{
    struct seal_profile_file *file = NULL;
    struct seal_cause cause = {0};
    int err = seal_profile_file_read(text, strlen(text), "p.json", &file, &cause);
    if (err != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    return file;
}

static void assert_value(const struct seal_profile_file *file, const char *path, unsigned line,
                         const char *text)
{
    const struct seal_profile_value *value = seal_profile_file_get(file, path);
    assert_non_null(value);
    assert_string_equal(value->text, text);
    assert_int_equal(value->line, line);
}

static void values_have_lines(void **state)
{
    (void)state;
    struct seal_profile_file *file = parse("// a comment with \"quotes\" and {\n"
                                           "{\n"
                                           "  \"chip\": \"esp32c3\", /* two\n"
                                           "  lines */ \"mode\":\n"
                                           "     \"production\",\n"
                                           "  \"firmware\": [ {\"offset\": 0, \"file\": \"a//b\"},\n"
                                           "    {\"offset\": \"0x8000\",\n"
                                           "     \"file\": \"/*c\"} ],\n"
                                           "  \"secure_boot\": {\"version\": 2,\n"
                                           "     \"revoke_unused\": true}\n"
                                           "} // the end");
    assert_value(file, "chip", 3, "esp32c3");
    assert_value(file, "mode", 4, "production"); /* the line of its name */
    assert_value(file, "firmware[0].offset", 6, "0");
    assert_value(file, "firmware[0].file", 6, "a//b");
    assert_value(file, "firmware[1]", 7, "");
    assert_value(file, "firmware[1].file", 8, "/*c");
    assert_int_equal(seal_profile_file_get(file, "firmware[1].offset")->number, 0x8000);
    assert_value(file, "secure_boot.version", 9, "2");
    assert_true(seal_profile_file_true(file, "secure_boot.revoke_unused"));
    assert_int_equal(seal_profile_file_count(file, "firmware"), 2);
    assert_int_equal(seal_profile_file_count(file, "identity.san"), 0);
    assert_null(seal_profile_file_text(file, "storage"));
    assert_int_equal(seal_profile_file_complete(file, NULL), SEAL_OK);
    seal_profile_file_free(&file);
    assert_null(file);
}

static const struct {
    const char *text, *complaint, *hint;
} bad[] = {
    {"[]", "p.json:1: a profile is an object: { ... }", ""},
    {"{\n\"chp\": 1}", "p.json:2: chp: unknown word", "did you mean chip?"},
    {"{\n\n\"flash_encryption\": {\n\"mod\": 1}}",
     "p.json:4: flash_encryption.mod: unknown word of flash_encryption", "did you mean mode?"},
    {"{\"jtag\": \"off\"}", "p.json:1: jtag: unknown word", "did you mean lockdown.jtag?"},
    {"{\"zzzz\": \"off\"}", "p.json:1: zzzz: unknown word", "man espseal-profile lists the words"},
    {"{\"a\\u001bb\": 1}", "p.json:1: a?b: unknown word", "man espseal-profile lists the words"},
    {"{\"identity.subject\": \"/CN=x\"}", "p.json:1: identity.subject: unknown word",
     "man espseal-profile lists the words"},
    {"{\"firmware[0]\": {}}", "p.json:1: firmware[0]: unknown word", "did you mean firmware?"},
    {"{\"mode\": \"relase\"}", "p.json:1: mode: cannot be \"relase\"", "it may be: development, production"},
    {"{\"mode\": \"prodution\"}", "p.json:1: mode: cannot be \"prodution\"",
     "did you mean production? It may be: development, production"},
    {"{\"mode\": 1}", "p.json:1: mode: must be a text", ""},
    {"{\"mode\": null}", "p.json:1: mode: must be a text", ""},
    {"{\"mode\": [\"production\"]}", "p.json:1: mode: must be a text", ""},
    {"{\"identity\": []}", "p.json:1: identity: must be { ... }", ""},
    {"{\"identity\": \"x\"}", "p.json:1: identity: holds words of its own: { ... }", ""},
    {"{\"firmware\": {}}", "p.json:1: firmware: must be a list: [ ... ]", ""},
    {"{\"firmware\": [\n[]]}", "p.json:2: firmware[0]: must be { ... }", ""},
    {"{\"identity\": {\"days\": 0}}", "p.json:1: identity.days: 0 is not a number from 1 to 36500", ""},
    {"{\"identity\": {\"days\": 1.5}}", "p.json:1: identity.days: 1.5 is not a number from 1 to 36500", ""},
    {"{\"identity\": {\"days\": -1}}", "p.json:1: identity.days: -1 is not a number from 1 to 36500", ""},
    {"{\"identity\": {\"days\": 1e30}}", "p.json:1: identity.days: 1e+30 is not a number from 1 to 36500",
     ""},
    {"{\"identity\": {\"efuse_key\": 6}}", "p.json:1: identity.efuse_key: 6 is not a number from 0 to 5", ""},
    {"{\"identity\": {\"efuse_key\": \"aut\"}}", "p.json:1: identity.efuse_key: cannot be \"aut\"",
     "did you mean auto? It may be: auto"},
    {"{\"secure_boot\": {\"version\": 3}}", "p.json:1: secure_boot.version: cannot be \"3\"",
     "it may be: 1, 2"},
    {"{\"secure_boot\": {\"revoke_unused\": \"yes\"}}",
     "p.json:1: secure_boot.revoke_unused: must be true or false", ""},
    {"{\"identity\": {\"subject\": \"\"}}", "p.json:1: identity.subject: is empty", ""},
    {"{\"mode\": \"production\",\n\"mode\": \"production\"}",
     "p.json:2: mode: stands there twice; the first time at line 1", ""},
    {"{\"secure_boot\": {\"digests\": [{},{},{},{}]}}",
     "p.json:1: secure_boot.digests: has more than 3 elements", ""},
    {"{\n\"chip\": \"esp32c3\",\n}", "p.json: not JSON at line 3, column 1",
     "JSON wants a comma between members, none behind the last, and quotes around words"},
    {"{}\n/* never", "p.json: a comment does not end at line 2",
     "JSON wants a comma between members, none behind the last, and quotes around words"},
};

static void bad_input_is_named_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct seal_profile_file *file = NULL;
        struct seal_cause cause = {0};
        assert_int_equal(seal_profile_file_read(bad[i].text, strlen(bad[i].text), "p.json", &file, &cause),
                         SEAL_ERR_FORMAT);
        assert_null(file);
        assert_string_equal(cause.text, bad[i].complaint);
        assert_string_equal(cause.hint, bad[i].hint);
    }
}

static void what_is_required_is_missed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *complaint;
    } rows[] = {
        {"{}", "p.json: chip is missing"},
        {"{\"chip\": \"esp32\"}", "p.json: mode is missing"},
        {"{\"chip\": \"esp32\", \"mode\": \"production\",\n\"firmware\": [\n{\"offset\": 0}]}",
         "p.json:3: firmware[0]: firmware[0].file is missing"},
        {"{\"chip\": \"esp32\", \"mode\": \"production\",\n\"anti_rollback\": {}}",
         "p.json:2: anti_rollback: anti_rollback.secure_version is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_profile_file *file = parse(rows[i].text);
        struct seal_cause cause = {0};
        assert_int_equal(seal_profile_file_complete(file, &cause), SEAL_ERR_FORMAT);
        assert_string_equal(cause.text, rows[i].complaint);
        assert_true(cause.hint[0]);
        seal_profile_file_free(&file);
    }
}

static void the_command_line_overrides(void **state)
{
    (void)state;
    struct seal_profile_file *file = parse("{\"chip\": \"esp32c3\", \"mode\": \"development\",\n"
                                           " \"identity\": {\"subject\": \"/CN=a\", \"san\": [\"DNS:a\"]}}");
    static const char *const sets[] = {"mode=production",
                                       "identity.subject=/CN=b=c",
                                       "identity.san[0]=DNS:b",
                                       "identity.san.1=DNS:c",
                                       "flash_encryption.mode=release",
                                       "firmware[0].offset=0x1000",
                                       "firmware.0.file=x.y.bin",
                                       "record.keep_secrets=true",
                                       "secure_boot.version=2",
                                       "secure_boot.digests[0].key=k.pem"};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        struct seal_cause cause = {0};
        if (seal_profile_file_set(file, sets[i], "--set", &cause) != SEAL_OK) {
            fail_msg("%s: %s", sets[i], cause.text);
        }
    }
    assert_value(file, "mode", 0, "production");
    assert_string_equal(seal_profile_file_get(file, "mode")->origin, "--set");
    assert_value(file, "identity.subject", 0, "/CN=b=c");
    assert_value(file, "identity.san[1]", 0, "DNS:c");
    assert_value(file, "identity", 2, "");
    assert_value(file, "firmware[0].file", 0, "x.y.bin");
    assert_true(seal_profile_file_true(file, "record.keep_secrets"));
    assert_value(file, "secure_boot.digests[0].key", 0, "k.pem");
    /* and takes out */
    assert_int_equal(seal_profile_file_set(file, "identity.san[1]=null", "--set", NULL), SEAL_OK);
    assert_int_equal(seal_profile_file_count(file, "identity.san"), 1);
    assert_int_equal(seal_profile_file_set(file, "identity.san=null", "--set", NULL), SEAL_OK);
    assert_int_equal(seal_profile_file_count(file, "identity.san"), 0);
    assert_int_equal(seal_profile_file_set(file, "identity=null", "--set", NULL), SEAL_OK);
    assert_null(seal_profile_file_get(file, "identity.subject"));
    assert_null(seal_profile_file_get(file, "identity"));
    assert_int_equal(seal_profile_file_complete(file, NULL), SEAL_OK);
    seal_profile_file_free(&file);
}

static void bad_overrides_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *set, *complaint;
    } rows[] = {
        {"mode", "--set mode is not KEY=VALUE"},
        {"=x", "--set =x is not KEY=VALUE"},
        {"mood=x", "--set mood: unknown word"},
        {"identity.sbject=x", "--set identity.sbject: unknown word of identity"},
        {"mode.x=y", "--set mode.x: mode holds no words of its own"},
        {"mode[0]=y", "--set mode[0]: is no list"},
        {"identity=y", "--set identity: holds words of its own: { ... }"},
        {"identity.san=y", "--set identity.san: is a list"},
        {"firmware[1].file=y", "--set firmware[1].file: has 0 elements; the next is firmware[0]"},
        {"firmware[x].file=y", "--set firmware[x].file: has 0 elements; the next is firmware[0]"},
        {"mode=relase", "--set mode: cannot be \"relase\""},
        {"mode..x=y", "--set mode..x: mode holds no words of its own"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_profile_file *file = parse("{}");
        struct seal_cause cause = {0};
        assert_int_equal(seal_profile_file_set(file, rows[i].set, "--set", &cause), SEAL_ERR_FORMAT);
        assert_string_equal(cause.text, rows[i].complaint);
        seal_profile_file_free(&file);
    }
    struct seal_profile_file *file = parse("{\"allow\": [\"A\", \"B\"]}");
    assert_int_equal(seal_profile_file_set(file, "allow[0]=null", "--set", NULL), SEAL_ERR_FORMAT);
    seal_profile_file_free(&file);
}

static void what_is_written_reads_the_same(void **state)
{
    (void)state;
    struct seal_profile_file *file = parse(
        "{\"chip\": \"esp32c3\", \"mode\": \"development\", \"identity\": {\"days\": 7, \"san\": [\"DNS:a\","
        "\"DNS:\\\"b\"], \"efuse_key\": \"auto\", \"foreign_ca\": true}, \"firmware\": [{\"offset\": "
        "\"0x1000\", \"file\": \"a\"}, {\"file\": \"b\", \"offset\": 8192}], \"record\": {}}");
    for (int comments = 0; comments < 2; comments++) {
        struct seal_buf *text = seal_buf_new();
        struct seal_profile_file *again = NULL;
        assert_int_equal(seal_profile_file_print(file, comments, text), SEAL_OK);
        assert_int_equal(
            seal_profile_file_read(seal_buf_ptr(text), seal_buf_len(text), "again", &again, NULL), SEAL_OK);
        const struct seal_profile_value *value;
        size_t i = 0;
        for (; (value = seal_profile_file_at(file, i)); i++) {
            assert_non_null(seal_profile_file_get(again, value->path));
            assert_string_equal(seal_profile_file_text(again, value->path), value->text);
        }
        assert_null(seal_profile_file_at(again, i));
        seal_profile_file_free(&again);
        seal_buf_free(&text);
    }
    seal_profile_file_free(&file);
}

/* Tables of other layers that the words repeat. */
static void words_are_those_of_the_program(void **state)
{
    (void)state;
    const struct seal_profile_word *chip = seal_profile_word("chip");
    const struct seal_profile_word *type = seal_profile_word("identity.key_type");
    size_t count = 0;
    for (; seal_chips[count]; count++) {
        assert_non_null(chip->choices[count]);
        assert_string_equal(chip->choices[count], seal_chips[count]->name);
    }
    assert_null(chip->choices[count]);
    for (count = 0; seal_key_types[count]; count++) {
        assert_string_equal(type->choices[count], seal_key_types[count]);
    }
    assert_null(type->choices[count]);
}

/* The doors of a profile are those that lockdown maps to fuses, with the same choices. */
static void doors_are_those_of_lockdown(void **state)
{
    (void)state;
    for (enum seal_word door = 0; door < SEAL_WORDS; door++) {
        char pattern[48];
        (void)snprintf(pattern, sizeof pattern, "lockdown.%s", seal_lockdown_words[door].name);
        const struct seal_profile_word *word = seal_profile_word(pattern);
        assert_non_null(word);
        size_t count = 0, offered = 1; /* keep */
        for (; word->choices[count]; count++) {
            enum seal_word_value value = SEAL_WORD_UNSAID;
            assert_int_equal(seal_word_value_parse(door, word->choices[count], &value, NULL), SEAL_OK);
            assert_string_equal(seal_word_value_name(value), word->choices[count]);
        }
        while (seal_lockdown_words[door].choices[offered - 1] != SEAL_WORD_UNSAID) {
            offered++;
        }
        assert_int_equal(count, offered);
    }
    size_t doors = 0;
    char name[32];
    for (size_t index = 0; seal_profile_member("lockdown", &index, name);) {
        doors += strcmp(name, "jtag_key") != 0;
    }
    assert_int_equal(doors, SEAL_WORDS);
}

/* Whatever provision takes as an option a profile can say as well, but for what is of one run. */
static void each_option_has_a_word(void **state)
{
    (void)state;
    static const char *const of_a_run[] = {"profile", "set", "firmware", "force", "insecure-permissions",
                                           NULL};
    for (const struct cli_option *option = cli_command_provision.options; option->name; option++) {
        bool known = false;
        for (const struct seal_profile_word *word = seal_profile_words; word->pattern; word++) {
            known = known || (word->option && strcmp(word->option, option->name) == 0);
        }
        for (size_t i = 0; of_a_run[i]; i++) {
            known = known || strcmp(of_a_run[i], option->name) == 0;
        }
        if (!known) {
            fail_msg("--%s has no word", option->name);
        }
    }
}

static void each_word_is_complete(void **state)
{
    (void)state;
    for (const struct seal_profile_word *word = seal_profile_words; word->pattern; word++) {
        assert_non_null(word->help);
        assert_true(strlen(word->pattern) < 48);
        assert_true(word->help[strlen(word->help) - 1] != '.');
        assert_true(word->type == SEAL_PROFILE_CHOICE ? word->choices != NULL : true);
        assert_true(word->type == SEAL_PROFILE_NUMBER ? word->max || word->choices : !word->max);
        assert_ptr_equal(seal_profile_word(word->pattern), word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_lines),
        cmocka_unit_test(bad_input_is_named_with_its_line),
        cmocka_unit_test(what_is_required_is_missed),
        cmocka_unit_test(the_command_line_overrides),
        cmocka_unit_test(bad_overrides_are_named),
        cmocka_unit_test(what_is_written_reads_the_same),
        cmocka_unit_test(words_are_those_of_the_program),
        cmocka_unit_test(doors_are_those_of_lockdown),
        cmocka_unit_test(each_option_has_a_word),
        cmocka_unit_test(each_word_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
