#include "device_words.h"

static void put_known(seal_json *entry, const char *name, const char *text)
{
    if (text[0]) {
        seal_json_put_text(entry, name, text);
    }
}

void cli_put_port(seal_json *entry, const struct seal_port *port)
{
    put_known(entry, "port", port->path);
    if (port->usb) {
        seal_json_put_formatted(entry, "vid", "%04x", port->vid);
        seal_json_put_formatted(entry, "pid", "%04x", port->pid);
        put_known(entry, "usb", port->place);
        put_known(entry, "serial", port->serial);
        put_known(entry, "maker", port->maker);
        put_known(entry, "product", port->product);
    }
}
