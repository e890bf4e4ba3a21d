/* The only file that knows libusb. */
#include "ports.h"

#include <libusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A serial port appears a moment after its USB device. */
#define TTY_WAIT_MS 1500
#define TTY_LOOK_US 30000
#define EVENT_SLICE_US 200000
#define PORTS_DEEP 7 /* USB allows no more hubs */

static int usb_error(int code, const char *what, struct seal_cause *cause)
{
    return seal_fail(cause, SEAL_ERR_IO, "cannot %s: %s", what, libusb_strerror(code));
}

/* "1-1.2" */
static void put_place(libusb_device *device, char *place, size_t capacity)
{
    uint8_t ports[PORTS_DEEP];
    int depth = libusb_get_port_numbers(device, ports, PORTS_DEEP);
    int used = snprintf(place, capacity, "%u-", libusb_get_bus_number(device));
    for (int i = 0; i < depth && used > 0 && (size_t)used < capacity; i++) {
        used += snprintf(place + used, capacity - (size_t)used, i ? ".%u" : "%u", ports[i]);
    }
}

/* The kernel has read the texts already; asking the device takes rights that a user may not have. */
static void put_text(const char *place, const char *name, char *text, size_t capacity)
{
    char path[128];
    (void)snprintf(path, sizeof path, "/sys/bus/usb/devices/%s/%s", place, name);
    FILE *file = fopen(path, "re");
    text[0] = '\0';
    if (file) {
        if (fgets(text, (int)capacity, file)) {
            text[strcspn(text, "\n")] = '\0';
        }
        (void)fclose(file);
    }
}

static void describe(libusb_device *device, struct seal_port *port)
{
    struct libusb_device_descriptor descriptor;
    *port = (struct seal_port){.usb = true};
    if (libusb_get_device_descriptor(device, &descriptor) == LIBUSB_SUCCESS) {
        port->vid = descriptor.idVendor;
        port->pid = descriptor.idProduct;
    }
    put_place(device, port->place, sizeof port->place);
    put_text(port->place, "manufacturer", port->maker, sizeof port->maker);
    put_text(port->place, "product", port->product, sizeof port->product);
    put_text(port->place, "serial", port->serial, sizeof port->serial);
}

static const struct seal_port *at_place(const struct port_list *list, const char *place)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].place, place) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

int ports_of_usb(struct port_list *list, struct seal_cause *cause)
{
    libusb_context *usb = NULL;
    libusb_device **devices = NULL;
    int code = libusb_init(&usb);
    if (code) {
        return SEAL_OK; /* no USB here: the serial ports are all there is */
    }
    ssize_t count = libusb_get_device_list(usb, &devices);
    int err = count < 0 ? usb_error((int)count, "list the USB devices", cause) : SEAL_OK;
    for (ssize_t i = 0; !err && i < count; i++) {
        struct seal_port port;
        describe(devices[i], &port);
        if (port.vid == SEAL_PORTS_ESPRESSIF_VID && !at_place(list, port.place)) {
            err = port_list_put(list, &port, cause);
        }
    }
    if (count >= 0) {
        libusb_free_device_list(devices, 1);
    }
    libusb_exit(usb);
    return err;
}

/* --- hot-plug --- */

struct event {
    bool arrived;
    struct seal_port port;
};

struct watch {
    seal_ports_watch_fn fn;
    void *ctx;
    struct port_list known; /* told of, or there from the beginning */
    struct event events[32];
    size_t count;
    bool ended;
};

/* No call of libusb is allowed in here but to look at the device: it is only noted. */
static int LIBUSB_CALL note_event(libusb_context *usb, libusb_device *device, libusb_hotplug_event event,
                                  void *self)
{
    (void)usb;
    struct watch *watch = self;
    if (watch->count < sizeof watch->events / sizeof watch->events[0]) {
        struct event *entry = &watch->events[watch->count++];
        entry->arrived = event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED;
        describe(device, &entry->port);
    }
    return 0;
}

static bool take_known(struct watch *watch, const char *place, struct seal_port *port)
{
    for (size_t i = 0; i < watch->known.count; i++) {
        if (strcmp(watch->known.items[i].place, place) == 0) {
            *port = watch->known.items[i];
            watch->known.items[i] = watch->known.items[--watch->known.count];
            return true;
        }
    }
    return false;
}

/* Waits for the serial port of what arrived; without one it is told of when it is Espressif's. */
static bool find_tty(struct seal_port *port)
{
    seal_deadline deadline = seal_deadline_in_ms(TTY_WAIT_MS);
    do {
        struct port_list ttys = {0};
        int err = ports_of_ttys(&ttys, NULL);
        const struct seal_port *tty = err ? NULL : at_place(&ttys, port->place);
        if (tty) {
            *port = *tty;
        }
        free(ttys.items);
        if (tty) {
            return true;
        }
        seal_sleep_us(TTY_LOOK_US);
    } while (!seal_deadline_passed(deadline) && !seal_interrupted());
    return port->vid == SEAL_PORTS_ESPRESSIF_VID;
}

static int tell(struct watch *watch, struct event *event, struct seal_cause *cause)
{
    struct seal_port gone;
    if (!event->arrived) {
        if (take_known(watch, event->port.place, &gone)) {
            watch->ended = !watch->fn(watch->ctx, false, &gone);
        }
        return SEAL_OK;
    }
    if (!find_tty(&event->port)) {
        return SEAL_OK;
    }
    int err = port_list_put(&watch->known, &event->port, cause);
    if (!err) {
        watch->ended = !watch->fn(watch->ctx, true, &event->port);
    }
    return err;
}

static int follow(libusb_context *usb, struct watch *watch, seal_deadline deadline, struct seal_cause *cause)
{
    int err = SEAL_OK;
    while (!err && !watch->ended && !seal_interrupted() && !seal_deadline_passed(deadline)) {
        struct timeval slice = {.tv_usec = EVENT_SLICE_US};
        int code = libusb_handle_events_timeout_completed(usb, &slice, NULL);
        if (code && code != LIBUSB_ERROR_INTERRUPTED) {
            return usb_error(code, "watch USB", cause);
        }
        for (size_t i = 0; !err && !watch->ended && i < watch->count; i++) {
            err = tell(watch, &watch->events[i], cause);
        }
        watch->count = 0;
    }
    return err;
}

int seal_ports_watch(seal_ports_watch_fn fn, void *ctx, seal_deadline deadline, struct seal_cause *cause)
{
    struct watch watch = {.fn = fn, .ctx = ctx};
    libusb_context *usb = NULL;
    int code = libusb_init(&usb);
    if (code) {
        return usb_error(code, "reach USB", cause);
    }
    int err = SEAL_OK;
    if (!libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG)) {
        err =
            seal_fail(cause, SEAL_ERR_UNSUPPORTED, "this system does not tell when USB devices come and go");
        goto out;
    }
    code = libusb_hotplug_register_callback(
        usb, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, 0,
        LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, note_event, &watch,
        NULL);
    if (code) {
        err = usb_error(code, "watch USB", cause);
        goto out;
    }
    /* After the registration, so that nothing falls between. */
    err = seal_ports_list(&watch.known.items, &watch.known.count, cause);
    if (!err) {
        err = follow(usb, &watch, deadline, cause);
    }
out:
    free(watch.known.items);
    libusb_exit(usb);
    return err;
}
