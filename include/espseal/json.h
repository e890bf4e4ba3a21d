/* A thin owner around cJSON, so that one file knows the library. Keys keep the order of insertion. */
#ifndef ESPSEAL_JSON_H
#define ESPSEAL_JSON_H

#include <espseal/buf.h>

struct cJSON; /* opaque: values are borrowed from their root unless _new or _parse made them */
typedef struct cJSON seal_json;

/* Owned by the caller; NULL when there is no memory, and everything below takes NULL for that. _free sets
 * *value to NULL and takes its members along. */
seal_json *seal_json_object_new(void);
seal_json *seal_json_array_new(void);
void seal_json_free(seal_json **value);

/*
 * Put a member into an object (key != NULL) or append to an array (key == NULL). Out of memory is
 * remembered by the caller's next seal_json_print, which then fails; so building needs no checks.
 * A NULL text becomes null. _object and _array return the new child, borrowed.
 */
void seal_json_put_text(seal_json *parent, const char *key, const char *text);
void seal_json_put_number(seal_json *parent, const char *key, double number);
void seal_json_put_bool(seal_json *parent, const char *key, bool value);
void seal_json_put_null(seal_json *parent, const char *key);
void seal_json_put_hex(seal_json *parent, const char *key, const uint8_t *data, size_t len);
void seal_json_put_formatted(seal_json *parent, const char *key, const char *format, ...) SEAL_PRINTF(3, 4);
seal_json *seal_json_put_object(seal_json *parent, const char *key);
seal_json *seal_json_put_array(seal_json *parent, const char *key);
/* Moves child into parent; *child is NULL afterwards. */
void seal_json_put(seal_json *parent, const char *key, seal_json **child);

/* Text of value, indented by two blanks (or on one line), ending in a newline. SEAL_ERR_NO_MEMORY. */
int seal_json_print(const seal_json *value, bool one_line, struct seal_buf *out) SEAL_MUST_CHECK;

/* True for UTF-8 (RFC 3629). */
bool seal_json_is_utf8(const char *text);
/* A text with its quotes and escapes; what is no UTF-8 becomes U+FFFD. */
int seal_json_quote(struct seal_buf *out, const char *text) SEAL_MUST_CHECK;

/* Parses UTF-8 JSON; *out is owned by the caller. SEAL_ERR_FORMAT names the line and column. */
int seal_json_parse(const char *text, size_t len, seal_json **out, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Borrowed members; NULL / false when absent or of another type. index for arrays. */
const seal_json *seal_json_get(const seal_json *object, const char *key);
const seal_json *seal_json_at(const seal_json *array, size_t index);
size_t seal_json_len(const seal_json *array);
const char *seal_json_text(const seal_json *value);
bool seal_json_number(const seal_json *value, double *number);

enum seal_json_kind {
    SEAL_JSON_NULL, /* also of a value that is NULL */
    SEAL_JSON_BOOL,
    SEAL_JSON_NUMBER,
    SEAL_JSON_TEXT,
    SEAL_JSON_ARRAY,
    SEAL_JSON_OBJECT,
};
enum seal_json_kind seal_json_kind(const seal_json *value);
bool seal_json_is_true(const seal_json *value);
/* Members of an object or array in the order of the text, with those that are there twice; NULL past the
 * last. The key is "" in an array. */
const seal_json *seal_json_first(const seal_json *value);
const seal_json *seal_json_next(const seal_json *member);
const char *seal_json_key(const seal_json *member);

/*
 * For files that people write (json_lines.c). Comments, from // to the end of the line and from slash-star to
 * star-slash, become blanks in place; line ends stay, so that what is left stands where it stood.
 * SEAL_ERR_FORMAT: one does not end; the cause names its line.
 */
int seal_json_blank_comments(char *text, size_t len, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Tells the line of each value of a text that seal_json_parse has taken, root first, each before its
 * members: the order of seal_json_first and _next. Begin with at 0, line 1. */
struct seal_json_lines {
    const char *text;
    size_t len, at;
    unsigned line;
};
/* The line on which the next value, or its key, begins; 0 past the last one. */
unsigned seal_json_next_line(struct seal_json_lines *lines);

#endif
