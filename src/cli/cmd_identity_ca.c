/* identity ca: a certificate authority of one's own, key and self-signed certificate. */
#include "identity.h"

#include <string.h>

static int check_request(const struct cli_run *run, unsigned *days, struct seal_cause *cause)
{
    const char *out_key = cli_text(run, "out-key");
    if (!out_key == !cli_text(run, "key")) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "give either --out-key, for a new key, or --key");
        seal_hint(cause, "--key takes a key that is there already, in a file or in a token");
        return err;
    }
    if (out_key && strcmp(cli_text(run, "out-cert"), out_key) == 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--out-cert and --out-key name the same file");
    }
    int err = cli_days(run, 3650, days, cause);
    if (err == SEAL_OK && out_key) {
        err = cli_check_out(run, "out-key", true, cause);
    }
    return err == SEAL_OK ? cli_check_out(run, "out-cert", false, cause) : err;
}

static const char *key_place(const struct cli_run *run)
{
    const char *given = cli_text(run, "key");
    return given ? given : cli_text(run, "out-key");
}

static int report(const struct cli_run *run, const struct seal_key *key, const struct seal_cert *cert)
{
    struct seal_cert_info info;
    int err = seal_cert_info(cert, &info);
    if (err != SEAL_OK) {
        return err;
    }
    if (!cli_json(run)) {
        cli_say_cert(run, cli_text(run, "out-cert"), &info);
        return cli_say_key(run, key_place(run), key);
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "cert_file", cli_text(run, "out-cert"));
    seal_json_put_text(root, "key_file", key_place(run));
    cli_put_cert(root, &info);
    return cli_emit_json(run, &root);
}

/* The subject is tried before the key is made and written: a slip in it leaves nothing behind. */
static int check_subject(const struct seal_subject *subject, unsigned days, struct seal_cause *cause)
{
    struct seal_key *key = NULL;
    struct seal_cert *cert = NULL;
    int err = seal_key_generate("ec:p256", &key, cause);
    if (err == SEAL_OK) {
        err = seal_ca_new_for(key, subject, days, &cert, cause);
    }
    seal_cert_free(&cert);
    seal_key_free(&key);
    return err;
}

static int run_identity_ca(struct cli_run *run, struct seal_cause *cause)
{
    unsigned days = 0;
    const char *usages[CLI_NAMES];
    const struct seal_subject subject = {.name = cli_text(run, "subject"), .usages = usages};
    struct seal_key *key = NULL;
    struct seal_cert *cert = NULL;
    struct seal_buf *pem = seal_buf_new();
    int err = pem ? check_request(run, &days, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = cli_list(run, "eku", usages, CLI_NAMES, cause);
    }
    if (err == SEAL_OK) {
        err = check_subject(&subject, days, cause);
    }
    if (err == SEAL_OK) {
        const char *given = cli_text(run, "key");
        err = given ? cli_read_key(run, given, "passphrase-file", &key, cause)
                    : cli_make_key(run, "type", "out-key", "ec:p256", &key, cause);
    }
    if (err == SEAL_OK) {
        err = seal_ca_new_for(key, &subject, days, &cert, cause);
    }
    if (err == SEAL_OK) {
        err = seal_cert_write(cert, false, pem, cause);
    }
    if (err == SEAL_OK) {
        err = cli_write_out(run, "out-cert", pem, false, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, key, cert);
    }
    seal_buf_free(&pem);
    seal_cert_free(&cert);
    seal_key_free(&key);
    return err;
}

static const struct cli_option options[] = {
    {.name = "subject",
     .value = "NAME",
     .summary = "the CA's name, as in \"/CN=Example Device CA/O=Example\"",
     .required = true},
    {.name = "days", .value = "N", .summary = "valid from now, for 1 to 36500 days", .fallback = "3650"},
    {.name = "eku",
     .value = "NAME",
     .summary = "binds what it signs to an " CLI_EKU_SUMMARY " (the default)",
     .repeat = true},
    {.name = "out-cert",
     .value = "FILE",
     .summary = "the new certificate; goes to the devices and to whoever checks them",
     .required = true},
    {.name = "out-key", .value = "FILE", .summary = "the new private key; whoever has it can make devices"},
    {.name = "key",
     .value = "FILE",
     .summary = "use this private key instead: PEM, DER, or a URI of a token"},
    {.name = "type",
     .value = "TYPE",
     .summary = "kind and size of the key",
     .choices = seal_key_types,
     .fallback = "ec:p256"},
    {.name = "encrypt", .summary = "ask at the terminal for a passphrase and encrypt the key"},
    {.name = "passphrase-file",
     .value = "FILE",
     .summary = "first line encrypts the new key, or opens --key"},
    {.name = CLI_PIN_OPTION, .value = "FILE", .summary = "PIN of the token that --key names, first line"},
    {.name = "force", .summary = "replace the files if they are there"},
    {.name = "insecure-permissions", .summary = "read a passphrase file that others can read"},
    {0},
};

const struct cli_command cli_command_identity_ca = {
    .name = "identity ca",
    .summary = "make a certificate authority: key and self-signed certificate",
    .description =
        "Makes a private key and a self-signed CA certificate (basicConstraints CA, keyCertSign "
        "and cRLSign), "
        "both as PEM; the key's file has mode 0600. Neither file is overwritten without --force.\n\n"
        "With --key the certificate is for a key that is there already. A key in hardware is named by "
        "a URI: pkcs11:token=LABEL;object=LABEL for a PKCS#11 token or HSM, handle:0x81000001 for a "
        "TPM 2.0. It signs there and never leaves it.",
    .examples = "espseal identity ca --subject \"/CN=Example Device CA\" --days 7300 --out-cert ca.crt "
                "--out-key ca.key\n"
                "espseal identity ca --subject \"/CN=Example Device CA\" --key "
                "\"pkcs11:token=ca;object=device-ca\" --pin-file pin --out-cert ca.crt",
    .options = options,
    .run = run_identity_ca,
};
