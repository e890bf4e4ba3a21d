/* A tty through termios alone, for those that libserialport refuses: a pty has no entry in /sys/class/tty. */
#include "link_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

struct termios_link {
    struct link_fd io;
    char name[128];
};

static const struct {
    unsigned baud;
    speed_t speed;
} speeds[] = {
    {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},     {115200, B115200},
    {230400, B230400},   {460800, B460800},   {500000, B500000},   {576000, B576000},   {921600, B921600},
    {1000000, B1000000}, {1152000, B1152000}, {1500000, B1500000}, {2000000, B2000000}, {3000000, B3000000},
};

static int termios_write(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                         struct seal_cause *cause)
{
    struct termios_link *link = self;
    return link_fd_write(&link->io, data, len, deadline, cause);
}

static int termios_read(void *self, uint8_t *data, size_t capacity, size_t *len, seal_deadline deadline,
                        struct seal_cause *cause)
{
    struct termios_link *link = self;
    return link_fd_read(&link->io, data, capacity, len, deadline, cause);
}

static int set_raw(int fd, unsigned baud, const char *name, struct seal_cause *cause)
{
    speed_t speed = 0;
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (speeds[i].baud == baud) {
            speed = speeds[i].speed;
        }
    }
    if (!speed) {
        return seal_fail(cause, SEAL_ERR_USAGE, "%s cannot run at %u baud", name, baud);
    }
    struct termios settings;
    if (tcgetattr(fd, &settings) != 0) {
        return seal_fail_errno(cause, "%s is not a serial port", name);
    }
    cfmakeraw(&settings);
    settings.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
    settings.c_cflag |= CLOCAL | CREAD;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    if (cfsetspeed(&settings, speed) != 0 || tcsetattr(fd, TCSANOW, &settings) != 0) {
        return seal_fail_errno(cause, "cannot set %s to %u baud", name, baud);
    }
    return SEAL_OK;
}

static int termios_set_baud(void *self, unsigned baud, struct seal_cause *cause)
{
    struct termios_link *link = self;
    return set_raw(link->io.fd, baud, link->name, cause);
}

static int termios_set_lines(void *self, bool dtr, bool rts, struct seal_cause *cause)
{
    struct termios_link *link = self;
    return link_tty_set_lines(link->io.fd, link->name, dtr, rts, cause);
}

static int termios_discard_input(void *self, struct seal_cause *cause)
{
    (void)cause;
    struct termios_link *link = self;
    link_fd_discard(&link->io);
    return SEAL_OK;
}

static void termios_close(void *self)
{
    struct termios_link *link = self;
    (void)close(link->io.fd);
    free(link);
}

static const struct seal_link_ops termios_ops = {
    .kind = "serial",
    .write = termios_write,
    .read = termios_read,
    .set_baud = termios_set_baud,
    .set_lines = termios_set_lines,
    .discard_input = termios_discard_input,
    .close = termios_close,
};

/* A pty has no modem lines: nothing to reset the chip with. */
static const struct seal_link_ops pty_ops = {
    .kind = "pty",
    .write = termios_write,
    .read = termios_read,
    .set_baud = termios_set_baud,
    .discard_input = termios_discard_input,
    .close = termios_close,
};

int link_termios_open(const char *port, const char *rest, const struct seal_link_options *options,
                      struct seal_link **out, struct seal_cause *cause)
{
    unsigned baud = options->baud ? options->baud : 115200;
    int fd = open(rest, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return link_tty_open_failed(port, errno, cause);
    }
    struct termios_link *link = NULL;
    int err = isatty(fd) ? link_tty_lock(fd, port, cause) : link_tty_open_failed(port, ENOTTY, cause);
    if (err) {
        goto out;
    }
    err = set_raw(fd, baud, port, cause);
    if (err) {
        goto out;
    }
    link = calloc(1, sizeof *link);
    err = link ? seal_link_wrap(link_tty_has_lines(fd) ? &termios_ops : &pty_ops, link, port, out)
               : SEAL_ERR_NO_MEMORY;
    if (err) {
        (void)seal_fail(cause, err, "out of memory");
        goto out;
    }
    (void)snprintf(link->name, sizeof link->name, "%s", port);
    link->io = (struct link_fd){.fd = fd, .name = link->name};
    (*out)->baud = baud;
    (*out)->follows_rate = (*out)->ops == &pty_ops;
    return SEAL_OK;
out:
    free(link);
    (void)close(fd);
    return err;
}
