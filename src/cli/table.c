/* The only file that knows libsmartcols. */
#include "run.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NARROWEST = 12 }; /* columns that are worth folding into */

struct cli_table {
    struct libscols_table *scols;
    size_t columns;
};

void cli_table_free(struct cli_table **table)
{
    if (table && *table) {
        scols_unref_table((*table)->scols);
        free(*table);
        *table = NULL;
    }
}

int cli_table_new(const char *const *headings, struct cli_table **table)
{
    struct cli_table *made = calloc(1, sizeof *made);
    *table = NULL;
    if (!made || !(made->scols = scols_new_table())) {
        free(made);
        return SEAL_ERR_NO_MEMORY;
    }
    for (; headings[made->columns]; made->columns++) {
        /* The last column takes what is left of the line and continues on the next. */
        int flags = headings[made->columns + 1] ? 0 : SCOLS_FL_WRAP;
        if (!scols_table_new_column(made->scols, headings[made->columns], 0, flags)) {
            cli_table_free(&made);
            return SEAL_ERR_NO_MEMORY;
        }
    }
    *table = made;
    return SEAL_OK;
}

int cli_table_row(struct cli_table *table, const char *const *cells)
{
    struct libscols_line *line = scols_table_new_line(table->scols, NULL);
    if (!line) {
        return SEAL_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < table->columns; i++) {
        if (scols_line_set_data(line, i, cells[i] ? cells[i] : "") != 0) {
            return SEAL_ERR_NO_MEMORY;
        }
    }
    return SEAL_OK;
}

/* Columns that the table takes before its last one, with the blanks between them. */
static size_t width_before_last(const struct cli_table *table)
{
    size_t sum = 0;
    for (size_t column = 0; column + 1 < table->columns; column++) {
        struct libscols_column *head = scols_table_get_column(table->scols, column);
        size_t width = strlen(scols_cell_get_data(scols_column_get_header(head)));
        for (size_t row = 0; row < scols_table_get_nlines(table->scols); row++) {
            struct libscols_line *line = scols_table_get_line(table->scols, row);
            size_t len = strlen(scols_cell_get_data(scols_line_get_cell(line, column)));
            width = len > width ? len : width;
        }
        sum += width + 1;
    }
    return sum;
}

/* Breaks text between words, where it has more than room columns. */
static void fold(char *text, size_t room)
{
    while (strlen(text) > room) {
        size_t cut = room;
        while (cut > 0 && text[cut] != ' ') {
            cut--;
        }
        if (cut == 0) {
            return; /* a word that is too long is broken by the library */
        }
        text[cut] = '\n';
        text += cut + 1;
    }
}

/* The library breaks within words; it leaves lines alone that are broken already. */
static int fold_last_column(const struct cli_table *table)
{
    size_t last = table->columns - 1;
    size_t before = width_before_last(table);
    size_t all = scols_table_get_termwidth(table->scols);
    struct libscols_column *column = scols_table_get_column(table->scols, last);
    if (isatty(STDOUT_FILENO) != 1 || all < before + NARROWEST ||
        scols_column_set_safechars(column, "\n") != 0 ||
        scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL) != 0) {
        return SEAL_OK;
    }
    for (size_t row = 0; row < scols_table_get_nlines(table->scols); row++) {
        struct libscols_line *line = scols_table_get_line(table->scols, row);
        char *text = strdup(scols_cell_get_data(scols_line_get_cell(line, last)));
        if (!text) {
            return SEAL_ERR_NO_MEMORY;
        }
        fold(text, all - before);
        int failed = scols_line_set_data(line, last, text); /* keeps a copy */
        free(text);
        if (failed) {
            return SEAL_ERR_NO_MEMORY;
        }
    }
    return SEAL_OK;
}

int cli_table_print(const struct cli_run *run, struct cli_table **table)
{
    int err = SEAL_OK;
    if (!run->json) {
        (void)fflush(stdout);
        err = fold_last_column(*table);
    }
    if (!run->json && err == SEAL_OK) {
        err = scols_print_table((*table)->scols) == 0 ? SEAL_OK : SEAL_ERR_IO;
    }
    cli_table_free(table);
    return err;
}
