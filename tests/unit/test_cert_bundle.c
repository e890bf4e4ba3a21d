#include "unit.h"

#include <espseal/cert_bundle.h>

#include <string.h>

#define ENTRY(n, k)                                                                                          \
    {                                                                                                        \
        .name = (const uint8_t *)(n), .key = (const uint8_t *)(k), .name_len = (uint16_t)strlen(n),          \
        .key_len = (uint16_t)strlen(k)                                                                       \
    }

static struct seal_buf *build(enum seal_bundle_form form, size_t *count)
{
    struct seal_bundle_entry entries[] = {ENTRY("beta", "k2"), ENTRY("alpha", "key1"), ENTRY("beta", "k2"),
                                          ENTRY("beta", "k1"), ENTRY("al", "k")};
    struct seal_buf *out = seal_buf_new();
    *count = sizeof entries / sizeof entries[0];
    assert_int_equal(seal_bundle_build(entries, count, form, out, NULL), SEAL_OK);
    return out;
}

/* Written by hand from the description of the forms. */
static void test_the_bytes_of_both_forms(void **state)
{
    (void)state;
    static const uint8_t offsets[] = {16, 0, 0, 0, 23,  0,   0,   0,   36,  0,   0,   0,   46,  0, 0, 0, /**/
                                      2,  0, 1, 0, 'a', 'l', 'k',                                        /**/
                                      5,  0, 4, 0, 'a', 'l', 'p', 'h', 'a', 'k', 'e', 'y', '1',          /**/
                                      4,  0, 2, 0, 'b', 'e', 't', 'a', 'k', '1',                         /**/
                                      4,  0, 2, 0, 'b', 'e', 't', 'a', 'k', '2'};
    static const uint8_t sequential[] = {0, 4,                                                    /**/
                                         0, 2, 0, 1, 'a', 'l', 'k',                               /**/
                                         0, 5, 0, 4, 'a', 'l', 'p', 'h', 'a', 'k', 'e', 'y', '1', /**/
                                         0, 4, 0, 2, 'b', 'e', 't', 'a', 'k', '1',                /**/
                                         0, 4, 0, 2, 'b', 'e', 't', 'a', 'k', '2'};
    size_t count = 0;
    struct seal_buf *out = build(SEAL_BUNDLE_OFFSETS, &count);
    assert_int_equal(count, 4);
    assert_int_equal(seal_buf_len(out), sizeof offsets);
    assert_memory_equal(seal_buf_ptr(out), offsets, sizeof offsets);
    seal_buf_free(&out);
    out = build(SEAL_BUNDLE_SEQUENTIAL, &count);
    assert_int_equal(seal_buf_len(out), sizeof sequential);
    assert_memory_equal(seal_buf_ptr(out), sequential, sizeof sequential);
    seal_buf_free(&out);
}

static void test_each_form_is_found_by_itself(void **state)
{
    (void)state;
    for (int form = SEAL_BUNDLE_OFFSETS; form <= SEAL_BUNDLE_SEQUENTIAL; form++) {
        size_t count = 0;
        struct seal_bundle bundle;
        struct seal_buf *out = build((enum seal_bundle_form)form, &count);
        size_t len = seal_buf_len(out);
        assert_int_equal(seal_buf_put_fill(out, 0xFF, 100), SEAL_OK); /* as in a partition */
        assert_int_equal(seal_bundle_parse(seal_buf_ptr(out), seal_buf_len(out), "x", &bundle, NULL),
                         SEAL_OK);
        assert_int_equal(bundle.form, form);
        assert_int_equal(bundle.count, 4);
        assert_int_equal(bundle.len, len);
        assert_memory_equal(bundle.entries[1].name, "alpha", 5);
        assert_memory_equal(bundle.entries[1].key, "key1", 4);
        seal_bundle_free(&bundle);
        seal_buf_free(&out);
    }
}

/* Cut anywhere, or with any byte of its lengths and offsets changed, a bundle is refused or still whole. */
static void test_damage_is_seen(void **state)
{
    (void)state;
    for (int form = SEAL_BUNDLE_OFFSETS; form <= SEAL_BUNDLE_SEQUENTIAL; form++) {
        size_t count = 0;
        struct seal_bundle bundle;
        struct seal_buf *out = build((enum seal_bundle_form)form, &count);
        for (size_t len = 0; len < seal_buf_len(out); len++) {
            struct seal_cause cause = {0};
            assert_int_equal(seal_bundle_parse(seal_buf_ptr(out), len, "cut.bin", &bundle, &cause),
                             SEAL_ERR_FORMAT);
            assert_non_null(strstr(cause.text, "cut.bin"));
            assert_null(bundle.entries);
        }
        size_t head = form == SEAL_BUNDLE_OFFSETS ? 16 : 2;
        for (size_t at = 0; at < head + 4; at++) {
            seal_buf_mutable(out)[at] ^= 0x40;
            assert_int_not_equal(seal_bundle_parse(seal_buf_ptr(out), seal_buf_len(out), "x", &bundle, NULL),
                                 SEAL_OK);
            seal_buf_mutable(out)[at] ^= 0x40;
        }
        seal_buf_free(&out);
    }
}

static void test_what_the_device_would_not_find_is_refused(void **state)
{
    (void)state;
    static const uint8_t unordered[] = {0, 2, 0, 1, 0, 1, 'b', 'k', 0, 1, 0, 1, 'a', 'k'};
    struct seal_bundle bundle;
    struct seal_cause cause = {0};
    assert_int_equal(seal_bundle_parse(unordered, sizeof unordered, "x", &bundle, &cause), SEAL_ERR_FORMAT);
    assert_non_null(strstr(cause.text, "entry 1 at 0x8 is out of order"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bytes_of_both_forms),
        cmocka_unit_test(test_each_form_is_found_by_itself),
        cmocka_unit_test(test_damage_is_seen),
        cmocka_unit_test(test_what_the_device_would_not_find_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
