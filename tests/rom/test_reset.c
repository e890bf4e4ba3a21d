/* Into the bootloader and out of it: lines, watchdogs, devices that leave the bus meanwhile. */
#include "rom/fake_rom.h"
#include "unit.h"

#include <string.h>

static const struct seal_watchdogs *dogs(void)
{
    return &seal_chip_find("esp32c3")->watchdogs;
}

static void expect_write(const struct fake_rom *fake, size_t index, uint32_t address, uint32_t value,
                         uint32_t mask)
{
    assert_true(index < fake->tuples);
    assert_int_equal(fake->writes[index].address, address);
    assert_int_equal(fake->writes[index].value, value);
    assert_int_equal(fake->writes[index].mask, mask);
}

static void the_watchdogs_are_stopped_over_the_chips_own_usb(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(true);
    fake->link->usb_serial_jtag = true;
    struct seal_loader *loader = fake_connect(fake, NULL);
    assert_int_equal(fake->tuples, 6);
    expect_write(fake, 0, dogs()->protect, 0x50d83aa1, 0xFFFFFFFF);
    expect_write(fake, 1, dogs()->config0, 0, 0xFFFFFFFF);
    expect_write(fake, 2, dogs()->protect, 0, 0xFFFFFFFF);
    expect_write(fake, 3, dogs()->super_protect, 0x8f1d312a, 0xFFFFFFFF);
    expect_write(fake, 4, dogs()->super_config, 0x80000000, 0x80000000); /* the other bits stay */
    expect_write(fake, 5, dogs()->super_protect, 0, 0xFFFFFFFF);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void over_a_uart_they_are_left_alone(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(true);
    struct seal_loader *loader = fake_connect(fake, NULL);
    assert_int_equal(fake->tuples, 0);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void the_usb_sequence_can_be_asked_for(void **state)
{
    (void)state;
    static const uint8_t usb[] = {0, 2, 3, 1, 0};
    const struct seal_loader_options options = {.usb_reset = true};
    struct fake_rom *fake = fake_new(true);
    struct seal_loader *loader = fake_connect(fake, &options);
    assert_int_equal(fake->lines_set, sizeof usb);
    assert_memory_equal(fake->lines, usb, sizeof usb);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void a_device_that_leaves_the_bus_is_found_again(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(true);
    fake->leaves_bus = true;
    struct seal_loader *loader = fake_connect(fake, NULL);
    assert_int_equal(fake->reopened, 1);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void one_that_stays_away_ends_the_attempt(void **state)
{
    (void)state;
    struct seal_cause cause;
    struct seal_loader *loader = NULL;
    struct fake_rom *fake = fake_new(true);
    fake->leaves_bus = true;
    fake->never_returns = true;
    assert_int_equal(seal_loader_connect(fake->link, NULL, &loader, &cause), SEAL_ERR_NO_DEVICE);
    assert_null(loader);
    assert_int_equal(fake->reopened, 1);
    fake_free(fake);
}

static void usb_otg_is_tried_without_a_reset_first(void **state)
{
    (void)state;
    struct seal_cause cause;
    struct seal_loader *loader = NULL;
    struct fake_rom *fake = fake_new(true);
    fake->link->usb_otg = true;
    loader = fake_connect(fake, NULL);
    assert_int_equal(fake->lines_set, 0);
    seal_loader_free(&loader);
    fake->silent = true;
    assert_int_equal(seal_loader_connect(fake->link, NULL, &loader, &cause), SEAL_ERR_NO_DEVICE);
    assert_true(fake->lines_set > 0);
    fake_free(fake);
}

static void expect_bite(const struct fake_rom *fake)
{
    expect_write(fake, 0, dogs()->protect, 0x50d83aa1, 0xFFFFFFFF);
    expect_write(fake, 1, dogs()->config1, 2000, 0xFFFFFFFF);
    expect_write(fake, 2, dogs()->config0, 0xd0000102, 0xFFFFFFFF);
    expect_write(fake, 3, dogs()->protect, 0, 0xFFFFFFFF);
}

static void the_watchdog_resets_the_chip(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    assert_int_equal(seal_loader_watchdog_reset(loader, NULL), SEAL_OK);
    expect_bite(fake);
    seal_loader_free(&loader);
    fake_free(fake);
    /* on USB-OTG, where the lines do not reach the reset, it is how a session ends */
    fake = fake_new(true);
    fake->link->usb_otg = true;
    loader = fake_connect(fake, NULL);
    assert_int_equal(seal_loader_reset(loader, NULL), SEAL_OK);
    expect_bite(fake);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void every_described_watchdog_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; seal_chips[i]; i++) {
        const struct seal_watchdogs *row = &seal_chips[i]->watchdogs;
        bool super = row->super_config != 0;
        assert_true(super == (row->super_protect != 0) && super == (row->super_key != 0) &&
                    super == (row->super_auto_feed != 0));
        if (super || row->resets_chip) {
            assert_true(row->config0 && row->config1 == row->config0 + 4 && row->protect > row->config1);
        }
        assert_true((seal_chips[i]->usb_otg.force_download != 0) ==
                    (seal_chips[i]->usb_otg.force_download_bit != 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_watchdogs_are_stopped_over_the_chips_own_usb),
        cmocka_unit_test(over_a_uart_they_are_left_alone),
        cmocka_unit_test(the_usb_sequence_can_be_asked_for),
        cmocka_unit_test(a_device_that_leaves_the_bus_is_found_again),
        cmocka_unit_test(one_that_stays_away_ends_the_attempt),
        cmocka_unit_test(usb_otg_is_tried_without_a_reset_first),
        cmocka_unit_test(the_watchdog_resets_the_chip),
        cmocka_unit_test(every_described_watchdog_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
