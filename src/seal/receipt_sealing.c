/* What the receipt tells of the sealing. Every member is public. */
#include "receipt_parts.h"
#include "slots.h"
#include "writes.h"

#include <espseal/anti_rollback.h>
#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/last_exits.h>
#include <espseal/lockdown.h>
#include <espseal/manufacturing.h>
#include <espseal/release.h>

static void put_boot(const struct seal_job *job, seal_json *root)
{
    const struct seal_wish_secure_boot *wish = &job->profile->sealing.secure_boot;
    if (!wish->version) {
        return;
    }
    seal_json *one = seal_json_put_object(root, "secure_boot");
    seal_json_put_number(one, "version", wish->version);
    seal_json_put_bool(one, "on", seal_secure_boot_on(&job->now));
    seal_json_put_bool(one, "release", seal_secure_boot_released(&job->now));
    seal_json *digests = seal_json_put_array(one, "key_digests");
    for (size_t i = 0; i < wish->digest_count; i++) {
        seal_json_put_hex(digests, NULL, wish->digests[i].bytes, sizeof wish->digests[i].bytes);
    }
}

static void put_encryption(const struct seal_job *job, seal_json *root)
{
    const struct job_slot *slot = job_slot_of(job, JOB_FLASH_KEY);
    const struct job_slot *second = job_slot_of(job, JOB_FLASH_KEY_2);
    if (!slot) {
        return;
    }
    seal_json *one = seal_json_put_object(root, "flash_encryption");
    seal_json_put_text(one, "mode", seal_encryption_mode_name(job->profile->sealing.flash_encryption.mode));
    seal_json_put_bool(one, "on", seal_flash_encryption_on(&job->now));
    seal_json_put_bool(one, "release", seal_flash_encryption_released(&job->now));
    seal_json_put_number(one, "key_bits", 32 * (slot->count + (second ? second->count : 0)));
    seal_json_put_text(one, "key_block", slot->place);
    if (second) {
        seal_json_put_text(one, "second_key_block", second->place);
    }
    if (job->has_flash_key_sha256) {
        seal_json_put_hex(one, "key_sha256", job->flash_key_sha256, sizeof job->flash_key_sha256);
    }
    seal_json_put_bool(one, "key_hidden", job_slot_hidden(&job->now, slot));
    seal_json_put_bool(one, "proved", job->flash_proved);
}

static void put_nvs(const struct seal_job *job, seal_json *root)
{
    const struct seal_wish_nvs *wish = &job->profile->sealing.nvs;
    const struct job_slot *slot = job_slot_of(job, JOB_NVS_KEY);
    if (wish->scheme == SEAL_NVS_PLAIN) {
        return;
    }
    seal_json *one = seal_json_put_object(root, "nvs");
    seal_json_put_text(one, "scheme", seal_nvs_scheme_name(wish->scheme));
    if (slot) {
        seal_json_put_text(one, "key_block", slot->place);
        seal_json_put_bool(one, "key_hidden", job_slot_hidden(&job->now, slot));
        seal_json_put_bool(one, "proved", job->hmac_proved);
    }
}

/* Names, never values; the digest is that of what stands in flash. */
static void put_manufacturing(const struct seal_job *job, seal_json *root)
{
    static const char *const states[] = {"new", "found", "hidden"};
    uint8_t digest[32];
    const char *name;
    enum seal_nvs_made made = SEAL_NVS_GIVEN;
    if (!job->mfg || !job->mfg_at) {
        return;
    }
    seal_json *one = seal_json_put_object(root, "manufacturing");
    seal_json_put_text(one, "partition", job->mfg_at->name);
    seal_json_put_formatted(one, "offset", "0x%x", job->mfg_at->offset);
    seal_json_put_text(one, "data", states[job->mfg_state]);
    for (size_t i = 0; i < job->write_count && job->mfg_state != JOB_MFG_HIDDEN; i++) {
        const struct job_write *write = &job->writes[i];
        const struct seal_buf *flash = write->flash ? write->flash : write->own;
        if (flash && write->offset == job->mfg_at->offset &&
            seal_sha256(seal_buf_ptr(flash), seal_buf_len(flash), digest) == SEAL_OK) {
            seal_json_put_hex(one, "sha256", digest, sizeof digest);
        }
    }
    seal_json *items = seal_json_put_array(one, "items");
    seal_json *random = seal_json_put_array(one, "made_here");
    for (size_t i = 0; (name = seal_mfg_item(job->mfg, i, &made)); i++) {
        seal_json_put_text(made == SEAL_NVS_GIVEN ? items : random, NULL, name);
    }
}

/* As the chip has them; the wishes of a development run are left for production. */
static void put_lockdown(const struct seal_job *job, seal_json *root)
{
    seal_json *words = seal_json_put_object(root, "lockdown");
    for (enum seal_word word = 0; word < SEAL_WORDS; word++) {
        const enum seal_word_value value = seal_lockdown_get(&job->profile->sealing.lockdown, word);
        if (value != SEAL_WORD_UNSAID && value != SEAL_WORD_KEEP) {
            const bool done = seal_lockdown_state(&job->now, word, value) == SEAL_LOCK_DONE;
            seal_json_put_text(words, seal_lockdown_words[word].name,
                               done ? seal_word_value_name(value) : "open");
        }
    }
}

static void put_exits(const struct seal_job *job, seal_json *root)
{
    struct seal_exit exits[SEAL_EXITS];
    seal_last_exits(&job->now, exits);
    seal_json *ways = seal_json_put_array(root, "last_exits");
    for (size_t i = 0; i < SEAL_EXITS; i++) {
        if (exits[i].state == SEAL_EXIT_NONE) {
            continue;
        }
        seal_json *one = seal_json_put_object(ways, NULL);
        seal_json_put_text(one, "way", exits[i].name);
        seal_json_put_text(one, "state", seal_exit_state_name(exits[i].state));
        seal_json_put_text(one, "fuse", exits[i].fuse);
    }
}

void receipt_put_sealing(const struct seal_job *job, seal_json *root)
{
    uint8_t digest[32];
    if (!seal_sealing_asked(&job->profile->sealing) || job->blind) {
        return;
    }
    receipt_put_regions(job, root);
    seal_json *sealing = seal_json_put_object(root, "sealing");
    put_boot(job, sealing);
    put_encryption(job, sealing);
    put_nvs(job, sealing);
    put_manufacturing(job, sealing);
    if (job->profile->sealing.anti_rollback.asked) {
        seal_json_put_number(sealing, "secure_version", seal_anti_rollback_version(&job->now));
    }
    if (job->escrow && seal_sha256(seal_buf_ptr(job->escrow), seal_buf_len(job->escrow), digest) == SEAL_OK) {
        seal_json_put_hex(sealing, "escrow_sha256", digest, sizeof digest);
    }
    put_lockdown(job, sealing);
    put_exits(job, sealing);
}
