#include "unit.h"

#include <espseal/identity_partition.h>
#include <espseal/secret.h>

#include <string.h>

static struct seal_key *make_key(const char *type)
{
    struct seal_key *key = NULL;
    struct seal_cause cause = {0};
    if (seal_key_generate(type, &key, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    return key;
}

static int build(const struct seal_partition_spec *spec, struct seal_cause *cause)
{
    struct seal_buf *out = seal_buf_new_secret();
    int err = seal_partition_build(spec, out, cause);
    if (err != SEAL_OK) {
        assert_int_equal(seal_buf_len(out), 0);
    }
    seal_buf_free(&out);
    return err;
}

static void a_key_that_slipped_in_is_found(void **state)
{
    (void)state;
    struct seal_cause cause = {0};
    uint8_t n[256], d[256];
    struct seal_key *key = make_key("rsa:2048");
    struct seal_ds_params ds = {.rsa_bits = 2048, .c_len = 1200};
    const struct seal_partition_spec spec = {.storage = SEAL_STORAGE_DS, .key = key, .ds = &ds};
    assert_int_equal(build(&spec, &cause), SEAL_OK);

    assert_int_equal(seal_key_rsa_numbers(key, n, d, sizeof d, &cause), SEAL_OK);
    memcpy(ds.c + 700, d, sizeof d); /* as if it had not been encrypted */
    assert_int_equal(build(&spec, &cause), SEAL_ERR_SECRET_FOUND);
    for (size_t i = 0; i < sizeof d; i++) {
        ds.c[700 + i] = d[sizeof d - 1 - i];
    }
    assert_int_equal(build(&spec, &cause), SEAL_ERR_SECRET_FOUND);
    ds.c[800] ^= 1;
    assert_int_equal(build(&spec, &cause), SEAL_OK);
    memcpy(ds.c, "-----BEGIN EC PRIVATE KEY-----", 30); /* somebody else's */
    assert_int_equal(build(&spec, &cause), SEAL_ERR_SECRET_FOUND);
    seal_cleanse(d, sizeof d);
    seal_key_free(&key);
}

static void finds_the_numbers_of_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; seal_key_types[i]; i++) {
        struct seal_cause cause = {0};
        bool found = true;
        struct seal_key *key = make_key(seal_key_types[i]);
        struct seal_key *other = make_key(strncmp(seal_key_types[i], "rsa", 3) == 0 ? "rsa:2048" : "ec:p256");
        struct seal_buf *der = seal_buf_new_secret();
        assert_int_equal(seal_key_write_traditional(key, true, der, &cause), SEAL_OK);
        assert_int_equal(seal_key_occurs_in(key, seal_buf_ptr(der), seal_buf_len(der), &found), SEAL_OK);
        assert_true(found);
        assert_int_equal(seal_key_occurs_in(other, seal_buf_ptr(der), seal_buf_len(der), &found), SEAL_OK);
        assert_false(found);
        assert_int_equal(seal_key_occurs_in(key, seal_buf_ptr(der), 0, &found), SEAL_OK);
        assert_false(found);
        seal_buf_free(&der);
        seal_key_free(&key);
        seal_key_free(&other);
    }
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    struct seal_cause cause = {0};
    struct seal_key *key = make_key("ec:p256");
    struct seal_ds_params ds = {.rsa_bits = 2048, .c_len = 1200};
    const struct {
        struct seal_partition_spec spec;
        int err;
    } rows[] = {
        {{.storage = SEAL_STORAGE_PLAINTEXT}, SEAL_ERR_USAGE},
        {{.storage = SEAL_STORAGE_DS, .key = key}, SEAL_ERR_USAGE},
        {{.storage = SEAL_STORAGE_DS, .key = key, .ds = &ds}, SEAL_ERR_MISMATCH},
        {{.storage = SEAL_STORAGE_DS, .ds = &ds, .efuse_key = 6}, SEAL_ERR_USAGE},
        {{.storage = SEAL_STORAGE_ECDSA, .key = key, .efuse_key = 6}, SEAL_ERR_USAGE},
        {{.storage = SEAL_STORAGE_ECDSA, .key = key, .efuse_key = 5}, SEAL_OK},
        {{.storage = SEAL_STORAGE_ECDSA}, SEAL_OK},
        {{.storage = SEAL_STORAGE_NONE}, SEAL_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(build(&rows[i].spec, &cause), rows[i].err);
    }
    struct seal_buf *used = seal_buf_new();
    assert_int_equal(seal_buf_put_u8(used, 0), SEAL_OK);
    assert_int_equal(seal_partition_build(&rows[7].spec, used, &cause), SEAL_ERR_INTERNAL);
    seal_buf_free(&used);
    seal_key_free(&key);
}

static void integrity_can_be_left_out(void **state)
{
    (void)state;
    struct seal_cause cause = {0};
    struct seal_buf *out = seal_buf_new();
    struct seal_tlv_entry entry;
    const struct seal_partition_spec spec = {.storage = SEAL_STORAGE_ECDSA, .no_integrity = true};
    assert_int_equal(seal_partition_build(&spec, out, &cause), SEAL_OK);
    assert_int_equal(seal_buf_len(out), 64 + 16);
    assert_false(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_INTEGRITY, 0, &entry));
    assert_true(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_PRIV_KEY, 0, &entry));
    assert_int_equal(entry.flags, SEAL_TLV_FLAG_ECDSA_PERIPHERAL);
    assert_int_equal(entry.length, 0);
    seal_buf_free(&out);
}

static void storages_have_names(void **state)
{
    (void)state;
    assert_string_equal(seal_storage_name(SEAL_STORAGE_NONE), "none");
    assert_string_equal(seal_storage_name(SEAL_STORAGE_PLAINTEXT), "plaintext");
    assert_string_equal(seal_storage_name(SEAL_STORAGE_DS), "ds");
    assert_string_equal(seal_storage_name(SEAL_STORAGE_ECDSA), "ecdsa");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_that_slipped_in_is_found),
        cmocka_unit_test(finds_the_numbers_of_every_kind),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(integrity_can_be_left_out),
        cmocka_unit_test(storages_have_names),
    };
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
