/* A chip in secure download mode: nothing can be read of it but what its ROM tells of its security. */
#include "slots.h"
#include "writes.h"

#include <espseal/last_exits.h>
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

/* Release mode has every bit of the counter burned. */
static bool released(const struct seal_job *job, const struct seal_security_info *info)
{
    const struct seal_efuse_field *field = seal_chip_field(job->chip, "SPI_BOOT_CRYPT_CNT");
    return job->profile->mode != SEAL_MODE_PRODUCTION ||
           job->profile->sealing.flash_encryption.mode != SEAL_ENCRYPTION_RELEASE || !field ||
           __builtin_popcount(info->flash_crypt_count) >= field->bits;
}

/* What the ROM tells to be open although the profile closes it; what it does not tell is let pass. */
static bool jtag_open(const struct seal_job *job, const struct seal_security_info *info)
{
    struct seal_exit exits[SEAL_EXITS];
    enum seal_word_value wish = job->profile->sealing.lockdown.jtag;
    seal_last_exits_told(job->chip, info, seal_exit_of_path(seal_path_of(seal_loader_link(job->loader))),
                         exits);
    return job->profile->mode == SEAL_MODE_PRODUCTION && (wish == SEAL_WORD_OFF || wish == SEAL_WORD_SOFT) &&
           exits[SEAL_EXIT_PAD_JTAG].state == SEAL_EXIT_OPEN;
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
    if (job_encrypts(job) && !released(job, info)) {
        return "has flash encryption in development mode";
    }
    if (wish->secure_boot.aggressive_revoke && !(info->flags & SEAL_SECURITY_AGGRESSIVE_REVOKE)) {
        return "does not revoke keys by itself";
    }
    if (jtag_open(job, info)) {
        return "has JTAG open";
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
