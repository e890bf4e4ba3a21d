/*
 * ESP-IDF's binary partition table: 32-byte entries from flash offset 0x8000, an optional MD5 entry, and
 * an entry of FF bytes (ESP-IDF, api-guides/partition-tables; measured in vectors/partition_table).
 */
#ifndef ESPSEAL_PARTITION_TABLE_H
#define ESPSEAL_PARTITION_TABLE_H

#include <espseal/buf.h>

#define SEAL_PARTITION_TABLE_OFFSET 0x8000u
#define SEAL_PARTITION_TABLE_SIZE 0xC00u
#define SEAL_PARTITION_MAX 95

struct seal_partition {
    char name[17]; /* NUL-terminated; 16 characters at most */
    uint8_t type;
    uint8_t subtype;
    uint32_t offset;
    uint32_t size;
    uint32_t flags; /* bit 0 encrypted, bit 1 readonly */
};

struct seal_partition_table {
    size_t count;
    struct seal_partition entries[SEAL_PARTITION_MAX];
    bool has_md5;
};

/*
 * Decodes a table. SEAL_ERR_FORMAT: bad magic, a wrong MD5, no end, partitions that overlap.
 * SEAL_ERR_NOT_FOUND: data starts with erased flash (FF). md5 computes MD5 (the format layer has no crypto);
 * NULL leaves it unchecked.
 */
typedef int (*seal_md5_fn)(const void *data, size_t len, uint8_t md5[static 16]);
int seal_partition_table_decode(const uint8_t *data, size_t len, seal_md5_fn md5,
                                struct seal_partition_table *table, struct seal_cause *cause) SEAL_MUST_CHECK;

/* First entry with this name; NULL when there is none. */
const struct seal_partition *seal_partition_find(const struct seal_partition_table *table, const char *name);

#endif
