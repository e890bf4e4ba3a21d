/* flash-encryption keygen: a random key for one chip. */
#include "identity.h"
#include "recipient.h"

#include <espseal/file.h>
#include <espseal/flash_key.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

struct keygen {
    struct cli_run *run;
    const struct seal_chip *chip;
    size_t len;
    struct seal_cert *recipient; /* NULL: the key stays here alone */
};

static int choose_size(struct keygen *work, struct seal_cause *cause)
{
    uint8_t sizes[4];
    uint32_t bits = 0;
    int err = cli_find_chip(cli_text(work->run, "chip"), &work->chip, cause);
    if (!err) {
        err = cli_number(work->run, "bits", 512, 0, &bits, cause);
    }
    if (err) {
        return err;
    }
    seal_flash_key_sizes(work->chip, sizes);
    work->len = bits ? bits / 8 : sizes[0];
    if (bits % 8 || work->len == 0 || !memchr(sizes, (int)work->len, sizeof sizes)) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "%s takes no key of %u bits for flash encryption",
                        work->chip->title, bits);
        seal_hint(cause, "its usual key has %u bits; leave --bits out", sizes[0] * 8u);
    }
    return err;
}

static int check_request(struct keygen *work, struct seal_cause *cause)
{
    struct cli_run *run = work->run;
    int err = choose_size(work, cause);
    if (!err && !cli_text(run, "escrow-to") != !cli_text(run, "escrow-out")) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "--escrow-to CERT and --escrow-out FILE belong together");
    }
    if (!err && cli_text(run, "mac") && !cli_text(run, "escrow-to")) {
        err =
            seal_fail(cause, SEAL_ERR_USAGE, "--mac goes into the file of --escrow-out, which is not given");
    }
    if (!err) {
        err = cli_check_out(run, "out", true, cause);
    }
    if (!err && cli_text(run, "escrow-out")) {
        err = cli_check_out(run, "escrow-out", true, cause);
    }
    if (err == SEAL_ERR_EXISTS) {
        seal_hint(cause,
                  "keys are never replaced, since what they encrypted would be lost: choose another name");
    }
    return err ? err : cli_escrow_recipient(run, &work->recipient, cause);
}

static int write_escrow(const struct keygen *work, const uint8_t *key, struct seal_cause *cause)
{
    struct seal_escrow *escrow = seal_secret_alloc(sizeof *escrow);
    struct seal_buf *file = seal_buf_new();
    int err = escrow && file ? SEAL_OK : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for keys");
    if (!err && cli_text(work->run, "mac")) {
        escrow->has_mac = true;
        err = cli_mac(work->run, "mac", escrow->mac, cause);
    }
    if (!err) {
        (void)snprintf(escrow->chip, sizeof escrow->chip, "%s", work->chip->name);
        err = seal_escrow_add(escrow, SEAL_ESCROW_FLASH_ENCRYPTION, key, work->len);
    }
    if (!err) {
        err = seal_escrow_wrap(escrow, work->recipient, file, cause);
    }
    if (!err) {
        err = cli_write_out(work->run, "escrow-out", file, true, cause);
    }
    seal_secret_free(escrow, sizeof *escrow);
    seal_buf_free(&file);
    return err;
}

static int report(const struct keygen *work)
{
    const char *path = cli_text(work->run, "out");
    const char *escrow = cli_text(work->run, "escrow-out");
    const char *scheme = seal_flash_key_describe(work->chip, work->len);
    if (!cli_json(work->run)) {
        cli_say(work->run, "%s: new key of %zu bits for the flash encryption of %s (%s)", path, work->len * 8,
                work->chip->title, scheme);
        if (escrow) {
            cli_say(work->run, "%s: the same, wrapped; espseal unlock opens it", escrow);
        }
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", path);
    seal_json_put_text(root, "chip", work->chip->name);
    seal_json_put_number(root, "bits", (double)work->len * 8);
    seal_json_put_text(root, "scheme", scheme);
    if (escrow) {
        seal_json_put_text(root, "escrow", escrow);
    }
    return cli_emit_json(work->run, &root);
}

static int run_flash_encryption_keygen(struct cli_run *run, struct seal_cause *cause)
{
    struct keygen work = {.run = run};
    uint8_t *key = seal_secret_alloc(SEAL_FLASH_KEY_MAX);
    int err =
        key ? check_request(&work, cause) : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for keys");
    if (!err) {
        err = seal_random(key, work.len);
    }
    if (!err && work.recipient) {
        err = write_escrow(&work, key, cause);
    }
    if (!err) {
        err = seal_file_write(cli_text(run, "out"), key, work.len, SEAL_FILE_SECRET, cause);
    }
    if (!err) {
        err = report(&work);
    }
    seal_secret_free(key, SEAL_FLASH_KEY_MAX);
    seal_cert_free(&work.recipient);
    return err;
}

static const struct cli_option options[] = {
    {.name = "chip", .value = "CHIP", .summary = "the chip that it is for", .required = true},
    {.name = "out", .letter = 'o', .value = "FILE", .summary = "the new key; - is stdout", .required = true},
    {.name = "bits",
     .value = "BITS",
     .summary = "size of the key: 256; 512 for XTS-AES-256; 128 (ESP32-C2); 192 (ESP32)",
     .fallback = "256"},
    {.name = "escrow-to",
     .value = "CERT",
     .summary = "wrap the key for the holder of this certificate as well"},
    {.name = "escrow-out", .value = "FILE", .summary = "the wrapped key"},
    {.name = "mac", .value = "MAC", .summary = "the device that it will be burned into, for the wrapped key"},
    {0},
};

const struct cli_command cli_command_flash_encryption_keygen = {
    .name = "flash-encryption keygen",
    .summary = "make a key for flash encryption",
    .description =
        "Writes random bytes from OpenSSL's cryptographic generator, as many as the chip takes, with "
        "mode 0600, and never over another file. Make one for each device: a key that many have opens "
        "all of them.\n\n"
        "With --escrow-to the key is also wrapped (CMS) for an RSA or EC certificate, so that its "
        "holder can get it back with espseal unlock. provision makes, burns and wraps keys by itself.",
    .examples = "espseal flash-encryption keygen --chip esp32c3 --out flash.key\n"
                "espseal flash-encryption keygen --chip esp32s3 --bits 512 --out flash.key --escrow-to "
                "service.crt --escrow-out flash.cms",
    .options = options,
    .run = run_flash_encryption_keygen,
};
