#include "job.h"
#include "plan_parts.h"
#include "slots.h"
#include "writes.h"

#include <espseal/manufacturing.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *seal_mode_name(enum seal_mode mode)
{
    return mode == SEAL_MODE_PRODUCTION ? "production" : "development";
}

void job_warn(struct seal_job *job, const char *format, ...)
{
    if (job->warning_count < JOB_WARNINGS) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(job->warnings[job->warning_count++], sizeof job->warnings[0], format, args);
        va_end(args);
    }
}

void seal_job_free(struct seal_job **job)
{
    struct seal_job *j = job ? *job : NULL;
    if (!j) {
        return;
    }
    seal_secret_pages_free(j->steps, job_steps_size(j));
    seal_secret_free(j->block_key, JOB_BLOCK_KEY);
    seal_key_free(&j->made_key);
    seal_cert_free(&j->made_cert);
    seal_cert_free(&j->found_cert);
    seal_buf_free(&j->request);
    seal_buf_free(&j->partition);
    seal_buf_free(&j->found);
    job_free_writes(j);
    seal_secret_free(j->slots, JOB_SLOTS * sizeof *j->slots);
    seal_flash_crypt_free(&j->crypt);
    seal_buf_free(&j->sealed);
    seal_buf_free(&j->escrow);
    seal_mfg_free(&j->mfg);
    job_free_names(j);
    seal_buf_free(&j->copy);
    seal_buf_free(&j->image);
    seal_secret_pages_free(j, sizeof *j);
    *job = NULL;
}

size_t job_steps_size(const struct seal_job *job)
{
    return (job->write_count + JOB_STEPS_BESIDES_IMAGES) * sizeof *job->steps;
}

bool job_has_identity(const struct seal_job *job)
{
    return !job->profile->no_identity;
}

bool job_uses_ds(const struct seal_job *job)
{
    return job_has_identity(job) && job->profile->storage == SEAL_STORAGE_DS;
}

const struct seal_cert *job_device_cert(const struct seal_job *job)
{
    if (job->profile->device_cert) {
        return job->profile->device_cert;
    }
    return job->made_cert ? job->made_cert : job->found_cert;
}

const struct seal_key *job_private_key(const struct seal_job *job)
{
    return job->profile->private_key ? job->profile->private_key : job->made_key;
}

size_t seal_job_step_count(const struct seal_job *job)
{
    return job->step_count;
}

const struct seal_step *seal_job_step(const struct seal_job *job, size_t index)
{
    return index < job->step_count ? &job->steps[index] : NULL;
}

const uint8_t *seal_job_plan_hash(const struct seal_job *job)
{
    return job->hash;
}

const char *seal_job_warning(const struct seal_job *job, size_t index)
{
    return index < job->warning_count ? job->warnings[index] : NULL;
}

const struct seal_chip *seal_job_chip(const struct seal_job *job)
{
    return job->chip;
}

void seal_job_mac(const struct seal_job *job, uint8_t mac[static 6])
{
    memcpy(mac, job->mac, 6);
}

unsigned seal_job_efuse_key(const struct seal_job *job)
{
    return job->key;
}

uint32_t seal_job_offset(const struct seal_job *job)
{
    return job->offset;
}

const struct seal_cert *seal_job_cert(const struct seal_job *job)
{
    return job_device_cert(job);
}

const struct seal_key *seal_job_key(const struct seal_job *job)
{
    return job_private_key(job);
}

const struct seal_buf *seal_job_request(const struct seal_job *job)
{
    return job->request;
}

const struct seal_buf *seal_job_partition(const struct seal_job *job)
{
    const struct seal_buf *partition = job->found_good ? job->found : job->partition;
    return partition && seal_buf_len(partition) ? partition : NULL;
}

const uint8_t *seal_job_hmac_key(const struct seal_job *job)
{
    return job->block_known && job_uses_ds(job) ? job->block_key : NULL;
}

bool seal_job_burned(const struct seal_job *job)
{
    return job->burned;
}

const struct seal_proof *seal_job_proof(const struct seal_job *job)
{
    return job->proofs ? &job->proof : NULL;
}

bool seal_job_needs_identity(const struct seal_job *job)
{
    return job_has_identity(job) && !job->blind && !job->profile->device_cert && !job->found_good &&
           !job->made_cert;
}

const struct seal_buf *seal_job_escrow(const struct seal_job *job)
{
    return job->escrow;
}

bool seal_job_found_hidden(const struct seal_job *job)
{
    return !job->blind && seal_efuse_get_named(&job->before, "RD_DIS") != 0;
}

bool seal_job_blind(const struct seal_job *job)
{
    return job->blind;
}
