/* secure-boot sign: signatures behind an image, here or elsewhere; digests of v1 bootloaders. */
#include "boot.h"
#include "identity.h"
#include "signing.h"

#include <espseal/file.h>
#include <espseal/image.h>
#include <espseal/secret.h>
#include <espseal/secure_boot.h>
#include <espseal/secure_boot_v1.h>

#include <string.h>

struct job {
    struct cli_run *run;
    struct seal_buf *file;
    struct seal_buf *message; /* what is signed */
    struct cli_signing signing;
    int replace; /* the one signature whose place the new one takes; -1: none */
    const struct seal_chip *chip;
};

/* --- which chip --- */

/* --chip, or the chip that the image's header names. */
static int find_chip(struct job *job, struct seal_cause *cause)
{
    const char *name = cli_text(job->run, "chip");
    const uint8_t *data = seal_buf_ptr(job->message);
    struct seal_image image;
    bool is_image = seal_image_looks_like(data, seal_buf_len(job->message)) &&
                    seal_image_parse(data, seal_buf_len(job->message), NULL, &image, NULL) == SEAL_OK;
    const struct seal_chip *named = is_image ? seal_chip_by_image_id(image.chip_id) : NULL;
    int err = cli_find_chip(name, &job->chip, cause);
    if (err == SEAL_OK && job->chip && named && !seal_chip_same(job->chip, named)) {
        return seal_fail(cause, SEAL_ERR_MISMATCH, "%s is for %s, not for the %s", cli_operand(job->run, 0),
                         named->title, job->chip->title);
    }
    job->chip = job->chip ? job->chip : named;
    if (err == SEAL_OK && !is_image) {
        cli_warn(job->run, "%s is no ESP image: no chip starts it, signed or not", cli_operand(job->run, 0));
    }
    size_t end = is_image ? cli_boot_sector(image.length) : 0;
    if (err == SEAL_OK && is_image && end != seal_buf_len(job->message) &&
        !cli_flag(job->run, "no-padding")) {
        cli_warn(job->run, "the chip looks for signatures at 0x%zx, where the image ends, not at 0x%zx", end,
                 seal_buf_len(job->message));
    }
    return err;
}

static int check_schemes(const struct job *job, struct seal_cause *cause)
{
    const struct cli_signing *signing = &job->signing;
    int err = SEAL_OK;
    for (size_t i = 0; job->chip && i < signing->count && err == SEAL_OK; i++) {
        err = seal_boot_scheme_check(job->chip, signing->signatures[i].key.scheme,
                                     cli_text(job->run, "allow") != NULL, cause);
    }
    if (err == SEAL_OK && job->chip && signing->count > job->chip->secure_boot.digests) {
        cli_warn(job->run, "the %s looks at the first signature only", job->chip->title);
    }
    return err;
}

/* --- v2 --- */

/* Takes what is signed already apart: the message, and the signatures that stay. */
static int take_apart(struct job *job, const char *replace, struct seal_cause *cause)
{
    struct seal_boot_verdict verdict;
    const uint8_t *data = seal_buf_ptr(job->file);
    size_t len = seal_buf_len(job->file), signed_len = 0;
    int err = seal_boot_find_signatures(data, len, &signed_len, cause);
    if (err == SEAL_OK) {
        err = seal_boot_verify_at(data, len, signed_len, NULL, &verdict, cause);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put(job->message, data, signed_len);
    }
    if (err != SEAL_OK || (replace && strcmp(replace, "all") == 0)) {
        return err;
    }
    job->replace = replace ? replace[0] - '0' : -1;
    for (size_t i = 0; i < verdict.block_count; i++) {
        if (verdict.blocks[i].fault != SEAL_BOOT_GOOD && job->replace != (int)i) {
            err = seal_fail(cause, SEAL_ERR_MISMATCH, "signature %zu cannot stay: %s", i,
                            seal_boot_fault_text(verdict.blocks[i].fault));
            seal_hint(cause, "--replace all signs anew");
            return err;
        }
        job->signing.signatures[job->signing.count++] = verdict.blocks[i].signature;
    }
    return job->replace >= (int)verdict.block_count
               ? seal_fail(cause, SEAL_ERR_NOT_FOUND, "there is no signature %d to replace", job->replace)
               : SEAL_OK;
}

static int prepare(struct job *job, struct seal_cause *cause)
{
    const char *replace = cli_text(job->run, "replace");
    const uint8_t *data = seal_buf_ptr(job->file);
    size_t len = seal_buf_len(job->file), signed_len;
    bool append = cli_flag(job->run, "append");
    if (append && replace) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--append and --replace exclude each other");
    }
    /* An image without any signature yet takes its first one, appended or not. */
    append = append && seal_boot_find_signatures(data, len, &signed_len, NULL) == SEAL_OK;
    return replace || append
               ? take_apart(job, replace, cause)
               : seal_boot_message(data, len, cli_flag(job->run, "no-padding"), job->message, cause);
}

static int collect(struct job *job, struct seal_cause *cause)
{
    struct cli_signing *signing = &job->signing;
    if (job->replace < 0) {
        return cli_signing_collect(job->run, signing, cause);
    }
    struct cli_signing one = *signing;
    one.what = "one place";
    one.count = 0;
    one.most = 1;
    int err = cli_signing_collect(job->run, &one, cause);
    if (err == SEAL_OK) {
        signing->signatures[job->replace] = one.signatures[0];
    }
    return err;
}

static int sign_v2(struct job *job, struct seal_buf *out, struct seal_cause *cause)
{
    int err = collect(job, cause);
    if (err == SEAL_OK) {
        err = check_schemes(job, cause);
    }
    return err == SEAL_OK ? seal_boot_attach(job->signing.message, job->signing.len, job->signing.signatures,
                                             job->signing.count, out, cause)
                          : err;
}

/* --- v1 --- */

static int prepare_v1(struct job *job, struct seal_cause *cause)
{
    const uint8_t *data = seal_buf_ptr(job->file);
    size_t len = seal_buf_len(job->file);
    struct seal_image image;
    bool is_signed = seal_image_parse(data, len, NULL, &image, NULL) == SEAL_OK &&
                     image.signature_count > 0 && image.signatures[0].scheme == SEAL_SIGNATURE_V1;
    if (is_signed && !cli_text(job->run, "replace")) {
        int err = seal_fail(cause, SEAL_ERR_STATE, "%s is signed already", cli_operand(job->run, 0));
        seal_hint(cause, "--replace all signs anew");
        return err;
    }
    job->signing.sign = seal_boot_v1_sign;
    job->signing.most = 1;
    return seal_buf_put(job->message, data, is_signed ? image.length : len);
}

static int sign_v1(struct job *job, struct seal_buf *out, struct seal_cause *cause)
{
    uint8_t bytes[SEAL_BOOT_V1_SIGNATURE_LEN];
    int err = cli_signing_collect(job->run, &job->signing, cause);
    if (err == SEAL_OK) {
        err = seal_boot_v1_put(&job->signing.signatures[0], bytes);
        err = err == SEAL_OK ? err : seal_fail(cause, err, "secure boot v1 takes EC P-256 keys only");
    }
    if (err == SEAL_OK) {
        err = seal_buf_put(out, job->signing.message, job->signing.len);
    }
    return err == SEAL_OK ? seal_buf_put(out, bytes, sizeof bytes) : err;
}

static int sign_bootloader(struct cli_run *run, struct seal_cause *cause)
{
    uint8_t key[32], iv[SEAL_BOOT_V1_IV_LEN];
    struct seal_buf *file = NULL, *out = seal_buf_new();
    int err = cli_text(run, "out") ? cli_check_out(run, "out", false, cause)
                                   : seal_fail(cause, SEAL_ERR_USAGE, "--out FILE is missing");
    if (err == SEAL_OK) {
        err = cli_boot_v1_key(run, key, cause);
    }
    if (err == SEAL_OK) {
        err = cli_boot_v1_iv(run, iv, cause);
    }
    if (err == SEAL_OK) {
        err = seal_file_read(cli_operand(run, 0), CLI_BOOT_LARGEST, 0, &file, cause);
    }
    if (err == SEAL_OK) {
        err = seal_boot_v1_bootloader(key, iv, seal_buf_ptr(file), seal_buf_len(file), out, cause);
    }
    if (err == SEAL_OK) {
        err = cli_write_out(run, "out", out, false, cause);
    }
    if (err == SEAL_OK) {
        cli_say(run, "wrote %s: %zu bytes for flash offset 0x0, with the digest of the bootloader",
                cli_text(run, "out"), seal_buf_len(out));
    }
    seal_cleanse(key, sizeof key);
    seal_buf_free(&file);
    seal_buf_free(&out);
    return err;
}

/* --- the command --- */

static int report(const struct job *job, size_t size, struct seal_cause *cause)
{
    const struct cli_signing *signing = &job->signing;
    const char *path = cli_text(job->run, "out");
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", path);
    seal_json_put_number(root, "size", (double)size);
    seal_json_put_number(root, "signed", (double)signing->len);
    int err = cli_signing_put(root, signing);
    if (err == SEAL_OK && cli_json(job->run)) {
        return cli_emit_json(job->run, &root);
    }
    seal_json_free(&root);
    cli_say(job->run, "wrote %s: %zu bytes, %zu signature%s over the first %zu", path, size, signing->count,
            signing->count == 1 ? "" : "s", signing->len);
    return err == SEAL_OK ? err : seal_fail(cause, err, "cannot compute a digest");
}

static int write_signed(struct job *job, bool v1, struct seal_cause *cause)
{
    struct seal_buf *out = seal_buf_new();
    int err = out ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = v1 ? sign_v1(job, out, cause) : sign_v2(job, out, cause);
    }
    if (err == SEAL_OK) {
        err = cli_write_out(job->run, "out", out, false, cause);
    }
    if (err == SEAL_OK) {
        err = report(job, seal_buf_len(out), cause);
    }
    seal_buf_free(&out);
    return err;
}

static int run_job(struct job *job, bool v1, struct seal_cause *cause)
{
    int err = cli_signing_check(job->run, cause);
    if (err == SEAL_OK && cli_text(job->run, "out")) {
        err = cli_check_out(job->run, "out", false, cause);
    }
    if (err == SEAL_OK) {
        err = seal_file_read(cli_operand(job->run, 0), CLI_BOOT_LARGEST, 0, &job->file, cause);
    }
    if (err == SEAL_OK) {
        err = v1 ? prepare_v1(job, cause) : prepare(job, cause);
    }
    if (err == SEAL_OK && !v1) {
        err = find_chip(job, cause);
    }
    job->signing.message = seal_buf_ptr(job->message);
    job->signing.len = seal_buf_len(job->message);
    if (err == SEAL_OK && cli_text(job->run, "to-be-signed")) {
        return cli_signing_hand_out(job->run, &job->signing, false, cause);
    }
    return err == SEAL_OK ? write_signed(job, v1, cause) : err;
}

static int run_sign(struct cli_run *run, struct seal_cause *cause)
{
    bool v1 = cli_boot_is_v1(run);
    struct job job = {
        .run = run,
        .replace = -1,
        .message = seal_buf_new(),
        .signing = {.what = v1 ? "an application of secure boot v1" : "an image",
                    .most = SEAL_SIGNATURE_KEYS_MAX,
                    .sign = seal_sign},
    };
    if (!job.message) {
        return SEAL_ERR_NO_MEMORY;
    }
    int err;
    if (cli_text(run, "bootloader-key")) {
        err = v1 ? sign_bootloader(run, cause)
                 : seal_fail(cause, SEAL_ERR_USAGE, "--bootloader-key is for --version 1");
    } else {
        err = run_job(&job, v1, cause);
    }
    seal_buf_free(&job.file);
    seal_buf_free(&job.message);
    return err;
}

static const char *const places[] = {"all", "0", "1", "2", NULL};

static const struct cli_option options[] = {
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "the signed image; - is standard output"},
    CLI_BOOT_VERSION_OPTION,
    {.name = "append", .summary = "add to the signatures that are there"},
    {.name = "replace",
     .value = "WHICH",
     .summary = "take the place of all signatures that are there, or of one",
     .choices = places},
    {.name = "no-padding", .summary = "sign an image as long as it is, not filled up to 4096 bytes"},
    {.name = "chip", .value = "CHIP", .summary = "refuse what this chip does not check"},
    CLI_BOOT_ALLOW_OPTION,
    {.name = "bootloader-key",
     .value = "FILE",
     .summary = "v1: put the digest with this key of BLOCK2 before a bootloader"},
    {.name = "iv", .value = "FILE", .summary = "v1: 128 bytes for tests, where random ones belong"},
    CLI_SIGNING_OPTIONS,
    {0},
};

const struct cli_command cli_command_secure_boot_sign = {
    .name = "secure-boot sign",
    .summary = "sign a bootloader or an application",
    .operands = "IMAGE",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Fills an image up to a multiple of 4096 bytes and puts one to three signatures behind it, as the "
        "ROM "
        "and the bootloader check them with secure boot v2: RSA-3072 (PSS), or ECDSA with P-192, P-256 or "
        "P-384. What the chip that the image is for does not check is refused.\n\n"
        "A signed image is not signed again by mistake: --append adds a signature, --replace takes the place "
        "of all or of one. Signatures that stay must be good.\n\n"
        "Keys that live on another machine sign in two steps: --to-be-signed writes the bytes, --signature "
        "and "
        "--public-key take the result, which is checked before it is used. An RSA signature is 384 bytes as "
        "OpenSSL gives them, an ECDSA signature is DER, or r and s of full length one after the other.\n\n"
        "--version 1 is for ESP32 before v3.0: an application gets 68 bytes of signature by an EC P-256 key; "
        "a bootloader gets, with --bootloader-key, the digest that the ROM makes with the key in BLOCK2, and "
        "goes to flash offset 0. That key is a file of 16, 24 or 32 bytes; secure-boot digest --version 1 "
        "derives it from the signing key, so that the bootloader can be replaced later.",
    .examples =
        "espseal secure-boot sign app.bin --key signing.pem --out app-signed.bin\n"
        "# a second key, in a token\n"
        "espseal secure-boot sign app-signed.bin --append --key 'pkcs11:token=factory;object=sb2' --out "
        "both.bin\n"
        "# on a machine without the key, and back\n"
        "espseal secure-boot sign app.bin --to-be-signed tbs.bin\n"
        "espseal secure-boot sign app.bin --signature tbs.sig --public-key signing.pub --out app-signed.bin",
    .options = options,
    .run = run_sign,
};
