/* Faults, and the in-process link that runs through them. */
#include "unit.h"

#include "sim_link.h"
#include "sim_pace.h"
#include "sim_parts.h"

#include <string.h>

static const uint8_t sync_frame[] = {0xC0, 0x00, 0x08, 0x24, 0x00, 0,    0,    0,    0,    0x07, 0x07, 0x12,
                                     0x20, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
                                     0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
                                     0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xC0};
/* READ_REG of the magic word */
static const uint8_t read_frame[] = {0xC0, 0, 0x0A, 4, 0, 0, 0, 0, 0, 0x00, 0x10, 0x00, 0x40, 0xC0};

static struct sim_chip *new_chip(const char *fault)
{
    struct sim_chip *chip = NULL;
    const struct sim_options options = {
        .chip = seal_chip_find("esp32c3"), .flash_size = 65536, .fault = fault};
    assert_int_equal(sim_chip_new(&options, &chip, NULL), SEAL_OK);
    return chip;
}

/* Everything that can be read now. */
static size_t read_all(struct seal_link *link, uint8_t *data, size_t capacity, int *err)
{
    size_t total = 0, len = 0;
    while ((*err = seal_link_read(link, data + total, capacity - total, &len, seal_deadline_in_ms(0),
                                  NULL)) == SEAL_OK) {
        total += len;
    }
    return total;
}

static size_t ask(struct seal_link *link, int *write_err, int *read_err)
{
    uint8_t data[1024];
    *write_err = seal_link_write(link, read_frame, sizeof read_frame, seal_deadline_in_ms(0), NULL);
    return read_all(link, data, sizeof data, read_err);
}

static void open_link(const char *fault, struct sim_chip **chip, struct seal_link **link)
{
    uint8_t banner[256];
    int err;
    *chip = new_chip(fault);
    assert_int_equal(sim_link_new(*chip, link), SEAL_OK);
    assert_true(read_all(*link, banner, sizeof banner, &err) > 100);
    assert_int_equal(err, SEAL_ERR_TIMEOUT);
}

static void close_link(struct sim_chip **chip, struct seal_link **link)
{
    seal_link_close(link);
    sim_chip_free(chip);
}

static void rules_are_read_or_refused(void **state)
{
    (void)state;
    static const char *const good[] = {
        "cut:frame=1",
        "cut:byte=70000",
        "drop:byte=2",
        "flip:byte=3",
        "delay:frame=4:ms=250",
        "stall:frame=5",
        "power:burn=1",
        "power:burn=2:bits=0",
        "lie:burn=1",
        "neighbour:burn=1",
        "cut:frame=1,cut:frame=2,drop:byte=9",
        "",
    };
    static const char *const bad[] = {
        "cut",
        "cut:frame",
        "cut:frame=0",
        "cut:frame=x",
        "cut:burn=1",
        "delay:frame=1",
        "cut:frame=1:ms=2",
        "power:burn=",
        "explode:frame=1",
        "delay:frame=1:bits=2",
        ",",
        "cut:frame=1,,",
        "lie:frame=1",
        "cut:frame=-1",
        "power:burn=1:bits=1:x=2",
    };
    struct sim_fault fault;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(sim_fault_parse(good[i], &fault, NULL), SEAL_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct seal_cause cause = {0};
        assert_int_equal(sim_fault_parse(bad[i], &fault, &cause), SEAL_ERR_USAGE);
        assert_string_not_equal(cause.text, "");
    }
}

static void a_cut_frame_is_executed_and_not_answered(void **state)
{
    (void)state;
    /* WRITE_REG 3FC90000 = 1 */
    static const uint8_t write_frame[] = {0xC0, 0, 9, 16, 0,    0,    0,    0,    0, 0, 0, 0xC9, 0x3F,
                                          1,    0, 0, 0,  0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0,    0xC0};
    struct sim_chip *chip;
    struct seal_link *link;
    int write_err, read_err;
    uint32_t value = 0;
    open_link("cut:frame=2", &chip, &link);
    assert_int_equal(ask(link, &write_err, &read_err), 14);
    assert_int_equal(seal_link_write(link, write_frame, sizeof write_frame, seal_deadline_in_ms(0), NULL),
                     SEAL_OK);
    assert_int_equal(ask(link, &write_err, &read_err), 0);
    assert_int_equal(write_err, SEAL_ERR_LINK);
    assert_int_equal(read_err, SEAL_ERR_LINK);
    assert_int_equal(sim_chip_state(chip), SIM_CUT);
    assert_true(sim_bus_read(chip, 0x3FC90000, &value));
    assert_int_equal(value, 1);
    sim_chip_reconnect(chip);
    assert_int_equal(ask(link, &write_err, &read_err), 14);
    assert_int_equal(read_err, SEAL_ERR_TIMEOUT);
    close_link(&chip, &link);
}

static void a_cut_byte_never_arrives(void **state)
{
    (void)state;
    struct sim_chip *chip;
    struct seal_link *link;
    int write_err, read_err;
    open_link("cut:byte=14", &chip, &link);
    assert_int_equal(ask(link, &write_err, &read_err), 0);
    assert_int_equal(read_err, SEAL_ERR_LINK);
    assert_int_equal(sim_chip_frames(chip), 0);
    assert_int_equal(sim_chip_bytes(chip), 14);
    sim_chip_power_cycle(chip);
    assert_true(ask(link, &write_err, &read_err) > 100); /* with the banner */
    close_link(&chip, &link);
}

static void bytes_are_dropped_and_flipped(void **state)
{
    (void)state;
    struct sim_chip *chip;
    struct seal_link *link;
    int write_err, read_err;
    open_link("drop:byte=14,flip:byte=31", &chip, &link);
    assert_int_equal(ask(link, &write_err, &read_err), 0); /* the frame did not end */
    assert_int_equal(read_err, SEAL_ERR_TIMEOUT);
    assert_int_equal(ask(link, &write_err, &read_err), 14); /* the next frame's C0 ended it */
    assert_int_equal(ask(link, &write_err, &read_err), 14); /* opcode 1A: refused under READ_REG */
    close_link(&chip, &link);
}

static void a_late_answer_comes_after_the_deadline(void **state)
{
    (void)state;
    struct sim_chip *chip;
    struct seal_link *link;
    uint8_t data[64];
    size_t len;
    open_link("delay:frame=1:ms=1000", &chip, &link);
    assert_int_equal(seal_link_write(link, read_frame, sizeof read_frame, seal_deadline_in_ms(0), NULL),
                     SEAL_OK);
    assert_int_equal(seal_link_read(link, data, sizeof data, &len, seal_deadline_in_ms(600), NULL),
                     SEAL_ERR_TIMEOUT);
    assert_int_equal(seal_link_read(link, data, sizeof data, &len, seal_deadline_in_ms(600), NULL), SEAL_OK);
    assert_int_equal(len, 14);
    close_link(&chip, &link);
}

static void a_stalled_chip_is_silent_until_its_power_was_off(void **state)
{
    (void)state;
    struct sim_chip *chip;
    struct seal_link *link;
    int write_err, read_err;
    open_link("stall:frame=2", &chip, &link);
    assert_int_equal(ask(link, &write_err, &read_err), 14);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(link, &write_err, &read_err), 0);
        assert_int_equal(write_err, SEAL_OK);
        assert_int_equal(read_err, SEAL_ERR_TIMEOUT);
    }
    sim_chip_power_cycle(chip);
    assert_true(ask(link, &write_err, &read_err) > 100);
    close_link(&chip, &link);
}

/* --- burns --- */

static void burn_key(struct sim_chip *chip)
{
    uint32_t words[8];
    uint8_t check[12];
    for (uint32_t i = 0; i < 8; i++) {
        words[i] = 0xA5A5A5A5u;
        assert_true(sim_bus_write(chip, 0x60008800 + 4 * i, words[i]));
    }
    sim_efuse_encode(words, check);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(sim_bus_write(chip, 0x60008820 + 4 * i, seal_le32(check + (size_t)4 * i)));
    }
    assert_true(sim_bus_write(chip, 0x600089CC, 0x5A5A));
    assert_true(sim_bus_write(chip, 0x600089D4, 2 | 4 << 2));
}

static int bits_in(const struct sim_chip *chip)
{
    int count = 0;
    for (size_t i = 0; i < 8; i++) {
        count += __builtin_popcount(sim_chip_fuses(chip, 4)[i]);
    }
    for (size_t i = 0; i < 12; i++) {
        count += __builtin_popcount(chip->efuse.check[4][i]);
    }
    return count;
}

static int bits_after(const char *fault)
{
    struct sim_chip *chip = new_chip(fault);
    burn_key(chip);
    int count = bits_in(chip);
    sim_chip_free(&chip);
    return count;
}

static void power_lost_in_a_burn_leaves_some_bits(void **state)
{
    (void)state;
    int all = bits_after(NULL);
    assert_true(all > 128);
    assert_int_equal(bits_after("power:burn=1"), all / 2);
    assert_int_equal(bits_after("power:burn=1:bits=0"), 0);
    assert_int_equal(bits_after("power:burn=1:bits=17"), 17);
    assert_int_equal(bits_after("power:burn=1:bits=5000"), all / 2);
    assert_int_equal(bits_after("power:burn=2"), all);
    struct sim_chip *chip = new_chip("power:burn=1:bits=17");
    burn_key(chip);
    assert_int_equal(sim_chip_state(chip), SIM_OFF);
    assert_int_equal(sim_chip_feed(chip, sync_frame, sizeof sync_frame), SEAL_OK);
    assert_int_equal(sim_chip_frames(chip), 0);
    sim_chip_power_cycle(chip);
    burn_key(chip); /* the missing bits */
    assert_int_equal(bits_in(chip), all);
    sim_chip_free(&chip);
}

static void a_burn_may_lie_or_do_too_much(void **state)
{
    (void)state;
    int all = bits_after(NULL);
    assert_int_equal(bits_after("lie:burn=1"), 0);
    assert_int_equal(bits_after("neighbour:burn=1"), all + 1);
}

/* --- time --- */

static void paced_bytes_take_the_time_of_the_wire(void **state)
{
    (void)state;
    struct sim_pace pace = {.baud = 115200};
    const int64_t start = 1000000000;
    sim_pace_arrive(&pace, start);
    assert_int_equal(sim_pace_due(&pace, start, 100), 0);
    assert_int_equal(sim_pace_due(&pace, start + 86804, 100), 0);
    assert_int_equal(sim_pace_due(&pace, start + 86806, 100), 1);
    assert_int_equal(sim_pace_due(&pace, start + 868056, 100), 10);
    assert_int_equal(sim_pace_due(&pace, start + 999999999, 100), 100);
    for (size_t done = 0; done < 11520; done += 16) {
        sim_pace_hear(&pace, 16);
    }
    assert_in_range(pace.heard - start, 999000000, 1000000000); /* 11520 bytes: one second */
    int64_t end = sim_pace_send(&pace, start, 500, 115200, 1152);
    assert_int_equal(end - start, 100000000 + 500000);
    assert_int_equal(sim_pace_send(&pace, start, 0, 115200, 1152) - end, 100000000); /* behind the first */
    pace.latency_ns = 16000000;
    assert_int_equal(sim_pace_send(&pace, start, 0, 1152000, 1152) - end, 100000000 + 10000000 + 16000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_read_or_refused),
        cmocka_unit_test(a_cut_frame_is_executed_and_not_answered),
        cmocka_unit_test(a_cut_byte_never_arrives),
        cmocka_unit_test(bytes_are_dropped_and_flipped),
        cmocka_unit_test(a_late_answer_comes_after_the_deadline),
        cmocka_unit_test(a_stalled_chip_is_silent_until_its_power_was_off),
        cmocka_unit_test(power_lost_in_a_burn_leaves_some_bits),
        cmocka_unit_test(a_burn_may_lie_or_do_too_much),
        cmocka_unit_test(paced_bytes_take_the_time_of_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
