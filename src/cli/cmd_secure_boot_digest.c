/* secure-boot digest: how eFuses know a key, or the keys of a signed image. */
#include "boot.h"
#include "identity.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/key_store.h>
#include <espseal/secret.h>
#include <espseal/secure_boot_v1.h>

struct job {
    struct cli_run *run;
    size_t count;
    struct seal_public keys[SEAL_SIGNATURE_KEYS_MAX];
    uint8_t digests[SEAL_SIGNATURE_KEYS_MAX][32];
};

static int take_blocks(struct job *job, const struct seal_buf *file, size_t signed_len,
                       struct seal_cause *cause)
{
    struct seal_boot_verdict verdict;
    int err = seal_boot_verify_at(seal_buf_ptr(file), seal_buf_len(file), signed_len, NULL, &verdict, cause);
    for (size_t i = 0; i < verdict.block_count && err == SEAL_OK; i++) {
        if (verdict.blocks[i].fault != SEAL_BOOT_GOOD) {
            cli_warn(job->run, "signature %zu: %s", i, seal_boot_fault_text(verdict.blocks[i].fault));
        }
        if (verdict.blocks[i].read) {
            job->keys[job->count++] = verdict.blocks[i].signature.key;
        }
    }
    return err == SEAL_OK && job->count == 0
               ? seal_fail(cause, SEAL_ERR_FORMAT, "%s has no signature that can be read",
                           cli_operand(job->run, 0))
               : err;
}

static int take(struct job *job, struct seal_cause *cause)
{
    const char *path = cli_operand(job->run, 0);
    struct seal_buf *file = NULL;
    size_t signed_len = 0;
    int err = SEAL_OK;
    if (!seal_key_is_uri(path)) {
        err = seal_file_read(path, CLI_BOOT_LARGEST, SEAL_FILE_SECRET | SEAL_FILE_ANY_MODE, &file, cause);
        if (err == SEAL_OK &&
            seal_boot_find_signatures(seal_buf_ptr(file), seal_buf_len(file), &signed_len, NULL) == SEAL_OK) {
            err = take_blocks(job, file, signed_len, cause);
        }
        seal_buf_free(&file);
    }
    if (err == SEAL_OK && job->count == 0) {
        err = cli_read_public(job->run, path, "passphrase-file", &job->keys[0], cause);
        job->count = 1;
    }
    for (size_t i = 0; i < job->count && err == SEAL_OK; i++) {
        err = seal_public_digest(&job->keys[i], job->digests[i]);
    }
    return err;
}

static int write_files(struct job *job, struct seal_cause *cause)
{
    struct seal_buf *pem = NULL;
    struct cli_run *run = job->run;
    bool both = cli_text(run, "out") || cli_text(run, "public-out");
    int err = SEAL_OK;
    if (both && job->count != 1) {
        return seal_fail(cause, SEAL_ERR_USAGE, "%s has %zu signatures, and a file takes one key",
                         cli_operand(run, 0), job->count);
    }
    if (cli_text(run, "out")) {
        err = seal_file_write(cli_text(run, "out"), job->digests[0], 32, cli_out_flags(run, false), cause);
    }
    if (err == SEAL_OK && cli_text(run, "public-out")) {
        pem = seal_buf_new();
        err = pem ? seal_public_write(&job->keys[0], pem, cause) : SEAL_ERR_NO_MEMORY;
        if (err == SEAL_OK) {
            err = cli_write_out(run, "public-out", pem, false, cause);
        }
    }
    seal_buf_free(&pem);
    return err;
}

static int show(struct job *job)
{
    seal_json *root = seal_json_object_new();
    seal_json *list = seal_json_put_array(root, "keys");
    seal_json_put_text(root, "file", cli_operand(job->run, 0));
    for (size_t i = 0; i < job->count; i++) {
        char hex[65];
        const char *scheme = seal_sign_scheme_name(job->keys[i].scheme);
        seal_json *one = seal_json_put_object(list, NULL);
        seal_json_put_text(one, "scheme", scheme);
        seal_json_put_hex(one, "digest", job->digests[i], 32);
        seal_hex_encode(job->digests[i], 32, hex);
        cli_print(job->run, "%s  %s\n", hex, scheme);
    }
    if (cli_json(job->run)) {
        return cli_emit_json(job->run, &root);
    }
    seal_json_free(&root);
    return SEAL_OK;
}

/* The key of a reflashable bootloader is a secret: it goes to a file only. */
static int derive(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_key *key = NULL;
    struct seal_buf *secret = seal_buf_new_secret();
    uint8_t *bytes = secret ? seal_buf_reserve(secret, 32) : NULL;
    uint32_t bits = 256;
    int err = bytes ? cli_number(run, "bits", 256, 256, &bits, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK && bits != 192 && bits != 256) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "--bits is 256, or 192 where BLOCK2 has the 3/4 coding");
    }
    if (err == SEAL_OK) {
        err = cli_text(run, "out") ? cli_check_out(run, "out", true, cause)
                                   : seal_fail(cause, SEAL_ERR_USAGE, "--out FILE is missing");
    }
    if (err == SEAL_OK) {
        err = cli_read_key(run, cli_operand(run, 0), "passphrase-file", &key, cause);
    }
    if (err == SEAL_OK) {
        err = seal_boot_v1_derive(key, bytes, cause);
    }
    if (err == SEAL_OK) {
        seal_buf_truncate(secret, bits / 8);
        err = cli_write_out(run, "out", secret, true, cause);
    }
    if (err == SEAL_OK) {
        cli_say(run, "wrote %s: the key of a reflashable bootloader, for BLOCK2", cli_text(run, "out"));
    }
    seal_key_free(&key);
    seal_buf_free(&secret);
    return err;
}

static int run_digest(struct cli_run *run, struct seal_cause *cause)
{
    struct job job = {.run = run};
    if (cli_boot_is_v1(run)) {
        return derive(run, cause);
    }
    int err = take(&job, cause);
    if (err == SEAL_OK) {
        err = write_files(&job, cause);
    }
    return err == SEAL_OK ? show(&job) : err;
}

static const struct cli_option options[] = {
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "the 32 bytes of the digest as well"},
    {.name = "public-out", .value = "FILE", .summary = "the public key as well, PEM"},
    CLI_BOOT_VERSION_OPTION,
    {.name = "bits", .value = "N", .summary = "v1: 192 where BLOCK2 has the 3/4 coding", .fallback = "256"},
    {.name = "passphrase-file", .value = "FILE", .summary = "its first line opens an encrypted private key"},
    {.name = CLI_PIN_OPTION, .value = "FILE", .summary = "its first line is the PIN of a token"},
    {.name = "insecure-permissions", .summary = "take secret files that others can read"},
    {.name = "force", .summary = "replace a file that exists"},
    {0},
};

const struct cli_command cli_command_secure_boot_digest = {
    .name = "secure-boot digest",
    .summary = "the digest by which eFuses know a key",
    .operands = "KEY|IMAGE",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Prints the digest of a public key, a certificate, a private key, a key in a token, or of "
        "the keys in a signed image: SHA-256 of the key as a signature of secure boot v2 carries it. "
        "efuse burn-digest burns it.\n\n"
        "--version 1 writes, instead, the key for the digest of an ESP32's bootloader that can be "
        "replaced: the SHA-256 of the signing key's secret number. It is a secret, which is burned "
        "with efuse burn-key --purpose secure_boot_v1 and given to secure-boot sign "
        "--bootloader-key.",
    .examples = "espseal secure-boot digest signing.pub\n"
                "espseal secure-boot digest app-signed.bin --json",
    .options = options,
    .run = run_digest,
};
