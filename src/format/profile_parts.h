/* What the files of the profile share. */
#ifndef ESPSEAL_FORMAT_PROFILE_PARTS_H
#define ESPSEAL_FORMAT_PROFILE_PARTS_H

#include <espseal/profile_file.h>

enum { PROFILE_PATH = 96 };

struct seal_profile_file {
    char *name;
    struct seal_profile_value *values;
    size_t count, capacity;
};

struct profile_place { /* where a value is being said */
    struct seal_profile_file *file;
    const char *path;
    const char *origin;
    unsigned line;
    struct seal_cause *cause;
};

/* Complains at a place. Returns SEAL_ERR_FORMAT. */
int profile_complain(const struct profile_place *place, const char *format, ...) SEAL_PRINTF(2, 3);
/* Takes text for the word, after checking it. */
int profile_take_text(const struct profile_place *place, const struct seal_profile_word *word,
                      const char *text) SEAL_MUST_CHECK;
int profile_take(const struct profile_place *place, const struct seal_profile_word *word, const char *text,
                 uint32_t number) SEAL_MUST_CHECK;
/* key is not a word of the object of that pattern. */
int profile_unknown(const struct profile_place *place, const char *object, const char *key);
/* "identity.san", or "san" of the root. SEAL_ERR_FORMAT when it is longer than any word. */
int profile_join(const struct profile_place *place, const char *object, const char *key,
                 char joined[static PROFILE_PATH]) SEAL_MUST_CHECK;
/* True for a word, or a list of them. */
bool profile_known(const char *pattern);
void profile_free_value(struct seal_profile_value *value);
/* Takes the value of that path, and all in it, out. */
void profile_drop(struct seal_profile_file *file, const char *path);
/* True when path is prefix, or lies in it. */
bool profile_within(const char *path, const char *prefix);

#endif
