/* secure-boot keygen: a private key that signs firmware, and its public half. */
#include "boot.h"
#include "identity.h"

#include <espseal/file.h>
#include <espseal/secure_boot.h>

#include <string.h>

static const char *const types[] = {"rsa:3072", "ec:p192", "ec:p256", "ec:p384", NULL};

static int write_public(const struct cli_run *run, const struct seal_public *key, struct seal_cause *cause)
{
    struct seal_buf *pem = seal_buf_new();
    int err = pem ? seal_public_write(key, pem, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = cli_write_out(run, "public-out", pem, false, cause);
    }
    seal_buf_free(&pem);
    return err;
}

static int report(const struct cli_run *run, const struct seal_key *key, const struct seal_public *public)
{
    uint8_t digest[32];
    seal_json *root = seal_json_object_new();
    int err = seal_public_digest(public, digest);
    if (err == SEAL_OK && !cli_json(run)) {
        err = cli_say_key(run, cli_text(run, "out"), key);
        seal_json_free(&root);
        return err;
    }
    seal_json_put_text(root, "file", cli_text(run, "out"));
    seal_json_put_text(root, "public_key", cli_text(run, "public-out"));
    seal_json_put_text(root, "scheme", seal_sign_scheme_name(public->scheme));
    seal_json_put_hex(root, "key_digest", digest, sizeof digest);
    if (err == SEAL_OK) {
        err = cli_put_key(root, key);
    }
    if (err != SEAL_OK) {
        seal_json_free(&root);
        return err;
    }
    return cli_emit_json(run, &root);
}

/* The kind of key is told by its type alone: what the chip cannot check is refused before a key is made. */
static int check_type(const struct cli_run *run, struct seal_cause *cause)
{
    static const enum seal_sign_scheme schemes[] = {SEAL_SIGN_RSA3072, SEAL_SIGN_ECDSA192, SEAL_SIGN_ECDSA256,
                                                    SEAL_SIGN_ECDSA384};
    const struct seal_chip *chip = NULL;
    const char *type = cli_text(run, "type") ? cli_text(run, "type") : types[0];
    const char *allowed = cli_text(run, "allow");
    size_t index = 0;
    int err = cli_find_chip(cli_text(run, "chip"), &chip, cause);
    while (types[index + 1] && strcmp(types[index], type) != 0) {
        index++;
    }
    return err == SEAL_OK && chip ? seal_boot_scheme_check(chip, schemes[index], allowed != NULL, cause)
                                  : err;
}

static int run_keygen(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_key *key = NULL;
    struct seal_public public;
    int err = check_type(run, cause);
    if (err == SEAL_OK) {
        err = cli_check_out(run, "out", true, cause);
    }
    if (err == SEAL_OK && cli_text(run, "public-out")) {
        err = cli_check_out(run, "public-out", false, cause);
    }
    if (err == SEAL_OK) {
        err = cli_make_key(run, "type", "out", types[0], &key, cause);
    }
    if (err == SEAL_OK) {
        err = seal_public_of(key, &public, cause);
    }
    if (err == SEAL_OK && cli_text(run, "public-out")) {
        err = write_public(run, &public, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, key, &public);
    }
    seal_key_free(&key);
    return err;
}

static const struct cli_option options[] = {
    {.name = "type", .value = "TYPE", .summary = "kind and size", .choices = types, .fallback = "rsa:3072"},
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the private key; - is stdout",
     .required = true},
    {.name = "public-out", .value = "FILE", .summary = "its public half as well"},
    {.name = "chip", .value = "CHIP", .summary = "refuse what this chip does not check"},
    CLI_BOOT_ALLOW_OPTION,
    {.name = "encrypt", .summary = "ask at the terminal for a passphrase and encrypt the key"},
    {.name = "passphrase-file", .value = "FILE", .summary = "encrypt the key with the first line of FILE"},
    {.name = "force", .summary = "replace the file if it is there"},
    {.name = "insecure-permissions", .summary = "read a passphrase file that others can read"},
    {0},
};

const struct cli_command cli_command_secure_boot_keygen = {
    .name = "secure-boot keygen",
    .summary = "make a private key that signs firmware",
    .description =
        "Makes a private key for secure boot as PKCS#8 PEM in a file with mode 0600. Who has it can "
        "write firmware for every device that trusts it; a device whose key is lost can never be "
        "updated: keep it encrypted, and a copy of it elsewhere, or make it in a token.",
    .examples = "espseal secure-boot keygen --chip esp32c3 --out signing.pem --public-out signing.pub\n"
                "espseal secure-boot keygen --chip esp32c6 --type ec:p256 --out signing.pem",
    .options = options,
    .run = run_keygen,
};
