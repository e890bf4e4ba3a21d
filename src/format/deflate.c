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

struct seal_deflater {
    z_stream stream;
};

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

/* What the stream has to say of its input, all of it when flush is Z_FINISH. */
static int run_deflate(z_stream *stream, int flush, struct seal_buf *out)
{
    int status = Z_OK;
    do {
        if (!reserve_chunk(stream, out)) {
            return SEAL_ERR_NO_MEMORY;
        }
        status = deflate(stream, flush);
        seal_buf_truncate(out, seal_buf_len(out) - stream->avail_out);
    } while (status == Z_OK && stream->avail_out == 0);
    bool complete = flush == Z_FINISH ? status == Z_STREAM_END : status == Z_OK || status == Z_BUF_ERROR;
    return complete ? SEAL_OK : SEAL_ERR_INTERNAL;
}

int seal_deflater_new(struct seal_deflater **deflater)
{
    *deflater = calloc(1, sizeof **deflater);
    if (!*deflater) {
        return SEAL_ERR_NO_MEMORY;
    }
    (*deflater)->stream = (z_stream){.zalloc = zeroing_alloc, .zfree = zeroing_free};
    if (deflateInit(&(*deflater)->stream, LEVEL) != Z_OK) {
        free(*deflater);
        *deflater = NULL;
        return SEAL_ERR_NO_MEMORY;
    }
    return SEAL_OK;
}

void seal_deflater_free(struct seal_deflater **deflater)
{
    if (deflater && *deflater) {
        (void)deflateEnd(&(*deflater)->stream);
        free(*deflater);
        *deflater = NULL;
    }
}

void seal_deflater_restart(struct seal_deflater *deflater)
{
    (void)deflateReset(&deflater->stream);
}

int seal_deflater_feed(struct seal_deflater *deflater, const void *data, size_t len, bool last,
                       struct seal_buf *out)
{
    if (len > UINT_MAX) {
        return SEAL_ERR_TOO_LONG;
    }
    set_input(&deflater->stream, data, len);
    return run_deflate(&deflater->stream, last ? Z_FINISH : Z_NO_FLUSH, out);
}

int seal_deflate(struct seal_buf *out, const void *data, size_t len)
{
    struct seal_deflater *deflater = NULL;
    size_t start = seal_buf_len(out);
    int err = len > UINT_MAX ? SEAL_ERR_TOO_LONG : seal_deflater_new(&deflater);
    if (err == SEAL_OK) {
        err = seal_deflater_feed(deflater, data, len, true, out);
    }
    seal_deflater_free(&deflater);
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
