/* The steps of the identity: its key, its partition, the proof, the protection. */
#include "plan_parts.h"
#include "writes.h"

#include <espseal/flash_layout.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

/* From v1.2 on the ESP32-H2 takes P-256 only, unless a fuse says otherwise (ESP-IDF,
 * esp_efuse_enable_ecdsa_p192_curve_mode). */
enum { CURVES_P192 = 1, CURVES_BOTH = 2, CURVES_P256_LOCKED = 3 };

static int plan_curve(struct seal_job *job, struct seal_cause *cause)
{
    const bool by_fuse = job_uses_ecdsa(job) && job->chip->peripherals.ecdsa->layout->fixed_k;
    const struct seal_efuse_field *mode = by_fuse ? seal_chip_field(job->chip, "ECDSA_CURVE_MODE") : NULL;
    const uint32_t now = mode ? seal_efuse_get_named(&job->now, "ECDSA_CURVE_MODE") : 0;
    const bool p192 = job_uses_ecdsa(job) && job_ec_bits(job) == 192;
    const bool off = p192 ? now == CURVES_P256_LOCKED || seal_efuse_get_named(&job->now, "ECDSA_DISABLE_P192")
                          : job_uses_ecdsa(job) && now == CURVES_P192;
    if (off || (p192 && mode && now == 0 && !seal_efuse_field_writable(&job->now, mode))) {
        int err = seal_fail(cause, SEAL_ERR_STATE,
                            "the eFuses of this chip close P-%u to its ECDSA peripheral", job_ec_bits(job));
        seal_hint(cause, "use --key-type ec:p%u; nothing was burned", p192 ? 256 : 192);
        return err;
    }
    if (!p192 || !mode || now) {
        return SEAL_OK;
    }
    struct seal_step *step = job_add_step(job, SEAL_STEP_SWITCH, "enable P-192");
    (void)snprintf(step->what, sizeof step->what,
                   "burn ECDSA_CURVE_MODE = %d: the peripheral takes P-192 too", CURVES_BOTH);
    step->irreversible = true;
    return seal_burn_field(job->chip, &step->burn, "ECDSA_CURVE_MODE", CURVES_BOTH, cause);
}

static bool open_part(const struct job_part *part)
{
    return part->state == SEAL_BLOCK_FREE || part->state == SEAL_BLOCK_CLAIMED;
}

/* Of two halves in one burn: neither is of any use alone. */
static int plan_claims(struct seal_job *job, struct seal_cause *cause)
{
    struct seal_step *claim = NULL;
    int err = SEAL_OK;
    for (size_t i = 0; i < job->part_count && err == SEAL_OK; i++) {
        const struct job_part *part = &job->parts[i];
        const struct seal_key_purpose *purpose = job_key_purpose(job, i);
        if (!open_part(part) || seal_efuse_key_purpose(&job->now, part->key) == purpose->value) {
            continue;
        }
        claim = claim ? claim : job_add_step(job, SEAL_STEP_CLAIM, "claim key block");
        const size_t used = strlen(claim->what);
        (void)snprintf(claim->what + used, sizeof claim->what - used, "%s KEY_PURPOSE_%u = %s",
                       used ? " and" : "burn", part->key, purpose->name);
        claim->irreversible = true;
        err = seal_burn_purpose(job->chip, &claim->burn, part->key, purpose->value, cause);
    }
    if (claim) {
        const size_t used = strlen(claim->what);
        (void)snprintf(claim->what + used, sizeof claim->what - used, ": %s ours from here on",
                       job->part_count > 1 ? "the blocks are" : "the block is");
    }
    return err;
}

static const char *which_key(const struct seal_job *job)
{
    const struct seal_profile *profile = job->profile;
    return job_uses_ds(job)       ? profile->hmac_key ? "the given HMAC key" : "a new random HMAC key"
           : profile->private_key ? "the given private key"
                                  : "the device's new private key";
}

static void plan_part(struct seal_job *job, size_t n)
{
    const struct job_part *part = &job->parts[n];
    struct seal_step *key = job_add_step(job, SEAL_STEP_KEY, "burn key");
    (void)snprintf(key->what, sizeof key->what, "burn %s%s into BLOCK_KEY%u and read it back",
                   job->part_count == 1 ? ""
                   : n                  ? "the high half of "
                                        : "the low half of ",
                   which_key(job), part->key);
    key->irreversible = true;
    key->block = (unsigned)seal_chip_key_block(job->chip, part->key);
    seal_burn_key(job->chip, &key->burn, part->key, job->block_key + 32 * n);
}

int job_plan_identity_key(struct seal_job *job, struct seal_cause *cause)
{
    if (!job_uses_block(job)) {
        return SEAL_OK;
    }
    int err = plan_curve(job, cause);
    if (err == SEAL_OK) {
        err = plan_claims(job, cause);
    }
    for (size_t i = 0; i < job->part_count && err == SEAL_OK; i++) {
        if (open_part(&job->parts[i])) {
            plan_part(job, i);
        }
    }
    if (err == SEAL_OK && job->part_count == 2) {
        job_warn(job,
                 "esp_secure_cert has room for one block's number: firmware must know by itself that "
                 "BLOCK_KEY%u holds the high half of the key",
                 job->parts[1].key);
    }
    return err;
}

static struct seal_step *add_write(struct seal_job *job, const char *name, uint32_t offset,
                                   const uint8_t *data, size_t len)
{
    struct seal_step *step = job_add_step(job, SEAL_STEP_PARTITION, name);
    step->offset = offset;
    step->data = data;
    step->len = (uint32_t)len;
    return step;
}

static void plan_completion(struct seal_job *job)
{
    enum { SECTOR = 4096 };
    const uint8_t *image = seal_buf_ptr(job->image);
    if (!job->ds_copied) {
        struct seal_step *copy = add_write(job, "keep DS parameters", job->offset + SECTOR,
                                           seal_buf_ptr(job->copy), seal_buf_len(job->copy));
        (void)snprintf(copy->what, sizeof copy->what,
                       "copy the DS parameters to 0x%x: a cut must not lose the key", job->offset + SECTOR);
    }
    struct seal_step *first = add_write(job, "write esp_secure_cert", job->offset, image, SECTOR);
    (void)snprintf(first->what, sizeof first->what,
                   "write esp_secure_cert to flash at 0x%x: the same DS parameters, the new certificate",
                   job->offset);
    struct seal_step *rest = add_write(job, "write the rest", job->offset + SECTOR, image + SECTOR, SECTOR);
    (void)snprintf(rest->what, sizeof rest->what, "write its second sector at 0x%x over the copy",
                   job->offset + SECTOR);
}

static const char *contents(const struct seal_job *job)
{
    if (!job_uses_block(job)) {
        return "certificates and the private key in clear";
    }
    if (job_uses_ecdsa(job) && job->profile->request_only) {
        return "a place-holder for the certificate, and that the key is in the ECDSA peripheral";
    }
    if (job_uses_ecdsa(job)) {
        return "certificates, and that the key is in the ECDSA peripheral";
    }
    return job->profile->request_only ? "encrypted DS parameters, and a place-holder for the certificate"
                                      : "certificates and encrypted DS parameters";
}

void job_plan_partition(struct seal_job *job)
{
    if (job->found_good || !job_has_identity(job)) {
        return;
    }
    if (job->image) {
        plan_completion(job);
        return;
    }
    struct seal_step *step = add_write(job, "write esp_secure_cert", job->offset, NULL, 0);
    (void)snprintf(step->what, sizeof step->what, "write esp_secure_cert to flash at 0x%x: %s", job->offset,
                   contents(job));
    if (job->partition) {
        step->data = seal_buf_ptr(job->partition);
        step->len = (uint32_t)seal_buf_len(job->partition);
    }
    if (job->sealed) {
        step->plain = step->data;
        step->plain_len = step->len;
        step->data = seal_buf_ptr(job->sealed);
        step->len = (uint32_t)seal_buf_len(job->sealed);
    }
}

void job_plan_proof(struct seal_job *job, enum seal_step_kind kind)
{
    if (!job_uses_block(job)) {
        return;
    }
    bool again = kind == SEAL_STEP_PROVE_AGAIN;
    struct seal_step *step = job_add_step(job, kind, again ? "prove again" : "prove");
    (void)snprintf(step->what, sizeof step->what,
                   "let the chip sign a nonce%s and check it with the device certificate",
                   again ? " through the protected key" : "");
}

/* So that firmware cannot choose the numbers k, which tell the key (ESP-IDF does it at its first start). */
static const char hardware_k[] = "ECDSA_FORCE_USE_HARDWARE_K";

static bool wants_hardware_k(const struct seal_job *job)
{
    return job_uses_ecdsa(job) && seal_chip_field(job->chip, hardware_k) &&
           !seal_efuse_get_named(&job->now, hardware_k);
}

int job_plan_identity_protection(struct seal_job *job, struct seal_cause *cause)
{
    if (!job_uses_block(job)) {
        return SEAL_OK;
    }
    const bool production = job->profile->mode == SEAL_MODE_PRODUCTION, force = wants_hardware_k(job);
    struct seal_burn burn = {0};
    bool any_read = false, any_write = false;
    for (size_t i = 0; i < job->part_count; i++) {
        const unsigned key = job->parts[i].key, block = (unsigned)seal_chip_key_block(job->chip, key);
        const bool read = production && seal_efuse_block_readable(&job->now, block);
        const bool write = seal_efuse_block_writable(&job->now, block);
        const bool purpose = seal_efuse_key_purpose_writable(&job->now, key);
        seal_burn_protect(job->chip, &burn, key, read, write, purpose);
        any_read = any_read || read;
        any_write = any_write || write || purpose;
    }
    if (!any_read && !any_write && !force) {
        return SEAL_OK;
    }
    struct seal_step *step = job_add_step(job, SEAL_STEP_PROTECT, "protect key");
    char second[32] = "";
    if (job->part_count == 2) {
        (void)snprintf(second, sizeof second, " and BLOCK_KEY%u", job->parts[1].key);
    }
    (void)snprintf(step->what, sizeof step->what, "burn the %s-protection of BLOCK_KEY%u%s%s%s",
                   any_read && any_write ? "read- and write"
                   : any_read            ? "read"
                                         : "write",
                   job->key, second, force ? ", and ECDSA_FORCE_USE_HARDWARE_K" : "",
                   any_read ? ": from here on nobody can read its key" : "");
    step->irreversible = true;
    step->burn = burn;
    int err = force ? seal_burn_field(job->chip, &step->burn, hardware_k, 1, cause) : SEAL_OK;
    if (any_read) {
        job_plan_proof(job, SEAL_STEP_PROVE_AGAIN);
    }
    return err;
}

static int make_block_key(struct seal_job *job, struct seal_cause *cause)
{
    bool given = false;
    if (job->block_known) {
        return SEAL_OK;
    }
    int err = job_given_block_key(job, job->block_key, &given, cause);
    if (err == SEAL_OK && !given && job_uses_ds(job) && seal_random(job->block_key, 32) != SEAL_OK) {
        err = seal_fail(cause, SEAL_ERR_CRYPTO, "no random bytes to be had for the HMAC key");
    }
    job->block_known = err == SEAL_OK && (given || job_uses_ds(job));
    if (err == SEAL_OK && !job->block_known && seal_random(job->block_key, 32) != SEAL_OK) {
        err =
            seal_fail(cause, SEAL_ERR_CRYPTO, "no random bytes to be had"); /* of a plan that is only shown */
    }
    return err;
}

static int build_partition(struct seal_job *job, struct seal_cause *cause)
{
    struct seal_ds_params params;
    struct seal_partition_spec spec = {.storage = job->profile->storage,
                                       .ca_cert = job->profile->request_only ? NULL : job->profile->ca_cert,
                                       .device_cert = job_device_cert(job),
                                       .key = job_private_key(job),
                                       .ds = &params,
                                       .efuse_key = job->key};
    int err = SEAL_OK;
    if (job->ds_found) {
        spec.ds = &job->ds;
    } else if (spec.storage == SEAL_STORAGE_DS) {
        err = seal_ds_encrypt(spec.key, job->chip->ds_max_bits, job->block_key, NULL, &params, cause);
    }
    if (err == SEAL_OK) {
        job->partition = seal_buf_new_secret();
        err = job->partition ? seal_partition_build(&spec, job->partition, cause)
                             : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    if (err == SEAL_OK && seal_buf_len(job->partition) > job->room) {
        err = seal_fail(cause, SEAL_ERR_TOO_LONG,
                        "the identity needs %zu bytes, but esp_secure_cert at 0x%x has %u",
                        seal_buf_len(job->partition), job->offset, job->room);
        seal_hint(cause, "leave the CA certificate out, or make the partition larger");
    }
    return err == SEAL_OK && job->ds_found ? job_build_images(job, cause) : err;
}

int job_encrypt_cert(struct seal_job *job, uint32_t offset, struct seal_buf *bytes, struct seal_cause *cause)
{
    const struct seal_flash_layout layout = job_layout(job);
    const size_t len = seal_buf_len(bytes);
    if (!job->cert_encrypted || !job->crypt) {
        return SEAL_OK;
    }
    if (seal_buf_put_fill(bytes, 0xFF, (16 - len % 16) % 16) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    return seal_flash_layout_encrypt(&layout, job->crypt, "esp_secure_cert", offset, seal_buf_mutable(bytes),
                                     seal_buf_len(bytes), NULL, cause);
}

static int encrypt_partition(struct seal_job *job, struct seal_cause *cause)
{
    job->sealed = seal_buf_new_secret();
    if (!job->sealed ||
        seal_buf_put(job->sealed, seal_buf_ptr(job->partition), seal_buf_len(job->partition)) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    return job_encrypt_cert(job, job->offset, job->sealed, cause);
}

int job_prepare_partition(struct seal_job *job, struct seal_cause *cause)
{
    const bool identity = (job_private_key(job) || job->ds_found || job->ec_proven) && job_device_cert(job);
    int err = SEAL_OK;
    if (!job_has_identity(job)) {
        return SEAL_OK;
    }
    if (job_uses_block(job) && job->key_state != SEAL_BLOCK_SEALED) {
        err = make_block_key(job, cause);
    }
    if (err == SEAL_OK && !job->found_good && identity) {
        err = build_partition(job, cause);
        if (err == SEAL_OK && job->cert_encrypted && job->crypt) {
            err = encrypt_partition(job, cause);
        }
    }
    return err;
}
