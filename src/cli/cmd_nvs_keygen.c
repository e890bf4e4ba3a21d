/* nvs keygen: makes the keys partition of an encrypted NVS partition. */
#include "nvs.h"

#include "identity.h"

#include <espseal/file.h>
#include <espseal/nvs_crypt.h>
#include <espseal/secret.h>

#include <string.h>

enum { HMAC_KEY_LEN = 32 };

static int check_request(const struct cli_run *run, struct seal_cause *cause)
{
    const char *made = cli_text(run, "new-hmac-key");
    if (made && cli_text(run, "hmac-key")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--hmac-key and --new-hmac-key both give an HMAC key");
    }
    if (made && (strcmp(made, "-") == 0 || strcmp(made, cli_text(run, "out")) == 0)) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--new-hmac-key needs a file of its own");
    }
    int err = cli_check_out(run, "out", true, cause);
    if (err == SEAL_OK && made) {
        err = cli_check_out(run, "new-hmac-key", true, cause);
    }
    if (err == SEAL_ERR_EXISTS) {
        seal_hint(cause,
                  "keys are never replaced, since what they encrypted would be lost: choose another name");
    }
    return err;
}

/* The HMAC key that the keys come from; *key stays NULL when they are random. */
static int get_hmac_key(const struct cli_run *run, struct seal_buf **key, struct seal_cause *cause)
{
    const char *path = cli_text(run, "new-hmac-key");
    if (!path) {
        return cli_text(run, "hmac-key") ? cli_read_hmac_key(run, key, cause) : SEAL_OK;
    }
    *key = seal_buf_new_secret();
    uint8_t *place = *key ? seal_buf_reserve(*key, HMAC_KEY_LEN) : NULL;
    if (!place) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for keys");
    }
    int err = seal_random(place, HMAC_KEY_LEN);
    return err == SEAL_OK ? seal_file_write(path, place, HMAC_KEY_LEN, SEAL_FILE_SECRET, cause) : err;
}

static int report(const struct cli_run *run, bool derived)
{
    const char *hmac_key = cli_text(run, "new-hmac-key");
    if (!cli_json(run)) {
        if (hmac_key) {
            cli_say(run, "%s: new HMAC key, to be burned with the purpose HMAC_UP", hmac_key);
        }
        cli_say(run, "%s: NVS keys partition, %s", cli_text(run, "out"),
                derived ? "derived from the HMAC key" : "random keys");
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_text(run, "out"));
    seal_json_put_bool(root, "derived", derived);
    if (hmac_key) {
        seal_json_put_text(root, "hmac_key", hmac_key);
    }
    return cli_emit_json(run, &root);
}

static int run_nvs_keygen(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_buf *hmac_key = NULL;
    struct seal_buf *file = seal_buf_new_secret();
    uint8_t *keys = seal_secret_alloc(SEAL_NVS_KEYS_LEN);
    int err = file && keys ? check_request(run, cause)
                           : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for keys");
    if (err == SEAL_OK) {
        err = get_hmac_key(run, &hmac_key, cause);
    }
    if (err == SEAL_OK) {
        err = hmac_key ? seal_nvs_keys_derive(seal_buf_ptr(hmac_key), keys, cause)
                       : seal_nvs_keys_generate(keys, cause);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_keys_encode(keys, file);
    }
    if (err == SEAL_OK) {
        err = seal_file_write(cli_text(run, "out"), seal_buf_ptr(file), seal_buf_len(file), SEAL_FILE_SECRET,
                              cause);
    }
    if (err == SEAL_OK) {
        err = report(run, hmac_key != NULL);
    }
    seal_buf_free(&hmac_key);
    seal_buf_free(&file);
    seal_secret_free(keys, SEAL_NVS_KEYS_LEN);
    return err;
}

static const struct cli_option options[] = {
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the keys partition; - is stdout",
     .required = true},
    CLI_NVS_HMAC_OPTION,
    {.name = "new-hmac-key",
     .value = "FILE",
     .summary = "make a random HMAC key, write it, and derive the keys from it"},
    CLI_NVS_PERMISSIONS_OPTION,
    {0},
};

const struct cli_command cli_command_nvs_keygen = {
    .name = "nvs keygen",
    .summary = "make keys for encrypted NVS partitions",
    .description = "Writes a keys partition: 64 bytes of AES-256-XTS keys, their CRC, and erased flash up to "
                   "4096 bytes. The file "
                   "gets mode 0600 and never replaces another.\n\n"
                   "The keys are random, from OpenSSL's cryptographic generator. Those of ESP-IDF's "
                   "nvs_partition_gen.py come "
                   "from Python's random module, which is none, and are better replaced.\n\n"
                   "There are two ways for a device to have them. Either the keys partition is in flash, "
                   "which must be encrypted "
                   "(partition type data, subtype nvs_keys). Or the device derives the keys from an HMAC key "
                   "in its eFuses "
                   "(purpose HMAC_UP) and needs no keys partition: give that key with --hmac-key, or let it "
                   "be made with "
                   "--new-hmac-key. The file is then only needed to encrypt and decrypt here.",
    .examples = "espseal nvs keygen --out nvs_keys.bin\n"
                "# keys that the device derives from its eFuses\n"
                "espseal nvs keygen --new-hmac-key hmac.bin --out nvs_keys.bin",
    .options = options,
    .run = run_nvs_keygen,
};
