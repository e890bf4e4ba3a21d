#include <espseal/secure_cert_rows.h>

#include <espseal/csv.h>
#include <espseal/json.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PEM_LINE = 64, NUMBER_ROOM = 16 };

/* --- CSV --- */

static int find_columns(const struct seal_csv *csv, size_t columns[static SEAL_COLUMN_COUNT],
                        struct seal_cause *cause)
{
    for (unsigned i = 0; i < SEAL_COLUMN_COUNT; i++) {
        const char *name = seal_row_column_name((enum seal_row_column)i);
        int err = SEAL_OK;
        columns[i] = SEAL_CSV_NONE;
        for (size_t at = 0; at < seal_csv_columns(csv); at++) {
            const char *heading = seal_csv_heading(csv, at);
            size_t blanks = strspn(heading, " \t");
            size_t len = strcspn(heading + blanks, " \t");
            if (len == strlen(name) && strncmp(heading + blanks, name, len) == 0) {
                columns[i] = at;
            }
        }
        if (columns[i] == SEAL_CSV_NONE && i <= SEAL_COLUMN_DATA_TYPE) {
            err = seal_csv_need_column(csv, name, &columns[i], cause);
            seal_hint(cause, "the first row must be: tlv_type,tlv_subtype,data_value,data_type,"
                             "priv_key_type,algorithm,key_size,efuse_id,efuse_key");
        }
        if (err != SEAL_OK) {
            return err;
        }
    }
    return SEAL_OK;
}

static bool is_blank_row(const char *const cells[static SEAL_COLUMN_COUNT])
{
    for (size_t i = 0; i < SEAL_COLUMN_COUNT; i++) {
        if (cells[i] && cells[i][strspn(cells[i], " \t\r\n")]) {
            return false;
        }
    }
    return true;
}

int seal_secure_cert_rows_csv(const void *text, size_t len, const char *name,
                              struct seal_secure_cert_rows *rows, struct seal_cause *cause)
{
    size_t columns[SEAL_COLUMN_COUNT];
    struct seal_csv *csv = NULL;
    int err = seal_csv_parse(text, len, name, SEAL_CSV_COMMENTS, &csv, cause);
    if (err == SEAL_OK) {
        err = find_columns(csv, columns, cause);
    }
    for (size_t row = 0; err == SEAL_OK && row < seal_csv_rows(csv); row++) {
        const char *cells[SEAL_COLUMN_COUNT];
        char place[96];
        for (size_t i = 0; i < SEAL_COLUMN_COUNT; i++) {
            cells[i] = seal_csv_cell(csv, row, columns[i]);
        }
        (void)snprintf(place, sizeof place, "%.60s line %zu", name, seal_csv_line(csv, row));
        if (!is_blank_row(cells)) {
            err = seal_secure_cert_rows_add(rows, place, cells, cause);
        }
    }
    seal_csv_free(&csv);
    return err;
}

/* --- JSON --- */

/* A member as text; numbers are whole here. */
static bool member_text(const seal_json *object, const char *name, char room[static NUMBER_ROOM],
                        const char **text)
{
    const seal_json *member = seal_json_get(object, name);
    double number = 0;
    *text = seal_json_text(member);
    if (!member || *text) {
        return true;
    }
    if (!seal_json_number(member, &number) || number < 0 || number > 1e9 || floor(number) != number) {
        return false;
    }
    (void)snprintf(room, NUMBER_ROOM, "%.0f", number);
    *text = room;
    return true;
}

static int add_object(const seal_json *object, const char *place, struct seal_secure_cert_rows *rows,
                      struct seal_cause *cause)
{
    const char *cells[SEAL_COLUMN_COUNT];
    char numbers[SEAL_COLUMN_COUNT][NUMBER_ROOM];
    for (unsigned i = 0; i < SEAL_COLUMN_COUNT; i++) {
        const char *name = seal_row_column_name((enum seal_row_column)i);
        if (!member_text(object, name, numbers[i], &cells[i])) {
            return seal_fail(cause, SEAL_ERR_FORMAT, "%s: %s must be a text or a whole number", place, name);
        }
    }
    return seal_secure_cert_rows_add(rows, place, cells, cause);
}

int seal_secure_cert_rows_json(const void *text, size_t len, const char *name,
                               struct seal_secure_cert_rows *rows, struct seal_cause *cause)
{
    seal_json *root = NULL;
    int err = seal_fail_in(cause, seal_json_parse(text, len, &root, cause), name);
    const seal_json *entries = seal_json_get(root, "entries");
    entries = entries ? entries : root;
    if (err == SEAL_OK && !seal_json_at(entries, 0)) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s has no array of entries", name);
    }
    for (size_t i = 0; err == SEAL_OK && i < seal_json_len(entries); i++) {
        char place[96];
        (void)snprintf(place, sizeof place, "%.60s entry %zu", name, i + 1);
        err = add_object(seal_json_at(entries, i), place, rows, cause);
    }
    seal_json_free(&root);
    return err;
}

/* --- PEM in one cell --- */

static const char *find_text(const char *data, size_t len, const char *text)
{
    return memmem(data, len, text, strlen(text));
}

/* Up to limit; "\n" in two characters and blanks are dropped. */
static int put_wrapped(const char *at, const char *limit, struct seal_buf *out)
{
    size_t column = 0;
    int err = SEAL_OK;
    for (; err == SEAL_OK && at < limit; at++) {
        if (*at == '\\' && at + 1 < limit && (at[1] == 'n' || at[1] == 'r')) {
            at++;
            continue;
        }
        if (strchr(" \t\r\n", *at)) {
            continue;
        }
        err = seal_buf_put_u8(out, (uint8_t)*at);
        if (err == SEAL_OK && ++column % PEM_LINE == 0) {
            err = seal_buf_put_u8(out, '\n');
        }
    }
    return err == SEAL_OK && column % PEM_LINE ? seal_buf_put_u8(out, '\n') : err;
}

int seal_pem_unfold(const uint8_t *data, size_t len, struct seal_buf *out)
{
    static const char dashes[] = "-----";
    const char *text = (const char *)data;
    const char *begin = find_text(text, len, "-----BEGIN ");
    const char *name = begin ? begin + 11 : NULL;
    const char *body = begin ? find_text(name, len - (size_t)(name - text), dashes) : NULL;
    body = body ? body + 5 : NULL;
    const char *end = body ? find_text(body, len - (size_t)(body - text), "-----END ") : NULL;
    const char *stop = end ? find_text(end + 9, len - (size_t)(end + 9 - text), dashes) : NULL;
    if (!stop || memchr(body, '\n', (size_t)(end - body))) {
        return seal_buf_put(out, data, len);
    }
    int err = seal_buf_put(out, begin, (size_t)(body - begin));
    if (err == SEAL_OK) {
        err = seal_buf_put_u8(out, '\n');
    }
    if (err == SEAL_OK) {
        err = put_wrapped(body, end, out);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put(out, end, (size_t)(stop + 5 - end));
    }
    return err == SEAL_OK ? seal_buf_put_u8(out, '\n') : err;
}
