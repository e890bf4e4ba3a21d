/* nvs decrypt: decrypts a partition, from a file or read from a chip. */
#include "nvs.h"

#include <espseal/nvs_crypt.h>

static int run_nvs_decrypt(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_buf *keys = NULL;
    struct seal_buf *partition = NULL;
    struct seal_nvs *nvs = NULL;
    int err = cli_nvs_check_out(run, true, cause);
    if (err == SEAL_OK) {
        err = cli_nvs_keys(run, true, &keys, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_read_partition(cli_operand(run, 0), &partition, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_check_state(cli_operand(run, 0), partition, true, cause);
    }
    if (err == SEAL_OK) {
        err =
            seal_nvs_decrypt(seal_buf_ptr(keys), seal_buf_mutable(partition), seal_buf_len(partition), cause);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_read(seal_buf_ptr(partition), seal_buf_len(partition), &nvs, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_check_keys(cli_operand(run, 0), nvs, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_write_out(run, partition, true, cause);
    }
    seal_nvs_free(&nvs);
    seal_buf_free(&keys);
    seal_buf_free(&partition);
    return err;
}

static const struct cli_option options[] = {
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the partition in the clear; - is stdout",
     .required = true},
    CLI_NVS_KEYS_OPTION,
    CLI_NVS_HMAC_OPTION,
    {.name = "force", .summary = "replace the file if it is there"},
    CLI_NVS_PERMISSIONS_OPTION,
    {0},
};

const struct cli_command cli_command_nvs_decrypt = {
    .name = "nvs decrypt",
    .summary = "decrypt an NVS partition",
    .operands = "PARTITION",
    .operands_min = 1,
    .operands_max = 1,
    .description = "Decrypts what espseal nvs encrypt, nvs_partition_gen.py or a device encrypted, with its "
                   "keys partition or "
                   "with the HMAC key that the device derives them from. Erased entries between others are "
                   "passed over by their "
                   "place, so that partitions from devices that have been in use come out right as well. The "
                   "file gets mode "
                   "0600.",
    .examples = "espseal nvs decrypt nvs_enc.bin --keys nvs_keys.bin --out nvs.bin",
    .options = options,
    .run = run_nvs_decrypt,
};
