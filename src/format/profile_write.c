/* A profile written as a person would write it, and the words as a schema. */
#include "profile_parts.h"

#include <espseal/hex.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    const struct seal_profile_file *file;
    struct seal_buf *out;
    bool comments;
    int err; /* the first one stays */
};

static void put(struct writer *writer, const char *text)
{
    if (writer->err == SEAL_OK) {
        writer->err = seal_buf_put(writer->out, text, strlen(text));
    }
}

static void begin_line(struct writer *writer, unsigned depth)
{
    put(writer, "\n");
    if (writer->err == SEAL_OK) {
        writer->err = seal_buf_put_fill(writer->out, ' ', 2 * (size_t)depth);
    }
}

static bool is_decimal(const char *text)
{
    return text[0] && strspn(text, "0123456789") == strlen(text) && (text[0] != '0' || !text[1]);
}

static void put_object(struct writer *writer, const char *pattern, const char *path, unsigned depth);

static void put_value(struct writer *writer, const struct seal_profile_value *value, unsigned depth)
{
    const struct seal_profile_word *word = value->word;
    bool plain =
        word->type == SEAL_PROFILE_BOOL || (word->type == SEAL_PROFILE_NUMBER && is_decimal(value->text));
    if (word->type == SEAL_PROFILE_OBJECT) {
        put_object(writer, word->pattern, value->path, depth);
    } else if (plain) {
        put(writer, value->text);
    } else if (writer->err == SEAL_OK) {
        writer->err = seal_json_quote(writer->out, value->text);
    }
}

static void put_list(struct writer *writer, const char *path, size_t count, unsigned depth)
{
    put(writer, "[");
    for (size_t i = 0; i < count; i++) {
        char element[PROFILE_PATH];
        if (snprintf(element, sizeof element, "%s[%zu]", path, i) >= (int)sizeof element) {
            break; /* no word of a profile is so long */
        }
        put(writer, i ? "," : "");
        begin_line(writer, depth + 1);
        put_value(writer, seal_profile_file_get(writer->file, element), depth + 1);
    }
    begin_line(writer, depth);
    put(writer, "]");
}

static void begin_member(struct writer *writer, const struct seal_profile_word *word, const char *name,
                         bool first, unsigned depth)
{
    put(writer, first ? "" : ",");
    if (writer->comments) {
        begin_line(writer, depth);
        put(writer, "// ");
        put(writer, word->help);
    }
    begin_line(writer, depth);
    if (writer->err == SEAL_OK) {
        writer->err = seal_json_quote(writer->out, name);
    }
    put(writer, ": ");
}

static void put_object(struct writer *writer, const char *pattern, const char *path, unsigned depth)
{
    const struct seal_profile_word *word;
    char name[32], inner[PROFILE_PATH];
    bool first = true;
    size_t index = 0;
    put(writer, "{");
    while ((word = seal_profile_member(pattern, &index, name))) {
        (void)snprintf(inner, sizeof inner, "%.48s%s%s", path, path[0] ? "." : "", name);
        const struct seal_profile_value *value = seal_profile_file_get(writer->file, inner);
        size_t count = seal_profile_is_list(word) ? seal_profile_file_count(writer->file, inner) : 0;
        if (!value && !count) {
            continue;
        }
        begin_member(writer, word, name, first, depth + 1);
        first = false;
        if (count) {
            put_list(writer, inner, count, depth + 1);
        } else {
            put_value(writer, value, depth + 1);
        }
    }
    begin_line(writer, depth);
    put(writer, "}");
}

int seal_profile_file_print(const struct seal_profile_file *file, bool comments, struct seal_buf *out)
{
    struct writer writer = {.file = file, .out = out, .comments = comments};
    size_t start = seal_buf_len(out);
    put_object(&writer, "", "", 0);
    put(&writer, "\n");
    if (writer.err != SEAL_OK) {
        seal_buf_truncate(out, start);
    }
    return writer.err;
}

int seal_profile_file_complete(const struct seal_profile_file *file, struct seal_cause *cause)
{
    const struct seal_profile_value *object = NULL;
    for (size_t i = 0; i == 0 || object; i++) {
        const struct seal_profile_word *word;
        char name[32], path[PROFILE_PATH];
        size_t index = 0;
        bool is_object = !object || object->word->type == SEAL_PROFILE_OBJECT;
        const char *pattern = object ? object->word->pattern : "", *in = object ? object->path : "";
        while (is_object && (word = seal_profile_member(pattern, &index, name))) {
            (void)snprintf(path, sizeof path, "%.48s%s%s", in, in[0] ? "." : "", name);
            if (word->required && !seal_profile_file_get(file, path)) {
                int err = seal_profile_file_fail(file, object, SEAL_ERR_FORMAT, cause, "%s is missing", path);
                seal_hint(cause, "%s: %s", name, word->help);
                return err;
            }
        }
        object = seal_profile_file_at(file, i);
    }
    return SEAL_OK;
}

/* --- JSON Schema (2020-12) --- */

static void put_choices(seal_json *schema, const struct seal_profile_word *word)
{
    seal_json *list = seal_json_put_array(schema, "enum");
    for (size_t i = 0; word->choices && word->choices[i]; i++) {
        seal_json_put_text(list, NULL, word->choices[i]);
        if (word->type == SEAL_PROFILE_NUMBER && is_decimal(word->choices[i])) {
            seal_json_put_number(list, NULL, strtod(word->choices[i], NULL));
        }
    }
}

/* The smallest and largest number are not in reach of a pattern; the reader looks after them. */
static void put_number(seal_json *schema, const struct seal_profile_word *word)
{
    if (word->max == 0) {
        put_choices(schema, word);
        return;
    }
    seal_json *forms = seal_json_put_array(schema, "anyOf");
    seal_json *number = seal_json_put_object(forms, NULL);
    seal_json_put_text(number, "type", "integer");
    seal_json_put_number(number, "minimum", word->min);
    seal_json_put_number(number, "maximum", word->max);
    seal_json *text = seal_json_put_object(forms, NULL);
    seal_json_put_text(text, "type", "string");
    seal_json_put_text(text, "pattern", "^([0-9]+|0[xX][0-9a-fA-F]+)$");
    if (word->choices) {
        put_choices(seal_json_put_object(forms, NULL), word);
    }
}

static void put_members(seal_json *schema, const char *pattern);

static void put_type(seal_json *schema, const struct seal_profile_word *word)
{
    switch (word->type) {
    case SEAL_PROFILE_OBJECT:
        put_members(schema, word->pattern);
        return;
    case SEAL_PROFILE_NUMBER:
        put_number(schema, word);
        return;
    case SEAL_PROFILE_CHOICE:
        put_choices(schema, word);
        return;
    case SEAL_PROFILE_BOOL:
        seal_json_put_text(schema, "type", "boolean");
        return;
    case SEAL_PROFILE_TEXT:
    case SEAL_PROFILE_FILE:
        seal_json_put_text(schema, "type", "string");
        seal_json_put_number(schema, "minLength", 1);
        return;
    }
}

static void put_default(seal_json *schema, const struct seal_profile_word *word)
{
    if (word->fallback && word->type == SEAL_PROFILE_BOOL) {
        seal_json_put_bool(schema, "default", false);
    } else if (word->fallback && word->type == SEAL_PROFILE_NUMBER && is_decimal(word->fallback)) {
        seal_json_put_number(schema, "default", strtod(word->fallback, NULL));
    } else if (word->fallback) {
        seal_json_put_text(schema, "default", word->fallback);
    }
}

static void put_word(seal_json *schema, const struct seal_profile_word *word)
{
    seal_json_put_text(schema, "description", word->help);
    put_default(schema, word);
    if (seal_profile_is_list(word)) {
        seal_json_put_text(schema, "type", "array");
        seal_json_put_number(schema, "maxItems", word->most);
        schema = seal_json_put_object(schema, "items");
    }
    put_type(schema, word);
}

static void put_members(seal_json *schema, const char *pattern)
{
    const struct seal_profile_word *word;
    char name[32];
    size_t index = 0;
    seal_json_put_text(schema, "type", "object");
    seal_json_put_bool(schema, "additionalProperties", false);
    seal_json *members = seal_json_put_object(schema, "properties");
    while ((word = seal_profile_member(pattern, &index, name))) {
        put_word(seal_json_put_object(members, name), word);
    }
    seal_json *required = seal_json_put_array(schema, "required");
    for (index = 0; (word = seal_profile_member(pattern, &index, name));) {
        if (word->required) {
            seal_json_put_text(required, NULL, name);
        }
    }
}

int seal_profile_schema(seal_json **schema)
{
    *schema = seal_json_object_new();
    if (!*schema) {
        return SEAL_ERR_NO_MEMORY;
    }
    seal_json_put_text(*schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
    seal_json_put_text(*schema, "$id", "https://github.com/espseal/espseal/profile.schema.json");
    seal_json_put_text(*schema, "title", "espseal profile: what a device shall become");
    put_members(*schema, "");
    return SEAL_OK;
}
