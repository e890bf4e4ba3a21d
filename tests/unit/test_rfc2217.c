/* RFC 2217 against a small server of our own: negotiation, commands, escapes, and servers that say nothing.
 */
#include "unit.h"

#include <espseal/link.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IAC = 255, DONT = 254, DO = 253, WONT = 252, WILL = 251, SB = 250, SE = 240 };

struct server {
    pthread_t thread;
    int listener, port;
    bool silent, refuses, mute; /* says nothing at all; refuses the option; answers no command */
    uint8_t controls[64];       /* values of SET-CONTROL in order */
    size_t control_count;
    unsigned baud, purges;
    uint8_t data[2048]; /* of the line, unescaped; all of it is echoed */
    size_t data_len;
    uint8_t declined[16]; /* options that the client said DONT or WONT to */
    size_t declined_count;
};

static void say(int fd, const uint8_t *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void answer_command(struct server *server, int fd, const uint8_t *sub, size_t len)
{
    uint8_t out[32] = {IAC, SB, 44, (uint8_t)(sub[1] + 100)};
    size_t used = 4;
    for (size_t i = 2; i < len; i++) {
        out[used++] = sub[i];
        if (sub[i] == IAC) {
            out[used++] = IAC;
        }
    }
    out[used++] = IAC;
    out[used++] = SE;
    if (sub[1] == 1) {
        server->baud = (unsigned)sub[2] << 24 | (unsigned)sub[3] << 16 | (unsigned)sub[4] << 8 | sub[5];
    } else if (sub[1] == 5 && server->control_count < sizeof server->controls) {
        server->controls[server->control_count++] = sub[2];
    } else if (sub[1] == 12) {
        server->purges++;
    }
    if (!server->mute) {
        /* a state of the modem comes unasked, and data may come before the answer */
        static const uint8_t notice[] = {IAC, SB, 44, 107, 0xB0, IAC, SE};
        say(fd, notice, sizeof notice);
        say(fd, out, used);
    }
}

static void answer_option(struct server *server, int fd, uint8_t verb, uint8_t option)
{
    if (verb == DONT || verb == WONT) {
        server->declined[server->declined_count++ % sizeof server->declined] = option;
    } else if (verb == WILL) {
        const uint8_t out[] = {IAC, server->refuses && option == 44 ? DONT : DO, option};
        say(fd, out, sizeof out);
    } else {
        const uint8_t out[] = {IAC, WILL, option};
        say(fd, out, sizeof out);
    }
}

static bool read_byte(int fd, uint8_t *byte)
{
    return read(fd, byte, 1) == 1;
}

static void echo(struct server *server, int fd, uint8_t byte)
{
    const uint8_t out[] = {byte, byte};
    server->data[server->data_len++ % sizeof server->data] = byte;
    say(fd, out, byte == IAC ? 2 : 1);
}

/* One thing that the client says; false at the end. */
static bool serve_one(struct server *server, int fd)
{
    uint8_t byte;
    uint8_t option;
    uint8_t sub[64];
    size_t len = 0;
    if (!read_byte(fd, &byte)) {
        return false;
    }
    if (byte != IAC || (read_byte(fd, &byte) && byte == IAC)) {
        echo(server, fd, byte);
        return true;
    }
    if (byte >= WILL) {
        if (read_byte(fd, &option)) {
            answer_option(server, fd, byte, option);
        }
        return true;
    }
    while (len < sizeof sub && read_byte(fd, &byte)) {
        if (byte == IAC && read_byte(fd, &byte) && byte == SE) {
            break;
        }
        sub[len++] = byte;
    }
    answer_command(server, fd, sub, len);
    return true;
}

static void *serve(void *self)
{
    struct server *server = self;
    int fd = accept(server->listener, NULL, NULL);
    if (server->silent) {
        uint8_t byte;
        while (read_byte(fd, &byte)) {
        }
    } else {
        static const uint8_t greeting[] = {'h', 'i', IAC, WILL, 1, IAC, DO, 31};
        say(fd, greeting, sizeof greeting);
        while (serve_one(server, fd)) {
        }
    }
    (void)close(fd);
    return NULL;
}

static void start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server->listener, 1), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    (void)close(server->listener);
}

static int open_link(const struct server *server, int timeout_ms, struct seal_link **link,
                     struct seal_cause *cause)
{
    char port[64];
    const struct seal_link_options options = {.connect_timeout_ms = timeout_ms};
    (void)snprintf(port, sizeof port, "rfc2217://127.0.0.1:%d", server->port);
    return seal_link_open(port, &options, link, cause);
}

static void a_port_is_set_up_and_its_lines_follow(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {1, 9, 12, 8, 11,
                                     9, 8, 12, 9}; /* DTR before RTS, and what stays is not sent */
    static const bool lines[][2] = {{0, 0}, {1, 1}, {0, 1}, {1, 0}, {0, 0}};
    struct server server = {0};
    struct seal_link *link = NULL;
    start(&server);
    assert_int_equal(open_link(&server, 5000, &link, NULL), SEAL_OK);
    assert_string_equal(link->ops->kind, "rfc2217");
    assert_int_equal(link->baud, 115200);
    assert_true(seal_link_has_lines(link));
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(seal_link_set_lines(link, lines[i][0], lines[i][1], NULL), SEAL_OK);
    }
    assert_int_equal(seal_link_set_baud(link, 0x00FF1234, NULL), SEAL_OK); /* a byte that must be escaped */
    assert_int_equal(link->baud, 0x00FF1234);
    assert_int_equal(seal_link_discard_input(link, NULL), SEAL_OK);
    seal_link_close(&link);
    stop(&server);
    assert_int_equal(server.baud, 0x00FF1234);
    assert_int_equal(server.purges, 1);
    assert_int_equal(server.control_count, sizeof wanted);
    assert_memory_equal(server.controls, wanted, sizeof wanted);
    assert_int_equal(server.declined_count, 2); /* echo and window size */
    assert_int_equal(server.declined[0], 1);
    assert_int_equal(server.declined[1], 31);
}

static void every_byte_passes_both_ways(void **state)
{
    (void)state;
    struct server server = {0};
    struct seal_link *link = NULL;
    uint8_t sent[1024];
    uint8_t got[1024];
    size_t have = 0;
    for (size_t i = 0; i < sizeof sent; i++) {
        sent[i] = (uint8_t)(i % 3 ? i : 0xFF);
    }
    start(&server);
    assert_int_equal(open_link(&server, 5000, &link, NULL), SEAL_OK);
    assert_int_equal(seal_link_write(link, sent, 512, seal_deadline_in_ms(5000), NULL), SEAL_OK);
    /* what comes while an answer is awaited is kept */
    assert_int_equal(seal_link_set_baud(link, 921600, NULL), SEAL_OK);
    assert_int_equal(seal_link_write(link, sent + 512, 512, seal_deadline_in_ms(5000), NULL), SEAL_OK);
    while (have < sizeof got) {
        size_t len = 0;
        assert_int_equal(
            seal_link_read(link, got + have, sizeof got - have, &len, seal_deadline_in_ms(5000), NULL),
            SEAL_OK);
        have += len;
    }
    assert_memory_equal(got, sent, sizeof sent);
    size_t len = 0;
    assert_int_equal(seal_link_read(link, got, sizeof got, &len, seal_deadline_in_ms(20), NULL),
                     SEAL_ERR_TIMEOUT);
    seal_link_close(&link);
    stop(&server);
    assert_int_equal(server.data_len, sizeof sent);
    assert_memory_equal(server.data, sent, sizeof sent);
}

static void a_server_that_cannot_is_named(void **state)
{
    (void)state;
    struct seal_link *link = NULL;
    struct seal_cause cause;
    struct server refusing = {.refuses = true};
    start(&refusing);
    assert_int_equal(open_link(&refusing, 5000, &link, &cause), SEAL_ERR_LINK);
    assert_null(link);
    assert_non_null(strstr(cause.text, "RFC 2217"));
    stop(&refusing);
    struct server silent = {.silent = true};
    start(&silent);
    assert_int_equal(open_link(&silent, 100, &link, &cause), SEAL_ERR_LINK);
    assert_non_null(strstr(cause.hint, "socket://"));
    stop(&silent);
    struct server mute = {.mute = true};
    start(&mute);
    assert_int_equal(open_link(&mute, 5000, &link, &cause), SEAL_ERR_LINK);
    assert_non_null(strstr(cause.text, "command 1"));
    stop(&mute);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_is_set_up_and_its_lines_follow),
        cmocka_unit_test(every_byte_passes_both_ways),
        cmocka_unit_test(a_server_that_cannot_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
