#include "run.h"

#include <espseal/file.h>
#include <espseal/key_store.h>
#include <espseal/secure_boot.h>

enum { LARGEST = 64 << 10 }; /* PEM of an RSA-4096 key takes 3.2 KiB; certificates with text around it more */

/* A certificate where a key was wanted is better called by its name than refused for its mode. */
static int refuse_mode(const char *path, int err, struct seal_cause *cause)
{
    struct seal_cause other = {0};
    struct seal_buf *buf = NULL;
    struct seal_key *key = NULL;
    int reading = seal_file_read(path, LARGEST, SEAL_FILE_SECRET | SEAL_FILE_ANY_MODE, &buf, &other);
    if (reading == SEAL_OK) {
        reading = seal_key_read(seal_buf_ptr(buf), seal_buf_len(buf), path, NULL, &key, &other);
    }
    if (reading == SEAL_ERR_FORMAT) {
        err = reading;
        *cause = other;
    }
    seal_key_free(&key);
    seal_buf_free(&buf);
    return err;
}

int cli_read_secret(const struct cli_run *run, const char *path, size_t max, struct seal_buf **out,
                    struct seal_cause *cause)
{
    int flags = SEAL_FILE_SECRET | (cli_flag(run, "insecure-permissions") ? SEAL_FILE_ANY_MODE : 0);
    *out = NULL;
    return path ? seal_file_read(path, max, flags, out, cause) : SEAL_OK;
}

int cli_read_key(struct cli_run *run, const char *path, const char *passphrase_option, struct seal_key **key,
                 struct seal_cause *cause)
{
    struct seal_buf *buf = NULL;
    bool uri = seal_key_is_uri(path);
    struct seal_passphrase passphrase = cli_passphrase(run, uri ? CLI_PIN_OPTION : passphrase_option);
    *key = NULL;
    if (uri) {
        return seal_key_open(path, &passphrase, cli_flag(run, "insecure-permissions"), key, cause);
    }
    int err = cli_read_secret(run, path, LARGEST, &buf, cause);
    if (err == SEAL_ERR_PERMISSIONS && cause) {
        err = refuse_mode(path, err, cause);
    } else if (err == SEAL_OK) {
        err = seal_key_read(seal_buf_ptr(buf), seal_buf_len(buf), path, &passphrase, key, cause);
    }
    seal_buf_free(&buf);
    return err;
}

int cli_read_public(struct cli_run *run, const char *path, const char *passphrase_option,
                    struct seal_public *key, struct seal_cause *cause)
{
    struct seal_buf *buf = NULL;
    struct seal_key *private = NULL;
    struct seal_passphrase passphrase = {0};
    if (seal_key_is_uri(path)) {
        int err = cli_read_key(run, path, passphrase_option, &private, cause);
        if (err == SEAL_OK) {
            err = seal_public_of(private, key, cause);
        }
        seal_key_free(&private);
        return err;
    }
    int err = seal_file_read(path, LARGEST, SEAL_FILE_SECRET | SEAL_FILE_ANY_MODE, &buf, cause);
    if (passphrase_option) {
        passphrase = cli_passphrase(run, passphrase_option);
    }
    if (err == SEAL_OK) {
        err = seal_boot_key_read(seal_buf_ptr(buf), seal_buf_len(buf), path,
                                 passphrase_option ? &passphrase : NULL, key, cause);
    }
    seal_buf_free(&buf);
    return err;
}

typedef int (*read_cert_fn)(const void *data, size_t len, const char *name, struct seal_cert **cert,
                            struct seal_cause *cause);

static int read_cert(const char *path, read_cert_fn read, struct seal_cert **cert, struct seal_cause *cause)
{
    struct seal_buf *buf = NULL;
    *cert = NULL;
    int err = seal_file_read(path, LARGEST, 0, &buf, cause);
    if (err == SEAL_OK) {
        err = read(seal_buf_ptr(buf), seal_buf_len(buf), path, cert, cause);
    }
    seal_buf_free(&buf);
    return err;
}

int cli_read_cert(struct cli_run *run, const char *path, struct seal_cert **cert, struct seal_cause *cause)
{
    (void)run;
    return read_cert(path, seal_cert_read, cert, cause);
}

int cli_read_certs(struct cli_run *run, const char *path, struct seal_cert **cert, struct seal_cause *cause)
{
    (void)run;
    return read_cert(path, seal_cert_read_chain, cert, cause);
}

int cli_find_chip(const char *name, const struct seal_chip **chip, struct seal_cause *cause)
{
    *chip = name ? seal_chip_find(name) : NULL;
    if (!name || *chip) {
        return SEAL_OK;
    }
    struct seal_suggestion suggestion = {.word = name};
    for (size_t i = 0; seal_chips[i]; i++) {
        seal_suggest(&suggestion, seal_chips[i]->name);
    }
    int err = seal_fail(cause, SEAL_ERR_USAGE, "there is no chip \"%s\"", name);
    if (suggestion.best) {
        seal_hint(cause, "did you mean --chip %s?", suggestion.best);
    } else {
        seal_hint(cause, "espseal chip list shows the chips");
    }
    return err;
}
