/* Which devices there are, on a mocked kernel: libserialport's list, libusb's, and hot-plug. */
#include "unit.h"

#include <espseal/ports.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <umockdev.h>

/* 18 bytes of a device descriptor, 9 of a configuration without interfaces; ids little-endian. */
#define DESCRIPTORS(vid_low_high, pid_low_high)                                                              \
    "1201000200000040" vid_low_high pid_low_high "0001010203"                                                \
    "01090209000101008032"

static void add(UMockdevTestbed *testbed, const char *text)
{
    GError *error = NULL;
    if (!umockdev_testbed_add_from_string(testbed, text, &error)) {
        fail_msg("umockdev: %s", error ? error->message : "no device");
    }
}

static UMockdevTestbed *new_testbed(void)
{
    UMockdevTestbed *testbed = umockdev_testbed_new();
    if (!umockdev_in_mock_environment()) {
        fail_msg("run this test through umockdev-wrapper");
    }
    return testbed;
}

/* A USB device at 1-<port>, which libusb can read too. */
static void add_usb(UMockdevTestbed *testbed, unsigned port, const char *vid, const char *pid,
                    const char *descriptors, const char *serial)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "P: /devices/usb1/1-%u\n"
                   "N: bus/usb/001/00%u\n"
                   "E: SUBSYSTEM=usb\n"
                   "E: DEVTYPE=usb_device\n"
                   "E: BUSNUM=001\n"
                   "E: DEVNUM=00%u\n"
                   "E: DEVNAME=/dev/bus/usb/001/00%u\n"
                   "A: idVendor=%s\\n\n"
                   "A: idProduct=%s\\n\n"
                   "A: busnum=1\\n\n"
                   "A: devnum=%u\\n\n"
                   "A: speed=12\\n\n"
                   "A: bConfigurationValue=1\\n\n"
                   "A: serial=%s\\n\n"
                   "A: product=Test adapter\\n\n"
                   "A: manufacturer=Maker\\n\n"
                   "H: descriptors=%s\n\n",
                   port, port + 1, port + 1, port + 1, vid, pid, port + 1, serial, descriptors);
    add(testbed, text);
}

static void add_tty(UMockdevTestbed *testbed, unsigned port, const char *name)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "P: /devices/usb1/1-%u/1-%u:1.0\n"
                   "E: SUBSYSTEM=usb\n"
                   "E: DEVTYPE=usb_interface\n\n"
                   "P: /devices/usb1/1-%u/1-%u:1.0/%s\n"
                   "E: SUBSYSTEM=usb-serial\n\n"
                   "P: /devices/usb1/1-%u/1-%u:1.0/%s/tty/%s\n"
                   "N: %s\n"
                   "E: SUBSYSTEM=tty\n"
                   "E: DEVNAME=/dev/%s\n"
                   "L: device=../../../%s\n"
                   "A: dev=188:%u\\n\n\n",
                   port, port, port, port, name, port, port, name, name, name, name, name, port);
    add(testbed, text);
}

static const struct seal_port *find(const struct seal_port *ports, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(ports[i].path, path) == 0) {
            return &ports[i];
        }
    }
    fail_msg("%s is not listed", path);
    return NULL;
}

static void ports_are_listed_with_what_is_behind_them(void **state)
{
    (void)state;
    UMockdevTestbed *testbed = new_testbed();
    struct seal_port *ports = NULL;
    size_t count = 0;
    add_usb(testbed, 1, "10c4", "ea60", DESCRIPTORS("c410", "60ea"), "0001");
    add_tty(testbed, 1, "ttyUSB10");
    add_usb(testbed, 2, "303a", "1001", DESCRIPTORS("3a30", "0110"), "AA:BB:CC:DD:EE:01");
    add_tty(testbed, 2, "ttyUSB2");
    add_usb(testbed, 3, "303a", "0009", DESCRIPTORS("3a30", "0900"), "7"); /* no driver for it */
    assert_int_equal(seal_ports_list(&ports, &count, NULL), SEAL_OK);
    assert_int_equal(count, 3);
    assert_string_equal(ports[0].path, "/dev/ttyUSB2");
    assert_string_equal(ports[1].path, "/dev/ttyUSB10");
    assert_string_equal(ports[2].path, "");
    const struct seal_port *adapter = find(ports, count, "/dev/ttyUSB10");
    assert_true(adapter->usb);
    assert_int_equal(adapter->vid, 0x10c4);
    assert_int_equal(adapter->pid, 0xea60);
    assert_string_equal(adapter->place, "1-1");
    assert_string_equal(adapter->serial, "0001");
    assert_string_equal(adapter->product, "Test adapter");
    assert_string_equal(adapter->maker, "Maker");
    const struct seal_port *bare = find(ports, count, "");
    assert_int_equal(bare->vid, 0x303a);
    assert_int_equal(bare->pid, 0x0009);
    assert_string_equal(bare->place, "1-3");
    assert_string_equal(bare->product, "Test adapter");
    seal_ports_free(&ports);
    g_object_unref(testbed);
}

static void one_device_is_found_and_of_two_none(void **state)
{
    (void)state;
    UMockdevTestbed *testbed = new_testbed();
    struct seal_port port;
    struct seal_cause cause;
    assert_int_equal(seal_ports_find("auto", &port, &cause), SEAL_ERR_NO_DEVICE);
    add_usb(testbed, 1, "10c4", "ea60", DESCRIPTORS("c410", "60ea"), "0001");
    add_tty(testbed, 1, "ttyUSB0");
    assert_int_equal(seal_ports_find("auto", &port, &cause), SEAL_OK);
    assert_string_equal(port.path, "/dev/ttyUSB0");
    add_usb(testbed, 2, "10c4", "ea60", DESCRIPTORS("c410", "60ea"), "0002");
    add_tty(testbed, 2, "ttyUSB1");
    assert_int_equal(seal_ports_find("auto", &port, &cause), SEAL_ERR_NO_DEVICE);
    assert_non_null(strstr(cause.hint, "/dev/ttyUSB0"));
    assert_non_null(strstr(cause.hint, "/dev/ttyUSB1"));
    assert_int_equal(seal_ports_find("usb:10c4:ea60", &port, &cause), SEAL_ERR_NO_DEVICE);
    assert_int_equal(seal_ports_find("usb:10C4:EA60:0002", &port, &cause), SEAL_OK);
    assert_string_equal(port.path, "/dev/ttyUSB1");
    assert_int_equal(seal_ports_find("usb:303a:1001", &port, &cause), SEAL_ERR_NO_DEVICE);
    assert_int_equal(seal_ports_find("usb:nonsense", &port, &cause), SEAL_ERR_USAGE);
    assert_int_equal(seal_ports_find("usb:10c4:ea60:", &port, &cause), SEAL_ERR_USAGE);
    g_object_unref(testbed);
}

/* --- hot-plug --- */

struct seen {
    UMockdevTestbed *testbed;
    unsigned events;
    struct seal_port arrived, left;
};

static void *plug_in(void *self)
{
    UMockdevTestbed *testbed = self;
    g_usleep(300000);
    add_usb(testbed, 2, "303a", "1001", DESCRIPTORS("3a30", "0110"), "AA:BB:CC:DD:EE:01");
    umockdev_testbed_uevent(testbed, "/sys/devices/usb1/1-2", "add");
    g_usleep(100000);
    add_tty(testbed, 2, "ttyACM0"); /* a moment later */
    return NULL;
}

static bool note(void *ctx, bool arrived, const struct seal_port *port)
{
    struct seen *seen = ctx;
    seen->events++;
    *(arrived ? &seen->arrived : &seen->left) = *port;
    if (arrived) {
        umockdev_testbed_uevent(seen->testbed, "/sys/devices/usb1/1-2", "remove");
        umockdev_testbed_remove_device(seen->testbed, "/sys/devices/usb1/1-2");
    }
    return arrived;
}

static void devices_are_seen_to_come_and_go(void **state)
{
    (void)state;
    pthread_t thread;
    struct seen seen = {.testbed = new_testbed()};
    add_usb(seen.testbed, 1, "10c4", "ea60", DESCRIPTORS("c410", "60ea"), "0001");
    add_tty(seen.testbed, 1, "ttyUSB0");
    assert_int_equal(pthread_create(&thread, NULL, plug_in, seen.testbed), 0);
    assert_int_equal(seal_ports_watch(note, &seen, seal_deadline_in_ms(20000), NULL), SEAL_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(seen.events, 2);
    assert_string_equal(seen.arrived.path, "/dev/ttyACM0");
    assert_int_equal(seen.arrived.pid, 0x1001);
    assert_string_equal(seen.arrived.place, "1-2");
    assert_string_equal(seen.left.path, "/dev/ttyACM0"); /* as it was told of */
    g_object_unref(seen.testbed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_are_listed_with_what_is_behind_them),
        cmocka_unit_test(one_device_is_found_and_of_two_none),
        cmocka_unit_test(devices_are_seen_to_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
