/* Single wishes, what a device grows into, what is refused before anything is burned, and devices whose keys
 * are hidden already. */
#include "sealing_rig.h"

#include <espseal/escrow.h>
#include <espseal/secret.h>
#include <espseal/secure_boot_v1.h>

static const struct seal_chip *c3(void)
{
    return seal_chip_find("esp32c3");
}

static struct outcome seal(struct sim_chip *chip, const struct seal_rig *rig)
{
    sim_chip_power_cycle(chip);
    return run_job(chip, &rig->profile);
}

static void assert_sealed(const struct seal_rig *rig, const struct outcome *out)
{
    if (out->err != SEAL_OK) {
        fail_msg("%s: %s: %s", rig->kind->title, seal_err_name(out->err), out->cause.text);
    }
}

static unsigned field(struct sim_chip *chip, const struct seal_rig *rig, const char *name)
{
    struct seal_efuse efuse;
    real_fuses(chip, rig->kind, &efuse);
    return seal_efuse_get_named(&efuse, name);
}

/* --- wishes alone --- */

static const char *const half[] = {"C2-ONE-WRITE", NULL};

static void flash_encryption_alone_on(const char *name, unsigned bits, unsigned filled)
{
    struct seal_rig rig;
    open_rig(&rig, seal_chip_find(name), SEAL_MODE_PRODUCTION);
    const struct seal_sealing only = {
        .flash_encryption = {.mode = SEAL_ENCRYPTION_DEVELOPMENT, .key_bits = (uint16_t)bits},
        .nvs = {.efuse_key = -1}};
    rig.profile.sealing = only;
    rig.profile.no_identity = true;
    rig.profile.allow = half;
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    struct outcome out = seal(chip, &rig);
    assert_sealed(&rig, &out);
    assert_boots(chip, &rig, "flash encryption alone");
    if (filled) {
        assert_int_equal(filled_key_blocks(chip), filled);
    }
    assert_int_equal(field(chip, &rig, "SECURE_BOOT_EN"), 0);
    out = seal(chip, &rig);
    assert_sealed(&rig, &out);
    assert_int_equal(out.steps, 0);
    sim_chip_free(&chip);
    close_rig(&rig);
}

static void flash_encryption_has_every_size(void **state)
{
    (void)state;
    flash_encryption_alone_on("esp32c3", 0, 1);
    flash_encryption_alone_on("esp32s3", 512, 2);
    flash_encryption_alone_on("esp32s2", 512, 2);
    flash_encryption_alone_on("esp32p4", 512, 2);
    flash_encryption_alone_on("esp32c2", 256, 0);
    flash_encryption_alone_on("esp32c2", 0, 0);
    flash_encryption_alone_on("esp32c2", 128, 0);
    flash_encryption_alone_on("esp32", 0, 0);
}

static void secure_boot_alone_is_switched_on_in_development_too(void **state)
{
    (void)state;
    for (enum seal_mode mode = SEAL_MODE_DEVELOPMENT; mode <= SEAL_MODE_PRODUCTION; mode++) {
        struct seal_rig rig;
        open_rig(&rig, c3(), mode);
        const struct seal_wish_secure_boot boot = rig.profile.sealing.secure_boot;
        rig.profile.sealing = (struct seal_sealing){.secure_boot = boot, .nvs = {.efuse_key = -1}};
        rig.profile.no_identity = true;
        struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
        struct outcome out = seal(chip, &rig);
        assert_sealed(&rig, &out);
        assert_int_equal(field(chip, &rig, "SECURE_BOOT_EN"), 1);
        assert_int_equal(field(chip, &rig, "SECURE_BOOT_KEY_REVOKE1"), 1);
        assert_int_equal(field(chip, &rig, "WR_DIS") & 1, mode == SEAL_MODE_PRODUCTION);
        assert_boots(chip, &rig, "secure boot alone");
        out = seal(chip, &rig);
        assert_sealed(&rig, &out);
        assert_int_equal(out.steps, 0);
        sim_chip_free(&chip);
        close_rig(&rig);
    }
}

static void doors_alone_are_closed(void **state)
{
    (void)state;
    struct seal_rig rig;
    open_rig(&rig, c3(), SEAL_MODE_PRODUCTION);
    rig.profile.sealing = (struct seal_sealing){
        .lockdown = {.jtag = SEAL_WORD_OFF, .download = SEAL_WORD_SECURE}, .nvs = {.efuse_key = -1}};
    rig.profile.no_identity = true;
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    struct outcome out = seal(chip, &rig);
    assert_sealed(&rig, &out);
    assert_int_equal(field(chip, &rig, "DIS_PAD_JTAG"), 1);
    assert_int_equal(field(chip, &rig, "ENABLE_SECURITY_DOWNLOAD"), 1);
    sim_chip_free(&chip);
    close_rig(&rig);
}

static void jtag_is_softly_closed_with_a_key(void **state)
{
    (void)state;
    struct seal_rig rig;
    open_rig(&rig, c3(), SEAL_MODE_PRODUCTION);
    rig.profile.sealing.lockdown.jtag = SEAL_WORD_SOFT;
    rig.profile.sealing.nvs.efuse_key = 3;
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    struct outcome out = seal(chip, &rig);
    assert_sealed(&rig, &out);
    assert_int_equal(filled_key_blocks(chip), 5); /* DS, flash, NVS, JTAG, digest */
    assert_int_equal(field(chip, &rig, "KEY_PURPOSE_3"), SEAL_PURPOSE_HMAC_UP);
    assert_int_equal(field(chip, &rig, "SOFT_DIS_JTAG"), 7);
    assert_boots(chip, &rig, "jtag: soft");
    sim_chip_free(&chip);
    close_rig(&rig);
}

/* The bootloader's digest is made with the chip's own key; the app carries an ECDSA signature. */
static void secure_boot_v1_digests_the_bootloader(void **state)
{
    (void)state;
    for (int encrypted = 0; encrypted < 2; encrypted++) {
        struct seal_rig rig;
        struct seal_signature signature;
        uint8_t bytes[SEAL_BOOT_V1_SIGNATURE_LEN];
        open_rig(&rig, seal_chip_find("esp32"), SEAL_MODE_PRODUCTION);
        rig.profile.sealing = (struct seal_sealing){
            .secure_boot = {.version = 1},
            .flash_encryption = {.mode = encrypted ? SEAL_ENCRYPTION_RELEASE : SEAL_ENCRYPTION_NONE},
            .nvs = {.efuse_key = -1}};
        seal_buf_truncate(rig.bootloader, seal_buf_len(rig.bootloader) - SEAL_BOOT_SECTOR);
        seal_buf_truncate(rig.app, seal_buf_len(rig.app) - SEAL_BOOT_SECTOR);
        assert_int_equal(
            seal_boot_v1_sign(ec_key, seal_buf_ptr(rig.app), seal_buf_len(rig.app), &signature, NULL),
            SEAL_OK);
        assert_int_equal(seal_boot_v1_put(&signature, bytes), SEAL_OK);
        assert_int_equal(seal_buf_put(rig.app, bytes, sizeof bytes), SEAL_OK);
        rig.firmware[0] = piece("bootloader.bin", 0x1000, rig.bootloader);
        rig.firmware[2] = piece("app.bin", APP_OFFSET, rig.app);
        struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
        struct outcome out = seal(chip, &rig);
        assert_sealed(&rig, &out);
        assert_int_equal(field(chip, &rig, "ABS_DONE_0"), 1);
        struct seal_efuse efuse;
        real_fuses(chip, rig.kind, &efuse);
        uint8_t key[32], *flash;
        size_t size;
        for (size_t i = 0; i < 32; i++) {
            key[31 - i] = (uint8_t)(efuse.words[2][i / 4] >> 8 * (i % 4));
        }
        flash = sim_chip_flash(chip, &size);
        if (!encrypted) {
            assert_int_equal(seal_boot_v1_check(key, flash, 0x1000 + 384, NULL), SEAL_OK);
        }
        sim_chip_free(&chip);
        close_rig(&rig);
    }
}

/* Once the key is hidden nobody can make the digest of another bootloader. */
static void another_bootloader_after_a_cut_does_not_cost_the_device(void **state)
{
    (void)state;
    unsigned refused = 0;
    for (unsigned burn = 1; burn < 8; burn++) {
        struct seal_rig rig;
        char fault[32];
        open_rig(&rig, seal_chip_find("esp32"), SEAL_MODE_PRODUCTION);
        rig.profile.sealing = (struct seal_sealing){.secure_boot = {.version = 1}, .nvs = {.efuse_key = -1}};
        sign_v1(&rig);
        (void)snprintf(fault, sizeof fault, "power:burn=%u", burn);
        struct sim_chip *chip = chip_to_seal(rig.kind, fault);
        struct outcome out = seal(chip, &rig);
        const bool on = field(chip, &rig, "ABS_DONE_0");
        assert_int_equal(sim_chip_set_faults(chip, NULL, NULL), SEAL_OK);
        seal_buf_mutable(rig.bootloader)[0x80] ^= 0x55; /* the checksum stays right */
        seal_buf_mutable(rig.bootloader)[0x81] ^= 0x55;
        out = seal(chip, &rig);
        refused += out.err != SEAL_OK && !on;
        if (out.err == SEAL_OK || on) {
            assert_boots(chip, &rig, fault);
        }
        sim_chip_free(&chip);
        close_rig(&rig);
    }
    assert_true(refused > 0);
}

/* A key that flash is encrypted with is no rest of a cut burn, even where it is not write-protected. */
static void a_key_in_use_gains_no_bits(void **state)
{
    (void)state;
    struct seal_rig rig;
    open_rig(&rig, seal_chip_find("esp32"), SEAL_MODE_DEVELOPMENT);
    rig.profile.no_identity = true;
    rig.profile.sealing = (struct seal_sealing){.flash_encryption = {.mode = SEAL_ENCRYPTION_DEVELOPMENT},
                                                .nvs = {.efuse_key = -1}};
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    struct outcome out = seal(chip, &rig);
    assert_ok(&out);
    uint32_t key[8];
    memcpy(key, chip->efuse.burned[1], sizeof key);
    chip->efuse.burned[0][0] &= ~(1u << 7); /* WR_DIS of BLOCK1 */
    chip->efuse.loaded[0][0] &= ~(1u << 7);
    out = seal(chip, &rig);
    assert_ok(&out);
    assert_memory_equal(key, chip->efuse.burned[1], sizeof key);
    sim_chip_free(&chip);
    close_rig(&rig);
}

/* --- growing up --- */

static void development_becomes_production_with_the_same_keys(void **state)
{
    (void)state;
    static const char *const chips[] = {"esp32", "esp32c2", "esp32c3", "esp32c61", "esp32s3"};
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        struct seal_rig rig;
        open_rig(&rig, seal_chip_find(chips[i]), SEAL_MODE_DEVELOPMENT);
        struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
        struct outcome out = seal(chip, &rig);
        assert_sealed(&rig, &out);
        const unsigned filled = filled_key_blocks(chip);
        rig.profile.mode = SEAL_MODE_PRODUCTION;
        out = seal(chip, &rig);
        assert_sealed(&rig, &out);
        assert_int_equal(filled_key_blocks(chip), filled);
        assert_boots(chip, &rig, "development, then production");
        sim_chip_free(&chip);
        close_rig(&rig);
    }
}

/* --- hidden keys --- */

static void a_given_key_reflashes_a_device_that_hides_it(void **state)
{
    (void)state;
    struct seal_rig rig;
    open_rig(&rig, c3(), SEAL_MODE_PRODUCTION);
    uint8_t key[32];
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(i * 73 + 11 + i * i);
    }
    rig.profile.sealing.flash_encryption.key = key;
    rig.profile.sealing.flash_encryption.key_len = sizeof key;
    rig.profile.sealing.lockdown.download = SEAL_WORD_UNSAID;
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    struct outcome out = seal(chip, &rig);
    assert_sealed(&rig, &out);
    out = seal(chip, &rig);
    assert_sealed(&rig, &out);
    assert_int_equal(out.steps, 0);
    size_t size;
    memset(sim_chip_flash(chip, &size) + APP_OFFSET, 0, 64);
    out = seal(chip, &rig);
    assert_sealed(&rig, &out);
    assert_int_equal(out.steps, 1);
    assert_boots(chip, &rig, "reflashed");
    sim_chip_free(&chip);
    close_rig(&rig);
}

static void what_needs_a_hidden_key_is_refused(void **state)
{
    (void)state;
    struct seal_rig rig;
    open_rig(&rig, c3(), SEAL_MODE_PRODUCTION);
    rig.profile.sealing.lockdown.download = SEAL_WORD_UNSAID;
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    struct outcome out = seal(chip, &rig);
    assert_sealed(&rig, &out);
    const unsigned burns = sim_chip_burns(chip);
    out = seal(chip, &rig);
    assert_sealed(&rig, &out);
    assert_int_equal(out.steps, 0);
    size_t size;
    memset(sim_chip_flash(chip, &size) + APP_OFFSET, 0xFF, 4096);
    out = seal(chip, &rig);
    assert_int_equal(out.err, SEAL_ERR_STATE);
    assert_non_null(strstr(out.cause.hint, "unlock"));
    assert_int_equal(sim_chip_burns(chip), burns);
    sim_chip_free(&chip);
    close_rig(&rig);
}

/* --- refusals --- */

static void refuse(struct seal_rig *rig, int err, const char *text)
{
    struct sim_chip *chip = chip_to_seal(rig->kind, NULL);
    struct outcome out = seal(chip, rig);
    if (out.err != err || !strstr(out.cause.text, text)) {
        fail_msg("%s: %s instead of \"%s\"", seal_err_name(out.err), out.cause.text, text);
    }
    assert_true(out.cause.hint[0] != '\0');
    assert_int_equal(sim_chip_burns(chip), 0);
    sim_chip_free(&chip);
    close_rig(rig);
}

static void bad_wishes_burn_nothing(void **state)
{
    (void)state;
    struct seal_rig rig;
    open_rig(&rig, c3(), SEAL_MODE_PRODUCTION);
    rig.profile.sealing.secure_boot.digests[0].bytes[3] ^= 1;
    refuse(&rig, SEAL_ERR_RULE, "FL-WRONG-KEY");

    open_rig(&rig, c3(), SEAL_MODE_PRODUCTION);
    seal_buf_mutable(rig.app)[40] ^= 1;
    refuse(&rig, SEAL_ERR_RULE, "BOOT-CHECK");

    open_rig(&rig, c3(), SEAL_MODE_PRODUCTION);
    rig.profile.firmware_count = 1;
    refuse(&rig, SEAL_ERR_NOT_FOUND, "partition table");

    open_rig(&rig, c3(), SEAL_MODE_PRODUCTION);
    rig.profile.firmware_count = 2; /* no app */
    refuse(&rig, SEAL_ERR_RULE, "BOOT-CHECK");

    open_rig(&rig, c3(), SEAL_MODE_PRODUCTION);
    rig.profile.sealing.anti_rollback.secure_version = 2;
    refuse(&rig, SEAL_ERR_MISMATCH, "version");

    open_rig(&rig, c3(), SEAL_MODE_PRODUCTION);
    rig.profile.sealing.flash_encryption.key_bits = 512;
    refuse(&rig, SEAL_ERR_UNSUPPORTED, "512");

    open_rig(&rig, seal_chip_find("esp32c61"), SEAL_MODE_PRODUCTION);
    rig.profile.allow = NULL;
    refuse(&rig, SEAL_ERR_RULE, "SB-SCHEME");

    open_rig(&rig, seal_chip_find("esp32c2"), SEAL_MODE_PRODUCTION);
    rig.profile.sealing.flash_encryption.key_bits = 256;
    refuse(&rig, SEAL_ERR_UNSUPPORTED, "256");

    open_rig(&rig, seal_chip_find("esp32c2"), SEAL_MODE_PRODUCTION);
    rig.profile.sealing.nvs.scheme = SEAL_NVS_HMAC;
    refuse(&rig, SEAL_ERR_UNSUPPORTED, "HMAC");
}

static void burn_before(struct sim_chip *chip, const struct seal_burn *burn)
{
    for (unsigned block = 0; block < SEAL_EFUSE_BLOCKS; block++) {
        for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
            chip->efuse.loaded[block][i] |= burn->words[block][i];
            chip->efuse.burned[block][i] |= burn->words[block][i];
        }
    }
}

/* The only block of an ESP32-C2 that came with XTS_KEY_LENGTH_256 has no half to spare for a digest. */
static void a_block_that_is_one_key_takes_no_digest(void **state)
{
    (void)state;
    struct seal_rig rig;
    open_rig(&rig, seal_chip_find("esp32c2"), SEAL_MODE_PRODUCTION);
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    struct seal_burn burn = {0};
    assert_int_equal(seal_burn_field(rig.kind, &burn, "XTS_KEY_LENGTH_256", 1, NULL), SEAL_OK);
    burn_before(chip, &burn);
    struct outcome out = seal(chip, &rig);
    assert_int_equal(out.err, SEAL_ERR_STATE);
    assert_non_null(strstr(out.cause.text, "XTS_KEY_LENGTH_256"));
    assert_int_equal(sim_chip_burns(chip), 0);
    sim_chip_free(&chip);
    close_rig(&rig);
}

/* Another's digest in a slot that the profile does not name would be trusted like its own. */
static void a_digest_of_somebody_else_is_refused(void **state)
{
    (void)state;
    struct seal_rig rig;
    for (enum seal_mode mode = SEAL_MODE_DEVELOPMENT; mode <= SEAL_MODE_PRODUCTION; mode++) {
        open_rig(&rig, c3(), mode);
        rig.profile.no_identity = true;
        rig.profile.sealing = (struct seal_sealing){.secure_boot = rig.profile.sealing.secure_boot};
        struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
        struct seal_burn burn = {0};
        const struct seal_key_purpose *purpose = seal_chip_purpose(rig.kind, "SECURE_BOOT_DIGEST1");
        assert_int_equal(seal_burn_purpose(rig.kind, &burn, 3, purpose->value, NULL), SEAL_OK);
        burn_before(chip, &burn);
        struct outcome out = seal(chip, &rig);
        assert_int_equal(out.err, SEAL_ERR_STATE);
        assert_non_null(strstr(out.cause.text, "slot 1 of secure boot holds"));
        assert_int_equal(sim_chip_burns(chip), 0);
        sim_chip_free(&chip);
        close_rig(&rig);
    }
}

/* --- escrow --- */

static void keys_are_wrapped_before_the_burn(void **state)
{
    (void)state;
    struct seal_rig rig;
    struct seal_link *link = NULL;
    struct seal_loader *loader = NULL;
    struct seal_job *job = NULL;
    struct seal_cause cause = {0};
    const struct seal_loader_options options = {0};
    struct seal_escrow *escrow = seal_secret_alloc(sizeof *escrow);
    const struct seal_subject subject = {.name = "/CN=recipient"};
    struct seal_cert *recipient = NULL;
    open_rig(&rig, c3(), SEAL_MODE_PRODUCTION);
    assert_int_equal(seal_cert_new_placeholder(given.ec_key, &subject, &recipient, NULL), SEAL_OK);
    rig.profile.sealing.flash_encryption.escrow_to = recipient;
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    assert_int_equal(sim_link_new(chip, &link), SEAL_OK);
    assert_int_equal(seal_loader_connect(link, &options, &loader, &cause), SEAL_OK);
    assert_int_equal(seal_job_survey(loader, &rig.profile, &job, &cause), SEAL_OK);
    int err = seal_job_plan(job, &cause);
    if (err) {
        fail_msg("%s", cause.text);
    }
    const struct seal_buf *file = seal_job_escrow(job);
    assert_non_null(file);
    assert_int_equal(
        seal_escrow_unwrap(seal_buf_ptr(file), seal_buf_len(file), "escrow", given.ec_key, escrow, &cause),
        SEAL_OK);
    assert_int_equal(escrow->count, 2);
    const struct seal_escrow_key *key = seal_escrow_find(escrow, SEAL_ESCROW_FLASH_ENCRYPTION);
    assert_non_null(key);
    assert_int_equal(seal_job_run(job, NULL, &cause), SEAL_OK);
    const uint32_t *words = sim_chip_fuses(chip, 4);
    for (size_t i = 0; i < 32; i++) {
        assert_int_equal(key->bytes[31 - i], words[i / 4] >> 8 * (i % 4) & 0xFF);
    }
    seal_json *receipt = NULL;
    struct seal_buf *text = seal_buf_new();
    assert_int_equal(seal_job_receipt(job, SEAL_OK, &receipt), SEAL_OK);
    assert_int_equal(seal_json_print(receipt, false, text), SEAL_OK);
    assert_int_equal(seal_buf_put_u8(text, 0), SEAL_OK);
    static const char *const members[] = {"\"last_exits\"", "\"escrow_sha256\"", "\"flash_encryption\"",
                                          "\"secure_boot\"", "sha256_before_encryption"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        assert_non_null(strstr((const char *)seal_buf_ptr(text), members[i]));
    }
    seal_buf_free(&text);
    seal_json_free(&receipt);
    seal_secret_free(escrow, sizeof *escrow);
    seal_cert_free(&recipient);
    seal_job_free(&job);
    seal_loader_free(&loader);
    seal_link_close(&link);
    sim_chip_free(&chip);
    close_rig(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flash_encryption_has_every_size),
        cmocka_unit_test(secure_boot_alone_is_switched_on_in_development_too),
        cmocka_unit_test(doors_alone_are_closed),
        cmocka_unit_test(jtag_is_softly_closed_with_a_key),
        cmocka_unit_test(secure_boot_v1_digests_the_bootloader),
        cmocka_unit_test(another_bootloader_after_a_cut_does_not_cost_the_device),
        cmocka_unit_test(a_key_in_use_gains_no_bits),
        cmocka_unit_test(development_becomes_production_with_the_same_keys),
        cmocka_unit_test(a_given_key_reflashes_a_device_that_hides_it),
        cmocka_unit_test(what_needs_a_hidden_key_is_refused),
        cmocka_unit_test(bad_wishes_burn_nothing),
        cmocka_unit_test(a_digest_of_somebody_else_is_refused),
        cmocka_unit_test(a_block_that_is_one_key_takes_no_digest),
        cmocka_unit_test(keys_are_wrapped_before_the_burn),
    };
    return cmocka_run_group_tests(tests, make_signers, free_signers);
}
