/* secure-cert sign: signatures over an esp_secure_cert partition, here or elsewhere. */
#include "identity.h"

#include <espseal/file.h>
#include <espseal/secure_boot.h>
#include <espseal/secure_cert_sign.h>

#include <string.h>

enum { SMALL_FILE_MAX = 64 << 10 };

struct signing {
    struct seal_buf *partition;
    struct seal_signature signatures[SEAL_SIGNATURE_KEYS_MAX];
    size_t count, signed_len;
};

static size_t count_of(const struct cli_run *run, const char *option)
{
    size_t count = 0;
    while (cli_text_at(run, option, count)) {
        count++;
    }
    return count;
}

static int check_options(const struct cli_run *run, struct seal_cause *cause)
{
    size_t keys = count_of(run, "key");
    size_t signatures = count_of(run, "signature");
    bool first_half = cli_text(run, "to-be-signed") != NULL;
    if ((keys > 0) + (signatures > 0) + first_half != 1) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "one of --key, --signature and --to-be-signed is needed");
        seal_hint(cause,
                  "--key signs here; --to-be-signed gives what another machine signs, --signature takes it");
        return err;
    }
    if (keys + signatures > SEAL_SIGNATURE_KEYS_MAX) {
        return seal_fail(cause, SEAL_ERR_USAGE, "a partition takes at most %d signatures",
                         SEAL_SIGNATURE_KEYS_MAX);
    }
    if (signatures != count_of(run, "public-key")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "each --signature needs its --public-key, in the same order");
    }
    if (!first_half && !cli_text(run, "out")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--out FILE is missing");
    }
    return SEAL_OK;
}

static int sign_here(struct cli_run *run, struct signing *signing, struct seal_cause *cause)
{
    const char *path;
    int err = SEAL_OK;
    while (err == SEAL_OK && (path = cli_text_at(run, "key", signing->count))) {
        struct seal_key *key = NULL;
        err = cli_read_key(run, path, "passphrase-file", &key, cause);
        if (err == SEAL_OK) {
            err = seal_sign(key, seal_buf_ptr(signing->partition), signing->signed_len,
                            &signing->signatures[signing->count++], cause);
        }
        seal_key_free(&key);
    }
    return err;
}

static int import_one(struct cli_run *run, struct signing *signing, size_t index, struct seal_cause *cause)
{
    const char *path = cli_text_at(run, "public-key", index);
    struct seal_public public;
    struct seal_buf *file = NULL;
    int err = seal_file_read(path, SMALL_FILE_MAX, 0, &file, cause);
    if (err == SEAL_OK) {
        err = seal_public_read(seal_buf_ptr(file), seal_buf_len(file), path, &public, cause);
    }
    seal_buf_free(&file);
    if (err == SEAL_OK) {
        err = seal_file_read(cli_text_at(run, "signature", index), SMALL_FILE_MAX, 0, &file, cause);
    }
    if (err == SEAL_OK) {
        err = seal_sign_import(&public, seal_buf_ptr(signing->partition), signing->signed_len,
                               seal_buf_ptr(file), seal_buf_len(file), &signing->signatures[signing->count++],
                               cause);
    }
    seal_buf_free(&file);
    return err;
}

static int import_all(struct cli_run *run, struct signing *signing, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && cli_text_at(run, "signature", i); i++) {
        err = import_one(run, signing, i, cause);
    }
    return err;
}

static int report(struct cli_run *run, const struct signing *signing, size_t size)
{
    const char *path = cli_text(run, "out");
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", path);
    seal_json_put_number(root, "size", (double)size);
    seal_json_put_number(root, "signed", (double)signing->signed_len);
    seal_json *list = seal_json_put_array(root, "signatures");
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < signing->count; i++) {
        uint8_t digest[32];
        seal_json *one = seal_json_put_object(list, NULL);
        err = seal_public_digest(&signing->signatures[i].key, digest);
        seal_json_put_text(one, "scheme", seal_sign_scheme_name(signing->signatures[i].key.scheme));
        seal_json_put_hex(one, "key_digest", digest, sizeof digest);
    }
    if (err == SEAL_OK && cli_json(run)) {
        return cli_emit_json(run, &root);
    }
    seal_json_free(&root);
    cli_say(run, "wrote %s: %zu bytes, %zu signature%s over the first %zu", path, size, signing->count,
            signing->count == 1 ? "" : "s", signing->signed_len);
    return err;
}

static int attach(struct cli_run *run, struct signing *signing, uint32_t size, struct seal_cause *cause)
{
    struct seal_buf *out = seal_buf_new_secret();
    int err = cli_text(run, "key") ? sign_here(run, signing, cause) : import_all(run, signing, cause);
    if (err == SEAL_OK && !out) {
        err = SEAL_ERR_NO_MEMORY;
    }
    if (err == SEAL_OK) {
        err = seal_secure_cert_attach(seal_buf_ptr(signing->partition), seal_buf_len(signing->partition),
                                      signing->signatures, signing->count, size, out, cause);
    }
    if (err == SEAL_OK) {
        err = cli_write_out(run, "out", out, true, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, signing, seal_buf_len(out));
    }
    seal_buf_free(&out);
    return err;
}

static int give_out(struct cli_run *run, const struct signing *signing, struct seal_cause *cause)
{
    const char *path = cli_text(run, "to-be-signed");
    int err = seal_file_write(path, seal_buf_ptr(signing->partition), signing->signed_len,
                              cli_out_flags(run, true), cause);
    if (err == SEAL_OK) {
        cli_say(run, "wrote %s: the %zu bytes to be signed", path, signing->signed_len);
        cli_hint(run, "RSA-3072: PSS with SHA-256 and a salt of 32; ECDSA: SHA-256, or SHA-384 for P-384");
    }
    return err;
}

static int run_sign(struct cli_run *run, struct seal_cause *cause)
{
    struct signing signing = {.count = 0};
    uint32_t size = 0;
    int err = check_options(run, cause);
    if (err == SEAL_OK) {
        err = cli_number(run, "size", SEAL_SECURE_CERT_LIMIT + 16, SEAL_SECURE_CERT_MAX, &size, cause);
    }
    if (err == SEAL_OK && cli_text(run, "out")) {
        err = cli_check_out(run, "out", true, cause);
    }
    if (err == SEAL_OK) {
        err = seal_file_read(cli_operand(run, 0), SEAL_SECURE_CERT_LIMIT + 16,
                             SEAL_FILE_SECRET | SEAL_FILE_ANY_MODE, &signing.partition, cause);
    }
    if (err == SEAL_OK) {
        err = seal_secure_cert_signed_part(seal_buf_ptr(signing.partition), seal_buf_len(signing.partition),
                                           &signing.signed_len, cause);
    }
    if (err == SEAL_OK) {
        err = cli_text(run, "to-be-signed") ? give_out(run, &signing, cause)
                                            : attach(run, &signing, size, cause);
    }
    seal_buf_free(&signing.partition);
    return err;
}

static const struct cli_option options[] = {
    {.name = "key",
     .value = "FILE",
     .summary = "a private key that signs; up to three times",
     .repeat = true},
    {.name = "to-be-signed", .value = "FILE", .summary = "write the bytes to be signed elsewhere, and stop"},
    {.name = "signature",
     .value = "FILE",
     .summary = "a signature made elsewhere; up to three times",
     .repeat = true},
    {.name = "public-key",
     .value = "FILE",
     .summary = "the public key or certificate of each --signature",
     .repeat = true},
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "the signed partition; - is standard output"},
    {.name = "size", .value = "N", .summary = "size of the partition", .fallback = "8192"},
    {.name = "passphrase-file", .value = "FILE", .summary = "its first line opens encrypted private keys"},
    {.name = "insecure-permissions", .summary = "take secret files that others can read"},
    {.name = "force", .summary = "replace a file that exists"},
    {0},
};

const struct cli_command cli_command_secure_cert_sign = {
    .name = "secure-cert sign",
    .summary = "sign an esp_secure_cert partition",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .description = "Adds one to three signatures over all entries of a partition, an integrity entry and an "
                   "end marker, as "
                   "esp_secure_cert_mgr checks them on a device with Secure Boot V2: RSA-3072 (PSS), or "
                   "ECDSA with P-192, P-256 "
                   "or P-384; the keys decide, and all must be of one kind. What follows the entries in FILE "
                   "is dropped.\n\n"
                   "Keys that live on another machine sign in two steps: --to-be-signed writes the bytes, "
                   "--signature and "
                   "--public-key take the result, which is checked before it is used. An RSA signature is "
                   "384 bytes as OpenSSL "
                   "gives them, an ECDSA signature is DER, or r and s of full length one after the other.\n\n"
                   "The result has mode 0600, since a partition may hold a key.",
    .examples = "espseal secure-cert sign esp_secure_cert.bin --key secure_boot.pem --out signed.bin\n"
                "# on a machine without the key, and back\n"
                "espseal secure-cert sign esp_secure_cert.bin --to-be-signed tbs.bin\n"
                "espseal secure-cert sign esp_secure_cert.bin --signature tbs.sig --public-key pub.pem --out "
                "signed.bin",
    .options = options,
    .run = run_sign,
};
