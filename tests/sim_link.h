/* A link to a simulated chip in the test's own process, so that thousands of runs take seconds. */
#ifndef TESTS_SIM_LINK_H
#define TESTS_SIM_LINK_H

#include "sim.h"

#include <espseal/link.h>

/* Time is virtual: a read without output is a timeout at once, and a broken link after a cut. */
static inline int sim_end_of_link(const struct sim_chip *chip, struct seal_cause *cause)
{
    return seal_fail(cause, SEAL_ERR_LINK, "the simulated %s",
                     sim_chip_state(chip) == SIM_OFF ? "chip lost its power" : "link was cut");
}

static inline int sim_link_write(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                                 struct seal_cause *cause)
{
    struct sim_chip *chip = self;
    (void)deadline;
    if (sim_chip_state(chip) != SIM_RUNNING) {
        return sim_end_of_link(chip, cause);
    }
    return sim_chip_feed(chip, data, len);
}

static inline int sim_link_read(void *self, uint8_t *data, size_t capacity, size_t *len,
                                seal_deadline deadline, struct seal_cause *cause)
{
    struct sim_chip *chip = self;
    uint32_t wait_us = (uint32_t)seal_deadline_left_ms(deadline) * 1000u;
    *len = sim_chip_read(chip, data, capacity, wait_us);
    if (*len) {
        return SEAL_OK;
    }
    if (sim_chip_state(chip) != SIM_RUNNING) {
        return sim_end_of_link(chip, cause);
    }
    return seal_fail(cause, SEAL_ERR_TIMEOUT, "the simulated chip is silent");
}

static inline int sim_link_discard_input(void *self, struct seal_cause *cause)
{
    struct sim_output output;
    (void)cause;
    while (sim_chip_take(self, &output)) {
    }
    return SEAL_OK;
}

static inline void sim_link_close(void *self)
{
    (void)self;
}

static const struct seal_link_ops sim_link_ops = {
    .kind = "sim",
    .write = sim_link_write,
    .read = sim_link_read,
    .discard_input = sim_link_discard_input,
    .close = sim_link_close,
};

/*
 * After a fault has cut the link, sim_chip_reconnect(chip) (the chip ran on) or sim_chip_power_cycle(chip)
 * makes the same link work again; closing the link leaves the chip alone.
 */
static inline int sim_link_new(struct sim_chip *chip, struct seal_link **out)
{
    return seal_link_wrap(&sim_link_ops, chip, "sim", out);
}

#endif
