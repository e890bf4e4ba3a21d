/*
 * Whether the words of a profile fit each other and a chip, before any device is there. Pure. What depends on
 * the chip's present state, on its revision or on the contents of files is the job's to refuse.
 */
#ifndef ESPSEAL_PROFILE_CHECK_H
#define ESPSEAL_PROFILE_CHECK_H

#include <espseal/chip.h>
#include <espseal/profile_file.h>

/*
 * Everything at once: required words, words that exclude or need each other, what the chip of the word "chip"
 * lacks, and whether its key blocks suffice. SEAL_ERR_FORMAT names file, line and word; the hint what to
 * change.
 */
int seal_profile_check(const struct seal_profile_file *file, struct seal_cause *cause) SEAL_MUST_CHECK;

/* The chip that the profile is for; NULL: it does not say, or there is no such chip. */
const struct seal_chip *seal_profile_chip(const struct seal_profile_file *file);

/* Key blocks that the profile fills on that chip; 0 where fuses have fixed uses (ESP32). */
unsigned seal_profile_key_blocks(const struct seal_profile_file *file, const struct seal_chip *chip);

/* True when the word is said and asks for something: not "false", not "keep". */
bool seal_profile_asks(const struct seal_profile_file *file, const char *path);
/* True when the word is said, and this is its value. */
bool seal_profile_says(const struct seal_profile_file *file, const char *path, const char *value);

#endif
