/*
 * A link is a byte pipe to a chip: a serial port, a TCP socket, a simulator. Drivers are tables of functions;
 * anything with such a table can be a link, so that fakes, recorders and fault injectors are links too.
 */
#ifndef ESPSEAL_LINK_H
#define ESPSEAL_LINK_H

#include <espseal/deadline.h>
#include <espseal/err.h>

struct seal_link_ops {
    const char *kind; /* "serial", "socket", "sim" */
    /* Writes all of data before deadline. */
    int (*write)(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                 struct seal_cause *cause);
    /* Waits for at least one byte, then takes what is there, up to capacity. SEAL_ERR_TIMEOUT, SEAL_ERR_LINK.
     */
    int (*read)(void *self, uint8_t *data, size_t capacity, size_t *len, seal_deadline deadline,
                struct seal_cause *cause);
    /* NULL where the link has no such thing. */
    int (*set_baud)(void *self, unsigned baud, struct seal_cause *cause);
    int (*set_lines)(void *self, bool dtr, bool rts, struct seal_cause *cause);
    int (*discard_input)(void *self, struct seal_cause *cause);
    /* Waits for a device that left the bus and opens it again. */
    int (*reopen)(void *self, seal_deadline deadline, struct seal_cause *cause);
    void (*close)(void *self);
};

struct seal_link {
    const struct seal_link_ops *ops;
    void *self;
    char name[128];          /* the port as it was given, for messages */
    unsigned baud;           /* current, 0 where it has no meaning */
    bool usb_serial_jtag;    /* the chip's own USB-Serial/JTAG (303a:1001): another reset sequence */
    bool usb_otg;            /* the chip's USB-OTG in its bootloader: DTR and RTS reach no reset there */
    bool follows_rate;       /* the other end hears at whatever rate the chip is told: a simulator, a pty, an
                                emulator on this machine */
    uint64_t sent, received; /* bytes so far */
};

struct seal_link_options {
    unsigned baud;           /* 0: 115200 */
    int connect_timeout_ms;  /* sockets; 0: 5000 */
    const char *sim_program; /* NULL: espseal-sim beside this program, else on PATH */
};

/*
 * Opens a port: "/dev/ttyUSB0" and other ttys (libserialport; termios where it refuses, such as a pty),
 * "socket://host:port" (also tcp://), "rfc2217://host:port" (a telnet server with modem lines and rate),
 * "sim:CHIP[?efuse=FILE&flash=FILE&baud=N&fault=SPEC]". A tty is locked (TIOCEXCL and flock) so that two
 * processes never share it. *out is owned by the caller. SEAL_ERR_NO_DEVICE, SEAL_ERR_BUSY, SEAL_ERR_USAGE
 * (unknown scheme), SEAL_ERR_IO.
 */
int seal_link_open(const char *port, const struct seal_link_options *options, struct seal_link **out,
                   struct seal_cause *cause) SEAL_MUST_CHECK;

/* Makes a link of a driver's table; self is passed to ops->close by seal_link_close. */
int seal_link_wrap(const struct seal_link_ops *ops, void *self, const char *name,
                   struct seal_link **out) SEAL_MUST_CHECK;

/* Gives the port back; *link is NULL afterwards. NULL is allowed. */
void seal_link_close(struct seal_link **link);

/* The table's functions, counted. A missing function is success (set_baud, set_lines, discard_input). */
int seal_link_write(struct seal_link *link, const void *data, size_t len, seal_deadline deadline,
                    struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_link_read(struct seal_link *link, void *data, size_t capacity, size_t *len, seal_deadline deadline,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_link_set_baud(struct seal_link *link, unsigned baud, struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_link_set_lines(struct seal_link *link, bool dtr, bool rts, struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_link_discard_input(struct seal_link *link, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Finds the same device again after it left the bus (a USB device, by its place there or its serial number),
 * at the rate that was set last. SEAL_ERR_NO_DEVICE when it does not come back before deadline, or cannot. */
int seal_link_reopen(struct seal_link *link, seal_deadline deadline,
                     struct seal_cause *cause) SEAL_MUST_CHECK;
bool seal_link_has_lines(const struct seal_link *link);

#endif
