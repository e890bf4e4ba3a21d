/* Inside the format layer: how an NVS page is laid out (ESP-IDF "Structure of a Page"). */
#ifndef ESPSEAL_NVS_LAYOUT_H
#define ESPSEAL_NVS_LAYOUT_H

#include <espseal/nvs.h>

enum {
    NVS_ENTRY_SIZE = 32,
    NVS_ENTRIES = 126,
    NVS_BITMAP = 32,
    NVS_FIRST_ENTRY = 64,

    /* page header */
    NVS_PAGE_STATE = 0,
    NVS_PAGE_SEQUENCE = 4,
    NVS_PAGE_VERSION = 8,
    NVS_PAGE_CRC = 28,

    /* entry */
    NVS_NAMESPACE = 0,
    NVS_TYPE = 1,
    NVS_SPAN = 2,
    NVS_CHUNK = 3,
    NVS_CRC = 4,
    NVS_KEY = 8,
    NVS_KEY_SIZE = 16,
    NVS_VALUE = 24,
    NVS_DATA_SIZE = 24,
    NVS_DATA_CRC = 28,
    NVS_INDEX_CHUNKS = 28,
    NVS_INDEX_START = 29,

    NVS_CHUNK_ANY = 0xFF,
    NVS_BLOB_DATA = 0x42,
    NVS_BLOB_INDEX = 0x48,
    NVS_VERSION_1 = 0xFF,
    NVS_VERSION_2 = 0xFE,
};

/* Each state has one more bit cleared than the one before it. */
#define NVS_STATE_BLANK 0xFFFFFFFFu
#define NVS_STATE_ACTIVE 0xFFFFFFFEu
#define NVS_STATE_FULL 0xFFFFFFFCu
#define NVS_STATE_FREEING 0xFFFFFFF8u
#define NVS_STATE_CORRUPT 0xFFFFFFF0u

enum seal_nvs_bits { /* of an entry in the map */
                     NVS_BITS_ERASED = 0,
                     NVS_BITS_WRONG = 1,
                     NVS_BITS_WRITTEN = 2,
                     NVS_BITS_EMPTY = 3,
};

/* CRC-32 that starts from ones (vectors/REPORT.md, nvs): of a page's header, of an entry, of data. */
uint32_t seal_nvs_header_crc(const uint8_t page[static NVS_BITMAP]);
uint32_t seal_nvs_entry_crc(const uint8_t entry[static NVS_ENTRY_SIZE]);
uint32_t seal_nvs_data_crc(const void *data, size_t len);

enum seal_nvs_bits seal_nvs_bits(const uint8_t *page, size_t entry);
void seal_nvs_mark_written(uint8_t *page, size_t entry);

/* Entries that len bytes of data take. */
size_t seal_nvs_data_entries(size_t len);

#endif
