/* The hash of a plan: of a text that names the chip, its state and every step; of secrets only their place.
 */
#include "job.h"

#include <espseal/digest.h>
#include <espseal/hex.h>

#include <stdio.h>
#include <string.h>

static int line(struct seal_buf *text, const char *format, ...) SEAL_PRINTF(2, 3) SEAL_MUST_CHECK;

static int line(struct seal_buf *text, const char *format, ...)
{
    char out[320];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(out, sizeof out, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof out) {
        return SEAL_ERR_INTERNAL;
    }
    return seal_buf_put(text, out, (size_t)len);
}

static int hash_burn(struct seal_buf *text, const struct seal_burn *burn)
{
    int err = SEAL_OK;
    for (unsigned block = 0; block < SEAL_EFUSE_BLOCKS && err == SEAL_OK; block++) {
        if (burn->secret[block]) {
            err = line(text, "burn %u secret\n", block);
            continue;
        }
        for (unsigned word = 0; word < SEAL_EFUSE_WORDS && err == SEAL_OK; word++) {
            if (burn->words[block][word]) {
                err = line(text, "burn %u %u %08x\n", block, word, burn->words[block][word]);
            }
        }
    }
    return err;
}

static int hash_step(struct seal_buf *text, const struct seal_step *step)
{
    uint8_t digest[32];
    char hex[65] = "";
    int err = SEAL_OK;
    if (step->data) { /* what is encrypted with a key of this very run is told by what it was before */
        err = step->plain ? seal_sha256_mapped(step->plain, step->plain_len, &step->release, digest)
                          : seal_sha256_mapped(step->data, step->len, &step->release, digest);
        seal_hex_encode(digest, sizeof digest, hex);
    }
    if (err == SEAL_OK) {
        err = line(text, "step %s\n", step->name);
    }
    if (err == SEAL_OK && step->len) {
        err = line(text, "write %08x %u %s\n", step->offset, step->len, hex);
    }
    return err == SEAL_OK ? hash_burn(text, &step->burn) : err;
}

int job_hash_plan(struct seal_job *job)
{
    char mac[13];
    seal_hex_encode(job->mac, sizeof job->mac, mac);
    struct seal_buf *text = seal_buf_new();
    if (!text) {
        return SEAL_ERR_NO_MEMORY;
    }
    int err = line(text, "espseal plan 1\nchip %s\nmac %s\nmode %s\n", job->chip->name, mac,
                   seal_mode_name(job->profile->mode));
    for (unsigned word = 0; word < 6 && err == SEAL_OK; word++) {
        err = line(text, "block0 %u %08x\n", word, job->now.words[0][word]);
    }
    for (size_t i = 0; i < job->step_count && err == SEAL_OK; i++) {
        err = hash_step(text, &job->steps[i]);
    }
    if (err == SEAL_OK) {
        err = seal_sha256(seal_buf_ptr(text), seal_buf_len(text), job->hash);
    }
    seal_buf_free(&text);
    return err;
}
