#include "unit.h"

#include <espseal/base64.h>

#include <string.h>

static void texts_and_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } rows[] = {{"", ""},        {"f", "Zg=="},          {"fo", "Zm8="},
                {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe", "//4="}};
    struct seal_buf *out = seal_buf_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        seal_buf_truncate(out, 0);
        assert_int_equal(seal_base64_encode(rows[i].bytes, strlen(rows[i].bytes), out), SEAL_OK);
        assert_int_equal(seal_buf_len(out), strlen(rows[i].text));
        assert_memory_equal(seal_buf_ptr(out), rows[i].text, strlen(rows[i].text));
        seal_buf_truncate(out, 0);
        assert_int_equal(seal_base64_decode(rows[i].text, strlen(rows[i].text), out), SEAL_OK);
        assert_int_equal(seal_buf_len(out), strlen(rows[i].bytes));
        assert_memory_equal(seal_buf_ptr(out), rows[i].bytes, strlen(rows[i].bytes));
    }
    seal_buf_truncate(out, 0);
    assert_int_equal(seal_base64_decode("Zm9v\r\n Ym Fy\n", 13, out), SEAL_OK);
    assert_memory_equal(seal_buf_ptr(out), "foobar", 6);
    seal_buf_free(&out);
}

static void what_is_no_base64(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Zg", "Zg=", "Z", "Zm9v=", "=Zm9", "Z===", "Zg==Zg==", "Zh==", "Zm9=", "Zm-v", "Z=m9"};
    struct seal_buf *out = seal_buf_new();
    assert_int_equal(seal_buf_put_u8(out, 7), SEAL_OK);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(seal_base64_decode(texts[i], strlen(texts[i]), out), SEAL_ERR_FORMAT);
        assert_int_equal(seal_buf_len(out), 1);
    }
    seal_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_and_bytes),
                                       cmocka_unit_test(what_is_no_base64)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
