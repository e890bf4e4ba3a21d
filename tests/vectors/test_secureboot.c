/* Secure Boot of tests/vectors/secureboot, both ways: what espsecure signed is judged, taken apart and put
 * together again; what we sign has the same layout and is judged by the same verifier. */
#include "unit.h"
#include "vectors.h"

#include <espseal/secret.h>
#include <espseal/secure_boot.h>
#include <espseal/secure_boot_v1.h>

#include <stdio.h>
#include <string.h>

static size_t digests, refused, signed_files, rebuilt, imported, judged, infos, v1;

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool ends(const char *text, const char *suffix)
{
    size_t len = strlen(text), end = strlen(suffix);
    return len >= end && strcmp(text + len - end, suffix) == 0;
}

static void equal(const struct seal_buf *a, const struct seal_buf *b)
{
    assert_int_equal(seal_buf_len(a), seal_buf_len(b));
    assert_memory_equal(seal_buf_ptr(a), seal_buf_ptr(b), seal_buf_len(a));
}

/* --- keys --- */

static int read_public(const struct vector_case *c, const char *member, struct seal_public *key,
                       struct seal_cause *cause)
{
    struct seal_buf *file = vector_member(c, c->inputs, member);
    int err = file ? seal_boot_key_read(seal_buf_ptr(file), seal_buf_len(file), member, NULL, key, cause)
                   : SEAL_ERR_NOT_FOUND;
    seal_buf_free(&file);
    return err;
}

static struct seal_key *read_private(const struct vector_case *c, const char *member)
{
    struct seal_key *key = NULL;
    struct seal_buf *file = vector_member(c, c->inputs, member);
    if (file) {
        assert_int_equal(seal_key_read(seal_buf_ptr(file), seal_buf_len(file), member, NULL, &key, NULL), 0);
    }
    seal_buf_free(&file);
    return key;
}

static void check_digest(const struct vector_case *c)
{
    uint8_t sha256[32];
    struct seal_public key;
    struct seal_cause cause;
    int err = read_public(c, "key", &key, &cause);
    if (starts(c->id, "err_")) {
        assert_int_equal(err, SEAL_ERR_KEY);
        assert_non_null(strstr(cause.text, strstr(c->id, "2048") ? "RSA-2048" : "RSA-4096"));
        refused++;
        return;
    }
    assert_int_equal(err, SEAL_OK);
    assert_int_equal(seal_public_check(&key), SEAL_OK);
    struct seal_buf *expected = vector_member(c, c->expected, "digest");
    assert_int_equal(seal_public_digest(&key, sha256), SEAL_OK);
    assert_int_equal(seal_buf_len(expected), sizeof sha256);
    assert_memory_equal(sha256, seal_buf_ptr(expected), sizeof sha256);
    struct seal_buf *pem = vector_member(c, c->expected, "public_key_pem");
    if (pem) {
        struct seal_buf *ours = seal_buf_new();
        assert_int_equal(seal_public_write(&key, ours, NULL), SEAL_OK);
        equal(ours, pem);
        seal_buf_free(&ours);
    }
    seal_buf_free(&pem);
    seal_buf_free(&expected);
    digests++;
}

/* --- signed files --- */

static void judge(const struct seal_buf *file, const struct seal_public *key,
                  struct seal_boot_verdict *verdict)
{
    uint8_t digest[32];
    size_t signed_len = 0;
    struct seal_boot_trust trust;
    assert_int_equal(seal_boot_find_signatures(seal_buf_ptr(file), seal_buf_len(file), &signed_len, NULL),
                     SEAL_OK);
    assert_int_equal(signed_len, seal_buf_len(file) - SEAL_BOOT_SECTOR);
    if (key) {
        assert_int_equal(seal_public_digest(key, digest), SEAL_OK);
        seal_boot_trust_from_digests(NULL, digest, 1, &trust);
    }
    assert_int_equal(seal_boot_verify_at(seal_buf_ptr(file), seal_buf_len(file), signed_len,
                                         key ? &trust : NULL, verdict, NULL),
                     SEAL_OK);
    assert_int_equal(verdict->accepted, verdict->problem[0] == 0);
}

/* Its own blocks, put together again, are the file that espsecure wrote. */
static void rebuild(const struct seal_buf *file, const struct seal_boot_verdict *verdict)
{
    struct seal_signature signatures[SEAL_SIGNATURE_KEYS_MAX];
    struct seal_buf *out = seal_buf_new();
    for (size_t i = 0; i < verdict->block_count; i++) {
        signatures[i] = verdict->blocks[i].signature;
    }
    assert_int_equal(seal_boot_attach(seal_buf_ptr(file), verdict->signed_len, signatures,
                                      verdict->block_count, out, NULL),
                     SEAL_OK);
    equal(out, file);
    seal_buf_free(&out);
    rebuilt++;
}

/* All blocks are good, and each of the first count keys of the case is in the block of its number. */
static void expect_signed(const struct vector_case *c, const struct seal_buf *file, size_t first,
                          size_t count)
{
    struct seal_boot_verdict verdict;
    judge(file, NULL, &verdict);
    assert_true(verdict.accepted);
    assert_int_equal(verdict.block_count, count);
    rebuild(file, &verdict);
    for (size_t i = 0; i < count; i++) {
        char name[32];
        struct seal_public key;
        (void)snprintf(name, sizeof name, "key%zu", first + i);
        if (read_public(c, name, &key, NULL) != SEAL_OK) {
            (void)snprintf(name, sizeof name, "pub%zu", first + i);
            assert_int_equal(read_public(c, name, &key, NULL), SEAL_OK);
        }
        judge(file, &key, &verdict);
        assert_true(verdict.accepted);
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(verdict.blocks[k].accepted, k == i);
            assert_int_equal(verdict.blocks[k].fault, SEAL_BOOT_GOOD);
        }
    }
    signed_files++;
}

/* Our signatures by the same keys over the same image: the same bytes but for the random numbers. */
static void sign_anew(const struct vector_case *c, const struct seal_buf *reference, size_t first,
                      size_t count)
{
    struct seal_buf *image = vector_member(c, c->inputs, "image");
    struct seal_buf *message = seal_buf_new(), *out = seal_buf_new();
    struct seal_signature signatures[SEAL_SIGNATURE_KEYS_MAX];
    bool unpadded = strcmp(c->id, "v2_skip_padding") == 0;
    assert_int_equal(seal_boot_message(seal_buf_ptr(image), seal_buf_len(image), unpadded, message, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "key%zu", first + i);
        struct seal_key *key = read_private(c, name);
        assert_non_null(key);
        assert_int_equal(seal_sign(key, seal_buf_ptr(message), seal_buf_len(message), &signatures[i], NULL),
                         0);
        seal_key_free(&key);
    }
    assert_int_equal(
        seal_boot_attach(seal_buf_ptr(message), seal_buf_len(message), signatures, count, out, NULL), 0);
    assert_int_equal(seal_buf_len(out), seal_buf_len(reference));
    assert_memory_equal(seal_buf_ptr(out), seal_buf_ptr(reference), seal_buf_len(message) + 4);
    expect_signed(c, out, first, count);
    assert_int_equal(seal_boot_message(seal_buf_ptr(out), seal_buf_len(out), false, message, NULL),
                     SEAL_ERR_STATE);
    seal_buf_free(&image);
    seal_buf_free(&message);
    seal_buf_free(&out);
}

static size_t count_of(const struct vector_case *c, const char *what)
{
    size_t count = 0;
    char name[32];
    do {
        (void)snprintf(name, sizeof name, "%s%zu", what, count);
    } while (seal_json_get(c->inputs, name) && ++count);
    return count;
}

/* The signatures that were made elsewhere give espsecure's file byte for byte. */
static void import_all(const struct vector_case *c, const struct seal_buf *reference, int wanted)
{
    struct seal_buf *image = vector_member(c, c->inputs, "image");
    struct seal_buf *message = seal_buf_new(), *out = seal_buf_new();
    struct seal_signature signatures[SEAL_SIGNATURE_KEYS_MAX];
    int err = SEAL_OK;
    size_t count = count_of(c, "sig");
    assert_int_equal(seal_boot_message(seal_buf_ptr(image), seal_buf_len(image), false, message, NULL), 0);
    for (size_t i = 0; i < count && !err; i++) {
        char name[32];
        struct seal_public key;
        (void)snprintf(name, sizeof name, "pub%zu", i);
        assert_int_equal(read_public(c, name, &key, NULL), SEAL_OK);
        (void)snprintf(name, sizeof name, "sig%zu", i);
        struct seal_buf *value = vector_member(c, c->inputs, name);
        err = seal_sign_import(&key, seal_buf_ptr(message), seal_buf_len(message), seal_buf_ptr(value),
                               seal_buf_len(value), &signatures[i], NULL);
        seal_buf_free(&value);
    }
    assert_int_equal(err, wanted);
    if (!err) {
        assert_int_equal(
            seal_boot_attach(seal_buf_ptr(message), seal_buf_len(message), signatures, count, out, NULL),
            SEAL_OK);
        equal(out, reference);
        imported++;
    } else {
        refused++;
    }
    seal_buf_free(&image);
    seal_buf_free(&message);
    seal_buf_free(&out);
}

static void same_hex(const seal_json *block, const char *member, const uint8_t *bytes, size_t len)
{
    char text[2 * 48 + 1] = "";
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    assert_string_equal(seal_json_text(seal_json_get(block, member)), text);
}

static void compare_info(const struct vector_case *c, const struct seal_buf *file)
{
    struct seal_buf *text = vector_member(c, c->expected, "signature_info");
    struct seal_boot_verdict verdict;
    seal_json *info = NULL;
    if (!text) {
        return;
    }
    judge(file, NULL, &verdict);
    assert_int_equal(seal_json_parse((const char *)seal_buf_ptr(text), seal_buf_len(text), &info, NULL), 0);
    assert_int_equal(vector_number(info, "image_size"), verdict.signed_len);
    assert_int_equal(seal_json_len(seal_json_get(info, "blocks")), verdict.block_count);
    for (size_t i = 0; i < verdict.block_count; i++) {
        const seal_json *block = seal_json_at(seal_json_get(info, "blocks"), i);
        const struct seal_signature *signature = &verdict.blocks[i].signature;
        enum seal_sign_scheme scheme = signature->key.scheme;
        assert_string_equal(seal_json_text(seal_json_get(block, "scheme")), seal_sign_scheme_name(scheme));
        same_hex(block, "public_key_digest", verdict.blocks[i].key_digest, 32);
        same_hex(block, "image_digest", signature->digest, seal_sign_scheme_digest(scheme));
        if (scheme == SEAL_SIGN_RSA3072) {
            assert_int_equal(vector_number(block, "exponent"), signature->key.exponent);
        } else {
            size_t size = seal_sign_scheme_size(scheme);
            same_hex(block, "sig_r_le", signature->value, size);
            same_hex(block, "sig_s_le", signature->value + size, size);
        }
    }
    seal_json_free(&info);
    seal_buf_free(&text);
    infos++;
}

static void check_appended(const struct vector_case *c)
{
    for (size_t count = 1; count <= SEAL_SIGNATURE_KEYS_MAX; count++) {
        char name[32];
        (void)snprintf(name, sizeof name, "signed%zu", count);
        struct seal_buf *file = vector_member(c, c->expected, name);
        expect_signed(c, file, 0, count);
        sign_anew(c, file, 0, count);
        seal_buf_free(&file);
    }
}

/* espsecure without --append-signatures signs a signed file as if it were an image. */
static void check_nested(const struct vector_case *c)
{
    struct seal_buf *outer = vector_member(c, c->expected, "signed2");
    struct seal_buf *inner = vector_member(c, c->expected, "signed1");
    struct seal_buf *message = seal_buf_new();
    expect_signed(c, inner, 0, 1);
    expect_signed(c, outer, 1, 1);
    assert_int_equal(seal_boot_message(seal_buf_ptr(inner), seal_buf_len(inner), false, message, NULL),
                     SEAL_ERR_STATE);
    seal_buf_free(&message);
    seal_buf_free(&inner);
    seal_buf_free(&outer);
}

static void check_v2(const struct vector_case *c)
{
    struct seal_buf *file = vector_member(c, c->expected, "signed");
    if (starts(c->id, "v2_append_") && !file) {
        check_appended(c);
    } else if (starts(c->id, "v2_resign")) {
        check_nested(c);
    } else if (starts(c->id, "v2_presigned")) {
        expect_signed(c, file, 0, count_of(c, "pub"));
        import_all(c, file, SEAL_OK);
    } else {
        expect_signed(c, file, 0, count_of(c, "key"));
        sign_anew(c, file, 0, count_of(c, "key"));
        compare_info(c, file);
    }
    seal_buf_free(&file);
}

/* --- what must not verify --- */

static enum seal_boot_fault expected_fault(const char *id)
{
    static const struct {
        const char *suffix;
        enum seal_boot_fault fault;
    } faults[] = {
        {"_bad_crc", SEAL_BOOT_CRC},         {"_first_block_bad", SEAL_BOOT_CRC},
        {"_bad_sig_nocrc", SEAL_BOOT_CRC},   {"_bad_digest", SEAL_BOOT_CHANGED},
        {"_bad_image", SEAL_BOOT_CHANGED},   {"_bad_magic", SEAL_BOOT_ABSENT},
        {"_bad_pubkey", SEAL_BOOT_BAD_KEY},  {"_bad_sig", SEAL_BOOT_BAD_NUMBER},
        {"_bad_version", SEAL_BOOT_VERSION},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (ends(id, faults[i].suffix)) {
            return faults[i].fault;
        }
    }
    return SEAL_BOOT_GOOD;
}

static void check_negative(const struct vector_case *c)
{
    struct seal_buf *file = vector_member(c, c->inputs, "signed");
    struct seal_boot_verdict verdict;
    struct seal_public key;
    size_t signed_len;
    assert_int_equal(read_public(c, "key", &key, NULL), SEAL_OK);
    int found = seal_boot_find_signatures(seal_buf_ptr(file), seal_buf_len(file), &signed_len, NULL);
    if (found != SEAL_OK) {
        assert_true(ends(c->id, "_bad_magic") || starts(c->id, "neg_short") || starts(c->id, "neg_unal"));
        seal_buf_free(&file);
        judged++;
        return;
    }
    judge(file, &key, &verdict);
    bool good = ends(c->id, "_first_block_bad") || ends(c->id, "_second_key");
    assert_int_equal(verdict.accepted, good);
    enum seal_boot_fault fault = verdict.blocks[0].fault;
    if (ends(c->id, "_bad_pubkey")) {
        /* espsecure takes this one, by the key that it was given: the block's is another, or none */
        assert_true(fault == SEAL_BOOT_BAD_KEY || fault == SEAL_BOOT_BAD_NUMBER);
        assert_int_equal(verdict.blocks[0].slot, -1);
    } else {
        assert_int_equal(fault, expected_fault(c->id));
    }
    seal_buf_free(&file);
    judged++;
}

/* --- v1 --- */

static void check_v1_digest(const struct vector_case *c)
{
    struct seal_buf *image = vector_member(c, c->inputs, "image"), *file = vector_member(c, c->inputs, "key");
    struct seal_buf *iv = vector_member(c, c->inputs, "iv"), *out = seal_buf_new();
    uint8_t key[32];
    int err = seal_boot_v1_key(seal_buf_ptr(file), seal_buf_len(file), key, NULL);
    assert_int_equal(err, starts(c->id, "err_") ? SEAL_ERR_KEY : SEAL_OK);
    if (!err) {
        struct seal_buf *expected = vector_member(c, c->expected, "digest_and_image");
        assert_int_equal(seal_boot_v1_bootloader(key, seal_buf_ptr(iv), seal_buf_ptr(image),
                                                 seal_buf_len(image), out, NULL),
                         SEAL_OK);
        equal(out, expected);
        assert_int_equal(seal_boot_v1_check(key, seal_buf_ptr(out), seal_buf_len(out), NULL), SEAL_OK);
        key[0] ^= 1;
        assert_int_equal(seal_boot_v1_check(key, seal_buf_ptr(out), seal_buf_len(out), NULL),
                         SEAL_ERR_MISMATCH);
        seal_buf_free(&expected);
    }
    seal_buf_free(&image);
    seal_buf_free(&file);
    seal_buf_free(&iv);
    seal_buf_free(&out);
    v1++;
}

static void check_v1_sign(const struct vector_case *c)
{
    struct seal_key *key = read_private(c, "key");
    struct seal_buf *image = vector_member(c, c->inputs, "image");
    struct seal_buf *expected = vector_member(c, c->expected, "signed");
    struct seal_buf *raw = vector_member(c, c->expected, "public_key_raw");
    struct seal_signature signature;
    struct seal_public public;
    uint8_t bytes[SEAL_BOOT_V1_SIGNATURE_LEN], derived[32];
    int err = seal_boot_v1_sign(key, seal_buf_ptr(image), seal_buf_len(image), &signature, NULL);
    assert_int_equal(err, starts(c->id, "err_") ? SEAL_ERR_KEY : SEAL_OK);
    if (!err) {
        assert_int_equal(seal_boot_v1_put(&signature, bytes), SEAL_OK);
        assert_int_equal(seal_buf_put(image, bytes, sizeof bytes), SEAL_OK);
        equal(image, expected);
        assert_int_equal(seal_public_of(key, &public, NULL), SEAL_OK);
        assert_int_equal(seal_boot_v1_verify(&public, seal_buf_ptr(image), seal_buf_len(image), NULL), 0);
        /* espsecure's file of a v1 public key: x and y */
        assert_int_equal(seal_boot_key_read(seal_buf_ptr(raw), seal_buf_len(raw), "raw", NULL, &public, NULL),
                         SEAL_OK);
        assert_int_equal(seal_boot_v1_verify(&public, seal_buf_ptr(image), seal_buf_len(image), NULL), 0);
        assert_int_equal(seal_boot_v1_derive(key, derived, NULL), SEAL_OK);
        for (size_t len = 24; len <= 32; len += 8) {
            struct seal_buf *digest = vector_member(
                c, c->expected, len == 24 ? "private_key_digest_192" : "private_key_digest_256");
            assert_int_equal(seal_buf_len(digest), len);
            assert_memory_equal(seal_buf_ptr(digest), derived, len);
            seal_buf_free(&digest);
        }
    }
    seal_buf_free(&raw);
    seal_buf_free(&image);
    seal_buf_free(&expected);
    seal_key_free(&key);
    v1++;
}

static void check_v1_negative(const struct vector_case *c)
{
    struct seal_buf *file = vector_member(c, c->inputs, "signed");
    struct seal_public key;
    assert_int_equal(read_public(c, "key", &key, NULL), SEAL_OK);
    assert_int_equal(seal_boot_v1_verify(&key, seal_buf_ptr(file), seal_buf_len(file), NULL),
                     ends(c->id, "_bad_version") ? SEAL_ERR_FORMAT : SEAL_ERR_MISMATCH);
    seal_buf_free(&file);
    v1++;
}

static void check(const struct vector_case *c)
{
    if (starts(c->id, "v1_digest") || starts(c->id, "err_v1_digest")) {
        check_v1_digest(c);
    } else if (starts(c->id, "v1_sign") || starts(c->id, "err_v1_sign")) {
        check_v1_sign(c);
    } else if (starts(c->id, "neg_v1_")) {
        check_v1_negative(c);
    } else if (starts(c->id, "digest_") || starts(c->id, "err_digest_") || starts(c->id, "err_sign_rsa")) {
        if (starts(c->id, "err_sign_rsa")) {
            struct seal_public key;
            assert_int_equal(read_public(c, "key0", &key, NULL), SEAL_ERR_KEY);
            refused++;
        } else {
            check_digest(c);
        }
    } else if (strcmp(c->id, "err_sign_pubkey") == 0) {
        struct seal_key *key = NULL;
        struct seal_buf *file = vector_member(c, c->inputs, "key0");
        assert_int_equal(seal_key_read(seal_buf_ptr(file), seal_buf_len(file), "key0", NULL, &key, NULL),
                         SEAL_ERR_FORMAT);
        seal_buf_free(&file);
        refused++;
    } else if (starts(c->id, "err_presigned")) {
        import_all(c, NULL, SEAL_ERR_MISMATCH);
    } else if (starts(c->id, "v2_")) {
        check_v2(c);
    } else if (starts(c->id, "neg_")) {
        check_negative(c);
    }
}

static void signatures_equal_the_reference(void **state)
{
    (void)state;
    assert_int_equal(vector_each("secureboot", check), 93);
    assert_int_equal(digests, 10);
    assert_int_equal(refused, 2 + 2 + 1 + 2);
    assert_int_equal(imported, 5);
    assert_int_equal(judged, 12 * 3 + 2);
    assert_int_equal(v1, 6 + 1 + 3 + 1 + 4);
    assert_int_equal(infos, 13);
    assert_true(signed_files >= 40 && rebuilt == signed_files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signatures_equal_the_reference)};
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
