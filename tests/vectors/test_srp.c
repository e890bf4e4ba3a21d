/* Every case of tests/vectors/srp. */
#include "unit.h"
#include "vectors.h"

#include <espseal/hex.h>
#include <espseal/srp.h>

#include <openssl/bn.h>
#include <openssl/sha.h>
#include <string.h>

static size_t same, corrected, exchanged;

static const char *text(const seal_json *object, const char *key)
{
    const char *value = seal_json_text(seal_json_get(object, key));
    assert_non_null(value);
    return value;
}

/* What srp6a.py makes when the inner digest begins with a zero: g^SHA512(salt | digest without it). */
static void reference_way(const struct vector_case *c, const struct seal_buf *salt, uint8_t *verifier)
{
    uint8_t digest[64], joined[256];
    char login[256];
    size_t salt_len = seal_buf_len(salt);
    int len =
        snprintf(login, sizeof login, "%s:%s", text(c->inputs, "username"), text(c->inputs, "password"));
    SHA512((const uint8_t *)login, (size_t)len, digest);
    assert_int_equal(digest[0], 0);
    memcpy(joined, seal_buf_ptr(salt), salt_len);
    memcpy(joined + salt_len, digest + 1, sizeof digest - 1);
    SHA512(joined, salt_len + sizeof digest - 1, digest);
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *x = BN_bin2bn(digest, sizeof digest, NULL), *g = BN_new(), *n = BN_get_rfc3526_prime_3072(NULL);
    assert_int_equal(BN_set_word(g, 5) && BN_mod_exp(g, g, x, n, ctx), 1);
    assert_int_equal(BN_bn2binpad(g, verifier, SEAL_SRP_VERIFIER_MAX), SEAL_SRP_VERIFIER_MAX);
    BN_free(x);
    BN_free(g);
    BN_free(n);
    BN_CTX_free(ctx);
}

static void check_verifier(const struct vector_case *c)
{
    uint8_t verifier[SEAL_SRP_VERIFIER_MAX], other[SEAL_SRP_VERIFIER_MAX];
    size_t len = 0;
    struct seal_buf *salt = vector_member(c, c->expected, "salt");
    struct seal_buf *wanted = vector_member(c, c->expected, "verifier");
    assert_int_equal(seal_srp_verifier(text(c->inputs, "username"), text(c->inputs, "password"),
                                       seal_buf_ptr(salt), seal_buf_len(salt), verifier, &len),
                     SEAL_OK);
    if (strcmp(c->id, "inner_digest_leading_zero") == 0) {
        /* The device hashes all 64 bytes of the inner digest, the reference 63: ours is not the reference's,
         * and the reference's is what dropping the byte makes. */
        assert_int_not_equal(memcmp(verifier, seal_buf_ptr(wanted), len), 0);
        reference_way(c, salt, other);
        assert_memory_equal(other, seal_buf_ptr(wanted), seal_buf_len(wanted));
        corrected++;
    } else {
        assert_int_equal(len, seal_buf_len(wanted));
        assert_memory_equal(verifier, seal_buf_ptr(wanted), len);
        same++;
    }
    seal_buf_free(&salt);
    seal_buf_free(&wanted);
}

static BIGNUM *number(const seal_json *object, const char *key)
{
    BIGNUM *value = NULL;
    assert_true(BN_hex2bn(&value, text(object, key)) > 0);
    return value;
}

/* B = k * v + g^b mod N, with our verifier as v, is what the other side saw. */
static void check_exchange(const struct vector_case *c)
{
    uint8_t salt[64], verifier[SEAL_SRP_VERIFIER_MAX], pad[SEAL_SRP_VERIFIER_MAX * 2] = {0}, digest[64];
    size_t len = 0, salt_len = strlen(text(c->inputs, "salt_hex")) / 2;
    assert_int_equal(seal_hex_decode(text(c->inputs, "salt_hex"), salt, salt_len), SEAL_OK);
    assert_int_equal(seal_srp_verifier(text(c->inputs, "username"), text(c->inputs, "password"), salt,
                                       salt_len, verifier, &len),
                     SEAL_OK);
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = BN_get_rfc3526_prime_3072(NULL), *g = BN_new(), *v = BN_bin2bn(verifier, (int)len, NULL);
    BIGNUM *b = number(c->inputs, "server_secret_hex"), *seen = number(c->expected, "B_hex");
    assert_int_equal(BN_bn2binpad(n, pad, SEAL_SRP_VERIFIER_MAX), SEAL_SRP_VERIFIER_MAX);
    pad[sizeof pad - 1] = 5;
    SHA512(pad, sizeof pad, digest);
    BIGNUM *k = BN_bin2bn(digest, sizeof digest, NULL), *seen_k = number(c->expected, "k_hex");
    assert_int_equal(BN_cmp(k, seen_k), 0);
    assert_int_equal(BN_set_word(g, 5) && BN_mod_exp(g, g, b, n, ctx) && BN_mod_mul(k, k, v, n, ctx) &&
                         BN_mod_add(g, g, k, n, ctx),
                     1);
    assert_int_equal(BN_cmp(g, seen), 0);
    exchanged++;
    BN_free(n);
    BN_free(g);
    BN_free(v);
    BN_free(b);
    BN_free(seen);
    BN_free(k);
    BN_free(seen_k);
    BN_CTX_free(ctx);
}

static void check(const struct vector_case *c)
{
    if (strcmp(c->id, "handshake") == 0) {
        check_exchange(c);
    } else {
        check_verifier(c);
    }
}

static void test_every_case(void **state)
{
    (void)state;
    assert_int_equal(vector_each("srp", check), 14);
    assert_int_equal(same, 12);
    assert_int_equal(corrected, 1);
    assert_int_equal(exchanged, 1);
}

static void test_a_salt_never_begins_with_zero(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        uint8_t salt[2] = {0};
        assert_int_equal(seal_srp_salt(salt, sizeof salt), SEAL_OK);
        assert_int_not_equal(salt[0], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_case),
                                       cmocka_unit_test(test_a_salt_never_begins_with_zero)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
