/* Where a server's clients come from. */
#include "sim_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

static bool is_loopback(const char *host)
{
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0;
}

/* "host:port" or "[host]:port" */
static bool split(const char *address, char *host, size_t size, const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : 0;
    if (!colon || len == 0 || len >= size || colon[1] == 0) {
        return false;
    }
    memcpy(host, address, len);
    host[len] = 0;
    if (host[0] == '[' && host[len - 1] == ']') {
        memmove(host, host + 1, len - 2);
        host[len - 2] = 0;
    }
    *port = colon + 1;
    return is_loopback(host);
}

static int bind_to(const struct addrinfo *at, const char *address, int *fd, struct seal_cause *cause)
{
    int one = 1;
    *fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
    if (*fd < 0) {
        return seal_fail_errno(cause, "cannot open a socket");
    }
    (void)setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(*fd, at->ai_addr, at->ai_addrlen) != 0 || listen(*fd, 4) != 0) {
        int err = errno;
        (void)close(*fd);
        *fd = -1;
        errno = err;
        (void)seal_fail_errno(cause, "cannot listen on %s", address);
        return err == EADDRINUSE ? SEAL_ERR_BUSY : SEAL_ERR_IO;
    }
    return SEAL_OK;
}

static void tell_port(int fd)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof name;
    char host[64] = "", port[16] = "";
    if (getsockname(fd, (struct sockaddr *)&name, &len) == 0 &&
        getnameinfo((struct sockaddr *)&name, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        (void)printf(strchr(host, ':') ? "socket://[%s]:%s\n" : "socket://%s:%s\n", host, port);
        (void)fflush(stdout);
    }
}

int sim_listen_tcp(const char *address, int *fd, struct seal_cause *cause)
{
    char host[64];
    const char *port = NULL;
    struct addrinfo *found = NULL;
    const struct addrinfo want = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_PASSIVE};
    *fd = -1;
    if (!split(address, host, sizeof host, &port) || getaddrinfo(host, port, &want, &found) != 0) {
        seal_fail(cause, SEAL_ERR_USAGE, "cannot listen on \"%s\"", address);
        seal_hint(cause, "the simulator listens on this machine only: 127.0.0.1:PORT or [::1]:PORT");
        return SEAL_ERR_USAGE;
    }
    int err = bind_to(found, address, fd, cause);
    freeaddrinfo(found);
    if (!err) {
        tell_port(*fd);
    }
    return err;
}

int sim_listen_accept(int listener)
{
    int one = 1;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return fd;
}

int sim_listen_pty(int *master, int *slave, struct seal_cause *cause)
{
    char name[128];
    struct termios raw;
    *master = *slave = -1;
    if (openpty(master, slave, NULL, NULL, NULL) != 0) {
        return seal_fail_errno(cause, "cannot open a pseudo-terminal");
    }
    if (tcgetattr(*slave, &raw) == 0) {
        cfmakeraw(&raw);
        (void)tcsetattr(*slave, TCSANOW, &raw);
    }
    (void)fcntl(*master, F_SETFL, O_NONBLOCK);
    (void)fcntl(*master, F_SETFD, FD_CLOEXEC);
    (void)fcntl(*slave, F_SETFD, FD_CLOEXEC);
    if (ttyname_r(*slave, name, sizeof name) != 0) {
        return seal_fail_errno(cause, "cannot name the pseudo-terminal");
    }
    (void)printf("%s\n", name);
    (void)fflush(stdout);
    return SEAL_OK;
}
