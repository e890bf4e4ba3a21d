#include "provision.h"

static int enroll_by_cmp(void *ctx, const struct seal_key *key, const struct seal_subject *subject,
                         struct seal_cert **cert, struct seal_cause *cause)
{
    const struct provision *p = ctx;
    return seal_cmp_enroll(&p->cmp, p->cmp_kind, key, subject, NULL, cert, cause);
}

static int check_options(const struct cli_run *run, struct seal_cause *cause)
{
    static const char *const options[] = {"cmp-ref", "cmp-secret-file", "cmp-cert", "cmp-key"};
    bool secret = cli_text(run, "cmp-secret-file");
    bool cert = cli_text(run, "cmp-cert");
    if (!cli_text(run, "cmp")) {
        for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
            if (cli_text(run, options[i])) {
                return seal_fail(cause, SEAL_ERR_USAGE, "--%s has no meaning without --cmp", options[i]);
            }
        }
        return cli_flag(run, "cmp-update")
                   ? seal_fail(cause, SEAL_ERR_USAGE, "--cmp-update has no meaning without --cmp")
                   : SEAL_OK;
    }
    int err = SEAL_OK;
    if (cert != (cli_text(run, "cmp-key") != NULL)) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "--cmp-cert and --cmp-key belong together");
    } else if (secret == cert) {
        err = seal_fail(cause, SEAL_ERR_USAGE,
                        secret ? "--cmp-secret-file and --cmp-cert exclude each other"
                               : "nothing protects the messages to the CMP server");
    } else if (cert && !cli_text(run, "ca-cert")) {
        err =
            seal_fail(cause, SEAL_ERR_USAGE, "--cmp-cert needs --ca-cert, which the answers must come from");
    } else if (cli_flag(run, "cmp-update") && !cert) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "--cmp-update replaces the certificate of --cmp-cert");
    }
    if (err != SEAL_OK) {
        seal_hint(cause, "give --cmp-secret-file with --cmp-ref, or --cmp-cert with --cmp-key and --ca-cert");
    }
    return err;
}

int provision_read_cmp(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    int err = check_options(run, cause);
    if (err != SEAL_OK || !cli_text(run, "cmp")) {
        return err;
    }
    if (cli_text(run, "cmp-secret-file")) {
        err = provision_blame(p, "cmp-secret-file", 0,
                              cli_read_secret_line(run, "cmp-secret-file", &p->cmp_secret, cause), cause);
    } else {
        err = provision_blame(p, "cmp-cert", 0,
                              cli_read_cert(run, cli_text(run, "cmp-cert"), &p->cmp_cert, cause), cause);
        if (err == SEAL_OK) {
            err = provision_blame(
                p, "cmp-key", 0,
                cli_read_key(run, cli_text(run, "cmp-key"), "passphrase-file", &p->cmp_key, cause), cause);
        }
        if (err == SEAL_OK) {
            err = seal_cert_matches_key(p->cmp_cert, p->cmp_key, cause);
        }
    }
    p->cmp = (struct seal_cmp){.server = cli_text(run, "cmp"),
                               .reference = cli_text(run, "cmp-ref"),
                               .secret = p->cmp_secret,
                               .old_cert = p->cmp_cert,
                               .old_key = p->cmp_key,
                               .trusted = p->cmp_cert ? p->ca_cert : NULL};
    p->cmp_kind = cli_flag(run, "cmp-update") ? SEAL_CMP_UPDATE : SEAL_CMP_INITIAL;
    p->profile.enroll = enroll_by_cmp;
    p->profile.enroll_ctx = p;
    return err;
}
