/* device list: what is plugged in, and which chip answers. */
#include "device_words.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>

struct listing {
    struct cli_run *run;
    struct seal_port *ports;
    struct cli_probed *probed; /* NULL: not asked */
    size_t count;
};

static void probe_all(struct listing *listing)
{
    for (size_t i = 0; listing->probed && i < listing->count && !seal_interrupted(); i++) {
        /* Without USB it may be anything: a modem, a console. */
        if (listing->ports[i].usb && listing->ports[i].path[0] &&
            cli_probe_port(listing->ports[i].path, &listing->probed[i], NULL) != SEAL_OK) {
            listing->probed[i] = (struct cli_probed){0};
        }
    }
}

static int emit(const struct listing *listing)
{
    seal_json *root = seal_json_object_new();
    seal_json *list = seal_json_put_array(root, "devices");
    for (size_t i = 0; i < listing->count; i++) {
        seal_json *entry = seal_json_put_object(list, NULL);
        cli_put_port(entry, &listing->ports[i]);
        if (listing->probed && listing->probed[i].chip) {
            seal_json_put_text(entry, "chip", listing->probed[i].chip->name);
            seal_json_put_text(entry, "mac", listing->probed[i].mac);
        }
    }
    return cli_emit_json(listing->run, &root);
}

static int put_row(struct cli_table *table, const struct listing *listing, size_t i)
{
    const struct seal_port *port = &listing->ports[i];
    const struct cli_probed *probed = listing->probed ? &listing->probed[i] : NULL;
    char ids[16] = "";
    char chip[64] = "";
    if (port->usb) {
        (void)snprintf(ids, sizeof ids, "%04x:%04x", port->vid, port->pid);
    }
    if (probed && probed->chip) {
        (void)snprintf(chip, sizeof chip, "%s %s", probed->chip->title, probed->mac);
    }
    const char *path = port->path[0] ? port->path : "(no serial port)";
    const char *const with_chip[] = {path, ids, port->place, port->serial, chip, port->product};
    const char *const without[] = {path, ids, port->place, port->serial, port->product};
    return cli_table_row(table, probed ? with_chip : without);
}

static int print(const struct listing *listing)
{
    static const char *const with_chip[] = {"PORT", "ID", "USB", "SERIAL", "CHIP", "PRODUCT", NULL};
    static const char *const without[] = {"PORT", "ID", "USB", "SERIAL", "PRODUCT", NULL};
    struct cli_table *table = NULL;
    if (listing->count == 0) {
        cli_say(listing->run, "there is no serial port and no Espressif device on USB");
        return SEAL_OK;
    }
    int err = cli_table_new(listing->probed ? with_chip : without, &table);
    for (size_t i = 0; !err && i < listing->count; i++) {
        err = put_row(table, listing, i);
    }
    if (err) {
        cli_table_free(&table);
        return err;
    }
    return cli_table_print(listing->run, &table);
}

static int run_device_list(struct cli_run *run, struct seal_cause *cause)
{
    struct listing listing = {.run = run};
    int err = seal_ports_list(&listing.ports, &listing.count, cause);
    if (!err && cli_flag(run, "probe") && listing.count) {
        listing.probed = calloc(listing.count, sizeof *listing.probed);
        err = listing.probed ? SEAL_OK : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
        if (!err) {
            probe_all(&listing);
        }
    }
    if (!err) {
        err = cli_json(run) ? emit(&listing) : print(&listing);
    }
    free(listing.probed);
    seal_ports_free(&listing.ports);
    return err;
}

static const struct cli_option options[] = {
    {.name = "probe", .summary = "reset each device on USB into its bootloader and ask which chip it is"},
    {0},
};

const struct cli_command cli_command_device_list = {
    .name = "device list",
    .summary = "list serial ports and Espressif's USB devices",
    .description =
        "Prints each serial port with the ids, the place (bus and ports), the serial number and the product "
        "of "
        "the USB device behind it, and Espressif's USB devices that have no serial port.\n\n"
        "Nothing is opened, unless --probe asks each device on USB which chip it is; that resets it.",
    .examples = "espseal device list\n"
                "# the ports on which a chip answers\n"
                "espseal device list --probe --json | jq -r '.devices[] | select(.chip) | .port'",
    .options = options,
    .run = run_device_list,
};
