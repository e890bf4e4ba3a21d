/* Values of a profile: taken, checked, complained about. */
#include "profile_parts.h"

#include <espseal/hex.h>
#include <espseal/suggest.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void profile_free_value(struct seal_profile_value *value)
{
    free(value->path);
    free(value->text);
}

bool profile_known(const char *pattern)
{
    char list[PROFILE_PATH + 3];
    (void)snprintf(list, sizeof list, "%s[]", pattern);
    return seal_profile_word(pattern) || seal_profile_word(list);
}

/* --- complaints --- */

static void put_place(const char *file, const struct seal_profile_value *at, char *text, size_t size)
{
    const char *path = at->path;
    if (at->origin && strcmp(at->origin, "--set") != 0) {
        (void)snprintf(text, size, "--%s: ", at->origin);
    } else if (at->origin) {
        (void)snprintf(text, size, "%s %s: ", at->origin, path);
    } else if (at->line) {
        (void)snprintf(text, size, "%s:%u: %s%s", file, at->line, path, path[0] ? ": " : "");
    } else {
        (void)snprintf(text, size, "%s: ", file);
    }
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F) {
            *c = '?';
        }
    }
}

int profile_complain(const struct profile_place *place, const char *format, ...)
{
    char where[256], what[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    char path[2 * PROFILE_PATH];
    (void)snprintf(path, sizeof path, "%s", place->path);
    const struct seal_profile_value at = {.path = path, .origin = place->origin, .line = place->line};
    put_place(place->file->name, &at, where, sizeof where);
    return seal_fail(place->cause, SEAL_ERR_FORMAT, "%s%s", where, what);
}

static char nowhere[] = "";
static const struct seal_profile_value whole = {.path = nowhere};

int seal_profile_file_fail(const struct seal_profile_file *file, const struct seal_profile_value *value,
                           int err, struct seal_cause *cause, const char *format, ...)
{
    char where[256], what[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    put_place(file->name, value ? value : &whole, where, sizeof where);
    err = seal_fail(cause, err, "%s%s", where, what);
    seal_cause_word(cause, value ? value->word->pattern : NULL);
    return err;
}

void seal_profile_file_blame(const struct seal_profile_file *file, const struct seal_profile_value *value,
                             struct seal_cause *cause)
{
    char where[256];
    if (!cause) {
        return;
    }
    put_place(file->name, value ? value : &whole, where, sizeof where);
    size_t len = strlen(where), old = strlen(cause->text);
    size_t room = sizeof cause->text - 1 - len;
    old = old < room ? old : room;
    memmove(cause->text + len, cause->text, old);
    memcpy(cause->text, where, len);
    cause->text[len + old] = '\0';
}

static void list_choices(const char *const *choices, char *list, size_t size)
{
    size_t used = 0;
    list[0] = '\0';
    for (size_t i = 0; choices[i] && used < size - 1; i++) {
        int wrote = snprintf(list + used, size - used, "%s%s", i ? ", " : "", choices[i]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

static int fail_choice(const struct profile_place *place, const struct seal_profile_word *word,
                       const char *text)
{
    struct seal_suggestion suggestion = {.word = text};
    char list[200];
    for (size_t i = 0; word->choices[i]; i++) {
        seal_suggest(&suggestion, word->choices[i]);
    }
    list_choices(word->choices, list, sizeof list);
    int err = profile_complain(place, "cannot be \"%.60s\"", text);
    if (suggestion.best && text[0] && text[1]) {
        seal_hint(place->cause, "did you mean %s? It may be: %s", suggestion.best, list);
    } else {
        seal_hint(place->cause, "it may be: %s", list);
    }
    return err;
}

int profile_unknown(const struct profile_place *place, const char *object, const char *key)
{
    struct seal_suggestion suggestion = {.word = key};
    static const struct seal_profile_word none;
    const struct seal_profile_word *far = &none, *word;
    char name[32], best[32] = "";
    size_t index = 0;
    while (seal_profile_member(object, &index, name)) {
        seal_suggest(&suggestion, name);
        if (suggestion.best == name) {
            memcpy(best, name, sizeof best);
            suggestion.best = best;
        }
    }
    for (word = seal_profile_words; word->pattern && far == &none; word++) {
        const char *dot = strrchr(word->pattern, '.');
        far = dot && strcmp(dot + 1, key) == 0 ? word : far;
    }
    int err = profile_complain(place, "unknown word%s%.60s", object[0] ? " of " : "", object);
    if (best[0]) {
        seal_hint(place->cause, "did you mean %s?", best);
    } else if (far->pattern) {
        seal_hint(place->cause, "did you mean %s?", far->pattern);
    } else {
        seal_hint(place->cause, "man espseal-profile lists the words");
    }
    return err;
}

/* --- taking values --- */

int profile_take(const struct profile_place *place, const struct seal_profile_word *word, const char *text,
                 uint32_t number)
{
    struct seal_profile_file *file = place->file;
    const struct seal_profile_value *before = seal_profile_file_get(file, place->path);
    if (before && before->line && place->line) {
        return profile_complain(place, "stands there twice; the first time at line %u", before->line);
    }
    if (file->count == file->capacity) {
        size_t capacity = file->capacity ? 2 * file->capacity : 32;
        struct seal_profile_value *values = realloc(file->values, capacity * sizeof *values);
        if (!values) {
            return seal_fail(place->cause, SEAL_ERR_NO_MEMORY, "out of memory");
        }
        file->values = values;
        file->capacity = capacity;
    }
    struct seal_profile_value value = {.word = word,
                                       .path = strdup(place->path),
                                       .origin = place->origin,
                                       .line = place->line,
                                       .text = strdup(text),
                                       .number = number};
    if (!value.path || !value.text) {
        profile_free_value(&value);
        return seal_fail(place->cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    file->values[file->count++] = value;
    return SEAL_OK;
}

static bool is_choice(const struct seal_profile_word *word, const char *text)
{
    for (size_t i = 0; word->choices && word->choices[i]; i++) {
        if (strcmp(word->choices[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static int take_number(const struct profile_place *place, const struct seal_profile_word *word,
                       const char *text)
{
    uint32_t number = 0;
    bool parsed = seal_parse_u32(text, UINT32_MAX, &number) == SEAL_OK;
    if (is_choice(word, text)) {
        return profile_take(place, word, text, number);
    }
    if (word->choices && (word->max == 0 || !parsed)) {
        return fail_choice(place, word, text);
    }
    if (!parsed || number < word->min || number > word->max) {
        return profile_complain(place, "%.40s is not a number from %lu to %lu", text,
                                (unsigned long)word->min, (unsigned long)word->max);
    }
    return profile_take(place, word, text, number);
}

int profile_take_text(const struct profile_place *place, const struct seal_profile_word *word,
                      const char *text)
{
    bool truth = strcmp(text, "true") == 0;
    switch (word->type) {
    case SEAL_PROFILE_OBJECT:
        break;
    case SEAL_PROFILE_NUMBER:
        return take_number(place, word, text);
    case SEAL_PROFILE_CHOICE:
        return is_choice(word, text) ? profile_take(place, word, text, 0) : fail_choice(place, word, text);
    case SEAL_PROFILE_BOOL:
        return truth || strcmp(text, "false") == 0 ? profile_take(place, word, text, truth)
                                                   : profile_complain(place, "must be true or false");
    case SEAL_PROFILE_TEXT:
    case SEAL_PROFILE_FILE:
        return text[0] ? profile_take(place, word, text, 0) : profile_complain(place, "is empty");
    }
    return profile_complain(place, "holds words of its own: { ... }");
}

int profile_join(const struct profile_place *place, const char *object, const char *key,
                 char joined[static PROFILE_PATH])
{
    int len = snprintf(joined, PROFILE_PATH, "%s%s%s", object, object[0] ? "." : "", key);
    return len > 0 && len < PROFILE_PATH ? SEAL_OK : profile_unknown(place, object, key);
}
