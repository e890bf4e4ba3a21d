#include "provision.h"

#include <espseal/hex.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void mac_text(const struct provision *p, char text[static 18])
{
    uint8_t mac[6];
    if (seal_job_blind(p->job)) {
        (void)snprintf(text, 18, "unknown");
        return;
    }
    seal_job_mac(p->job, mac);
    (void)seal_mac_text(mac, text);
}

static const char *mode_text(const struct provision *p)
{
    if (p->profile.no_identity) {
        return p->profile.mode == SEAL_MODE_PRODUCTION
                   ? "production: keys become unreadable and doors close, for ever"
                   : "development: keys stay readable in the chip; the device is NOT sealed";
    }
    if (p->profile.mode == SEAL_MODE_PRODUCTION) {
        return "production: the device's key becomes unreadable, for ever";
    }
    return p->profile.storage == SEAL_STORAGE_PLAINTEXT
               ? "development: the private key lies in flash IN CLEAR; the device is NOT sealed"
               : "development: the key stays readable in the chip; the device is NOT sealed";
}

void provision_show_device(const struct cli_run *run, const struct provision *p)
{
    struct seal_cert_info info;
    const struct seal_cert *cert = seal_job_cert(p->job);
    char mac[18];
    mac_text(p, mac);
    cli_say(run, "device    %s, MAC %s, on %s", seal_job_chip(p->job)->title, mac, cli_text(run, "port"));
    if (cert && seal_cert_info(cert, &info) == SEAL_OK) {
        cli_say(run, "identity  %s, %s, issued by %s, until %.10s", info.subject, info.key, info.issuer,
                info.not_after);
    } else if (p->profile.no_identity || !seal_job_needs_identity(p->job)) {
        cli_say(run, "identity  %s", p->profile.no_identity ? "none: seal only" : "the one it has");
    } else {
        cli_say(run, "identity  %s, %s, not made in a dry run", p->profile.subject, p->profile.key_type);
    }
    cli_say(run, "mode      %s", mode_text(p));
    for (size_t i = 0; seal_job_warning(p->job, i); i++) {
        cli_warn(run, "%s", seal_job_warning(p->job, i));
    }
}

static void show_change(void *ctx, const char *text)
{
    const struct cli_run *const *run = ctx;
    cli_say(*run, "        %s", text);
}

static void show_no_return(void *ctx, const char *text)
{
    const struct cli_run *const *run = ctx;
    cli_say(*run, "        cannot be undone: %s", text);
}

static void show_exits(const struct cli_run *run, const struct provision *p)
{
    struct seal_exit exits[SEAL_EXITS];
    char warning[200];
    if (!seal_sealing_asked(&p->profile.sealing) ||
        !seal_job_last_exits(p->job, exits, warning, sizeof warning)) {
        return;
    }
    cli_say(run, "exits     ways into the chip that are left then:");
    for (size_t i = 0; i < SEAL_EXITS; i++) {
        if (exits[i].state == SEAL_EXIT_OPEN || exits[i].state == SEAL_EXIT_REDUCED) {
            cli_say(run, "          %s, %s: %s", exits[i].name, seal_exit_state_name(exits[i].state),
                    exits[i].says);
        }
    }
    if (warning[0]) {
        cli_warn(run, "%s", warning);
    }
}

void provision_show_plan(const struct cli_run *run, const struct provision *p)
{
    size_t count = seal_job_step_count(p->job);
    size_t first = 0;
    char hex[65];
    seal_hex_encode(seal_job_plan_hash(p->job), 32, hex);
    if (count == 0) {
        cli_say(run, "plan      nothing to do: the device is what it shall become%s",
                seal_job_blind(p->job) ? ", as far as its ROM tells" : ", and proved it");
        return;
    }
    for (size_t i = 0; i < count && !first; i++) {
        first = seal_job_step(p->job, i)->irreversible ? i + 1 : 0;
    }
    cli_say(run, "plan      %.16s, %zu step%s%s", hex, count, count == 1 ? "" : "s",
            first ? ", * burns eFuses" : ", burns nothing");
    for (size_t i = 0; i < count; i++) {
        const struct seal_step *step = seal_job_step(p->job, i);
        cli_say(run, "  %2zu %c  %s", i + 1, step->irreversible ? '*' : ' ', step->what);
        if (step->kind == SEAL_STEP_SWITCH) {
            seal_job_each_change(p->job, i, show_change, &run);
            seal_job_each_no_return(p->job, i, show_no_return, &run);
        }
    }
    if (first) {
        cli_say(run,
                "          from step %zu on there is no way back; a run that is cut is finished by running "
                "it again",
                first);
    }
    show_exits(run, p);
}

void provision_question(const struct provision *p, char *text, size_t size)
{
    char mac[18];
    mac_text(p, mac);
    (void)snprintf(text, size, "eFuses cannot be un-burned. This burns some of the %s with MAC %s.",
                   seal_job_chip(p->job)->title, mac);
}

static void put_line(void *ctx, const char *text)
{
    seal_json_put_text(ctx, NULL, text);
}

static void put_exits(const struct provision *p, seal_json *root)
{
    struct seal_exit exits[SEAL_EXITS];
    char warning[200];
    if (!seal_sealing_asked(&p->profile.sealing) ||
        !seal_job_last_exits(p->job, exits, warning, sizeof warning)) {
        return;
    }
    seal_json *ways = seal_json_put_array(root, "last_exits");
    for (size_t i = 0; i < SEAL_EXITS; i++) {
        if (exits[i].state != SEAL_EXIT_NONE) {
            seal_json *one = seal_json_put_object(ways, NULL);
            seal_json_put_text(one, "way", exits[i].name);
            seal_json_put_text(one, "state", seal_exit_state_name(exits[i].state));
            seal_json_put_text(one, "fuse", exits[i].fuse);
        }
    }
}

int provision_plan_json(const struct provision *p, seal_json **plan)
{
    char mac[18];
    seal_json *root = seal_json_object_new();
    *plan = root;
    if (!root) {
        return SEAL_ERR_NO_MEMORY;
    }
    mac_text(p, mac);
    seal_json_put_text(root, "chip", seal_job_chip(p->job)->name);
    seal_json_put_text(root, "mac", mac);
    seal_json_put_text(root, "mode", seal_mode_name(p->profile.mode));
    seal_json_put_hex(root, "plan_sha256", seal_job_plan_hash(p->job), 32);
    seal_json *steps = seal_json_put_array(root, "steps");
    for (size_t i = 0; i < seal_job_step_count(p->job); i++) {
        const struct seal_step *step = seal_job_step(p->job, i);
        seal_json *one = seal_json_put_object(steps, NULL);
        seal_json_put_text(one, "name", step->name);
        seal_json_put_text(one, "what", step->what);
        seal_json_put_bool(one, "irreversible", step->irreversible);
        if (step->irreversible) {
            seal_job_each_change(p->job, i, put_line, seal_json_put_array(one, "burns"));
        }
        if (step->kind == SEAL_STEP_SWITCH) {
            seal_job_each_no_return(p->job, i, put_line, seal_json_put_array(one, "cannot_be_undone"));
        }
    }
    put_exits(p, root);
    seal_json *warnings = seal_json_put_array(root, "warnings");
    for (size_t i = 0; seal_job_warning(p->job, i); i++) {
        seal_json_put_text(warnings, NULL, seal_job_warning(p->job, i));
    }
    return SEAL_OK;
}

static void name_leftover(const struct cli_run *run, const struct provision *p, const char *name,
                          const char *what)
{
    char path[576];
    if (p->directory[0] && snprintf(path, sizeof path, "%s/%s", p->directory, name) < (int)sizeof path &&
        access(path, F_OK) == 0) {
        cli_warn(run, "%s, from an earlier development run, still holds %s: destroy it", path, what);
    }
}

static void show_leftovers(const struct cli_run *run, const struct provision *p)
{
    const char *path = cli_text(run, "private-key");
    if (p->profile.mode == SEAL_MODE_PRODUCTION) {
        if (path) {
            cli_warn(run, "%s still holds the device's private key: destroy it or lock it away", path);
        }
        if (cli_text(run, "hmac-key")) {
            cli_warn(run, "%s still holds the chip's HMAC key: destroy it", cli_text(run, "hmac-key"));
        }
        name_leftover(run, p, "private_key.pem", "the device's private key");
        name_leftover(run, p, "hmac_key.bin", "the chip's HMAC key");
        return;
    }
    if (cli_flag(run, "keep-secrets") && p->profile.storage == SEAL_STORAGE_ECDSA) {
        cli_say(run, "          %s/private_key.pem holds the key", p->directory);
    } else if (cli_flag(run, "keep-secrets")) {
        cli_say(run, "          %s/private_key.pem and %s/hmac_key.bin hold the keys", p->directory,
                p->directory);
    }
}

void provision_show_result(const struct cli_run *run, const struct provision *p)
{
    const struct seal_proof *proof = seal_job_proof(p->job);
    char mac[18];
    mac_text(p, mac);
    if (proof) {
        char hex[33];
        seal_hex_encode(proof->nonce, 16, hex);
        cli_say(run,
                "proof     the chip signed nonce %s... with BLOCK_KEY%u (%s); the certificate verifies it",
                hex, proof->efuse_key, proof->key);
    }
    if (p->receipt[0] && p->recorded) {
        cli_say(run, "receipt   %s", p->receipt);
    }
    if (p->profile.no_identity || seal_job_blind(p->job)) {
        cli_say(run, "done      %s %s", seal_job_chip(p->job)->title, mac);
    } else {
        cli_say(run, "done      %s %s has its own %s", seal_job_chip(p->job)->title, mac,
                p->profile.request_only ? "key; its request is signed" : "identity");
    }
    cli_say(run, "          %s", seal_job_state(p->job, SEAL_OK));
    provision_show_sealed(run, p);
    show_leftovers(run, p);
}
