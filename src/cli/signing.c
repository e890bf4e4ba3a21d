#include "signing.h"

#include "identity.h"

#include <espseal/file.h>
#include <espseal/secure_boot.h>

enum { SMALL_FILE_MAX = 64 << 10 };

size_t cli_count_of(const struct cli_run *run, const char *option)
{
    size_t count = 0;
    while (cli_text_at(run, option, count)) {
        count++;
    }
    return count;
}

int cli_signing_check(const struct cli_run *run, struct seal_cause *cause)
{
    size_t keys = cli_count_of(run, "key");
    size_t signatures = cli_count_of(run, "signature");
    bool first_half = cli_text(run, "to-be-signed") != NULL;
    if ((keys > 0) + (signatures > 0) + first_half != 1) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "one of --key, --signature and --to-be-signed is needed");
        seal_hint(cause,
                  "--key signs here; --to-be-signed gives what another machine signs, --signature takes it");
        return err;
    }
    if (signatures != cli_count_of(run, "public-key")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "each --signature needs its --public-key, in the same order");
    }
    if (!first_half && !cli_text(run, "out")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--out FILE is missing");
    }
    return SEAL_OK;
}

static int sign_here(struct cli_run *run, struct cli_signing *signing, struct seal_cause *cause)
{
    const char *path;
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && (path = cli_text_at(run, "key", i)); i++) {
        struct seal_key *key = NULL;
        err = cli_read_key(run, path, "passphrase-file", &key, cause);
        if (err == SEAL_OK) {
            err = signing->sign(key, signing->message, signing->len, &signing->signatures[signing->count++],
                                cause);
            err = seal_fail_in(cause, err, path);
        }
        seal_key_free(&key);
    }
    return err;
}

static int import_one(struct cli_run *run, struct cli_signing *signing, size_t index,
                      struct seal_cause *cause)
{
    struct seal_public public;
    struct seal_buf *file = NULL;
    int err = cli_read_public(run, cli_text_at(run, "public-key", index), NULL, &public, cause);
    if (err == SEAL_OK) {
        err = seal_file_read(cli_text_at(run, "signature", index), SMALL_FILE_MAX, 0, &file, cause);
    }
    if (err == SEAL_OK) {
        err = seal_sign_import(&public, signing->message, signing->len, seal_buf_ptr(file),
                               seal_buf_len(file), &signing->signatures[signing->count++], cause);
    }
    seal_buf_free(&file);
    return err;
}

int cli_signing_collect(struct cli_run *run, struct cli_signing *signing, struct seal_cause *cause)
{
    size_t asked = cli_count_of(run, "key") + cli_count_of(run, "signature");
    if (signing->count + asked > signing->most) {
        return signing->count ? seal_fail(cause, SEAL_ERR_STATE,
                                          "%s takes at most %zu signatures: %zu are there already",
                                          signing->what, signing->most, signing->count)
                              : seal_fail(cause, SEAL_ERR_USAGE, "%s takes at most %zu signature%s",
                                          signing->what, signing->most, signing->most == 1 ? "" : "s");
    }
    int err = sign_here(run, signing, cause);
    for (size_t i = 0; err == SEAL_OK && cli_text_at(run, "signature", i); i++) {
        err = import_one(run, signing, i, cause);
    }
    return err;
}

int cli_signing_hand_out(const struct cli_run *run, const struct cli_signing *signing, bool secret,
                         struct seal_cause *cause)
{
    const char *path = cli_text(run, "to-be-signed");
    int err = seal_file_write(path, signing->message, signing->len, cli_out_flags(run, secret), cause);
    if (err == SEAL_OK) {
        cli_say(run, "wrote %s: the %zu bytes to be signed", path, signing->len);
        cli_hint(run, "RSA-3072: PSS with SHA-256 and a salt of 32; ECDSA: SHA-256, or SHA-384 for P-384");
    }
    return err;
}

int cli_signing_put(seal_json *root, const struct cli_signing *signing)
{
    seal_json *list = seal_json_put_array(root, "signatures");
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < signing->count; i++) {
        uint8_t digest[32];
        seal_json *one = seal_json_put_object(list, NULL);
        err = seal_public_digest(&signing->signatures[i].key, digest);
        seal_json_put_text(one, "scheme", seal_sign_scheme_name(signing->signatures[i].key.scheme));
        seal_json_put_hex(one, "key_digest", digest, sizeof digest);
    }
    return err;
}
