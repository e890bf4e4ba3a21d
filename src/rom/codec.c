#include <espseal/buf.h>
#include <espseal/rom.h>
#include <espseal/slip.h>

/* direction, opcode, length (16 bit), checksum or value (32 bit) */
#define HEADER_LEN 8
/* FLASH_DATA, MEM_DATA and FLASH_DEFL_DATA carry length, sequence and two zero words before the bytes */
#define DATA_PREFIX_LEN 16

static const struct {
    uint8_t opcode;
    const char *name;
} opcodes[] = {
    {SEAL_ROM_FLASH_BEGIN, "FLASH_BEGIN"},
    {SEAL_ROM_FLASH_DATA, "FLASH_DATA"},
    {SEAL_ROM_FLASH_END, "FLASH_END"},
    {SEAL_ROM_MEM_BEGIN, "MEM_BEGIN"},
    {SEAL_ROM_MEM_END, "MEM_END"},
    {SEAL_ROM_MEM_DATA, "MEM_DATA"},
    {SEAL_ROM_SYNC, "SYNC"},
    {SEAL_ROM_WRITE_REG, "WRITE_REG"},
    {SEAL_ROM_READ_REG, "READ_REG"},
    {SEAL_ROM_SPI_SET_PARAMS, "SPI_SET_PARAMS"},
    {SEAL_ROM_SPI_ATTACH, "SPI_ATTACH"},
    {SEAL_ROM_READ_FLASH_SLOW, "READ_FLASH_SLOW"},
    {SEAL_ROM_CHANGE_BAUDRATE, "CHANGE_BAUDRATE"},
    {SEAL_ROM_FLASH_DEFL_BEGIN, "FLASH_DEFL_BEGIN"},
    {SEAL_ROM_FLASH_DEFL_DATA, "FLASH_DEFL_DATA"},
    {SEAL_ROM_FLASH_DEFL_END, "FLASH_DEFL_END"},
    {SEAL_ROM_SPI_FLASH_MD5, "SPI_FLASH_MD5"},
    {SEAL_ROM_GET_SECURITY_INFO, "GET_SECURITY_INFO"},
};

static const struct {
    uint8_t code;
    const char *name;
} errors[] = {
    {0x00, "no reason given"},
    {0x01, "a parameter is invalid"},
    {0x02, "the ROM is out of memory"},
    {0x03, "the ROM could not send"},
    {0x04, "the ROM could not receive"},
    {0x05, "the command is unknown, malformed, out of sequence or not allowed"},
    {0x06, "the command cannot be carried out: outside of flash, not aligned, or it failed"},
    {0x07, "the checksum is wrong"},
    {0x08, "flash holds something else than was written"},
    {0x09, "reading flash failed"},
    {0x0a, "too long for one read of flash"},
    {0x0b, "the deflated stream is damaged"},
    {0x0c, "the checksum of the deflated stream is wrong"},
    {0x0d, "a parameter of the deflated stream is invalid"},
    {0x0e, "the size of the RAM program is invalid"},
    {0x0f, "the address of the RAM program is invalid"},
    {0x64, "a parameter is invalid, or encrypted writing is switched off"},
    {0x65, "the format is invalid"},
    {0x66, "the description is too long"},
    {0x67, "the encoding of the description is invalid"},
    {0x69, "there is not enough storage"},
};

const char *seal_rom_opcode_name(uint8_t opcode)
{
    for (size_t i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++) {
        if (opcodes[i].opcode == opcode) {
            return opcodes[i].name;
        }
    }
    return "?";
}

const char *seal_rom_error_name(uint8_t code)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].code == code) {
            return errors[i].name;
        }
    }
    return "an error without a name";
}

uint8_t seal_rom_checksum(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    uint8_t checksum = 0xEF;
    for (size_t i = 0; i < len; i++) {
        checksum ^= bytes[i];
    }
    return checksum;
}

int seal_rom_response_parse(const uint8_t *frame, size_t len, size_t status_len,
                            struct seal_rom_response *response)
{
    if (len < HEADER_LEN + status_len || frame[0] != 1 || status_len < 2) {
        return SEAL_ERR_PROTOCOL;
    }
    const uint8_t *status = frame + len - status_len;
    *response = (struct seal_rom_response){
        .opcode = frame[1],
        .value = seal_le32(frame + 4),
        .data = frame + HEADER_LEN,
        .data_len = len - HEADER_LEN - status_len,
        .failed = status[0],
        .code = status[1],
    };
    return SEAL_OK;
}

static uint8_t request_checksum(uint8_t opcode, const uint8_t *data, size_t len)
{
    switch (opcode) {
    case SEAL_ROM_FLASH_DATA:
    case SEAL_ROM_MEM_DATA:
    case SEAL_ROM_FLASH_DEFL_DATA:
        return len > DATA_PREFIX_LEN ? seal_rom_checksum(data + DATA_PREFIX_LEN, len - DATA_PREFIX_LEN) : 0;
    default:
        return 0;
    }
}

int seal_rom_request_encode(struct seal_buf *out, uint8_t opcode, const void *data, size_t len)
{
    if (len > UINT16_MAX) {
        return SEAL_ERR_TOO_LONG;
    }
    uint8_t header[HEADER_LEN] = {0, opcode};
    seal_put_le16(header + 2, (uint16_t)len);
    header[4] = request_checksum(opcode, data, len);
    return seal_slip_encode_two(out, header, sizeof header, data, len);
}
