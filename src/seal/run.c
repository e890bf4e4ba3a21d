/* The steps of a plan, in order, each verified before the next. */
#include "job.h"
#include "plan_parts.h"
#include "slots.h"
#include "writes.h"

#include <espseal/deadline.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

struct context {
    struct seal_job *job;
    const struct seal_job_events *events;
    bool recorded;
    char note[160];
};

static void forward_progress(void *ctx, size_t done, size_t total)
{
    struct context *context = ctx;
    if (context->events->progress) {
        context->events->progress(context->events->ctx, done, total);
    }
}

/* The code of a key block repairs up to six bytes; the key is right then, but the block has less in reserve.
 */
static void note_corrections(struct context *context, unsigned block)
{
    struct seal_job *job = context->job;
    unsigned corrected = job->now.errors[block];
    if (corrected) {
        job_warn(job,
                 "the controller corrects %u wrong byte%s in %s: the supply was weak while it was burned",
                 corrected, corrected == 1 ? "" : "s", job->chip->efuse->blocks[block].name);
        (void)snprintf(context->note, sizeof context->note, "read back, %u byte%s corrected", corrected,
                       corrected == 1 ? "" : "s");
    }
}

static int run_burn(struct context *context, const struct seal_step *step, struct seal_cause *cause)
{
    struct seal_job *job = context->job;
    unsigned burned = 0;
    int err = seal_burn_execute(job->loader, &job->now, &step->burn, &burned, cause);
    job->burned = job->burned || burned;
    (void)snprintf(context->note, sizeof context->note, "read back");
    if (err == SEAL_OK && step->kind == SEAL_STEP_KEY) {
        note_corrections(context, step->block);
    }
    return err;
}

static int run_write(struct context *context, const struct seal_step *step, struct seal_cause *cause)
{
    struct seal_flash_write_options options = {.progress = forward_progress,
                                               .progress_ctx = context,
                                               .release = step->plain ? NULL : &step->release};
    struct seal_flash_write_result result;
    if (!step->data) {
        return seal_fail(cause, SEAL_ERR_INTERNAL, "the step \"%s\" has no data", step->name);
    }
    int err =
        seal_flash_write(context->job->loader, step->offset, step->data, step->len, &options, &result, cause);
    if (err == SEAL_OK) {
        (void)snprintf(context->note, sizeof context->note, "%s",
                       result.skipped ? "there already" : "verified by MD5");
    }
    return err;
}

static int run_proof(struct context *context, struct seal_cause *cause)
{
    struct seal_job *job = context->job;
    const struct seal_buf *partition = seal_job_partition(job);
    int err = seal_prove_partition(job->loader, seal_buf_ptr(partition), seal_buf_len(partition), &job->proof,
                                   cause);
    if (err == SEAL_OK) {
        job->proofs++;
        (void)snprintf(context->note, sizeof context->note, "%s signature of a fresh nonce verified",
                       job->proof.key);
    }
    return err;
}

static int run_flash_proof(struct context *context, const struct seal_step *step, struct seal_cause *cause)
{
    int err = job_prove_flash(context->job, step->offset, cause);
    if (err == SEAL_OK) {
        context->job->flash_proved = true;
        (void)snprintf(context->note, sizeof context->note, "the ROM's ciphertext is the host's");
    }
    return err;
}

static int run_hmac_proof(struct context *context, const struct seal_step *step, struct seal_cause *cause)
{
    const struct job_slot *slot = job_slot_of(context->job, JOB_NVS_KEY);
    uint8_t key[32];
    bool same = false;
    (void)job_slot_bytes(slot, key);
    int err = seal_prove_hmac_key(context->job->loader, step->block, key, &same, cause);
    seal_cleanse(key, sizeof key);
    if (err == SEAL_OK && !same) {
        err = seal_fail(cause, SEAL_ERR_PROOF,
                        "the chip's HMAC with BLOCK_KEY%u is not that of the key burned", step->block);
    }
    if (err == SEAL_OK) {
        context->job->hmac_proved = true;
        (void)snprintf(context->note, sizeof context->note, "HMAC of a fresh nonce verified");
    }
    return err;
}

/* The fuses as all the steps to come will leave them. */
static int run_boot_check(struct context *context, const struct seal_step *step, struct seal_cause *cause)
{
    struct seal_efuse after;
    (void)step;
    job_state_after(context->job, context->job->step_count, &after);
    int err = job_boot_check(context->job, &after, cause);
    seal_cleanse(&after, sizeof after);
    if (err == SEAL_OK) {
        (void)snprintf(context->note, sizeof context->note,
                       "ROM and bootloader would start what lies in flash");
    }
    return err;
}

static int run_step(struct context *context, const struct seal_step *step, struct seal_cause *cause)
{
    context->note[0] = '\0';
    switch (step->kind) {
    case SEAL_STEP_CLAIM:
    case SEAL_STEP_KEY:
    case SEAL_STEP_PROTECT:
    case SEAL_STEP_SWITCH:
        return run_burn(context, step, cause);
    case SEAL_STEP_FIRMWARE:
    case SEAL_STEP_PARTITION:
        return run_write(context, step, cause);
    case SEAL_STEP_PROVE:
    case SEAL_STEP_PROVE_AGAIN:
        return run_proof(context, cause);
    case SEAL_STEP_PROVE_FLASH:
        return run_flash_proof(context, step, cause);
    case SEAL_STEP_PROVE_HMAC:
        return run_hmac_proof(context, step, cause);
    case SEAL_STEP_BOOT_CHECK:
        return run_boot_check(context, step, cause);
    }
    return seal_fail(cause, SEAL_ERR_INTERNAL, "unknown step");
}

static void explain_resumption(int err, struct seal_cause *cause)
{
    bool link_trouble = err == SEAL_ERR_LINK || err == SEAL_ERR_TIMEOUT || err == SEAL_ERR_PROTOCOL ||
                        err == SEAL_ERR_INTERRUPTED || err == SEAL_ERR_ROM;
    if (err == SEAL_ERR_IO) {
        seal_hint(cause, "check the permissions and the free space there, and repeat the same command: it "
                         "goes on where this run ended");
    }
    bool told = cause && strstr(cause->hint, "same command"); /* by who knows more, such as about the cable */
    if (link_trouble && !told) {
        seal_hint(cause, "put the chip into its bootloader again and repeat the same command: it goes on "
                         "where this run ended");
    }
}

static bool burns(const struct seal_job *job)
{
    for (size_t i = 0; i < job->step_count; i++) {
        if (job->steps[i].irreversible) {
            return true;
        }
    }
    return false;
}

static int refuse_other_chip(const struct seal_job *job, const struct seal_efuse *found,
                             struct seal_cause *cause)
{
    uint8_t mac[6];
    char text[SEAL_MAC_TEXT];
    seal_efuse_mac(found, mac);
    int err = memcmp(mac, job->mac, sizeof mac) != 0
                  ? seal_fail(cause, SEAL_ERR_STATE,
                              "this is another chip than the plan was made for: its MAC is %s",
                              seal_mac_text(mac, text))
                  : seal_fail(cause, SEAL_ERR_STATE, "the chip's eFuses are not as the plan found them");
    seal_hint(cause, "nothing was burned; run the same command again: it makes a new plan");
    return err;
}

/* A person may take minutes over the word BURN, and the board on the port may be another one by then. */
static int check_unchanged(const struct seal_job *job, struct seal_cause *cause)
{
    struct seal_efuse found = {.chip = job->chip};
    int err = seal_efuse_read(job->loader, job->now.loaded, &found, cause);
    if (err == SEAL_OK && !seal_equal(found.words, job->now.words, sizeof found.words)) {
        err = refuse_other_chip(job, &found, cause);
    }
    seal_cleanse(&found, sizeof found);
    return err;
}

static void forget_keys(struct seal_job *job)
{
    if (job->block_key) {
        seal_cleanse(job->block_key, JOB_BLOCK_KEY);
        job->block_known = false;
    }
    for (size_t i = 0; i < job->slot_count; i++) {
        if (job->slots[i].secret) {
            seal_cleanse(job->slots[i].words, sizeof job->slots[i].words);
            job->slots[i].known = false;
        }
    }
    seal_flash_crypt_free(&job->crypt);
    seal_cleanse(job->nvs_keys, sizeof job->nvs_keys);
}

/* Once a key is hidden nobody can tell any more what was written with it. */
static int record_first(struct context *context, const struct seal_step *step, struct seal_cause *cause)
{
    const struct seal_job_events *events = context->events;
    if (context->recorded || !events->record || step->kind != SEAL_STEP_PROTECT ||
        !seal_job_needs_record(context->job)) {
        return SEAL_OK;
    }
    context->recorded = true;
    return events->record(events->ctx, cause);
}

int seal_job_run(struct seal_job *job, const struct seal_job_events *events, struct seal_cause *cause)
{
    static const struct seal_job_events none;
    struct context context = {.job = job, .events = events ? events : &none};
    if (!job->planned || seal_job_needs_identity(job)) {
        return seal_fail(cause, SEAL_ERR_INTERNAL, "there is no plan to run");
    }
    if (burns(job)) {
        int err = check_unchanged(job, cause);
        if (err != SEAL_OK) {
            explain_resumption(err, cause);
            return err;
        }
    }
    for (size_t i = 0; i < job->step_count; i++) {
        struct seal_step *step = &job->steps[i];
        int err = SEAL_OK;
        if (context.events->step_begins) {
            context.events->step_begins(context.events->ctx, i, step);
        }
        if (seal_interrupted()) {
            err = seal_fail(cause, SEAL_ERR_INTERRUPTED, "interrupted before the step \"%s\"", step->name);
        } else {
            err = record_first(&context, step, cause);
        }
        if (err == SEAL_OK) {
            err = run_step(&context, step, cause);
        }
        if (err != SEAL_OK) {
            explain_resumption(err, cause);
            return err;
        }
        step->done = true;
        seal_cleanse(&step->burn, sizeof step->burn); /* it may be the key, and is burned */
        if (context.events->step_ends) {
            context.events->step_ends(context.events->ctx, i, step, context.note);
        }
    }
    if (job->profile->mode == SEAL_MODE_PRODUCTION) {
        forget_keys(job);
    }
    return SEAL_OK;
}
