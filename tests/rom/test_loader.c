/* The loader against a ROM that loses, delays, repeats and refuses. */
#include "rom/fake_rom.h"
#include "unit.h"

#include <string.h>

/* --- connecting --- */

static int failing_connect(struct fake_rom *fake, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    int err = seal_loader_connect(fake->link, NULL, &loader, cause);
    assert_null(loader);
    return err;
}

static void one_sync_and_one_question_make_a_session(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    struct seal_loader_stats stats;
    seal_loader_stats(loader, &stats);
    assert_string_equal(seal_loader_chip(loader)->name, "esp32c3");
    assert_int_equal(stats.frames_sent, 2);
    assert_int_equal(stats.bytes_sent, 46 + 10);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void silence_and_garbage_are_told_apart(void **state)
{
    (void)state;
    struct seal_cause cause;
    struct fake_rom *fake = fake_new(false);
    fake->silent = true;
    assert_int_equal(failing_connect(fake, &cause), SEAL_ERR_NO_DEVICE);
    assert_non_null(strstr(cause.text, "silent"));
    assert_true(cause.hint[0] != '\0');
    fake->silent = false;
    fake->garbage = true;
    assert_int_equal(failing_connect(fake, &cause), SEAL_ERR_PROTOCOL);
    assert_non_null(strstr(cause.text, "garbage"));
    fake_free(fake);
}

static void a_running_application_is_named_by_what_it_says(void **state)
{
    (void)state;
    struct seal_cause cause;
    struct fake_rom *fake = fake_new(false);
    fake->silent = true;
    fake_say(fake, "rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)\r\nI (31) boot: hello\r\n", 71);
    assert_int_equal(failing_connect(fake, &cause), SEAL_ERR_PROTOCOL);
    assert_non_null(strstr(cause.text, "boot: hello"));
    fake_free(fake);
}

static void a_disabled_download_mode_is_a_state(void **state)
{
    (void)state;
    struct seal_cause cause;
    struct fake_rom *fake = fake_new(false);
    fake->download_disabled = true;
    fake_say(fake, "rst:0x3\r\nDownload boot modes disabled\r\n", 39);
    assert_int_equal(failing_connect(fake, &cause), SEAL_ERR_STATE);
    assert_non_null(strstr(cause.hint, "only its own firmware reaches it now"));
    fake_free(fake);
}

static void boot_messages_before_the_answer_are_skipped(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    static const char talk[] = "\xC0\xC0"
                               "ESP-ROM:esp32c3\r\nwaiting for download\r\n\xC0";
    fake_say(fake, talk, sizeof talk - 1);
    struct seal_loader *loader = fake_connect(fake, NULL);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void lines_make_the_reset_sequence(void **state)
{
    (void)state;
    static const uint8_t tight[] = {0, 3, 1, 2, 0};
    static const uint8_t usb[] = {0, 2, 3, 1, 0};
    struct fake_rom *fake = fake_new(true);
    struct seal_loader *loader = fake_connect(fake, NULL);
    assert_int_equal(fake->lines_set, sizeof tight);
    assert_memory_equal(fake->lines, tight, sizeof tight);
    seal_loader_free(&loader);
    fake->lines_set = 0;
    fake->link->usb_serial_jtag = true;
    loader = fake_connect(fake, NULL);
    assert_int_equal(fake->lines_set, sizeof usb);
    assert_memory_equal(fake->lines, usb, sizeof usb);
    seal_loader_free(&loader);
    fake->lines_set = 0;
    const struct seal_loader_options no_reset = {.no_reset = true};
    loader = fake_connect(fake, &no_reset);
    assert_int_equal(fake->lines_set, 0);
    seal_loader_free(&loader);
    fake_free(fake);
}

/* --- registers --- */

static void expect_registers(struct seal_loader *loader, size_t count)
{
    uint32_t values[100];
    struct seal_cause cause;
    int err = seal_loader_read_words(loader, 0x60008800, values, count, &cause);
    if (err) {
        fail_msg("%s", cause.text);
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(values[i], fake_register(0x60008800 + 4 * (uint32_t)i));
    }
}

static void reads_fill_the_fifo_and_no_more(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    expect_registers(loader, 100);
    assert_int_equal(fake->most_in_flight, 8);
    assert_in_range(fake->most_bytes, 8 * 14, 128);
    assert_int_equal(fake->requests[SEAL_ROM_READ_REG], 100);
    /* every byte of the address is escaped: fewer requests fit */
    uint32_t addresses[20], values[20];
    for (size_t i = 0; i < 20; i++) {
        addresses[i] = 0xC0DBC0DB;
    }
    fake->most_bytes = 0;
    assert_int_equal(seal_loader_read_regs(loader, addresses, values, 20, NULL), SEAL_OK);
    assert_in_range(fake->most_bytes, 6 * 18, 128);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void a_lost_answer_is_asked_for_again_behind_a_barrier(void **state)
{
    (void)state;
    for (unsigned lost = 1; lost <= 30; lost++) {
        struct fake_rom *fake = fake_new(false);
        struct seal_loader *loader = fake_connect(fake, NULL);
        fake->lose_answer = lost;
        unsigned syncs = fake->requests[SEAL_ROM_SYNC];
        expect_registers(loader, 30);
        assert_int_equal(fake->requests[SEAL_ROM_SYNC], syncs + 1);
        expect_registers(loader, 5);
        assert_int_equal(fake->requests[SEAL_ROM_SYNC], syncs + 1);
        seal_loader_free(&loader);
        fake_free(fake);
    }
}

static void a_late_answer_is_not_taken_for_another_one(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    struct seal_cause cause;
    fake->hold_next = true;
    assert_int_equal(seal_loader_write_reg(loader, 0x60008800, 1, &cause), SEAL_ERR_TIMEOUT);
    assert_int_equal(fake->requests[SEAL_ROM_WRITE_REG], 1);
    expect_registers(loader, 3);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void what_is_left_in_the_input_does_not_stop_a_window(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    unsigned syncs = fake->requests[SEAL_ROM_SYNC];
    fake_say(fake, "\xC0\xC0", 2);
    expect_registers(loader, 3);
    assert_int_equal(fake->requests[SEAL_ROM_SYNC], syncs);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void a_stale_code_beside_success_is_success(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    fake->stale_code = 5;
    struct seal_loader *loader = fake_connect(fake, NULL);
    expect_registers(loader, 10);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void a_refusal_under_another_opcode_is_a_refusal(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    uint32_t value;
    struct seal_cause cause;
    fake->refuse_reads = true;
    assert_int_equal(seal_loader_read_reg(loader, 0x60008800, &value, &cause), SEAL_ERR_ROM_REFUSED);
    assert_int_equal(cause.rom_code, 5);
    uint32_t values[20];
    assert_int_equal(seal_loader_read_words(loader, 0x60008800, values, 20, &cause), SEAL_ERR_ROM_REFUSED);
    fake->refuse_reads = false;
    expect_registers(loader, 20);
    /* and under its own, when the request before was of the same kind */
    fake->refuse_reads = true;
    assert_int_equal(seal_loader_read_reg(loader, 0x60008800, &value, &cause), SEAL_ERR_ROM_REFUSED);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void a_chip_that_resets_is_told(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    struct seal_cause cause;
    fake->resets = true;
    assert_int_equal(seal_loader_write_reg(loader, 0x60008800, 1, &cause), SEAL_ERR_LINK);
    assert_non_null(strstr(cause.text, "rst:0x3"));
    seal_loader_free(&loader);
    fake_free(fake);
}

struct seen {
    unsigned hidden, shown;
    bool leaked;
};

static void watch(void *ctx, enum seal_trace_direction direction, uint8_t opcode, const uint8_t *payload,
                  size_t len)
{
    (void)direction;
    struct seen *seen = ctx;
    if (opcode == SEAL_ROM_WRITE_REG && direction == SEAL_TRACE_SENT) {
        *(payload ? &seen->shown : &seen->hidden) += 1;
    }
    seen->leaked |= payload && memmem(payload, len, "\xEF\xBE\xAD\xDE", 4) != NULL;
}

static void writes_share_frames_and_secrets_stay_hidden(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seen seen = {0};
    const struct seal_loader_options options = {.trace = watch, .trace_ctx = &seen};
    struct seal_loader *loader = fake_connect(fake, &options);
    struct seal_reg_write writes[300];
    for (size_t i = 0; i < 300; i++) {
        writes[i] = (struct seal_reg_write){0x60008800, 0xDEADBEEF, 0xFFFFFFFF, 0};
    }
    assert_int_equal(seal_loader_write_regs(loader, writes, 300, SEAL_LOADER_SECRET, NULL), SEAL_OK);
    assert_int_equal(fake->tuples, 300);
    assert_int_equal(fake->requests[SEAL_ROM_WRITE_REG], 2);
    assert_int_equal(seen.hidden, 2);
    assert_false(seen.leaked);
    assert_int_equal(seal_loader_write_regs(loader, writes, 1, 0, NULL), SEAL_OK);
    assert_int_equal(seen.shown, 1);
    assert_true(seen.leaked);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void watch_values(void *ctx, enum seal_trace_direction direction, uint8_t opcode,
                         const uint8_t *payload, size_t len)
{
    (void)len;
    struct seen *seen = ctx;
    if (opcode == SEAL_ROM_READ_REG && direction == SEAL_TRACE_RECEIVED) {
        *(payload ? &seen->shown : &seen->hidden) += 1;
    }
}

static void key_blocks_read_back_stay_hidden(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seen seen = {0};
    const struct seal_loader_options options = {.trace = watch_values, .trace_ctx = &seen};
    struct seal_loader *loader = fake_connect(fake, &options);
    uint32_t words[8];
    const struct seal_efuse_controller *efuse = seal_loader_chip(loader)->efuse;
    int key0 = seal_chip_key_block(seal_loader_chip(loader), 0);
    assert_int_equal(seal_loader_read_words(loader, efuse->base + efuse->blocks[key0].read, words, 8, NULL),
                     SEAL_OK);
    assert_int_equal(seen.hidden, 8);
    assert_int_equal(seal_loader_read_words(loader, efuse->base + efuse->blocks[1].read, words, 6, NULL),
                     SEAL_OK);
    assert_int_equal(seen.shown, 6);
    seal_loader_free(&loader);
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sync_and_one_question_make_a_session),
        cmocka_unit_test(silence_and_garbage_are_told_apart),
        cmocka_unit_test(a_running_application_is_named_by_what_it_says),
        cmocka_unit_test(a_disabled_download_mode_is_a_state),
        cmocka_unit_test(boot_messages_before_the_answer_are_skipped),
        cmocka_unit_test(lines_make_the_reset_sequence),
        cmocka_unit_test(reads_fill_the_fifo_and_no_more),
        cmocka_unit_test(a_lost_answer_is_asked_for_again_behind_a_barrier),
        cmocka_unit_test(a_late_answer_is_not_taken_for_another_one),
        cmocka_unit_test(what_is_left_in_the_input_does_not_stop_a_window),
        cmocka_unit_test(a_stale_code_beside_success_is_success),
        cmocka_unit_test(a_refusal_under_another_opcode_is_a_refusal),
        cmocka_unit_test(a_chip_that_resets_is_told),
        cmocka_unit_test(writes_share_frames_and_secrets_stay_hidden),
        cmocka_unit_test(key_blocks_read_back_stay_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
