/* Every case of tests/vectors/tlv that has a CSV, against the reference's bytes or its refusal. */
#include "unit.h"
#include "vectors.h"

#include <espseal/digest.h>
#include <espseal/secret.h>
#include <espseal/secure_cert_build.h>

#include <stdio.h>
#include <string.h>

static const struct refusal {
    const char *id;
    int err;
    const char *says; /* in the message */
} refusals[] = {
    {"csv_overflow", SEAL_ERR_TOO_LONG, "conf.csv line 2: USER_DATA_1 of 8192 bytes does not fit"},
    {"csv_overflow_integrity", SEAL_ERR_TOO_LONG, "INTEGRITY of 32 bytes does not fit"},
    {"err_alg_mismatch", SEAL_ERR_KEY, "conf.csv line 2: the key is EC P-256, not RSA"},
    {"err_bad_base64", SEAL_ERR_FORMAT, "conf.csv line 2: data_value is not Base64"},
    {"err_bad_data_type", SEAL_ERR_FORMAT, "conf.csv line 2: data_type must be"},
    {"err_bad_hex", SEAL_ERR_FORMAT, "conf.csv line 2: data_value must be pairs"},
    {"err_bad_type_name", SEAL_ERR_FORMAT, "conf.csv line 2: tlv_type \"ESP_SECURE_CERT_USER_DATA_9_TLV\""},
    {"err_duplicate", SEAL_ERR_FORMAT, "conf.csv line 3: type 51 with subtype 0 is in conf.csv line 2"},
    {"err_ecdsa_size_mismatch", SEAL_ERR_MISMATCH, "conf.csv line 2: the key is EC P-256, but key_size"},
    {"err_ecdsa_unsupported_chip", SEAL_ERR_UNSUPPORTED, "ESP32-C3 has no ECDSA peripheral"},
    {"err_ecdsa_unsupported_size", SEAL_ERR_KEY, "takes no EC P-384 key"},
    {"err_empty_priv_key_type", SEAL_ERR_FORMAT, "conf.csv line 2: priv_key_type is missing"},
    {"err_file_missing", SEAL_ERR_NOT_FOUND, "nope.bin"},
    {"err_missing_data_type", SEAL_ERR_FORMAT, "conf.csv line 2: data_type is missing"},
    {"err_missing_subtype", SEAL_ERR_FORMAT, "conf.csv line 2: tlv_subtype is missing"},
    {"err_missing_value", SEAL_ERR_FORMAT, "conf.csv line 2: data_value is missing"},
    {"err_no_efuse_id", SEAL_ERR_FORMAT, "conf.csv line 2: efuse_id is missing"},
    {"err_not_a_cert", SEAL_ERR_FORMAT, "conf.csv line 2: x.pem"},
    {"err_not_a_key", SEAL_ERR_FORMAT, "conf.csv line 2: x.pem"},
    {"err_rsa_ds_unsupported_chip", SEAL_ERR_UNSUPPORTED, "no RSA Digital Signature peripheral"},
    {"err_rsa_ds_unsupported_size", SEAL_ERR_KEY, "conf.csv line 2: "},
    {"err_subtype_256", SEAL_ERR_FORMAT, "conf.csv line 2: tlv_subtype must be a number from 0 to 254"},
    {"err_type_256", SEAL_ERR_FORMAT, "conf.csv line 2: tlv_type must be a number from 0 to 255"},
    {"err_unknown_priv_key_type", SEAL_ERR_FORMAT, "conf.csv line 2: priv_key_type must be"},
};

static const struct refusal *refusal_of(const char *id)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (strcmp(refusals[i].id, id) == 0) {
            return &refusals[i];
        }
    }
    return NULL;
}

static const struct seal_chip *chip_of(const struct vector_case *c)
{
    char name[16] = "";
    const char *command = seal_json_text(seal_json_get(c->json, "command"));
    const char *at = strstr(command, "--target_chip ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "--target_chip %15s", name), 1);
    const struct seal_chip *chip = seal_chip_find(name);
    assert_non_null(chip);
    return chip;
}

/* The arguments beside --esp_secure_cert_csv are rows before those of the CSV. */
static int prepend_arguments(const struct vector_case *c, struct seal_secure_cert_rows *rows,
                             struct seal_cause *cause)
{
    static const struct {
        const char *input, *type, *kind;
    } arguments[] = {{"ca_cert", "CA_CERT", NULL},
                     {"device_cert", "DEV_CERT", NULL},
                     {"private_key", "PRIV_KEY", "plaintext"}};
    struct seal_secure_cert_rows *before = seal_secure_cert_rows_new();
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < 3; i++) {
        const seal_json *file = seal_json_get(seal_json_get(c->inputs, arguments[i].input), "file");
        const char *const cells[SEAL_COLUMN_COUNT] = {
            [SEAL_COLUMN_TYPE] = arguments[i].type,     [SEAL_COLUMN_SUBTYPE] = "0",
            [SEAL_COLUMN_VALUE] = seal_json_text(file), [SEAL_COLUMN_DATA_TYPE] = "file",
            [SEAL_COLUMN_KEY_TYPE] = arguments[i].kind,
        };
        err = file ? seal_secure_cert_rows_add(before, arguments[i].input, cells, cause) : SEAL_OK;
    }
    return err == SEAL_OK ? seal_secure_cert_rows_prepend(rows, &before, cause) : err;
}

/*
 * The reference accepts subtype 255, which its own documentation and esp_secure_cert_tlv_config.h rule out:
 * that row is refused here, and then left out.
 */
static void without_subtype_255(struct seal_buf *csv)
{
    static const char row[] = "55,255,0123,string,,,,,\r\n";
    const uint8_t *at = memmem(seal_buf_ptr(csv), seal_buf_len(csv), "55,255,", 7);
    assert_non_null(at);
    size_t start = (size_t)(at - seal_buf_ptr(csv));
    const uint8_t *end = memchr(at, '\n', seal_buf_len(csv) - start);
    size_t len = (size_t)(end - at) + 1;
    assert_in_range(len, 20, sizeof row);
    memmove(seal_buf_mutable(csv) + start, end + 1, seal_buf_len(csv) - start - len);
    seal_buf_truncate(csv, seal_buf_len(csv) - len);
}

static int build(const struct vector_case *c, const struct seal_buf *csv, struct seal_buf *out,
                 struct seal_build_result *result, struct seal_cause *cause)
{
    struct seal_secure_cert_rows *rows = seal_secure_cert_rows_new();
    struct seal_buf *iv = vector_member(c, c->inputs, "iv");
    const struct seal_build_options options = {
        .chip = chip_of(c), .directory = c->folder, .any_mode = true, .iv = iv ? seal_buf_ptr(iv) : NULL};
    int err = seal_secure_cert_rows_csv(seal_buf_ptr(csv), seal_buf_len(csv), "conf.csv", rows, cause);
    if (err == SEAL_OK) {
        err = prepend_arguments(c, rows, cause);
    }
    if (err == SEAL_OK) {
        err = seal_secure_cert_build(rows, &options, out, result, cause);
    }
    seal_secure_cert_rows_free(&rows);
    seal_buf_free(&iv);
    return err;
}

/*
 * What the reference should have written: no private key in an entry that says the peripheral has it (it
 * writes the key there), no subtype 255, and the integrity of that.
 */
static struct seal_buf *mended(const struct seal_buf *reference)
{
    struct seal_buf *out = seal_buf_new();
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    uint8_t sha256[32];
    size_t offset = 0;
    while (seal_tlv_next(seal_buf_ptr(reference), seal_buf_len(reference), &offset, &entry, &end)) {
        bool leaked = entry.type == SEAL_TLV_PRIV_KEY && entry.flags == SEAL_TLV_FLAG_ECDSA_PERIPHERAL;
        if (entry.type == SEAL_TLV_INTEGRITY) {
            assert_int_equal(seal_sha256(seal_buf_ptr(out), seal_buf_len(out), sha256), SEAL_OK);
            assert_int_equal(seal_tlv_put_integrity(out, entry.subtype, sha256, NULL), SEAL_OK);
        } else if (leaked) {
            assert_int_equal(seal_tlv_put(out, entry.type, entry.subtype, entry.flags, NULL, 0, NULL),
                             SEAL_OK);
        } else if (entry.subtype != 255) {
            assert_int_equal(seal_buf_put(out, seal_buf_ptr(reference) + entry.offset, entry.size), SEAL_OK);
        }
    }
    assert_int_equal(offset, seal_buf_len(reference));
    return out;
}

static size_t built, refused;

static bool has(const struct seal_buf *text, const char *word)
{
    return memmem(seal_buf_ptr(text), seal_buf_len(text), word, strlen(word)) != NULL;
}

static void expect_refusal(const struct vector_case *c, const struct seal_buf *csv)
{
    const struct refusal *refusal = refusal_of(c->id);
    struct seal_build_result result;
    struct seal_cause cause = {0};
    struct seal_buf *out = seal_buf_new_secret();
    if (!refusal) {
        fail_msg("no expectation for %s", c->id);
        return;
    }
    assert_int_equal(build(c, csv, out, &result, &cause), refusal->err);
    assert_int_equal(seal_buf_len(out), 0);
    if (!strstr(cause.text, refusal->says)) {
        fail_msg("\"%s\" does not say \"%s\"", cause.text, refusal->says);
    }
    seal_buf_free(&out);
    refused++;
}

static void expect_partition(const struct vector_case *c, struct seal_buf *csv)
{
    struct seal_build_result result;
    struct seal_cause cause = {0};
    struct seal_buf *out = seal_buf_new_secret();
    struct seal_buf *reference = vector_member(c, c->expected, "partition");
    struct seal_buf *expected = mended(reference);
    if (strcmp(c->id, "csv_user_data") == 0) {
        assert_int_equal(build(c, csv, out, &result, &cause), SEAL_ERR_FORMAT);
        assert_non_null(strstr(cause.text, "tlv_subtype must be a number from 0 to 254, not \"255\""));
        without_subtype_255(csv);
    }
    if (build(c, csv, out, &result, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    assert_int_equal(seal_buf_len(out), seal_buf_len(expected));
    assert_memory_equal(seal_buf_ptr(out), seal_buf_ptr(expected), seal_buf_len(expected));
    bool open = has(csv, "laintext") || has(csv, "LAINTEXT");
    assert_int_equal(result.has_plaintext_key, open || strcmp(c->id, "csv_plus_args") == 0);
    seal_buf_free(&expected);
    seal_buf_free(&reference);
    seal_buf_free(&out);
    built++;
}

static void check(const struct vector_case *c)
{
    struct seal_buf *csv = vector_member(c, c->inputs, "csv");
    if (!csv) {
        return;
    }
    const char *result = seal_json_text(seal_json_get(c->expected, "result"));
    if (result && strcmp(result, "error") == 0) {
        expect_refusal(c, csv);
    } else {
        expect_partition(c, csv);
    }
    seal_buf_free(&csv);
}

static void partitions_from_csv_equal_the_reference(void **state)
{
    (void)state;
    assert_in_range(vector_each("tlv", check), 98, 1000);
    assert_int_equal(refused, sizeof refusals / sizeof refusals[0]);
    assert_int_equal(built, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(partitions_from_csv_equal_the_reference)};
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
