/* What `provision` and the commands of profiles share: the file, --set, and the flags over both. */
#ifndef ESPSEAL_CLI_PROFILE_H
#define ESPSEAL_CLI_PROFILE_H

#include "cli.h"

#include <espseal/profile_check.h>

enum { PROFILE_FILE_NAME = 1024, PROFILE_IMAGE = PROFILE_FILE_NAME + 16 };

/*
 * The profile at path (NULL: an empty one) with every --set over it, and over that the options of the command
 * line that say the same. Not checked yet. *file is the caller's to free.
 */
int profile_read(struct cli_run *run, const char *path, struct seal_profile_file **file,
                 struct seal_cause *cause) SEAL_MUST_CHECK;

/* Gives to the run, as options, what the profile says and the command line does not. */
int profile_give(struct cli_run *run, const struct seal_profile_file *file,
                 struct seal_cause *cause) SEAL_MUST_CHECK;

/* The name of a value's file: what stands in a profile is relative to the profile's folder. */
int profile_path(const struct seal_profile_file *file, const struct seal_profile_value *value,
                 char path[static PROFILE_FILE_NAME], struct seal_cause *cause) SEAL_MUST_CHECK;
/* Puts the value's place before a cause about a file; returns err. */
int profile_blame(const struct seal_profile_file *file, const struct seal_profile_value *value, int err,
                  struct seal_cause *cause);
/* An image of the list "firmware" as OFFSET=FILE. */
int profile_image(const struct seal_profile_file *file, size_t index, char text[static PROFILE_IMAGE],
                  struct seal_cause *cause) SEAL_MUST_CHECK;
/* True for a file that must be there before a run. */
bool profile_is_input(const struct seal_profile_value *value);
/* The value of an option that stands in the profile or in --set; NULL: none. index for lists. */
const struct seal_profile_value *profile_value_of(const struct seal_profile_file *file, const char *option,
                                                  size_t index);

/* --set and what it says, for descriptors. */
#define PROFILE_SET_OPTION                                                                                   \
    {                                                                                                        \
        .name = "set", .value = "KEY=VALUE",                                                                 \
        .summary = "say a word of the profile otherwise: flash_encryption.mode=release; null takes it out",  \
        .repeat = true                                                                                       \
    }

/* profile_explain.c: on stdout what the device will become, a line each, and what of it cannot be undone. */
int profile_explain(const struct cli_run *run, const struct seal_profile_file *file) SEAL_MUST_CHECK;
/* The same for machines: {"profile", "chip", "mode", "becomes": [], "irreversible": []}. */
int profile_explain_json(const struct seal_profile_file *file, seal_json **json) SEAL_MUST_CHECK;

#endif
