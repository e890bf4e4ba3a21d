#include "unit.h"

#include <espseal/nvs.h>

#include <stdio.h>
#include <string.h>

enum { ENTRY = 32, FIRST = 64 };

static struct seal_nvs_writer *begin(size_t size, unsigned version)
{
    struct seal_nvs_writer *writer = NULL;
    assert_int_equal(seal_nvs_writer_new(size, version, 0, &writer, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_put_namespace(writer, "n", NULL, NULL), SEAL_OK);
    return writer;
}

static struct seal_buf *finish(struct seal_nvs_writer **writer)
{
    struct seal_buf *out = seal_buf_new();
    assert_int_equal(seal_nvs_writer_finish(*writer, out, NULL), SEAL_OK);
    seal_nvs_writer_free(writer);
    return out;
}

/* Fills the page in hand until left entries are free. */
static void fill(struct seal_nvs_writer *writer, size_t used, size_t left)
{
    char key[24];
    for (size_t i = used; i < 126 - left; i++) {
        (void)snprintf(key, sizeof key, "fill%u", (unsigned)i);
        assert_int_equal(seal_nvs_put_number(writer, key, SEAL_NVS_U8, i, NULL), SEAL_OK);
    }
}

static const uint8_t *entry_at(const struct seal_buf *partition, size_t page, size_t entry)
{
    return seal_buf_ptr(partition) + page * SEAL_NVS_PAGE_SIZE + FIRST + entry * ENTRY;
}

static void a_page_takes_126_entries(void **state)
{
    (void)state;
    struct seal_nvs_writer *writer = begin(0x3000, 2);
    fill(writer, 1, 0);
    struct seal_buf *out = finish(&writer);
    assert_int_equal(seal_buf_len(out), 0x3000);
    assert_int_equal(seal_le32(seal_buf_ptr(out)), 0xFFFFFFFE); /* active still */
    assert_int_equal(entry_at(out, 0, 125)[24], 125);
    assert_int_equal(seal_le32(seal_buf_ptr(out) + 0x1000), 0xFFFFFFFF);
    seal_buf_free(&out);

    writer = begin(0x3000, 2);
    fill(writer, 1, 0);
    assert_int_equal(seal_nvs_put_number(writer, "more", SEAL_NVS_I16, (uint64_t)-2, NULL), SEAL_OK);
    out = finish(&writer);
    assert_int_equal(seal_le32(seal_buf_ptr(out)), 0xFFFFFFFC); /* full */
    assert_memory_equal(entry_at(out, 1, 0) + 8, "more", 5);
    assert_memory_equal(entry_at(out, 1, 0) + 24, "\xFE\xFF\xFF", 3);
    seal_buf_free(&out);
}

/* As the reference has it, a string never takes the last entry of a page. */
static void a_string_leaves_the_last_entry(void **state)
{
    (void)state;
    for (size_t left = 2; left <= 4; left++) {
        struct seal_nvs_writer *writer = begin(0x3000, 2);
        fill(writer, 1, left);
        assert_int_equal(seal_nvs_put_bytes(writer, "s", SEAL_NVS_STRING, "text", 4, NULL), SEAL_OK);
        struct seal_buf *out = finish(&writer);
        size_t page = left == 2 ? 1 : 0;
        assert_int_equal(entry_at(out, page, page ? 0 : 126 - left)[1], SEAL_NVS_STRING);
        seal_buf_free(&out);
    }
}

static const struct {
    size_t left, len; /* entries free in the page, bytes of the blob */
    size_t chunks[3]; /* sizes; 0 ends, but for the first */
    size_t index_page, index_entry;
} splits[] = {
    {3, 32, {32}, 0, 125},
    {3, 31, {31}, 0, 125},
    {3, 33, {33}, 1, 0},
    {3, 64, {64}, 1, 0},
    {3, 65, {64, 1}, 1, 2},
    {2, 32, {32}, 1, 0},
    {2, 0, {0}, 0, 125},
    {1, 0, {0}, 1, 0},
    {1, 10, {0, 10}, 1, 2},
    {0, 10, {10}, 1, 2},
    {4, 96 + 125 * 32, {96, 4000}, 2, 0},
    {4, 96 + 125 * 32 + 1, {96, 4000, 1}, 2, 2},
};

static void blobs_are_cut_at_page_ends(void **state)
{
    (void)state;
    static uint8_t blob[8192];
    for (size_t i = 0; i < sizeof blob; i++) {
        blob[i] = (uint8_t)(i * 7);
    }
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        struct seal_nvs_writer *writer = begin(0x5000, 2);
        fill(writer, 1, splits[i].left);
        assert_int_equal(seal_nvs_put_bytes(writer, "b", SEAL_NVS_BLOB, blob, splits[i].len, NULL), SEAL_OK);
        struct seal_buf *out = finish(&writer);
        size_t page = splits[i].left ? 0 : 1;
        size_t chunk = 0;
        for (; chunk < 3 && (chunk == 0 || splits[i].chunks[chunk]); chunk++, page++) {
            const uint8_t *entry = entry_at(out, page, page ? 0 : 126 - splits[i].left);
            assert_int_equal(entry[1], 0x42);
            assert_int_equal(entry[3], chunk);
            assert_int_equal(entry[24] | entry[25] << 8, splits[i].chunks[chunk]);
        }
        const uint8_t *index = entry_at(out, splits[i].index_page, splits[i].index_entry);
        assert_int_equal(index[1], 0x48);
        assert_int_equal(index[3], 0xFF);
        assert_int_equal(seal_le32(index + 24), splits[i].len);
        assert_int_equal(index[28], chunk);
        assert_int_equal(index[29], 0);
        seal_buf_free(&out);
    }
}

static void limits(void **state)
{
    (void)state;
    static uint8_t bytes[600000];
    static const struct {
        unsigned version;
        enum seal_nvs_type type;
        size_t most;
    } rows[] = {
        {1, SEAL_NVS_BLOB, 1984},
        {1, SEAL_NVS_STRING, 1983},
        {2, SEAL_NVS_STRING, 3967},
        {2, SEAL_NVS_BLOB, 121 * 32 + 126 * 4000}, /* 127 chunks */
    };
    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t more = 0; more <= 1; more++) {
            struct seal_nvs_writer *writer = begin(0x100000, rows[i].version);
            fill(writer, 1, 122);
            assert_int_equal(seal_nvs_put_bytes(writer, "k", rows[i].type, bytes, rows[i].most + more, NULL),
                             more ? SEAL_ERR_TOO_LONG : SEAL_OK);
            seal_nvs_writer_free(&writer);
        }
    }
}

static void namespaces_are_returned_to(void **state)
{
    (void)state;
    for (int flags = 0; flags <= SEAL_NVS_LATEST_NAMESPACE; flags++) {
        struct seal_nvs_writer *writer = NULL;
        bool returned = true;
        assert_int_equal(seal_nvs_writer_new(0x3000, 2, flags, &writer, NULL), SEAL_OK);
        assert_int_equal(seal_nvs_put_namespace(writer, "a", &returned, NULL), SEAL_OK);
        assert_false(returned);
        assert_int_equal(seal_nvs_put_namespace(writer, "b", &returned, NULL), SEAL_OK);
        assert_int_equal(seal_nvs_put_namespace(writer, "a", &returned, NULL), SEAL_OK);
        assert_true(returned);
        assert_int_equal(seal_nvs_put_number(writer, "k", SEAL_NVS_U8, 1, NULL), SEAL_OK);
        struct seal_buf *out = finish(&writer);
        assert_int_equal(entry_at(out, 0, 2)[0], flags ? 2 : 1);
        seal_buf_free(&out);
    }
}

static void there_are_254_namespaces(void **state)
{
    (void)state;
    struct seal_nvs_writer *writer = NULL;
    char name[16];
    assert_int_equal(seal_nvs_writer_new(0x8000, 2, 0, &writer, NULL), SEAL_OK);
    for (int i = 1; i <= 255; i++) {
        (void)snprintf(name, sizeof name, "space%d", i);
        assert_int_equal(seal_nvs_put_namespace(writer, name, NULL, NULL),
                         i == 255 ? SEAL_ERR_TOO_LONG : SEAL_OK);
    }
    seal_nvs_writer_free(&writer);
}

static void a_writer_refuses(void **state)
{
    (void)state;
    struct seal_nvs_writer *writer = NULL;
    static const size_t sizes[] = {0, 1, 0xFFF, 0x1001, SEAL_NVS_SIZE_MAX + 0x1000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(seal_nvs_writer_new(sizes[i], 2, 0, &writer, NULL), SEAL_ERR_USAGE);
        assert_null(writer);
    }
    assert_int_equal(seal_nvs_writer_new(0x3000, 3, 0, &writer, NULL), SEAL_ERR_USAGE);
    static const struct {
        const char *key;
        size_t len;
        int err;
    } rows[] = {
        {"", 1, SEAL_ERR_FORMAT},
        {"sixteen_letters_", 1, SEAL_ERR_FORMAT},
        {"nul", 3, SEAL_ERR_FORMAT},
        {"fifteen_letters", 1, SEAL_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        writer = begin(0x3000, 2);
        assert_int_equal(seal_nvs_put_bytes(writer, rows[i].key, SEAL_NVS_STRING, "a\0b", rows[i].len, NULL),
                         rows[i].err);
        seal_nvs_writer_free(&writer);
    }
    writer = begin(0x3000, 2);
    assert_int_equal(seal_nvs_put_number(writer, "k", SEAL_NVS_BLOB, 1, NULL), SEAL_ERR_INTERNAL);
    assert_int_equal(seal_nvs_put_bytes(writer, "k", SEAL_NVS_U8, "", 0, NULL), SEAL_ERR_INTERNAL);
    seal_nvs_writer_free(&writer);
    assert_int_equal(seal_nvs_writer_new(0x3000, 2, 0, &writer, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_put_number(writer, "k", SEAL_NVS_U8, 1, NULL), SEAL_ERR_FORMAT);
    seal_nvs_writer_free(&writer);
}

static void a_small_partition_has_no_spare_page(void **state)
{
    (void)state;
    static const struct {
        size_t size, entries;
    } rows[] = {{0x1000, 126}, {0x2000, 252}, {0x3000, 252}, {0x4000, 378}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_nvs_writer *writer = begin(rows[i].size, 2);
        char key[24];
        for (size_t j = 1; j <= rows[i].entries; j++) {
            (void)snprintf(key, sizeof key, "k%zu", j);
            assert_int_equal(seal_nvs_put_number(writer, key, SEAL_NVS_U32, j, NULL),
                             j == rows[i].entries ? SEAL_ERR_TOO_LONG : SEAL_OK);
        }
        seal_nvs_writer_free(&writer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_takes_126_entries),   cmocka_unit_test(a_string_leaves_the_last_entry),
        cmocka_unit_test(blobs_are_cut_at_page_ends), cmocka_unit_test(limits),
        cmocka_unit_test(namespaces_are_returned_to), cmocka_unit_test(there_are_254_namespaces),
        cmocka_unit_test(a_writer_refuses),           cmocka_unit_test(a_small_partition_has_no_spare_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
