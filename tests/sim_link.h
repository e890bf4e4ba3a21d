/* A link to a simulated chip in the test's own process; the chip stays the test's. */
#ifndef TESTS_SIM_LINK_H
#define TESTS_SIM_LINK_H

#include "sim.h"

/*
 * After a fault has cut the link, sim_chip_reconnect(chip) (the chip ran on) or sim_chip_power_cycle(chip)
 * makes the same link work again; closing the link leaves the chip alone.
 */
static inline int sim_link_new(struct sim_chip *chip, struct seal_link **out)
{
    return seal_link_wrap(&sim_link_ops, chip, "sim", out);
}

#endif
