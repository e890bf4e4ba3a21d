#include "run.h"

#include <espseal/hex.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FASTEST = 4000000, BULK_BAUD = 921600, FOLLOWED_BAUD = 2000000, SHOWN = 64, PORT_MAX = 4096 };

static void close_device(struct cli_run *run)
{
    seal_loader_free(&run->loader);
    seal_link_close(&run->link);
    if (run->trace && run->trace != stderr) {
        (void)fclose(run->trace);
    }
    run->trace = NULL;
}

static int open_trace(struct cli_run *run, struct seal_cause *cause)
{
    const char *path = cli_text(run, "trace");
    if (!path) {
        return SEAL_OK;
    }
    if (strcmp(path, "-") == 0) {
        run->trace = stderr;
        return SEAL_OK;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    run->trace = fd < 0 ? NULL : fdopen(fd, "a");
    if (!run->trace) {
        int err = seal_fail_errno(cause, "cannot open %s", path);
        if (fd >= 0) {
            (void)close(fd);
        }
        return err;
    }
    /* What was said last is what is looked for when a run was killed. */
    (void)setvbuf(run->trace, NULL, _IOLBF, 0);
    return SEAL_OK;
}

/* "12.345 > READ_REG 4 08800060": milliseconds, direction, operation, bytes of payload, payload. */
static void trace_frame(void *ctx, enum seal_trace_direction direction, uint8_t opcode,
                        const uint8_t *payload, size_t len)
{
    struct cli_run *run = ctx;
    (void)fprintf(run->trace, "%.3f %c %s %zu ", (double)seal_now_us() / 1000,
                  direction == SEAL_TRACE_SENT ? '>' : '<', seal_rom_opcode_name(opcode), len);
    if (payload) {
        char hex[2 * SHOWN + 1];
        seal_hex_encode(payload, len < SHOWN ? len : SHOWN, hex);
        (void)fprintf(run->trace, "%s%s\n", hex, len > SHOWN ? "..." : "");
    } else {
        (void)fputs("(hidden)\n", run->trace);
    }
}

static int read_options(struct cli_run *run, struct seal_loader_options *options, struct seal_cause *cause)
{
    const char *rate = cli_text(run, "baud");
    if (!rate || strcmp(rate, "auto") == 0) {
        options->bulk_baud = BULK_BAUD;
    } else {
        uint32_t baud = 0;
        int err = cli_number(run, "baud", FASTEST, 0, &baud, cause);
        if (err != SEAL_OK) {
            return err;
        }
        options->baud = baud;
    }
    const char *before = cli_text(run, "before");
    options->no_reset = before && strcmp(before, "no-reset") == 0;
    options->usb_reset = before && strcmp(before, "usb-reset") == 0;
    return cli_find_chip(cli_text(run, "chip"), &options->chip, cause);
}

int cli_connect(struct cli_run *run, struct seal_loader **loader, struct seal_cause *cause)
{
    struct seal_loader_options options = {0};
    const struct seal_link_options link_options = {0};
    const char *given = cli_text(run, "port");
    char port[PORT_MAX];
    *loader = NULL;
    if (!given) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--port PORT is missing");
    }
    int err = read_options(run, &options, cause);
    if (err != SEAL_OK) {
        return err;
    }
    run->close_device = close_device;
    err = open_trace(run, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (run->trace) {
        options.trace = trace_frame;
        options.trace_ctx = run;
    }
    err = cli_resolve_port(given, port, sizeof port, cause);
    if (err != SEAL_OK) {
        return err;
    }
    err = seal_link_open(port, &link_options, &run->link, cause);
    if (err == SEAL_OK && run->link->follows_rate && options.bulk_baud) {
        options.bulk_baud = FOLLOWED_BAUD; /* no adapter and no cable in between */
    }
    if (err == SEAL_OK) {
        err = seal_loader_connect(run->link, &options, &run->loader, cause);
    }
    if (err == SEAL_OK && options.baud && seal_loader_baud(run->loader) != options.baud &&
        !run->link->usb_serial_jtag && !run->link->usb_otg) {
        cli_warn(run, "%u baud does not hold here: running at %u", options.baud,
                 seal_loader_baud(run->loader));
    }
    *loader = run->loader;
    return err;
}

int cli_leave_device(struct cli_run *run, struct seal_cause *cause)
{
    const char *after = run->loader ? cli_text(run, "after") : NULL;
    if (after && strcmp(after, "hard-reset") == 0) {
        return seal_loader_reset(run->loader, cause);
    }
    if (after && strcmp(after, "watchdog-reset") == 0) {
        return seal_loader_watchdog_reset(run->loader, cause);
    }
    return SEAL_OK;
}

struct seal_link *cli_link(struct cli_run *run)
{
    return run->link;
}
