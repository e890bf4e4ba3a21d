/* A profile that is read has known words at lines of its text, is read the same from what is written of it,
 * and takes any assignment or says why not. */
#include "fuzz.h"

#include <espseal/buf.h>
#include <espseal/profile_file.h>

#include <string.h>

static size_t count_lines(const uint8_t *data, size_t size)
{
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n';
    }
    return lines;
}

static void compare(const struct seal_profile_file *file, const struct seal_profile_file *again)
{
    const struct seal_profile_value *value;
    size_t i = 0;
    for (; (value = seal_profile_file_at(file, i)); i++) {
        const struct seal_profile_value *other = seal_profile_file_get(again, value->path);
        fuzz_require(other && other->word == value->word, "the same word");
        fuzz_require(strcmp(other->text, value->text) == 0, "the same text");
        fuzz_require(other->number == value->number, "the same number");
    }
    fuzz_require(seal_profile_file_at(again, i) == NULL, "as many values");
}

static void write_back(const struct seal_profile_file *file, bool comments)
{
    struct seal_buf *text = seal_buf_new();
    struct seal_profile_file *again = NULL;
    fuzz_require(text != NULL, "memory");
    fuzz_require(seal_profile_file_print(file, comments, text) == SEAL_OK, "it is written");
    fuzz_require(seal_profile_file_read(seal_buf_ptr(text), seal_buf_len(text), "again", &again, NULL) ==
                     SEAL_OK,
                 "what is written is read");
    compare(file, again);
    seal_profile_file_free(&again);
    seal_buf_free(&text);
}

static void check(const struct seal_profile_file *file, size_t lines)
{
    const struct seal_profile_value *value;
    for (size_t i = 0; (value = seal_profile_file_at(file, i)); i++) {
        fuzz_require(value->line >= 1 && value->line <= lines, "a line of the text");
        fuzz_require(seal_profile_file_get(file, value->path) == value, "each path once");
    }
    struct seal_cause cause = {0};
    if (seal_profile_file_complete(file, &cause) != SEAL_OK) {
        fuzz_require(cause.text[0] != '\0', "what is missing is said");
    }
    write_back(file, false);
    write_back(file, true);
}

/* The first line of the input is an assignment as well. */
static void assign(struct seal_profile_file *file, const uint8_t *data, size_t size)
{
    char text[256];
    size_t len = 0;
    while (len < size && len < sizeof text - 1 && data[len] && data[len] != '\n') {
        text[len] = (char)data[len];
        len++;
    }
    text[len] = '\0';
    struct seal_cause cause = {0};
    if (seal_profile_file_set(file, text, "--set", &cause) != SEAL_OK) {
        fuzz_require(cause.text[0] != '\0', "a refusal says why");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal_profile_file *file = NULL;
    struct seal_cause cause = {0};
    if (seal_profile_file_read(data, size, "fuzz", &file, &cause) == SEAL_OK) {
        if (size) {
            check(file, count_lines(data, size));
        }
        assign(file, data, size);
        seal_profile_file_free(&file);
    } else {
        fuzz_require(file == NULL && cause.text[0], "a failure that says why");
    }
    if (seal_profile_file_read("", 0, "empty", &file, NULL) == SEAL_OK) {
        assign(file, data, size);
        write_back(file, true);
    }
    seal_profile_file_free(&file);
    return 0;
}
