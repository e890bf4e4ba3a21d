/* The commands that burn eFuses: each adds its operation to one plan, which is shown and burned here. */
#ifndef ESPSEAL_CLI_FUSE_H
#define ESPSEAL_CLI_FUSE_H

#include "cli.h"

#include <espseal/fuse_plan_file.h>
#include <espseal/map.h>

#define CLI_FUSE_ALLOWS 16

struct cli_fuse { /* one invocation */
    struct cli_run *run;
    struct seal_loader *loader; /* NULL: offline */
    const char *path;           /* the eFuse file of an offline run */
    struct seal_buf *file;      /* its bytes */
    struct seal_map *flash;     /* --flash-file */
    size_t flash_read;          /* bytes of flash so far, for the progress */
    size_t flash_total;         /* bytes of flash that will be read; 0: nobody knows */
    struct seal_efuse state;
    struct seal_fuse_plan plan;
    seal_json *operations; /* what was asked for, as words: for --plan-out */
    const char *allowed[CLI_FUSE_ALLOWS + 1];
    const char *const *own_rules;  /* names of --allow that the command itself looks at; NULL: none */
    struct seal_fuse_saved *saved; /* apply: the plan must be this one */
};

/* Adds the operation of one segment ("burn A=1") to the plan. segment holds its options and operands. */
typedef int (*cli_fuse_add_fn)(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause);
int cli_fuse_add_burn(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause);
int cli_fuse_add_bits(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause);
int cli_fuse_add_block(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause);
int cli_fuse_add_key(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause);
int cli_fuse_add_digest(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause);
int cli_fuse_add_mac(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause);
int cli_fuse_add_protect(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause);
int cli_fuse_add_voltage(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause);
cli_fuse_add_fn cli_fuse_add_of(const struct cli_command *command); /* NULL: no such operation */

/* The run of every such command: segments joined by "then" into a plan; show, confirm, burn. */
int cli_fuse_run(struct cli_run *run, struct seal_cause *cause);
/* Opens device or file, and reads its fuses into fuse->state. fuse_source.c */
int cli_fuse_open(struct cli_fuse *fuse, struct cli_run *run, struct seal_cause *cause) SEAL_MUST_CHECK;
/* --revision MAJOR.MINOR as major * 100 + minor; -1: not given. */
int cli_revision(const struct cli_run *run, int *revision, struct seal_cause *cause) SEAL_MUST_CHECK;
int cli_fuse_save_file(struct cli_fuse *fuse, const struct seal_efuse *state,
                       struct seal_cause *cause) SEAL_MUST_CHECK;
/* Commands that look at flash beside fuses: maps --flash-file (until cli_fuse_close), or leaves flash and
 * size alone where it is not given; reads the device's flash, ctx is the struct cli_fuse. */
int cli_fuse_map_flash(struct cli_fuse *fuse, const uint8_t **flash, uint32_t *size,
                       struct seal_cause *cause) SEAL_MUST_CHECK;
int cli_fuse_read_flash(void *ctx, uint32_t offset, uint8_t *data, size_t len,
                        struct seal_cause *cause) SEAL_MUST_CHECK;
void cli_fuse_close(struct cli_fuse *fuse);
/* Adds the segment and notes its words. */
int cli_fuse_add(struct cli_fuse *fuse, struct cli_run *segment, struct seal_cause *cause) SEAL_MUST_CHECK;
/* Parses words (after "efuse") and adds them. */
int cli_fuse_add_words(struct cli_fuse *fuse, char **words, int count,
                       struct seal_cause *cause) SEAL_MUST_CHECK;
/* Closes the plan, shows it, asks and burns. */
int cli_fuse_finish(struct cli_fuse *fuse, struct seal_cause *cause) SEAL_MUST_CHECK;
void cli_fuse_show(const struct cli_fuse *fuse); /* fuse_show.c */

/* The block of that name; SEAL_ERR_USAGE offers the nearest one. */
int cli_fuse_block(const struct cli_fuse *fuse, const char *name, unsigned *block,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
/* Sets the hint of an unknown field to the nearest name. */
void cli_fuse_suggest_field(const struct seal_chip *chip, const char *name, struct seal_cause *cause);

/* The option of commands that look at fuses, and of those that burn them. */
#define CLI_LOOK_FILE_OPTION                                                                                 \
    {                                                                                                        \
        .name = "efuse-file", .value = "FILE",                                                               \
        .summary = "instead of a device: an eFuse file of QEMU, sim: or espefuse, with --chip"               \
    }
#define CLI_BURN_FILE_OPTION                                                                                 \
    {                                                                                                        \
        .name = "efuse-file", .value = "FILE",                                                               \
        .summary = "instead of a device: burn into an eFuse file of QEMU, sim: or espefuse, with --chip"     \
    }
/* Options of every such command, at the end of its own. */
#define CLI_FUSE_OPTIONS                                                                                     \
    CLI_BURN_FILE_OPTION,                                                                                    \
        {.name = "plan-out",                                                                                 \
         .value = "FILE",                                                                                    \
         .summary = "save the plan for espseal apply, and burn nothing"},                                    \
        {.name = "allow",                                                                                    \
         .value = "RULE",                                                                                    \
         .summary = "override this one rule, by the name in the refusal",                                    \
         .repeat = true},                                                                                    \
    {                                                                                                        \
        0                                                                                                    \
    }

#endif
