/* flash-encryption decrypt: what was read from an encrypted flash, in the clear. */
#include "encrypting.h"

static int run_flash_encryption_decrypt(struct cli_run *run, struct seal_cause *cause)
{
    return cli_flash_turn(run, false, cause);
}

static const struct cli_option options[] = {
    {.name = "chip", .value = "CHIP", .summary = "the chip whose flash it is", .required = true},
    {.name = "key", .value = "FILE", .summary = "the chip's key, as it was burned", .required = true},
    {.name = "address", .value = "OFFSET", .summary = "where FILE lay in flash; all of it is decrypted"},
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "the result for one file; - is stdout"},
    {.name = "out-dir", .value = "DIR", .summary = "the results, under the names of the files"},
    FLASH_TABLE_OPTIONS,
    FLASH_CRYPT_CONFIG_OPTION,
    {.name = "force", .summary = "replace files that are there"},
    {.name = "insecure-permissions", .summary = "take a key that others can read"},
    {0},
};

const struct cli_command cli_command_flash_encryption_decrypt = {
    .name = "flash-encryption decrypt",
    .summary = "decrypt what was read from an encrypted flash",
    .operands = "FILE | PLACE=FILE...",
    .operands_min = 1,
    .operands_max = FLASH_FILES_MAX,
    .description =
        "The way back of flash-encryption encrypt. The partition table is taken from the files, "
        "decrypted, or from --partition-table in the clear; so an image of the whole flash needs "
        "nothing but the key. The results get mode 0600.\n\n"
        "Nothing tells a wrong key but a look at what comes out: a layout whose table does not come "
        "out right is refused.",
    .examples =
        "espseal flash-encryption decrypt app_enc.bin --address 0x10000 --chip esp32c3 --key flash.key "
        "--out app.bin\n"
        "# all that espseal flash read brought home\n"
        "espseal flash-encryption decrypt 0x0=flash.bin --chip esp32c3 --key flash.key --out plain.bin",
    .options = options,
    .run = run_flash_encryption_decrypt,
};
