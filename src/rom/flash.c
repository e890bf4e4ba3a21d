#include "loader.h"

#include <espseal/hex.h>

#include <string.h>

#define SPI_CMD_USR (1u << 18)
#define SPI_USR_COMMAND (1u << 31)
#define SPI_USR_MISO (1u << 28)
#define SPI_USR2_COMMAND_8_BITS (7u << 28)
#define JEDEC_RDID 0x9Fu
#define RDID_BITS 24u

/* Milliseconds per MiB that the ROM may take (rom_protocol.json "timeouts_s"). */
#define MD5_MS_PER_MB 8000
#define ERASE_MS_PER_MB 40000

static int attach(struct seal_loader *loader, struct seal_cause *cause)
{
    const uint8_t payload[8] = {0}; /* default pins; a ROM wants the second word too */
    const struct rom_command command = {
        .opcode = SEAL_ROM_SPI_ATTACH, .data = payload, .len = sizeof payload};
    return rom_transact(loader, &command, NULL, cause);
}

/* RDID through the SPI controller: three bytes arrive in W0, the manufacturer lowest. */
static int read_jedec_id(struct seal_loader *loader, uint32_t *id, struct seal_cause *cause)
{
    const struct seal_spi_flash_registers *spi = &loader->chip->spi_flash;
    const uint32_t usr = spi->base + spi->usr;
    const uint32_t usr2 = spi->base + spi->usr2;
    const uint32_t cmd = spi->base + spi->cmd;
    const uint32_t w0 = spi->base + spi->w0;
    uint32_t saved[2];
    int err = seal_loader_read_regs(loader, (const uint32_t[]){usr, usr2}, saved, 2, cause);
    if (err) {
        return err;
    }
    const struct seal_reg_write ask[] = {
        {spi->base + spi->miso_dlen, RDID_BITS - 1, 0xFFFFFFFFu, 0},
        {usr, SPI_USR_COMMAND | SPI_USR_MISO, 0xFFFFFFFFu, 0},
        {usr2, SPI_USR2_COMMAND_8_BITS | JEDEC_RDID, 0xFFFFFFFFu, 0},
        {w0, 0, 0xFFFFFFFFu, 0},
        {cmd, SPI_CMD_USR, 0xFFFFFFFFu, 10}, /* 32 bits at the slowest SPI clock take less */
    };
    err = seal_loader_write_regs(loader, ask, sizeof ask / sizeof ask[0], 0, cause);
    if (err) {
        return err;
    }
    uint32_t answer[3]; /* twice, since answers have no checksum */
    err = seal_loader_read_regs(loader, (const uint32_t[]){cmd, w0, w0}, answer, 3, cause);
    if (!err && (answer[0] & SPI_CMD_USR)) {
        err = seal_loader_poll(loader, cmd, SPI_CMD_USR, 0, 500, cause);
        if (!err) {
            err = seal_loader_read_regs(loader, (const uint32_t[]){w0, w0}, answer + 1, 2, cause);
        }
    }
    if (err) {
        return err;
    }
    *id = answer[1] == answer[2] ? answer[1] : 0; /* none: it is asked again */
    /* The ROM's reads set their own bits, and count on this one being set since reset. */
    const struct seal_reg_write restore[] = {{usr, saved[0] | SPI_USR_COMMAND, 0xFFFFFFFFu, 0},
                                             {usr2, saved[1], 0xFFFFFFFFu, 0}};
    return seal_loader_write_regs(loader, restore, 2, 0, cause);
}

/* Bytes, from the JEDEC capacity byte: a power of two, with the vendors' codes 20..22 and 32..3A. 0: unknown.
 */
static uint32_t size_of_capacity(uint8_t capacity)
{
    if (capacity >= 0x20 && capacity <= 0x22) {
        return 1u << (capacity - 0x20 + 26);
    }
    if (capacity >= 0x32 && capacity <= 0x3A) {
        capacity = (uint8_t)(capacity - 0x20);
    }
    return capacity >= 0x12 && capacity <= 0x1C ? 1u << capacity : 0;
}

static int set_parameters(struct seal_loader *loader, uint32_t size, struct seal_cause *cause)
{
    /* id, total size, block, sector, page, status mask */
    const uint32_t words[6] = {0, size, 0x10000, 0x1000, 0x100, 0xFFFF};
    uint8_t payload[sizeof words];
    for (size_t i = 0; i < 6; i++) {
        seal_put_le32(payload + 4 * i, words[i]);
    }
    const struct rom_command command = {
        .opcode = SEAL_ROM_SPI_SET_PARAMS, .data = payload, .len = sizeof payload};
    return rom_transact(loader, &command, NULL, cause);
}

static int attach_and_identify(struct seal_loader *loader, struct seal_cause *cause)
{
    if (loader->chip->spi_flash.base == 0) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "espseal cannot reach the flash of an %s yet",
                         loader->chip->title);
    }
    uint32_t id = 0;
    int err = attach(loader, cause);
    if (!err) {
        err = read_jedec_id(loader, &id, cause);
    }
    if (err) {
        return err;
    }
    struct seal_flash_id *flash = &loader->flash;
    flash->manufacturer = (uint8_t)id;
    flash->memory_type = (uint8_t)(id >> 8);
    flash->capacity = (uint8_t)(id >> 16);
    flash->size = size_of_capacity(flash->capacity);
    return flash->size ? set_parameters(loader, flash->size, cause) : SEAL_OK;
}

void seal_flash_assume_size(struct seal_loader *loader, uint32_t size)
{
    loader->assumed_flash_size = size;
}

/* In secure download mode nothing can be read, the flash's id included. */
static int attach_assuming(struct seal_loader *loader, struct seal_cause *cause)
{
    int err = attach(loader, cause);
    if (!err) {
        loader->flash.size = loader->assumed_flash_size;
        err = set_parameters(loader, loader->flash.size, cause);
    }
    return err;
}

int seal_flash_attach(struct seal_loader *loader, struct seal_flash_id *id, struct seal_cause *cause)
{
    if (!loader->flash_attached) {
        bool assume = seal_loader_secure_download(loader) && loader->assumed_flash_size > 0;
        int err = assume ? SEAL_OK : seal_loader_require_registers(loader, "identify the flash", cause);
        bool again = !err;
        for (unsigned i = 0; again && i <= ROM_RETRIES; i++) {
            err = assume ? attach_assuming(loader, cause) : attach_and_identify(loader, cause);
            /* All of it may be done twice; an id without a size may be a damaged answer. */
            again = err == SEAL_ERR_TIMEOUT || (!err && loader->flash.size == 0);
        }
        if (err) {
            return err;
        }
        loader->flash_attached = true;
    }
    if (id) {
        *id = loader->flash;
    }
    return SEAL_OK;
}

int rom_flash_range(struct seal_loader *loader, uint32_t offset, size_t len, struct seal_cause *cause)
{
    struct seal_flash_id id;
    int err = seal_flash_attach(loader, &id, cause);
    if (err) {
        return err;
    }
    if (id.size == 0) {
        err =
            seal_fail(cause, SEAL_ERR_STATE, "no flash that espseal knows answers (JEDEC id %02x %02x %02x)",
                      id.manufacturer, id.memory_type, id.capacity);
        seal_hint(cause, "the flash may have no power, or its pins may be strapped to something else");
        return err;
    }
    if (offset > id.size || len > id.size - offset) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG,
                         "%zu bytes at 0x%x reach beyond the end of the flash (%u KiB)", len, offset,
                         id.size / 1024);
    }
    return SEAL_OK;
}

int rom_flash_begin(struct seal_loader *loader, const struct rom_flash_begin *begin, struct seal_cause *cause)
{
    const uint32_t words[5] = {begin->size, begin->packets, begin->block, begin->offset, begin->encrypt};
    uint8_t payload[sizeof words];
    for (size_t i = 0; i < 5; i++) {
        seal_put_le32(payload + 4 * i, words[i]);
    }
    const struct rom_command command = {
        .opcode = begin->opcode,
        .data = payload,
        .len = loader->chip->rom.begin_has_encrypted ? 20 : 16,
        .timeout_ms = rom_scaled_ms(begin->size, ERASE_MS_PER_MB),
    };
    int err = rom_transact(loader, &command, NULL, cause);
    if (begin->encrypt && err == SEAL_ERR_ROM && cause && cause->has_rom_code &&
        cause->rom_code == ROM_CODE_NOT_ALLOWED) {
        err = seal_fail(cause, SEAL_ERR_STATE,
                        "this chip's ROM may not encrypt: DIS_DOWNLOAD_MANUAL_ENCRYPT is burned");
        seal_hint(cause, "encrypt on the host with the chip's key, or let the application update itself");
    }
    return err;
}

bool rom_flash_heal(struct seal_loader *loader, int *err, struct seal_cause *cause)
{
    /* only a ROM's error has filled the cause for sure */
    bool rom_error = *err == SEAL_ERR_ROM;
    bool forbidden = rom_error && cause && cause->has_rom_code && cause->rom_code == ROM_CODE_NOT_ALLOWED;
    if (*err != SEAL_ERR_TIMEOUT && (!rom_error || forbidden)) {
        return false;
    }
    struct seal_cause why = {0};
    loader->flash_attached = false;
    int attached = seal_flash_attach(loader, NULL, &why);
    if (attached == SEAL_ERR_LINK || attached == SEAL_ERR_INTERRUPTED) {
        *err = attached;
        if (cause) {
            *cause = why;
        }
    }
    return attached == SEAL_OK;
}

int rom_flash_can_encrypt(const struct seal_loader *loader, struct seal_cause *cause)
{
    if (loader->chip->rom.begin_has_encrypted) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the ROM of an %s cannot encrypt what it writes",
                        loader->chip->title);
    seal_hint(cause, "encrypt on the host with the chip's key");
    return err;
}

int rom_md5_ms(uint32_t len)
{
    return rom_scaled_ms(len, MD5_MS_PER_MB);
}

/* ROMs answer 32 hex digits, stubs 16 bytes. */
int rom_md5_parse(const struct seal_rom_response *response, uint8_t md5[static 16])
{
    if (response->data_len < 32) {
        return SEAL_ERR_PROTOCOL;
    }
    char text[33] = {0};
    memcpy(text, response->data, 32);
    return seal_hex_decode(text, md5, 16) ? SEAL_ERR_PROTOCOL : SEAL_OK;
}

int seal_flash_md5(struct seal_loader *loader, uint32_t offset, uint32_t len, uint8_t md5[static 16],
                   struct seal_cause *cause)
{
    int err = seal_loader_require_registers(loader, "read back flash", cause);
    if (!err) {
        err = rom_flash_range(loader, offset, len, cause);
    }
    if (err) {
        return err;
    }
    uint8_t payload[16] = {0};
    seal_put_le32(payload, offset);
    seal_put_le32(payload + 4, len);
    const struct rom_command command = {
        .opcode = SEAL_ROM_SPI_FLASH_MD5,
        .data = payload,
        .len = sizeof payload,
        .timeout_ms = rom_md5_ms(len),
    };
    struct seal_rom_response response = {0};
    err = rom_transact(loader, &command, &response, cause);
    for (unsigned i = 0; i < ROM_RETRIES && rom_flash_heal(loader, &err, cause); i++) {
        err = rom_transact(loader, &command, &response, cause);
    }
    if (!err && rom_md5_parse(&response, md5) != SEAL_OK) {
        err = seal_fail(cause, SEAL_ERR_PROTOCOL, "the chip's answer to SPI_FLASH_MD5 is no digest");
    }
    return err;
}

int rom_flash_holds(struct seal_loader *loader, uint32_t offset, uint32_t len, const uint8_t md5[static 16],
                    bool *same, struct seal_cause *cause)
{
    uint8_t got[16];
    int err = SEAL_OK;
    *same = false;
    for (unsigned i = 0; !err && !*same && i < 2; i++) {
        err = seal_flash_md5(loader, offset, len, got, cause);
        *same = !err && memcmp(got, md5, sizeof got) == 0;
    }
    return err;
}

int seal_flash_md5_twice(struct seal_loader *loader, uint32_t offset, uint32_t len, uint8_t md5[static 16],
                         struct seal_cause *cause)
{
    uint8_t again[16];
    bool same = false;
    int err = seal_flash_md5(loader, offset, len, md5, cause);
    for (unsigned i = 0; !err && !same && i <= ROM_RETRIES; i++) {
        err = seal_flash_md5(loader, offset, len, again, cause);
        same = !err && memcmp(md5, again, sizeof again) == 0;
        memcpy(md5, again, err ? 0 : sizeof again);
    }
    if (!err && !same) {
        err = seal_fail(cause, SEAL_ERR_PROTOCOL, "the chip answers another MD5 each time");
        seal_hint(cause, "the line is bad: try a lower --baud or another cable");
    }
    return err;
}
