/* ds params: encrypts an RSA key for the DS peripheral of one chip. */
#include "identity.h"

#include <espseal/chip.h>
#include <espseal/digest.h>
#include <espseal/ds.h>
#include <espseal/file.h>
#include <espseal/hex.h>

#include <string.h>

static int check_outputs(const struct cli_run *run, struct seal_cause *cause)
{
    const char *iv = cli_text(run, "out-iv");
    if (iv && strcmp(iv, cli_text(run, "out")) == 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--out and --out-iv name the same file");
    }
    int err = cli_check_out(run, "out", false, cause);
    return err == SEAL_OK && iv ? cli_check_out(run, "out-iv", false, cause) : err;
}

static int write_outputs(const struct cli_run *run, const struct seal_ds_params *params,
                         struct seal_cause *cause)
{
    int flags = cli_out_flags(run, false);
    int err = seal_file_write(cli_text(run, "out"), params->c, params->c_len, flags, cause);
    const char *iv = cli_text(run, "out-iv");
    return err == SEAL_OK && iv ? seal_file_write(iv, params->iv, sizeof params->iv, flags, cause) : err;
}

static int report(const struct cli_run *run, const struct seal_chip *chip,
                  const struct seal_ds_params *params)
{
    char hex[2 * SEAL_DS_IV_LEN + 1];
    uint8_t sha256[32];
    seal_hex_encode(params->iv, sizeof params->iv, hex);
    int err = seal_sha256(params->c, params->c_len, sha256);
    if (err != SEAL_OK) {
        return err;
    }
    if (!cli_json(run)) {
        bool piped = strcmp(cli_text(run, "out"), "-") == 0;
        cli_say(run, "%s: DS parameters of an RSA-%u key for the %s, %zu bytes", cli_text(run, "out"),
                params->rsa_bits, chip->title, params->c_len);
        if (piped) {
            cli_say(run, "iv: %s", hex);
        } else {
            cli_print(run, "%s\n", hex);
        }
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_text(run, "out"));
    seal_json_put_text(root, "chip", chip->name);
    seal_json_put_number(root, "rsa_bits", params->rsa_bits);
    seal_json_put_text(root, "iv", hex);
    seal_json_put_number(root, "c_len", (double)params->c_len);
    seal_json_put_hex(root, "sha256", sha256, sizeof sha256);
    return cli_emit_json(run, &root);
}

static int run_ds_params(struct cli_run *run, struct seal_cause *cause)
{
    const struct seal_chip *chip = NULL;
    struct seal_key *key = NULL;
    struct seal_buf *hmac_key = NULL;
    struct seal_ds_params params;
    uint8_t iv[SEAL_DS_IV_LEN];
    int err = cli_find_chip(cli_text(run, "chip"), &chip, cause);
    if (err == SEAL_OK) {
        err = cli_require_ds(chip, cause);
    }
    if (err == SEAL_OK) {
        err = cli_ds_iv(run, iv, cause);
    }
    if (err == SEAL_OK) {
        err = check_outputs(run, cause);
    }
    if (err == SEAL_OK) {
        err = cli_read_key(run, cli_text(run, "key"), "passphrase-file", &key, cause);
    }
    if (err == SEAL_OK) {
        err = cli_read_hmac_key(run, &hmac_key, cause);
    }
    if (err == SEAL_OK) {
        err = seal_ds_encrypt(key, chip->ds_max_bits, seal_buf_ptr(hmac_key), iv, &params, cause);
    }
    if (err == SEAL_OK) {
        err = write_outputs(run, &params, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, chip, &params);
    }
    seal_buf_free(&hmac_key);
    seal_key_free(&key);
    return err;
}

static const struct cli_option options[] = {
    {.name = "chip", .letter = 'c', .value = "CHIP", .summary = "the chip it is for", .required = true},
    {.name = "key", .value = "FILE", .summary = "the RSA private key, PEM or DER", .required = true},
    {.name = "hmac-key",
     .value = "FILE",
     .summary = "the 32 bytes that are, or will be, in the chip's key block",
     .required = true},
    {.name = "iv",
     .value = "HEX",
     .summary = "initialisation vector, 32 hex digits; for comparing only",
     .fallback = "random"},
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the encrypted parameters, nothing else; - is stdout",
     .required = true},
    {.name = "out-iv", .value = "FILE", .summary = "the 16 bytes of the initialisation vector"},
    {.name = "passphrase-file", .value = "FILE", .summary = "first line opens an encrypted key"},
    {.name = "force", .summary = "replace the files if they are there"},
    {.name = "insecure-permissions", .summary = "read keys that others can read"},
    {0},
};

const struct cli_command cli_command_ds_params = {
    .name = "ds params",
    .summary = "encrypt an RSA key for a chip's Digital Signature peripheral",
    .description =
        "Encrypts the key with a key derived from the HMAC key, so that only the chip that has this HMAC key "
        "in its eFuses can sign with it. The file is the peripheral's C alone (1200 or 1584 bytes, by chip); "
        "the peripheral also needs the initialisation vector, which is printed on stdout in hex and written "
        "with --out-iv. Both are stored in the clear: esp_ds_data_t of ESP-IDF has the length "
        "(bits / 32 - 1, four bytes, little-endian), the vector and C in this order.",
    .examples = "espseal ds params --chip esp32c3 --key device.key --hmac-key hmac.bin --out ds_c.bin "
                "--out-iv ds_iv.bin",
    .options = options,
    .run = run_ds_params,
};
