/* What the files of `audit` share: the inputs, and the forms that results are shown in. */
#ifndef ESPSEAL_CLI_AUDIT_H
#define ESPSEAL_CLI_AUDIT_H

#include "fuse.h"

#include <espseal/audit.h>

struct cli_audit {
    struct cli_run *run;
    struct cli_fuse fuse;
    bool has_efuse;
    struct seal_buf *key, *whole;
    seal_json *sdkconfig, *records;
    seal_json *accepted, *required; /* --baseline, and --require with a file */
    struct seal_audit_source source;
    struct seal_audit *audit;
};

/* audit_inputs.c: device or files, key, firmware's options, records. */
int cli_audit_open(struct cli_audit *audit, struct seal_cause *cause) SEAL_MUST_CHECK;
void cli_audit_close(struct cli_audit *audit);

/* A JSON file; errors name it. audit_accept.c */
int cli_audit_read_json(const char *path, seal_json **root, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * audit_accept.c. _read_rules reads, before anything of the device, --baseline FILE, {"accepted": [{"check",
 * "reason", "expires"}]}, and --require FILE, {"require": ["ID", ...]}: SEAL_ERR_FORMAT for what names no
 * check or has no date. _accept takes the baseline to the results; what has expired is told.
 */
int cli_audit_read_rules(struct cli_audit *audit, struct seal_cause *cause) SEAL_MUST_CHECK;
int cli_audit_accept(struct cli_audit *audit) SEAL_MUST_CHECK;
/* --require development, production or FILE: {"require": ["ID", ...]}. SEAL_ERR_FINDINGS when it is not met.
 */
int cli_audit_require(const struct cli_audit *audit, struct seal_cause *cause) SEAL_MUST_CHECK;

/* One way to show results each. */
int cli_audit_print(const struct cli_audit *audit) SEAL_MUST_CHECK;
int cli_audit_json(const struct cli_audit *audit, seal_json **root) SEAL_MUST_CHECK;
int cli_audit_sarif(const struct cli_audit *audit, seal_json **root) SEAL_MUST_CHECK;
int cli_audit_markdown(const struct cli_audit *audit, struct seal_buf *out) SEAL_MUST_CHECK;
/* The list of checks, for --list. */
int cli_audit_list(const struct cli_run *run) SEAL_MUST_CHECK;

/* How many results have each verdict, by enum seal_audit_verdict. */
void cli_audit_counts(const struct seal_audit *audit, size_t counts[static 4]);
/* What was looked at: the port, or the files; for places in reports. */
const char *cli_audit_place(const struct cli_audit *audit);

#endif
