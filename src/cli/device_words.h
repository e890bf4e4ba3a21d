/* How commands show a port. */
#ifndef ESPSEAL_CLI_DEVICE_WORDS_H
#define ESPSEAL_CLI_DEVICE_WORDS_H

#include "cli.h"

#include <espseal/ports.h>

/* Members "port", "vid", "pid", "usb", "serial", "maker" and "product"; those that are not known are left
 * out. */
void cli_put_port(seal_json *entry, const struct seal_port *port);

#endif
