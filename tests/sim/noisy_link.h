/*
 * A link to a simulated chip on which one byte goes wrong, on its way to the chip or back. Time is virtual as
 * in sim_link.h: what is late arrives after the host has waited in vain once.
 */
#ifndef TESTS_NOISY_LINK_H
#define TESTS_NOISY_LINK_H

#include "sim_link.h"

#include <espseal/buf.h>

#include <stdlib.h>
#include <string.h>

enum noise_way { TO_CHIP, FROM_CHIP };
enum noise_kind {
    NOISE_NONE,
    NOISE_FLIP,  /* one bit of it is wrong */
    NOISE_END,   /* it arrives as the byte that ends a frame */
    NOISE_DROP,  /* it never arrives */
    NOISE_TWICE, /* it arrives twice */
    NOISE_LATE,  /* it and what was sent with it after it arrive late */
    NOISE_AGAIN, /* the frame that it ends arrives twice */
    NOISE_CUT,   /* the cable is pulled before it */
    NOISE_KINDS
};

struct noise {
    enum noise_way way;
    enum noise_kind kind;
    size_t at; /* counted from 1 */
};

struct noisy_link {
    struct sim_chip *chip;
    struct noise noise;
    size_t count[2];
    struct seal_buf *log[2];  /* every byte as it was sent */
    struct seal_buf *frame;   /* from the chip, since it began */
    struct seal_buf *late[2]; /* on their way */
    bool ripe, cut;
};

/* Puts a byte into out as it arrives; false: it and all after it are late. */
static inline bool noisy_byte(struct noisy_link *noisy, enum noise_way way, uint8_t byte,
                              struct seal_buf *out)
{
    const struct noise *noise = &noisy->noise;
    const size_t at = ++noisy->count[way];
    const bool hit = noise->kind != NOISE_NONE && noise->way == way && noise->at == at;
    int err = seal_buf_put_u8(noisy->log[way], byte);
    if (way == FROM_CHIP) {
        err |= seal_buf_put_u8(noisy->frame, byte);
    }
    if (hit && noise->kind == NOISE_LATE) {
        return false;
    }
    if (hit && noise->kind == NOISE_CUT) {
        noisy->cut = true;
    }
    if (!noisy->cut && !(hit && noise->kind == NOISE_DROP)) {
        uint8_t wrong = (uint8_t)(noise->kind == NOISE_END ? 0xC0u : byte ^ 1u << at % 8);
        bool changed = hit && (noise->kind == NOISE_END || noise->kind == NOISE_FLIP);
        err |= seal_buf_put_u8(out, changed ? wrong : byte);
    }
    if (hit && noise->kind == NOISE_TWICE) {
        err |= seal_buf_put_u8(out, byte);
    }
    if (hit && noise->kind == NOISE_AGAIN) {
        err |= seal_buf_put(out, seal_buf_ptr(noisy->frame), seal_buf_len(noisy->frame));
    }
    if (way == FROM_CHIP && byte == 0xC0 && seal_buf_len(noisy->frame) > 2) {
        seal_buf_truncate(noisy->frame, 0);
    }
    if (err) {
        abort();
    }
    return true;
}

static inline void noisy_pass(struct noisy_link *noisy, enum noise_way way, const uint8_t *data, size_t len,
                              struct seal_buf *out)
{
    for (size_t i = 0; i < len && !noisy->cut; i++) {
        if (!noisy_byte(noisy, way, data[i], out)) {
            noisy->count[way] += len - i - 1;
            if (seal_buf_put(noisy->late[way], data + i, len - i) ||
                seal_buf_put(noisy->log[way], data + i + 1, len - i - 1)) {
                abort();
            }
            noisy->ripe = false;
            return;
        }
    }
}

static inline int noisy_feed(struct noisy_link *noisy, struct seal_buf **bytes, struct seal_cause *cause)
{
    int err = sim_link_write(noisy->chip, seal_buf_ptr(*bytes), seal_buf_len(*bytes), seal_deadline_in_ms(0),
                             cause);
    seal_buf_free(bytes);
    *bytes = seal_buf_new();
    return err;
}

static inline int noisy_gone(struct seal_cause *cause)
{
    return seal_fail(cause, SEAL_ERR_LINK, "the cable was pulled");
}

static inline int noisy_write(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                              struct seal_cause *cause)
{
    struct noisy_link *noisy = self;
    struct seal_buf *out = seal_buf_new();
    (void)deadline;
    int err = SEAL_OK;
    if (seal_buf_len(noisy->late[TO_CHIP]) > 0) {
        err = noisy_feed(noisy, &noisy->late[TO_CHIP], cause);
    }
    noisy_pass(noisy, TO_CHIP, data, len, out);
    if (!err) {
        err = noisy_feed(noisy, &out, cause);
    }
    seal_buf_free(&out);
    return !err && noisy->cut ? noisy_gone(cause) : err;
}

/* Bytes that are here; none is no error. */
static inline size_t noisy_take(struct noisy_link *noisy, uint8_t *data, size_t capacity,
                                seal_deadline deadline, int *err, struct seal_cause *cause)
{
    uint8_t raw[1024];
    size_t len = 0;
    struct seal_buf *out = seal_buf_new();
    /* half of what fits, since a frame may come twice */
    *err = sim_link_read(noisy->chip, raw, capacity / 2 < sizeof raw ? capacity / 2 : sizeof raw, &len,
                         deadline, cause);
    if (!*err) {
        noisy_pass(noisy, FROM_CHIP, raw, len, out);
    }
    len = seal_buf_len(out);
    memcpy(data, seal_buf_ptr(out), len);
    seal_buf_free(&out);
    return len;
}

static inline int noisy_read(void *self, uint8_t *data, size_t capacity, size_t *len, seal_deadline deadline,
                             struct seal_cause *cause)
{
    struct noisy_link *noisy = self;
    int err = SEAL_OK;
    *len = 0;
    if (noisy->cut) {
        return noisy_gone(cause);
    }
    struct seal_buf *late = noisy->late[FROM_CHIP];
    if (seal_buf_len(late) > 0 && noisy->ripe) {
        *len = seal_buf_len(late) < capacity ? seal_buf_len(late) : capacity;
        memcpy(data, seal_buf_ptr(late), *len);
        seal_buf_consume(late, *len);
        return SEAL_OK;
    }
    if (seal_buf_len(late) == 0) {
        *len = noisy_take(noisy, data, capacity, deadline, &err, cause);
    }
    if (*len > 0) {
        return SEAL_OK;
    }
    noisy->ripe = true;
    if (noisy->cut) {
        return noisy_gone(cause);
    }
    if (seal_buf_len(noisy->late[TO_CHIP]) > 0) {
        int fed = noisy_feed(noisy, &noisy->late[TO_CHIP], cause);
        err = fed ? fed : SEAL_ERR_TIMEOUT;
    }
    return err && err != SEAL_ERR_TIMEOUT
               ? err
               : seal_fail(cause, SEAL_ERR_TIMEOUT, "the simulated chip is silent");
}

static inline int noisy_discard_input(void *self, struct seal_cause *cause)
{
    struct noisy_link *noisy = self;
    seal_buf_truncate(noisy->late[FROM_CHIP], 0);
    return sim_link_discard_input(noisy->chip, cause);
}

static const struct seal_link_ops noisy_link_ops = {
    .kind = "noisy",
    .write = noisy_write,
    .read = noisy_read,
    .discard_input = noisy_discard_input,
    .close = sim_link_close,
};

static inline void noisy_open(struct noisy_link *noisy, struct sim_chip *chip)
{
    *noisy = (struct noisy_link){.chip = chip, .frame = seal_buf_new()};
    for (size_t way = 0; way < 2; way++) {
        noisy->log[way] = seal_buf_new();
        noisy->late[way] = seal_buf_new();
    }
}

/* From now on bytes are counted, and the noise counts from here. */
static inline void noisy_begin(struct noisy_link *noisy, struct noise noise)
{
    noisy->noise = noise;
    noisy->cut = noisy->ripe = false;
    for (size_t way = 0; way < 2; way++) {
        noisy->count[way] = 0;
        seal_buf_truncate(noisy->log[way], 0);
        seal_buf_truncate(noisy->late[way], 0);
    }
    seal_buf_truncate(noisy->frame, 0);
}

static inline void noisy_close(struct noisy_link *noisy)
{
    seal_buf_free(&noisy->frame);
    for (size_t way = 0; way < 2; way++) {
        seal_buf_free(&noisy->log[way]);
        seal_buf_free(&noisy->late[way]);
    }
}

#endif
