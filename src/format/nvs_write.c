#include "nvs_layout.h"

#include <espseal/secret.h>

#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { READ_ONLY_BELOW = 3 * SEAL_NVS_PAGE_SIZE };

struct item { /* a key that was put: for finding it again */
    uint8_t index;
    char key[NVS_KEY_SIZE];
    uint8_t namespace_index; /* of a namespace, which is a key in namespace 0 */
};

struct seal_nvs_writer {
    size_t size, left; /* bytes of the partition; of them for pages not yet begun */
    unsigned version;
    int flags;
    bool read_only;
    struct seal_buf *pages;
    size_t entry; /* the next free one of the last page */
    uint8_t namespaces, current;
    void *items; /* tsearch(3) tree of struct item */
};

static uint8_t *last_page(struct seal_nvs_writer *writer)
{
    return seal_buf_mutable(writer->pages) + seal_buf_len(writer->pages) - SEAL_NVS_PAGE_SIZE;
}

static int fail_full(const struct seal_nvs_writer *writer, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_TOO_LONG, "all that does not fit into a partition of 0x%zx bytes",
                        writer->size);
    seal_hint(cause,
              writer->read_only
                  ? "give a larger --size"
                  : "give a larger --size; one page of 0x1000 bytes is kept free for the device's writing");
    return err;
}

/* A page that is left for another is full, however much room it has. */
static int begin_page(struct seal_nvs_writer *writer, struct seal_cause *cause)
{
    size_t sequence = seal_buf_len(writer->pages) / SEAL_NVS_PAGE_SIZE;
    if (writer->left == 0) {
        return fail_full(writer, cause);
    }
    int err = seal_buf_put_fill(writer->pages, 0xFF, SEAL_NVS_PAGE_SIZE);
    if (err != SEAL_OK) {
        return seal_fail(cause, err, "out of memory for an NVS partition");
    }
    uint8_t *page = last_page(writer);
    if (sequence > 0) {
        seal_put_le32(page - SEAL_NVS_PAGE_SIZE, NVS_STATE_FULL);
    }
    seal_put_le32(page + NVS_PAGE_STATE, NVS_STATE_ACTIVE);
    seal_put_le32(page + NVS_PAGE_SEQUENCE, (uint32_t)sequence);
    page[NVS_PAGE_VERSION] = writer->version == 1 ? NVS_VERSION_1 : NVS_VERSION_2;
    seal_put_le32(page + NVS_PAGE_CRC, seal_nvs_header_crc(page));
    writer->left -= SEAL_NVS_PAGE_SIZE;
    writer->entry = 0;
    return SEAL_OK;
}

int seal_nvs_writer_new(size_t size, unsigned version, int flags, struct seal_nvs_writer **writer,
                        struct seal_cause *cause)
{
    *writer = NULL;
    if (version != 1 && version != 2) {
        return seal_fail(cause, SEAL_ERR_USAGE, "the version of an NVS partition is 1 or 2, not %u", version);
    }
    if (size == 0 || size % SEAL_NVS_PAGE_SIZE || size > SEAL_NVS_SIZE_MAX) {
        int err = seal_fail(cause, SEAL_ERR_USAGE,
                            "an NVS partition cannot have 0x%zx bytes: it is made of pages of 0x1000", size);
        seal_hint(cause, "0x3000 is the least that a device can write to; 0x1000 and 0x2000 are read-only");
        return err;
    }
    struct seal_nvs_writer *made = calloc(1, sizeof *made);
    if (made) {
        made->pages = seal_buf_new();
    }
    if (!made || !made->pages) {
        free(made);
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for an NVS partition");
    }
    made->size = size;
    made->version = version;
    made->flags = flags;
    made->read_only = size < READ_ONLY_BELOW;
    made->left = made->read_only ? size : size - SEAL_NVS_PAGE_SIZE;
    int err = begin_page(made, cause);
    if (err != SEAL_OK) {
        seal_nvs_writer_free(&made);
    }
    *writer = made;
    return err;
}

void seal_nvs_writer_free(struct seal_nvs_writer **writer)
{
    if (writer && *writer) {
        tdestroy((*writer)->items, free);
        seal_buf_free(&(*writer)->pages);
        free(*writer);
        *writer = NULL;
    }
}

static int compare_items(const void *a, const void *b)
{
    return memcmp(a, b, offsetof(struct item, namespace_index));
}

static int check_key(const char *key, const char *what, struct seal_cause *cause)
{
    size_t len = strlen(key);
    if (len == 0) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the %s is empty", what);
    }
    if (len > SEAL_NVS_KEY_MAX) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the %s \"%.60s\" has %zu bytes, and %d is the most", what,
                         key, len, SEAL_NVS_KEY_MAX);
    }
    return SEAL_OK;
}

/* Finds or adds the key; *added says which. NULL: out of memory. */
static struct item *know(struct seal_nvs_writer *writer, uint8_t index, const char *key, bool *added)
{
    struct item *item = calloc(1, sizeof *item);
    if (!item) {
        return NULL;
    }
    item->index = index;
    memcpy(item->key, key, strlen(key));
    struct item **found = tsearch(item, &writer->items, compare_items);
    *added = found && *found == item;
    if (!*added) {
        free(item);
    }
    return found ? *found : NULL;
}

static int check_item(struct seal_nvs_writer *writer, const char *key, struct seal_cause *cause)
{
    int err = check_key(key, "key", cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (writer->current == 0) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "the key \"%s\" stands before any namespace", key);
        seal_hint(cause, "begin with a row such as: storage,namespace,,");
        return err;
    }
    bool added = false;
    if (!know(writer, writer->current, key, &added)) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for an NVS partition");
    }
    return added ? SEAL_OK
                 : seal_fail(cause, SEAL_ERR_FORMAT, "the key \"%s\" is there twice in its namespace", key);
}

/* An entry with all that is not known left as erased flash. */
static void make_entry(uint8_t entry[static NVS_ENTRY_SIZE], uint8_t index, unsigned type, const char *key)
{
    memset(entry, 0xFF, NVS_ENTRY_SIZE);
    entry[NVS_NAMESPACE] = index;
    entry[NVS_TYPE] = (uint8_t)type;
    entry[NVS_SPAN] = 1;
    memset(entry + NVS_KEY, 0, NVS_KEY_SIZE);
    memcpy(entry + NVS_KEY, key, strlen(key));
}

/* Writes entry, finished with its CRC, and data behind it; there is room. */
static void write_entries(struct seal_nvs_writer *writer, uint8_t entry[static NVS_ENTRY_SIZE],
                          const uint8_t *data, size_t len)
{
    uint8_t *page = last_page(writer);
    uint8_t *place = page + NVS_FIRST_ENTRY + writer->entry * NVS_ENTRY_SIZE;
    seal_put_le32(entry + NVS_CRC, seal_nvs_entry_crc(entry));
    memcpy(place, entry, NVS_ENTRY_SIZE);
    if (len) {
        memcpy(place + NVS_ENTRY_SIZE, data, len);
    }
    for (size_t i = 0; i < 1 + seal_nvs_data_entries(len); i++) {
        seal_nvs_mark_written(page, writer->entry++);
    }
}

static int write_number(struct seal_nvs_writer *writer, uint8_t index, const char *key,
                        enum seal_nvs_type type, uint64_t value, struct seal_cause *cause)
{
    uint8_t entry[NVS_ENTRY_SIZE];
    make_entry(entry, index, type, key);
    for (unsigned i = 0; i < ((unsigned)type & 0x0F); i++) {
        entry[NVS_VALUE + i] = (uint8_t)(value >> (8 * i));
    }
    int err = writer->entry < NVS_ENTRIES ? SEAL_OK : begin_page(writer, cause);
    if (err == SEAL_OK) {
        write_entries(writer, entry, NULL, 0);
    }
    return err;
}

int seal_nvs_put_namespace(struct seal_nvs_writer *writer, const char *name, bool *returned,
                           struct seal_cause *cause)
{
    bool added = false;
    int err = check_key(name, "namespace", cause);
    if (err != SEAL_OK) {
        return err;
    }
    struct item *item = know(writer, 0, name, &added);
    if (!item) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for an NVS partition");
    }
    if (returned) {
        *returned = !added;
    }
    if (!added) {
        writer->current =
            writer->flags & SEAL_NVS_LATEST_NAMESPACE ? writer->namespaces : item->namespace_index;
        return SEAL_OK;
    }
    if (writer->namespaces == SEAL_NVS_NAMESPACES_MAX) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "there are more than %d namespaces",
                         SEAL_NVS_NAMESPACES_MAX);
    }
    item->namespace_index = writer->current = ++writer->namespaces;
    return write_number(writer, 0, name, SEAL_NVS_U8, item->namespace_index, cause);
}

int seal_nvs_put_number(struct seal_nvs_writer *writer, const char *key, enum seal_nvs_type type,
                        uint64_t value, struct seal_cause *cause)
{
    if (!seal_nvs_type_is_number(type)) {
        return seal_fail(cause, SEAL_ERR_INTERNAL, "0x%02x is not the type of a number", (unsigned)type);
    }
    int err = check_item(writer, key, cause);
    return err == SEAL_OK ? write_number(writer, writer->current, key, type, value, cause) : err;
}

/* A string, or a blob of version 1: within one page, which it may not fill to the last entry (measured). */
static int write_within_page(struct seal_nvs_writer *writer, const char *key, enum seal_nvs_type type,
                             const uint8_t *data, size_t len, struct seal_cause *cause)
{
    uint8_t entry[NVS_ENTRY_SIZE];
    size_t entries = 1 + seal_nvs_data_entries(len);
    size_t most = writer->version == 1 ? SEAL_NVS_V1_BYTES_MAX : SEAL_NVS_STRING_MAX + 1;
    if (len > most) {
        size_t nul = type == SEAL_NVS_STRING;
        return seal_fail(cause, SEAL_ERR_TOO_LONG,
                         "the %s of key \"%s\" has %zu bytes, and %zu is the most%s",
                         seal_nvs_type_name(type), key, len - nul, most - nul,
                         writer->version == 1 ? " in version 1" : "");
    }
    if (writer->entry + entries >= NVS_ENTRIES) {
        int err = begin_page(writer, cause);
        if (err != SEAL_OK) {
            return err;
        }
    }
    make_entry(entry, writer->current, type, key);
    entry[NVS_SPAN] = (uint8_t)entries;
    seal_put_le16(entry + NVS_DATA_SIZE, (uint16_t)len);
    seal_put_le32(entry + NVS_DATA_CRC, seal_nvs_data_crc(data, len));
    write_entries(writer, entry, data, len);
    return SEAL_OK;
}

/* What is left of the page, however little, takes the next chunk: even none, where one entry is left
 * (measured). */
static int write_chunks(struct seal_nvs_writer *writer, const char *key, const uint8_t *data, size_t len,
                        uint8_t *chunks, struct seal_cause *cause)
{
    size_t done = 0;
    int err = writer->entry < NVS_ENTRIES ? SEAL_OK : begin_page(writer, cause);
    for (*chunks = 0; err == SEAL_OK && (done < len || *chunks == 0); ++*chunks) {
        uint8_t entry[NVS_ENTRY_SIZE];
        size_t room = (NVS_ENTRIES - writer->entry - 1) * NVS_ENTRY_SIZE;
        size_t size = len - done < room ? len - done : room;
        if (*chunks == SEAL_NVS_BLOB_CHUNKS_MAX) {
            return seal_fail(cause, SEAL_ERR_TOO_LONG,
                             "the blob of key \"%s\" has %zu bytes, more than %d chunks", key, len,
                             SEAL_NVS_BLOB_CHUNKS_MAX);
        }
        make_entry(entry, writer->current, NVS_BLOB_DATA, key);
        entry[NVS_SPAN] = (uint8_t)(1 + seal_nvs_data_entries(size));
        entry[NVS_CHUNK] = *chunks;
        seal_put_le16(entry + NVS_DATA_SIZE, (uint16_t)size);
        seal_put_le32(entry + NVS_DATA_CRC, seal_nvs_data_crc(data + done, size));
        write_entries(writer, entry, data + done, size);
        done += size;
        if (done < len || writer->entry == NVS_ENTRIES) {
            err = begin_page(writer, cause); /* the index goes there, too */
        }
    }
    return err;
}

static int write_blob(struct seal_nvs_writer *writer, const char *key, const uint8_t *data, size_t len,
                      struct seal_cause *cause)
{
    uint8_t entry[NVS_ENTRY_SIZE];
    uint8_t chunks = 0;
    int err = write_chunks(writer, key, data, len, &chunks, cause);
    if (err != SEAL_OK) {
        return err;
    }
    make_entry(entry, writer->current, NVS_BLOB_INDEX, key);
    seal_put_le32(entry + NVS_DATA_SIZE, (uint32_t)len);
    entry[NVS_INDEX_CHUNKS] = chunks;
    entry[NVS_INDEX_START] = 0;
    write_entries(writer, entry, NULL, 0);
    return SEAL_OK;
}

static int write_string(struct seal_nvs_writer *writer, const char *key, const void *text, size_t len,
                        struct seal_cause *cause)
{
    char string[SEAL_NVS_STRING_MAX + 1] = "";
    if (len && memchr(text, 0, len)) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the string of key \"%s\" holds a NUL byte", key);
    }
    if (len > SEAL_NVS_STRING_MAX) {
        return write_within_page(writer, key, SEAL_NVS_STRING, NULL, len + 1, cause);
    }
    if (len) {
        memcpy(string, text, len);
    }
    int err = write_within_page(writer, key, SEAL_NVS_STRING, (const uint8_t *)string, len + 1, cause);
    seal_cleanse(string, sizeof string);
    return err;
}

int seal_nvs_put_bytes(struct seal_nvs_writer *writer, const char *key, enum seal_nvs_type type,
                       const void *data, size_t len, struct seal_cause *cause)
{
    int err = check_item(writer, key, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (type == SEAL_NVS_STRING) {
        return write_string(writer, key, data, len, cause);
    }
    if (type != SEAL_NVS_BLOB) {
        return seal_fail(cause, SEAL_ERR_INTERNAL, "0x%02x is not the type of bytes", (unsigned)type);
    }
    return writer->version == 1 ? write_within_page(writer, key, type, data, len, cause)
                                : write_blob(writer, key, data, len, cause);
}

int seal_nvs_writer_finish(struct seal_nvs_writer *writer, struct seal_buf *out, struct seal_cause *cause)
{
    size_t used = seal_buf_len(writer->pages);
    int err = seal_buf_put(out, seal_buf_ptr(writer->pages), used);
    if (err == SEAL_OK && !writer->read_only) {
        err = seal_buf_put_fill(out, 0xFF, writer->size - used);
    }
    return err == SEAL_OK ? err : seal_fail(cause, err, "out of memory for an NVS partition");
}
