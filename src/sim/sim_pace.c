#include "sim_pace.h"

#define BITS_PER_BYTE 10 /* start, eight data, stop */
#define NS_PER_SECOND 1000000000

int64_t sim_pace_bytes_ns(unsigned baud, size_t count)
{
    return baud ? (int64_t)count * BITS_PER_BYTE * NS_PER_SECOND / baud : 0;
}

void sim_pace_arrive(struct sim_pace *pace, int64_t now)
{
    if (pace->heard < now) {
        pace->heard = now;
    }
}

size_t sim_pace_due(const struct sim_pace *pace, int64_t now, size_t waiting)
{
    if (!pace->baud) {
        return waiting;
    }
    int64_t elapsed = now - pace->heard;
    if (elapsed < 0) {
        return 0;
    }
    uint64_t count = (uint64_t)elapsed / 1000 * pace->baud / BITS_PER_BYTE / (NS_PER_SECOND / 1000);
    while (count < waiting && sim_pace_bytes_ns(pace->baud, count + 1) <= elapsed) {
        count++;
    }
    return count < waiting ? (size_t)count : waiting;
}

void sim_pace_hear(struct sim_pace *pace, size_t count)
{
    pace->heard += sim_pace_bytes_ns(pace->baud, count);
}

int64_t sim_pace_send(struct sim_pace *pace, int64_t from, uint32_t hold_us, unsigned baud, size_t count)
{
    int64_t start = from + (int64_t)hold_us * 1000;
    if (start < pace->sent) {
        start = pace->sent;
    }
    pace->sent = start + sim_pace_bytes_ns(pace->baud ? baud : 0, count);
    return pace->sent + pace->latency_ns;
}
