#include "ports.h"

#include <ctype.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is known of a port --- */

static void copy_text(char *to, size_t capacity, const char *from)
{
    (void)snprintf(to, capacity, "%s", from ? from : "");
}

/* ".../usb1/1-1/1-1:1.0/ttyUSB0" is plugged in at "1-1": the folder above the first with a colon. */
static void find_place(const char *path, char *place, size_t capacity)
{
    char link[128];
    char real[PATH_MAX];
    const char *name = strrchr(path, '/');
    (void)snprintf(link, sizeof link, "/sys/class/tty/%s/device", name ? name + 1 : path);
    place[0] = '\0';
    if (!realpath(link, real)) {
        return;
    }
    char *save = NULL;
    const char *above = "";
    for (char *part = strtok_r(real, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
        bool interface = strchr(part, ':') && isdigit((unsigned char)part[0]) && strchr(part, '-');
        if (interface) {
            copy_text(place, capacity, above);
            return;
        }
        above = part;
    }
}

void link_port_describe(struct sp_port *port, struct seal_port *out)
{
    int vid = 0;
    int pid = 0;
    *out = (struct seal_port){0};
    copy_text(out->path, sizeof out->path, sp_get_port_name(port));
    out->usb =
        sp_get_port_transport(port) == SP_TRANSPORT_USB && sp_get_port_usb_vid_pid(port, &vid, &pid) == SP_OK;
    if (out->usb) {
        out->vid = (uint16_t)vid;
        out->pid = (uint16_t)pid;
        copy_text(out->maker, sizeof out->maker, sp_get_port_usb_manufacturer(port));
        copy_text(out->product, sizeof out->product, sp_get_port_usb_product(port));
        copy_text(out->serial, sizeof out->serial, sp_get_port_usb_serial(port));
        find_place(out->path, out->place, sizeof out->place);
    }
}

/* --- the list --- */

int port_list_put(struct port_list *list, const struct seal_port *port, struct seal_cause *cause)
{
    struct seal_port *items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (!items) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    list->items = items;
    items[list->count++] = *port;
    return SEAL_OK;
}

int ports_of_ttys(struct port_list *list, struct seal_cause *cause)
{
    struct sp_port **ports = NULL;
    enum sp_return result = sp_list_ports(&ports);
    if (result != SP_OK) {
        /* without /sys/class/tty, as in a container, there are none */
        return result == SP_ERR_MEM ? seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory") : SEAL_OK;
    }
    int err = SEAL_OK;
    for (size_t i = 0; !err && ports[i]; i++) {
        struct seal_port port;
        link_port_describe(ports[i], &port);
        err = port_list_put(list, &port, cause);
    }
    sp_free_port_list(ports);
    return err;
}

/* By path, numbers as numbers: ttyUSB2 before ttyUSB10; those without a path last. */
static int compare_ports(const void *a, const void *b)
{
    const struct seal_port *left = a;
    const struct seal_port *right = b;
    if (!left->path[0] != !right->path[0]) {
        return left->path[0] ? -1 : 1;
    }
    int order = strverscmp(left->path, right->path);
    return order ? order : strverscmp(left->place, right->place);
}

int seal_ports_list(struct seal_port **ports, size_t *count, struct seal_cause *cause)
{
    struct port_list list = {0};
    *ports = NULL;
    *count = 0;
    int err = ports_of_ttys(&list, cause);
    if (!err) {
        err = ports_of_usb(&list, cause);
    }
    if (err) {
        free(list.items);
        return err;
    }
    if (list.count) {
        qsort(list.items, list.count, sizeof *list.items, compare_ports);
    }
    *ports = list.items;
    *count = list.count;
    return SEAL_OK;
}

void seal_ports_free(struct seal_port **ports)
{
    free(*ports);
    *ports = NULL;
}

/* --- one of them --- */

struct wanted {
    bool any;
    unsigned vid, pid;
    const char *serial; /* "": any */
};

/* One to four hex digits. */
static bool take_id(const char **text, unsigned *id)
{
    const char *from = *text;
    for (*id = 0; isxdigit((unsigned char)**text) && *text - from < 4; ++*text) {
        const char digit[2] = {**text, '\0'};
        *id = *id << 4 | (unsigned)strtoul(digit, NULL, 16);
    }
    return *text > from;
}

static int parse_wanted(const char *text, struct wanted *wanted, struct seal_cause *cause)
{
    *wanted = (struct wanted){.any = strcmp(text, "auto") == 0, .serial = ""};
    if (wanted->any) {
        return SEAL_OK;
    }
    const char *rest = strncmp(text, "usb:", 4) == 0 ? text + 4 : "";
    bool ids = take_id(&rest, &wanted->vid) && *rest == ':';
    rest += ids;
    if (ids && take_id(&rest, &wanted->pid) && (*rest == '\0' || (*rest == ':' && rest[1] != '\0'))) {
        wanted->serial = *rest ? rest + 1 : "";
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_USAGE, "'%s' does not name a USB device", text);
    seal_hint(cause, "write usb:VID:PID or usb:VID:PID:SERIAL, for example usb:303a:1001");
    return err;
}

static bool is_wanted(const struct wanted *wanted, const struct seal_port *port)
{
    if (!port->usb || !port->path[0]) {
        return false;
    }
    return wanted->any || (port->vid == wanted->vid && port->pid == wanted->pid &&
                           (!wanted->serial[0] || strcasecmp(wanted->serial, port->serial) == 0));
}

/* "/dev/ttyUSB0 (10c4:ea60, serial 0001), ..." */
static void put_candidate(char *text, size_t capacity, const struct seal_port *port)
{
    size_t used = strlen(text);
    (void)snprintf(text + used, capacity - used, "%s%s (%04x:%04x%s%s)", used ? ", " : "", port->path,
                   port->vid, port->pid, port->serial[0] ? ", serial " : "", port->serial);
}

int seal_ports_find(const char *wanted_text, struct seal_port *port, struct seal_cause *cause)
{
    struct wanted wanted;
    struct seal_port *ports = NULL;
    size_t count = 0;
    size_t matches = 0;
    char candidates[512] = "";
    int err = parse_wanted(wanted_text, &wanted, cause);
    if (!err) {
        err = seal_ports_list(&ports, &count, cause);
    }
    if (err) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_wanted(&wanted, &ports[i])) {
            *port = ports[i];
            matches++;
            put_candidate(candidates, sizeof candidates, &ports[i]);
        }
    }
    seal_ports_free(&ports);
    if (matches == 1) {
        return SEAL_OK;
    }
    if (matches == 0) {
        err = seal_fail(cause, SEAL_ERR_NO_DEVICE, "no device matches %s", wanted_text);
        seal_hint(cause, "`espseal device list` shows what is there");
        return err;
    }
    err = seal_fail(cause, SEAL_ERR_NO_DEVICE, "%zu devices match %s", matches, wanted_text);
    seal_hint(cause, "give the one you mean: %s", candidates);
    return err;
}
