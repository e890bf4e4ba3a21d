#include "unit.h"
#include "vectors.h"

#include <espseal/digest.h>
#include <espseal/partition_table.h>

#include <string.h>

static void check_entries(const struct vector_case *c, const struct seal_partition_table *table)
{
    const seal_json *entries = seal_json_get(c->expected, "entries");
    if (!entries) {
        return;
    }
    assert_int_equal(table->count, seal_json_len(entries));
    for (size_t i = 0; i < table->count; i++) {
        const seal_json *expected = seal_json_at(entries, i);
        const struct seal_partition *got = &table->entries[i];
        assert_string_equal(got->name, seal_json_text(seal_json_get(expected, "name")));
        assert_int_equal(got->type, vector_number(expected, "type"));
        assert_int_equal(got->subtype, vector_number(expected, "subtype"));
        assert_int_equal(got->offset, vector_number(expected, "offset"));
        assert_int_equal(got->size, vector_number(expected, "size"));
        assert_int_equal(got->flags, vector_number(expected, "flags"));
    }
}

static void check(const struct vector_case *c)
{
    struct seal_partition_table table;
    struct seal_cause cause = {0};
    struct seal_buf *data = vector_member(c, c->inputs, "binary");
    if (!data) {
        data = vector_member(c, c->expected, "binary");
    }
    assert_non_null(data);
    int err = seal_partition_table_decode(seal_buf_ptr(data), seal_buf_len(data), seal_md5, &table, &cause);
    if (strcmp(seal_json_text(seal_json_get(c->expected, "result")), "ok") != 0) {
        assert_int_equal(err, SEAL_ERR_FORMAT);
    } else {
        if (err != SEAL_OK) {
            fail_msg("%s", cause.text);
        }
        assert_int_equal(table.has_md5, strcmp(c->id, "opt_no_md5") != 0);
        check_entries(c, &table);
    }
    seal_buf_free(&data);
}

static void tables_of_the_reference_are_read(void **state)
{
    (void)state;
    assert_in_range(vector_each("partition_table", check), 20, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_of_the_reference_are_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
