#include "identity.h"

#include "run.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <string.h>

int cli_out_flags(const struct cli_run *run, bool secret)
{
    return (secret ? SEAL_FILE_SECRET : 0) | (cli_flag(run, "force") ? SEAL_FILE_FORCE : 0);
}

int cli_check_out(const struct cli_run *run, const char *option, bool secret, struct seal_cause *cause)
{
    const char *path = cli_text(run, option);
    if (cli_json(run) && strcmp(path, "-") == 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--json and --%s - cannot both have the standard output",
                         option);
    }
    return seal_file_check_writable(path, cli_out_flags(run, secret), cause);
}

int cli_write_out(const struct cli_run *run, const char *option, const struct seal_buf *data, bool secret,
                  struct seal_cause *cause)
{
    return seal_file_write(cli_text(run, option), seal_buf_ptr(data), seal_buf_len(data),
                           cli_out_flags(run, secret), cause);
}

static int ask_twice(const char *what, char *passphrase, struct seal_cause *cause)
{
    char again[CLI_PASSPHRASE_SIZE];
    char prompt[256];
    (void)snprintf(prompt, sizeof prompt, "New passphrase for %.180s: ", what);
    int err = cli_ask_line(prompt, false, passphrase, CLI_PASSPHRASE_SIZE, cause);
    if (err == SEAL_OK) {
        err = cli_ask_line("The same again: ", false, again, sizeof again, cause);
    }
    if (err == SEAL_OK && strcmp(passphrase, again) != 0) {
        err = seal_fail(cause, SEAL_ERR_PASSPHRASE, "the two passphrases differ; no key was made");
    }
    seal_cleanse(again, sizeof again);
    if (err != SEAL_OK && err != SEAL_ERR_PASSPHRASE && err != SEAL_ERR_INTERRUPTED) {
        err = seal_fail(cause, SEAL_ERR_PASSPHRASE, "there is no terminal to ask for a passphrase at");
        seal_hint(cause, "give it with --passphrase-file FILE");
    }
    return err;
}

int cli_new_passphrase(struct cli_run *run, const char *what, char passphrase[static CLI_PASSPHRASE_SIZE],
                       struct seal_cause *cause)
{
    passphrase[0] = '\0';
    const char *path = cli_text(run, "passphrase-file");
    if (!path && !cli_flag(run, "encrypt")) {
        return SEAL_OK;
    }
    int err;
    if (path) {
        struct seal_passphrase from_file = cli_passphrase(run, "passphrase-file");
        err = from_file.ask(from_file.ctx, what, passphrase, CLI_PASSPHRASE_SIZE);
        if (err != SEAL_OK) {
            (void)seal_fail(cause, err, "no passphrase could be taken from %s", path);
            seal_hint(cause, "its first line is the passphrase, and only its owner may read it (chmod 600)");
        }
    } else {
        err = ask_twice(what, passphrase, cause);
    }
    if (err == SEAL_OK && !*passphrase) {
        err = seal_fail(cause, SEAL_ERR_PASSPHRASE, "the passphrase for %s is empty", what);
        seal_hint(cause, "without --encrypt and --passphrase-file the key is not encrypted");
    }
    return err;
}

int cli_read_secret_line(struct cli_run *run, const char *option, struct seal_buf **line,
                         struct seal_cause *cause)
{
    int err = cli_read_secret(run, cli_text(run, option), 4096, line, cause);
    if (err != SEAL_OK) {
        return err;
    }
    const uint8_t *text = seal_buf_ptr(*line);
    size_t len = 0;
    while (len < seal_buf_len(*line) && text[len] != '\n' && text[len] != '\r') {
        len++;
    }
    seal_buf_truncate(*line, len);
    if (len == 0) {
        seal_buf_free(line);
        return seal_fail(cause, SEAL_ERR_FORMAT, "the first line of %s is empty", cli_text(run, option));
    }
    return SEAL_OK;
}

int cli_make_key(struct cli_run *run, const char *type_option, const char *out_option,
                 const char *fallback_type, struct seal_key **key, struct seal_cause *cause)
{
    char passphrase[CLI_PASSPHRASE_SIZE] = "";
    const char *type = cli_text(run, type_option);
    struct seal_buf *pem = seal_buf_new_secret();
    *key = NULL;
    int err = pem ? cli_new_passphrase(run, cli_text(run, out_option), passphrase, cause)
                  : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a key");
    if (err == SEAL_OK) {
        err = seal_key_generate(type ? type : fallback_type, key, cause);
    }
    if (err == SEAL_OK) {
        err = seal_key_write_pkcs8(*key, *passphrase ? passphrase : NULL, pem, cause);
    }
    if (err == SEAL_OK) {
        err = cli_write_out(run, out_option, pem, true, cause);
    }
    seal_cleanse(passphrase, sizeof passphrase);
    seal_buf_free(&pem);
    if (err != SEAL_OK) {
        seal_key_free(key);
    }
    return err;
}

int cli_list(const struct cli_run *run, const char *option, const char **list, size_t size,
             struct seal_cause *cause)
{
    for (size_t i = 0; i < size; i++) {
        list[i] = cli_text_at(run, option, i);
        if (!list[i]) {
            return SEAL_OK;
        }
    }
    return seal_fail(cause, SEAL_ERR_USAGE, "--%s is given more than %zu times", option, size - 1);
}

int cli_days(const struct cli_run *run, unsigned fallback, unsigned *days, struct seal_cause *cause)
{
    uint32_t value = fallback;
    int err = cli_number(run, "days", 36500, fallback, &value, cause);
    if (err == SEAL_OK && value == 0) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "--days must be 1 to 36500");
    }
    *days = value;
    return err;
}

int cli_put_key(seal_json *object, const struct seal_key *key)
{
    uint8_t sha256[32];
    int err = seal_key_fingerprint(key, sha256);
    if (err == SEAL_OK) {
        seal_json_put_text(object, "key", seal_key_describe(key));
        seal_json_put_hex(object, "key_sha256", sha256, sizeof sha256);
    }
    return err;
}

void cli_put_cert(seal_json *object, const struct seal_cert_info *info)
{
    seal_json_put_text(object, "subject", info->subject);
    seal_json_put_text(object, "issuer", info->issuer);
    seal_json_put_text(object, "serial", info->serial);
    seal_json_put_text(object, "not_before", info->not_before);
    seal_json_put_text(object, "not_after", info->not_after);
    seal_json_put_text(object, "key", info->key);
    seal_json_put_hex(object, "key_sha256", info->key_sha256, sizeof info->key_sha256);
    seal_json_put_hex(object, "sha256", info->sha256, sizeof info->sha256);
}

int cli_say_key(const struct cli_run *run, const char *path, const struct seal_key *key)
{
    char hex[65];
    uint8_t sha256[32];
    int err = seal_key_fingerprint(key, sha256);
    if (err == SEAL_OK) {
        seal_hex_encode(sha256, sizeof sha256, hex);
        cli_say(run, "%s: %s private key, public key sha256:%s", path, seal_key_describe(key), hex);
    }
    return err;
}

void cli_say_cert(const struct cli_run *run, const char *path, const struct seal_cert_info *info)
{
    char hex[65];
    seal_hex_encode(info->sha256, sizeof info->sha256, hex);
    cli_say(run, "%s: certificate of %s, %s", path, info->subject, info->key);
    cli_say(run, "  issuer %s, serial %s", info->issuer, info->serial);
    cli_say(run, "  valid %s to %s", info->not_before, info->not_after);
    cli_say(run, "  sha256:%s", hex);
}
