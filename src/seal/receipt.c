/* The record that a job leaves. Every member is public; secrets never come near this file. */
#include "receipt_parts.h"

#include <espseal/deadline.h>
#include <espseal/digest.h>
#include <espseal/hex.h>

#include <stdio.h>
#include <string.h>

static void put_time(seal_json *root, const char *key, time_t when)
{
    char text[32];
    struct tm utc;
    (void)gmtime_r(&when, &utc);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    seal_json_put_text(root, key, text);
}

static void put_mac(seal_json *root, const uint8_t mac[static 6])
{
    char text[SEAL_MAC_TEXT];
    seal_json_put_text(root, "mac", seal_mac_text(mac, text));
}

static void put_chip(const struct seal_job *job, seal_json *root)
{
    seal_json *chip = seal_json_put_object(root, "chip");
    seal_json_put_text(chip, "name", job->chip->name);
    if (job->blind) {
        seal_json_put_null(chip, "mac");
        return;
    }
    unsigned revision = seal_efuse_revision(&job->now);
    seal_json_put_formatted(chip, "revision", "v%u.%u", revision / 100, revision % 100);
    put_mac(chip, job->mac);
    seal_json_put_formatted(chip, "flash_id", "%02x%02x%02x", job->flash.manufacturer, job->flash.memory_type,
                            job->flash.capacity);
    seal_json_put_number(chip, "flash_bytes", job->flash.size);
}

/* A block that nobody claimed and that the job did not look into is left out. */
static void put_key_block(const struct seal_efuse *efuse, unsigned n, seal_json *blocks)
{
    unsigned block = (unsigned)seal_chip_key_block(efuse->chip, n);
    unsigned value = seal_efuse_key_purpose(efuse, n);
    const struct seal_key_purpose *purpose = seal_chip_purpose_by_value(efuse->chip, value);
    bool loaded = efuse->loaded & 1u << block;
    if (value == SEAL_PURPOSE_USER && !loaded) {
        return;
    }
    seal_json *one = seal_json_put_object(blocks, NULL);
    seal_json_put_formatted(one, "name", "BLOCK_KEY%u", n);
    seal_json_put_text(one, "purpose", purpose ? purpose->name : NULL);
    seal_json_put_bool(one, "read_protected", !seal_efuse_block_readable(efuse, block));
    seal_json_put_bool(one, "write_protected", !seal_efuse_block_writable(efuse, block));
    if (loaded && seal_efuse_block_readable(efuse, block)) {
        seal_json_put_bool(one, "blank", seal_efuse_block_blank(efuse, block));
    }
}

static void put_fuses(const struct seal_efuse *efuse, seal_json *root, const char *key)
{
    if (!efuse->chip) {
        return; /* none were read: secure download mode */
    }
    seal_json *fuses = seal_json_put_object(root, key);
    seal_json *words = seal_json_put_array(fuses, "BLOCK0");
    for (unsigned i = 0; i < efuse->chip->efuse->blocks[0].words; i++) {
        seal_json_put_formatted(words, NULL, "%08x", efuse->words[0][i]);
    }
    seal_json *blocks = seal_json_put_array(fuses, "key_blocks");
    for (unsigned n = 0; n < efuse->chip->key_blocks; n++) {
        put_key_block(efuse, n, blocks);
    }
}

static void put_identity(const struct seal_job *job, seal_json *root)
{
    struct seal_cert_info info;
    const struct seal_cert *cert = job_device_cert(job);
    if (!job_has_identity(job) || !cert || seal_cert_info(cert, &info) != SEAL_OK) {
        return;
    }
    seal_json *identity = seal_json_put_object(root, "identity");
    seal_json_put_text(identity, "storage", seal_storage_name(job->profile->storage));
    if (job_uses_block(job)) {
        seal_json_put_formatted(identity, "key_block", "BLOCK_KEY%u", job->key);
    }
    if (job->part_count == 2) {
        seal_json_put_formatted(identity, "key_block_high", "BLOCK_KEY%u", job->parts[1].key);
    }
    seal_json_put_text(identity, "subject", info.subject);
    seal_json_put_text(identity, "issuer", info.issuer);
    seal_json_put_text(identity, "serial", info.serial);
    seal_json_put_text(identity, "not_before", info.not_before);
    seal_json_put_text(identity, "not_after", info.not_after);
    seal_json_put_text(identity, "key", info.key);
    seal_json_put_hex(identity, "certificate_sha256", info.sha256, sizeof info.sha256);
    seal_json_put_hex(identity, "public_key_sha256", info.key_sha256, sizeof info.key_sha256);
}

static void put_steps(const struct seal_job *job, seal_json *root)
{
    seal_json *steps = seal_json_put_array(root, "steps");
    for (size_t i = 0; i < job->step_count; i++) {
        const struct seal_step *step = &job->steps[i];
        uint8_t digest[32];
        seal_json *one = seal_json_put_object(steps, NULL);
        seal_json_put_text(one, "name", step->name);
        seal_json_put_text(one, "what", step->what);
        seal_json_put_bool(one, "irreversible", step->irreversible);
        seal_json_put_bool(one, "done", step->done);
        if (step->data && seal_sha256_mapped(step->data, step->len, &step->release, digest) == SEAL_OK) {
            seal_json_put_formatted(one, "offset", "0x%x", step->offset);
            seal_json_put_number(one, "bytes", step->len);
            seal_json_put_hex(one, "sha256", digest, sizeof digest);
        }
        if (step->plain && seal_sha256(step->plain, step->plain_len, digest) == SEAL_OK) {
            seal_json_put_hex(one, "sha256_before_encryption", digest, sizeof digest);
        }
    }
}

static void put_proof(const struct seal_job *job, seal_json *root)
{
    const struct seal_proof *proof = seal_job_proof(job);
    if (!proof) {
        seal_json_put_null(root, "proof");
        return;
    }
    seal_json *one = seal_json_put_object(root, "proof");
    if (proof->rsa_bits) {
        seal_json_put_text(one, "algorithm", "RSASSA-PKCS1-v1_5 with SHA-256, by the chip's DS peripheral");
    } else {
        seal_json_put_formatted(one, "algorithm",
                                "ECDSA %s with SHA-%s (r, s), by the chip's ECDSA peripheral", proof->key,
                                strcmp(proof->key, "P-384") == 0 ? "384" : "256");
    }
    seal_json_put_formatted(one, "key_block", "BLOCK_KEY%u", proof->efuse_key);
    seal_json_put_bool(
        one, "through_read_protected_key",
        !seal_efuse_block_readable(&job->now, (unsigned)seal_chip_key_block(job->chip, proof->efuse_key)));
    seal_json_put_hex(one, "nonce", proof->nonce, sizeof proof->nonce);
    if (proof->signature_len) {
        seal_json_put_hex(one, "signature", proof->signature, proof->signature_len);
    } else {
        seal_json_put_null(one, "signature");
        seal_json_put_text(one, "signature_left_out",
                           "its random number is not good enough in the bootloader for others to see it");
    }
    seal_json_put_hex(one, "certificate_sha256", proof->cert_sha256, sizeof proof->cert_sha256);
    seal_json_put_bool(one, "verified", true);
}

bool seal_job_sealed(const struct seal_job *job)
{
    bool sealed = job->part_count > 0;
    for (size_t i = 0; i < job->part_count; i++) {
        int block = seal_chip_key_block(job->chip, job->parts[i].key);
        sealed = sealed && block >= 0 && !seal_efuse_block_readable(&job->now, (unsigned)block);
    }
    return sealed;
}

const char *seal_job_state(const struct seal_job *job, int err)
{
    if (err != SEAL_OK) {
        return "unfinished: run the same command again";
    }
    if (job->blind) {
        return "sealed: the chip is in secure download mode, and tells no more";
    }
    if (!job_has_identity(job)) {
        return job->profile->mode == SEAL_MODE_PRODUCTION
                   ? "sealed: what the profile asks for is burned and locked"
                   : "development: the device is not sealed, its keys can be read from the chip";
    }
    if (job->profile->storage == SEAL_STORAGE_PLAINTEXT) {
        return "development: the device is not sealed, its private key lies in flash in clear";
    }
    const struct seal_cert *cert = job_device_cert(job);
    if (cert && seal_cert_is_placeholder(cert)) {
        return seal_job_sealed(job)
                   ? "waiting for its certificate: the key is in the chip and nobody can read it"
               : job_uses_ecdsa(job)
                   ? "waiting for its certificate: the device is not sealed, its private key can be read"
                   : "waiting for its certificate: the device is not sealed, its HMAC key can be read";
    }
    return seal_job_sealed(job) ? "identity sealed: the key is in the chip and nobody can read it"
           : job_uses_ecdsa(job)
               ? "development: the device is not sealed, its private key can be read from the chip"
               : "development: the device is not sealed, its HMAC key can be read from the chip";
}

int seal_job_receipt(const struct seal_job *job, int err, seal_json **receipt)
{
    struct seal_loader_stats stats;
    seal_json *root = seal_json_object_new();
    *receipt = root;
    if (!root) {
        return SEAL_ERR_NO_MEMORY;
    }
    seal_loader_stats(job->loader, &stats);
    seal_json_put_text(root, "espseal", ESPSEAL_VERSION);
    seal_json_put_text(root, "result", err == SEAL_OK ? "done" : seal_err_name(err));
    seal_json_put_text(root, "mode", seal_mode_name(job->profile->mode));
    seal_json_put_text(root, "state", seal_job_state(job, err));
    put_time(root, "started", job->started);
    put_time(root, "finished", time(NULL));
    put_chip(job, root);
    if (job->serial[0]) {
        seal_json_put_text(root, "serial", job->serial);
    }
    put_identity(job, root);
    if (job_has_identity(job)) {
        seal_json_put_formatted(root, "esp_secure_cert_offset", "0x%x", job->offset);
    }
    seal_json_put_hex(root, "plan_sha256", job->hash, sizeof job->hash);
    put_steps(job, root);
    put_proof(job, root);
    receipt_put_sealing(job, root);
    if (!job->blind) {
        put_fuses(&job->before, root, "fuses_before");
        put_fuses(&job->now, root, "fuses_after");
    }
    seal_json *warnings = seal_json_put_array(root, "warnings");
    for (size_t i = 0; i < job->warning_count; i++) {
        seal_json_put_text(warnings, NULL, job->warnings[i]);
    }
    seal_json *wire = seal_json_put_object(root, "wire");
    seal_json_put_number(wire, "frames_sent", stats.frames_sent);
    seal_json_put_number(wire, "frames_received", stats.frames_received);
    seal_json_put_number(wire, "bytes_sent", (double)stats.bytes_sent);
    seal_json_put_number(wire, "bytes_received", (double)stats.bytes_received);
    int64_t milliseconds = (seal_now_us() - job->started_us) / 1000;
    seal_json_put_number(wire, "milliseconds", (double)milliseconds);
    return SEAL_OK;
}
