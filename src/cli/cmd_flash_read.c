/* flash read: a region of flash into a file. */
#include "cli.h"

#include <espseal/file.h>
#include <espseal/hex.h>

static int parse_range(const struct cli_run *run, uint32_t *offset, uint32_t *len, struct seal_cause *cause)
{
    if (seal_parse_u32(cli_operand(run, 0), UINT32_MAX, offset) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_USAGE, "'%s' is not a flash offset", cli_operand(run, 0));
    }
    if (seal_parse_u32(cli_operand(run, 1), 64u << 20, len) != SEAL_OK || *len == 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "'%s' is not a length in bytes", cli_operand(run, 1));
    }
    return SEAL_OK;
}

static void show_progress(void *ctx, size_t done, size_t total)
{
    cli_progress(ctx, "reading flash", done, total);
}

static int read_region(struct cli_run *run, uint32_t offset, uint32_t len, struct seal_buf *out,
                       struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    int err = cli_connect(run, &loader, cause);
    if (err) {
        return err;
    }
    uint8_t *place = seal_buf_reserve(out, len);
    if (!place) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    err = seal_flash_read(loader, offset, place, len, show_progress, run, cause);
    cli_progress_done(run);
    return err;
}

static int run_flash_read(struct cli_run *run, struct seal_cause *cause)
{
    const char *path = cli_text(run, "out");
    const int flags = cli_flag(run, "force") ? SEAL_FILE_FORCE : 0;
    uint32_t offset = 0, len = 0;
    int err = parse_range(run, &offset, &len, cause);
    if (!err) {
        err = seal_file_check_writable(path, flags, cause);
    }
    if (err) {
        return err;
    }
    struct seal_buf *data = seal_buf_new();
    err = data ? read_region(run, offset, len, data, cause)
               : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (!err) {
        err = seal_file_write(path, seal_buf_ptr(data), seal_buf_len(data), flags, cause);
    }
    seal_buf_free(&data);
    if (!err && cli_json(run)) {
        seal_json *root = seal_json_object_new();
        seal_json_put_number(root, "offset", offset);
        seal_json_put_number(root, "length", len);
        seal_json_put_text(root, "file", path);
        err = cli_emit_json(run, &root);
    }
    return err;
}

static const struct cli_option options[] = {
    {.name = "out", .value = "FILE", .summary = "where the bytes go; - is stdout", .required = true},
    {.name = "force", .summary = "replace a file that exists"},
    {0},
};

const struct cli_command cli_command_flash_read = {
    .name = "flash read",
    .summary = "read a region of flash into a file",
    .operands = "OFFSET LENGTH",
    .operands_min = 2,
    .operands_max = 2,
    .description = "Reads LENGTH bytes of flash from OFFSET, as they stand there: encrypted flash is read as "
                   "ciphertext. Numbers are decimal or 0x hexadecimal.",
    .examples = "# the partition table\n"
                "espseal flash read 0x8000 0xC00 --out table.bin --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .run = run_flash_read,
};
