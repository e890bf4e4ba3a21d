/* The installed program on a mocked kernel: a chip behind a serial adapter, and devices that come and go. */
#include "unit.h"
#include "usb/mock_tty.h"

#include <espseal/link.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ESPSEAL PROGRAMS_DIR "/espseal "

struct bench { /* an adapter with a simulated chip behind it */
    struct mock_tty *tty;
    struct seal_link *chip;
    char folder[32];
};

static void set_up(struct bench *bench, const char *name, const char *vid, const char *pid)
{
    const struct seal_link_options options = {.sim_program = PROGRAMS_DIR "/espseal-sim"};
    struct seal_cause cause;
    bench->tty = mock_tty_new(name, vid, pid);
    if (seal_link_open("sim:esp32c3", &options, &bench->chip, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    mock_tty_join(bench->tty, bench->chip);
    (void)strcpy(bench->folder, "/tmp/espseal-usb-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
}

static void tear_down(struct bench *bench)
{
    char command[64];
    mock_tty_free(&bench->tty);
    seal_link_close(&bench->chip);
    (void)snprintf(command, sizeof command, "rm -rf %s", bench->folder);
    assert_int_equal(system(command), 0);
}

/* Runs a command in the bench's folder; what it prints, both streams. */
static void run(const struct bench *bench, const char *arguments, int status, char *output, size_t size)
{
    char command[512];
    (void)snprintf(command, sizeof command, "cd %s && " ESPSEAL "%s 2>&1 </dev/null", bench->folder,
                   arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t len = fread(output, 1, size - 1, pipe);
    output[len] = '\0';
    int end = pclose(pipe);
    if (!WIFEXITED(end) || WEXITSTATUS(end) != status) {
        fail_msg("%s exits %d: %s", arguments, WEXITSTATUS(end), output);
    }
}

static void expect_text(const char *output, const char *text)
{
    if (!strstr(output, text)) {
        fail_msg("no \"%s\" in: %s", text, output);
    }
}

static void a_probe_tells_the_chip_behind_an_adapter(void **state)
{
    (void)state;
    struct bench bench;
    char output[4096];
    uint8_t lines[64];
    set_up(&bench, "ttyUSB0", "10c4", "ea60");
    run(&bench, "device list --probe", 0, output, sizeof output);
    expect_text(output, "/dev/ttyUSB0");
    expect_text(output, "10c4:ea60");
    expect_text(output, "ESP32-C3");
    assert_true(mock_tty_lines(bench.tty, lines, sizeof lines) > 4); /* it was reset */
    run(&bench, "device list --probe --json", 0, output, sizeof output);
    expect_text(output, "\"chip\": \"esp32c3\"");
    expect_text(output, "\"mac\": ");
    (void)mock_tty_lines(bench.tty, lines, sizeof lines);
    run(&bench, "device list --json", 0, output, sizeof output);
    assert_null(strstr(output, "esp32c3"));
    assert_int_equal(mock_tty_lines(bench.tty, lines, sizeof lines),
                     0); /* nothing is opened without --probe */
    tear_down(&bench);
}

static void flash_is_written_through_an_adapter(void **state)
{
    (void)state;
    struct bench bench;
    char output[4096];
    char path[64];
    uint8_t bytes[20000];
    set_up(&bench, "ttyUSB0", "10c4", "ea60");
    (void)snprintf(path, sizeof path, "%s/data", bench.folder);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * i >> 3);
    }
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, sizeof bytes, file), sizeof bytes);
    assert_int_equal(fclose(file), 0);
    run(&bench, "flash write 0x20000=data --port auto", 0, output, sizeof output);
    expect_text(output, "written and verified");
    run(&bench, "flash verify 0x20000=data --port usb:10c4:ea60 --baud 460800", 0, output, sizeof output);
    expect_text(output, "is there");
    run(&bench, "flash id --port /dev/ttyUSB0", 0, output, sizeof output);
    expect_text(output, "4194304 bytes");
    tear_down(&bench);
}

static void the_lines_move_as_it_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *arguments;
        uint8_t lines[8], count; /* dtr << 1 | rts */
    } cases[] = {
        {"device info --port auto", {0, 3, 1, 2, 0}, 5},
        {"device info --port auto --after hard-reset", {0, 3, 1, 2, 0, 1, 0}, 7},
        {"device info --port auto --before no-reset", {0}, 0}, /* it is there already */
        {"device info --port auto --before no-reset --after hard-reset", {1, 0}, 2},
        {"device info --port auto --before usb-reset", {0, 2, 3, 1, 0}, 5},
    };
    struct bench bench;
    char output[4096];
    set_up(&bench, "ttyUSB0", "10c4", "ea60");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t lines[64];
        (void)mock_tty_lines(bench.tty, lines, sizeof lines);
        run(&bench, cases[i].arguments, 0, output, sizeof output);
        expect_text(output, "ESP32-C3");
        size_t count = mock_tty_lines(bench.tty, lines, sizeof lines);
        /* Setting up a port leaves both lines alike, which resets nothing: that comes first. */
        size_t at = 0;
        assert_true(lines[0] == 0 || lines[0] == 3);
        while (at < count && lines[at] == lines[0]) {
            at++;
        }
        bool found = at == count && cases[i].count == 0;
        if (cases[i].count) {
            at -= cases[i].lines[0] == lines[0];
            found = count - at == cases[i].count && memcmp(lines + at, cases[i].lines, count - at) == 0;
        }
        if (!found) {
            for (size_t k = 0; k < count; k++) {
                print_message(" %u", lines[k]);
            }
            fail_msg("%s: other lines", cases[i].arguments);
        }
    }
    tear_down(&bench);
}

static bool next_line(FILE *pipe, char *line, int size, int wait_ms)
{
    struct pollfd poller = {.fd = fileno(pipe), .events = POLLIN};
    return poll(&poller, 1, wait_ms) == 1 && fgets(line, size, pipe) != NULL;
}

static void arrivals_and_departures_are_printed_as_they_happen(void **state)
{
    (void)state;
    char lines[2][1024];
    size_t count = 0;
    UMockdevTestbed *testbed = umockdev_testbed_new();
    FILE *pipe = popen(ESPSEAL "device watch --json --count 2 --timeout 60", "r");
    assert_non_null(pipe);
    (void)setvbuf(pipe, NULL, _IONBF, 0);
    (void)usleep(700000);
    /* Again and again: the first time it may not be looking yet. */
    for (unsigned i = 0; i < 10 && count < 2; i++) {
        mock_usb_plug_in(testbed, "ttyACM0", "303a", "1001");
        count += next_line(pipe, lines[count], sizeof lines[0], 2000);
        if (count < 2) {
            mock_usb_pull_out(testbed);
            count += next_line(pipe, lines[count], sizeof lines[0], 2000);
        }
    }
    assert_int_equal(count, 2);
    assert_int_equal(pclose(pipe), 0);
    assert_int_equal(lines[0][strlen(lines[0]) - 2], '}'); /* a line is an object */
    expect_text(lines[0], "\"event\": \"arrived\"");
    expect_text(lines[0], "\"port\": \"/dev/ttyACM0\"");
    expect_text(lines[1], "\"event\": \"left\"");
    expect_text(lines[1], "\"usb\": \"1-1\"");
    g_object_unref(testbed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_probe_tells_the_chip_behind_an_adapter),
        cmocka_unit_test(flash_is_written_through_an_adapter),
        cmocka_unit_test(the_lines_move_as_it_is_asked_for),
        cmocka_unit_test(arrivals_and_departures_are_printed_as_they_happen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
