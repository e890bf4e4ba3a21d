/* Sockets and pseudo-terminals of the server; each tells its name on stdout when it is ready. */
#ifndef ESPSEAL_SIM_LISTEN_H
#define ESPSEAL_SIM_LISTEN_H

#include <espseal/err.h>

/* Loopback addresses only: a chip that anyone may burn is nothing to offer to a network. */
int sim_listen_tcp(const char *address, int *fd, struct seal_cause *cause) SEAL_MUST_CHECK;
/* The next client, non-blocking; -1 when there is none. */
int sim_listen_accept(int listener);
/* The slave stays open here, so that clients may come and go. */
int sim_listen_pty(int *master, int *slave, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
