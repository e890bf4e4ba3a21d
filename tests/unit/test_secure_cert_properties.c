/* The reader's rules, held on random partitions. A seed that fails is printed and can be set below. */
#include "unit.h"

#include <espseal/secret.h>
#include <espseal/secure_cert.h>

#include <string.h>

enum { ROUNDS = 200, ENTRIES_MAX = 24 };

static uint32_t state_word;

static uint32_t next_random(uint32_t below)
{
    /* xorshift32: repeatable everywhere */
    state_word ^= state_word << 13;
    state_word ^= state_word >> 17;
    state_word ^= state_word << 5;
    return state_word % below;
}

struct made {
    struct seal_buf *bytes;
    size_t count;
    struct {
        uint8_t type, subtype, flags, data[300];
        size_t len, offset;
    } entry[ENTRIES_MAX];
};

/* Few types, so that pairs occur twice; lengths around every alignment. */
static void make(struct made *made)
{
    made->bytes = seal_buf_new();
    made->count = 1 + next_random(ENTRIES_MAX);
    for (size_t i = 0; i < made->count; i++) {
        made->entry[i].type = (uint8_t)(next_random(4) ? next_random(10) : next_random(256));
        made->entry[i].subtype = (uint8_t)next_random(3);
        made->entry[i].flags = (uint8_t)next_random(256);
        made->entry[i].len = next_random(sizeof made->entry[i].data);
        made->entry[i].offset = seal_buf_len(made->bytes);
        for (size_t at = 0; at < made->entry[i].len; at++) {
            made->entry[i].data[at] = (uint8_t)next_random(256);
        }
        assert_int_equal(seal_tlv_put_within(made->bytes, SEAL_SECURE_CERT_LIMIT, made->entry[i].type,
                                             made->entry[i].subtype, made->entry[i].flags,
                                             made->entry[i].data, made->entry[i].len, NULL),
                         SEAL_OK);
    }
}

static size_t size_of(size_t len)
{
    return 16 + (len + 15) / 16 * 16;
}

static void each(void (*check)(const struct made *made))
{
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        struct made made = {0};
        state_word = seed * 2654435761u;
        print_message("%u\r", seed);
        make(&made);
        check(&made);
        seal_buf_free(&made.bytes);
    }
}

/* Walks len bytes; returns how many entries there are, all of them those that were made. */
static size_t walk(const struct made *made, const uint8_t *data, size_t len, enum seal_tlv_end *end)
{
    struct seal_tlv_entry entry;
    size_t offset = 0;
    size_t count = 0;
    while (seal_tlv_next(data, len, &offset, &entry, end)) {
        assert_in_range(count, 0, made->count - 1);
        assert_int_equal(entry.offset, made->entry[count].offset);
        assert_int_equal(entry.offset % 16, 0);
        assert_int_equal(entry.size, size_of(made->entry[count].len));
        assert_int_equal(entry.type, made->entry[count].type);
        assert_int_equal(entry.subtype, made->entry[count].subtype);
        assert_int_equal(entry.flags, made->entry[count].flags);
        assert_int_equal(entry.length, made->entry[count].len);
        assert_memory_equal(entry.data, made->entry[count].data, entry.length);
        assert_int_equal(entry.crc, entry.crc_computed);
        for (size_t at = entry.length; at < entry.size - 16; at++) {
            assert_int_equal(entry.data[at], 0);
        }
        count++;
    }
    return count;
}

static void check_walk(const struct made *made)
{
    enum seal_tlv_end end;
    assert_int_equal(walk(made, seal_buf_ptr(made->bytes), seal_buf_len(made->bytes), &end), made->count);
    assert_int_equal(end, SEAL_TLV_END_OF_DATA);
    assert_int_equal(seal_tlv_used(seal_buf_ptr(made->bytes), seal_buf_len(made->bytes)),
                     seal_buf_len(made->bytes));
}

static void what_was_put_is_walked(void **state)
{
    (void)state;
    each(check_walk);
}

/* Cut anywhere: the whole entries before the cut, and a walk that says why it ended. */
static void check_cut(const struct made *made)
{
    size_t cut = next_random((uint32_t)seal_buf_len(made->bytes));
    size_t whole = 0;
    enum seal_tlv_end end;
    while (whole < made->count && made->entry[whole].offset + size_of(made->entry[whole].len) <= cut) {
        whole++;
    }
    size_t boundary = whole < made->count ? made->entry[whole].offset : seal_buf_len(made->bytes);
    assert_int_equal(walk(made, seal_buf_ptr(made->bytes), cut, &end), whole);
    assert_int_equal(end, cut == boundary      ? SEAL_TLV_END_OF_DATA
                          : cut - boundary < 4 ? SEAL_TLV_END_GARBAGE
                                               : SEAL_TLV_END_TRUNCATED);
}

static void a_cut_leaves_the_entries_before_it(void **state)
{
    (void)state;
    each(check_cut);
}

/* The first of each pair is found, whatever follows; nothing is found that was not put. */
static void check_find(const struct made *made)
{
    struct seal_tlv_entry entry;
    for (unsigned type = 0; type < 256; type++) {
        for (unsigned subtype = 0; subtype < 4; subtype++) {
            size_t first = 0;
            while (first < made->count &&
                   (made->entry[first].type != type || made->entry[first].subtype != subtype)) {
                first++;
            }
            bool found = seal_tlv_find(seal_buf_ptr(made->bytes), seal_buf_len(made->bytes), (uint8_t)type,
                                       (uint8_t)subtype, &entry);
            assert_int_equal(found, first < made->count);
            assert_true(!found || entry.offset == made->entry[first].offset);
        }
    }
}

static void the_first_of_a_pair_is_found(void **state)
{
    (void)state;
    each(check_find);
}

/* 254 asks for the last entry of the type, whatever its subtype; with a wrong CRC there is no other. */
static void check_last(const struct made *made)
{
    uint8_t *bytes = seal_buf_mutable(made->bytes);
    size_t len = seal_buf_len(made->bytes);
    struct seal_tlv_entry entry;
    for (unsigned type = 0; type < 256; type++) {
        size_t last = made->count;
        for (size_t i = 0; i < made->count; i++) {
            last = made->entry[i].type == type ? i : last;
        }
        bool found = seal_tlv_find(bytes, len, (uint8_t)type, SEAL_TLV_SUBTYPE_LAST, &entry);
        assert_int_equal(found, last < made->count);
        if (found) {
            assert_int_equal(entry.offset, made->entry[last].offset);
            assert_int_equal(entry.subtype, made->entry[last].subtype);
            bytes[entry.offset + entry.size - 1] ^= 1;
            assert_false(seal_tlv_find(bytes, len, (uint8_t)type, SEAL_TLV_SUBTYPE_LAST, &entry));
            bytes[entry.offset + entry.size - 1] ^= 1;
        }
    }
}

static void the_last_of_a_type_is_found(void **state)
{
    (void)state;
    each(check_last);
}

/* A stored 254 is no number to be asked for: another entry behind it hides it, and type alone decides. */
static void a_stored_254_is_found_as_the_last_only(void **state)
{
    (void)state;
    struct seal_tlv_entry entry;
    struct seal_buf *out = seal_buf_new();
    assert_int_equal(seal_tlv_put(out, SEAL_TLV_USER_DATA_1, 254, 0, "a", 1, NULL), SEAL_OK);
    assert_int_equal(seal_tlv_put(out, SEAL_TLV_CA_CERT, 7, 0, "b", 1, NULL), SEAL_OK);
    assert_true(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_USER_DATA_1, 254, &entry));
    assert_int_equal(entry.offset, 0);
    assert_int_equal(seal_tlv_put(out, SEAL_TLV_USER_DATA_1, 3, 0, "c", 1, NULL), SEAL_OK);
    assert_true(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_USER_DATA_1, 254, &entry));
    assert_int_equal(entry.subtype, 3); /* the last, not the highest */
    assert_false(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_USER_DATA_1, 255, &entry));
    seal_buf_free(&out);
}

/* One changed bit: the entry is not found any more, and neither is a second of the same pair. */
static void check_flip(const struct made *made)
{
    struct seal_tlv_entry entry;
    size_t victim = next_random((uint32_t)made->count);
    size_t size = size_of(made->entry[victim].len);
    size_t within = next_random((uint32_t)size);
    uint8_t *bytes = seal_buf_mutable(made->bytes);
    bool moves = within == 10 || within == 11 || within < 4; /* length, or magic: the walk goes elsewhere */
    bool renames = within == 8 || within == 9;
    bytes[made->entry[victim].offset + within] ^= (uint8_t)(1u << next_random(8));
    if (!moves && !renames) {
        size_t first = 0;
        while (made->entry[first].type != made->entry[victim].type ||
               made->entry[first].subtype != made->entry[victim].subtype) {
            first++;
        }
        assert_int_equal(seal_tlv_find(bytes, seal_buf_len(made->bytes), made->entry[victim].type,
                                       made->entry[victim].subtype, &entry),
                         first != victim);
    }
    /* Entries before it are untouched in any case, and all is within bounds. */
    enum seal_tlv_end end;
    size_t offset = 0;
    size_t good = 0;
    while (seal_tlv_next(bytes, seal_buf_len(made->bytes), &offset, &entry, &end)) {
        assert_in_range(entry.offset + entry.size, 16, seal_buf_len(made->bytes));
        good += entry.offset < made->entry[victim].offset && entry.crc == entry.crc_computed;
    }
    assert_int_equal(good, victim);
}

static void a_changed_bit_is_noticed(void **state)
{
    (void)state;
    each(check_flip);
}

/* What follows the entries makes no difference to them. */
static void check_tail(const struct made *made)
{
    static const struct {
        uint8_t bytes[4];
        enum seal_tlv_end end;
    } tails[] = {
        {{0xFF, 0xFF, 0xFF, 0xFF}, SEAL_TLV_END_ERASED},    {{0, 0, 0, 0}, SEAL_TLV_END_ZERO},
        {{0xFF, 0xFF, 0, 0}, SEAL_TLV_END_MARKER},          {{0x12, 0xBA, 0x5E, 0xBA}, SEAL_TLV_END_GARBAGE},
        {{0x11, 0xBA, 0x5E, 0xBA}, SEAL_TLV_END_TRUNCATED},
    };
    size_t used = seal_buf_len(made->bytes);
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        enum seal_tlv_end end;
        assert_int_equal(seal_buf_put(made->bytes, tails[i].bytes, 4), SEAL_OK);
        assert_int_equal(walk(made, seal_buf_ptr(made->bytes), used + 4, &end), made->count);
        assert_int_equal(end, tails[i].end);
        assert_int_equal(seal_tlv_used(seal_buf_ptr(made->bytes), used + 4), used);
        seal_buf_truncate(made->bytes, used);
    }
}

static void what_follows_makes_no_difference(void **state)
{
    (void)state;
    each(check_tail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_walked),
        cmocka_unit_test(a_cut_leaves_the_entries_before_it),
        cmocka_unit_test(the_first_of_a_pair_is_found),
        cmocka_unit_test(the_last_of_a_type_is_found),
        cmocka_unit_test(a_stored_254_is_found_as_the_last_only),
        cmocka_unit_test(a_changed_bit_is_noticed),
        cmocka_unit_test(what_follows_makes_no_difference),
    };
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
