/* ota encrypt: a firmware image that only the holder of a key can read. */
#include "identity.h"

#include <espseal/file.h>
#include <espseal/map.h>
#include <espseal/ota.h>

enum { LARGEST_IMAGE = 32 << 20, LARGEST_KEY = 64 << 10 };

static int read_public(const char *path, struct seal_public *public, struct seal_cause *cause)
{
    struct seal_buf *file = NULL;
    int err = seal_file_read(path, LARGEST_KEY, 0, &file, cause);
    if (err == SEAL_OK) {
        err = seal_public_read(seal_buf_ptr(file), seal_buf_len(file), path, public, cause);
    }
    seal_buf_free(&file);
    return err;
}

static int report(const struct cli_run *run, const struct seal_public *public, size_t len, size_t size)
{
    const char *path = cli_text(run, "out");
    const char *scheme =
        seal_ota_scheme_name(public->scheme == SEAL_SIGN_RSA3072 ? SEAL_OTA_RSA : SEAL_OTA_ECIES);
    if (!cli_json(run)) {
        cli_say(run, "%s: %zu bytes, %zu of them image, encrypted with %s", path, size, len, scheme);
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", path);
    seal_json_put_text(root, "scheme", scheme);
    seal_json_put_number(root, "image_size", (double)len);
    seal_json_put_number(root, "size", (double)size);
    return cli_emit_json(run, &root);
}

static int run_ota_encrypt(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_map *image = NULL;
    struct seal_public public;
    struct seal_buf *out = seal_buf_new();
    int err = out ? cli_check_out(run, "out", false, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = read_public(cli_text(run, "key"), &public, cause);
    }
    if (err == SEAL_OK) {
        err = seal_map_open(cli_operand(run, 0), LARGEST_IMAGE, &image, cause);
    }
    if (err == SEAL_OK) {
        err = seal_ota_encrypt(&public, seal_map_ptr(image), seal_map_len(image), NULL, out, cause);
    }
    if (err == SEAL_OK) {
        err = cli_write_out(run, "out", out, false, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, &public, seal_map_len(image), seal_buf_len(out));
    }
    seal_buf_free(&out);
    seal_map_close(&image);
    return err;
}

static const struct cli_option options[] = {
    {.name = "key",
     .value = "FILE",
     .summary = "public key of the device: RSA-3072 or EC P-256",
     .required = true},
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the encrypted image; - is stdout",
     .required = true},
    {.name = "force", .summary = "replace the file if it is there"},
    {0},
};

const struct cli_command cli_command_ota_encrypt = {
    .name = "ota encrypt",
    .summary = "encrypt a firmware image for updates over the air",
    .operands = "IMAGE",
    .operands_min = 1,
    .operands_max = 1,
    .description = "Encrypts an image in the format of ESP-IDF's component esp_encrypted_img, for a device "
                   "that decrypts "
                   "it while it updates. The key decides the scheme: RSA-3072, or ECIES with EC P-256.\n\n"
                   "Encryption keeps an image from being read; it does not say who made it, since everybody "
                   "may have the "
                   "public key. Sign the image first (secure boot, or signed app images), then encrypt it.",
    .examples = "espseal ota encrypt app.bin --key ota_pub.pem --out app.enc",
    .options = options,
    .run = run_ota_encrypt,
};
