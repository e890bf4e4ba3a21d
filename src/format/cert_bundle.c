#include <espseal/cert_bundle.h>

#include <stdlib.h>
#include <string.h>

enum { ENTRY_HEAD = 4, COUNT_LEN = 2, OFFSET_LEN = 4 };

const char *seal_bundle_form_name(enum seal_bundle_form form)
{
    return form == SEAL_BUNDLE_OFFSETS ? "offsets" : "sequential";
}

static uint16_t get16(enum seal_bundle_form form, const uint8_t *at)
{
    unsigned value =
        form == SEAL_BUNDLE_OFFSETS ? at[0] | (unsigned)at[1] << 8 : at[1] | (unsigned)at[0] << 8;
    return (uint16_t)value;
}

static int compare(const struct seal_bundle_entry *a, const struct seal_bundle_entry *b, bool keys)
{
    size_t shorter = a->name_len < b->name_len ? a->name_len : b->name_len;
    int order = memcmp(a->name, b->name, shorter);
    order = order ? order : (int)a->name_len - (int)b->name_len;
    if (order || !keys) {
        return order;
    }
    shorter = a->key_len < b->key_len ? a->key_len : b->key_len;
    order = memcmp(a->key, b->key, shorter);
    return order ? order : (int)a->key_len - (int)b->key_len;
}

static int damaged(struct seal_cause *cause, const char *name, size_t index, size_t offset, const char *what)
{
    return seal_fail(cause, SEAL_ERR_FORMAT, "%s: entry %zu at 0x%zx %s", name, index, offset, what);
}

/* The entry at *offset, which moves behind it. */
static int take(const uint8_t *data, size_t len, const char *name, struct seal_bundle *bundle, size_t index,
                size_t *offset, struct seal_cause *cause)
{
    struct seal_bundle_entry *entry = &bundle->entries[index];
    if (*offset > len || len - *offset < ENTRY_HEAD) {
        return damaged(cause, name, index, *offset, "is cut short");
    }
    entry->name_len = get16(bundle->form, data + *offset);
    entry->key_len = get16(bundle->form, data + *offset + 2);
    size_t body = (size_t)entry->name_len + entry->key_len;
    if (entry->name_len == 0 || entry->key_len == 0) {
        return damaged(cause, name, index, *offset, "has no name or no key");
    }
    if (len - *offset - ENTRY_HEAD < body) {
        return damaged(cause, name, index, *offset, "is cut short");
    }
    entry->name = data + *offset + ENTRY_HEAD;
    entry->key = entry->name + entry->name_len;
    if (index > 0 && compare(entry - 1, entry, false) > 0) {
        return damaged(cause, name, index, *offset, "is out of order: the device would not find it");
    }
    *offset += ENTRY_HEAD + body;
    return SEAL_OK;
}

/* The first offset tells how many there are. A count of at most SEAL_BUNDLE_MAX, big-endian, never looks so:
 * as the low half of an offset it would be no multiple of 4 in the right place. */
static bool has_offsets(const uint8_t *data, size_t len, size_t *count)
{
    if (len < OFFSET_LEN) {
        return false;
    }
    uint32_t first = seal_le32(data);
    *count = first / OFFSET_LEN;
    if (first == 0 || first % OFFSET_LEN || *count > SEAL_BUNDLE_MAX || first > len) {
        return false;
    }
    for (size_t i = 1; i < *count; i++) {
        if (seal_le32(data + OFFSET_LEN * i) <= seal_le32(data + OFFSET_LEN * (i - 1))) {
            return false;
        }
    }
    return true;
}

static int parse(const uint8_t *data, size_t len, const char *name, struct seal_bundle *out,
                 struct seal_cause *cause)
{
    size_t offset = out->form == SEAL_BUNDLE_OFFSETS ? OFFSET_LEN * out->count : COUNT_LEN;
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < out->count; i++) {
        if (out->form == SEAL_BUNDLE_OFFSETS && seal_le32(data + OFFSET_LEN * i) != offset) {
            return damaged(cause, name, i, offset, "is not where the list of offsets has it");
        }
        err = take(data, len, name, out, i, &offset, cause);
    }
    out->len = offset;
    return err;
}

int seal_bundle_parse(const void *data, size_t len, const char *name, struct seal_bundle *out,
                      struct seal_cause *cause)
{
    *out = (struct seal_bundle){0};
    if (has_offsets(data, len, &out->count)) {
        out->form = SEAL_BUNDLE_OFFSETS;
    } else if (len >= COUNT_LEN) {
        out->form = SEAL_BUNDLE_SEQUENTIAL;
        out->count = get16(out->form, data);
    }
    if (out->count == 0 || out->count > SEAL_BUNDLE_MAX) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s is no certificate bundle", name);
    }
    out->entries = calloc(out->count, sizeof *out->entries);
    int err = out->entries ? parse(data, len, name, out, cause)
                           : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a bundle");
    if (err != SEAL_OK) {
        seal_bundle_free(out);
    }
    return err;
}

void seal_bundle_free(struct seal_bundle *bundle)
{
    free(bundle->entries);
    *bundle = (struct seal_bundle){0};
}

static int by_name_and_key(const void *a, const void *b)
{
    return compare(a, b, true);
}

static int put16(struct seal_buf *out, enum seal_bundle_form form, size_t value)
{
    uint16_t swapped = (uint16_t)((value >> 8 & 0xFF) | (value & 0xFF) << 8);
    return seal_buf_put_le16(out, form == SEAL_BUNDLE_OFFSETS ? (uint16_t)value : swapped);
}

static int put_head(struct seal_buf *out, const struct seal_bundle_entry *entries, size_t count,
                    enum seal_bundle_form form)
{
    size_t offset = OFFSET_LEN * count;
    int err = form == SEAL_BUNDLE_SEQUENTIAL ? put16(out, form, count) : SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && form == SEAL_BUNDLE_OFFSETS && i < count; i++) {
        err = seal_buf_put_le32(out, (uint32_t)offset);
        offset += ENTRY_HEAD + (size_t)entries[i].name_len + entries[i].key_len;
    }
    return err;
}

int seal_bundle_build(struct seal_bundle_entry *entries, size_t *count, enum seal_bundle_form form,
                      struct seal_buf *out, struct seal_cause *cause)
{
    size_t kept = 0;
    qsort(entries, *count, sizeof *entries, by_name_and_key);
    for (size_t i = 0; i < *count; i++) {
        if (kept == 0 || compare(&entries[kept - 1], &entries[i], true) != 0) {
            entries[kept++] = entries[i];
        }
    }
    *count = kept;
    if (kept > SEAL_BUNDLE_MAX) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "%zu certificates are more than a bundle takes (%d)", kept,
                         SEAL_BUNDLE_MAX);
    }
    int err = put_head(out, entries, kept, form);
    for (size_t i = 0; err == SEAL_OK && i < kept; i++) {
        err = put16(out, form, entries[i].name_len);
        err = err == SEAL_OK ? put16(out, form, entries[i].key_len) : err;
        err = err == SEAL_OK ? seal_buf_put(out, entries[i].name, entries[i].name_len) : err;
        err = err == SEAL_OK ? seal_buf_put(out, entries[i].key, entries[i].key_len) : err;
    }
    return err == SEAL_OK ? SEAL_OK : seal_fail(cause, err, "out of memory for a bundle");
}
