/* ota keygen: the key pair of pre-encrypted images, random or from an HMAC key in the device's eFuses. */
#include "identity.h"

#include <espseal/file.h>
#include <espseal/ota.h>
#include <espseal/secret.h>

#include <string.h>

enum { HMAC_KEY_LEN = 32 };

static int check_request(const struct cli_run *run, struct seal_cause *cause)
{
    int ways = (cli_text(run, "out") != NULL) + (cli_text(run, "hmac-key") != NULL) +
               (cli_text(run, "new-hmac-key") != NULL);
    if (ways != 1) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "one of --out, --hmac-key and --new-hmac-key is needed");
        seal_hint(cause,
                  "--out makes a random private key; the others derive it as the device does, which then "
                  "needs no private key in its firmware");
        return err;
    }
    if (cli_text(run, "type") && !cli_text(run, "out")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--type goes with --out: what is derived is EC P-256");
    }
    int err = cli_check_out(run, "out-public", false, cause);
    if (err == SEAL_OK && cli_text(run, "out")) {
        err = cli_check_out(run, "out", true, cause);
    }
    if (err == SEAL_OK && cli_text(run, "new-hmac-key")) {
        err = seal_file_check_writable(cli_text(run, "new-hmac-key"), SEAL_FILE_SECRET, cause);
    }
    return err;
}

/* A new HMAC key that gives a P-256 key, in its file. */
static int make_hmac_key(const struct cli_run *run, struct seal_key **key, struct seal_cause *cause)
{
    uint8_t *bytes = seal_secret_alloc(HMAC_KEY_LEN);
    int err = bytes ? SEAL_ERR_KEY : SEAL_ERR_NO_MEMORY;
    while (err == SEAL_ERR_KEY) {
        err = seal_random(bytes, HMAC_KEY_LEN);
        if (err == SEAL_OK) {
            err = seal_ota_device_key(bytes, key, cause);
        }
    }
    if (err == SEAL_OK) {
        err = seal_file_write(cli_text(run, "new-hmac-key"), bytes, HMAC_KEY_LEN, SEAL_FILE_SECRET, cause);
    }
    seal_secret_free(bytes, HMAC_KEY_LEN);
    return err;
}

static int get_key(struct cli_run *run, struct seal_key **key, struct seal_cause *cause)
{
    struct seal_buf *hmac_key = NULL;
    if (cli_text(run, "out")) {
        return cli_make_key(run, "type", "out", "rsa:3072", key, cause);
    }
    if (cli_text(run, "new-hmac-key")) {
        return make_hmac_key(run, key, cause);
    }
    int err = cli_read_hmac_key(run, &hmac_key, cause);
    if (err == SEAL_OK) {
        err = seal_ota_device_key(seal_buf_ptr(hmac_key), key, cause);
    }
    seal_buf_free(&hmac_key);
    return err;
}

static int write_public(const struct cli_run *run, const struct seal_key *key, struct seal_cause *cause)
{
    struct seal_buf *pem = seal_buf_new();
    int err = pem ? seal_key_write_public(key, pem, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = cli_write_out(run, "out-public", pem, false, cause);
    }
    seal_buf_free(&pem);
    return err;
}

static int report(const struct cli_run *run, const struct seal_key *key)
{
    const char *hmac_key = cli_text(run, "new-hmac-key");
    const char *private_key = cli_text(run, "out");
    if (cli_json(run)) {
        seal_json *root = seal_json_object_new();
        seal_json_put_text(root, "public_key", cli_text(run, "out-public"));
        if (private_key) {
            seal_json_put_text(root, "private_key", private_key);
        }
        if (hmac_key) {
            seal_json_put_text(root, "hmac_key", hmac_key);
        }
        int err = cli_put_key(root, key);
        if (err != SEAL_OK) {
            seal_json_free(&root);
        }
        return err == SEAL_OK ? cli_emit_json(run, &root) : err;
    }
    if (hmac_key) {
        cli_say(run, "%s: new HMAC key, to be burned with the purpose HMAC_UP", hmac_key);
    }
    cli_say(run, "%s: public key, for espseal ota encrypt", cli_text(run, "out-public"));
    return cli_say_key(run, private_key ? private_key : "in the device", key);
}

static int run_ota_keygen(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_key *key = NULL;
    int err = check_request(run, cause);
    if (err == SEAL_OK) {
        err = get_key(run, &key, cause);
    }
    if (err == SEAL_OK) {
        err = write_public(run, key, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, key);
    }
    seal_key_free(&key);
    return err;
}

static const char *const types[] = {"rsa:3072", "ec:p256", NULL};

static const struct cli_option options[] = {
    {.name = "out-public",
     .value = "FILE",
     .summary = "the public key, for those who encrypt; - is stdout",
     .required = true},
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "make a random private key and write it there"},
    {.name = "type", .value = "TYPE", .summary = "of that key", .choices = types, .fallback = "rsa:3072"},
    {.name = "hmac-key",
     .value = "FILE",
     .summary = "derive the key from these 32 bytes, as the device does from its eFuses"},
    {.name = "new-hmac-key", .value = "FILE", .summary = "the same from new random bytes, written there"},
    {.name = "encrypt", .summary = "ask at the terminal for a passphrase and encrypt the private key"},
    {.name = "passphrase-file", .value = "FILE", .summary = "encrypt it with the first line of FILE"},
    {.name = "force", .summary = "replace key files that are there; never an HMAC key"},
    {.name = "insecure-permissions", .summary = "take secret files that others can read"},
    {0},
};

const struct cli_command cli_command_ota_keygen = {
    .name = "ota keygen",
    .summary = "make the keys of pre-encrypted firmware images",
    .description =
        "Makes what ota encrypt and the device need: a public key for the build machine, and the private one "
        "for "
        "the device. RSA-3072 is what esp_encrypted_img takes by default, its private key being part of the "
        "firmware. With EC P-256 (ECIES) the device derives the private key from an HMAC key in its eFuses, "
        "so "
        "that no firmware holds it: --new-hmac-key makes such a key for one device, --hmac-key takes that of "
        "a "
        "device that exists. It is burned with the purpose HMAC_UP.",
    .examples = "espseal ota keygen --out ota.key --out-public ota_pub.pem\n"
                "# a key that lives in one device's eFuses\n"
                "espseal ota keygen --new-hmac-key hmac.bin --out-public device_pub.pem",
    .options = options,
    .run = run_ota_keygen,
};
