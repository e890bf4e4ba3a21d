#include "vectors.h"

#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seal_buf *vector_file(const struct vector_case *c, const char *name)
{
    char path[2048];
    struct seal_buf *data = NULL;
    struct seal_cause cause = {0};
    (void)snprintf(path, sizeof path, "%s/%s", c->folder, name);
    if (seal_file_read(path, 1 << 20, 0, &data, &cause) != SEAL_OK) {
        fail_msg("%s", cause.text);
    }
    return data;
}

struct seal_buf *vector_member(const struct vector_case *c, const seal_json *object, const char *key)
{
    const char *name = seal_json_text(seal_json_get(seal_json_get(object, key), "file"));
    return name ? vector_file(c, name) : NULL;
}

uint32_t vector_number(const seal_json *object, const char *key)
{
    double number = -1;
    if (!seal_json_number(seal_json_get(object, key), &number) || number < 0 || number > UINT32_MAX) {
        fail_msg("case.json has no number \"%s\"", key);
    }
    return (uint32_t)number;
}

static void open_case(const char *group, const char *id, struct vector_case *c)
{
    struct seal_cause cause = {0};
    (void)snprintf(c->folder, sizeof c->folder, "%s/vectors/%s/%s", TESTS_DIR, group, id);
    c->id = id;
    struct seal_buf *text = vector_file(c, "case.json");
    if (seal_json_parse((const char *)seal_buf_ptr(text), seal_buf_len(text), &c->json, &cause) != SEAL_OK) {
        fail_msg("%s/case.json: %s", c->folder, cause.text);
    }
    seal_buf_free(&text);
    c->inputs = seal_json_get(c->json, "inputs");
    c->expected = seal_json_get(c->json, "expected");
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

size_t vector_each(const char *group, void (*each)(const struct vector_case *c))
{
    char path[512];
    struct dirent **names = NULL;
    (void)snprintf(path, sizeof path, "%s/vectors/%s", TESTS_DIR, group);
    int count = scandir(path, &names, not_hidden, alphasort);
    if (count <= 0) {
        fail_msg("no cases in %s", path);
    }
    for (int i = 0; i < count; i++) {
        struct vector_case c = {0};
        open_case(group, names[i]->d_name, &c);
        print_message("%s/%s\n", group, c.id);
        each(&c);
        seal_json_free(&c.json);
        free(names[i]);
    }
    free(names);
    return (size_t)count;
}
