/* Against values that an independent program made (Python: hashlib.pbkdf2_hmac, hmac, AES-GCM of cryptography
 * 38). */
#include "unit.h"

#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/hmac_key.h>
#include <espseal/secret.h>

#include <string.h>

#define SCALAR_HEX "1dc79418f40794057b21fc8c4d911ffc37e63915fee2c4ec2f9c4219a58de00a"
#define GCM_HEX "784a2e720ab29576a432b6c4e0324b3612e56f4333f1d5"

enum { SCALAR_LEN = 32, TEXT_LEN = 7 + 16 };

static uint8_t hmac_key[32];

static void what_is_encrypted_opens_again(void **state)
{
    (void)state;
    static const char text[] = "a private key";
    struct seal_buf *closed = seal_buf_new();
    struct seal_buf *opened = seal_buf_new_secret();
    assert_int_equal(seal_hmac_encrypt(hmac_key, text, sizeof text, closed, NULL), SEAL_OK);
    assert_int_equal(seal_buf_len(closed), sizeof text + SEAL_HMAC_TAG_LEN);
    assert_int_equal(seal_hmac_decrypt(hmac_key, seal_buf_ptr(closed), seal_buf_len(closed), opened, NULL),
                     SEAL_OK);
    assert_int_equal(seal_buf_len(opened), sizeof text);
    assert_memory_equal(seal_buf_ptr(opened), text, sizeof text);
    seal_buf_free(&closed);
    seal_buf_free(&opened);
}

static void the_text_is_that_of_the_device(void **state)
{
    (void)state;
    uint8_t expected[TEXT_LEN];
    struct seal_buf *closed = seal_buf_new();
    assert_int_equal(seal_hex_decode(GCM_HEX, expected, sizeof expected), SEAL_OK);
    assert_int_equal(seal_hmac_encrypt(hmac_key, "espseal", 7, closed, NULL), SEAL_OK);
    assert_int_equal(seal_buf_len(closed), sizeof expected);
    assert_memory_equal(seal_buf_ptr(closed), expected, sizeof expected);
    seal_buf_free(&closed);
}

static void changed_data_and_other_keys_are_refused(void **state)
{
    (void)state;
    struct seal_buf *closed = seal_buf_new();
    struct seal_buf *opened = seal_buf_new();
    struct seal_cause cause;
    uint8_t other[32] = {1};
    assert_int_equal(seal_hmac_encrypt(hmac_key, "text", 4, closed, NULL), SEAL_OK);
    for (size_t i = 0; i < seal_buf_len(closed); i++) {
        seal_buf_mutable(closed)[i] ^= 1;
        assert_int_equal(
            seal_hmac_decrypt(hmac_key, seal_buf_ptr(closed), seal_buf_len(closed), opened, &cause),
            SEAL_ERR_MISMATCH);
        assert_int_equal(seal_buf_len(opened), 0);
        seal_buf_mutable(closed)[i] ^= 1;
    }
    assert_int_equal(seal_hmac_decrypt(other, seal_buf_ptr(closed), seal_buf_len(closed), opened, &cause),
                     SEAL_ERR_MISMATCH);
    assert_int_equal(seal_hmac_decrypt(hmac_key, "short", 5, opened, &cause), SEAL_ERR_FORMAT);
    seal_buf_free(&closed);
    seal_buf_free(&opened);
}

static void the_derived_key_is_that_of_the_device(void **state)
{
    (void)state;
    uint8_t salt[32];
    uint8_t expected[SCALAR_LEN];
    struct seal_key *key = NULL;
    struct seal_cause cause = {0};
    struct seal_buf *der = seal_buf_new_secret();
    memset(salt, 0xA5, sizeof salt);
    assert_int_equal(seal_hmac_derive_key(hmac_key, salt, sizeof salt, &key, &cause), SEAL_OK);
    assert_string_equal(seal_key_describe(key), "EC P-256");
    assert_int_equal(seal_key_write_traditional(key, true, der, &cause), SEAL_OK);
    /* esp_secure_cert_tlv_private.h: ESP_SECURE_CERT_ECDSA_DER_KEY_SIZE */
    assert_int_equal(seal_buf_len(der), 121);
    assert_int_equal(seal_hex_decode(SCALAR_HEX, expected, sizeof expected), SEAL_OK);
    assert_memory_equal(seal_buf_ptr(der) + 7, expected, sizeof expected);
    seal_key_free(&key);
    assert_int_equal(seal_hmac_derive_key(hmac_key, salt, 0, &key, &cause), SEAL_ERR_USAGE);
    assert_null(key);
    seal_buf_free(&der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encrypted_opens_again),
        cmocka_unit_test(the_text_is_that_of_the_device),
        cmocka_unit_test(changed_data_and_other_keys_are_refused),
        cmocka_unit_test(the_derived_key_is_that_of_the_device),
    };
    for (unsigned i = 0; i < sizeof hmac_key; i++) {
        hmac_key[i] = (uint8_t)i;
    }
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
