/* flash id: the flash chip behind a device. */
#include "cli.h"
#include "security_words.h"

static int run_flash_id(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    struct seal_flash_id id = {0};
    int err = cli_connect(run, &loader, cause);
    if (!err) {
        err = seal_flash_attach(loader, &id, cause);
    }
    if (err) {
        return err;
    }
    if (cli_json(run)) {
        seal_json *root = seal_json_object_new();
        cli_put_flash_id(root, &id);
        return cli_emit_json(run, &root);
    }
    cli_print(run, "%02x %02x %02x (%s), ", id.manufacturer, id.memory_type, id.capacity,
              cli_flash_maker(id.manufacturer));
    if (id.size) {
        cli_print(run, "%u bytes (%u KiB)\n", id.size, id.size / 1024);
    } else {
        cli_print(run, "size unknown\n");
    }
    return SEAL_OK;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_command_flash_id = {
    .name = "flash id",
    .summary = "read the JEDEC id and the size of the flash",
    .description =
        "Asks the flash chip for its JEDEC id (maker, type, capacity) and prints the size that the "
        "capacity stands for.",
    .examples = "espseal flash id --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .run = run_flash_id,
};
