/* Flash commands of the ROM, and what it tells about its security. */
#include "sim_parts.h"

#include <espseal/digest.h>
#include <espseal/hex.h>

#include <string.h>

#define SECTOR 4096u
#define FLASH_PACKET_MAX 0x1000u
#define READ_MAX 64u

static bool inside(const struct sim_chip *chip, uint32_t offset, uint32_t len)
{
    return (uint64_t)offset + len <= chip->rom.flash_size;
}

static int begin(struct sim_chip *chip, const struct sim_request *request, struct sim_transfer *transfer)
{
    *transfer = (struct sim_transfer){.size = seal_le32(request->data),
                                      .packets = seal_le32(request->data + 4),
                                      .packet_size = seal_le32(request->data + 8),
                                      .offset = seal_le32(request->data + 12)};
    bool five = chip->chip->rom.begin_has_encrypted;
    bool encrypted = five && seal_le32(request->data + 16) != 0;
    if (request->len != (five ? 20 : 16) || transfer->packet_size > FLASH_PACKET_MAX) {
        return SIM_BAD_MESSAGE;
    }
    if (transfer->offset % SECTOR || !inside(chip, transfer->offset, transfer->size)) {
        return SIM_BAD_RESULT;
    }
    transfer->begun = true;
    if (encrypted && sim_efuse_field(chip, "DIS_DOWNLOAD_MANUAL_ENCRYPT")) {
        transfer->discard = true; /* FLASH_DATA will answer success all the same (measured on the C3) */
        return SIM_BAD_PARAMETER;
    }
    transfer->encrypted = encrypted;
    sim_flash_erase(&chip->flash, transfer->offset, transfer->size);
    return SIM_OK_KEEP;
}

int sim_rom_flash_begin(struct sim_chip *chip, struct sim_request *request)
{
    return begin(chip, request, &chip->rom.flash);
}

static int write_verified(struct sim_chip *chip, const struct sim_transfer *transfer, uint32_t at,
                          const uint8_t *data, size_t len)
{
    uint8_t cipher[FLASH_PACKET_MAX];
    if (transfer->encrypted) {
        if (len > sizeof cipher || !sim_xts_encrypt(chip, at, data, cipher, len)) {
            return SIM_BAD_PARAMETER;
        }
        data = cipher;
    }
    sim_flash_program(&chip->flash, at, data, len);
    return sim_flash_holds(&chip->flash, at, data, len) ? SIM_OK_KEEP : SIM_BAD_WRITE;
}

int sim_rom_flash_data(struct sim_chip *chip, struct sim_request *request)
{
    struct sim_transfer *flash = &chip->rom.flash;
    uint32_t at = flash->offset + flash->next * flash->packet_size;
    if (flash->discard) {
        return SIM_OK_KEEP;
    }
    if (flash->next >= flash->packets) {
        return SIM_BAD_MESSAGE;
    }
    int result = sim_rom_data_check(flash, request, flash->packet_size);
    if (result > 0) {
        return result;
    }
    return write_verified(chip, flash, at, request->data + 16, seal_le32(request->data));
}

int sim_rom_deflate_begin(struct sim_chip *chip, struct sim_request *request)
{
    if (request->len == 20 && seal_le32(request->data + 16) != 0) {
        return SIM_BAD_PARAMETER; /* the ROM encrypts plain blocks only (measured on the C3) */
    }
    int result = begin(chip, request, &chip->rom.deflate);
    seal_inflater_free(&chip->rom.inflater);
    if (result <= 0) {
        sim_chip_fail(chip, seal_inflater_new(&chip->rom.inflater));
    }
    return result;
}

int sim_rom_deflate_data(struct sim_chip *chip, struct sim_request *request)
{
    struct sim_transfer *deflate = &chip->rom.deflate;
    struct seal_buf *inflated = chip->rom.inflated;
    bool done = false;
    if (deflate->discard) {
        return SIM_OK_KEEP;
    }
    if (!chip->rom.inflater || deflate->next >= deflate->packets) {
        return SIM_BAD_MESSAGE;
    }
    int result = sim_rom_data_check(deflate, request, deflate->packet_size);
    if (result > 0) {
        return result;
    }
    seal_buf_truncate(inflated, 0);
    if (seal_inflater_feed(chip->rom.inflater, request->data + 16, seal_le32(request->data), inflated,
                           &done) != SEAL_OK) {
        deflate->begun = false;
        return SIM_BAD_ADLER;
    }
    size_t len = seal_buf_len(inflated);
    if (len > deflate->size - deflate->written) {
        deflate->begun = false;
        return SIM_BAD_DEFLATE;
    }
    uint32_t at = deflate->offset + deflate->written;
    deflate->written += (uint32_t)len;
    for (size_t i = 0; i < len && result <= 0; i += FLASH_PACKET_MAX) {
        size_t part = len - i < FLASH_PACKET_MAX ? len - i : FLASH_PACKET_MAX;
        result = write_verified(chip, deflate, at + (uint32_t)i, seal_buf_ptr(inflated) + i, part);
    }
    return result;
}

int sim_rom_read_flash(struct sim_chip *chip, struct sim_request *request)
{
    uint32_t offset = seal_le32(request->data);
    uint32_t len = seal_le32(request->data + 4);
    request->answer_len = READ_MAX; /* whatever was asked for; what was not read is stale */
    if (len > READ_MAX) {
        return SIM_BAD_READ_LENGTH;
    }
    if (offset >= chip->flash.size || len > chip->flash.size - offset) {
        return SIM_BAD_READ;
    }
    memcpy(request->answer, chip->flash.bytes + offset, len);
    return SIM_OK_CLEAR;
}

int sim_rom_md5(struct sim_chip *chip, struct sim_request *request)
{
    uint32_t offset = seal_le32(request->data);
    uint32_t len = seal_le32(request->data + 4);
    uint8_t digest[16];
    char text[2 * sizeof digest + 1];
    request->answer_len = sizeof text - 1;
    if ((uint64_t)offset + len > chip->flash.size) {
        return SIM_BAD_READ;
    }
    sim_chip_fail(chip, seal_md5(chip->flash.bytes + offset, len, digest));
    seal_hex_encode(digest, sizeof digest, text);
    memcpy(request->answer, text, sizeof text - 1);
    return SIM_OK_CLEAR;
}

static uint32_t security_flags(const struct sim_chip *chip)
{
    static const struct {
        const char *field;
        unsigned flag;
    } flags[] = {
        {"SECURE_BOOT_EN", 0},
        {"SECURE_BOOT_AGGRESSIVE_REVOKE", 1},
        {"ENABLE_SECURITY_DOWNLOAD", 2},
        {"SECURE_BOOT_KEY_REVOKE0", 3},
        {"SECURE_BOOT_KEY_REVOKE1", 4},
        {"SECURE_BOOT_KEY_REVOKE2", 5},
        {"DIS_PAD_JTAG", 7},
        {"HARD_DIS_JTAG", 7},
        {"DIS_USB_OTG", 8},
        {"DIS_DOWNLOAD_DCACHE", 9},
        {"DIS_DOWNLOAD_ICACHE", 10},
    };
    uint32_t value = 0;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        value |= (sim_efuse_field(chip, flags[i].field) ? 1u : 0) << flags[i].flag;
    }
    if (__builtin_parity(sim_efuse_field(chip, "SOFT_DIS_JTAG"))) {
        value |= 1u << 6;
    }
    return value;
}

int sim_rom_security_info(struct sim_chip *chip, struct sim_request *request)
{
    uint8_t *info = request->answer;
    seal_put_le32(info, security_flags(chip));
    info[4] = (uint8_t)sim_efuse_field(chip, "SPI_BOOT_CRYPT_CNT");
    for (unsigned key = 0; key < 6; key++) {
        info[5 + key] = (uint8_t)sim_efuse_key_purpose(chip, key);
    }
    info[11] = chip->model->seventh_purpose;
    if (chip->chip->rom.security_info_len == 20) {
        seal_put_le32(info + 12, (uint32_t)chip->chip->security_info_chip_id);
        seal_put_le32(info + 16, chip->model->api_version);
    }
    request->answer_len = chip->chip->rom.security_info_len;
    return SIM_OK_KEEP;
}
