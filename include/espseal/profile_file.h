/*
 * The profile as a file: what a device shall become, as JSON with comments. One table of words says what may
 * stand in it; the reader, the writer, the JSON Schema, the manual and --set all walk that table.
 *
 * A value goes by its path ("flash_encryption.mode", "firmware[1].file"), a word by its pattern
 * ("firmware[].file"). Whether words fit each other and a chip is told by profile_check.h.
 */
#ifndef ESPSEAL_PROFILE_FILE_H
#define ESPSEAL_PROFILE_FILE_H

#include <espseal/json.h>

enum seal_profile_type {
    SEAL_PROFILE_OBJECT,
    SEAL_PROFILE_TEXT,
    SEAL_PROFILE_FILE, /* a file or folder; relative to the profile's folder when it stands in the file */
    SEAL_PROFILE_CHOICE,
    SEAL_PROFILE_BOOL,
    SEAL_PROFILE_NUMBER, /* a whole number, also as text ("0x10000"); max 0: one of choices only */
};

struct seal_profile_word {
    const char *pattern; /* "identity.san[]": of each element of a list */
    enum seal_profile_type type;
    bool required;              /* where its object is there */
    uint8_t most;               /* elements of a list */
    uint32_t min, max;          /* NUMBER */
    const char *const *choices; /* NULL-terminated; of FILE and NUMBER: words that stand for something else */
    const char *fallback;       /* what holds when it is not there; NULL: nothing */
    const char *option;         /* of `provision` that says the same; NULL: none */
    const char *help;           /* one line, lower case, no full stop */
};
extern const struct seal_profile_word
    seal_profile_words[]; /* ended by pattern == NULL; an object before its members */

/* By pattern; NULL: there is none. */
const struct seal_profile_word *seal_profile_word(const char *pattern);
/* The words directly in an object ("": the root), in order: *index begins at 0. NULL past the last one. name
 * gets the last part of the pattern, without "[]", in at most 32 bytes. */
const struct seal_profile_word *seal_profile_member(const char *object, size_t *index, char name[static 32]);
/* True for the word of a list's elements. */
bool seal_profile_is_list(const struct seal_profile_word *word);

struct seal_profile_value {
    const struct seal_profile_word *word;
    char *path;         /* "firmware[1].file" */
    const char *origin; /* where it was said: "--set", or the name of an option; NULL: in the file */
    unsigned line;      /* of the file; 0: not there */
    char *text;         /* as written; "true" or "false"; "" of an object */
    uint32_t number;    /* NUMBER, when text is no choice; BOOL: 0 or 1 */
};

struct seal_profile_file;

/*
 * Reads a profile. name is the file's, for messages ("production.json:12: ..."), and is copied. len 0 gives
 * an empty profile. SEAL_ERR_FORMAT names file, line and word: no JSON, an unknown word (the hint offers the
 * nearest), one that is there twice, a value of another type or out of range. *out is NULL after a failure.
 */
int seal_profile_file_read(const void *text, size_t len, const char *name, struct seal_profile_file **out,
                           struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_profile_file_free(struct seal_profile_file **file);
const char *seal_profile_file_name(const struct seal_profile_file *file);

/*
 * One value from the command line: "flash_encryption.mode=release", "firmware[0].file=app.bin" (also
 * "firmware.0.file"). The value null takes a word, with all in it, out of the profile. origin is a constant,
 * "--set" or the name of an option ("mode"). SEAL_ERR_FORMAT as above; a list grows by one at a time.
 */
int seal_profile_file_set(struct seal_profile_file *file, const char *assignment, const char *origin,
                          struct seal_cause *cause) SEAL_MUST_CHECK;

/* That every required word is there. SEAL_ERR_FORMAT names the object's line and the word. */
int seal_profile_file_complete(const struct seal_profile_file *file,
                               struct seal_cause *cause) SEAL_MUST_CHECK;

/* Borrowed; NULL when it is not there. */
const struct seal_profile_value *seal_profile_file_get(const struct seal_profile_file *file,
                                                       const char *path);
const char *seal_profile_file_text(const struct seal_profile_file *file,
                                   const char *path); /* NULL: not there */
bool seal_profile_file_true(const struct seal_profile_file *file, const char *path);
/* The index-th value of all, objects too, each object before its members; NULL past the last one. */
const struct seal_profile_value *seal_profile_file_at(const struct seal_profile_file *file, size_t index);
/* Elements of the list "firmware"; 0 when it is not there. */
size_t seal_profile_file_count(const struct seal_profile_file *file, const char *list);

/*
 * Fills cause with "production.json:12: identity.subject: ..." (or "--set identity.subject: ..."), notes the
 * word, and returns err. value NULL: only the file is named.
 */
int seal_profile_file_fail(const struct seal_profile_file *file, const struct seal_profile_value *value,
                           int err, struct seal_cause *cause, const char *format, ...) SEAL_PRINTF(5, 6);
/* Puts that place before the text of a cause that is filled already. */
void seal_profile_file_blame(const struct seal_profile_file *file, const struct seal_profile_value *value,
                             struct seal_cause *cause);

/* The values as a profile: JSON, with the word's help beside each as a comment if wanted. SEAL_ERR_NO_MEMORY.
 */
int seal_profile_file_print(const struct seal_profile_file *file, bool comments,
                            struct seal_buf *out) SEAL_MUST_CHECK;

/* The JSON Schema (2020-12) of all words; owned by the caller. SEAL_ERR_NO_MEMORY. */
int seal_profile_schema(seal_json **schema) SEAL_MUST_CHECK;

#endif
