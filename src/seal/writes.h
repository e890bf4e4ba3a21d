/* What a job writes to flash beside esp_secure_cert: images and NVS, encrypted where the layout says so. */
#ifndef SEAL_WRITES_H
#define SEAL_WRITES_H

#include "job.h"

#include <espseal/digest.h>

struct job_write {
    const char *name;                  /* for messages */
    const struct seal_firmware *image; /* that it was made of; NULL: made here */
    uint32_t offset;
    const uint8_t *data; /* before flash encryption */
    size_t len;
    struct seal_release release; /* of data */
    struct seal_buf *own;        /* data, where the job made it */
    struct seal_buf *flash;      /* as it will stand in flash, where that is another thing */
    size_t encrypted;            /* bytes of it that are */
    bool hidden;                 /* the key that it is made with is not known: it cannot be compared */
    bool unknown;                /* nor what it would be before that: NVS under a hidden key */
    bool there;
    bool compared; /* what stands in flash was held against it, by this run */
    bool recorded; /* it could not be, but the run that wrote it recorded that it did */
    bool has_sha256;
    uint8_t sha256[32]; /* of the image as it was given */
};

/* The profile's images; needs nothing of the chip. */
int job_collect_images(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
/* nvs_writes.c: the keys partition and the data. Needs the table and the slots. */
int job_collect_nvs(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
/* nvs_manufacturing.c: what the template makes of this chip, or what it made in an earlier run. After _nvs.
 */
int job_collect_manufacturing(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
/* boot_v1_write.c: Secure Boot v1 puts a digest in front of the bootloader. */
int job_digest_bootloader(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Checks the layout, and encrypts. */
int job_encrypt_writes(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Which of them stand in flash already. */
int job_compare_writes(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
void job_free_writes(struct seal_job *job);

/* flash_cipher.c: job->crypt from the slots, where the key is known; what is encrypted at an offset. */
int job_open_crypt(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
bool job_encrypts(const struct seal_job *job);                   /* flash encryption is asked for */
struct seal_flash_layout job_layout(const struct seal_job *job); /* by job->table */
bool job_is_encrypted_at(const struct seal_job *job, uint32_t offset);
/* Reads len bytes and decrypts them where they are encrypted. */
int job_read_flash(struct seal_job *job, uint32_t offset, uint8_t *data, size_t len,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
size_t job_flash_key(const struct seal_job *job, uint8_t key[static SEAL_FLASH_KEY_MAX]); /* 0: not known */

/* scratch.c: SEAL_STEP_PROVE_FLASH. */
int job_scratch_offset(const struct seal_job *job, uint32_t *offset); /* SEAL_ERR_NOT_FOUND */
bool job_rom_encrypts(const struct seal_job *job);
int job_prove_flash(struct seal_job *job, uint32_t offset, struct seal_cause *cause) SEAL_MUST_CHECK;

/* recall.c: what a run records of flash before it hides the keys, and what a later one takes from that. */
int job_digest_images(struct seal_job *job, struct seal_cause *cause) SEAL_MUST_CHECK;
bool job_key_is_hidden(const struct seal_job *job); /* one that ROM or bootloader read images with */

/* gate.c: SEAL_STEP_BOOT_CHECK. Before anything is burned (early) with the images at hand, and again with
 * what lies in flash. */
int job_boot_check(struct seal_job *job, const struct seal_efuse *after,
                   struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
