#include "unit.h"

#include <espseal/nvs.h>

#include <stdio.h>
#include <string.h>

struct outcome {
    int err;
    struct seal_cause cause;
    struct seal_nvs *nvs; /* NULL after a failure */
    char notes[512];
    const char *file; /* what read_file gives */
};

static void note(void *ctx, const char *text)
{
    struct outcome *outcome = ctx;
    size_t used = strlen(outcome->notes);
    (void)snprintf(outcome->notes + used, sizeof outcome->notes - used, "%s\n", text);
}

static int read_file(void *ctx, const char *path, struct seal_buf **out, struct seal_cause *cause)
{
    const struct outcome *outcome = ctx;
    *out = NULL;
    if (strcmp(path, "there") != 0) {
        return seal_fail(cause, SEAL_ERR_NOT_FOUND, "there is no %s", path);
    }
    *out = seal_buf_new();
    return seal_buf_put(*out, outcome->file, strlen(outcome->file));
}

static int fake_pmk(const char *passphrase, const char *ssid, uint8_t pmk[static 32])
{
    memset(pmk, passphrase[0] ^ ssid[0], 32);
    return SEAL_OK;
}

static struct seal_csv *parse(const char *text, const char *name)
{
    struct seal_csv *csv = NULL;
    assert_int_equal(seal_csv_parse(text, strlen(text), name, SEAL_CSV_COMMENTS, &csv, NULL), SEAL_OK);
    return csv;
}

/* Builds from rows after the header; values may be NULL. */
static void build(const char *rows, const char *values, struct seal_nvs_csv how, struct outcome *outcome)
{
    char text[4096];
    struct seal_nvs_writer *writer = NULL;
    (void)snprintf(text, sizeof text, "key,type,encoding,value\n%s", rows);
    struct seal_csv *table = parse(text, "t.csv");
    struct seal_csv *own = values ? parse(values, "v.csv") : NULL;
    struct seal_buf *out = seal_buf_new();
    const struct seal_csv *const tables[] = {table, NULL};
    how.ctx = outcome;
    how.note = note;
    how.values = own;
    assert_int_equal(seal_nvs_writer_new(0x5000, 2, 0, &writer, NULL), SEAL_OK);
    outcome->err = seal_nvs_put_csv(writer, tables, &how, &outcome->cause);
    if (outcome->err == SEAL_OK) {
        assert_int_equal(seal_nvs_writer_finish(writer, out, NULL), SEAL_OK);
        assert_int_equal(seal_nvs_read(seal_buf_ptr(out), seal_buf_len(out), &outcome->nvs, NULL), SEAL_OK);
        assert_int_equal(seal_nvs_finding_count(outcome->nvs), 0);
    }
    seal_nvs_writer_free(&writer);
    seal_csv_free(&table);
    seal_csv_free(&own);
    seal_buf_free(&out);
}

static void keys_of(const struct seal_nvs *nvs, char *text, size_t size)
{
    const struct seal_nvs_item *item = NULL;
    text[0] = '\0';
    for (size_t i = 0; (item = seal_nvs_item_at(nvs, i)); i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, size - used, "%s%s", used ? " " : "", item->key);
    }
}

static const struct {
    const char *row; /* encoding,value */
    enum seal_nvs_type type;
    uint64_t number;
    const char *bytes;
    size_t len;
} good[] = {
    {"u8,0", SEAL_NVS_U8, 0, NULL, 0},
    {"U8,255", SEAL_NVS_U8, 255, NULL, 0},
    {"u8,0xfF", SEAL_NVS_U8, 255, NULL, 0},
    {"u8, 7 ", SEAL_NVS_U8, 7, NULL, 0},
    {"u8,+7", SEAL_NVS_U8, 7, NULL, 0},
    {"u8,-0", SEAL_NVS_U8, 0, NULL, 0},
    {"u8,007", SEAL_NVS_U8, 7, NULL, 0},
    {"i8,-128", SEAL_NVS_I8, (uint64_t)-128, NULL, 0},
    {"i8,127", SEAL_NVS_I8, 127, NULL, 0},
    {"i16,-32768", SEAL_NVS_I16, (uint64_t)-32768, NULL, 0},
    {"u16,65535", SEAL_NVS_U16, 65535, NULL, 0},
    {"i32,-0x80000000", SEAL_NVS_I32, (uint64_t)-2147483648LL, NULL, 0},
    {"u32,4294967295", SEAL_NVS_U32, UINT32_MAX, NULL, 0},
    {"i64,-9223372036854775808", SEAL_NVS_I64, (uint64_t)INT64_MIN, NULL, 0},
    {"i64,9223372036854775807", SEAL_NVS_I64, INT64_MAX, NULL, 0},
    {"u64,18446744073709551615", SEAL_NVS_U64, UINT64_MAX, NULL, 0},
    {"string,", SEAL_NVS_STRING, 0, "", 0},
    {"string", SEAL_NVS_STRING, 0, "", 0},
    {"string, a ", SEAL_NVS_STRING, 0, " a ", 3},
    {"string,{\"a\":1}", SEAL_NVS_STRING, 0, "{\"a\":1}", 7},
    {"binary,text", SEAL_NVS_BLOB, 0, "text", 4},
    {"hex2bin,00fF", SEAL_NVS_BLOB, 0, "\0\xFF", 2},
    {"hex2bin, 00 ", SEAL_NVS_BLOB, 0, "", 1},
    {"hex2bin,", SEAL_NVS_BLOB, 0, "", 0},
    {"base64,", SEAL_NVS_BLOB, 0, "", 0},
    {"base64,YQ==", SEAL_NVS_BLOB, 0, "a", 1},
    {"base64,YWI=", SEAL_NVS_BLOB, 0, "ab", 2},
    {"base64,YWJj", SEAL_NVS_BLOB, 0, "abc", 3},
    {"base64,\"YWJj\nZGU=\n\"", SEAL_NVS_BLOB, 0, "abcde", 5},
    {"base64,+/+/", SEAL_NVS_BLOB, 0, "\xFB\xFF\xBF", 3},
    {"blob_fill(3;0xAA),a", SEAL_NVS_BLOB, 0, "a\xAA\xAA", 3},
    {"blob_fill(1;0x00),a", SEAL_NVS_BLOB, 0, "a", 1},
    {"blob_fill(0;0x00),", SEAL_NVS_BLOB, 0, "", 0},
    {"blob_sz_fill(2;0xaA),a", SEAL_NVS_BLOB, 0, "\1\0\0\0a\xAA", 6},
};

static void encodings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char rows[256];
        struct outcome outcome = {0};
        (void)snprintf(rows, sizeof rows, "n,namespace,,\nk,data,%s\n", good[i].row);
        build(rows, NULL, (struct seal_nvs_csv){0}, &outcome);
        if (outcome.err != SEAL_OK) {
            fail_msg("%s: %s", good[i].row, outcome.cause.text);
        }
        const struct seal_nvs_item *item = seal_nvs_item_at(outcome.nvs, 0);
        assert_int_equal(item->type, good[i].type);
        assert_true(item->number == good[i].number);
        assert_int_equal(item->len, good[i].len);
        assert_memory_equal(item->data, good[i].bytes ? good[i].bytes : "", good[i].len);
        seal_nvs_free(&outcome.nvs);
    }
}

static const char *const bad[] = {
    "u8,",
    "u8,-1",
    "u8,256",
    "u8,1.0",
    "u8,1 2",
    "u8,0x",
    "u8,--1",
    "u8,1_0",
    "i8,128",
    "i8,-129",
    "i16,32768",
    "u16,65536",
    "i32,2147483648",
    "i32,-2147483649",
    "u32,4294967296",
    "i64,9223372036854775808",
    "i64,-9223372036854775809",
    "u64,18446744073709551616",
    "u64,99999999999999999999999999999999999999999999",
    "hex2bin,0",
    "hex2bin,0g",
    "hex2bin,0x00",
    "hex2bin,00 11",
    "base64,Y",
    "base64,YQ",
    "base64,YQ=",
    "base64,YQ===",
    "base64,YQ======",
    "base64,Y===",
    "base64,=",
    "base64,YQ==YQ==",
    "base64,YW!j",
    "base64,YQ=a",
    "blob_fill(3;0xAA),aaaa",
    "blob_fill(3;AA),a",
    "blob_fill(3),a",
    "blob_fill(3;0xAA,a",
    "blob_fill(3;0xAA)x,a",
    "blob_fill(-3;0xAA),a",
    "blob_fill(9999999;0xAA),a",
    "blob_fill(3;0xA),a",
    "f32,1",
    ",1",
};

static void values_that_do_not_fit_their_encoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char rows[256];
        struct outcome outcome = {0};
        (void)snprintf(rows, sizeof rows, "n,namespace,,\nk,data,%s\n", bad[i]);
        build(rows, NULL, (struct seal_nvs_csv){0}, &outcome);
        if (outcome.err != SEAL_ERR_FORMAT && outcome.err != SEAL_ERR_TOO_LONG) {
            fail_msg("%s is taken", bad[i]);
        }
        assert_memory_equal(outcome.cause.text, "t.csv line 3: ", 14);
    }
}

/* A secret that is refused is described, never echoed. */
static void a_refused_value_is_not_echoed(void **state)
{
    (void)state;
    static const char *const rows[] = {"u8,hunter2", "hex2bin,hunter", "base64,hunter!",
                                       "blob_fill(3;0x00),hunter"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        struct outcome outcome = {0};
        (void)snprintf(text, sizeof text, "n,namespace,,\nk,data,%s\n", rows[i]);
        build(text, NULL, (struct seal_nvs_csv){0}, &outcome);
        assert_int_not_equal(outcome.err, SEAL_OK);
        assert_null(strstr(outcome.cause.text, "hunter"));
        assert_null(strstr(outcome.cause.hint, "hunter"));
    }
}

static void files(void **state)
{
    (void)state;
    const struct seal_nvs_csv how = {.read_file = read_file};
    struct outcome outcome = {.file = "42\n"};
    build("n,namespace,,\na,file,u8,there\nb,file,string,there\nc,file,binary,there\nd,file,hex2bin,there\n",
          NULL, how, &outcome);
    assert_int_equal(outcome.err, SEAL_OK);
    assert_int_equal(seal_nvs_item_at(outcome.nvs, 0)->number, 42);
    assert_string_equal((const char *)seal_nvs_item_at(outcome.nvs, 1)->data, "42\n");
    assert_int_equal(seal_nvs_item_at(outcome.nvs, 2)->len, 3);
    assert_memory_equal(seal_nvs_item_at(outcome.nvs, 3)->data, "\x42", 1);
    seal_nvs_free(&outcome.nvs);
    build("n,namespace,,\na,file,u8,gone\n", NULL, how, &outcome);
    assert_int_equal(outcome.err, SEAL_ERR_NOT_FOUND);
    assert_string_equal(outcome.cause.text, "t.csv line 3: there is no gone");
    build("n,namespace,,\na,file,u8,there\n", NULL, (struct seal_nvs_csv){0}, &outcome);
    assert_int_equal(outcome.err, SEAL_ERR_FORMAT);
}

static const struct {
    const char *rows;
    bool no_wifi;
    const char *keys;
} wifi[] = {
    {"sta.ssid,data,string,a\nsta.pswd,data,string,b\n", false,
     "sta.ssid sta.apinfo sta.pmk sta.apsw sta.pswd"},
    {"sta.ssid,data,string,a\nsta.pswd,data,string,b\n", true, "sta.ssid sta.pswd"},
    {"sta.pswd,data,string,b\nsta.ssid,data,string,a\n", false,
     "sta.pswd sta.apinfo sta.pmk sta.apsw sta.ssid"},
    {"sta.ssid,data,string,a\nsta.pmk,data,hex2bin,00\n", false, "sta.ssid sta.apinfo sta.apsw sta.pmk"},
    {"ap.ssid,data,string,a\nap.passwd,data,string,b\nap.authmode,data,u8,3\n", false,
     "ap.ssid ap.passwd ap.pmk_info ap.authmode"},
    {"ap.authmode,data,u8,3\nap.passwd,data,string,b\nap.ssid,data,string,a\n", false,
     "ap.authmode ap.passwd ap.pmk_info ap.ssid"},
    {"ap.ssid,data,string,a\nap.passwd,data,string,b\nap.authmode,data,u8,3\n", true,
     "ap.ssid ap.passwd ap.authmode"},
    {"ap.ssid,data,string,a\nap.passwd,data,string,b\nap.authmode,data,u8,0\n", false,
     "ap.ssid ap.passwd ap.authmode"},
    {"ap.ssid,data,string,\nap.passwd,data,string,b\nap.authmode,data,u8,3\n", false,
     "ap.ssid ap.passwd ap.authmode"},
    {"ap.ssid,data,string,a\nap.passwd,data,string,b\nap.authmode,data,u8,3\nap.pmk_info,data,hex2bin,00\n",
     false, "ap.ssid ap.passwd ap.authmode ap.pmk_info"},
};

static void wifi_entries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wifi / sizeof wifi[0]; i++) {
        char rows[512];
        char keys[256];
        struct outcome outcome = {0};
        (void)snprintf(rows, sizeof rows, "n,namespace,,\n%s", wifi[i].rows);
        build(rows, NULL, (struct seal_nvs_csv){.pmk = fake_pmk, .no_wifi = wifi[i].no_wifi}, &outcome);
        assert_int_equal(outcome.err, SEAL_OK);
        keys_of(outcome.nvs, keys, sizeof keys);
        assert_string_equal(keys, wifi[i].keys);
        /* A note, exactly when there are more entries than rows. */
        size_t given = 0;
        for (const char *at = wifi[i].rows; *at; at++) {
            given += *at == '\n';
        }
        assert_int_equal(outcome.notes[0] != '\0', seal_nvs_item_count(outcome.nvs) > given);
        seal_nvs_free(&outcome.nvs);
    }
}

static void values_of_a_device(void **state)
{
    (void)state;
    static const char rows[] = "n,namespace,,\na,data,u8,1\nb,data,u8,2\nm,namespace,,\na,data,u8,3\n";
    static const struct {
        const char *values;
        int err;
        uint64_t numbers[3];
    } tries[] = {
        {"mac,a\nx,9\n", SEAL_OK, {9, 2, 9}},
        {"mac,n:a\nx,9\n", SEAL_OK, {9, 2, 3}},
        {"mac,m:a,a,b\nx,9,8,7\n", SEAL_OK, {8, 7, 9}},
        {"id,serial,mac\nx,y,z\n", SEAL_OK, {1, 2, 3}},
        {"mac,b\nx\n", SEAL_OK, {1, 2, 3}},    /* a row that is shorter gives nothing */
        {"mac,b\nx,\n", SEAL_ERR_FORMAT, {0}}, /* an empty cell is a value, and no number */
        {"mac,c\nx,9\n", SEAL_ERR_FORMAT, {0}},
        {"mac,m:b\nx,9\n", SEAL_ERR_FORMAT, {0}},
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        struct outcome outcome = {0};
        build(rows, tries[i].values, (struct seal_nvs_csv){0}, &outcome);
        assert_int_equal(outcome.err, tries[i].err);
        for (size_t j = 0; outcome.nvs && j < 3; j++) {
            assert_true(seal_nvs_item_at(outcome.nvs, j)->number == tries[i].numbers[j]);
        }
        seal_nvs_free(&outcome.nvs);
    }
}

static void a_device_is_found(void **state)
{
    (void)state;
    struct seal_csv *values =
        parse("mac,serial\n7C:DF:A1:00:00:01,A\n7c-df-a1-00-00-02,B\n7cdfa1000003,B\n\"\",C\n", "v.csv");
    static const struct {
        const char *column, *wanted;
        int err;
        size_t row;
    } tries[] = {
        {"mac", "7cdfa1000001", SEAL_OK, 0},
        {"mac", "7C:DF:A1:00:00:02", SEAL_OK, 1},
        {"mac", "7c:df:a1:00:00:03", SEAL_OK, 2},
        {"mac", "7c:df:a1:00:00:04", SEAL_ERR_NOT_FOUND, 0},
        {"mac", "7c:df:a1:00:00", SEAL_ERR_USAGE, 0},
        {"mac", "", SEAL_ERR_USAGE, 0},
        {"mac", "7c:df:a1:00:00:0g", SEAL_ERR_USAGE, 0},
        {"mac", "7c:df:a1:00:00:01:02", SEAL_ERR_USAGE, 0},
        {"serial", "A", SEAL_OK, 0},
        {"serial", "a", SEAL_ERR_NOT_FOUND, 0},
        {"serial", "B", SEAL_ERR_FORMAT, 0},
        {"id", "A", SEAL_ERR_FORMAT, 0},
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        size_t row = 0;
        assert_int_equal(seal_nvs_find_device(values, tries[i].column, tries[i].wanted, &row, NULL),
                         tries[i].err);
        if (tries[i].err == SEAL_OK) {
            assert_int_equal(row, tries[i].row);
        }
    }
    seal_csv_free(&values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings),
        cmocka_unit_test(values_that_do_not_fit_their_encoding),
        cmocka_unit_test(a_refused_value_is_not_echoed),
        cmocka_unit_test(files),
        cmocka_unit_test(wifi_entries),
        cmocka_unit_test(values_of_a_device),
        cmocka_unit_test(a_device_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
