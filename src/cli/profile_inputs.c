#include "profile.h"
#include "run.h"

#include <espseal/file.h>
#include <espseal/key_store.h>

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 20 };

static int set_text(struct seal_profile_file *file, const char *path, const char *text, const char *origin,
                    struct seal_cause *cause)
{
    char *assignment = NULL;
    if (asprintf(&assignment, "%s=%s", path, text) < 0) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    int err = seal_profile_file_set(file, assignment, origin, cause);
    free(assignment);
    return err;
}

/* "identity.san[]" of an index is "identity.san[3]". */
static void element_path(const char *pattern, size_t index, char *path, size_t size)
{
    size_t len = strlen(pattern);
    if (len > 2 && strcmp(pattern + len - 2, "[]") == 0) {
        (void)snprintf(path, size, "%.*s[%zu]", (int)(len - 2), pattern, index);
    } else {
        (void)snprintf(path, size, "%s", pattern);
    }
}

/* --- flags over the profile --- */

static int drop(struct seal_profile_file *file, const char *pattern, struct seal_cause *cause)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%.*s", (int)strcspn(pattern, "["), pattern);
    return set_text(file, path, "null", "--set", cause);
}

static int put_flag(struct cli_run *run, struct seal_profile_file *file, const struct seal_profile_word *word,
                    struct seal_cause *cause)
{
    const char *text;
    int err = drop(file, word->pattern, cause);
    if (word->type == SEAL_PROFILE_BOOL) {
        return err == SEAL_OK ? set_text(file, word->pattern, "true", word->option, cause) : err;
    }
    for (size_t i = 0; err == SEAL_OK && (text = cli_text_at(run, word->option, i)); i++) {
        char path[64];
        const struct seal_chip *chip =
            strcmp(word->option, "chip") == 0 ? seal_chip_find(text) : NULL; /* in any case of letters */
        element_path(word->pattern, i, path, sizeof path);
        err = set_text(file, path, chip ? chip->name : text, word->option, cause);
    }
    return err;
}

/* Images of the command line take the place of all that the profile has. */
static int put_firmware(struct cli_run *run, struct seal_profile_file *file, struct seal_cause *cause)
{
    const char *text;
    int err = cli_flag(run, "firmware") ? drop(file, "firmware[]", cause) : SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && (text = cli_text_at(run, "firmware", i)); i++) {
        const char *equals = strchr(text, '=');
        char path[64], offset[24];
        if (!equals || (size_t)(equals - text) >= sizeof offset) {
            return SEAL_OK; /* told by whoever reads the image */
        }
        (void)snprintf(offset, sizeof offset, "%.*s", (int)(equals - text), text);
        (void)snprintf(path, sizeof path, "firmware[%zu].offset", i);
        err = set_text(file, path, offset, "firmware", cause);
        (void)snprintf(path, sizeof path, "firmware[%zu].file", i);
        if (err == SEAL_OK) {
            err = set_text(file, path, equals + 1, "firmware", cause);
        }
    }
    return err;
}

int profile_read(struct cli_run *run, const char *path, struct seal_profile_file **file,
                 struct seal_cause *cause)
{
    struct seal_buf *text = NULL;
    const char *set;
    *file = NULL;
    int err = path ? seal_file_read(path, LARGEST, 0, &text, cause) : SEAL_OK;
    if (err == SEAL_OK && path && seal_buf_len(text) == 0) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is empty", path);
        seal_hint(cause, "espseal profile init writes a profile");
    }
    if (err == SEAL_OK) {
        err = seal_profile_file_read(text ? seal_buf_ptr(text) : NULL, text ? seal_buf_len(text) : 0,
                                     path ? path : "profile", file, cause);
    }
    for (size_t i = 0; err == SEAL_OK && (set = cli_text_at(run, "set", i)); i++) {
        err = seal_profile_file_set(*file, set, "--set", cause);
    }
    for (const struct seal_profile_word *word = seal_profile_words; err == SEAL_OK && word->pattern; word++) {
        if (word->option && cli_flag(run, word->option)) {
            err = put_flag(run, *file, word, cause);
        }
    }
    if (err == SEAL_OK) {
        err = put_firmware(run, *file, cause);
    }
    seal_buf_free(&text);
    if (err != SEAL_OK) {
        seal_profile_file_free(file);
    }
    return err;
}

/* --- the profile as options --- */

int profile_path(const struct seal_profile_file *file, const struct seal_profile_value *value,
                 char path[static PROFILE_FILE_NAME], struct seal_cause *cause)
{
    const char *name = seal_profile_file_name(file), *slash = strrchr(name, '/');
    bool as_it_is = value->line == 0 || value->text[0] == '/' || seal_key_is_uri(value->text) ||
                    strcmp(value->text, "-") == 0;
    int folder = as_it_is || !slash ? 0 : (int)(slash - name) + 1;
    if (snprintf(path, PROFILE_FILE_NAME, "%.*s%s", folder, name, value->text) >= PROFILE_FILE_NAME) {
        return seal_profile_file_fail(file, value, SEAL_ERR_TOO_LONG, cause, "the path is too long");
    }
    return SEAL_OK;
}

const struct seal_profile_value *profile_value_of(const struct seal_profile_file *file, const char *option,
                                                  size_t index)
{
    char path[64];
    if (strcmp(option, "firmware") == 0) {
        (void)snprintf(path, sizeof path, "firmware[%zu].file", index);
        return seal_profile_file_get(file, path);
    }
    for (const struct seal_profile_word *word = seal_profile_words; word->pattern; word++) {
        if (word->option && strcmp(word->option, option) == 0) {
            element_path(word->pattern, index, path, sizeof path);
            return seal_profile_file_get(file, path);
        }
    }
    return NULL;
}

int profile_blame(const struct seal_profile_file *file, const struct seal_profile_value *value, int err,
                  struct seal_cause *cause)
{
    seal_profile_file_blame(file, value, cause);
    if (err == SEAL_ERR_NOT_FOUND && value->line) {
        seal_hint(cause, "check the path: names in a profile are taken from the profile's folder");
    }
    return err;
}

static int give_value(struct cli_run *run, const struct seal_profile_file *file,
                      const struct seal_profile_value *value, struct seal_cause *cause)
{
    char path[PROFILE_FILE_NAME];
    const struct seal_profile_word *word = value->word;
    if (word->type == SEAL_PROFILE_BOOL) {
        return value->number ? cli_give(run, word->option, NULL, cause) : SEAL_OK;
    }
    if (word->type != SEAL_PROFILE_FILE) {
        return cli_give(run, word->option, value->text, cause);
    }
    int err = profile_path(file, value, path, cause);
    return err == SEAL_OK ? cli_give(run, word->option, path, cause) : err;
}

static int give_word(struct cli_run *run, const struct seal_profile_file *file,
                     const struct seal_profile_word *word, struct seal_cause *cause)
{
    const struct seal_profile_value *value;
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && (value = profile_value_of(file, word->option, i)); i++) {
        err = give_value(run, file, value, cause);
        if (!seal_profile_is_list(word)) {
            break;
        }
    }
    return err;
}

int profile_image(const struct seal_profile_file *file, size_t index, char text[static PROFILE_IMAGE],
                  struct seal_cause *cause)
{
    char name[PROFILE_FILE_NAME], word[64];
    (void)snprintf(word, sizeof word, "firmware[%zu].offset", index);
    const struct seal_profile_value *offset = seal_profile_file_get(file, word);
    int err = profile_path(file, profile_value_of(file, "firmware", index), name, cause);
    (void)snprintf(text, PROFILE_IMAGE, "0x%x=%s", (unsigned)offset->number, err == SEAL_OK ? name : "");
    return err;
}

static int give_firmware(struct cli_run *run, const struct seal_profile_file *file, struct seal_cause *cause)
{
    size_t count = seal_profile_file_count(file, "firmware");
    int err = SEAL_OK;
    for (size_t i = 0; i < count && err == SEAL_OK; i++) {
        char text[PROFILE_IMAGE];
        err = profile_image(file, i, text, cause);
        err = err == SEAL_OK ? cli_give(run, "firmware", text, cause) : err;
    }
    return err;
}

int profile_give(struct cli_run *run, const struct seal_profile_file *file, struct seal_cause *cause)
{
    int err = cli_flag(run, "firmware") ? SEAL_OK : give_firmware(run, file, cause);
    for (const struct seal_profile_word *word = seal_profile_words; err == SEAL_OK && word->pattern; word++) {
        if (word->option && !cli_flag(run, word->option)) {
            err = give_word(run, file, word, cause);
        }
    }
    return err;
}

bool profile_is_input(const struct seal_profile_value *value)
{
    static const char *const outputs[] = {"identity.csr_out", "record.out", "record.seen"};
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        if (strcmp(value->word->pattern, outputs[i]) == 0) {
            return false;
        }
    }
    return value->word->type == SEAL_PROFILE_FILE && strcmp(value->text, "generate") != 0 &&
           strcmp(value->text, "-") != 0 && !seal_key_is_uri(value->text);
}
