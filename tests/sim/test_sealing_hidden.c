/* Chips whose key is hidden while their switches are open: ours, of a run that was cut, or somebody else's.
 */
#include "sealing_rig.h"

#include <espseal/secure_boot_v1.h>

static unsigned hidden_keys(struct sim_chip *chip, const struct seal_rig *rig)
{
    struct seal_efuse efuse;
    real_fuses(chip, rig->kind, &efuse);
    return (unsigned)__builtin_popcount(seal_efuse_get_named(&efuse, "RD_DIS"));
}

static bool switched_on(struct sim_chip *chip, const struct seal_rig *rig)
{
    static const char *const fields[] = {"SPI_BOOT_CRYPT_CNT", "FLASH_CRYPT_CNT", "SECURE_BOOT_EN",
                                         "ABS_DONE_0", "ABS_DONE_1"};
    struct seal_efuse efuse;
    bool on = false;
    real_fuses(chip, rig->kind, &efuse);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        on = on || (seal_chip_field(rig->kind, fields[i]) && seal_efuse_get_named(&efuse, fields[i]));
    }
    return on;
}

/* The power goes when so many keys are hidden, and nothing is switched on. */
static struct sim_chip *cut_when_hidden(const struct seal_rig *rig, unsigned keys, seal_json **kept)
{
    for (unsigned burn = 1; burn < 40; burn++) {
        char fault[32];
        (void)snprintf(fault, sizeof fault, "power:burn=%u:bits=0", burn);
        struct sim_chip *chip = chip_to_seal(rig->kind, fault);
        seal_json_free(kept);
        struct outcome out = run_recorded_job(chip, &rig->profile, kept);
        assert_int_not_equal(out.err, SEAL_OK);
        if (hidden_keys(chip, rig) >= keys && !switched_on(chip, rig)) {
            assert_int_equal(sim_chip_set_faults(chip, NULL, NULL), SEAL_OK);
            return chip;
        }
        sim_chip_free(&chip);
    }
    fail_msg("%s: no burn leaves %u keys hidden and nothing switched on", rig->kind->title, keys);
    return NULL;
}

static void must_refuse(struct sim_chip *chip, const struct seal_rig *rig, seal_json **kept, const char *why)
{
    sim_chip_power_cycle(chip);
    const unsigned burns = sim_chip_burns(chip);
    struct outcome out = run_recorded_job(chip, &rig->profile, kept);
    if (out.err != SEAL_ERR_RULE || !strstr(out.cause.text, "rule BOOT-CHECK") ||
        !strstr(out.cause.text, why)) {
        fail_msg("%s: %s: %s, not for \"%s\"", rig->kind->title, seal_err_name(out.err), out.cause.text, why);
    }
    assert_non_null(strstr(out.cause.hint, "--allow BOOT-CHECK"));
    assert_non_null(out.cause.word);
    assert_int_equal(sim_chip_burns(chip), burns);
    assert_false(switched_on(chip, rig));
}

static void must_finish(struct sim_chip *chip, const struct seal_rig *rig, seal_json **kept)
{
    sim_chip_power_cycle(chip);
    struct outcome out = run_recorded_job(chip, &rig->profile, kept);
    assert_ok(&out);
    assert_true(switched_on(chip, rig));
    assert_boots(chip, rig, "a run that goes on from a record");
}

static void open_c3(struct seal_rig *rig)
{
    open_rig(rig, seal_chip_find("esp32c3"), SEAL_MODE_PRODUCTION);
    rig->profile.sealing.lockdown.download = SEAL_WORD_UNSAID;
}

enum { C3_KEYS = 3 }; /* DS, flash, NVS */

static void nothing_is_switched_on_over_images_that_nobody_recorded(void **state)
{
    (void)state;
    struct seal_rig rig;
    open_c3(&rig);
    seal_json *kept = NULL, *other = seal_json_object_new();
    struct sim_chip *chip = cut_when_hidden(&rig, C3_KEYS, &kept);
    must_refuse(chip, &rig, NULL, "no record tells");
    must_refuse(chip, &rig, &other, "no record tells");
    must_finish(chip, &rig, &kept);
    sim_chip_free(&chip);
    seal_json_free(&kept);
    seal_json_free(&other);
    close_rig(&rig);
}

static void the_rule_can_be_overridden(void **state)
{
    (void)state;
    static const char *const allow[] = {"BOOT-CHECK", NULL};
    struct seal_rig rig;
    seal_json *kept = NULL;
    open_c3(&rig);
    struct sim_chip *chip = cut_when_hidden(&rig, C3_KEYS, &kept);
    rig.profile.allow = allow;
    must_finish(chip, &rig, NULL);
    sim_chip_free(&chip);
    seal_json_free(&kept);
    close_rig(&rig);
}

static void a_record_of_other_images_is_no_proof(void **state)
{
    (void)state;
    struct seal_rig rig, second;
    seal_json *kept = NULL, *strange = NULL;
    open_c3(&rig);
    open_c3(&second); /* signed anew: other bytes, as good */
    struct sim_chip *chip = cut_when_hidden(&rig, C3_KEYS, &kept);
    second.profile.firmware = rig.firmware;
    rig.firmware[2] = piece("app.bin", APP_OFFSET, second.app);
    must_refuse(chip, &rig, &kept, "app.bin");
    rig.firmware[2] = piece("app.bin", APP_OFFSET, rig.app);

    struct seal_buf *text = seal_buf_new(); /* the same, of a chip with another MAC */
    assert_int_equal(seal_json_print(kept, false, text), SEAL_OK);
    char *mac = strstr((char *)seal_buf_mutable(text), "\"mac\":");
    mac[9] = mac[9] == '0' ? '2' : '0';
    assert_int_equal(seal_json_parse((const char *)seal_buf_ptr(text), seal_buf_len(text), &strange, NULL),
                     SEAL_OK);
    must_refuse(chip, &rig, &strange, "no record tells");
    must_finish(chip, &rig, &kept);
    seal_buf_free(&text);
    sim_chip_free(&chip);
    seal_json_free(&kept);
    seal_json_free(&strange);
    close_rig(&rig);
    close_rig(&second);
}

/* The record stands for the images' bytes, not for their being right: those are judged again. */
static void recorded_images_are_judged_by_the_profile_of_now(void **state)
{
    (void)state;
    struct seal_rig rig;
    seal_json *kept = NULL;
    open_rig(&rig, seal_chip_find("esp32c3"), SEAL_MODE_PRODUCTION);
    const struct seal_wish_secure_boot boot = rig.profile.sealing.secure_boot;
    rig.profile.sealing.lockdown.download = SEAL_WORD_UNSAID;
    rig.profile.sealing.secure_boot = (struct seal_wish_secure_boot){0};
    struct sim_chip *chip = cut_when_hidden(&rig, C3_KEYS, &kept);
    rig.profile.sealing.secure_boot = boot;
    rig.profile.sealing.secure_boot.digests[0].bytes[5] ^= 1;
    rig.profile.allow = (const char *const[]){"FL-WRONG-KEY", "FL-UNSIGNED", NULL};
    must_refuse(chip, &rig, &kept, "would not start");
    rig.profile.allow = NULL;
    rig.profile.sealing.secure_boot = boot;
    must_finish(chip, &rig, &kept);
    sim_chip_free(&chip);
    seal_json_free(&kept);
    close_rig(&rig);
}

static void secure_boot_v1_needs_a_record_too(void **state)
{
    (void)state;
    for (int encrypted = 0; encrypted < 2; encrypted++) {
        struct seal_rig rig;
        seal_json *kept = NULL;
        open_rig(&rig, seal_chip_find("esp32"), SEAL_MODE_PRODUCTION);
        sign_v1(&rig);
        rig.profile.sealing = (struct seal_sealing){
            .secure_boot = {.version = 1},
            .flash_encryption = {.mode = encrypted ? SEAL_ENCRYPTION_RELEASE : SEAL_ENCRYPTION_NONE},
            .nvs = {.efuse_key = -1}};
        struct sim_chip *chip = cut_when_hidden(&rig, encrypted ? 2 : 1, &kept);
        must_refuse(chip, &rig, NULL, "no record tells");
        sim_chip_power_cycle(chip);
        struct outcome out = run_recorded_job(chip, &rig.profile, &kept);
        assert_ok(&out);
        assert_true(switched_on(chip, &rig));
        sim_chip_free(&chip);
        seal_json_free(&kept);
        close_rig(&rig);
    }
}

/* --- a key that is given --- */

static void a_key_that_is_given_is_tried_before_it_is_used(void **state)
{
    (void)state;
    static const char *const chips[] = {"esp32", "esp32c3"};
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        struct seal_rig rig;
        seal_json *kept = NULL;
        uint8_t key[32];
        open_rig(&rig, seal_chip_find(chips[i]), SEAL_MODE_PRODUCTION);
        struct seal_wish_flash_encryption *wish = &rig.profile.sealing.flash_encryption;
        for (size_t k = 0; k < sizeof key; k++) {
            key[k] = (uint8_t)(k * 73 + 11 + k * k);
        }
        rig.profile.no_identity = true;
        wish->key = key;
        wish->key_len = sizeof key;
        rig.profile.sealing.lockdown.download = SEAL_WORD_UNSAID;
        struct sim_chip *chip = cut_when_hidden(&rig, i == 0 ? 1 : 2, &kept);
        sim_chip_power_cycle(chip);
        key[7] ^= 1;
        struct outcome out = run_recorded_job(chip, &rig.profile, NULL);
        assert_int_equal(out.err, i == 0 ? SEAL_ERR_RULE : SEAL_ERR_PROOF); /* the C3's ROM proves it */
        assert_non_null(strstr(out.cause.text, i == 0 ? "FL-KEY-DOUBT" : "is not what its key makes"));
        assert_false(switched_on(chip, &rig));
        key[7] ^= 1;
        must_finish(chip, &rig, NULL);
        sim_chip_free(&chip);
        seal_json_free(&kept);
        close_rig(&rig);
    }
}

/* --- what the receipt says --- */

struct run {
    struct seal_link *link;
    struct seal_loader *loader;
    struct seal_job *job;
    struct seal_cause cause;
};

static void begin(struct run *run, struct sim_chip *chip, const struct seal_rig *rig)
{
    const struct seal_loader_options options = {0};
    *run = (struct run){0};
    assert_int_equal(sim_link_new(chip, &run->link), SEAL_OK);
    assert_int_equal(seal_loader_connect(run->link, &options, &run->loader, &run->cause), SEAL_OK);
    assert_int_equal(seal_job_survey(run->loader, &rig->profile, &run->job, &run->cause), SEAL_OK);
}

static void end(struct run *run)
{
    seal_job_free(&run->job);
    seal_loader_free(&run->loader);
    seal_link_close(&run->link);
}

static seal_json *receipt_of(const struct run *run)
{
    seal_json *receipt = NULL;
    assert_int_equal(seal_job_receipt(run->job, SEAL_OK, &receipt), SEAL_OK);
    return receipt;
}

static const seal_json *region_at(const seal_json *receipt, const char *offset)
{
    const seal_json *regions = seal_json_get(receipt, "regions");
    for (const seal_json *one = seal_json_first(regions); one; one = seal_json_next(one)) {
        if (strcmp(seal_json_text(seal_json_get(one, "offset")), offset) == 0) {
            return one;
        }
    }
    fail_msg("no region at %s", offset);
    return NULL;
}

static void receipts_tell_what_was_compared(void **state)
{
    (void)state;
    static const char *const offsets[] = {"0x0", "0x8000", "0x20000", "0xd000"};
    struct seal_rig rig;
    struct run run;
    open_c3(&rig);
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    begin(&run, chip, &rig);
    assert_false(seal_job_wants_record(run.job));
    assert_int_equal(seal_job_plan(run.job, &run.cause), SEAL_OK);
    assert_true(seal_job_needs_record(run.job));
    seal_json *before = receipt_of(&run);
    assert_int_equal(seal_job_run(run.job, NULL, &run.cause), SEAL_OK);
    seal_json *after = receipt_of(&run);
    end(&run);
    sim_chip_power_cycle(chip);
    begin(&run, chip, &rig);
    assert_true(seal_job_wants_record(run.job));
    assert_true(seal_job_recall(run.job, after));
    assert_int_equal(seal_job_plan(run.job, &run.cause), SEAL_OK);
    assert_int_equal(seal_job_step_count(run.job), 0);
    assert_false(seal_job_needs_record(run.job));
    seal_json *again = receipt_of(&run);
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        assert_false(seal_json_is_true(seal_json_get(region_at(before, offsets[i]), "compared")));
        assert_true(seal_json_is_true(seal_json_get(region_at(after, offsets[i]), "compared")));
        const seal_json *one = region_at(again, offsets[i]);
        const bool hidden = seal_json_is_true(seal_json_get(one, "encrypted"));
        assert_int_equal(seal_json_is_true(seal_json_get(one, "compared")), !hidden);
        assert_int_equal(seal_json_text(seal_json_get(one, "reason")) != NULL, hidden);
    }
    assert_true(seal_json_is_true(seal_json_get(region_at(again, "0x20000"), "recorded")));
    assert_false(seal_job_recall(run.job, again)); /* it saw no more than this run sees */
    end(&run);
    seal_json_free(&before);
    seal_json_free(&after);
    seal_json_free(&again);
    sim_chip_free(&chip);
    close_rig(&rig);
}

static int disk_full(void *ctx, struct seal_cause *cause)
{
    (*(unsigned *)ctx)++;
    return seal_fail(cause, SEAL_ERR_IO, "no space left");
}

static void no_key_is_hidden_without_its_record(void **state)
{
    (void)state;
    unsigned asked = 0;
    const struct seal_job_events events = {.record = disk_full, .ctx = &asked};
    struct seal_rig rig;
    struct run run;
    open_c3(&rig);
    struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
    begin(&run, chip, &rig);
    assert_int_equal(seal_job_plan(run.job, &run.cause), SEAL_OK);
    assert_int_equal(seal_job_run(run.job, &events, &run.cause), SEAL_ERR_IO);
    assert_int_equal(asked, 1);
    assert_non_null(strstr(run.cause.hint, "repeat the same command"));
    assert_int_equal(hidden_keys(chip, &rig), 0);
    end(&run);
    must_finish(chip, &rig, NULL);
    sim_chip_free(&chip);
    close_rig(&rig);
}

static bool warned(const struct run *run, const char *text)
{
    const char *warning = NULL;
    for (size_t i = 0; (warning = seal_job_warning(run->job, i)) != NULL; i++) {
        if (strstr(warning, text)) {
            return true;
        }
    }
    return false;
}

static void what_nobody_can_mend_is_warned_of(void **state)
{
    (void)state;
    for (unsigned lasting = 0; lasting < 2; lasting++) {
        struct seal_rig rig;
        struct run run;
        open_c3(&rig);
        rig.profile.sealing.flash_encryption.mode =
            lasting ? SEAL_ENCRYPTION_RELEASE : SEAL_ENCRYPTION_DEVELOPMENT;
        rig.profile.sealing.secure_boot.aggressive_revoke = lasting;
        struct sim_chip *chip = chip_to_seal(rig.kind, NULL);
        begin(&run, chip, &rig);
        assert_int_equal(seal_job_plan(run.job, &run.cause), SEAL_OK);
        assert_int_equal(warned(&run, "kept nowhere: nobody writes this flash"), lasting);
        assert_int_equal(warned(&run, "revokes the only key"), lasting);
        end(&run);
        sim_chip_free(&chip);
        close_rig(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_switched_on_over_images_that_nobody_recorded),
        cmocka_unit_test(the_rule_can_be_overridden),
        cmocka_unit_test(a_record_of_other_images_is_no_proof),
        cmocka_unit_test(recorded_images_are_judged_by_the_profile_of_now),
        cmocka_unit_test(secure_boot_v1_needs_a_record_too),
        cmocka_unit_test(a_key_that_is_given_is_tried_before_it_is_used),
        cmocka_unit_test(receipts_tell_what_was_compared),
        cmocka_unit_test(no_key_is_hidden_without_its_record),
        cmocka_unit_test(what_nobody_can_mend_is_warned_of),
    };
    return cmocka_run_group_tests(tests, make_signers, free_signers);
}
