/* What may not be written to which chip, rule by rule, and that each gives way to its own name only. */
#include "unit.h"

#include <espseal/digest.h>
#include <espseal/file.h>
#include <espseal/flash_guard.h>
#include <espseal/image.h>

#include <stdio.h>
#include <string.h>

static struct seal_buf *vector(const char *name)
{
    char path[512];
    struct seal_buf *data = NULL;
    (void)snprintf(path, sizeof path, "%s/vectors/%s", TESTS_DIR, name);
    assert_int_equal(seal_file_read(path, 1 << 20, 0, &data, NULL), SEAL_OK);
    return data;
}

static void target_of(const char *chip, const char *const *fields, struct seal_flash_target *target)
{
    struct seal_efuse efuse = {.chip = seal_chip_find(chip), .loaded = ~0u};
    struct seal_burn burn = {0};
    assert_non_null(efuse.chip);
    for (; fields && *fields; fields++) {
        assert_int_equal(seal_burn_field(efuse.chip, &burn, *fields, 1, NULL), SEAL_OK);
    }
    memcpy(efuse.words, burn.words, sizeof efuse.words);
    seal_flash_target_from_efuse(&efuse, target);
}

static const char *rule_of(const struct seal_flash_target *target, const struct seal_flash_piece *piece,
                           const char *const *allowed)
{
    static char name[32];
    struct seal_cause cause = {0};
    int err = seal_flash_guard(target, piece, allowed, &cause);
    if (err == SEAL_OK) {
        return "none";
    }
    assert_int_equal(err, SEAL_ERR_RULE);
    assert_true(sscanf(cause.text, "rule %31[^:]:", name) == 1);
    assert_non_null(strstr(cause.hint, name));
    return name;
}

/* The rule that refuses the piece; it alone, of all rules, lets it pass. */
static void expect(const struct seal_flash_target *target, const struct seal_flash_piece *piece,
                   const char *rule)
{
    assert_string_equal(rule_of(target, piece, NULL), rule);
    if (strcmp(rule, "none") == 0) {
        return;
    }
    for (size_t i = 0; seal_flash_rules[i]; i++) {
        const char *const allowed[] = {seal_flash_rules[i], NULL};
        bool is_it = strcmp(seal_flash_rules[i], rule) == 0;
        assert_string_equal(rule_of(target, piece, allowed), is_it ? "none" : rule);
    }
}

static struct seal_flash_piece piece_of(const struct seal_buf *data)
{
    return (struct seal_flash_piece){
        .name = "file", .offset = 0x10000, .data = seal_buf_ptr(data), .len = seal_buf_len(data)};
}

static void a_blank_chip_takes_its_own_images(void **state)
{
    (void)state;
    struct seal_flash_target target;
    struct seal_buf *c3 = vector("image/esp32c3_boot/image.bin");
    struct seal_buf *s3 = vector("image/esp32s3_boot/image.bin");
    struct seal_flash_piece piece = piece_of(c3);
    target_of("esp32c3", NULL, &target);
    assert_false(target.encrypted || target.secure_boot_v1 || target.secure_boot_v2 || target.has_key);
    expect(&target, &piece, "none");
    piece = piece_of(s3);
    expect(&target, &piece, "FL-WRONG-CHIP");
    target_of("esp32s3", NULL, &target);
    expect(&target, &piece, "none");
    seal_buf_free(&c3);
    seal_buf_free(&s3);
}

static void revisions_are_bounds(void **state)
{
    (void)state;
    struct seal_flash_target target;
    struct seal_buf *data = vector("image/esp32c3_app/image.bin"); /* v0.3 to v3.99 */
    const struct seal_flash_piece piece = piece_of(data);
    static const struct {
        int revision;
        const char *rule;
    } rows[] = {{-1, "none"}, {2, "FL-REVISION"}, {3, "none"}, {399, "none"}, {400, "FL-REVISION"}};
    target_of("esp32c3", NULL, &target);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        target.revision = rows[i].revision;
        expect(&target, &piece, rows[i].rule);
    }
    seal_buf_free(&data);
    data = vector("image/esp32_nodigest/image.bin"); /* of an older elf2image: major revision 1 */
    const struct seal_flash_piece old = piece_of(data);
    target_of("esp32", NULL, &target);
    target.revision = 0;
    expect(&target, &old, "FL-REVISION");
    target.revision = 100;
    expect(&target, &old, "none");
    seal_buf_free(&data);
}

static void plaintext_is_known_by_what_it_is(void **state)
{
    (void)state;
    struct seal_flash_target target;
    struct seal_buf *image = vector("image/esp32c3_boot/image.bin");
    struct seal_buf *table = vector("partition_table/two_ota/out.bin");
    struct seal_buf *text = seal_buf_new();
    assert_int_equal(seal_buf_put_fill(text, 'a', 5000), SEAL_OK);
    target_of("esp32c3", (const char *const[]){"SPI_BOOT_CRYPT_CNT", NULL}, &target);
    assert_true(target.encrypted && target.key_known && !target.has_key);
    struct seal_flash_piece piece = piece_of(image);
    expect(&target, &piece, "FL-PLAINTEXT");
    piece = piece_of(table);
    expect(&target, &piece, "FL-PLAINTEXT");
    piece.encrypt = true;
    expect(&target, &piece, "FL-NO-KEY");
    target.has_key = true;
    expect(&target, &piece, "none");

    /* What is neither is judged where it goes: most data partitions are not encrypted. */
    struct seal_partition partition = {.type = SEAL_PARTITION_DATA, .subtype = 2};
    piece = piece_of(text);
    expect(&target, &piece, "none");
    piece.partition = &partition;
    expect(&target, &piece, "none");
    partition.flags = SEAL_PARTITION_ENCRYPTED;
    expect(&target, &piece, "FL-PLAINTEXT");
    uint8_t *bytes = seal_buf_mutable(text);
    for (size_t i = 0; i < 5000; i += 16) { /* like ciphertext: no two neighbours are equal */
        seal_put_le32(bytes + (i < 4984 ? i : 4984), (uint32_t)i * 2654435761u);
    }
    expect(&target, &piece, "none");
    seal_buf_free(&image);
    seal_buf_free(&table);
    seal_buf_free(&text);
}

static void secure_boot_wants_a_trusted_signature(void **state)
{
    (void)state;
    struct seal_flash_target target;
    struct seal_image image;
    struct seal_buf *plain = vector("image/esp32c3_boot/image.bin");
    struct seal_buf *data = vector("image_signed/v2_real_image/signed.bin");
    struct seal_flash_piece piece = piece_of(plain);
    target_of("esp32c3", (const char *const[]){"SECURE_BOOT_EN", NULL}, &target);
    assert_true(target.secure_boot_v2 && target.digests_known && target.key_count == 0);
    expect(&target, &piece, "FL-UNSIGNED");
    piece = piece_of(data);
    expect(&target, &piece, "FL-WRONG-KEY");

    /* Digest and purpose as they stand in the fuses, then revoked. */
    struct seal_efuse efuse = {.chip = seal_chip_find("esp32c3"), .loaded = ~0u};
    struct seal_burn burn = {0};
    uint8_t digest[32];
    memset(digest, 0x5A, sizeof digest);
    assert_int_equal(seal_burn_field(efuse.chip, &burn, "SECURE_BOOT_EN", 1, NULL), SEAL_OK);
    assert_int_equal(seal_burn_field(efuse.chip, &burn, "KEY_PURPOSE_2", 10, NULL), SEAL_OK);
    seal_burn_key(efuse.chip, &burn, 2, digest);
    memcpy(efuse.words, burn.words, sizeof efuse.words);
    seal_flash_target_from_efuse(&efuse, &target);
    assert_int_equal(target.key_count, 1);
    assert_memory_equal(target.keys[0], digest, sizeof digest);
    expect(&target, &piece, "FL-WRONG-KEY");
    assert_int_equal(seal_burn_field(efuse.chip, &burn, "SECURE_BOOT_KEY_REVOKE1", 1, NULL), SEAL_OK);
    memcpy(efuse.words, burn.words, sizeof efuse.words);
    struct seal_flash_target revoked;
    seal_flash_target_from_efuse(&efuse, &revoked);
    assert_int_equal(revoked.key_count, 0);

    static const struct seal_image_hashes hashes = {.sha256 = seal_sha256_mapped, .keys_only = true};
    assert_int_equal(seal_image_parse(piece.data, piece.len, &hashes, &image, NULL), SEAL_OK);
    memcpy(target.keys[0], image.signatures[0].key_digest, 32);
    expect(&target, &piece, "none");
    target.digests_known = false; /* secure download mode: digests cannot be read */
    target.key_count = 0;
    expect(&target, &piece, "none");
    seal_buf_free(&plain);
    seal_buf_free(&data);
}

static void versions_of_secure_boot_are_told_apart(void **state)
{
    (void)state;
    struct seal_flash_target target;
    struct seal_buf *image = vector("image/esp32_boot/image.bin");
    struct seal_buf *v1 = seal_buf_new();
    assert_int_equal(seal_buf_put_fill(v1, 0x11, 192), SEAL_OK);
    assert_int_equal(seal_buf_put_fill(v1, 0xFF, 0x1000 - 192), SEAL_OK);
    assert_int_equal(seal_buf_put(v1, seal_buf_ptr(image), seal_buf_len(image)), SEAL_OK);
    struct seal_flash_piece piece = piece_of(v1);
    piece.offset = 0;
    target_of("esp32", (const char *const[]){"ABS_DONE_1", NULL}, &target);
    assert_true(target.secure_boot_v2 && !target.secure_boot_v1 && !target.digests_known);
    expect(&target, &piece, "FL-SB-V1");
    target_of("esp32", (const char *const[]){"ABS_DONE_0", NULL}, &target);
    assert_true(target.secure_boot_v1 && !target.secure_boot_v2);
    expect(&target, &piece, "none");
    piece = piece_of(image);
    expect(&target, &piece, "FL-UNSIGNED");
    target_of("esp32", (const char *const[]){"FLASH_CRYPT_CNT", NULL}, &target);
    assert_true(target.encrypted);
    expect(&target, &piece, "FL-PLAINTEXT");
    seal_buf_free(&image);
    seal_buf_free(&v1);
}

static void a_cut_image_is_refused_where_it_would_start(void **state)
{
    (void)state;
    struct seal_flash_target target;
    struct seal_buf *data = vector("image/truncated/image.bin");
    struct seal_flash_piece piece = piece_of(data);
    const struct seal_partition app = {.type = SEAL_PARTITION_APP};
    target_of("esp32c3", NULL, &target);
    expect(&target, &piece, "none"); /* a place of which nothing is known */
    piece.partition = &app;
    expect(&target, &piece, "FL-DAMAGED");
    piece.partition = NULL;
    piece.offset = target.chip->bootloader_offset;
    expect(&target, &piece, "FL-DAMAGED");
    seal_buf_free(&data);
}

static void the_rom_tells_enough_in_secure_download_mode(void **state)
{
    (void)state;
    struct seal_flash_target target;
    const struct seal_chip *chip = seal_chip_find("esp32c3");
    const struct seal_security_info info = {.valid = true,
                                            .flags =
                                                SEAL_SECURITY_SECURE_BOOT | SEAL_SECURITY_SECURE_DOWNLOAD,
                                            .flash_crypt_count = 7,
                                            .key_purposes = {0, 4, 9, 0, 0, 0, 12}};
    seal_flash_target_from_info(chip, &info, &target);
    assert_true(target.encrypted && target.has_key && target.secure_boot_v2);
    assert_false(target.digests_known);
    assert_int_equal(target.revision, -1);
}

static void what_the_host_encrypts_needs_a_chip_that_decrypts(void **state)
{
    (void)state;
    struct seal_flash_target target;
    struct seal_buf *table = vector("partition_table/two_ota/out.bin");
    struct seal_flash_piece piece = piece_of(table);
    target_of("esp32c3", NULL, &target);
    target.has_key = true;
    piece.ciphertext = true;
    expect(&target, &piece, "FL-CIPHERTEXT");
    target.encrypted = true;
    expect(&target, &piece, "none");
    piece.key_doubt = "nobody knows";
    expect(&target, &piece, "FL-KEY-DOUBT");
    piece.key_doubt = NULL;
    target.has_key = false;
    expect(&target, &piece, "FL-NO-KEY");
    seal_buf_free(&table);
}

/* Where no purpose tells of a key, its block does. */
static void a_key_shows_where_no_purpose_tells(void **state)
{
    (void)state;
    static const struct {
        const char *chip;
        unsigned block;
    } chips[] = {{"esp32", 1}, {"esp32c2", 3}};
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        struct seal_efuse efuse = {.chip = seal_chip_find(chips[i].chip), .loaded = ~0u};
        struct seal_flash_target target;
        seal_flash_target_from_efuse(&efuse, &target);
        assert_true(target.key_known && !target.has_key);
        efuse.words[chips[i].block][7] = 1; /* of a digest beside it (ESP32-C2) */
        seal_flash_target_from_efuse(&efuse, &target);
        assert_false(target.has_key);
        efuse.words[chips[i].block][3] = 1;
        seal_flash_target_from_efuse(&efuse, &target);
        assert_true(target.has_key);
        efuse.loaded = 1;
        seal_flash_target_from_efuse(&efuse, &target);
        assert_false(target.key_known);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_host_encrypts_needs_a_chip_that_decrypts),
        cmocka_unit_test(a_key_shows_where_no_purpose_tells),
        cmocka_unit_test(a_blank_chip_takes_its_own_images),
        cmocka_unit_test(revisions_are_bounds),
        cmocka_unit_test(plaintext_is_known_by_what_it_is),
        cmocka_unit_test(secure_boot_wants_a_trusted_signature),
        cmocka_unit_test(versions_of_secure_boot_are_told_apart),
        cmocka_unit_test(a_cut_image_is_refused_where_it_would_start),
        cmocka_unit_test(the_rom_tells_enough_in_secure_download_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
