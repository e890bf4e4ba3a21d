/* What cli_connect does with --port, --chip, --before and --trace, on a simulated chip. */
#include "unit.h"

#include "cli/run.h"

#include <espseal/file.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cli_option none[] = {{0}};
static const struct cli_command sample = {.name = "help", .options = none, .device = true};

struct connected {
    struct cli_run run;
    struct cli_progress_state progress;
    bool emitted;
    struct seal_loader *loader;
    struct seal_cause cause;
};

static int connect_with(struct connected *c, int argc, const char *const *words)
{
    static char texts[12][160];
    char *argv[13] = {texts[0]};
    for (int i = 0; i < argc; i++) {
        (void)snprintf(texts[i + 1], sizeof texts[0], "%s", words[i]);
        argv[i + 1] = texts[i + 1];
    }
    memset(c, 0, sizeof *c);
    c->run.command = &sample;
    c->run.progress = &c->progress;
    c->run.emitted = &c->emitted;
    int err = cli_parse(&c->run, argc + 1, argv, &c->cause);
    return err == SEAL_OK ? cli_connect(&c->run, &c->loader, &c->cause) : err;
}

static void disconnect(struct connected *c)
{
    if (c->run.close_device) {
        c->run.close_device(&c->run);
    }
    assert_null(cli_link(&c->run));
    cli_run_clear(&c->run);
}

#define CONNECT(c, ...)                                                                                      \
    connect_with(c, (int)(sizeof(const char *[]){__VA_ARGS__} / sizeof(char *)),                             \
                 (const char *const[]){__VA_ARGS__})

static void test_connects_to_the_chip_asked_for(void **state)
{
    (void)state;
    struct connected c;
    assert_int_equal(CONNECT(&c, "--port", "sim:esp32c3", "--chip", "ESP32-C3"), SEAL_OK);
    assert_non_null(c.loader);
    assert_non_null(cli_link(&c.run));
    assert_string_equal(seal_loader_chip(c.loader)->name, "esp32c3");
    disconnect(&c);
}

static void test_refuses_another_chip(void **state)
{
    (void)state;
    struct connected c;
    assert_int_equal(CONNECT(&c, "--port", "sim:esp32c3", "--chip", "esp32s3"), SEAL_ERR_WRONG_CHIP);
    assert_null(c.loader);
    assert_non_null(strstr(c.cause.text, "esp32"));
    disconnect(&c);
}

static void test_suggests_a_chip(void **state)
{
    (void)state;
    struct connected c;
    assert_int_equal(CONNECT(&c, "--port", "sim:esp32c3", "--chip", "esp32x3"), SEAL_ERR_USAGE);
    assert_non_null(strstr(c.cause.hint, "did you mean --chip esp32"));
    disconnect(&c);
    assert_int_equal(CONNECT(&c, "--port", "sim:esp32c3", "--chip", "stm32"), SEAL_ERR_USAGE);
    disconnect(&c);
}

static void test_port_is_required_and_must_be_there(void **state)
{
    (void)state;
    struct connected c;
    assert_int_equal(CONNECT(&c, "--chip", "esp32c3"), SEAL_ERR_USAGE);
    assert_string_equal(c.cause.text, "--port PORT is missing");
    assert_non_null(strstr(c.cause.hint, "never guesses"));
    disconnect(&c);
    assert_int_equal(CONNECT(&c, "--port", "/dev/no-such-port"), SEAL_ERR_NO_DEVICE);
    assert_non_null(strstr(c.cause.text, "/dev/no-such-port"));
    disconnect(&c);
}

static void test_trace_has_a_line_for_each_frame_and_hides_secrets(void **state)
{
    (void)state;
    char folder[] = "/tmp/espseal-test.XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/trace", folder);

    struct connected c;
    assert_int_equal(CONNECT(&c, "--port", "sim:esp32c3", "--trace", path), SEAL_OK);
    const struct seal_reg_write open = {0x60008800, 0x11223344, 0xffffffff, 0};
    const struct seal_reg_write secret = {0x60008800, 0x5ec2e7a5, 0xffffffff, 0};
    assert_int_equal(seal_loader_write_regs(c.loader, &open, 1, 0, &c.cause), SEAL_OK);
    assert_int_equal(seal_loader_write_regs(c.loader, &secret, 1, SEAL_LOADER_SECRET, &c.cause), SEAL_OK);
    struct seal_loader_stats stats;
    seal_loader_stats(c.loader, &stats);
    disconnect(&c);

    struct stat st;
    struct seal_buf *text = NULL;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(seal_file_read(path, 1 << 20, 0, &text, NULL), SEAL_OK);
    assert_int_equal(seal_buf_put_u8(text, 0), SEAL_OK);
    const char *lines = (const char *)seal_buf_ptr(text);
    unsigned sent = 0;
    for (const char *at = lines; (at = strstr(at, " > ")); at++) {
        sent++;
    }
    assert_int_equal(sent, stats.frames_sent);
    assert_non_null(strstr(lines, " > WRITE_REG 16 "));
    assert_non_null(strstr(lines, "44332211"));
    assert_null(strstr(lines, "a5e7c25e"));
    assert_non_null(strstr(lines, " > WRITE_REG 16 (hidden)\n"));
    seal_buf_free(&text);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connects_to_the_chip_asked_for),
        cmocka_unit_test(test_refuses_another_chip),
        cmocka_unit_test(test_suggests_a_chip),
        cmocka_unit_test(test_port_is_required_and_must_be_there),
        cmocka_unit_test(test_trace_has_a_line_for_each_frame_and_hides_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
