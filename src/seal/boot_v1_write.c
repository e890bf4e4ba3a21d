/* Secure Boot v1: the bootloader goes to flash with the digest that the ROM makes of it with the chip's key.
 */
#include "slots.h"
#include "writes.h"

#include <espseal/image.h>
#include <espseal/secret.h>
#include <espseal/secure_boot_v1.h>

#include <string.h>

static struct job_write *find_bootloader(struct seal_job *job)
{
    for (size_t i = 0; i < job->write_count; i++) {
        if (job->writes[i].offset == SEAL_BOOT_V1_IMAGE_AT) {
            return &job->writes[i];
        }
    }
    return NULL;
}

/* The one that stands in flash, so that the same bootloader gives the same bytes; else a new one. */
static int choose_iv(struct seal_job *job, uint8_t iv[static SEAL_BOOT_V1_IV_LEN], struct seal_cause *cause)
{
    int err = job_read_flash(job, 0, iv, SEAL_BOOT_V1_IV_LEN, cause);
    if (err == SEAL_OK && seal_is_filled(iv, SEAL_BOOT_V1_IV_LEN, 0xFF) &&
        seal_random(iv, SEAL_BOOT_V1_IV_LEN) != SEAL_OK) {
        err = seal_fail(cause, SEAL_ERR_CRYPTO, "no random bytes to be had for the bootloader digest");
    }
    return err;
}

/* The ROM digests what the header tells of, not what a file has behind it. */
static size_t image_len(const struct job_write *write)
{
    struct seal_image image;
    return seal_image_parse(write->data, write->len, NULL, &image, NULL) == SEAL_OK ? image.length
                                                                                    : write->len;
}

/* With a hidden key only the bootloader that has its digest already can stay. */
static int check_same(struct seal_job *job, const struct job_write *write, struct seal_cause *cause)
{
    if (job->past_flash) { /* encrypted, and hidden itself: it is not written again */
        return SEAL_OK;
    }
    const size_t len = image_len(write);
    struct seal_buf *there = seal_buf_new();
    uint8_t *bytes = there ? seal_buf_reserve(there, len) : NULL;
    int err = bytes ? job_read_flash(job, write->offset, bytes, len, cause)
                    : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (err == SEAL_OK && memcmp(bytes, write->data, len) != 0) {
        err = seal_fail(
            cause, SEAL_ERR_STATE,
            "%s is not the bootloader in flash, and its digest cannot be made: the key in BLOCK2 is "
            "read-protected",
            write->name);
        seal_hint(cause, "give the bootloader that was written before, or the key as secure_boot.v1_key");
    }
    seal_buf_free(&there);
    return err;
}

int job_digest_bootloader(struct seal_job *job, struct seal_cause *cause)
{
    const struct job_slot *slot = job_slot_of(job, JOB_BOOT_KEY);
    struct job_write *write = slot ? find_bootloader(job) : NULL;
    uint8_t bytes[32], key[32], iv[SEAL_BOOT_V1_IV_LEN];
    if (!write) {
        return SEAL_OK;
    }
    if (!slot->known) {
        return check_same(job, write, cause);
    }
    write->own = seal_buf_new();
    int err = write->own ? choose_iv(job, iv, cause) : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (err == SEAL_OK) {
        err = seal_boot_v1_key(bytes, job_slot_bytes(slot, bytes), key, cause);
    }
    if (err == SEAL_OK) {
        err = seal_boot_v1_bootloader(key, iv, write->data, image_len(write), write->own, cause);
    }
    if (err == SEAL_OK) {
        write->offset = 0;
        write->data = seal_buf_ptr(write->own);
        write->len = seal_buf_len(write->own);
        write->release = (struct seal_release){0};
    }
    seal_cleanse(bytes, sizeof bytes);
    seal_cleanse(key, sizeof key);
    return err;
}
