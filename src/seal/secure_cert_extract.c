#include <espseal/secure_cert_extract.h>

#include <espseal/csv.h>
#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/key.h>
#include <espseal/scan.h>
#include <espseal/secure_cert.h>
#include <espseal/secure_cert_rows.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INLINE_MAX = 64, SUBTYPE_MAX = 254 };

struct taking {
    const uint8_t *data;
    size_t len;
    enum seal_extract_layout layout;
    struct seal_extract *extract;
    bool (*seen)[256]; /* by type and subtype */
    struct seal_cause *cause;
};

struct row {
    char type[48], subtype[8], flags[8], size[8];
    char value[2 * INLINE_MAX + 1]; /* hex, or the name of a file */
    const char *data_type, *key_type, *algorithm;
};

void seal_extract_clear(struct seal_extract *extract)
{
    for (size_t i = 0; i < extract->count; i++) {
        seal_buf_free(&extract->files[i].data);
    }
    free(extract->files);
    seal_buf_free(&extract->csv);
    *extract = (struct seal_extract){0};
}

/* --- writing --- */

static int put_row(const struct taking *taking, const struct row *row)
{
    const char *const cells[SEAL_COLUMN_COUNT] = {
        [SEAL_COLUMN_TYPE] = row->type,         [SEAL_COLUMN_SUBTYPE] = row->subtype,
        [SEAL_COLUMN_VALUE] = row->value,       [SEAL_COLUMN_DATA_TYPE] = row->data_type,
        [SEAL_COLUMN_KEY_TYPE] = row->key_type, [SEAL_COLUMN_ALGORITHM] = row->algorithm,
        [SEAL_COLUMN_KEY_SIZE] = row->size,     [SEAL_COLUMN_FLAGS] = row->flags,
    };
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < SEAL_COLUMN_COUNT; i++) {
        const char *cell = cells[i] ? cells[i] : "";
        err = seal_csv_put(taking->extract->csv, cell, strlen(cell), i == 0);
    }
    return err == SEAL_OK ? seal_buf_put_u8(taking->extract->csv, '\n') : err;
}

static int put_header(const struct taking *taking)
{
    int err = SEAL_OK;
    for (unsigned i = 0; err == SEAL_OK && i < SEAL_COLUMN_COUNT; i++) {
        const char *name = seal_row_column_name((enum seal_row_column)i);
        err = seal_csv_put(taking->extract->csv, name, strlen(name), i == 0);
    }
    return err == SEAL_OK ? seal_buf_put_u8(taking->extract->csv, '\n') : err;
}

static int add_file(const struct taking *taking, const char *name, const void *data, size_t len, bool secret)
{
    struct seal_extract *extract = taking->extract;
    struct seal_extracted_file *grown = realloc(extract->files, (extract->count + 1) * sizeof *grown);
    if (!grown) {
        return SEAL_ERR_NO_MEMORY;
    }
    extract->files = grown;
    struct seal_extracted_file *file = &grown[extract->count];
    *file = (struct seal_extracted_file){.data = seal_buf_new_secret(), .secret = secret};
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    extract->count++;
    return file->data ? seal_buf_put(file->data, data, len) : SEAL_ERR_NO_MEMORY;
}

static int note_finding(void *ctx, const struct seal_scan_finding *finding)
{
    bool *found = ctx;
    (void)finding;
    *found = true;
    return SEAL_OK;
}

/* Short data stand in the row, long ones and keys in a file of their own. */
static int put_data(const struct taking *taking, struct row *row, const char *name, const uint8_t *data,
                    size_t len)
{
    bool secret = false;
    int err = seal_scan(data, len, NULL, 0, note_finding, &secret);
    taking->extract->has_private_keys |= secret;
    if (err != SEAL_OK) {
        return err;
    }
    if (len == 0) {
        row->data_type = "";
    } else if (len <= INLINE_MAX && !secret) {
        row->data_type = "hex";
        seal_hex_encode(data, len, row->value);
    } else {
        row->data_type = "file";
        (void)snprintf(row->value, sizeof row->value, "%.60s", name);
        err = add_file(taking, row->value, data, len, secret);
    }
    return err == SEAL_OK ? put_row(taking, row) : err;
}

/* --- entries --- */

static void name_of(const struct taking *taking, const struct seal_tlv_entry *entry, const char *suffix,
                    char name[static 64])
{
    static const char *const parse_bin_names[] = {
        [SEAL_TLV_CA_CERT] = "cacert", [SEAL_TLV_DEV_CERT] = "devcert", [SEAL_TLV_PRIV_KEY] = "privkey"};
    const char *type = seal_tlv_type_name(entry->type);
    char text[32];
    (void)snprintf(text, sizeof text, "type_%u", entry->type);
    if (taking->layout == SEAL_EXTRACT_PARSE_BIN) {
        const char *known = entry->type <= SEAL_TLV_PRIV_KEY ? parse_bin_names[entry->type] : type;
        (void)snprintf(name, 64, "contents/%.30s_%u_%u.%.4s", known ? known : "type", entry->type,
                       entry->subtype, suffix);
    } else {
        (void)snprintf(name, 64, "%.30s_%u.%.4s", type ? type : text, entry->subtype, suffix);
    }
    for (char *at = name; *at; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
}

static int put_bytes(const struct taking *taking, size_t offset, size_t len)
{
    char name[64];
    struct row row = {.type = "BYTES"};
    (void)snprintf(name, sizeof name, "%sbytes_0x%04zx.bin",
                   taking->layout == SEAL_EXTRACT_PARSE_BIN ? "contents/" : "", offset);
    return put_data(taking, &row, name, taking->data + offset, len);
}

/* What building makes of an entry with these data is this entry. */
static bool is_regular(const struct taking *taking, const struct seal_tlv_entry *entry)
{
    struct seal_buf *again = seal_buf_new();
    bool same = again &&
                seal_tlv_put_within(again, SEAL_SECURE_CERT_LIMIT, entry->type, entry->subtype, entry->flags,
                                    entry->data, entry->length, NULL) == SEAL_OK &&
                seal_buf_len(again) == entry->size &&
                memcmp(seal_buf_ptr(again), taking->data + entry->offset, entry->size) == 0;
    seal_buf_free(&again);
    return same && entry->subtype <= SUBTYPE_MAX && !taking->seen[entry->type][entry->subtype];
}

static bool is_same(const struct seal_buf *made, bool der, const struct seal_tlv_entry *entry)
{
    size_t len = seal_buf_len(made);
    return len + !der == entry->length && memcmp(seal_buf_ptr(made), entry->data, len) == 0 &&
           (der || entry->data[len] == 0);
}

static void start_row(const struct seal_tlv_entry *entry, struct row *row)
{
    const char *type = seal_tlv_type_name(entry->type);
    *row = (struct row){.data_type = "file"};
    (void)snprintf(row->subtype, sizeof row->subtype, "%u", entry->subtype);
    if (type) {
        (void)snprintf(row->type, sizeof row->type, "ESP_SECURE_CERT_%.25s_TLV", type);
    } else {
        (void)snprintf(row->type, sizeof row->type, "%u", entry->type);
    }
}

/* A certificate that is stored as building would store it; *done tells. */
static int try_cert(const struct taking *taking, const struct seal_tlv_entry *entry, bool *done)
{
    struct row row;
    struct seal_cert *cert = NULL;
    struct seal_buf *made = seal_buf_new();
    int err = made ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    *done = false;
    if (err == SEAL_OK && seal_cert_read(entry->data, entry->length, "", &cert, NULL) == SEAL_OK) {
        bool der = seal_cert_was_der(cert);
        err = seal_cert_write(cert, der, made, NULL);
        if (err == SEAL_OK && is_same(made, der, entry)) {
            start_row(entry, &row);
            name_of(taking, entry, der ? "der" : "pem", row.value);
            err = add_file(taking, row.value, seal_buf_ptr(made), seal_buf_len(made), false);
            err = err == SEAL_OK ? put_row(taking, &row) : err;
            *done = true;
        }
    }
    seal_cert_free(&cert);
    seal_buf_free(&made);
    return err;
}

static int try_key(const struct taking *taking, const struct seal_tlv_entry *entry, bool *done)
{
    struct row row;
    struct seal_key *key = NULL;
    struct seal_buf *made = seal_buf_new_secret();
    int err = made ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    *done = false;
    if (err == SEAL_OK && seal_key_read(entry->data, entry->length, "", NULL, &key, NULL) == SEAL_OK) {
        bool der = seal_key_was_der(key);
        err = seal_key_write_traditional(key, der, made, NULL);
        if (err == SEAL_OK && is_same(made, der, entry)) {
            start_row(entry, &row);
            name_of(taking, entry, der ? "der" : "pem", row.value);
            row.key_type = seal_row_key_name(SEAL_ROW_KEY_PLAINTEXT);
            row.algorithm = seal_key_kind(key) == SEAL_KEY_RSA ? "RSA" : "ECDSA";
            (void)snprintf(row.size, sizeof row.size, "%u", seal_key_bits(key));
            err = add_file(taking, row.value, seal_buf_ptr(made), seal_buf_len(made), true);
            err = err == SEAL_OK ? put_row(taking, &row) : err;
            *done = true;
        }
    }
    seal_key_free(&key);
    seal_buf_free(&made);
    return err;
}

static int put_raw(const struct taking *taking, const struct seal_tlv_entry *entry)
{
    char name[64];
    struct row row;
    bool flags = entry->flags || entry->type <= SEAL_TLV_PRIV_KEY || entry->length == 0;
    start_row(entry, &row);
    name_of(taking, entry, "bin", name);
    if (flags) {
        (void)snprintf(row.flags, sizeof row.flags, "%u", entry->flags);
    }
    return put_data(taking, &row, name, entry->data, entry->length);
}

static int take_entry(const struct taking *taking, const struct seal_tlv_entry *entry)
{
    bool done = false;
    int err = SEAL_OK;
    if (!is_regular(taking, entry)) {
        return put_bytes(taking, entry->offset, entry->size);
    }
    taking->seen[entry->type][entry->subtype] = true;
    if (entry->flags == 0 && (entry->type == SEAL_TLV_CA_CERT || entry->type == SEAL_TLV_DEV_CERT)) {
        err = try_cert(taking, entry, &done);
    } else if (entry->flags == 0 && entry->type == SEAL_TLV_PRIV_KEY) {
        err = try_key(taking, entry, &done);
    }
    return err == SEAL_OK && !done ? put_raw(taking, entry) : err;
}

/* --- the integrity entry that building adds --- */

struct walk { /* what stands in the partition besides plain entries */
    size_t entries, used;
    bool regular;    /* no BYTES rows, signatures or early integrity entries */
    bool added;      /* the last entry is the one that building adds */
    size_t added_at; /* its offset */
};

static int look_around(struct taking *taking, struct walk *walk)
{
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    size_t offset = 0;
    uint8_t sha256[32];
    *walk = (struct walk){.regular = true};
    while (seal_tlv_next(taking->data, taking->len, &offset, &entry, &end)) {
        /* An integrity entry is only the last one while nothing stands behind it. */
        walk->regular = walk->regular && !walk->added && is_regular(taking, &entry) &&
                        entry.type != SEAL_TLV_SIGNATURE_BLOCK;
        walk->added = false;
        if (entry.type == SEAL_TLV_INTEGRITY && entry.subtype == 0 && entry.flags == 0 &&
            entry.length == 32) {
            int err = seal_sha256(taking->data, entry.offset, sha256);
            if (err != SEAL_OK) {
                return err;
            }
            walk->added = memcmp(sha256, entry.data, 32) == 0;
            walk->added_at = entry.offset;
        }
        walk->regular = walk->regular && (entry.type != SEAL_TLV_INTEGRITY || walk->added);
        taking->seen[entry.type][entry.subtype] = true;
        walk->entries++;
    }
    walk->used = offset;
    walk->added = walk->added && walk->regular && offset == taking->len;
    memset(taking->seen, 0, 256 * sizeof *taking->seen);
    return SEAL_OK;
}

static int take_all(struct taking *taking)
{
    struct walk walk;
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    size_t offset = 0;
    bool own_end = false; /* a row that keeps building from adding an integrity entry */
    int err = look_around(taking, &walk);
    if (err == SEAL_OK && walk.entries == 0) {
        return seal_fail(taking->cause, SEAL_ERR_FORMAT, "there are no entries");
    }
    while (err == SEAL_OK && seal_tlv_next(taking->data, taking->len, &offset, &entry, &end)) {
        if (walk.added && entry.offset == walk.added_at) {
            break;
        }
        own_end |= entry.type == SEAL_TLV_INTEGRITY || entry.type == SEAL_TLV_SIGNATURE_BLOCK;
        err = take_entry(taking, &entry);
    }
    if (err == SEAL_OK && (walk.used < taking->len || (!walk.added && !own_end))) {
        err = put_bytes(taking, walk.used, taking->len - walk.used);
    }
    return err;
}

int seal_secure_cert_extract(const uint8_t *data, size_t len, enum seal_extract_layout layout,
                             struct seal_extract *extract, struct seal_cause *cause)
{
    *extract = (struct seal_extract){.csv = seal_buf_new_secret()};
    struct taking taking = {data, len, layout, extract, calloc(256, sizeof *taking.seen), cause};
    int err = extract->csv && taking.seen ? put_header(&taking) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = take_all(&taking);
    }
    free(taking.seen);
    if (err != SEAL_OK) {
        seal_extract_clear(extract);
    }
    return err;
}
