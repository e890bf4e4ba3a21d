/* secure-cert scan: looks for secrets in images, dumps and logs. */
#include "cli.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/scan.h>

#include <ctype.h>
#include <string.h>

enum { LARGEST = 64 << 20, FINGERPRINTS_FILE_MAX = 1 << 20, FINGERPRINT_LEN = 32 };

struct scanning {
    struct cli_run *run;
    const char *path;
    struct seal_buf *fingerprints; /* one after the other */
    seal_json *list;
    size_t findings;
};

static const char *kind_of(const struct seal_scan_finding *finding)
{
    return finding->kind == SEAL_SCAN_PRIVATE_KEY ? "private key" : "key of a given fingerprint";
}

static int take(void *ctx, const struct seal_scan_finding *finding)
{
    struct scanning *scanning = ctx;
    char hex[2 * FINGERPRINT_LEN + 1] = "";
    bool known = finding->kind == SEAL_SCAN_FINGERPRINT;
    scanning->findings++;
    if (known) {
        seal_hex_encode(seal_buf_ptr(scanning->fingerprints) + FINGERPRINT_LEN * finding->fingerprint,
                        FINGERPRINT_LEN, hex);
    }
    cli_print(scanning->run, "%s: 0x%zx: %s, %s%s%s%s\n", scanning->path, finding->offset, kind_of(finding),
              seal_scan_form_name(finding->form), finding->what[0] || known ? ", " : "",
              known ? hex : finding->what, finding->reversed ? ", bytes reversed" : "");
    seal_json *one = seal_json_put_object(scanning->list, NULL);
    seal_json_put_text(one, "file", scanning->path);
    seal_json_put_number(one, "offset", (double)finding->offset);
    seal_json_put_text(one, "kind", known ? "fingerprint" : "private_key");
    seal_json_put_text(one, "form", seal_scan_form_name(finding->form));
    seal_json_put_text(one, "key", finding->what[0] ? finding->what : NULL);
    seal_json_put_text(one, "fingerprint", known ? hex : NULL);
    seal_json_put_bool(one, "reversed", finding->reversed);
    return SEAL_OK;
}

static int add_fingerprint(struct scanning *scanning, const char *text, const char *where,
                           struct seal_cause *cause)
{
    uint8_t digest[FINGERPRINT_LEN];
    if (seal_hex_decode(text, digest, sizeof digest) != SEAL_OK) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "%s: a fingerprint is 64 hex digits, not \"%.80s\"", where,
                            text);
        seal_hint(cause, "sha256sum of the 32 or 64 bytes of the key");
        return err;
    }
    return seal_buf_put(scanning->fingerprints, digest, sizeof digest);
}

/* One in each line, whatever stands behind it: what sha256sum prints. */
static int read_fingerprints(struct scanning *scanning, const char *path, struct seal_cause *cause)
{
    struct seal_buf *file = NULL;
    int err = seal_file_read(path, FINGERPRINTS_FILE_MAX, 0, &file, cause);
    const char *text = err == SEAL_OK ? (const char *)seal_buf_ptr(file) : "";
    size_t len = err == SEAL_OK ? seal_buf_len(file) : 0;
    for (size_t at = 0; err == SEAL_OK && at < len;) {
        char word[2 * FINGERPRINT_LEN + 2] = "";
        const char *end = memchr(text + at, '\n', len - at);
        size_t line = end ? (size_t)(end - text) - at : len - at;
        size_t used = 0;
        while (used < line && used < sizeof word - 1 && !isspace((unsigned char)text[at + used])) {
            word[used] = text[at + used];
            used++;
        }
        err = used && word[0] != '#' ? add_fingerprint(scanning, word, path, cause) : SEAL_OK;
        at += line + 1;
    }
    seal_buf_free(&file);
    return err;
}

static int collect(struct scanning *scanning, struct seal_cause *cause)
{
    const char *text;
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && (text = cli_text_at(scanning->run, "fingerprint", i)); i++) {
        err = add_fingerprint(scanning, text, "--fingerprint", cause);
    }
    for (size_t i = 0; err == SEAL_OK && (text = cli_text_at(scanning->run, "fingerprints", i)); i++) {
        err = read_fingerprints(scanning, text, cause);
    }
    return err;
}

static int scan_all(struct scanning *scanning, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && cli_operand(scanning->run, i); i++) {
        struct seal_buf *data = NULL;
        scanning->path = cli_operand(scanning->run, i);
        err = seal_file_read(scanning->path, LARGEST, 0, &data, cause);
        if (err == SEAL_OK) {
            err = seal_scan(seal_buf_ptr(data), seal_buf_len(data), seal_buf_ptr(scanning->fingerprints),
                            seal_buf_len(scanning->fingerprints) / FINGERPRINT_LEN, take, scanning);
        }
        seal_buf_free(&data);
    }
    return err;
}

static int run_scan(struct cli_run *run, struct seal_cause *cause)
{
    struct scanning scanning = {.run = run, .fingerprints = seal_buf_new()};
    seal_json *root = seal_json_object_new();
    scanning.list = seal_json_put_array(root, "findings");
    int err = scanning.fingerprints ? collect(&scanning, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = scan_all(&scanning, cause);
    }
    if (err == SEAL_OK && cli_json(run)) {
        err = cli_emit_json(run, &root);
    }
    if (err == SEAL_OK && scanning.findings) {
        err = seal_fail(cause, SEAL_ERR_FINDINGS, "%zu secret%s found", scanning.findings,
                        scanning.findings == 1 ? "" : "s");
        seal_hint(cause, "a key that stood in such a file is no secret any more: make a new one");
    }
    seal_json_free(&root);
    seal_buf_free(&scanning.fingerprints);
    return err;
}

static const struct cli_option options[] = {
    {.name = "fingerprint", .value = "HEX", .summary = "SHA-256 of a key to look for", .repeat = true},
    {.name = "fingerprints",
     .value = "FILE",
     .summary = "a file with one such SHA-256 at the start of each line",
     .repeat = true},
    {0},
};

const struct cli_command cli_command_secure_cert_scan = {
    .name = "secure-cert scan",
    .summary = "look for private keys and known keys in any file",
    .operands = "FILE...",
    .operands_min = 1,
    .operands_max = -1,
    .description = "Finds private keys (RSA and EC; PKCS#8, PKCS#1, SEC1) in any image, flash dump, "
                   "partition or log: as DER, as "
                   "PEM, and as Base64 or hexadecimal text. Encrypted keys are no finding. Keys without any "
                   "form of their own, "
                   "such as HMAC and flash encryption keys, are found by their SHA-256 over 32 or 64 bytes, "
                   "at any offset, in both "
                   "byte orders, and as text.\n\n"
                   "Exit status 7 when something was found; each finding is a line with file, offset and "
                   "form. The key itself is "
                   "never shown.",
    .examples =
        "espseal secure-cert scan firmware.bin build.log\n"
        "sha256sum hmac_key.bin >known.txt; espseal secure-cert scan dump.bin --fingerprints known.txt",
    .options = options,
    .run = run_scan,
};
