/* The device's keys for those who may reflash it: wrapped before anything is burned. */
#include "plan_parts.h"
#include "slots.h"
#include "writes.h"

#include <espseal/escrow.h>
#include <espseal/secret.h>

#include <string.h>

static int add_slot(const struct seal_job *job, enum job_use use, const char *kind,
                    struct seal_escrow *escrow)
{
    const struct job_slot *slot = job_slot_of(job, use);
    uint8_t bytes[32];
    if (!slot || !slot->known) {
        return SEAL_OK;
    }
    int err = seal_escrow_add(escrow, kind, bytes, job_slot_bytes(slot, bytes));
    seal_cleanse(bytes, sizeof bytes);
    return err;
}

static int collect(const struct seal_job *job, struct seal_escrow *escrow)
{
    uint8_t key[SEAL_FLASH_KEY_MAX];
    const size_t len = job_flash_key(job, key);
    (void)strncpy(escrow->chip, job->chip->name, sizeof escrow->chip - 1);
    escrow->has_mac = true;
    memcpy(escrow->mac, job->mac, sizeof escrow->mac);
    int err = len ? seal_escrow_add(escrow, SEAL_ESCROW_FLASH_ENCRYPTION, key, len) : SEAL_OK;
    seal_cleanse(key, sizeof key);
    if (err == SEAL_OK) {
        err = add_slot(job, JOB_NVS_KEY, SEAL_ESCROW_NVS_HMAC, escrow);
    }
    if (err == SEAL_OK && !job_slot_of(job, JOB_NVS_KEY) && job->nvs_keys_known) {
        err = seal_escrow_add(escrow, SEAL_ESCROW_NVS_KEYS, job->nvs_keys, sizeof job->nvs_keys);
    }
    return err == SEAL_OK ? add_slot(job, JOB_JTAG_KEY, SEAL_ESCROW_JTAG_HMAC, escrow) : err;
}

int job_wrap_escrow(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_cert *recipient = job->profile->sealing.flash_encryption.escrow_to;
    if (!recipient || job->blind) {
        return SEAL_OK;
    }
    struct seal_escrow *escrow = seal_secret_alloc(sizeof *escrow);
    job->escrow = seal_buf_new();
    int err = escrow && job->escrow ? collect(job, escrow) : SEAL_ERR_NO_MEMORY;
    if (err != SEAL_OK) {
        err = seal_fail(cause, err, "the keys could not be collected for the escrow file");
    } else if (escrow->count > 0) {
        err = seal_escrow_wrap(escrow, recipient, job->escrow, cause);
    }
    if (err != SEAL_OK || !escrow->count) {
        seal_buf_free(&job->escrow);
    }
    seal_secret_free(escrow, sizeof *escrow);
    return err;
}
