/* SFDP as flash chips have it, and as they should not. */
#include "unit.h"

#include <espseal/buf.h>
#include <espseal/sfdp.h>

#include <string.h>

static const uint8_t header[SEAL_SFDP_HEADER_LEN] = {'S', 'F', 'D',  'P',  5,    1, 1, 0xFF,
                                                     0,   0,   0x01, 0x10, 0x80, 0, 0, 0xFF};

static void the_header_tells_where_the_table_is(void **state)
{
    (void)state;
    struct seal_sfdp sfdp;
    uint8_t other[SEAL_SFDP_HEADER_LEN];
    assert_true(seal_sfdp_header(header, &sfdp));
    assert_true(sfdp.present && sfdp.major == 1 && sfdp.minor == 5);
    assert_int_equal(sfdp.basic_offset, 0x80);
    assert_int_equal(sfdp.basic_len, 64);
    memcpy(other, header, sizeof other);
    other[11] = 9; /* words, of an old version */
    assert_true(seal_sfdp_header(other, &sfdp));
    assert_int_equal(sfdp.basic_len, 36);
    other[11] = 0xFF;
    assert_true(seal_sfdp_header(other, &sfdp));
    assert_int_equal(sfdp.basic_len, SEAL_SFDP_BASIC_LEN);
    other[0] = 0;
    assert_false(seal_sfdp_header(other, &sfdp));
    assert_false(sfdp.present);
    memset(other, 0xFF, sizeof other);
    assert_false(seal_sfdp_header(other, &sfdp));
}

static void the_basic_table_tells_sizes(void **state)
{
    (void)state;
    static const struct {
        uint32_t density;
        uint64_t size;
    } rows[] = {{0x01FFFFFF, 4u << 20},
                {0x0FFFFFFF, 32u << 20},
                {0x80000020, 512ull << 20},
                {0x80000002, 0},
                {0xFFFFFFFF, 0}};
    uint8_t table[64] = {0};
    struct seal_sfdp sfdp;
    seal_put_le32(table, 0xFFF320E5);
    seal_put_le32(table + 40, 0x82);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(seal_sfdp_header(header, &sfdp));
        seal_put_le32(table + 4, rows[i].density);
        seal_sfdp_basic(table, sizeof table, &sfdp);
        assert_true(sfdp.size == rows[i].size);
    }
    assert_true(sfdp.erase_4k && sfdp.address_4 && sfdp.quad_io && sfdp.quad_output);
    assert_int_equal(sfdp.page_size, 256);
    assert_true(seal_sfdp_header(header, &sfdp));
    seal_sfdp_basic(table, 36, &sfdp); /* no eleventh word */
    assert_int_equal(sfdp.page_size, 0);
    seal_sfdp_basic(table, 3, &sfdp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_header_tells_where_the_table_is),
                                       cmocka_unit_test(the_basic_table_tells_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
