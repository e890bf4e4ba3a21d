#include "unit.h"

#include <espseal/secret.h>
#include <espseal/secure_cert.h>
#include <espseal/secure_cert_rows.h>

#include <string.h>

#define HEADER                                                                                               \
    "tlv_type,tlv_subtype,data_value,data_type,priv_key_type,algorithm,key_size,efuse_id,efuse_key,flags\n"

static int read_csv(const char *body, struct seal_secure_cert_rows **rows, struct seal_cause *cause)
{
    char text[4096] = HEADER;
    assert_in_range(strlen(body), 0, sizeof text - sizeof HEADER);
    strcat(text, body);
    *rows = seal_secure_cert_rows_new();
    return seal_secure_cert_rows_csv(text, strlen(text), "x.csv", *rows, cause);
}

static void check_value(const struct seal_secure_cert_row *row, const char *bytes, size_t len)
{
    assert_int_equal(seal_buf_len(row->value), len);
    assert_memory_equal(seal_buf_ptr(row->value), bytes, len);
}

static void names_and_numbers_of_types(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t type;
    } names[] = {
        {"ESP_SECURE_CERT_CA_CERT_TLV", 0},
        {"CA_CERT", 0},
        {"ca_cert_tlv", 0},
        {"ESP_SECURE_CERT_TLV_SEC_CFG", 6},
        {"ESP_SECURE_CERT_HMAC_ECDSA_KEY_SALT", 5},
        {"ESP_SECURE_CERT_TEE_SEC_STORAGE_KEY_TLV", 7},
        {"TEE_SEC_STORAGE_KEY_ID", 7},
        {"ESP_SECURE_CERT_USER_DATA_5_TLV", 55},
        {"51", 51},
        {"0x33", 51},
        {"100", 100},
        {"255", 255},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *const cells[SEAL_COLUMN_COUNT] = {names[i].text, "254", " 00 ff", "hex"};
        struct seal_secure_cert_rows *rows = seal_secure_cert_rows_new();
        struct seal_cause cause = {0};
        if (seal_secure_cert_rows_add(rows, "a row", cells, &cause) != SEAL_OK) {
            fail_msg("%s", cause.text);
        }
        const struct seal_secure_cert_row *row = seal_secure_cert_rows_at(rows, 0);
        assert_int_equal(row->type, names[i].type);
        assert_int_equal(row->subtype, 254);
        check_value(row, "\0\xff", 2);
        seal_secure_cert_rows_free(&rows);
    }
}

static void json_says_the_same(void **state)
{
    (void)state;
    static const char json[] =
        "{\"entries\": [{\"tlv_type\": \"CA_CERT\", \"tlv_subtype\": 0, \"data_value\": \"ca.pem\", "
        "\"data_type\": \"file\"},"
        "{\"tlv_type\": 2, \"tlv_subtype\": \"1\", \"data_value\": \"a2V5\", \"data_type\": \"base64\","
        " \"priv_key_type\": \"rsa_ds\", \"algorithm\": \"RSA\", \"key_size\": 2048, \"efuse_id\": 3,"
        " \"efuse_key\": \"h.bin\"}]}";
    static const char csv[] = "CA_CERT,0,ca.pem,file\n2,1,a2V5,base64,RSA_DS,rsa,2048,3,h.bin\n";
    struct seal_secure_cert_rows *lists[2] = {NULL};
    struct seal_cause cause = {0};
    assert_int_equal(read_csv(csv, &lists[0], &cause), SEAL_OK);
    lists[1] = seal_secure_cert_rows_new();
    assert_int_equal(seal_secure_cert_rows_json(json, strlen(json), "x.json", lists[1], &cause), SEAL_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(seal_secure_cert_rows_count(lists[i]), 2);
        const struct seal_secure_cert_row *row = seal_secure_cert_rows_at(lists[i], 0);
        assert_int_equal(row->source, SEAL_ROW_FILE);
        check_value(row, "ca.pem", 7);
        assert_string_equal(row->place, i ? "x.json entry 1" : "x.csv line 2");
        row = seal_secure_cert_rows_at(lists[i], 1);
        assert_int_equal(row->key, SEAL_ROW_KEY_RSA_DS);
        assert_true(row->rsa && !row->ecdsa);
        assert_int_equal(row->key_size, 2048);
        assert_int_equal(row->efuse_key, 3);
        assert_string_equal(row->efuse_key_file, "h.bin");
        check_value(row, "key", 3);
        seal_secure_cert_rows_free(&lists[i]);
    }
}

static void mistakes_name_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *body, *says;
    } mistakes[] = {
        {",0,a,string\n", "x.csv line 2: tlv_type is missing"},
        {"51,0,a,string\n51,255,a,string\n", "x.csv line 3: tlv_subtype must be a number from 0 to 254"},
        {"51,0,\"a\nb\",string\nX,0,a,string\n", "x.csv line 4: tlv_type \"X\" is not known"},
        {"51,0,abc,hex\n", "data_value must be pairs"},
        {"51,0,0g,hex\n", "data_value must be pairs"},
        {"51,0,YQ,base64\n", "data_value is not Base64"},
        {"51,0,a,string,plaintext\n", "priv_key_type is for private keys"},
        {"2,0,a,file,rsa_ds\n", "efuse_id is missing"},
        {"2,0,a,file,rsa_ds,RSA,2048,6\n", "efuse_id must be a number from 0 to 5"},
        {"2,0,a,file,plaintext,DSA\n", "algorithm must be RSA or ECDSA"},
        {"2,0,a,file,plaintext,RSA,many\n", "key_size must be a number"},
        {"2,0,a,file,none\n", "priv_key_type must be"},
        {"51,0,a,string,,,,,,256\n", "flags must be a number from 0 to 255"},
        {"51,0,a,string\n51,0,b,string\n", "x.csv line 3: type 51 with subtype 0 is in x.csv line 2 already"},
        {"51,0,\"a,string\n", "never closed"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct seal_secure_cert_rows *rows = NULL;
        struct seal_cause cause = {0};
        assert_int_equal(read_csv(mistakes[i].body, &rows, &cause), SEAL_ERR_FORMAT);
        if (!strstr(cause.text, mistakes[i].says)) {
            fail_msg("\"%s\" does not say \"%s\"", cause.text, mistakes[i].says);
        }
        seal_secure_cert_rows_free(&rows);
    }
}

static void missing_columns_and_no_json(void **state)
{
    (void)state;
    static const char short_header[] = "tlv_type,tlv_subtype,data_value\n51,0,a\n";
    static const char *const texts[] = {"{}",
                                        "[",
                                        "{\"entries\": 3}",
                                        "[1]",
                                        "[{\"tlv_type\": 51.5}]",
                                        "[{\"tlv_type\": 51, \"tlv_subtype\": true}]"};
    struct seal_cause cause = {0};
    struct seal_secure_cert_rows *rows = seal_secure_cert_rows_new();
    assert_int_equal(seal_secure_cert_rows_csv(short_header, strlen(short_header), "x.csv", rows, &cause),
                     SEAL_ERR_FORMAT);
    assert_non_null(strstr(cause.text, "data_type"));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(seal_secure_cert_rows_json(texts[i], strlen(texts[i]), "x.json", rows, &cause),
                         SEAL_ERR_FORMAT);
    }
    assert_int_equal(seal_secure_cert_rows_count(rows), 0);
    seal_secure_cert_rows_free(&rows);
}

static void rows_stored_as_they_are(void **state)
{
    (void)state;
    struct seal_secure_cert_rows *rows = NULL;
    struct seal_cause cause = {0};
    assert_int_equal(read_csv("2,0,,,,,,,,0x08\nBYTES,,,,\nBYTES,,ff,hex\n51,0,,,,,,,,0\n", &rows, &cause),
                     SEAL_OK);
    const struct seal_secure_cert_row *row = seal_secure_cert_rows_at(rows, 0);
    assert_int_equal(row->flags, SEAL_TLV_FLAG_ECDSA_PERIPHERAL);
    assert_int_equal(row->key, SEAL_ROW_KEY_NONE);
    assert_int_equal(row->source, SEAL_ROW_EMPTY);
    assert_true(seal_secure_cert_rows_at(rows, 1)->verbatim);
    check_value(seal_secure_cert_rows_at(rows, 2), "\xff", 1);
    seal_secure_cert_rows_free(&rows);
}

static void lists_are_joined(void **state)
{
    (void)state;
    struct seal_secure_cert_rows *rows = NULL;
    struct seal_secure_cert_rows *before = NULL;
    struct seal_cause cause = {0};
    assert_int_equal(read_csv("51,0,b,string\n", &rows, &cause), SEAL_OK);
    assert_int_equal(read_csv("52,0,a,string\n", &before, &cause), SEAL_OK);
    assert_int_equal(seal_secure_cert_rows_prepend(rows, &before, &cause), SEAL_OK);
    assert_null(before);
    assert_int_equal(seal_secure_cert_rows_at(rows, 0)->type, 52);
    assert_int_equal(read_csv("51,0,a,string\n", &before, &cause), SEAL_OK);
    assert_int_equal(seal_secure_cert_rows_prepend(rows, &before, &cause), SEAL_ERR_FORMAT);
    assert_int_equal(seal_secure_cert_rows_count(rows), 2);
    seal_secure_cert_rows_free(&rows);
}

static void pem_gets_its_lines_back(void **state)
{
    (void)state;
    static const char b64[] = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5";
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"-----BEGIN X-----QUJD-----END X-----", "-----BEGIN X-----\nQUJD\n-----END X-----\n"},
        {"-----BEGIN X-----\\nQUJD\\nREVG\\n-----END X-----\\n",
         "-----BEGIN X-----\nQUJDREVG\n-----END X-----\n"},
        {"-----BEGIN X-----\nQUJD\n-----END X-----\n", "-----BEGIN X-----\nQUJD\n-----END X-----\n"},
        {"-----BEGIN X-----QUJD", "-----BEGIN X-----QUJD"},
        {"\x30\x82", "\x30\x82"},
        {"", ""},
    };
    struct seal_buf *out = seal_buf_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        seal_buf_truncate(out, 0);
        assert_int_equal(seal_pem_unfold((const uint8_t *)rows[i].in, strlen(rows[i].in), out), SEAL_OK);
        assert_int_equal(seal_buf_len(out), strlen(rows[i].out));
        assert_memory_equal(seal_buf_ptr(out), rows[i].out, strlen(rows[i].out));
    }
    char long_line[256] = "-----BEGIN X-----";
    strcat(strcat(long_line, b64), "-----END X-----");
    seal_buf_truncate(out, 0);
    assert_int_equal(seal_pem_unfold((const uint8_t *)long_line, strlen(long_line), out), SEAL_OK);
    assert_memory_equal(seal_buf_ptr(out) + 18, b64, 64);
    assert_int_equal(seal_buf_ptr(out)[18 + 64], '\n');
    seal_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_numbers_of_types), cmocka_unit_test(json_says_the_same),
        cmocka_unit_test(mistakes_name_their_place),  cmocka_unit_test(missing_columns_and_no_json),
        cmocka_unit_test(rows_stored_as_they_are),    cmocka_unit_test(lists_are_joined),
        cmocka_unit_test(pem_gets_its_lines_back),
    };
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
