/* A USB serial adapter on a mocked kernel: a tty that libserialport opens, whose modem lines are recorded. */
#ifndef TESTS_USB_MOCK_TTY_H
#define TESTS_USB_MOCK_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <umockdev.h>

struct mock_tty;
struct seal_link;

/* Adds /dev/<name> with a USB device of these ids as its parent. Ends the test when umockdev is not
 * preloaded. */
struct mock_tty *mock_tty_new(const char *name, const char *vid, const char *pid);
void mock_tty_free(struct mock_tty **tty);

/* Takes it off the bus. */
void mock_tty_unplug(struct mock_tty *tty);

/* Every change of the lines since the last call: dtr << 1 | rts each. Returns how many. */
size_t mock_tty_lines(struct mock_tty *tty, uint8_t *lines, size_t capacity);

/* From now on the other end answers SYNC and GET_SECURITY_INFO as an ESP32-C3 does. */
void mock_tty_answer(struct mock_tty *tty);
/* From now on the other end is what is behind the link, which is the caller's. */
void mock_tty_join(struct mock_tty *tty, struct seal_link *link);

/* A USB device at 1-1 with a tty, which libusb sees come and go. */
void mock_usb_plug_in(UMockdevTestbed *testbed, const char *name, const char *vid, const char *pid);
void mock_usb_pull_out(UMockdevTestbed *testbed);

#endif
