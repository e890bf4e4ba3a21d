#include "unit.h"

#include <espseal/escrow.h>
#include <espseal/file.h>
#include <espseal/secret.h>

#include "crypto/escrow_der.h"

#include <string.h>

static const uint8_t key_bytes[64] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static struct seal_escrow sample(size_t count)
{
    static const char *const kinds[] = {
        SEAL_ESCROW_FLASH_ENCRYPTION,      SEAL_ESCROW_NVS_HMAC, "a", "b", "c", "d", "e",
        "abcdefghijklmnopqrstuvwxyz_01234"};
    struct seal_escrow escrow = {.chip = "esp32c3", .has_mac = true, .mac = {1, 2, 3, 4, 5, 6}};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(seal_escrow_add(&escrow, kinds[i], key_bytes, i == 1 ? 32 : 64), SEAL_OK);
    }
    return escrow;
}

static struct seal_cert *cert_of(const struct seal_key *key)
{
    struct seal_cert *cert = NULL;
    const struct seal_subject subject = {.name = "/CN=recipient"};
    assert_int_equal(seal_cert_new_placeholder(key, &subject, &cert, NULL), SEAL_OK);
    return cert;
}

static void test_round(void **state)
{
    (void)state;
    static const char *const types[] = {"rsa:2048", "ec:p256", "ec:p384"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        for (size_t count = 1; count <= SEAL_ESCROW_KEYS; count += SEAL_ESCROW_KEYS - 1) {
            struct seal_key *key = NULL, *other = NULL;
            struct seal_cause cause = {0};
            assert_int_equal(seal_key_generate(types[i], &key, NULL), SEAL_OK);
            assert_int_equal(seal_key_generate(types[i], &other, NULL), SEAL_OK);
            struct seal_cert *cert = cert_of(key);
            const struct seal_escrow escrow = sample(count);
            struct seal_escrow got;
            struct seal_buf *file = seal_buf_new();
            if (seal_escrow_wrap(&escrow, cert, file, &cause) != SEAL_OK) {
                fail_msg("%s: %s", types[i], cause.text);
            }
            int err = seal_escrow_unwrap(seal_buf_ptr(file), seal_buf_len(file), "file", key, &got, &cause);
            if (err) {
                fail_msg("%s: %s", types[i], cause.text);
            }
            assert_memory_equal(&got, &escrow, sizeof got);
            assert_int_equal(
                seal_escrow_unwrap(seal_buf_ptr(file), seal_buf_len(file), "file", other, &got, &cause),
                SEAL_ERR_MISMATCH);
            static const struct seal_escrow none;
            assert_memory_equal(&got, &none, sizeof got);
            seal_buf_free(&file);
            seal_cert_free(&cert);
            seal_key_free(&key);
            seal_key_free(&other);
        }
    }
}

/* Neither the key nor the device's name stands in the file, and every changed byte of it is noticed. */
static void test_changed(void **state)
{
    (void)state;
    struct seal_key *key = NULL;
    assert_int_equal(seal_key_generate("ec:p256", &key, NULL), SEAL_OK);
    struct seal_cert *cert = cert_of(key);
    const struct seal_escrow escrow = sample(2);
    struct seal_buf *file = seal_buf_new();
    assert_int_equal(seal_escrow_wrap(&escrow, cert, file, NULL), SEAL_OK);
    uint8_t *bytes = seal_buf_mutable(file);
    const size_t len = seal_buf_len(file);
    for (size_t at = 0; at < len; at += 7) {
        struct seal_escrow got;
        const uint8_t was = bytes[at];
        if (was == '\n' || was == '-' || was == '=') {
            continue;
        }
        bytes[at] = was == 'A' ? 'B' : 'A';
        int err = seal_escrow_unwrap(bytes, len, "file", key, &got, NULL);
        /* A changed recipient's name, or the last bits of Base64, do no harm. */
        assert_true(err == SEAL_ERR_FORMAT || err == SEAL_ERR_MISMATCH ||
                    (err == SEAL_OK && memcmp(&got, &escrow, sizeof got) == 0));
        bytes[at] = was;
    }
    seal_buf_free(&file);
    seal_cert_free(&cert);
    seal_key_free(&key);
}

static void test_recipients(void **state)
{
    (void)state;
    struct seal_key *small = NULL, *ca_key = NULL;
    struct seal_cert *ca = NULL;
    struct seal_cause cause = {0};
    assert_int_equal(seal_key_generate("ec:p256", &ca_key, NULL), SEAL_OK);
    assert_int_equal(seal_ca_new(ca_key, "/CN=CA", 10, &ca, NULL), SEAL_OK); /* keyCertSign, cRLSign */
    assert_int_equal(seal_escrow_check_recipient(ca, &cause), SEAL_ERR_KEY);
    assert_non_null(strstr(cause.text, "key agreement"));
    const struct seal_escrow escrow = sample(1);
    struct seal_buf *file = seal_buf_new();
    assert_int_equal(seal_escrow_wrap(&escrow, ca, file, NULL), SEAL_ERR_KEY);
    assert_int_equal(seal_buf_len(file), 0);
    seal_buf_free(&file);
    if (seal_key_generate("rsa:1024", &small, NULL) == SEAL_OK) {
        struct seal_cert *cert = cert_of(small);
        assert_int_equal(seal_escrow_check_recipient(cert, NULL), SEAL_ERR_KEY);
        seal_cert_free(&cert);
    }
    seal_key_free(&small);
    seal_key_free(&ca_key);
    seal_cert_free(&ca);
}

static void test_not_escrow(void **state)
{
    (void)state;
    struct seal_key *key = NULL;
    struct seal_escrow got;
    assert_int_equal(seal_key_generate("ec:p256", &key, NULL), SEAL_OK);
    struct seal_buf *pem = seal_buf_new_secret();
    assert_int_equal(seal_key_write_pkcs8(key, NULL, pem, NULL), SEAL_OK);
    assert_int_equal(seal_escrow_unwrap("", 0, "file", key, &got, NULL), SEAL_ERR_FORMAT);
    assert_int_equal(seal_escrow_unwrap("hello", 5, "file", key, &got, NULL), SEAL_ERR_FORMAT);
    assert_int_equal(seal_escrow_unwrap(seal_buf_ptr(pem), seal_buf_len(pem), "file", key, &got, NULL),
                     SEAL_ERR_FORMAT);
    /* Found by fuzzing: libcrypto writes beyond its buffer where the key is wrapped with padding. */
    struct seal_buf *padded = NULL;
    assert_int_equal(seal_file_read(TESTS_DIR "/fuzz/corpus/escrow/padded-wrap.der", 4096, 0, &padded, NULL),
                     SEAL_OK);
    assert_int_equal(seal_escrow_unwrap(seal_buf_ptr(padded), seal_buf_len(padded), "file", key, &got, NULL),
                     SEAL_ERR_FORMAT);
    seal_buf_free(&padded);
    seal_buf_free(&pem);
    seal_key_free(&key);
}

/* Each cut and each longer form of the DER is refused. */
static void test_der(void **state)
{
    (void)state;
    for (size_t count = 1; count <= SEAL_ESCROW_KEYS; count++) {
        const struct seal_escrow escrow = sample(count);
        struct seal_escrow got;
        struct seal_buf *der = seal_buf_new_secret();
        assert_int_equal(seal_escrow_encode(&escrow, der), SEAL_OK);
        assert_int_equal(seal_escrow_decode(seal_buf_ptr(der), seal_buf_len(der), &got), SEAL_OK);
        assert_memory_equal(&got, &escrow, sizeof got);
        for (size_t len = 0; len < seal_buf_len(der); len++) {
            assert_int_equal(seal_escrow_decode(seal_buf_ptr(der), len, &got), SEAL_ERR_FORMAT);
        }
        assert_int_equal(seal_buf_put_u8(der, 0), SEAL_OK);
        assert_int_equal(seal_escrow_decode(seal_buf_ptr(der), seal_buf_len(der), &got), SEAL_ERR_FORMAT);
        seal_buf_free(&der);
    }
    struct seal_escrow nothing = {.chip = "esp32"};
    struct seal_buf *der = seal_buf_new_secret();
    assert_int_equal(seal_escrow_encode(&nothing, der), SEAL_ERR_USAGE);
    assert_int_equal(seal_escrow_add(&nothing, "Bad Kind", key_bytes, 32), SEAL_ERR_USAGE);
    assert_int_equal(seal_escrow_add(&nothing, "", key_bytes, 32), SEAL_ERR_USAGE);
    assert_int_equal(seal_escrow_add(&nothing, "long", key_bytes, 65), SEAL_ERR_TOO_LONG);
    assert_null(seal_escrow_find(&nothing, "long"));
    seal_buf_free(&der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round),      cmocka_unit_test(test_changed), cmocka_unit_test(test_recipients),
        cmocka_unit_test(test_not_escrow), cmocka_unit_test(test_der),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
