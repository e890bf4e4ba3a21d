/* Rules that the person overrides by name, and the images that rules look at. */
#include "job.h"
#include "writes.h"

#include <espseal/digest.h>
#include <espseal/flash_guard.h>
#include <espseal/image.h>
#include <espseal/rules.h>
#include <espseal/secure_boot.h>

#include <string.h>

static bool is_flash_rule(const char *name)
{
    for (size_t i = 0; seal_flash_rules[i]; i++) {
        if (strcmp(seal_flash_rules[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_job_rule(const char *name)
{
    return strcmp(name, JOB_RULE_BOOT) == 0 || strcmp(name, SEAL_RULE_BOOT_SCHEME) == 0;
}

int job_check_allowed(struct seal_job *job, struct seal_cause *cause)
{
    const char *const *name = job->profile->allow;
    for (size_t count = 1; name && *name; name++, count++) {
        if (!is_flash_rule(*name) && !seal_rule_find(*name) && !is_job_rule(*name)) {
            int err = seal_fail(cause, SEAL_ERR_USAGE, "--allow %s names no rule", *name);
            seal_hint(cause, "a refusal names the rule that it can be overridden by");
            seal_cause_word(cause, "allow[]");
            return err;
        }
        if (count == JOB_RULES) {
            return seal_fail(cause, SEAL_ERR_USAGE, "more than %d rules are overridden", JOB_RULES - 1);
        }
        job_warn(job, "rule %s is overridden", *name);
    }
    return SEAL_OK;
}

bool job_is_allowed(const struct seal_job *job, const char *rule)
{
    for (const char *const *name = job->profile->allow; name && *name; name++) {
        if (strcmp(*name, rule) == 0) {
            return true;
        }
    }
    return false;
}

void job_allowed_fuse_rules(const struct seal_job *job, const char *allowed[static JOB_RULES])
{
    size_t count = 0;
    for (const char *const *name = job->profile->allow; name && *name && count < JOB_RULES - 1; name++) {
        if (seal_rule_find(*name)) {
            allowed[count++] = *name;
        }
    }
    allowed[count] = NULL;
}

/* The chip as the profile will leave it: what is wished for counts as there. */
static void expect(const struct seal_job *job, struct seal_flash_target *target)
{
    const struct seal_wish_secure_boot *boot = &job->profile->sealing.secure_boot;
    seal_flash_target_from_efuse(&job->now, target);
    target->has_key = target->has_key || job_encrypts(job);
    if (boot->version == 2 && !boot->allow_unsigned_firmware) {
        target->secure_boot_v2 = true;
        target->digests_known = job->chip->key_blocks >= 3;
        target->key_count = boot->digest_count;
        for (size_t i = 0; i < boot->digest_count; i++) {
            memcpy(target->keys[i], boot->digests[i].bytes, sizeof target->keys[i]);
        }
    }
}

static const struct seal_partition *partition_at(const struct seal_job *job, uint32_t offset)
{
    for (size_t i = 0; job->has_table && i < job->table.count; i++) {
        const struct seal_partition *entry = &job->table.entries[i];
        if (entry->offset <= offset && offset - entry->offset < entry->size) {
            return entry;
        }
    }
    return NULL;
}

/* Schemes that ESP-IDF marks as not working on a chip, and those that its ROM does not know. */
static int check_scheme(const struct seal_job *job, const struct seal_firmware *file,
                        struct seal_cause *cause)
{
    static const struct seal_image_hashes hashes = {
        .sha256 = seal_sha256_mapped, .sha384 = seal_sha384_mapped, .keys_only = true};
    static const struct {
        enum seal_signature_scheme found;
        enum seal_sign_scheme scheme;
    } schemes[] = {{SEAL_SIGNATURE_RSA3072, SEAL_SIGN_RSA3072},
                   {SEAL_SIGNATURE_P192, SEAL_SIGN_ECDSA192},
                   {SEAL_SIGNATURE_P256, SEAL_SIGN_ECDSA256},
                   {SEAL_SIGNATURE_P384, SEAL_SIGN_ECDSA384}};
    const bool flagged_too = job_is_allowed(job, SEAL_RULE_BOOT_SCHEME);
    struct seal_image image;
    int err = SEAL_OK;
    if (job->profile->sealing.secure_boot.version != 2 || !seal_image_looks_like(file->data, file->len) ||
        seal_image_parse(file->data, file->len, &hashes, &image, NULL) != SEAL_OK) {
        return SEAL_OK;
    }
    for (size_t i = 0; i < image.signature_count && err == SEAL_OK; i++) {
        for (size_t k = 0; k < sizeof schemes / sizeof schemes[0] && err == SEAL_OK; k++) {
            if (schemes[k].found == image.signatures[i].scheme) {
                err = seal_boot_scheme_check(job->chip, schemes[k].scheme, flagged_too, cause);
            }
        }
    }
    return err;
}

int job_guard_firmware(struct seal_job *job, struct seal_cause *cause)
{
    struct seal_flash_target target;
    int err = SEAL_OK;
    if (job->profile->firmware_count == 0) {
        return SEAL_OK;
    }
    if (seal_sealing_asked(&job->profile->sealing)) {
        expect(job, &target);
    } else {
        err = seal_flash_target_read(job->loader, &target, cause);
    }
    for (size_t i = 0; i < job->profile->firmware_count && err == SEAL_OK; i++) {
        const struct seal_firmware *image = &job->profile->firmware[i];
        const struct seal_flash_piece piece = {.name = image->name,
                                               .offset = image->offset,
                                               .data = image->data,
                                               .len = image->len,
                                               .encrypt = job->writes[i].encrypted > 0,
                                               .partition = partition_at(job, image->offset)};
        err = seal_flash_guard(&target, &piece, job->profile->allow, cause);
        if (err == SEAL_OK) {
            err = check_scheme(job, image, cause);
        }
    }
    return err;
}
