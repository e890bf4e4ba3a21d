#include "link_driver.h"
#include "ports.h"

#include <errno.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The chips' own USB-Serial/JTAG peripheral (chips.json usb.v53_method). */
#define USB_SERIAL_JTAG_PID 0x1001
#define LOOK_AGAIN_US 50000

struct serial_link {
    struct sp_port *port; /* NULL: the device left the bus */
    struct link_fd io;
    struct seal_port device;
    unsigned baud;
    char name[128];
};

static int serial_write(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                        struct seal_cause *cause)
{
    struct serial_link *link = self;
    return link_fd_write(&link->io, data, len, deadline, cause);
}

static int serial_read(void *self, uint8_t *data, size_t capacity, size_t *len, seal_deadline deadline,
                       struct seal_cause *cause)
{
    struct serial_link *link = self;
    return link_fd_read(&link->io, data, capacity, len, deadline, cause);
}

static int serial_set_baud(void *self, unsigned baud, struct seal_cause *cause)
{
    struct serial_link *link = self;
    if (sp_set_baudrate(link->port, (int)baud) != SP_OK) {
        return seal_fail_errno(cause, "cannot set %s to %u baud", link->name, baud);
    }
    link->baud = baud;
    return SEAL_OK;
}

static int serial_set_lines(void *self, bool dtr, bool rts, struct seal_cause *cause)
{
    struct serial_link *link = self;
    return link_tty_set_lines(link->io.fd, link->name, dtr, rts, cause);
}

static int serial_discard_input(void *self, struct seal_cause *cause)
{
    (void)cause;
    struct serial_link *link = self;
    (void)sp_flush(link->port, SP_BUF_INPUT);
    return SEAL_OK;
}

static void close_port(struct serial_link *link)
{
    if (link->port) {
        (void)sp_close(link->port);
        sp_free_port(link->port);
    }
    link->port = NULL;
    link->io.fd = -1;
}

static void serial_close(void *self)
{
    struct serial_link *link = self;
    close_port(link);
    free(link);
}

/* 8N1, raw (sp_open leaves the port raw), no flow control. */
static int configure(struct sp_port *port, unsigned baud, const char *name, struct seal_cause *cause)
{
    if (sp_set_baudrate(port, (int)baud) != SP_OK || sp_set_bits(port, 8) != SP_OK ||
        sp_set_parity(port, SP_PARITY_NONE) != SP_OK || sp_set_stopbits(port, 1) != SP_OK ||
        sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE) != SP_OK) {
        return seal_fail_errno(cause, "cannot set %s to %u baud 8N1", name, baud);
    }
    return SEAL_OK;
}

static int find_port(const char *path, struct sp_port **out, struct seal_cause *cause)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return link_tty_open_failed(path, errno, cause);
    }
    if (sp_get_port_by_name(path, out) != SP_OK) {
        *out = NULL;
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "libserialport does not know %s", path);
    }
    return SEAL_OK;
}

/* Opens, locks and sets up the port at path. */
static int open_port(struct serial_link *link, const char *path, struct seal_cause *cause)
{
    struct sp_port *port = NULL;
    int fd = -1;
    int err = find_port(path, &port, cause);
    if (err) {
        return err;
    }
    if (sp_open(port, SP_MODE_READ_WRITE) != SP_OK) {
        err = link_tty_open_failed(path, sp_last_error_code(), cause);
        sp_free_port(port);
        return err;
    }
    if (sp_get_port_handle(port, &fd) != SP_OK) {
        err = seal_fail(cause, SEAL_ERR_INTERNAL, "no file descriptor behind %s", path);
    }
    if (!err) {
        err = link_tty_lock(fd, path, cause);
    }
    if (!err) {
        err = configure(port, link->baud, path, cause);
    }
    if (err) {
        (void)sp_close(port);
        sp_free_port(port);
        return err;
    }
    link->port = port;
    link->io.fd = fd;
    link_port_describe(port, &link->device);
    return SEAL_OK;
}

/* The same device: at the same place on the bus, or with the same serial number. */
static bool is_same_device(const struct seal_port *a, const struct seal_port *b)
{
    bool place = a->place[0] && strcmp(a->place, b->place) == 0;
    bool serial = a->serial[0] && strcmp(a->serial, b->serial) == 0;
    return b->usb && (place || serial);
}

static int open_again(struct serial_link *link, struct seal_cause *cause)
{
    struct port_list list = {0};
    int err = ports_of_ttys(&list, cause);
    if (!err) {
        err = seal_fail(cause, SEAL_ERR_NO_DEVICE, "%s left the bus and did not come back", link->name);
    }
    for (size_t i = 0; i < list.count && err == SEAL_ERR_NO_DEVICE; i++) {
        if (is_same_device(&link->device, &list.items[i])) {
            /* udev may still be at work on its rights: another try follows */
            err = open_port(link, list.items[i].path, cause) ? SEAL_ERR_NO_DEVICE : SEAL_OK;
        }
    }
    free(list.items);
    return err;
}

static int serial_reopen(void *self, seal_deadline deadline, struct seal_cause *cause)
{
    struct serial_link *link = self;
    close_port(link);
    if (!link->device.usb) {
        return seal_fail(cause, SEAL_ERR_NO_DEVICE, "%s is gone", link->name);
    }
    for (;;) {
        int err = open_again(link, cause);
        if (err != SEAL_ERR_NO_DEVICE || seal_deadline_passed(deadline)) {
            return err;
        }
        if (seal_interrupted()) {
            return seal_fail(cause, SEAL_ERR_INTERRUPTED, "interrupted while waiting for %s", link->name);
        }
        seal_sleep_us(LOOK_AGAIN_US);
    }
}

static const struct seal_link_ops serial_ops = {
    .kind = "serial",
    .write = serial_write,
    .read = serial_read,
    .set_baud = serial_set_baud,
    .set_lines = serial_set_lines,
    .discard_input = serial_discard_input,
    .reopen = serial_reopen,
    .close = serial_close,
};

int link_serial_open(const char *port, const char *rest, const struct seal_link_options *options,
                     struct seal_link **out, struct seal_cause *cause)
{
    struct serial_link *link = calloc(1, sizeof *link);
    if (!link) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    (void)snprintf(link->name, sizeof link->name, "%s", port);
    link->io = (struct link_fd){.fd = -1, .name = link->name};
    link->baud = options->baud ? options->baud : 115200;
    int err = open_port(link, rest, cause);
    if (!err && seal_link_wrap(&serial_ops, link, port, out) != SEAL_OK) {
        err = seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    if (err) {
        serial_close(link);
        return err;
    }
    (*out)->baud = link->baud;
    bool espressif = link->device.usb && link->device.vid == SEAL_PORTS_ESPRESSIF_VID;
    (*out)->usb_serial_jtag = espressif && link->device.pid == USB_SERIAL_JTAG_PID;
    (*out)->usb_otg = espressif && link->device.pid != USB_SERIAL_JTAG_PID;
    return SEAL_OK;
}
