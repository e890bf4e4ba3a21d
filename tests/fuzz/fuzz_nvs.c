/* Any bytes are read; items lie within them, findings too, and the table made of them is CSV. */
#include "fuzz.h"

#include <espseal/hex.h>
#include <espseal/nvs.h>

#include <string.h>

enum { PAGE = SEAL_NVS_PAGE_SIZE, ENTRY = 32, FIRST = 64, PAGES_MAX = 4, CRC_FLAG = 1 };

static void check_item(const struct seal_nvs_item *item, size_t pages)
{
    fuzz_require(item->page < pages && item->entry < 126, "a place in the partition");
    fuzz_require(seal_nvs_type_name(item->type) != NULL, "a type that is known");
    fuzz_require(item->key[0] && memchr(item->key, 0, sizeof item->key), "a key that ends");
    fuzz_require(strlen(item->space) <= SEAL_NVS_KEY_MAX, "a namespace that ends");
    fuzz_require(item->len <= pages * PAGE, "no more data than there is");
    uint32_t sum = seal_crc32(0, item->data, item->len); /* reads all of it */
    fuzz_require(item->len || sum == 0, "a checksum of nothing");
    if (item->type == SEAL_NVS_STRING) {
        fuzz_require(strlen((const char *)item->data) == item->len, "a string that ends");
    }
}

static void check_table(const struct seal_nvs *nvs)
{
    struct seal_csv *table = NULL;
    struct seal_buf *text = seal_buf_new();
    fuzz_require(text && seal_nvs_write_csv(nvs, text) == SEAL_OK, "a table is written");
    fuzz_require(seal_csv_parse(seal_buf_ptr(text), seal_buf_len(text), "table", SEAL_CSV_COMMENTS, &table,
                                NULL) == SEAL_OK,
                 "a table that is CSV");
    fuzz_require(seal_csv_rows(table) >= seal_nvs_space_count(nvs), "a row for each namespace");
    seal_csv_free(&table);
    seal_buf_free(&text);
}

/* Random bytes seldom have a right CRC; with the flag headers, entries and data get theirs. */
static void sign(uint8_t *partition, size_t len)
{
    for (size_t at = 0; at < len; at += PAGE) {
        uint8_t *page = partition + at;
        seal_put_le32(page + 28, seal_crc32(UINT32_MAX, page + 4, 24));
        for (uint8_t *entry = page + FIRST; entry < page + PAGE; entry += ENTRY) {
            size_t size = (size_t)(entry[24] | entry[25] << 8);
            if ((entry[1] == 0x21 || entry[1] == 0x41 || entry[1] == 0x42) &&
                size <= (size_t)(page + PAGE - entry - ENTRY)) {
                seal_put_le32(entry + 28, seal_crc32(UINT32_MAX, entry + ENTRY, size));
            }
            seal_put_le32(entry + 4, seal_crc32(seal_crc32(UINT32_MAX, entry, 4), entry + 8, 24));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t partition[PAGES_MAX * PAGE];
    struct seal_nvs *nvs = NULL;
    size_t bytes = size ? size - 1 : 0;
    size_t pages = (bytes + PAGE - 1) / PAGE;
    if (size == 0 || pages == 0 || pages > PAGES_MAX) {
        return 0;
    }
    memset(partition, 0xFF, sizeof partition);
    memcpy(partition, data + 1, bytes);
    if (data[0] & CRC_FLAG) {
        sign(partition, pages * PAGE);
    }
    fuzz_require(seal_nvs_read(partition, pages * PAGE, &nvs, NULL) == SEAL_OK, "whole pages are read");
    fuzz_require(seal_nvs_page_count(nvs) == pages, "as many pages as there are");
    const struct seal_nvs_item *item = NULL;
    for (size_t i = 0; (item = seal_nvs_item_at(nvs, i)); i++) {
        check_item(item, pages);
    }
    const struct seal_nvs_finding *finding = NULL;
    for (size_t i = 0; (finding = seal_nvs_finding_at(nvs, i)); i++) {
        fuzz_require(finding->page < pages && finding->offset < pages * PAGE, "a finding in the partition");
        fuzz_require(strlen(finding->text) + 1 < sizeof finding->text, "a finding told in full");
    }
    check_table(nvs);
    seal_nvs_free(&nvs);
    return 0;
}
