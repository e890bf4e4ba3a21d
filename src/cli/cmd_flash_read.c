/* flash read: a region of flash into a file. */
#include "flash.h"
#include "partition.h"

#include <espseal/file.h>

static void show_progress(void *ctx, size_t done, size_t total)
{
    cli_progress(ctx, "reading flash", done, total);
}

static int put_piece(void *ctx, const uint8_t *data, size_t len, struct seal_cause *cause)
{
    return seal_file_put(ctx, data, len, cause);
}

static int read_region(struct cli_run *run, struct flash_region *region, struct seal_file_writer *out,
                       struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    struct flash_table table = {0};
    int err = cli_connect(run, &loader, cause);
    if (!err) {
        err = flash_region(run, loader, &table, region, cause);
    }
    if (err) {
        return err;
    }
    region->partition = NULL; /* its table ends here */
    err =
        seal_flash_read_each(loader, region->offset, region->size, put_piece, out, show_progress, run, cause);
    cli_progress_done(run);
    return err;
}

static int run_flash_read(struct cli_run *run, struct seal_cause *cause)
{
    const char *path = cli_text(run, "out");
    const int flags = cli_flag(run, "force") ? SEAL_FILE_FORCE : 0;
    struct flash_region region = {0};
    struct seal_file_writer *out = NULL;
    int err = seal_file_check_writable(path, flags, cause);
    if (!err) {
        err = seal_file_begin(path, flags, &out, cause);
    }
    if (!err) {
        err = read_region(run, &region, out, cause);
    }
    if (!err) {
        err = seal_file_commit(&out, cause);
    }
    seal_file_abandon(&out);
    if (!err && cli_json(run)) {
        seal_json *root = seal_json_object_new();
        seal_json_put_number(root, "offset", region.offset);
        seal_json_put_number(root, "length", region.size);
        seal_json_put_text(root, "file", path);
        err = cli_emit_json(run, &root);
    }
    return err;
}

static const struct cli_option options[] = {
    {.name = "out", .value = "FILE", .summary = "where the bytes go; - is stdout", .required = true},
    {.name = "force", .summary = "replace a file that exists"},
    CLI_TABLE_OFFSET,
    {0},
};

const struct cli_command cli_command_flash_read = {
    .name = "flash read",
    .summary = "read a region of flash into a file",
    .operands = "PLACE [LENGTH]",
    .operands_min = 1,
    .operands_max = 2,
    .description =
        "Reads LENGTH bytes of flash from PLACE, an offset or the name of a partition in the chip's "
        "table; a whole partition without LENGTH. The bytes are as they stand there: encrypted "
        "flash is read as ciphertext. Numbers are decimal or 0x hexadecimal.",
    .examples = "# the partition table\n"
                "espseal flash read 0x8000 0xC00 --out table.bin --port /dev/ttyUSB0\n"
                "espseal flash read nvs --out nvs.bin --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .run = run_flash_read,
};
