/* The program on a TCP port: the chip outlives its clients, and bytes take their time on the wire. */
#include "unit.h"

#include <espseal/deadline.h>
#include <espseal/link.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 20000

/* WRITE_REG 3FC90000 = 12345678, and READ_REG of it */
static const uint8_t write_frame[] = {0xC0, 0,    9,    16,   0,    0,    0,    0,    0, 0, 0, 0xC9, 0x3F,
                                      0x78, 0x56, 0x34, 0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0,    0xC0};
static const uint8_t read_frame[] = {0xC0, 0, 0x0A, 4, 0, 0, 0, 0, 0, 0, 0, 0xC9, 0x3F, 0xC0};
#define ANSWER_LEN 14

struct server {
    pid_t pid;
    char port[64];
};

static void start(struct server *server, const char *option, const char *value)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)close(fds[0]);
        (void)close(fds[1]);
        (void)execl(PROGRAMS_DIR "/espseal-sim", "espseal-sim", "--chip", "esp32c3", "--listen",
                    "127.0.0.1:0", option, value, (char *)NULL);
        _exit(127);
    }
    (void)close(fds[1]);
    FILE *out = fdopen(fds[0], "r");
    assert_non_null(out);
    assert_non_null(fgets(server->port, sizeof server->port, out));
    server->port[strcspn(server->port, "\n")] = 0;
    (void)fclose(out);
}

static void stop(const struct server *server)
{
    int status = 0;
    assert_int_equal(kill(server->pid, SIGTERM), 0);
    assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static struct seal_link *join(const struct server *server)
{
    struct seal_link *link = NULL;
    assert_int_equal(seal_link_open(server->port, NULL, &link, NULL), SEAL_OK);
    return link;
}

static void say(struct seal_link *link, const uint8_t *frame, size_t len)
{
    assert_int_equal(seal_link_write(link, frame, len, seal_deadline_in_ms(WAIT_MS), NULL), SEAL_OK);
}

/* Reads len bytes, or fewer when the link ends. */
static size_t hear(struct seal_link *link, uint8_t *data, size_t len)
{
    seal_deadline deadline = seal_deadline_in_ms(WAIT_MS);
    size_t total = 0, got = 0;
    while (total < len && seal_link_read(link, data + total, len - total, &got, deadline, NULL) == SEAL_OK) {
        total += got;
    }
    return total;
}

static void assert_value(struct seal_link *link)
{
    uint8_t answer[ANSWER_LEN];
    say(link, read_frame, sizeof read_frame);
    assert_int_equal(hear(link, answer, sizeof answer), sizeof answer);
    assert_memory_equal(answer + 5, "\x78\x56\x34\x12", 4);
}

static void the_chip_outlives_its_clients(void **state)
{
    (void)state;
    struct server server;
    uint8_t answer[ANSWER_LEN];
    start(&server, "--latency", "0");
    struct seal_link *link = join(&server);
    say(link, write_frame, sizeof write_frame);
    assert_int_equal(hear(link, answer, sizeof answer), sizeof answer);
    seal_link_close(&link);
    link = join(&server);
    assert_value(link);
    seal_link_close(&link);
    stop(&server);
}

static void a_cut_ends_the_connection_and_not_the_chip(void **state)
{
    (void)state;
    struct server server;
    uint8_t answer[ANSWER_LEN];
    start(&server, "--fault", "cut:frame=1");
    struct seal_link *link = join(&server);
    say(link, write_frame, sizeof write_frame);
    assert_int_equal(hear(link, answer, sizeof answer), 0);
    seal_link_close(&link);
    link = join(&server);
    assert_value(link);
    seal_link_close(&link);
    stop(&server);
}

/* Never faster than the wire; how much slower is for the bench to say. */
static void paced_answers_never_come_early(void **state)
{
    (void)state;
    enum { COUNT = 100, BAUD = 115200 };
    struct server server;
    uint8_t answers[COUNT * ANSWER_LEN];
    start(&server, "--baud", "115200");
    struct seal_link *link = join(&server);
    int64_t before = seal_now_us();
    for (int i = 0; i < COUNT; i++) {
        say(link, read_frame, sizeof read_frame);
    }
    assert_int_equal(hear(link, answers, sizeof answers), sizeof answers);
    int64_t wire_us = (int64_t)(sizeof read_frame * COUNT + ANSWER_LEN) * 10 * 1000000 / BAUD;
    assert_true(seal_now_us() - before >= wire_us);
    seal_link_close(&link);
    stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chip_outlives_its_clients),
        cmocka_unit_test(a_cut_ends_the_connection_and_not_the_chip),
        cmocka_unit_test(paced_answers_never_come_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
