/* flash-encryption encrypt: what will be in flash, made on the host. */
#include "encrypting.h"

static int run_flash_encryption_encrypt(struct cli_run *run, struct seal_cause *cause)
{
    return cli_flash_turn(run, true, cause);
}

static const struct cli_option options[] = {
    {.name = "chip", .value = "CHIP", .summary = "the chip that will decrypt it", .required = true},
    {.name = "key", .value = "FILE", .summary = "the chip's key, as it was burned", .required = true},
    {.name = "address", .value = "OFFSET", .summary = "where FILE lies in flash; all of it is encrypted"},
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "the result for one file; - is stdout"},
    {.name = "out-dir", .value = "DIR", .summary = "the results, under the names of the files"},
    FLASH_TABLE_OPTIONS,
    FLASH_CRYPT_CONFIG_OPTION,
    {.name = "pad", .summary = "fill up what is no multiple of 16 bytes with FF"},
    {.name = "force", .summary = "replace files that are there"},
    {.name = "insecure-permissions", .summary = "take a key that others can read"},
    {0},
};

const struct cli_command cli_command_flash_encryption_encrypt = {
    .name = "flash-encryption encrypt",
    .summary = "encrypt images as they will lie in flash",
    .operands = "FILE | PLACE=FILE...",
    .operands_min = 1,
    .operands_max = FLASH_FILES_MAX,
    .description =
        "Encrypts on the host what the chip will decrypt with the key in its eFuses. What comes out depends "
        "on "
        "the place in flash, so that it must be written just there, as it is (espseal flash write without "
        "--encrypt).\n\n"
        "With --address all of one FILE is encrypted. With PLACE=FILE the partition table decides, which is "
        "among the files or given with --partition-table: the bootloader, the table itself, applications, "
        "OTA "
        "data, NVS keys and partitions with the flag \"encrypted\" are encrypted, all else stays as it is "
        "and "
        "is copied. NVS always stays, since it encrypts itself. An image of the whole flash is taken apart "
        "the "
        "same way. Parts that are encrypted and overlap are refused.\n\n"
        "Nothing is filled up in silence: what is encrypted must be a multiple of 16 bytes, unless --pad is "
        "given.\n\n"
        "Schemes: AES-256 of the ESP32 with its FLASH_CRYPT_CONFIG, XTS-AES-128 with a key of 32 bytes, "
        "XTS-AES-256 with 64, and on the ESP32-C2 XTS-AES-128 derived from 16. Sign first, then encrypt.",
    .examples =
        "espseal flash-encryption encrypt app.bin --address 0x10000 --chip esp32c3 --key flash.key --out "
        "app_enc.bin\n"
        "# a whole layout\n"
        "espseal flash-encryption encrypt 0x0=bootloader.bin 0x8000=table.bin nvs=nvs.bin ota_0=app.bin "
        "--chip esp32c3 --key flash.key --out-dir encrypted",
    .options = options,
    .run = run_flash_encryption_encrypt,
};
