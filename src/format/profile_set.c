#include "profile_parts.h"

#include <espseal/hex.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct walk { /* along a path, from the root to a word */
    struct profile_place place;
    char pattern[PROFILE_PATH], path[PROFILE_PATH];
    bool null; /* the word is to be taken out */
};

bool profile_within(const char *path, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(path, prefix, len) == 0 && (path[len] == '\0' || path[len] == '.' || path[len] == '[');
}

void profile_drop(struct seal_profile_file *file, const char *path)
{
    size_t kept = 0;
    for (size_t i = 0; i < file->count; i++) {
        if (profile_within(file->values[i].path, path)) {
            profile_free_value(&file->values[i]);
        } else {
            file->values[kept++] = file->values[i];
        }
    }
    file->count = kept;
}

/* "firmware.0.file" says "firmware[0].file". */
static bool put_in_brackets(const char *given, size_t len, char key[static PROFILE_PATH])
{
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        size_t digits = 0;
        while (given[i] == '.' && i + 1 + digits < len && isdigit((unsigned char)given[i + 1 + digits])) {
            digits++;
        }
        bool index = digits > 0 && (i + 1 + digits == len || given[i + 1 + digits] == '.');
        if (used + digits + 3 >= PROFILE_PATH) {
            return false;
        }
        if (index) {
            used += (size_t)snprintf(key + used, PROFILE_PATH - used, "[%.*s]", (int)digits, given + i + 1);
            i += digits;
        } else {
            key[used++] = given[i];
        }
    }
    key[used] = '\0';
    return used > 0;
}

static int enter_list(struct walk *walk, const char *index_text)
{
    struct profile_place *place = &walk->place;
    char digits[12] = "";
    uint32_t index = 0;
    size_t len = index_text ? strcspn(index_text + 1, "]") : 0;
    if (!index_text) {
        int err = profile_complain(place, "is a list");
        seal_hint(place->cause, "name its element, such as %s[0]", walk->path);
        return err;
    }
    if (len < sizeof digits) {
        memcpy(digits, index_text + 1, len);
    }
    size_t count = seal_profile_file_count(place->file, walk->path);
    size_t path_len = strlen(walk->path), pattern_len = strlen(walk->pattern);
    (void)snprintf(walk->pattern + pattern_len, sizeof walk->pattern - pattern_len, "[]");
    if (seal_parse_u32(digits, UINT32_MAX, &index) != SEAL_OK || index > count) {
        return profile_complain(place, "has %zu elements; the next is %s[%zu]", count, walk->path, count);
    }
    if (index >= seal_profile_word(walk->pattern)->most) {
        return profile_complain(place, "can have no more than %zu elements", count);
    }
    (void)snprintf(walk->path + path_len, sizeof walk->path - path_len, "[%u]", (unsigned)index);
    return SEAL_OK;
}

/* One part of the path: a name, with an index where it is a list. */
static int enter(struct walk *walk, const char *part, size_t len, bool last)
{
    struct profile_place *place = &walk->place;
    char name[PROFILE_PATH], inner[PROFILE_PATH], path[PROFILE_PATH];
    size_t name_len = strcspn(part, "[");
    name_len = name_len < len ? name_len : len;
    const char *index = name_len < len ? part + name_len : NULL;
    (void)snprintf(name, sizeof name, "%.*s", (int)name_len, part);
    int err = profile_join(place, walk->pattern, name, inner);
    if (err == SEAL_OK && !profile_known(inner)) {
        err = profile_unknown(place, walk->pattern, name);
    }
    if (err == SEAL_OK) {
        err = profile_join(place, walk->path, name, path);
    }
    if (err != SEAL_OK) {
        return err;
    }
    memcpy(walk->pattern, inner, sizeof inner);
    memcpy(walk->path, path, sizeof path);
    if (!seal_profile_word(inner)) {
        return !index && last && walk->null ? SEAL_OK : enter_list(walk, index);
    }
    return index ? profile_complain(place, "is no list") : SEAL_OK;
}

static int make_object(struct walk *walk)
{
    const struct seal_profile_word *word = seal_profile_word(walk->pattern);
    struct profile_place object = walk->place;
    object.path = walk->path;
    if (word->type != SEAL_PROFILE_OBJECT) {
        return profile_complain(&walk->place, "%s holds no words of its own", walk->path);
    }
    return walk->null || seal_profile_file_get(object.file, object.path) ? SEAL_OK
                                                                         : profile_take(&object, word, "", 0);
}

static int enter_all(struct walk *walk, const char *key)
{
    int err = SEAL_OK;
    while (*key && err == SEAL_OK) {
        size_t len = strcspn(key, ".");
        bool last = key[len] == '\0';
        err = enter(walk, key, len, last);
        if (err == SEAL_OK && !last) {
            err = make_object(walk);
        }
        key += len + !last;
    }
    return err;
}

/* Lists have no holes: of a list only the last element can go. */
static int drop(struct walk *walk)
{
    char list[PROFILE_PATH], last[PROFILE_PATH + 32];
    size_t len = strlen(walk->path);
    if (len > 0 && walk->path[len - 1] == ']') {
        (void)snprintf(list, sizeof list, "%.*s", (int)(strrchr(walk->path, '[') - walk->path), walk->path);
        size_t count = seal_profile_file_count(walk->place.file, list);
        (void)snprintf(last, sizeof last, "%s[%zu]", list, count ? count - 1 : 0);
        if (strcmp(last, walk->path) != 0) {
            return profile_complain(&walk->place, "is not the last of its list");
        }
    }
    profile_drop(walk->place.file, walk->path);
    return SEAL_OK;
}

int seal_profile_file_set(struct seal_profile_file *file, const char *assignment, const char *origin,
                          struct seal_cause *cause)
{
    char key[PROFILE_PATH];
    const char *equals = strchr(assignment, '=');
    struct walk walk = {.place = {.file = file, .path = key, .origin = origin, .cause = cause}};
    if (!equals || !put_in_brackets(assignment, (size_t)(equals - assignment), key)) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s %.60s is not KEY=VALUE", origin, assignment);
        seal_hint(cause, "for example --set flash_encryption.mode=release");
        return err;
    }
    if (!seal_json_is_utf8(equals + 1)) {
        return profile_complain(&walk.place, "is not UTF-8");
    }
    walk.null = strcmp(equals + 1, "null") == 0;
    int err = enter_all(&walk, key);
    if (err != SEAL_OK || walk.null) {
        return err != SEAL_OK ? err : drop(&walk);
    }
    walk.place.path = walk.path;
    const struct seal_profile_word *word = seal_profile_word(walk.pattern);
    if (word->type != SEAL_PROFILE_OBJECT) {
        profile_drop(file, walk.path);
    }
    return profile_take_text(&walk.place, word, equals + 1);
}
