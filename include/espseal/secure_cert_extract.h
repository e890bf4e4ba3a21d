/* An esp_secure_cert partition taken apart into files and rows that make the same bytes again. */
#ifndef ESPSEAL_SECURE_CERT_EXTRACT_H
#define ESPSEAL_SECURE_CERT_EXTRACT_H

#include <espseal/buf.h>

struct seal_extracted_file {
    char name[64];         /* "dev_cert_0.pem" */
    struct seal_buf *data; /* in the secure heap */
    bool secret;           /* it holds, or may hold, a private key */
};

struct seal_extract {
    size_t count;
    struct seal_extracted_file *files;
    struct seal_buf *csv;  /* rows for seal_secure_cert_rows_csv that refer to the files */
    bool has_private_keys; /* building again needs allow_private_keys */
};

enum seal_extract_layout {
    SEAL_EXTRACT_PLAIN,     /* dev_cert_0.pem */
    SEAL_EXTRACT_PARSE_BIN, /* contents/devcert_1_0.pem, as configure_esp_secure_cert.py --parse_bin names
                               files */
};

/*
 * Takes a partition in TLV format apart, with whatever follows its entries. A certificate or plaintext key
 * that building would store with the same bytes becomes a file in its own format; any other entry is a row
 * with flags or of a type that is stored as it is; what no row of an entry can say (a wrong CRC, set reserved
 * bytes, the end marker, erased flash) is a BYTES row. An INTEGRITY entry that building adds itself has no
 * row. SEAL_ERR_FORMAT when there is no entry, SEAL_ERR_NO_MEMORY, SEAL_ERR_CRYPTO. *extract is empty after a
 * failure.
 */
int seal_secure_cert_extract(const uint8_t *data, size_t len, enum seal_extract_layout layout,
                             struct seal_extract *extract, struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_extract_clear(struct seal_extract *extract);

#endif
