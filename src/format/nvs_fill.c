#include "nvs_fill.h"

#include <stdlib.h>
#include <string.h>

struct seal_nvs_filled {
    struct seal_nvs_filled *next;
    struct seal_buf *text; /* with a NUL */
};

void seal_nvs_filled_free(struct seal_nvs_filled **filled)
{
    while (*filled) {
        struct seal_nvs_filled *first = *filled;
        *filled = first->next;
        seal_buf_free(&first->text);
        free(first);
    }
}

struct word {
    char name[64], argument[64];
    bool has_argument;
    const char *begin, *end; /* of the whole, with its braces */
};

/* The next "{name}" or "{name:argument}" of text. */
static bool next_word(const char *text, struct word *word)
{
    for (const char *at = strchr(text, '{'); at; at = strchr(at + 1, '{')) {
        size_t len = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");
        const char *behind = at + 1 + len;
        word->has_argument = *behind == ':';
        const char *argument = behind + word->has_argument;
        size_t argument_len = word->has_argument ? strcspn(argument, "{}") : 0;
        if (len == 0 || len >= sizeof word->name || argument_len >= sizeof word->argument ||
            argument[argument_len] != '}') {
            continue;
        }
        memcpy(word->name, at + 1, len);
        word->name[len] = '\0';
        memcpy(word->argument, argument, argument_len);
        word->argument[argument_len] = '\0';
        word->begin = at;
        word->end = argument + argument_len + 1;
        return true;
    }
    return false;
}

bool seal_nvs_has_word(const char *text, const char *name)
{
    struct word word;
    for (; next_word(text, &word); text = word.end) {
        if (!name || strcmp(word.name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int fill(const struct seal_nvs_csv *how, const char *text, struct seal_buf *out,
                enum seal_nvs_made *made, struct seal_cause *cause)
{
    struct word word;
    int err = SEAL_OK;
    while (err == SEAL_OK && next_word(text, &word)) {
        enum seal_nvs_made one = SEAL_NVS_GIVEN;
        err = seal_buf_put(out, text, (size_t)(word.begin - text));
        if (err == SEAL_OK) {
            err = how->fill(how->fill_ctx, word.name, word.has_argument ? word.argument : NULL, out, &one,
                            cause);
        }
        *made = one > *made ? one : *made;
        text = word.end;
    }
    return err == SEAL_OK ? seal_buf_put(out, text, strlen(text) + 1) : err;
}

int seal_nvs_fill(const struct seal_nvs_csv *how, const char *text, struct seal_nvs_filled **filled,
                  const char **value, enum seal_nvs_made *made, struct seal_cause *cause)
{
    struct word word;
    *value = text;
    if (!how->fill || !next_word(text, &word)) {
        return SEAL_OK;
    }
    struct seal_nvs_filled *one = calloc(1, sizeof *one);
    if (!one || !(one->text = seal_buf_new())) {
        free(one);
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a value");
    }
    one->next = *filled;
    *filled = one;
    int err = fill(how, text, one->text, made, cause);
    *value = (const char *)seal_buf_ptr(one->text);
    return err;
}
