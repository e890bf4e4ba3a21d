/* device watch: devices as they come and go. */
#include "device_words.h"
#include "run.h"

enum { LONGEST_S = 31536000 };

struct watching {
    struct cli_run *run;
    uint32_t left; /* events still wanted; 0: all */
    int err;
};

static int emit_line(bool arrived, const struct seal_port *port)
{
    seal_json *event = seal_json_object_new();
    struct seal_buf *text = seal_buf_new();
    seal_json_put_text(event, "event", arrived ? "arrived" : "left");
    cli_put_port(event, port);
    int err = text ? seal_json_print(event, true, text) : SEAL_ERR_NO_MEMORY;
    if (!err) {
        (void)fwrite(seal_buf_ptr(text), 1, seal_buf_len(text), stdout);
    }
    seal_buf_free(&text);
    seal_json_free(&event);
    return err;
}

static void print_line(struct cli_run *run, bool arrived, const struct seal_port *port)
{
    cli_print(run, "%c %s %04x:%04x at %s%s%s%s%s\n", arrived ? '+' : '-',
              port->path[0] ? port->path : "(no serial port)", port->vid, port->pid, port->place,
              port->serial[0] ? ", serial " : "", port->serial, port->product[0] ? ", " : "", port->product);
}

static bool show(void *ctx, bool arrived, const struct seal_port *port)
{
    struct watching *watching = ctx;
    if (cli_json(watching->run)) {
        watching->err = emit_line(arrived, port);
        *watching->run->emitted = true;
    } else {
        print_line(watching->run, arrived, port);
    }
    /* Who reads a pipe wants to know now. */
    bool gone = fflush(stdout) != 0;
    bool last = watching->left && --watching->left == 0;
    return !watching->err && !gone && !last;
}

static int run_device_watch(struct cli_run *run, struct seal_cause *cause)
{
    struct watching watching = {.run = run};
    uint32_t seconds = 0;
    int err = cli_number(run, "count", UINT32_MAX, 0, &watching.left, cause);
    if (!err) {
        err = cli_number(run, "timeout", LONGEST_S, 0, &seconds, cause);
    }
    if (!err) {
        seal_deadline deadline = seal_deadline_in_ms((int64_t)(seconds ? seconds : LONGEST_S) * 1000);
        err = seal_ports_watch(show, &watching, deadline, cause);
    }
    return err ? err : watching.err;
}

static const struct cli_option options[] = {
    {.name = "count", .value = "N", .summary = "end after so many events"},
    {.name = "timeout", .value = "SECONDS", .summary = "end after this time"},
    {0},
};

const struct cli_command cli_command_device_watch = {
    .name = "device watch",
    .summary = "print devices as they are plugged in and out",
    .description = "Prints a line when a serial port on USB, or another USB device of Espressif's, arrives "
                   "(+) or leaves "
                   "(-), until it is interrupted. With --json each line is a JSON object.",
    .examples = "espseal device watch\n"
                "# work on whatever is plugged in\n"
                "espseal device watch --json | jq --unbuffered -r 'select(.event == \"arrived\") | .port'",
    .options = options,
    .run = run_device_watch,
};
