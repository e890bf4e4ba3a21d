/* The line's rate: what adapter, cable and chip hold is found, and a rate that does not hold is left again.
 */
#include "rom/fake_rom.h"
#include "unit.h"

#include <string.h>

static struct fake_rom *fake_uart(unsigned adapter_fastest, unsigned line_fastest)
{
    struct fake_rom *fake = fake_new(true);
    fake->adapter_fastest = adapter_fastest;
    fake->line_fastest = line_fastest;
    return fake;
}

static void expect_rate(unsigned adapter_fastest, unsigned line_fastest, unsigned asked, unsigned expected)
{
    struct fake_rom *fake = fake_uart(adapter_fastest, line_fastest);
    const struct seal_loader_options options = {.baud = asked};
    struct seal_loader *loader = fake_connect(fake, &options);
    uint32_t value = 0;
    assert_int_equal(seal_loader_baud(loader), expected);
    assert_int_equal(fake->chip_baud, expected);
    assert_int_equal(fake->link->baud, expected);
    assert_int_equal(seal_loader_read_reg(loader, 0x60001234, &value, NULL), SEAL_OK);
    assert_int_equal(value, fake_register(0x60001234));
    seal_loader_free(&loader);
    fake_free(fake);
}

static void the_fastest_rate_that_holds_is_used(void **state)
{
    (void)state;
    expect_rate(0, 0, 2000000, 2000000);
    expect_rate(0, 0, 115200, 115200);
    expect_rate(921600, 0, 3000000, 921600); /* the adapter says so */
    expect_rate(0, 500000, 2000000, 460800); /* only trying tells */
    expect_rate(921600, 230400, 2000000, 230400);
    expect_rate(0, 115200, 921600, 115200);
}

static void without_lines_a_rate_that_does_not_hold_is_the_end(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_uart(0, 460800);
    const struct seal_loader_options options = {.baud = 921600, .no_reset = true};
    struct seal_loader *loader = NULL;
    struct seal_cause cause;
    assert_int_equal(seal_loader_connect(fake->link, &options, &loader, &cause), SEAL_ERR_LINK);
    assert_non_null(strstr(cause.text, "921600"));
    assert_null(loader);
    fake_free(fake);
}

static void much_to_write_raises_the_rate_once(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_uart(0, 500000);
    const struct seal_loader_options options = {.bulk_baud = 921600};
    struct seal_loader *loader = fake_connect(fake, &options);
    assert_int_equal(seal_loader_baud(loader), 115200);
    assert_int_equal(seal_loader_bulk(loader, 65535, NULL), SEAL_OK);
    assert_int_equal(seal_loader_baud(loader), 115200);
    assert_int_equal(seal_loader_bulk(loader, 65536, NULL), SEAL_OK);
    assert_int_equal(seal_loader_baud(loader), 460800);
    unsigned changes = fake->requests[SEAL_ROM_CHANGE_BAUDRATE];
    assert_int_equal(seal_loader_bulk(loader, 1 << 20, NULL), SEAL_OK);
    assert_int_equal(fake->requests[SEAL_ROM_CHANGE_BAUDRATE], changes);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void nothing_is_tried_where_there_is_no_way_back(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_uart(0, 0);
    const struct seal_loader_options options = {.bulk_baud = 921600, .no_reset = true};
    struct seal_loader *loader = fake_connect(fake, &options);
    assert_int_equal(seal_loader_bulk(loader, 1 << 20, NULL), SEAL_OK);
    assert_int_equal(fake->requests[SEAL_ROM_CHANGE_BAUDRATE], 0);
    seal_loader_free(&loader);
    /* a link that follows the chip needs none */
    fake->link->follows_rate = true;
    loader = fake_connect(fake, &options);
    assert_int_equal(seal_loader_bulk(loader, 1 << 20, NULL), SEAL_OK);
    assert_int_equal(seal_loader_baud(loader), 921600);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void usb_has_no_rate(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_uart(0, 0);
    const struct seal_loader_options options = {.baud = 921600};
    fake->link->usb_serial_jtag = true;
    struct seal_loader *loader = fake_connect(fake, &options);
    assert_int_equal(fake->requests[SEAL_ROM_CHANGE_BAUDRATE], 0);
    seal_loader_free(&loader);
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fastest_rate_that_holds_is_used),
        cmocka_unit_test(without_lines_a_rate_that_does_not_hold_is_the_end),
        cmocka_unit_test(much_to_write_raises_the_rate_once),
        cmocka_unit_test(nothing_is_tried_where_there_is_no_way_back),
        cmocka_unit_test(usb_has_no_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
