/* Rows from CSV and from JSON: whatever is read keeps its rules. */
#include "fuzz.h"

#include <espseal/secure_cert_rows.h>

#include <string.h>

static void check(const struct seal_secure_cert_rows *rows)
{
    for (size_t i = 0; i < seal_secure_cert_rows_count(rows); i++) {
        const struct seal_secure_cert_row *row = seal_secure_cert_rows_at(rows, i);
        fuzz_require(row->place[0] && row->value, "a place and a value");
        fuzz_require(row->subtype <= 254 && row->flags <= 255 && row->efuse_key <= 5, "numbers in range");
        fuzz_require(row->source != SEAL_ROW_FILE || seal_buf_len(row->value) > 1,
                     "a path that is not empty");
        fuzz_require(row->source != SEAL_ROW_FILE ||
                         memchr(seal_buf_ptr(row->value), 0, seal_buf_len(row->value)) ==
                             seal_buf_ptr(row->value) + seal_buf_len(row->value) - 1,
                     "a path that ends once");
        fuzz_require(row->key == SEAL_ROW_KEY_NONE || (row->type == 2 && row->flags < 0), "keys are keys");
        for (size_t j = 0; j < i; j++) {
            const struct seal_secure_cert_row *other = seal_secure_cert_rows_at(rows, j);
            fuzz_require(row->verbatim || other->verbatim || row->type != other->type ||
                             row->subtype != other->subtype,
                         "each entry once");
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal_secure_cert_rows *rows = seal_secure_cert_rows_new();
    struct seal_buf *unfolded = seal_buf_new();
    fuzz_require(rows && unfolded, "memory");
    bool json = size && (data[0] == '[' || data[0] == '{');
    int err = json ? seal_secure_cert_rows_json(data, size, "fuzz", rows, NULL)
                   : seal_secure_cert_rows_csv(data, size, "fuzz", rows, NULL);
    (void)err;
    check(rows);
    fuzz_require(seal_pem_unfold(data, size, unfolded) == SEAL_OK, "unfolded");
    seal_buf_free(&unfolded);
    seal_secure_cert_rows_free(&rows);
    return 0;
}
