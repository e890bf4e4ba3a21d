#include "link_driver.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 5000

struct socket_link {
    struct link_fd io;
    char name[128];
};

static int socket_write(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                        struct seal_cause *cause)
{
    struct socket_link *link = self;
    return link_fd_write(&link->io, data, len, deadline, cause);
}

static int socket_read(void *self, uint8_t *data, size_t capacity, size_t *len, seal_deadline deadline,
                       struct seal_cause *cause)
{
    struct socket_link *link = self;
    return link_fd_read(&link->io, data, capacity, len, deadline, cause);
}

static int socket_discard_input(void *self, struct seal_cause *cause)
{
    (void)cause;
    struct socket_link *link = self;
    link_fd_discard(&link->io);
    return SEAL_OK;
}

static void socket_close(void *self)
{
    struct socket_link *link = self;
    (void)close(link->io.fd);
    free(link);
}

static const struct seal_link_ops socket_ops = {
    .kind = "socket",
    .write = socket_write,
    .read = socket_read,
    .discard_input = socket_discard_input,
    .close = socket_close,
};

/* "host:port" or "[::1]:port" into two strings; a trailing slash is allowed, as in a URL. */
static int split_address(const char *port, const char *rest, char host[static 256], char service[static 16],
                         struct seal_cause *cause)
{
    const char *colon = strrchr(rest, ':');
    const char *begin = rest;
    const char *end = colon;
    if (rest[0] == '[' && colon && colon > rest && colon[-1] == ']') {
        begin = rest + 1;
        end = colon - 1;
    }
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    const char *tail = colon ? colon + 1 + digits : "";
    if (!colon || end <= begin || digits == 0 || digits > 5 ||
        (strcmp(tail, "") != 0 && strcmp(tail, "/") != 0) || (size_t)(end - begin) >= 256) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "'%s' does not name a host and a port", port);
        seal_hint(cause, "write socket://HOST:PORT, for example socket://127.0.0.1:5555");
        return err;
    }
    (void)snprintf(host, 256, "%.*s", (int)(end - begin), begin);
    (void)snprintf(service, 16, "%.*s", (int)digits, colon + 1);
    return SEAL_OK;
}

/* Connects one address before the deadline; returns 0 or an errno value. EINTR: asked to stop. */
static int connect_before(int fd, const struct addrinfo *address, seal_deadline deadline)
{
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS) {
        return errno;
    }
    struct link_fd io = {.fd = fd, .name = ""};
    int err = link_fd_wait(&io, POLLOUT, deadline, NULL);
    if (err) {
        return err == SEAL_ERR_INTERRUPTED ? EINTR : ETIMEDOUT;
    }
    int result = 0;
    socklen_t len = sizeof result;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &len) == 0 ? result : errno;
}

static int connect_any(const struct addrinfo *addresses, seal_deadline deadline, int *fd)
{
    int failure = EHOSTUNREACH;
    for (const struct addrinfo *at = addresses; at; at = at->ai_next) {
        *fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
        if (*fd < 0) {
            failure = errno;
            continue;
        }
        failure = connect_before(*fd, at, deadline);
        if (failure == 0) {
            return 0;
        }
        (void)close(*fd);
        *fd = -1;
    }
    return failure;
}

static int connect_failed(const char *port, int failure, struct seal_cause *cause)
{
    if (failure == EINTR) {
        return seal_fail(cause, SEAL_ERR_INTERRUPTED, "interrupted while connecting to %s", port);
    }
    int err = seal_fail_system(cause, SEAL_ERR_NO_DEVICE, failure, "cannot connect to %s", port);
    seal_hint(cause, "is the emulator running, with -serial tcp:HOST:PORT,server=on,wait=off?");
    return err;
}

/* An emulator's or a proxy's socket on this machine; elsewhere a serial bridge with a rate of its own. */
static bool is_loopback(int fd)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0) {
        return false;
    }
    if (peer.ss_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, &peer, sizeof six);
        return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
    }
    struct sockaddr_in four;
    memcpy(&four, &peer, sizeof four);
    return peer.ss_family == AF_INET && ntohl(four.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static int wrap_socket(int fd, const char *port, struct seal_link **out, struct seal_cause *cause)
{
    struct socket_link *link = calloc(1, sizeof *link);
    if (!link || seal_link_wrap(&socket_ops, link, port, out) != SEAL_OK) {
        free(link);
        (void)close(fd);
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    (void)snprintf(link->name, sizeof link->name, "%s", port);
    link->io = (struct link_fd){.fd = fd, .is_socket = true, .quick_ack = true, .name = link->name};
    (*out)->follows_rate = is_loopback(fd);
    return SEAL_OK;
}

int link_socket_connect(const char *port, const char *rest, const struct seal_link_options *options, int *fd,
                        struct seal_cause *cause)
{
    char host[256];
    char service[16];
    int err = split_address(port, rest, host, service, cause);
    if (err) {
        return err;
    }
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *addresses = NULL;
    int result = getaddrinfo(host, service, &hints, &addresses);
    if (result != 0) {
        return seal_fail(cause, SEAL_ERR_NO_DEVICE, "cannot find host %s: %s", host, gai_strerror(result));
    }
    int timeout = options->connect_timeout_ms ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    int failure = connect_any(addresses, seal_deadline_in_ms(timeout), fd);
    freeaddrinfo(addresses);
    if (failure) {
        return connect_failed(port, failure, cause);
    }
    /* One frame is one write: nothing is gained by waiting for more. */
    (void)setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    (void)setsockopt(*fd, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
    return SEAL_OK;
}

int link_socket_open(const char *port, const char *rest, const struct seal_link_options *options,
                     struct seal_link **out, struct seal_cause *cause)
{
    int fd = -1;
    int err = link_socket_connect(port, rest, options, &fd, cause);
    return err ? err : wrap_socket(fd, port, out, cause);
}
