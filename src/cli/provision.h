/* What the files of `provision` share. */
#ifndef ESPSEAL_CLI_PROVISION_H
#define ESPSEAL_CLI_PROVISION_H

#include "identity.h"
#include "profile.h"

#include <espseal/map.h>

#include <espseal/cmp.h>
#include <espseal/manufacturing.h>
#include <espseal/provision.h>

#define PROVISION_IMAGES 32
#define PROVISION_PLACE 24 /* a number, or the name of a partition, which has at most 16 characters */
#define PROVISION_RULES 32
#define PROVISION_SECRETS 4

struct provision { /* one run: what was given, read into memory, and what came of it */
    struct seal_profile profile;
    const char *allow[PROVISION_RULES + 1];
    struct seal_firmware images[PROVISION_IMAGES];
    struct seal_map *image_data[PROVISION_IMAGES];
    char image_places[PROVISION_IMAGES][PROVISION_PLACE]; /* as they were given */
    struct seal_cert *ca_cert, *device_cert;
    struct seal_key *private_key, *ca_key;
    struct seal_buf *hmac_key, *cmp_secret;
    struct seal_cmp cmp;
    enum seal_cmp_kind cmp_kind;
    struct seal_cert *cmp_cert;
    struct seal_key *cmp_key;
    struct seal_job *job;
    const char *sign_command;
    const char *san[CLI_NAMES], *usages[CLI_NAMES];
    char directory[512];            /* --out, filled in; "" : none */
    bool owns_directory;            /* it holds a record of this device */
    char former[16];                /* folder in it for the files of another one; "": none are there */
    char receipt[576];              /* the receipt's file; "" : none */
    bool recorded;                  /* it holds the end of this run */
    seal_json *record;              /* what is in it then */
    struct seal_profile_file *file; /* --profile and --set; NULL: neither was given */
    struct seal_cert *escrow;
    struct seal_buf *secrets[PROVISION_SECRETS]; /* keys that the profile names */
    struct seal_map *nvs_data;
    struct seal_mfg_recipe mfg;
    struct seal_csv *mfg_tables[2], *mfg_values; /* the template, NULL-terminated */
    struct seal_buf *derive_key;
};

/* provision_inputs.c: options to profile. Everything is freed by provision_free. */
int provision_read_inputs(struct cli_run *run, struct provision *p, struct seal_cause *cause) SEAL_MUST_CHECK;
/* One image, "PLACE=FILE"; a place that is a name has no offset yet. */
int provision_add_image(struct provision *p, const char *text, struct seal_cause *cause) SEAL_MUST_CHECK;
void provision_free(struct provision *p);

/* provision_serial.c: struct seal_profile.assign_serial, with the run: --serials. Nothing is written in a dry
 * run. */
int provision_serial(void *run, const uint8_t mac[static 6], char serial[static SEAL_SERIAL_MAX],
                     struct seal_cause *cause) SEAL_MUST_CHECK;

/* provision_cmp.c: --cmp and what goes with it; after the identity was read. */
int provision_read_cmp(struct cli_run *run, struct provision *p, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * provision_manufacturing.c: --nvs-template and what goes with it. _label_check says before anybody is asked
 * that a label would be lost; _label_write puts it into --out.
 */
int provision_read_manufacturing(struct cli_run *run, struct provision *p,
                                 struct seal_cause *cause) SEAL_MUST_CHECK;
int provision_label_check(const struct cli_run *run, const struct provision *p,
                          struct seal_cause *cause) SEAL_MUST_CHECK;
int provision_label_write(const struct cli_run *run, const struct provision *p,
                          struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * provision_sealing.c: what a profile says beyond the options. _read_profile reads and checks it and gives
 * its words to the run as options; _read_sealing reads the files that it names; _check_images holds the
 * images against chip, each other and secure boot. _blame puts the line of an option's word before the cause,
 * _blame_word that of the word which the cause names.
 */
int provision_read_profile(struct cli_run *run, struct provision *p,
                           struct seal_cause *cause) SEAL_MUST_CHECK;
int provision_read_sealing(struct cli_run *run, struct provision *p,
                           struct seal_cause *cause) SEAL_MUST_CHECK;
int provision_check_images(const struct provision *p, struct seal_cause *cause) SEAL_MUST_CHECK;
int provision_blame(const struct provision *p, const char *option, size_t index, int err,
                    struct seal_cause *cause);
int provision_blame_word(const struct provision *p, int err, struct seal_cause *cause);

/*
 * provision_files.c: files of --out. check says before anybody is asked what could not be written; prepare
 * makes the directory, and writes all but the final receipt, so that a full disk costs no fuse; progress
 * puts what is done by now into the receipt. recall, before the plan, shows the job the receipts of earlier
 * runs.
 */
int provision_files_recall(struct cli_run *run, struct provision *p,
                           struct seal_cause *cause) SEAL_MUST_CHECK;
int provision_files_check(struct cli_run *run, struct provision *p, struct seal_cause *cause) SEAL_MUST_CHECK;
int provision_files_prepare(struct cli_run *run, struct provision *p,
                            struct seal_cause *cause) SEAL_MUST_CHECK;
/* provision_former.c: all files of --out but receipts and second escrows; with --force those of another
 * device are moved into a folder with the name of their MAC. */
extern const char *const provision_file_names[];
enum { PROVISION_SECRET_FILES = 6 }; /* from there on they hold keys */
int provision_keep_former(struct cli_run *run, const struct provision *p,
                          struct seal_cause *cause) SEAL_MUST_CHECK;
int provision_files_progress(struct provision *p, struct seal_cause *cause) SEAL_MUST_CHECK;
/* With --csr-only: the request, signed by the chip, to --csr-out and --out. */
int provision_files_request(struct cli_run *run, struct provision *p,
                            struct seal_cause *cause) SEAL_MUST_CHECK;
int provision_write_one(const struct provision *p, const char *name, const void *data, size_t len, int flags,
                        struct seal_cause *cause) SEAL_MUST_CHECK;
int provision_files_receipt(struct provision *p, const seal_json *receipt,
                            struct seal_cause *cause) SEAL_MUST_CHECK;

/* provision_seen.c: --seen. Right before the burn; a run that is repeated for the same device passes. */
int provision_seen(struct cli_run *run, struct provision *p, struct seal_cause *cause) SEAL_MUST_CHECK;

/* provision_show.c: for the person. */
void provision_show_device(const struct cli_run *run, const struct provision *p);
void provision_show_plan(const struct cli_run *run, const struct provision *p);
int provision_plan_json(const struct provision *p, seal_json **plan) SEAL_MUST_CHECK;
/* provision_sealed.c: what the record of the run tells of the sealing. */
void provision_show_sealed(const struct cli_run *run, const struct provision *p);
void provision_show_result(const struct cli_run *run, const struct provision *p);
void provision_question(const struct provision *p, char *text, size_t size);

/*
 * sign_command.c: runs command in a shell with input on its stdin and collects its stdout, at most max bytes.
 * Its stderr is ours. SEAL_ERR_IO: it could not be run, or ended with another status than 0.
 */
int cli_run_filter(const char *command, const uint8_t *input, size_t len, size_t max, struct seal_buf *output,
                   struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
