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

enum { SEAL_PARTITION_ENCRYPTED = 1, SEAL_PARTITION_READONLY = 2 }; /* flags */
enum {
    SEAL_PARTITION_APP = 0,
    SEAL_PARTITION_DATA = 1,
    SEAL_PARTITION_BOOTLOADER = 2,
    SEAL_PARTITION_TABLE = 3
};

struct seal_partition_rules { /* zero: what ESP-IDF has when nothing is configured */
    uint32_t table_offset;    /* 0: SEAL_PARTITION_TABLE_OFFSET */
    bool has_bootloader_offset, has_recovery_offset;
    uint32_t bootloader_offset, recovery_offset; /* for entries of type bootloader */
    unsigned secure_boot;                        /* 1: sizes of applications are multiples of 64 KiB */
    uint32_t flash_size;                         /* 0: not checked */
    const char *const *extra_subtypes;           /* "app,my_app,0x40", NULL-terminated; NULL: none */
    void (*warn)(void *ctx, const char *text);   /* what is no error; NULL: not told */
    void *warn_ctx;
};

/*
 * Reads ESP-IDF's CSV: name, type, subtype, offset, size, flags; names or numbers, sizes with K or M, blank
 * offsets (the next aligned place), negative sizes (an end address). name (a path) is for messages, which say
 * name and line. Entries that stand before the end of the one above are refused; seal_partition_table_check
 * is not called. SEAL_ERR_FORMAT, SEAL_ERR_TOO_LONG, SEAL_ERR_USAGE (an extra subtype that is none).
 */
int seal_partition_table_from_csv(const void *text, size_t len, const char *name,
                                  const struct seal_partition_rules *rules,
                                  struct seal_partition_table *table,
                                  struct seal_cause *cause) SEAL_MUST_CHECK;
/* Appends the CSV of a table, with a heading as ESP-IDF writes it. */
int seal_partition_table_to_csv(const struct seal_partition_table *table,
                                struct seal_buf *out) SEAL_MUST_CHECK;

/* Appends SEAL_PARTITION_TABLE_SIZE bytes; md5 NULL makes a table without MD5. SEAL_ERR_TOO_LONG. */
int seal_partition_table_encode(const struct seal_partition_table *table, seal_md5_fn md5,
                                struct seal_buf *out, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The rules that ESP-IDF's tool and bootloader hold a table to: alignment of offsets and sizes, names that
 * are unique, no overlap with each other or with the table, one otadata of 0x2000 bytes, NVS of 0x3000 bytes
 * unless it is read-only, nothing beyond the end of flash. SEAL_ERR_FORMAT names the first that is broken.
 */
int seal_partition_table_check(const struct seal_partition_table *table,
                               const struct seal_partition_rules *rules,
                               struct seal_cause *cause) SEAL_MUST_CHECK;

/* "data"; "ota_0". text is used, and returned, when there is only a number (4 bytes are enough). */
const char *seal_partition_type_name(uint8_t type, char text[static 4]);
const char *seal_partition_subtype_name(uint8_t type, uint8_t subtype, char text[static 4]);
/* The value of a name in lower case; -1 when there is none. */
int seal_partition_type_value(const char *name);
int seal_partition_subtype_value(uint8_t type, const char *name);

/* First entry with this name; NULL when there is none. */
const struct seal_partition *seal_partition_find(const struct seal_partition_table *table, const char *name);

#endif
