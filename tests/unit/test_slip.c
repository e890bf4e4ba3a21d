#include "unit.h"

#include <espseal/slip.h>

#include <string.h>

struct event {
    enum seal_slip_result result;
    size_t len;
    uint8_t frame[16];
};

/* Feeds data in pieces of step bytes and collects what comes out. */
static size_t collect(struct seal_slip_decoder *decoder, const uint8_t *data, size_t len, size_t step,
                      struct event *events)
{
    size_t count = 0;
    for (size_t at = 0; at < len;) {
        size_t used = 0;
        size_t piece = len - at < step ? len - at : step;
        enum seal_slip_result result = seal_slip_decode(decoder, data + at, piece, &used);
        assert_in_range(used, 1, piece);
        at += used;
        if (result == SEAL_SLIP_MORE) {
            assert_int_equal(used, piece);
            continue;
        }
        events[count].result = result;
        events[count].len = decoder->len;
        memcpy(events[count].frame, decoder->storage, decoder->len);
        count++;
    }
    return count;
}

static void expect_frame(const struct event *event, const char *frame, size_t len)
{
    assert_int_equal(event->result, SEAL_SLIP_FRAME);
    assert_int_equal(event->len, len);
    assert_memory_equal(event->frame, frame, len);
}

static void encodes_and_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *coded;
        size_t plain_len, coded_len;
    } rows[] = {
        {"", "\xc0\xc0", 0, 2},
        {"abc",
         "\xc0"
         "abc\xc0",
         3, 5},
        {"\xc0", "\xc0\xdb\xdc\xc0", 1, 4},
        {"\xdb", "\xc0\xdb\xdd\xc0", 1, 4},
        {"\xdb\xdc", "\xc0\xdb\xdd\xdc\xc0", 2, 5},
        {"a\xc0\xdb\xc0z",
         "\xc0"
         "a\xdb\xdc\xdb\xdd\xdb\xdcz\xc0",
         5, 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_buf *out = seal_buf_new();
        assert_int_equal(seal_buf_put_u8(out, 'x'), SEAL_OK);
        assert_int_equal(seal_slip_encode(out, rows[i].plain, rows[i].plain_len), SEAL_OK);
        assert_int_equal(seal_buf_len(out), rows[i].coded_len + 1);
        assert_memory_equal(seal_buf_ptr(out) + 1, rows[i].coded, rows[i].coded_len);
        seal_buf_free(&out);
    }
}

static void decodes_in_pieces_of_any_size(void **state)
{
    (void)state;
    static const uint8_t wire[] = "noise\xc0"
                                  "a\xdb\xdc\xdb\xdd"
                                  "b\xc0 more noise \xc0\xc0\xc0second\xc0";
    for (size_t step = 1; step <= sizeof wire; step++) {
        uint8_t storage[16];
        struct seal_slip_decoder decoder;
        struct event events[8];
        seal_slip_decoder_init(&decoder, storage, sizeof storage);
        assert_int_equal(collect(&decoder, wire, sizeof wire - 1, step, events), 2);
        expect_frame(&events[0],
                     "a\xc0\xdb"
                     "b",
                     4);
        expect_frame(&events[1], "second", 6);
        assert_int_equal(decoder.skipped, 5 + 12);
    }
}

static void round_trips_every_byte(void **state)
{
    (void)state;
    uint8_t plain[256];
    uint8_t storage[256];
    size_t used = 0;
    for (unsigned i = 0; i < sizeof plain; i++) {
        plain[i] = (uint8_t)i;
    }
    struct seal_buf *out = seal_buf_new();
    assert_int_equal(seal_slip_encode(out, plain, sizeof plain), SEAL_OK);
    struct seal_slip_decoder decoder;
    seal_slip_decoder_init(&decoder, storage, sizeof storage);
    assert_int_equal(seal_slip_decode(&decoder, seal_buf_ptr(out), seal_buf_len(out), &used),
                     SEAL_SLIP_FRAME);
    assert_int_equal(used, seal_buf_len(out));
    assert_int_equal(decoder.len, sizeof plain);
    assert_memory_equal(storage, plain, sizeof plain);
    seal_buf_free(&out);
}

static void too_long_is_dropped_whole(void **state)
{
    (void)state;
    static const uint8_t wire[] = "\xc0"
                                  "12345\xc0\xc0"
                                  "1234\xc0\xc0"
                                  "123\xdb\xdd!\xdb\x01\xc0\xc0ok\xc0";
    for (size_t step = 1; step <= sizeof wire; step++) {
        uint8_t storage[4];
        struct seal_slip_decoder decoder;
        struct event events[8];
        seal_slip_decoder_init(&decoder, storage, sizeof storage);
        assert_int_equal(collect(&decoder, wire, sizeof wire - 1, step, events), 4);
        assert_int_equal(events[0].result, SEAL_SLIP_TOO_LONG);
        assert_int_equal(events[0].len, 0);
        expect_frame(&events[1], "1234", 4);
        assert_int_equal(events[2].result, SEAL_SLIP_TOO_LONG);
        expect_frame(&events[3], "ok", 2);
        assert_int_equal(decoder.skipped, 0);
    }
}

static void bad_escape_is_dropped_whole(void **state)
{
    (void)state;
    static const uint8_t wire[] = "\xc0"
                                  "a\xdb"
                                  "bcdefgh\xc0\xc0"
                                  "a\xdb\xc0\xc0\xdb\xdb\xdc\xc0\xc0ok\xc0";
    for (size_t step = 1; step <= sizeof wire; step++) {
        uint8_t storage[4];
        struct seal_slip_decoder decoder;
        struct event events[8];
        seal_slip_decoder_init(&decoder, storage, sizeof storage);
        assert_int_equal(collect(&decoder, wire, sizeof wire - 1, step, events), 4);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(events[i].result, SEAL_SLIP_BAD_ESCAPE);
            assert_int_equal(events[i].len, 0);
        }
        expect_frame(&events[3], "ok", 2);
    }
}

static void a_lost_start_costs_one_frame(void **state)
{
    (void)state;
    static const uint8_t wire[] = "lost\xc0\xc0next\xc0";
    uint8_t storage[16];
    struct seal_slip_decoder decoder;
    struct event events[4];
    seal_slip_decoder_init(&decoder, storage, sizeof storage);
    assert_int_equal(collect(&decoder, wire, sizeof wire - 1, sizeof wire, events), 1);
    expect_frame(&events[0], "next", 4);
    assert_int_equal(decoder.skipped, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_and_escapes),         cmocka_unit_test(decodes_in_pieces_of_any_size),
        cmocka_unit_test(round_trips_every_byte),      cmocka_unit_test(too_long_is_dropped_whole),
        cmocka_unit_test(bad_escape_is_dropped_whole), cmocka_unit_test(a_lost_start_costs_one_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
