#include "profile_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 20 };

void seal_profile_file_free(struct seal_profile_file **file)
{
    if (!file || !*file) {
        return;
    }
    for (size_t i = 0; i < (*file)->count; i++) {
        profile_free_value(&(*file)->values[i]);
    }
    free((*file)->values);
    free((*file)->name);
    free(*file);
    *file = NULL;
}

/* --- JSON --- */

struct reader {
    struct seal_profile_file *file;
    struct seal_json_lines lines;
    struct seal_cause *cause;
};

static int read_value(struct reader *reader, const char *pattern, const char *path, const seal_json *json);

static int read_member(struct reader *reader, const char *pattern, const char *path, const seal_json *member)
{
    char inner[PROFILE_PATH], inner_path[PROFILE_PATH];
    const char *key = seal_json_key(member);
    struct seal_json_lines next = reader->lines;
    struct profile_place place = {
        .file = reader->file, .path = key, .line = seal_json_next_line(&next), .cause = reader->cause};
    int err = profile_join(&place, pattern, key, inner);
    if (err == SEAL_OK) {
        err = profile_join(&place, path, key, inner_path);
    }
    if (err != SEAL_OK) {
        return err;
    }
    place.path = inner_path;
    return strpbrk(key, ".[]") || !profile_known(inner) ? profile_unknown(&place, pattern, key)
                                                        : read_value(reader, inner, inner_path, member);
}

static int read_object(struct reader *reader, const char *pattern, const char *path, const seal_json *json)
{
    int err = SEAL_OK;
    for (const seal_json *member = seal_json_first(json); member && err == SEAL_OK;
         member = seal_json_next(member)) {
        err = read_member(reader, pattern, path, member);
    }
    return err;
}

static int read_list(struct reader *reader, const struct profile_place *place, const char *pattern,
                     const seal_json *json)
{
    char inner[PROFILE_PATH + 3], path[PROFILE_PATH + 16];
    (void)snprintf(inner, sizeof inner, "%s[]", pattern);
    const struct seal_profile_word *word = seal_profile_word(inner);
    if (seal_json_kind(json) != SEAL_JSON_ARRAY) {
        return profile_complain(place, "must be a list: [ ... ]");
    }
    if (seal_json_len(json) > word->most) {
        return profile_complain(place, "has more than %u elements", word->most);
    }
    int err = SEAL_OK;
    size_t index = 0;
    for (const seal_json *element = seal_json_first(json); element && err == SEAL_OK;
         element = seal_json_next(element)) {
        (void)snprintf(path, sizeof path, "%s[%zu]", place->path, index++);
        err = read_value(reader, inner, path, element);
    }
    return err;
}

static int read_scalar(const struct profile_place *place, const struct seal_profile_word *word,
                       const seal_json *json)
{
    enum seal_json_kind kind = seal_json_kind(json);
    double number = 0;
    char text[32];
    if (kind == SEAL_JSON_TEXT && word->type != SEAL_PROFILE_BOOL) {
        return profile_take_text(place, word, seal_json_text(json));
    }
    if (kind == SEAL_JSON_BOOL && word->type == SEAL_PROFILE_BOOL) {
        return profile_take_text(place, word, seal_json_is_true(json) ? "true" : "false");
    }
    if (kind == SEAL_JSON_NUMBER && word->type == SEAL_PROFILE_NUMBER && seal_json_number(json, &number)) {
        bool whole = number >= 0 && number <= UINT32_MAX && number == (double)(uint32_t)number;
        (void)snprintf(text, sizeof text, whole ? "%.0f" : "%g", number);
        return profile_take_text(place, word, text);
    }
    static const char *const wanted[] = {
        [SEAL_PROFILE_OBJECT] = "{ ... }",     [SEAL_PROFILE_TEXT] = "a text",
        [SEAL_PROFILE_FILE] = "a text",        [SEAL_PROFILE_CHOICE] = "a text",
        [SEAL_PROFILE_BOOL] = "true or false", [SEAL_PROFILE_NUMBER] = "a number"};
    return profile_complain(place, "must be %s", wanted[word->type]);
}

static int read_value(struct reader *reader, const char *pattern, const char *path, const seal_json *json)
{
    struct profile_place place = {.file = reader->file,
                                  .path = path,
                                  .line = seal_json_next_line(&reader->lines),
                                  .cause = reader->cause};
    const struct seal_profile_word *word = seal_profile_word(pattern);
    if (!word) {
        return read_list(reader, &place, pattern, json);
    }
    if (word->type != SEAL_PROFILE_OBJECT || seal_json_kind(json) != SEAL_JSON_OBJECT) {
        return read_scalar(&place, word, json);
    }
    int err = profile_take(&place, word, "", 0);
    return err == SEAL_OK ? read_object(reader, pattern, path, json) : err;
}

/* "not JSON at line 4, column 3" says it as everything else here does. */
static int fail_json(const struct seal_profile_file *file, int err, struct seal_cause *cause)
{
    if (cause) {
        struct seal_cause inner = *cause;
        err = seal_fail(cause, err, "%s: %s", file->name, inner.text);
        seal_hint(cause, "JSON wants a comma between members, none behind the last, and quotes around words");
    }
    return err;
}

static int read_text(struct seal_profile_file *file, char *text, size_t len, struct seal_cause *cause)
{
    seal_json *json = NULL;
    int err = seal_json_blank_comments(text, len, cause);
    if (err == SEAL_OK) {
        err = seal_json_parse(text, len, &json, cause);
    }
    if (err != SEAL_OK) {
        return fail_json(file, err, cause);
    }
    struct reader reader = {.file = file, .lines = {.text = text, .len = len, .line = 1}, .cause = cause};
    struct profile_place place = {.file = file, .path = "", .cause = cause};
    place.line = seal_json_next_line(&reader.lines);
    err = seal_json_kind(json) == SEAL_JSON_OBJECT
              ? read_object(&reader, "", "", json)
              : profile_complain(&place, "a profile is an object: { ... }");
    seal_json_free(&json);
    return err;
}

int seal_profile_file_read(const void *text, size_t len, const char *name, struct seal_profile_file **out,
                           struct seal_cause *cause)
{
    *out = NULL;
    if (len > LARGEST) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "%s is too long for a profile", name);
    }
    struct seal_profile_file *file = calloc(1, sizeof *file);
    char *copy = malloc(len + 1);
    int err = SEAL_OK;
    if (!file || !copy || !(file->name = strdup(name))) {
        err = seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    } else if (len) {
        memcpy(copy, text, len);
        err = read_text(file, copy, len, cause);
    }
    free(copy);
    if (err != SEAL_OK) {
        seal_profile_file_free(&file);
    }
    *out = file;
    return err;
}

/* --- looking --- */

const char *seal_profile_file_name(const struct seal_profile_file *file)
{
    return file->name;
}

const struct seal_profile_value *seal_profile_file_get(const struct seal_profile_file *file, const char *path)
{
    for (size_t i = 0; i < file->count; i++) {
        if (strcmp(file->values[i].path, path) == 0) {
            return &file->values[i];
        }
    }
    return NULL;
}

const char *seal_profile_file_text(const struct seal_profile_file *file, const char *path)
{
    const struct seal_profile_value *value = seal_profile_file_get(file, path);
    return value ? value->text : NULL;
}

bool seal_profile_file_true(const struct seal_profile_file *file, const char *path)
{
    const struct seal_profile_value *value = seal_profile_file_get(file, path);
    return value && value->number;
}

const struct seal_profile_value *seal_profile_file_at(const struct seal_profile_file *file, size_t index)
{
    return index < file->count ? &file->values[index] : NULL;
}

size_t seal_profile_file_count(const struct seal_profile_file *file, const char *list)
{
    size_t count = 0;
    char path[PROFILE_PATH];
    do {
        (void)snprintf(path, sizeof path, "%s[%zu]", list, count);
    } while (seal_profile_file_get(file, path) && ++count);
    return count;
}
