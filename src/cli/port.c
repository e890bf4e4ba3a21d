/* Which port is meant, where the command line names a device and no port. */
#include "run.h"

#include <espseal/efuse.h>
#include <espseal/hex.h>
#include <espseal/ports.h>
#include <espseal/secret.h>

#include <string.h>

/* The block with the MAC address. */
#define MAC_BLOCKS 0x7u

int cli_read_mac(struct seal_loader *loader, uint8_t mac[static 6], struct seal_cause *cause)
{
    struct seal_efuse efuse = {.chip = seal_loader_chip(loader)};
    int err = seal_loader_require_registers(loader, "read the MAC address", cause);
    if (!err) {
        err = efuse.chip->efuse ? seal_efuse_read(loader, MAC_BLOCKS, &efuse, cause)
                                : seal_fail(cause, SEAL_ERR_UNSUPPORTED,
                                            "espseal cannot read the eFuses of an %s yet", efuse.chip->title);
    }
    if (!err) {
        seal_efuse_mac(&efuse, mac);
    }
    seal_cleanse(&efuse, sizeof efuse);
    return err;
}

int cli_probe_port(const char *path, struct cli_probed *probed, struct seal_cause *cause)
{
    struct seal_link *link = NULL;
    struct seal_loader *loader = NULL;
    uint8_t mac[6];
    *probed = (struct cli_probed){0};
    int err = seal_link_open(path, NULL, &link, cause);
    if (!err) {
        err = seal_loader_connect(link, NULL, &loader, cause);
    }
    if (!err) {
        probed->chip = seal_loader_chip(loader);
        if (cli_read_mac(loader, mac, NULL) == SEAL_OK) {
            (void)seal_mac_text(mac, probed->mac);
        }
    }
    seal_loader_free(&loader);
    seal_link_close(&link);
    return err;
}

/* The USB-Serial/JTAG peripheral has the MAC address as its serial number: no need to ask the chip. */
static const struct seal_port *by_serial(const struct seal_port *ports, size_t count, const char *mac)
{
    for (size_t i = 0; i < count; i++) {
        if (ports[i].path[0] && ports[i].vid == SEAL_PORTS_ESPRESSIF_VID &&
            strcasecmp(ports[i].serial, mac) == 0) {
            return &ports[i];
        }
    }
    return NULL;
}

static const struct seal_port *by_asking(const struct seal_port *ports, size_t count, const char *mac)
{
    for (size_t i = 0; i < count && !seal_interrupted(); i++) {
        struct cli_probed probed;
        if (ports[i].usb && ports[i].path[0] && cli_probe_port(ports[i].path, &probed, NULL) == SEAL_OK &&
            strcasecmp(probed.mac, mac) == 0) {
            return &ports[i];
        }
    }
    return NULL;
}

static int resolve_mac(const char *given, char *port, size_t capacity, struct seal_cause *cause)
{
    struct seal_port *ports = NULL;
    size_t count = 0;
    uint8_t bytes[6];
    char mac[SEAL_MAC_TEXT];
    if (seal_mac_parse(given, bytes) != SEAL_OK) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "'%s' is no MAC address", given);
        seal_hint(cause, "write mac:AA:BB:CC:DD:EE:FF");
        return err;
    }
    (void)seal_mac_text(bytes, mac);
    int err = seal_ports_list(&ports, &count, cause);
    if (err) {
        return err;
    }
    const struct seal_port *found = by_serial(ports, count, mac);
    found = found ? found : by_asking(ports, count, mac);
    if (found) {
        (void)snprintf(port, capacity, "%s", found->path);
    } else {
        err = seal_fail(cause, SEAL_ERR_NO_DEVICE, "no device on USB has the MAC address %s", mac);
        seal_hint(cause, "`espseal device list --probe` shows what answers");
    }
    seal_ports_free(&ports);
    return err;
}

int cli_resolve_port(const char *given, char *port, size_t capacity, struct seal_cause *cause)
{
    if (strncmp(given, "mac:", 4) == 0) {
        return resolve_mac(given + 4, port, capacity, cause);
    }
    if (strcmp(given, "auto") == 0 || strncmp(given, "usb:", 4) == 0) {
        struct seal_port found;
        int err = seal_ports_find(given, &found, cause);
        if (!err) {
            (void)snprintf(port, capacity, "%s", found.path);
        }
        return err;
    }
    if (strlen(given) >= capacity) {
        return seal_fail(cause, SEAL_ERR_USAGE, "the port has too long a name");
    }
    (void)snprintf(port, capacity, "%s", given);
    return SEAL_OK;
}
