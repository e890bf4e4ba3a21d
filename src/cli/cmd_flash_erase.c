/* flash erase: a region, a partition or all of the flash, believed by the ROM's digest. */
#include "flash.h"
#include "partition.h"

static void show_progress(void *ctx, size_t done, size_t total)
{
    cli_progress(ctx, "erasing flash", done, total);
}

static int choose(struct cli_run *run, struct seal_loader *loader, struct flash_table *table,
                  struct flash_region *region, struct seal_cause *cause)
{
    struct seal_flash_id id = {0};
    int err = flash_attach(run, loader, &id, cause);
    if (err || cli_operand(run, 0)) {
        return err ? err : flash_region(run, loader, table, region, cause);
    }
    *region = (struct flash_region){.size = id.size};
    if (id.size == 0) {
        err = seal_fail(cause, SEAL_ERR_STATE, "the size of this flash is unknown: erase it by regions");
    }
    return err;
}

static int run_flash_erase(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    struct flash_table table = {0};
    struct flash_region region = {0};
    bool skipped = false;
    if (cli_flag(run, "all") == (cli_operand(run, 0) != NULL)) {
        return seal_fail(cause, SEAL_ERR_USAGE, "give either a PLACE or --all");
    }
    int err = cli_connect(run, &loader, cause);
    if (!err) {
        err = choose(run, loader, &table, &region, cause);
    }
    if (!err) {
        err = seal_flash_erase(loader, region.offset, region.size, show_progress, run, &skipped, cause);
        cli_progress_done(run);
    }
    if (err) {
        return err;
    }
    cli_print(run, "0x%06x: %u bytes %s\n", region.offset, region.size,
              skipped ? "were erased already" : "erased");
    if (cli_json(run)) {
        seal_json *root = seal_json_object_new();
        seal_json_put_number(root, "offset", region.offset);
        seal_json_put_number(root, "length", region.size);
        seal_json_put_bool(root, "skipped", skipped);
        return cli_emit_json(run, &root);
    }
    return SEAL_OK;
}

static const struct cli_option options[] = {
    {.name = "all", .summary = "erase the whole flash"},
    {.name = "no-verify", .summary = "believe the ROM where nothing can be read back"},
    {.name = "assume-size", .value = "SIZE", .summary = "of a flash that cannot be asked"},
    CLI_TABLE_OFFSET,
    {0},
};

const struct cli_command cli_command_flash_erase = {
    .name = "flash erase",
    .summary = "erase a region, a partition or the whole flash",
    .operands = "[PLACE [LENGTH]]",
    .operands_min = 0,
    .operands_max = 2,
    .description =
        "Erases LENGTH bytes from PLACE, an offset or the name of a partition in the chip's table; a whole "
        "partition without LENGTH; the whole flash with --all. Offset and length are multiples of 0x1000. "
        "What "
        "is erased already is left alone, and the rest is believed only when the ROM's MD5 is that of FF "
        "bytes.\n\n"
        "In secure download mode nothing can be read: it needs --no-verify and --assume-size there, and "
        "offsets.",
    .examples = "espseal flash erase nvs --port /dev/ttyUSB0\n"
                "espseal flash erase 0x9000 0x6000 --port /dev/ttyUSB0\n"
                "espseal flash erase --all --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .danger = CLI_WRITES,
    .run = run_flash_erase,
};
