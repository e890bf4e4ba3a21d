/* A chip in secure download mode: nothing can be read of it but what its ROM tells of its security. */
#include "slots.h"
#include "writes.h"

#include <espseal/secret.h>

static bool bears(const struct seal_security_info *info, unsigned purpose)
{
    for (size_t i = 0; i < 6; i++) {
        if (info->key_purposes[i] == purpose) {
            return true;
        }
    }
    return false;
}

static bool purposes_there(const struct seal_job *job, const struct seal_security_info *info)
{
    bool there = !job_uses_ds(job) || bears(info, SEAL_PURPOSE_HMAC_DOWN_DS);
    for (size_t i = 0; i < job->slot_count; i++) {
        const struct job_slot *slot = &job->slots[i];
        there = there && (!slot->purpose || bears(info, slot->purpose->value));
    }
    return there;
}

static const char *missing(const struct seal_job *job, const struct seal_security_info *info)
{
    const struct seal_sealing *wish = &job->profile->sealing;
    if (!info->valid) {
        return "does not tell what it is";
    }
    if (wish->secure_boot.version && !(info->flags & SEAL_SECURITY_SECURE_BOOT)) {
        return "has secure boot off";
    }
    if (job_encrypts(job) && __builtin_popcount(info->flash_crypt_count) % 2 == 0) {
        return "has flash encryption off";
    }
    return purposes_there(job, info) ? NULL : "lacks a key that the profile asks for";
}

int job_survey_blind(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_security_info *info = seal_loader_security_info(job->loader);
    job->now.chip = job->chip;
    job->slots = seal_secret_alloc(JOB_SLOTS * sizeof *job->slots);
    int err = job->slots ? job_wish_slots(job, cause)
                         : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of secure memory");
    const char *why = err == SEAL_OK ? missing(job, info) : NULL;
    if (why) {
        err = seal_fail(cause, SEAL_ERR_STATE, "the chip is in secure download mode and %s", why);
        seal_hint(
            cause,
            "its registers cannot be read nor its eFuses burned in this mode, and there is no way back");
    }
    if (err == SEAL_OK) {
        job_warn(
            job,
            "the chip is in secure download mode: it is sealed as far as its ROM tells, and nothing else "
            "can be read of it");
    }
    return err;
}
