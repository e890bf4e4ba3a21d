/* Rules that the person overrides by name, and the images that rules look at. */
#include "job.h"
#include "writes.h"

#include <espseal/flash_guard.h>
#include <espseal/rules.h>

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

int job_check_allowed(struct seal_job *job, struct seal_cause *cause)
{
    const char *const *name = job->profile->allow;
    for (size_t count = 1; name && *name; name++, count++) {
        if (!is_flash_rule(*name) && !seal_rule_find(*name) && strcmp(*name, JOB_RULE_BOOT) != 0) {
            int err = seal_fail(cause, SEAL_ERR_USAGE, "--allow %s names no rule", *name);
            seal_hint(cause, "a refusal names the rule that it can be overridden by");
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
    }
    return err;
}
