#include "link_driver.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A signal between the check and poll(2) is seen after at most this long. */
#define POLL_SLICE_MS 200

static int broken(const struct link_fd *io, int sys_errno, struct seal_cause *cause)
{
    return seal_fail_system(cause, SEAL_ERR_LINK, sys_errno, "%s", io->name);
}

int link_fd_wait(const struct link_fd *io, short events, seal_deadline deadline, struct seal_cause *cause)
{
    for (;;) {
        if (seal_interrupted()) {
            return seal_fail(cause, SEAL_ERR_INTERRUPTED, "interrupted while talking to %s", io->name);
        }
        int left = seal_deadline_left_ms(deadline);
        struct pollfd poller = {.fd = io->fd, .events = events};
        int ready = poll(&poller, 1, left < POLL_SLICE_MS ? left : POLL_SLICE_MS);
        if (ready > 0) {
            return SEAL_OK; /* also on POLLERR and POLLHUP: the read or write that follows tells which */
        }
        if (ready < 0 && errno != EINTR) {
            return broken(io, errno, cause);
        }
        if (ready == 0 && left <= POLL_SLICE_MS) {
            return seal_fail(cause, SEAL_ERR_TIMEOUT, "%s: no bytes in time", io->name);
        }
    }
}

static ssize_t write_some(const struct link_fd *io, const uint8_t *data, size_t len)
{
    return io->is_socket ? send(io->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) : write(io->fd, data, len);
}

int link_fd_write(const struct link_fd *io, const uint8_t *data, size_t len, seal_deadline deadline,
                  struct seal_cause *cause)
{
    while (len > 0) {
        ssize_t wrote = write_some(io, data, len);
        if (wrote > 0) {
            data += wrote;
            len -= (size_t)wrote;
            continue;
        }
        if (wrote < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            return broken(io, errno, cause);
        }
        int err = link_fd_wait(io, POLLOUT, deadline, cause);
        if (err) {
            return err;
        }
    }
    return SEAL_OK;
}

int link_fd_read(const struct link_fd *io, uint8_t *data, size_t capacity, size_t *len,
                 seal_deadline deadline, struct seal_cause *cause)
{
    for (;;) {
        int err = link_fd_wait(io, POLLIN, deadline, cause);
        if (err) {
            return err;
        }
        ssize_t got = read(io->fd, data, capacity);
        if (got > 0) {
            *len = (size_t)got;
            break;
        }
        if (got == 0) {
            return seal_fail(cause, SEAL_ERR_LINK, "%s: the other end closed the connection", io->name);
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            return broken(io, errno, cause);
        }
    }
    if (io->quick_ack) {
        /* Linux leaves quick-acknowledge mode by itself; without it the peer's Nagle waits 40 ms for us. */
        (void)setsockopt(io->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
    }
    return SEAL_OK;
}

void link_fd_discard(const struct link_fd *io)
{
    uint8_t dropped[512];
    ssize_t got;
    do {
        struct pollfd poller = {.fd = io->fd, .events = POLLIN};
        got = poll(&poller, 1, 0) == 1 ? read(io->fd, dropped, sizeof dropped) : 0;
    } while (got == (ssize_t)sizeof dropped);
}
