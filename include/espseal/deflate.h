/* zlib streams (RFC 1950) for the ROM's inflate commands. */
#ifndef ESPSEAL_DEFLATE_H
#define ESPSEAL_DEFLATE_H

#include <espseal/buf.h>

/* Appends a well-compressed zlib stream of data (32 KiB window, which the ROM takes).
 * SEAL_ERR_NO_MEMORY, SEAL_ERR_TOO_LONG. */
int seal_deflate(struct seal_buf *out, const void *data, size_t len) SEAL_MUST_CHECK;

/* The same in pieces, for who has something to wait for meanwhile. A deflater is used again after
 * seal_deflater_restart, which also forgets what was fed. */
struct seal_deflater;
int seal_deflater_new(struct seal_deflater **deflater) SEAL_MUST_CHECK;
void seal_deflater_free(struct seal_deflater **deflater);
void seal_deflater_restart(struct seal_deflater *deflater);
/* Appends what is ready of the stream; with last all of it. SEAL_ERR_NO_MEMORY, SEAL_ERR_TOO_LONG, and
 * SEAL_ERR_INTERNAL after the last piece. */
int seal_deflater_feed(struct seal_deflater *deflater, const void *data, size_t len, bool last,
                       struct seal_buf *out) SEAL_MUST_CHECK;

/*
 * Appends the inflated bytes, at most max. SEAL_ERR_FORMAT (stream damaged, short, or with bytes after it),
 * SEAL_ERR_TOO_LONG. Nothing is appended after a failure.
 */
int seal_inflate(struct seal_buf *out, const void *data, size_t len, size_t max) SEAL_MUST_CHECK;

/* Incremental inflate, for the simulator's ROM: feed blocks, collect output. */
struct seal_inflater;
int seal_inflater_new(struct seal_inflater **inflater) SEAL_MUST_CHECK;
void seal_inflater_free(struct seal_inflater **inflater);
/*
 * Appends what data inflates to; *done when the stream and its adler32 are complete: what comes after them
 * is ignored. SEAL_ERR_FORMAT; the inflater is of no use after it.
 */
int seal_inflater_feed(struct seal_inflater *inflater, const void *data, size_t len, struct seal_buf *out,
                       bool *done) SEAL_MUST_CHECK;

#endif
