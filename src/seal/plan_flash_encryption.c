/* Proofs of the keys that only the chip's own engines use: flash encryption, and the HMAC key of the NVS. */
#include "plan_parts.h"
#include "slots.h"
#include "writes.h"

#include <espseal/flash_key.h>

#include <stdio.h>

#define KEY_DOUBT "FL-KEY-DOUBT" /* flash_guard.h */

/* After a protection only where nothing stands: an image is not written twice. */
void job_plan_flash_proof(struct seal_job *job, bool again)
{
    uint32_t offset = 0;
    if (!job->crypt || !job_rom_encrypts(job) || (again && !job->has_table) ||
        job_scratch_offset(job, &offset) != SEAL_OK) {
        return;
    }
    for (size_t i = 0; again && i < job->write_count; i++) {
        if (offset == job->writes[i].offset) {
            return;
        }
    }
    struct seal_step *step =
        job_add_step(job, SEAL_STEP_PROVE_FLASH, again ? "prove encryption again" : "prove encryption");
    step->offset = offset;
    (void)snprintf(step->what, sizeof step->what,
                   "let the ROM encrypt a scratch sector at 0x%x%s and compare it with the host's", offset,
                   again ? " with the protected key" : "");
}

static bool writes_encrypted(const struct seal_job *job)
{
    bool any = false;
    for (size_t i = 0; i < job->write_count; i++) {
        any = any || (job->writes[i].encrypted > 0 && !job->writes[i].there);
    }
    return any;
}

int job_try_given_key(struct seal_job *job, struct seal_cause *cause)
{
    const struct job_slot *slot = job_slot_of(job, JOB_FLASH_KEY);
    struct seal_flash_key_look look = {0};
    const bool unproved = slot && slot->state == SEAL_BLOCK_SEALED && job->crypt && !job_rom_encrypts(job);
    if (!unproved || !writes_encrypted(job) || job_is_allowed(job, KEY_DOUBT)) {
        return SEAL_OK;
    }
    int err = seal_flash_key_look(job->loader, job->crypt, job_table_offset(job), &look, cause);
    if (err == SEAL_OK && look.doubt) {
        err = seal_fail(cause, SEAL_ERR_RULE, "rule %s: nothing shows that the key given is the chip's: %s",
                        KEY_DOUBT, look.doubt);
        seal_hint(cause, "the chip hides its key; if you know that this is it: --allow %s", KEY_DOUBT);
        seal_cause_word(cause, "flash_encryption.key");
    }
    return err;
}

void job_plan_hmac_proof(struct seal_job *job, bool again)
{
    const struct job_slot *slot = job_slot_of(job, JOB_NVS_KEY);
    if (!slot || !slot->known || !job->chip->peripherals.hmac_base) {
        return;
    }
    struct seal_step *step =
        job_add_step(job, SEAL_STEP_PROVE_HMAC, again ? "prove HMAC again" : "prove HMAC");
    step->block = (unsigned)slot->key;
    (void)snprintf(step->what, sizeof step->what,
                   "let the chip compute the HMAC of a nonce with BLOCK_KEY%d%s", slot->key,
                   again ? " through the protected key" : "");
}
