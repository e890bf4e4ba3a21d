/*
 * Images behind a key that nobody can read any more. Before a run hides the key it records which images it
 * wrote and compared; a later run that finds the key hidden believes that record, and nothing else.
 */
#include "receipt_parts.h"
#include "slots.h"
#include "writes.h"

#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/secure_boot_v1.h>

#include <stdio.h>
#include <string.h>

#define HIDDEN_BY "the key that it is made with is hidden in the chip"
#define SECURE_CERT "esp_secure_cert"

bool job_key_is_hidden(const struct seal_job *job)
{
    return job->past_flash || job->past_boot;
}

bool seal_job_wants_record(const struct seal_job *job)
{
    return !job->blind && job_key_is_hidden(job);
}

static bool is_held_by_nobody(const struct job_slot *slot)
{
    return slot && !slot->given && slot->state != SEAL_BLOCK_SEALED;
}

bool seal_job_needs_record(const struct seal_job *job)
{
    bool gated = false;
    for (size_t i = 0; i < job->step_count; i++) {
        gated = gated || job->steps[i].kind == SEAL_STEP_BOOT_CHECK;
    }
    return gated && job->profile->mode == SEAL_MODE_PRODUCTION &&
           (is_held_by_nobody(job_slot_of(job, JOB_FLASH_KEY)) ||
            is_held_by_nobody(job_slot_of(job, JOB_BOOT_KEY)));
}

int job_digest_images(struct seal_job *job, struct seal_cause *cause)
{
    for (size_t i = 0; i < job->write_count; i++) {
        struct job_write *write = &job->writes[i];
        const struct seal_firmware *image = write->image;
        if (image && seal_sha256_mapped(image->data, image->len, &image->release, write->sha256) != SEAL_OK) {
            return seal_fail(cause, SEAL_ERR_CRYPTO, "%s could not be digested", write->name);
        }
        write->has_sha256 = image != NULL;
    }
    return SEAL_OK;
}

/* --- the record --- */

static uint32_t offset_of(const struct job_write *write)
{
    return write->image ? write->image->offset : write->offset;
}

/* ROM or bootloader read it with a key that is hidden. */
static bool needs_record(const struct seal_job *job, const struct job_write *write)
{
    return write->hidden || (job->past_boot && write->image && write->image->offset == SEAL_BOOT_V1_IMAGE_AT);
}

static bool was_written(const struct seal_job *job, enum seal_step_kind kind, uint32_t offset)
{
    bool any = false, all = true;
    for (size_t i = 0; i < job->step_count; i++) {
        const struct seal_step *step = &job->steps[i];
        const bool of_it = step->kind == kind && (kind == SEAL_STEP_PARTITION || step->offset == offset);
        any = any || of_it;
        all = all && (!of_it || step->done);
    }
    return any && all;
}

static void look_at_write(const struct seal_job *job, const struct job_write *write,
                          struct seal_region *region)
{
    region->name = write->name;
    region->offset = offset_of(write);
    region->sha256 = write->has_sha256 ? write->sha256 : NULL;
    region->encrypted = write->encrypted > 0;
    region->hidden = needs_record(job, write);
    region->recorded = write->recorded;
    region->compared =
        !region->hidden && (write->compared || was_written(job, SEAL_STEP_FIRMWARE, write->offset));
}

static void look_at_cert(const struct seal_job *job, struct seal_region *region)
{
    region->name = SECURE_CERT;
    region->offset = job->offset;
    region->encrypted = job->cert_encrypted;
    region->hidden = job->cert_encrypted && job->past_flash;
    region->recorded = region->hidden && job->recalled == JOB_RECALL_SAME;
    region->compared =
        !region->hidden && (job->found_good || was_written(job, SEAL_STEP_PARTITION, job->offset));
}

bool seal_job_region(const struct seal_job *job, size_t index, struct seal_region *region)
{
    *region = (struct seal_region){0};
    if (job->blind || index > job->write_count || (index == job->write_count && !job_has_identity(job))) {
        return false;
    }
    if (index < job->write_count) {
        look_at_write(job, &job->writes[index], region);
    } else {
        look_at_cert(job, region);
    }
    return true;
}

void receipt_put_regions(const struct seal_job *job, seal_json *root)
{
    seal_json *regions = seal_json_put_array(root, "regions");
    struct seal_region region;
    for (size_t i = 0; seal_job_region(job, i, &region); i++) {
        seal_json *one = seal_json_put_object(regions, NULL);
        seal_json_put_text(one, "name", region.name);
        seal_json_put_formatted(one, "offset", "0x%x", region.offset);
        if (region.sha256) {
            seal_json_put_hex(one, "sha256", region.sha256, 32);
        }
        seal_json_put_bool(one, "encrypted", region.encrypted);
        seal_json_put_bool(one, "compared", region.compared);
        if (!region.compared) {
            seal_json_put_text(one, "reason", region.hidden ? HIDDEN_BY : "the run did not come so far");
        }
        if (region.hidden) {
            seal_json_put_bool(one, "recorded", region.recorded);
        }
    }
}

/* --- what it is good for --- */

static const seal_json *find_region(const seal_json *regions, uint32_t offset)
{
    char text[16];
    (void)snprintf(text, sizeof text, "0x%x", offset);
    for (const seal_json *one = seal_json_first(regions); one; one = seal_json_next(one)) {
        const char *there = seal_json_text(seal_json_get(one, "offset"));
        if (there && strcmp(there, text) == 0) {
            return one;
        }
    }
    return NULL;
}

static bool is_hidden_there(const seal_json *region)
{
    const char *reason = seal_json_text(seal_json_get(region, "reason"));
    return reason && strcmp(reason, HIDDEN_BY) == 0;
}

static bool same_image(const struct job_write *write, const seal_json *region)
{
    char hex[65];
    const char *there = seal_json_text(seal_json_get(region, "sha256"));
    seal_hex_encode(write->sha256, sizeof write->sha256, hex);
    return seal_json_is_true(seal_json_get(region, "compared")) &&
           (!write->has_sha256 || (there && strcmp(there, hex) == 0));
}

/* There is something to be told, and the receipt's run could tell: none of it was hidden from it. */
static bool could_tell(const struct seal_job *job, const seal_json *regions)
{
    bool any = false;
    for (size_t i = 0; i < job->write_count; i++) {
        const struct job_write *write = &job->writes[i];
        if (needs_record(job, write) && is_hidden_there(find_region(regions, offset_of(write)))) {
            return false;
        }
        any = any || needs_record(job, write);
    }
    return any && seal_json_kind(regions) == SEAL_JSON_ARRAY;
}

static bool is_ours(const struct seal_job *job, const seal_json *receipt)
{
    char mac[SEAL_MAC_TEXT];
    const char *theirs = seal_json_text(seal_json_get(seal_json_get(receipt, "chip"), "mac"));
    return theirs && strcmp(theirs, seal_mac_text(job->mac, mac)) == 0;
}

bool seal_job_recall(struct seal_job *job, const seal_json *receipt)
{
    const seal_json *regions = seal_json_get(receipt, "regions");
    if (!is_ours(job, receipt) || !could_tell(job, regions)) {
        return false;
    }
    job->recalled = JOB_RECALL_SAME;
    for (size_t i = 0; i < job->write_count; i++) {
        struct job_write *write = &job->writes[i];
        write->recorded =
            needs_record(job, write) && same_image(write, find_region(regions, offset_of(write)));
        if (needs_record(job, write) && !write->recorded) {
            job->recalled = JOB_RECALL_OTHER;
            job->recalled_not = write->name;
        }
    }
    const bool cert = job_has_identity(job) && job->cert_encrypted && job->past_flash;
    if (cert && !seal_json_is_true(seal_json_get(find_region(regions, job->offset), "compared"))) {
        job->recalled = JOB_RECALL_OTHER;
        job->recalled_not = SECURE_CERT;
    }
    return true;
}
