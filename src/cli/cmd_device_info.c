/* device info: which chip this is, its flash, and how far it is closed. */
#include "cli.h"
#include "security_words.h"

#include <espseal/efuse.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <stdio.h>

/* Blocks with the MAC address and the chip's revision. */
#define IDENTITY_BLOCKS 0x7u

struct device_info {
    const struct seal_chip *chip;
    const struct seal_security_info *security;
    bool has_identity, has_flash;
    uint8_t mac[6];
    unsigned revision;
    struct seal_flash_id flash;
};

static int read_identity(struct seal_loader *loader, struct device_info *info, struct seal_cause *cause)
{
    struct seal_efuse efuse = {.chip = info->chip};
    int err = seal_efuse_read(loader, IDENTITY_BLOCKS, &efuse, cause);
    if (!err) {
        seal_efuse_mac(&efuse, info->mac);
        info->revision = seal_efuse_revision(&efuse);
        info->has_identity = true;
    }
    seal_cleanse(&efuse, sizeof efuse);
    return err;
}

static int collect(struct seal_loader *loader, struct device_info *info, struct seal_cause *cause)
{
    int err = SEAL_OK;
    info->chip = seal_loader_chip(loader);
    info->security = seal_loader_security_info(loader);
    if (seal_loader_secure_download(loader)) {
        return SEAL_OK;
    }
    if (info->chip->efuse) {
        err = read_identity(loader, info, cause);
    }
    if (!err && info->chip->spi_flash.base) {
        err = seal_flash_attach(loader, &info->flash, cause);
        info->has_flash = !err;
    }
    return err;
}

static void print_flash(struct cli_run *run, const struct seal_flash_id *flash)
{
    char size[32];
    (void)snprintf(size, sizeof size, flash->size >= 1u << 20 ? "%u MiB" : "%u KiB",
                   flash->size >= 1u << 20 ? flash->size >> 20 : flash->size >> 10);
    cli_print(run, "flash            %s (%s, id %02x %02x %02x)\n", flash->size ? size : "none that answers",
              cli_flash_maker(flash->manufacturer), flash->manufacturer, flash->memory_type, flash->capacity);
}

static void print_info(struct cli_run *run, const struct device_info *info)
{
    char mac[SEAL_MAC_TEXT];
    if (info->has_identity) {
        cli_print(run, "chip             %s revision %u.%u\n", info->chip->title, info->revision / 100,
                  info->revision % 100);
        cli_print(run, "MAC              %s\n", seal_mac_text(info->mac, mac));
    } else {
        cli_print(run, "chip             %s\n", info->chip->title);
    }
    if (info->has_flash) {
        print_flash(run, &info->flash);
    }
    if (info->security->valid) {
        cli_print(run, "secure boot      %s\n",
                  info->security->flags & SEAL_SECURITY_SECURE_BOOT ? "on" : "off");
        cli_print(run, "flash encryption %s\n", cli_flash_encryption_on(info->security) ? "on" : "off");
        cli_print(run, "download mode    %s\n", cli_download_words(info->security));
        cli_print(run, "JTAG             %s\n", cli_jtag_words(info->security));
    }
}

static int emit_info(struct cli_run *run, const struct device_info *info)
{
    char mac[SEAL_MAC_TEXT];
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "chip", info->chip->name);
    if (info->has_identity) {
        seal_json_put_formatted(root, "revision", "%u.%u", info->revision / 100, info->revision % 100);
        seal_json_put_text(root, "mac", seal_mac_text(info->mac, mac));
    }
    if (info->has_flash) {
        cli_put_flash_id(seal_json_put_object(root, "flash"), &info->flash);
    }
    if (info->security->valid) {
        cli_put_security_info(seal_json_put_object(root, "security"), info->security);
    }
    return cli_emit_json(run, &root);
}

static int run_device_info(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    struct device_info info = {0};
    int err = cli_connect(run, &loader, cause);
    if (!err) {
        err = collect(loader, &info, cause);
    }
    if (err) {
        return err;
    }
    if (cli_json(run)) {
        return emit_info(run, &info);
    }
    print_info(run, &info);
    return SEAL_OK;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_command_device_info = {
    .name = "device info",
    .summary = "tell which chip this is, its flash, and how far it is closed",
    .description =
        "Prints the chip and its revision, its factory MAC address, the id and size of its flash, and in "
        "words "
        "whether secure boot, flash encryption, the download mode and JTAG are open. Changes nothing.\n\n"
        "In secure download mode only the chip's name and its security can be read.",
    .examples = "espseal device info --port /dev/ttyUSB0\n"
                "espseal device info --port sim:esp32c3 --json | jq -r .mac",
    .options = options,
    .device = true,
    .run = run_device_info,
};
