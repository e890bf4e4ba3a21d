/* A link to a chip in the same process: no socket, no waiting, so that thousands of runs take seconds. */
#include "sim_parts.h"

#include <string.h>

static int end_of_link(const struct sim_chip *chip, struct seal_cause *cause)
{
    return seal_fail(cause, SEAL_ERR_LINK, "the simulated %s",
                     chip->state == SIM_OFF ? "chip lost its power" : "link was cut");
}

static int link_write(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                      struct seal_cause *cause)
{
    struct sim_chip *chip = self;
    (void)deadline;
    if (chip->state != SIM_RUNNING) {
        return end_of_link(chip, cause);
    }
    return sim_chip_feed(chip, data, len);
}

static int link_read(void *self, uint8_t *data, size_t capacity, size_t *len, seal_deadline deadline,
                     struct seal_cause *cause)
{
    struct sim_chip *chip = self;
    uint32_t wait_us = (uint32_t)seal_deadline_left_ms(deadline) * 1000u;
    *len = sim_chip_read(chip, data, capacity, wait_us);
    if (*len) {
        return SEAL_OK;
    }
    if (chip->state != SIM_RUNNING) {
        return end_of_link(chip, cause);
    }
    return seal_fail(cause, SEAL_ERR_TIMEOUT, "the simulated chip is silent");
}

static int link_discard_input(void *self, struct seal_cause *cause)
{
    struct sim_output output;
    (void)cause;
    while (sim_chip_take(self, &output)) {
    }
    return SEAL_OK;
}

static void link_close(void *self)
{
    (void)self;
}

const struct seal_link_ops sim_link_ops = {
    .kind = "sim",
    .write = link_write,
    .read = link_read,
    .discard_input = link_discard_input,
    .close = link_close,
};
