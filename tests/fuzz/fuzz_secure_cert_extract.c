/* Any bytes that begin with an entry are taken apart into rows that make them again; legacy formats too. */
#include "fuzz.h"

#include <espseal/secure_cert_extract.h>
#include <espseal/secure_cert_legacy.h>
#include <espseal/secure_cert_rows.h>

#include <string.h>

/* The rows, with the files' contents in the place of their names: no disk is needed. */
static const char *find_file(const struct seal_extract *extract, const char *name, size_t *index)
{
    for (*index = 0; *index < extract->count; ++*index) {
        if (strcmp(extract->files[*index].name, name) == 0) {
            return name;
        }
    }
    return NULL;
}

static void check_names(const struct seal_extract *extract)
{
    size_t index;
    for (size_t i = 0; i < extract->count; i++) {
        const char *name = extract->files[i].name;
        fuzz_require(name[0] && !strchr(name, '/') && name[0] != '.', "a plain name");
        fuzz_require(find_file(extract, name, &index) && index == i, "each name once");
    }
}

/* The bytes that rows which are no certificates or keys stand for, in their order. */
static void check_rows(const struct seal_extract *extract, size_t len)
{
    size_t total = 0;
    struct seal_secure_cert_rows *rows = seal_secure_cert_rows_new();
    struct seal_cause cause = {0};
    int err =
        seal_secure_cert_rows_csv(seal_buf_ptr(extract->csv), seal_buf_len(extract->csv), "x", rows, &cause);
    if (err == SEAL_ERR_TOO_LONG) {
        seal_secure_cert_rows_free(&rows);
        return; /* more rows than a partition could have */
    }
    fuzz_require(err == SEAL_OK, cause.text);
    for (size_t i = 0; i < seal_secure_cert_rows_count(rows); i++) {
        const struct seal_secure_cert_row *row = seal_secure_cert_rows_at(rows, i);
        size_t size = seal_buf_len(row->value);
        size_t index;
        if (row->source == SEAL_ROW_FILE) {
            fuzz_require(find_file(extract, (const char *)seal_buf_ptr(row->value), &index) != NULL,
                         "its file");
            size = seal_buf_len(extract->files[index].data);
        }
        total += row->verbatim ? size : 16 + size;
    }
    fuzz_require(total <= len, "no more than there was");
    seal_secure_cert_rows_free(&rows);
}

static void check_legacy(const uint8_t *data, size_t size)
{
    char problem[160];
    struct seal_buf *tlv = seal_buf_new();
    struct seal_buf *again = seal_buf_new();
    enum seal_cert_format format = seal_cert_format_of(data, size);
    if (format != SEAL_CERT_TLV && seal_secure_cert_to_tlv(data, size, tlv, problem, NULL) == SEAL_OK) {
        fuzz_require(memchr(problem, 0, sizeof problem) != NULL, "a text that ends");
        size_t used = seal_tlv_used(seal_buf_ptr(tlv), seal_buf_len(tlv));
        fuzz_require(used == seal_buf_len(tlv), "whole entries");
        if (used && seal_secure_cert_from_tlv(seal_buf_ptr(tlv), used, format, again, NULL) == SEAL_OK) {
            fuzz_require(seal_cert_format_of(seal_buf_ptr(again), seal_buf_len(again)) == format,
                         "the same format");
        }
    }
    seal_buf_free(&tlv);
    seal_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal_extract extract;
    int err = seal_secure_cert_extract(data, size, SEAL_EXTRACT_PLAIN, &extract, NULL);
    if (err == SEAL_OK) {
        check_names(&extract);
        check_rows(&extract, size);
    } else {
        fuzz_require(!extract.files && !extract.csv && extract.count == 0, "nothing after a failure");
    }
    seal_extract_clear(&extract);
    check_legacy(data, size);
    return 0;
}
