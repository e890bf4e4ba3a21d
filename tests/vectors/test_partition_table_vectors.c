#include "unit.h"
#include "vectors.h"

#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/partition_table.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first word after option in the reference's command line. */
static bool command_option(const struct vector_case *c, const char *option, char value[static 64])
{
    const char *command = seal_json_text(seal_json_get(c->json, "command"));
    const char *at = command ? strstr(command, option) : NULL;
    if (!at) {
        return false;
    }
    at += strlen(option);
    at += strspn(at, " ");
    (void)snprintf(value, 64, "%.*s", (int)strcspn(at, " "), at);
    return true;
}

static uint32_t command_number(const struct vector_case *c, const char *option, bool *given)
{
    char text[64];
    *given = command_option(c, option, text);
    return *given ? (uint32_t)strtoul(text, NULL, 0) : 0;
}

struct reference_options {
    struct seal_partition_rules rules;
    char extra[64];
    const char *extras[2];
    bool md5, verify;
};

static void read_options(const struct vector_case *c, struct reference_options *options)
{
    char text[64];
    bool given;
    *options = (struct reference_options){.verify = true, .md5 = true};
    options->rules.table_offset = command_number(c, "--offset", &given);
    options->rules.bootloader_offset =
        command_number(c, "--primary-bootloader-offset", &options->rules.has_bootloader_offset);
    options->rules.recovery_offset =
        command_number(c, "--recovery-bootloader-offset", &options->rules.has_recovery_offset);
    if (command_option(c, "--secure", text)) {
        options->rules.secure_boot = text[1] == '1' ? 1 : 2;
    }
    if (command_option(c, "--flash-size", text)) {
        options->rules.flash_size = (uint32_t)strtoul(text, NULL, 10) << 20;
    }
    if (command_option(c, "--extra-partition-subtypes", options->extra)) {
        options->extras[0] = options->extra;
        options->rules.extra_subtypes = options->extras;
    }
    options->md5 = !command_option(c, "--disable-md5sum", text);
    options->verify = !command_option(c, "--no-verify", text);
}

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

static void check_same(const struct seal_buf *got, const struct seal_buf *wanted)
{
    assert_int_equal(seal_buf_len(got), seal_buf_len(wanted));
    assert_memory_equal(seal_buf_ptr(got), seal_buf_ptr(wanted), seal_buf_len(wanted));
}

static void check_csv_back(const struct vector_case *c, const struct seal_partition_table *table)
{
    struct seal_buf *wanted = vector_member(c, c->expected, "csv_back");
    if (wanted) {
        struct seal_buf *got = seal_buf_new();
        assert_int_equal(seal_partition_table_to_csv(table, got), SEAL_OK);
        check_same(got, wanted);
        seal_buf_free(&got);
        seal_buf_free(&wanted);
    }
}

static bool is_error(const struct vector_case *c)
{
    return strcmp(seal_json_text(seal_json_get(c->expected, "result")), "ok") != 0;
}

static void check_binary(const struct vector_case *c, const struct seal_buf *data)
{
    struct seal_partition_table table;
    struct seal_cause cause = {0};
    int err = seal_partition_table_decode(seal_buf_ptr(data), seal_buf_len(data), seal_md5, &table, &cause);
    if (err != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    assert_int_equal(table.has_md5, strcmp(c->id, "opt_no_md5") != 0);
    check_entries(c, &table);
    check_csv_back(c, &table);
}

/* From the text to the table that the reference made; *err is the first failure on the way. */
static int encode(const struct vector_case *c, const struct seal_buf *csv, struct seal_buf *binary,
                  struct seal_cause *cause)
{
    struct reference_options options;
    struct seal_partition_table table;
    read_options(c, &options);
    int err = seal_partition_table_from_csv(seal_buf_ptr(csv), seal_buf_len(csv), "in.csv", &options.rules,
                                            &table, cause);
    if (!err && options.verify) {
        err = seal_partition_table_check(&table, &options.rules, cause);
    }
    return err ? err : seal_partition_table_encode(&table, options.md5 ? seal_md5 : NULL, binary, cause);
}

static void check_csv(const struct vector_case *c, const struct seal_buf *csv)
{
    struct seal_cause cause = {0};
    struct seal_buf *made = seal_buf_new();
    int err = encode(c, csv, made, &cause);
    if (is_error(c)) {
        assert_in_range(-err, -SEAL_ERR_FORMAT, -SEAL_ERR_TOO_LONG);
        assert_true(cause.text[0] != '\0');
        print_message("    %s\n", cause.text);
    } else if (err) {
        fail_msg("%s", cause.text);
    } else {
        struct seal_buf *wanted = vector_member(c, c->expected, "binary");
        check_same(made, wanted);
        check_binary(c, wanted);
        seal_buf_free(&wanted);
    }
    seal_buf_free(&made);
}

static void check(const struct vector_case *c)
{
    struct seal_buf *csv = vector_member(c, c->inputs, "csv");
    struct seal_buf *binary = vector_member(c, c->inputs, "binary");
    assert_true((csv != NULL) != (binary != NULL));
    if (csv) {
        check_csv(c, csv);
    } else if (is_error(c)) {
        struct seal_partition_table table;
        assert_int_equal(
            seal_partition_table_decode(seal_buf_ptr(binary), seal_buf_len(binary), seal_md5, &table, NULL),
            SEAL_ERR_FORMAT);
    } else {
        check_binary(c, binary);
    }
    seal_buf_free(&csv);
    seal_buf_free(&binary);
}

static void tables_of_the_reference_are_read_and_made(void **state)
{
    (void)state;
    assert_int_equal(vector_each("partition_table", check), 49);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_of_the_reference_are_read_and_made)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
