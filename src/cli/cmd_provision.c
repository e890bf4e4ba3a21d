/*
 * provision: the main job. A blank chip becomes a device with its own provable identity: inputs, survey,
 * identity, plan, the person's word, burn, prove, receipt.
 */
#include "partition.h"
#include "provision.h"

#include <string.h>

struct show {
    struct cli_run *run;
    struct provision *p;
    const struct seal_step *step;
};

static void step_begins(void *ctx, size_t index, const struct seal_step *step)
{
    struct show *show = ctx;
    (void)index;
    show->step = step;
}

static void step_ends(void *ctx, size_t index, const struct seal_step *step, const char *note)
{
    struct show *show = ctx;
    cli_progress_erase(show->run);
    cli_say(show->run, "  %2zu/%zu %s: %s", index + 1, seal_job_step_count(show->p->job), step->name, note);
}

static void progress(void *ctx, size_t done, size_t total)
{
    struct show *show = ctx;
    cli_progress(show->run, show->step->name, done, total);
}

static int record(void *ctx, struct seal_cause *cause)
{
    const struct show *show = ctx;
    return provision_files_progress(show->p, cause);
}

static int plan(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    int err = cli_connect(run, &loader, cause);
    if (err == SEAL_OK) {
        err = seal_job_survey(loader, &p->profile, &p->job, cause);
    }
    if (err == SEAL_OK) {
        err = provision_files_recall(run, p, cause);
    }
    /* A dry run asks nobody to sign. */
    bool make = err == SEAL_OK && seal_job_needs_identity(p->job) &&
                !(cli_flag(run, "dry-run") && (p->sign_command || p->profile.enroll));
    if (make) {
        err = seal_job_make_identity(p->job, cause);
    }
    if (err == SEAL_OK) {
        err = seal_job_plan(p->job, cause);
    }
    return provision_blame_word(p, err, cause);
}

static int show_dry_run(struct cli_run *run, struct provision *p)
{
    seal_json *json = NULL;
    if (cli_json(run)) {
        int err = provision_plan_json(p, &json);
        return err == SEAL_OK ? cli_emit_json(run, &json) : err;
    }
    cli_say(run, "dry run: nothing was written or burned");
    return SEAL_OK;
}

static int burn(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    struct show show = {.run = run, .p = p};
    const struct seal_job_events events = {.step_begins = step_begins,
                                           .step_ends = step_ends,
                                           .progress = progress,
                                           .record = record,
                                           .ctx = &show};
    int err = provision_blame_word(p, seal_job_run(p->job, &events, cause), cause);
    cli_progress_done(run);
    int recorded = seal_job_receipt(p->job, err, &p->record);
    if (recorded == SEAL_OK) {
        recorded = provision_files_receipt(p, p->record, err == SEAL_OK ? cause : NULL);
        p->recorded = recorded == SEAL_OK;
    }
    if (err == SEAL_OK && recorded != SEAL_OK) {
        provision_show_result(run, p);
        seal_hint(cause, "the device is finished, only its record is not: the same command, run again with "
                         "room there, writes it and burns nothing");
    }
    return err == SEAL_OK ? recorded : err;
}

static bool changes_fuses(const struct provision *p)
{
    for (size_t i = 0; i < seal_job_step_count(p->job); i++) {
        if (seal_job_step(p->job, i)->irreversible) {
            return true;
        }
    }
    return false;
}

static int go(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    int err = provision_read_inputs(run, p, cause);
    if (err == SEAL_OK) {
        err = plan(run, p, cause);
    }
    if (err != SEAL_OK) {
        return err;
    }
    provision_show_device(run, p);
    provision_show_plan(run, p);
    if (cli_flag(run, "dry-run")) {
        return show_dry_run(run, p);
    }
    err = provision_files_check(run, p, cause);
    if (err == SEAL_OK && changes_fuses(p)) {
        char question[160];
        provision_question(p, question, sizeof question);
        err = cli_confirm_burn(run, question, cause);
    }
    if (err == SEAL_OK) {
        err = provision_files_prepare(run, p, cause);
    }
    if (err == SEAL_OK) {
        err = provision_seen(run, p, cause);
    }
    if (err == SEAL_OK) {
        err = burn(run, p, cause);
    }
    if (err == SEAL_OK) {
        err = provision_files_request(run, p, cause);
    }
    if (err == SEAL_OK) {
        provision_show_result(run, p);
    }
    return err == SEAL_OK && cli_json(run) ? cli_emit_json(run, &p->record) : err;
}

static int run_provision(struct cli_run *run, struct seal_cause *cause)
{
    struct provision p = {0};
    int err = go(run, &p, cause);
    provision_free(&p);
    return err;
}

static const char *const modes[] = {"development", "production", NULL};
static const char *const storages[] = {"ds", "ecdsa", "plaintext", NULL};

static const struct cli_option options[] = {
    {.name = "profile",
     .value = "FILE",
     .summary = "what the device shall become, as JSON; options of this command line win over it"},
    PROFILE_SET_OPTION,
    {.name = "mode",
     .value = "MODE",
     .summary = "production makes the key unreadable for ever; development leaves it readable",
     .choices = modes},
    {.name = "storage",
     .value = "WHERE",
     .summary = "where the private key lives",
     .choices = storages,
     .fallback = "ds"},
    {.name = "ca-cert",
     .value = "FILE",
     .summary = "certificate of the CA, stored beside the device's; intermediate ones may follow it"},
    {.name = "foreign-ca",
     .summary = "--ca-cert is for what the device talks to, and did not sign the device's certificate"},
    {.name = "seen",
     .value = "FILE",
     .summary =
         "list of public keys and their devices: a key of another device is refused, this one is added"},
    {.name = "device-cert",
     .value = "FILE",
     .summary = "the device's certificate; without --private-key for the key that is in the chip"},
    {.name = "private-key", .value = "FILE", .summary = "the device's private key, when it exists already"},
    {.name = "subject",
     .value = "NAME",
     .summary = "make key and certificate for this name; {mac}, {serial} and {chip} are filled in"},
    {.name = "san",
     .value = "NAME",
     .summary = "alternative name for it, filled in likewise: DNS:name, URI:uri, IP:address or email:address",
     .repeat = true},
    {.name = "eku",
     .value = "NAME",
     .summary = CLI_EKU_SUMMARY "; clientAuth from --ca-key, else the CA's choice",
     .repeat = true},
    {.name = "any-subject", .summary = "a CA elsewhere may write another subject: what it wrote is taken"},
    {.name = "serials",
     .value = "LIST",
     .summary = "or a CSV with the columns serial and mac: the number in the row of this MAC, else the first "
                "without "
                "a MAC, else the next one, is the device's, and noted there"},
    {.name = "serial",
     .value = "TEXT",
     .summary = "the device's serial number, for {serial}; else that of its row in --nvs-values"},
    {.name = "key-type",
     .value = "TYPE",
     .summary = "type of the key that is made; with storage ecdsa ec:p256 when not said",
     .choices = seal_key_types,
     .fallback = "rsa:2048"},
    {.name = "ca-key",
     .value = "FILE",
     .summary = "key of the CA, a file or in a token: signs the certificate here"},
    {.name = "days", .value = "N", .summary = "validity of the certificate that is made", .fallback = "3650"},
    {.name = "sign-cmd",
     .value = "COMMAND",
     .summary = "signs elsewhere: request on its stdin, certificate on its stdout"},
    {.name = "cmp", .value = "URL", .summary = "gets the certificate from this CMP server"},
    {.name = "cmp-ref", .value = "NAME", .summary = "its name of the shared secret"},
    {.name = "cmp-secret-file", .value = "FILE", .summary = "the secret shared with it, first line"},
    {.name = "cmp-cert", .value = "FILE", .summary = "or a certificate that signs the messages to it"},
    {.name = "cmp-key", .value = "FILE", .summary = "the key of --cmp-cert, a file or in a token"},
    {.name = "cmp-update", .summary = "key update: the new key takes the place of --cmp-cert's"},
    {.name = "csr-only",
     .summary =
         "two runs: make the key in the chip and the request of --csr-out now, --device-cert comes later"},
    {.name = "csr-out", .value = "FILE", .summary = "write the certification request there"},
    {.name = "efuse-key",
     .value = "N",
     .summary = "BLOCK_KEYn for the DS or ECDSA key, 0 to 5, or auto: the first free one",
     .fallback = "auto"},
    {.name = "hmac-key", .value = "FILE", .summary = "burn these 32 bytes instead of a random key"},
    {.name = "offset",
     .value = "OFFSET",
     .summary = "flash offset of esp_secure_cert, or auto: from the partition table",
     .fallback = "0xd000"},
    CLI_TABLE_OFFSET,
    {.name = "firmware",
     .value = "PLACE=FILE",
     .summary = "write this image as well: at an offset, or in a partition of the table among the images",
     .repeat = true},
    {.name = "nvs-template",
     .value = "FILE",
     .summary =
         "make an NVS partition of this table, with words in braces (see espseal nvs build), and write it"},
    {.name = "nvs-values",
     .value = "FILE",
     .summary = "its values for each device: CSV with a row per MAC or --serial"},
    {.name = "nvs-partition",
     .value = "PLACE",
     .summary = "where it goes: name in the partition table, or flash offset",
     .fallback = "nvs"},
    {.name = "nvs-version",
     .value = "N",
     .summary = "its format; 1 is for ESP-IDF before 4.0",
     .choices = (const char *const[]){"1", "2", NULL},
     .fallback = "2"},
    {.name = "derive-key", .value = "FILE", .summary = "32 bytes, the key of {hmac:LABEL} in it"},
    {.name = "transport",
     .value = "HOW",
     .summary = "on the label of its {pop}: how the phone reaches the device",
     .choices = (const char *const[]){"ble", "softap", NULL},
     .fallback = "ble"},
    {.name = "out",
     .value = "DIR",
     .summary = "keep certificate, partition and receipt there; {mac} is filled in"},
    {.name = "keep-secrets", .summary = "development only: keep private key and HMAC key in --out as well"},
    {.name = "force",
     .summary = "take --out from another device, whose files move into a folder in it; replace the file of "
                "--csr-out"},
    {.name = "allow",
     .value = "RULE",
     .summary = "override this one rule, by the name in the refusal",
     .repeat = true},
    {.name = "passphrase-file",
     .value = "FILE",
     .summary = "passphrase of --private-key and --cmp-key, first line"},
    {.name = "ca-passphrase-file", .value = "FILE", .summary = "passphrase of --ca-key, first line"},
    {.name = CLI_PIN_OPTION, .value = "FILE", .summary = "PIN of the token that --ca-key or --cmp-key names"},
    {.name = "insecure-permissions", .summary = "read key files that others can read too"},
    {0},
};

const struct cli_command cli_command_provision = {
    .name = "provision",
    .summary = "give a chip its own identity, prove it, and record it",
    .description =
        "Gives the chip at --port a private key that only its Digital Signature or (--storage ecdsa) its "
        "ECDSA peripheral can use, a certificate for it, "
        "and an esp_secure_cert partition that firmware finds both in. The identity is given (--device-cert, "
        "--private-key) or made for this very device (--subject with --ca-key, --sign-cmd or --cmp).\n\n"
        "First everything is checked and a plan is shown; nothing has been written or burned by then. After "
        "BURN was typed "
        "(or with --confirm burn) the steps run in an order that can be cut anywhere: run the same command "
        "again, and it "
        "goes on from what the chip holds. A finished device is left alone, with exit status 0.\n\n"
        "Where the certificate takes longer, there are two runs. The first, with --csr-only, makes the key, "
        "leaves it "
        "in the chip beside a place-holder certificate, and writes a request that the chip itself signed; it "
        "can be "
        "repeated for the same request. The second brings --device-cert alone: the chip must sign for it "
        "before "
        "anything is written. The same renews the certificate of a device whose key stays.\n\n"
        "In development mode the key block gets its purpose and is write-protected, but stays readable. In "
        "production mode "
        "the chip proves its key, the key block is read-protected for ever, and the chip proves it again "
        "through the "
        "protected key. The keys that espseal made are then gone from the host; files that were given stay, "
        "and are named.\n\n"
        "Before a key of flash encryption or of Secure Boot v1 is hidden, the receipt in --out records which "
        "images were written with it and compared. A run after a cut believes that record, for just these "
        "images; without it nobody can tell what lies behind a hidden key, and the rule BOOT-CHECK refuses "
        "to switch anything on over it, unless the key is given.\n\n"
        "With --nvs-template the device gets an NVS partition of its own, encrypted as the profile says for "
        "NVS. "
        "What stands in flash already and differs only in random values stays as it is, so that they never "
        "change. When a value has {pop} or {sec2_verifier}, the label is kept in --out as label.txt and "
        "label.png.",
    .examples =
        "# a simulated ESP32-C3, with a CA made on the spot\n"
        "espseal identity ca --subject \"/CN=Demo CA\" --days 3650 --out-cert ca.pem --out-key ca.key\n"
        "espseal provision --port sim:esp32c3 --mode production --ca-cert ca.pem --ca-key ca.key --subject "
        "\"/CN={mac}\"\n"
        "# a real board, with an identity that exists already, for development\n"
        "espseal provision --port /dev/ttyUSB0 --chip esp32c3 --mode development --ca-cert cacert.pem "
        "--device-cert client.crt "
        "--private-key client.key --out records/{mac}",
    .options = options,
    .device = true,
    .danger = CLI_BURNS,
    .run = run_provision,
};
