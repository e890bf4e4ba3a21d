#include "unit.h"

#include <espseal/deflate.h>

#include <string.h>

static void fill(uint8_t *data, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525u + 1013904223u;
        data[i] = (uint8_t)(seed >> 24);
    }
}

static void round_trips(void **state)
{
    (void)state;
    static uint8_t data[70000];
    static const size_t sizes[] = {0, 1, 4096, 16384, 16385, 65536, sizeof data};
    fill(data, sizeof data / 2, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct seal_buf *packed = seal_buf_new();
        struct seal_buf *plain = seal_buf_new();
        assert_int_equal(seal_deflate(packed, data, sizes[i]), SEAL_OK);
        assert_int_equal(seal_buf_ptr(packed)[0], 0x78); /* deflate, 32 KiB window */
        assert_int_equal(seal_inflate(plain, seal_buf_ptr(packed), seal_buf_len(packed), sizes[i]), SEAL_OK);
        assert_int_equal(seal_buf_len(plain), sizes[i]);
        assert_memory_equal(seal_buf_ptr(plain), data, sizes[i]);
        seal_buf_free(&packed);
        seal_buf_free(&plain);
    }
}

static void pieces_make_the_same_stream(void **state)
{
    (void)state;
    static uint8_t data[70000];
    static const size_t steps[] = {1000, 4096, 65536, sizeof data};
    struct seal_deflater *deflater = NULL;
    struct seal_buf *whole = seal_buf_new();
    fill(data, sizeof data / 2, 3);
    assert_int_equal(seal_deflate(whole, data, sizeof data), SEAL_OK);
    assert_int_equal(seal_deflater_new(&deflater), SEAL_OK);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct seal_buf *packed = seal_buf_new();
        seal_deflater_restart(deflater);
        for (size_t at = 0; at < sizeof data; at += steps[i]) {
            size_t here = sizeof data - at < steps[i] ? sizeof data - at : steps[i];
            bool last = at + here == sizeof data;
            assert_int_equal(seal_deflater_feed(deflater, data + at, here, last, packed), SEAL_OK);
        }
        assert_int_equal(seal_buf_len(packed), seal_buf_len(whole));
        assert_memory_equal(seal_buf_ptr(packed), seal_buf_ptr(whole), seal_buf_len(whole));
        seal_buf_free(&packed);
        seal_deflater_restart(deflater); /* what was fed is forgotten */
    }
    seal_deflater_free(&deflater);
    assert_null(deflater);
    seal_buf_free(&whole);
}

static void erased_flash_shrinks(void **state)
{
    (void)state;
    struct seal_buf *erased = seal_buf_new();
    struct seal_buf *packed = seal_buf_new();
    assert_int_equal(seal_buf_put_fill(erased, 0xFF, 1 << 20), SEAL_OK);
    assert_int_equal(seal_deflate(packed, seal_buf_ptr(erased), seal_buf_len(erased)), SEAL_OK);
    assert_in_range(seal_buf_len(packed), 10, 2048);
    seal_buf_free(&erased);
    seal_buf_free(&packed);
}

static void damage_is_refused_and_nothing_stays(void **state)
{
    (void)state;
    uint8_t data[1000];
    fill(data, sizeof data, 2);
    struct seal_buf *packed = seal_buf_new();
    struct seal_buf *out = seal_buf_new();
    assert_int_equal(seal_deflate(packed, data, sizeof data), SEAL_OK);
    const uint8_t *stream = seal_buf_ptr(packed);
    size_t len = seal_buf_len(packed);
    assert_int_equal(seal_buf_put_u8(out, 'x'), SEAL_OK);
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(seal_inflate(out, stream, cut, 4096), SEAL_ERR_FORMAT);
    }
    assert_int_equal(seal_inflate(out, stream, len, sizeof data - 1), SEAL_ERR_TOO_LONG);
    seal_buf_mutable(packed)[len - 1] ^= 1; /* adler32 */
    assert_int_equal(seal_inflate(out, stream, len, 4096), SEAL_ERR_FORMAT);
    seal_buf_mutable(packed)[len - 1] ^= 1;
    assert_int_equal(seal_buf_put_u8(packed, 0), SEAL_OK); /* bytes after the stream */
    assert_int_equal(seal_inflate(out, seal_buf_ptr(packed), len + 1, 4096), SEAL_ERR_FORMAT);
    assert_int_equal(seal_buf_len(out), 1);
    assert_int_equal(seal_inflate(out, seal_buf_ptr(packed), len, 4096), SEAL_OK);
    seal_buf_free(&packed);
    seal_buf_free(&out);
}

static void feeds_in_pieces(void **state)
{
    (void)state;
    static uint8_t data[40000];
    fill(data, sizeof data / 4, 3);
    struct seal_buf *packed = seal_buf_new();
    assert_int_equal(seal_deflate(packed, data, sizeof data), SEAL_OK);
    static const size_t steps[] = {1, 7, 1024, 100000};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct seal_inflater *inflater = NULL;
        struct seal_buf *out = seal_buf_new();
        bool done = false;
        assert_int_equal(seal_inflater_new(&inflater), SEAL_OK);
        for (size_t at = 0; at < seal_buf_len(packed); at += steps[i]) {
            size_t left = seal_buf_len(packed) - at;
            assert_false(done);
            assert_int_equal(seal_inflater_feed(inflater, seal_buf_ptr(packed) + at,
                                                left < steps[i] ? left : steps[i], out, &done),
                             SEAL_OK);
        }
        assert_true(done);
        assert_int_equal(seal_inflater_feed(inflater, "tail", 4, out, &done), SEAL_OK);
        assert_true(done);
        assert_int_equal(seal_buf_len(out), sizeof data);
        assert_memory_equal(seal_buf_ptr(out), data, sizeof data);
        seal_buf_free(&out);
        seal_inflater_free(&inflater);
        assert_null(inflater);
    }
    seal_buf_free(&packed);
}

static void feed_reports_garbage(void **state)
{
    (void)state;
    struct seal_inflater *inflater = NULL;
    struct seal_buf *out = seal_buf_new();
    bool done = true;
    assert_int_equal(seal_inflater_new(&inflater), SEAL_OK);
    assert_int_equal(seal_inflater_feed(inflater, "", 0, out, &done), SEAL_OK);
    assert_false(done);
    assert_int_equal(seal_inflater_feed(inflater, "not a stream", 12, out, &done), SEAL_ERR_FORMAT);
    assert_false(done);
    seal_inflater_free(&inflater);
    seal_inflater_free(&inflater);
    seal_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),          cmocka_unit_test(pieces_make_the_same_stream),
        cmocka_unit_test(erased_flash_shrinks), cmocka_unit_test(damage_is_refused_and_nothing_stays),
        cmocka_unit_test(feeds_in_pieces),      cmocka_unit_test(feed_reports_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
