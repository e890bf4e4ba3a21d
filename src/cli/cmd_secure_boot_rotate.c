/* secure-boot rotate: a new key into a free slot, an old one revoked, and nothing that the device needs. */
#include "boot.h"
#include "fuse.h"
#include "partition.h"

#include <espseal/digest.h>
#include <espseal/file.h>
#include <espseal/flash_guard.h>
#include <espseal/hex.h>
#include <espseal/map.h>
#include <espseal/survey.h>

#include <stdio.h>
#include <string.h>

struct job {
    struct cli_fuse fuse;
    struct seal_boot_rotation rotation;
    uint8_t add[SEAL_BOOT_SLOTS * 32];
    struct seal_boot_trust before, after;
    bool allow_scheme, allow_image;
    uint32_t table_at; /* flash offset of the partition table */
};

/* --- what is asked for --- */

static const char *const own_rules[] = {SEAL_RULE_BOOT_SCHEME, SEAL_RULE_BOOT_IMAGE, NULL};

static bool allows(const struct cli_run *run, const char *rule)
{
    const char *name;
    for (size_t i = 0; (name = cli_text_at(run, "allow", i)) != NULL; i++) {
        if (strcmp(name, rule) == 0) {
            return true;
        }
    }
    return false;
}

static int read_added(struct job *job, struct cli_run *run, struct seal_cause *cause)
{
    const char *text;
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && (text = cli_text_at(run, "add", i)) != NULL; i++) {
        struct seal_public key;
        uint8_t *digest = job->add + 32 * job->rotation.add_count;
        if (job->rotation.add_count == SEAL_BOOT_SLOTS) {
            return seal_fail(cause, SEAL_ERR_USAGE, "a chip trusts at most %d keys", SEAL_BOOT_SLOTS);
        }
        err = cli_read_public(run, text, "passphrase-file", &key, cause);
        if (err == SEAL_OK) {
            err = seal_boot_scheme_check(job->fuse.state.chip, key.scheme, job->allow_scheme, cause);
        }
        if (err == SEAL_OK) {
            err = seal_public_digest(&key, digest);
        }
        job->rotation.add_count += err == SEAL_OK;
    }
    job->rotation.add = job->add;
    for (size_t i = 0; (text = cli_text_at(run, "revoke", i)) != NULL; i++) {
        job->rotation.revoke |= 1u << (text[0] - '0');
    }
    return err;
}

/* --- the images that have to start afterwards --- */

static int refuse_image(const struct job *job, const char *name, struct seal_cause *cause)
{
    if (job->allow_image) {
        cli_warn(job->fuse.run, SEAL_RULE_BOOT_IMAGE " is allowed: %s would not start any more", name);
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_RULE,
                        SEAL_RULE_BOOT_IMAGE ": %s would not start: it is signed by no "
                                             "key that would be left",
                        name);
    seal_hint(cause, "write an image that the new key has signed first, or insist with --allow %s",
              SEAL_RULE_BOOT_IMAGE);
    return err;
}

static int check_file(const struct job *job, const char *path, struct seal_cause *cause)
{
    struct seal_buf *file = NULL;
    struct seal_boot_verdict verdict;
    int err = seal_file_read(path, CLI_BOOT_LARGEST, 0, &file, cause);
    if (err == SEAL_OK) {
        err = seal_boot_verify_image(seal_buf_ptr(file), seal_buf_len(file), &job->after, &verdict, cause);
    }
    seal_buf_free(&file);
    return err == SEAL_OK && !verdict.accepted ? refuse_image(job, path, cause) : err;
}

/* *starts: one of the keys that signed it would be left; *is_there: there is an image. */
static int look_at(const struct job *job, uint32_t offset, uint32_t size, bool *is_there, bool *starts,
                   struct seal_cause *cause)
{
    struct seal_boot_signers signers;
    int err = seal_boot_read_signers(job->fuse.loader, offset, size, &signers, cause);
    *is_there = err != SEAL_ERR_NOT_FOUND;
    *starts = err == SEAL_OK && seal_boot_signers_trusted(&signers, &job->after);
    return err == SEAL_ERR_NOT_FOUND || err == SEAL_ERR_FORMAT ? SEAL_OK : err;
}

static int check_applications(const struct job *job, struct seal_cause *cause)
{
    struct seal_partition_table table;
    size_t images = 0, left = 0;
    int err = seal_survey_partition_table(job->fuse.loader, job->table_at, &table, cause);
    if (err == SEAL_ERR_NOT_FOUND || err == SEAL_ERR_FORMAT) {
        cli_warn(job->fuse.run, "there is no partition table at 0x%x: no application was looked at",
                 job->table_at);
        return SEAL_OK;
    }
    if (err != SEAL_OK) {
        return err;
    }
    for (size_t i = 0; i < table.count && err == SEAL_OK; i++) {
        const struct seal_partition *entry = &table.entries[i];
        bool is_there = false, starts = false;
        if (entry->type != SEAL_PARTITION_APP) {
            continue;
        }
        err = look_at(job, entry->offset, entry->size, &is_there, &starts, cause);
        images += is_there;
        left += starts;
        if (err == SEAL_OK && is_there && !starts) {
            cli_warn(job->fuse.run, "the application in %s would not start any more", entry->name);
        }
    }
    return err == SEAL_OK && images > 0 && left == 0 ? refuse_image(job, "no application in flash", cause)
                                                     : err;
}

static int check_flash(const struct job *job, struct seal_cause *cause)
{
    bool is_there = false, starts = false;
    uint32_t offset = job->fuse.state.chip->bootloader_offset;
    struct seal_flash_target target;
    seal_flash_target_from_efuse(&job->fuse.state, &target);
    if (target.encrypted) {
        return seal_fail(cause, SEAL_ERR_RULE,
                         SEAL_RULE_BOOT_IMAGE
                         ": the flash is encrypted, so that nobody can see who signed the "
                         "images in it");
    }
    int err = look_at(job, offset, job->table_at - offset, &is_there, &starts, cause);
    if (err == SEAL_OK && is_there && !starts) {
        err = refuse_image(job, "the bootloader in flash", cause);
    }
    return err == SEAL_OK ? check_applications(job, cause) : err;
}

/* Only a revocation takes something away. */
static int check_images(const struct job *job, struct seal_cause *cause)
{
    const char *path;
    size_t count = 0;
    int err = SEAL_OK;
    while (err == SEAL_OK && (path = cli_text_at(job->fuse.run, "image", count)) != NULL) {
        err = check_file(job, path, cause);
        count++;
    }
    if (err != SEAL_OK || !job->rotation.revoke || count > 0 || job->allow_image) {
        return err;
    }
    err = job->fuse.loader ? check_flash(job, cause)
                           : seal_fail(cause, SEAL_ERR_RULE,
                                       SEAL_RULE_BOOT_IMAGE ": an eFuse file does not tell which images the "
                                                            "device has to start");
    if (err == SEAL_ERR_RULE && cause && !cause->hint[0]) {
        seal_hint(cause, "give bootloader and application with --image FILE, or insist with --allow %s",
                  SEAL_RULE_BOOT_IMAGE);
    }
    return err;
}

/* --- the command --- */

static void say_slots(const struct job *job)
{
    for (size_t i = 0; i < job->after.slot_count; i++) {
        const struct seal_boot_slot *was = &job->before.slots[i], *slot = &job->after.slots[i];
        char hex[65] = "no key";
        if (slot->present) {
            seal_hex_encode(slot->digest, job->after.digest_len, hex);
        }
        cli_say(job->fuse.run, "slot %zu    %s%s%s%s", i, hex, !was->present && slot->present ? ", new" : "",
                slot->revoked ? ", revoked" : "", slot->revoked && !was->revoked ? " by this" : "");
    }
}

static int rotate(struct job *job, struct cli_run *run, struct seal_cause *cause)
{
    job->allow_scheme = allows(run, SEAL_RULE_BOOT_SCHEME);
    job->allow_image = allows(run, SEAL_RULE_BOOT_IMAGE);
    int err = cli_table_offset(run, &job->table_at, cause);
    err = err == SEAL_OK ? read_added(job, run, cause) : err;
    if (err == SEAL_OK) {
        seal_fuse_plan_init(&job->fuse.plan, &job->fuse.state, seal_path_of(cli_link(run)));
        seal_boot_trust_from_efuse(&job->fuse.state, &job->before);
        err = seal_boot_rotate(&job->fuse.plan, &job->rotation, &job->after, cause);
    }
    if (err == SEAL_OK) {
        say_slots(job);
        err = check_images(job, cause);
    }
    return err == SEAL_OK ? cli_fuse_finish(&job->fuse, cause) : err;
}

static int run_rotate(struct cli_run *run, struct seal_cause *cause)
{
    struct job job = {.fuse = {.operations = seal_json_array_new(), .own_rules = own_rules}};
    int err = cli_fuse_open(&job.fuse, run, cause);
    if (err == SEAL_OK) {
        err = rotate(&job, run, cause);
    }
    cli_fuse_close(&job.fuse);
    return err;
}

static const char *const slots[] = {"0", "1", "2", NULL};

static const struct cli_option options[] = {
    {.name = "add",
     .value = "KEY",
     .summary = "a key, or certificate, to be trusted: its digest goes into a free slot",
     .repeat = true},
    {.name = "revoke",
     .value = "SLOT",
     .summary = "do not trust the key in this slot any more",
     .choices = slots,
     .repeat = true},
    {.name = "image",
     .value = "FILE",
     .summary = "an image that has to start afterwards, instead of those in flash",
     .repeat = true},
    CLI_TABLE_OFFSET,
    CLI_BURN_FILE_OPTION,
    {.name = "allow",
     .value = "RULE",
     .summary = "override this one rule, by the name in the refusal",
     .repeat = true},
    {.name = "passphrase-file", .value = "FILE", .summary = "its first line opens an encrypted private key"},
    {.name = CLI_PIN_OPTION, .value = "FILE", .summary = "its first line is the PIN of a token"},
    {.name = "insecure-permissions", .summary = "take secret files that others can read"},
    {0},
};

const struct cli_command cli_command_secure_boot_rotate = {
    .name = "secure-boot rotate",
    .summary = "trust a new key, revoke an old one",
    .description =
        "Burns the digest of a new key into a free slot, with its purpose and write-protection, and revokes "
        "slots. Both are for ever: there are three slots, and one that is revoked stays so. Without --add "
        "and "
        "--revoke it shows what the chip trusts.\n\n"
        "Before a key is revoked, the signatures of the bootloader and of the applications in flash are "
        "read: "
        "the bootloader and at least one application must be signed by a key that is left. Where the flash "
        "is "
        "encrypted, or for an eFuse file, --image gives the images, which are then verified. The last key is "
        "never revoked.\n\n"
        "To change a key: add the new one, write bootloader and applications that both keys have signed "
        "(secure-boot sign --append), then revoke the old one.",
    .examples = "espseal secure-boot rotate --port /dev/ttyUSB0 --add new.pub --dry-run\n"
                "espseal secure-boot rotate --port /dev/ttyUSB0 --revoke 0",
    .options = options,
    .device = true,
    .offline = true,
    .danger = CLI_BURNS,
    .run = run_rotate,
};
