/* identity enroll: a certificate from a CMP server. */
#include "identity.h"

#include <espseal/cmp.h>
#include <espseal/file.h>

enum { CSR_MAX = 64 << 10 };

struct inputs {
    struct seal_cmp cmp;
    enum seal_cmp_kind kind;
    struct seal_key *key, *old_key;
    struct seal_cert *old_cert, *trusted;
    struct seal_buf *csr, *secret;
    const char *san[CLI_NAMES], *usages[CLI_NAMES];
};

static int check_options(const struct cli_run *run, struct inputs *in, struct seal_cause *cause)
{
    bool csr = cli_text(run, "csr");
    in->kind = csr ? SEAL_CMP_REQUEST : cli_flag(run, "update") ? SEAL_CMP_UPDATE : SEAL_CMP_INITIAL;
    if (csr && (cli_flag(run, "update") || cli_text(run, "key") || cli_text(run, "subject") ||
                cli_text(run, "san") || cli_text(run, "eku"))) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--csr holds key and names already");
    }
    if (!csr && !cli_text(run, "key")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "give --key with --subject, or --csr");
    }
    if (in->kind == SEAL_CMP_INITIAL && !cli_text(run, "subject")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--subject is missing: a first certificate needs a name");
    }
    int err = cli_list(run, "san", in->san, CLI_NAMES, cause);
    if (err == SEAL_OK) {
        err = cli_list(run, "eku", in->usages, CLI_NAMES, cause);
    }
    return err != SEAL_OK ? err : cli_check_out(run, "out", false, cause);
}

static int read_keys(struct cli_run *run, struct inputs *in, struct seal_cause *cause)
{
    const char *path = cli_text(run, "key");
    int err = path ? cli_read_key(run, path, "passphrase-file", &in->key, cause) : SEAL_OK;
    if (err == SEAL_OK && (path = cli_text(run, "old-key"))) {
        err = cli_read_key(run, path, "passphrase-file", &in->old_key, cause);
    }
    if (err == SEAL_OK && (path = cli_text(run, "old-cert"))) {
        err = cli_read_cert(run, path, &in->old_cert, cause);
    }
    if (err == SEAL_OK && (path = cli_text(run, "ca-cert"))) {
        err = cli_read_cert(run, path, &in->trusted, cause);
    }
    if (err == SEAL_OK && (path = cli_text(run, "csr"))) {
        err = seal_file_read(path, CSR_MAX, 0, &in->csr, cause);
    }
    return err;
}

static int read_inputs(struct cli_run *run, struct inputs *in, struct seal_cause *cause)
{
    int err = check_options(run, in, cause);
    if (err == SEAL_OK) {
        err = read_keys(run, in, cause);
    }
    if (err == SEAL_OK && cli_text(run, "secret-file")) {
        err = cli_read_secret_line(run, "secret-file", &in->secret, cause);
    }
    in->cmp = (struct seal_cmp){.server = cli_text(run, "server"),
                                .reference = cli_text(run, "ref"),
                                .secret = in->secret,
                                .old_cert = in->old_cert,
                                .old_key = in->old_key,
                                .trusted = in->trusted};
    return err;
}

static void free_inputs(struct inputs *in)
{
    seal_key_free(&in->key);
    seal_key_free(&in->old_key);
    seal_cert_free(&in->old_cert);
    seal_cert_free(&in->trusted);
    seal_buf_free(&in->csr);
    seal_buf_free(&in->secret);
}

static int report(const struct cli_run *run, const struct seal_cert *cert)
{
    struct seal_cert_info info;
    int err = seal_cert_info(cert, &info);
    if (err != SEAL_OK) {
        return err;
    }
    if (!cli_json(run)) {
        cli_say_cert(run, cli_text(run, "out"), &info);
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_text(run, "out"));
    cli_put_cert(root, &info);
    return cli_emit_json(run, &root);
}

static int run_identity_enroll(struct cli_run *run, struct seal_cause *cause)
{
    struct inputs in = {0};
    struct seal_cert *cert = NULL;
    struct seal_buf *pem = seal_buf_new();
    int err = pem ? read_inputs(run, &in, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        const struct seal_subject subject = {
            .name = cli_text(run, "subject"), .san = in.san, .usages = in.usages};
        err = seal_cmp_enroll(&in.cmp, in.kind, in.key, subject.name ? &subject : NULL, in.csr, &cert, cause);
    }
    if (err == SEAL_OK) {
        err = seal_cert_write(cert, false, pem, cause);
    }
    if (err == SEAL_OK) {
        err = cli_write_out(run, "out", pem, false, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, cert);
    }
    seal_cert_free(&cert);
    seal_buf_free(&pem);
    free_inputs(&in);
    return err;
}

static const struct cli_option options[] = {
    {.name = "server",
     .value = "URL",
     .summary = "the CMP server, as in http://ca.example:8080/cmp",
     .required = true},
    {.name = "key", .value = "FILE", .summary = "the private key that the certificate is for"},
    {.name = "subject", .value = "NAME", .summary = "who it is for, as in \"/CN=device-1/O=Example\""},
    {.name = "san",
     .value = "NAME",
     .summary = "subject alternative name: DNS:name, URI:uri, IP:address or email:address",
     .repeat = true},
    {.name = "eku", .value = "NAME", .summary = CLI_EKU_SUMMARY " (the default)", .repeat = true},
    {.name = "csr",
     .value = "FILE",
     .summary = "instead of those four: a request, such as a chip has signed"},
    {.name = "update", .summary = "key update: --key takes the place of --old-cert's"},
    {.name = "ref", .value = "NAME", .summary = "the server's name of the shared secret"},
    {.name = "secret-file", .value = "FILE", .summary = "the shared secret, first line"},
    {.name = "old-cert",
     .value = "FILE",
     .summary = "certificate that signs the messages, and that --update replaces"},
    {.name = "old-key", .value = "FILE", .summary = "its private key"},
    {.name = "ca-cert", .value = "FILE", .summary = "the CA that signed answers must come from"},
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the new certificate; - is stdout",
     .required = true},
    {.name = "passphrase-file", .value = "FILE", .summary = "first line opens encrypted keys"},
    {.name = CLI_PIN_OPTION, .value = "FILE", .summary = "PIN of the token that a key lives in, first line"},
    {.name = "force", .summary = "replace the file if it is there"},
    {.name = "insecure-permissions", .summary = "read key and secret files that others can read"},
    {0},
};

const struct cli_command cli_command_identity_enroll = {
    .name = "identity enroll",
    .summary = "get a certificate from a CMP server",
    .description =
        "Asks a CMP server (RFC 4210) over HTTP: an initial request for --key and --subject, a key update "
        "with "
        "--update, or a PKCS#10 request with --csr. The messages are protected by a shared secret (--ref, "
        "--secret-file), or signed (--old-cert, --old-key) with answers that must come from --ca-cert.\n\n"
        "A certificate for another key, and an answer that is not protected, are refused.",
    .examples =
        "espseal identity enroll --server http://ca.example/cmp --ref line-3 --secret-file cmp.secret --key "
        "device.key --subject /CN=device-1 --out device.crt\n"
        "# for a device whose key is in the chip, between the two runs of provision\n"
        "espseal identity enroll --server http://ca.example/cmp --ref line-3 --secret-file cmp.secret --csr "
        "device.csr --out device.crt",
    .options = options,
    .run = run_identity_enroll,
};
