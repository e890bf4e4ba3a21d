#include "unit.h"
#include "vectors.h"

#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/image.h>

#include <string.h>

static const struct seal_image_hashes hashes = {.sha256 = seal_sha256_mapped, .sha384 = seal_sha384_mapped};

static seal_json *read_json(const struct vector_case *c, const char *name)
{
    struct seal_buf *text = vector_file(c, name);
    struct seal_cause cause = {0};
    seal_json *json = NULL;
    if (seal_json_parse((const char *)seal_buf_ptr(text), seal_buf_len(text), &json, &cause) != SEAL_OK) {
        fail_msg("%s: %s", name, cause.text);
    }
    seal_buf_free(&text);
    return json;
}

static void check_hex(const seal_json *json, const char *key, const uint8_t *bytes, size_t len)
{
    char text[129];
    seal_hex_encode(bytes, len, text);
    assert_string_equal(text, seal_json_text(seal_json_get(json, key)));
}

static void check_text(const seal_json *json, const char *key, const char *got)
{
    assert_non_null(got);
    assert_string_equal(got, seal_json_text(seal_json_get(json, key)));
}

static void check_header(const seal_json *expected, const struct seal_image *image)
{
    assert_int_equal(image->chip_id, vector_number(expected, "chip_id"));
    assert_int_equal(image->entry, vector_number(expected, "entry_point"));
    assert_int_equal(image->min_revision, vector_number(expected, "min_rev_full"));
    assert_int_equal(image->max_revision, vector_number(expected, "max_rev_full"));
    assert_int_equal(image->min_revision_legacy, vector_number(expected, "min_rev_legacy"));
    assert_int_equal(image->wp_pin, vector_number(expected, "wp_pin"));
    check_text(expected, "flash_mode", seal_image_mode_name(image->flash_mode));
    check_text(expected, "flash_freq", seal_image_freq_name(image->chip_id, image->flash_freq));
    check_text(expected, "flash_size", seal_image_size_name(image->flash_size));
    assert_int_equal(seal_image_mode_code(seal_image_mode_name(image->flash_mode)), image->flash_mode);
    assert_int_equal(
        seal_image_freq_code(image->chip_id, seal_image_freq_name(image->chip_id, image->flash_freq)),
        image->flash_freq);
    assert_int_equal(seal_image_size_code(seal_image_size_name(image->flash_size)), image->flash_size);
}

static void check_integrity(const seal_json *expected, const struct seal_image *image)
{
    assert_int_equal(image->checksum, vector_number(expected, "checksum"));
    assert_int_equal(image->checksum_computed, vector_number(expected, "checksum_calculated"));
    bool hash = seal_json_get(expected, "stored_digest") != NULL;
    assert_int_equal(image->has_hash, hash);
    if (hash) {
        check_hex(expected, "stored_digest", image->hash, sizeof image->hash);
        check_hex(expected, "calculated_digest", image->hash_found, sizeof image->hash_found);
        assert_int_equal(image->hash_ok, memcmp(image->hash, image->hash_found, sizeof image->hash) == 0);
    }
    assert_int_equal(seal_image_intact(image),
                     image->checksum == image->checksum_computed && (!hash || image->hash_ok));
}

static void check_segments(const seal_json *expected, const struct seal_image *image)
{
    const seal_json *segments = seal_json_get(expected, "segments");
    assert_int_equal(image->segment_count, seal_json_len(segments));
    for (size_t i = 0; i < image->segment_count; i++) {
        const seal_json *segment = seal_json_at(segments, i);
        assert_int_equal(image->segments[i].address, vector_number(segment, "load_addr"));
        assert_int_equal(image->segments[i].offset, vector_number(segment, "file_offs") + 8);
        assert_int_equal(image->segments[i].length, vector_number(segment, "length"));
    }
}

static void check_descriptors(const seal_json *expected, const struct seal_image *image)
{
    const seal_json *app = seal_json_get(expected, "app_info");
    const seal_json *bootloader = seal_json_get(expected, "bootloader_info");
    assert_int_equal(image->has_app, app != NULL);
    if (app) {
        check_hex(app, "app_elf_sha256", image->app.elf_sha256, sizeof image->app.elf_sha256);
        check_text(app, "date", image->app.date);
        check_text(app, "time", image->app.time);
        check_text(app, "idf_ver", image->app.idf_version);
        check_text(app, "project_name", image->app.project);
        check_text(app, "version", image->app.version);
        assert_int_equal(image->app.secure_version, vector_number(app, "secure_version"));
        assert_int_equal(image->app.min_block_revision, 0);
        assert_int_equal(image->app.max_block_revision, 9999);
    }
    /* The reference overlooks the descriptor of chips with one RAM for code and data (vectors/REPORT.md). */
    if (bootloader) {
        assert_true(image->has_bootloader);
        check_text(bootloader, "date_time", image->bootloader.date_time);
        check_text(bootloader, "idf_ver", image->bootloader.idf_version);
        assert_int_equal(image->bootloader.version, vector_number(bootloader, "version"));
    }
}

/* The reference takes an unknown chip id for an ESP8266 and fails; espseal shows the image. */
static bool fails(const struct vector_case *c)
{
    return strcmp(seal_json_text(seal_json_get(c->expected, "result")), "error") == 0 &&
           strcmp(c->id, "unknown_chip_id") != 0;
}

static void check(const struct vector_case *c)
{
    struct seal_image image;
    struct seal_cause cause = {0};
    struct seal_buf *data = vector_member(c, c->inputs, "image");
    assert_non_null(data);
    int err = seal_image_parse(seal_buf_ptr(data), seal_buf_len(data), &hashes, &image, &cause);
    if (fails(c)) {
        assert_int_equal(err, SEAL_ERR_FORMAT);
        assert_true(cause.text[0] != '\0');
    } else if (err) {
        fail_msg("%s", cause.text);
    } else if (seal_json_get(c->expected, "image_info")) {
        seal_json *expected = read_json(c, "image_info.json");
        check_header(expected, &image);
        check_integrity(expected, &image);
        check_segments(expected, &image);
        check_descriptors(expected, &image);
        assert_int_equal(image.length, seal_buf_len(data));
        assert_int_equal(image.signature_count, 0);
        seal_json_free(&expected);
    }
    seal_buf_free(&data);
}

static void images_of_the_reference_are_read(void **state)
{
    (void)state;
    assert_int_equal(vector_each("image", check), 33);
}

static void check_signed(const struct vector_case *c)
{
    struct seal_image image;
    struct seal_cause cause = {0};
    struct seal_buf *data = vector_member(c, c->expected, "signed");
    seal_json *info = read_json(c, "signature_info.json");
    assert_int_equal(seal_image_parse(seal_buf_ptr(data), seal_buf_len(data), &hashes, &image, &cause),
                     SEAL_OK);
    assert_int_equal(image.signature_count, 1);
    assert_int_equal(image.signatures[0].offset, 4096);
    assert_true(image.signatures[0].crc_ok && image.signatures[0].digest_known &&
                image.signatures[0].digest_ok);
    assert_true(seal_image_signed_v2(&image));
    const seal_json *block = seal_json_at(seal_json_get(info, "blocks"), 0);
    check_hex(block ? block : seal_json_at(info, 0), "public_key_digest", image.signatures[0].key_digest, 32);

    uint8_t *bytes = seal_buf_mutable(data);
    bytes[200] ^= 1;
    assert_int_equal(seal_image_parse(seal_buf_ptr(data), seal_buf_len(data), &hashes, &image, &cause),
                     SEAL_OK);
    assert_false(image.signatures[0].digest_ok);
    assert_false(seal_image_intact(&image));
    bytes[4096 + 100] ^= 1;
    assert_int_equal(seal_image_parse(seal_buf_ptr(data), seal_buf_len(data), &hashes, &image, &cause),
                     SEAL_OK);
    assert_false(seal_image_signed_v2(&image));
    seal_json_free(&info);
    seal_buf_free(&data);
}

static void signature_blocks_are_found_behind_the_image(void **state)
{
    (void)state;
    assert_in_range(vector_each("image_signed", check_signed), 1, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(images_of_the_reference_are_read),
                                       cmocka_unit_test(signature_blocks_are_found_behind_the_image)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
