#include "unit.h"

#include <espseal/json.h>

#include <math.h>
#include <string.h>

static void expect_text(const seal_json *value, bool one_line, const char *text)
{
    struct seal_buf *out = seal_buf_new();
    assert_int_equal(seal_json_print(value, one_line, out), SEAL_OK);
    assert_int_equal(seal_buf_put_u8(out, 0), SEAL_OK);
    assert_string_equal((const char *)seal_buf_ptr(out), text);
    seal_buf_free(&out);
}

static seal_json *parse(const char *text)
{
    seal_json *value = NULL;
    struct seal_cause cause = {0};
    if (seal_json_parse(text, strlen(text), &value, &cause) != SEAL_OK) {
        fail_msg("%s: %s", text, cause.text);
    }
    return value;
}

static void prints_what_was_put(void **state)
{
    (void)state;
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "z", "first stays first");
    seal_json_put_text(root, "null", NULL);
    seal_json_put_bool(root, "yes", true);
    seal_json_put_hex(root, "mac", (const uint8_t *)"\x02\xff", 2);
    seal_json_put_formatted(root, "address", "0x%08x", 0x6000u);
    seal_json *list = seal_json_put_array(root, "list");
    seal_json_put_number(list, NULL, 4294967295.0);
    seal_json_put_number(list, NULL, -1.5);
    seal_json_put_null(list, NULL);
    (void)seal_json_put_object(list, NULL);
    (void)seal_json_put_array(root, "empty");
    expect_text(root, false,
                "{\n  \"z\": \"first stays first\",\n  \"null\": null,\n  \"yes\": true,\n"
                "  \"mac\": \"02ff\",\n  \"address\": \"0x00006000\",\n"
                "  \"list\": [\n    4294967295,\n    -1.5,\n    null,\n    {}\n  ],\n  \"empty\": []\n}\n");
    expect_text(root, true,
                "{\"z\": \"first stays first\", \"null\": null, \"yes\": true, \"mac\": \"02ff\","
                " \"address\": \"0x00006000\", \"list\": [4294967295, -1.5, null, {}], \"empty\": []}\n");
    seal_json_free(&root);
    assert_null(root);
    seal_json_free(&root);
}

static void text_is_always_json(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed;
    } rows[] = {
        {"\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\"\n"},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"\n"},
        {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x91", "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x91\"\n"},
        {"bad \xff byte", "\"bad \\ufffd byte\"\n"},
        {"cut \xe2\x82", "\"cut \\ufffd\\ufffd\"\n"},
        {"\xc0\xaf", "\"\\ufffd\\ufffd\"\n"},            /* overlong */
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"\n"}, /* surrogate */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        seal_json *list = seal_json_array_new();
        seal_json_put_text(list, NULL, rows[i].text);
        expect_text(seal_json_at(list, 0), true, rows[i].printed);
        seal_json_free(&list);
    }
}

static void numbers_print_exactly(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *printed;
    } rows[] = {
        {0, "0\n"},
        {-2147483649.0, "-2147483649\n"},
        {9007199254740991.0, "9007199254740991\n"},
        {0.5, "0.5\n"},
        {1e300, "1e+300\n"},
        {0.1, "0.1\n"},
        {1.0 / 3, "0.33333333333333331\n"},
        {(double)INFINITY, "null\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        seal_json *list = seal_json_array_new();
        seal_json_put_number(list, NULL, rows[i].number);
        expect_text(seal_json_at(list, 0), true, rows[i].printed);
        seal_json_free(&list);
    }
}

static void moves_children(void **state)
{
    (void)state;
    seal_json *root = seal_json_object_new();
    seal_json *child = seal_json_array_new();
    seal_json_put_number(child, NULL, 1);
    seal_json_put(root, "child", &child);
    assert_null(child);
    expect_text(root, true, "{\"child\": [1]}\n");
    seal_json_free(&root);
}

static void a_missing_child_fails_the_print(void **state)
{
    (void)state;
    struct seal_buf *out = seal_buf_new();
    seal_json *root = seal_json_object_new();
    seal_json *inner = seal_json_put_object(root, "inner");
    seal_json *child = NULL; /* as after a failed allocation */
    seal_json_put(inner, "child", &child);
    assert_int_equal(seal_json_print(root, true, out), SEAL_ERR_NO_MEMORY);
    assert_int_equal(seal_json_print(NULL, true, out), SEAL_ERR_NO_MEMORY);
    assert_int_equal(seal_buf_len(out), 0);
    seal_json_put_text(NULL, "key", "text");
    assert_null(seal_json_put_object(NULL, "key"));
    seal_json_free(&root);
    seal_buf_free(&out);
}

static void parses_and_looks_up(void **state)
{
    (void)state;
    double number = 0;
    seal_json *root = parse("{\"a\": [1, \"two\", {\"Key\": true}], \"n\": -3.25}\n ");
    const seal_json *list = seal_json_get(root, "a");
    assert_int_equal(seal_json_len(list), 3);
    assert_true(seal_json_number(seal_json_at(list, 0), &number));
    assert_true(number >= 1 && number <= 1);
    assert_string_equal(seal_json_text(seal_json_at(list, 1)), "two");
    assert_null(seal_json_text(seal_json_at(list, 0)));
    assert_null(seal_json_at(list, 3));
    assert_null(seal_json_get(seal_json_at(list, 2), "key"));
    assert_non_null(seal_json_get(seal_json_at(list, 2), "Key"));
    assert_null(seal_json_get(root, "absent"));
    assert_null(seal_json_get(list, "a"));
    assert_null(seal_json_get(NULL, "a"));
    assert_int_equal(seal_json_len(root), 0);
    assert_false(seal_json_number(list, &number));
    assert_true(seal_json_number(seal_json_get(root, "n"), &number));
    assert_true(number <= -3.25 && number >= -3.25);
    seal_json_free(&root);
}

static void bad_text_names_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *place;
    } rows[] = {
        {"", 0, "line 1, column 1"},           {"{\n  \"a\": 1,\n  oops\n}", 20, "line 3, column "},
        {"[1, 2", 5, "line 1, column 5"},      {"{} x", 4, "line 1, column 4"},
        {"[\"\xff\"]", 5, "line 1, column 3"}, {"[1]\0[2]", 7, "line 1, column 4"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_cause cause = {0};
        seal_json *value = NULL;
        assert_int_equal(seal_json_parse(rows[i].text, rows[i].len, &value, &cause), SEAL_ERR_FORMAT);
        assert_null(value);
        if (!strstr(cause.text, rows[i].place)) {
            fail_msg("row %zu: \"%s\" lacks \"%s\"", i, cause.text, rows[i].place);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_what_was_put),
        cmocka_unit_test(text_is_always_json),
        cmocka_unit_test(numbers_print_exactly),
        cmocka_unit_test(moves_children),
        cmocka_unit_test(a_missing_child_fails_the_print),
        cmocka_unit_test(parses_and_looks_up),
        cmocka_unit_test(bad_text_names_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
