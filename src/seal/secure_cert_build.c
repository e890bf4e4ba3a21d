#include <espseal/secure_cert_build.h>

#include <espseal/digest.h>
#include <espseal/ds.h>
#include <espseal/file.h>
#include <espseal/scan.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = SEAL_SECURE_CERT_LIMIT + 1 };

struct material { /* what a row comes to */
    const struct seal_secure_cert_row *row;
    struct seal_buf *data; /* of the entry; of a key in a peripheral nothing */
    struct seal_cert *cert;
    struct seal_key *key;
    struct seal_buf *hmac_key;
    struct seal_ds_params ds;
    bool open; /* a private key in data is what the row asks for */
};

struct build {
    const struct seal_build_options *options;
    struct material *materials;
    size_t count, size;
    struct seal_buf *out;
    struct seal_build_result *result;
    struct seal_cause *cause;
};

/* Puts the place in front of what a function that does not know it said. */
static int at_row(const struct build *build, const struct material *material, int err)
{
    struct seal_cause *cause = build->cause;
    const char *place = material->row->place;
    if (err != SEAL_OK && cause && strncmp(cause->text, place, strlen(place)) != 0) {
        struct seal_cause old = *cause;
        const char *text = old.err == err && old.text[0] ? old.text : seal_strerror(err);
        (void)seal_fail(cause, err, "%s: %.280s", place, text);
        (void)snprintf(cause->hint, sizeof cause->hint, "%s", old.err == err ? old.hint : "");
        cause->sys_errno = old.err == err ? old.sys_errno : 0;
    }
    return err;
}

/* --- what rows refer to --- */

static int read_path(const struct build *build, const char *path, bool secret, struct seal_buf **out)
{
    char joined[1024];
    const char *directory = build->options->directory;
    int flags = secret ? SEAL_FILE_SECRET : 0;
    flags |= build->options->any_mode ? SEAL_FILE_ANY_MODE : 0;
    bool relative = directory && directory[0] && path[0] != '/';
    int len = snprintf(joined, sizeof joined, "%s%s%s", relative ? directory : "", relative ? "/" : "", path);
    if (len >= (int)sizeof joined) {
        return seal_fail(build->cause, SEAL_ERR_TOO_LONG, "the path %.100s is too long", path);
    }
    return seal_file_read(joined, FILE_MAX, flags, out, build->cause);
}

static int read_value(const struct build *build, struct material *material, bool secret)
{
    const struct seal_secure_cert_row *row = material->row;
    if (row->source == SEAL_ROW_FILE) {
        return read_path(build, (const char *)seal_buf_ptr(row->value), secret, &material->data);
    }
    material->data = seal_buf_new_secret();
    return material->data ? seal_buf_put(material->data, seal_buf_ptr(row->value), seal_buf_len(row->value))
                          : SEAL_ERR_NO_MEMORY;
}

/* The value as seal_key_read and seal_cert_read want it. */
static int read_object(const struct build *build, struct material *material, bool secret,
                       struct seal_buf **text)
{
    int err = read_value(build, material, secret);
    *text = err == SEAL_OK ? seal_buf_new_secret() : NULL;
    if (err != SEAL_OK) {
        return err;
    }
    err = *text ? seal_pem_unfold(seal_buf_ptr(material->data), seal_buf_len(material->data), *text)
                : SEAL_ERR_NO_MEMORY;
    seal_buf_truncate(material->data, 0);
    return err;
}

static const char *name_of(const struct material *material)
{
    const struct seal_secure_cert_row *row = material->row;
    return row->source == SEAL_ROW_FILE ? (const char *)seal_buf_ptr(row->value) : "data_value";
}

static int end_text(struct material *material, bool der)
{
    return der ? SEAL_OK : seal_buf_put_u8(material->data, 0);
}

static int load_cert(struct build *build, struct material *material)
{
    struct seal_buf *text = NULL;
    int err = read_object(build, material, false, &text);
    if (err == SEAL_OK) {
        err = seal_cert_read(seal_buf_ptr(text), seal_buf_len(text), name_of(material), &material->cert,
                             build->cause);
    }
    if (err == SEAL_OK) {
        bool der = seal_cert_was_der(material->cert);
        err = seal_cert_write(material->cert, der, material->data, build->cause);
        err = err == SEAL_OK ? end_text(material, der) : err;
    }
    seal_buf_free(&text);
    return err;
}

/* --- private keys --- */

static int load_hmac_key(const struct build *build, struct material *material, bool needed)
{
    const char *path = material->row->efuse_key_file;
    int err = SEAL_OK;
    if (path) {
        err = read_path(build, path, true, &material->hmac_key);
    } else if (build->options->hmac_key) {
        material->hmac_key = seal_buf_new_secret();
        err = material->hmac_key
                  ? seal_buf_put(material->hmac_key, build->options->hmac_key, SEAL_HMAC_KEY_LEN)
                  : SEAL_ERR_NO_MEMORY;
    } else if (needed) {
        err = seal_fail(build->cause, SEAL_ERR_USAGE, "the HMAC key is missing");
        seal_hint(build->cause, "name its file in the column efuse_key, or with --hmac-key");
    }
    if (err == SEAL_OK && material->hmac_key && seal_buf_len(material->hmac_key) != SEAL_HMAC_KEY_LEN) {
        err = seal_fail(build->cause, SEAL_ERR_FORMAT, "%s is not an HMAC key: it has %zu bytes, not %d",
                        path, seal_buf_len(material->hmac_key), SEAL_HMAC_KEY_LEN);
    }
    return err;
}

static int need_chip(const struct build *build)
{
    if (build->options->chip) {
        return SEAL_OK;
    }
    int err = seal_fail(build->cause, SEAL_ERR_USAGE, "the chip must be known for a key in a peripheral");
    seal_hint(build->cause, "say --chip esp32c3");
    return err;
}

static int load_ds(struct build *build, struct material *material)
{
    uint8_t iv[SEAL_DS_IV_LEN];
    const struct seal_chip *chip = build->options->chip;
    int err = need_chip(build);
    if (err == SEAL_OK && !chip->ds_max_bits) {
        err = seal_fail(build->cause, SEAL_ERR_UNSUPPORTED, "the %s has no RSA Digital Signature peripheral",
                        chip->title);
    }
    if (err == SEAL_OK) {
        err = load_hmac_key(build, material, true);
    }
    if (err == SEAL_OK && build->options->iv) {
        memcpy(iv, build->options->iv, sizeof iv);
    } else if (err == SEAL_OK) {
        err = seal_random(iv, sizeof iv);
    }
    return err == SEAL_OK ? seal_ds_encrypt(material->key, chip->ds_max_bits,
                                            seal_buf_ptr(material->hmac_key), iv, &material->ds, build->cause)
                          : err;
}

static int check_ecdsa(const struct build *build, const struct material *material)
{
    const struct seal_chip *chip = build->options->chip;
    int err = need_chip(build);
    if (err != SEAL_OK) {
        return err;
    }
    if (chip->ecdsa_curves[0] == 0) {
        return seal_fail(build->cause, SEAL_ERR_UNSUPPORTED, "the %s has no ECDSA peripheral", chip->title);
    }
    unsigned bits = material->key ? seal_key_nist_bits(material->key) : material->row->key_size;
    if ((material->key || bits) && !seal_chip_has_ecdsa(chip, bits)) {
        return seal_fail(build->cause, SEAL_ERR_KEY, "the %s's ECDSA peripheral takes no %s key", chip->title,
                         material->key ? seal_key_describe(material->key) : "such");
    }
    return SEAL_OK;
}

/* The columns may only agree with the key. RSA's size is the key's own, as in the reference tool. */
static int check_columns(const struct build *build, const struct material *material)
{
    const struct seal_secure_cert_row *row = material->row;
    bool ec = seal_key_kind(material->key) == SEAL_KEY_EC;
    if ((row->rsa && ec) || (row->ecdsa && !ec)) {
        return seal_fail(build->cause, SEAL_ERR_KEY, "the key is %s, not %s",
                         seal_key_describe(material->key), row->rsa ? "RSA" : "ECDSA");
    }
    if (ec && row->key_size && row->key_size != seal_key_bits(material->key)) {
        return seal_fail(build->cause, SEAL_ERR_MISMATCH, "the key is %s, but key_size says %u",
                         seal_key_describe(material->key), row->key_size);
    }
    return SEAL_OK;
}

static int put_key(const struct build *build, struct material *material, struct seal_buf *out)
{
    bool der = seal_key_was_der(material->key);
    int err = seal_key_write_traditional(material->key, der, out, build->cause);
    return err == SEAL_OK && !der ? seal_buf_put_u8(out, 0) : err;
}

static int load_encrypted(struct build *build, struct material *material)
{
    struct seal_buf *text = seal_buf_new_secret();
    int err = text ? load_hmac_key(build, material, true) : SEAL_ERR_NO_MEMORY;
    for (size_t i = 0; err == SEAL_OK && &build->materials[i] != material; i++) {
        const struct material *other = &build->materials[i];
        if (other->row->key == SEAL_ROW_KEY_HMAC_ENCRYPTED && other->hmac_key &&
            seal_equal(seal_buf_ptr(other->hmac_key), seal_buf_ptr(material->hmac_key), SEAL_HMAC_KEY_LEN)) {
            err = seal_fail(
                build->cause, SEAL_ERR_USAGE,
                "two keys encrypted under one HMAC key would share their IV, which gives both away");
        }
    }
    if (err == SEAL_OK) {
        err = put_key(build, material, text);
    }
    if (err == SEAL_OK) {
        err = seal_hmac_encrypt(seal_buf_ptr(material->hmac_key), seal_buf_ptr(text), seal_buf_len(text),
                                material->data, build->cause);
    }
    seal_buf_free(&text);
    return err;
}

static int load_derived(struct build *build, struct material *material)
{
    int err = read_value(build, material, false);
    if (err == SEAL_OK) {
        err = load_hmac_key(build, material, false);
    }
    if (err == SEAL_OK && material->hmac_key) {
        err = seal_hmac_derive_key(seal_buf_ptr(material->hmac_key), seal_buf_ptr(material->data),
                                   seal_buf_len(material->data), &material->key, build->cause);
    }
    return err;
}

static int read_key(struct build *build, struct material *material)
{
    struct seal_buf *text = NULL;
    int err = read_object(build, material, true, &text);
    if (err == SEAL_OK) {
        err = seal_key_read(seal_buf_ptr(text), seal_buf_len(text), name_of(material),
                            &build->options->passphrase, &material->key, build->cause);
    }
    seal_buf_free(&text);
    return err == SEAL_OK ? check_columns(build, material) : err;
}

static int load_key(struct build *build, struct material *material)
{
    const struct seal_secure_cert_row *row = material->row;
    if (row->key == SEAL_ROW_KEY_HMAC_DERIVED) {
        return load_derived(build, material);
    }
    int err;
    if (row->source == SEAL_ROW_EMPTY) {
        material->data = seal_buf_new();
        err = material->data ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    } else {
        err = read_key(build, material);
    }
    if (err != SEAL_OK) {
        return err;
    }
    switch (row->key) {
    case SEAL_ROW_KEY_RSA_DS:
        return load_ds(build, material);
    case SEAL_ROW_KEY_ECDSA_PERIPHERAL:
        return check_ecdsa(build, material);
    case SEAL_ROW_KEY_HMAC_ENCRYPTED:
        return load_encrypted(build, material);
    default:
        material->open = true;
        return put_key(build, material, material->data);
    }
}

static int load(struct build *build, struct material *material)
{
    const struct seal_secure_cert_row *row = material->row;
    bool made = !row->verbatim && row->flags < 0;
    if (made && row->key != SEAL_ROW_KEY_NONE) {
        return load_key(build, material);
    }
    if (made && (row->type == SEAL_TLV_CA_CERT || row->type == SEAL_TLV_DEV_CERT)) {
        return load_cert(build, material);
    }
    material->open = !row->verbatim && row->type == SEAL_TLV_PRIV_KEY && row->flags == 0;
    return read_value(build, material, material->open);
}

/* --- checks --- */

static int check_pair(const struct build *build, const struct material *material)
{
    for (size_t i = 0; material->key && i < build->count; i++) {
        const struct material *other = &build->materials[i];
        bool pair = other->cert && other->row->type == SEAL_TLV_DEV_CERT &&
                    other->row->subtype == material->row->subtype;
        int err = pair ? seal_cert_matches_key(other->cert, material->key, build->cause) : SEAL_OK;
        if (err != SEAL_OK) {
            return err;
        }
    }
    return SEAL_OK;
}

static int stop_at_finding(void *ctx, const struct seal_scan_finding *finding)
{
    (void)ctx;
    (void)finding;
    return SEAL_ERR_SECRET_FOUND;
}

static int check_secrets(struct build *build, const struct material *material)
{
    int err =
        seal_scan(seal_buf_ptr(material->data), seal_buf_len(material->data), NULL, 0, stop_at_finding, NULL);
    if (err != SEAL_ERR_SECRET_FOUND) {
        return err;
    }
    if (material->open || build->options->allow_private_keys) {
        build->result->has_plaintext_key = true;
        return SEAL_OK;
    }
    err = seal_fail(build->cause, SEAL_ERR_SECRET_FOUND, "there is a private key in the data");
    seal_hint(build->cause, "a row of type PRIV_KEY and priv_key_type plaintext puts one there on purpose");
    return err;
}

/* A key that a peripheral holds, or that is derived or encrypted, is nowhere in what was built. */
static int check_absence(struct build *build, const struct material *material)
{
    bool found = false;
    if (!material->key || material->open) {
        return SEAL_OK;
    }
    int err = seal_key_occurs_in(material->key, seal_buf_ptr(build->out), seal_buf_len(build->out), &found);
    if (err == SEAL_OK && found && !build->options->allow_private_keys) {
        err = seal_fail(build->cause, SEAL_ERR_SECRET_FOUND,
                        "the private key of a row that is %s stands elsewhere in the partition",
                        seal_row_key_name(material->row->key));
    }
    return err;
}

/* --- the entries --- */

static int put(struct build *build, uint8_t type, uint8_t subtype, uint8_t flags, const struct seal_buf *data)
{
    return seal_tlv_put_within(build->out, build->size, type, subtype, flags,
                               data ? seal_buf_ptr(data) : (const uint8_t *)"", data ? seal_buf_len(data) : 0,
                               build->cause);
}

/* What stands before all rows; made alone, since these functions know the usual size only. */
static int put_before(struct build *build, const struct material *material)
{
    const struct seal_secure_cert_row *row = material->row;
    struct seal_buf *made = seal_buf_new();
    int err = made ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK && row->key == SEAL_ROW_KEY_RSA_DS) {
        err = seal_tlv_put_ds(made, row->subtype, material->ds.rsa_bits, material->ds.iv, material->ds.c,
                              material->ds.c_len, (unsigned)row->efuse_key, build->cause);
        build->result->has_peripheral_key = true;
    } else if (err == SEAL_OK && row->key == SEAL_ROW_KEY_ECDSA_PERIPHERAL) {
        err = seal_tlv_put_sec_cfg(made, row->subtype, (unsigned)row->efuse_key, build->cause);
        build->result->has_peripheral_key = true;
    } else if (err == SEAL_OK && row->key == SEAL_ROW_KEY_HMAC_DERIVED) {
        err = seal_tlv_put_within(made, build->size, SEAL_TLV_HMAC_ECDSA_KEY_SALT, row->subtype, 0,
                                  seal_buf_ptr(material->data), seal_buf_len(material->data), build->cause);
    }
    if (err == SEAL_OK && seal_buf_len(build->out) + seal_buf_len(made) > build->size) {
        err = seal_fail(build->cause, SEAL_ERR_TOO_LONG, "does not fit into the partition's %zu bytes",
                        build->size);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put(build->out, seal_buf_ptr(made), seal_buf_len(made));
    }
    seal_buf_free(&made);
    return err;
}

static int put_row(struct build *build, const struct material *material)
{
    const struct seal_secure_cert_row *row = material->row;
    if (row->verbatim) {
        return seal_buf_len(build->out) + seal_buf_len(material->data) > build->size
                   ? seal_fail(build->cause, SEAL_ERR_TOO_LONG, "does not fit into the partition's %zu bytes",
                               build->size)
                   : seal_buf_put(build->out, seal_buf_ptr(material->data), seal_buf_len(material->data));
    }
    switch (row->key) {
    case SEAL_ROW_KEY_RSA_DS:
        return SEAL_OK;
    case SEAL_ROW_KEY_ECDSA_PERIPHERAL:
        return put(build, row->type, row->subtype, SEAL_TLV_FLAG_ECDSA_PERIPHERAL, NULL);
    case SEAL_ROW_KEY_HMAC_DERIVED:
        return put(build, row->type, row->subtype, SEAL_TLV_FLAG_HMAC_DERIVED, NULL);
    case SEAL_ROW_KEY_HMAC_ENCRYPTED:
        return put(build, row->type, row->subtype, SEAL_TLV_FLAG_HMAC_ENCRYPTED, material->data);
    default:
        return put(build, row->type, row->subtype, (uint8_t)(row->flags < 0 ? 0 : row->flags),
                   material->data);
    }
}

/* A second DS_DATA beside the one made from a key, for example; BYTES are not looked into. */
static int check_entries(const struct build *build)
{
    bool seen[256][256] = {{false}};
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    size_t offset = 0;
    for (size_t i = 0; i < build->count; i++) {
        if (build->materials[i].row->verbatim) {
            return SEAL_OK;
        }
    }
    while (seal_tlv_next(seal_buf_ptr(build->out), seal_buf_len(build->out), &offset, &entry, &end)) {
        if (seen[entry.type][entry.subtype]) {
            const char *name = seal_tlv_type_name(entry.type);
            return seal_fail(build->cause, SEAL_ERR_FORMAT,
                             "%s with subtype %u would be there twice: from its own row and from a key's",
                             name ? name : "an entry", entry.subtype);
        }
        seen[entry.type][entry.subtype] = true;
    }
    return SEAL_OK;
}

static int put_integrity(struct build *build)
{
    uint8_t sha256[32];
    for (size_t i = 0; i < build->count; i++) {
        const struct seal_secure_cert_row *row = build->materials[i].row;
        if (row->verbatim || row->type == SEAL_TLV_INTEGRITY || row->type == SEAL_TLV_SIGNATURE_BLOCK) {
            return SEAL_OK;
        }
    }
    int err = seal_sha256(seal_buf_ptr(build->out), seal_buf_len(build->out), sha256);
    return err == SEAL_OK ? seal_tlv_put_within(build->out, build->size, SEAL_TLV_INTEGRITY, 0, 0, sha256,
                                                sizeof sha256, build->cause)
                          : err;
}

static int each(struct build *build, int (*step)(struct build *, struct material *))
{
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < build->count; i++) {
        err = at_row(build, &build->materials[i], step(build, &build->materials[i]));
    }
    return err;
}

static int check_loaded(struct build *build, struct material *material)
{
    int err = check_pair(build, material);
    return err == SEAL_OK ? check_secrets(build, material) : err;
}

static int step_before(struct build *build, struct material *material)
{
    return put_before(build, material);
}

static int step_row(struct build *build, struct material *material)
{
    return put_row(build, material);
}

static int step_absence(struct build *build, struct material *material)
{
    return check_absence(build, material);
}

static int run(struct build *build)
{
    static int (*const steps[])(struct build *, struct material *) = {load, check_loaded, step_before,
                                                                      step_row, step_absence};
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < sizeof steps / sizeof steps[0]; i++) {
        err = each(build, steps[i]);
    }
    if (err == SEAL_OK) {
        err = check_entries(build);
    }
    return err == SEAL_OK && !build->options->no_integrity ? put_integrity(build) : err;
}

static void free_materials(struct build *build)
{
    for (size_t i = 0; build->materials && i < build->count; i++) {
        struct material *material = &build->materials[i];
        seal_buf_free(&material->data);
        seal_buf_free(&material->hmac_key);
        seal_cert_free(&material->cert);
        seal_key_free(&material->key);
    }
    free(build->materials);
}

int seal_secure_cert_build(const struct seal_secure_cert_rows *rows, const struct seal_build_options *options,
                           struct seal_buf *out, struct seal_build_result *result, struct seal_cause *cause)
{
    struct seal_cause own = {0};
    size_t count = seal_secure_cert_rows_count(rows);
    struct build build = {
        .options = options,
        .materials = calloc(count + 1, sizeof *build.materials),
        .count = count,
        .size = options->size ? options->size : SEAL_SECURE_CERT_MAX,
        .out = out,
        .result = result,
        .cause = cause ? cause : &own,
    };
    *result = (struct seal_build_result){0};
    for (size_t i = 0; build.materials && i < count; i++) {
        build.materials[i].row = seal_secure_cert_rows_at(rows, i);
    }
    int err = build.materials ? run(&build) : SEAL_ERR_NO_MEMORY;
    free_materials(&build);
    if (err != SEAL_OK) {
        seal_buf_truncate(out, 0);
    }
    return err;
}
