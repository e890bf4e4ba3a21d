/* Flash written, read and compared, over a ROM that damages blocks. */
#include "rom/fake_rom.h"
#include "unit.h"

#include <espseal/buf.h>

#include <stdlib.h>
#include <string.h>

static void fill(uint8_t *data, size_t len, bool random)
{
    uint32_t x = 1;
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525u + 1013904223u;
        data[i] = random ? (uint8_t)(x >> 24) : (uint8_t)(i / 100);
    }
}

static void flash_is_identified_in_nine_frames(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    struct seal_flash_id id;
    struct seal_loader_stats before, after;
    seal_loader_stats(loader, &before);
    assert_int_equal(seal_flash_attach(loader, &id, NULL), SEAL_OK);
    seal_loader_stats(loader, &after);
    assert_int_equal(id.manufacturer, 0xc8);
    assert_int_equal(id.size, FLASH_SIZE);
    assert_int_equal(after.frames_sent - before.frames_sent, 9);
    assert_int_equal(seal_flash_attach(loader, &id, NULL), SEAL_OK);
    seal_loader_stats(loader, &before);
    assert_int_equal(after.frames_sent, before.frames_sent);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void write_and_compare(bool random, bool never_deflate, bool expect_deflated)
{
    static uint8_t data[10000], back[12288];
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    const struct seal_flash_write_options options = {.never_deflate = never_deflate};
    struct seal_flash_write_result result;
    struct seal_cause cause;
    fill(data, sizeof data, random);
    memset(fake->flash + 0x9000, 0, 0x5000);
    assert_int_equal(seal_flash_write(loader, 0xA000, data, sizeof data, &options, &result, &cause), SEAL_OK);
    assert_false(result.skipped);
    assert_int_equal(result.deflated, expect_deflated);
    assert_memory_equal(fake->flash + 0xA000, data, sizeof data);
    assert_int_equal(fake->flash[0x9FFF], 0); /* neighbours are left alone */
    assert_int_equal(fake->flash[0xD000], 0);
    assert_int_equal(seal_flash_read(loader, 0xA000, back, sizeof back, NULL, NULL, &cause), SEAL_OK);
    assert_memory_equal(back, data, sizeof data);
    assert_int_equal(back[sizeof data], 0xFF);
    assert_int_equal(back[sizeof back - 1], 0xFF);
    unsigned blocks = fake->data_blocks;
    assert_int_equal(seal_flash_write(loader, 0xA000, data, sizeof data, &options, &result, &cause), SEAL_OK);
    assert_true(result.skipped);
    assert_int_equal(fake->data_blocks, blocks);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void flash_is_written_read_and_not_written_twice(void **state)
{
    (void)state;
    write_and_compare(false, false, true);
    write_and_compare(false, true, false);
    write_and_compare(true, false, false); /* random bytes do not deflate */
}

static void a_damaged_block_begins_the_run_again(void **state)
{
    (void)state;
    static uint8_t data[5000];
    for (unsigned damaged = 1; damaged <= 5; damaged++) {
        struct fake_rom *fake = fake_new(false);
        struct seal_loader *loader = fake_connect(fake, NULL);
        fake->damage_block = damaged;
        fill(data, sizeof data, true);
        assert_int_equal(seal_flash_write(loader, 0, data, sizeof data, NULL, NULL, NULL), SEAL_OK);
        assert_int_equal(fake->requests[SEAL_ROM_FLASH_BEGIN], 2);
        assert_memory_equal(fake->flash, data, sizeof data);
        seal_loader_free(&loader);
        fake_free(fake);
    }
}

static void only_sectors_that_differ_are_written(void **state)
{
    (void)state;
    const size_t len = 5 * 65536 + 100;
    uint8_t *data = malloc(len);
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    const struct seal_flash_write_options plain = {.never_deflate = true};
    struct seal_flash_write_result result;
    assert_non_null(data);
    fill(data, len, true);
    assert_int_equal(seal_flash_write(loader, 0x10000, data, len, &plain, &result, NULL), SEAL_OK);
    assert_int_equal(result.sent, len);
    data[2 * 65536] ^= 1;
    data[3 * 65536] ^= 1;
    data[len - 1] ^= 1;
    assert_int_equal(seal_flash_write(loader, 0x10000, data, len, &plain, &result, NULL), SEAL_OK);
    assert_int_equal(result.sent, 2 * 4096 + 100); /* the sectors that hold the changes */
    assert_int_equal(result.unchanged, 5 * 65536 - 2 * 4096);
    assert_true(result.verified && !result.skipped);
    assert_memory_equal(fake->flash + 0x10000, data, len);
    seal_loader_free(&loader);
    fake_free(fake);
    free(data);
}

static void flash_is_erased_and_not_twice(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    struct seal_cause cause;
    bool skipped;
    memset(fake->flash, 0, 0x10000);
    assert_int_equal(seal_flash_erase(loader, 0x1000, 0x3000, NULL, NULL, &skipped, &cause), SEAL_OK);
    assert_false(skipped);
    assert_int_equal(fake->flash[0xFFF], 0);
    assert_int_equal(fake->flash[0x1000], 0xFF);
    assert_int_equal(fake->flash[0x3FFF], 0xFF);
    assert_int_equal(fake->flash[0x4000], 0);
    unsigned begins = fake->requests[SEAL_ROM_FLASH_BEGIN];
    assert_int_equal(seal_flash_erase(loader, 0x1000, 0x3000, NULL, NULL, &skipped, &cause), SEAL_OK);
    assert_true(skipped);
    assert_int_equal(fake->requests[SEAL_ROM_FLASH_BEGIN], begins);
    assert_int_equal(seal_flash_erase(loader, 0x1100, 0x1000, NULL, NULL, NULL, &cause), SEAL_ERR_USAGE);
    assert_int_equal(seal_flash_erase(loader, FLASH_SIZE - 4096, 0x2000, NULL, NULL, NULL, &cause),
                     SEAL_ERR_TOO_LONG);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void release(void *ctx, size_t end)
{
    size_t *most = ctx;
    *most = end > *most ? end : *most;
}

static void memory_is_given_back_while_it_is_written(void **state)
{
    (void)state;
    static uint8_t data[3 << 20];
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    size_t released = 0;
    const struct seal_release telling = {release, &released};
    const struct seal_flash_write_options options = {.release = &telling};
    fill(data, sizeof data, false);
    assert_int_equal(seal_flash_write(loader, 0, data, sizeof data, &options, NULL, NULL), SEAL_OK);
    assert_int_equal(released, sizeof data);
    assert_int_equal(fake->requests[SEAL_ROM_FLASH_DEFL_BEGIN], 4); /* 64 KiB, then runs of 1 MiB */
    bool same = false;
    assert_int_equal(seal_flash_compare(loader, 0, data, sizeof data, NULL, &same, NULL), SEAL_OK);
    assert_true(same);
    data[5] ^= 1;
    assert_int_equal(seal_flash_compare(loader, 0, data, sizeof data, NULL, &same, NULL), SEAL_OK);
    assert_false(same);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void what_the_flash_tells_of_itself_is_read(void **state)
{
    (void)state;
    uint8_t tables[256];
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    struct seal_sfdp sfdp;
    memset(tables, 0xFF, sizeof tables);
    assert_int_equal(seal_flash_sfdp(loader, &sfdp, NULL), SEAL_OK);
    assert_false(sfdp.present);
    fake->sfdp = tables;
    memcpy(tables, "SFDP\x06\x01\x00\xFF\x00\x06\x01\x10\x30\x00\x00", 15);
    seal_put_le32(tables + 0x30, 0xFFF120E5);
    seal_put_le32(tables + 0x34, FLASH_SIZE * 8 - 1);
    seal_put_le32(tables + 0x58, 0x82);
    assert_int_equal(seal_flash_sfdp(loader, &sfdp, NULL), SEAL_OK);
    assert_true(sfdp.present && sfdp.erase_4k && !sfdp.address_4);
    assert_int_equal(sfdp.size, FLASH_SIZE);
    assert_int_equal(sfdp.page_size, 256);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void flash_has_an_end_and_sectors(void **state)
{
    (void)state;
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    struct seal_cause cause;
    const uint8_t data[8] = {0};
    assert_int_equal(seal_flash_write(loader, FLASH_SIZE, data, 8, NULL, NULL, &cause), SEAL_ERR_TOO_LONG);
    assert_int_equal(seal_flash_write(loader, 0x1001, data, 8, NULL, NULL, &cause), SEAL_ERR_USAGE);
    assert_int_equal(seal_flash_write(loader, FLASH_SIZE - 4096, data, 8, NULL, NULL, &cause), SEAL_OK);
    uint8_t back[8];
    assert_int_equal(seal_flash_read(loader, FLASH_SIZE - 4, back, 8, NULL, NULL, &cause), SEAL_ERR_TOO_LONG);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void blocks_that_are_too_large_for_the_line_become_small(void **state)
{
    (void)state;
    static uint8_t data[40000];
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    fill(data, sizeof data, true);
    assert_int_equal(seal_flash_write(loader, 0, data, sizeof data, NULL, NULL, NULL), SEAL_OK);
    assert_int_equal(fake->data_blocks, 10); /* of 4096 bytes */
    memset(fake->flash, 0, sizeof data);
    fake->largest_block = 1024;
    fake->data_blocks = 0;
    assert_int_equal(seal_flash_write(loader, 0, data, sizeof data, NULL, NULL, NULL), SEAL_OK);
    assert_int_equal(fake->data_blocks, 40);
    assert_memory_equal(fake->flash, data, sizeof data);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void lost_parameters_are_sent_again(void **state)
{
    (void)state;
    static uint8_t data[5000];
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    fill(data, sizeof data, true);
    assert_int_equal(seal_flash_attach(loader, NULL, NULL), SEAL_OK);
    fake->lost_parameters = true;
    assert_int_equal(seal_flash_write(loader, 0, data, sizeof data, NULL, NULL, NULL), SEAL_OK);
    assert_int_equal(fake->requests[SEAL_ROM_SPI_SET_PARAMS], 2);
    assert_memory_equal(fake->flash, data, sizeof data);
    seal_loader_free(&loader);
    fake_free(fake);
}

static void a_begin_that_erased_something_else_is_told(void **state)
{
    (void)state;
    static uint8_t data[5000];
    struct fake_rom *fake = fake_new(false);
    struct seal_loader *loader = fake_connect(fake, NULL);
    struct seal_flash_write_result result;
    fill(data, sizeof data, true);
    memset(fake->flash, 0, 0x200000);
    assert_int_equal(seal_flash_write(loader, 0, data, sizeof data, NULL, &result, NULL), SEAL_OK);
    assert_false(result.disturbed);
    fake->erase_too_much = true;
    data[0] ^= 1;
    assert_int_equal(seal_flash_write(loader, 0, data, sizeof data, NULL, &result, NULL), SEAL_OK);
    assert_true(result.disturbed);
    fake->begin_elsewhere = true;
    data[0] ^= 1;
    assert_int_equal(seal_flash_write(loader, 0, data, sizeof data, NULL, &result, NULL), SEAL_OK);
    assert_true(result.disturbed);
    assert_memory_equal(fake->flash, data, sizeof data);
    seal_loader_free(&loader);
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flash_is_identified_in_nine_frames),
        cmocka_unit_test(flash_is_written_read_and_not_written_twice),
        cmocka_unit_test(a_damaged_block_begins_the_run_again),
        cmocka_unit_test(only_sectors_that_differ_are_written),
        cmocka_unit_test(flash_is_erased_and_not_twice),
        cmocka_unit_test(memory_is_given_back_while_it_is_written),
        cmocka_unit_test(what_the_flash_tells_of_itself_is_read),
        cmocka_unit_test(flash_has_an_end_and_sectors),
        cmocka_unit_test(blocks_that_are_too_large_for_the_line_become_small),
        cmocka_unit_test(lost_parameters_are_sent_again),
        cmocka_unit_test(a_begin_that_erased_something_else_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
