/* flash merge: many files to one image of flash. */
#include "flash.h"
#include "partition.h"

#include <espseal/file.h>

#include <string.h>

#define LARGEST (64u << 20)

struct merge {
    struct cli_run *run;
    const struct seal_chip *chip; /* NULL: not told */
    struct flash_files files;
    uint32_t start, size; /* of the image; size 0: as long as it needs to be */
    uint32_t fill;
};

static int read_options(struct merge *merge, struct seal_cause *cause)
{
    int err = cli_find_chip(cli_text(merge->run, "chip"), &merge->chip, cause);
    if (!err) {
        err = cli_number(merge->run, "start", UINT32_MAX, 0, &merge->start, cause);
    }
    if (!err) {
        err = cli_number(merge->run, "fill", 0xFF, 0xFF, &merge->fill, cause);
    }
    return err ? err : cli_size(merge->run, "pad-to", &merge->size, cause);
}

static int end_of_files(const struct merge *merge, uint64_t *end, struct seal_cause *cause)
{
    *end = 0;
    for (size_t i = 0; i < merge->files.count; i++) {
        const struct flash_file *file = &merge->files.files[i];
        uint64_t here = (uint64_t)file->region.offset + file->len;
        *end = here > *end ? here : *end;
        if (file->region.offset < merge->start) {
            return seal_fail(cause, SEAL_ERR_USAGE, "%s at 0x%x lies before --start 0x%x", file->path,
                             file->region.offset, merge->start);
        }
    }
    if (*end - merge->start > LARGEST) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "the image would have more than %u MiB", LARGEST >> 20);
    }
    if (merge->size && *end - merge->start > merge->size) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "the files need %u bytes, and --pad-to gives %u",
                         (uint32_t)(*end - merge->start), merge->size);
    }
    return SEAL_OK;
}

static int build(const struct merge *merge, uint64_t end, struct seal_buf *out, struct seal_cause *cause)
{
    const size_t len = merge->size ? merge->size : (size_t)(end - merge->start);
    if (seal_buf_put_fill(out, (uint8_t)merge->fill, len) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "an image of %zu bytes is too large", len);
    }
    uint8_t *bytes = seal_buf_mutable(out);
    for (size_t i = 0; i < merge->files.count; i++) {
        const struct flash_file *file = &merge->files.files[i];
        memcpy(bytes + (file->region.offset - merge->start), file->data, file->len);
    }
    return SEAL_OK;
}

static int merge_files(struct merge *merge, const char *out, int flags, struct seal_cause *cause)
{
    uint64_t end = 0;
    int err = flash_place_files(NULL, &merge->files, 1, 0, cause);
    if (!err && merge->chip) {
        err = flash_change_header(merge->run, merge->chip, &merge->files, 0, cause);
    }
    if (!err) {
        err = end_of_files(merge, &end, cause);
    }
    if (err) {
        return err;
    }
    struct seal_buf *image = seal_buf_new();
    err = image ? build(merge, end, image, cause) : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (!err) {
        err = seal_file_write(out, seal_buf_ptr(image), seal_buf_len(image), flags, cause);
    }
    if (!err && strcmp(out, "-") != 0) {
        cli_print(merge->run, "%s: %zu bytes for flash offset 0x%x\n", out, seal_buf_len(image),
                  merge->start);
    }
    if (!err && cli_json(merge->run)) {
        seal_json *root = seal_json_object_new();
        seal_json_put_text(root, "file", out);
        seal_json_put_number(root, "offset", merge->start);
        seal_json_put_number(root, "length", (double)seal_buf_len(image));
        err = cli_emit_json(merge->run, &root);
    }
    seal_buf_free(&image);
    return err;
}

static bool changes_header(struct cli_run *run)
{
    return cli_text(run, "flash-mode") || cli_text(run, "flash-freq") || cli_text(run, "flash-size");
}

static int run_flash_merge(struct cli_run *run, struct seal_cause *cause)
{
    struct merge merge = {.run = run};
    const char *out = cli_text(run, "out");
    const int flags = cli_flag(run, "force") ? SEAL_FILE_FORCE : 0;
    int err = read_options(&merge, cause);
    if (!err && changes_header(run) && !merge.chip) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "a header is changed for one --chip CHIP: which is it?");
    }
    if (!err) {
        err = seal_file_check_writable(out, flags, cause);
    }
    if (!err) {
        err = flash_open_files(run, &merge.files, cause);
    }
    if (!err) {
        err = merge_files(&merge, out, flags, cause);
    }
    flash_close_files(&merge.files);
    return err;
}

static const struct cli_option options[] = {
    {.name = "out",
     .value = "FILE",
     .summary = "where the image goes; - is standard output",
     .required = true},
    {.name = "force", .summary = "replace a file that exists"},
    CLI_TABLE_OFFSET,
    {.name = "start",
     .value = "OFFSET",
     .summary = "flash offset of the image's first byte",
     .fallback = "0"},
    {.name = "pad-to", .value = "SIZE", .summary = "fill the image up to this size, such as 4MB"},
    {.name = "fill",
     .value = "BYTE",
     .summary = "what stands between and behind the files",
     .fallback = "0xff"},
    {.name = "chip", .value = "CHIP", .summary = "whose bootloader's header is changed"},
    FLASH_HEADER_OPTIONS,
    {0},
};

const struct cli_command cli_command_flash_merge = {
    .name = "flash merge",
    .summary = "put many files into one image of flash",
    .operands = "PLACE=FILE...",
    .operands_min = 1,
    .operands_max = FLASH_FILES_MAX,
    .description =
        "Makes one raw image of files at their offsets, with FF (or --fill) between them; with --pad-to as "
        "large as the flash, for a programmer or an emulator. Names of partitions can stand for offsets when "
        "the partition table is among the files. Files that overlap are refused. With --start the image "
        "begins there, and is to be written there.\n\n"
        "The header of a bootloader is changed only when it is asked for, and never when it is signed.",
    .examples =
        "espseal flash merge 0x0=bootloader.bin 0x8000=table.bin ota_0=app.bin --out flash.bin --pad-to "
        "4MB",
    .options = options,
    .run = run_flash_merge,
};
