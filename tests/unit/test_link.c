/* Links that need no hardware: TCP on the loopback interface, the simulator as a child, bad ports. */
#include "unit.h"

#include <espseal/link.h>
#include <espseal/rom.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Listens on a free port of the loopback interface and writes the URL of it. */
static int listen_on(int family, char url[static 64])
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool six = family == AF_INET6;
    struct sockaddr *address = six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t len = six ? sizeof v6 : sizeof v4;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, address, len), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, address, &len), 0);
    unsigned port = ntohs(six ? v6.sin6_port : v4.sin_port);
    (void)snprintf(url, 64, six ? "tcp://[::1]:%u" : "socket://127.0.0.1:%u", port);
    return fd;
}

static void talk_over(int family)
{
    char url[64];
    uint8_t bytes[16];
    size_t len = 0;
    struct seal_link *link = NULL;
    int listener = listen_on(family, url);
    assert_int_equal(seal_link_open(url, NULL, &link, NULL), SEAL_OK);
    int peer = accept(listener, NULL, NULL);
    assert_true(peer >= 0);
    assert_int_equal(seal_link_write(link, "hello", 5, seal_deadline_in_ms(1000), NULL), SEAL_OK);
    assert_int_equal(read(peer, bytes, sizeof bytes), 5);
    assert_int_equal(write(peer, "abc", 3), 3);
    assert_int_equal(seal_link_read(link, bytes, sizeof bytes, &len, seal_deadline_in_ms(1000), NULL),
                     SEAL_OK);
    assert_int_equal(len, 3);
    assert_int_equal(link->sent, 5);
    assert_int_equal(link->received, 3);
    assert_int_equal(seal_link_read(link, bytes, sizeof bytes, &len, seal_deadline_in_ms(1), NULL),
                     SEAL_ERR_TIMEOUT);
    assert_false(seal_link_has_lines(link));
    assert_int_equal(seal_link_set_lines(link, true, true, NULL), SEAL_OK);
    (void)close(peer);
    assert_int_equal(seal_link_read(link, bytes, sizeof bytes, &len, seal_deadline_in_ms(1000), NULL),
                     SEAL_ERR_LINK);
    seal_link_close(&link);
    assert_null(link);
    (void)close(listener);
}

static void sockets_carry_bytes_both_ways(void **state)
{
    (void)state;
    talk_over(AF_INET);
}

static void sockets_take_ipv6_addresses(void **state)
{
    (void)state;
    talk_over(AF_INET6);
}

static void a_reader_that_stopped_does_not_hang_the_writer(void **state)
{
    (void)state;
    char url[64];
    struct seal_link *link = NULL;
    const size_t len = (size_t)32 << 20;
    uint8_t *bytes = calloc(1, len);
    int listener = listen_on(AF_INET, url);
    assert_non_null(bytes);
    assert_int_equal(seal_link_open(url, NULL, &link, NULL), SEAL_OK);
    assert_int_equal(seal_link_write(link, bytes, len, seal_deadline_in_ms(50), NULL), SEAL_ERR_TIMEOUT);
    seal_link_close(&link);
    (void)close(listener);
    free(bytes);
}

static void bad_ports_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *port;
        int err;
    } rows[] = {
        {"ttyUSB0", SEAL_ERR_USAGE},
        {"", SEAL_ERR_USAGE},
        {"usb:303a:1001", SEAL_ERR_USAGE},
        {"ssh://localhost:4000", SEAL_ERR_USAGE},
        {"rfc2217://localhost", SEAL_ERR_USAGE},
        {"socket://", SEAL_ERR_USAGE},
        {"socket://localhost", SEAL_ERR_USAGE},
        {"socket://:5555", SEAL_ERR_USAGE},
        {"socket://localhost:port", SEAL_ERR_USAGE},
        {"socket://localhost:5555x", SEAL_ERR_USAGE},
        {"socket://[::1]", SEAL_ERR_USAGE},
        {"sim:", SEAL_ERR_USAGE},
        {"sim:?efuse=x", SEAL_ERR_USAGE},
        {"sim:esp32c3?efuse", SEAL_ERR_USAGE},
        {"sim:esp32c3?efuse=", SEAL_ERR_USAGE},
        {"sim:esp32c3?exec=sh", SEAL_ERR_USAGE},
        {"sim:esp32c3?ef=x", SEAL_ERR_USAGE},
        {"/dev/does-not-exist", SEAL_ERR_NO_DEVICE},
        {"/dev/null", SEAL_ERR_NO_DEVICE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_link *link = NULL;
        struct seal_cause cause = {0};
        int err = seal_link_open(rows[i].port, NULL, &link, &cause);
        if (err != rows[i].err || link || cause.text[0] == '\0') {
            fail_msg("%s: %s, '%s'", rows[i].port, seal_err_name(err), cause.text);
        }
    }
}

static void nobody_listening_is_no_device(void **state)
{
    (void)state;
    char url[64];
    struct seal_link *link = NULL;
    struct seal_cause cause;
    (void)close(listen_on(AF_INET, url));
    assert_int_equal(seal_link_open(url, NULL, &link, &cause), SEAL_ERR_NO_DEVICE);
    assert_non_null(strstr(cause.text, url));
    assert_true(cause.hint[0] != '\0');
}

/* --- the simulator --- */

static const struct seal_link_options with_simulator = {.sim_program = PROGRAMS_DIR "/espseal-sim"};

static void the_simulator_is_a_chip_and_leaves_no_zombie(void **state)
{
    (void)state;
    struct seal_link *link = NULL;
    struct seal_loader *loader = NULL;
    struct seal_cause cause = {0};
    if (seal_link_open("sim:esp32c3", &with_simulator, &link, &cause) != SEAL_OK ||
        seal_loader_connect(link, NULL, &loader, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    assert_string_equal(seal_loader_chip(loader)->name, "esp32c3");
    seal_loader_free(&loader);
    seal_link_close(&link);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void a_simulator_that_does_not_start_is_no_device(void **state)
{
    (void)state;
    struct seal_link *link = NULL;
    struct seal_loader *loader = NULL;
    struct seal_cause cause;
    const struct seal_link_options options = {.sim_program = "/bin/false"};
    assert_int_equal(seal_link_open("sim:esp32c3", &options, &link, &cause), SEAL_OK);
    assert_int_equal(seal_loader_connect(link, NULL, &loader, &cause), SEAL_ERR_NO_DEVICE);
    assert_string_equal(cause.text, "sim:esp32c3: the simulator could not start");
    assert_non_null(strstr(cause.hint, "lines above"));
    seal_link_close(&link);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void a_missing_simulator_is_no_device(void **state)
{
    (void)state;
    struct seal_link *link = NULL;
    struct seal_cause cause;
    const struct seal_link_options options = {.sim_program = "/nowhere/espseal-sim"};
    assert_int_equal(seal_link_open("sim:esp32c3", &options, &link, &cause), SEAL_ERR_NO_DEVICE);
    assert_null(link);
}

static unsigned open_files(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder)) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

static void links_leave_no_file_open(void **state)
{
    (void)state;
    unsigned before = open_files();
    the_simulator_is_a_chip_and_leaves_no_zombie(NULL);
    a_missing_simulator_is_no_device(NULL);
    bad_ports_are_told_apart(NULL);
    talk_over(AF_INET);
    assert_int_equal(open_files(), before);
}

/* A signal's flag stays set for the rest of the process: this is the last test. */
static void an_interrupt_ends_a_wait_unless_it_is_held(void **state)
{
    (void)state;
    char url[64];
    uint8_t byte;
    size_t len;
    struct seal_link *link = NULL;
    int listener = listen_on(AF_INET, url);
    assert_int_equal(seal_link_open(url, NULL, &link, NULL), SEAL_OK);
    seal_interrupt_hold();
    seal_interrupt();
    assert_int_equal(seal_link_read(link, &byte, 1, &len, seal_deadline_in_ms(1), NULL), SEAL_ERR_TIMEOUT);
    seal_interrupt_release();
    assert_int_equal(seal_link_read(link, &byte, 1, &len, seal_deadline_in_ms(60000), NULL),
                     SEAL_ERR_INTERRUPTED);
    seal_link_close(&link);
    (void)close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_carry_bytes_both_ways),
        cmocka_unit_test(sockets_take_ipv6_addresses),
        cmocka_unit_test(a_reader_that_stopped_does_not_hang_the_writer),
        cmocka_unit_test(bad_ports_are_told_apart),
        cmocka_unit_test(nobody_listening_is_no_device),
        cmocka_unit_test(the_simulator_is_a_chip_and_leaves_no_zombie),
        cmocka_unit_test(a_simulator_that_does_not_start_is_no_device),
        cmocka_unit_test(a_missing_simulator_is_no_device),
        cmocka_unit_test(links_leave_no_file_open),
        cmocka_unit_test(an_interrupt_ends_a_wait_unless_it_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
