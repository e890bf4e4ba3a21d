/* SLIP framing (RFC 1055) as the ROM loaders use it: C0 frame C0, C0 -> DB DC, DB -> DB DD. Pure. */
#ifndef ESPSEAL_SLIP_H
#define ESPSEAL_SLIP_H

#include <espseal/buf.h>

/* Appends one frame around data. */
int seal_slip_encode(struct seal_buf *out, const void *data, size_t len) SEAL_MUST_CHECK;
/* The same of head and data behind each other, without a copy of them. */
int seal_slip_encode_two(struct seal_buf *out, const void *head, size_t head_len, const void *data,
                         size_t len) SEAL_MUST_CHECK;

enum seal_slip_result {
    SEAL_SLIP_MORE,       /* all input consumed, no frame complete */
    SEAL_SLIP_FRAME,      /* storage[0..len) is a frame; call again with the rest */
    SEAL_SLIP_TOO_LONG,   /* frame beyond capacity: dropped up to its end, never cut short */
    SEAL_SLIP_BAD_ESCAPE, /* DB followed by something else: frame dropped up to its end */
};

/*
 * An incremental decoder over the caller's storage of `capacity` bytes. Bytes before the first C0 (boot
 * banners, noise) and between frames are dropped and counted in `skipped`. Empty frames are ignored.
 */
struct seal_slip_decoder {
    uint8_t *storage;
    size_t capacity;
    size_t len;     /* bytes of the frame so far */
    size_t skipped; /* bytes outside frames since init */
    bool in_frame;
    bool escaped;
    enum seal_slip_result verdict; /* what the end of the frame will report */
};

/* Frames are collected in storage (borrowed, of capacity bytes); a longer one is SEAL_SLIP_TOO_LONG. */
void seal_slip_decoder_init(struct seal_slip_decoder *decoder, uint8_t *storage, size_t capacity);

/* Consumes from data up to one event; *used is how many bytes were taken. */
enum seal_slip_result seal_slip_decode(struct seal_slip_decoder *decoder, const uint8_t *data, size_t len,
                                       size_t *used);

#endif
