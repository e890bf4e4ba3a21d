#include "unit.h"

#include <espseal/digest.h>
#include <espseal/partition_table.h>

#include <string.h>

static void put_entry(struct seal_buf *out, const char *name, uint32_t offset, uint32_t size)
{
    uint8_t entry[32] = {0xAA, 0x50, 0x01, 0x02};
    seal_put_le32(entry + 4, offset);
    seal_put_le32(entry + 8, size);
    memcpy(entry + 12, name, strlen(name));
    entry[28] = 3;
    assert_int_equal(seal_buf_put(out, entry, sizeof entry), SEAL_OK);
}

static void put_end(struct seal_buf *out)
{
    assert_int_equal(seal_buf_put_fill(out, 0xFF, 32), SEAL_OK);
}

static void put_md5(struct seal_buf *out)
{
    uint8_t entry[32] = {0xEB, 0xEB};
    memset(entry + 2, 0xFF, 14);
    assert_int_equal(seal_md5(seal_buf_ptr(out), seal_buf_len(out), entry + 16), SEAL_OK);
    assert_int_equal(seal_buf_put(out, entry, sizeof entry), SEAL_OK);
}

static int decode(const struct seal_buf *in, struct seal_partition_table *table)
{
    return seal_partition_table_decode(seal_buf_ptr(in), seal_buf_len(in), seal_md5, table, NULL);
}

static void decodes_entries(void **state)
{
    (void)state;
    struct seal_partition_table table;
    struct seal_buf *in = seal_buf_new();
    put_entry(in, "nvs", 0x9000, 0x4000);
    put_entry(in, "exactly16letters", 0xD000, 0x2000);
    put_md5(in);
    put_end(in);
    assert_int_equal(decode(in, &table), SEAL_OK);
    assert_int_equal(table.count, 2);
    assert_true(table.has_md5);
    const struct seal_partition *found = seal_partition_find(&table, "exactly16letters");
    assert_non_null(found);
    assert_int_equal(found->type, 1);
    assert_int_equal(found->subtype, 2);
    assert_int_equal(found->offset, 0xD000);
    assert_int_equal(found->size, 0x2000);
    assert_int_equal(found->flags, 3);
    assert_null(seal_partition_find(&table, "exactly16letter"));
    seal_buf_mutable(in)[0] = 0;
    assert_int_equal(decode(in, &table), SEAL_ERR_FORMAT);
    assert_int_equal(table.count, 0);
    seal_buf_free(&in);
}

static void md5_is_optional_but_right(void **state)
{
    (void)state;
    struct seal_partition_table table;
    struct seal_buf *in = seal_buf_new();
    put_entry(in, "nvs", 0x9000, 0x4000);
    put_end(in);
    assert_int_equal(decode(in, &table), SEAL_OK);
    assert_false(table.has_md5);
    seal_buf_truncate(in, 32);
    put_md5(in);
    put_end(in);
    seal_buf_mutable(in)[8] ^= 1;
    assert_int_equal(decode(in, &table), SEAL_ERR_FORMAT);
    assert_int_equal(seal_partition_table_decode(seal_buf_ptr(in), seal_buf_len(in), NULL, &table, NULL),
                     SEAL_OK);
    seal_buf_free(&in);
}

static void a_table_has_an_end(void **state)
{
    (void)state;
    struct seal_partition_table table;
    struct seal_buf *in = seal_buf_new();
    for (uint32_t i = 0; i < SEAL_PARTITION_MAX; i++) {
        put_entry(in, "p", 0x10000 + i * 0x1000, 0x1000);
    }
    assert_int_equal(decode(in, &table), SEAL_ERR_FORMAT);
    put_end(in);
    assert_int_equal(seal_buf_len(in), SEAL_PARTITION_TABLE_SIZE);
    assert_int_equal(decode(in, &table), SEAL_OK);
    assert_int_equal(table.count, SEAL_PARTITION_MAX);
    seal_buf_truncate(in, 95 * 32);
    put_entry(in, "p", 0, 0x1000);
    put_end(in);
    assert_int_equal(decode(in, &table), SEAL_ERR_FORMAT);
    seal_buf_truncate(in, 32);
    for (size_t len = 0; len <= 32; len++) {
        assert_int_equal(seal_partition_table_decode(seal_buf_ptr(in), len, seal_md5, &table, NULL),
                         SEAL_ERR_FORMAT);
    }
    seal_buf_free(&in);
}

static void what_is_no_table_is_refused(void **state)
{
    (void)state;
    struct seal_partition_table table;
    struct seal_buf *in = seal_buf_new();
    assert_int_equal(seal_buf_put_fill(in, 0xFF, SEAL_PARTITION_TABLE_SIZE), SEAL_OK);
    assert_int_equal(decode(in, &table), SEAL_ERR_NOT_FOUND);
    seal_buf_truncate(in, 0);
    assert_int_equal(seal_buf_put_fill(in, 0, SEAL_PARTITION_TABLE_SIZE), SEAL_OK);
    assert_int_equal(decode(in, &table), SEAL_ERR_FORMAT);
    seal_buf_truncate(in, 0);
    put_md5(in); /* of nothing */
    put_end(in);
    assert_int_equal(decode(in, &table), SEAL_ERR_FORMAT);
    seal_buf_truncate(in, 0);
    put_entry(in, "nvs", 0x9000, 0x4000);
    put_md5(in);
    put_entry(in, "late", 0x10000, 0x4000);
    put_end(in);
    assert_int_equal(decode(in, &table), SEAL_ERR_FORMAT);
    seal_buf_free(&in);
}

static void overlap_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t offset, size;
        int err;
    } rows[] = {
        {0xA000, 0x1000, SEAL_OK},
        {0x8000, 0x1000, SEAL_OK},
        {0x8000, 0x1001, SEAL_ERR_FORMAT},
        {0x9FFF, 0x1000, SEAL_ERR_FORMAT},
        {0x9800, 0x10, SEAL_ERR_FORMAT},
        {0x8000, 0x10000, SEAL_ERR_FORMAT},
        {0x100, 0xFFFFFFFF, SEAL_ERR_FORMAT},
        {0xFFFFF000, 0xFFFFFFFF, SEAL_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_partition_table table;
        struct seal_buf *in = seal_buf_new();
        put_entry(in, "first", 0x9000, 0x1000);
        put_entry(in, "second", rows[i].offset, rows[i].size);
        put_end(in);
        assert_int_equal(decode(in, &table), rows[i].err);
        seal_buf_free(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_entries),    cmocka_unit_test(md5_is_optional_but_right),
        cmocka_unit_test(a_table_has_an_end), cmocka_unit_test(what_is_no_table_is_refused),
        cmocka_unit_test(overlap_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
