#include "unit.h"

#include "crypto/crypto.h"

#include <espseal/ds.h>
#include <espseal/key_store.h>

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_what_is_a_uri(void **state)
{
    (void)state;
    assert_true(seal_key_is_uri("pkcs11:token=ca;object=key"));
    assert_true(seal_key_is_uri("PKCS11:token=ca"));
    assert_true(seal_key_is_uri("handle:0x81000001"));
    assert_true(seal_key_is_uri("x-y.z+1:a"));
    assert_false(seal_key_is_uri("ca.key"));
    assert_false(seal_key_is_uri("/dev/fd/3:4"));
    assert_false(seal_key_is_uri("c:\\ca.key"));
    assert_false(seal_key_is_uri("1a:b"));
    assert_false(seal_key_is_uri(":b"));
    assert_false(seal_key_is_uri(""));
}

static void test_a_file_with_a_colon_is_a_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/espseal-store-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_true(seal_key_is_uri("ec:p256.key"));
    FILE *file = fopen("ec:p256.key", "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_false(seal_key_is_uri("ec:p256.key"));
    assert_int_equal(unlink("ec:p256.key"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_wrong_uris_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        int err;
        const char *says;
    } rows[] = {
        {"pkcs11:object=key", SEAL_ERR_USAGE, "which token"},
        {"pkcs11:token=t;object=k?pin-value=314159", SEAL_ERR_USAGE, "seen by everybody"},
        {"pkcs11:token=t;object=k?pin-source=/nowhere/pin", SEAL_ERR_NOT_FOUND, "/nowhere/pin"},
        {"pkcs11:token=t;object=k?pin-source=file:///nowhere/pin", SEAL_ERR_NOT_FOUND, " /nowhere/pin"},
        {"pkcs11:token=t;object=k?pin-source=%2Fnow%68ere%2", SEAL_ERR_NOT_FOUND, "/nowhere%2"},
        {"nonsense:key", SEAL_ERR_NOT_FOUND, "neither a provider nor an engine"},
        {"file:/nowhere/key.pem", SEAL_ERR_NOT_FOUND, "no private key at"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_cause cause = {0};
        struct seal_key *key = (void *)&cause;
        assert_int_equal(seal_key_open(rows[i].uri, NULL, false, &key, &cause), rows[i].err);
        assert_null(key);
        assert_non_null(strstr(cause.text, rows[i].says));
        assert_null(strstr(cause.text, "314159"));
        assert_true(cause.hint[0] || rows[i].err == SEAL_ERR_NOT_FOUND);
    }
}

static void test_uris_of_any_length(void **state)
{
    (void)state;
    struct seal_key *key = NULL;
    char uri[6000] = "pkcs11:token=";
    memset(uri + strlen(uri), 'x', 4000);
    assert_int_equal(seal_key_open(uri, NULL, false, &key, NULL), SEAL_ERR_USAGE);
    (void)snprintf(uri, sizeof uri, "pkcs11:token=t?pin-source=/%0*d", 1000, 0);
    assert_int_equal(seal_key_open(uri, NULL, false, &key, NULL), SEAL_ERR_USAGE);
    (void)snprintf(uri, sizeof uri, "%0*d", 1000, 0);
    memset(uri, 'a', 1000);
    memcpy(uri + 1000, ":b", 3);
    assert_int_equal(seal_key_open(uri, NULL, false, &key, NULL), SEAL_ERR_NOT_FOUND);
}

static int answer(void *ctx, const char *what, char *passphrase, size_t size)
{
    int *asked = ctx;
    assert_non_null(what);
    (*asked)++;
    (void)snprintf(passphrase, size, "wrong");
    return SEAL_OK;
}

/* A store that asks again is not answered again. */
static void test_a_passphrase_is_tried_once(void **state)
{
    (void)state;
    char path[] = "/tmp/espseal-store-XXXXXX";
    char uri[64];
    int asked = 0;
    struct seal_key *key = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    assert_int_equal(PEM_write_PKCS8PrivateKey(file, pkey, EVP_aes_256_cbc(), "right", 5, NULL, NULL), 1);
    (void)fclose(file);
    EVP_PKEY_free(pkey);
    (void)snprintf(uri, sizeof uri, "file:%s", path);
    const struct seal_passphrase passphrase = {.ask = answer, .ctx = &asked};
    assert_int_not_equal(seal_key_open(uri, &passphrase, false, &key, NULL), SEAL_OK);
    assert_int_equal(asked, 1);
    assert_int_equal(seal_key_open(uri, NULL, false, &key, NULL), SEAL_ERR_PASSPHRASE);
    assert_int_equal(unlink(path), 0);
}

static void test_a_remote_key_gives_no_numbers(void **state)
{
    (void)state;
    uint8_t numbers[2][256];
    uint8_t hmac_key[32] = {1};
    struct seal_ds_params params;
    struct seal_key *key = NULL;
    struct seal_buf *out = seal_buf_new_secret();
    bool found = false;
    assert_int_equal(seal_key_generate("rsa:2048", &key, NULL), SEAL_OK);
    assert_false(seal_key_is_remote(key));
    key->remote = true;
    assert_int_equal(seal_key_rsa_numbers(key, numbers[0], numbers[1], 256, NULL), SEAL_ERR_KEY);
    assert_int_equal(seal_ds_encrypt(key, 3072, hmac_key, NULL, &params, NULL), SEAL_ERR_KEY);
    assert_int_equal(seal_key_write_pkcs8(key, NULL, out, NULL), SEAL_ERR_KEY);
    assert_int_equal(seal_key_write_traditional(key, false, out, NULL), SEAL_ERR_KEY);
    assert_int_equal(seal_key_occurs_in(key, "x", 1, &found), SEAL_ERR_KEY);
    assert_true(found);
    assert_int_equal(seal_buf_len(out), 0);
    seal_buf_free(&out);
    seal_key_free(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_uri),
        cmocka_unit_test(test_a_file_with_a_colon_is_a_file),
        cmocka_unit_test(test_wrong_uris_are_refused),
        cmocka_unit_test(test_uris_of_any_length),
        cmocka_unit_test(test_a_passphrase_is_tried_once),
        cmocka_unit_test(test_a_remote_key_gives_no_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
