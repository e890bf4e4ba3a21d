/* What makes a partition table one that works, and its binary form. */
#include <espseal/partition_table.h>

#include <string.h>

enum {
    ENTRY_LEN = 32,
    NAME_LEN = 16,
    MD5_LEN = 16,
    SECTOR = 0x1000,
    APP_ALIGN = 0x10000,
    OTADATA_SIZE = 0x2000,
    NVS_MIN = 0x3000,
    SUBTYPE_OTA = 0,
    SUBTYPE_NVS = 2,
    SUBTYPE_COREDUMP = 3,
};

int seal_partition_table_encode(const struct seal_partition_table *table, seal_md5_fn md5,
                                struct seal_buf *out, struct seal_cause *cause)
{
    const size_t start = seal_buf_len(out);
    if ((table->count + (md5 ? 1 : 0)) * ENTRY_LEN >= SEAL_PARTITION_TABLE_SIZE) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "%zu partitions are more than a table holds",
                         table->count);
    }
    uint8_t *at = seal_buf_reserve(out, SEAL_PARTITION_TABLE_SIZE);
    if (!at) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    memset(at, 0xFF, SEAL_PARTITION_TABLE_SIZE);
    for (size_t i = 0; i < table->count; i++) {
        const struct seal_partition *partition = &table->entries[i];
        uint8_t *entry = at + i * ENTRY_LEN;
        memset(entry, 0, ENTRY_LEN);
        entry[0] = 0xAA;
        entry[1] = 0x50;
        entry[2] = partition->type;
        entry[3] = partition->subtype;
        seal_put_le32(entry + 4, partition->offset);
        seal_put_le32(entry + 8, partition->size);
        memcpy(entry + 12, partition->name, strnlen(partition->name, NAME_LEN));
        seal_put_le32(entry + 28, partition->flags);
    }
    int err = SEAL_OK;
    if (md5) {
        uint8_t *entry = at + table->count * ENTRY_LEN;
        entry[0] = entry[1] = 0xEB;
        err = md5(at, table->count * ENTRY_LEN, entry + ENTRY_LEN - MD5_LEN);
    }
    if (err) {
        seal_buf_truncate(out, start);
        return seal_fail(cause, err, "cannot compute an MD5 digest");
    }
    return SEAL_OK;
}

static int fail(struct seal_cause *cause, const struct seal_partition *partition, const char *what,
                uint32_t value, uint32_t align)
{
    return seal_fail(cause, SEAL_ERR_FORMAT, "partition \"%s\": %s 0x%x is not a multiple of 0x%x",
                     partition->name, what, value, align);
}

static int check_data(const struct seal_partition *partition, struct seal_cause *cause)
{
    const bool readonly = partition->flags & SEAL_PARTITION_READONLY;
    if (readonly && (partition->subtype == SUBTYPE_OTA || partition->subtype == SUBTYPE_COREDUMP)) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "partition \"%s\" is of a kind that is written to and cannot be readonly",
                         partition->name);
    }
    if (partition->subtype == SUBTYPE_NVS && partition->size < NVS_MIN && !readonly) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT,
                            "partition \"%s\": 0x%x bytes are too few for NVS that can be written",
                            partition->name, partition->size);
        seal_hint(cause, "give it 0x3000 bytes, or the flag readonly");
        return err;
    }
    if (partition->subtype == SUBTYPE_OTA && partition->size != OTADATA_SIZE) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "partition \"%s\" (otadata) must have 0x2000 bytes, not 0x%x", partition->name,
                         partition->size);
    }
    return SEAL_OK;
}

static int check_entry(const struct seal_partition *partition, const struct seal_partition_rules *rules,
                       struct seal_cause *cause)
{
    const bool app = partition->type == SEAL_PARTITION_APP;
    const uint32_t align = app ? APP_ALIGN : SECTOR;
    const uint32_t size_align = rules->secure_boot == 1 ? APP_ALIGN : SECTOR;
    if (partition->offset % align) {
        return fail(cause, partition, "its offset", partition->offset, align);
    }
    if (app && partition->size % size_align) {
        return fail(cause, partition, "its size", partition->size, size_align);
    }
    if ((uint64_t)partition->offset + partition->size > UINT32_MAX) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "partition \"%s\" ends beyond 4 GiB", partition->name);
    }
    if (rules->flash_size && partition->offset + partition->size > rules->flash_size) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "partition \"%s\" ends at 0x%x, beyond the end of the flash (0x%x)", partition->name,
                         partition->offset + partition->size, rules->flash_size);
    }
    return partition->type == SEAL_PARTITION_DATA ? check_data(partition, cause) : SEAL_OK;
}

/* The table's own sector, and what stands before it, belong to entries that say so. */
static int check_place(const struct seal_partition *partition, const struct seal_partition_rules *rules,
                       struct seal_cause *cause)
{
    const uint32_t table = rules->table_offset ? rules->table_offset : SEAL_PARTITION_TABLE_OFFSET;
    bool primary = partition->subtype == 0 &&
                   (partition->type == SEAL_PARTITION_BOOTLOADER || partition->type == SEAL_PARTITION_TABLE);
    if (!primary && partition->offset < table + SECTOR) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "partition \"%s\" at 0x%x lies below 0x%x, where the partition table ends",
                         partition->name, partition->offset, table + SECTOR);
    }
    return SEAL_OK;
}

static int check_pair(const struct seal_partition *a, const struct seal_partition *b,
                      struct seal_cause *cause)
{
    if (strcmp(a->name, b->name) == 0) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "two partitions have the name \"%s\"", a->name);
    }
    if (a->offset < (uint64_t)b->offset + b->size && b->offset < (uint64_t)a->offset + a->size) {
        return seal_fail(cause, SEAL_ERR_FORMAT,
                         "partition \"%s\" at 0x%x overlaps \"%s\" at 0x%x (0x%x bytes)", b->name, b->offset,
                         a->name, a->offset, a->size);
    }
    if (a->type == SEAL_PARTITION_DATA && b->type == SEAL_PARTITION_DATA && a->subtype == SUBTYPE_OTA &&
        b->subtype == SUBTYPE_OTA) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "\"%s\" and \"%s\" are both otadata; there is one at most",
                         a->name, b->name);
    }
    return SEAL_OK;
}

int seal_partition_table_check(const struct seal_partition_table *table,
                               const struct seal_partition_rules *rules, struct seal_cause *cause)
{
    static const struct seal_partition_rules usual;
    rules = rules ? rules : &usual;
    int err = SEAL_OK;
    for (size_t i = 0; !err && i < table->count; i++) {
        err = check_entry(&table->entries[i], rules, cause);
        err = err ? err : check_place(&table->entries[i], rules, cause);
        for (size_t k = 0; !err && k < i; k++) {
            err = check_pair(&table->entries[k], &table->entries[i], cause);
        }
    }
    return err;
}
