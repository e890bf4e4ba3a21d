#include <espseal/secure_cert_rows.h>

#include <espseal/base64.h>
#include <espseal/csv.h>
#include <espseal/hex.h>
#include <espseal/json.h>
#include <espseal/secret.h>
#include <espseal/secure_cert.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SUBTYPE_MAX = 254, EFUSE_KEY_MAX = 5, KEY_SIZE_MAX = 16384, ROWS_MAX = 4096 };

struct seal_secure_cert_rows {
    struct seal_secure_cert_row *rows;
    size_t count, room;
};

struct cells {
    const char *place;
    const char *const *text;
    struct seal_cause *cause;
};

static const char *const column_names[SEAL_COLUMN_COUNT] = {
    [SEAL_COLUMN_TYPE] = "tlv_type",          [SEAL_COLUMN_SUBTYPE] = "tlv_subtype",
    [SEAL_COLUMN_VALUE] = "data_value",       [SEAL_COLUMN_DATA_TYPE] = "data_type",
    [SEAL_COLUMN_KEY_TYPE] = "priv_key_type", [SEAL_COLUMN_ALGORITHM] = "algorithm",
    [SEAL_COLUMN_KEY_SIZE] = "key_size",      [SEAL_COLUMN_EFUSE_ID] = "efuse_id",
    [SEAL_COLUMN_EFUSE_KEY] = "efuse_key",    [SEAL_COLUMN_FLAGS] = "flags",
};

static const char *const key_names[] = {
    [SEAL_ROW_KEY_NONE] = "none",
    [SEAL_ROW_KEY_PLAINTEXT] = "plaintext",
    [SEAL_ROW_KEY_RSA_DS] = "rsa_ds",
    [SEAL_ROW_KEY_ECDSA_PERIPHERAL] = "ecdsa_peripheral",
    [SEAL_ROW_KEY_HMAC_ENCRYPTED] = "hmac_encrypted",
    [SEAL_ROW_KEY_HMAC_DERIVED] = "hmac_derived",
};

const char *seal_row_column_name(enum seal_row_column column)
{
    return column_names[column];
}

const char *seal_row_key_name(enum seal_row_key key)
{
    return key_names[key];
}

/* --- the list --- */

struct seal_secure_cert_rows *seal_secure_cert_rows_new(void)
{
    return calloc(1, sizeof(struct seal_secure_cert_rows));
}

static void clear_row(struct seal_secure_cert_row *row)
{
    seal_buf_free(&row->value);
    free(row->efuse_key_file);
    row->efuse_key_file = NULL;
}

void seal_secure_cert_rows_free(struct seal_secure_cert_rows **rows)
{
    if (rows && *rows) {
        for (size_t i = 0; i < (*rows)->count; i++) {
            clear_row(&(*rows)->rows[i]);
        }
        free((*rows)->rows);
        free(*rows);
        *rows = NULL;
    }
}

size_t seal_secure_cert_rows_count(const struct seal_secure_cert_rows *rows)
{
    return rows->count;
}

const struct seal_secure_cert_row *seal_secure_cert_rows_at(const struct seal_secure_cert_rows *rows,
                                                            size_t index)
{
    return &rows->rows[index];
}

static int make_room(struct seal_secure_cert_rows *rows, size_t more, struct seal_cause *cause)
{
    if (rows->count + more > ROWS_MAX) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "more than %d rows cannot fit into a partition", ROWS_MAX);
    }
    if (rows->count + more <= rows->room) {
        return SEAL_OK;
    }
    size_t room = rows->count + more + 16;
    struct seal_secure_cert_row *grown = realloc(rows->rows, room * sizeof *grown);
    if (!grown) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for the rows");
    }
    rows->rows = grown;
    rows->room = room;
    return SEAL_OK;
}

static int check_duplicate(const struct seal_secure_cert_rows *rows, const struct seal_secure_cert_row *row,
                           struct seal_cause *cause)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct seal_secure_cert_row *other = &rows->rows[i];
        if (!row->verbatim && !other->verbatim && other->type == row->type &&
            other->subtype == row->subtype) {
            int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s: type %u with subtype %u is in %s already",
                                row->place, row->type, row->subtype, other->place);
            seal_hint(cause, "a second entry of one type takes another tlv_subtype, 0 to %d", SUBTYPE_MAX);
            return err;
        }
    }
    return SEAL_OK;
}

int seal_secure_cert_rows_prepend(struct seal_secure_cert_rows *rows, struct seal_secure_cert_rows **other,
                                  struct seal_cause *cause)
{
    size_t more = (*other)->count;
    int err = make_room(rows, more, cause);
    for (size_t i = 0; err == SEAL_OK && i < more; i++) {
        err = check_duplicate(rows, &(*other)->rows[i], cause);
    }
    if (err == SEAL_OK && more) {
        memmove(rows->rows + more, rows->rows, rows->count * sizeof *rows->rows);
        memcpy(rows->rows, (*other)->rows, more * sizeof *rows->rows);
        rows->count += more;
        (*other)->count = 0;
    }
    seal_secure_cert_rows_free(other);
    return err;
}

/* --- cells --- */

static bool is_empty(const struct cells *cells, enum seal_row_column column)
{
    return !cells->text[column] || !cells->text[column][0];
}

static int SEAL_PRINTF(3, 4)
    refuse(const struct cells *cells, enum seal_row_column column, const char *format, ...)
{
    char what[200];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return seal_fail(cells->cause, SEAL_ERR_FORMAT, "%s: %s %s", cells->place, column_names[column], what);
}

static int read_number(const struct cells *cells, enum seal_row_column column, uint32_t max, uint32_t *value)
{
    if (is_empty(cells, column)) {
        return refuse(cells, column, "is missing");
    }
    if (seal_parse_u32(cells->text[column], max, value) != SEAL_OK) {
        return refuse(cells, column, "must be a number from 0 to %u, not \"%.40s\"", max,
                      cells->text[column]);
    }
    return SEAL_OK;
}

/* ESP_SECURE_CERT_CA_CERT_TLV, ESP_SECURE_CERT_TLV_SEC_CFG and CA_CERT: the middle is the name. */
static bool is_type(const char *text, const char *name)
{
    static const char prefix[] = "ESP_SECURE_CERT_";
    static const char word[] = "TLV_";
    size_t len = strlen(name);
    text += strncasecmp(text, prefix, sizeof prefix - 1) == 0 ? sizeof prefix - 1 : 0;
    text += strncasecmp(text, word, sizeof word - 1) == 0 ? sizeof word - 1 : 0;
    return strncasecmp(text, name, len) == 0 && (!text[len] || strcasecmp(text + len, "_TLV") == 0);
}

static int read_type(const struct cells *cells, struct seal_secure_cert_row *row)
{
    const char *text = cells->text[SEAL_COLUMN_TYPE];
    uint32_t number = 0;
    if (is_empty(cells, SEAL_COLUMN_TYPE)) {
        return refuse(cells, SEAL_COLUMN_TYPE, "is missing");
    }
    row->verbatim = strcasecmp(text, "BYTES") == 0;
    if (row->verbatim) {
        return SEAL_OK;
    }
    for (unsigned type = 0; type <= SEAL_TLV_USER_DATA_5; type++) {
        const char *name = seal_tlv_type_name((uint8_t)type);
        if (name && is_type(text, name)) {
            row->type = (uint8_t)type;
            return SEAL_OK;
        }
    }
    if (is_type(text, "TEE_SEC_STORAGE_KEY")) {
        row->type = SEAL_TLV_TEE_SEC_STORAGE_KEY_ID;
        return SEAL_OK;
    }
    if (!isdigit((unsigned char)text[0])) {
        return refuse(cells, SEAL_COLUMN_TYPE, "\"%.60s\" is not known", text);
    }
    int err = read_number(cells, SEAL_COLUMN_TYPE, 255, &number);
    row->type = (uint8_t)number;
    return err;
}

static int read_subtype(const struct cells *cells, struct seal_secure_cert_row *row)
{
    uint32_t number = 0;
    if (row->verbatim) {
        return SEAL_OK;
    }
    int err = read_number(cells, SEAL_COLUMN_SUBTYPE, SUBTYPE_MAX, &number);
    row->subtype = (uint8_t)number;
    return err;
}

static int read_flags(const struct cells *cells, struct seal_secure_cert_row *row)
{
    uint32_t number = 0;
    row->flags = -1;
    if (is_empty(cells, SEAL_COLUMN_FLAGS)) {
        return SEAL_OK;
    }
    int err = read_number(cells, SEAL_COLUMN_FLAGS, 255, &number);
    row->flags = (int)number;
    return err;
}

static int decode_hex(const char *text, struct seal_buf *out)
{
    int high = -1;
    for (; *text; text++) {
        if (isspace((unsigned char)*text)) {
            continue;
        }
        char pair[3] = {'0', *text, '\0'};
        uint8_t digit = 0;
        int err = seal_hex_decode(pair, &digit, 1);
        if (err == SEAL_OK && high >= 0) {
            err = seal_buf_put_u8(out, (uint8_t)(high << 4 | digit));
        }
        if (err != SEAL_OK) {
            return err;
        }
        high = high < 0 ? digit : -1;
    }
    return high < 0 ? SEAL_OK : SEAL_ERR_FORMAT;
}

static int take_value(const struct cells *cells, const char *text, struct seal_secure_cert_row *row)
{
    const char *kind = cells->text[SEAL_COLUMN_DATA_TYPE];
    int err;
    row->source = SEAL_ROW_BYTES;
    if (strcasecmp(kind, "file") == 0) {
        row->source = SEAL_ROW_FILE;
        return seal_buf_put(row->value, text, strlen(text) + 1);
    }
    if (strcasecmp(kind, "string") == 0) {
        return seal_buf_put(row->value, text, strlen(text));
    }
    if (strcasecmp(kind, "hex") == 0) {
        err = decode_hex(text, row->value);
        return err == SEAL_ERR_FORMAT
                   ? refuse(cells, SEAL_COLUMN_VALUE, "must be pairs of hexadecimal digits")
                   : err;
    }
    if (strcasecmp(kind, "base64") == 0) {
        err = seal_base64_decode(text, strlen(text), row->value);
        return err == SEAL_ERR_FORMAT ? refuse(cells, SEAL_COLUMN_VALUE, "is not Base64") : err;
    }
    return refuse(cells, SEAL_COLUMN_DATA_TYPE, "must be file, string, hex or base64, not \"%.40s\"", kind);
}

/* A key whose value may be left out: the peripheral has it and the host need not. */
static bool may_be_empty(const struct seal_secure_cert_row *row)
{
    return row->verbatim || row->flags >= 0 || row->key == SEAL_ROW_KEY_ECDSA_PERIPHERAL;
}

static int read_value(const struct cells *cells, struct seal_secure_cert_row *row)
{
    const char *text = cells->text[SEAL_COLUMN_VALUE];
    row->value = seal_buf_new_secret();
    if (!row->value) {
        return seal_fail(cells->cause, SEAL_ERR_NO_MEMORY, "out of memory for %s", cells->place);
    }
    if (is_empty(cells, SEAL_COLUMN_VALUE)) {
        return may_be_empty(row) ? SEAL_OK : refuse(cells, SEAL_COLUMN_VALUE, "is missing");
    }
    if (is_empty(cells, SEAL_COLUMN_DATA_TYPE)) {
        return refuse(cells, SEAL_COLUMN_DATA_TYPE, "is missing");
    }
    int err = take_value(cells, text, row);
    return err == SEAL_ERR_NO_MEMORY || err == SEAL_ERR_TOO_LONG
               ? seal_fail(cells->cause, err, "%s: %s", cells->place, seal_strerror(err))
               : err;
}

/* --- private keys --- */

static int read_algorithm(const struct cells *cells, struct seal_secure_cert_row *row)
{
    const char *text = cells->text[SEAL_COLUMN_ALGORITHM];
    uint32_t size = 0;
    int err = SEAL_OK;
    if (!is_empty(cells, SEAL_COLUMN_ALGORITHM)) {
        row->rsa = strcasecmp(text, "RSA") == 0;
        row->ecdsa = strcasecmp(text, "ECDSA") == 0;
        if (!row->rsa && !row->ecdsa) {
            return refuse(cells, SEAL_COLUMN_ALGORITHM, "must be RSA or ECDSA, not \"%.40s\"", text);
        }
    }
    if (!is_empty(cells, SEAL_COLUMN_KEY_SIZE)) {
        err = read_number(cells, SEAL_COLUMN_KEY_SIZE, KEY_SIZE_MAX, &size);
    }
    row->key_size = size;
    return err;
}

static int read_efuse(const struct cells *cells, struct seal_secure_cert_row *row)
{
    bool named = row->key == SEAL_ROW_KEY_RSA_DS || row->key == SEAL_ROW_KEY_ECDSA_PERIPHERAL;
    uint32_t number = 0;
    if (named || !is_empty(cells, SEAL_COLUMN_EFUSE_ID)) {
        int err = read_number(cells, SEAL_COLUMN_EFUSE_ID, EFUSE_KEY_MAX, &number);
        if (err != SEAL_OK) {
            return err;
        }
        row->efuse_key = (int)number;
    }
    if (!is_empty(cells, SEAL_COLUMN_EFUSE_KEY)) {
        row->efuse_key_file = strdup(cells->text[SEAL_COLUMN_EFUSE_KEY]);
        if (!row->efuse_key_file) {
            return seal_fail(cells->cause, SEAL_ERR_NO_MEMORY, "out of memory for %s", cells->place);
        }
    }
    return SEAL_OK;
}

static int read_key(const struct cells *cells, struct seal_secure_cert_row *row)
{
    const char *text = cells->text[SEAL_COLUMN_KEY_TYPE];
    row->efuse_key = -1;
    if (row->type != SEAL_TLV_PRIV_KEY || row->verbatim || row->flags >= 0) {
        /* configure_esp_secure_cert.py --parse_bin names the kind of key beside what belongs to it. */
        bool beside = row->type == SEAL_TLV_DS_DATA || row->type == SEAL_TLV_DS_CONTEXT ||
                      row->type == SEAL_TLV_SEC_CFG;
        return is_empty(cells, SEAL_COLUMN_KEY_TYPE) || beside
                   ? SEAL_OK
                   : refuse(cells, SEAL_COLUMN_KEY_TYPE, "is for private keys (without flags) only");
    }
    if (is_empty(cells, SEAL_COLUMN_KEY_TYPE)) {
        return refuse(cells, SEAL_COLUMN_KEY_TYPE,
                      "is missing: where shall the key live? rsa_ds, ecdsa_peripheral, hmac_encrypted, "
                      "hmac_derived or plaintext");
    }
    for (size_t i = SEAL_ROW_KEY_PLAINTEXT; i < sizeof key_names / sizeof key_names[0]; i++) {
        if (strcasecmp(text, key_names[i]) == 0) {
            row->key = (enum seal_row_key)i;
        }
    }
    if (row->key == SEAL_ROW_KEY_NONE) {
        return refuse(cells, SEAL_COLUMN_KEY_TYPE,
                      "must be plaintext, rsa_ds, ecdsa_peripheral, hmac_encrypted or hmac_derived");
    }
    int err = read_algorithm(cells, row);
    return err == SEAL_OK ? read_efuse(cells, row) : err;
}

static int read_row(const struct cells *cells, struct seal_secure_cert_row *row)
{
    int err = read_type(cells, row);
    if (err == SEAL_OK) {
        err = read_subtype(cells, row);
    }
    if (err == SEAL_OK) {
        err = read_flags(cells, row);
    }
    if (err == SEAL_OK) {
        err = read_key(cells, row);
    }
    if (err == SEAL_OK) {
        err = read_value(cells, row);
    }
    return err;
}

/* Espressif's tool takes the blanks around every cell away, quoted or not. */
static char *strip(const char *text)
{
    while (isspace((unsigned char)*text)) {
        text++;
    }
    size_t len = strlen(text);
    while (len && isspace((unsigned char)text[len - 1])) {
        len--;
    }
    char *copy = seal_secret_alloc(len + 1);
    if (copy) {
        memcpy(copy, text, len);
    }
    return copy;
}

static void free_stripped(char *text)
{
    if (text) {
        seal_secret_free(text, strlen(text) + 1);
    }
}

int seal_secure_cert_rows_add(struct seal_secure_cert_rows *rows, const char *place,
                              const char *const text[static SEAL_COLUMN_COUNT], struct seal_cause *cause)
{
    char *stripped[SEAL_COLUMN_COUNT] = {NULL};
    const char *borrowed[SEAL_COLUMN_COUNT] = {NULL};
    struct seal_secure_cert_row row = {.flags = -1, .efuse_key = -1};
    int err = make_room(rows, 1, cause);
    for (size_t i = 0; err == SEAL_OK && i < SEAL_COLUMN_COUNT; i++) {
        stripped[i] = text[i] ? strip(text[i]) : NULL;
        borrowed[i] = stripped[i];
        err = text[i] && !stripped[i] ? seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for %s", place)
                                      : SEAL_OK;
    }
    (void)snprintf(row.place, sizeof row.place, "%s", place);
    const struct cells cells = {.place = row.place, .text = borrowed, .cause = cause};
    if (err == SEAL_OK) {
        err = read_row(&cells, &row);
    }
    if (err == SEAL_OK) {
        err = check_duplicate(rows, &row, cause);
    }
    if (err == SEAL_OK) {
        rows->rows[rows->count++] = row;
    } else {
        clear_row(&row);
    }
    for (size_t i = 0; i < SEAL_COLUMN_COUNT; i++) {
        free_stripped(stripped[i]);
    }
    return err;
}
