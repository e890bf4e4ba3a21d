/* Where a command finds the esp_secure_cert partition that it looks at: a file, or a chip. */
#ifndef ESPSEAL_CLI_PARTITION_SOURCE_H
#define ESPSEAL_CLI_PARTITION_SOURCE_H

#include "cli.h"

#include <espseal/secure_cert_legacy.h>

struct cli_partition {
    struct seal_buf *data; /* as it stands there */
    struct seal_buf *tlv;  /* the same as entries; NULL: data are entries */
    enum seal_cert_format format;
    char name[256];    /* the file, or "the chip at 0xd000" */
    char problem[160]; /* of a legacy partition; "": none */
};

/* Reads FILE, or with --port flash at --offset. What is no partition is SEAL_ERR_FORMAT. */
int cli_partition_read(struct cli_run *run, struct cli_partition *partition,
                       struct seal_cause *cause) SEAL_MUST_CHECK;
void cli_partition_clear(struct cli_partition *partition);

struct cli_room { /* what a partition may fill */
    uint32_t size;
    uint32_t offset; /* in flash; 0: no table says so */
};

/* Of --size, or of esp_secure_cert in the table of --partition-table, a CSV or binary. */
int cli_partition_room(struct cli_run *run, struct cli_room *room, struct seal_cause *cause) SEAL_MUST_CHECK;

#define CLI_ROOM_OPTIONS                                                                                     \
    {.name = "size", .value = "N", .summary = "size of the partition", .fallback = "8192"},                  \
    {                                                                                                        \
        .name = "partition-table", .value = "FILE",                                                          \
        .summary = "take the size of esp_secure_cert from this table, CSV or binary"                         \
    }

/* The entries: of data, or made from a legacy partition. */
const struct seal_buf *cli_partition_entries(const struct cli_partition *partition);

#endif
