/* Points in time on the monotonic clock, in microseconds; one per operation, passed down. */
#ifndef ESPSEAL_DEADLINE_H
#define ESPSEAL_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t seal_deadline; /* microseconds of CLOCK_MONOTONIC */

/* Now, and now plus a duration in milliseconds. */
int64_t seal_now_us(void);
seal_deadline seal_deadline_in_ms(int64_t milliseconds);

/* Milliseconds left, rounded up, never negative; fits poll(2). */
int seal_deadline_left_ms(seal_deadline deadline);
bool seal_deadline_passed(seal_deadline deadline);

/* Sleeps, resuming after signals. */
void seal_sleep_us(int64_t microseconds);

/*
 * Asks every wait below to end: set from a signal handler (async-signal-safe), read by the link layer, which
 * then fails with SEAL_ERR_INTERRUPTED. A burn that has begun is never abandoned halfway by it.
 */
void seal_interrupt(void);
bool seal_interrupted(void);
/* While held (counted), seal_interrupted() answers false: around one burn and its read-back. */
void seal_interrupt_hold(void);
void seal_interrupt_release(void);

#endif
