#include "link_driver.h"

#include <errno.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The chips' own USB-Serial/JTAG peripheral (chips.json usb.v53_method). */
#define ESPRESSIF_VID 0x303a
#define USB_SERIAL_JTAG_PID 0x1001

struct serial_link {
    struct sp_port *port;
    struct link_fd io;
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

static void serial_close(void *self)
{
    struct serial_link *link = self;
    (void)sp_close(link->port);
    sp_free_port(link->port);
    free(link);
}

static const struct seal_link_ops serial_ops = {
    .kind = "serial",
    .write = serial_write,
    .read = serial_read,
    .set_baud = serial_set_baud,
    .set_lines = serial_set_lines,
    .discard_input = serial_discard_input,
    .close = serial_close,
};

static bool is_usb_serial_jtag(const struct sp_port *port)
{
    int vid = 0;
    int pid = 0;
    return sp_get_port_transport(port) == SP_TRANSPORT_USB &&
           sp_get_port_usb_vid_pid(port, &vid, &pid) == SP_OK && vid == ESPRESSIF_VID &&
           pid == USB_SERIAL_JTAG_PID;
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

/* Finds and opens the port; *out is the caller's to free even after a failure. */
static int open_port(const char *name, struct sp_port **out, struct seal_cause *cause)
{
    struct stat status;
    if (stat(name, &status) != 0) {
        return link_tty_open_failed(name, errno, cause);
    }
    if (sp_get_port_by_name(name, out) != SP_OK) {
        *out = NULL;
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "libserialport does not know %s", name);
    }
    if (sp_open(*out, SP_MODE_READ_WRITE) != SP_OK) {
        return link_tty_open_failed(name, sp_last_error_code(), cause);
    }
    return SEAL_OK;
}

int link_serial_open(const char *port, const char *rest, const struct seal_link_options *options,
                     struct seal_link **out, struct seal_cause *cause)
{
    unsigned baud = options->baud ? options->baud : 115200;
    struct sp_port *serial = NULL;
    struct serial_link *link = NULL;
    int fd = -1;
    int err = open_port(rest, &serial, cause);
    if (err) {
        sp_free_port(serial);
        return err;
    }
    if (sp_get_port_handle(serial, &fd) != SP_OK) {
        err = seal_fail(cause, SEAL_ERR_INTERNAL, "no file descriptor behind %s", port);
        goto out;
    }
    err = link_tty_lock(fd, port, cause);
    if (err) {
        goto out;
    }
    err = configure(serial, baud, port, cause);
    if (err) {
        goto out;
    }
    link = calloc(1, sizeof *link);
    err = link ? seal_link_wrap(&serial_ops, link, port, out) : SEAL_ERR_NO_MEMORY;
    if (err) {
        (void)seal_fail(cause, err, "out of memory");
        goto out;
    }
    (void)snprintf(link->name, sizeof link->name, "%s", port);
    link->port = serial;
    link->io = (struct link_fd){.fd = fd, .name = link->name};
    (*out)->baud = baud;
    (*out)->usb_serial_jtag = is_usb_serial_jtag(serial);
    return SEAL_OK;
out:
    free(link);
    (void)sp_close(serial);
    sp_free_port(serial);
    return err;
}
