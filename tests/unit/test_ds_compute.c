#include "unit.h"

#include "crypto/crypto.h"
#include "crypto/ds_box.h"

#include <espseal/digest.h>
#include <espseal/ds.h>
#include <espseal/secret.h>

#include <string.h>

static const uint8_t hmac_key[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
static const char challenge[] = "a nonce that nobody saw before";

struct fixture {
    struct seal_key *key;
    struct seal_cert *cert;
    struct seal_ds_params params;
};

static struct seal_cert *certificate_of(const struct seal_key *key)
{
    struct seal_cert *cert = calloc(1, sizeof *cert);
    assert_non_null(cert);
    cert->x509 = X509_new();
    assert_non_null(cert->x509);
    assert_int_equal(X509_set_pubkey(cert->x509, key->pkey), 1);
    return cert;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(seal_key_generate("rsa:2048", &f->key, NULL), SEAL_OK);
    f->cert = certificate_of(f->key);
    assert_int_equal(seal_ds_encrypt(f->key, 3072, hmac_key, NULL, &f->params, NULL), SEAL_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    X509_free(f->cert->x509);
    free(f->cert);
    seal_key_free(&f->key);
    free(f);
    return 0;
}

static void reversed(const uint8_t *in, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = in[len - 1 - i];
    }
}

/* The padded digest of the challenge as the peripheral's X, in x_len bytes. */
static void challenge_x(unsigned key_bits, uint8_t *x, size_t x_len)
{
    uint8_t digest[32];
    uint8_t block[512];
    size_t len = key_bits / 8;
    assert_int_equal(seal_sha256(challenge, sizeof challenge, digest), SEAL_OK);
    assert_int_equal(seal_pkcs1_pad_sha256(digest, block, len), SEAL_OK);
    memset(x, 0, x_len);
    reversed(block, x, len);
}

static void sign_and_verify(const struct seal_key *key, const struct seal_cert *cert,
                            const struct seal_ds_params *params, unsigned max_bits)
{
    uint8_t x[512], z[512], signature[512];
    unsigned check = 99;
    size_t len = seal_key_bits(key) / 8;
    challenge_x(seal_key_bits(key), x, params->rsa_bits / 8);
    assert_int_equal(seal_ds_compute(params, max_bits, hmac_key, x, z, &check), SEAL_OK);
    assert_int_equal(check, 0);
    reversed(z, signature, len);
    assert_int_equal(seal_cert_verify_rsa_sha256(cert, challenge, sizeof challenge, signature, len), SEAL_OK);
    assert_int_equal(seal_cert_verify_rsa_sha256(cert, challenge, sizeof challenge - 1, signature, len),
                     SEAL_ERR_PROOF);
    signature[len / 2] ^= 1;
    assert_int_equal(seal_cert_verify_rsa_sha256(cert, challenge, sizeof challenge, signature, len),
                     SEAL_ERR_PROOF);
}

static void the_peripheral_signs_what_the_certificate_verifies(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->params.rsa_bits, 2048);
    assert_int_equal(f->params.c_len, 1200);
    sign_and_verify(f->key, f->cert, &f->params, 3072);
}

static void every_size_signs_on_both_peripherals(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        unsigned max_bits;
    } rows[] = {{"rsa:2048", 4096}, {"rsa:3072", 3072}, {"rsa:3072", 4096}, {"rsa:4096", 4096}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_key *key = NULL;
        struct seal_ds_params params;
        assert_int_equal(seal_key_generate(rows[i].type, &key, NULL), SEAL_OK);
        struct seal_cert *cert = certificate_of(key);
        assert_int_equal(seal_ds_encrypt(key, rows[i].max_bits, hmac_key, NULL, &params, NULL), SEAL_OK);
        sign_and_verify(key, cert, &params, rows[i].max_bits);
        X509_free(cert->x509);
        free(cert);
        seal_key_free(&key);
    }
}

static void the_key_size_need_not_be_known(void **state)
{
    struct fixture *f = *state;
    f->params.rsa_bits = 3072;
    sign_and_verify(f->key, f->cert, &f->params, 3072);
    f->params.rsa_bits = 1024;
    uint8_t x[384] = {0}, z[384];
    unsigned check;
    assert_int_equal(seal_ds_compute(&f->params, 3072, hmac_key, x, z, &check), SEAL_ERR_TOO_LONG);
}

static void another_hmac_key_gives_no_signature(void **state)
{
    struct fixture *f = *state;
    uint8_t other[32] = {0};
    uint8_t x[256], z[256], zero[256] = {0};
    unsigned check = 0;
    challenge_x(2048, x, sizeof x);
    memset(z, 0xAA, sizeof z);
    assert_int_equal(seal_ds_compute(&f->params, 3072, other, x, z, &check), SEAL_OK);
    assert_int_equal(check & 1, 1);
    assert_memory_equal(z, zero, sizeof z);
}

static void damage_is_seen_and_gives_no_signature(void **state)
{
    struct fixture *f = *state;
    uint8_t x[256], z[256], zero[256] = {0};
    challenge_x(2048, x, sizeof x);
    for (size_t at = 0; at < f->params.c_len; at += 61) {
        unsigned check = 0;
        f->params.c[at] ^= 0x10;
        assert_int_equal(seal_ds_compute(&f->params, 3072, hmac_key, x, z, &check), SEAL_OK);
        f->params.c[at] ^= 0x10;
        assert_int_equal(check & 1, 1);
        assert_memory_equal(z, zero, sizeof z);
    }
}

/* The digest does not cover the padding, and the peripheral gives a result all the same. */
static void wrong_padding_is_reported_apart(void **state)
{
    struct fixture *f = *state;
    uint8_t box[SEAL_DS_C_MAX], x[256], good[256], z[256];
    unsigned check = 0;
    challenge_x(2048, x, sizeof x);
    assert_int_equal(seal_ds_compute(&f->params, 3072, hmac_key, x, good, &check), SEAL_OK);
    size_t len = f->params.c_len;
    assert_int_equal(seal_ds_box_cipher(false, hmac_key, f->params.iv, f->params.c, box, len), SEAL_OK);
    box[len - 1] = 7;
    assert_int_equal(seal_ds_box_cipher(true, hmac_key, f->params.iv, box, f->params.c, len), SEAL_OK);
    assert_int_equal(seal_ds_compute(&f->params, 3072, hmac_key, x, z, &check), SEAL_OK);
    assert_int_equal(check, 2);
    assert_memory_equal(z, good, sizeof z);
}

static void sizes_that_cannot_be_are_refused(void **state)
{
    struct fixture *f = *state;
    uint8_t x[512] = {0}, z[512];
    unsigned check;
    assert_int_equal(seal_ds_compute(&f->params, 4096, hmac_key, x, z, &check), SEAL_ERR_USAGE);
    assert_int_equal(seal_ds_compute(&f->params, 2048, hmac_key, x, z, &check), SEAL_ERR_USAGE);
    struct seal_ds_params params;
    assert_int_equal(seal_ds_encrypt(f->key, 512, hmac_key, NULL, &params, NULL), SEAL_ERR_KEY);
}

static void keys_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct seal_key *key = NULL;
    struct seal_ds_params params;
    struct seal_cause cause;
    assert_int_equal(seal_key_generate("ec:p256", &key, NULL), SEAL_OK);
    assert_int_equal(seal_ds_encrypt(key, 3072, hmac_key, NULL, &params, &cause), SEAL_ERR_KEY);
    assert_non_null(strstr(cause.text, "EC P-256"));
    assert_string_not_equal(cause.hint, "");
    assert_int_equal(params.c_len, 0);
    seal_key_free(&key);
    assert_int_equal(seal_key_generate("rsa:4096", &key, NULL), SEAL_OK);
    assert_int_equal(seal_ds_encrypt(key, 3072, hmac_key, NULL, &params, &cause), SEAL_ERR_KEY);
    assert_non_null(strstr(cause.text, "RSA-4096"));
    seal_key_free(&key);
}

static void a_random_iv_is_used_once(void **state)
{
    struct fixture *f = *state;
    struct seal_ds_params again;
    assert_int_equal(seal_ds_encrypt(f->key, 3072, hmac_key, NULL, &again, NULL), SEAL_OK);
    assert_memory_not_equal(again.iv, f->params.iv, sizeof again.iv);
    assert_memory_not_equal(again.c, f->params.c, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_peripheral_signs_what_the_certificate_verifies, set_up,
                                        tear_down),
        cmocka_unit_test(every_size_signs_on_both_peripherals),
        cmocka_unit_test_setup_teardown(the_key_size_need_not_be_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_hmac_key_gives_no_signature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_is_seen_and_gives_no_signature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_padding_is_reported_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sizes_that_cannot_be_are_refused, set_up, tear_down),
        cmocka_unit_test(keys_that_do_not_fit_are_refused),
        cmocka_unit_test_setup_teardown(a_random_iv_is_used_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
