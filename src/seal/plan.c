/* The steps that are missing between the chip's state and the profile, in the one order that a cut forgives.
 */
#include "plan_parts.h"
#include "slots.h"
#include "writes.h"

#include <espseal/secret.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seal_step *job_add_step(struct seal_job *job, enum seal_step_kind kind, const char *name)
{
    struct seal_step *step = &job->steps[job->step_count++];
    step->kind = kind;
    step->name = name;
    return step;
}

int job_burn_bit(const struct seal_chip *chip, struct seal_burn *burn, const char *field, unsigned bit)
{
    return seal_burn_field(chip, burn, field, 1u << bit, NULL);
}

void job_state_after(const struct seal_job *job, size_t steps, struct seal_efuse *state)
{
    *state = job->now;
    for (size_t i = 0; i < steps; i++) {
        for (size_t block = 0; block < SEAL_EFUSE_BLOCKS; block++) {
            for (size_t word = 0; word < SEAL_EFUSE_WORDS; word++) {
                state->words[block][word] |= job->steps[i].burn.words[block][word];
            }
        }
    }
}

static void plan_writes(struct seal_job *job)
{
    for (size_t i = 0; i < job->write_count; i++) {
        const struct job_write *write = &job->writes[i];
        if (write->there) {
            continue;
        }
        struct seal_step *step = job_add_step(job, SEAL_STEP_FIRMWARE, "write image");
        step->offset = write->offset;
        step->len = (uint32_t)write->len;
        step->data = write->data;
        step->release = write->release;
        if (write->flash) {
            step->plain = write->data;
            step->plain_len = write->len;
            step->data = seal_buf_ptr(write->flash);
            step->len = (uint32_t)seal_buf_len(write->flash);
        }
        (void)snprintf(step->what, sizeof step->what, "write %.80s to flash at 0x%x (%zu bytes%s)",
                       write->name, write->offset, write->len, write->encrypted ? ", encrypted" : "");
    }
}

/* Every burn must be possible, and break no rule, in the state that the steps before it leave. */
static int check_burns(const struct seal_job *job, struct seal_cause *cause)
{
    const char *allowed[JOB_RULES];
    const enum seal_path path = seal_path_of(seal_loader_link(job->loader));
    int err = SEAL_OK;
    job_allowed_fuse_rules(job, allowed);
    for (size_t i = 0; i < job->step_count && err == SEAL_OK; i++) {
        const struct seal_burn *burn = &job->steps[i].burn;
        struct seal_efuse state;
        struct seal_rule_view view;
        job_state_after(job, i, &state);
        seal_rule_view_make(&state, burn, NULL, path, &view);
        err = seal_burn_check(&state, burn, cause);
        if (err == SEAL_OK) {
            err = seal_rules_check(&view, allowed, NULL, NULL, cause);
        }
        seal_cleanse(&view, sizeof view);
        seal_cleanse(&state, sizeof state);
    }
    return err;
}

/* A key that was never used, or images that are to be encrypted with it. */
static bool anything_fresh(const struct seal_job *job)
{
    bool fresh = false;
    for (size_t i = 0; i < job->slot_count; i++) {
        const struct job_slot *slot = &job->slots[i];
        fresh =
            fresh || (slot->secret && (slot->state == SEAL_BLOCK_FREE || slot->state == SEAL_BLOCK_CLAIMED));
    }
    for (size_t i = 0; i < job->write_count; i++) {
        fresh = fresh || (job->writes[i].encrypted > 0 && !job->writes[i].there);
    }
    return fresh;
}

/* DESIGN.md, "Order of a production run". */
static int plan_steps(struct seal_job *job, struct seal_cause *cause)
{
    int err = job_plan_identity_key(job, cause);
    if (err == SEAL_OK) {
        err = job_plan_slots(job, false, cause);
    }
    if (err == SEAL_OK) {
        err = job_try_given_key(job, cause);
    }
    if (err == SEAL_OK) {
        const bool fresh = anything_fresh(job);
        if (fresh) {
            job_plan_flash_proof(job, false); /* before an image is trusted to the key */
        }
        plan_writes(job);
        job_plan_partition(job);
        if (!job->found_good && job_has_identity(job)) {
            job_plan_proof(job, SEAL_STEP_PROVE);
        }
        if (fresh) {
            job_plan_hmac_proof(job, false);
        }
        err = job_plan_slots(job, true, cause);
    }
    if (err == SEAL_OK) {
        err = job_plan_identity_protection(job, cause);
    }
    if (err == SEAL_OK) {
        const size_t before = job->step_count;
        err = job_plan_slot_protection(job);
        if (err == SEAL_OK && job->step_count > before && job->profile->mode == SEAL_MODE_PRODUCTION) {
            job_plan_flash_proof(job, true);
            job_plan_hmac_proof(job, true);
        }
    }
    if (err == SEAL_OK) {
        err = job_plan_switches(job, cause);
    }
    return err == SEAL_OK ? check_burns(job, cause) : err;
}

int seal_job_plan(struct seal_job *job, struct seal_cause *cause)
{
    job->steps = seal_secret_pages(job_steps_size(job));
    if (!job->steps) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    int err = job->blind ? SEAL_OK : job_prepare_partition(job, cause);
    if (err == SEAL_OK && !job->blind) {
        err = plan_steps(job, cause);
    }
    if (err == SEAL_OK) {
        err = job_wrap_escrow(job, cause);
    }
    if (err == SEAL_OK && job_hash_plan(job) != SEAL_OK) {
        err = seal_fail(cause, SEAL_ERR_CRYPTO, "the plan could not be hashed");
    }
    job->planned = err == SEAL_OK;
    return err;
}

static void each_of(const struct seal_job *job, size_t index,
                    void (*each)(const struct seal_fuse_plan *plan, seal_fuse_say_fn say, void *ctx),
                    seal_fuse_say_fn say, void *ctx)
{
    struct seal_efuse state;
    struct seal_fuse_plan plan;
    if (index >= job->step_count || !job->steps[index].irreversible) {
        return;
    }
    job_state_after(job, index, &state);
    seal_fuse_plan_init(&plan, &state, SEAL_PATH_OTHER);
    plan.burn = job->steps[index].burn;
    job_state_after(job, index + 1, &plan.after);
    each(&plan, say, ctx);
    seal_fuse_plan_clear(&plan);
    seal_cleanse(&state, sizeof state);
}

void seal_job_each_change(const struct seal_job *job, size_t index, void (*say)(void *ctx, const char *text),
                          void *ctx)
{
    each_of(job, index, seal_fuse_plan_each_change, say, ctx);
}

void seal_job_each_no_return(const struct seal_job *job, size_t index,
                             void (*say)(void *ctx, const char *text), void *ctx)
{
    each_of(job, index, seal_fuse_plan_each_no_return, say, ctx);
}

bool seal_job_last_exits(const struct seal_job *job, struct seal_exit exits[static SEAL_EXITS], char *warning,
                         size_t size)
{
    struct seal_efuse after;
    if (job->blind) {
        return false;
    }
    job_state_after(job, job->step_count, &after);
    seal_last_exits(&after, exits);
    (void)seal_exits_warn(&job->now, &after, seal_path_of(seal_loader_link(job->loader)), warning, size);
    seal_cleanse(&after, sizeof after);
    return true;
}
