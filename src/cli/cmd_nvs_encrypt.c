/* nvs encrypt: encrypts a partition that exists, with given, derived or new keys. */
#include "nvs.h"

#include <espseal/nvs_crypt.h>

static int run_nvs_encrypt(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_buf *keys = NULL;
    struct cli_nvs_source source = {0};
    int err = cli_nvs_check_out(run, false, cause);
    if (err == SEAL_OK) {
        err = cli_nvs_keys(run, true, &keys, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_read_source(run, &source, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_check_state(&source, false, cause);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_encrypt(seal_buf_ptr(keys), seal_buf_mutable(source.data), seal_buf_len(source.data),
                               cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_write_new_keys(run, keys, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_write_out(run, source.data, false, cause);
    }
    seal_buf_free(&keys);
    cli_nvs_source_clear(&source);
    return err;
}

static const struct cli_option options[] = {
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the encrypted partition; - is stdout",
     .required = true},
    CLI_NVS_KEYS_OPTION,
    CLI_NVS_HMAC_OPTION,
    CLI_NVS_NEW_KEYS_OPTION,
    {.name = "force", .summary = "replace the partition's file if it is there; not the keys"},
    CLI_NVS_PERMISSIONS_OPTION,
    {0},
};

const struct cli_command cli_command_nvs_encrypt = {
    .name = "nvs encrypt",
    .summary = "encrypt an NVS partition, with its keys partition as a pair",
    .operands = "PARTITION",
    .operands_min = 1,
    .operands_max = 1,
    .description = "Encrypts every entry of the partition by itself with AES-256-XTS, its offset being the "
                   "tweak; the headers of "
                   "pages and their maps stay in the clear, as ESP-IDF's NVS encryption has it. A "
                   "partition that looks encrypted already is refused. With "
                   "--new-keys the keys are "
                   "made here and their partition (4096 bytes, mode 0600) is written before the encrypted "
                   "one, so that the two "
                   "are a pair.\n\n"
                   "espseal nvs build encrypts in the same step, and then the partition is never in the "
                   "clear on the disk.",
    .examples = "espseal nvs encrypt nvs.bin --new-keys nvs_keys.bin --out nvs_enc.bin\n"
                "espseal nvs encrypt nvs.bin --hmac-key hmac.bin --out nvs_enc.bin",
    .options = options,
    .run = run_nvs_encrypt,
};
