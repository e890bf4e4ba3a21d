/* A simulated chip on a file descriptor: standard input and output, a TCP port, or a pseudo-terminal. */
#ifndef ESPSEAL_SIM_SERVER_H
#define ESPSEAL_SIM_SERVER_H

#include "sim.h"

#include <stdio.h>

enum sim_server_mode { SIM_SERVE_STDIO, SIM_SERVE_LISTEN, SIM_SERVE_PTY };

struct sim_server_options {
    enum sim_server_mode mode;
    const char *address; /* "127.0.0.1:PORT" or "[::1]:PORT"; port 0: any, told on stdout */
    unsigned baud;       /* 0: bytes take no time */
    unsigned latency_ms;
    FILE *log; /* frames' bytes in hex; NULL: none */
};

/*
 * Serves until the link ends (stdio: end of input; pty and listen: a signal) or the power does. *powered is
 * false after a power fault. SEAL_ERR_USAGE (address), SEAL_ERR_BUSY (port in use), SEAL_ERR_IO.
 */
int sim_server_run(struct sim_chip *chip, const struct sim_server_options *options, bool *powered,
                   struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
