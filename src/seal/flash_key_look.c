/* Whether a key is the chip's, by what is in its flash; nothing is written for that. */
#include <espseal/flash_key.h>

#include <espseal/digest.h>
#include <espseal/efuse.h>
#include <espseal/secret.h>

#include <string.h>

enum { HEADER = 32, MAGIC = 0xE9, SEGMENTS_MAX = 16, MODE_MAX = 5 };

/* About forty bits of an image's header (ESP-IDF esp_app_format.h) that garbage does not have. */
static bool is_header(const struct seal_chip *chip, const uint8_t header[static HEADER])
{
    const unsigned chip_id = header[12] | (unsigned)header[13] << 8;
    return header[0] == MAGIC && header[1] >= 1 && header[1] <= SEGMENTS_MAX && header[2] <= MODE_MAX &&
           chip_id == chip->image_chip_id && header[23] <= 1;
}

static int look_at_table(struct seal_loader *loader, const struct seal_flash_crypt *crypt, uint32_t offset,
                         bool *erased, struct seal_flash_key_look *look, struct seal_cause *cause)
{
    uint8_t data[SEAL_PARTITION_TABLE_SIZE];
    int err = seal_flash_read(loader, offset, data, sizeof data, NULL, NULL, cause);
    if (err) {
        return err;
    }
    *erased = seal_is_filled(data, sizeof data, 0xFF);
    err = seal_flash_decrypt(crypt, offset, data, data, sizeof data, cause);
    look->table_known =
        !err && !*erased &&
        seal_partition_table_decode(data, sizeof data, seal_md5, &look->table, NULL) == SEAL_OK &&
        look->table.count > 0;
    return err;
}

static int look_at_bootloader(struct seal_loader *loader, const struct seal_flash_crypt *crypt, bool *erased,
                              bool *right, struct seal_cause *cause)
{
    uint8_t header[HEADER];
    const struct seal_chip *chip = seal_loader_chip(loader);
    int err = seal_flash_read(loader, chip->bootloader_offset, header, sizeof header, NULL, NULL, cause);
    if (err) {
        return err;
    }
    *erased = seal_is_filled(header, sizeof header, 0xFF);
    err = seal_flash_decrypt(crypt, chip->bootloader_offset, header, header, sizeof header, cause);
    *right = !err && is_header(chip, header);
    return err;
}

int seal_flash_key_look(struct seal_loader *loader, const struct seal_flash_crypt *crypt,
                        uint32_t table_offset, struct seal_flash_key_look *look, struct seal_cause *cause)
{
    bool table_erased = false;
    bool boot_erased = false;
    bool right = false;
    memset(look, 0, sizeof *look);
    if (seal_loader_secure_download(loader)) {
        look->doubt = "flash cannot be read in secure download mode";
        return SEAL_OK;
    }
    int err = look_at_table(loader, crypt, table_offset, &table_erased, look, cause);
    if (!err && !look->table_known) {
        err = look_at_bootloader(loader, crypt, &boot_erased, &right, cause);
    }
    if (!look->table_known && !right) {
        look->doubt =
            table_erased && boot_erased
                ? "its flash is erased, so that there is nothing to try the key on"
                : "neither the bootloader nor the partition table in its flash comes out right with it";
    }
    return err;
}

int seal_flash_crypt_config_read(struct seal_loader *loader, unsigned *config, struct seal_cause *cause)
{
    const struct seal_chip *chip = seal_loader_chip(loader);
    struct seal_efuse efuse = {.chip = chip};
    *config = SEAL_FLASH_CRYPT_CONFIG;
    if (seal_flash_scheme_of(chip) != SEAL_FLASH_SCHEME_ESP32) {
        return SEAL_OK;
    }
    int err = seal_efuse_read(loader, 1, &efuse, cause);
    if (!err) {
        const bool on = __builtin_parity(seal_efuse_get_named(&efuse, "FLASH_CRYPT_CNT"));
        const unsigned burned = seal_efuse_get_named(&efuse, "FLASH_CRYPT_CONFIG");
        *config = on || burned ? burned : SEAL_FLASH_CRYPT_CONFIG;
    }
    seal_cleanse(&efuse, sizeof efuse);
    return err;
}
