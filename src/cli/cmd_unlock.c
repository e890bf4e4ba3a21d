/* unlock: the keys of a device, out of the file in which they were wrapped. */
#include "identity.h"
#include "recipient.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

enum { LARGEST = 1 << 20 };

struct unlock {
    struct cli_run *run;
    struct seal_escrow *escrow;
    const struct seal_escrow_key *key; /* the chosen one */
};

static int open_escrow(struct unlock *work, struct seal_cause *cause)
{
    const char *path = cli_operand(work->run, 0);
    struct seal_buf *file = NULL;
    struct seal_key *key = NULL;
    int err = seal_file_read(path, LARGEST, 0, &file, cause);
    if (!err) {
        err = cli_read_key(work->run, cli_text(work->run, "key"), "passphrase-file", &key, cause);
    }
    if (!err) {
        err = seal_escrow_unwrap(seal_buf_ptr(file), seal_buf_len(file), path, key, work->escrow, cause);
    }
    seal_key_free(&key);
    seal_buf_free(&file);
    return err;
}

static int check_mac(const struct unlock *work, struct seal_cause *cause)
{
    uint8_t mac[6];
    if (!cli_text(work->run, "mac")) {
        return SEAL_OK;
    }
    int err = cli_mac(work->run, "mac", mac, cause);
    if (!err && (!work->escrow->has_mac || memcmp(mac, work->escrow->mac, sizeof mac) != 0)) {
        err = seal_fail(cause, SEAL_ERR_MISMATCH, "%s holds the keys of another device",
                        cli_operand(work->run, 0));
    }
    return err;
}

static int choose(struct unlock *work, struct seal_cause *cause)
{
    const char *kind = cli_text(work->run, "kind");
    char kinds[SEAL_ESCROW_KEYS * (SEAL_ESCROW_KIND + 2)] = "";
    for (size_t i = 0, used = 0; i < work->escrow->count; i++) {
        used += (size_t)snprintf(kinds + used, sizeof kinds - used, "%s%s", i ? ", " : "",
                                 work->escrow->keys[i].kind);
    }
    if (!kind && work->escrow->count == 1) {
        work->key = &work->escrow->keys[0];
        return SEAL_OK;
    }
    work->key = kind ? seal_escrow_find(work->escrow, kind) : NULL;
    if (work->key) {
        return SEAL_OK;
    }
    int err =
        kind ? seal_fail(cause, SEAL_ERR_NOT_FOUND, "%s holds no key \"%s\"", cli_operand(work->run, 0), kind)
             : seal_fail(cause, SEAL_ERR_USAGE, "%s holds %zu keys: which one?", cli_operand(work->run, 0),
                         work->escrow->count);
    seal_hint(cause, "--kind takes one of: %.300s", kinds);
    return err;
}

static int report(const struct unlock *work)
{
    const struct seal_escrow *escrow = work->escrow;
    char device[24] = "any device";
    if (escrow->has_mac) {
        (void)seal_mac_text(escrow->mac, device);
    }
    if (!cli_json(work->run)) {
        cli_say(work->run, "%s: key of %zu bits, %s, of %s (%s)", cli_text(work->run, "out"),
                work->key->len * 8, work->key->kind, device, escrow->chip);
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_text(work->run, "out"));
    seal_json_put_text(root, "chip", escrow->chip);
    seal_json_put_text(root, "mac", escrow->has_mac ? device : NULL);
    seal_json_put_text(root, "kind", work->key->kind);
    seal_json_put_number(root, "bits", (double)work->key->len * 8);
    seal_json *list = seal_json_put_array(root, "kinds");
    for (size_t i = 0; i < escrow->count; i++) {
        seal_json_put_text(list, NULL, escrow->keys[i].kind);
    }
    return cli_emit_json(work->run, &root);
}

static int run_unlock(struct cli_run *run, struct seal_cause *cause)
{
    struct unlock work = {.run = run, .escrow = seal_secret_alloc(sizeof *work.escrow)};
    int err = work.escrow ? cli_check_out(run, "out", true, cause)
                          : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for keys");
    if (!err) {
        err = open_escrow(&work, cause);
    }
    if (!err) {
        err = check_mac(&work, cause);
    }
    if (!err) {
        err = choose(&work, cause);
    }
    if (!err) {
        err = seal_file_write(cli_text(run, "out"), work.key->bytes, work.key->len, cli_out_flags(run, true),
                              cause);
    }
    if (!err) {
        err = report(&work);
    }
    seal_secret_free(work.escrow, sizeof *work.escrow);
    return err;
}

static const struct cli_option options[] = {
    {.name = "key",
     .value = "FILE",
     .summary = "the recipient's private key: PEM, DER, or a URI of a token",
     .required = true},
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the device's key; - is stdout",
     .required = true},
    {.name = "kind",
     .value = "KIND",
     .summary = "which key, where there are several, such as flash_encryption"},
    {.name = "mac", .value = "MAC", .summary = "refuse the keys of any other device"},
    {.name = "passphrase-file", .value = "FILE", .summary = "first line opens an encrypted key"},
    {.name = CLI_PIN_OPTION, .value = "FILE", .summary = "PIN of the token that --key names, first line"},
    {.name = "force", .summary = "replace the file if it is there"},
    {.name = "insecure-permissions", .summary = "read a key that others can read"},
    {0},
};

const struct cli_command cli_command_unlock = {
    .name = "unlock",
    .summary = "recover a device's key that was wrapped for a certificate",
    .operands = "ESCROW",
    .operands_min = 1,
    .operands_max = 1,
    .description = "Opens a file of --escrow-to with the private key of the certificate that it was wrapped "
                   "for, and writes "
                   "the device's key to a file of mode 0600: for espseal flash write --encrypt-with, for "
                   "jtag, or for nvs. "
                   "What was changed since it was wrapped does not open.\n\n"
                   "The file is CMS (RFC 5083, AES-256-GCM), so that openssl cms -decrypt opens it too; the "
                   "key stands in "
                   "the DER inside.",
    .examples = "espseal unlock flash.cms --key service.key --out flash.key\n"
                "espseal flash write ota_0=app.bin --encrypt-with flash.key --port /dev/ttyUSB0",
    .options = options,
    .run = run_unlock,
};
