/* What goes to flash: collected, encrypted as the layout says, compared with what stands there. */
#include "writes.h"

#include <espseal/digest.h>
#include <espseal/flash_layout.h>
#include <espseal/secret.h>

#include <stdlib.h>
#include <string.h>

#define WRITES_BESIDES_IMAGES 3 /* NVS: keys, data, manufacturing data */
#define CIPHER_UNIT 16u

int job_collect_images(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_profile *profile = job->profile;
    job->writes = calloc(profile->firmware_count + WRITES_BESIDES_IMAGES, sizeof *job->writes);
    if (!job->writes) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < profile->firmware_count; i++) {
        const struct seal_firmware *image = &profile->firmware[i];
        job->writes[job->write_count++] = (struct job_write){.name = image->name,
                                                             .image = image,
                                                             .offset = image->offset,
                                                             .data = image->data,
                                                             .len = image->len,
                                                             .release = image->release};
    }
    return SEAL_OK;
}

void job_free_writes(struct seal_job *job)
{
    for (size_t i = 0; i < job->write_count; i++) {
        seal_buf_free(&job->writes[i].own);
        seal_buf_free(&job->writes[i].flash);
    }
    free(job->writes);
}

static int encrypt(struct seal_job *job, struct job_write *write, struct seal_cause *cause)
{
    const struct seal_flash_layout layout = job_layout(job);
    const size_t tail = (CIPHER_UNIT - write->len % CIPHER_UNIT) % CIPHER_UNIT;
    write->flash = seal_buf_new();
    if (!write->flash || seal_buf_put(write->flash, write->data, write->len) != SEAL_OK ||
        seal_buf_put_fill(write->flash, 0xFF, tail) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    int err =
        seal_flash_layout_check_file(&layout, write->name, write->offset, seal_buf_len(write->flash), cause);
    if (err == SEAL_OK) {
        err = seal_flash_layout_encrypt(&layout, job->crypt, write->name, write->offset,
                                        seal_buf_mutable(write->flash), seal_buf_len(write->flash),
                                        &write->encrypted, cause);
    }
    if (err == SEAL_OK && write->encrypted == 0) {
        seal_buf_free(&write->flash);
    }
    return err;
}

/* Bytes of it that a key which nobody knows has encrypted. */
static size_t count_encrypted(const struct seal_job *job, const struct job_write *write)
{
    const struct seal_flash_layout layout = job_layout(job);
    struct seal_flash_span span;
    size_t count = 0;
    for (uint64_t at = write->offset, end = write->offset + (uint64_t)write->len; at < end; at = span.end) {
        seal_flash_layout_at(&layout, (uint32_t)at, &span);
        count += span.encrypted ? (size_t)((span.end < end ? span.end : end) - at) : 0;
    }
    return count;
}

static int need_table(const struct seal_job *job, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_NOT_FOUND,
                        "neither the images nor flash hold a partition table, which tells what is encrypted");
    job_hint_table(job, cause);
    return err;
}

int job_encrypt_writes(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_flash_layout layout = job_layout(job);
    for (size_t i = 0; i < job->write_count; i++) {
        job->writes[i].unknown = job->writes[i].hidden;
    }
    if (!job_encrypts(job) || (!job->has_table && job->past_flash)) {
        return SEAL_OK;
    }
    int err = job->has_table ? seal_flash_layout_check(&layout, cause) : need_table(job, cause);
    for (size_t i = 0; i < job->write_count && err == SEAL_OK; i++) {
        struct job_write *write = &job->writes[i];
        if (job->crypt) {
            err = encrypt(job, write, cause);
        } else {
            write->encrypted = count_encrypted(job, write);
            write->hidden = write->hidden || write->encrypted > 0;
        }
    }
    return err;
}

/* --- what stands there --- */

static int same_md5(struct seal_job *job, uint32_t offset, const void *data, size_t len,
                    const struct seal_release *release, bool *same, struct seal_cause *cause)
{
    uint8_t want[16];
    uint8_t have[16];
    int err = seal_md5_mapped(data, len, release, want);
    if (err == SEAL_OK) {
        err = seal_flash_md5(job->loader, offset, (uint32_t)len, have, cause);
    }
    *same = err == SEAL_OK && memcmp(want, have, sizeof want) == 0;
    return err;
}

static int refuse_unreadable(const struct job_write *write, const char *holds, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_STATE,
                        "%s is to be encrypted, flash at 0x%x %s, and the key in the chip cannot be read any "
                        "more",
                        write->name, write->offset, holds);
    seal_hint(cause,
              "give the key of this device: espseal unlock takes it from the file that --escrow-to made");
    return err;
}

/* Without the key only what is surely wrong can be told from what an earlier run wrote and verified. */
static int look_at_hidden(struct seal_job *job, struct job_write *write, struct seal_cause *cause)
{
    enum { LOOK = 4096 };
    uint8_t erased[LOOK];
    const size_t look = write->len < LOOK ? write->len : LOOK;
    bool plain = false, blank = false;
    memset(erased, 0xFF, sizeof erased);
    if (seal_is_filled(write->data, look, 0xFF)) { /* NVS leaves erased pages as they are */
        write->there = true;
        return SEAL_OK;
    }
    int err = same_md5(job, write->offset, write->data, look, NULL, &plain, cause);
    if (err == SEAL_OK) {
        err = same_md5(job, write->offset, erased, look, NULL, &blank, cause);
    }
    if (err == SEAL_OK && (plain || blank)) {
        err = refuse_unreadable(write, plain ? "holds it in clear" : "is erased", cause);
    }
    write->there = err == SEAL_OK;
    return err;
}

int job_compare_writes(struct seal_job *job, struct seal_cause *cause)
{
    int err = SEAL_OK;
    bool hidden = false;
    for (size_t i = 0; i < job->write_count && err == SEAL_OK; i++) {
        struct job_write *write = &job->writes[i];
        const uint8_t *data = write->flash ? seal_buf_ptr(write->flash) : write->data;
        const size_t len = write->flash ? seal_buf_len(write->flash) : write->len;
        if (write->hidden) {
            hidden = true;
            err = look_at_hidden(job, write, cause);
        } else {
            err = same_md5(job, write->offset, data, len, write->flash ? NULL : &write->release,
                           &write->there, cause);
            write->compared = write->there;
        }
    }
    if (err == SEAL_OK && hidden) {
        job_warn(job,
                 "a key is hidden in the chip already: what is encrypted with it cannot be compared again");
    }
    return err;
}
