/* What the files that plan steps share. */
#ifndef SEAL_PLAN_PARTS_H
#define SEAL_PLAN_PARTS_H

#include "job.h"

#include <espseal/fuse_plan.h>

#define JOB_STEPS_BESIDES_IMAGES 64

/* Bytes of job->steps; they hold the keys that they burn. */
size_t job_steps_size(const struct seal_job *job);
/* A new last step. The caller has seen to it that there is room. */
struct seal_step *job_add_step(struct seal_job *job, enum seal_step_kind kind, const char *name);
/* The fuses as the steps so far leave them; what is read-protected keeps its value. Holds keys: cleanse. */
void job_state_after(const struct seal_job *job, size_t steps, struct seal_efuse *state);
/* Adds one bit of a field, such as WR_DIS. */
int job_burn_bit(const struct seal_chip *chip, struct seal_burn *burn, const char *field, unsigned bit);

/* plan_identity.c */
int job_plan_identity_key(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
int job_prepare_partition(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
void job_plan_partition(struct seal_job *job);
void job_plan_proof(struct seal_job *job, enum seal_step_kind kind);
int job_plan_identity_protection(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;

/* plan_flash_encryption.c */
void job_plan_flash_proof(struct seal_job *job, bool again);
/* A key that was given for one that the chip hides, and that its ROM does not prove, must fit what stands in
 * flash before anything is written with it: rule FL-KEY-DOUBT. */
int job_try_given_key(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
void job_plan_hmac_proof(struct seal_job *job, bool again);

/* plan_switches.c: secure boot, flash encryption, anti-rollback, lockdown, in this order of danger. */
int job_plan_switches(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;

/* escrow_wrap.c */
int job_wrap_escrow(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
