/*
 * The first byte chooses the decoder's capacity and the pieces' size; the rest is decoded whole and in
 * pieces, which must agree, and encoded and decoded, which must give it back.
 */
#include "fuzz.h"

#include <espseal/slip.h>

#include <string.h>

static void note(struct seal_buf *log, enum seal_slip_result result, const struct seal_slip_decoder *decoder)
{
    int err = seal_buf_put_u8(log, (uint8_t)result);
    if (err == SEAL_OK && result == SEAL_SLIP_FRAME) {
        fuzz_require(decoder->len > 0 && decoder->len <= decoder->capacity, "a frame fits its storage");
        err = seal_buf_put_le32(log, (uint32_t)decoder->len);
    }
    if (err == SEAL_OK && result == SEAL_SLIP_FRAME) {
        err = seal_buf_put(log, decoder->storage, decoder->len);
    }
    fuzz_require(err == SEAL_OK, "memory");
}

static struct seal_buf *decode(const uint8_t *data, size_t size, size_t capacity, size_t step)
{
    uint8_t storage[64];
    struct seal_slip_decoder decoder;
    struct seal_buf *log = seal_buf_new();
    seal_slip_decoder_init(&decoder, storage, capacity);
    for (size_t at = 0; at < size;) {
        size_t used = 0;
        size_t piece = size - at < step ? size - at : step;
        enum seal_slip_result result = seal_slip_decode(&decoder, data + at, piece, &used);
        fuzz_require(used > 0 && used <= piece, "progress");
        fuzz_require(result != SEAL_SLIP_MORE || used == piece, "MORE takes everything");
        if (result != SEAL_SLIP_MORE) {
            note(log, result, &decoder);
        }
        at += used;
    }
    fuzz_require(decoder.skipped <= size && seal_buf_put_le32(log, (uint32_t)decoder.skipped) == SEAL_OK,
                 "skipped bytes were there");
    return log;
}

static void round_trip(const uint8_t *data, size_t size)
{
    uint8_t *storage = malloc(size);
    struct seal_slip_decoder decoder;
    struct seal_buf *wire = seal_buf_new();
    size_t used = 0;
    fuzz_require(storage && seal_slip_encode(wire, data, size) == SEAL_OK, "encoded");
    seal_slip_decoder_init(&decoder, storage, size);
    enum seal_slip_result result = seal_slip_decode(&decoder, seal_buf_ptr(wire), seal_buf_len(wire), &used);
    fuzz_require(result == SEAL_SLIP_FRAME && used == seal_buf_len(wire), "decoded");
    fuzz_require(decoder.len == size && memcmp(storage, data, size) == 0, "the same");
    seal_buf_free(&wire);
    free(storage);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    size_t capacity = data[0] & 0x3F;
    size_t step = (size_t)(data[0] >> 6) + 1;
    struct seal_buf *whole = decode(data + 1, size - 1, capacity, size);
    struct seal_buf *pieces = decode(data + 1, size - 1, capacity, step);
    fuzz_require(seal_buf_len(whole) == seal_buf_len(pieces) &&
                     memcmp(seal_buf_ptr(whole), seal_buf_ptr(pieces), seal_buf_len(whole)) == 0,
                 "pieces make no difference");
    seal_buf_free(&whole);
    seal_buf_free(&pieces);
    round_trip(data + 1, size - 1);
    return 0;
}
