#include "nvs_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct state {
    uint32_t value;
    const char *name;
    bool usable;
} states[] = {
    {NVS_STATE_BLANK, "blank", false},     {NVS_STATE_ACTIVE, "active", true},
    {NVS_STATE_FULL, "full", true},        {NVS_STATE_FREEING, "freeing", true},
    {NVS_STATE_CORRUPT, "corrupt", false},
};

void seal_nvs_find(struct seal_nvs *nvs, bool damage, size_t page, size_t entry, const char *format, ...)
{
    struct seal_nvs_finding finding = {.damage = damage, .page = page, .entry = entry};
    finding.offset = (uint32_t)(page * SEAL_NVS_PAGE_SIZE);
    if (entry != SEAL_NVS_NO_ENTRY) {
        finding.offset += (uint32_t)(NVS_FIRST_ENTRY + entry * NVS_ENTRY_SIZE);
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(finding.text, sizeof finding.text, format, args);
    va_end(args);
    nvs->damage += damage;
    if (seal_nvs_finding_count(nvs) < SEAL_NVS_FINDINGS_MAX && nvs->err == SEAL_OK) {
        nvs->err = seal_buf_put(nvs->findings, &finding, sizeof finding);
    }
}

static const struct state *find_state(uint32_t value)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (states[i].value == value) {
            return &states[i];
        }
    }
    return NULL;
}

static void count_entries(const uint8_t *bytes, struct seal_nvs_page *page)
{
    for (size_t i = 0; i < NVS_ENTRIES; i++) {
        enum seal_nvs_bits bits = seal_nvs_bits(bytes, i);
        page->written += bits == NVS_BITS_WRITTEN;
        page->erased += bits == NVS_BITS_ERASED;
        page->empty += bits == NVS_BITS_EMPTY;
    }
}

/* A device that finds a header like this erases the page, or refuses the partition. */
static void check_header(struct seal_nvs *nvs, size_t at, struct seal_nvs_page *page)
{
    const uint8_t *bytes = nvs->partition + at * SEAL_NVS_PAGE_SIZE;
    uint32_t value = seal_le32(bytes + NVS_PAGE_STATE);
    uint32_t crc = seal_le32(bytes + NVS_PAGE_CRC);
    uint32_t computed = seal_nvs_header_crc(bytes);
    if (value == NVS_STATE_BLANK) {
        if (!seal_is_filled(bytes, SEAL_NVS_PAGE_SIZE, 0xFF)) {
            seal_nvs_find(nvs, true, at, SEAL_NVS_NO_ENTRY,
                          "the page says that it is blank, and is not erased");
        }
        return;
    }
    if (!page->usable) {
        seal_nvs_find(nvs, true, at, SEAL_NVS_NO_ENTRY, "the page's state is 0x%08" PRIx32 " (%s)", value,
                      page->state);
    } else if (crc != computed) {
        page->usable = false;
        seal_nvs_find(nvs, true, at, SEAL_NVS_NO_ENTRY,
                      "the CRC of the page's header is 0x%08" PRIx32 " and should be 0x%08" PRIx32, crc,
                      computed);
    } else if (page->version == 0) {
        page->usable = false;
        seal_nvs_find(nvs, true, at, SEAL_NVS_NO_ENTRY,
                      "the page's version byte is 0x%02x, which is neither 1 nor 2", bytes[NVS_PAGE_VERSION]);
    }
}

static void describe_page(struct seal_nvs *nvs, size_t at)
{
    const uint8_t *bytes = nvs->partition + at * SEAL_NVS_PAGE_SIZE;
    const struct state *state = find_state(seal_le32(bytes + NVS_PAGE_STATE));
    uint8_t version = bytes[NVS_PAGE_VERSION];
    struct seal_nvs_page page = {
        .state = state ? state->name : "unknown",
        .usable = state && state->usable,
        .sequence = seal_le32(bytes + NVS_PAGE_SEQUENCE),
        .version = version == NVS_VERSION_1   ? 1
                   : version == NVS_VERSION_2 ? 2
                                              : 0,
    };
    count_entries(bytes, &page);
    check_header(nvs, at, &page);
    if (page.usable && strcmp(page.state, "freeing") == 0) {
        seal_nvs_find(nvs, false, at, SEAL_NVS_NO_ENTRY,
                      "the page was being moved to another when writing ended; the device goes on with that");
    }
    if (nvs->err == SEAL_OK) {
        nvs->err = seal_buf_put(nvs->pages, &page, sizeof page);
    }
}

struct turn {
    uint32_t sequence;
    size_t page;
};

static int compare_turns(const void *a, const void *b)
{
    const struct turn *left = a;
    const struct turn *right = b;
    if (left->sequence != right->sequence) {
        return left->sequence < right->sequence ? -1 : 1;
    }
    return left->page < right->page ? -1 : left->page > right->page;
}

static void read_in_turn(struct seal_nvs *nvs, struct turn *turns, size_t count)
{
    size_t active = 0;
    if (count) {
        qsort(turns, count, sizeof turns[0], compare_turns);
    }
    for (size_t i = 0; i < count; i++) {
        size_t page = turns[i].page;
        if (i && turns[i].sequence == turns[i - 1].sequence) {
            seal_nvs_find(nvs, true, page, SEAL_NVS_NO_ENTRY,
                          "page %zu has the same sequence number %" PRIu32, turns[i - 1].page,
                          turns[i].sequence);
        }
        active += strcmp(seal_nvs_page_at(nvs, page)->state, "active") == 0;
        if (active == 2) {
            seal_nvs_find(nvs, true, page, SEAL_NVS_NO_ENTRY, "another page is active already");
            active = 0;
        }
        seal_nvs_read_page(nvs, page);
    }
}

/* A partition that can be written to needs a page to move things to. */
static void check_room(struct seal_nvs *nvs, size_t pages, size_t usable)
{
    if (pages >= 3 && usable == pages) {
        seal_nvs_find(nvs, true, pages - 1, SEAL_NVS_NO_ENTRY,
                      "no page is blank: a device reports ESP_ERR_NVS_NO_FREE_PAGES");
    }
}

static void read_pages(struct seal_nvs *nvs, size_t count)
{
    struct turn *turns = calloc(count, sizeof *turns);
    size_t usable = 0;
    if (!turns) {
        nvs->err = SEAL_ERR_NO_MEMORY;
        return;
    }
    for (size_t i = 0; i < count && nvs->err == SEAL_OK; i++) {
        describe_page(nvs, i);
        const struct seal_nvs_page *page = seal_nvs_page_at(nvs, i);
        if (page && page->usable) {
            turns[usable++] = (struct turn){page->sequence, i};
        }
    }
    if (nvs->err == SEAL_OK) {
        read_in_turn(nvs, turns, usable);
        check_room(nvs, count, usable);
    }
    free(turns);
}

static int compare_findings(const void *a, const void *b)
{
    const struct seal_nvs_finding *left = a;
    const struct seal_nvs_finding *right = b;
    if (left->offset != right->offset) {
        return left->offset < right->offset ? -1 : 1;
    }
    return strcmp(left->text, right->text);
}

int seal_nvs_read(const uint8_t *partition, size_t len, struct seal_nvs **nvs, struct seal_cause *cause)
{
    *nvs = NULL;
    if (len == 0 || len % SEAL_NVS_PAGE_SIZE) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "an NVS partition is made of pages of %d bytes, not of %zu bytes",
                         SEAL_NVS_PAGE_SIZE, len);
    }
    if (len > SEAL_NVS_SIZE_MAX) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "an NVS partition cannot have %zu bytes", len);
    }
    struct seal_nvs *made = calloc(1, sizeof *made);
    if (!made) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for an NVS partition");
    }
    made->partition = partition;
    made->pages = seal_buf_new();
    made->raws = seal_buf_new();
    made->spaces = seal_buf_new();
    made->items = seal_buf_new();
    made->findings = seal_buf_new();
    made->bytes = seal_buf_new();
    made->err = made->pages && made->raws && made->spaces && made->items && made->findings && made->bytes
                    ? SEAL_OK
                    : SEAL_ERR_NO_MEMORY;
    if (made->err == SEAL_OK) {
        read_pages(made, len / SEAL_NVS_PAGE_SIZE);
    }
    if (made->err == SEAL_OK) {
        seal_nvs_make_items(made);
    }
    if (made->err == SEAL_OK && seal_nvs_finding_count(made)) {
        qsort(seal_buf_mutable(made->findings), seal_nvs_finding_count(made), sizeof(struct seal_nvs_finding),
              compare_findings);
    }
    made->partition = NULL;
    seal_buf_free(&made->raws);
    if (made->err != SEAL_OK) {
        int err = seal_fail(cause, made->err, "out of memory for an NVS partition");
        seal_nvs_free(&made);
        return err;
    }
    *nvs = made;
    return SEAL_OK;
}

void seal_nvs_free(struct seal_nvs **nvs)
{
    if (nvs && *nvs) {
        seal_buf_free(&(*nvs)->pages);
        seal_buf_free(&(*nvs)->raws);
        seal_buf_free(&(*nvs)->spaces);
        seal_buf_free(&(*nvs)->items);
        seal_buf_free(&(*nvs)->findings);
        seal_buf_free(&(*nvs)->bytes);
        free(*nvs);
        *nvs = NULL;
    }
}

size_t seal_nvs_space_count(const struct seal_nvs *nvs)
{
    return seal_buf_len(nvs->spaces) / sizeof(struct seal_nvs_space);
}

size_t seal_nvs_item_count(const struct seal_nvs *nvs)
{
    return seal_buf_len(nvs->items) / sizeof(struct seal_nvs_item);
}

size_t seal_nvs_finding_count(const struct seal_nvs *nvs)
{
    return seal_buf_len(nvs->findings) / sizeof(struct seal_nvs_finding);
}

size_t seal_nvs_page_count(const struct seal_nvs *nvs)
{
    return seal_buf_len(nvs->pages) / sizeof(struct seal_nvs_page);
}

const struct seal_nvs_space *seal_nvs_space_at(const struct seal_nvs *nvs, size_t index)
{
    const void *spaces = seal_buf_ptr(nvs->spaces);
    return index < seal_nvs_space_count(nvs) ? (const struct seal_nvs_space *)spaces + index : NULL;
}

const struct seal_nvs_item *seal_nvs_item_at(const struct seal_nvs *nvs, size_t index)
{
    const void *items = seal_buf_ptr(nvs->items);
    return index < seal_nvs_item_count(nvs) ? (const struct seal_nvs_item *)items + index : NULL;
}

const struct seal_nvs_finding *seal_nvs_finding_at(const struct seal_nvs *nvs, size_t index)
{
    const void *findings = seal_buf_ptr(nvs->findings);
    return index < seal_nvs_finding_count(nvs) ? (const struct seal_nvs_finding *)findings + index : NULL;
}

const struct seal_nvs_page *seal_nvs_page_at(const struct seal_nvs *nvs, size_t index)
{
    const void *pages = seal_buf_ptr(nvs->pages);
    return index < seal_nvs_page_count(nvs) ? (const struct seal_nvs_page *)pages + index : NULL;
}

size_t seal_nvs_damage_count(const struct seal_nvs *nvs)
{
    return nvs->damage;
}

bool seal_nvs_looks_encrypted(const struct seal_nvs *nvs)
{
    return nvs->written > 0 && nvs->good == 0;
}
