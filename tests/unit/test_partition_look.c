#include "unit.h"

#include <espseal/digest.h>
#include <espseal/identity_partition.h>
#include <espseal/partition_look.h>
#include <espseal/secret.h>

#include <string.h>

static struct seal_cert *certificate;
static struct seal_key *own_key, *other_key;

static void put(struct seal_buf *out, uint8_t type, uint8_t flags, const void *data, size_t len)
{
    assert_int_equal(seal_tlv_put(out, type, 0, flags, data, len, NULL), SEAL_OK);
}

static void put_cert(struct seal_buf *out, uint8_t type)
{
    struct seal_buf *der = seal_buf_new();
    assert_int_equal(seal_cert_write(certificate, true, der, NULL), SEAL_OK);
    put(out, type, 0, seal_buf_ptr(der), seal_buf_len(der));
    seal_buf_free(&der);
}

static void put_key(struct seal_buf *out, uint8_t flags, const struct seal_key *key)
{
    struct seal_buf *der = seal_buf_new_secret();
    assert_int_equal(seal_key_write_traditional(key, true, der, NULL), SEAL_OK);
    put(out, SEAL_TLV_PRIV_KEY, flags, seal_buf_ptr(der), seal_buf_len(der));
    seal_buf_free(&der);
}

/* The last entry of the partition, looked at; the partition is freed. */
static struct seal_partition_item look_at_last(struct seal_buf *partition)
{
    struct seal_partition_item item = {.efuse_key = -2};
    struct seal_tlv_entry entry, last = {0};
    enum seal_tlv_end end;
    struct seal_cause cause = {0};
    size_t offset = 0;
    while (seal_tlv_next(seal_buf_ptr(partition), seal_buf_len(partition), &offset, &entry, &end)) {
        last = entry;
    }
    int err = seal_partition_look(seal_buf_ptr(partition), seal_buf_len(partition), &last, &item, &cause);
    if (err != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    seal_buf_free(&partition);
    return item;
}

static void expect_problem(const struct seal_partition_item *item, const char *text)
{
    if (text ? !strstr(item->problem, text) : item->problem[0] != 0) {
        fail_msg("the problem is \"%s\", not \"%s\"", item->problem, text ? text : "");
    }
}

static void certificates_are_read(void **state)
{
    (void)state;
    struct seal_buf *partition = seal_buf_new();
    put_cert(partition, SEAL_TLV_CA_CERT);
    struct seal_partition_item item = look_at_last(partition);
    expect_problem(&item, NULL);
    assert_true(item.crc_ok && item.has_cert);
    assert_string_equal(item.cert.subject, "CN=look");
    assert_int_equal(item.validity, SEAL_CERT_VALID);

    partition = seal_buf_new();
    put(partition, SEAL_TLV_DEV_CERT, 0, "nonsense", 8);
    item = look_at_last(partition);
    expect_problem(&item, "no certificate");
    assert_false(item.has_cert);
}

static void private_keys_are_told_apart(void **state)
{
    (void)state;
    const struct {
        bool cert, sec_cfg;
        uint8_t flags;
        const struct seal_key *key; /* NULL: data */
        const char *data;
        enum seal_key_exposure exposure;
        const char *problem;
    } rows[] = {
        {true, false, 0, own_key, NULL, SEAL_KEY_PLAINTEXT, NULL},
        {false, false, 0, other_key, NULL, SEAL_KEY_PLAINTEXT, NULL},
        {true, false, 0, other_key, NULL, SEAL_KEY_PLAINTEXT, "not the key of the device certificate"},
        {true, false, 0x08, own_key, NULL, SEAL_KEY_LEAKED, "ECDSA peripheral"},
        {true, true, 0, own_key, NULL, SEAL_KEY_LEAKED, "a peripheral"},
        {true, true, 0x08, NULL, "", SEAL_KEY_IN_EFUSE, NULL},
        {true, false, 0x40, NULL, "", SEAL_KEY_DERIVED, NULL},
        {true, false, 0x80, NULL, "ciphertext", SEAL_KEY_ENCRYPTED, NULL},
        {true, false, 0, NULL, "", SEAL_KEY_NONE, "is empty"},
        {true, false, 0, NULL, "nonsense", SEAL_KEY_PLAINTEXT, "no private key that can be read"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_buf *partition = seal_buf_new_secret();
        if (rows[i].cert) {
            put_cert(partition, SEAL_TLV_DEV_CERT);
        }
        if (rows[i].sec_cfg) {
            assert_int_equal(seal_tlv_put_sec_cfg(partition, 0, 1, NULL), SEAL_OK);
        }
        if (rows[i].key) {
            put_key(partition, rows[i].flags, rows[i].key);
        } else {
            put(partition, SEAL_TLV_PRIV_KEY, rows[i].flags, rows[i].data, strlen(rows[i].data));
        }
        struct seal_partition_item item = look_at_last(partition);
        assert_int_equal(item.exposure, rows[i].exposure);
        expect_problem(&item, rows[i].problem);
        assert_string_equal(item.key, rows[i].key ? "EC P-256" : "");
    }
}

static void key_blocks_are_named(void **state)
{
    (void)state;
    static const uint8_t iv[16], c[1200];
    struct seal_buf *partition = seal_buf_new();
    assert_int_equal(seal_tlv_put_ds(partition, 0, 2048, iv, c, sizeof c, 3, NULL), SEAL_OK);
    struct seal_partition_item item = look_at_last(partition);
    assert_int_equal(item.efuse_key, 3);
    assert_string_equal(item.key, "RSA-2048");

    partition = seal_buf_new();
    assert_int_equal(seal_tlv_put_sec_cfg(partition, 0, 5, NULL), SEAL_OK);
    item = look_at_last(partition);
    assert_int_equal(item.efuse_key, 5);
    expect_problem(&item, NULL);

    for (size_t i = 0; i < 3; i++) {
        static const char *const bad[] = {"", "\x03", "\x0a"};
        partition = seal_buf_new();
        put(partition, SEAL_TLV_SEC_CFG, 0, bad[i], strlen(bad[i]));
        item = look_at_last(partition);
        expect_problem(&item, "no eFuse key block");
        assert_int_equal(item.efuse_key, -1);
    }
    partition = seal_buf_new();
    put(partition, SEAL_TLV_DS_CONTEXT, 0, "contextx", 8);
    item = look_at_last(partition);
    expect_problem(&item, "no valid DS_DATA");
}

static void integrity_is_judged(void **state)
{
    (void)state;
    for (unsigned flip = 0; flip < 2; flip++) {
        uint8_t sha256[32];
        struct seal_buf *partition = seal_buf_new();
        put(partition, SEAL_TLV_USER_DATA_1, 0, "data", 4);
        assert_int_equal(seal_sha256(seal_buf_ptr(partition), seal_buf_len(partition), sha256), SEAL_OK);
        sha256[31] ^= (uint8_t)flip;
        assert_int_equal(seal_tlv_put_integrity(partition, 0, sha256, NULL), SEAL_OK);
        struct seal_partition_item item = look_at_last(partition);
        assert_int_equal(item.integrity, flip ? SEAL_BAD : SEAL_GOOD);
        expect_problem(&item, flip ? "SHA-256" : NULL);
    }
    struct seal_buf *partition = seal_buf_new();
    put(partition, SEAL_TLV_INTEGRITY, 0, "short", 5);
    struct seal_partition_item item = look_at_last(partition);
    assert_int_equal(item.integrity, SEAL_BAD);
}

static void a_wrong_crc_comes_first(void **state)
{
    (void)state;
    struct seal_buf *partition = seal_buf_new_secret();
    put_key(partition, SEAL_TLV_FLAG_ECDSA_PERIPHERAL, own_key);
    seal_buf_mutable(partition)[5] ^= 1; /* a reserved byte */
    struct seal_partition_item item = look_at_last(partition);
    assert_false(item.crc_ok);
    expect_problem(&item, "wrong CRC");
    assert_int_equal(item.exposure, SEAL_KEY_LEAKED); /* still told */
}

static void a_key_in_user_data_is_seen(void **state)
{
    (void)state;
    struct seal_buf *partition = seal_buf_new();
    put(partition, SEAL_TLV_USER_DATA_5, 0, "-----BEGIN RSA PRIVATE KEY-----", 31);
    struct seal_partition_item item = look_at_last(partition);
    assert_int_equal(item.exposure, SEAL_KEY_PLAINTEXT);
    partition = seal_buf_new();
    put(partition, 200, 0, "PRIVATE KEY", 11);
    item = look_at_last(partition);
    assert_int_equal(item.exposure, SEAL_KEY_NONE);
    expect_problem(&item, NULL);
}

static int make_identity(void **state)
{
    (void)state;
    return seal_key_generate("ec:p256", &own_key, NULL) || seal_key_generate("ec:p256", &other_key, NULL) ||
           seal_ca_new(own_key, "/CN=look", 10, &certificate, NULL);
}

static int free_identity(void **state)
{
    (void)state;
    seal_key_free(&own_key);
    seal_key_free(&other_key);
    seal_cert_free(&certificate);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_are_read),   cmocka_unit_test(private_keys_are_told_apart),
        cmocka_unit_test(key_blocks_are_named),    cmocka_unit_test(integrity_is_judged),
        cmocka_unit_test(a_wrong_crc_comes_first), cmocka_unit_test(a_key_in_user_data_is_seen),
    };
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, make_identity, free_identity);
}
