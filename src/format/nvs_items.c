#include "nvs_read.h"

#include <stdlib.h>
#include <string.h>

enum { NAMESPACE_ANY = 255 };

static size_t raw_count(const struct seal_nvs *nvs)
{
    return seal_buf_len(nvs->raws) / sizeof(struct seal_nvs_raw);
}

static struct seal_nvs_raw *raw_at(const struct seal_nvs *nvs, size_t i)
{
    void *raws = seal_buf_mutable(nvs->raws);
    return (struct seal_nvs_raw *)raws + i;
}

/* Chunks are told apart by their number, everything else that has the same key is the same item. */
static int compare_identity(const struct seal_nvs_raw *a, const struct seal_nvs_raw *b)
{
    bool chunk_a = a->type == NVS_BLOB_DATA;
    bool chunk_b = b->type == NVS_BLOB_DATA;
    int order = (a->index > b->index) - (a->index < b->index);
    order = order ? order : memcmp(a->key, b->key, sizeof a->key);
    order = order ? order : chunk_a - chunk_b;
    return order || !chunk_a ? order : (a->chunk > b->chunk) - (a->chunk < b->chunk);
}

static int compare(const void *a, const void *b)
{
    const struct seal_nvs_raw *left = *(struct seal_nvs_raw *const *)a;
    const struct seal_nvs_raw *right = *(struct seal_nvs_raw *const *)b;
    int order = compare_identity(left, right);
    return order ? order : (left->order > right->order) - (left->order < right->order);
}

static void learn_namespace(struct seal_nvs *nvs, const struct seal_nvs_raw *raw)
{
    if (raw->value == 0 || raw->value == NAMESPACE_ANY) {
        seal_nvs_find(nvs, true, raw->page, raw->entry, "a namespace has the index %u", (unsigned)raw->value);
        return;
    }
    char *name = nvs->names[raw->value];
    if (*name && strcmp(name, raw->key) != 0) {
        seal_nvs_find(nvs, true, raw->page, raw->entry, "two namespaces have the index %u",
                      (unsigned)raw->value);
        return;
    }
    memcpy(name, raw->key, NVS_KEY_SIZE);
}

/* Of those that are the same the last counts. sorted is in the order of compare. */
static void supersede(struct seal_nvs *nvs, struct seal_nvs_raw **sorted, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct seal_nvs_raw *earlier = sorted[i - 1];
        const struct seal_nvs_raw *later = sorted[i];
        if (compare_identity(earlier, later) == 0) {
            earlier->superseded = true;
            seal_nvs_find(nvs, false, earlier->page, earlier->entry,
                          "it is written again at page %zu entry %zu", later->page, later->entry);
        }
    }
}

static struct seal_nvs_raw *find_chunk(struct seal_nvs_raw **sorted, size_t count,
                                       const struct seal_nvs_raw *index, uint8_t chunk)
{
    struct seal_nvs_raw wanted = *index;
    wanted.type = NVS_BLOB_DATA;
    wanted.chunk = chunk;
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_identity(sorted[middle], &wanted) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low && compare_identity(sorted[low - 1], &wanted) == 0 ? sorted[low - 1] : NULL;
}

/* Puts the chunks of a blob onto bytes; false, and a finding, when they are not all there. */
static bool join(struct seal_nvs *nvs, struct seal_nvs_raw **sorted, size_t count,
                 const struct seal_nvs_raw *index)
{
    size_t begin = seal_buf_len(nvs->bytes);
    unsigned chunks = index->data[NVS_INDEX_CHUNKS];
    unsigned start = index->data[NVS_INDEX_START];
    bool whole = true;
    for (unsigned i = 0; i < chunks && whole && nvs->err == SEAL_OK; i++) {
        struct seal_nvs_raw *chunk =
            start + i < NVS_CHUNK_ANY ? find_chunk(sorted, count, index, (uint8_t)(start + i)) : NULL;
        if (chunk) {
            chunk->taken = true;
            nvs->err = seal_buf_put(nvs->bytes, chunk->data, chunk->len);
        } else {
            seal_nvs_find(nvs, true, index->page, index->entry, "chunk %u of %u of the blob is not there",
                          i + 1, chunks);
            whole = false;
        }
    }
    size_t len = seal_buf_len(nvs->bytes) - begin;
    if (whole && nvs->err == SEAL_OK && len != index->len) {
        seal_nvs_find(nvs, true, index->page, index->entry,
                      "the blob should have %zu bytes, and its chunks have %zu", index->len, len);
        whole = false;
    }
    return whole;
}

static void put_item(struct seal_nvs *nvs, struct seal_nvs_raw **sorted, size_t count,
                     struct seal_nvs_raw *raw)
{
    struct seal_nvs_item item = {
        .space = nvs->names[raw->index],
        .type = raw->type == NVS_BLOB_INDEX ? SEAL_NVS_BLOB : (enum seal_nvs_type)raw->type,
        .number = raw->value,
        .len = raw->len - (raw->type == SEAL_NVS_STRING),
        .page = raw->page,
        .entry = raw->entry,
        .order = raw->order,
    };
    memcpy(item.key, raw->key, sizeof item.key);
    if (!*item.space) {
        seal_nvs_find(nvs, true, raw->page, raw->entry, "no entry names its namespace %u", raw->index);
    }
    size_t begin = seal_buf_len(nvs->bytes);
    if (raw->type == NVS_BLOB_INDEX) {
        if (!join(nvs, sorted, count, raw)) {
            seal_buf_truncate(nvs->bytes, begin);
            return;
        }
    } else if (raw->data && nvs->err == SEAL_OK) {
        nvs->err = seal_buf_put(nvs->bytes, raw->data, raw->len);
    }
    if (nvs->err == SEAL_OK) {
        nvs->err = seal_buf_put(nvs->items, &item, sizeof item);
    }
}

static void put_space(struct seal_nvs *nvs, const struct seal_nvs_raw *raw)
{
    const struct seal_nvs_space space = {
        .name = nvs->names[raw->value],
        .index = (uint8_t)raw->value,
        .page = raw->page,
        .entry = raw->entry,
        .order = raw->order,
    };
    if (strcmp(space.name, raw->key) == 0) {
        nvs->err = seal_buf_put(nvs->spaces, &space, sizeof space);
    }
}

/* The data lies in bytes in the order of the items, each string with its NUL. */
static void place_data(struct seal_nvs *nvs)
{
    const uint8_t *data = seal_buf_ptr(nvs->bytes);
    void *items = seal_buf_mutable(nvs->items);
    struct seal_nvs_item *item = items;
    for (size_t i = 0; i < seal_nvs_item_count(nvs); i++, item++) {
        bool number = seal_nvs_type_is_number(item->type);
        item->data = data;
        data += number ? 0 : item->len + (item->type == SEAL_NVS_STRING);
    }
}

static void find_orphans(struct seal_nvs *nvs)
{
    for (size_t i = 0; i < raw_count(nvs); i++) {
        const struct seal_nvs_raw *raw = raw_at(nvs, i);
        if (raw->type == NVS_BLOB_DATA && !raw->taken && !raw->superseded) {
            seal_nvs_find(
                nvs, false, raw->page, raw->entry,
                "no index refers to this chunk of a blob: a write was cut off, or the index is damaged");
        }
    }
}

void seal_nvs_make_items(struct seal_nvs *nvs)
{
    size_t count = raw_count(nvs);
    struct seal_nvs_raw **sorted = calloc(count + 1, sizeof(struct seal_nvs_raw *));
    if (!sorted) {
        nvs->err = SEAL_ERR_NO_MEMORY;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = raw_at(nvs, i);
        if (sorted[i]->index == 0) {
            learn_namespace(nvs, sorted[i]);
        }
    }
    if (count) {
        qsort(sorted, count, sizeof(struct seal_nvs_raw *), compare);
    }
    supersede(nvs, sorted, count);
    for (size_t i = 0; i < count && nvs->err == SEAL_OK; i++) {
        struct seal_nvs_raw *raw = raw_at(nvs, i);
        if (raw->superseded || raw->type == NVS_BLOB_DATA) {
            continue;
        }
        if (raw->index == 0) {
            put_space(nvs, raw);
        } else {
            put_item(nvs, sorted, count, raw);
        }
    }
    find_orphans(nvs);
    place_data(nvs);
    free(sorted);
}
