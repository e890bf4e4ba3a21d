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

/* The entries: of data, or made from a legacy partition. */
const struct seal_buf *cli_partition_entries(const struct cli_partition *partition);

#endif
