/* secure-cert verify: would a device accept this partition? */
#include "cli.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/secure_boot.h>
#include <espseal/secure_cert_sign.h>

#include <string.h>

enum { SMALL_FILE_MAX = 64 << 10, TRUSTED_MAX = 16 };

static const char *const verdicts[] = {[SEAL_UNCHECKED] = "absent", [SEAL_GOOD] = "good", [SEAL_BAD] = "bad"};

struct trusted {
    uint8_t digests[TRUSTED_MAX * 32];
    size_t count;
};

static int add_digest(const char *text, struct trusted *trusted, struct seal_cause *cause)
{
    int err = seal_hex_decode(text, trusted->digests + 32 * trusted->count, 32);
    return err == SEAL_OK
               ? SEAL_OK
               : seal_fail(cause, SEAL_ERR_USAGE, "--digest must be 64 hex digits, not \"%.80s\"", text);
}

static int add_key(const char *path, struct trusted *trusted, struct seal_cause *cause)
{
    struct seal_public public;
    struct seal_buf *file = NULL;
    int err = seal_file_read(path, SMALL_FILE_MAX, 0, &file, cause);
    if (err == SEAL_OK) {
        err = seal_public_read(seal_buf_ptr(file), seal_buf_len(file), path, &public, cause);
    }
    if (err == SEAL_OK) {
        err = seal_public_digest(&public, trusted->digests + 32 * trusted->count);
    }
    seal_buf_free(&file);
    return err;
}

static int read_trusted(const struct cli_run *run, struct trusted *trusted, struct seal_cause *cause)
{
    static const struct {
        const char *option;
        int (*add)(const char *, struct trusted *, struct seal_cause *);
    } kinds[] = {{"digest", add_digest}, {"public-key", add_key}};
    int err = SEAL_OK;
    for (size_t kind = 0; kind < 2; kind++) {
        const char *text;
        for (size_t i = 0; err == SEAL_OK && (text = cli_text_at(run, kinds[kind].option, i)); i++) {
            err = trusted->count == TRUSTED_MAX
                      ? seal_fail(cause, SEAL_ERR_USAGE, "more than %d keys are too many", TRUSTED_MAX)
                      : kinds[kind].add(text, trusted, cause);
            trusted->count += err == SEAL_OK;
        }
    }
    return err;
}

static void put_block(seal_json *list, const struct seal_verified_block *block)
{
    seal_json *one = seal_json_put_object(list, NULL);
    seal_json_put_number(one, "subtype", block->subtype);
    if (block->read) {
        seal_json_put_text(one, "scheme", seal_sign_scheme_name(block->scheme));
        seal_json_put_hex(one, "key_digest", block->key_digest, sizeof block->key_digest);
        seal_json_put_bool(one, "trusted", block->trusted);
    }
    seal_json_put_bool(one, "good", block->good);
    seal_json_put_bool(one, "skipped", block->skipped);
    seal_json_put_text(one, "problem", block->problem[0] ? block->problem : NULL);
}

static int emit(const struct cli_run *run, const struct seal_secure_cert_verdict *verdict, bool accepted)
{
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_operand(run, 0));
    seal_json_put_text(root, "signature", verdicts[verdict->signature]);
    seal_json_put_text(root, "integrity", verdicts[verdict->integrity]);
    seal_json_put_number(root, "bad_crcs", (double)verdict->bad_crcs);
    seal_json_put_number(root, "signed", (double)verdict->signed_len);
    seal_json_put_bool(root, "accepted", accepted);
    seal_json_put_text(root, "problem", verdict->problem[0] ? verdict->problem : NULL);
    seal_json *list = seal_json_put_array(root, "signatures");
    for (size_t i = 0; i < verdict->count; i++) {
        put_block(list, &verdict->blocks[i]);
    }
    return cli_emit_json(run, &root);
}

static void print(const struct cli_run *run, const struct seal_secure_cert_verdict *verdict, size_t trusted)
{
    for (size_t i = 0; i < verdict->count; i++) {
        const struct seal_verified_block *block = &verdict->blocks[i];
        char hex[65] = "";
        seal_hex_encode(block->key_digest, block->read ? 32 : 0, hex);
        cli_print(run, "signature %u: %s%s%s%s\n", block->subtype, block->good ? "good" : "bad",
                  block->read ? ", " : "", block->read ? seal_sign_scheme_name(block->scheme) : "",
                  block->skipped ? ", passed over by the device" : "");
        if (block->read) {
            cli_print(run, "  key digest %s%s\n", hex,
                      trusted == 0     ? ""
                      : block->trusted ? ", trusted"
                                       : ", not trusted");
        }
        if (block->problem[0]) {
            cli_warn(run, "signature %u %s", block->subtype, block->problem);
        }
    }
    cli_print(run, "signature: %s\nintegrity: %s\n", verdicts[verdict->signature],
              verdicts[verdict->integrity]);
}

static int conclude(const struct cli_run *run, const struct seal_secure_cert_verdict *verdict, size_t trusted,
                    struct seal_cause *cause)
{
    const char *path = cli_operand(run, 0);
    if (verdict->signature == SEAL_BAD) {
        return seal_fail(cause, SEAL_ERR_FINDINGS, "a device would refuse %s: %s", path, verdict->problem);
    }
    if (verdict->signature == SEAL_UNCHECKED && (trusted || cli_flag(run, "signed"))) {
        return seal_fail(cause, SEAL_ERR_FINDINGS, "%s is not signed", path);
    }
    if (verdict->integrity == SEAL_BAD) {
        return seal_fail(cause, SEAL_ERR_FINDINGS, "the integrity entry of %s is not that of its contents",
                         path);
    }
    if (verdict->bad_crcs) {
        return seal_fail(cause, SEAL_ERR_FINDINGS, "%s has %zu entr%s with a wrong CRC", path,
                         verdict->bad_crcs, verdict->bad_crcs == 1 ? "y" : "ies");
    }
    return SEAL_OK;
}

static int run_verify(struct cli_run *run, struct seal_cause *cause)
{
    struct trusted trusted = {.count = 0};
    struct seal_secure_cert_verdict verdict;
    struct seal_buf *partition = NULL;
    int err = read_trusted(run, &trusted, cause);
    if (err == SEAL_OK) {
        err = seal_file_read(cli_operand(run, 0), SEAL_SECURE_CERT_LIMIT + 16,
                             SEAL_FILE_SECRET | SEAL_FILE_ANY_MODE, &partition, cause);
    }
    if (err == SEAL_OK) {
        err = seal_secure_cert_verify(seal_buf_ptr(partition), seal_buf_len(partition), trusted.digests,
                                      trusted.count, &verdict, cause);
        err = seal_fail_in(cause, err, cli_operand(run, 0));
    }
    seal_buf_free(&partition);
    if (err != SEAL_OK) {
        return err;
    }
    int verdict_err = conclude(run, &verdict, trusted.count, cause);
    if (cli_json(run)) {
        err = emit(run, &verdict, verdict_err == SEAL_OK);
    } else {
        print(run, &verdict, trusted.count);
    }
    return err == SEAL_OK ? verdict_err : err;
}

static const struct cli_option options[] = {
    {.name = "digest", .value = "HEX", .summary = "a key digest that the device trusts", .repeat = true},
    {.name = "public-key",
     .value = "FILE",
     .summary = "a public key or certificate that the device trusts",
     .repeat = true},
    {.name = "signed", .summary = "fail when there is no signature"},
    {0},
};

const struct cli_command cli_command_secure_cert_verify = {
    .name = "secure-cert verify",
    .summary = "check a partition's signatures and integrity as a device does",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .description = "Gives the verdict that esp_secure_cert_mgr would give on a device that trusts the given "
                   "keys: each signature "
                   "with the digest of its key, which the device has in an eFuse block of purpose "
                   "SECURE_BOOT_DIGESTn, and the "
                   "last integrity entry. The firmware is taken to be built for the kind of the first "
                   "signature: a device knows "
                   "one kind only.\n\n"
                   "Without --digest and --public-key a signature is good when it is that of the key beside "
                   "it; whether the "
                   "device trusts that key is then left open.\n\n"
                   "Exit status 7 when the device would refuse the partition, or a CRC is wrong.",
    .examples = "espseal secure-cert verify signed.bin --public-key secure_boot_pub.pem",
    .options = options,
    .run = run_verify,
};
