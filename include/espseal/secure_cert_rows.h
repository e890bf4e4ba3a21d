/*
 * What shall stand in an esp_secure_cert partition, row by row, as people write it: the CSV of Espressif's
 * configure_esp_secure_cert.py (docs/esp_secure_cert_tools/configure_esp_secure_cert_csv.md), or the same as
 * JSON. Pure text to structs: no file is opened and no key is looked at here.
 *
 * Columns: tlv_type, tlv_subtype, data_value, data_type, priv_key_type, algorithm, key_size, efuse_id,
 * efuse_key; and one of ours, flags: a row that has it is stored with these flags and exactly these data.
 */
#ifndef ESPSEAL_SECURE_CERT_ROWS_H
#define ESPSEAL_SECURE_CERT_ROWS_H

#include <espseal/buf.h>

enum seal_row_source {
    SEAL_ROW_EMPTY, /* no data */
    SEAL_ROW_FILE,  /* value is a path */
    SEAL_ROW_BYTES, /* value is the data: a string, hex or Base64 */
};

enum seal_row_key {
    SEAL_ROW_KEY_NONE, /* not a private key, or stored as it is */
    SEAL_ROW_KEY_PLAINTEXT,
    SEAL_ROW_KEY_RSA_DS,
    SEAL_ROW_KEY_ECDSA_PERIPHERAL,
    SEAL_ROW_KEY_HMAC_ENCRYPTED, /* AES-GCM under the HMAC_UP key */
    SEAL_ROW_KEY_HMAC_DERIVED,   /* P-256 key made of the HMAC_UP key and a salt, which is the row's data */
};
const char *seal_row_key_name(enum seal_row_key key); /* "rsa_ds", as the column takes it */

struct seal_secure_cert_row {
    char place[96];  /* "conf.csv line 3", for messages */
    bool verbatim;   /* tlv_type BYTES: the data stand in the partition as they are, with no entry around */
    uint8_t type;    /* enum seal_tlv_type, or any other number */
    uint8_t subtype; /* 0..254 */
    int flags;       /* -1: not given, the entry is made according to its type */
    enum seal_row_source source;
    struct seal_buf *value; /* NUL-terminated path (the NUL counts), or the data; in the secure heap */
    enum seal_row_key key;
    bool ecdsa; /* algorithm; false also when it is not given */
    bool rsa;
    unsigned key_size;    /* bits; 0: not given */
    int efuse_key;        /* BLOCK_KEYn, 0..5; -1: not given */
    char *efuse_key_file; /* path of the 32 bytes in that block; NULL: not given */
};

struct seal_secure_cert_rows;

/* No rows; for seal_secure_cert_rows_add. NULL when memory is out. */
struct seal_secure_cert_rows *seal_secure_cert_rows_new(void);
void seal_secure_cert_rows_free(struct seal_secure_cert_rows **rows);
size_t seal_secure_cert_rows_count(const struct seal_secure_cert_rows *rows);
const struct seal_secure_cert_row *seal_secure_cert_rows_at(const struct seal_secure_cert_rows *rows,
                                                            size_t index);

/*
 * Appends the rows of a CSV, or of JSON: an array of objects, or an object with such an array as "entries",
 * whose members are called like the columns and are texts or numbers. name is for messages. Rules: tlv_type
 * is a name (ESP_SECURE_CERT_CA_CERT_TLV, CA_CERT) or a number 0..255; the subtype 0..254; data_type file,
 * string, hex or base64 with a value; a private key says its kind, and one in a peripheral its efuse_id 0..5;
 * (type, subtype) comes once. SEAL_ERR_FORMAT names the place, SEAL_ERR_NO_MEMORY. rows may have grown after
 * a failure.
 */
int seal_secure_cert_rows_csv(const void *text, size_t len, const char *name,
                              struct seal_secure_cert_rows *rows, struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_secure_cert_rows_json(const void *text, size_t len, const char *name,
                               struct seal_secure_cert_rows *rows, struct seal_cause *cause) SEAL_MUST_CHECK;

enum seal_row_column {
    SEAL_COLUMN_TYPE,
    SEAL_COLUMN_SUBTYPE,
    SEAL_COLUMN_VALUE,
    SEAL_COLUMN_DATA_TYPE,
    SEAL_COLUMN_KEY_TYPE,
    SEAL_COLUMN_ALGORITHM,
    SEAL_COLUMN_KEY_SIZE,
    SEAL_COLUMN_EFUSE_ID,
    SEAL_COLUMN_EFUSE_KEY,
    SEAL_COLUMN_FLAGS,
    SEAL_COLUMN_COUNT,
};
/* The name of a column, as it stands in the header row. */
const char *seal_row_column_name(enum seal_row_column column);

/* Appends one row from its cells, indexed by enum seal_row_column (NULL: empty), under the same rules. */
int seal_secure_cert_rows_add(struct seal_secure_cert_rows *rows, const char *place,
                              const char *const cells[static SEAL_COLUMN_COUNT],
                              struct seal_cause *cause) SEAL_MUST_CHECK;

/* Puts the rows of other before those of rows; other is freed. Duplicates between them are refused. */
int seal_secure_cert_rows_prepend(struct seal_secure_cert_rows *rows, struct seal_secure_cert_rows **other,
                                  struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * PEM that lost its line breaks on the way through one cell, or has them as backslash and n, gets them back:
 * after BEGIN, every 64 characters, and before END. Other data are appended as they are.
 */
int seal_pem_unfold(const uint8_t *data, size_t len, struct seal_buf *out) SEAL_MUST_CHECK;

#endif
