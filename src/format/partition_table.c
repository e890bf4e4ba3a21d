#include <espseal/partition_table.h>

#include <string.h>

enum { ENTRY_LEN = 32, NAME_LEN = 16, MD5_LEN = 16 };

static const uint8_t magic[2] = {0xAA, 0x50};
static const uint8_t md5_prefix[16] = {0xEB, 0xEB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                       0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

static void decode_entry(const uint8_t entry[static ENTRY_LEN], struct seal_partition *partition)
{
    *partition = (struct seal_partition){
        .type = entry[2],
        .subtype = entry[3],
        .offset = seal_le32(entry + 4),
        .size = seal_le32(entry + 8),
        .flags = seal_le32(entry + 28),
    };
    memcpy(partition->name, entry + 12, NAME_LEN);
}

static int check_md5(const uint8_t *data, size_t len, seal_md5_fn md5, struct seal_cause *cause)
{
    uint8_t computed[MD5_LEN];
    if (!md5) {
        return SEAL_OK;
    }
    int err = md5(data, len, computed);
    if (err != SEAL_OK) {
        return seal_fail(cause, err, "%s", seal_strerror(err));
    }
    if (memcmp(computed, data + len + sizeof md5_prefix, sizeof computed) != 0) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the partition table's MD5 is wrong");
    }
    return SEAL_OK;
}

static bool overlaps(const struct seal_partition *a, const struct seal_partition *b)
{
    return a->offset < (uint64_t)b->offset + b->size && b->offset < (uint64_t)a->offset + a->size;
}

static int check_overlap(const struct seal_partition_table *table, struct seal_cause *cause)
{
    for (size_t i = 1; i < table->count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct seal_partition *a = &table->entries[j];
            const struct seal_partition *b = &table->entries[i];
            if (overlaps(a, b)) {
                return seal_fail(cause, SEAL_ERR_FORMAT,
                                 "partition \"%s\" at 0x%x overlaps \"%s\" at 0x%x (0x%x bytes)", b->name,
                                 b->offset, a->name, a->offset, a->size);
            }
        }
    }
    return SEAL_OK;
}

/* Takes the entry at offset at; *ended when it is the last. */
static int take(const uint8_t *data, size_t at, seal_md5_fn md5, struct seal_partition_table *table,
                bool *ended, struct seal_cause *cause)
{
    const uint8_t *entry = data + at;
    if (seal_is_filled(entry, ENTRY_LEN, 0xFF)) {
        *ended = true;
        return SEAL_OK;
    }
    if (!table->has_md5 && memcmp(entry, md5_prefix, sizeof md5_prefix) == 0) {
        table->has_md5 = true;
        return check_md5(data, at, md5, cause);
    }
    if (table->has_md5 || memcmp(entry, magic, sizeof magic) != 0 || table->count == SEAL_PARTITION_MAX) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "the partition table's entry at 0x%zx starts with %02x%02x, which is no partition",
                         at, entry[0], entry[1]);
    }
    decode_entry(entry, &table->entries[table->count++]);
    return SEAL_OK;
}

int seal_partition_table_decode(const uint8_t *data, size_t len, seal_md5_fn md5,
                                struct seal_partition_table *table, struct seal_cause *cause)
{
    bool ended = false;
    memset(table, 0, sizeof *table);
    size_t usable = len < SEAL_PARTITION_TABLE_SIZE ? len : SEAL_PARTITION_TABLE_SIZE;
    for (size_t at = 0; usable - at >= ENTRY_LEN && !ended; at += ENTRY_LEN) {
        int err = take(data, at, md5, table, &ended, cause);
        if (err != SEAL_OK) {
            memset(table, 0, sizeof *table);
            return err;
        }
    }
    if (ended && table->count == 0 && !table->has_md5) {
        return seal_fail(cause, SEAL_ERR_NOT_FOUND, "there is no partition table: the flash is erased there");
    }
    int err = SEAL_OK;
    if (!ended || table->count == 0) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "the partition table has no %s", ended ? "entry" : "end");
    } else {
        err = check_overlap(table, cause);
    }
    if (err != SEAL_OK) {
        memset(table, 0, sizeof *table);
    }
    return err;
}

const struct seal_partition *seal_partition_find(const struct seal_partition_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->entries[i].name, name) == 0) {
            return &table->entries[i];
        }
    }
    return NULL;
}
