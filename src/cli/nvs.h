/* What the nvs commands share: tables of entries, keys, partitions in files. */
#ifndef ESPSEAL_CLI_NVS_H
#define ESPSEAL_CLI_NVS_H

#include "partition.h"

#include <espseal/nvs.h>

/* Options of the commands that take keys, for their descriptors. */
#define CLI_NVS_KEYS_OPTION                                                                                  \
    {                                                                                                        \
        .name = "keys", .value = "FILE",                                                                     \
        .summary = "the keys: a keys partition, or its first 64 bytes alone"                                 \
    }
#define CLI_NVS_HMAC_OPTION                                                                                  \
    {                                                                                                        \
        .name = "hmac-key", .value = "FILE", .summary = "derive the keys from this HMAC key of 32 bytes"     \
    }
#define CLI_NVS_NEW_KEYS_OPTION                                                                              \
    {                                                                                                        \
        .name = "new-keys", .value = "FILE",                                                                 \
        .summary = "make random keys and write their keys partition; never replaces a file"                  \
    }
#define CLI_NVS_PERMISSIONS_OPTION                                                                           \
    {                                                                                                        \
        .name = "insecure-permissions", .summary = "take secret files that others can read"                  \
    }

/*
 * The 64 bytes of --keys, --hmac-key or --new-keys in a secret buffer; *keys is NULL when none is given and
 * none is needed. SEAL_ERR_USAGE: more than one, or none of those that are needed.
 */
int cli_nvs_keys(const struct cli_run *run, bool needed, struct seal_buf **keys,
                 struct seal_cause *cause) SEAL_MUST_CHECK;
/* Writes the keys partition of --new-keys, if that is given. To be called before what the keys encrypt is
 * written. */
int cli_nvs_write_new_keys(const struct cli_run *run, const struct seal_buf *keys,
                           struct seal_cause *cause) SEAL_MUST_CHECK;

/* A table of rows or values, with comments; the file of a row of type file (ctx is not used). */
int cli_nvs_read_table(const char *path, struct seal_csv **table, struct seal_cause *cause) SEAL_MUST_CHECK;
int cli_nvs_read_value_file(void *ctx, const char *path, struct seal_buf **out,
                            struct seal_cause *cause) SEAL_MUST_CHECK;

struct cli_nvs_source { /* where a partition comes from */
    struct seal_buf *data;
    char name[256];  /* the file, the partition's name, or "flash at 0x9000": for messages */
    char again[320]; /* how a command line names it: for hints */
};

/* Options of the commands that read a partition from a chip as well, for their descriptors. */
#define CLI_NVS_CHIP_OPTIONS                                                                                 \
    {.name = "partition",                                                                                    \
     .value = "PLACE",                                                                                       \
     .summary = "with --port: name in the chip's partition table, or flash offset",                          \
     .fallback = "nvs"},                                                                                     \
        CLI_TABLE_OFFSET,                                                                                    \
    {                                                                                                        \
        .name = "size", .value = "N", .summary = "with --port: size of a partition that no table knows"      \
    }
#define CLI_NVS_CHIP_TEXT                                                                                    \
    "With --port the partition is read from a chip instead of FILE: the one that is called nvs, or "         \
    "--partition."

/*
 * Reads FILE, or with --port the partition of a chip. SEAL_ERR_FORMAT when it is no number of pages. The
 * caller clears source, after a failure too.
 */
int cli_nvs_read_source(struct cli_run *run, struct cli_nvs_source *source,
                        struct seal_cause *cause) SEAL_MUST_CHECK;
void cli_nvs_source_clear(struct cli_nvs_source *source);

/*
 * Reads the partition, decrypted with --keys or --hmac-key where one is given. SEAL_ERR_FORMAT when
 * it looks encrypted and none is, SEAL_ERR_MISMATCH when it still does. *source is cleared by the caller.
 */
int cli_nvs_open(struct cli_run *run, struct cli_nvs_source *source, struct seal_nvs **nvs,
                 struct seal_cause *cause) SEAL_MUST_CHECK;
/* "page 1 entry 3 (0x10a0)" */
void cli_nvs_place(const struct seal_nvs_finding *finding, char text[static 64]);
void cli_nvs_put_finding(seal_json *array, const struct seal_nvs_finding *finding);

/* Refuses to encrypt what looks encrypted already, and to decrypt what does not. */
int cli_nvs_check_state(const struct cli_nvs_source *source, bool encrypted,
                        struct seal_cause *cause) SEAL_MUST_CHECK;
/* After decrypting: SEAL_ERR_MISMATCH when nothing sensible came out. */
int cli_nvs_check_keys(const struct cli_nvs_source *source, const struct seal_nvs *nvs,
                       struct seal_cause *cause) SEAL_MUST_CHECK;

/* Checks --out, before anything is made. plain: the file will hold values in the clear, and gets mode 0600.
 */
int cli_nvs_check_out(const struct cli_run *run, bool plain, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Writes --out and says so. keys may be NULL. */
int cli_nvs_write_out(const struct cli_run *run, const struct seal_buf *partition, bool plain,
                      struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
