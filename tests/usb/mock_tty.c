#include "usb/mock_tty.h"

#include "unit.h"

#include <espseal/buf.h>
#include <espseal/link.h>
#include <espseal/rom.h>
#include <espseal/slip.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <umockdev.h>
#include <unistd.h>

struct mock_tty {
    UMockdevTestbed *testbed;
    UMockdevIoctlBase *handler;
    char node[64];
    pthread_mutex_t lock;
    int state; /* TIOCM_* */
    uint8_t lines[64];
    size_t line_count;
    atomic_bool stop;
    bool answering;
    struct seal_link *link;
    pthread_t thread;
};

static void note_lines(struct mock_tty *tty)
{
    if (tty->line_count < sizeof tty->lines) {
        bool dtr = tty->state & TIOCM_DTR;
        bool rts = tty->state & TIOCM_RTS;
        tty->lines[tty->line_count++] = (uint8_t)(dtr << 1 | rts);
    }
}

/* Answers one modem request; false: not one of those. */
static bool change_lines(struct mock_tty *tty, unsigned long request, int *value)
{
    switch (request) {
    case TIOCMGET:
        *value = tty->state;
        return true;
    case TIOCMSET:
        tty->state = *value;
        break;
    case TIOCMBIS:
        tty->state |= *value;
        break;
    case TIOCMBIC:
        tty->state &= ~*value;
        break;
    default:
        return false;
    }
    note_lines(tty);
    return true;
}

static gboolean handle_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer self)
{
    (void)handler;
    struct mock_tty *tty = self;
    unsigned long request = umockdev_ioctl_client_get_request(client);
    if (request != TIOCMGET && request != TIOCMSET && request != TIOCMBIS && request != TIOCMBIC) {
        /* Terminal settings and the like go to the pty that stands behind the node. */
        int err = 0;
        int result = umockdev_ioctl_client_execute(client, &err, NULL);
        umockdev_ioctl_client_complete(client, result, err);
        return TRUE;
    }
    UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(int), NULL);
    int value = 0;
    gsize len = sizeof value;
    (void)pthread_mutex_lock(&tty->lock);
    if (data) {
        guint8 *bytes = NULL;
        gint got = 0;
        umockdev_ioctl_data_retrieve(data, &bytes, &got);
        memcpy(&value, bytes, len);
        g_free(bytes);
        (void)change_lines(tty, request, &value);
        umockdev_ioctl_data_update(data, 0, (guint8 *)&value, (gint)len);
        umockdev_ioctl_data_unref(data);
    }
    (void)pthread_mutex_unlock(&tty->lock);
    umockdev_ioctl_client_complete(client, data ? 0 : -1, data ? 0 : EFAULT);
    return TRUE;
}

/* descriptors: 18 bytes of a device's, 9 of a configuration without interfaces, for libusb. */
static void add_device(UMockdevTestbed *testbed, const char *name, const char *vid, const char *pid)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "P: /devices/usb1/1-1\n"
                   "N: bus/usb/001/002\n"
                   "E: SUBSYSTEM=usb\n"
                   "E: DEVTYPE=usb_device\n"
                   "E: BUSNUM=001\n"
                   "E: DEVNUM=002\n"
                   "E: DEVNAME=/dev/bus/usb/001/002\n"
                   "A: idVendor=%s\\n\n"
                   "A: idProduct=%s\\n\n"
                   "A: busnum=1\\n\n"
                   "A: devnum=2\\n\n"
                   "A: speed=12\\n\n"
                   "A: bConfigurationValue=1\\n\n"
                   "H: descriptors=1201000200000040%.2s%.2s%.2s%.2s000101020301090209000101008032\n\n"
                   "P: /devices/usb1/1-1/1-1:1.0\n"
                   "E: SUBSYSTEM=usb\n"
                   "E: DEVTYPE=usb_interface\n\n"
                   "P: /devices/usb1/1-1/1-1:1.0/%s\n"
                   "E: SUBSYSTEM=usb-serial\n\n"
                   "P: /devices/usb1/1-1/1-1:1.0/%s/tty/%s\n"
                   "N: %s\n"
                   "E: SUBSYSTEM=tty\n"
                   "E: DEVNAME=/dev/%s\n"
                   "L: device=../../../%s\n"
                   "A: dev=188:0\\n\n\n",
                   vid, pid, vid + 2, vid, pid + 2, pid, name, name, name, name, name, name);
    GError *error = NULL;
    if (!umockdev_testbed_add_from_string(testbed, text, &error)) {
        fail_msg("umockdev: %s", error ? error->message : "no device");
    }
}

void mock_usb_plug_in(UMockdevTestbed *testbed, const char *name, const char *vid, const char *pid)
{
    add_device(testbed, name, vid, pid);
    umockdev_testbed_uevent(testbed, "/sys/devices/usb1/1-1", "add");
}

void mock_usb_pull_out(UMockdevTestbed *testbed)
{
    umockdev_testbed_uevent(testbed, "/sys/devices/usb1/1-1", "remove");
    umockdev_testbed_remove_device(testbed, "/sys/devices/usb1/1-1");
}

struct mock_tty *mock_tty_new(const char *name, const char *vid, const char *pid)
{
    struct mock_tty *tty = calloc(1, sizeof *tty);
    assert_non_null(tty);
    tty->state = TIOCM_DTR | TIOCM_RTS; /* as the kernel leaves them when a tty is opened */
    (void)pthread_mutex_init(&tty->lock, NULL);
    (void)snprintf(tty->node, sizeof tty->node, "/dev/%s", name);
    tty->testbed = umockdev_testbed_new();
    if (!umockdev_in_mock_environment()) {
        fail_msg("run this test through umockdev-wrapper");
    }
    add_device(tty->testbed, name, vid, pid);
    tty->handler = umockdev_ioctl_base_new();
    (void)g_signal_connect(tty->handler, "handle-ioctl", G_CALLBACK(handle_ioctl), tty);
    GError *error = NULL;
    if (!umockdev_testbed_attach_ioctl(tty->testbed, tty->node, tty->handler, &error)) {
        fail_msg("umockdev: %s", error ? error->message : "no handler");
    }
    return tty;
}

void mock_tty_free(struct mock_tty **tty)
{
    if ((*tty)->answering) {
        atomic_store(&(*tty)->stop, true);
        (void)pthread_join((*tty)->thread, NULL);
    }
    (void)umockdev_testbed_detach_ioctl((*tty)->testbed, (*tty)->node, NULL);
    g_object_unref((*tty)->handler);
    g_object_unref((*tty)->testbed);
    (void)pthread_mutex_destroy(&(*tty)->lock);
    free(*tty);
    *tty = NULL;
}

void mock_tty_unplug(struct mock_tty *tty)
{
    umockdev_testbed_remove_device(tty->testbed, "/sys/devices/usb1/1-1");
}

size_t mock_tty_lines(struct mock_tty *tty, uint8_t *lines, size_t capacity)
{
    (void)pthread_mutex_lock(&tty->lock);
    size_t count = tty->line_count;
    memcpy(lines, tty->lines, count < capacity ? count : capacity);
    tty->line_count = 0;
    (void)pthread_mutex_unlock(&tty->lock);
    return count;
}

static void answer_frame(int fd, uint8_t opcode)
{
    uint8_t frame[32] = {1, opcode, 4};
    size_t len = 12;
    int times = 1;
    if (opcode == SEAL_ROM_SYNC) {
        times = 8;
    } else if (opcode == SEAL_ROM_GET_SECURITY_INFO) {
        frame[2] = 24;
        frame[8 + 12] = 5;
        len = 32;
    }
    struct seal_buf *out = seal_buf_new();
    for (int i = 0; i < times; i++) {
        assert_int_equal(seal_slip_encode(out, frame, len), SEAL_OK);
    }
    assert_int_equal(write(fd, seal_buf_ptr(out), seal_buf_len(out)), (ssize_t)seal_buf_len(out));
    seal_buf_free(&out);
}

static void *answer_requests(void *self)
{
    struct mock_tty *tty = self;
    int fd = umockdev_testbed_get_dev_fd(tty->testbed, tty->node);
    uint8_t storage[256], bytes[256];
    struct seal_slip_decoder decoder;
    seal_slip_decoder_init(&decoder, storage, sizeof storage);
    while (!atomic_load(&tty->stop)) {
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        ssize_t got = poll(&poller, 1, 20) == 1 ? read(fd, bytes, sizeof bytes) : 0;
        for (size_t at = 0, used = 0; got > 0 && at < (size_t)got; at += used) {
            if (seal_slip_decode(&decoder, bytes + at, (size_t)got - at, &used) == SEAL_SLIP_FRAME) {
                answer_frame(fd, storage[1]);
            }
        }
    }
    return NULL;
}

void mock_tty_answer(struct mock_tty *tty)
{
    assert_int_equal(pthread_create(&tty->thread, NULL, answer_requests, tty), 0);
    tty->answering = true;
}

static void *carry_bytes(void *self)
{
    struct mock_tty *tty = self;
    int fd = umockdev_testbed_get_dev_fd(tty->testbed, tty->node);
    uint8_t bytes[4096];
    while (!atomic_load(&tty->stop)) {
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        ssize_t got = poll(&poller, 1, 2) == 1 ? read(fd, bytes, sizeof bytes) : 0;
        if (got > 0) {
            assert_int_equal(seal_link_write(tty->link, bytes, (size_t)got, seal_deadline_in_ms(5000), NULL),
                             SEAL_OK);
        }
        size_t len = 0;
        if (seal_link_read(tty->link, bytes, sizeof bytes, &len, seal_deadline_in_ms(2), NULL) == SEAL_OK) {
            assert_int_equal(write(fd, bytes, len), (ssize_t)len);
        }
    }
    return NULL;
}

void mock_tty_join(struct mock_tty *tty, struct seal_link *link)
{
    tty->link = link;
    assert_int_equal(pthread_create(&tty->thread, NULL, carry_bytes, tty), 0);
    tty->answering = true;
}
