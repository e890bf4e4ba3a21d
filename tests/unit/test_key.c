#include "unit.h"

#include "crypto/crypto.h"

#include <espseal/digest.h>
#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TLV TESTS_DIR "/vectors/tlv/"

static struct seal_key *make(const char *type)
{
    struct seal_key *key = NULL;
    assert_int_equal(seal_key_generate(type, &key, NULL), SEAL_OK);
    return key;
}

static struct seal_buf *load(const char *path)
{
    struct seal_buf *buf = NULL;
    assert_int_equal(seal_file_read(path, 65536, 0, &buf, NULL), SEAL_OK);
    return buf;
}

static int answer(void *ctx, const char *what, char *passphrase, size_t size)
{
    assert_non_null(what);
    (void)snprintf(passphrase, size, "%s", (const char *)ctx);
    return SEAL_OK;
}

static int read_text(const void *data, size_t len, const char *password, struct seal_key **key,
                     struct seal_cause *cause)
{
    char copy[64];
    (void)snprintf(copy, sizeof copy, "%s", password ? password : "");
    struct seal_passphrase passphrase = {answer, copy};
    return seal_key_read(data, len, "key.pem", password ? &passphrase : NULL, key, cause);
}

/* Reads buf and expects the same key. */
static void expect_same(const struct seal_buf *buf, const char *password, const struct seal_key *key,
                        bool der)
{
    struct seal_key *again = NULL;
    struct seal_cause cause = {0};
    uint8_t a[32], b[32];
    if (read_text(seal_buf_ptr(buf), seal_buf_len(buf), password, &again, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    assert_int_equal(seal_key_fingerprint(key, a), SEAL_OK);
    assert_int_equal(seal_key_fingerprint(again, b), SEAL_OK);
    assert_memory_equal(a, b, 32);
    assert_int_equal(seal_key_was_der(again), der);
    assert_string_equal(seal_key_describe(again), seal_key_describe(key));
    seal_key_free(&again);
    assert_null(again);
}

static void every_type_is_made_as_named(void **state)
{
    (void)state;
    static const struct {
        const char *type, *text;
        enum seal_key_kind kind;
        unsigned bits;
    } rows[] = {
        {"rsa:2048", "RSA-2048", SEAL_KEY_RSA, 2048}, {"rsa:3072", "RSA-3072", SEAL_KEY_RSA, 3072},
        {"rsa:4096", "RSA-4096", SEAL_KEY_RSA, 4096}, {"ec:p256", "EC P-256", SEAL_KEY_EC, 256},
        {"ec:p384", "EC P-384", SEAL_KEY_EC, 384},    {"ec:p192", "EC P-192", SEAL_KEY_EC, 192},
    };
    size_t count = 0;
    while (seal_key_types[count]) {
        struct seal_key *key = make(seal_key_types[count]);
        assert_string_equal(rows[count].type, seal_key_types[count]);
        assert_string_equal(rows[count].text, seal_key_describe(key));
        assert_int_equal(rows[count].kind, seal_key_kind(key));
        assert_int_equal(rows[count].bits, seal_key_bits(key));
        assert_false(seal_key_was_der(key));
        seal_key_free(&key);
        count++;
    }
    assert_int_equal(count, sizeof rows / sizeof rows[0]);
}

static void an_unknown_type_is_told_the_known_ones(void **state)
{
    (void)state;
    struct seal_key *key = NULL;
    struct seal_cause cause;
    assert_int_equal(seal_key_generate("rsa:1024", &key, &cause), SEAL_ERR_USAGE);
    assert_null(key);
    for (size_t i = 0; seal_key_types[i]; i++) {
        assert_non_null(strstr(cause.hint, seal_key_types[i]));
    }
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const char *const first_lines[][3] = {
        {"rsa:2048", "-----BEGIN PRIVATE KEY-----\n", "-----BEGIN RSA PRIVATE KEY-----\n"},
        {"ec:p384", "-----BEGIN PRIVATE KEY-----\n", "-----BEGIN EC PRIVATE KEY-----\n"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct seal_key *key = make(first_lines[i][0]);
        for (int form = 0; form < 3; form++) {
            struct seal_buf *buf = seal_buf_new_secret();
            int err = form == 0 ? seal_key_write_pkcs8(key, NULL, buf, NULL)
                                : seal_key_write_traditional(key, form == 2, buf, NULL);
            assert_int_equal(err, SEAL_OK);
            if (form < 2) {
                const char *line = first_lines[i][1 + form];
                assert_memory_equal(seal_buf_ptr(buf), line, strlen(line));
                assert_null(memchr(seal_buf_ptr(buf), '\r', seal_buf_len(buf)));
            }
            expect_same(buf, NULL, key, form == 2);
            seal_buf_free(&buf);
        }
        seal_key_free(&key);
    }
}

static void an_encrypted_key_opens_with_its_passphrase_alone(void **state)
{
    (void)state;
    struct seal_key *key = make("ec:p256");
    struct seal_key *again = NULL;
    struct seal_buf *buf = seal_buf_new_secret();
    struct seal_cause cause;
    bool found = true;
    assert_int_equal(seal_key_write_pkcs8(key, "correct horse", buf, NULL), SEAL_OK);
    expect_same(buf, "correct horse", key, false);
    assert_int_equal(seal_key_occurs_in(key, seal_buf_ptr(buf), seal_buf_len(buf), &found), SEAL_OK);
    assert_false(found);
    assert_int_equal(read_text(seal_buf_ptr(buf), seal_buf_len(buf), "battery", &again, &cause),
                     SEAL_ERR_PASSPHRASE);
    assert_null(again);
    assert_null(strstr(cause.text, "battery"));
    assert_int_equal(read_text(seal_buf_ptr(buf), seal_buf_len(buf), NULL, &again, &cause),
                     SEAL_ERR_PASSPHRASE);
    assert_non_null(strstr(cause.hint, "--passphrase-file"));
    seal_buf_free(&buf);
    seal_key_free(&key);
}

/* A PEM file with the text, the marks and the line ends that mail and editors put there. */
static void text_around_a_key_is_skipped(void **state)
{
    (void)state;
    struct seal_key *key = make("ec:p256");
    struct seal_buf *pem = seal_buf_new_secret();
    struct seal_buf *messy = seal_buf_new_secret();
    assert_int_equal(seal_key_write_pkcs8(key, NULL, pem, NULL), SEAL_OK);
    static const char before[] = "\xEF\xBB\xBF"
                                 "Bag Attributes\r\n  friendlyName: x\r\n"
                                 "-----BEGIN EC PARAMETERS-----\r\nBggqhkjOPQMBBw==\r\n"
                                 "-----END EC PARAMETERS-----\r\n";
    assert_int_equal(seal_buf_put(messy, before, sizeof before - 1), SEAL_OK);
    for (size_t i = 0; i < seal_buf_len(pem); i++) {
        uint8_t c = seal_buf_ptr(pem)[i];
        if (c == '\n') {
            assert_int_equal(seal_buf_put_u8(messy, '\r'), SEAL_OK);
        }
        assert_int_equal(seal_buf_put_u8(messy, c), SEAL_OK);
    }
    assert_int_equal(seal_buf_put(messy, "and text\r\n", 10), SEAL_OK);
    expect_same(messy, NULL, key, false);
    seal_buf_free(&messy);
    seal_buf_free(&pem);
    seal_key_free(&key);
}

static void the_traditional_form_is_that_of_the_reference(void **state)
{
    (void)state;
    static const struct {
        const char *folder, *file;
    } rows[] = {{"plain_rsa_pkcs8_pem", "key.pem"}, {"plain_ec_pkcs8_pem", "key.pem"},
                {"plain_ec_sec1_pem", "key.pem"},   {"der_rsa_pkcs8", "key.der"},
                {"der_ec_pkcs8", "key.der"},        {"der_rsa_pkcs1", "key.der"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, TLV "%s/%s", rows[i].folder, rows[i].file);
        struct seal_buf *file = load(path);
        (void)snprintf(path, sizeof path, TLV "%s/esp_secure_cert.bin", rows[i].folder);
        struct seal_buf *partition = load(path);
        struct seal_buf *written = seal_buf_new_secret();
        struct seal_key *key = NULL;
        assert_int_equal(read_text(seal_buf_ptr(file), seal_buf_len(file), NULL, &key, NULL), SEAL_OK);
        assert_int_equal(seal_key_write_traditional(key, seal_key_was_der(key), written, NULL), SEAL_OK);
        if (!memmem(seal_buf_ptr(partition), seal_buf_len(partition), seal_buf_ptr(written),
                    seal_buf_len(written))) {
            fail_msg("%s: the partition of the reference holds the key in another form", rows[i].folder);
        }
        seal_key_free(&key);
        seal_buf_free(&written);
        seal_buf_free(&partition);
        seal_buf_free(&file);
    }
}

static void curves_that_are_not_made_are_read(void **state)
{
    (void)state;
    struct seal_buf *file = load(TLV "ecdsa_esp32c61_p192/key.pem");
    struct seal_key *key = NULL;
    assert_int_equal(read_text(seal_buf_ptr(file), seal_buf_len(file), NULL, &key, NULL), SEAL_OK);
    assert_string_equal(seal_key_describe(key), "EC P-192");
    assert_int_equal(seal_key_bits(key), 192);
    seal_key_free(&key);
    seal_buf_free(&file);
}

/* As many bits as P-256, and of no use to a peripheral. */
static void curves_of_the_same_size_are_told_apart(void **state)
{
    (void)state;
    static const char text[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIGIAgEAMBQGByqGSM49AgEGCSskAwMCCAEBBwRtMGsCAQEEIFGV/RoXohfNo/mj\n"
                               "OrJBw2N1+h5N94mMtALYIOdi6PQfoUQDQgAEkGThK6AEyCRnuuhvYQQ57y4DH9pl\n"
                               "HzlTAueb7h4XFPwM8osy74ATCEbYhaUtGqIpdL/Rsk2ZCeFiSWsGWI6Ucg==\n"
                               "-----END PRIVATE KEY-----\n";
    uint8_t scalar[48];
    size_t len = 0;
    struct seal_cause cause = {0};
    struct seal_key *key = NULL;
    assert_int_equal(read_text(text, strlen(text), NULL, &key, NULL), SEAL_OK);
    assert_int_equal(seal_key_bits(key), 256);
    assert_int_equal(seal_key_nist_bits(key), 0);
    assert_int_equal(seal_key_ec_scalar(key, scalar, &len, &cause), SEAL_ERR_KEY);
    assert_non_null(strstr(cause.text, "brainpoolP256r1"));
    seal_key_free(&key);
}

static void a_scalar_becomes_its_key_again(void **state)
{
    static const char *const curves[] = {"ec:p192", "ec:p256", "ec:p384"};
    static const uint8_t zero[32], ones[32] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    (void)state;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        struct seal_key *key = make(curves[i]), *again = NULL;
        uint8_t scalar[48], first[32], second[32];
        size_t len = 0;
        assert_int_equal(seal_key_ec_scalar(key, scalar, &len, NULL), SEAL_OK);
        assert_int_equal(seal_key_of_ec_scalar(scalar, len, &again, NULL), SEAL_OK);
        assert_string_equal(seal_key_describe(again), seal_key_describe(key));
        assert_int_equal(seal_key_fingerprint(key, first), SEAL_OK);
        assert_int_equal(seal_key_fingerprint(again, second), SEAL_OK);
        assert_memory_equal(first, second, sizeof first);
        seal_key_free(&again);
        seal_key_free(&key);
    }
    struct seal_key *none = NULL;
    struct seal_cause cause = {0};
    assert_int_equal(seal_key_of_ec_scalar(zero, 32, &none, &cause), SEAL_ERR_KEY);
    assert_int_equal(seal_key_of_ec_scalar(ones, 32, &none, &cause), SEAL_ERR_KEY); /* beyond the order */
    assert_null(none);
    assert_non_null(strstr(cause.text, "P-256"));
}

static void other_things_are_called_by_their_name(void **state)
{
    (void)state;
    static const struct {
        const char *path, *says;
    } rows[] = {
        {TLV "plain_rsa_pem/dev.pem", "key.pem is a certificate, not a private key"},
        {TLV "der_rsa_pkcs1/dev.der", "key.pem is a certificate, not a private key"},
        {TLV "plain_rsa_pem/case.json", "key.pem does not hold a private key"},
        {TLV "plain_rsa_pem/esp_secure_cert.bin", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seal_buf *file = load(rows[i].path);
        struct seal_key *key = NULL;
        struct seal_cause cause = {0};
        int err = read_text(seal_buf_ptr(file), seal_buf_len(file), NULL, &key, &cause);
        if (rows[i].says) {
            assert_int_equal(err, SEAL_ERR_FORMAT);
            assert_string_equal(cause.text, rows[i].says);
        }
        seal_key_free(&key);
        seal_buf_free(&file);
    }
    struct seal_key *key = make("ec:p256");
    struct seal_buf *csr = seal_buf_new();
    const struct seal_subject subject = {.name = "/CN=x"};
    struct seal_cause cause = {0};
    assert_int_equal(seal_csr_new(key, &subject, csr, NULL), SEAL_OK);
    seal_key_free(&key);
    assert_int_equal(read_text(seal_buf_ptr(csr), seal_buf_len(csr), NULL, &key, &cause), SEAL_ERR_FORMAT);
    assert_string_equal(cause.text, "key.pem is a certificate request, not a private key");
    seal_buf_free(&csr);
}

/* Nothing of a key that was cut or altered is taken, and nothing of it stands in the message. */
static void a_key_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct seal_key *key = make("ec:p256");
    for (int der = 0; der < 2; der++) {
        struct seal_buf *buf = seal_buf_new_secret();
        assert_int_equal(seal_key_write_traditional(key, der, buf, NULL), SEAL_OK);
        size_t whole = der ? seal_buf_len(buf) : seal_buf_len(buf) - 1; /* the last line end may be missing */
        for (size_t len = 0; len < whole; len++) {
            struct seal_key *again = NULL;
            struct seal_cause cause = {0};
            assert_int_equal(read_text(seal_buf_ptr(buf), len, NULL, &again, &cause), SEAL_ERR_FORMAT);
            assert_null(again);
            assert_string_not_equal(cause.text, "");
        }
        seal_buf_free(&buf);
    }
    seal_key_free(&key);
}

static void bytes_behind_a_der_key_are_refused(void **state)
{
    (void)state;
    struct seal_key *key = make("ec:p256");
    struct seal_key *again = NULL;
    struct seal_buf *buf = seal_buf_new_secret();
    assert_int_equal(seal_key_write_traditional(key, true, buf, NULL), SEAL_OK);
    assert_int_equal(seal_buf_put_u8(buf, 0), SEAL_OK);
    assert_int_equal(read_text(seal_buf_ptr(buf), seal_buf_len(buf), NULL, &again, NULL), SEAL_ERR_FORMAT);
    seal_buf_free(&buf);
    seal_key_free(&key);
}

/* Flips a bit of d: such a key signs in OpenSSL, through the primes, but not in the chip. */
static void parts_that_do_not_belong_together_are_refused(void **state)
{
    (void)state;
    struct seal_key *key = make("rsa:2048");
    struct seal_key *again = NULL;
    struct seal_cause cause = {0};
    struct seal_buf *buf = seal_buf_new_secret();
    uint8_t n[256], d[256], big_endian[256];
    assert_int_equal(seal_key_write_traditional(key, true, buf, NULL), SEAL_OK);
    assert_int_equal(seal_key_rsa_numbers(key, n, d, sizeof d, NULL), SEAL_OK);
    for (size_t i = 0; i < sizeof d; i++) {
        big_endian[i] = d[sizeof d - 1 - i];
    }
    uint8_t *place = memmem(seal_buf_mutable(buf), seal_buf_len(buf), big_endian + 8, sizeof d - 8);
    assert_non_null(place);
    place[100] ^= 4;
    assert_int_equal(read_text(seal_buf_ptr(buf), seal_buf_len(buf), NULL, &again, &cause), SEAL_ERR_KEY);
    assert_null(again);
    seal_buf_free(&buf);
    seal_key_free(&key);
}

static void other_algorithms_are_refused(void **state)
{
    (void)state;
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    struct seal_key *key = NULL;
    struct seal_cause cause = {0};
    assert_int_equal(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &bytes);
    assert_int_equal(read_text(bytes, (size_t)len, NULL, &key, &cause), SEAL_ERR_KEY);
    assert_non_null(strstr(cause.text, "ED25519"));
    BIO_free(bio);
    EVP_PKEY_free(pkey);
}

static bool occurs(const struct seal_key *key, const struct seal_buf *buf)
{
    bool found = false;
    assert_int_equal(seal_key_occurs_in(key, seal_buf_ptr(buf), seal_buf_len(buf), &found), SEAL_OK);
    return found;
}

static void a_key_is_found_in_every_form(void **state)
{
    (void)state;
    static const char *const kinds[] = {"rsa:2048", "ec:p256", "ec:p384"};
    for (size_t i = 0; i < 3; i++) {
        struct seal_key *key = make(kinds[i]);
        struct seal_key *other = make(kinds[i]);
        for (int form = 0; form < 9; form++) {
            struct seal_buf *buf = seal_buf_new_secret();
            assert_int_equal(seal_buf_put_fill(buf, 0xFF, (size_t)form), SEAL_OK);
            int err = form % 3 == 0 ? seal_key_write_pkcs8(key, NULL, buf, NULL)
                                    : seal_key_write_traditional(key, form % 3 == 1, buf, NULL);
            assert_int_equal(err, SEAL_OK);
            assert_int_equal(seal_buf_put_fill(buf, 0, 7), SEAL_OK);
            assert_true(occurs(key, buf));
            assert_false(occurs(other, buf));
            seal_buf_free(&buf);
        }
        seal_key_free(&other);
        seal_key_free(&key);
    }
}

/* PEM text as it stands in a C string, in JSON and in a CSV: other line breaks, escaped ones, none. */
static void a_key_is_found_however_its_text_is_broken(void **state)
{
    (void)state;
    static const char *const breaks[] = {"", "\r\n", "\\n", "\\n\"\n    \"", "\\r\\n", "\t"};
    struct seal_key *key = make("rsa:2048");
    struct seal_buf *pem = seal_buf_new_secret();
    assert_int_equal(seal_key_write_pkcs8(key, NULL, pem, NULL), SEAL_OK);
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        struct seal_buf *buf = seal_buf_new_secret();
        for (size_t at = 0; at < seal_buf_len(pem); at++) {
            uint8_t c = seal_buf_ptr(pem)[at];
            int err = c == '\n' ? seal_buf_put(buf, breaks[i], strlen(breaks[i])) : seal_buf_put_u8(buf, c);
            assert_int_equal(err, SEAL_OK);
        }
        assert_true(occurs(key, buf));
        seal_buf_free(&buf);
    }
    seal_buf_free(&pem);
    seal_key_free(&key);
}

static void a_key_is_found_as_the_numbers_of_a_peripheral(void **state)
{
    (void)state;
    struct seal_key *key = make("rsa:2048");
    struct seal_buf *buf = seal_buf_new_secret();
    uint8_t n[512], d[512];
    assert_int_equal(seal_key_rsa_numbers(key, n, d, sizeof d, NULL), SEAL_OK);
    assert_int_equal(seal_buf_put(buf, n, sizeof n), SEAL_OK);
    assert_false(occurs(key, buf));
    assert_int_equal(seal_buf_put(buf, d, sizeof d), SEAL_OK);
    assert_true(occurs(key, buf));
    seal_buf_free(&buf);
    seal_key_free(&key);
}

static void rsa_numbers_have_bounds(void **state)
{
    (void)state;
    struct seal_key *rsa = make("rsa:2048");
    struct seal_key *ec = make("ec:p256");
    uint8_t n[256], d[256];
    assert_int_equal(seal_key_rsa_numbers(rsa, n, d, 255, NULL), SEAL_ERR_KEY);
    assert_int_equal(seal_key_rsa_numbers(ec, n, d, 256, NULL), SEAL_ERR_KEY);
    assert_int_equal(seal_key_rsa_numbers(rsa, n, d, 256, NULL), SEAL_OK);
    assert_int_equal(n[0] & 1, 1);
    assert_int_equal(n[255] >> 7, 1);
    seal_key_free(&ec);
    seal_key_free(&rsa);
}

static void digests_are_the_published_ones(void **state)
{
    (void)state;
    uint8_t out[32];
    char hex[65];
    assert_int_equal(seal_sha256("abc", 3, out), SEAL_OK); /* FIPS 180-4 example */
    seal_hex_encode(out, 32, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(seal_md5("abc", 3, out), SEAL_OK); /* RFC 1321 A.5 */
    seal_hex_encode(out, 16, hex);
    assert_string_equal(hex, "900150983cd24fb0d6963f7d28e17f72");
    assert_int_equal(seal_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out), SEAL_OK);
    seal_hex_encode(out, 32, hex); /* RFC 4231 4.3 */
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_made_as_named),
        cmocka_unit_test(an_unknown_type_is_told_the_known_ones),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(an_encrypted_key_opens_with_its_passphrase_alone),
        cmocka_unit_test(text_around_a_key_is_skipped),
        cmocka_unit_test(the_traditional_form_is_that_of_the_reference),
        cmocka_unit_test(curves_that_are_not_made_are_read),
        cmocka_unit_test(curves_of_the_same_size_are_told_apart),
        cmocka_unit_test(a_scalar_becomes_its_key_again),
        cmocka_unit_test(other_things_are_called_by_their_name),
        cmocka_unit_test(a_key_cut_anywhere_is_refused),
        cmocka_unit_test(bytes_behind_a_der_key_are_refused),
        cmocka_unit_test(parts_that_do_not_belong_together_are_refused),
        cmocka_unit_test(other_algorithms_are_refused),
        cmocka_unit_test(a_key_is_found_in_every_form),
        cmocka_unit_test(a_key_is_found_however_its_text_is_broken),
        cmocka_unit_test(a_key_is_found_as_the_numbers_of_a_peripheral),
        cmocka_unit_test(rsa_numbers_have_bounds),
        cmocka_unit_test(digests_are_the_published_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
