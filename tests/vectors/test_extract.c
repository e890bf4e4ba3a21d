/* Every partition of tests/vectors is taken apart and built again to the same bytes. */
#include "unit.h"
#include "vectors.h"

#include <espseal/secret.h>
#include <espseal/secure_cert_build.h>
#include <espseal/secure_cert_extract.h>
#include <espseal/secure_cert_legacy.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[] = "/tmp/espseal-extract-XXXXXX";
static size_t rebuilt, odd, bare;

static void path_of(const char *name, char path[static 256])
{
    (void)snprintf(path, 256, "%s/%s", directory, name);
}

static void check_ok(int err, const struct seal_cause *cause)
{
    if (err != SEAL_OK) {
        fail_msg("%s", cause->text[0] ? cause->text : seal_strerror(err));
    }
}

static void rebuild(const struct seal_extract *extract, const uint8_t *data, size_t len)
{
    char path[256];
    struct seal_cause cause = {0};
    struct seal_build_result result;
    struct seal_buf *out = seal_buf_new_secret();
    struct seal_secure_cert_rows *rows = seal_secure_cert_rows_new();
    const struct seal_build_options options = {.directory = directory,
                                               .size = SEAL_SECURE_CERT_LIMIT,
                                               .allow_private_keys = extract->has_private_keys};
    for (size_t i = 0; i < extract->count; i++) {
        const struct seal_extracted_file *file = &extract->files[i];
        path_of(file->name, path);
        check_ok(seal_file_write(path, seal_buf_ptr(file->data), seal_buf_len(file->data), SEAL_FILE_SECRET,
                                 &cause),
                 &cause);
    }
    check_ok(seal_secure_cert_rows_csv(seal_buf_ptr(extract->csv), seal_buf_len(extract->csv), "x.csv", rows,
                                       &cause),
             &cause);
    check_ok(seal_secure_cert_build(rows, &options, out, &result, &cause), &cause);
    if (seal_buf_len(out) != len || memcmp(seal_buf_ptr(out), data, len) != 0) {
        fail_msg("%zu bytes instead of %zu from\n%.*s", seal_buf_len(out), len,
                 (int)seal_buf_len(extract->csv), (const char *)seal_buf_ptr(extract->csv));
    }
    for (size_t i = 0; i < extract->count; i++) {
        path_of(extract->files[i].name, path);
        assert_int_equal(unlink(path), 0);
    }
    seal_secure_cert_rows_free(&rows);
    seal_buf_free(&out);
    rebuilt++;
}

static void round_trip(const uint8_t *data, size_t len)
{
    struct seal_cause cause = {0};
    struct seal_extract extract;
    int err = seal_secure_cert_extract(data, len, SEAL_EXTRACT_PLAIN, &extract, &cause);
    if (err == SEAL_ERR_FORMAT) {
        assert_int_equal(seal_tlv_used(data, len), 0);
        odd++;
        return;
    }
    check_ok(err, &cause);
    rebuild(&extract, data, len);
    seal_extract_clear(&extract);
    assert_null(extract.files);
}

/* A legacy partition is taken apart as entries, and built in its format. */
static void legacy_round_trip(const uint8_t *data, size_t len, enum seal_cert_format format)
{
    char problem[160];
    struct seal_cause cause = {0};
    struct seal_buf *tlv = seal_buf_new_secret();
    struct seal_buf *again = seal_buf_new_secret();
    check_ok(seal_secure_cert_to_tlv(data, len, tlv, problem, &cause), &cause);
    round_trip(seal_buf_ptr(tlv), seal_buf_len(tlv));
    check_ok(seal_secure_cert_from_tlv(seal_buf_ptr(tlv), seal_buf_len(tlv), format, again, &cause), &cause);
    /* One byte more without a CA certificate: see test_legacy.c. */
    assert_in_range(len - seal_buf_len(again), 0, 1);
    assert_memory_equal(seal_buf_ptr(again), data, seal_buf_len(again));
    seal_buf_free(&tlv);
    seal_buf_free(&again);
}

static void check_file(const struct vector_case *c, const char *name)
{
    struct seal_buf *partition = vector_file(c, name);
    const uint8_t *data = seal_buf_ptr(partition);
    size_t len = seal_buf_len(partition);
    enum seal_cert_format format = seal_cert_format_of(data, len);
    if (format == SEAL_CERT_CUST_FLASH || format == SEAL_CERT_NVS) {
        legacy_round_trip(data, len, format);
    } else {
        round_trip(data, len);
    }
    seal_buf_free(&partition);
}

static bool is_partition(const char *name)
{
    return name &&
           (strncmp(name, "esp_secure_cert", 15) == 0 || strcmp(name, "in.bin") == 0 ||
            strcmp(name, "in.dat") == 0 || strcmp(name, "out.bin") == 0) &&
           !strstr(name, ".csv");
}

static void check(const struct vector_case *c)
{
    static const char *const members[] = {"partition", "signed_partition", "second_output", "partition_in",
                                          "partition_after_last_ok"};
    size_t files = 0;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        for (unsigned side = 0; side < 2; side++) {
            const seal_json *file =
                seal_json_get(seal_json_get(side ? c->inputs : c->expected, members[i]), "file");
            if (is_partition(seal_json_text(file))) {
                check_file(c, seal_json_text(file));
                files++;
            }
        }
    }
    if (files == 0) {
        const char *result = seal_json_text(seal_json_get(c->expected, "result"));
        if (!result || strcmp(result, "error") != 0) {
            fail_msg("%s has no partition to take apart", c->id);
        }
        bare++;
    }
}

static void every_partition_is_built_again(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    assert_in_range(vector_each("tlv", check), 98, 1000);
    assert_in_range(vector_each("legacy", check), 29, 1000);
    assert_int_equal(rmdir(directory), 0);
    print_message("%zu partitions, %zu without entries, %zu refusals without any\n", rebuilt, odd, bare);
    assert_int_equal(rebuilt, 114);
    assert_int_equal(bare, 29);
    assert_int_equal(odd, 3); /* parse_not_tlv, err_append_integrity_empty and _notlv */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_partition_is_built_again)};
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
