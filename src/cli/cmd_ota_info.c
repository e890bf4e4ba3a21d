/* ota info: what a pre-encrypted image says without any key. */
#include "cli.h"

#include <espseal/hex.h>
#include <espseal/map.h>
#include <espseal/ota.h>

enum { LARGEST = (32 << 20) + SEAL_OTA_HEADER_LEN };

static int emit(const struct cli_run *run, const struct seal_ota_info *info)
{
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "scheme", seal_ota_scheme_name(info->scheme));
    seal_json_put_number(root, "image_size", info->image_len);
    seal_json_put_bool(root, "complete", info->image_len == info->ciphertext_len);
    seal_json_put_hex(root, "iv", info->iv, sizeof info->iv);
    seal_json_put_hex(root, "tag", info->tag, sizeof info->tag);
    if (info->scheme == SEAL_OTA_ECIES) {
        seal_json_put_hex(root, "server_public", info->server_public, sizeof info->server_public);
        seal_json_put_hex(root, "salt", info->salt, sizeof info->salt);
    }
    return cli_emit_json(run, &root);
}

static void print_hex(const struct cli_run *run, const char *what, const uint8_t *bytes, size_t len)
{
    char text[2 * 64 + 1];
    seal_hex_encode(bytes, len, text);
    cli_print(run, "%-15s %s\n", what, text);
}

static void print(const struct cli_run *run, const struct seal_ota_info *info)
{
    bool ecies = info->scheme == SEAL_OTA_ECIES;
    cli_print(run, "%-15s %s\n", "scheme",
              ecies ? "ECIES: EC P-256, HKDF-SHA256, AES-256-GCM" : "RSA-3072 (PKCS#1 v1.5), AES-256-GCM");
    cli_print(run, "%-15s %u bytes\n", "image", info->image_len);
    if (ecies) {
        print_hex(run, "server's point", info->server_public, sizeof info->server_public);
        print_hex(run, "salt", info->salt, sizeof info->salt);
    }
    print_hex(run, "IV", info->iv, sizeof info->iv);
    print_hex(run, "tag", info->tag, sizeof info->tag);
}

static int run_ota_info(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_map *image = NULL;
    struct seal_ota_info info;
    int err = seal_map_open(cli_operand(run, 0), LARGEST, &image, cause);
    if (err == SEAL_OK) {
        err = seal_ota_look(seal_map_ptr(image), seal_map_len(image), cli_operand(run, 0), &info, cause);
    }
    seal_map_close(&image);
    if (err != SEAL_OK) {
        return err;
    }
    if (info.image_len != info.ciphertext_len) {
        cli_warn(run, "the header speaks of %u bytes, but %zu are there", info.image_len,
                 info.ciphertext_len);
    }
    print(run, &info);
    return cli_json(run) ? emit(run, &info) : SEAL_OK;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_command_ota_info = {
    .name = "ota info",
    .summary = "say what a pre-encrypted firmware image is",
    .operands = "IMAGE",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Reads the header of an image of ota encrypt: scheme, length, IV, tag. Whether the image is "
        "intact, only the device's key can tell (ota decrypt).",
    .examples = "espseal ota info app.enc",
    .options = options,
    .run = run_ota_info,
};
