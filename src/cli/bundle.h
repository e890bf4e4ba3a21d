/* What the bundle commands share. */
#ifndef ESPSEAL_CLI_BUNDLE_H
#define ESPSEAL_CLI_BUNDLE_H

#include "cli.h"

#include <espseal/map.h>
#include <espseal/trust.h>

#include <stdio.h>

struct cli_bundle {
    struct seal_map *file;
    struct seal_bundle parsed; /* borrows from file */
};

int cli_bundle_open(const char *path, struct cli_bundle *bundle, struct seal_cause *cause) SEAL_MUST_CHECK;
void cli_bundle_close(struct cli_bundle *bundle);
/* seal_bundle_describe, with the operand's name and the entry's number in the cause. */
int cli_bundle_describe(const struct cli_run *run, const struct seal_bundle *bundle, size_t index,
                        char *subject, size_t size, char key[static 24],
                        struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
