#include "unit.h"

#include <espseal/hex.h>
#include <espseal/secure_cert.h>

#include <string.h>

static struct seal_buf *new_partition(void)
{
    struct seal_buf *out = seal_buf_new();
    assert_non_null(out);
    return out;
}

static void put(struct seal_buf *out, uint8_t type, uint8_t subtype, const void *data, size_t len)
{
    struct seal_cause cause;
    assert_int_equal(seal_tlv_put(out, type, subtype, 0, data, len, &cause), SEAL_OK);
}

static void an_entry_has_these_bytes(void **state)
{
    (void)state;
    /* header and padding by hand, CRC from zlib.crc32(..., 0xffffffff) */
    static const uint8_t expected[32] = {0x11, 0xba, 0x5e, 0xba, 0x08, 0, 0,    0,    2,    7,   3,
                                         0,    'k',  'e',  'y',  0,    0, 0,    0,    0,    0,   0,
                                         0,    0,    0,    0,    0,    0, 0x5f, 0xb2, 0x44, 0x95};
    struct seal_buf *out = new_partition();
    assert_int_equal(seal_tlv_put(out, SEAL_TLV_PRIV_KEY, 7, SEAL_TLV_FLAG_ECDSA_PERIPHERAL, "key", 3, NULL),
                     SEAL_OK);
    assert_int_equal(seal_buf_len(out), sizeof expected);
    assert_memory_equal(seal_buf_ptr(out), expected, sizeof expected);
    seal_buf_free(&out);
}

static void sizes_are_multiples_of_16(void **state)
{
    (void)state;
    static const size_t rows[][2] = {{0, 16}, {1, 32}, {15, 32}, {16, 32}, {17, 48}, {40, 64}};
    uint8_t data[40] = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_buf *out = new_partition();
        struct seal_tlv_entry entry;
        enum seal_tlv_end end;
        size_t offset = 0;
        put(out, SEAL_TLV_USER_DATA_1, 0, data, rows[i][0]);
        assert_int_equal(seal_buf_len(out), rows[i][1]);
        assert_true(seal_tlv_next(seal_buf_ptr(out), seal_buf_len(out), &offset, &entry, &end));
        assert_int_equal(entry.length, rows[i][0]);
        assert_int_equal(entry.size, rows[i][1]);
        assert_int_equal(entry.crc, entry.crc_computed);
        seal_buf_free(&out);
    }
}

static void the_partition_has_an_end(void **state)
{
    (void)state;
    static const uint8_t data[SEAL_SECURE_CERT_MAX + 1];
    struct seal_cause cause = {0};
    struct seal_buf *out = new_partition();
    assert_int_equal(seal_tlv_put(out, 51, 0, 0, data, SEAL_SECURE_CERT_MAX - 15, &cause), SEAL_ERR_TOO_LONG);
    assert_int_equal(seal_tlv_put(out, 51, 0, 0, data, sizeof data, &cause), SEAL_ERR_TOO_LONG);
    assert_int_equal(seal_buf_len(out), 0);
    put(out, 51, 0, data, SEAL_SECURE_CERT_MAX - 32);
    put(out, 52, 0, NULL, 0);
    assert_int_equal(seal_buf_len(out), SEAL_SECURE_CERT_MAX);
    assert_int_equal(seal_tlv_put(out, SEAL_TLV_DEV_CERT, 0, 0, NULL, 0, &cause), SEAL_ERR_TOO_LONG);
    assert_non_null(strstr(cause.text, "DEV_CERT"));
    assert_int_equal(seal_buf_len(out), SEAL_SECURE_CERT_MAX);
    seal_buf_free(&out);
}

static void the_walk_says_why_it_stops(void **state)
{
    (void)state;
    static const struct {
        const char *tail;
        size_t len;
        enum seal_tlv_end end;
    } rows[] = {
        {"", 0, SEAL_TLV_END_OF_DATA},
        {"\xff", 1, SEAL_TLV_END_ERASED},
        {"\xff\xff\xff\xff....", 8, SEAL_TLV_END_ERASED},
        {"\0\0", 2, SEAL_TLV_END_ZERO},
        {"\0\0\0\0....", 8, SEAL_TLV_END_ZERO},
        {"\xff\xff\0\0", 4, SEAL_TLV_END_MARKER},
        {"\xff\xff\0", 3, SEAL_TLV_END_GARBAGE},
        {"x", 1, SEAL_TLV_END_GARBAGE},
        {"\x11\xba\x5e", 3, SEAL_TLV_END_GARBAGE},
        {"\x11\xba\x5e\xba", 4, SEAL_TLV_END_TRUNCATED},
        {"\x11\xba\x5e\xba\0\0\0\0\0\0\0\0crc", 15, SEAL_TLV_END_TRUNCATED},
        {"\x11\xba\x5e\xba\0\0\0\0\0\0\xff\xff....", 16, SEAL_TLV_END_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_buf *out = new_partition();
        struct seal_tlv_entry entry;
        enum seal_tlv_end end = SEAL_TLV_END_GARBAGE;
        size_t offset = 0;
        put(out, 51, 0, "a", 1);
        assert_int_equal(seal_buf_put(out, rows[i].tail, rows[i].len), SEAL_OK);
        assert_true(seal_tlv_next(seal_buf_ptr(out), seal_buf_len(out), &offset, &entry, &end));
        assert_false(seal_tlv_next(seal_buf_ptr(out), seal_buf_len(out), &offset, &entry, &end));
        assert_int_equal(end, rows[i].end);
        assert_int_equal(offset, 32);
        assert_int_equal(seal_tlv_used(seal_buf_ptr(out), seal_buf_len(out)), 32);
        seal_buf_free(&out);
    }
}

static void a_flipped_bit_shows_in_the_crc(void **state)
{
    (void)state;
    struct seal_buf *out = new_partition();
    put(out, SEAL_TLV_CA_CERT, 0, "certificate", 11);
    for (size_t bit = 0; bit < 8 * seal_buf_len(out); bit++) {
        struct seal_tlv_entry entry;
        enum seal_tlv_end end;
        size_t offset = 0;
        seal_buf_mutable(out)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (seal_tlv_next(seal_buf_ptr(out), seal_buf_len(out), &offset, &entry, &end)) {
            assert_int_not_equal(entry.crc, entry.crc_computed);
        }
        assert_false(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_CA_CERT, 0, &entry));
        seal_buf_mutable(out)[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    seal_buf_free(&out);
}

static void finds_what_the_device_finds(void **state)
{
    (void)state;
    struct seal_tlv_entry entry;
    struct seal_buf *out = new_partition();
    put(out, SEAL_TLV_DEV_CERT, 1, "one", 3);
    put(out, SEAL_TLV_DEV_CERT, 0, "first", 5);
    put(out, SEAL_TLV_DEV_CERT, 0, "second", 6);
    assert_true(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_DEV_CERT, 0, &entry));
    assert_int_equal(entry.offset, 32);
    assert_memory_equal(entry.data, "first", 5);
    assert_false(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_DEV_CERT, 2, &entry));
    assert_false(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_CA_CERT, 0, &entry));
    seal_buf_mutable(out)[32 + 12] ^= 1; /* the reader gives up at a bad first one */
    assert_false(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_DEV_CERT, 0, &entry));
    seal_buf_free(&out);
}

static void ds_comes_back(void **state)
{
    (void)state;
    static const struct {
        unsigned bits;
        size_t c_len;
        unsigned key;
        int err;
    } rows[] = {
        {1024, 1200, 0, SEAL_OK},      {2048, 1200, 5, SEAL_OK},        {3072, 1200, 1, SEAL_OK},
        {4096, 1584, 2, SEAL_OK},      {2048, 1584, 3, SEAL_OK},        {4096, 1200, 0, SEAL_ERR_KEY},
        {2047, 1200, 0, SEAL_ERR_KEY}, {0, 1200, 0, SEAL_ERR_KEY},      {2048, 1199, 0, SEAL_ERR_KEY},
        {2048, 1585, 0, SEAL_ERR_KEY}, {2048, 1200, 6, SEAL_ERR_USAGE},
    };
    uint8_t c[1585];
    uint8_t iv[16];
    memset(c, 0xC5, sizeof c);
    memset(iv, 0x1F, sizeof iv);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_cause cause = {0};
        struct seal_tlv_ds ds;
        struct seal_buf *out = new_partition();
        assert_int_equal(seal_tlv_put_ds(out, 3, rows[i].bits, iv, c, rows[i].c_len, rows[i].key, &cause),
                         rows[i].err);
        if (rows[i].err != SEAL_OK) {
            assert_int_equal(seal_buf_len(out), 0);
            assert_int_equal(cause.err, rows[i].err);
        } else {
            assert_int_equal(seal_tlv_get_ds(seal_buf_ptr(out), seal_buf_len(out), 3, &ds, &cause), SEAL_OK);
            assert_int_equal(ds.rsa_bits, rows[i].bits);
            assert_int_equal(ds.efuse_key, rows[i].key);
            assert_int_equal(ds.c_len, rows[i].c_len);
            assert_memory_equal(ds.iv, iv, sizeof iv);
            assert_memory_equal(ds.c, c, ds.c_len);
            assert_int_equal(seal_tlv_get_ds(seal_buf_ptr(out), seal_buf_len(out), 0, &ds, &cause),
                             SEAL_ERR_NOT_FOUND);
        }
        seal_buf_free(&out);
    }
}

static void contradicting_ds_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t length_word;
        size_t data_len;
        uint8_t context[9];
        size_t context_len;
    } rows[] = {
        {63, 1220, {0, 0, 0, 0, 1, 0, 0, 4}, 8},   /* 1024 against 2048 */
        {63, 20, {0, 0, 0, 0, 1, 0, 0, 8}, 8},     /* no c */
        {63, 2, {0, 0, 0, 0, 1, 0, 0, 8}, 8},      /* nothing */
        {63, 1221, {0, 0, 0, 0, 1, 0, 0, 8}, 8},   /* c of no chip */
        {63, 1220, {0, 0, 0, 0, 6, 0, 0, 8}, 8},   /* no such key block */
        {63, 1220, {0, 0, 0, 0, 1, 0, 0, 8}, 7},   /* short context */
        {63, 1220, {0, 0, 0, 0, 1, 0, 0, 8}, 9},   /* long context */
        {127, 1220, {0, 0, 0, 0, 1, 0, 0, 16}, 8}, /* RSA-4096 in 1200 bytes */
    };
    static uint8_t data[1300];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_tlv_ds ds;
        struct seal_buf *out = new_partition();
        data[0] = rows[i].length_word;
        put(out, SEAL_TLV_DS_DATA, 0, data, rows[i].data_len);
        put(out, SEAL_TLV_DS_CONTEXT, 0, rows[i].context, rows[i].context_len);
        assert_int_equal(seal_tlv_get_ds(seal_buf_ptr(out), seal_buf_len(out), 0, &ds, NULL),
                         SEAL_ERR_FORMAT);
        assert_null(ds.c);
        seal_buf_free(&out);
    }
}

static void sec_cfg_names_the_block(void **state)
{
    (void)state;
    struct seal_buf *out = new_partition();
    struct seal_tlv_entry entry;
    assert_int_equal(seal_tlv_put_sec_cfg(out, 0, 6, NULL), SEAL_ERR_USAGE);
    assert_int_equal(seal_tlv_put_sec_cfg(out, 0, 5, NULL), SEAL_OK);
    assert_true(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_SEC_CFG, 0, &entry));
    assert_int_equal(entry.length, 40);
    assert_int_equal(entry.data[0], 9);
    for (size_t i = 1; i < 40; i++) {
        assert_int_equal(entry.data[i], 0);
    }
    unsigned key = 9;
    assert_false(seal_tlv_get_ecdsa(seal_buf_ptr(out), seal_buf_len(out), 0, &key)); /* nothing says so yet */
    assert_int_equal(key, 0);
    assert_int_equal(seal_tlv_put(out, SEAL_TLV_PRIV_KEY, 0, SEAL_TLV_FLAG_ECDSA_PERIPHERAL, NULL, 0, NULL),
                     SEAL_OK);
    assert_int_equal(seal_tlv_put(out, SEAL_TLV_PRIV_KEY, 1, 0, "x", 1, NULL), SEAL_OK);
    assert_true(seal_tlv_get_ecdsa(seal_buf_ptr(out), seal_buf_len(out), 0, &key));
    assert_int_equal(key, 5);
    assert_false(seal_tlv_get_ecdsa(seal_buf_ptr(out), seal_buf_len(out), 1, &key));
    seal_buf_free(&out);
}

static void types_and_ends_have_names(void **state)
{
    (void)state;
    assert_string_equal(seal_tlv_type_name(SEAL_TLV_DEV_CERT), "DEV_CERT");
    assert_string_equal(seal_tlv_type_name(SEAL_TLV_USER_DATA_5), "USER_DATA_5");
    for (unsigned type = 0; type < 256; type++) {
        bool known =
            type <= SEAL_TLV_INTEGRITY || (type >= SEAL_TLV_USER_DATA_1 && type <= SEAL_TLV_USER_DATA_5);
        assert_int_equal(seal_tlv_type_name((uint8_t)type) != NULL, known);
    }
    for (int end = SEAL_TLV_END_OF_DATA; end <= SEAL_TLV_END_TRUNCATED; end++) {
        assert_string_not_equal(seal_tlv_end_name((enum seal_tlv_end)end), "unknown end");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_has_these_bytes),
        cmocka_unit_test(sizes_are_multiples_of_16),
        cmocka_unit_test(the_partition_has_an_end),
        cmocka_unit_test(the_walk_says_why_it_stops),
        cmocka_unit_test(a_flipped_bit_shows_in_the_crc),
        cmocka_unit_test(finds_what_the_device_finds),
        cmocka_unit_test(ds_comes_back),
        cmocka_unit_test(contradicting_ds_is_refused),
        cmocka_unit_test(sec_cfg_names_the_block),
        cmocka_unit_test(types_and_ends_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
