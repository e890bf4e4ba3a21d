/* NVS of a sealed device: its keys partition, and data encrypted with those keys or with the chip's. */
#include "slots.h"
#include "writes.h"

#include <espseal/nvs_crypt.h>
#include <espseal/secret.h>

#include <string.h>

enum { SUBTYPE_NVS = 2, SUBTYPE_NVS_KEYS = 4 };

static const struct seal_partition *find(const struct seal_job *job, uint8_t subtype, const char *name)
{
    const struct seal_partition *found = NULL;
    for (size_t i = 0; job->has_table && i < job->table.count; i++) {
        const struct seal_partition *entry = &job->table.entries[i];
        if (entry->type == SEAL_PARTITION_DATA && entry->subtype == subtype &&
            (!found || strcmp(entry->name, name) == 0)) {
            found = entry;
        }
    }
    return found;
}

static int need(const struct seal_partition *found, const char *what, size_t len, struct seal_cause *cause)
{
    if (!found) {
        int err =
            seal_fail(cause, SEAL_ERR_NOT_FOUND, "the partition table has no partition of subtype %s", what);
        seal_hint(cause, "add one to the table, which is one of the images");
        return err;
    }
    return found->size >= len
               ? SEAL_OK
               : seal_fail(cause, SEAL_ERR_TOO_LONG, "%zu bytes do not fit into the partition %s (%u bytes)",
                           len, found->name, found->size);
}

/* What a run that was cut has written already. */
static bool read_keys_back(struct seal_job *job, const struct seal_partition *partition)
{
    const struct job_slot *slot = job_slot_of(job, JOB_FLASH_KEY);
    uint8_t data[96]; /* keys and CRC, in whole units of the cipher */
    const bool held = slot && (slot->state == SEAL_BLOCK_HELD || slot->state == SEAL_BLOCK_SEALED);
    const bool found = held && partition && job->crypt &&
                       job_read_flash(job, partition->offset, data, sizeof data, NULL) == SEAL_OK &&
                       seal_nvs_keys_decode(data, sizeof data, "nvs_keys", job->nvs_keys, NULL) == SEAL_OK;
    seal_cleanse(data, sizeof data);
    return found;
}

static int find_keys(struct seal_job *job, const struct seal_partition *partition, struct seal_cause *cause)
{
    const struct seal_wish_nvs *wish = &job->profile->sealing.nvs;
    const struct job_slot *hmac = job_slot_of(job, JOB_NVS_KEY);
    int err = SEAL_OK;
    if (hmac) {
        uint8_t key[32];
        (void)job_slot_bytes(hmac, key);
        job->nvs_keys_known = hmac->known;
        err = hmac->known ? seal_nvs_keys_derive(key, job->nvs_keys, cause) : SEAL_OK;
        seal_cleanse(key, sizeof key);
        return err;
    }
    if (wish->key) {
        memcpy(job->nvs_keys, wish->key, SEAL_NVS_KEYS_LEN);
    } else if (job->past_flash) {
        return SEAL_OK;
    } else if (!read_keys_back(job, partition)) {
        err = seal_nvs_keys_generate(job->nvs_keys, cause);
    }
    job->nvs_keys_known = err == SEAL_OK;
    return err;
}

static struct job_write *add(struct seal_job *job, const char *name, const struct seal_partition *partition)
{
    struct job_write *write = &job->writes[job->write_count++];
    *write = (struct job_write){.name = name, .offset = partition->offset, .own = seal_buf_new_secret()};
    return write;
}

static int no_memory(struct seal_cause *cause)
{
    return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
}

static void finish(struct seal_job *job, struct job_write *write)
{
    write->data = seal_buf_ptr(write->own);
    write->len = seal_buf_len(write->own);
    write->hidden = !job->nvs_keys_known;
}

static int add_keys_partition(struct seal_job *job, const struct seal_partition *partition,
                              struct seal_cause *cause)
{
    int err = need(partition, "nvs_keys", SEAL_NVS_KEYS_SIZE, cause);
    if (err == SEAL_OK && !job_is_encrypted_at(job, partition->offset)) {
        err = seal_fail(cause, SEAL_ERR_USAGE,
                        "NVS keys in a partition need flash encryption, which hides them");
        seal_hint(cause, "ask for flash encryption, or for the scheme hmac");
    }
    if (err == SEAL_OK) {
        err = find_keys(job, partition, cause);
    }
    if (err == SEAL_OK) {
        struct job_write *write = add(job, "the NVS keys", partition);
        err = write->own && seal_nvs_keys_encode(job->nvs_keys, write->own) == SEAL_OK ? SEAL_OK
                                                                                       : no_memory(cause);
        finish(job, write);
    }
    return err;
}

static int add_data(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_wish_nvs *wish = &job->profile->sealing.nvs;
    const struct seal_partition *partition = find(job, SUBTYPE_NVS, "nvs");
    int err = need(partition, "nvs", wish->data_len, cause);
    if (err != SEAL_OK) {
        return err;
    }
    struct job_write *write = add(job, "the NVS data", partition);
    if (!write->own || seal_buf_put(write->own, wish->data, wish->data_len) != SEAL_OK) {
        return no_memory(cause);
    }
    if (wish->scheme != SEAL_NVS_PLAIN && job->nvs_keys_known) {
        err = seal_nvs_encrypt(job->nvs_keys, seal_buf_mutable(write->own), wish->data_len, cause);
    }
    finish(job, write);
    write->hidden = wish->scheme != SEAL_NVS_PLAIN && !job->nvs_keys_known;
    return err;
}

int job_collect_nvs(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_wish_nvs *wish = &job->profile->sealing.nvs;
    int err = SEAL_OK;
    if (job->past_flash && !job->has_table) {
        return SEAL_OK; /* an earlier run had the table */
    }
    if (wish->scheme == SEAL_NVS_KEYS_PARTITION) {
        err = add_keys_partition(job, find(job, SUBTYPE_NVS_KEYS, "nvs_keys"), cause);
    } else if (wish->scheme == SEAL_NVS_HMAC) {
        err = find_keys(job, NULL, cause);
    }
    return err == SEAL_OK && wish->data ? add_data(job, cause) : err;
}
