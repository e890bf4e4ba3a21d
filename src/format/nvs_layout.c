#include "nvs_layout.h"

#include <espseal/hex.h>

#include <string.h>

enum { BITS_PER_ENTRY = 2 };

static const struct {
    enum seal_nvs_type type;
    const char *name;
} types[] = {
    {SEAL_NVS_U8, "u8"},     {SEAL_NVS_I8, "i8"},         {SEAL_NVS_U16, "u16"}, {SEAL_NVS_I16, "i16"},
    {SEAL_NVS_U32, "u32"},   {SEAL_NVS_I32, "i32"},       {SEAL_NVS_U64, "u64"}, {SEAL_NVS_I64, "i64"},
    {SEAL_NVS_BLOB, "blob"}, {SEAL_NVS_STRING, "string"},
};

const char *seal_nvs_type_name(enum seal_nvs_type type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type == type) {
            return types[i].name;
        }
    }
    return NULL;
}

bool seal_nvs_type_is_number(enum seal_nvs_type type)
{
    return seal_nvs_type_name(type) && type != SEAL_NVS_STRING && type != SEAL_NVS_BLOB;
}

uint32_t seal_nvs_data_crc(const void *data, size_t len)
{
    return seal_crc32(UINT32_MAX, data, len);
}

uint32_t seal_nvs_header_crc(const uint8_t page[static NVS_BITMAP])
{
    return seal_nvs_data_crc(page + NVS_PAGE_SEQUENCE, NVS_PAGE_CRC - NVS_PAGE_SEQUENCE);
}

uint32_t seal_nvs_entry_crc(const uint8_t entry[static NVS_ENTRY_SIZE])
{
    uint32_t crc = seal_nvs_data_crc(entry, NVS_CRC);
    return seal_crc32(crc, entry + NVS_KEY, NVS_ENTRY_SIZE - NVS_KEY);
}

enum seal_nvs_bits seal_nvs_bits(const uint8_t *page, size_t entry)
{
    size_t bit = entry * BITS_PER_ENTRY;
    return (enum seal_nvs_bits)(page[NVS_BITMAP + bit / 8] >> (bit % 8) & 3);
}

void seal_nvs_mark_written(uint8_t *page, size_t entry)
{
    size_t bit = entry * BITS_PER_ENTRY;
    page[NVS_BITMAP + bit / 8] &= (uint8_t) ~(1u << (bit % 8));
}

size_t seal_nvs_data_entries(size_t len)
{
    return (len + NVS_ENTRY_SIZE - 1) / NVS_ENTRY_SIZE;
}
