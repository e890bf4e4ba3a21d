#include "loader.h"

#include <espseal/digest.h>

#include <stdlib.h>
#include <string.h>

#define SECTOR 4096u
/* Flash is compared in such pieces first, and by sectors where a piece differs. */
#define PIECE 65536u
#define RUN_MAX (1u << 20)
/* The first run is short where bytes are deflated: the others are deflated while it is on the wire. */
#define FIRST_RUN 65536u
/* A digest of a sector costs about 100 bytes on the wire: below this all sectors are just sent. */
#define WORTH_COMPARING (4 * SECTOR)

struct flash_job {
    struct seal_loader *loader;
    const struct seal_flash_write_options *options;
    struct seal_flash_write_result *result;
    struct seal_cause *cause;
    uint32_t offset; /* in flash */
    const uint8_t *data;
    size_t len;
    size_t sectors;           /* bytes: len up to the end of its last sector */
    uint8_t *same;            /* per sector: 1 when flash holds it */
    size_t begun;             /* where the present run begins */
    struct rom_pack packs[2]; /* of the present run and of the next one */
    bool deflate;
};

struct stretch { /* of sectors to be written, from the beginning of the data; empty: no more */
    size_t begin, end;
};

static void report(const struct flash_job *job, size_t done)
{
    if (job->options->progress) {
        job->options->progress(job->options->progress_ctx, done < job->len ? done : job->len, job->len);
    }
}

static void release(const struct flash_job *job, size_t end)
{
    seal_release_to(job->options->release, end);
}

/* --- comparing --- */

static int put_tail(const struct flash_job *job, struct seal_md5_parts *md5, size_t end)
{
    uint8_t blank[SECTOR];
    memset(blank, 0xFF, sizeof blank);
    return end > job->len ? seal_md5_put(md5, blank, end - job->len) : SEAL_OK;
}

/* The MD5 of what flash shall hold from begin to end, the tail of the last sector included. */
static int digest(const struct flash_job *job, size_t begin, size_t end, uint8_t md5[static 16])
{
    struct seal_md5_parts *parts = NULL;
    const size_t data_end = end < job->len ? end : job->len;
    int err = seal_md5_new(&parts);
    for (size_t at = begin; !err && at < data_end; at += RUN_MAX) {
        size_t here = data_end - at < RUN_MAX ? data_end - at : RUN_MAX;
        err = seal_md5_put(parts, job->data + at, here);
        release(job, at + here);
    }
    err = err ? err : put_tail(job, parts, end);
    if (!err) {
        err = seal_md5_end(&parts, md5);
    }
    seal_md5_free(&parts);
    return err ? seal_fail(job->cause, err, "cannot compute an MD5 digest") : SEAL_OK;
}

static int compare(const struct flash_job *job, bool *same)
{
    uint8_t wanted[16];
    int err = digest(job, 0, job->sectors, wanted);
    *same = false;
    return err ? err
               : rom_flash_holds(job->loader, job->offset, (uint32_t)job->sectors, wanted, same, job->cause);
}

struct comparing { /* equal parts of a stretch, several digests in flight */
    struct flash_job *job;
    size_t begin, end, step;
};

static size_t part_end(const struct comparing *comparing, size_t begin)
{
    size_t left = comparing->end - begin;
    return begin + (left < comparing->step ? left : comparing->step);
}

static size_t compare_payload(void *ctx, size_t i, uint8_t payload[static 16])
{
    const struct comparing *comparing = ctx;
    const size_t begin = comparing->begin + i * comparing->step;
    memset(payload, 0, 16);
    seal_put_le32(payload, comparing->job->offset + (uint32_t)begin);
    seal_put_le32(payload + 4, (uint32_t)(part_end(comparing, begin) - begin));
    return 16;
}

static int compare_answer(void *ctx, size_t i, const struct seal_rom_response *response,
                          struct seal_cause *cause)
{
    struct comparing *comparing = ctx;
    struct flash_job *job = comparing->job;
    const size_t begin = comparing->begin + i * comparing->step;
    const size_t end = part_end(comparing, begin);
    uint8_t wanted[16];
    uint8_t got[16];
    int err = digest(job, begin, end, wanted);
    if (!err && rom_md5_parse(response, got) != SEAL_OK) {
        err = seal_fail(cause, SEAL_ERR_PROTOCOL, "the chip's answer to SPI_FLASH_MD5 is no digest");
    }
    if (err) {
        return err;
    }
    const bool same = memcmp(wanted, got, sizeof wanted) == 0;
    memset(job->same + begin / SECTOR, same, (end - begin) / SECTOR);
    return SEAL_OK;
}

static int compare_parts(struct flash_job *job, size_t begin, size_t end, size_t step)
{
    struct comparing comparing = {.job = job, .begin = begin, .end = end, .step = step};
    const struct rom_window window = {
        .opcode = SEAL_ROM_SPI_FLASH_MD5,
        .count = (end - begin + step - 1) / step,
        .timeout_ms = rom_md5_ms((uint32_t)step),
        .payload = compare_payload,
        .answer = compare_answer,
        .ctx = &comparing,
    };
    return rom_window_run(job->loader, &window, job->cause);
}

static size_t count_same(const struct flash_job *job)
{
    size_t count = 0;
    for (size_t i = 0; i < job->sectors / SECTOR; i++) {
        count += job->same[i];
    }
    return count;
}

/*
 * Marks the sectors that flash holds. Sectors within a piece that differs are looked at only when something
 * is the same elsewhere: an image that has nothing in common with the flash, as on a blank chip, is sent.
 */
static int find_differences(struct flash_job *job)
{
    int err = compare_parts(job, 0, job->sectors, PIECE);
    const bool single = job->sectors <= PIECE && job->sectors > WORTH_COMPARING;
    if (err || (!single && count_same(job) == 0)) {
        return err;
    }
    for (size_t at = 0; !err && at < job->sectors; at += PIECE) {
        size_t end = job->sectors - at < PIECE ? job->sectors : at + PIECE;
        if (!job->same[at / SECTOR]) {
            err = compare_parts(job, at, end, SECTOR);
        }
    }
    return err;
}

/* --- writing --- */

static void report_run(void *ctx, size_t done)
{
    const struct flash_job *job = ctx;
    report(job, job->begun + done);
}

/* The sector behind all; false where flash ends. */
static bool look_behind(const struct flash_job *job, uint8_t md5[static 16])
{
    uint32_t at = job->offset + (uint32_t)job->sectors;
    return !job->options->unverified && at < job->loader->flash.size &&
           seal_flash_md5(job->loader, at, SECTOR, md5, NULL) == SEAL_OK;
}

static size_t data_of(const struct flash_job *job, const struct stretch *stretch)
{
    return (stretch->end < job->len ? stretch->end : job->len) - stretch->begin;
}

static int write_run(struct flash_job *job, const struct stretch *stretch, bool is_last)
{
    struct rom_flash_run run = {
        .offset = job->offset + (uint32_t)stretch->begin,
        .sectors = stretch->end - stretch->begin,
        .data = job->data + stretch->begin,
        .len = data_of(job, stretch),
        .encrypt = job->options->encrypt,
        .check_erased = job->options->encrypt && !job->options->unverified,
        .pack = job->deflate ? &job->packs[0] : NULL,
        .next = job->deflate && !is_last ? &job->packs[1] : NULL,
        .progress = report_run,
        .ctx = job,
    };
    job->begun = stretch->begin;
    int err = rom_flash_send(job->loader, &run, job->cause);
    job->result->sent += run.sent;
    job->result->deflated = job->result->deflated || run.deflated;
    job->result->disturbed = job->result->disturbed || run.disturbed;
    release(job, stretch->end);
    return err;
}

/* Neighbouring sectors from `from` on that are not marked, at most max bytes. */
static struct stretch next_run(const struct flash_job *job, size_t from, size_t max)
{
    while (from < job->sectors && job->same[from / SECTOR]) {
        from += SECTOR;
    }
    struct stretch stretch = {from, from};
    while (stretch.end < job->sectors && !job->same[stretch.end / SECTOR] && stretch.end - from < max) {
        stretch.end += SECTOR;
    }
    return stretch;
}

static void begin_pack(struct flash_job *job, const struct stretch *stretch)
{
    if (job->deflate && stretch->end > stretch->begin) {
        rom_pack_begin(&job->packs[1], job->data + stretch->begin, data_of(job, stretch));
    }
}

static int write_each_run(struct flash_job *job)
{
    struct stretch next = next_run(job, 0, job->deflate ? FIRST_RUN : RUN_MAX);
    int err = SEAL_OK;
    begin_pack(job, &next);
    while (!err && next.end > next.begin) {
        const struct stretch stretch = next;
        const struct rom_pack ready = job->packs[1];
        job->packs[1] = job->packs[0];
        job->packs[0] = ready;
        next = next_run(job, stretch.end, RUN_MAX);
        begin_pack(job, &next);
        err = write_run(job, &stretch, next.end == next.begin);
    }
    return err;
}

static int open_packs(struct flash_job *job)
{
    /* ROMs refuse a deflated BEGIN that asks for encryption (01 64, measured on the ESP32-C3 and -S3). */
    job->deflate = !job->options->never_deflate && !job->options->encrypt && rom_flash_inflates(job->loader);
    int err = job->deflate ? rom_pack_open(&job->packs[0]) : SEAL_OK;
    if (!err && job->deflate) {
        err = rom_pack_open(&job->packs[1]);
    }
    return err ? seal_fail(job->cause, err, "out of memory") : SEAL_OK;
}

static int write_runs(struct flash_job *job)
{
    uint8_t before[16];
    uint8_t after[16];
    int err = seal_loader_bulk(job->loader, job->sectors - count_same(job) * SECTOR, job->cause);
    if (!err) {
        err = seal_flash_attach(job->loader, NULL,
                                job->cause); /* a change of the rate may have reset the chip */
    }
    if (err) {
        return err;
    }
    const bool looked = look_behind(job, before);
    err = open_packs(job);
    if (!err) {
        err = write_each_run(job);
    }
    rom_pack_close(&job->packs[0]);
    rom_pack_close(&job->packs[1]);
    if (!err && looked && look_behind(job, after) && memcmp(before, after, sizeof before) != 0) {
        job->result->disturbed = true;
    }
    return err;
}

/* --- the three ways --- */

static int fail_verify(const struct flash_job *job, const char *what)
{
    int err = seal_fail(job->cause, SEAL_ERR_VERIFY, "flash at 0x%x %s", job->offset, what);
    seal_hint(job->cause, "write again; if it stays so the flash chip is damaged or write-protected");
    return err;
}

static int write_compared(struct flash_job *job)
{
    bool same = false;
    int err = job->options->always ? SEAL_OK : find_differences(job);
    const size_t there = count_same(job);
    if (!err && there == job->sectors / SECTOR) {
        job->result->skipped = job->result->verified = true;
        job->result->unchanged = job->len;
        return SEAL_OK;
    }
    job->result->unchanged = there * SECTOR;
    /* The words of a BEGIN have no checksum: a damaged one shows only here. */
    for (unsigned i = 0; !err && !same && i < 2; i++) {
        if (i > 0) {
            job->result->disturbed = true;
            memset(job->same, 0, job->sectors / SECTOR);
        }
        err = write_runs(job);
        if (!err) {
            err = compare(job, &same);
        }
    }
    job->result->verified = same;
    if (!err && !same) {
        err = fail_verify(job, "holds something else than what was written");
    }
    return err;
}

static int is_blank(const struct flash_job *job, size_t at, bool *blank)
{
    uint8_t some[64];
    int err =
        seal_flash_read(job->loader, job->offset + (uint32_t)at, some, sizeof some, NULL, NULL, job->cause);
    *blank = err || seal_is_filled(some, sizeof some, 0xFF);
    return err;
}

/* Behind the last whole block flash stays erased, unless the blocks went elsewhere. */
static int check_tail(struct flash_job *job, size_t written)
{
    uint8_t blank[SECTOR];
    uint8_t wanted[16];
    bool same = true;
    memset(blank, 0xFF, sizeof blank);
    int err = SEAL_OK;
    if (written < job->sectors) {
        const size_t len = job->sectors - written;
        err = seal_md5(blank, len, wanted);
        err = err ? seal_fail(job->cause, err, "cannot compute an MD5 digest")
                  : rom_flash_holds(job->loader, job->offset + (uint32_t)written, (uint32_t)len, wanted,
                                    &same, job->cause);
    } else {
        same = !job->result->disturbed;
    }
    return !err && !same ? fail_verify(job, "was not written as it was asked for") : err;
}

/* The ROM's digest is of the ciphertext: it can only be told from the plaintext and from nothing. */
static int check_ciphertext(struct flash_job *job)
{
    const size_t block = job->loader->chip->rom.flash_block;
    const size_t written = (job->len + block - 1) / block * block;
    uint8_t wanted[16];
    bool same = false;
    bool first_blank = false;
    bool last_blank = false;
    int err = digest(job, 0, job->sectors, wanted);
    if (!err) {
        err = rom_flash_holds(job->loader, job->offset, (uint32_t)job->sectors, wanted, &same, job->cause);
    }
    if (!err && same) {
        return fail_verify(job, "holds the plaintext: the ROM did not encrypt");
    }
    err = err ? err : is_blank(job, 0, &first_blank);
    err = err ? err : is_blank(job, written - 64, &last_blank);
    if (!err && (first_blank || last_blank)) {
        err = fail_verify(job, "is erased: the ROM wrote nothing");
    }
    return err ? err : check_tail(job, written);
}

static int write_encrypted(struct flash_job *job)
{
    int err = write_runs(job);
    return !err && !job->options->unverified ? check_ciphertext(job) : err;
}

static int write_job(struct flash_job *job)
{
    job->same = calloc(1, job->sectors / SECTOR);
    if (!job->same) {
        return seal_fail(job->cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    int err;
    if (job->options->encrypt) {
        err = write_encrypted(job);
    } else {
        err = job->options->unverified ? write_runs(job) : write_compared(job);
    }
    free(job->same);
    return err;
}

static int check_request(const struct flash_job *job)
{
    const struct seal_flash_write_options *options = job->options;
    int err = options->unverified
                  ? SEAL_OK
                  : seal_loader_require_registers(job->loader, "write flash and read it back", job->cause);
    if (!err && options->encrypt) {
        err = rom_flash_can_encrypt(job->loader, job->cause);
    }
    if (!err && job->offset % SECTOR != 0) {
        err = seal_fail(job->cause, SEAL_ERR_USAGE, "flash offset 0x%x is not a multiple of 0x1000",
                        job->offset);
    }
    if (!err && job->len > UINT32_MAX - SECTOR) {
        err = seal_fail(job->cause, SEAL_ERR_TOO_LONG, "%zu bytes do not fit into any flash", job->len);
    }
    return err ? err : rom_flash_range(job->loader, job->offset, job->sectors, job->cause);
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
        .data = data,
        .len = len,
        .sectors = (len + SECTOR - 1) / SECTOR * SECTOR,
    };
    memset(job.result, 0, sizeof *job.result);
    int err = check_request(&job);
    if (err || len == 0) {
        job.result->skipped = !err;
        return err;
    }
    err = write_job(&job);
    if (!err) {
        report(&job, len);
    }
    return err;
}

int seal_flash_compare(struct seal_loader *loader, uint32_t offset, const void *data, size_t len,
                       const struct seal_release *release, bool *same, struct seal_cause *cause)
{
    uint8_t wanted[16];
    *same = false;
    if (len > UINT32_MAX) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "%zu bytes do not fit into any flash", len);
    }
    int err = seal_md5_mapped(data, len, release, wanted);
    if (err) {
        return seal_fail(cause, err, "cannot compute an MD5 digest");
    }
    return rom_flash_holds(loader, offset, (uint32_t)len, wanted, same, cause);
}
