/* boot-check: what ROM and bootloader will do at the next reset, from fuses and flash. */
#include "fuse.h"
#include "partition.h"

#include <espseal/boot_check.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_KEY = 64 };

struct boot_check {
    struct cli_run *run;
    struct cli_fuse fuse;
    struct seal_efuse after; /* with --if */
    struct seal_buf *key;
    struct seal_boot_question question;
    struct seal_boot_report report;
};

/* --- what is asked --- */

static int open_flash(struct boot_check *check, struct seal_cause *cause)
{
    struct seal_flash_id id;
    int err = cli_fuse_map_flash(&check->fuse, &check->question.flash, &check->question.flash_size, cause);
    if (err || check->question.flash) {
        return err;
    }
    if (!check->fuse.loader) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "--flash-file FILE is missing");
        seal_hint(cause, "with --efuse-file the flash is a file too");
        return err;
    }
    err = seal_flash_attach(check->fuse.loader, &id, cause);
    check->question.read = cli_fuse_read_flash;
    check->question.read_ctx = &check->fuse;
    check->question.flash_size = id.size;
    return err;
}

static int open_key(struct boot_check *check, struct seal_cause *cause)
{
    int err = cli_read_secret(check->run, cli_text(check->run, "key"), LARGEST_KEY, &check->key, cause);
    if (check->key) {
        check->question.key = seal_buf_ptr(check->key);
        check->question.key_len = seal_buf_len(check->key);
    }
    return err;
}

/* --if FIELD=VALUE... */
static int assume(struct boot_check *check, struct seal_cause *cause)
{
    struct seal_burn burn = {0};
    int err = SEAL_OK;
    const char *text;
    for (size_t i = 0; err == SEAL_OK && (text = cli_text_at(check->run, "if", i)) != NULL; i++) {
        const char *equals = strchr(text, '=');
        const size_t len = equals ? (size_t)(equals - text) : strlen(text);
        char *end = NULL;
        const unsigned long value = equals ? strtoul(equals + 1, &end, 0) : 1;
        char name[64];
        if (len == 0 || len >= sizeof name || (equals && (end == equals + 1 || *end || value > UINT32_MAX))) {
            err = seal_fail(cause, SEAL_ERR_USAGE, "'%s' is not FIELD=VALUE", text);
            break;
        }
        memcpy(name, text, len);
        name[len] = '\0';
        err = seal_burn_field(check->fuse.state.chip, &burn, name, (uint32_t)value, cause);
        if (err != SEAL_OK) {
            err = seal_fail(cause, SEAL_ERR_USAGE, "--if %s: the %s has no such field, or none so wide", text,
                            check->fuse.state.chip->title);
            cli_fuse_suggest_field(check->fuse.state.chip, name, cause);
        }
    }
    seal_boot_efuse_after(&check->fuse.state, &burn, &check->after);
    check->question.efuse = &check->after;
    return err;
}

static int prepare(struct boot_check *check, struct seal_cause *cause)
{
    struct cli_run *run = check->run;
    int err = cli_table_offset(run, &check->question.table_offset, cause);
    check->question.download_strap = cli_flag(run, "download");
    check->question.rom_only = cli_flag(run, "rom-only");
    err = err ? err : cli_revision(check->run, &check->question.revision, cause);
    err = err ? err : open_key(check, cause);
    err = err ? err : cli_fuse_open(&check->fuse, run, cause);
    err = err ? err : assume(check, cause);
    return err ? err : open_flash(check, cause);
}

/* --- the answer --- */

static void print_report(const struct boot_check *check)
{
    const struct seal_boot_report *report = &check->report;
    for (size_t i = 0; i < report->count; i++) {
        const struct seal_boot_step *step = &report->steps[i];
        cli_print(check->run, "%-10s %-7s %-12s %s\n", step->bootloader ? "bootloader" : "rom",
                  seal_boot_mark_name(step->mark), step->name, step->text);
    }
    cli_print(check->run, "%s: %s\n", seal_boot_will_name(report->verdict), report->why);
}

static int emit_report(const struct boot_check *check)
{
    const struct seal_boot_report *report = &check->report;
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "chip", check->question.efuse->chip->name);
    seal_json_put_text(root, "verdict", seal_boot_will_name(report->verdict));
    seal_json_put_text(root, "rom", seal_boot_will_name(report->rom));
    seal_json_put_text(root, "bootloader", report->app_asked ? seal_boot_will_name(report->app) : NULL);
    seal_json_put_text(root, "decided_by", report->decided_by[0] ? report->decided_by : NULL);
    seal_json_put_text(root, "why", report->why);
    seal_json_put_bool(root, "flash_encryption", report->encrypted);
    seal_json_put_bool(root, "secure_boot", report->secure_boot);
    seal_json_put_text(root, "app", report->app_name[0] ? report->app_name : NULL);
    seal_json *list = seal_json_put_array(root, "steps");
    for (size_t i = 0; i < report->count; i++) {
        const struct seal_boot_step *step = &report->steps[i];
        seal_json *one = seal_json_put_object(list, NULL);
        seal_json_put_text(one, "stage", step->bootloader ? "bootloader" : "rom");
        seal_json_put_text(one, "name", step->name);
        seal_json_put_text(one, "mark", seal_boot_mark_name(step->mark));
        seal_json_put_text(one, "text", step->text);
    }
    return cli_emit_json(check->run, &root);
}

static int conclude(const struct boot_check *check, struct seal_cause *cause)
{
    const struct seal_boot_report *report = &check->report;
    const char *who =
        report->rom == SEAL_WILL_BOOT ? "the bootloader would start no app" : "the ROM would start no image";
    switch (report->verdict) {
    case SEAL_WILL_BOOT:
    case SEAL_WILL_DOWNLOAD:
        return SEAL_OK;
    case SEAL_WILL_UNKNOWN:
        seal_fail(cause, SEAL_ERR_FINDINGS, "whether this chip boots is unknown: %s", report->why);
        if (strcmp(report->decided_by, "encryption") == 0) {
            seal_hint(cause, "--key FILE gives the flash-encryption key");
        }
        return SEAL_ERR_FINDINGS;
    default:
        seal_fail(cause, SEAL_ERR_STATE, "%s: %s", check->question.download_strap ? "no download mode" : who,
                  report->why);
        seal_hint(cause, "nothing was changed; the steps above say what was looked at");
        return SEAL_ERR_STATE;
    }
}

static int run_boot_check(struct cli_run *run, struct seal_cause *cause)
{
    struct boot_check check = {.run = run};
    int err = prepare(&check, cause);
    if (err == SEAL_OK) {
        err = seal_boot_check(&check.question, &check.report, cause);
        cli_progress_erase(run);
    }
    if (err == SEAL_OK) {
        print_report(&check);
        err = cli_json(run) ? emit_report(&check) : SEAL_OK;
    }
    if (err == SEAL_OK) {
        err = conclude(&check, cause);
    }
    seal_buf_free(&check.key);
    seal_cleanse(&check.after, sizeof check.after);
    cli_fuse_close(&check.fuse);
    return err;
}

static const struct cli_option options[] = {
    CLI_LOOK_FILE_OPTION,
    {.name = "flash-file", .value = "FILE", .summary = "the flash is this raw image"},
    {.name = "key", .value = "FILE", .summary = "the flash-encryption key, when the eFuses hide it"},
    {.name = "if",
     .value = "FIELD=VALUE",
     .summary = "judge as if this eFuse field were burned too",
     .repeat = true},
    {.name = "revision",
     .value = "MAJOR.MINOR",
     .summary = "the chip's, where an eFuse file does not tell it"},
    CLI_TABLE_OFFSET,
    {.name = "rom-only", .summary = "judge the ROM's part, not the bootloader's"},
    {.name = "download", .summary = "judge a reset with the pins strapped for the download mode"},
    {.name = "insecure-permissions", .summary = "read a key file that others can read too"},
    {0},
};

const struct cli_command cli_command_boot_check = {
    .name = "boot-check",
    .summary = "say what the chip will do at its next reset, and why",
    .description =
        "Follows ROM and ESP-IDF's bootloader through a boot, from eFuses and flash of a device or of files, "
        "and "
        "lists each step: flash encryption on or off by its counter, the image's header, chip, checksum and "
        "SHA-256, Secure Boot v2 against the digests that are burned and not revoked, the digest of v1, then "
        "the partition "
        "table, "
        "the app that the OTA data chooses, its revision, signature and anti-rollback version. Nothing is "
        "changed.\n\n"
        "The last line is the verdict: boots; refuses (there is an image, and it will not be started); loops "
        "(there is none); download (with --download); unknown. Unknown is what depends on something that "
        "cannot "
        "be seen: a flash-encryption key that the eFuses hide and --key does not give, the key of Secure "
        "Boot v1, the "
        "revision of an ESP32 in a file. What a bootloader was built with cannot be seen either: where "
        "secure "
        "boot is on, or SECURE_VERSION is burned, it is taken to check signatures and versions. An image "
        "that "
        "is not ESP-IDF's bootloader, and has no partition table behind it, is judged by the ROM's part "
        "alone.\n\n"
        "--if asks what would be if a field were burned, before it is.\n\n"
        "Exit status 0: it boots (with --download: it waits for a host); 5: it refuses or loops; 7: unknown; "
        "2: "
        "a file that is none.",
    .examples = "espseal boot-check --port /dev/ttyUSB0\n"
                "# before secure boot is enabled\n"
                "espseal boot-check --port /dev/ttyUSB0 --if SECURE_BOOT_EN=1\n"
                "espseal boot-check --chip esp32c3 --efuse-file efuse.bin --flash-file flash.bin --json",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_boot_check,
};
