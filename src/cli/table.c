/* The only file that knows libsmartcols. */
#include "run.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

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

int cli_table_print(const struct cli_run *run, struct cli_table **table)
{
    int err = SEAL_OK;
    if (!run->json) {
        (void)fflush(stdout);
        err = scols_print_table((*table)->scols) == 0 ? SEAL_OK : SEAL_ERR_IO;
    }
    cli_table_free(table);
    return err;
}
