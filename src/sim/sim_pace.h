/*
 * The time that bytes need on a UART, without a clock of its own: the caller says what time it is
 * (nanoseconds of the monotonic clock). Lateness of the caller never adds up, because each byte's time
 * follows from the one before it.
 */
#ifndef ESPSEAL_SIM_PACE_H
#define ESPSEAL_SIM_PACE_H

#include <stddef.h>
#include <stdint.h>

struct sim_pace {
    unsigned baud;      /* of what the host sends; 0: bytes take no time */
    int64_t latency_ns; /* of a USB-serial bridge, added to every answer */
    int64_t heard;      /* when the line from the host became free */
    int64_t sent;       /* when the line to the host becomes free */
};

int64_t sim_pace_bytes_ns(unsigned baud, size_t count);

/* Bytes came out of the socket onto an idle line: they begin now, not in the past. */
void sim_pace_arrive(struct sim_pace *pace, int64_t now);
/* How many of the waiting bytes are complete by now; sim_pace_hear takes them off the line. */
size_t sim_pace_due(const struct sim_pace *pace, int64_t now, size_t waiting);
void sim_pace_hear(struct sim_pace *pace, size_t count);

/* An answer that the chip begins at `from` after hold_us: returns when the host has all of it. */
int64_t sim_pace_send(struct sim_pace *pace, int64_t from, uint32_t hold_us, unsigned baud, size_t count);

#endif
