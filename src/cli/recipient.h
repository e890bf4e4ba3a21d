/* Keys wrapped for somebody else, on the command line. */
#ifndef ESPSEAL_CLI_RECIPIENT_H
#define ESPSEAL_CLI_RECIPIENT_H

#include "cli.h"

#include <espseal/escrow.h>

/* The certificate of --escrow-to, fit to wrap for; NULL when it is not given. Warns of one that expired. */
int cli_escrow_recipient(struct cli_run *run, struct seal_cert **recipient,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
