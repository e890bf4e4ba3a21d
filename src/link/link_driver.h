/* What the drivers of this layer share: one open function each, and finished I/O on a file descriptor. */
#ifndef ESPSEAL_LINK_DRIVER_H
#define ESPSEAL_LINK_DRIVER_H

#include <espseal/link.h>

typedef int (*link_open_fn)(const char *port, const char *rest, const struct seal_link_options *options,
                            struct seal_link **out, struct seal_cause *cause);

/* port is the whole text that was given (for messages), rest is what follows the scheme. */
int link_socket_open(const char *port, const char *rest, const struct seal_link_options *options,
                     struct seal_link **out, struct seal_cause *cause) SEAL_MUST_CHECK;
int link_rfc2217_open(const char *port, const char *rest, const struct seal_link_options *options,
                      struct seal_link **out, struct seal_cause *cause) SEAL_MUST_CHECK;
/* A connected, non-blocking socket without delays; rest is "host:port". */
int link_socket_connect(const char *port, const char *rest, const struct seal_link_options *options, int *fd,
                        struct seal_cause *cause) SEAL_MUST_CHECK;
int link_sim_open(const char *port, const char *rest, const struct seal_link_options *options,
                  struct seal_link **out, struct seal_cause *cause) SEAL_MUST_CHECK;
/* SEAL_ERR_UNSUPPORTED: libserialport does not know this tty, another driver may. */
int link_serial_open(const char *port, const char *rest, const struct seal_link_options *options,
                     struct seal_link **out, struct seal_cause *cause) SEAL_MUST_CHECK;
int link_termios_open(const char *port, const char *rest, const struct seal_link_options *options,
                      struct seal_link **out, struct seal_cause *cause) SEAL_MUST_CHECK;

struct link_fd {
    int fd; /* non-blocking */
    bool is_socket;
    bool quick_ack; /* TCP: acknowledge at once, also after the next read */
    const char *name;
};
int link_fd_write(const struct link_fd *io, const uint8_t *data, size_t len, seal_deadline deadline,
                  struct seal_cause *cause) SEAL_MUST_CHECK;
int link_fd_read(const struct link_fd *io, uint8_t *data, size_t capacity, size_t *len,
                 seal_deadline deadline, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Waits for events (poll). SEAL_ERR_TIMEOUT, SEAL_ERR_INTERRUPTED. */
int link_fd_wait(const struct link_fd *io, short events, seal_deadline deadline,
                 struct seal_cause *cause) SEAL_MUST_CHECK;
/* Drops what is waiting to be read, without waiting for more. */
void link_fd_discard(const struct link_fd *io);

/* A tty that no other process may open meanwhile (TIOCEXCL for others, flock for root). SEAL_ERR_BUSY. */
int link_tty_lock(int fd, const char *port, struct seal_cause *cause) SEAL_MUST_CHECK;
/* DTR and RTS in one request, so that both change together. */
int link_tty_set_lines(int fd, const char *port, bool dtr, bool rts,
                       struct seal_cause *cause) SEAL_MUST_CHECK;
bool link_tty_has_lines(int fd);
/* The error of a tty that would not open, with a hint (ports there are, group dialout). Returns it. */
int link_tty_open_failed(const char *port, int sys_errno, struct seal_cause *cause);

#endif
