/* A table that parses has cells that end, on lines in order, and comes back from what is written of it. */
#include "fuzz.h"

#include <espseal/csv.h>

#include <string.h>

static struct seal_buf *write_back(const struct seal_csv *csv)
{
    struct seal_buf *out = seal_buf_new();
    fuzz_require(out != NULL, "memory");
    int err = SEAL_OK;
    for (size_t i = 0; i < seal_csv_columns(csv); i++) {
        const char *heading = seal_csv_heading(csv, i);
        err |= seal_csv_put(out, heading, strlen(heading), i == 0);
    }
    err |= seal_buf_put(out, "\n", 1);
    for (size_t row = 0; row < seal_csv_rows(csv); row++) {
        const char *cell = NULL;
        for (size_t i = 0; (cell = seal_csv_cell(csv, row, i)); i++) {
            err |= seal_csv_put(out, cell, strlen(cell), i == 0);
        }
        err |= seal_buf_put(out, "\n", 1);
    }
    fuzz_require(err == SEAL_OK, "a table is written");
    return out;
}

/* A row of one empty cell is an empty line when it is written, and those are skipped. */
static bool is_plain(const struct seal_csv *csv)
{
    bool plain = seal_csv_columns(csv) > 1;
    for (size_t row = 0; row < seal_csv_rows(csv); row++) {
        plain = plain && seal_csv_cell(csv, row, 1) != NULL;
    }
    return plain;
}

static void compare(const struct seal_csv *csv, const struct seal_csv *again)
{
    fuzz_require(seal_csv_rows(csv) == seal_csv_rows(again), "as many rows");
    for (size_t row = 0; row < seal_csv_rows(csv); row++) {
        const char *cell = NULL;
        for (size_t i = 0; (cell = seal_csv_cell(csv, row, i)); i++) {
            const char *other = seal_csv_cell(again, row, i);
            fuzz_require(other && strcmp(cell, other) == 0, "the same cell");
        }
    }
}

static void check(const struct seal_csv *csv, size_t size)
{
    size_t line = 0;
    for (size_t row = 0; row < seal_csv_rows(csv); row++) {
        fuzz_require(seal_csv_line(csv, row) >= line, "lines in order");
        line = seal_csv_line(csv, row);
    }
    fuzz_require(line <= size + 1, "a line of the text");
    if (is_plain(csv)) {
        struct seal_csv *again = NULL;
        struct seal_buf *text = write_back(csv);
        fuzz_require(seal_csv_parse(seal_buf_ptr(text), seal_buf_len(text), "again", SEAL_CSV_COMMENTS,
                                    &again, NULL) == SEAL_OK,
                     "what is written parses");
        compare(csv, again);
        seal_csv_free(&again);
        seal_buf_free(&text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int flags = 0; flags <= SEAL_CSV_COMMENTS; flags++) {
        struct seal_csv *csv = NULL;
        struct seal_cause cause = {0};
        if (seal_csv_parse(data, size, "fuzz", flags, &csv, &cause) == SEAL_OK) {
            check(csv, size);
            seal_csv_free(&csv);
        } else {
            fuzz_require(csv == NULL && cause.text[0], "a failure that says why");
        }
    }
    return 0;
}
