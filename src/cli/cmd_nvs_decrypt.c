/* nvs decrypt: decrypts a partition, from a file or read from a chip. */
#include "nvs.h"

#include <espseal/nvs_crypt.h>

static int run_nvs_decrypt(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_buf *keys = NULL;
    struct cli_nvs_source source = {0};
    struct seal_nvs *nvs = NULL;
    int err = cli_nvs_check_out(run, true, cause);
    if (err == SEAL_OK) {
        err = cli_nvs_keys(run, true, &keys, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_read_source(run, &source, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_check_state(&source, true, cause);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_decrypt(seal_buf_ptr(keys), seal_buf_mutable(source.data), seal_buf_len(source.data),
                               cause);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_read(seal_buf_ptr(source.data), seal_buf_len(source.data), &nvs, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_check_keys(&source, nvs, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_write_out(run, source.data, true, cause);
    }
    seal_nvs_free(&nvs);
    seal_buf_free(&keys);
    cli_nvs_source_clear(&source);
    return err;
}

static const struct cli_option options[] = {
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the partition in the clear; - is stdout",
     .required = true},
    CLI_NVS_CHIP_OPTIONS,
    CLI_NVS_KEYS_OPTION,
    CLI_NVS_HMAC_OPTION,
    {.name = "force", .summary = "replace the file if it is there"},
    CLI_NVS_PERMISSIONS_OPTION,
    {0},
};

const struct cli_command cli_command_nvs_decrypt = {
    .name = "nvs decrypt",
    .summary = "decrypt an NVS partition",
    .operands = "[FILE]",
    .operands_min = 0,
    .operands_max = 1,
    .description = "Decrypts what espseal nvs encrypt, nvs_partition_gen.py or a device encrypted, with its "
                   "keys partition or "
                   "with the HMAC key that the device derives them from. Erased entries between others are "
                   "passed over by their "
                   "place, so that partitions from devices that have been in use come out right as "
                   "well. " CLI_NVS_CHIP_TEXT " The file that is made gets mode 0600.",
    .examples = "espseal nvs decrypt nvs_enc.bin --keys nvs_keys.bin --out nvs.bin\n"
                "espseal nvs decrypt --port /dev/ttyUSB0 --partition nvs --hmac-key hmac.bin --out nvs.bin",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_nvs_decrypt,
};
