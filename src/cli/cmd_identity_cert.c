/* identity cert: signs a device's certificate request with a CA's key. */
#include "identity.h"

#include <espseal/file.h>

enum { CSR_MAX = 64 << 10 };

struct inputs {
    struct seal_buf *csr;
    struct seal_cert *ca_cert;
    struct seal_key *ca_key;
};

static int read_inputs(struct cli_run *run, struct inputs *in, struct seal_cause *cause)
{
    int err = seal_file_read(cli_text(run, "csr"), CSR_MAX, 0, &in->csr, cause);
    if (err == SEAL_OK) {
        err = cli_read_cert(run, cli_text(run, "ca-cert"), &in->ca_cert, cause);
    }
    if (err == SEAL_OK) {
        err = cli_read_key(run, cli_text(run, "ca-key"), "passphrase-file", &in->ca_key, cause);
    }
    return err;
}

static void free_inputs(struct inputs *in)
{
    seal_buf_free(&in->csr);
    seal_cert_free(&in->ca_cert);
    seal_key_free(&in->ca_key);
}

static void warn_of_end(const struct cli_run *run, const struct seal_cert_info *info,
                        const struct seal_cert *ca_cert)
{
    struct seal_cert_info ca;
    if (seal_cert_info(ca_cert, &ca) == SEAL_OK && ca.not_after_unix < info->not_after_unix) {
        cli_warn(run, "the CA certificate ends on %s, before the device's: nothing will trust it after that",
                 ca.not_after);
    }
}

static int report(const struct cli_run *run, const struct seal_cert *cert, const struct seal_cert *ca_cert)
{
    struct seal_cert_info info;
    int err = seal_cert_info(cert, &info);
    if (err != SEAL_OK) {
        return err;
    }
    warn_of_end(run, &info, ca_cert);
    if (!cli_json(run)) {
        cli_say_cert(run, cli_text(run, "out"), &info);
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_text(run, "out"));
    cli_put_cert(root, &info);
    return cli_emit_json(run, &root);
}

static int run_identity_cert(struct cli_run *run, struct seal_cause *cause)
{
    unsigned days = 0;
    const char *usages[CLI_NAMES];
    struct inputs in = {0};
    struct seal_cert *cert = NULL;
    struct seal_buf *pem = seal_buf_new();
    int err = pem ? cli_days(run, 3650, &days, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = cli_list(run, "eku", usages, CLI_NAMES, cause);
    }
    if (err == SEAL_OK) {
        err = cli_check_out(run, "out", false, cause);
    }
    if (err == SEAL_OK) {
        err = read_inputs(run, &in, cause);
    }
    if (err == SEAL_OK) {
        err = seal_cert_issue(seal_buf_ptr(in.csr), seal_buf_len(in.csr), cli_text(run, "csr"), in.ca_cert,
                              in.ca_key, usages, days, &cert, cause);
    }
    if (err == SEAL_OK) {
        err = seal_cert_write(cert, false, pem, cause);
    }
    if (err == SEAL_OK) {
        err = cli_write_out(run, "out", pem, false, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, cert, in.ca_cert);
    }
    seal_buf_free(&pem);
    seal_cert_free(&cert);
    free_inputs(&in);
    return err;
}

static const struct cli_option options[] = {
    {.name = "csr", .value = "FILE", .summary = "the request, PEM or DER", .required = true},
    {.name = "ca-cert", .value = "FILE", .summary = "the CA's certificate, PEM or DER", .required = true},
    {.name = "ca-key",
     .value = "FILE",
     .summary = "the CA's private key: PEM, DER, or a URI of a token",
     .required = true},
    {.name = "days", .value = "N", .summary = "valid from now, for 1 to 36500 days", .fallback = "3650"},
    {.name = "eku", .value = "NAME", .summary = CLI_EKU_SUMMARY, .repeat = true, .fallback = "clientAuth"},
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the new certificate; - is stdout",
     .required = true},
    {.name = "passphrase-file", .value = "FILE", .summary = "first line opens an encrypted CA key"},
    {.name = CLI_PIN_OPTION, .value = "FILE", .summary = "PIN of the token that --ca-key names, first line"},
    {.name = "force", .summary = "replace the file if it is there"},
    {.name = "insecure-permissions", .summary = "read a key that others can read"},
    {0},
};

const struct cli_command cli_command_identity_cert = {
    .name = "identity cert",
    .summary = "sign a device's certificate request with a CA",
    .description =
        "Checks the request's signature and signs a device certificate: subject and subject alternative "
        "names "
        "of the request, a random 128-bit serial number, keyUsage digitalSignature, the "
        "extendedKeyUsage of --eku, key identifiers, no CA. Other extensions of the request are left out.\n\n"
        "A CA whose own certificate is not valid today is refused.",
    .examples = "espseal identity cert --csr device.csr --ca-cert ca.crt --ca-key ca.key --days 3650 "
                "--out device.crt",
    .options = options,
    .run = run_identity_cert,
};
