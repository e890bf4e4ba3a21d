/* Every case of tests/vectors/enc_ota, in both directions. */
#include "unit.h"
#include "vectors.h"

#include <espseal/hex.h>
#include <espseal/ota.h>

#include <string.h>

static size_t rebuilt, opened, refused, derived;

static struct seal_key *read_key(const struct seal_buf *text)
{
    struct seal_key *key = NULL;
    assert_int_equal(seal_key_read(seal_buf_ptr(text), seal_buf_len(text), "key", NULL, &key, NULL), SEAL_OK);
    return key;
}

static struct seal_key *member_key(const struct vector_case *c, const char *name)
{
    struct seal_buf *text = vector_member(c, c->inputs, name);
    struct seal_key *key = text ? read_key(text) : NULL;
    seal_buf_free(&text);
    return key;
}

static const uint8_t *member_hex(const seal_json *object, const char *name, uint8_t *out, size_t size)
{
    const char *text = seal_json_text(seal_json_get(object, name));
    if (!text) {
        return NULL;
    }
    assert_int_equal(seal_hex_decode(text, out, size), SEAL_OK);
    return out;
}

static void expect_opens(const struct seal_key *key, const struct seal_buf *image,
                         const struct seal_buf *plain)
{
    struct seal_buf *out = seal_buf_new();
    assert_int_equal(seal_ota_decrypt(key, seal_buf_ptr(image), seal_buf_len(image), out, NULL), SEAL_OK);
    assert_int_equal(seal_buf_len(out), seal_buf_len(plain));
    assert_memory_equal(seal_buf_ptr(out), seal_buf_ptr(plain), seal_buf_len(plain));
    seal_buf_free(&out);
}

/* With the reference's random numbers: the same bytes, but for RSA's random padding. */
static void expect_rebuilds(const struct vector_case *c, const struct seal_key *key,
                            const struct seal_buf *plain, const struct seal_buf *image)
{
    uint8_t iv[16], salt[32], aes[32];
    struct seal_public public;
    struct seal_key *server = member_key(c, "server_private_key");
    bool rsa = server == NULL;
    const struct seal_ota_fixed fixed = {
        .server_key = server,
        .iv = member_hex(rsa ? c->expected : c->inputs, "iv_hex", iv, sizeof iv),
        .salt = member_hex(c->inputs, "salt_hex", salt, sizeof salt),
        .key = member_hex(c->expected, rsa ? "gcm_key_hex" : "none", aes, sizeof aes),
    };
    size_t from = rsa ? 4 + 384 : 0;
    struct seal_buf *out = seal_buf_new();
    struct seal_ota_info info;
    assert_int_equal(seal_public_of(key, &public, NULL), SEAL_OK);
    assert_int_equal(seal_ota_encrypt(&public, seal_buf_ptr(plain), seal_buf_len(plain), &fixed, out, NULL),
                     SEAL_OK);
    assert_int_equal(seal_buf_len(out), seal_buf_len(image));
    assert_memory_equal(seal_buf_ptr(out) + from, seal_buf_ptr(image) + from, seal_buf_len(out) - from);
    assert_int_equal(seal_ota_look(seal_buf_ptr(image), seal_buf_len(image), c->id, &info, NULL), SEAL_OK);
    assert_int_equal(info.scheme, rsa ? SEAL_OTA_RSA : SEAL_OTA_ECIES);
    assert_int_equal(info.image_len, seal_buf_len(plain));
    expect_opens(key, out, plain);
    rebuilt++;
    seal_buf_free(&out);
    seal_key_free(&server);
}

static void check_image(const struct vector_case *c)
{
    struct seal_buf *plain = vector_member(c, c->inputs, "plaintext");
    struct seal_buf *image = vector_member(c, c->expected, "encrypted");
    struct seal_key *key = member_key(c, "private_key");
    key = key ? key : member_key(c, "device_private_key");
    assert_non_null(key);
    if (seal_buf_len(plain) == 0) { /* an empty image: made by the reference, of no use to anybody */
        struct seal_buf *out = seal_buf_new();
        assert_int_equal(seal_ota_decrypt(key, seal_buf_ptr(image), seal_buf_len(image), out, NULL),
                         SEAL_ERR_MISMATCH);
        seal_buf_free(&out);
        refused++;
    } else {
        expect_opens(key, image, plain);
        opened++;
        expect_rebuilds(c, key, plain, image);
    }
    seal_buf_free(&plain);
    seal_buf_free(&image);
    seal_key_free(&key);
}

static void check_negative(const struct vector_case *c)
{
    struct seal_buf *image = vector_member(c, c->inputs, "encrypted");
    struct seal_key *key = member_key(c, "private_key");
    struct seal_buf *out = seal_buf_new();
    struct seal_cause cause = {0};
    int err = seal_ota_decrypt(key, seal_buf_ptr(image), seal_buf_len(image), out, &cause);
    if (strcmp(seal_json_text(seal_json_get(c->expected, "result")), "ok") == 0) {
        assert_int_equal(err, SEAL_OK);
        opened++;
    } else {
        assert_true(err == SEAL_ERR_FORMAT || err == SEAL_ERR_MISMATCH);
        assert_int_equal(seal_buf_len(out), 0);
        assert_true(strlen(cause.text) > 0);
        refused++;
    }
    seal_buf_free(&image);
    seal_buf_free(&out);
    seal_key_free(&key);
}

static void check_derived(const struct vector_case *c)
{
    uint8_t scalar[48], wanted[32];
    size_t len = 0;
    struct seal_key *key = NULL;
    struct seal_public made, given;
    struct seal_buf *hmac_key = vector_member(c, c->inputs, "hmac_key");
    struct seal_buf *public = vector_member(c, c->expected, "device_public_key");
    assert_int_equal(seal_ota_device_key(seal_buf_ptr(hmac_key), &key, NULL), SEAL_OK);
    assert_int_equal(seal_key_ec_scalar(key, scalar, &len, NULL), SEAL_OK);
    assert_non_null(member_hex(c->expected, "private_scalar_hex", wanted, sizeof wanted));
    assert_memory_equal(scalar, wanted, sizeof wanted);
    assert_int_equal(seal_public_of(key, &made, NULL), SEAL_OK);
    assert_int_equal(seal_public_read(seal_buf_ptr(public), seal_buf_len(public), c->id, &given, NULL),
                     SEAL_OK);
    assert_memory_equal(&made, &given, sizeof made);
    derived++;
    seal_key_free(&key);
    seal_buf_free(&hmac_key);
    seal_buf_free(&public);
}

static void check(const struct vector_case *c)
{
    if (strncmp(c->id, "neg_", 4) == 0) {
        check_negative(c);
    } else if (strncmp(c->id, "ecc_device_key", 14) == 0) {
        check_derived(c);
    } else {
        check_image(c);
    }
}

static void test_every_case(void **state)
{
    (void)state;
    assert_int_equal(vector_each("enc_ota", check), 23);
    assert_int_equal(rebuilt, 7);
    assert_int_equal(opened, 9);
    assert_int_equal(refused, 12);
    assert_int_equal(derived, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_case)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
