#include "unit.h"

#include <espseal/hex.h>
#include <espseal/manufacturing.h>

#include <stdio.h>
#include <string.h>

static const uint8_t mac[6] = {0x7c, 0xdf, 0xa1, 0x5e, 0xa1, 0x01};

static struct seal_csv *parse(const char *text, const char *name)
{
    struct seal_csv *csv = NULL;
    assert_int_equal(seal_csv_parse(text, strlen(text), name, SEAL_CSV_COMMENTS, &csv, NULL), SEAL_OK);
    return csv;
}

static int make(const char *rows, const char *values, const char *serial, size_t size, struct seal_mfg **mfg,
                struct seal_cause *cause)
{
    char text[2048];
    (void)snprintf(text, sizeof text, "key,type,encoding,value\n%s", rows);
    struct seal_csv *table = parse(text, "t.csv");
    struct seal_csv *own = values ? parse(values, "v.csv") : NULL;
    const struct seal_csv *const tables[] = {table, NULL};
    const struct seal_mfg_recipe recipe = {.tables = tables, .values = own, .serial = serial, .version = 2};
    int err = seal_mfg_new(&recipe, mac, "esp32c3", size, mfg, cause);
    seal_csv_free(&table);
    seal_csv_free(&own);
    return err;
}

static struct seal_mfg *made(const char *rows)
{
    struct seal_mfg *mfg = NULL;
    struct seal_cause cause = {0};
    if (make(rows, NULL, NULL, 0x5000, &mfg, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    return mfg;
}

static int compare(const struct seal_mfg *wanted, const char *rows, char why[static 80])
{
    struct seal_mfg *there = made(rows);
    const struct seal_buf *bytes = seal_mfg_partition(there);
    int err = seal_mfg_compare(wanted, seal_buf_ptr(bytes), seal_buf_len(bytes), why, 80);
    seal_mfg_free(&there);
    return err;
}

#define RANDOM "a,namespace,,\nname,data,string,{chip} {mac}\nsecret,data,hex2bin,{random:16}\n"

static const struct {
    const char *wanted, *there, *why; /* why NULL: recognised */
} pairs[] = {
    {RANDOM, RANDOM, NULL},
    {RANDOM, RANDOM "more,data,u8,1\nb,namespace,,\nmore,data,u8,1\n", NULL},
    {RANDOM, "a,namespace,,\nname,data,string,{chip} {mac}\nsecret,data,hex2bin,{random:15}\n",
     "a:secret differs"},
    {RANDOM, "a,namespace,,\nname,data,string,{chip} {mac}\nsecret,data,string,{random:8}\n",
     "a:secret differs"},
    {RANDOM, "a,namespace,,\nname,data,string,{chip}\nsecret,data,hex2bin,{random:16}\n", "a:name differs"},
    {RANDOM, "a,namespace,,\nsecret,data,hex2bin,{random:16}\n", "a:name is not there"},
    {RANDOM, "b,namespace,,\nname,data,string,{chip} {mac}\nsecret,data,hex2bin,{random:16}\n",
     "a:name is not there"},
    {"a,namespace,,\nn,data,u32,0x{random:4}\n", "a,namespace,,\nn,data,u32,1\n", NULL},
    {"a,namespace,,\nn,data,u32,2\n", "a,namespace,,\nn,data,u32,1\n", "a:n differs"},
    {"a,namespace,,\nn,data,u32,2\n", "a,namespace,,\nn,data,u16,2\n", "a:n differs"},
    {"a,namespace,,\nv,data,hex2bin,{sec2_verifier}\n", "a,namespace,,\nv,data,hex2bin,00\n", NULL},
    {"a,namespace,,\nap.ssid,data,string,x\nap.passwd,data,string,{random:8}\nap.authmode,data,u8,3\n",
     "a,namespace,,\nap.ssid,data,string,x\nap.passwd,data,string,{random:8}\nap.authmode,data,u8,3\n", NULL},
};

static void test_compare(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char why[80] = "";
        struct seal_mfg *wanted = made(pairs[i].wanted);
        int err = compare(wanted, pairs[i].there, why);
        assert_int_equal(err, pairs[i].why ? SEAL_ERR_MISMATCH : SEAL_OK);
        assert_string_equal(why, pairs[i].why ? pairs[i].why : "");
        seal_mfg_free(&wanted);
    }
}

static void test_compare_erased(void **state)
{
    (void)state;
    static uint8_t erased[0x5000];
    char why[80] = "x";
    struct seal_mfg *wanted = made(RANDOM);
    memset(erased, 0xFF, sizeof erased);
    assert_int_equal(seal_mfg_compare(wanted, erased, sizeof erased, why, sizeof why), SEAL_ERR_MISMATCH);
    assert_string_equal(why, "");
    memset(erased, 0x5A, sizeof erased);
    assert_int_equal(seal_mfg_compare(wanted, erased, sizeof erased, NULL, 0), SEAL_ERR_MISMATCH);
    seal_mfg_free(&wanted);
}

static const struct seal_nvs_item *item(const struct seal_nvs *nvs, const char *key)
{
    const struct seal_nvs_item *one = NULL;
    for (size_t i = 0; (one = seal_nvs_item_at(nvs, i)); i++) {
        if (strcmp(one->key, key) == 0) {
            return one;
        }
    }
    fail_msg("there is no %s", key);
    return NULL;
}

/* What the device keeps fits what the label carries. */
static void test_label(void **state)
{
    (void)state;
    struct seal_mfg *mfg =
        made("p,namespace,,\nv,data,hex2bin,{sec2_verifier}\ns,data,hex2bin,{sec2_salt}\n");
    const struct seal_mfg_device *device = seal_mfg_device(mfg);
    const struct seal_buf *bytes = seal_mfg_partition(mfg);
    struct seal_buf *label = seal_buf_new();
    struct seal_nvs *nvs = NULL;
    uint8_t verifier[SEAL_SRP_VERIFIER_MAX];
    size_t len = 0;
    char wanted[160];
    enum seal_nvs_made how = SEAL_NVS_GIVEN;
    assert_true(device->pop_made);
    assert_int_equal(seal_nvs_read(seal_buf_ptr(bytes), seal_buf_len(bytes), &nvs, NULL), SEAL_OK);
    const struct seal_nvs_item *salt = item(nvs, "s"), *kept = item(nvs, "v");
    const char *pop = (const char *)seal_buf_ptr(device->pop);
    assert_int_equal(seal_srp_verifier("wifiprov", pop, salt->data, salt->len, verifier, &len), SEAL_OK);
    assert_int_equal(kept->len, len);
    assert_memory_equal(kept->data, verifier, len);
    assert_int_equal(seal_mfg_label(device, "softap", label, NULL), SEAL_OK);
    (void)snprintf(wanted, sizeof wanted,
                   "\"name\": \"PROV_5EA101\", \"username\": \"wifiprov\", \"pop\": \"%s\"", pop);
    assert_non_null(strstr((const char *)seal_buf_ptr(label), wanted));
    assert_string_equal(seal_mfg_item(mfg, 0, &how), "p:v");
    assert_int_equal(how, SEAL_NVS_MADE_LOOSE);
    assert_string_equal(seal_mfg_item(mfg, 1, &how), "p:s");
    assert_int_equal(how, SEAL_NVS_MADE);
    assert_null(seal_mfg_item(mfg, 2, &how));
    seal_nvs_free(&nvs);
    seal_buf_free(&label);
    seal_mfg_free(&mfg);
}

static void test_given_pop(void **state)
{
    (void)state;
    struct seal_mfg *mfg = NULL;
    struct seal_buf *label = seal_buf_new();
    assert_int_equal(make("p,namespace,,\nv,data,string,{pop}\n", "mac,pop\n7cdfa15ea101,given\n", NULL,
                          0x3000, &mfg, NULL),
                     SEAL_OK);
    assert_false(seal_mfg_device(mfg)->pop_made);
    assert_int_equal(seal_mfg_label(seal_mfg_device(mfg), "ble", label, NULL), SEAL_OK);
    assert_non_null(strstr((const char *)seal_buf_ptr(label), "\"PROV_5EA101\", \"pop\": \"given\""));
    seal_mfg_free(&mfg);
    seal_buf_free(&label);
}

static const struct {
    const char *rows, *values, *serial;
    size_t size;
    int err;
    const char *text;
} refusals[] = {
    {"a,namespace,,\nb,data,u8,1\n", "mac,b\n000000000000,1\n", NULL, 0x3000, SEAL_ERR_NOT_FOUND,
     "v.csv has no row with the mac 7cdfa15ea101"},
    {"a,namespace,,\nb,data,u8,1\n", "serial,b\nx,1\n", NULL, 0x3000, SEAL_ERR_USAGE,
     "v.csv tells devices by serial, which is not known"},
    {"a,namespace,,\nb,data,u8,1\n", "serial,b\nx,1\n", "y", 0x3000, SEAL_ERR_NOT_FOUND,
     "v.csv has no row with the serial y"},
    {"a,namespace,,\nb,data,u8,1\n", "b\n1\n", NULL, 0x3000, SEAL_ERR_FORMAT,
     "v.csv has neither a column mac nor a column serial"},
    {"a,namespace,,\nb,data,u8,1\n", "mac,serial\n7cdfa15ea101,x\n7cdfa15ea102,y\n", "y", 0x3000,
     SEAL_ERR_FORMAT, "v.csv has this MAC in line 2 and the serial y in line 3"},
    {"a,namespace,,\nb,data,string,{nope}\n", NULL, NULL, 0x3000, SEAL_ERR_FORMAT,
     "t.csv line 3: there is no word {nope}"},
    {"a,namespace,,\nb,data,string,{serial}\n", NULL, NULL, 0x3000, SEAL_ERR_FORMAT,
     "t.csv line 3: nobody told what stands for {serial}"},
    {"a,namespace,,\na234567890123456,data,u8,1\n", NULL, NULL, 0x3000, SEAL_ERR_FORMAT, "t.csv line 3: "},
    {"a,namespace,,\nb,data,blob_fill(9000;0x00),{mac}\n", NULL, NULL, 0x3000, SEAL_ERR_TOO_LONG,
     "t.csv line 3: "},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct seal_cause cause = {0};
        struct seal_mfg *mfg = NULL;
        int err =
            make(refusals[i].rows, refusals[i].values, refusals[i].serial, refusals[i].size, &mfg, &cause);
        if (err != refusals[i].err || strncmp(cause.text, refusals[i].text, strlen(refusals[i].text)) != 0) {
            fail_msg("row %zu: %d \"%s\"", i, err, cause.text);
        }
        assert_null(mfg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare),   cmocka_unit_test(test_compare_erased), cmocka_unit_test(test_label),
        cmocka_unit_test(test_given_pop), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
