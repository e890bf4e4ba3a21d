/* Every frame that was recorded from a real ROM: ours are the bytes it accepted, its answers are understood.
 */
#include "unit.h"
#include "wire/capture.h"

#include <espseal/rom.h>
#include <espseal/slip.h>

#include <stdio.h>
#include <string.h>

struct totals {
    size_t requests, answers;
    size_t odd_requests, odd_answers;
};

/* What is no whole frame, by capture: the ROM's talk between frames and deliberately broken requests. */
static const struct {
    const char *name; /* a capture, or the end of its name */
    size_t requests, answers;
} oddities[] = {
    /* the last row that fits counts */
    {"_boot_banner", 0, 1},             /* the banner alone */
    {"_dis_download_mode", 0, 1},       /* banners without end */
    {"_flash_end_reboot", 0, 1},        /* the banner after the software reset */
    {"_flash_session_raw", 0, 1},       /* "user code done" and a panic */
    {"_oversized_and_malformed", 2, 1}, /* a 1-byte frame and a bad escape; a panic */
    {"_secure_download_mode", 0, 1},    /* the banner after the software reset */
    {"_secure_download_mode_live_burn", 0, 1},
    {"esp32_flash_session_raw", 0, 2}, /* the BASIC interpreter, which takes the next request for a line */
    {"esp32_oversized_and_malformed", 2, 0},
};

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void expected_oddities(const char *name, size_t *requests, size_t *answers)
{
    *requests = 0;
    *answers = 0;
    for (size_t i = 0; i < sizeof oddities / sizeof oddities[0]; i++) {
        if (ends_with(name, oddities[i].name)) {
            *requests = oddities[i].requests;
            *answers = oddities[i].answers;
        }
    }
}

static void encodes_to(const struct capture_line *line, const struct seal_buf *frame)
{
    struct seal_buf *again = seal_buf_new();
    assert_int_equal(seal_slip_encode(again, seal_buf_ptr(frame), seal_buf_len(frame)), SEAL_OK);
    assert_int_equal(seal_buf_len(again), seal_buf_len(line->bytes));
    assert_memory_equal(seal_buf_ptr(again), seal_buf_ptr(line->bytes), seal_buf_len(again));
    seal_buf_free(&again);
}

/* Requests whose header the recorder spoilt on purpose. */
static bool header_is_deliberately_wrong(const char *name)
{
    return ends_with(name, "_bad_checksum") || ends_with(name, "_mem_data_retry_rules") ||
           ends_with(name, "_oversized_and_malformed");
}

/* Our encoder makes the very bytes from opcode and payload. */
static void is_made_by_us(const char *name, const struct capture_line *line, const struct seal_buf *frame)
{
    const uint8_t *bytes = seal_buf_ptr(frame);
    size_t len = seal_buf_len(frame);
    struct seal_buf *ours = seal_buf_new();
    assert_int_equal(seal_rom_request_encode(ours, bytes[1], bytes + 8, len - 8), SEAL_OK);
    bool same = seal_buf_len(ours) == seal_buf_len(line->bytes) &&
                memcmp(seal_buf_ptr(ours), seal_buf_ptr(line->bytes), seal_buf_len(ours)) == 0;
    if (!same && !header_is_deliberately_wrong(name)) {
        fail_msg("%s: a %s request of %zu bytes is encoded otherwise", name, seal_rom_opcode_name(bytes[1]),
                 len);
    }
    seal_buf_free(&ours);
}

static bool request_holds(const char *name, const struct capture_line *line)
{
    struct seal_buf *frame = capture_decode(line);
    bool whole = frame && seal_buf_len(frame) >= 8;
    if (whole) {
        encodes_to(line, frame);
        is_made_by_us(name, line, frame);
    }
    seal_buf_free(&frame);
    return whole;
}

/* What a ROM sends first at a new rate or after a reset: two ENDs. */
static bool is_empty_frame(const struct capture_line *line)
{
    return seal_buf_len(line->bytes) == 2 && memcmp(seal_buf_ptr(line->bytes), "\xC0\xC0", 2) == 0;
}

static bool answer_parses(const struct capture_line *line)
{
    struct seal_buf *frame = capture_decode(line);
    struct seal_rom_response response;
    bool parsed =
        frame && seal_rom_response_parse(seal_buf_ptr(frame), seal_buf_len(frame), 4, &response) == 0;
    if (parsed) {
        encodes_to(line, frame);
        assert_true(response.failed <= 1);
        /* The length in the header counts data and status. */
        assert_int_equal(seal_buf_ptr(frame)[2] | seal_buf_ptr(frame)[3] << 8, response.data_len + 4);
    }
    seal_buf_free(&frame);
    return parsed;
}

static void check_capture(const char *name, void *ctx)
{
    struct totals *totals = ctx;
    struct capture *capture = capture_read(name);
    size_t odd_requests = 0;
    size_t odd_answers = 0;
    size_t expected_requests, expected_answers;
    for (size_t i = 0; i < capture->count; i++) {
        const struct capture_line *line = &capture->lines[i];
        if (line->direction == '>') {
            totals->requests++;
            odd_requests += !request_holds(name, line);
        } else {
            totals->answers++;
            odd_answers += !is_empty_frame(line) && !answer_parses(line);
        }
    }
    expected_oddities(name, &expected_requests, &expected_answers);
    if (odd_requests != expected_requests || odd_answers != expected_answers) {
        fail_msg("%s: %zu odd requests (expected %zu), %zu odd answers (expected %zu)", name, odd_requests,
                 expected_requests, odd_answers, expected_answers);
    }
    capture_free(&capture);
}

static void every_recorded_frame_is_understood(void **state)
{
    (void)state;
    struct totals totals = {0};
    assert_int_equal(capture_each(check_capture, &totals), 111);
    assert_int_equal(totals.requests, 12656);
    assert_int_equal(totals.answers, 13631);
}

static void short_answers_are_refused(void **state)
{
    (void)state;
    struct seal_rom_response response;
    uint8_t frame[12] = {1, SEAL_ROM_SYNC, 4, 0};
    assert_int_equal(seal_rom_response_parse(frame, 12, 4, &response), SEAL_OK);
    assert_int_equal(response.data_len, 0);
    assert_int_equal(seal_rom_response_parse(frame, 11, 4, &response), SEAL_ERR_PROTOCOL);
    assert_int_equal(seal_rom_response_parse(frame, 10, 2, &response), SEAL_OK);
    assert_int_equal(seal_rom_response_parse(frame, 0, 2, &response), SEAL_ERR_PROTOCOL);
    frame[0] = 0; /* a request, echoed */
    assert_int_equal(seal_rom_response_parse(frame, 12, 4, &response), SEAL_ERR_PROTOCOL);
}

static void too_long_requests_are_refused(void **state)
{
    (void)state;
    static const uint8_t payload[65536];
    struct seal_buf *out = seal_buf_new();
    assert_int_equal(seal_rom_request_encode(out, SEAL_ROM_MEM_DATA, payload, sizeof payload),
                     SEAL_ERR_TOO_LONG);
    assert_int_equal(seal_buf_len(out), 0);
    seal_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_frame_is_understood),
        cmocka_unit_test(short_answers_are_refused),
        cmocka_unit_test(too_long_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
