#include "loader.h"

#include <espseal/deflate.h>
#include <espseal/digest.h>

#include <string.h>

#define SECTOR 4096u
/* Larger images are compared, and written, in runs of such pieces. */
#define PIECE 65536u
#define WRITE_MS_PER_MB 40000

struct flash_job {
    struct seal_loader *loader;
    const struct seal_flash_write_options *options;
    struct seal_flash_write_result *result;
    struct seal_cause *cause;
    uint32_t offset;        /* in flash, of image[0] */
    struct seal_buf *image; /* whole sectors, the tail FF */
    size_t len;             /* bytes of the caller's data */
};

/* One run of sectors to be erased and written. */
struct flash_run {
    size_t begin, len;      /* in the image, whole sectors */
    const uint8_t *payload; /* what is sent, plain or deflated */
    size_t payload_len;
    bool deflated;
};

static void report(const struct flash_job *job, size_t done)
{
    if (job->options->progress) {
        job->options->progress(job->options->progress_ctx, done < job->len ? done : job->len, job->len);
    }
}

static int compare(struct flash_job *job, size_t begin, size_t len, bool *same)
{
    uint8_t wanted[16];
    uint8_t got[16];
    int err = seal_md5(seal_buf_ptr(job->image) + begin, len, wanted);
    if (err) {
        return seal_fail(job->cause, err, "cannot compute an MD5 digest");
    }
    err = seal_flash_md5(job->loader, job->offset + (uint32_t)begin, (uint32_t)len, got, job->cause);
    *same = !err && memcmp(wanted, got, sizeof wanted) == 0;
    return err;
}

static int send_block(struct flash_job *job, const struct flash_run *run, uint32_t sequence, size_t at)
{
    const size_t block = job->loader->chip->rom.flash_block;
    size_t here = run->payload_len - at < block ? run->payload_len - at : block;
    struct seal_buf *payload = seal_buf_new();
    int err = payload ? seal_buf_put_fill(payload, 0, 16) : SEAL_ERR_NO_MEMORY;
    if (!err) {
        err = seal_buf_put(payload, run->payload + at, here);
    }
    if (!err && !run->deflated) {
        err = seal_buf_put_fill(payload, 0xFF, block - here);
    }
    if (err) {
        (void)seal_fail(job->cause, err, "out of memory");
        goto out;
    }
    uint8_t *bytes = seal_buf_mutable(payload);
    seal_put_le32(bytes, (uint32_t)(seal_buf_len(payload) - 16));
    seal_put_le32(bytes + 4, sequence);
    /* A block may inflate to all that is left of the run. */
    uint32_t written = run->deflated ? (uint32_t)run->len : (uint32_t)block;
    const struct rom_command command = {
        .opcode = run->deflated ? SEAL_ROM_FLASH_DEFL_DATA : SEAL_ROM_FLASH_DATA,
        .data = bytes,
        .len = seal_buf_len(payload),
        .timeout_ms = rom_scaled_ms(written, WRITE_MS_PER_MB),
    };
    err = rom_transact(job->loader, &command, NULL, job->cause);
    job->result->sent += here;
out:
    seal_buf_free(&payload);
    return err;
}

static int send_run_once(struct flash_job *job, const struct flash_run *run)
{
    const size_t block = job->loader->chip->rom.flash_block;
    const uint32_t packets = (uint32_t)((run->payload_len + block - 1) / block);
    const uint8_t opcode = run->deflated ? SEAL_ROM_FLASH_DEFL_BEGIN : SEAL_ROM_FLASH_BEGIN;
    int err = rom_flash_begin(job->loader, opcode, (uint32_t)run->len, packets,
                              job->offset + (uint32_t)run->begin, job->cause);
    for (uint32_t i = 0; !err && i < packets; i++) {
        err = send_block(job, run, i, i * block);
        if (!err) {
            report(job, run->begin + (size_t)((uint64_t)run->len * (i + 1) / packets));
        }
    }
    return err;
}

/*
 * A block that arrived damaged has used up its sequence number (REPORT.md, surprise 3), and a lost answer
 * leaves it open what the chip holds: both begin the run again, never the block.
 */
static bool worth_again(int err, const struct seal_cause *cause)
{
    return err == SEAL_ERR_TIMEOUT ||
           (err == SEAL_ERR_ROM && cause->has_rom_code && cause->rom_code != ROM_CODE_NOT_ALLOWED);
}

static int send_run(struct flash_job *job, const struct flash_run *run)
{
    int err = send_run_once(job, run);
    for (unsigned i = 0; i < ROM_RETRIES && worth_again(err, job->cause); i++) {
        err = send_run_once(job, run);
    }
    return err;
}

static int write_run(struct flash_job *job, size_t begin, size_t len)
{
    struct flash_run run = {
        .begin = begin, .len = len, .payload = seal_buf_ptr(job->image) + begin, .payload_len = len};
    /* The tail of the last sector is FF because it was erased. */
    if (begin + len > job->len) {
        run.payload_len = job->len - begin;
    }
    struct seal_buf *packed = seal_buf_new();
    int err = packed ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    if (!err && job->loader->chip->rom.deflate && !job->options->never_deflate) {
        err = seal_deflate(packed, run.payload, run.payload_len);
        if (!err && seal_buf_len(packed) < run.payload_len) {
            run.payload = seal_buf_ptr(packed);
            run.payload_len = seal_buf_len(packed);
            run.deflated = true;
            job->result->deflated = true;
        }
    }
    err = err ? seal_fail(job->cause, err, "out of memory") : send_run(job, &run);
    seal_buf_free(&packed);
    return err;
}

/* Whether flash holds nothing but FF there: then every piece must be written, and comparing them is idle. */
static int is_erased(struct flash_job *job, bool *erased)
{
    uint8_t wanted[16];
    uint8_t got[16];
    size_t len = seal_buf_len(job->image);
    struct seal_buf *blank = seal_buf_new();
    int err = blank ? seal_buf_put_fill(blank, 0xFF, len) : SEAL_ERR_NO_MEMORY;
    if (!err) {
        err = seal_md5(seal_buf_ptr(blank), len, wanted);
    }
    seal_buf_free(&blank);
    if (err) {
        return seal_fail(job->cause, err, "cannot compute an MD5 digest");
    }
    err = seal_flash_md5(job->loader, job->offset, (uint32_t)len, got, job->cause);
    *erased = !err && memcmp(wanted, got, sizeof wanted) == 0;
    return err;
}

/* Writes the pieces that differ, neighbours in one run. */
static int write_differences(struct flash_job *job)
{
    const size_t len = seal_buf_len(job->image);
    size_t begin = 0; /* of the run that is being collected */
    int err = SEAL_OK;
    for (size_t at = 0; !err && at < len; at += PIECE) {
        size_t here = len - at < PIECE ? len - at : PIECE;
        bool same = false;
        err = compare(job, at, here, &same);
        if (!err && same) {
            err = at > begin ? write_run(job, begin, at - begin) : SEAL_OK;
            begin = at + here;
        }
    }
    return !err && begin < len ? write_run(job, begin, len - begin) : err;
}

static int write_needed(struct flash_job *job)
{
    const size_t len = seal_buf_len(job->image);
    bool all = job->options->always || len <= PIECE;
    int err = all ? SEAL_OK : is_erased(job, &all);
    if (err) {
        return err;
    }
    return all ? write_run(job, 0, len) : write_differences(job);
}

static int write_and_verify(struct flash_job *job)
{
    const size_t len = seal_buf_len(job->image);
    bool same = false;
    int err = job->options->always ? SEAL_OK : compare(job, 0, len, &same);
    if (err || same) {
        job->result->skipped = same;
        return err;
    }
    /* The words of a BEGIN have no checksum: a damaged one shows only here. */
    for (unsigned i = 0; !err && !same && i < 2; i++) {
        err = write_needed(job);
        if (!err) {
            err = compare(job, 0, len, &same);
        }
    }
    if (!err && !same) {
        err = seal_fail(job->cause, SEAL_ERR_VERIFY,
                        "flash at 0x%x holds something else than the %zu bytes that were written",
                        job->offset, job->len);
        seal_hint(job->cause, "write again; if it stays so the flash chip is damaged or write-protected");
    }
    return err;
}

static int check_request(struct seal_loader *loader, uint32_t offset, size_t len, struct seal_cause *cause)
{
    int err = seal_loader_require_registers(loader, "write flash and read it back", cause);
    if (err) {
        return err;
    }
    if (offset % SECTOR != 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "flash offset 0x%x is not a multiple of 0x1000", offset);
    }
    if (len > UINT32_MAX - SECTOR) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "%zu bytes do not fit into any flash", len);
    }
    return rom_flash_range(loader, offset, (len + SECTOR - 1) / SECTOR * SECTOR, cause);
}

int seal_flash_write(struct seal_loader *loader, uint32_t offset, const void *data, size_t len,
                     const struct seal_flash_write_options *options, struct seal_flash_write_result *result,
                     struct seal_cause *cause)
{
    static const struct seal_flash_write_options defaults;
    struct seal_flash_write_result unused_result;
    struct seal_cause unused_cause;
    struct flash_job job = {
        .loader = loader,
        .options = options ? options : &defaults,
        .result = result ? result : &unused_result,
        .cause = cause ? cause : &unused_cause,
        .offset = offset,
        .len = len,
    };
    memset(job.result, 0, sizeof *job.result);
    int err = check_request(loader, offset, len, job.cause);
    if (err || len == 0) {
        job.result->skipped = !err;
        return err;
    }
    job.image = seal_buf_new();
    err = job.image ? seal_buf_put(job.image, data, len) : SEAL_ERR_NO_MEMORY;
    if (!err) {
        err = seal_buf_put_fill(job.image, 0xFF, (SECTOR - len % SECTOR) % SECTOR);
    }
    err = err ? seal_fail(job.cause, err, "out of memory") : write_and_verify(&job);
    if (!err) {
        report(&job, len);
    }
    seal_buf_free(&job.image);
    return err;
}
