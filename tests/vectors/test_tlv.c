#include "unit.h"
#include "vectors.h"

#include <espseal/digest.h>
#include <espseal/identity_partition.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct made { /* a partition from the inputs of a case, and what it was made of */
    struct seal_cert *ca_cert, *device_cert;
    struct seal_key *key;
    struct seal_ds_params ds;
    struct seal_buf *partition;
};

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void check_ok(int err, const struct seal_cause *cause)
{
    if (err != SEAL_OK) {
        fail_msg("%s", cause->text[0] ? cause->text : seal_strerror(err));
    }
}

static struct seal_cert *read_cert(const struct vector_case *c, const char *key)
{
    struct seal_cert *cert = NULL;
    struct seal_cause cause = {0};
    struct seal_buf *data = vector_member(c, c->inputs, key);
    if (data) {
        check_ok(seal_cert_read(seal_buf_ptr(data), seal_buf_len(data), key, &cert, &cause), &cause);
    }
    seal_buf_free(&data);
    return cert;
}

static struct seal_key *read_key(const struct vector_case *c)
{
    struct seal_key *key = NULL;
    struct seal_cause cause = {0};
    struct seal_buf *data = vector_member(c, c->inputs, "private_key");
    if (data) {
        check_ok(seal_key_read(seal_buf_ptr(data), seal_buf_len(data), "the key", NULL, &key, &cause),
                 &cause);
    }
    seal_buf_free(&data);
    return key;
}

/* The reference sizes the parameters for more bits than the chip has on the ESP32-C5, hence by the result. */
static unsigned ds_max_bits(const struct seal_buf *expected)
{
    struct seal_tlv_entry entry;
    assert_true(seal_tlv_find(seal_buf_ptr(expected), seal_buf_len(expected), SEAL_TLV_DS_DATA, 0, &entry));
    return entry.length == 20 + 1584 ? 4096 : 3072;
}

static void make_ds(const struct vector_case *c, const struct seal_buf *expected, struct made *made)
{
    struct seal_cause cause = {0};
    struct seal_buf *iv = vector_member(c, c->inputs, "iv");
    struct seal_buf *hmac_key = vector_member(c, c->inputs, "hmac_key");
    if (!hmac_key) {
        hmac_key = vector_member(c, c->expected, "hmac_key_file");
    }
    assert_int_equal(seal_buf_len(iv), 16);
    assert_int_equal(seal_buf_len(hmac_key), 32);
    check_ok(seal_ds_encrypt(made->key, ds_max_bits(expected), seal_buf_ptr(hmac_key), seal_buf_ptr(iv),
                             &made->ds, &cause),
             &cause);
    seal_buf_free(&iv);
    seal_buf_free(&hmac_key);
}

static unsigned efuse_key_of(const struct vector_case *c)
{
    static const char option[] = "--efuse_key_id ";
    const char *command = seal_json_text(seal_json_get(c->json, "command"));
    const char *at = strstr(command, option);
    assert_non_null(at);
    return (unsigned)strtoul(at + strlen(option), NULL, 10);
}

static void make(const struct vector_case *c, const struct seal_buf *expected, struct made *made)
{
    struct seal_cause cause = {0};
    *made = (struct made){
        .ca_cert = read_cert(c, "ca_cert"),
        .device_cert = read_cert(c, "device_cert"),
        .key = read_key(c),
        .partition = seal_buf_new_secret(),
    };
    struct seal_partition_spec spec = {
        .storage = made->key ? SEAL_STORAGE_PLAINTEXT : SEAL_STORAGE_NONE,
        .ca_cert = made->ca_cert,
        .device_cert = made->device_cert,
        .key = made->key,
        .ds = &made->ds,
    };
    if (starts(c->id, "rsa_ds_")) {
        spec.storage = SEAL_STORAGE_DS;
        make_ds(c, expected, made);
    } else if (starts(c->id, "ecdsa_")) {
        spec.storage = SEAL_STORAGE_ECDSA;
    }
    if (spec.storage == SEAL_STORAGE_DS || spec.storage == SEAL_STORAGE_ECDSA) {
        spec.efuse_key = efuse_key_of(c);
    }
    check_ok(seal_partition_build(&spec, made->partition, &cause), &cause);
}

static void made_free(struct made *made)
{
    seal_cert_free(&made->ca_cert);
    seal_cert_free(&made->device_cert);
    seal_key_free(&made->key);
    seal_buf_free(&made->partition);
}

/* The reference's entries up to the key, then an empty PRIV_KEY, then the integrity of that. */
static void expect_without_key(const struct seal_buf *reference, const struct made *made)
{
    const uint8_t *data = seal_buf_ptr(made->partition);
    size_t len = seal_buf_len(made->partition);
    struct seal_tlv_entry leaked;
    assert_true(
        seal_tlv_find(seal_buf_ptr(reference), seal_buf_len(reference), SEAL_TLV_PRIV_KEY, 0, &leaked));
    assert_in_range(leaked.length, 1, 8192);
    bool found = false;
    assert_int_equal(seal_key_occurs_in(made->key, data, len, &found), SEAL_OK);
    assert_false(found);

    struct seal_buf *expected = seal_buf_new();
    uint8_t sha256[32];
    assert_int_equal(seal_buf_put(expected, seal_buf_ptr(reference), leaked.offset), SEAL_OK);
    assert_int_equal(
        seal_tlv_put(expected, SEAL_TLV_PRIV_KEY, 0, SEAL_TLV_FLAG_ECDSA_PERIPHERAL, NULL, 0, NULL), SEAL_OK);
    assert_int_equal(seal_sha256(seal_buf_ptr(expected), seal_buf_len(expected), sha256), SEAL_OK);
    assert_int_equal(seal_tlv_put_integrity(expected, 0, sha256, NULL), SEAL_OK);
    assert_int_equal(len, seal_buf_len(expected));
    assert_memory_equal(data, seal_buf_ptr(expected), len);
    seal_buf_free(&expected);
}

static void check_entry(const struct seal_tlv_entry *entry, const seal_json *expected)
{
    uint8_t sha256[32];
    char hex[65];
    char text[9];
    assert_int_equal(entry->offset, vector_number(expected, "offset"));
    assert_int_equal(entry->type, vector_number(expected, "type"));
    assert_int_equal(entry->subtype, vector_number(expected, "subtype"));
    assert_int_equal(entry->flags, vector_number(expected, "flags"));
    assert_int_equal(entry->length, vector_number(expected, "length"));
    assert_int_equal(entry->size, 16 + entry->length + vector_number(expected, "padding"));
    (void)snprintf(text, sizeof text, "%08x", entry->crc);
    assert_string_equal(text, seal_json_text(seal_json_get(expected, "crc32")));
    assert_int_equal(entry->crc, entry->crc_computed);
    assert_int_equal(seal_sha256(entry->data, entry->length, sha256), SEAL_OK);
    for (size_t i = 0; i < sizeof sha256; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", sha256[i]);
    }
    assert_string_equal(hex, seal_json_text(seal_json_get(expected, "data_sha256")));
}

static void walk_like_the_case(const struct vector_case *c, const struct seal_buf *partition)
{
    const seal_json *file = seal_json_get(seal_json_get(c->expected, "entries"), "esp_secure_cert.bin");
    const seal_json *tlvs = seal_json_get(file, "tlvs");
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    size_t offset = 0;
    size_t count = 0;
    while (seal_tlv_next(seal_buf_ptr(partition), seal_buf_len(partition), &offset, &entry, &end)) {
        check_entry(&entry, seal_json_at(tlvs, count++));
    }
    assert_int_equal(count, seal_json_len(tlvs));
    assert_in_range(count, 1, 100);
    assert_int_equal(end, SEAL_TLV_END_OF_DATA);
    assert_int_equal(offset, vector_number(file, "used"));
}

static void check_built(const struct vector_case *c)
{
    struct made made;
    struct seal_buf *expected = vector_member(c, c->expected, "partition");
    assert_non_null(expected);
    walk_like_the_case(c, expected);
    make(c, expected, &made);
    if (starts(c->id, "ecdsa_")) {
        expect_without_key(expected, &made);
    } else {
        assert_int_equal(seal_buf_len(made.partition), seal_buf_len(expected));
        assert_memory_equal(seal_buf_ptr(made.partition), seal_buf_ptr(expected), seal_buf_len(expected));
    }
    made_free(&made);
    seal_buf_free(&expected);
}

static size_t built, judged, elsewhere;

/* What the reference's parser reports in words, as figures. */
static const struct parsed {
    const char *id;
    size_t entries;
    size_t bad_crc; /* index of the entry with a wrong CRC; 99: none */
    size_t used;
    enum seal_tlv_end end;
} parsed[] = {
    {"parse_bad_crc", 4, 1, 1488, SEAL_TLV_END_OF_DATA},
    {"parse_endmarker", 4, 99, 1488, SEAL_TLV_END_MARKER},
    {"parse_not_tlv", 0, 99, 0, SEAL_TLV_END_GARBAGE},
    {"parse_padded", 4, 99, 1488, SEAL_TLV_END_ERASED},
    {"parse_truncated", 3, 99, 1440, SEAL_TLV_END_TRUNCATED},
    {"parse_wrong_ext", 4, 99, 1488, SEAL_TLV_END_OF_DATA}, /* the reference minds the file's name only */
};

static void check_parsed(const struct vector_case *c, const struct seal_buf *partition)
{
    const struct parsed *row = NULL;
    for (size_t i = 0; i < sizeof parsed / sizeof parsed[0]; i++) {
        if (strcmp(parsed[i].id, c->id) == 0) {
            row = &parsed[i];
        }
    }
    if (!row) {
        fail_msg("no expectation for %s", c->id);
        return;
    }
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    size_t offset = 0;
    size_t count = 0;
    while (seal_tlv_next(seal_buf_ptr(partition), seal_buf_len(partition), &offset, &entry, &end)) {
        assert_int_equal(entry.crc != entry.crc_computed, count == row->bad_crc);
        count++;
    }
    assert_int_equal(count, row->entries);
    assert_int_equal(offset, row->used);
    assert_int_equal(end, row->end);
}

/* test_tlv_csv, test_tlv_sign and tests/cli/test_configure.sh walk these. */
static bool is_elsewhere(const struct vector_case *c)
{
    return seal_json_get(c->inputs, "csv") || starts(c->id, "err_") || starts(c->id, "append_integrity_") ||
           starts(c->id, "sign_");
}

static void check(const struct vector_case *c)
{
    if (is_elsewhere(c)) {
        elsewhere++;
        return;
    }
    struct seal_buf *in = vector_member(c, c->inputs, "partition_in");
    if (in) {
        check_parsed(c, in);
        judged++;
    } else {
        check_built(c);
        built++;
    }
    seal_buf_free(&in);
}

static void partitions_equal_the_reference(void **state)
{
    (void)state;
    size_t cases = vector_each("tlv", check);
    assert_int_equal(built, 31);
    assert_int_equal(judged, sizeof parsed / sizeof parsed[0]);
    assert_int_equal(elsewhere, 36 + 8 + 15 + 2); /* with a CSV; appended; signed; wrong arguments */
    assert_int_equal(built + judged + elsewhere, cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(partitions_equal_the_reference)};
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
