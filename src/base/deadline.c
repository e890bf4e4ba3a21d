#include <espseal/deadline.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

static volatile sig_atomic_t interrupt_asked;
static atomic_int holds;

int64_t seal_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

seal_deadline seal_deadline_in_ms(int64_t milliseconds)
{
    return seal_now_us() + milliseconds * 1000;
}

int seal_deadline_left_ms(seal_deadline deadline)
{
    int64_t left = deadline - seal_now_us();
    if (left <= 0) {
        return 0;
    }
    left = (left + 999) / 1000;
    return left > INT_MAX ? INT_MAX : (int)left;
}

bool seal_deadline_passed(seal_deadline deadline)
{
    return seal_now_us() >= deadline;
}

void seal_sleep_us(int64_t microseconds)
{
    if (microseconds <= 0) {
        return;
    }
    struct timespec left = {.tv_sec = microseconds / 1000000,
                            .tv_nsec = (long)(microseconds % 1000000) * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
    }
}

void seal_interrupt(void)
{
    interrupt_asked = 1;
}

bool seal_interrupted(void)
{
    return interrupt_asked && atomic_load(&holds) == 0;
}

void seal_interrupt_hold(void)
{
    atomic_fetch_add(&holds, 1);
}

void seal_interrupt_release(void)
{
    atomic_fetch_sub(&holds, 1);
}
