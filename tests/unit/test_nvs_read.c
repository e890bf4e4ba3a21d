#include "unit.h"

#include <espseal/hex.h>
#include <espseal/nvs.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = SEAL_NVS_PAGE_SIZE, ENTRY = 32, MAP = 32, FIRST = 64 };

/* Entries of the sample: 0 namespace, 1 number, 2-3 string, 4-5 chunk, 6 index, 7 number. */
static struct seal_buf *make_sample(void)
{
    struct seal_nvs_writer *writer = NULL;
    struct seal_buf *out = seal_buf_new();
    assert_int_equal(seal_nvs_writer_new(0x3000, 2, 0, &writer, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_put_namespace(writer, "space", NULL, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_put_number(writer, "first", SEAL_NVS_I32, (uint64_t)-5, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_put_bytes(writer, "text", SEAL_NVS_STRING, "hello", 5, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_put_bytes(writer, "blob", SEAL_NVS_BLOB, "\1\2\3", 3, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_put_number(writer, "last", SEAL_NVS_U64, UINT64_MAX, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_writer_finish(writer, out, NULL), SEAL_OK);
    seal_nvs_writer_free(&writer);
    return out;
}

static struct seal_nvs *read_all(const struct seal_buf *partition)
{
    struct seal_nvs *nvs = NULL;
    assert_int_equal(seal_nvs_read(seal_buf_ptr(partition), seal_buf_len(partition), &nvs, NULL), SEAL_OK);
    return nvs;
}

static void sign_entry(uint8_t *entry)
{
    uint32_t crc = seal_crc32(seal_crc32(UINT32_MAX, entry, 4), entry + 8, 24);
    seal_put_le32(entry + 4, crc);
}

static void sign_header(uint8_t *page)
{
    seal_put_le32(page + 28, seal_crc32(UINT32_MAX, page + 4, 24));
}

static void set_bits(uint8_t *page, size_t entry, unsigned bits)
{
    uint8_t *byte = page + MAP + entry / 4;
    *byte = (uint8_t)((*byte & ~(3u << entry % 4 * 2)) | bits << entry % 4 * 2);
}

static void items_are_what_was_put(void **state)
{
    (void)state;
    struct seal_buf *partition = make_sample();
    struct seal_nvs *nvs = read_all(partition);
    seal_buf_free(&partition);
    assert_int_equal(seal_nvs_finding_count(nvs), 0);
    assert_int_equal(seal_nvs_damage_count(nvs), 0);
    assert_int_equal(seal_nvs_space_count(nvs), 1);
    assert_string_equal(seal_nvs_space_at(nvs, 0)->name, "space");
    assert_int_equal(seal_nvs_item_count(nvs), 4);
    assert_null(seal_nvs_item_at(nvs, 4));
    const struct seal_nvs_item *item = seal_nvs_item_at(nvs, 0);
    assert_string_equal(item->space, "space");
    assert_string_equal(item->key, "first");
    assert_int_equal(item->type, SEAL_NVS_I32);
    assert_true(item->number == (uint64_t)-5);
    assert_int_equal(item->entry, 1);
    item = seal_nvs_item_at(nvs, 1);
    assert_int_equal(item->type, SEAL_NVS_STRING);
    assert_int_equal(item->len, 5);
    assert_string_equal((const char *)item->data, "hello");
    item = seal_nvs_item_at(nvs, 2);
    assert_int_equal(item->type, SEAL_NVS_BLOB);
    assert_int_equal(item->len, 3);
    assert_memory_equal(item->data, "\1\2\3", 3);
    assert_int_equal(item->entry, 6);
    assert_true(seal_nvs_item_at(nvs, 3)->number == UINT64_MAX);
    assert_string_equal(seal_nvs_page_at(nvs, 0)->state, "active");
    assert_int_equal(seal_nvs_page_at(nvs, 0)->written, 8);
    assert_int_equal(seal_nvs_page_at(nvs, 0)->empty, 118);
    assert_string_equal(seal_nvs_page_at(nvs, 2)->state, "blank");
    assert_null(seal_nvs_page_at(nvs, 3));
    seal_nvs_free(&nvs);
    assert_null(nvs);
}

/* What is changed in the sample: bytes at an offset, the CRC of an entry or header made right again, or map
 * bits. */
enum fix { NOTHING, SIGN_ENTRY, SIGN_TEXT, SIGN_HEADER, BITS };

static const struct {
    size_t at; /* offset within the page; for BITS the entry */
    uint8_t byte;
    enum fix fix;
    size_t items; /* that are left */
    size_t entry; /* that the finding names */
    bool damage;
    const char *text; /* how it begins */
} damages[] = {
    {FIRST + 1 * ENTRY + 24, 0, NOTHING, 3, 1, true, "the CRC is 0x"},
    {FIRST + 1 * ENTRY + 1, 0x15, SIGN_ENTRY, 3, 1, true, "there is no type 0x15"},
    {FIRST + 1 * ENTRY + 2, 0, SIGN_ENTRY, 3, 1, true, "it says that it takes 0 entries, and 125 are left"},
    {FIRST + 1 * ENTRY + 2, 126, SIGN_ENTRY, 3, 1, true,
     "it says that it takes 126 entries, and 125 are left"},
    {FIRST + 1 * ENTRY + 2, 2, SIGN_ENTRY, 3, 1, true, "it says that it takes 2 entries, and needs 1"},
    {FIRST + 1 * ENTRY + 8, 0, SIGN_ENTRY, 3, 1, true, "the key is empty"},
    {FIRST + 1 * ENTRY + 0, 9, SIGN_ENTRY, 4, 1, true, "no entry names its namespace 9"},
    {FIRST + 1 * ENTRY + 0, 0, SIGN_ENTRY, 3, 1, true, "a namespace has the type 0x14 instead of u8"},
    {FIRST + 0 * ENTRY + 24, 0, SIGN_ENTRY, 4, 0, true, "a namespace has the index 0"},
    {FIRST + 0 * ENTRY + 24, 255, SIGN_ENTRY, 4, 0, true, "a namespace has the index 255"},
    {FIRST + 2 * ENTRY + 24, 33, SIGN_ENTRY, 3, 2, true, "it says that it takes 2 entries, and needs 3"},
    {FIRST + 3 * ENTRY, 'H', NOTHING, 3, 2, true, "the CRC of the data is 0x"},
    {FIRST + 5 * ENTRY, 9, NOTHING, 3, 4, true, "the CRC of the data is 0x"},
    {FIRST + 3 * ENTRY + 5, '!', SIGN_TEXT, 3, 2, true, "the string does not end where its length says"},
    {FIRST + 3 * ENTRY + 2, 0, SIGN_TEXT, 3, 2, true, "the string does not end where its length says"},
    {FIRST + 6 * ENTRY + 24, 2, SIGN_ENTRY, 3, 6, true,
     "the blob should have 2 bytes, and its chunks have 3"},
    {FIRST + 6 * ENTRY + 24, 4, SIGN_ENTRY, 3, 6, true,
     "the blob should have 4 bytes, and its chunks have 3"},
    {FIRST + 6 * ENTRY + 28, 2, SIGN_ENTRY, 3, 6, true, "chunk 2 of 2 of the blob is not there"},
    {FIRST + 6 * ENTRY + 29, 128, SIGN_ENTRY, 3, 6, true, "chunk 1 of 1 of the blob is not there"},
    {1, 0, BITS, 3, 1, true, NULL}, /* erased: one item less, and nothing wrong */
    {1, 1, BITS, 3, 1, true, "the map holds 01 for it, which nothing writes"},
    {3, 0, BITS, 3, 2, true, "the map does not call entry 3 written, which holds its data"},
    {6, 0, BITS, 3, 4, false, "no index refers to this chunk of a blob"},
    {8, 2, BITS, 4, 8, true, "the map calls it written, and it is erased"},
    {7, 3, BITS, 3, 7, false, "the map calls it empty, and it is not: a write was cut off"},
    {1, 3, BITS, 3, 2, true, "it is written after the first empty entry, where a device does not look"},
    {4, 1, NOTHING, 0, SEAL_NVS_NO_ENTRY, true, "the CRC of the page's header is 0x"},
    {8, 0xFD, SIGN_HEADER, 0, SEAL_NVS_NO_ENTRY, true,
     "the page's version byte is 0xfd, which is neither 1 nor 2"},
    {0, 0xF0, NOTHING, 0, SEAL_NVS_NO_ENTRY, true, "the page's state is 0xfffffff0 (corrupt)"},
    {0, 0xF1, NOTHING, 0, SEAL_NVS_NO_ENTRY, true, "the page's state is 0xfffffff1 (unknown)"},
    {0, 0xFF, NOTHING, 0, SEAL_NVS_NO_ENTRY, true, "the page says that it is blank, and is not erased"},
    {0, 0xF8, NOTHING, 4, SEAL_NVS_NO_ENTRY, false, "the page was being moved to another when writing ended"},
};

static const struct seal_nvs_finding *find(const struct seal_nvs *nvs, const char *text)
{
    const struct seal_nvs_finding *finding = NULL;
    for (size_t i = 0; (finding = seal_nvs_finding_at(nvs, i)); i++) {
        if (strncmp(finding->text, text, strlen(text)) == 0) {
            return finding;
        }
    }
    return NULL;
}

static void each_damage_has_its_place_and_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct seal_buf *partition = make_sample();
        uint8_t *page = seal_buf_mutable(partition);
        if (damages[i].fix == BITS) {
            set_bits(page, damages[i].at, damages[i].byte);
        } else {
            page[damages[i].at] = damages[i].byte;
        }
        if (damages[i].fix == SIGN_ENTRY) {
            sign_entry(page + FIRST + (damages[i].at - FIRST) / ENTRY * ENTRY);
        } else if (damages[i].fix == SIGN_TEXT) {
            uint8_t *entry = page + FIRST + 2 * ENTRY;
            seal_put_le32(entry + 28, seal_crc32(UINT32_MAX, entry + ENTRY, 6));
            sign_entry(entry);
        } else if (damages[i].fix == SIGN_HEADER) {
            sign_header(page);
        }
        struct seal_nvs *nvs = read_all(partition);
        if (!damages[i].text) {
            assert_int_equal(seal_nvs_finding_count(nvs), 0);
        } else {
            const struct seal_nvs_finding *finding = find(nvs, damages[i].text);
            if (!finding) {
                fail_msg("row %zu: not \"%s\"", i, damages[i].text);
                return;
            }
            assert_int_equal(finding->page, 0);
            assert_int_equal(finding->entry, damages[i].entry);
            assert_int_equal(finding->offset,
                             damages[i].entry == SEAL_NVS_NO_ENTRY ? 0 : FIRST + damages[i].entry * ENTRY);
            assert_int_equal(finding->damage, damages[i].damage);
        }
        if (seal_nvs_item_count(nvs) != damages[i].items) {
            fail_msg("row %zu: %zu items", i, seal_nvs_item_count(nvs));
        }
        seal_nvs_free(&nvs);
        seal_buf_free(&partition);
    }
}

static void the_later_page_counts(void **state)
{
    (void)state;
    struct seal_buf *partition = make_sample();
    uint8_t *pages = seal_buf_mutable(partition);
    /* The newer page lies first in flash; "first" is -5 in the older one and 7 in the newer. */
    memcpy(pages + PAGE, pages, PAGE);
    seal_put_le32(pages + PAGE, 0xFFFFFFFC);
    seal_put_le32(pages + 4, 1);
    sign_header(pages);
    seal_put_le32(pages + FIRST + ENTRY + 24, 7);
    sign_entry(pages + FIRST + ENTRY);
    struct seal_nvs *nvs = read_all(partition);
    assert_int_equal(seal_nvs_damage_count(nvs), 0);
    assert_int_equal(seal_nvs_item_count(nvs), 4);
    assert_string_equal(seal_nvs_item_at(nvs, 0)->key, "first");
    assert_int_equal(seal_nvs_item_at(nvs, 0)->number, 7);
    const struct seal_nvs_finding *finding = find(nvs, "it is written again at page 0 entry 1");
    assert_non_null(finding);
    assert_int_equal(finding->page, 1);
    assert_int_equal(finding->entry, 1);
    seal_nvs_free(&nvs);

    seal_put_le32(pages + 4, 0);
    sign_header(pages);
    seal_put_le32(pages + PAGE, 0xFFFFFFFE);
    nvs = read_all(partition);
    assert_non_null(find(nvs, "page 0 has the same sequence number 0"));
    assert_non_null(find(nvs, "another page is active already"));
    seal_nvs_free(&nvs);

    memcpy(pages + 2 * PAGE, pages, PAGE);
    nvs = read_all(partition);
    assert_non_null(find(nvs, "no page is blank"));
    seal_nvs_free(&nvs);
    seal_buf_free(&partition);
}

/* A device numbers the chunks of a blob that it writes again from 128 on, and from 0 the next time. */
static void blobs_of_both_generations(void **state)
{
    (void)state;
    struct seal_buf *partition = make_sample();
    uint8_t *page = seal_buf_mutable(partition);
    page[FIRST + 4 * ENTRY + 3] = 128;
    page[FIRST + 6 * ENTRY + 29] = 128;
    sign_entry(page + FIRST + 4 * ENTRY);
    sign_entry(page + FIRST + 6 * ENTRY);
    struct seal_nvs *nvs = read_all(partition);
    assert_int_equal(seal_nvs_finding_count(nvs), 0);
    assert_memory_equal(seal_nvs_item_at(nvs, 2)->data, "\1\2\3", 3);
    seal_nvs_free(&nvs);

    /* The power failed when the new generation was written and the old one not yet erased. */
    memcpy(page + FIRST + 8 * ENTRY, page + FIRST + 4 * ENTRY, 3 * ENTRY);
    uint8_t *chunk = page + FIRST + 8 * ENTRY;
    chunk[3] = 0;
    chunk[ENTRY] = 9;
    seal_put_le32(chunk + 28, seal_crc32(UINT32_MAX, chunk + ENTRY, 3));
    sign_entry(chunk);
    chunk[2 * ENTRY + 29] = 0;
    sign_entry(chunk + 2 * ENTRY);
    for (size_t entry = 8; entry <= 10; entry++) {
        set_bits(page, entry, 2);
    }
    nvs = read_all(partition);
    assert_int_equal(seal_nvs_damage_count(nvs), 0);
    assert_int_equal(seal_nvs_item_count(nvs), 4);
    assert_memory_equal(seal_nvs_item_at(nvs, 3)->data, "\x9\2\3", 3);
    assert_non_null(find(nvs, "it is written again at page 0 entry 10"));
    assert_non_null(find(nvs, "no index refers to this chunk"));
    seal_nvs_free(&nvs);
    seal_buf_free(&partition);
}

static void an_index_has_one_namespace(void **state)
{
    (void)state;
    struct seal_buf *partition = make_sample();
    uint8_t *page = seal_buf_mutable(partition);
    uint8_t *other = page + FIRST + 8 * ENTRY;
    memcpy(other, page + FIRST, ENTRY);
    memcpy(other + 8, "other", 6);
    sign_entry(other);
    set_bits(page, 8, 2);
    struct seal_nvs *nvs = read_all(partition);
    const struct seal_nvs_finding *finding = find(nvs, "two namespaces have the index 1");
    assert_non_null(finding);
    assert_int_equal(finding->entry, 8);
    assert_int_equal(seal_nvs_space_count(nvs), 1);
    assert_string_equal(seal_nvs_item_at(nvs, 0)->space, "space");
    seal_nvs_free(&nvs);
    seal_buf_free(&partition);
}

static void only_whole_pages_are_read(void **state)
{
    (void)state;
    struct seal_nvs *nvs = NULL;
    static uint8_t blank[PAGE];
    static const size_t lens[] = {0, 1, PAGE - 1};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        assert_int_equal(seal_nvs_read(blank, lens[i], &nvs, NULL), SEAL_ERR_FORMAT);
        assert_null(nvs);
    }
    memset(blank, 0xFF, sizeof blank);
    assert_int_equal(seal_nvs_read(blank, sizeof blank, &nvs, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_finding_count(nvs), 0);
    assert_false(seal_nvs_looks_encrypted(nvs));
    seal_nvs_free(&nvs);
    memset(blank, 0, sizeof blank);
    assert_int_equal(seal_nvs_read(blank, sizeof blank, &nvs, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_damage_count(nvs), 1);
    seal_nvs_free(&nvs);
}

/* --- random tables: what is built is read, and what is read builds the same --- */

static uint32_t seed;

static uint32_t pick(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * below >> 32);
}

struct wanted {
    char space[16], key[16];
    enum seal_nvs_type type;
    uint64_t number;
    size_t begin, len;
};

struct content {
    unsigned version;
    size_t size;
    struct wanted items[400];
    size_t count;
    uint8_t bytes[100000];
    size_t used;
};

static const struct {
    enum seal_nvs_type type;
    const char *encoding;
} kinds[] = {
    {SEAL_NVS_U8, "u8"},         {SEAL_NVS_I8, "i8"},        {SEAL_NVS_U16, "u16"}, {SEAL_NVS_I16, "i16"},
    {SEAL_NVS_U32, "u32"},       {SEAL_NVS_I32, "i32"},      {SEAL_NVS_U64, "u64"}, {SEAL_NVS_I64, "i64"},
    {SEAL_NVS_STRING, "string"}, {SEAL_NVS_BLOB, "hex2bin"},
};

static size_t pick_len(const struct content *content, enum seal_nvs_type type)
{
    size_t most = content->version == 1 ? 1983 : type == SEAL_NVS_STRING ? 3967 : 9000;
    return pick((uint32_t)(pick(4) ? 80 : most + 1));
}

static void make_item(struct content *content, const char *space, struct wanted *item)
{
    size_t kind = pick(sizeof kinds / sizeof kinds[0]);
    *item = (struct wanted){.type = kinds[kind].type, .begin = content->used};
    (void)snprintf(item->space, sizeof item->space, "%s", space);
    (void)snprintf(item->key, sizeof item->key, "key%zu", content->count);
    if (seal_nvs_type_is_number(item->type)) {
        unsigned bits = 8 * ((unsigned)item->type & 0x0F);
        uint64_t value = (uint64_t)pick(UINT32_MAX) << 32 | pick(UINT32_MAX);
        item->number = value >> (64 - bits);
        if ((unsigned)item->type & 0x10 && item->number >> (bits - 1) && bits < 64) {
            item->number |= UINT64_MAX << bits;
        }
        return;
    }
    size_t len = pick_len(content, item->type);
    for (item->len = 0; item->len < len && content->used < sizeof content->bytes; item->len++) {
        bool text = item->type == SEAL_NVS_STRING;
        content->bytes[content->used++] = (uint8_t)(text ? 1 + pick(255) : pick(256));
    }
}

static void make_content(struct content *content)
{
    content->version = 1 + pick(2);
    content->size = PAGE * (size_t)(3 + pick(20));
    content->used = 0;
    size_t count = pick(300);
    char space[16];
    for (content->count = 0; content->count < count; content->count++) {
        (void)snprintf(space, sizeof space, "space%u", pick(4));
        make_item(content, space, &content->items[content->count]);
    }
}

static void put_cell(struct seal_buf *out, const void *cell, size_t len, bool first)
{
    assert_int_equal(seal_csv_put(out, cell, len, first), SEAL_OK);
}

static void put_value(struct seal_buf *out, const struct content *content, const struct wanted *item)
{
    char number[32];
    bool has_sign = (unsigned)item->type & 0x10;
    if (item->type == SEAL_NVS_STRING) {
        put_cell(out, content->bytes + item->begin, item->len, false);
    } else if (item->type == SEAL_NVS_BLOB) {
        static char hex[20000];
        seal_hex_encode(content->bytes + item->begin, item->len, hex);
        put_cell(out, hex, 2 * item->len, false);
    } else {
        (void)(has_sign ? snprintf(number, sizeof number, "%lld", (long long)item->number)
                        : snprintf(number, sizeof number, "%llu", (unsigned long long)item->number));
        put_cell(out, number, strlen(number), false);
    }
}

static struct seal_buf *make_table(const struct content *content)
{
    struct seal_buf *out = seal_buf_new();
    const char *space = "";
    assert_int_equal(seal_buf_put(out, "key,type,encoding,value\n", 24), SEAL_OK);
    for (size_t i = 0; i < content->count; i++) {
        const struct wanted *item = &content->items[i];
        if (strcmp(space, item->space) != 0) {
            space = item->space;
            put_cell(out, space, strlen(space), true);
            assert_int_equal(seal_buf_put(out, ",namespace,,\n", 13), SEAL_OK);
        }
        put_cell(out, item->key, strlen(item->key), true);
        assert_int_equal(seal_buf_put(out, ",data", 5), SEAL_OK);
        for (size_t j = 0; j < sizeof kinds / sizeof kinds[0]; j++) {
            if (kinds[j].type == item->type) {
                put_cell(out, kinds[j].encoding, strlen(kinds[j].encoding), false);
            }
        }
        put_value(out, content, item);
        assert_int_equal(seal_buf_put(out, "\n", 1), SEAL_OK);
    }
    return out;
}

static int build(const struct content *content, const struct seal_buf *text, struct seal_buf *out)
{
    struct seal_csv *table = NULL;
    struct seal_nvs_writer *writer = NULL;
    struct seal_cause cause = {0};
    const struct seal_nvs_csv how = {0};
    assert_int_equal(
        seal_csv_parse(seal_buf_ptr(text), seal_buf_len(text), "random", SEAL_CSV_COMMENTS, &table, NULL),
        SEAL_OK);
    assert_int_equal(seal_nvs_writer_new(content->size, content->version, 0, &writer, NULL), SEAL_OK);
    const struct seal_csv *const tables[] = {table, NULL};
    int err = seal_nvs_put_csv(writer, tables, &how, &cause);
    if (err != SEAL_OK && err != SEAL_ERR_TOO_LONG) {
        fail_msg("%s", cause.text);
    }
    if (err == SEAL_OK) {
        assert_int_equal(seal_nvs_writer_finish(writer, out, NULL), SEAL_OK);
    }
    seal_nvs_writer_free(&writer);
    seal_csv_free(&table);
    return err;
}

static void compare(const struct content *content, const struct seal_nvs *nvs)
{
    assert_int_equal(seal_nvs_finding_count(nvs), 0);
    assert_int_equal(seal_nvs_item_count(nvs), content->count);
    for (size_t i = 0; i < content->count; i++) {
        const struct seal_nvs_item *item = seal_nvs_item_at(nvs, i);
        const struct wanted *wanted = &content->items[i];
        assert_string_equal(item->space, wanted->space);
        assert_string_equal(item->key, wanted->key);
        assert_int_equal(item->type, wanted->type);
        assert_true(item->number == wanted->number);
        assert_int_equal(item->len, wanted->len);
        assert_memory_equal(item->data, content->bytes + wanted->begin, wanted->len);
    }
}

static void random_tables_come_back(void **state)
{
    (void)state;
    static struct content content;
    size_t whole = 0;
    for (seed = 1; whole < 200; seed += 12345) {
        make_content(&content);
        struct seal_buf *table = make_table(&content);
        struct seal_buf *partition = seal_buf_new();
        if (build(&content, table, partition) == SEAL_OK) {
            struct seal_buf *table_again = seal_buf_new();
            struct seal_buf *again = seal_buf_new();
            struct seal_nvs *nvs = read_all(partition);
            compare(&content, nvs);
            assert_int_equal(seal_nvs_write_csv(nvs, table_again), SEAL_OK);
            assert_int_equal(build(&content, table_again, again), SEAL_OK);
            assert_int_equal(seal_buf_len(again), seal_buf_len(partition));
            assert_memory_equal(seal_buf_ptr(again), seal_buf_ptr(partition), seal_buf_len(partition));
            seal_nvs_free(&nvs);
            seal_buf_free(&again);
            seal_buf_free(&table_again);
            whole++;
        }
        seal_buf_free(&partition);
        seal_buf_free(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_what_was_put),    cmocka_unit_test(each_damage_has_its_place_and_words),
        cmocka_unit_test(the_later_page_counts),     cmocka_unit_test(only_whole_pages_are_read),
        cmocka_unit_test(blobs_of_both_generations), cmocka_unit_test(an_index_has_one_namespace),
        cmocka_unit_test(random_tables_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
