/* bundle verify: would a device with this bundle trust that server? */
#include "bundle.h"

static int check_chain(struct cli_run *run, const struct seal_bundle *bundle, const char *path,
                       struct seal_cause *cause)
{
    struct seal_cert *chain = NULL;
    char subject[256], key[24];
    size_t index = 0;
    int err = cli_read_certs(run, path, &chain, cause);
    if (err == SEAL_OK) {
        err = seal_bundle_trusts(bundle, chain, &index, cause);
    }
    if (err == SEAL_OK) {
        err = cli_bundle_describe(run, bundle, index, subject, sizeof subject, key, cause);
    }
    seal_cert_free(&chain);
    if (err != SEAL_OK) {
        return err;
    }
    if (cli_json(run)) {
        seal_json *root = seal_json_object_new();
        seal_json_put_text(root, "chain", path);
        seal_json_put_bool(root, "trusted", true);
        seal_json_put_number(root, "entry", (double)index);
        seal_json_put_text(root, "subject", subject);
        return cli_emit_json(run, &root);
    }
    cli_print(run, "%s is trusted, by entry %zu: %s\n", path, index, subject);
    return SEAL_OK;
}

static int run_bundle_verify(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_bundle bundle = {0};
    int err = cli_bundle_open(cli_operand(run, 0), &bundle, cause);
    if (err == SEAL_OK) {
        err = check_chain(run, &bundle.parsed, cli_text(run, "chain"), cause);
    }
    cli_bundle_close(&bundle);
    return err;
}

static const struct cli_option options[] = {
    {.name = "chain",
     .value = "FILE",
     .summary = "PEM: the server's certificate, intermediate ones behind it",
     .required = true},
    {0},
};

const struct cli_command cli_command_bundle_verify = {
    .name = "bundle verify",
    .summary = "check whether a device with a bundle trusts a server's chain",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Does with a chain what a device does that holds this bundle: each certificate must be signed "
        "by the next, and one of them by a key of the bundle under its issuer's name. Names of hosts and "
        "times are not looked at. What openssl s_client -showcerts prints can be given as it is.",
    .examples = "openssl s_client -showcerts -connect example.com:443 </dev/null >chain.pem\n"
                "espseal bundle verify x509_crt_bundle --chain chain.pem",
    .options = options,
    .run = run_bundle_verify,
};
