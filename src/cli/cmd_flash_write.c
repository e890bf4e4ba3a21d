/* flash write: files into flash, each believed only when the ROM's digest of the region agrees. */
#include "cli.h"

#include <espseal/file.h>
#include <espseal/hex.h>

#include <stdlib.h>
#include <string.h>

#define IMAGES_MAX 16
#define SECTOR 4096u

struct image {
    uint32_t offset;
    const char *path;
    struct seal_buf *data;
    struct seal_flash_write_result result;
};

struct flash_write {
    struct cli_run *run;
    struct image images[IMAGES_MAX];
    size_t count;
};

/* "OFFSET=FILE", the file read. */
static int take_operand(struct image *image, const char *operand, struct seal_cause *cause)
{
    const char *equals = strchr(operand, '=');
    char number[16] = "";
    size_t len = equals ? (size_t)(equals - operand) : 0;
    if (len > 0 && len < sizeof number) {
        memcpy(number, operand, len);
    }
    if (!equals || equals[1] == '\0' || seal_parse_u32(number, UINT32_MAX, &image->offset) != SEAL_OK) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "'%s' is not OFFSET=FILE", operand);
        seal_hint(cause, "for example 0x10000=app.bin");
        return err;
    }
    if (image->offset % SECTOR != 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "flash offset 0x%x is not a multiple of 0x1000",
                         image->offset);
    }
    image->path = equals + 1;
    int err = seal_file_read(image->path, 64u << 20, 0, &image->data, cause);
    if (!err && seal_buf_len(image->data) == 0) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is empty", image->path);
    }
    return err;
}

static size_t end_of(const struct image *image)
{
    return image->offset + (seal_buf_len(image->data) + SECTOR - 1) / SECTOR * SECTOR;
}

static int refuse_overlaps(const struct flash_write *work, struct seal_cause *cause)
{
    for (size_t i = 0; i < work->count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct image *a = &work->images[i];
            const struct image *b = &work->images[j];
            if (a->offset < end_of(b) && b->offset < end_of(a)) {
                return seal_fail(cause, SEAL_ERR_USAGE, "%s and %s lie in the same sectors", b->path,
                                 a->path);
            }
        }
    }
    return SEAL_OK;
}

static int take_operands(struct flash_write *work, struct seal_cause *cause)
{
    int err = SEAL_OK;
    const char *operand;
    for (size_t i = 0; !err && (operand = cli_operand(work->run, i)) != NULL; i++) {
        if (i == IMAGES_MAX) {
            return seal_fail(cause, SEAL_ERR_USAGE, "more than %d files at once", IMAGES_MAX);
        }
        work->count = i + 1;
        err = take_operand(&work->images[i], operand, cause);
    }
    return err ? err : refuse_overlaps(work, cause);
}

static void show_progress(void *ctx, size_t done, size_t total)
{
    cli_progress(ctx, "writing flash", done, total);
}

static int write_images(struct flash_write *work, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    const struct seal_flash_write_options options = {
        .never_deflate = cli_flag(work->run, "no-compress"),
        .always = cli_flag(work->run, "always"),
        .progress = show_progress,
        .progress_ctx = work->run,
    };
    int err = cli_connect(work->run, &loader, cause);
    for (size_t i = 0; !err && i < work->count; i++) {
        struct image *image = &work->images[i];
        err = seal_flash_write(loader, image->offset, seal_buf_ptr(image->data), seal_buf_len(image->data),
                               &options, &image->result, cause);
        cli_progress_done(work->run);
        if (!err) {
            cli_print(work->run, "0x%06x %s: %zu bytes %s\n", image->offset, image->path,
                      seal_buf_len(image->data),
                      image->result.skipped ? "are there already" : "written and verified");
        }
    }
    if (!err && cli_flag(work->run, "reset")) {
        err = seal_loader_reset(loader, cause);
    }
    return err;
}

static int emit_images(const struct flash_write *work)
{
    seal_json *root = seal_json_object_new();
    seal_json *list = seal_json_put_array(root, "files");
    for (size_t i = 0; i < work->count; i++) {
        const struct image *image = &work->images[i];
        seal_json *entry = seal_json_put_object(list, NULL);
        seal_json_put_number(entry, "offset", image->offset);
        seal_json_put_text(entry, "file", image->path);
        seal_json_put_number(entry, "length", (double)seal_buf_len(image->data));
        seal_json_put_bool(entry, "skipped", image->result.skipped);
        seal_json_put_bool(entry, "deflated", image->result.deflated);
        seal_json_put_number(entry, "sent", (double)image->result.sent);
    }
    return cli_emit_json(work->run, &root);
}

static int run_flash_write(struct cli_run *run, struct seal_cause *cause)
{
    struct flash_write work = {.run = run};
    int err = take_operands(&work, cause);
    if (!err) {
        err = write_images(&work, cause);
    }
    if (!err && cli_json(run)) {
        err = emit_images(&work);
    }
    for (size_t i = 0; i < work.count; i++) {
        seal_buf_free(&work.images[i].data);
    }
    return err;
}

static const struct cli_option options[] = {
    {.name = "no-compress", .summary = "send the bytes as they are, even where deflated ones are fewer"},
    {.name = "always", .summary = "write also what the chip says it holds already"},
    {.name = "reset", .summary = "start the application afterwards"},
    {0},
};

const struct cli_command cli_command_flash_write = {
    .name = "flash write",
    .summary = "write files into flash and verify them",
    .operands = "OFFSET=FILE...",
    .operands_min = 1,
    .operands_max = IMAGES_MAX,
    .description = "Writes each file at its offset, a multiple of 0x1000. Only the sectors that it covers "
                   "are erased; the "
                   "rest of the last one becomes FF. Sectors that hold the data already are left alone, and "
                   "each file is "
                   "believed only when the ROM's MD5 digest of its region equals the host's.\n\n"
                   "In secure download mode nothing can be verified: the command refuses.",
    .examples = "espseal flash write 0x0=bootloader.bin 0x8000=table.bin 0x10000=app.bin --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .danger = CLI_WRITES,
    .run = run_flash_write,
};
