#include "unit.h"

#include "vectors.h"

#include <espseal/flash_crypt.h>
#include <espseal/secret.h>

#include <stdlib.h>
#include <string.h>

static bool is_xts(const struct vector_case *c)
{
    return strstr(seal_json_text(seal_json_get(c->json, "command")), "--aes-xts") != NULL;
}

static unsigned crypt_config(const struct vector_case *c)
{
    static const char option[] = "--flash-crypt-conf ";
    const char *given = strstr(seal_json_text(seal_json_get(c->json, "command")), option);
    return given ? (unsigned)strtoul(given + strlen(option), NULL, 0) : SEAL_FLASH_CRYPT_CONFIG;
}

static bool flag(const seal_json *object, const char *key)
{
    struct seal_buf *text = seal_buf_new();
    const seal_json *value = seal_json_get(object, key);
    assert_int_equal(value ? seal_json_print(value, true, text) : SEAL_OK, SEAL_OK);
    const bool yes = value && strncmp((const char *)seal_buf_ptr(text), "true", 4) == 0;
    seal_buf_free(&text);
    return yes;
}

static int open_key(const struct vector_case *c, struct seal_flash_crypt **crypt)
{
    struct seal_buf *key = vector_member(c, c->inputs, "key");
    assert_non_null(key);
    int err = seal_flash_crypt_new(is_xts(c) ? SEAL_FLASH_SCHEME_XTS : SEAL_FLASH_SCHEME_ESP32,
                                   seal_buf_ptr(key), seal_buf_len(key), crypt_config(c), crypt, NULL);
    seal_buf_free(&key);
    return err;
}

static int turn(const struct seal_flash_crypt *crypt, bool encrypt, uint32_t address, const uint8_t *in,
                uint8_t *out, size_t len)
{
    return encrypt ? seal_flash_encrypt(crypt, address, in, out, len, NULL)
                   : seal_flash_decrypt(crypt, address, in, out, len, NULL);
}

/* The whole at once, in place, and in pieces of every length up to the whole (in steps where it is long). */
static void check_turn(const struct seal_flash_crypt *crypt, bool encrypt, uint32_t address,
                       const struct seal_buf *from, const struct seal_buf *to)
{
    const size_t len = seal_buf_len(from);
    uint8_t *out = malloc(len);
    assert_non_null(out);
    assert_int_equal(seal_buf_len(to), len);
    for (size_t piece = 16; piece <= len; piece += len > 1024 ? 1008 : 16) {
        memset(out, 0, len);
        for (size_t at = 0; at < len; at += piece) {
            const size_t part = len - at < piece ? len - at : piece;
            assert_int_equal(
                turn(crypt, encrypt, address + (uint32_t)at, seal_buf_ptr(from) + at, out + at, part),
                SEAL_OK);
        }
        assert_memory_equal(out, seal_buf_ptr(to), len);
    }
    memcpy(out, seal_buf_ptr(from), len);
    assert_int_equal(turn(crypt, encrypt, address, out, out, len), SEAL_OK);
    assert_memory_equal(out, seal_buf_ptr(to), len);
    free(out);
}

/* What espseal refuses where the reference refuses; an empty piece is none, but no harm either. */
static void check_error(const struct vector_case *c)
{
    struct seal_flash_crypt *crypt = NULL;
    const char *class = seal_json_text(seal_json_get(c->expected, "error_class"));
    int err = open_key(c, &crypt);
    if (strcmp(class, "bad_key_length") == 0) {
        assert_int_equal(err, SEAL_ERR_KEY);
        assert_null(crypt);
        return;
    }
    assert_int_equal(err, SEAL_OK);
    struct seal_buf *data = vector_member(c, c->inputs, "plaintext");
    const bool encrypt = data != NULL;
    data = data ? data : vector_member(c, c->inputs, "ciphertext");
    uint8_t out[64] = {0};
    assert_in_range(seal_buf_len(data), 0, sizeof out);
    err = turn(crypt, encrypt, vector_number(c->inputs, "address"), seal_buf_ptr(data), out,
               seal_buf_len(data));
    assert_int_equal(err, seal_buf_len(data) ? SEAL_ERR_USAGE : SEAL_OK);
    seal_buf_free(&data);
    seal_flash_crypt_free(&crypt);
}

static size_t both_ways, one_way, errors, beyond;

static void check_case(const struct vector_case *c)
{
    if (strcmp(seal_json_text(seal_json_get(c->expected, "result")), "error") == 0) {
        check_error(c);
        errors++;
        return;
    }
    struct seal_flash_crypt *crypt = NULL;
    assert_int_equal(open_key(c, &crypt), SEAL_OK);
    const uint32_t address = vector_number(c->inputs, "address");
    struct seal_buf *plain = vector_member(c, c->inputs, "plaintext");
    struct seal_buf *cipher = vector_member(c, c->expected, "ciphertext");
    struct seal_buf *back = vector_member(c, c->expected, "decrypted"); /* with its random padding */
    if (flag(c->expected, "reaches_16_mib")) {
        uint8_t out[256];
        assert_int_equal(
            seal_flash_encrypt(crypt, address, seal_buf_ptr(plain), out, seal_buf_len(plain), NULL),
            SEAL_ERR_USAGE);
        beyond++;
    } else if (back) {
        assert_memory_equal(seal_buf_ptr(back), seal_buf_ptr(plain), seal_buf_len(plain));
        check_turn(crypt, false, address, cipher, back);
        check_turn(crypt, true, address, back, cipher);
        one_way++;
    } else {
        check_turn(crypt, true, address, plain, cipher);
        check_turn(crypt, false, address, cipher, plain);
        both_ways++;
    }
    seal_buf_free(&plain);
    seal_buf_free(&cipher);
    seal_buf_free(&back);
    seal_flash_crypt_free(&crypt);
}

static void test_vectors(void **state)
{
    (void)state;
    assert_int_equal(vector_each("flashenc", check_case), 88);
    assert_int_equal(errors, 9);
    assert_int_equal(beyond, 2);
    assert_int_equal(both_ways + one_way, 77);
    assert_true(one_way >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
