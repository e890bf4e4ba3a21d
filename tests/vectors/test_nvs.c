#include "unit.h"

#include "vectors.h"

#include <espseal/nvs.h>
#include <espseal/nvs_crypt.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES = 2 };

struct input {
    const struct vector_case *c;
    struct seal_csv *tables[TABLES + 1];
    size_t size;
    unsigned version;
    int flags;
};

static const char *command_of(const struct vector_case *c)
{
    return seal_json_text(seal_json_get(c->json, "command"));
}

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool has(const struct vector_case *c, const char *text)
{
    return strstr(command_of(c), text) != NULL;
}

static void read_tables(struct input *input)
{
    size_t count = 0;
    static const char *const members[] = {"csv", "csv1", "csv2"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        struct seal_buf *text = vector_member(input->c, input->c->inputs, members[i]);
        if (text) {
            assert_int_equal(seal_csv_parse(seal_buf_ptr(text), seal_buf_len(text), members[i],
                                            SEAL_CSV_COMMENTS, &input->tables[count++], NULL),
                             SEAL_OK);
        }
        seal_buf_free(&text);
    }
    assert_in_range(count, 1, TABLES);
}

static void open_input(const struct vector_case *c, struct input *input)
{
    *input = (struct input){.c = c, .version = has(c, "--version 1") ? 1 : 2};
    read_tables(input);
    const char *size = strstr(command_of(c), ".bin 0x");
    assert_non_null(size);
    input->size = strtoul(size + strlen(".bin "), NULL, 16);
    /* The reference puts what follows a return to a namespace into another one; only this case has a return.
     */
    input->flags = strcmp(c->id, "namespaces") == 0 ? SEAL_NVS_LATEST_NAMESPACE : 0;
}

static void close_input(struct input *input)
{
    for (size_t i = 0; i < TABLES; i++) {
        seal_csv_free(&input->tables[i]);
    }
}

static int read_file(void *ctx, const char *path, struct seal_buf **out, struct seal_cause *cause)
{
    const struct input *input = ctx;
    char full[2048];
    (void)snprintf(full, sizeof full, "%s/%s", input->c->folder, path);
    return seal_file_read(full, 1 << 20, 0, out, cause);
}

static int build(struct input *input, struct seal_buf *out, struct seal_cause *cause)
{
    struct seal_nvs_writer *writer = NULL;
    const struct seal_nvs_csv how = {.read_file = read_file, .pmk = seal_wifi_pmk, .ctx = input};
    int err = seal_nvs_writer_new(input->size, input->version, input->flags, &writer, cause);
    if (err == SEAL_OK) {
        const struct seal_csv *const tables[] = {input->tables[0], input->tables[1], NULL};
        err = seal_nvs_put_csv(writer, tables, &how, cause);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_writer_finish(writer, out, cause);
    }
    seal_nvs_writer_free(&writer);
    return err;
}

static void assert_same(const struct seal_buf *got, const struct seal_buf *wanted)
{
    assert_int_equal(seal_buf_len(got), seal_buf_len(wanted));
    assert_memory_equal(seal_buf_ptr(got), seal_buf_ptr(wanted), seal_buf_len(wanted));
}

static void keys_of(const struct vector_case *c, uint8_t keys[static SEAL_NVS_KEYS_LEN])
{
    struct seal_buf *file = vector_member(c, c->inputs, "keys");
    file = file ? file : vector_member(c, c->expected, "keys_file");
    assert_non_null(file);
    assert_int_equal(seal_nvs_keys_decode(seal_buf_ptr(file), seal_buf_len(file), "keys", keys, NULL),
                     SEAL_OK);
    seal_buf_free(&file);
}

static void assert_looks_encrypted(const struct seal_buf *partition)
{
    struct seal_nvs *nvs = NULL;
    assert_int_equal(seal_nvs_read(seal_buf_ptr(partition), seal_buf_len(partition), &nvs, NULL), SEAL_OK);
    assert_true(seal_nvs_looks_encrypted(nvs));
    assert_int_equal(seal_nvs_item_count(nvs), 0);
    seal_nvs_free(&nvs);
}

/* What was built becomes the encrypted partition, and that becomes what was built. */
static void check_encrypted(const struct vector_case *c, struct seal_buf *built)
{
    uint8_t keys[SEAL_NVS_KEYS_LEN];
    struct seal_buf *encrypted = vector_member(c, c->expected, "encrypted");
    struct seal_buf *decrypted = vector_member(c, c->expected, "decrypted");
    struct seal_buf *plain = vector_member(c, c->expected, "plaintext_partition");
    assert_non_null(encrypted);
    keys_of(c, keys);
    if (plain) {
        assert_same(built, plain);
        assert_same(built, decrypted);
    }
    struct seal_buf *both_ways = seal_buf_new();
    assert_int_equal(seal_buf_put(both_ways, seal_buf_ptr(built), seal_buf_len(built)), SEAL_OK);
    size_t len = seal_buf_len(built);
    assert_int_equal(seal_nvs_encrypt(keys, seal_buf_mutable(both_ways), len, NULL), SEAL_OK);
    assert_same(both_ways, encrypted);
    assert_looks_encrypted(encrypted);
    assert_int_equal(seal_nvs_decrypt(keys, seal_buf_mutable(both_ways), len, NULL), SEAL_OK);
    assert_same(both_ways, built);
    seal_buf_free(&both_ways);
    seal_buf_free(&encrypted);
    seal_buf_free(&decrypted);
    seal_buf_free(&plain);
}

/* The reference's partition is read without a complaint, and the table made of it makes the same again. */
static void check_read(const struct input *input, const struct seal_buf *partition)
{
    struct seal_nvs *nvs = NULL;
    struct seal_buf *table = seal_buf_new();
    struct seal_buf *again = seal_buf_new();
    struct input other = {.c = input->c, .size = input->size, .version = input->version};
    assert_int_equal(seal_nvs_read(seal_buf_ptr(partition), seal_buf_len(partition), &nvs, NULL), SEAL_OK);
    assert_int_equal(seal_nvs_finding_count(nvs), 0);
    assert_false(seal_nvs_looks_encrypted(nvs));
    assert_int_equal(seal_nvs_item_count(nvs) == 0, strcmp(input->c->id, "empty_csv") == 0);
    assert_int_equal(seal_nvs_page_at(nvs, 0)->version, input->version);
    assert_int_equal(seal_nvs_write_csv(nvs, table), SEAL_OK);
    assert_int_equal(seal_csv_parse(seal_buf_ptr(table), seal_buf_len(table), "table", SEAL_CSV_COMMENTS,
                                    &other.tables[0], NULL),
                     SEAL_OK);
    assert_int_equal(build(&other, again, NULL), SEAL_OK);
    assert_same(again, partition);
    close_input(&other);
    seal_nvs_free(&nvs);
    seal_buf_free(&table);
    seal_buf_free(&again);
}

static void check_build(const struct vector_case *c)
{
    struct input input;
    struct seal_cause cause = {0};
    struct seal_buf *built = seal_buf_new();
    open_input(c, &input);
    if (build(&input, built, &cause) != SEAL_OK) {
        fail_msg("%s: %s", c->id, cause.text);
    }
    check_read(&input, built);
    if (starts(c->id, "encrypt")) {
        check_encrypted(c, built);
    } else {
        struct seal_buf *wanted = vector_member(c, c->expected, "partition");
        assert_non_null(wanted);
        assert_same(built, wanted);
        seal_buf_free(&wanted);
    }
    close_input(&input);
    seal_buf_free(&built);
}

/* What each mistake is called here. */
static const struct mistake {
    const char *id;
    int err;
    const char *says;
} mistakes[] = {
    {"err_b64_bad", SEAL_ERR_FORMAT, "csv line 3: the value ends within a group of four of base64"},
    {"err_bad_encoding", SEAL_ERR_FORMAT, "csv line 3: there is no encoding \"u7\""},
    {"err_file_missing", SEAL_ERR_NOT_FOUND, "csv line 3: cannot open "},
    {"err_hex_bad", SEAL_ERR_FORMAT, "csv line 3: character 1 of the value is no hexadecimal digit"},
    {"err_hex_odd", SEAL_ERR_FORMAT, "csv line 3: the value has 3 digits for hex2bin, which is odd"},
    {"err_i8_range", SEAL_ERR_FORMAT, "csv line 3: the value is out of the range of i8"},
    {"err_key_too_long", SEAL_ERR_FORMAT,
     "csv line 3: the key \"abcdefghijklmnop\" has 16 bytes, and 15 is the most"},
    {"err_not_a_number", SEAL_ERR_FORMAT, "csv line 3: the value is no number for the encoding u8"},
    {"err_size_unaligned", SEAL_ERR_USAGE, "an NVS partition cannot have 0x3001 bytes"},
    {"err_size_zero", SEAL_ERR_USAGE, "an NVS partition cannot have 0x0 bytes"},
    {"err_string_too_long", SEAL_ERR_TOO_LONG,
     "csv line 3: the string of key \"k\" has 4001 bytes, and 3967 is the most"},
    {"err_too_much_data", SEAL_ERR_TOO_LONG,
     "csv line 5: all that does not fit into a partition of 0x3000 bytes"},
    {"err_u64_neg", SEAL_ERR_FORMAT, "csv line 3: the value is out of the range of u64"},
    {"err_u8_range", SEAL_ERR_FORMAT, "csv line 3: the value is out of the range of u8"},
    {"err_v1_blob_too_long", SEAL_ERR_TOO_LONG,
     "csv line 3: the blob of key \"k\" has 1985 bytes, and 1984 is the most in version 1"},
    {"string_3968", SEAL_ERR_TOO_LONG,
     "csv line 3: the string of key \"k\" has 3968 bytes, and 3967 is the most"},
    {"string_3999", SEAL_ERR_TOO_LONG,
     "csv line 3: the string of key \"k\" has 3999 bytes, and 3967 is the most"},
    {"string_4000", SEAL_ERR_TOO_LONG,
     "csv line 3: the string of key \"k\" has 4000 bytes, and 3967 is the most"},
};

static void check_mistake(const struct vector_case *c)
{
    const struct mistake *row = NULL;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        row = strcmp(mistakes[i].id, c->id) == 0 ? &mistakes[i] : row;
    }
    if (!row) {
        fail_msg("no expectation for %s", c->id);
        return;
    }
    struct input input;
    struct seal_cause cause = {0};
    struct seal_buf *built = seal_buf_new();
    open_input(c, &input);
    assert_int_equal(build(&input, built, &cause), row->err);
    if (!starts(cause.text, row->says)) {
        fail_msg("%s: %s", c->id, cause.text);
    }
    close_input(&input);
    seal_buf_free(&built);
}

static void check_keys(const struct vector_case *c)
{
    uint8_t keys[SEAL_NVS_KEYS_LEN];
    struct seal_buf *raw = vector_member(c, c->inputs, "key_bytes");
    struct seal_buf *hmac_key = vector_member(c, c->inputs, "hmac_key");
    struct seal_buf *wanted = vector_member(c, c->expected, "keys_file");
    struct seal_buf *made = seal_buf_new_secret();
    if (raw) {
        assert_int_equal(seal_buf_len(raw), sizeof keys);
        memcpy(keys, seal_buf_ptr(raw), sizeof keys);
    } else {
        assert_int_equal(seal_buf_len(hmac_key), 32);
        assert_int_equal(seal_nvs_keys_derive(seal_buf_ptr(hmac_key), keys, NULL), SEAL_OK);
    }
    assert_int_equal(seal_nvs_keys_encode(keys, made), SEAL_OK);
    assert_same(made, wanted);
    uint8_t again[SEAL_NVS_KEYS_LEN];
    assert_int_equal(seal_nvs_keys_decode(seal_buf_ptr(wanted), seal_buf_len(wanted), "keys", again, NULL),
                     SEAL_OK);
    assert_memory_equal(again, keys, sizeof keys);
    seal_buf_free(&raw);
    seal_buf_free(&hmac_key);
    seal_buf_free(&wanted);
    seal_buf_free(&made);
}

static size_t built, refused, keyed;

static void check(const struct vector_case *c)
{
    if (strcmp(seal_json_text(seal_json_get(c->expected, "result")), "error") == 0) {
        check_mistake(c);
        refused++;
        return;
    }
    if (seal_json_get(c->expected, "keys_file")) {
        check_keys(c);
        keyed++;
    }
    if (!starts(c->id, "generate_key")) {
        check_build(c);
        built++;
    }
}

static void partitions_equal_the_reference(void **state)
{
    (void)state;
    assert_int_equal(vector_each("nvs", check), 46);
    assert_int_equal(built, 25);
    assert_int_equal(refused, 18);
    assert_int_equal(keyed, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(partitions_equal_the_reference)};
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
