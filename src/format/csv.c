/* The only file that knows libcsv. */
#include <espseal/csv.h>

#include <espseal/secret.h>

#include <csv.h>
#include <stdlib.h>
#include <string.h>

struct row {
    size_t first, count; /* cells */
    size_t line;
};

struct seal_csv {
    char *name;
    struct seal_buf *text;  /* every cell with its NUL */
    struct seal_buf *cells; /* size_t: where in text it begins */
    struct seal_buf *rows;  /* struct row; row 0 is the header */
};

struct parse {
    struct seal_csv *csv;
    struct csv_parser parser;
    struct row row;
    size_t line;
    bool cell_begins, quoted;
    int err;
};

static const struct row *row_at(const struct seal_csv *csv, size_t row)
{
    const void *rows = seal_buf_ptr(csv->rows);
    return (const struct row *)rows + row;
}

static size_t row_count(const struct seal_csv *csv)
{
    return seal_buf_len(csv->rows) / sizeof(struct row);
}

static size_t cell_count(const struct seal_csv *csv)
{
    return seal_buf_len(csv->cells) / sizeof(size_t);
}

static const char *cell_at(const struct seal_csv *csv, size_t cell)
{
    size_t at;
    memcpy(&at, seal_buf_ptr(csv->cells) + cell * sizeof at, sizeof at);
    const void *text = seal_buf_ptr(csv->text) + at;
    return text;
}

static void keep(struct parse *parse, int err)
{
    parse->err = parse->err != SEAL_OK ? parse->err : err;
}

static void take_cell(void *bytes, size_t len, void *ctx)
{
    struct parse *parse = ctx;
    size_t at = seal_buf_len(parse->csv->text);
    keep(parse, seal_buf_put(parse->csv->cells, &at, sizeof at));
    keep(parse, seal_buf_put(parse->csv->text, bytes, len));
    keep(parse, seal_buf_put_u8(parse->csv->text, 0));
    parse->row.count++;
    parse->cell_begins = true;
    parse->quoted = false;
}

static void take_row(int terminator, void *ctx)
{
    (void)terminator;
    struct parse *parse = ctx;
    keep(parse, seal_buf_put(parse->csv->rows, &parse->row, sizeof parse->row));
    parse->row = (struct row){.first = cell_count(parse->csv)};
}

static int never_space(unsigned char c)
{
    (void)c;
    return 0;
}

static int fail_row(const struct parse *parse, const char *what, struct seal_cause *cause)
{
    return seal_fail(cause, SEAL_ERR_FORMAT, "%s line %zu: %s", parse->csv->name, parse->row.line, what);
}

/*
 * A cell that begins with a quote is held to the rules of quoting; in others a quote stands for itself, so
 * that
 * {"a":1} needs none.
 */
static int feed(struct parse *parse, char byte, struct seal_cause *cause)
{
    if (byte == '\0') {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s line %zu holds a NUL byte and is no CSV",
                         parse->csv->name, parse->line);
    }
    bool ends_line = byte == '\n' || byte == '\r';
    if (parse->cell_begins && !ends_line) {
        parse->quoted = byte == '"';
        parse->row.line = parse->row.count == 0 ? parse->line : parse->row.line;
        parse->cell_begins = byte == ',';
        csv_set_opts(&parse->parser, parse->quoted ? CSV_STRICT : 0);
    }
    if (csv_parse(&parse->parser, &byte, 1, take_cell, take_row, parse) != 1) {
        return csv_error(&parse->parser) == CSV_ENOMEM
                   ? seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for %s", parse->csv->name)
                   : fail_row(parse, "there is text after a closing quote", cause);
    }
    if (parse->err != SEAL_OK) {
        return seal_fail(cause, parse->err, "%s: %s", parse->csv->name, seal_strerror(parse->err));
    }
    parse->line += byte == '\n';
    return SEAL_OK;
}

static size_t line_end(const char *text, size_t len, size_t at)
{
    const char *end = memchr(text + at, '\n', len - at);
    return end ? (size_t)(end - text) + 1 : len;
}

static int feed_all(struct parse *parse, const char *text, size_t len, int flags, struct seal_cause *cause)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t at = len >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    bool line_begins = true;
    while (at < len) {
        if (line_begins && !parse->quoted && (flags & SEAL_CSV_COMMENTS) && text[at] == '#') {
            at = line_end(text, len, at);
            parse->line++;
            continue;
        }
        int err = feed(parse, text[at], cause);
        if (err != SEAL_OK) {
            return err;
        }
        line_begins = text[at++] == '\n';
    }
    if (parse->quoted) {
        csv_set_opts(&parse->parser, CSV_STRICT | CSV_STRICT_FINI);
    }
    if (csv_fini(&parse->parser, take_cell, take_row, parse) != 0) {
        return fail_row(parse, "a quote is opened here and never closed", cause);
    }
    return parse->err == SEAL_OK ? SEAL_OK : seal_fail(cause, parse->err, "%s", seal_strerror(parse->err));
}

static int check_header(const struct seal_csv *csv, struct seal_cause *cause)
{
    if (row_count(csv) == 0) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s is empty: its first row should name the columns",
                         csv->name);
    }
    for (size_t i = 0; i < seal_csv_columns(csv); i++) {
        const char *heading = cell_at(csv, i);
        if (*heading && seal_csv_column(csv, heading) != i) {
            return seal_fail(cause, SEAL_ERR_FORMAT, "%s line %zu: the column \"%.60s\" is there twice",
                             csv->name, row_at(csv, 0)->line, heading);
        }
    }
    return SEAL_OK;
}

static int check_rows(const struct seal_csv *csv, struct seal_cause *cause)
{
    size_t columns = seal_csv_columns(csv);
    for (size_t i = 1; i < row_count(csv); i++) {
        const struct row *row = row_at(csv, i);
        for (size_t j = columns; j < row->count; j++) {
            if (*cell_at(csv, row->first + j)) {
                int err =
                    seal_fail(cause, SEAL_ERR_FORMAT, "%s line %zu has %zu cells, and the header has %zu",
                              csv->name, row->line, row->count, columns);
                seal_hint(cause, "a value with a comma in it needs quotes: \"a,b\"");
                return err;
            }
        }
    }
    return SEAL_OK;
}

int seal_csv_parse(const void *text, size_t len, const char *name, int flags, struct seal_csv **csv,
                   struct seal_cause *cause)
{
    *csv = NULL;
    struct seal_csv *made = calloc(1, sizeof *made);
    struct parse parse = {.csv = made, .line = 1, .cell_begins = true};
    bool ready = csv_init(&parse.parser, 0) == 0;
    if (made) {
        made->name = strdup(name);
        made->text = seal_buf_new();
        made->cells = seal_buf_new();
        made->rows = seal_buf_new();
    }
    int err;
    if (!ready || !made || !made->name || !made->text || !made->cells || !made->rows) {
        err = seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for %s", name);
        goto out;
    }
    csv_set_space_func(&parse.parser, never_space);
    csv_set_blk_size(&parse.parser, len + 2); /* one buffer for every cell, so that none is left behind */
    err = feed_all(&parse, text, len, flags, cause);
    if (err == SEAL_OK) {
        err = check_header(made, cause);
    }
    if (err == SEAL_OK) {
        err = check_rows(made, cause);
    }
out:
    if (ready) {
        if (parse.parser.entry_buf) {
            seal_cleanse(parse.parser.entry_buf, parse.parser.entry_size);
        }
        csv_free(&parse.parser);
    }
    if (err == SEAL_OK) {
        *csv = made;
    } else {
        seal_csv_free(&made);
    }
    return err;
}

void seal_csv_free(struct seal_csv **csv)
{
    if (csv && *csv) {
        free((*csv)->name);
        seal_buf_free(&(*csv)->text);
        seal_buf_free(&(*csv)->cells);
        seal_buf_free(&(*csv)->rows);
        free(*csv);
        *csv = NULL;
    }
}

const char *seal_csv_name(const struct seal_csv *csv)
{
    return csv->name;
}

size_t seal_csv_columns(const struct seal_csv *csv)
{
    return row_at(csv, 0)->count;
}

const char *seal_csv_heading(const struct seal_csv *csv, size_t column)
{
    return column < seal_csv_columns(csv) ? cell_at(csv, column) : NULL;
}

size_t seal_csv_column(const struct seal_csv *csv, const char *heading)
{
    for (size_t i = 0; i < seal_csv_columns(csv); i++) {
        if (strcmp(cell_at(csv, i), heading) == 0) {
            return i;
        }
    }
    return SEAL_CSV_NONE;
}

int seal_csv_need_column(const struct seal_csv *csv, const char *heading, size_t *column,
                         struct seal_cause *cause)
{
    *column = seal_csv_column(csv, heading);
    if (*column != SEAL_CSV_NONE) {
        return SEAL_OK;
    }
    return seal_fail(cause, SEAL_ERR_FORMAT, "%s line %zu: there is no column \"%s\"", csv->name,
                     row_at(csv, 0)->line, heading);
}

size_t seal_csv_rows(const struct seal_csv *csv)
{
    return row_count(csv) - 1;
}

size_t seal_csv_line(const struct seal_csv *csv, size_t row)
{
    return row_at(csv, row + 1)->line;
}

const char *seal_csv_cell(const struct seal_csv *csv, size_t row, size_t column)
{
    const struct row *at = row_at(csv, row + 1);
    return column < at->count ? cell_at(csv, at->first + column) : NULL;
}

int seal_csv_put(struct seal_buf *out, const char *cell, size_t len, bool first)
{
    int err = first ? SEAL_OK : seal_buf_put_u8(out, ',');
    bool plain = len == 0 || (cell[0] != '#' && cell[0] != (char)0xEF);
    for (size_t i = 0; i < len && plain; i++) {
        plain = !strchr(",\"\r\n", cell[i]);
    }
    if (err != SEAL_OK || plain) {
        return err == SEAL_OK ? seal_buf_put(out, cell, len) : err;
    }
    uint8_t *place = seal_buf_reserve(out, 2 * len + 2);
    if (!place) {
        return SEAL_ERR_NO_MEMORY;
    }
    size_t spare = 2 * len + 2 - csv_write(place, 2 * len + 2, cell, len);
    seal_buf_truncate(out, seal_buf_len(out) - spare);
    return SEAL_OK;
}
