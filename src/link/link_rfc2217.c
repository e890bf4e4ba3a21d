/*
 * A serial port behind a telnet server: RFC 2217 over RFC 854, 856 (binary) and 858 (suppress go ahead). Its
 * rate and its modem lines are set by commands between the data, each answered by the server.
 */
#include "link_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum telnet { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };
enum telnet_option { BINARY = 0, SUPPRESS_GO_AHEAD = 3, COM_PORT = 44 };
enum com_port { SET_BAUDRATE = 1, SET_DATASIZE, SET_PARITY, SET_STOPSIZE, SET_CONTROL, PURGE_DATA = 12 };
enum { ANSWER = 100 }; /* a server's answer is the command's number and this */
enum control { NO_FLOW_CONTROL = 1, DTR_ON = 8, DTR_OFF = 9, RTS_ON = 11, RTS_OFF = 12 };
enum { PARITY_NONE = 1, STOP_ONE = 1, PURGE_RECEIVED = 1 };

#define ANSWER_MS 3000
#define CHUNK 512u

enum telnet_state { DATA, AFTER_IAC, OPTION, SUBNEGOTIATION, SUBNEGOTIATION_IAC };

struct rfc2217_link {
    struct link_fd io;
    char name[128];
    enum telnet_state state;
    uint8_t verb; /* WILL, WONT, DO or DONT before its option */
    uint8_t sub[16];
    size_t sub_len;
    bool agreed, refused; /* the server's word on COM-PORT-OPTION */
    uint8_t answered;     /* the command that was answered last, 0: none since asked */
    int dtr, rts;         /* -1: not set yet */
    size_t waiting_at, waiting_len;
    uint8_t waiting[8192]; /* data that came while an answer was awaited */
};

/* --- what comes --- */

static int put(struct rfc2217_link *link, const uint8_t *bytes, size_t len, struct seal_cause *cause)
{
    return link_fd_write(&link->io, bytes, len, seal_deadline_in_ms(ANSWER_MS), cause);
}

static bool is_ours(uint8_t option)
{
    return option == BINARY || option == SUPPRESS_GO_AHEAD || option == COM_PORT;
}

/* Ours were asked for at the beginning; every other is declined. */
static int negotiate(struct rfc2217_link *link, uint8_t option, struct seal_cause *cause)
{
    if (option == COM_PORT) {
        link->agreed = link->agreed || link->verb == DO;
        link->refused = link->refused || link->verb == DONT;
    }
    if (is_ours(option) || link->verb == WONT || link->verb == DONT) {
        return SEAL_OK;
    }
    const uint8_t decline[] = {IAC, link->verb == WILL ? DONT : WONT, option};
    return put(link, decline, sizeof decline, cause);
}

static void end_subnegotiation(struct rfc2217_link *link)
{
    if (link->sub_len >= 2 && link->sub[0] == COM_PORT && link->sub[1] > ANSWER) {
        link->answered = (uint8_t)(link->sub[1] - ANSWER);
    }
}

static void add_to_subnegotiation(struct rfc2217_link *link, uint8_t byte)
{
    if (link->sub_len < sizeof link->sub) {
        link->sub[link->sub_len++] = byte;
    }
}

static int after_iac(struct rfc2217_link *link, uint8_t byte, bool *is_data)
{
    link->state = DATA;
    if (byte == IAC) {
        *is_data = true;
    } else if (byte >= WILL) {
        link->verb = byte;
        link->state = OPTION;
    } else if (byte == SB) {
        link->sub_len = 0;
        link->state = SUBNEGOTIATION;
    }
    return SEAL_OK;
}

/* Takes one byte; *is_data when it belongs to the serial line. */
static int take(struct rfc2217_link *link, uint8_t byte, bool *is_data, struct seal_cause *cause)
{
    *is_data = false;
    switch (link->state) {
    case AFTER_IAC:
        return after_iac(link, byte, is_data);
    case OPTION:
        link->state = DATA;
        return negotiate(link, byte, cause);
    case SUBNEGOTIATION:
        if (byte == IAC) {
            link->state = SUBNEGOTIATION_IAC;
        } else {
            add_to_subnegotiation(link, byte);
        }
        return SEAL_OK;
    case SUBNEGOTIATION_IAC:
        link->state = byte == IAC ? SUBNEGOTIATION : DATA;
        if (byte == IAC) {
            add_to_subnegotiation(link, byte);
        } else {
            end_subnegotiation(link);
        }
        return SEAL_OK;
    case DATA:
    default:
        link->state = byte == IAC ? AFTER_IAC : DATA;
        *is_data = byte != IAC;
        return SEAL_OK;
    }
}

/* Reads once; the data among it goes to out, which holds capacity. */
static int receive(struct rfc2217_link *link, uint8_t *out, size_t capacity, size_t *len,
                   seal_deadline deadline, struct seal_cause *cause)
{
    uint8_t raw[1024];
    size_t got = 0;
    *len = 0;
    int err =
        link_fd_read(&link->io, raw, capacity < sizeof raw ? capacity : sizeof raw, &got, deadline, cause);
    for (size_t i = 0; !err && i < got; i++) {
        bool is_data;
        err = take(link, raw[i], &is_data, cause);
        if (is_data) {
            out[(*len)++] = raw[i];
        }
    }
    return err;
}

static size_t take_waiting(struct rfc2217_link *link, uint8_t *data, size_t capacity)
{
    size_t left = link->waiting_len - link->waiting_at;
    size_t len = left < capacity ? left : capacity;
    memcpy(data, link->waiting + link->waiting_at, len);
    link->waiting_at += len;
    if (link->waiting_at == link->waiting_len) {
        link->waiting_at = link->waiting_len = 0;
    }
    return len;
}

static int rfc2217_read(void *self, uint8_t *data, size_t capacity, size_t *len, seal_deadline deadline,
                        struct seal_cause *cause)
{
    struct rfc2217_link *link = self;
    int err = SEAL_OK;
    *len = take_waiting(link, data, capacity);
    while (!err && *len == 0) {
        err = receive(link, data, capacity, len, deadline, cause);
    }
    return err;
}

/* --- what goes --- */

static int rfc2217_write(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                         struct seal_cause *cause)
{
    struct rfc2217_link *link = self;
    int err = SEAL_OK;
    while (!err && len > 0) {
        uint8_t escaped[2 * CHUNK];
        size_t here = len < CHUNK ? len : CHUNK;
        size_t used = 0;
        for (size_t i = 0; i < here; i++) {
            escaped[used++] = data[i];
            if (data[i] == IAC) {
                escaped[used++] = IAC;
            }
        }
        err = link_fd_write(&link->io, escaped, used, deadline, cause);
        data += here;
        len -= here;
    }
    return err;
}

static int await_answer(struct rfc2217_link *link, uint8_t command, struct seal_cause *cause)
{
    seal_deadline deadline = seal_deadline_in_ms(ANSWER_MS);
    while (link->answered != command) {
        size_t room = sizeof link->waiting - link->waiting_len;
        size_t len = 0;
        if (room == 0) {
            return seal_fail(cause, SEAL_ERR_PROTOCOL, "%s sends without end and answers nothing",
                             link->name);
        }
        int err = receive(link, link->waiting + link->waiting_len, room, &len, deadline, cause);
        link->waiting_len += len;
        if (err == SEAL_ERR_TIMEOUT) {
            return seal_fail(cause, SEAL_ERR_LINK, "%s does not answer the RFC 2217 command %u", link->name,
                             command);
        }
        if (err) {
            return err;
        }
    }
    return SEAL_OK;
}

/* One command of COM-PORT-OPTION and its answer. */
static int command(struct rfc2217_link *link, uint8_t number, const uint8_t *value, size_t value_len,
                   struct seal_cause *cause)
{
    uint8_t bytes[16] = {IAC, SB, COM_PORT, number};
    size_t len = 4;
    for (size_t i = 0; i < value_len; i++) {
        bytes[len++] = value[i];
        if (value[i] == IAC) {
            bytes[len++] = IAC;
        }
    }
    bytes[len++] = IAC;
    bytes[len++] = SE;
    link->answered = 0;
    int err = put(link, bytes, len, cause);
    return err ? err : await_answer(link, number, cause);
}

static int command_u8(struct rfc2217_link *link, uint8_t number, uint8_t value, struct seal_cause *cause)
{
    return command(link, number, &value, 1, cause);
}

static int rfc2217_set_baud(void *self, unsigned baud, struct seal_cause *cause)
{
    const uint8_t value[4] = {(uint8_t)(baud >> 24), (uint8_t)(baud >> 16), (uint8_t)(baud >> 8),
                              (uint8_t)baud};
    return command(self, SET_BAUDRATE, value, sizeof value, cause);
}

/* DTR first: between "EN low" and "boot pin low" both are low then, and the chip never runs with neither. */
static int rfc2217_set_lines(void *self, bool dtr, bool rts, struct seal_cause *cause)
{
    struct rfc2217_link *link = self;
    int err = SEAL_OK;
    if (link->dtr != dtr) {
        err = command_u8(link, SET_CONTROL, dtr ? DTR_ON : DTR_OFF, cause);
        link->dtr = err ? -1 : dtr;
    }
    if (!err && link->rts != rts) {
        err = command_u8(link, SET_CONTROL, rts ? RTS_ON : RTS_OFF, cause);
        link->rts = err ? -1 : rts;
    }
    return err;
}

static int rfc2217_discard_input(void *self, struct seal_cause *cause)
{
    struct rfc2217_link *link = self;
    int err = command_u8(link, PURGE_DATA, PURGE_RECEIVED, cause);
    link->waiting_at = link->waiting_len = 0;
    return err;
}

static void rfc2217_close(void *self)
{
    struct rfc2217_link *link = self;
    (void)close(link->io.fd);
    free(link);
}

static const struct seal_link_ops rfc2217_ops = {
    .kind = "rfc2217",
    .write = rfc2217_write,
    .read = rfc2217_read,
    .set_baud = rfc2217_set_baud,
    .set_lines = rfc2217_set_lines,
    .discard_input = rfc2217_discard_input,
    .close = rfc2217_close,
};

static int agree(struct rfc2217_link *link, int timeout_ms, struct seal_cause *cause)
{
    static const uint8_t wishes[] = {
        IAC, WILL, BINARY,  IAC, DO, BINARY, IAC, WILL, SUPPRESS_GO_AHEAD, IAC, DO, SUPPRESS_GO_AHEAD,
        IAC, WILL, COM_PORT};
    seal_deadline deadline = seal_deadline_in_ms(timeout_ms);
    int err = put(link, wishes, sizeof wishes, cause);
    while (!err && !link->agreed && !link->refused) {
        size_t len = 0;
        /* What a server says before it agrees is a greeting, not the chip. */
        err = receive(link, link->waiting, sizeof link->waiting, &len, deadline, cause);
    }
    if (err == SEAL_ERR_TIMEOUT || (!err && link->refused)) {
        err = seal_fail(cause, SEAL_ERR_LINK, "%s does not speak RFC 2217", link->name);
        seal_hint(cause, "a server that passes bytes only is reached by socket://HOST:PORT");
    }
    return err;
}

static int set_up(struct rfc2217_link *link, unsigned baud, int timeout_ms, struct seal_cause *cause)
{
    int err = agree(link, timeout_ms, cause);
    if (!err) {
        err = rfc2217_set_baud(link, baud, cause);
    }
    if (!err) {
        err = command_u8(link, SET_DATASIZE, 8, cause);
    }
    if (!err) {
        err = command_u8(link, SET_PARITY, PARITY_NONE, cause);
    }
    if (!err) {
        err = command_u8(link, SET_STOPSIZE, STOP_ONE, cause);
    }
    return err ? err : command_u8(link, SET_CONTROL, NO_FLOW_CONTROL, cause);
}

int link_rfc2217_open(const char *port, const char *rest, const struct seal_link_options *options,
                      struct seal_link **out, struct seal_cause *cause)
{
    const unsigned baud = options->baud ? options->baud : 115200;
    struct rfc2217_link *link = calloc(1, sizeof *link);
    if (!link) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    (void)snprintf(link->name, sizeof link->name, "%s", port);
    link->dtr = link->rts = -1;
    int fd = -1;
    int err = link_socket_connect(port, rest, options, &fd, cause);
    if (err) {
        free(link);
        return err;
    }
    link->io = (struct link_fd){.fd = fd, .is_socket = true, .quick_ack = true, .name = link->name};
    err = set_up(link, baud, options->connect_timeout_ms ? options->connect_timeout_ms : ANSWER_MS, cause);
    if (!err && seal_link_wrap(&rfc2217_ops, link, port, out) != SEAL_OK) {
        err = seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    if (err) {
        rfc2217_close(link);
        return err;
    }
    (*out)->baud = baud;
    return SEAL_OK;
}
