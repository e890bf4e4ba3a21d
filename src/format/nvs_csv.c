#include "nvs_value.h"

#include "nvs_fill.h"
#include "nvs_wifi.h"

#include <stdio.h>
#include <string.h>

struct columns {
    size_t key, type, encoding, value;
};

struct state {
    struct seal_nvs_writer *writer;
    struct seal_nvs_filled *filled; /* the Wi-Fi entries borrow from it to the end */
    const struct seal_nvs_csv *how;
    struct seal_nvs_wifi wifi;
    struct columns columns; /* of the table in hand */
    char space[SEAL_NVS_KEY_MAX + 1], newest[SEAL_NVS_KEY_MAX + 1];
};

static const char *cell(const struct seal_csv *table, size_t row, size_t column)
{
    const char *text = seal_csv_cell(table, row, column);
    return text ? text : "";
}

static int find_columns(const struct seal_csv *table, struct columns *columns, struct seal_cause *cause)
{
    const struct {
        const char *heading;
        size_t *column;
    } wanted[] = {
        {"key", &columns->key},
        {"type", &columns->type},
        {"encoding", &columns->encoding},
        {"value", &columns->value},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        int err = seal_csv_need_column(table, wanted[i].heading, wanted[i].column, cause);
        if (err != SEAL_OK) {
            seal_hint(cause, "the first row of an NVS table is: key,type,encoding,value");
            return err;
        }
    }
    return SEAL_OK;
}

/* Puts file and line before what was the matter. */
static int in_row(const struct seal_csv *table, size_t row, int err, struct seal_cause *cause)
{
    if (err == SEAL_OK || !cause) {
        return err;
    }
    struct seal_cause inner = *cause;
    err = seal_fail(cause, err, "%s line %zu: %s", seal_csv_name(table), seal_csv_line(table, row),
                    inner.err == err && inner.text[0] ? inner.text : seal_strerror(err));
    cause->sys_errno = inner.sys_errno;
    if (inner.hint[0]) {
        seal_hint(cause, "%s", inner.hint);
    }
    return err;
}

static bool is_naming(const char *heading)
{
    static const char names[] = "\nmac\nserial\nid\npop\n";
    char line[16];
    int len = snprintf(line, sizeof line, "\n%s\n", heading);
    return len < (int)sizeof line && strstr(names, line);
}

/* The device's own value for the key, or NULL. What names a device goes into words that the value has. */
static const char *device_value(const struct state *state, const char *key, const char *value)
{
    char full[2 * SEAL_NVS_KEY_MAX + 2];
    const struct seal_csv *values = state->how->values;
    if (!values) {
        return NULL;
    }
    (void)snprintf(full, sizeof full, "%s:%.15s", state->space, key);
    const char *own = seal_csv_cell(values, state->how->values_row, seal_csv_column(values, full));
    if (own || (is_naming(key) && state->how->fill && seal_nvs_has_word(value, NULL))) {
        return own;
    }
    return seal_csv_cell(values, state->how->values_row, seal_csv_column(values, key));
}

static int put_value(struct state *state, const char *key, const char *encoding, const char *text, size_t len,
                     struct seal_cause *cause)
{
    struct seal_nvs_value value = {0};
    int err = seal_nvs_value_decode(encoding, text, len, &value, cause);
    if (err != SEAL_OK) {
        return err;
    }
    err = value.bytes ? seal_nvs_put_bytes(state->writer, key, value.type, seal_buf_ptr(value.bytes),
                                           seal_buf_len(value.bytes), cause)
                      : seal_nvs_put_number(state->writer, key, value.type, value.number, cause);
    seal_buf_free(&value.bytes);
    return err;
}

static int put_file(struct state *state, const char *key, const char *encoding, const char *path,
                    struct seal_cause *cause)
{
    struct seal_buf *content = NULL;
    if (!state->how->read_file) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "rows of type file cannot be read here");
    }
    int err = state->how->read_file(state->how->ctx, path, &content, cause);
    if (err == SEAL_OK) {
        const void *text = seal_buf_ptr(content);
        err = put_value(state, key, encoding, text, seal_buf_len(content), cause);
    }
    seal_buf_free(&content);
    return err;
}

static int put_data(struct state *state, const char *key, const char *encoding, const char *text,
                    struct seal_cause *cause)
{
    int err = seal_nvs_wifi_before(&state->wifi, state->writer, key, text, cause);
    if (err == SEAL_OK) {
        err = put_value(state, key, encoding, text, strlen(text), cause);
    }
    return err == SEAL_OK ? seal_nvs_wifi_after(&state->wifi, state->writer, key, cause) : err;
}

static void note_return(const struct state *state, const struct seal_csv *table, size_t row)
{
    char text[256];
    if (state->how->note && strcmp(state->space, state->newest) != 0) {
        (void)snprintf(
            text, sizeof text,
            "%.80s line %zu: back to namespace \"%s\"; nvs_partition_gen.py 0.2.0 would put what follows "
            "into \"%s\"",
            seal_csv_name(table), seal_csv_line(table, row), state->space, state->newest);
        state->how->note(state->how->ctx, text);
    }
}

static int put_namespace(struct state *state, const struct seal_csv *table, size_t row,
                         struct seal_cause *cause)
{
    const char *name = cell(table, row, state->columns.key);
    bool returned = false;
    int err = seal_nvs_put_namespace(state->writer, name, &returned, cause);
    if (err == SEAL_OK) {
        (void)snprintf(state->space, sizeof state->space, "%.15s", name);
        if (returned) {
            note_return(state, table, row);
        } else {
            memcpy(state->newest, state->space, sizeof state->newest);
        }
    }
    return err;
}

static int put_row(struct state *state, const struct seal_csv *table, size_t row, struct seal_cause *cause)
{
    const char *key = cell(table, row, state->columns.key);
    const char *type = cell(table, row, state->columns.type);
    const char *encoding = cell(table, row, state->columns.encoding);
    if (strcmp(type, "namespace") == 0) {
        return put_namespace(state, table, row, cause);
    }
    bool file = strcmp(type, "file") == 0;
    if (file || strcmp(type, "data") == 0) {
        const char *given = cell(table, row, state->columns.value);
        const char *value = device_value(state, key, given);
        enum seal_nvs_made made = SEAL_NVS_GIVEN;
        int err = value ? SEAL_OK : seal_nvs_fill(state->how, given, &state->filled, &value, &made, cause);
        if (err == SEAL_OK) {
            err = (file ? put_file : put_data)(state, key, encoding, value, cause);
        }
        return err == SEAL_OK && state->how->put
                   ? state->how->put(state->how->fill_ctx, state->space, key, made)
                   : err;
    }
    int err = seal_fail(cause, SEAL_ERR_FORMAT, "there is no type \"%.40s\"", type);
    seal_hint(cause, "the type is namespace, data or file");
    return err;
}

/* Whether the heading, KEY or NAMESPACE:KEY, is that of some row, or a word in braces. */
static bool is_used(const struct seal_csv *const *tables, const char *heading, bool words)
{
    const char *space = "";
    for (size_t i = 0; tables[i]; i++) {
        struct columns columns;
        if (find_columns(tables[i], &columns, NULL) != SEAL_OK) {
            return true; /* which is told when that table's turn comes */
        }
        for (size_t j = 0; j < seal_csv_rows(tables[i]); j++) {
            const char *key = cell(tables[i], j, columns.key);
            size_t len = strlen(space);
            if (strcmp(cell(tables[i], j, columns.type), "namespace") == 0) {
                space = key;
            } else if (strcmp(heading, key) == 0 ||
                       (words && seal_nvs_has_word(cell(tables[i], j, columns.value), heading)) ||
                       (strncmp(heading, space, len) == 0 && heading[len] == ':' &&
                        strcmp(heading + len + 1, key) == 0)) {
                return true;
            }
        }
    }
    return false;
}

/* A column that matches nothing is a slip of the pen, and a device would go without its value. */
static int check_values(const struct seal_csv *const *tables, const struct seal_nvs_csv *how,
                        struct seal_cause *cause)
{
    const struct seal_csv *values = how->values;
    for (size_t i = 0; values && i < seal_csv_columns(values); i++) {
        const char *heading = seal_csv_heading(values, i);
        bool used = *heading == '\0' || is_naming(heading) || is_used(tables, heading, how->fill != NULL);
        if (!used) {
            int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s: the column \"%.40s\" is no key of the NVS table",
                                seal_csv_name(values), heading);
            seal_hint(
                cause,
                "a column is named KEY or NAMESPACE:KEY; mac, serial, id and pop may stand beside them");
            return err;
        }
    }
    return SEAL_OK;
}

static void learn_keys(const struct seal_csv *const *tables, struct seal_nvs_wifi *wifi)
{
    for (size_t i = 0; tables[i]; i++) {
        size_t column = seal_csv_column(tables[i], "key");
        for (size_t j = 0; j < seal_csv_rows(tables[i]); j++) {
            seal_nvs_wifi_has(wifi, cell(tables[i], j, column));
        }
    }
}

int seal_nvs_put_csv(struct seal_nvs_writer *writer, const struct seal_csv *const *tables,
                     const struct seal_nvs_csv *how, struct seal_cause *cause)
{
    struct state state = {.writer = writer, .how = how, .wifi = {.how = how}};
    int err = check_values(tables, how, cause);
    learn_keys(tables, &state.wifi);
    for (size_t i = 0; tables[i] && err == SEAL_OK; i++) {
        err = find_columns(tables[i], &state.columns, cause);
        for (size_t j = 0; err == SEAL_OK && j < seal_csv_rows(tables[i]); j++) {
            err = in_row(tables[i], j, put_row(&state, tables[i], j, cause), cause);
        }
    }
    seal_nvs_filled_free(&state.filled);
    return err;
}
