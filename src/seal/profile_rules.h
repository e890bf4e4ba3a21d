/* What the files of profile_check share. */
#ifndef ESPSEAL_SEAL_PROFILE_RULES_H
#define ESPSEAL_SEAL_PROFILE_RULES_H

#include <espseal/profile_check.h>

/* "... excludes WORD VALUE (line N): why". Returns SEAL_ERR_FORMAT. */
int profile_exclude(const struct seal_profile_file *file, const struct seal_profile_value *one,
                    const struct seal_profile_value *other, const char *why, struct seal_cause *cause);

/* What the chip lacks. */
int profile_check_chip(const struct seal_profile_file *file, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
