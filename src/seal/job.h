/* The inside of a provisioning job, shared by the files that make it. */
#ifndef SEAL_JOB_H
#define SEAL_JOB_H

#include <espseal/flash_crypt.h>
#include <espseal/provision.h>
#include <espseal/survey.h>

#include <time.h>

#define JOB_WARNINGS 16
#define JOB_PARTS 2
#define JOB_BLOCK_KEY (JOB_PARTS * 32)
#define JOB_RULES 33 /* rules that a profile may override, and the NULL behind them */

struct seal_job {
    struct seal_loader *loader;
    const struct seal_profile *profile;
    const struct seal_chip *chip;
    struct seal_efuse before; /* as the survey found them */
    struct seal_efuse now;
    uint8_t mac[6];
    struct seal_flash_id flash;

    uint32_t offset, room;   /* of esp_secure_cert */
    struct seal_buf *found;  /* what stands there; empty when nothing does */
    char found_why_not[200]; /* why it is not this identity */
    bool found_renamed;      /* its certificate has another subject than the profile asks for */
    bool found_good;         /* it is this identity, and the chip proved it */

    unsigned key;                        /* of the first part */
    enum seal_key_block_state key_state; /* of all parts: open, held, or sealed as soon as one is */
    struct job_part {
        unsigned key;
        enum seal_key_block_state state;
    } parts[JOB_PARTS];
    size_t part_count;  /* 2: a P-384 key, its low half first; 0: not chosen yet */
    uint8_t *block_key; /* what the parts hold or shall hold, 32 bytes each, in the secure heap */
    bool block_known;

    char serial[SEAL_SERIAL_MAX]; /* "": not known */
    char *subject;                /* template filled in */
    char **san;                   /* the same, NULL-terminated; NULL: none */

    bool ds_found;  /* completing: the parameters in flash */
    bool ds_copied; /* they stand in the second sector only */
    unsigned ds_key;
    struct seal_ds_params ds;
    bool ec_proven;         /* the hidden ECDSA key is that of the certificate given */
    struct seal_buf *copy;  /* of their entries, as they are kept in the second sector */
    struct seal_buf *image; /* the partition and 0xFF up to two sectors */
    struct seal_key *made_key;
    struct seal_cert *made_cert;
    struct seal_cert *found_cert;
    struct seal_buf *request;
    struct seal_buf *partition; /* to be written */

    /* sealing */
    bool has_table;
    struct seal_partition_table table; /* that the firmware brings, or else that flash has */
    struct job_slot *slots;            /* JOB_SLOTS, in the secure heap; NULL: nothing is sealed */
    size_t slot_count;
    uint32_t reserved;              /* bit n: BLOCK_KEYn is a slot's */
    struct seal_flash_crypt *crypt; /* NULL: no flash encryption, or its key is not known */
    bool past_flash;                /* the key is hidden already: flash was written before that */
    bool past_boot;                 /* likewise that of Secure Boot v1 */
    enum job_recall {
        JOB_RECALL_NOTHING, /* no record tells what was written before that */
        JOB_RECALL_SAME,    /* these images */
        JOB_RECALL_OTHER,
    } recalled;
    const char *recalled_not; /* JOB_RECALL_OTHER: what was not written, or is another one */
    bool blind;               /* secure download mode */
    bool cert_encrypted;      /* esp_secure_cert is */
    struct seal_buf *sealed;  /* partition, as it will stand in flash then */
    struct job_write *writes;
    size_t write_count;
    bool has_flash_key_sha256;
    uint8_t flash_key_sha256[32]; /* of the key file's bytes: equal for two devices only with the same key */
    bool flash_proved, hmac_proved;
    bool boot_unknown; /* said already that nobody can tell whether it will start */
    struct seal_buf *escrow;
    uint8_t nvs_keys[64];
    bool nvs_keys_known;
    struct seal_mfg *mfg; /* NULL: no manufacturing data is asked for, or nobody can tell where it stands */
    const struct seal_partition *mfg_at;
    enum job_mfg_state {
        JOB_MFG_NEW,    /* to be written */
        JOB_MFG_FOUND,  /* what the same template makes stands in flash */
        JOB_MFG_HIDDEN, /* something encrypted does, and the key is hidden */
    } mfg_state;

    struct seal_step *steps;
    size_t step_count;
    uint8_t hash[32];
    bool planned, burned;

    struct seal_proof proof;
    unsigned proofs;
    char warnings[JOB_WARNINGS][200];
    size_t warning_count;
    time_t started;
    int64_t started_us;
};

void job_warn(struct seal_job *job, const char *format, ...) SEAL_PRINTF(2, 3);
/* The identity's key lives in the Digital Signature peripheral. */
bool job_uses_ds(const struct seal_job *job);
/* identity_block.c: in the ECDSA peripheral; in either, which take a key out of an eFuse block. */
bool job_uses_ecdsa(const struct seal_job *job);
bool job_uses_block(const struct seal_job *job);
/* 256 for P-256, of the key that is given or shall be made; 0: no such curve. */
unsigned job_ec_bits(const struct seal_job *job);
/* Of a part of the key; NULL: the chip has none for it. */
const struct seal_key_purpose *job_key_purpose(const struct seal_job *job, size_t part);
size_t job_key_parts(const struct seal_job *job);
/* The bytes of the parts for the key that was given or made; *given is false where there is none (yet). */
int job_given_block_key(const struct seal_job *job, uint8_t bytes[static JOB_BLOCK_KEY], bool *given,
                        struct seal_cause *cause) SEAL_MUST_CHECK;
/* The ECDSA key that was read from its block. SEAL_ERR_STATE: it is none. */
int job_held_key(const struct seal_job *job, struct seal_key **key, struct seal_cause *cause) SEAL_MUST_CHECK;
bool job_has_identity(const struct seal_job *job); /* false: seal only */
const struct seal_cert *job_device_cert(const struct seal_job *job);
const struct seal_key *job_private_key(const struct seal_job *job);

/* The subject of cert is that of the profile; SEAL_ERR_MISMATCH, or with any_subject a warning. */
int job_check_subject(struct seal_job *job, const struct seal_cert *cert,
                      struct seal_cause *cause) SEAL_MUST_CHECK;

/* key_block.c: sets key, key_state and the parts; hinted is the block that a partition in flash names, or -1.
 */
int job_choose_key_block(struct seal_job *job, int hinted, struct seal_cause *cause) SEAL_MUST_CHECK;

/* allowed.c: names of the profile that are no rule are SEAL_ERR_USAGE; those that are rules of fuses,
 * NULL-terminated. */
int job_check_allowed(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
void job_allowed_fuse_rules(const struct seal_job *job, const char *allowed[static JOB_RULES]);
#define JOB_RULE_BOOT "BOOT-CHECK" /* gate.c */
bool job_is_allowed(const struct seal_job *job, const char *rule);
/* The images of the profile against the state of the chip (flash_guard.h). */
int job_guard_firmware(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;

/* preflight.c: what needs no reading of the chip beyond knowing which it is. */
int job_check_cert(const struct seal_job *job, const struct seal_cert *cert,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
/* template.c: job->serial, once the MAC is known. */
int job_learn_serial(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
int job_preflight(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;

/* regions.c: where esp_secure_cert goes, and that no region crosses another or the end of flash. */
uint32_t job_table_offset(const struct seal_job *job);
/* After a failure that a table would mend: what to type, by the images at hand. */
void job_hint_table(const struct seal_job *job, struct seal_cause *cause);
int job_find_table(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
int job_locate(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
int job_check_regions(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;

/* found.c: is what stands in flash this identity, and does the chip prove it? Sets found_good and found_cert.
 */
int job_examine_found(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
int job_found_key(const struct seal_job *job); /* the key block it names, -1: none */

/* template.c: subject and alternative names. */
int job_expand_names(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
void job_free_names(struct seal_job *job);

/* complete.c: a certificate for the key that is in the chip already. */
bool job_completes(const struct seal_job *job);
int job_find_ds(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
int job_check_completion(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
/* plan_identity.c: bytes of esp_secure_cert as they will stand at offset; no effect where it is not
 * encrypted. */
int job_encrypt_cert(struct seal_job *job, uint32_t offset, struct seal_buf *bytes,
                     struct seal_cause *cause) SEAL_MUST_CHECK;
int job_build_images(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;

/* identity.c */
void job_warn_validity(struct seal_job *job, const struct seal_cert *cert, const char *which);

void job_warn_outliving(struct seal_job *job,
                        const struct seal_cert *cert); /* the CA that is stored beside it */

/* blind.c: a chip in secure download mode: is it what it shall become, as far as its ROM tells? */
int job_survey_blind(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;

/* plan_hash.c */
int job_hash_plan(struct seal_job *job) SEAL_MUST_CHECK;

#endif
