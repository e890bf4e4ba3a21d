#include "wire/capture.h"

#include "unit.h"

#include <espseal/hex.h>
#include <espseal/slip.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take_line(struct capture *capture, const char *text)
{
    if ((text[0] != '>' && text[0] != '<') || text[1] != ' ') {
        return;
    }
    size_t len = strcspn(text + 2, "\r\n") / 2;
    capture->lines = realloc(capture->lines, (capture->count + 1) * sizeof capture->lines[0]);
    assert_non_null(capture->lines);
    struct capture_line *line = &capture->lines[capture->count++];
    line->direction = text[0];
    line->bytes = seal_buf_new();
    char *digits = strndup(text + 2, 2 * len);
    assert_int_equal(seal_hex_decode(digits, seal_buf_reserve(line->bytes, len), len), SEAL_OK);
    free(digits);
}

struct capture *capture_read(const char *name)
{
    struct capture *capture = calloc(1, sizeof *capture);
    char path[512];
    (void)snprintf(path, sizeof path, "%s/wire/%s.txt", TESTS_DIR, name);
    (void)snprintf(capture->name, sizeof capture->name, "%s", name);
    FILE *file = fopen(path, "r");
    if (!file) {
        fail_msg("cannot open %s", path);
        return NULL;
    }
    char *text = NULL;
    size_t capacity = 0;
    while (getline(&text, &capacity, file) > 0) {
        take_line(capture, text);
    }
    free(text);
    (void)fclose(file);
    assert_true(capture->count > 0);
    return capture;
}

void capture_free(struct capture **capture)
{
    for (size_t i = 0; *capture && i < (*capture)->count; i++) {
        seal_buf_free(&(*capture)->lines[i].bytes);
    }
    if (*capture) {
        free((*capture)->lines);
    }
    free(*capture);
    *capture = NULL;
}

size_t capture_each(void (*each)(const char *name, void *ctx), void *ctx)
{
    struct dirent **entries = NULL;
    size_t found = 0;
    int count = scandir(TESTS_DIR "/wire", &entries, NULL, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        char *dot = strstr(entries[i]->d_name, ".txt");
        if (dot && strcmp(entries[i]->d_name, "INDEX.txt") != 0) {
            *dot = '\0';
            each(entries[i]->d_name, ctx);
            found++;
        }
        free(entries[i]);
    }
    free(entries);
    return found;
}

struct seal_buf *capture_decode(const struct capture_line *line)
{
    struct seal_slip_decoder decoder;
    struct seal_buf *frame = seal_buf_new();
    size_t len = seal_buf_len(line->bytes);
    size_t used = 0;
    seal_slip_decoder_init(&decoder, seal_buf_reserve(frame, len + 1), len + 1);
    if (seal_slip_decode(&decoder, seal_buf_ptr(line->bytes), len, &used) == SEAL_SLIP_FRAME && used == len &&
        decoder.skipped == 0) {
        seal_buf_truncate(frame, decoder.len);
    } else {
        seal_buf_free(&frame);
    }
    return frame;
}

/* Same opcode and payload; the checksum, bytes 4 to 7 of the frame, is left out. */
static bool same_request(const struct capture_line *line, const struct seal_buf *request)
{
    struct seal_buf *frame = line->direction == '>' ? capture_decode(line) : NULL;
    size_t len = frame ? seal_buf_len(frame) : 0;
    bool same = len >= 8 && len == seal_buf_len(request) &&
                memcmp(seal_buf_ptr(frame), seal_buf_ptr(request), 4) == 0 &&
                memcmp(seal_buf_ptr(frame) + 8, seal_buf_ptr(request) + 8, len - 8) == 0;
    seal_buf_free(&frame);
    return same;
}

/* The index behind the matching line, after putting what the ROM said then into answers; 0: none. */
static size_t answer_from(const struct capture *capture, size_t from, const struct seal_buf *request,
                          struct seal_buf *answers)
{
    for (size_t i = from; i < capture->count; i++) {
        if (!same_request(&capture->lines[i], request)) {
            continue;
        }
        size_t next = i + 1;
        for (size_t j = next; j < capture->count && capture->lines[j].direction == '<'; j++) {
            const struct seal_buf *bytes = capture->lines[j].bytes;
            assert_int_equal(seal_buf_put(answers, seal_buf_ptr(bytes), seal_buf_len(bytes)), SEAL_OK);
        }
        return next;
    }
    return 0;
}

static void answer_request(struct replay *replay, const struct seal_buf *request)
{
    size_t next = answer_from(replay->capture, replay->cursor, request, replay->answers);
    if (next) {
        replay->cursor = next;
    } else if (answer_from(replay->identity, 0, request, replay->answers) == 0) {
        replay->unknown++;
    }
}

static int replay_write(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                        struct seal_cause *cause)
{
    (void)deadline;
    (void)cause;
    uint8_t *storage = malloc(len);
    struct seal_slip_decoder decoder;
    seal_slip_decoder_init(&decoder, storage, len);
    for (size_t at = 0, used = 0; at < len; at += used) {
        if (seal_slip_decode(&decoder, data + at, len - at, &used) == SEAL_SLIP_FRAME) {
            struct seal_buf *request = seal_buf_new();
            assert_int_equal(seal_buf_put(request, storage, decoder.len), SEAL_OK);
            answer_request(self, request);
            seal_buf_free(&request);
        }
    }
    free(storage);
    return SEAL_OK;
}

/* Seven bytes at a time, so that frames arrive in pieces. */
static int replay_read(void *self, uint8_t *data, size_t capacity, size_t *len, seal_deadline deadline,
                       struct seal_cause *cause)
{
    (void)deadline;
    struct replay *replay = self;
    size_t have = seal_buf_len(replay->answers);
    if (have == 0) {
        return seal_fail(cause, SEAL_ERR_TIMEOUT, "the recording is silent");
    }
    *len = have < 7 ? have : 7;
    *len = *len < capacity ? *len : capacity;
    memcpy(data, seal_buf_ptr(replay->answers), *len);
    seal_buf_consume(replay->answers, *len);
    return SEAL_OK;
}

static const struct seal_link_ops replay_ops = {.kind = "replay", .write = replay_write, .read = replay_read};

void replay_start(struct replay *replay, const struct capture *capture, const struct capture *identity)
{
    *replay = (struct replay){.capture = capture, .identity = identity, .answers = seal_buf_new()};
    assert_int_equal(seal_link_wrap(&replay_ops, replay, capture->name, &replay->link), SEAL_OK);
}

void replay_stop(struct replay *replay)
{
    seal_link_close(&replay->link);
    seal_buf_free(&replay->answers);
}
