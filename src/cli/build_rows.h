/* secure-cert build from rows: a CSV, JSON, or arguments that the plain way does not know. */
#ifndef ESPSEAL_CLI_BUILD_ROWS_H
#define ESPSEAL_CLI_BUILD_ROWS_H

#include "partition_source.h"

/* Whether what was given asks for rows. */
bool cli_build_wants_rows(const struct cli_run *run);

/* Builds into out, which may take size bytes; *open tells whether a private key stands in it for everybody.
 */
int cli_build_rows(struct cli_run *run, struct seal_buf *out, size_t size, bool *open,
                   struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
