#include "nvs_read.h"

#include <inttypes.h>
#include <string.h>

struct place {
    struct seal_nvs *nvs;
    size_t page, entry;
    const uint8_t *bytes; /* of the page */
};

static const uint8_t *entry_at(const struct place *place, size_t entry)
{
    return place->bytes + NVS_FIRST_ENTRY + entry * NVS_ENTRY_SIZE;
}

static bool is_erased(const uint8_t *entry)
{
    return seal_is_filled(entry, NVS_ENTRY_SIZE, 0xFF);
}

#define DAMAGE(place, ...) seal_nvs_find((place)->nvs, true, (place)->page, (place)->entry, __VA_ARGS__)

static bool has_data(uint8_t type)
{
    return type == SEAL_NVS_STRING || type == SEAL_NVS_BLOB || type == NVS_BLOB_DATA;
}

/* The number in the entry, its sign spread over 64 bits. */
static uint64_t number_of(const uint8_t *entry)
{
    unsigned bytes = entry[NVS_TYPE] & 0x0F;
    uint64_t value = 0;
    for (unsigned i = bytes; i-- > 0;) {
        value = value << 8 | entry[NVS_VALUE + i];
    }
    bool negative = bytes > 0 && entry[NVS_TYPE] & 0x10 && value >> (8 * bytes - 1) & 1;
    return negative && bytes < 8 ? value | UINT64_MAX << (8 * bytes) : value;
}

static bool check_key(const struct place *place, const uint8_t *entry)
{
    const uint8_t *key = entry + NVS_KEY;
    const uint8_t *end = memchr(key, 0, NVS_KEY_SIZE);
    if (!end || end == key) {
        DAMAGE(place, "the key %s", end ? "is empty" : "has no end");
        return false;
    }
    return true;
}

static bool check_span(const struct place *place, const uint8_t *entry)
{
    size_t span = entry[NVS_SPAN];
    if (span == 0 || span > NVS_ENTRIES - place->entry) {
        DAMAGE(place, "it says that it takes %zu entries, and %zu are left", span,
               NVS_ENTRIES - place->entry);
        return false;
    }
    size_t needed = 1;
    if (has_data(entry[NVS_TYPE])) {
        needed += seal_nvs_data_entries((size_t)(entry[NVS_DATA_SIZE] | entry[NVS_DATA_SIZE + 1] << 8));
    }
    if (span != needed) {
        DAMAGE(place, "it says that it takes %zu entries, and needs %zu", span, needed);
        return false;
    }
    return true;
}

static bool check_data(const struct place *place, const uint8_t *entry, const struct seal_nvs_raw *raw)
{
    for (size_t i = 1; i < entry[NVS_SPAN]; i++) {
        if (seal_nvs_bits(place->bytes, place->entry + i) != NVS_BITS_WRITTEN) {
            DAMAGE(place, "the map does not call entry %zu written, which holds its data", place->entry + i);
            return false;
        }
    }
    uint32_t crc = seal_le32(entry + NVS_DATA_CRC);
    uint32_t computed = seal_nvs_data_crc(raw->data, raw->len);
    if (crc != computed) {
        DAMAGE(place, "the CRC of the data is 0x%08" PRIx32 " and should be 0x%08" PRIx32, crc, computed);
        return false;
    }
    if (raw->type == SEAL_NVS_STRING &&
        (raw->len == 0 || memchr(raw->data, 0, raw->len) != raw->data + raw->len - 1)) {
        DAMAGE(place, "the string does not end where its length says");
        return false;
    }
    return true;
}

static bool check_type(const struct place *place, const uint8_t *entry)
{
    enum seal_nvs_type type = (enum seal_nvs_type)entry[NVS_TYPE];
    if (!seal_nvs_type_name(type) && entry[NVS_TYPE] != NVS_BLOB_DATA && entry[NVS_TYPE] != NVS_BLOB_INDEX) {
        DAMAGE(place, "there is no type 0x%02x", entry[NVS_TYPE]);
        return false;
    }
    if (entry[NVS_NAMESPACE] == 0 && entry[NVS_TYPE] != SEAL_NVS_U8) {
        DAMAGE(place, "a namespace has the type 0x%02x instead of u8", entry[NVS_TYPE]);
        return false;
    }
    return true;
}

static void take(const struct place *place, const uint8_t *entry)
{
    struct seal_nvs *nvs = place->nvs;
    struct seal_nvs_raw raw = {
        .index = entry[NVS_NAMESPACE],
        .type = entry[NVS_TYPE],
        .chunk = entry[NVS_CHUNK],
        .page = place->page,
        .entry = place->entry,
        .order = seal_buf_len(nvs->raws) / sizeof raw,
    };
    memcpy(raw.key, entry + NVS_KEY, NVS_KEY_SIZE);
    if (has_data(raw.type)) {
        raw.len = (size_t)(entry[NVS_DATA_SIZE] | entry[NVS_DATA_SIZE + 1] << 8);
        raw.data = entry + NVS_ENTRY_SIZE;
        if (!check_data(place, entry, &raw)) {
            return;
        }
    } else if (raw.type == NVS_BLOB_INDEX) {
        raw.data = entry;
        raw.len = seal_le32(entry + NVS_DATA_SIZE);
    } else {
        raw.value = number_of(entry);
    }
    if (nvs->err == SEAL_OK) {
        nvs->err = seal_buf_put(nvs->raws, &raw, sizeof raw);
    }
}

/* Reads the written entry in hand; gives the number of entries that it takes. */
static size_t read_entry(const struct place *place)
{
    const uint8_t *entry = entry_at(place, place->entry);
    uint32_t crc = seal_le32(entry + NVS_CRC);
    uint32_t computed = seal_nvs_entry_crc(entry);
    place->nvs->written++;
    if (is_erased(entry)) {
        DAMAGE(place, "the map calls it written, and it is erased");
        return 1;
    }
    if (crc != computed) {
        DAMAGE(place, "the CRC is 0x%08" PRIx32 " and should be 0x%08" PRIx32, crc, computed);
        return 1;
    }
    place->nvs->good++;
    if (!check_type(place, entry) || !check_key(place, entry) || !check_span(place, entry)) {
        return 1;
    }
    take(place, entry);
    return entry[NVS_SPAN];
}

void seal_nvs_read_page(struct seal_nvs *nvs, size_t page)
{
    struct place place = {.nvs = nvs, .page = page, .bytes = nvs->partition + page * SEAL_NVS_PAGE_SIZE};
    bool ended = false;
    while (place.entry < NVS_ENTRIES) {
        enum seal_nvs_bits bits = seal_nvs_bits(place.bytes, place.entry);
        size_t step = 1;
        if (bits == NVS_BITS_WRONG) {
            DAMAGE(&place, "the map holds 01 for it, which nothing writes");
        } else if (bits == NVS_BITS_EMPTY) {
            if (!ended && !is_erased(entry_at(&place, place.entry))) {
                seal_nvs_find(nvs, false, page, place.entry,
                              "the map calls it empty, and it is not: a write was cut off");
            }
            ended = true;
        } else if (bits == NVS_BITS_WRITTEN) {
            if (ended) {
                DAMAGE(&place, "it is written after the first empty entry, where a device does not look");
                ended = false;
            }
            step = read_entry(&place);
        }
        place.entry += step;
    }
}
