/*
 * What makes a sealed device of a proven one: flash encryption and secure boot on, versions, locks, and the
 * doors last. Each step is planned on the fuses as the steps before it leave them.
 */
#include "plan_parts.h"
#include "slots.h"
#include "writes.h"

#include <espseal/anti_rollback.h>
#include <espseal/boot_slots.h>
#include <espseal/digest.h>
#include <espseal/lockdown.h>
#include <espseal/release.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

static const struct seal_sealing *wish_of(const struct seal_job *job)
{
    return &job->profile->sealing;
}

static bool in_production(const struct seal_job *job)
{
    return job->profile->mode == SEAL_MODE_PRODUCTION;
}

static void begin(const struct seal_job *job, struct seal_fuse_plan *plan)
{
    struct seal_efuse state;
    job_state_after(job, job->step_count, &state);
    seal_fuse_plan_init(plan, &state, seal_path_of(seal_loader_link(job->loader)));
    seal_cleanse(&state, sizeof state);
}

/* Adds the step unless all of it is so already. err is what filled the plan; word is the profile's. */
static int finish(struct seal_job *job, struct seal_fuse_plan *plan, int err, const char *word,
                  const char *name, const char *what, struct seal_cause *cause)
{
    const char *allowed[JOB_RULES];
    job_allowed_fuse_rules(job, allowed);
    if (err == SEAL_OK) {
        err = seal_fuse_plan_close(plan, allowed, cause);
    }
    if (err == SEAL_OK && !seal_fuse_plan_empty(plan)) {
        struct seal_step *step = job_add_step(job, SEAL_STEP_SWITCH, name);
        (void)snprintf(step->what, sizeof step->what, "%s", what);
        step->irreversible = true;
        step->burn = plan->burn;
    }
    if (err != SEAL_OK && cause && !cause->word) {
        seal_cause_word(cause, word);
    }
    seal_fuse_plan_clear(plan);
    return err;
}

/* --- flash encryption --- */

static enum seal_encryption_mode encryption_mode(const struct seal_job *job)
{
    return in_production(job) ? wish_of(job)->flash_encryption.mode : SEAL_ENCRYPTION_DEVELOPMENT;
}

static int plan_encryption(struct seal_job *job, struct seal_cause *cause)
{
    struct seal_fuse_plan plan;
    const bool release = encryption_mode(job) == SEAL_ENCRYPTION_RELEASE;
    if (!job_encrypts(job)) {
        return SEAL_OK;
    }
    if (wish_of(job)->flash_encryption.mode == SEAL_ENCRYPTION_RELEASE && !release) {
        job_warn(
            job,
            "development mode switches flash encryption on as for development; release is for production");
    }
    begin(job, &plan);
    int err = seal_flash_encryption_add(&plan, encryption_mode(job), SEAL_PART_FIELDS | SEAL_PART_SWITCH,
                                        &wish_of(job)->lockdown, cause);
    return finish(job, &plan, err, "flash_encryption.mode", "switch encryption on",
                  release ? "switch flash encryption on for ever, and close what would get around it"
                          : "switch flash encryption on; the download mode can still write encrypted",
                  cause);
}

/* --- secure boot --- */

/* Secure boot locks RD_DIS: a key that development leaves readable could never be hidden any more. */
static bool keeps_keys_readable(const struct seal_job *job)
{
    bool readable = job_uses_block(job) && job->key_state != SEAL_BLOCK_SEALED;
    for (size_t i = 0; i < job->slot_count; i++) {
        readable = readable || (job->slots[i].secret && job->slots[i].state != SEAL_BLOCK_SEALED);
    }
    return readable && !in_production(job);
}

static int plan_boot(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_wish_secure_boot *wish = &wish_of(job)->secure_boot;
    struct seal_fuse_plan plan;
    if (!wish->version) {
        return SEAL_OK;
    }
    if (keeps_keys_readable(job)) {
        job_warn(
            job,
            "development mode does not switch secure boot on while keys can be read: it would lock RD_DIS");
        return SEAL_OK;
    }
    if (wish->aggressive_revoke && wish->digest_count == 1) {
        job_warn(job, "one bad signature at boot revokes the only key, and the device never starts again");
    }
    begin(job, &plan);
    int err = seal_boot_slots_check_foreign(&plan, wish, cause);
    if (err == SEAL_OK) {
        err = seal_secure_boot_add(&plan, wish, in_production(job), SEAL_PART_FIELDS | SEAL_PART_SWITCH,
                                   &wish_of(job)->lockdown, cause);
    }
    if (err == SEAL_OK) {
        err = seal_boot_slots_add_revocation(&plan, wish, cause);
    }
    return finish(job, &plan, err, "secure_boot.version", "switch secure boot on",
                  "switch secure boot on: from here on only images signed with these keys start", cause);
}

/* --- what development mode leaves out --- */

static const struct job_write *find_app(const struct seal_job *job)
{
    for (size_t i = 0; job->has_table && i < job->write_count; i++) {
        for (size_t k = 0; k < job->table.count; k++) {
            const struct seal_partition *entry = &job->table.entries[k];
            if (entry->type == SEAL_PARTITION_APP && entry->offset == job->writes[i].offset) {
                return &job->writes[i];
            }
        }
    }
    return NULL;
}

static int plan_rollback(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_wish_anti_rollback *wish = &wish_of(job)->anti_rollback;
    const struct job_write *app = find_app(job);
    struct seal_fuse_plan plan;
    struct seal_image image;
    if (!wish->asked) {
        return SEAL_OK;
    }
    int err = app ? seal_image_parse(app->data, app->len, NULL, &image, cause) : SEAL_OK;
    begin(job, &plan);
    if (err == SEAL_OK) {
        err = seal_anti_rollback_add(&plan, wish->secure_version, app ? &image : NULL, cause);
    }
    return finish(job, &plan, err, "anti_rollback.secure_version", "raise secure version",
                  "burn SECURE_VERSION: older images do not start any more", cause);
}

static int plan_lockdown(struct seal_job *job, struct seal_cause *cause)
{
    struct seal_fuse_plan plan;
    begin(job, &plan);
    int err = seal_lockdown_add(&plan, &wish_of(job)->lockdown, SEAL_WORDS_ALL & ~SEAL_WORDS_DOORS, cause);
    return finish(job, &plan, err, "lockdown", "lock down",
                  "close JTAG and the other ways that the profile names", cause);
}

/* Write-protections and doors share a plan: some of the former lock some of the latter. */
static int plan_locks(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_wish_lockdown *lockdown = &wish_of(job)->lockdown;
    const enum seal_word_value door = lockdown->download;
    struct seal_fuse_plan plan;
    int err = SEAL_OK;
    begin(job, &plan);
    if (job_encrypts(job)) {
        err = seal_flash_encryption_add(&plan, encryption_mode(job), SEAL_PART_PROTECT, lockdown, cause);
    }
    if (err == SEAL_OK && wish_of(job)->secure_boot.version) {
        err =
            seal_secure_boot_add(&plan, &wish_of(job)->secure_boot, true, SEAL_PART_PROTECT, lockdown, cause);
    }
    if (err == SEAL_OK) {
        err = seal_lockdown_add(&plan, lockdown, SEAL_WORDS_DOORS, cause);
    }
    return finish(job, &plan, err, "lockdown.download", "lock",
                  door == SEAL_WORD_OFF ? "write-protect all this, and close the download mode for ever"
                  : door == SEAL_WORD_SECURE
                      ? "write-protect all this, and leave only the secure download mode"
                      : "write-protect all this",
                  cause);
}

static void warn_left_out(struct seal_job *job)
{
    const struct seal_sealing only_lock = {.anti_rollback = wish_of(job)->anti_rollback,
                                           .lockdown = wish_of(job)->lockdown};
    if (seal_sealing_asked(&only_lock)) {
        job_warn(job, "development mode leaves out: anti-rollback and lockdown");
    }
}

/* --- the gate --- */

static bool gated(const struct seal_job *job)
{
    const struct seal_wish_secure_boot *boot = &wish_of(job)->secure_boot;
    const bool unsigned_too = boot->allow_unsigned_firmware && !in_production(job);
    return (boot->version || job_encrypts(job)) && !unsigned_too && !job_is_allowed(job, JOB_RULE_BOOT);
}

/* The gate stands before what it guards, and is tried before anything is burned as well. */
static int plan_gate(struct seal_job *job, size_t at, struct seal_cause *cause)
{
    struct seal_efuse after;
    if (!gated(job) || job->step_count == at + 1) {
        memmove(&job->steps[at], &job->steps[at + 1], (job->step_count - at - 1) * sizeof *job->steps);
        seal_cleanse(&job->steps[--job->step_count], sizeof *job->steps);
        return SEAL_OK;
    }
    job_state_after(job, job->step_count, &after);
    int err = job_boot_check(job, &after, cause);
    seal_cleanse(&after, sizeof after);
    return err;
}

int job_plan_switches(struct seal_job *job, struct seal_cause *cause)
{
    const size_t at = job->step_count;
    if (!seal_sealing_asked(wish_of(job))) {
        return SEAL_OK;
    }
    struct seal_step *gate = job_add_step(job, SEAL_STEP_BOOT_CHECK, "check boot");
    (void)snprintf(gate->what, sizeof gate->what,
                   "check that ROM and bootloader will start what lies in flash, once all is burned");
    int err = plan_encryption(job, cause);
    if (err == SEAL_OK) {
        err = plan_boot(job, cause);
    }
    if (err == SEAL_OK && !in_production(job)) {
        warn_left_out(job);
    }
    if (err == SEAL_OK && in_production(job)) {
        err = plan_rollback(job, cause);
    }
    if (err == SEAL_OK && in_production(job)) {
        err = plan_lockdown(job, cause);
    }
    if (err == SEAL_OK && in_production(job)) {
        err = plan_locks(job, cause);
    }
    return err == SEAL_OK ? plan_gate(job, at, cause) : err;
}
