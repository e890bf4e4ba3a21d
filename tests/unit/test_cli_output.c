/* stdout carries data, stderr carries talk; one JSON document per run; progress by the way that was asked
 * for. */
#include "unit.h"

#include "cli/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option none[] = {{0}};
static const struct cli_command sample = {.name = "help", .options = none};

struct fixture {
    struct cli_run run;
    struct cli_progress_state progress;
    bool emitted;
    struct cli_given given;
    FILE *files[2];
    int saved[2];
    char text[2][8192]; /* of stdout and stderr, after release */
};

static void capture(struct fixture *f, const char *progress)
{
    memset(f, 0, sizeof *f);
    f->run.command = &sample;
    f->run.progress = &f->progress;
    f->run.emitted = &f->emitted;
    if (progress) {
        f->given = (struct cli_given){.option = &cli_common_options[1], .value = progress};
        assert_string_equal(f->given.option->name, "progress");
        f->run.given = &f->given;
        f->run.given_count = 1;
    }
    (void)fflush(stdout);
    for (int i = 0; i < 2; i++) {
        f->files[i] = tmpfile();
        f->saved[i] = dup(i + 1);
        assert_non_null(f->files[i]);
        (void)dup2(fileno(f->files[i]), i + 1);
    }
}

static void release(struct fixture *f)
{
    (void)fflush(stdout);
    for (int i = 0; i < 2; i++) {
        (void)dup2(f->saved[i], i + 1);
        (void)close(f->saved[i]);
        rewind(f->files[i]);
        size_t got = fread(f->text[i], 1, sizeof f->text[i] - 1, f->files[i]);
        f->text[i][got] = '\0';
        (void)fclose(f->files[i]);
    }
}

static void assert_folded(const char *line, int columns, const char *wanted)
{
    char got[512] = "";
    FILE *file = tmpfile();
    assert_non_null(file);
    cli_put_folded(file, line, columns);
    rewind(file);
    size_t len = fread(got, 1, sizeof got - 1, file);
    got[len] = '\0';
    (void)fclose(file);
    assert_string_equal(got, wanted);
}

static void test_long_talk_is_folded_between_words(void **state)
{
    (void)state;
    assert_folded("one two three", 0, "one two three\n");
    assert_folded("one two three", 13, "one two three\n");
    assert_folded("one two three", 12, "one two\nthree\n");
    assert_folded("   1 *  burn the key of the chip", 20, "   1 *  burn the key\n        of the chip\n");
    assert_folded("receipt   a/very/long/path/without/a/blank", 20,
                  "receipt   a/very/long/path/without/a/blank\n");
    assert_folded("a/very/long/path/without/a/blank", 20, "a/very/long/path/without/a/blank\n");
}

static void test_each_stream_gets_its_own(void **state)
{
    (void)state;
    struct fixture f;
    capture(&f, NULL);
    cli_print(&f.run, "data %d\n", 1);
    cli_say(&f.run, "talk");
    cli_warn(&f.run, "beware of %s", "it");
    cli_hint(&f.run, "try");
    release(&f);
    assert_string_equal(f.text[0], "data 1\n");
    assert_string_equal(f.text[1], "talk\nespseal: warning: beware of it\nespseal: hint: try\n");
}

static void test_json_silences_print_only(void **state)
{
    (void)state;
    struct fixture f;
    seal_json *value = seal_json_object_new();
    seal_json_put_number(value, "n", 1);
    capture(&f, NULL);
    f.run.json = true;
    cli_print(&f.run, "data\n");
    cli_say(&f.run, "talk");
    int err = cli_emit_json(&f.run, &value);
    release(&f);
    assert_int_equal(err, SEAL_OK);
    assert_null(value);
    assert_true(f.emitted);
    assert_string_equal(f.text[0], "{\n  \"n\": 1\n}\n");
    assert_string_equal(f.text[1], "talk\n");
}

static void report(struct fixture *f, bool json, bool emitted)
{
    struct seal_cause cause = {0};
    int err = seal_fail(&cause, SEAL_ERR_VERIFY, "BLOCK_KEY0 is \"odd\"");
    seal_hint(&cause, "look at it");
    seal_cause_compare(&cause, 0x6000889c, 1, 2);
    capture(f, NULL);
    f->run.json = json;
    f->emitted = emitted;
    cli_report(&f->run, err, &cause);
    release(f);
    assert_string_equal(f->text[1],
                        "espseal: error: BLOCK_KEY0 is \"odd\" (at 0x6000889c: expected 0x00000001, "
                        "got 0x00000002)\nespseal: hint: look at it\n");
}

static void test_an_error_is_one_document(void **state)
{
    (void)state;
    struct fixture f;
    report(&f, false, false);
    assert_string_equal(f.text[0], "");
    report(&f, true, true);
    assert_string_equal(f.text[0], "");
    report(&f, true, false);
    seal_json *root = NULL;
    assert_int_equal(seal_json_parse(f.text[0], strlen(f.text[0]), &root, NULL), SEAL_OK);
    const seal_json *error = seal_json_get(root, "error");
    double status = 0;
    assert_string_equal(seal_json_text(seal_json_get(error, "code")), "VERIFY");
    assert_string_equal(seal_json_text(seal_json_get(error, "message")), "BLOCK_KEY0 is \"odd\"");
    assert_string_equal(seal_json_text(seal_json_get(error, "hint")), "look at it");
    assert_string_equal(seal_json_text(seal_json_get(error, "address")), "0x6000889c");
    assert_true(seal_json_number(seal_json_get(error, "exit_status"), &status) && status == 6);
    seal_json_free(&root);
}

static void test_a_cause_of_another_error_is_not_told(void **state)
{
    (void)state;
    struct fixture f;
    struct seal_cause cause = {0};
    (void)seal_fail(&cause, SEAL_ERR_TIMEOUT, "stale");
    capture(&f, NULL);
    cli_report(&f.run, SEAL_ERR_NO_MEMORY, &cause);
    release(&f);
    assert_string_equal(f.text[1], "espseal: error: out of memory\nespseal: hint: close other programs and "
                                   "run the same command again\n");
}

static void make_progress(struct fixture *f)
{
    for (size_t done = 0; done <= 4096; done += 64) {
        cli_progress(&f->run, "writing", done, 4096);
    }
    cli_progress_done(&f->run);
}

static void test_progress_is_silent_in_a_pipe(void **state)
{
    (void)state;
    static const char *const ways[] = {NULL, "bar", "none"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct fixture f;
        capture(&f, ways[i]);
        make_progress(&f);
        release(&f);
        assert_string_equal(f.text[0], "");
        assert_string_equal(f.text[1], "");
    }
}

static void test_progress_as_json_lines(void **state)
{
    (void)state;
    struct fixture f;
    capture(&f, "json");
    make_progress(&f);
    release(&f);
    double last = -1;
    unsigned lines = 0;
    for (char *line = strtok(f.text[1], "\n"); line; line = strtok(NULL, "\n"), lines++) {
        seal_json *root = NULL;
        double done, total;
        assert_int_equal(seal_json_parse(line, strlen(line), &root, NULL), SEAL_OK);
        assert_string_equal(seal_json_text(seal_json_get(root, "progress")), "writing");
        assert_true(seal_json_number(seal_json_get(root, "done"), &done));
        assert_true(seal_json_number(seal_json_get(root, "total"), &total));
        assert_true(done > last && total == 4096);
        last = done;
        seal_json_free(&root);
    }
    assert_true(lines >= 2);
    assert_true(last == 4096);
}

static void test_progress_as_a_bar(void **state)
{
    (void)state;
    struct fixture f;
    capture(&f, NULL);
    f.run.stderr_terminal = true;
    make_progress(&f);
    release(&f);
    assert_non_null(strstr(f.text[1], "writing ["));
    assert_non_null(strstr(f.text[1], "100% 4.0 KiB of 4.0 KiB"));
}

static void test_progress_without_an_end_claims_none(void **state)
{
    (void)state;
    struct fixture f;
    capture(&f, NULL);
    f.run.stderr_terminal = true;
    cli_progress(&f.run, "reading", 2048, 0);
    cli_progress(&f.run, "reading", 4096, 0); /* too soon to be drawn */
    cli_progress_done(&f.run);
    release(&f);
    assert_string_equal(f.text[1], "\r\033[Kreading: 2.0 KiB, 0 B/s\n");
}

static void test_a_table_in_a_pipe_is_whole(void **state)
{
    (void)state;
    static const char *const headings[] = {"NAME", "WHAT", NULL};
    char long_text[201];
    memset(long_text, 'x', 200);
    long_text[200] = '\0';
    struct fixture f;
    struct cli_table *table = NULL;
    assert_int_equal(cli_table_new(headings, &table), SEAL_OK);
    assert_int_equal(cli_table_row(table, (const char *const[]){"a", long_text}), SEAL_OK);
    assert_int_equal(cli_table_row(table, (const char *const[]){NULL, "b"}), SEAL_OK);
    capture(&f, NULL);
    int err = cli_table_print(&f.run, &table);
    release(&f);
    assert_int_equal(err, SEAL_OK);
    assert_null(table);
    assert_non_null(strstr(f.text[0], "NAME WHAT\n"));
    assert_non_null(strstr(f.text[0], long_text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_talk_is_folded_between_words),
        cmocka_unit_test(test_each_stream_gets_its_own),
        cmocka_unit_test(test_json_silences_print_only),
        cmocka_unit_test(test_an_error_is_one_document),
        cmocka_unit_test(test_a_cause_of_another_error_is_not_told),
        cmocka_unit_test(test_progress_is_silent_in_a_pipe),
        cmocka_unit_test(test_progress_as_json_lines),
        cmocka_unit_test(test_progress_as_a_bar),
        cmocka_unit_test(test_progress_without_an_end_claims_none),
        cmocka_unit_test(test_a_table_in_a_pipe_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
