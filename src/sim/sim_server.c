#include "sim_server.h"

#include "sim_listen.h"
#include "sim_pace.h"

#include <espseal/buf.h>
#include <espseal/deadline.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define FRAME_END 0xC0
#define INPUT_MAX 65536 /* the host waits when more than this is on the line */
#define NEVER INT64_MAX

struct server {
    struct sim_chip *chip;
    const struct sim_server_options *options;
    struct sim_pace pace;
    struct seal_buf *heard; /* from the host, still on the line */
    struct seal_buf *due;   /* to the host, late enough to be written */
    struct seal_buf *later; /* records: le64 time, le32 length, bytes */
    int in, out, listener;  /* -1: none */
    bool ended;             /* the host sends no more; it still gets its answers */
    bool done;
};

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void log_bytes(const struct server *server, char direction, const uint8_t *data, size_t len)
{
    if (!server->options->log || len == 0) {
        return;
    }
    (void)fprintf(server->options->log, "%lld.%06lld %c ", (long long)(now_ns() / 1000000000),
                  (long long)(now_ns() / 1000 % 1000000), direction);
    for (size_t i = 0; i < len; i++) {
        (void)fprintf(server->options->log, "%02x", data[i]);
    }
    (void)fputc('\n', server->options->log);
    (void)fflush(server->options->log);
}

/* --- the chip's side ---------------------------------------------------------------------------------- */

/* Puts what the chip sends on the line; at is when the chip began to work on it. */
static int collect(struct server *server, int64_t at)
{
    struct sim_output output;
    int err = SEAL_OK;
    while (!err && sim_chip_take(server->chip, &output)) {
        int64_t when = sim_pace_send(&server->pace, at, output.hold_us, output.baud, output.len);
        log_bytes(server, '<', output.data, output.len);
        if (server->out < 0) {
            continue; /* nobody listens: the bytes are lost, as on a UART */
        }
        err = seal_buf_put_le32(server->later, (uint32_t)when);
        if (!err) {
            err = seal_buf_put_le32(server->later, (uint32_t)((uint64_t)when >> 32));
        }
        if (!err) {
            err = seal_buf_put_le32(server->later, (uint32_t)output.len);
        }
        if (!err) {
            err = seal_buf_put(server->later, output.data, output.len);
        }
    }
    return err;
}

static bool next_output(const struct server *server, int64_t *when, uint32_t *len)
{
    const uint8_t *record = seal_buf_ptr(server->later);
    if (seal_buf_len(server->later) == 0) {
        return false;
    }
    *when = (int64_t)((uint64_t)seal_le32(record + 4) << 32 | seal_le32(record));
    *len = seal_le32(record + 8);
    return true;
}

static int ripen(struct server *server, int64_t now)
{
    int64_t when;
    uint32_t len;
    int err = SEAL_OK;
    while (!err && next_output(server, &when, &len) && when <= now) {
        err = seal_buf_put(server->due, seal_buf_ptr(server->later) + 12, len);
        seal_buf_consume(server->later, 12 + (size_t)len);
    }
    return err;
}

/* How many of the bytes on the line reach up to the end of a frame (or all): the chip acts on those only. */
static size_t frame_len(const struct server *server)
{
    const uint8_t *bytes = seal_buf_ptr(server->heard);
    size_t len = seal_buf_len(server->heard);
    size_t at = 1; /* the byte that opens a frame is none that ends it */
    while (at < len && bytes[at] != FRAME_END) {
        at++;
    }
    return at < len ? at + 1 : len;
}

static int listen_to_host(struct server *server, int64_t now)
{
    int err = SEAL_OK;
    while (!err && seal_buf_len(server->heard) > 0 && sim_chip_state(server->chip) == SIM_RUNNING) {
        size_t len = frame_len(server);
        size_t due = sim_pace_due(&server->pace, now, len);
        if (due == 0) {
            break;
        }
        err = sim_chip_feed(server->chip, seal_buf_ptr(server->heard), due);
        seal_buf_consume(server->heard, due);
        sim_pace_hear(&server->pace, due);
        if (!err) {
            err = collect(server, server->pace.baud ? server->pace.heard : now);
        }
        if (server->pace.baud) {
            server->pace.baud = sim_chip_baud(server->chip);
        }
    }
    return err;
}

/* --- the host's side ---------------------------------------------------------------------------------- */

static void hang_up(struct server *server)
{
    if (server->listener >= 0 && server->in >= 0) {
        (void)close(server->in);
        server->in = server->out = -1;
    } else {
        server->done = true;
    }
    server->ended = false;
    seal_buf_truncate(server->heard, 0);
    seal_buf_truncate(server->due, 0);
    seal_buf_truncate(server->later, 0);
}

static int read_host(struct server *server)
{
    uint8_t bytes[4096];
    ssize_t got = read(server->in, bytes, sizeof bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return SEAL_OK;
    }
    if (got < 0 && errno == EIO && server->options->mode == SIM_SERVE_PTY) {
        return SEAL_OK;
    }
    if (got <= 0) {
        server->ended = true;
        return SEAL_OK;
    }
    log_bytes(server, '>', bytes, (size_t)got);
    if (seal_buf_len(server->heard) == 0) {
        sim_pace_arrive(&server->pace, now_ns());
    }
    return seal_buf_put(server->heard, bytes, (size_t)got);
}

static void write_host(struct server *server)
{
    size_t len = seal_buf_len(server->due);
    ssize_t put = len && server->out >= 0 ? write(server->out, seal_buf_ptr(server->due), len) : 0;
    if (put > 0) {
        seal_buf_consume(server->due, (size_t)put);
    } else if (put < 0 && errno != EAGAIN && errno != EINTR) {
        hang_up(server);
    }
}

/* When the next byte is complete on either line; NEVER when both are idle. */
static int64_t next_event(const struct server *server)
{
    int64_t when = NEVER;
    uint32_t len;
    size_t waiting = frame_len(server);
    if (!next_output(server, &when, &len)) {
        when = NEVER;
    }
    if (seal_buf_len(server->heard) > 0) {
        int64_t heard = server->pace.heard + sim_pace_bytes_ns(server->pace.baud, waiting);
        when = heard < when ? heard : when;
    }
    return when;
}

static void wait_for_event(struct server *server, struct pollfd fds[static 3])
{
    int64_t when = next_event(server);
    struct timespec wait = {0};
    if (when != NEVER) {
        int64_t left = when - now_ns();
        left = left > 0 ? left : 0;
        wait.tv_sec = left / 1000000000;
        wait.tv_nsec = left % 1000000000;
    }
    bool room = !server->ended && seal_buf_len(server->heard) < INPUT_MAX;
    fds[0] = (struct pollfd){.fd = room ? server->in : -1, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = seal_buf_len(server->due) ? server->out : -1, .events = POLLOUT};
    fds[2] = (struct pollfd){.fd = server->in < 0 ? server->listener : -1, .events = POLLIN};
    sigset_t none_blocked; /* they are blocked but here, so that none is missed */
    (void)sigemptyset(&none_blocked);
    if (ppoll(fds, 3, when == NEVER ? NULL : &wait, &none_blocked) < 0) {
        fds[0].revents = fds[1].revents = fds[2].revents = 0;
    }
}

/* The link ended by a fault: what was on its way still arrives. */
static void end_link(struct server *server)
{
    int64_t when;
    uint32_t len;
    while (next_output(server, &when, &len)) {
        int64_t left = (when - now_ns()) / 1000;
        seal_sleep_us(left);
        if (ripen(server, now_ns() + 1000)) {
            break;
        }
    }
    write_host(server);
    hang_up(server);
    sim_chip_reconnect(server->chip);
}

static bool is_idle(const struct server *server)
{
    return seal_buf_len(server->heard) + seal_buf_len(server->later) + seal_buf_len(server->due) == 0;
}

static int turn(struct server *server)
{
    struct pollfd fds[3];
    wait_for_event(server, fds);
    int err = SEAL_OK;
    if (fds[2].revents) {
        server->in = server->out = sim_listen_accept(server->listener);
    }
    if (fds[0].revents) {
        err = read_host(server);
    }
    if (!err) {
        err = listen_to_host(server, now_ns());
    }
    if (!err) {
        err = ripen(server, now_ns());
    }
    write_host(server);
    if (!err && sim_chip_state(server->chip) != SIM_RUNNING) {
        server->done |= sim_chip_state(server->chip) == SIM_OFF;
        end_link(server);
    }
    if (server->ended && is_idle(server)) {
        hang_up(server);
    }
    return err;
}

static int open_link(struct server *server, int *slave, struct seal_cause *cause)
{
    switch (server->options->mode) {
    case SIM_SERVE_LISTEN:
        return sim_listen_tcp(server->options->address, &server->listener, cause);
    case SIM_SERVE_PTY: {
        int err = sim_listen_pty(&server->in, slave, cause);
        server->out = server->in;
        return err;
    }
    case SIM_SERVE_STDIO:
    default:
        server->in = STDIN_FILENO;
        server->out = STDOUT_FILENO;
        if (!isatty(STDOUT_FILENO)) { /* a host that does not read must not stop the chip */
            (void)fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
        }
        return SEAL_OK;
    }
}

int sim_server_run(struct sim_chip *chip, const struct sim_server_options *options, bool *powered,
                   struct seal_cause *cause)
{
    struct server server = {.chip = chip, .options = options, .in = -1, .out = -1, .listener = -1};
    int slave = -1;
    int err = SEAL_ERR_NO_MEMORY;
    server.pace.baud = options->baud;
    server.pace.latency_ns = (int64_t)options->latency_ms * 1000000;
    server.heard = seal_buf_new();
    server.due = seal_buf_new();
    server.later = seal_buf_new();
    if (!server.heard || !server.due || !server.later) {
        goto out;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    err = open_link(&server, &slave, cause);
    if (!err) {
        err = collect(&server, now_ns());
    }
    while (!err && !server.done && !seal_interrupted()) {
        err = turn(&server);
    }
out:
    *powered = sim_chip_state(chip) != SIM_OFF;
    if (options->mode == SIM_SERVE_PTY) {
        (void)close(server.in);
        (void)close(slave);
    }
    if (server.listener >= 0) {
        (void)close(server.listener);
    }
    seal_buf_free(&server.heard);
    seal_buf_free(&server.due);
    seal_buf_free(&server.later);
    return err;
}
