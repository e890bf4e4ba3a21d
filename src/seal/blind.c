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

static bool lacks_key(const struct seal_job *job, const struct seal_security_info *info, const char **word)
{
    const struct seal_key_purpose *own = job_uses_block(job) ? job_key_purpose(job, 0) : NULL;
    bool lacks = job_uses_block(job) && !(own && bears(info, own->value));
    *word = "identity";
    for (size_t i = 0; i < job->slot_count && !lacks; i++) {
        const struct job_slot *slot = &job->slots[i];
        lacks = slot->purpose && !bears(info, slot->purpose->value);
        *word = job_slot_word(slot);
    }
    return lacks;
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

/* word gets the profile's, of what is missing. */
static const char *missing(const struct seal_job *job, const struct seal_security_info *info,
                           const char **word)
{
    const struct seal_sealing *wish = &job->profile->sealing;
    *word = "lockdown.download";
    if (!info->valid) {
        return "does not tell what it is";
    }
    *word = "secure_boot.version";
    if (wish->secure_boot.version && !(info->flags & SEAL_SECURITY_SECURE_BOOT)) {
        return "has secure boot off";
    }
    *word = "flash_encryption.mode";
    if (job_encrypts(job) && __builtin_popcount(info->flash_crypt_count) % 2 == 0) {
        return "has flash encryption off";
    }
    if (job_encrypts(job) && !released(job, info)) {
        return "has flash encryption in development mode";
    }
    *word = "secure_boot.aggressive_revoke";
    if (wish->secure_boot.aggressive_revoke && !(info->flags & SEAL_SECURITY_AGGRESSIVE_REVOKE)) {
        return "does not revoke keys by itself";
    }
    *word = "lockdown.jtag";
    if (jtag_open(job, info)) {
        return "has JTAG open";
    }
    return lacks_key(job, info, word) ? "lacks a key that the profile asks for" : NULL;
}

int job_survey_blind(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_security_info *info = seal_loader_security_info(job->loader);
    job->now.chip = job->chip;
    job->slots = seal_secret_alloc(JOB_SLOTS * sizeof *job->slots);
    int err = job->slots ? job_wish_slots(job, cause)
                         : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of secure memory");
    const char *word = NULL;
    const char *why = err == SEAL_OK ? missing(job, info, &word) : NULL;
    if (why) {
        err = seal_fail(cause, SEAL_ERR_STATE, "the chip is in secure download mode and %s", why);
        seal_hint(
            cause,
            "its registers cannot be read nor its eFuses burned in this mode, and there is no way back");
        seal_cause_word(cause, word);
    }
    if (err == SEAL_OK) {
        job_warn(
            job,
            "the chip is in secure download mode: it is sealed as far as its ROM tells, and nothing else "
            "can be read of it");
    }
    return err;
}
