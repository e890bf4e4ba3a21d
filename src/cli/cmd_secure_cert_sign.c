/* secure-cert sign: signatures over an esp_secure_cert partition, here or elsewhere. */
#include "identity.h"
#include "partition_source.h"
#include "signing.h"

#include <espseal/file.h>
#include <espseal/secure_cert_sign.h>

static int report(struct cli_run *run, const struct cli_signing *signing, size_t size)
{
    const char *path = cli_text(run, "out");
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", path);
    seal_json_put_number(root, "size", (double)size);
    seal_json_put_number(root, "signed", (double)signing->len);
    int err = cli_signing_put(root, signing);
    if (err == SEAL_OK && cli_json(run)) {
        return cli_emit_json(run, &root);
    }
    seal_json_free(&root);
    cli_say(run, "wrote %s: %zu bytes, %zu signature%s over the first %zu", path, size, signing->count,
            signing->count == 1 ? "" : "s", signing->len);
    return err;
}

static int attach(struct cli_run *run, struct cli_signing *signing, uint32_t size, struct seal_cause *cause)
{
    struct seal_buf *out = seal_buf_new_secret();
    int err = cli_signing_collect(run, signing, cause);
    if (err == SEAL_OK && !out) {
        err = SEAL_ERR_NO_MEMORY;
    }
    if (err == SEAL_OK) {
        err = seal_secure_cert_attach(signing->message, signing->len, signing->signatures, signing->count,
                                      size, out, cause);
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

static int run_sign(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_signing signing = {.what = "a partition", .most = SEAL_SIGNATURE_KEYS_MAX, .sign = seal_sign};
    struct seal_buf *partition = NULL;
    struct cli_room room = {0};
    int err = cli_signing_check(run, cause);
    if (err == SEAL_OK) {
        err = cli_partition_room(run, &room, cause);
    }
    if (err == SEAL_OK && cli_text(run, "out")) {
        err = cli_check_out(run, "out", true, cause);
    }
    if (err == SEAL_OK) {
        err = seal_file_read(cli_operand(run, 0), SEAL_SECURE_CERT_LIMIT + 16,
                             SEAL_FILE_SECRET | SEAL_FILE_ANY_MODE, &partition, cause);
    }
    if (err == SEAL_OK) {
        signing.message = seal_buf_ptr(partition);
        err = seal_secure_cert_signed_part(signing.message, seal_buf_len(partition), &signing.len, cause);
        err = seal_fail_in(cause, err, cli_operand(run, 0));
    }
    if (err == SEAL_OK) {
        err = cli_text(run, "to-be-signed") ? cli_signing_hand_out(run, &signing, true, cause)
                                            : attach(run, &signing, room.size, cause);
    }
    seal_buf_free(&partition);
    return err;
}

static const struct cli_option options[] = {
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "the signed partition; - is standard output"},
    CLI_ROOM_OPTIONS,
    CLI_SIGNING_OPTIONS,
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
