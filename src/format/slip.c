#include <espseal/slip.h>

enum { SLIP_END = 0xC0, SLIP_ESC = 0xDB, SLIP_ESC_END = 0xDC, SLIP_ESC_ESC = 0xDD };

static int put_escaped(struct seal_buf *out, uint8_t byte)
{
    const uint8_t pair[2] = {SLIP_ESC, byte == SLIP_END ? SLIP_ESC_END : SLIP_ESC_ESC};
    return seal_buf_put(out, pair, sizeof pair);
}

static int put_body(struct seal_buf *out, const uint8_t *data, size_t len)
{
    int err = SEAL_OK;
    size_t run = 0;
    for (size_t i = 0; i < len && err == SEAL_OK; i++) {
        if (data[i] != SLIP_END && data[i] != SLIP_ESC) {
            continue;
        }
        err = seal_buf_put(out, data + run, i - run);
        if (err == SEAL_OK) {
            err = put_escaped(out, data[i]);
        }
        run = i + 1;
    }
    return err ? err : seal_buf_put(out, data + run, len - run);
}

int seal_slip_encode_two(struct seal_buf *out, const void *head, size_t head_len, const void *data,
                         size_t len)
{
    size_t start = seal_buf_len(out);
    int err = seal_buf_put_u8(out, SLIP_END);
    if (err == SEAL_OK && head_len) {
        err = put_body(out, head, head_len);
    }
    if (err == SEAL_OK && len) {
        err = put_body(out, data, len);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put_u8(out, SLIP_END);
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, start);
    }
    return err;
}

int seal_slip_encode(struct seal_buf *out, const void *data, size_t len)
{
    return seal_slip_encode_two(out, NULL, 0, data, len);
}

void seal_slip_decoder_init(struct seal_slip_decoder *decoder, uint8_t *storage, size_t capacity)
{
    *decoder =
        (struct seal_slip_decoder){.storage = storage, .capacity = capacity, .verdict = SEAL_SLIP_FRAME};
}

static void begin(struct seal_slip_decoder *decoder)
{
    decoder->in_frame = true;
    decoder->escaped = false;
    decoder->len = 0;
    decoder->verdict = SEAL_SLIP_FRAME;
}

/* An END inside a frame. SEAL_SLIP_MORE for an empty one: its END then counts as the start of the next. */
static enum seal_slip_result finish(struct seal_slip_decoder *decoder)
{
    if (decoder->escaped && decoder->verdict == SEAL_SLIP_FRAME) {
        decoder->verdict = SEAL_SLIP_BAD_ESCAPE;
    }
    decoder->escaped = false;
    if (decoder->verdict == SEAL_SLIP_FRAME && decoder->len == 0) {
        return SEAL_SLIP_MORE;
    }
    decoder->in_frame = false;
    if (decoder->verdict != SEAL_SLIP_FRAME) {
        decoder->len = 0;
    }
    return decoder->verdict;
}

static void append(struct seal_slip_decoder *decoder, uint8_t byte)
{
    if (decoder->verdict != SEAL_SLIP_FRAME) {
        return;
    }
    if (decoder->len == decoder->capacity) {
        decoder->verdict = SEAL_SLIP_TOO_LONG;
        return;
    }
    decoder->storage[decoder->len++] = byte;
}

static void take(struct seal_slip_decoder *decoder, uint8_t byte)
{
    if (!decoder->escaped) {
        if (byte == SLIP_ESC) {
            decoder->escaped = true;
        } else {
            append(decoder, byte);
        }
        return;
    }
    decoder->escaped = false;
    if (byte == SLIP_ESC_END) {
        append(decoder, SLIP_END);
    } else if (byte == SLIP_ESC_ESC) {
        append(decoder, SLIP_ESC);
    } else if (decoder->verdict == SEAL_SLIP_FRAME) {
        decoder->verdict = SEAL_SLIP_BAD_ESCAPE;
    }
}

enum seal_slip_result seal_slip_decode(struct seal_slip_decoder *decoder, const uint8_t *data, size_t len,
                                       size_t *used)
{
    for (size_t i = 0; i < len; i++) {
        if (!decoder->in_frame) {
            if (data[i] == SLIP_END) {
                begin(decoder);
            } else {
                decoder->skipped++;
            }
        } else if (data[i] != SLIP_END) {
            take(decoder, data[i]);
        } else {
            enum seal_slip_result result = finish(decoder);
            if (result != SEAL_SLIP_MORE) {
                *used = i + 1;
                return result;
            }
        }
    }
    *used = len;
    return SEAL_SLIP_MORE;
}
