/* Every case of tests/vectors/legacy: built to the reference's bytes, recognised, and read back. */
#include "unit.h"
#include "vectors.h"

#include <espseal/ds.h>
#include <espseal/identity_partition.h>
#include <espseal/secret.h>
#include <espseal/secure_cert_legacy.h>

#include <stdio.h>
#include <string.h>

static size_t flash_cases, nvs_cases, tlv_cases;

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void check_ok(int err, const struct seal_cause *cause)
{
    if (err != SEAL_OK) {
        fail_msg("%s", cause->text[0] ? cause->text : seal_strerror(err));
    }
}

static bool is_ds(const struct vector_case *c)
{
    return seal_json_get(c->inputs, "c") != NULL;
}

static void put_ds(const struct vector_case *c, struct seal_buf *out)
{
    struct seal_cause cause = {0};
    struct seal_buf *cipher = vector_member(c, c->inputs, "c");
    struct seal_buf *iv = vector_member(c, c->inputs, "iv");
    struct seal_buf *key = vector_member(c, c->inputs, "private_key");
    struct seal_buf *hmac_key = vector_member(c, c->inputs, "hmac_key");
    struct seal_key *rsa = NULL;
    struct seal_ds_params ds;
    check_ok(seal_key_read(seal_buf_ptr(key), seal_buf_len(key), "key", NULL, &rsa, &cause), &cause);
    unsigned max_bits = seal_buf_len(cipher) == 1200 ? 3072 : 4096;
    check_ok(seal_ds_encrypt(rsa, max_bits, seal_buf_ptr(hmac_key), seal_buf_ptr(iv), &ds, &cause), &cause);
    assert_int_equal(ds.c_len, seal_buf_len(cipher));
    assert_memory_equal(ds.c, seal_buf_ptr(cipher), ds.c_len);
    unsigned id = seal_json_get(c->inputs, "efuse_key_id") ? vector_number(c->inputs, "efuse_key_id") : 1;
    check_ok(seal_tlv_put_ds(out, 0, ds.rsa_bits, ds.iv, ds.c, ds.c_len, id, &cause), &cause);
    seal_key_free(&rsa);
    seal_buf_free(&cipher);
    seal_buf_free(&iv);
    seal_buf_free(&key);
    seal_buf_free(&hmac_key);
}

/* cust_flash and TLV: certificates and keys in their normal form. */
static void put_normal(const struct vector_case *c, const char *input, uint8_t type, struct seal_buf *out)
{
    struct seal_cause cause = {0};
    struct seal_buf *file = vector_member(c, c->inputs, input);
    struct seal_buf *text = seal_buf_new_secret();
    struct seal_cert *cert = NULL;
    struct seal_key *key = NULL;
    bool der = false;
    if (file && type == SEAL_TLV_PRIV_KEY) {
        check_ok(seal_key_read(seal_buf_ptr(file), seal_buf_len(file), input, NULL, &key, &cause), &cause);
        der = seal_key_was_der(key);
        check_ok(seal_key_write_traditional(key, der, text, &cause), &cause);
    } else if (file) {
        check_ok(seal_cert_read(seal_buf_ptr(file), seal_buf_len(file), input, &cert, &cause), &cause);
        der = seal_cert_was_der(cert);
        check_ok(seal_cert_write(cert, der, text, &cause), &cause);
    }
    if (file && !der) {
        assert_int_equal(seal_buf_put_u8(text, 0), SEAL_OK);
    }
    if (file) {
        check_ok(seal_tlv_put(out, type, 0, 0, seal_buf_ptr(text), seal_buf_len(text), &cause), &cause);
    }
    seal_key_free(&key);
    seal_cert_free(&cert);
    seal_buf_free(&text);
    seal_buf_free(&file);
}

/* nvs: the files as they are; an encrypted key stays encrypted. */
static void put_verbatim(const struct vector_case *c, const char *input, uint8_t type, struct seal_buf *out)
{
    struct seal_buf *file = vector_member(c, c->inputs, input);
    if (file) {
        assert_int_equal(seal_buf_put_u8(file, 0), SEAL_OK);
        assert_int_equal(seal_tlv_put(out, type, 0, 0, seal_buf_ptr(file), seal_buf_len(file), NULL),
                         SEAL_OK);
    }
    seal_buf_free(&file);
}

static struct seal_buf *entries_of(const struct vector_case *c,
                                   void (*put)(const struct vector_case *, const char *, uint8_t,
                                               struct seal_buf *))
{
    struct seal_buf *out = seal_buf_new_secret();
    if (is_ds(c)) {
        put_ds(c, out);
    }
    put(c, "ca_cert", SEAL_TLV_CA_CERT, out);
    put(c, "device_cert", SEAL_TLV_DEV_CERT, out);
    if (!is_ds(c)) {
        put(c, "private_key", SEAL_TLV_PRIV_KEY, out);
    }
    return out;
}

static void expect_back(const struct seal_buf *legacy, const struct seal_buf *tlv)
{
    char problem[160];
    struct seal_cause cause = {0};
    struct seal_buf *back = seal_buf_new_secret();
    check_ok(seal_secure_cert_to_tlv(seal_buf_ptr(legacy), seal_buf_len(legacy), back, problem, &cause),
             &cause);
    assert_string_equal(problem, "");
    assert_int_equal(seal_buf_len(back), seal_buf_len(tlv));
    assert_memory_equal(seal_buf_ptr(back), seal_buf_ptr(tlv), seal_buf_len(tlv));
    seal_buf_free(&back);
}

static void check_legacy(const struct vector_case *c, enum seal_cert_format format,
                         const struct seal_buf *tlv)
{
    struct seal_cause cause = {0};
    struct seal_buf *made = seal_buf_new_secret();
    struct seal_buf *reference = vector_member(c, c->expected, "partition");
    check_ok(seal_secure_cert_from_tlv(seal_buf_ptr(tlv), seal_buf_len(tlv), format, made, &cause), &cause);
    assert_int_equal(seal_cert_format_of(seal_buf_ptr(made), seal_buf_len(made)), format);
    if (reference) {
        /*
         * Without a CA certificate the reference inserts a byte: one more than the partition of its own
         * documentation has, FF like the flash behind it. Ours ends with the partition.
         */
        size_t extra = format == SEAL_CERT_CUST_FLASH && !seal_json_get(c->inputs, "ca_cert");
        assert_int_equal(seal_buf_len(made) + extra, seal_buf_len(reference));
        assert_memory_equal(seal_buf_ptr(made), seal_buf_ptr(reference), seal_buf_len(made));
        assert_true(!extra || seal_buf_ptr(reference)[seal_buf_len(made)] == 0xFF);
        assert_int_equal(seal_cert_format_of(seal_buf_ptr(reference), seal_buf_len(reference)), format);
        expect_back(reference, tlv);
    } else {
        /* The reference has no table for the ESP32-C6; the layout follows from the ciphertext's length. */
        assert_string_equal(c->id, "err_cust_flash_ds_esp32c6");
        expect_back(made, tlv);
    }
    seal_buf_free(&reference);
    seal_buf_free(&made);
}

/* The generator of before the CSV: DEV_CERT first, 8 KiB of FF, no integrity; no empty PRIV_KEY. */
static void check_old_tlv(const struct vector_case *c)
{
    struct seal_cause cause = {0};
    struct seal_buf *made = seal_buf_new_secret();
    struct seal_buf *reference = vector_member(c, c->expected, "partition");
    put_normal(c, "device_cert", SEAL_TLV_DEV_CERT, made);
    put_normal(c, "ca_cert", SEAL_TLV_CA_CERT, made);
    if (is_ds(c)) {
        put_ds(c, made);
    } else if (seal_json_get(c->inputs, "efuse_key_id")) {
        check_ok(seal_tlv_put_sec_cfg(made, 0, vector_number(c->inputs, "efuse_key_id"), &cause), &cause);
    } else {
        put_normal(c, "private_key", SEAL_TLV_PRIV_KEY, made);
    }
    assert_int_equal(seal_buf_put_fill(made, 0xFF, SEAL_SECURE_CERT_MAX - seal_buf_len(made)), SEAL_OK);
    assert_int_equal(seal_buf_len(made), seal_buf_len(reference));
    assert_memory_equal(seal_buf_ptr(made), seal_buf_ptr(reference), seal_buf_len(made));
    assert_int_equal(seal_cert_format_of(seal_buf_ptr(made), seal_buf_len(made)), SEAL_CERT_TLV);
    seal_buf_free(&reference);
    seal_buf_free(&made);
}

static void check(const struct vector_case *c)
{
    if (starts(c->id, "tlv_old_")) {
        check_old_tlv(c);
        tlv_cases++;
        return;
    }
    bool nvs = starts(c->id, "nvs_");
    struct seal_buf *tlv = entries_of(c, nvs ? put_verbatim : put_normal);
    check_legacy(c, nvs ? SEAL_CERT_NVS : SEAL_CERT_CUST_FLASH, tlv);
    nvs_cases += nvs;
    flash_cases += !nvs;
    seal_buf_free(&tlv);
}

static void legacy_partitions_equal_the_reference(void **state)
{
    (void)state;
    size_t cases = vector_each("legacy", check);
    assert_int_equal(cases, flash_cases + nvs_cases + tlv_cases);
    assert_int_equal(flash_cases, 15);
    assert_int_equal(nvs_cases, 8);
    assert_int_equal(tlv_cases, 6);
}

static void what_legacy_formats_cannot_hold(void **state)
{
    (void)state;
    struct seal_cause cause = {0};
    struct seal_buf *out = seal_buf_new();
    struct seal_buf *tlv = seal_buf_new();
    static const uint8_t large[2049];
    assert_int_equal(seal_tlv_put(tlv, SEAL_TLV_USER_DATA_1, 0, 0, "x", 1, NULL), SEAL_OK);
    assert_int_equal(
        seal_secure_cert_from_tlv(seal_buf_ptr(tlv), seal_buf_len(tlv), SEAL_CERT_CUST_FLASH, out, &cause),
        SEAL_ERR_UNSUPPORTED);
    assert_non_null(strstr(cause.text, "USER_DATA_1"));
    seal_buf_truncate(tlv, 0);
    assert_int_equal(seal_tlv_put(tlv, SEAL_TLV_DEV_CERT, 0, 0, large, sizeof large, NULL), SEAL_OK);
    assert_int_equal(
        seal_secure_cert_from_tlv(seal_buf_ptr(tlv), seal_buf_len(tlv), SEAL_CERT_CUST_FLASH, out, &cause),
        SEAL_ERR_TOO_LONG);
    assert_int_equal(
        seal_secure_cert_from_tlv(seal_buf_ptr(tlv), seal_buf_len(tlv), SEAL_CERT_NVS, out, &cause),
        SEAL_ERR_UNSUPPORTED);
    assert_int_equal(seal_buf_len(out), 0);
    assert_int_equal(seal_cert_format_of((const uint8_t *)"", 0), SEAL_CERT_UNKNOWN);
    assert_int_equal(seal_cert_format_of(large, sizeof large), SEAL_CERT_UNKNOWN);
    seal_buf_free(&tlv);
    seal_buf_free(&out);
}

/* pre_prov: the same with the metadata of the certificates in the other order; and damage is named. */
static void swapped_and_damaged(void **state)
{
    (void)state;
    char problem[160];
    struct seal_cause cause = {0};
    struct seal_buf *tlv = seal_buf_new();
    struct seal_buf *flash = seal_buf_new();
    struct seal_buf *back = seal_buf_new();
    assert_int_equal(seal_tlv_put(tlv, SEAL_TLV_CA_CERT, 0, 0, "the CA", 6, NULL), SEAL_OK);
    assert_int_equal(seal_tlv_put(tlv, SEAL_TLV_DEV_CERT, 0, 0, "the device", 10, NULL), SEAL_OK);
    check_ok(
        seal_secure_cert_from_tlv(seal_buf_ptr(tlv), seal_buf_len(tlv), SEAL_CERT_CUST_FLASH, flash, &cause),
        &cause);
    uint8_t meta[8];
    uint8_t *bytes = seal_buf_mutable(flash);
    memcpy(meta, bytes, 8);
    memcpy(bytes, bytes + 8, 8);
    memcpy(bytes + 8, meta, 8);
    expect_back(flash, tlv);
    bytes[64] ^= 1;
    check_ok(seal_secure_cert_to_tlv(bytes, seal_buf_len(flash), back, problem, &cause), &cause);
    assert_non_null(strstr(problem, "wrong CRC"));
    bytes[13] = 0x20; /* 8 KiB of certificate */
    bytes[5] = 0x20;
    assert_int_equal(seal_secure_cert_to_tlv(bytes, seal_buf_len(flash), back, problem, &cause),
                     SEAL_ERR_FORMAT);
    seal_buf_free(&tlv);
    seal_buf_free(&flash);
    seal_buf_free(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(legacy_partitions_equal_the_reference),
        cmocka_unit_test(what_legacy_formats_cannot_hold),
        cmocka_unit_test(swapped_and_damaged),
    };
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
