/* Names of this very device: words in braces filled in. */
#include "job.h"

#include <espseal/hex.h>
#include <espseal/manufacturing.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    const char *text, *value; /* value NULL: not known in this run */
};

static int unknown_word(const char *template, const struct word *word, struct seal_cause *cause)
{
    if (word->text) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "%s needs a value for %s", template, word->text);
        seal_hint(cause, "give it with --serial TEXT, --serials LIST or a column serial of --nvs-values");
        return err;
    }
    int err = seal_fail(cause, SEAL_ERR_USAGE, "%s has an unknown word in braces", template);
    seal_hint(cause, "known are {mac}, {serial} and {chip}");
    return err;
}

static int expand(const struct word *words, const char *template, struct seal_buf *out,
                  struct seal_cause *cause)
{
    const char *at = template;
    int err = SEAL_OK;
    while (err == SEAL_OK && *at) {
        const struct word *word = words;
        while (word->text && strncmp(at, word->text, strlen(word->text)) != 0) {
            word++;
        }
        if (*at != '{') {
            err = seal_buf_put(out, at++, 1);
        } else if (word->value) {
            err = seal_buf_put(out, word->value, strlen(word->value));
            at += strlen(word->text);
        } else {
            return unknown_word(template, word, cause);
        }
    }
    err = err == SEAL_OK ? seal_buf_put_u8(out, 0) : err;
    return err == SEAL_OK ? err : seal_fail(cause, err, "a name is too long");
}

/* From the row of this MAC among the values of the manufacturing data; what is wrong there is told with them.
 */
static void find_serial(struct seal_job *job)
{
    const struct seal_mfg_recipe *recipe = job->profile->sealing.manufacturing;
    struct seal_mfg_device device = {.has_mac = true, .values = recipe ? recipe->values : NULL};
    memcpy(device.mac, job->mac, sizeof device.mac);
    if (seal_mfg_find_row(&device, NULL) == SEAL_OK && device.serial) {
        (void)snprintf(job->serial, sizeof job->serial, "%s", device.serial);
    }
    seal_mfg_clear(&device);
}

int job_learn_serial(struct seal_job *job, struct seal_cause *cause)
{
    const char *given = job->profile->serial;
    if (given) {
        (void)snprintf(job->serial, sizeof job->serial, "%s", given);
        return strlen(given) < sizeof job->serial
                   ? SEAL_OK
                   : seal_fail(cause, SEAL_ERR_TOO_LONG, "the serial number is longer than %zu characters",
                               sizeof job->serial - 1);
    }
    if (job->profile->assign_serial) {
        return job->profile->assign_serial(job->profile->serial_ctx, job->mac, job->serial, cause);
    }
    find_serial(job);
    return SEAL_OK;
}

static int expand_text(const struct seal_job *job, const char *template, char **text,
                       struct seal_cause *cause)
{
    char mac[13];
    seal_hex_encode(job->mac, sizeof job->mac, mac);
    const struct word words[] = {{"{mac}", mac},
                                 {"{chip}", job->chip->name},
                                 {"{serial}", job->serial[0] ? job->serial : NULL},
                                 {NULL, NULL}};
    struct seal_buf *out = seal_buf_new();
    int err =
        out ? expand(words, template, out, cause) : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (err == SEAL_OK) {
        *text = strdup((const char *)seal_buf_ptr(out));
        err = *text ? SEAL_OK : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    seal_buf_free(&out);
    return err;
}

int job_expand_names(struct seal_job *job, struct seal_cause *cause)
{
    const char *const *san = job->profile->san;
    size_t count = 0;
    int err = expand_text(job, job->profile->subject, &job->subject, cause);
    while (san && san[count]) {
        count++;
    }
    if (err != SEAL_OK || count == 0) {
        return err;
    }
    job->san = calloc(count + 1, sizeof *job->san);
    if (!job->san) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < count && err == SEAL_OK; i++) {
        err = expand_text(job, san[i], &job->san[i], cause);
    }
    return err;
}

void job_free_names(struct seal_job *job)
{
    for (size_t i = 0; job->san && job->san[i]; i++) {
        free(job->san[i]);
    }
    free(job->san);
    free(job->subject);
}
