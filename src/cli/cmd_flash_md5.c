/* flash md5: the ROM's digest of a region. */
#include "flash.h"
#include "partition.h"

#include <espseal/hex.h>

static int run_flash_md5(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    struct flash_table table = {0};
    struct flash_region region = {0};
    uint8_t md5[16];
    int err = cli_connect(run, &loader, cause);
    if (!err) {
        err = flash_region(run, loader, &table, &region, cause);
    }
    if (!err) {
        err = seal_flash_md5_twice(loader, region.offset, region.size, md5, cause);
    }
    if (err) {
        return err;
    }
    if (cli_json(run)) {
        seal_json *root = seal_json_object_new();
        seal_json_put_number(root, "offset", region.offset);
        seal_json_put_number(root, "length", region.size);
        seal_json_put_hex(root, "md5", md5, sizeof md5);
        return cli_emit_json(run, &root);
    }
    char text[33];
    seal_hex_encode(md5, sizeof md5, text);
    cli_print(run, "%s\n", text);
    return SEAL_OK;
}

static const struct cli_option options[] = {CLI_TABLE_OFFSET, {0}};

const struct cli_command cli_command_flash_md5 = {
    .name = "flash md5",
    .summary = "show the MD5 of a region of flash",
    .operands = "PLACE [LENGTH]",
    .operands_min = 1,
    .operands_max = 2,
    .description =
        "Asks the ROM for the MD5 of LENGTH bytes from PLACE, an offset or the name of a partition in "
        "the chip's table; of a whole partition without LENGTH. Of encrypted flash it is that of the "
        "ciphertext.",
    .examples = "espseal flash md5 0x10000 0x100000 --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .run = run_flash_md5,
};
