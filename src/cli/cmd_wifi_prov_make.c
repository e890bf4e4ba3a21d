/* wifi-prov make: what a device and its label need for Wi-Fi provisioning, security 1 or 2. */
#include "identity.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/qr.h>
#include <espseal/secret.h>
#include <espseal/srp.h>
#include <espseal/wifi_prov.h>

#include <stdio.h>
#include <string.h>

struct made {
    bool security2;
    char name[SEAL_PROV_NAME_MAX + 1]; /* of the service: what the phone sees */
    const char *user;
    struct seal_buf *pop; /* secret, NUL behind it */
    bool pop_is_new;
    uint8_t salt[SEAL_SRP_SALT_LEN], verifier[SEAL_SRP_VERIFIER_MAX];
    size_t verifier_len;
    struct seal_buf *payload; /* secret, NUL behind it */
};

static const char *const outputs[] = {"pop-out", "payload", "qr", "salt", "verifier", "csv", NULL};

static const char *pop_of(const struct made *made)
{
    return (const char *)seal_buf_ptr(made->pop);
}

static int check_outputs(const struct cli_run *run, bool security2, struct seal_cause *cause)
{
    int err = SEAL_OK;
    size_t given = 0;
    for (size_t i = 0; err == SEAL_OK && outputs[i]; i++) {
        if (cli_text(run, outputs[i])) {
            given++;
            err = cli_check_out(run, outputs[i], true, cause);
        }
    }
    if (err == SEAL_OK && !security2 && (cli_text(run, "salt") || cli_text(run, "verifier"))) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "security 1 has neither salt nor verifier");
    }
    if (err == SEAL_OK && !cli_text(run, "pop-file") && !cli_flag(run, "show") && !cli_text(run, "pop-out") &&
        !cli_text(run, "payload") && !cli_text(run, "qr")) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "the proof of possession that is made would be lost");
        seal_hint(cause, "--qr, --payload or --pop-out keeps it for the label, --show prints it");
    }
    if (err == SEAL_OK && given == 0 && !cli_flag(run, "show")) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "there is nothing to do: no output is named");
    }
    return err;
}

/* --name, or PROV_ and the last three bytes of --mac, as ESP-IDF's examples name their service. */
static int choose_name(const struct cli_run *run, char name[static SEAL_PROV_NAME_MAX + 1],
                       struct seal_cause *cause)
{
    const char *given = cli_text(run, "name");
    const char *mac = cli_text(run, "mac");
    uint8_t bytes[6];
    if ((given != NULL) == (mac != NULL)) {
        return seal_fail(cause, SEAL_ERR_USAGE,
                         "one of --mac and --name is needed: how the device calls itself");
    }
    if (given) {
        int len = snprintf(name, SEAL_PROV_NAME_MAX + 1, "%s", given);
        return len > 0 && len <= SEAL_PROV_NAME_MAX
                   ? SEAL_OK
                   : seal_fail(cause, SEAL_ERR_USAGE, "a name has 1 to %d bytes", SEAL_PROV_NAME_MAX);
    }
    int err = cli_mac(run, "mac", bytes, cause);
    if (err == SEAL_OK) {
        seal_prov_name(bytes, name);
    }
    return err;
}

static int get_pop(struct cli_run *run, struct made *made, struct seal_cause *cause)
{
    int err;
    if (cli_text(run, "pop-file")) {
        err = cli_read_secret_line(run, "pop-file", &made->pop, cause);
        if (err == SEAL_OK && memchr(seal_buf_ptr(made->pop), '\0', seal_buf_len(made->pop))) {
            err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is no text", cli_text(run, "pop-file"));
        }
    } else {
        made->pop = seal_buf_new_secret();
        made->pop_is_new = true;
        return made->pop ? seal_prov_pop(made->pop) : SEAL_ERR_NO_MEMORY;
    }
    return err == SEAL_OK ? seal_buf_put_u8(made->pop, 0) : err;
}

static int make_payload(const struct cli_run *run, struct made *made, struct seal_cause *cause)
{
    const char *transport = cli_text(run, "transport");
    made->payload = seal_buf_new_secret();
    int err = made->payload ? seal_prov_payload(made->name, made->security2 ? made->user : NULL, pop_of(made),
                                                transport ? transport : "ble", made->payload)
                            : SEAL_ERR_NO_MEMORY;
    return err == SEAL_OK ? err : seal_fail(cause, err, "cannot make the QR code's text");
}

static int write_text(const struct cli_run *run, const char *option, const struct seal_buf *text,
                      struct seal_cause *cause)
{
    struct seal_buf *line = seal_buf_new_secret();
    int err = line ? seal_buf_put(line, seal_buf_ptr(text), seal_buf_len(text) - 1) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_buf_put_u8(line, '\n');
    }
    if (err == SEAL_OK) {
        err = cli_write_out(run, option, line, true, cause);
    }
    seal_buf_free(&line);
    return err;
}

static int write_bytes(const struct cli_run *run, const char *option, const void *data, size_t len,
                       struct seal_cause *cause)
{
    return seal_file_write(cli_text(run, option), data, len, cli_out_flags(run, true), cause);
}

static int put_hex_row(struct seal_buf *out, const char *key, const uint8_t *data, size_t len)
{
    char hex[2 * SEAL_SRP_VERIFIER_MAX + 1];
    char head[64];
    seal_hex_encode(data, len, hex);
    int head_len = snprintf(head, sizeof head, "%s,data,hex2bin,", key);
    int err = seal_buf_put(out, head, (size_t)head_len);
    if (err == SEAL_OK) {
        err = seal_buf_put(out, hex, 2 * len);
    }
    seal_cleanse(hex, sizeof hex);
    return err == SEAL_OK ? seal_buf_put_u8(out, '\n') : err;
}

/* Rows for nvs build: salt and verifier, or the proof of possession (as hex, so that no letter of it needs
 * quotes). */
static int write_csv(const struct cli_run *run, const struct made *made, struct seal_cause *cause)
{
    char head[96];
    const char *space = cli_text(run, "namespace");
    struct seal_buf *out = seal_buf_new_secret();
    int len = snprintf(head, sizeof head, "key,type,encoding,value\n%.15s,namespace,,\n",
                       space ? space : "wifi_prov");
    int err = out ? seal_buf_put(out, head, (size_t)len) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK && made->security2) {
        err = put_hex_row(out, "sec2_salt", made->salt, sizeof made->salt);
    }
    if (err == SEAL_OK && made->security2) {
        err = put_hex_row(out, "sec2_verifier", made->verifier, made->verifier_len);
    }
    if (err == SEAL_OK && !made->security2) {
        err = put_hex_row(out, "sec1_pop", seal_buf_ptr(made->pop), seal_buf_len(made->pop) - 1);
    }
    if (err == SEAL_OK) {
        err = cli_write_out(run, "csv", out, true, cause);
    }
    seal_buf_free(&out);
    return err;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static int write_qr(const struct cli_run *run, const struct made *made, struct seal_cause *cause)
{
    const char *path = cli_text(run, "qr");
    struct seal_buf *out = seal_buf_new_secret();
    int err = out ? seal_qr_encode((const char *)seal_buf_ptr(made->payload),
                                   ends_with(path, ".png") ? SEAL_QR_PNG : SEAL_QR_SVG, out, cause)
                  : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = cli_write_out(run, "qr", out, true, cause);
    }
    seal_buf_free(&out);
    return err;
}

static int show(const struct cli_run *run, const struct made *made, struct seal_cause *cause)
{
    struct seal_buf *out = seal_buf_new_secret();
    int err = out ? seal_qr_encode((const char *)seal_buf_ptr(made->payload), SEAL_QR_TERMINAL, out, cause)
                  : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        cli_print(run, "%.*s%s\n", (int)seal_buf_len(out), (const char *)seal_buf_ptr(out),
                  (const char *)seal_buf_ptr(made->payload));
    }
    seal_buf_free(&out);
    return err;
}

static int write_all(const struct cli_run *run, const struct made *made, struct seal_cause *cause)
{
    int err = SEAL_OK;
    if (cli_text(run, "salt")) {
        err = write_bytes(run, "salt", made->salt, sizeof made->salt, cause);
    }
    if (err == SEAL_OK && cli_text(run, "verifier")) {
        err = write_bytes(run, "verifier", made->verifier, made->verifier_len, cause);
    }
    if (err == SEAL_OK && cli_text(run, "csv")) {
        err = write_csv(run, made, cause);
    }
    if (err == SEAL_OK && cli_text(run, "pop-out")) {
        err = write_text(run, "pop-out", made->pop, cause);
    }
    if (err == SEAL_OK && cli_text(run, "payload")) {
        err = write_text(run, "payload", made->payload, cause);
    }
    if (err == SEAL_OK && cli_text(run, "qr")) {
        err = write_qr(run, made, cause);
    }
    return err == SEAL_OK && cli_flag(run, "show") ? show(run, made, cause) : err;
}

static int report(const struct cli_run *run, const struct made *made)
{
    if (!cli_json(run)) {
        cli_say(run, "%s: security %d, %s proof of possession", made->name, made->security2 ? 2 : 1,
                made->pop_is_new ? "new" : "given");
        for (size_t i = 0; outputs[i]; i++) {
            if (cli_text(run, outputs[i])) {
                cli_say(run, "  %-8s %s", outputs[i], cli_text(run, outputs[i]));
            }
        }
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "name", made->name);
    seal_json_put_number(root, "security", made->security2 ? 2 : 1);
    seal_json_put_bool(root, "pop_made", made->pop_is_new);
    if (made->security2) {
        seal_json_put_text(root, "username", made->user);
    }
    for (size_t i = 0; outputs[i]; i++) {
        if (cli_text(run, outputs[i])) {
            seal_json_put_text(root, outputs[i], cli_text(run, outputs[i]));
        }
    }
    return cli_emit_json(run, &root);
}

static int make(struct cli_run *run, struct made *made, struct seal_cause *cause)
{
    const char *security = cli_text(run, "security");
    const char *user = cli_text(run, "user");
    made->security2 = !security || strcmp(security, "2") == 0;
    made->user = user ? user : SEAL_PROV_USER;
    int err = check_outputs(run, made->security2, cause);
    if (err == SEAL_OK) {
        err = choose_name(run, made->name, cause);
    }
    if (err == SEAL_OK) {
        err = get_pop(run, made, cause);
    }
    if (err == SEAL_OK && made->security2) {
        err = seal_srp_salt(made->salt, sizeof made->salt);
        if (err == SEAL_OK) {
            err = seal_srp_verifier(made->user, pop_of(made), made->salt, sizeof made->salt, made->verifier,
                                    &made->verifier_len);
        }
    }
    return err == SEAL_OK ? make_payload(run, made, cause) : err;
}

static int run_wifi_prov_make(struct cli_run *run, struct seal_cause *cause)
{
    struct made made = {0};
    int err = make(run, &made, cause);
    if (err == SEAL_OK) {
        err = write_all(run, &made, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, &made);
    }
    seal_buf_free(&made.pop);
    seal_buf_free(&made.payload);
    seal_cleanse(&made, sizeof made);
    return err;
}

static const char *const securities[] = {"1", "2", NULL};
static const char *const transports[] = {"ble", "softap", NULL};

static const struct cli_option options[] = {
    {.name = "mac",
     .value = "MAC",
     .summary = "the device's address: it calls itself PROV_ and the last three bytes"},
    {.name = "name", .value = "NAME", .summary = "or the name that it calls itself by"},
    {.name = "security",
     .value = "N",
     .summary = "2: salt and verifier (SRP6a); 1: proof of possession alone",
     .choices = securities,
     .fallback = "2"},
    {.name = "user", .value = "NAME", .summary = "user name of security 2", .fallback = SEAL_PROV_USER},
    {.name = "pop-file",
     .value = "FILE",
     .summary = "proof of possession (the password of security 2), first line"},
    {.name = "transport",
     .value = "HOW",
     .summary = "how the phone reaches the device",
     .choices = transports,
     .fallback = "ble"},
    {.name = "salt", .value = "FILE", .summary = "write the salt for the device, 16 bytes"},
    {.name = "verifier", .value = "FILE", .summary = "write the verifier for the device, up to 384 bytes"},
    {.name = "csv", .value = "FILE", .summary = "write what the device needs as rows for nvs build"},
    {.name = "namespace", .value = "NAME", .summary = "of these rows", .fallback = "wifi_prov"},
    {.name = "pop-out", .value = "FILE", .summary = "write the proof of possession"},
    {.name = "payload", .value = "FILE", .summary = "write the text of the QR code"},
    {.name = "qr", .value = "FILE", .summary = "write the QR code, as SVG or (by that ending) .png"},
    {.name = "show", .summary = "print QR code and text; the terminal then shows the secret"},
    {.name = "force", .summary = "replace files that are there"},
    {.name = "insecure-permissions", .summary = "take a secret file that others can read"},
    {0},
};

const struct cli_command cli_command_wifi_prov_make = {
    .name = "wifi-prov make",
    .summary = "make salt, verifier and QR code for Wi-Fi provisioning",
    .description = "Makes for one device what ESP-IDF's unified provisioning needs. With security 2 the "
                   "device keeps a salt "
                   "and a verifier (SRP6a), from which the password cannot be had, and the label carries the "
                   "password; with "
                   "security 1 the device keeps the proof of possession itself. Unless --pop-file gives one, "
                   "a new one of 12 "
                   "letters and digits (60 bits) is made, so that no two devices share it.\n\n"
                   "--csv writes rows for espseal nvs build (sec2_salt and sec2_verifier, or sec1_pop); the "
                   "QR code holds the "
                   "JSON text that Espressif's phone apps read. All files get mode 0600.\n\n"
                   "The verifier is computed as the device does. ESP-IDF's esp_prov computes another one for "
                   "one password in "
                   "256, with which nobody can log in.",
    .examples = "espseal wifi-prov make --mac 7c:df:a1:5e:a1:01 --csv prov.csv --qr label.svg\n"
                "espseal nvs build prov.csv --size 0x6000 --out nvs.bin",
    .options = options,
    .run = run_wifi_prov_make,
};
