/* Signed partitions and appended integrity entries of tests/vectors/tlv. */
#include "unit.h"
#include "vectors.h"

#include <espseal/secret.h>
#include <espseal/secure_boot.h>
#include <espseal/secure_cert_sign.h>

#include <stdio.h>
#include <string.h>

static size_t verified, refused, signed_again, appended;

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static size_t read_keys(const struct vector_case *c, struct seal_key *keys[static SEAL_SIGNATURE_KEYS_MAX])
{
    size_t count = 0;
    for (char name[] = "sign_key0"; count < SEAL_SIGNATURE_KEYS_MAX; name[8]++) {
        struct seal_buf *text = vector_member(c, c->inputs, name);
        if (!text) {
            break;
        }
        assert_int_equal(
            seal_key_read(seal_buf_ptr(text), seal_buf_len(text), name, NULL, &keys[count++], NULL), SEAL_OK);
        seal_buf_free(&text);
    }
    assert_in_range(count, 1, SEAL_SIGNATURE_KEYS_MAX);
    return count;
}

static void free_keys(struct seal_key *keys[static SEAL_SIGNATURE_KEYS_MAX], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        seal_key_free(&keys[i]);
    }
}

/* The blocks are those of the keys, in their order, and good. */
static void expect_good(const struct seal_buf *partition, struct seal_key **keys, size_t count)
{
    struct seal_secure_cert_verdict verdict;
    uint8_t digests[SEAL_SIGNATURE_KEYS_MAX * 32];
    for (size_t i = 0; i < count; i++) {
        struct seal_public public;
        assert_int_equal(seal_public_of(keys[i], &public, NULL), SEAL_OK);
        assert_int_equal(seal_public_digest(&public, digests + 32 * i), SEAL_OK);
    }
    for (size_t trusted = 0; trusted <= count; trusted++) {
        assert_int_equal(seal_secure_cert_verify(seal_buf_ptr(partition), seal_buf_len(partition), digests,
                                                 trusted, &verdict, NULL),
                         SEAL_OK);
        assert_int_equal(verdict.signature, SEAL_GOOD);
        assert_int_equal(verdict.integrity, SEAL_GOOD);
        assert_int_equal(verdict.bad_crcs, 0);
        assert_int_equal(verdict.count, count);
        for (size_t i = 0; i < count; i++) {
            assert_true(verdict.blocks[i].read && verdict.blocks[i].good);
            assert_int_equal(verdict.blocks[i].trusted, i < trusted);
            assert_int_equal(verdict.blocks[i].subtype, i);
            assert_memory_equal(verdict.blocks[i].key_digest, digests + 32 * i, 32);
            assert_string_equal(verdict.blocks[i].problem, "");
        }
    }
    memset(digests, 0x55, 32);
    assert_int_equal(
        seal_secure_cert_verify(seal_buf_ptr(partition), seal_buf_len(partition), digests, 1, &verdict, NULL),
        SEAL_OK);
    assert_int_equal(verdict.signature, SEAL_BAD);
}

/* The reference's own signatures, attached to what it signed, give its file byte for byte. */
static void attach_again(const struct seal_buf *reference, size_t count)
{
    const uint8_t *data = seal_buf_ptr(reference);
    struct seal_signature signatures[SEAL_SIGNATURE_KEYS_MAX];
    struct seal_tlv_entry entry;
    struct seal_cause cause = {0};
    struct seal_buf *out = seal_buf_new();
    size_t signed_len = 0;
    uint32_t said = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(
            seal_tlv_find(data, seal_buf_len(reference), SEAL_TLV_SIGNATURE_BLOCK, (uint8_t)i, &entry));
        signed_len = i == 0 ? entry.offset : signed_len;
        assert_int_equal(seal_signature_entry_get(entry.data, entry.length, &signatures[i], &said, NULL),
                         SEAL_OK);
        assert_int_equal(said, signed_len);
    }
    int err = seal_secure_cert_attach(data, signed_len, signatures, count, SEAL_SECURE_CERT_MAX, out, &cause);
    if (err == SEAL_ERR_MISMATCH) {
        assert_non_null(strstr(cause.text, "key 1 signs with rsa3072 and key 2 with ecdsa256"));
    } else {
        assert_int_equal(err, SEAL_OK);
        assert_int_equal(seal_buf_len(out), seal_buf_len(reference));
        assert_memory_equal(seal_buf_ptr(out), data, seal_buf_len(out));
        signed_again++;
    }
    seal_buf_free(&out);
}

static void sign_anew(const struct seal_buf *reference, struct seal_key **keys, size_t count)
{
    struct seal_tlv_entry entry;
    struct seal_buf *out = seal_buf_new();
    assert_true(
        seal_tlv_find(seal_buf_ptr(reference), seal_buf_len(reference), SEAL_TLV_SIGNATURE_BLOCK, 0, &entry));
    int err = seal_secure_cert_sign(seal_buf_ptr(reference), entry.offset, keys, count, SEAL_SECURE_CERT_MAX,
                                    out, NULL);
    if (err != SEAL_ERR_MISMATCH) {
        assert_int_equal(err, SEAL_OK);
        assert_int_equal(seal_buf_len(out), seal_buf_len(reference));
        expect_good(out, keys, count);
    }
    seal_buf_free(&out);
}

/*
 * The file that the reference goes on to flash has its signatures in front, over what is not there: the
 * device hashes what stands before the first signature, so it refuses that file, and so do we.
 */
static void check_second_output(const struct vector_case *c)
{
    struct seal_secure_cert_verdict verdict;
    struct seal_buf *second = vector_member(c, c->expected, "second_output");
    if (second) {
        assert_int_equal(
            seal_secure_cert_verify(seal_buf_ptr(second), seal_buf_len(second), NULL, 0, &verdict, NULL),
            SEAL_OK);
        assert_int_equal(verdict.signature, SEAL_BAD);
        assert_int_equal(verdict.signed_len, strcmp(c->id, "sign_rsa_ds_partition") ? 0 : verdict.signed_len);
    }
    seal_buf_free(&second);
}

/* ECDSA-192 makes the reference fail on its own lengths; ours has the layout that the device's reader has. */
static void sign_where_the_reference_cannot(const struct vector_case *c, struct seal_key **keys, size_t count)
{
    struct seal_cause cause = {0};
    struct seal_buf *in = seal_buf_new();
    struct seal_buf *out = seal_buf_new();
    struct seal_tlv_entry entry;
    assert_int_equal(seal_tlv_put(in, SEAL_TLV_USER_DATA_1, 0, 0, "data", 4, NULL), SEAL_OK);
    int err = seal_secure_cert_sign(seal_buf_ptr(in), seal_buf_len(in), keys, count, SEAL_SECURE_CERT_MAX,
                                    out, &cause);
    if (strcmp(c->id, "sign_ecdsa192_x1") == 0) {
        assert_int_equal(err, SEAL_OK);
        assert_true(seal_tlv_find(seal_buf_ptr(out), seal_buf_len(out), SEAL_TLV_SIGNATURE_BLOCK, 0, &entry));
        assert_int_equal(entry.length, 16 + 1 + 48 + 48);
        assert_int_equal(entry.data[16], 1);
        expect_good(out, keys, count);
    } else {
        assert_int_equal(err, SEAL_ERR_KEY);
        assert_non_null(strstr(cause.text, "RSA-2048"));
    }
    seal_buf_free(&in);
    seal_buf_free(&out);
    refused++;
}

static void check_signed(const struct vector_case *c)
{
    struct seal_key *keys[SEAL_SIGNATURE_KEYS_MAX] = {NULL};
    size_t count = read_keys(c, keys);
    struct seal_buf *reference = vector_member(c, c->expected, "signed_partition");
    if (!reference) {
        sign_where_the_reference_cannot(c, keys, count);
    } else {
        bool mixed = strcmp(c->id, "sign_mixed_rsa_ecdsa") == 0;
        if (!mixed) {
            expect_good(reference, keys, count);
        }
        attach_again(reference, count);
        sign_anew(reference, keys, count);
        check_second_output(c);
        verified++;
    }
    seal_buf_free(&reference);
    free_keys(keys, count);
}

/* RSA first: a device built for RSA passes the short EC block over. */
static void a_mixed_partition_is_judged(const struct vector_case *c)
{
    struct seal_secure_cert_verdict verdict;
    struct seal_buf *reference = vector_member(c, c->expected, "signed_partition");
    assert_int_equal(
        seal_secure_cert_verify(seal_buf_ptr(reference), seal_buf_len(reference), NULL, 0, &verdict, NULL),
        SEAL_OK);
    assert_int_equal(verdict.signature, SEAL_GOOD);
    assert_true(verdict.blocks[1].skipped && verdict.blocks[1].good);
    assert_int_equal(seal_secure_cert_verify(seal_buf_ptr(reference), seal_buf_len(reference),
                                             verdict.blocks[1].key_digest, 1, &verdict, NULL),
                     SEAL_OK);
    assert_int_equal(verdict.signature, SEAL_BAD);
    seal_buf_free(&reference);
}

static void check_appended(const struct vector_case *c)
{
    struct seal_cause cause = {0};
    struct seal_buf *partition = vector_member(c, c->inputs, "partition_in");
    bool limit = strcmp(c->id, "append_integrity_limit") == 0;
    struct seal_buf *expected =
        vector_member(c, c->expected, limit ? "partition_after_last_ok" : "partition");
    for (unsigned i = 0; i < (limit ? 17u : 1u); i++) {
        assert_int_equal(seal_secure_cert_append_integrity(partition, SEAL_SECURE_CERT_MAX, &cause), SEAL_OK);
    }
    assert_int_equal(seal_buf_len(partition), seal_buf_len(expected));
    assert_memory_equal(seal_buf_ptr(partition), seal_buf_ptr(expected), seal_buf_len(expected));
    if (limit) {
        assert_int_equal(seal_secure_cert_append_integrity(partition, SEAL_SECURE_CERT_MAX, &cause),
                         SEAL_ERR_TOO_LONG);
    }
    seal_buf_free(&partition);
    seal_buf_free(&expected);
    appended++;
}

static void check(const struct vector_case *c)
{
    if (starts(c->id, "append_integrity_")) {
        check_appended(c);
    } else if (starts(c->id, "err_append_integrity_")) {
        struct seal_buf *partition = vector_member(c, c->inputs, "partition_in");
        size_t len = seal_buf_len(partition);
        assert_int_equal(seal_secure_cert_append_integrity(partition, SEAL_SECURE_CERT_MAX, NULL),
                         SEAL_ERR_FORMAT);
        assert_int_equal(seal_buf_len(partition), len);
        seal_buf_free(&partition);
        appended++;
    } else if (starts(c->id, "sign_")) {
        check_signed(c);
        if (strcmp(c->id, "sign_mixed_rsa_ecdsa") == 0) {
            a_mixed_partition_is_judged(c);
        }
    }
}

static void signatures_and_integrity_equal_the_reference(void **state)
{
    (void)state;
    assert_in_range(vector_each("tlv", check), 98, 1000);
    assert_int_equal(appended, 6 + 2);
    assert_int_equal(refused, 2);
    assert_int_equal(verified, 13);
    assert_int_equal(signed_again, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signatures_and_integrity_equal_the_reference)};
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
