/* The real libserialport on a mocked kernel: names, modem lines, exclusive use; and a pty beside it. */
#include "unit.h"
#include "usb/mock_tty.h"

#include <espseal/rom.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static struct seal_link *open_link(const char *port)
{
    struct seal_link *link = NULL;
    struct seal_cause cause;
    int err = seal_link_open(port, NULL, &link, &cause);
    if (err) {
        fail_msg("%s", cause.text);
    }
    return link;
}

static void expect_lines(struct mock_tty *tty, const uint8_t *expected, size_t count)
{
    uint8_t lines[64];
    size_t got = mock_tty_lines(tty, lines, sizeof lines);
    assert_int_equal(got, count);
    assert_memory_equal(lines, expected, count);
}

static void an_adapter_resets_the_chip_by_dtr_and_rts(void **state)
{
    (void)state;
    static const uint8_t into_download[] = {0, 3, 1, 2, 0};
    static const uint8_t into_application[] = {1, 0};
    uint8_t ignored[64];
    struct mock_tty *tty = mock_tty_new("ttyUSB0", "10c4", "ea60");
    struct seal_link *link = open_link("/dev/ttyUSB0");
    struct seal_loader *loader = NULL;
    struct seal_cause cause;
    assert_string_equal(link->ops->kind, "serial");
    assert_int_equal(link->baud, 115200);
    assert_false(link->usb_serial_jtag);
    assert_true(seal_link_has_lines(link));
    mock_tty_answer(tty);
    (void)mock_tty_lines(tty, ignored, sizeof ignored);
    int err = seal_loader_connect(link, NULL, &loader, &cause);
    if (err) {
        fail_msg("%s", cause.text);
    }
    assert_string_equal(seal_loader_chip(loader)->name, "esp32c3");
    expect_lines(tty, into_download, sizeof into_download);
    assert_int_equal(seal_loader_reset(loader, &cause), SEAL_OK);
    expect_lines(tty, into_application, sizeof into_application);
    seal_loader_free(&loader);
    seal_link_close(&link);
    mock_tty_free(&tty);
}

static void the_chips_own_usb_has_another_sequence(void **state)
{
    (void)state;
    static const uint8_t into_download[] = {0, 2, 3, 1, 0};
    uint8_t ignored[64];
    struct mock_tty *tty = mock_tty_new("ttyACM0", "303a", "1001");
    struct seal_link *link = open_link("/dev/ttyACM0");
    struct seal_loader *loader = NULL;
    assert_true(link->usb_serial_jtag);
    mock_tty_answer(tty);
    (void)mock_tty_lines(tty, ignored, sizeof ignored);
    assert_int_equal(seal_loader_connect(link, NULL, &loader, NULL), SEAL_OK);
    expect_lines(tty, into_download, sizeof into_download);
    seal_loader_free(&loader);
    seal_link_close(&link);
    mock_tty_free(&tty);
}

static void a_device_that_left_the_bus_is_found_at_its_place(void **state)
{
    (void)state;
    uint8_t ignored[64];
    struct seal_cause cause;
    struct mock_tty *tty = mock_tty_new("ttyACM0", "303a", "1001");
    struct seal_link *link = open_link("/dev/ttyACM0");
    assert_int_equal(seal_link_set_baud(link, 460800, NULL), SEAL_OK);
    assert_int_equal(seal_link_reopen(link, seal_deadline_in_ms(1000), NULL), SEAL_OK);
    (void)mock_tty_lines(tty, ignored, sizeof ignored);
    assert_int_equal(seal_link_set_lines(link, true, false, NULL), SEAL_OK);
    expect_lines(tty, (const uint8_t[]){2}, 1);
    mock_tty_unplug(tty);
    assert_int_equal(seal_link_reopen(link, seal_deadline_in_ms(200), &cause), SEAL_ERR_NO_DEVICE);
    assert_non_null(strstr(cause.text, "/dev/ttyACM0"));
    assert_int_equal(seal_link_write(link, "x", 1, seal_deadline_in_ms(100), NULL), SEAL_ERR_LINK);
    seal_link_close(&link);
    mock_tty_free(&tty);
}

static void a_port_is_never_shared(void **state)
{
    (void)state;
    struct mock_tty *tty = mock_tty_new("ttyUSB0", "10c4", "ea60");
    struct seal_link *link = open_link("/dev/ttyUSB0");
    struct seal_link *second = NULL;
    struct seal_cause cause;
    assert_int_equal(seal_link_open("/dev/ttyUSB0", NULL, &second, &cause), SEAL_ERR_BUSY);
    assert_null(second);
    assert_non_null(strstr(cause.text, "/dev/ttyUSB0"));
    seal_link_close(&link);
    link = open_link("/dev/ttyUSB0");
    seal_link_close(&link);
    mock_tty_free(&tty);
}

static void a_missing_port_lists_those_there_are(void **state)
{
    (void)state;
    struct mock_tty *tty = mock_tty_new("ttyUSB3", "10c4", "ea60");
    struct seal_link *link = NULL;
    struct seal_cause cause;
    assert_int_equal(seal_link_open("/dev/ttyUSB0", NULL, &link, &cause), SEAL_ERR_NO_DEVICE);
    assert_non_null(strstr(cause.hint, "/dev/ttyUSB3"));
    mock_tty_free(&tty);
}

static void a_pty_opens_through_termios(void **state)
{
    (void)state;
    struct seal_link *second = NULL;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    struct seal_link *link = open_link(ptsname(master));
    assert_string_equal(link->ops->kind, "pty");
    assert_false(seal_link_has_lines(link));
    assert_int_equal(seal_link_open(ptsname(master), NULL, &second, NULL), SEAL_ERR_BUSY);
    /* raw: neither echo nor translation */
    const uint8_t sent[] = {0xC0, '\n', '\r', 3, 4, 0x11, 0x13, 0xFF, 0, 0xC0};
    uint8_t got[32];
    size_t len = 0;
    assert_int_equal(seal_link_write(link, sent, sizeof sent, seal_deadline_in_ms(1000), NULL), SEAL_OK);
    assert_int_equal(read(master, got, sizeof got), sizeof sent);
    assert_memory_equal(got, sent, sizeof sent);
    assert_int_equal(write(master, sent, sizeof sent), sizeof sent);
    assert_int_equal(seal_link_read(link, got, sizeof got, &len, seal_deadline_in_ms(1000), NULL), SEAL_OK);
    assert_int_equal(len, sizeof sent);
    assert_memory_equal(got, sent, sizeof sent);
    assert_int_equal(seal_link_set_baud(link, 921600, NULL), SEAL_OK);
    assert_int_equal(link->baud, 921600);
    assert_int_equal(seal_link_read(link, got, sizeof got, &len, seal_deadline_in_ms(1), NULL),
                     SEAL_ERR_TIMEOUT);
    (void)close(master);
    assert_int_equal(seal_link_read(link, got, sizeof got, &len, seal_deadline_in_ms(1000), NULL),
                     SEAL_ERR_LINK);
    seal_link_close(&link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_adapter_resets_the_chip_by_dtr_and_rts),
        cmocka_unit_test(the_chips_own_usb_has_another_sequence),
        cmocka_unit_test(a_device_that_left_the_bus_is_found_at_its_place),
        cmocka_unit_test(a_port_is_never_shared),
        cmocka_unit_test(a_missing_port_lists_those_there_are),
        cmocka_unit_test(a_pty_opens_through_termios),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
