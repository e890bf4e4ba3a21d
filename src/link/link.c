#include "link_driver.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *scheme;
    link_open_fn open;
} schemes[] = {
    {"socket://", link_socket_open},
    {"tcp://", link_socket_open},
    {"rfc2217://", link_rfc2217_open},
    {"sim:", link_sim_open},
};

static int open_tty(const char *port, const struct seal_link_options *options, struct seal_link **out,
                    struct seal_cause *cause)
{
    int err = link_serial_open(port, port, options, out, cause);
    if (err == SEAL_ERR_UNSUPPORTED) {
        err = link_termios_open(port, port, options, out, cause);
    }
    return err;
}

int seal_link_open(const char *port, const struct seal_link_options *options, struct seal_link **out,
                   struct seal_cause *cause)
{
    static const struct seal_link_options defaults;
    if (!options) {
        options = &defaults;
    }
    *out = NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i].scheme);
        if (strncmp(port, schemes[i].scheme, len) == 0) {
            return schemes[i].open(port, port + len, options, out, cause);
        }
    }
    if (port[0] == '/') {
        return open_tty(port, options, out, cause);
    }
    int err = seal_fail(cause, SEAL_ERR_USAGE, "'%s' is not a port", port);
    seal_hint(cause, "ports are /dev/ttyUSB0, /dev/ttyACM0 (any tty by its path), socket://HOST:PORT, "
                     "rfc2217://HOST:PORT, "
                     "tcp://HOST:PORT and sim:CHIP[?efuse=FILE&flash=FILE&baud=N]");
    return err;
}

int seal_link_wrap(const struct seal_link_ops *ops, void *self, const char *name, struct seal_link **out)
{
    *out = NULL;
    struct seal_link *link = calloc(1, sizeof *link);
    if (!link) {
        return SEAL_ERR_NO_MEMORY;
    }
    link->ops = ops;
    link->self = self;
    size_t len = strlen(name);
    len = len < sizeof link->name ? len : sizeof link->name - 1;
    memcpy(link->name, name, len);
    *out = link;
    return SEAL_OK;
}

void seal_link_close(struct seal_link **link)
{
    if (link && *link) {
        if ((*link)->ops->close) {
            (*link)->ops->close((*link)->self);
        }
        free(*link);
        *link = NULL;
    }
}

int seal_link_write(struct seal_link *link, const void *data, size_t len, seal_deadline deadline,
                    struct seal_cause *cause)
{
    int err = link->ops->write(link->self, data, len, deadline, cause);
    if (err == SEAL_OK) {
        link->sent += len;
    }
    return err;
}

int seal_link_read(struct seal_link *link, void *data, size_t capacity, size_t *len, seal_deadline deadline,
                   struct seal_cause *cause)
{
    *len = 0;
    int err = link->ops->read(link->self, data, capacity, len, deadline, cause);
    if (err == SEAL_OK) {
        link->received += *len;
    }
    return err;
}

int seal_link_set_baud(struct seal_link *link, unsigned baud, struct seal_cause *cause)
{
    if (!link->ops->set_baud) {
        return SEAL_OK;
    }
    int err = link->ops->set_baud(link->self, baud, cause);
    if (err == SEAL_OK) {
        link->baud = baud;
    }
    return err;
}

int seal_link_set_lines(struct seal_link *link, bool dtr, bool rts, struct seal_cause *cause)
{
    return link->ops->set_lines ? link->ops->set_lines(link->self, dtr, rts, cause) : SEAL_OK;
}

int seal_link_discard_input(struct seal_link *link, struct seal_cause *cause)
{
    return link->ops->discard_input ? link->ops->discard_input(link->self, cause) : SEAL_OK;
}

int seal_link_reopen(struct seal_link *link, seal_deadline deadline, struct seal_cause *cause)
{
    if (!link->ops->reopen) {
        return seal_fail(cause, SEAL_ERR_NO_DEVICE, "%s is gone", link->name);
    }
    return link->ops->reopen(link->self, deadline, cause);
}

bool seal_link_has_lines(const struct seal_link *link)
{
    return link->ops->set_lines != NULL;
}
