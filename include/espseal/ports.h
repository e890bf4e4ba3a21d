/* Which devices there are: serial ports and Espressif's USB devices, and how they come and go. */
#ifndef ESPSEAL_PORTS_H
#define ESPSEAL_PORTS_H

#include <espseal/deadline.h>
#include <espseal/err.h>

#define SEAL_PORTS_ESPRESSIF_VID 0x303a

struct seal_port {
    char path[64]; /* "/dev/ttyUSB0"; "": a USB device without a serial port */
    bool usb;      /* what follows is known */
    uint16_t vid, pid;
    char place[32]; /* where it is plugged in: bus and ports, "1-1.2" */
    char maker[64], product[96], serial[64];
};

/*
 * The serial ports (libserialport), and Espressif's USB devices that have none (libusb), sorted by path.
 * *ports is the caller's; NULL when there is none. SEAL_ERR_NO_MEMORY, SEAL_ERR_IO.
 */
int seal_ports_list(struct seal_port **ports, size_t *count, struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_ports_free(struct seal_port **ports);

/*
 * The one port that is meant by "auto" (a USB serial port) or "usb:VID:PID[:SERIAL]" (hexadecimal ids).
 * SEAL_ERR_NO_DEVICE when there is none, and when there are several: the hint lists them. SEAL_ERR_USAGE.
 */
int seal_ports_find(const char *wanted, struct seal_port *port, struct seal_cause *cause) SEAL_MUST_CHECK;

/* One device came or went; false ends the watch. */
typedef bool (*seal_ports_watch_fn)(void *ctx, bool arrived, const struct seal_port *port);

/*
 * Tells of serial ports on USB and of Espressif's USB devices as they come and go (libusb hot-plug), until fn
 * answers false, deadline passes or the process is asked to stop: all three are success. Those that are there
 * already are not told. SEAL_ERR_UNSUPPORTED where the system has no hot-plug.
 */
int seal_ports_watch(seal_ports_watch_fn fn, void *ctx, seal_deadline deadline,
                     struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
