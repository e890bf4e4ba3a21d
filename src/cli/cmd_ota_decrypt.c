/* ota decrypt: what the device makes of a pre-encrypted image. */
#include "identity.h"

#include <espseal/map.h>
#include <espseal/ota.h>

enum { LARGEST = (32 << 20) + SEAL_OTA_HEADER_LEN };

static int get_key(struct cli_run *run, struct seal_key **key, struct seal_cause *cause)
{
    const char *path = cli_text(run, "key");
    struct seal_buf *hmac_key = NULL;
    if ((path != NULL) == (cli_text(run, "hmac-key") != NULL)) {
        return seal_fail(cause, SEAL_ERR_USAGE, "one of --key and --hmac-key is needed");
    }
    if (path) {
        return cli_read_key(run, path, "passphrase-file", key, cause);
    }
    int err = cli_read_hmac_key(run, &hmac_key, cause);
    if (err == SEAL_OK) {
        err = seal_ota_device_key(seal_buf_ptr(hmac_key), key, cause);
    }
    seal_buf_free(&hmac_key);
    return err;
}

static int report(const struct cli_run *run, size_t len)
{
    if (!cli_json(run)) {
        cli_say(run, "%s: image of %zu bytes", cli_text(run, "out"), len);
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_text(run, "out"));
    seal_json_put_number(root, "size", (double)len);
    return cli_emit_json(run, &root);
}

static int run_ota_decrypt(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_map *image = NULL;
    struct seal_key *key = NULL;
    struct seal_buf *out = seal_buf_new();
    int err = out ? cli_check_out(run, "out", true, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_map_open(cli_operand(run, 0), LARGEST, &image, cause);
    }
    if (err == SEAL_OK) {
        err = get_key(run, &key, cause);
    }
    if (err == SEAL_OK) {
        err = seal_ota_decrypt(key, seal_map_ptr(image), seal_map_len(image), out, cause);
    }
    if (err == SEAL_OK) {
        err = cli_write_out(run, "out", out, true, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, seal_buf_len(out));
    }
    seal_key_free(&key);
    seal_buf_free(&out);
    seal_map_close(&image);
    return err;
}

static const struct cli_option options[] = {
    {.name = "key", .value = "FILE", .summary = "private key of the device: a file, or one in a token"},
    {.name = "hmac-key", .value = "FILE", .summary = "the HMAC key that the device derives its key from"},
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "the image; - is stdout", .required = true},
    {.name = "force", .summary = "replace the file if it is there"},
    {.name = "passphrase-file", .value = "FILE", .summary = "passphrase of --key, first line"},
    {.name = CLI_PIN_OPTION, .value = "FILE", .summary = "PIN of the token that --key names, first line"},
    {.name = "insecure-permissions", .summary = "read key files that others can read too"},
    {0},
};

const struct cli_command cli_command_ota_decrypt = {
    .name = "ota decrypt",
    .summary = "decrypt a pre-encrypted firmware image",
    .operands = "IMAGE",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Does what the device does with an image of ota encrypt, with the device's key or with the "
        "HMAC key that it is derived from. Nothing is written unless every byte is as it was "
        "encrypted. The result has mode 0600: somebody wanted it secret.",
    .examples = "espseal ota decrypt app.enc --key ota.key --out app.bin\n"
                "espseal ota decrypt app.enc --hmac-key hmac.bin --out app.bin",
    .options = options,
    .run = run_ota_decrypt,
};
