/* identity csr: asks a CA for a certificate. */
#include "identity.h"

static int report(const struct cli_run *run, const struct seal_key *key)
{
    const char *path = cli_text(run, "out");
    const char *subject = cli_text(run, "subject");
    if (!cli_json(run)) {
        cli_say(run, "%s: certificate request of %s, %s", path, subject, seal_key_describe(key));
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", path);
    seal_json_put_text(root, "subject", subject);
    int err = cli_put_key(root, key);
    if (err != SEAL_OK) {
        seal_json_free(&root);
        return err;
    }
    return cli_emit_json(run, &root);
}

static int run_identity_csr(struct cli_run *run, struct seal_cause *cause)
{
    const char *san[CLI_NAMES], *usages[CLI_NAMES];
    const struct seal_subject subject = {.name = cli_text(run, "subject"), .san = san, .usages = usages};
    struct seal_key *key = NULL;
    struct seal_buf *pem = seal_buf_new();
    int err = pem ? cli_list(run, "san", san, CLI_NAMES, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = cli_list(run, "eku", usages, CLI_NAMES, cause);
    }
    if (err == SEAL_OK) {
        err = cli_check_out(run, "out", false, cause);
    }
    if (err == SEAL_OK) {
        err = cli_read_key(run, cli_text(run, "key"), "passphrase-file", &key, cause);
    }
    if (err == SEAL_OK) {
        err = seal_csr_new(key, &subject, pem, cause);
    }
    if (err == SEAL_OK) {
        err = cli_write_out(run, "out", pem, false, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, key);
    }
    seal_buf_free(&pem);
    seal_key_free(&key);
    return err;
}

static const struct cli_option options[] = {
    {.name = "key",
     .value = "FILE",
     .summary = "the private key: PEM, DER, or a URI of a token",
     .required = true},
    {.name = "subject",
     .value = "NAME",
     .summary = "who the certificate is for, as in \"/CN=device-1/O=Example\"",
     .required = true},
    {.name = "san",
     .value = "NAME",
     .summary = "subject alternative name: DNS:name, URI:uri, IP:address or email:address",
     .repeat = true},
    {.name = "eku", .value = "NAME", .summary = CLI_EKU_SUMMARY " (the default)", .repeat = true},
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the new request; - is stdout",
     .required = true},
    {.name = "passphrase-file", .value = "FILE", .summary = "first line opens an encrypted key"},
    {.name = CLI_PIN_OPTION, .value = "FILE", .summary = "PIN of the token that --key names, first line"},
    {.name = "force", .summary = "replace the file if it is there"},
    {.name = "insecure-permissions", .summary = "read a key that others can read"},
    {0},
};

const struct cli_command cli_command_identity_csr = {
    .name = "identity csr",
    .summary = "make a certificate request for a CA to sign",
    .description =
        "Makes a certification request (PKCS#10) for a private key and writes it as PEM. The request "
        "is signed with the key, which stays where it is. What it asks for, a CA may grant or not.\n\n"
        "A slash inside a part of the subject is written as \"\\/\". Parts are the names that OpenSSL knows, "
        "OIDs, "
        "and matterVendorId and matterProductId with four digits of 0-9 and A-F.",
    .examples = "espseal identity csr --key device.key --subject /CN=device-1 --out device.csr\n"
                "espseal identity csr --key device.key --subject \"/CN=device-1/O=Example\" "
                "--san DNS:device-1.example.com --san URI:urn:dev:mac:0024befffe804ff1 --out device.csr",
    .options = options,
    .run = run_identity_csr,
};
