/* Between the files that know libserialport and libusb. */
#ifndef ESPSEAL_LINK_PORTS_H
#define ESPSEAL_LINK_PORTS_H

#include <espseal/ports.h>

struct sp_port;

/* What libserialport and the kernel know of a port (link_ports.c). */
void link_port_describe(struct sp_port *port, struct seal_port *out);

struct port_list {
    struct seal_port *items;
    size_t count;
};
int port_list_put(struct port_list *list, const struct seal_port *port,
                  struct seal_cause *cause) SEAL_MUST_CHECK;
/* The serial ports of libserialport. */
int ports_of_ttys(struct port_list *list, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Espressif's devices on USB whose place is not in the list yet (usb_devices.c). */
int ports_of_usb(struct port_list *list, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
