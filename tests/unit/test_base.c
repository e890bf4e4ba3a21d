#include "unit.h"

#include <espseal/buf.h>
#include <espseal/hex.h>
#include <espseal/map.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void crc_matches_the_published_check_values(void **state)
{
    (void)state;
    /* "123456789": CRC-32/ISO-HDLC check value, and Espressif's variant that starts from FFFFFFFF */
    assert_int_equal(seal_crc32(0, "123456789", 9), 0xCBF43926u);
    assert_int_equal(seal_crc32(0xFFFFFFFFu, "", 0), 0xFFFFFFFFu);
    assert_int_equal(seal_crc32(seal_crc32(0, "1234", 4), "56789", 5), 0xCBF43926u);
}

static void hex_refuses_what_is_not_hex(void **state)
{
    (void)state;
    uint8_t data[2];
    assert_int_equal(seal_hex_decode("0xAb01", data, 2), SEAL_OK);
    assert_int_equal(data[0], 0xAB);
    assert_int_equal(seal_hex_decode("ab0", data, 2), SEAL_ERR_FORMAT);
    assert_int_equal(seal_hex_decode("ab0g", data, 2), SEAL_ERR_FORMAT);
    assert_int_equal(seal_hex_decode("ab0102", data, 2), SEAL_ERR_FORMAT);
}

static void numbers_have_bounds(void **state)
{
    (void)state;
    uint32_t value = 7;
    assert_int_equal(seal_parse_u32("0xD000", UINT32_MAX, &value), SEAL_OK);
    assert_int_equal(value, 0xD000);
    assert_int_equal(seal_parse_u32("5", 5, &value), SEAL_OK);
    assert_int_equal(seal_parse_u32("6", 5, &value), SEAL_ERR_FORMAT);
    assert_int_equal(seal_parse_u32("4294967296", UINT32_MAX, &value), SEAL_ERR_FORMAT);
    assert_int_equal(seal_parse_u32("", 5, &value), SEAL_ERR_FORMAT);
    assert_int_equal(seal_parse_u32("0x", 5, &value), SEAL_ERR_FORMAT);
    assert_int_equal(seal_parse_u32("-1", 5, &value), SEAL_ERR_FORMAT);
    assert_int_equal(value, 5);
}

static void addresses_and_revisions_are_read(void **state)
{
    (void)state;
    static const char *const good[] = {"7c:df:a1:5E:a1:01", "7CDFA15EA101", "7c-df-a1-5e-a1-01"};
    static const char *const bad[] = {"", "7c:df:a1:5e:a1", "7c:df:a1:5e:a1:01:02", "7c:df:a1:5e:a1:0g",
                                      "0x7cdfa15ea1"};
    static const char *const no_revision[] = {"", "3", "3.", ".1", "3.1x", "10.0", "3.100", "x.1"};
    uint8_t mac[6];
    char text[SEAL_MAC_TEXT];
    unsigned revision = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        memset(mac, 0, sizeof mac);
        assert_int_equal(seal_mac_parse(good[i], mac), SEAL_OK);
        assert_string_equal(seal_mac_text(mac, text), "7c:df:a1:5e:a1:01");
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(seal_mac_parse(bad[i], mac), SEAL_ERR_FORMAT);
    }
    assert_int_equal(seal_revision_parse("3.1", &revision), SEAL_OK);
    assert_int_equal(revision, 301);
    assert_int_equal(seal_revision_parse("0.99", &revision), SEAL_OK);
    assert_int_equal(revision, 99);
    for (size_t i = 0; i < sizeof no_revision / sizeof no_revision[0]; i++) {
        assert_int_equal(seal_revision_parse(no_revision[i], &revision), SEAL_ERR_FORMAT);
    }
}

static void buffers_grow_consume_and_truncate(void **state)
{
    (void)state;
    struct seal_buf *buf = seal_buf_new_secret();
    assert_non_null(buf);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(seal_buf_put_le32(buf, i), SEAL_OK);
    }
    assert_int_equal(seal_buf_len(buf), 4000);
    seal_buf_consume(buf, 4 * 999);
    assert_int_equal(seal_le32(seal_buf_ptr(buf)), 999);
    seal_buf_truncate(buf, 1);
    assert_int_equal(seal_buf_len(buf), 1);
    assert_int_equal(seal_buf_put_fill(buf, 0, (size_t)65 << 20), SEAL_ERR_TOO_LONG);
    seal_buf_free(&buf);
    assert_null(buf);
}

static void readers_stop_at_the_end(void **state)
{
    (void)state;
    const uint8_t data[] = {1, 2, 3, 4, 5};
    size_t offset = 1;
    uint32_t word;
    uint16_t half;
    uint8_t byte;
    assert_true(seal_get_le32(data, sizeof data, &offset, &word));
    assert_int_equal(word, 0x05040302);
    assert_false(seal_get_le32(data, sizeof data, &offset, &word));
    assert_false(seal_get_le16(data, sizeof data, &offset, &half));
    assert_false(seal_get_u8(data, sizeof data, &offset, &byte));
    offset = SIZE_MAX;
    assert_false(seal_get_le32(data, sizeof data, &offset, &word));
}

static void bytes_are_filled_only_when_all_are(void **state)
{
    (void)state;
    uint8_t bytes[70];
    memset(bytes, 0xFF, sizeof bytes);
    assert_true(seal_is_filled(bytes, sizeof bytes, 0xFF));
    assert_false(seal_is_filled(bytes, sizeof bytes, 0));
    assert_true(seal_is_filled(bytes, 0, 0));
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = 0x7F;
        assert_false(seal_is_filled(bytes, sizeof bytes, 0xFF));
        assert_true(seal_is_filled(bytes, i, 0xFF));
        assert_true(seal_is_filled(bytes + i + 1, sizeof bytes - i - 1, 0xFF));
        bytes[i] = 0xFF;
    }
}

static void what_is_changed_in_a_map_stays_and_the_file_too(void **state)
{
    (void)state;
    char path[] = "/tmp/espseal-map-XXXXXX";
    static uint8_t bytes[200000], again[200000];
    struct seal_map *map = NULL;
    int fd = mkstemp(path);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 7 >> 5);
    }
    assert_int_equal(write(fd, bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(seal_map_open(path, sizeof bytes, &map, NULL), SEAL_OK);
    const struct seal_release release = seal_map_release(map);
    assert_int_equal(seal_map_patch(map, 3, "new", 3), SEAL_OK);
    assert_int_equal(seal_map_patch(map, sizeof bytes - 3, "end", 3), SEAL_OK);
    seal_release_to(&release, 65536 + 5);
    seal_release_to(&release, sizeof bytes);
    seal_release_to(NULL, sizeof bytes);
    assert_memory_equal(seal_map_ptr(map) + 3, "new", 3);
    assert_memory_equal(seal_map_ptr(map) + 6, bytes + 6, sizeof bytes - 9);
    assert_memory_equal(seal_map_ptr(map) + sizeof bytes - 3, "end", 3);
    assert_int_equal(seal_map_patch(map, 0, "x", 1), SEAL_ERR_NO_MEMORY); /* SEAL_MAP_PATCHES */
    seal_map_close(&map);
    assert_int_equal(pread(fd, again, sizeof again, 0), sizeof again);
    assert_memory_equal(again, bytes, sizeof bytes);
    (void)close(fd);
    (void)unlink(path);
}

static void check_row(int err, void *ctx)
{
    unsigned *count = ctx;
    (*count)++;
    assert_true(err < 0);
    assert_string_not_equal(seal_strerror(err), "unknown error");
    assert_string_not_equal(seal_err_name(err), "UNKNOWN");
    for (const char *c = seal_strerror(err); *c; c++) {
        assert_true(*c != '\n');
    }
}

static void every_error_has_a_sentence(void **state)
{
    (void)state;
    unsigned count = 0;
    seal_err_each(check_row, &count);
    assert_int_equal(count, 31);
}

static void a_cause_carries_sentence_and_hint(void **state)
{
    (void)state;
    struct seal_cause cause;
    assert_int_equal(seal_fail(&cause, SEAL_ERR_FORMAT, "%s is not a certificate", "x.pem"), SEAL_ERR_FORMAT);
    assert_string_equal(cause.text, "x.pem is not a certificate");
    assert_string_equal(cause.hint, "");
    seal_hint(&cause, "give a PEM file");
    assert_string_equal(cause.hint, "give a PEM file");
    assert_int_equal(seal_fail(NULL, SEAL_ERR_FORMAT, "nobody listens"), SEAL_ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_matches_the_published_check_values),
        cmocka_unit_test(hex_refuses_what_is_not_hex),
        cmocka_unit_test(numbers_have_bounds),
        cmocka_unit_test(addresses_and_revisions_are_read),
        cmocka_unit_test(buffers_grow_consume_and_truncate),
        cmocka_unit_test(readers_stop_at_the_end),
        cmocka_unit_test(what_is_changed_in_a_map_stays_and_the_file_too),
        cmocka_unit_test(bytes_are_filled_only_when_all_are),
        cmocka_unit_test(every_error_has_a_sentence),
        cmocka_unit_test(a_cause_carries_sentence_and_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
