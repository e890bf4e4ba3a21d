#include "loader.h"

#include <string.h>

#define MAGIC_REGISTER 0x40001000u /* rom_protocol.json "detection_order" */

/* Answers have 12 bytes (S2) or 20; some have trailing bytes. */
static void parse_security_info(const struct seal_rom_response *response, struct seal_security_info *info)
{
    *info = (struct seal_security_info){.valid = response->data_len >= 12};
    if (!info->valid) {
        return;
    }
    info->flags = seal_le32(response->data);
    info->flash_crypt_count = response->data[4];
    memcpy(info->key_purposes, response->data + 5, sizeof info->key_purposes);
    info->has_chip_id = response->data_len >= 20;
    if (info->has_chip_id) {
        info->chip_id = seal_le32(response->data + 12);
        info->api_version = seal_le32(response->data + 16);
    }
}

static int get_security_info(struct seal_loader *loader, struct seal_cause *cause)
{
    const struct rom_command command = {.opcode = SEAL_ROM_GET_SECURITY_INFO};
    struct seal_rom_response response = {0};
    int err = rom_transact(loader, &command, &response, cause);
    if (!err) {
        parse_security_info(&response, &loader->security);
    }
    return err == SEAL_ERR_ROM_REFUSED || err == SEAL_ERR_ROM ? SEAL_OK : err; /* the ESP32 has none */
}

int seal_loader_refresh_security_info(struct seal_loader *loader, struct seal_cause *cause)
{
    struct seal_cause ignored;
    int err = rom_resync(loader, &ignored); /* the chip may have restarted into its loader */
    (void)err;
    return get_security_info(loader, cause);
}

/* The chip that answers security information without a chip id. */
static const struct seal_chip *chip_without_id(void)
{
    for (size_t i = 0; seal_chips[i]; i++) {
        if (seal_chips[i]->rom.security_info_len == 12) {
            return seal_chips[i];
        }
    }
    return NULL;
}

static int detect_by_magic(struct seal_loader *loader, struct seal_cause *cause)
{
    if (seal_loader_secure_download(loader)) {
        loader->chip = chip_without_id();
        return loader->chip ? SEAL_OK
                            : seal_fail(cause, SEAL_ERR_UNSUPPORTED,
                                        "a chip in secure download mode that does not tell its id");
    }
    uint32_t magic = 0;
    int err = seal_loader_read_reg(loader, MAGIC_REGISTER, &magic, cause);
    if (err) {
        return err;
    }
    loader->chip = seal_chip_by_magic(magic);
    if (!loader->chip) {
        err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "a chip that espseal does not know (magic value 0x%08x)",
                        magic);
    }
    return err;
}

static int check_chip(const struct seal_loader *loader, struct seal_cause *cause)
{
    const struct seal_chip *chip = loader->chip;
    const struct seal_chip *wanted = loader->options.chip;
    if (wanted && !seal_chip_same(wanted, chip)) {
        int err = seal_fail(cause, SEAL_ERR_WRONG_CHIP, "%s is an %s, not an %s", loader->link->name,
                            chip->title, wanted->title);
        seal_hint(cause, "give --chip %s if this is the device you mean", chip->name);
        return err;
    }
    if (chip->preview) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "%s is an %s, which espseal does not support yet",
                         loader->link->name, chip->title);
    }
    return SEAL_OK;
}

/* Where revisions differ: the variant, from the words that hold the revision. */
static int choose_variant(struct seal_loader *loader, struct seal_cause *cause)
{
    const struct seal_efuse_field *field = seal_chip_field(loader->chip, "WAFER_VERSION_MINOR");
    uint32_t addresses[8], words[11][8] = {0};

    if (!loader->chip->variants || !field || seal_loader_secure_download(loader)) {
        return SEAL_OK;
    }
    const struct seal_efuse_block *block = &loader->chip->efuse->blocks[field->block];
    for (uint32_t i = 0; i < block->words; i++) {
        addresses[i] = loader->chip->efuse->base + block->read + 4 * i;
    }
    int err = seal_loader_read_regs(loader, addresses, words[field->block], block->words, cause);
    if (err) {
        return err;
    }
    loader->chip =
        seal_chip_variant(loader->chip, seal_chip_revision(loader->chip, (const uint32_t(*)[8])words, 0));
    return SEAL_OK;
}

int rom_detect(struct seal_loader *loader, struct seal_cause *cause)
{
    int err = get_security_info(loader, cause);
    if (err) {
        return err;
    }
    if (loader->security.has_chip_id) {
        loader->chip = seal_chip_by_id(loader->security.chip_id);
        if (!loader->chip) {
            return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "a chip that espseal does not know (chip id %u)",
                             loader->security.chip_id);
        }
    } else {
        err = detect_by_magic(loader, cause);
    }
    if (!err) {
        err = check_chip(loader, cause);
    }
    return err ? err : choose_variant(loader, cause);
}
