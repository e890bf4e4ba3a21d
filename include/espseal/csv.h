/* Comma-separated values (RFC 4180) with a header row, through libcsv; one file knows the library. */
#ifndef ESPSEAL_CSV_H
#define ESPSEAL_CSV_H

#include <espseal/buf.h>

struct seal_csv; /* a parsed table; its cells are zeroed when it is freed */

enum seal_csv_flags {
    SEAL_CSV_COMMENTS = 1, /* a line that begins with # outside of quotes is skipped */
};

#define SEAL_CSV_NONE ((size_t)-1)

/*
 * Parses len bytes of text: cells separated by commas; quoted with ", and "" inside for one quote; LF, CRLF
 * or CR ends a row. Blanks belong to the cell, empty lines are skipped, a UTF-8 byte order mark is skipped,
 * and a quote within an unquoted cell is itself. The first row names the columns. name (a path) is for
 * messages, which say name and line. *csv is NULL after a failure. SEAL_ERR_FORMAT: no header, a column
 * twice, an unclosed quote, text after a closing quote, a row with more cells than the header has (unless
 * those are empty), a NUL. SEAL_ERR_NO_MEMORY, SEAL_ERR_TOO_LONG.
 */
int seal_csv_parse(const void *text, size_t len, const char *name, int flags, struct seal_csv **csv,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_csv_free(struct seal_csv **csv);

/* The name that seal_csv_parse was given, borrowed; the number of headings; a heading, borrowed. */
const char *seal_csv_name(const struct seal_csv *csv);
size_t seal_csv_columns(const struct seal_csv *csv);
const char *seal_csv_heading(const struct seal_csv *csv, size_t column); /* NULL past the end */
/* The index of the column with exactly that heading; SEAL_CSV_NONE when there is none. */
size_t seal_csv_column(const struct seal_csv *csv, const char *heading);
/* Like seal_csv_column, but its absence is SEAL_ERR_FORMAT with a message that names it and the file. */
int seal_csv_need_column(const struct seal_csv *csv, const char *heading, size_t *column,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

/* Rows without the header. */
size_t seal_csv_rows(const struct seal_csv *csv);
/* The number, from 1, of the line that the row begins on. */
size_t seal_csv_line(const struct seal_csv *csv, size_t row);
/* A cell, NUL-terminated; NULL when the row has no such cell (it is shorter, or column is SEAL_CSV_NONE). */
const char *seal_csv_cell(const struct seal_csv *csv, size_t row, size_t column);

/* Appends a cell, in quotes where it needs them, after a comma unless first. */
int seal_csv_put(struct seal_buf *out, const char *cell, size_t len, bool first) SEAL_MUST_CHECK;

#endif
