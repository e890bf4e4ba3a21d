#include <espseal/deflate.h>

#include <espseal/secret.h>

#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

#define CHUNK 16384u
/* Against the best level: 0.1 to 0.7 % more bytes of machine code in a quarter of the time, which nobody
 * waits for at any rate of the line. */
#define LEVEL 6

struct seal_inflater {
    z_stream stream;
    bool done;
};

static void *zeroing_alloc(void *ctx, unsigned items, unsigned size)
{
    (void)ctx;
    size_t *block = calloc(1, sizeof(size_t) * 2 + (size_t)items * size);
    if (!block) {
        return NULL;
    }
    block[0] = (size_t)items * size;
    return block + 2;
}

/* What is compressed may be a key partition, and the window holds a copy of it. */
static void zeroing_free(void *ctx, void *ptr)
{
    (void)ctx;
    size_t *block = (size_t *)ptr - 2;
    seal_cleanse(ptr, block[0]);
    free(block);
}

static void set_input(z_stream *stream, const void *data, size_t len)
{
    static const Bytef nothing[1];
    stream->next_in = len ? data : nothing;
    stream->avail_in = (uInt)len;
}

static bool reserve_chunk(z_stream *stream, struct seal_buf *out)
{
    stream->next_out = seal_buf_reserve(out, CHUNK);
    stream->avail_out = CHUNK;
    return stream->next_out != NULL;
}

static int run_deflate(z_stream *stream, struct seal_buf *out)
{
    int status = Z_OK;
    while (status == Z_OK) {
        if (!reserve_chunk(stream, out)) {
            return SEAL_ERR_NO_MEMORY;
        }
        status = deflate(stream, Z_FINISH);
        seal_buf_truncate(out, seal_buf_len(out) - stream->avail_out);
    }
    return status == Z_STREAM_END ? SEAL_OK : SEAL_ERR_INTERNAL;
}

int seal_deflate(struct seal_buf *out, const void *data, size_t len)
{
    if (len > UINT_MAX) {
        return SEAL_ERR_TOO_LONG;
    }
    z_stream stream = {.zalloc = zeroing_alloc, .zfree = zeroing_free};
    if (deflateInit(&stream, LEVEL) != Z_OK) {
        return SEAL_ERR_NO_MEMORY;
    }
    size_t start = seal_buf_len(out);
    set_input(&stream, data, len);
    int err = run_deflate(&stream, out);
    (void)deflateEnd(&stream);
    if (err != SEAL_OK) {
        seal_buf_truncate(out, start);
    }
    return err;
}

int seal_inflater_new(struct seal_inflater **inflater)
{
    *inflater = calloc(1, sizeof **inflater);
    if (!*inflater) {
        return SEAL_ERR_NO_MEMORY;
    }
    (*inflater)->stream = (z_stream){.zalloc = zeroing_alloc, .zfree = zeroing_free};
    if (inflateInit(&(*inflater)->stream) != Z_OK) {
        free(*inflater);
        *inflater = NULL;
        return SEAL_ERR_NO_MEMORY;
    }
    return SEAL_OK;
}

void seal_inflater_free(struct seal_inflater **inflater)
{
    if (inflater && *inflater) {
        (void)inflateEnd(&(*inflater)->stream);
        free(*inflater);
        *inflater = NULL;
    }
}

/* One inflate call's worth. *more while there is input to take or output that did not fit. */
static int inflate_chunk(struct seal_inflater *inflater, struct seal_buf *out, bool *more)
{
    z_stream *stream = &inflater->stream;
    if (!reserve_chunk(stream, out)) {
        return SEAL_ERR_NO_MEMORY;
    }
    int status = inflate(stream, Z_NO_FLUSH);
    seal_buf_truncate(out, seal_buf_len(out) - stream->avail_out);
    inflater->done = status == Z_STREAM_END;
    *more = status == Z_OK && (stream->avail_in > 0 || stream->avail_out == 0);
    if (status == Z_MEM_ERROR) {
        return SEAL_ERR_NO_MEMORY;
    }
    /* Z_BUF_ERROR only says that the last chunk was filled exactly. */
    return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR ? SEAL_OK : SEAL_ERR_FORMAT;
}

static int feed(struct seal_inflater *inflater, const void *data, size_t len, struct seal_buf *out,
                size_t max)
{
    if (len > UINT_MAX) {
        return SEAL_ERR_TOO_LONG;
    }
    size_t start = seal_buf_len(out);
    bool more = !inflater->done && len > 0;
    set_input(&inflater->stream, data, len);
    while (more) {
        int err = inflate_chunk(inflater, out, &more);
        if (err != SEAL_OK) {
            return err;
        }
        if (seal_buf_len(out) - start > max) {
            return SEAL_ERR_TOO_LONG;
        }
    }
    return SEAL_OK;
}

int seal_inflater_feed(struct seal_inflater *inflater, const void *data, size_t len, struct seal_buf *out,
                       bool *done)
{
    int err = feed(inflater, data, len, out, SIZE_MAX);
    *done = inflater->done;
    return err;
}

int seal_inflate(struct seal_buf *out, const void *data, size_t len, size_t max)
{
    struct seal_inflater *inflater = NULL;
    size_t start = seal_buf_len(out);
    int err = seal_inflater_new(&inflater);
    if (err == SEAL_OK) {
        err = feed(inflater, data, len, out, max);
    }
    if (err == SEAL_OK && (!inflater->done || inflater->stream.avail_in > 0)) {
        err = SEAL_ERR_FORMAT;
    }
    seal_inflater_free(&inflater);
    if (err != SEAL_OK) {
        seal_buf_truncate(out, start);
    }
    return err;
}
