#include "unit.h"

#include <espseal/csv.h>

#include <stdio.h>
#include <string.h>

static int parse(const char *text, int flags, struct seal_csv **csv, struct seal_cause *cause)
{
    return seal_csv_parse(text, strlen(text), "in.csv", flags, csv, cause);
}

static void assert_cell(const struct seal_csv *csv, size_t row, size_t column, const char *text)
{
    const char *cell = seal_csv_cell(csv, row, column);
    if (!text) {
        assert_null(cell);
        return;
    }
    assert_non_null(cell);
    assert_string_equal(cell, text);
}

static void cells_are_found_by_heading(void **state)
{
    (void)state;
    struct seal_csv *csv = NULL;
    size_t column = 99;
    struct seal_cause cause;
    assert_int_equal(parse("key,type,value\na,b,c\nd,e\n", 0, &csv, NULL), SEAL_OK);
    assert_string_equal(seal_csv_name(csv), "in.csv");
    assert_int_equal(seal_csv_columns(csv), 3);
    assert_int_equal(seal_csv_rows(csv), 2);
    assert_int_equal(seal_csv_column(csv, "value"), 2);
    assert_int_equal(seal_csv_column(csv, "Value"), SEAL_CSV_NONE);
    assert_string_equal(seal_csv_heading(csv, 1), "type");
    assert_null(seal_csv_heading(csv, 3));
    assert_int_equal(seal_csv_need_column(csv, "type", &column, NULL), SEAL_OK);
    assert_int_equal(column, 1);
    assert_int_equal(seal_csv_need_column(csv, "encoding", &column, &cause), SEAL_ERR_FORMAT);
    assert_string_equal(cause.text, "in.csv line 1: there is no column \"encoding\"");
    assert_cell(csv, 0, 2, "c");
    assert_cell(csv, 1, 1, "e");
    assert_cell(csv, 1, 2, NULL);
    assert_cell(csv, 1, SEAL_CSV_NONE, NULL);
    seal_csv_free(&csv);
    assert_null(csv);
}

static void quoting(void **state)
{
    (void)state;
    static const struct {
        const char *text, *cell;
    } rows[] = {
        {"\"with, comma \"\"q\"\"\"\n", "with, comma \"q\""},
        {"\"two\nlines\"\n", "two\nlines"},
        {"\"two\r\nlines\"\r\n", "two\r\nlines"},
        {"  kept  \n", "  kept  "},
        {"{\"a\":1}\n", "{\"a\":1}"},
        {"say \"\"hi\n", "say \"\"hi"},
        {"\"\"\n", ""},
        {"\"no end of line\"", "no end of line"},
        {"no end of line", "no end of line"},
        {"\"\n# no comment\n\"", "\n# no comment\n"},
        {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_csv *csv = NULL;
        char text[64];
        (void)snprintf(text, sizeof text, "h\n%s", rows[i].text);
        assert_int_equal(parse(text, SEAL_CSV_COMMENTS, &csv, NULL), SEAL_OK);
        assert_int_equal(seal_csv_rows(csv), 1);
        assert_cell(csv, 0, 0, rows[i].cell);
        seal_csv_free(&csv);
    }
}

static void lines_are_counted_as_an_editor_does(void **state)
{
    (void)state;
    struct seal_csv *csv = NULL;
    assert_int_equal(parse("\xEF\xBB\xBFh,i\r\n# a comment, \"with\n\r\n\"x\ny\",1\r\n,\n# end",
                           SEAL_CSV_COMMENTS, &csv, NULL),
                     SEAL_OK);
    assert_int_equal(seal_csv_column(csv, "h"), 0);
    assert_int_equal(seal_csv_rows(csv), 2);
    assert_cell(csv, 0, 0, "x\ny");
    assert_int_equal(seal_csv_line(csv, 0), 4);
    assert_cell(csv, 1, 0, "");
    assert_cell(csv, 1, 1, "");
    assert_int_equal(seal_csv_line(csv, 1), 6);
    seal_csv_free(&csv);
    assert_int_equal(parse("h\n#1\n", 0, &csv, NULL), SEAL_OK);
    assert_cell(csv, 0, 0, "#1");
    seal_csv_free(&csv);
}

static void bad_tables_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "in.csv is empty: its first row should name the columns"},
        {"\n\n", "in.csv is empty: its first row should name the columns"},
        {"a,b,a\n", "in.csv line 1: the column \"a\" is there twice"},
        {"a\n\nx\n\"y\nz\n", "in.csv line 4: a quote is opened here and never closed"},
        {"a\n\"", "in.csv line 2: a quote is opened here and never closed"},
        {"a,b\n1,\"2\"3\n", "in.csv line 2: there is text after a closing quote"},
        {"a,b\n1,\"2\" \n", "in.csv line 2: there is text after a closing quote"},
        {"a,b\n1,2\n1,2,3\n", "in.csv line 3 has 3 cells, and the header has 2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_csv *csv = NULL;
        struct seal_cause cause;
        assert_int_equal(parse(rows[i].text, 0, &csv, &cause), SEAL_ERR_FORMAT);
        assert_null(csv);
        assert_string_equal(cause.text, rows[i].says);
    }
    struct seal_csv *csv = NULL;
    assert_int_equal(seal_csv_parse("a\nb\0c\n", 6, "in.csv", 0, &csv, NULL), SEAL_ERR_FORMAT);
    assert_int_equal(parse("a,b\n1,2,,\n", 0, &csv, NULL), SEAL_OK);
    seal_csv_free(&csv);
}

static void what_is_put_comes_back(void **state)
{
    (void)state;
    static const char *const cells[] = {"plain", "",           " a ", "a,b", "\"",
                                        "\"\"x", "line\nline", "\r",  "#x",  "{\"a\"}"};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        struct seal_buf *out = seal_buf_new();
        struct seal_csv *csv = NULL;
        assert_int_equal(seal_buf_put(out, "x,y\n", 4), SEAL_OK);
        assert_int_equal(seal_csv_put(out, cells[i], strlen(cells[i]), true), SEAL_OK);
        assert_int_equal(seal_csv_put(out, cells[i], strlen(cells[i]), false), SEAL_OK);
        assert_int_equal(seal_buf_put(out, "\n", 1), SEAL_OK);
        assert_int_equal(
            seal_csv_parse(seal_buf_ptr(out), seal_buf_len(out), "out", SEAL_CSV_COMMENTS, &csv, NULL),
            SEAL_OK);
        assert_int_equal(seal_csv_rows(csv), 1);
        assert_cell(csv, 0, 0, cells[i]);
        assert_cell(csv, 0, 1, cells[i]);
        seal_csv_free(&csv);
        seal_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_found_by_heading),
        cmocka_unit_test(quoting),
        cmocka_unit_test(lines_are_counted_as_an_editor_does),
        cmocka_unit_test(bad_tables_are_refused_with_their_line),
        cmocka_unit_test(what_is_put_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
