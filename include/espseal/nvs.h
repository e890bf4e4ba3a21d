/*
 * NVS partitions (ESP-IDF "Non-Volatile Storage Library", Internals): pages of 4096 bytes, each with a
 * header, a map of two bits per entry, and 126 entries of 32 bytes. An item takes one entry, or one and its
 * data behind. Bytes and structs only: files, keys and encryption are elsewhere (nvs_crypt.h).
 */
#ifndef ESPSEAL_NVS_H
#define ESPSEAL_NVS_H

#include <espseal/csv.h>

#define SEAL_NVS_PAGE_SIZE 4096
#define SEAL_NVS_KEY_MAX 15           /* bytes of a key or of a namespace's name */
#define SEAL_NVS_NAMESPACES_MAX 254   /* index 0 is the list of namespaces, 255 means any */
#define SEAL_NVS_SIZE_MAX (16u << 20) /* half of the largest flash; partitions in use have some 0x6000 */
#define SEAL_NVS_STRING_MAX 3967      /* characters; one page but one entry, less the NUL (measured) */
#define SEAL_NVS_V1_BYTES_MAX 1984    /* blob, or string with its NUL, in a partition of version 1 */
#define SEAL_NVS_BLOB_CHUNKS_MAX 127  /* the other half of the chunk index marks the blob's generation */

/* The type byte of an entry: 0x10 is the sign, the low digit the size of a number. */
enum seal_nvs_type {
    SEAL_NVS_U8 = 0x01,
    SEAL_NVS_I8 = 0x11,
    SEAL_NVS_U16 = 0x02,
    SEAL_NVS_I16 = 0x12,
    SEAL_NVS_U32 = 0x04,
    SEAL_NVS_I32 = 0x14,
    SEAL_NVS_U64 = 0x08,
    SEAL_NVS_I64 = 0x18,
    SEAL_NVS_STRING = 0x21,
    SEAL_NVS_BLOB = 0x41, /* in a partition of version 2 it is stored as chunks with an index */
};

/* "u8" ... "i64", "string", "blob"; NULL for any other value. */
const char *seal_nvs_type_name(enum seal_nvs_type type);
bool seal_nvs_type_is_number(enum seal_nvs_type type);

/* --- writing --- */

struct seal_nvs_writer;

enum seal_nvs_writer_flags {
    /*
     * After a return to an earlier namespace, entries go to the one that was begun last, as those of
     * nvs_partition_gen.py 0.2.0 do (measured: vectors/nvs/namespaces). For comparing with it only.
     */
    SEAL_NVS_LATEST_NAMESPACE = 1,
};

/*
 * A writer for a partition of size bytes, a multiple of the page size; one page is left free for the device's
 * own writing, but partitions of less than three pages can only be read-only and have none. version 1 (blobs
 * within a page, for ESP-IDF before 4.0) or 2. SEAL_ERR_USAGE names the limits, SEAL_ERR_NO_MEMORY.
 */
int seal_nvs_writer_new(size_t size, unsigned version, int flags, struct seal_nvs_writer **writer,
                        struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_nvs_writer_free(struct seal_nvs_writer **writer);

/*
 * Append an item; after a failure the writer can only be freed. _namespace begins a namespace, or returns to
 * one that exists. value of _number is two's complement; what the type does not hold is cut off. _bytes is
 * for SEAL_NVS_STRING (without its NUL, which is added) and SEAL_NVS_BLOB. SEAL_ERR_FORMAT: a key that is
 * empty, too long, there already, or before any namespace; a NUL in a string. SEAL_ERR_TOO_LONG: one value is
 * too long, or all of them for the partition. SEAL_ERR_NO_MEMORY.
 */
int seal_nvs_put_namespace(struct seal_nvs_writer *writer, const char *name, bool *returned,
                           struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_nvs_put_number(struct seal_nvs_writer *writer, const char *key, enum seal_nvs_type type,
                        uint64_t value, struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_nvs_put_bytes(struct seal_nvs_writer *writer, const char *key, enum seal_nvs_type type,
                       const void *data, size_t len, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Appends the partition to out: size bytes; of a read-only one only the pages that are used, as the reference
 * does. The writer can only be freed then.
 */
int seal_nvs_writer_finish(struct seal_nvs_writer *writer, struct seal_buf *out,
                           struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- from CSV --- */

enum seal_nvs_made {                      /* what a value would be, if its partition were built again */
                     SEAL_NVS_GIVEN,      /* the same */
                     SEAL_NVS_MADE,       /* another one of the same length */
                     SEAL_NVS_MADE_LOOSE, /* another one, maybe of another length */
};

struct seal_nvs_csv {
    /* The content of the file that a row of type "file" names; NULL: such rows are refused. */
    int (*read_file)(void *ctx, const char *path, struct seal_buf **out, struct seal_cause *cause);
    /* The pairwise master key of a Wi-Fi network (seal_wifi_pmk); NULL: no ap.pmk_info is added. */
    int (*pmk)(const char *passphrase, const char *ssid, uint8_t pmk[static 32]);
    /* Told what a person should know, as one sentence; NULL: nobody is. */
    void (*note)(void *ctx, const char *text);
    void *ctx;
    bool no_wifi; /* add no entries that are not in the tables */
    /*
     * Values of one device: a column named KEY or NAMESPACE:KEY replaces the value of that row. NULL: none.
     * The columns mac, serial, id and pop may match no key; any other must.
     */
    const struct seal_csv *values;
    size_t values_row;
    /*
     * Words in braces in the value of a row, "{mac}" or "{random:16}": letters a to z, digits and _, and an
     * argument behind a colon. Appends the text that stands for word, and sets *made unless it is given.
     * Braces around anything else are text, and so is all of a value that values replaces. A column of values
     * may then be such a word as well as a key; mac, serial, id and pop replace no value that has words.
     * NULL: there are no words. argument is NULL where there is none.
     */
    int (*fill)(void *fill_ctx, const char *word, const char *argument, struct seal_buf *out,
                enum seal_nvs_made *made, struct seal_cause *cause);
    /* Told of each item that a row has put; NULL: nobody is. SEAL_ERR_NO_MEMORY and the like end it all. */
    int (*put)(void *fill_ctx, const char *space, const char *key, enum seal_nvs_made made);
    void *fill_ctx;
};

/*
 * Puts the rows of NULL-terminated tables with the columns key, type (namespace, data, file), encoding and
 * value: ESP-IDF "NVS Partition Generator Utility", with its encodings u8..i64, string, binary, hex2bin,
 * base64, and blob_fill(N;0xXX) and blob_sz_fill(N;0xXX). Numbers are decimal or 0x hex. As the reference
 * does (measured: vectors/nvs/wifi_special_keys), sta.ssid or sta.pswd bring sta.apinfo, sta.pmk and sta.apsw
 * with them, and ap.ssid, ap.passwd and ap.authmode together ap.pmk_info; here a note tells it, and a row
 * that gives such a key itself is taken instead. Messages begin with file and line. SEAL_ERR_FORMAT,
 * _TOO_LONG, _NO_MEMORY, and what read_file and pmk return.
 */
int seal_nvs_put_csv(struct seal_nvs_writer *writer, const struct seal_csv *const *tables,
                     const struct seal_nvs_csv *how, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Finds the row of values whose column mac or serial holds wanted; a MAC matches in either case and with or
 * without colons or hyphens. SEAL_ERR_FORMAT: no such column, or two rows match (both lines are named).
 * SEAL_ERR_NOT_FOUND: no row matches.
 */
int seal_nvs_find_device(const struct seal_csv *values, const char *column, const char *wanted, size_t *row,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

/* --- reading --- */

struct seal_nvs; /* what a partition holds, and what is wrong with it; a copy that needs the partition no more
                  */

struct seal_nvs_item {
    const char *space; /* the namespace's name; "" when no entry names it */
    char key[SEAL_NVS_KEY_MAX + 1];
    enum seal_nvs_type type;
    uint64_t number;     /* of a number, two's complement of 64 bits */
    const uint8_t *data; /* of a string (len characters, then a NUL) or blob; never NULL */
    size_t len;
    size_t page, entry; /* where it stands: page from 0, entry 0 to 125; of a blob in chunks its index */
    size_t order;       /* grows with the time of writing, over items and namespaces */
};

struct seal_nvs_space { /* a namespace */
    const char *name;
    uint8_t index; /* that its items refer to it by */
    size_t page, entry;
    size_t order;
};

struct seal_nvs_finding {
    bool damage;        /* a device loses something, or cannot use the partition; else only worth knowing */
    size_t page, entry; /* entry SEAL_NVS_NO_ENTRY: the page as a whole */
    uint32_t offset;    /* of that page or entry in the partition */
    char text[112];     /* "the CRC is 0x12345678 and should be 0x9abcdef0"; never a value */
};

#define SEAL_NVS_NO_ENTRY ((size_t)-1)
#define SEAL_NVS_FINDINGS_MAX 1000 /* more than that are not kept */

struct seal_nvs_page {
    const char *state; /* "blank", "active", "full", "freeing", "corrupt"; "unknown" for any other value */
    bool usable;       /* a device reads its entries */
    uint32_t
        sequence; /* of the order in which pages were begun; the next ones are meaningful when not blank */
    unsigned version;              /* 1, 2; 0: another */
    size_t written, erased, empty; /* of its 126 entries */
};

/*
 * Reads a partition in the clear as a device would, pages in the order of their sequence numbers, and goes on
 * after damage: what is whole is an item, what is not is a finding. When a key is there twice, the later one
 * is the item. *nvs is NULL after a failure. SEAL_ERR_FORMAT: len is no multiple of the page size, or 0.
 * SEAL_ERR_TOO_LONG, SEAL_ERR_NO_MEMORY.
 */
int seal_nvs_read(const uint8_t *partition, size_t len, struct seal_nvs **nvs,
                  struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_nvs_free(struct seal_nvs **nvs);

/* Borrowed; NULL past the end. Items and namespaces in the order of writing, findings in that of
 * their offsets. */
const struct seal_nvs_space *seal_nvs_space_at(const struct seal_nvs *nvs, size_t index);
const struct seal_nvs_item *seal_nvs_item_at(const struct seal_nvs *nvs, size_t index);
const struct seal_nvs_finding *seal_nvs_finding_at(const struct seal_nvs *nvs, size_t index);
const struct seal_nvs_page *seal_nvs_page_at(const struct seal_nvs *nvs, size_t index);
size_t seal_nvs_space_count(const struct seal_nvs *nvs);
size_t seal_nvs_item_count(const struct seal_nvs *nvs);
size_t seal_nvs_finding_count(const struct seal_nvs *nvs);
size_t seal_nvs_page_count(const struct seal_nvs *nvs);
/* How many findings are damage, also those that were not kept. */
size_t seal_nvs_damage_count(const struct seal_nvs *nvs);
/* There are written entries on good pages, and not one of them has a right CRC. */
bool seal_nvs_looks_encrypted(const struct seal_nvs *nvs);

/*
 * Appends a table that seal_nvs_put_csv makes the same partition of (or, of one that a device has used, one
 * with the same items); blobs as hex2bin; items of no namespace are left out. SEAL_ERR_NO_MEMORY,
 * SEAL_ERR_TOO_LONG.
 */
int seal_nvs_write_csv(const struct seal_nvs *nvs, struct seal_buf *out) SEAL_MUST_CHECK;

#endif
