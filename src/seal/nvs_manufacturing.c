/* Manufacturing data: made for this chip, unless an earlier run left what the same template makes. */
#include "slots.h"
#include "writes.h"

#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/manufacturing.h>
#include <espseal/nvs_crypt.h>

#include <string.h>

enum { SUBTYPE_NVS = 2 };

static int blame(int err, const char *word, struct seal_cause *cause)
{
    seal_cause_word(cause, word);
    return err;
}

static int find_place(const struct seal_job *job, const char *name, const struct seal_partition **found,
                      struct seal_cause *cause)
{
    uint32_t offset = 0;
    const bool number = seal_parse_u32(name, UINT32_MAX, &offset) == SEAL_OK;
    int err = SEAL_OK;
    *found = NULL;
    for (size_t i = 0; job->has_table && i < job->table.count && !*found; i++) {
        const struct seal_partition *entry = &job->table.entries[i];
        bool is_it = number ? entry->offset == offset : strcmp(entry->name, name) == 0;
        *found = is_it ? entry : NULL;
    }
    if (!*found) {
        err = seal_fail(cause, SEAL_ERR_NOT_FOUND, "%s %.40s for the manufacturing data",
                        job->has_table ? "the partition table has no partition"
                                       : "neither images nor flash hold a partition table, to find",
                        name);
        job_hint_table(job, cause);
    } else if ((*found)->type != SEAL_PARTITION_DATA || (*found)->subtype != SUBTYPE_NVS) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "the partition %s is not one of type data, subtype nvs",
                        (*found)->name);
        seal_hint(cause, "manufacturing data is an NVS partition: correct the table, or name another");
    }
    return blame(err, "manufacturing.partition", cause);
}

/* A blank partition is told by its MD5, which costs no reading. */
static int is_blank(struct seal_job *job, uint32_t offset, size_t len, bool *blank, struct seal_cause *cause)
{
    uint8_t have[16], want[16];
    struct seal_buf *erased = seal_buf_new();
    int err = erased ? seal_buf_put_fill(erased, 0xFF, len) : SEAL_ERR_NO_MEMORY;
    err = err == SEAL_OK ? seal_md5(seal_buf_ptr(erased), len, want) : err;
    seal_buf_free(&erased);
    if (err != SEAL_OK) {
        return seal_fail(cause, err, "%s", seal_strerror(err));
    }
    err = seal_flash_md5(job->loader, offset, (uint32_t)len, have, cause);
    *blank = err == SEAL_OK && memcmp(have, want, sizeof have) == 0;
    return err;
}

static int refuse_unreadable(const struct seal_partition *partition, const char *holds,
                             struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_STATE,
                        "the manufacturing data is to be encrypted, the partition %s %s, and the key in the "
                        "chip cannot be read any more",
                        partition->name, holds);
    seal_hint(cause, "take manufacturing out of the profile for this device, or write the partition by hand");
    return blame(err, "manufacturing", cause);
}

/* Under a key that nobody can read only what is surely wrong can be told. */
static int look_at_hidden(struct seal_job *job, const struct seal_partition *partition,
                          const struct seal_buf *raw, bool keys, struct seal_cause *cause)
{
    struct seal_nvs *nvs = NULL;
    int err = seal_nvs_read(seal_buf_ptr(raw), seal_buf_len(raw), &nvs, cause);
    if (err == SEAL_OK && keys && !seal_nvs_looks_encrypted(nvs)) {
        err = refuse_unreadable(partition, "is not encrypted", cause);
    }
    seal_nvs_free(&nvs);
    job->mfg_state = JOB_MFG_HIDDEN;
    return err;
}

static int look_at_readable(struct seal_job *job, const struct seal_partition *partition,
                            const struct seal_buf *raw, bool keys, struct seal_cause *cause)
{
    char why[80];
    struct seal_buf *plain = seal_buf_new();
    int err = plain ? seal_buf_put(plain, seal_buf_ptr(raw), seal_buf_len(raw)) : SEAL_ERR_NO_MEMORY;
    if (err != SEAL_OK) {
        err = seal_fail(cause, err, "out of memory");
    } else if (keys) {
        err = seal_nvs_decrypt(job->nvs_keys, seal_buf_mutable(plain), seal_buf_len(plain), cause);
    }
    if (err == SEAL_OK &&
        seal_mfg_compare(job->mfg, seal_buf_ptr(plain), seal_buf_len(plain), why, sizeof why) == SEAL_OK) {
        job->mfg_state = JOB_MFG_FOUND;
    } else if (err == SEAL_OK && why[0]) {
        job_warn(job, "the partition %s holds other data than the manufacturing data (%s): it is replaced",
                 partition->name, why);
    }
    seal_buf_free(&plain);
    return err;
}

/* raw gets what stands there, where that is to stay. */
static int look(struct seal_job *job, const struct seal_partition *partition, struct seal_buf *raw,
                struct seal_cause *cause)
{
    const size_t len = seal_buf_len(seal_mfg_partition(job->mfg));
    const bool keys = job->profile->sealing.nvs.scheme != SEAL_NVS_PLAIN;
    const bool hidden =
        (keys && !job->nvs_keys_known) || (job_is_encrypted_at(job, partition->offset) && !job->crypt);
    bool blank = false;
    int err = is_blank(job, partition->offset, len, &blank, cause);
    if (err != SEAL_OK || blank) {
        return err == SEAL_OK && hidden ? refuse_unreadable(partition, "is erased", cause) : err;
    }
    uint8_t *place = seal_buf_reserve(raw, len);
    err = place ? job_read_flash(job, partition->offset, place, len, cause)
                : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (err != SEAL_OK) {
        return err;
    }
    return hidden ? look_at_hidden(job, partition, raw, keys, cause)
                  : look_at_readable(job, partition, raw, keys, cause);
}

/* What was found is kept to the byte: what the device added stays, and random values stay what they are. */
static int add(struct seal_job *job, const struct seal_partition *partition, const struct seal_buf *raw,
               struct seal_cause *cause)
{
    const struct seal_buf *from = job->mfg_state == JOB_MFG_FOUND ? raw : seal_mfg_partition(job->mfg);
    struct job_write *write = &job->writes[job->write_count++];
    *write = (struct job_write){.name = "the manufacturing data",
                                .offset = partition->offset,
                                .own = seal_buf_new(),
                                .hidden = job->mfg_state == JOB_MFG_HIDDEN,
                                .there = job->mfg_state == JOB_MFG_HIDDEN};
    if (!write->own || seal_buf_put(write->own, seal_buf_ptr(from), seal_buf_len(from)) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    write->data = seal_buf_ptr(write->own);
    write->len = seal_buf_len(write->own);
    return job->mfg_state == JOB_MFG_NEW && job->profile->sealing.nvs.scheme != SEAL_NVS_PLAIN
               ? seal_nvs_encrypt(job->nvs_keys, seal_buf_mutable(write->own), write->len, cause)
               : SEAL_OK;
}

int job_collect_manufacturing(struct seal_job *job, struct seal_cause *cause)
{
    const struct seal_mfg_recipe *recipe = job->profile->sealing.manufacturing;
    const struct seal_partition *partition = NULL;
    struct seal_mfg_recipe own;
    if (!recipe || (job->past_flash && !job->has_table)) {
        return SEAL_OK; /* with flash under a hidden key an earlier run had the table */
    }
    struct seal_buf *raw = seal_buf_new();
    int err = raw ? find_place(job, recipe->partition, &partition, cause)
                  : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (err == SEAL_OK) {
        own = *recipe;
        own.serial = job->serial[0] ? job->serial : NULL;
        err = blame(seal_mfg_new(&own, job->mac, job->chip->name, partition->size, &job->mfg, cause),
                    "manufacturing", cause);
    }
    if (err == SEAL_OK) {
        err = look(job, partition, raw, cause);
    }
    if (err == SEAL_OK) {
        job->mfg_at = partition;
        err = add(job, partition, raw, cause);
    }
    seal_buf_free(&raw);
    return err;
}

const struct seal_mfg *seal_job_manufacturing(const struct seal_job *job)
{
    return job->mfg_state == JOB_MFG_NEW ? job->mfg : NULL;
}
