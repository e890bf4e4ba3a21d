#include "unit.h"

#include <espseal/base64.h>
#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/key.h>
#include <espseal/scan.h>
#include <espseal/secret.h>

#include <stdlib.h>
#include <string.h>

struct seen {
    size_t count;
    struct seal_scan_finding finding[8];
};

static int note(void *ctx, const struct seal_scan_finding *finding)
{
    struct seen *seen = ctx;
    if (seen->count < 8) {
        seen->finding[seen->count] = *finding;
    }
    seen->count++;
    return SEAL_OK;
}

/* An image: erased flash, random bytes, text; where lies at 1000. */
static uint8_t *image_with(const void *where, size_t len)
{
    uint8_t *image = malloc(8192);
    assert_non_null(image);
    memset(image, 0xFF, 8192);
    for (size_t i = 2000; i < 8192; i++) {
        image[i] = (uint8_t)(i * 2654435761u >> 13);
    }
    memcpy(image, "-----BEGIN PRIVATE KEY----- is how a key begins\n", 48);
    memcpy(image + 1000, where, len);
    return image;
}

static struct seen scan(const void *secret, size_t len, const uint8_t *fingerprints, size_t count)
{
    struct seen seen = {0};
    uint8_t *image = image_with(secret, len);
    assert_int_equal(seal_scan(image, 8192, fingerprints, count, note, &seen), SEAL_OK);
    free(image);
    return seen;
}

static void nothing_is_found_in_nothing(void **state)
{
    (void)state;
    struct seen seen = scan("", 0, NULL, 0);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seal_scan("", 0, NULL, 0, note, &seen), SEAL_OK);
}

static void expect_one(const struct seen *seen, enum seal_scan_form form, const char *what)
{
    assert_int_equal(seen->count, 1);
    assert_int_equal(seen->finding[0].kind, SEAL_SCAN_PRIVATE_KEY);
    assert_int_equal(seen->finding[0].form, form);
    assert_int_equal(seen->finding[0].offset, 1000);
    assert_string_equal(seen->finding[0].what, what);
}

static void keys_in_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *type, *what;
    } types[] = {{"rsa:2048", "RSA-2048"}, {"ec:p256", "EC P-256"}, {"ec:p384", "EC P-384"}};
    for (size_t i = 0; i < 3; i++) {
        struct seal_key *key = NULL;
        struct seal_buf *der = seal_buf_new_secret();
        struct seal_buf *text = seal_buf_new_secret();
        assert_int_equal(seal_key_generate(types[i].type, &key, NULL), SEAL_OK);
        assert_int_equal(seal_key_write_traditional(key, true, der, NULL), SEAL_OK);
        struct seen seen = scan(seal_buf_ptr(der), seal_buf_len(der), NULL, 0);
        expect_one(&seen, SEAL_SCAN_BINARY, types[i].what);

        assert_int_equal(seal_base64_encode(seal_buf_ptr(der), seal_buf_len(der), text), SEAL_OK);
        seen = scan(seal_buf_ptr(text), seal_buf_len(text), NULL, 0);
        expect_one(&seen, SEAL_SCAN_BASE64, types[i].what);

        char *hex = malloc(2 * seal_buf_len(der) + 1);
        seal_hex_encode(seal_buf_ptr(der), seal_buf_len(der), hex);
        seen = scan(hex, strlen(hex), NULL, 0);
        expect_one(&seen, SEAL_SCAN_HEX, types[i].what);
        free(hex);

        seal_buf_truncate(text, 0);
        assert_int_equal(seal_key_write_pkcs8(key, NULL, text, NULL), SEAL_OK);
        seen = scan(seal_buf_ptr(text), seal_buf_len(text), NULL, 0);
        expect_one(&seen, SEAL_SCAN_PEM, types[i].what);

        seal_buf_truncate(text, 0);
        assert_int_equal(seal_key_write_pkcs8(key, "passphrase", text, NULL), SEAL_OK);
        seen = scan(seal_buf_ptr(text), seal_buf_len(text), NULL, 0);
        assert_int_equal(seen.count, 0);
        seal_buf_free(&der);
        seal_buf_free(&text);
        seal_key_free(&key);
    }
}

static void a_damaged_pem_is_found_too(void **state)
{
    (void)state;
    static const char text[] = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEICtsZJ+qQMmiOamUWZCY\n";
    struct seen seen = scan(text, sizeof text - 1, NULL, 0);
    expect_one(&seen, SEAL_SCAN_PEM, "");
}

static void keys_by_fingerprint(void **state)
{
    (void)state;
    uint8_t key[64];
    uint8_t turned[64];
    uint8_t prints[3 * 32] = {0};
    char hex[129];
    assert_int_equal(seal_random(key, sizeof key), SEAL_OK);
    for (size_t size = 32; size <= 64; size += 32) {
        assert_int_equal(seal_sha256(key, size, prints + 32), SEAL_OK);
        struct seen seen = scan(key, size, prints, 3);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.finding[0].kind, SEAL_SCAN_FINGERPRINT);
        assert_int_equal(seen.finding[0].fingerprint, 1);
        assert_int_equal(seen.finding[0].offset, 1000);
        assert_false(seen.finding[0].reversed);
        for (size_t i = 0; i < size; i++) {
            turned[i] = key[size - 1 - i];
        }
        seen = scan(turned, size, prints, 3);
        assert_int_equal(seen.count, 1);
        assert_true(seen.finding[0].reversed);
        seal_hex_encode(key, size, hex);
        seen = scan(hex, strlen(hex), prints, 3);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.finding[0].form, SEAL_SCAN_HEX);
        key[size / 2] ^= 1;
        seen = scan(key, size, prints, 3);
        assert_int_equal(seen.count, 0);
        key[size / 2] ^= 1;
    }
}

static int refuse(void *ctx, const struct seal_scan_finding *finding)
{
    (void)ctx;
    (void)finding;
    return SEAL_ERR_FINDINGS;
}

static void the_caller_may_stop(void **state)
{
    (void)state;
    static const char text[] = "-----BEGIN PRIVATE KEY-----\nMIGH\n";
    assert_int_equal(seal_scan(text, sizeof text, NULL, 0, refuse, NULL), SEAL_ERR_FINDINGS);
    assert_string_equal(seal_scan_form_name(SEAL_SCAN_HEX), "hex");
}

static void count_release(void *ctx, size_t end)
{
    size_t *last = ctx;
    assert_true(end > *last || end <= 2 * SEAL_RELEASE_STEP); /* each of the passes from the beginning */
    *last = end;
}

static void a_long_file_is_told_of_and_loses_nothing_at_the_seams(void **state)
{
    (void)state;
    static const char text[] = "-----BEGIN PRIVATE KEY-----\nMIGH\n";
    const size_t len = 3 * SEAL_RELEASE_STEP + 100;
    uint8_t *data = malloc(len);
    assert_non_null(data);
    for (size_t back = 0; back <= sizeof text; back += back < 12 ? 3 : 11) { /* the mark has 11 bytes */
        struct seen seen = {0};
        size_t told = 0;
        const struct seal_release release = {count_release, &told};
        const size_t at = SEAL_RELEASE_STEP - back;
        memset(data, 0xFF, len);
        memcpy(data + at, text, sizeof text);
        assert_int_equal(seal_scan_mapped(data, len, &release, note, &seen), SEAL_OK);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.finding[0].offset, at);
        assert_true(told >= 2 * SEAL_RELEASE_STEP);
    }
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found_in_nothing),
        cmocka_unit_test(keys_in_every_form),
        cmocka_unit_test(a_damaged_pem_is_found_too),
        cmocka_unit_test(keys_by_fingerprint),
        cmocka_unit_test(the_caller_may_stop),
        cmocka_unit_test(a_long_file_is_told_of_and_loses_nothing_at_the_seams),
    };
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
