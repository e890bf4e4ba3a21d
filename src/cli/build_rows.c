#include "build_rows.h"

#include "identity.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/secret.h>
#include <espseal/secure_cert_build.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_FILE_MAX = 4 << 20, SALT_LEN = 32 };

static const struct storage {
    const char *name, *kind;
} storages[] = {
    {"plaintext", "plaintext"},       {"ds", "rsa_ds"},
    {"ecdsa", "ecdsa_peripheral"},    {"hmac-encrypted", "hmac_encrypted"},
    {"hmac-derived", "hmac_derived"},
};

bool cli_build_wants_rows(const struct cli_run *run)
{
    const char *storage = cli_text(run, "key-storage");
    return cli_text(run, "csv") || cli_text(run, "entries") || cli_text(run, "size") ||
           cli_text(run, "partition-table") || (storage && strncmp(storage, "hmac-", 5) == 0);
}

/* --- arguments as rows --- */

/* Options name files relative to the working directory, rows relative to their own folder. */
static const char *path_of(const struct cli_run *run, const char *option, char absolute[static PATH_MAX])
{
    const char *path = cli_text(run, option);
    return path && realpath(path, absolute) ? absolute : path;
}

static int add_file(const struct cli_run *run, struct seal_secure_cert_rows *rows, const char *option,
                    const char *type, struct seal_cause *cause)
{
    char place[32];
    char absolute[PATH_MAX];
    const char *const cells[SEAL_COLUMN_COUNT] = {
        [SEAL_COLUMN_TYPE] = type,
        [SEAL_COLUMN_SUBTYPE] = "0",
        [SEAL_COLUMN_VALUE] = path_of(run, option, absolute),
        [SEAL_COLUMN_DATA_TYPE] = "file",
    };
    (void)snprintf(place, sizeof place, "--%s", option);
    return cli_text(run, option) ? seal_secure_cert_rows_add(rows, place, cells, cause) : SEAL_OK;
}

static int choose_salt(const struct cli_run *run, char hex[static 2 * SALT_LEN + 1], struct seal_cause *cause)
{
    uint8_t salt[SALT_LEN];
    int err = seal_random(salt, sizeof salt);
    if (err == SEAL_OK) {
        seal_hex_encode(salt, sizeof salt, hex);
        cli_hint(run, "the salt is random: --salt %s makes the same partition again", hex);
    }
    return err == SEAL_OK ? SEAL_OK : seal_fail(cause, err, "cannot make a salt");
}

static int add_key(const struct cli_run *run, struct seal_secure_cert_rows *rows, struct seal_cause *cause)
{
    char salt[2 * SALT_LEN + 1];
    char absolute[PATH_MAX];
    const char *storage = cli_text(run, "key-storage");
    const char *kind = NULL;
    for (size_t i = 0; storage && i < sizeof storages / sizeof storages[0]; i++) {
        kind = strcmp(storage, storages[i].name) == 0 ? storages[i].kind : kind;
    }
    bool derived = kind && strcmp(kind, "hmac_derived") == 0;
    if (!storage && cli_text(run, "private-key")) {
        return seal_fail(cause, SEAL_ERR_USAGE,
                         "--private-key needs --key-storage: where shall the key live?");
    }
    if (!storage) {
        return SEAL_OK;
    }
    if (!derived && !cli_text(run, "private-key")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--key-storage %s needs --private-key FILE", storage);
    }
    const char *value = derived ? cli_text(run, "salt") : path_of(run, "private-key", absolute);
    if (!value) {
        int err = choose_salt(run, salt, cause);
        if (err != SEAL_OK) {
            return err;
        }
        value = salt;
    }
    const char *const cells[SEAL_COLUMN_COUNT] = {
        [SEAL_COLUMN_TYPE] = "PRIV_KEY", [SEAL_COLUMN_SUBTYPE] = "0",
        [SEAL_COLUMN_VALUE] = value,     [SEAL_COLUMN_DATA_TYPE] = derived ? "hex" : "file",
        [SEAL_COLUMN_KEY_TYPE] = kind,   [SEAL_COLUMN_EFUSE_ID] = cli_text(run, "efuse-key"),
    };
    return seal_secure_cert_rows_add(rows, derived ? "--salt" : "--private-key", cells, cause);
}

static int rows_of_arguments(const struct cli_run *run, struct seal_secure_cert_rows *rows,
                             struct seal_cause *cause)
{
    int err = add_file(run, rows, "ca-cert", "CA_CERT", cause);
    if (err == SEAL_OK) {
        err = add_file(run, rows, "device-cert", "DEV_CERT", cause);
    }
    return err == SEAL_OK ? add_key(run, rows, cause) : err;
}

/* --- files of rows --- */

typedef int (*rows_reader)(const void *text, size_t len, const char *name, struct seal_secure_cert_rows *rows,
                           struct seal_cause *cause);

static int read_rows(const struct cli_run *run, const char *option, rows_reader reader,
                     struct seal_secure_cert_rows *rows, struct seal_cause *cause)
{
    const char *path = cli_text(run, option);
    struct seal_buf *text = NULL;
    int err = path ? seal_file_read(path, ROWS_FILE_MAX, 0, &text, cause) : SEAL_OK;
    if (path && err == SEAL_OK) {
        err = reader(seal_buf_ptr(text), seal_buf_len(text), path, rows, cause);
    }
    seal_buf_free(&text);
    return err;
}

/* Paths in a file of rows are relative to its folder, so that an extracted partition can be moved. */
static const char *folder_of(const struct cli_run *run, char folder[static 1024])
{
    const char *path = cli_text(run, "csv") ? cli_text(run, "csv") : cli_text(run, "entries");
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (cli_text(run, "base-dir")) {
        return cli_text(run, "base-dir");
    }
    if (!slash || (size_t)(slash - path) >= 1024) {
        return NULL;
    }
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    return slash == path ? "/" : folder;
}

static int collect(struct cli_run *run, struct seal_secure_cert_rows *rows, struct seal_cause *cause)
{
    struct seal_secure_cert_rows *before = seal_secure_cert_rows_new();
    int err = before ? rows_of_arguments(run, before, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = read_rows(run, "csv", seal_secure_cert_rows_csv, rows, cause);
    }
    if (err == SEAL_OK) {
        err = read_rows(run, "entries", seal_secure_cert_rows_json, rows, cause);
    }
    if (err == SEAL_OK) {
        err = seal_secure_cert_rows_prepend(rows, &before, cause);
    }
    seal_secure_cert_rows_free(&before);
    return err;
}

static int read_options(struct cli_run *run, struct seal_build_options *options, struct seal_buf **hmac_key,
                        uint8_t iv[static 16], struct seal_cause *cause)
{
    int err = cli_find_chip(cli_text(run, "chip"), &options->chip, cause);
    if (err == SEAL_OK && cli_text(run, "hmac-key")) {
        err = cli_read_hmac_key(run, hmac_key, cause);
    }
    if (err == SEAL_OK && cli_text(run, "iv")) {
        err = cli_ds_iv(run, iv, cause);
        options->iv = iv;
    }
    options->hmac_key = *hmac_key ? seal_buf_ptr(*hmac_key) : NULL;
    return err;
}

int cli_build_rows(struct cli_run *run, struct seal_buf *out, size_t size, bool *open,
                   struct seal_cause *cause)
{
    char folder[1024];
    uint8_t iv[16];
    struct seal_buf *hmac_key = NULL;
    struct seal_build_result result = {.has_plaintext_key = false};
    struct seal_secure_cert_rows *rows = seal_secure_cert_rows_new();
    struct seal_build_options options = {
        .size = size,
        .directory = folder_of(run, folder),
        .any_mode = cli_flag(run, "insecure-permissions"),
        .passphrase = cli_passphrase(run, "passphrase-file"),
        .no_integrity = cli_flag(run, "no-integrity") || cli_text(run, "sign-key"),
        .allow_private_keys = cli_flag(run, "allow-private-key"),
    };
    int err = rows ? read_options(run, &options, &hmac_key, iv, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = collect(run, rows, cause);
    }
    if (err == SEAL_OK) {
        err = seal_secure_cert_build(rows, &options, out, &result, cause);
    }
    *open = result.has_plaintext_key;
    seal_buf_free(&hmac_key);
    seal_secure_cert_rows_free(&rows);
    return err;
}
