#include "unit.h"

#include "crypto/crypto.h"

#include <espseal/file.h>
#include <espseal/secret.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TLV TESTS_DIR "/vectors/tlv/"

struct fixture {
    struct seal_key *ca_key, *key;
    struct seal_cert *ca, *cert;
    struct seal_buf *csr;
};

static const char *const san[] = {"DNS:device.example.com", "URI:urn:dev:1", "IP:10.1.2.3", "email:a@b.c",
                                  NULL};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const struct seal_subject subject = {.name = "/CN=device-1/O=Example", .san = san};
    f->csr = seal_buf_new();
    assert_int_equal(seal_key_generate("ec:p384", &f->ca_key, NULL), SEAL_OK);
    assert_int_equal(seal_key_generate("rsa:2048", &f->key, NULL), SEAL_OK);
    assert_int_equal(seal_ca_new(f->ca_key, "/CN=Example CA", 100, &f->ca, NULL), SEAL_OK);
    assert_int_equal(seal_csr_new(f->key, &subject, f->csr, NULL), SEAL_OK);
    assert_int_equal(seal_cert_issue(seal_buf_ptr(f->csr), seal_buf_len(f->csr), "device.csr", f->ca,
                                     f->ca_key, NULL, 30, &f->cert, NULL),
                     SEAL_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    seal_buf_free(&f->csr);
    seal_cert_free(&f->cert);
    seal_cert_free(&f->ca);
    seal_key_free(&f->key);
    seal_key_free(&f->ca_key);
    free(f);
    return 0;
}

static struct seal_buf *load(const char *path)
{
    struct seal_buf *buf = NULL;
    assert_int_equal(seal_file_read(path, 65536, 0, &buf, NULL), SEAL_OK);
    return buf;
}

static struct seal_cert *load_cert(const char *path)
{
    struct seal_buf *buf = load(path);
    struct seal_cert *cert = NULL;
    assert_int_equal(seal_cert_read(seal_buf_ptr(buf), seal_buf_len(buf), path, &cert, NULL), SEAL_OK);
    seal_buf_free(&buf);
    return cert;
}

static void a_device_certificate_tells_what_was_asked(void **state)
{
    struct fixture *f = *state;
    struct seal_cert_info info, ca;
    uint8_t fingerprint[32];
    assert_int_equal(seal_cert_info(f->cert, &info), SEAL_OK);
    assert_int_equal(seal_cert_info(f->ca, &ca), SEAL_OK);
    assert_string_equal(info.subject, "O=Example,CN=device-1");
    assert_string_equal(info.issuer, "CN=Example CA");
    assert_string_equal(ca.subject, ca.issuer);
    assert_string_equal(info.key, "RSA-2048");
    assert_string_equal(ca.key, "EC P-384");
    assert_false(info.is_ca);
    assert_true(ca.is_ca);
    assert_int_equal(info.not_after_unix - info.not_before_unix, 30 * 86400);
    assert_int_equal(ca.not_after_unix - ca.not_before_unix, 100 * 86400);
    assert_int_equal(strlen(info.not_before), 20);
    assert_int_equal(seal_cert_validity(f->cert), SEAL_CERT_VALID);
    assert_int_equal(seal_key_fingerprint(f->key, fingerprint), SEAL_OK);
    assert_memory_equal(fingerprint, info.key_sha256, 32);
    assert_true(seal_cert_has_subject(f->cert, "/CN=device-1/O=Example"));
    assert_false(seal_cert_has_subject(f->cert, "/CN=device-1"));
}

static void serial_numbers_are_random_and_positive(void **state)
{
    struct fixture *f = *state;
    char seen[20][48];
    size_t longest = 0;
    for (size_t i = 0; i < 20; i++) {
        struct seal_cert *cert = NULL;
        struct seal_cert_info info;
        assert_int_equal(seal_ca_new(f->ca_key, "/CN=x", 1, &cert, NULL), SEAL_OK);
        assert_int_equal(seal_cert_info(cert, &info), SEAL_OK);
        assert_true(info.serial[0] != '-');
        assert_true(ASN1_INTEGER_get(X509_get0_serialNumber(cert->x509)) == -1); /* more than a long */
        memcpy(seen[i], info.serial, sizeof seen[i]);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(seen[i], seen[j]);
        }
        longest = strlen(info.serial) > longest ? strlen(info.serial) : longest;
        seal_cert_free(&cert);
    }
    assert_int_equal(longest, 32);
}

static bool is_critical(const X509 *x509, int nid)
{
    int at = X509_get_ext_by_NID(x509, nid, -1);
    assert_true(at >= 0);
    return X509_EXTENSION_get_critical(X509_get_ext(x509, at));
}

static void extensions_are_those_of_a_tls_client(void **state)
{
    struct fixture *f = *state;
    X509 *x509 = f->cert->x509;
    assert_int_equal(X509_get_version(x509), X509_VERSION_3);
    assert_int_equal(X509_get_key_usage(x509), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_extended_key_usage(x509), XKU_SSL_CLIENT);
    assert_int_equal(X509_check_ca(x509), 0);
    assert_true(is_critical(x509, NID_basic_constraints));
    assert_true(is_critical(x509, NID_key_usage));
    assert_false(is_critical(x509, NID_subject_alt_name));
    assert_int_equal(
        ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(x509), X509_get0_subject_key_id(f->ca->x509)), 0);
    assert_non_null(X509_get0_subject_key_id(x509));
    assert_int_equal(X509_check_host(x509, "device.example.com", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(x509, "10.1.2.3", 0), 1);
    assert_int_equal(X509_check_email(x509, "a@b.c", 0, 0), 1);
    X509 *ca = f->ca->x509;
    assert_int_equal(X509_get_key_usage(ca), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_true(is_critical(ca, NID_basic_constraints));
    assert_int_equal(X509_get_signature_nid(ca), NID_ecdsa_with_SHA384);
}

static void openssl_trusts_the_chain(void **state)
{
    struct fixture *f = *state;
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_add_cert(store, f->ca->x509), 1);
    assert_int_equal(X509_STORE_set_flags(store, X509_V_FLAG_X509_STRICT), 1);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, f->cert->x509, NULL), 1);
    assert_int_equal(X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT), 1);
    assert_int_equal(X509_verify_cert(ctx), 1);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
}

static void a_certificate_belongs_to_one_key(void **state)
{
    struct fixture *f = *state;
    struct seal_cause cause = {0};
    assert_int_equal(seal_cert_matches_key(f->cert, f->key, NULL), SEAL_OK);
    assert_int_equal(seal_cert_matches_key(f->ca, f->ca_key, NULL), SEAL_OK);
    assert_int_equal(seal_cert_matches_key(f->cert, f->ca_key, &cause), SEAL_ERR_MISMATCH);
    assert_non_null(strstr(cause.text, "RSA-2048"));
    assert_non_null(strstr(cause.text, "EC P-384"));
    assert_string_not_equal(cause.hint, "");
}

static void a_certificate_was_signed_by_one_ca(void **state)
{
    struct fixture *f = *state;
    struct seal_cause cause = {0};
    struct seal_key *key = NULL;
    struct seal_cert *same_name = NULL, *other_name = NULL;
    assert_int_equal(seal_key_generate("ec:p256", &key, NULL), SEAL_OK);
    assert_int_equal(seal_ca_new(key, "/CN=Example CA", 100, &same_name, NULL), SEAL_OK);
    assert_int_equal(seal_ca_new(f->ca_key, "/CN=Other CA", 100, &other_name, NULL), SEAL_OK);
    assert_int_equal(seal_cert_signed_by(f->cert, f->ca, NULL), SEAL_OK);
    assert_int_equal(seal_cert_signed_by(f->ca, f->ca, NULL), SEAL_OK);
    assert_int_equal(seal_cert_signed_by(f->cert, same_name, &cause), SEAL_ERR_MISMATCH);
    assert_non_null(strstr(cause.text, "not signed with the key"));
    assert_int_equal(seal_cert_signed_by(f->cert, other_name, &cause), SEAL_ERR_MISMATCH);
    assert_non_null(strstr(cause.text, "Other CA"));
    assert_int_equal(seal_cert_signed_by(f->ca, f->cert, NULL), SEAL_ERR_MISMATCH);
    seal_cert_free(&other_name);
    seal_cert_free(&same_name);
    seal_key_free(&key);
}

static int issue(const struct fixture *f, const struct seal_cert *ca, const struct seal_key *ca_key,
                 unsigned days, struct seal_cause *cause)
{
    struct seal_cert *cert = NULL;
    int err = seal_cert_issue(seal_buf_ptr(f->csr), seal_buf_len(f->csr), "device.csr", ca, ca_key, NULL,
                              days, &cert, cause);
    assert_int_equal(cert != NULL, err == SEAL_OK);
    seal_cert_free(&cert);
    return err;
}

static void only_a_valid_ca_with_its_key_signs(void **state)
{
    struct fixture *f = *state;
    struct seal_cause cause = {0};
    assert_int_equal(issue(f, f->ca, f->key, 30, &cause), SEAL_ERR_MISMATCH);
    assert_int_equal(issue(f, f->cert, f->key, 30, &cause), SEAL_ERR_MISMATCH);
    assert_non_null(strstr(cause.text, "not that of a CA"));
    time_t now = time(NULL);
    X509_time_adj_ex(X509_getm_notBefore(f->ca->x509), -10, 0, &now);
    X509_time_adj_ex(X509_getm_notAfter(f->ca->x509), -1, 0, &now);
    assert_int_equal(seal_cert_validity(f->ca), SEAL_CERT_EXPIRED);
    assert_int_equal(issue(f, f->ca, f->ca_key, 30, &cause), SEAL_ERR_MISMATCH);
    assert_non_null(strstr(cause.text, "expired on"));
    X509_time_adj_ex(X509_getm_notBefore(f->ca->x509), 1, 0, &now);
    X509_time_adj_ex(X509_getm_notAfter(f->ca->x509), 10, 0, &now);
    assert_int_equal(seal_cert_validity(f->ca), SEAL_CERT_NOT_YET);
    assert_int_equal(issue(f, f->ca, f->ca_key, 30, &cause), SEAL_ERR_MISMATCH);
    assert_non_null(strstr(cause.text, "not valid before"));
}

static void days_have_bounds(void **state)
{
    struct fixture *f = *state;
    static const unsigned wrong[] = {0, 36501, 4294967295u};
    for (size_t i = 0; i < 3; i++) {
        struct seal_cert *cert = NULL;
        assert_int_equal(issue(f, f->ca, f->ca_key, wrong[i], NULL), SEAL_ERR_USAGE);
        assert_int_equal(seal_ca_new(f->ca_key, "/CN=x", wrong[i], &cert, NULL), SEAL_ERR_USAGE);
        assert_null(cert);
    }
    struct seal_cert *cert = NULL;
    struct seal_cert_info info;
    assert_int_equal(seal_ca_new(f->ca_key, "/CN=x", 36500, &cert, NULL), SEAL_OK);
    assert_int_equal(seal_cert_info(cert, &info), SEAL_OK);
    assert_int_equal(info.not_after_unix - info.not_before_unix, (int64_t)36500 * 86400);
    seal_cert_free(&cert);
}

static int issue_bytes(const struct fixture *f, const void *data, size_t len, struct seal_cause *cause)
{
    struct seal_cert *cert = NULL;
    int err = seal_cert_issue(data, len, "device.csr", f->ca, f->ca_key, NULL, 30, &cert, cause);
    seal_cert_free(&cert);
    return err;
}

static void an_altered_request_is_refused(void **state)
{
    struct fixture *f = *state;
    struct seal_cause cause = {0};
    uint8_t *der = NULL;
    char *text = NULL;
    uint8_t *bytes = NULL;
    long len = 0;
    BIO *bio = BIO_new_mem_buf(seal_buf_ptr(f->csr), (int)seal_buf_len(f->csr));
    assert_int_equal(PEM_read_bio(bio, &text, (char **)&der, &bytes, &len), 1);
    assert_int_equal(issue_bytes(f, bytes, (size_t)len, NULL), SEAL_OK);
    uint8_t *name = memmem(bytes, (size_t)len, "device-1", 8);
    assert_non_null(name);
    name[7] = '2';
    assert_int_equal(issue_bytes(f, bytes, (size_t)len, &cause), SEAL_ERR_MISMATCH);
    assert_non_null(strstr(cause.text, "device.csr"));
    name[7] = '1';
    for (size_t cut = 0; cut < (size_t)len; cut++) {
        assert_int_equal(issue_bytes(f, bytes, cut, NULL), SEAL_ERR_FORMAT);
    }
    OPENSSL_free(bytes);
    OPENSSL_free(der);
    OPENSSL_free(text);
    BIO_free(bio);
}

static void other_things_are_no_request(void **state)
{
    struct fixture *f = *state;
    struct seal_cause cause = {0};
    struct seal_buf *buf = seal_buf_new_secret();
    assert_int_equal(seal_cert_write(f->cert, false, buf, NULL), SEAL_OK);
    assert_int_equal(issue_bytes(f, seal_buf_ptr(buf), seal_buf_len(buf), &cause), SEAL_ERR_FORMAT);
    assert_string_equal(cause.text, "device.csr is a certificate, not a certificate request");
    seal_buf_truncate(buf, 0);
    assert_int_equal(seal_key_write_pkcs8(f->key, NULL, buf, NULL), SEAL_OK);
    assert_int_equal(issue_bytes(f, seal_buf_ptr(buf), seal_buf_len(buf), &cause), SEAL_ERR_FORMAT);
    assert_string_equal(cause.text, "device.csr is a private key, not a certificate request");
    assert_int_equal(issue_bytes(f, "", 0, &cause), SEAL_ERR_FORMAT);
    seal_buf_free(&buf);
}

static void a_request_asks_as_told_or_not_at_all(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong_names[] = {
        "",           "CN=x",
        "/",          "/CN",
        "/CN=",       "/=x",
        "//",         "/CN=x/",
        "/XYZ=x",     "/CN=x/O",
        "/CN=x//O=y", "/CN=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "/C=Germany", "/CN=\xff\xfe",
    };
    static const char *const wrong_sans[] = {"",    "DNS:",      "x",        "DNS:a b",  "IP:1.2.3",
                                             "IP:", "RID:1.2.3", "DNS:\xc3", "dirName:x"};
    struct seal_buf *out = seal_buf_new();
    for (size_t i = 0; i < sizeof wrong_names / sizeof wrong_names[0]; i++) {
        const struct seal_subject subject = {.name = wrong_names[i]};
        struct seal_cause cause = {0};
        if (seal_csr_new(f->key, &subject, out, &cause) != SEAL_ERR_USAGE) {
            fail_msg("the subject \"%s\" was taken", wrong_names[i]);
        }
        assert_string_not_equal(cause.hint, "");
    }
    for (size_t i = 0; i < sizeof wrong_sans / sizeof wrong_sans[0]; i++) {
        const char *const names[] = {wrong_sans[i], NULL};
        const struct seal_subject subject = {.name = "/CN=x", .san = names};
        if (seal_csr_new(f->key, &subject, out, NULL) != SEAL_ERR_USAGE) {
            fail_msg("the alternative name \"%s\" was taken", wrong_sans[i]);
        }
    }
    static const char *const wrong_usages[] = {"", "client", "CN", "none", "1.2.", "9.9.9", "sha256", "1"};
    for (size_t i = 0; i < sizeof wrong_usages / sizeof wrong_usages[0]; i++) {
        const char *const usages[] = {"clientAuth", wrong_usages[i], NULL};
        const struct seal_subject subject = {.name = "/CN=x", .usages = usages};
        struct seal_cert *ca = NULL;
        struct seal_cause cause = {0};
        if (seal_csr_new(f->key, &subject, out, &cause) != SEAL_ERR_USAGE) {
            fail_msg("the usage \"%s\" was taken", wrong_usages[i]);
        }
        assert_string_not_equal(cause.hint, "");
        assert_int_equal(seal_ca_new_for(f->key, &subject, 1, &ca, NULL), SEAL_ERR_USAGE);
        assert_null(ca);
    }
    assert_int_equal(seal_buf_len(out), 0);
    seal_buf_free(&out);
}

/* What a terminal would obey never leaves a certificate as it is. */
static void names_are_printed_without_control_characters(void **state)
{
    struct fixture *f = *state;
    struct seal_cert *cert = NULL;
    struct seal_cert_info info;
    assert_int_equal(seal_ca_new(f->ca_key,
                                 "/CN=a\x1b[2Jb\xc2\x9b"
                                 "1mc\\/d\xc3\xa9/O=Gr\xc3\xb6\xc3\x9f"
                                 "e",
                                 1, &cert, NULL),
                     SEAL_OK);
    assert_int_equal(seal_cert_info(cert, &info), SEAL_OK);
    assert_string_equal(info.subject, "O=Gr\xc3\xb6\xc3\x9f"
                                      "e,CN=a\\1B[2Jb\\C2\\9B1mc/d\xc3\xa9");
    seal_cert_free(&cert);
}

static void what_is_written_is_read(void **state)
{
    struct fixture *f = *state;
    for (int der = 0; der < 2; der++) {
        struct seal_buf *buf = seal_buf_new();
        struct seal_cert *again = NULL;
        assert_int_equal(seal_cert_write(f->cert, der, buf, NULL), SEAL_OK);
        assert_int_equal(seal_cert_read(seal_buf_ptr(buf), seal_buf_len(buf), "x", &again, NULL), SEAL_OK);
        assert_true(seal_cert_same(again, f->cert));
        assert_false(seal_cert_same(again, f->ca));
        assert_int_equal(seal_cert_was_der(again), der);
        seal_cert_free(&again);
        size_t whole = der ? seal_buf_len(buf) : seal_buf_len(buf) - 1;
        for (size_t len = 0; len < whole; len++) {
            struct seal_cause cause = {0};
            assert_int_equal(seal_cert_read(seal_buf_ptr(buf), len, "x", &again, &cause), SEAL_ERR_FORMAT);
            assert_null(again);
            assert_string_not_equal(cause.text, "");
        }
        seal_buf_free(&buf);
    }
}

/* The reference keeps the first certificate of a messy file, rewritten; so do we. */
static void a_messy_file_gives_its_first_certificate_alone(void **state)
{
    (void)state;
    static const char *const folders[] = {"pem_messy", "pem_messy2"};
    for (size_t i = 0; i < 2; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, TLV "%s/esp_secure_cert.bin", folders[i]);
        struct seal_buf *partition = load(path);
        (void)snprintf(path, sizeof path, TLV "%s/dev.pem", folders[i]);
        struct seal_cert *cert = load_cert(path);
        struct seal_buf *pem = seal_buf_new();
        assert_int_equal(seal_cert_write(cert, false, pem, NULL), SEAL_OK);
        assert_int_equal(seal_buf_put_u8(pem, 0), SEAL_OK);
        assert_non_null(
            memmem(seal_buf_ptr(partition), seal_buf_len(partition), seal_buf_ptr(pem), seal_buf_len(pem)));
        seal_buf_free(&pem);
        seal_cert_free(&cert);
        seal_buf_free(&partition);
    }
}

static void a_key_is_not_a_certificate(void **state)
{
    struct fixture *f = *state;
    struct seal_cert *cert = NULL;
    struct seal_cause cause = {0};
    struct seal_buf *buf = seal_buf_new_secret();
    assert_int_equal(seal_key_write_traditional(f->key, true, buf, NULL), SEAL_OK);
    assert_int_equal(seal_cert_read(seal_buf_ptr(buf), seal_buf_len(buf), "x", &cert, &cause),
                     SEAL_ERR_FORMAT);
    assert_string_equal(cause.text, "x is a private key, not a certificate");
    assert_int_equal(seal_cert_read(seal_buf_ptr(f->csr), seal_buf_len(f->csr), "x", &cert, &cause),
                     SEAL_ERR_FORMAT);
    assert_string_equal(cause.text, "x is a certificate request, not a certificate");
    seal_buf_free(&buf);
}

static void a_certificate_without_rsa_verifies_no_ds_signature(void **state)
{
    struct fixture *f = *state;
    uint8_t signature[256] = {0};
    assert_int_equal(seal_cert_verify_rsa_sha256(f->ca, "x", 1, signature, sizeof signature), SEAL_ERR_KEY);
    assert_int_equal(seal_cert_verify_rsa_sha256(f->cert, "x", 1, signature, sizeof signature),
                     SEAL_ERR_PROOF);
    assert_int_equal(seal_cert_verify_rsa_sha256(f->cert, "x", 1, signature, 1), SEAL_ERR_PROOF);
    assert_int_equal(seal_pkcs1_pad_sha256(signature, signature, 61), SEAL_ERR_TOO_LONG);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_device_certificate_tells_what_was_asked),
        WITH_FIXTURE(serial_numbers_are_random_and_positive),
        WITH_FIXTURE(extensions_are_those_of_a_tls_client),
        WITH_FIXTURE(openssl_trusts_the_chain),
        WITH_FIXTURE(a_certificate_belongs_to_one_key),
        WITH_FIXTURE(a_certificate_was_signed_by_one_ca),
        WITH_FIXTURE(only_a_valid_ca_with_its_key_signs),
        WITH_FIXTURE(days_have_bounds),
        WITH_FIXTURE(an_altered_request_is_refused),
        WITH_FIXTURE(other_things_are_no_request),
        WITH_FIXTURE(a_request_asks_as_told_or_not_at_all),
        WITH_FIXTURE(names_are_printed_without_control_characters),
        WITH_FIXTURE(what_is_written_is_read),
        cmocka_unit_test(a_messy_file_gives_its_first_certificate_alone),
        WITH_FIXTURE(a_key_is_not_a_certificate),
        WITH_FIXTURE(a_certificate_without_rsa_verifies_no_ds_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
