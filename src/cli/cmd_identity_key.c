/* identity key: makes a private key in a file that only its owner can read. */
#include "identity.h"

static int check_request(const struct cli_run *run, struct seal_cause *cause)
{
    if (cli_flag(run, "encrypt") && cli_text(run, "passphrase-file")) {
        int err = seal_fail(cause, SEAL_ERR_USAGE,
                            "--encrypt asks for the passphrase that --passphrase-file "
                            "already gives");
        seal_hint(cause, "give one of the two; --passphrase-file alone encrypts the key");
        return err;
    }
    return cli_check_out(run, "out", true, cause);
}

static int report(const struct cli_run *run, const struct seal_key *key)
{
    if (!cli_json(run)) {
        return cli_say_key(run, cli_text(run, "out"), key);
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_text(run, "out"));
    int err = cli_put_key(root, key);
    seal_json_put_bool(root, "encrypted", cli_flag(run, "encrypt") || cli_text(run, "passphrase-file"));
    if (err != SEAL_OK) {
        seal_json_free(&root);
        return err;
    }
    return cli_emit_json(run, &root);
}

static int run_identity_key(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_key *key = NULL;
    int err = check_request(run, cause);
    if (err == SEAL_OK) {
        err = cli_make_key(run, "type", "out", "rsa:2048", &key, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, key);
    }
    seal_key_free(&key);
    return err;
}

static const struct cli_option options[] = {
    {.name = "type",
     .value = "TYPE",
     .summary = "kind and size; the DS peripheral needs RSA, the ECDSA peripheral EC",
     .choices = seal_key_types,
     .fallback = "rsa:2048"},
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "the new key; - is stdout", .required = true},
    {.name = "encrypt", .summary = "ask at the terminal for a passphrase and encrypt the key"},
    {.name = "passphrase-file", .value = "FILE", .summary = "encrypt the key with the first line of FILE"},
    {.name = "force", .summary = "replace the file if it is there"},
    {.name = "insecure-permissions", .summary = "read a passphrase file that others can read"},
    {0},
};

const struct cli_command cli_command_identity_key = {
    .name = "identity key",
    .summary = "make a private key",
    .description = "Makes a private key and writes it as PKCS#8 PEM to a file with mode 0600, which is never "
                   "overwritten "
                   "without --force. The SHA-256 of the public key that is printed names the key without "
                   "revealing it.\n\n"
                   "The key is encrypted (AES-256, PBKDF2 with 600000 rounds) when a passphrase is given.",
    .examples = "espseal identity key --type rsa:3072 --out device.key\n"
                "# encrypted, with the passphrase from a file\n"
                "espseal identity key --type ec:p256 --passphrase-file secret.txt --out ca.key",
    .options = options,
    .run = run_identity_key,
};
