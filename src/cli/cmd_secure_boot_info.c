/* secure-boot info: everything about the signatures behind an image. */
#include "boot.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/image.h>

#include <string.h>

struct job {
    struct cli_run *run;
    struct seal_image image;
    bool is_image;
    struct seal_boot_verdict verdict;
};

static void put_numbers(seal_json *one, const struct seal_signature *signature)
{
    enum seal_sign_scheme scheme = signature->key.scheme;
    size_t size = seal_sign_scheme_size(scheme);
    seal_json_put_text(one, "hash", scheme == SEAL_SIGN_ECDSA384 ? "sha384" : "sha256");
    seal_json_put_hex(one, "image_digest", signature->digest, seal_sign_scheme_digest(scheme));
    if (scheme == SEAL_SIGN_RSA3072) {
        seal_json_put_hex(one, "modulus_le", signature->key.first, size);
        seal_json_put_number(one, "exponent", signature->key.exponent);
        seal_json_put_formatted(one, "m_prime", "%08x", signature->key.mprime);
        seal_json_put_hex(one, "signature_le", signature->value, size);
    } else {
        seal_json_put_hex(one, "x_le", signature->key.first, size);
        seal_json_put_hex(one, "y_le", signature->key.second, size);
        seal_json_put_hex(one, "r_le", signature->value, size);
        seal_json_put_hex(one, "s_le", signature->value + size, size);
    }
}

static int emit(const struct job *job, size_t len)
{
    const struct seal_boot_verdict *verdict = &job->verdict;
    const struct seal_chip *chip = job->is_image ? seal_chip_by_image_id(job->image.chip_id) : NULL;
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_operand(job->run, 0));
    seal_json_put_number(root, "size", (double)len);
    seal_json_put_text(root, "chip", chip ? chip->name : NULL);
    seal_json_put_number(root, "signed", (double)verdict->signed_len);
    seal_json *list = seal_json_put_array(root, "signatures");
    for (size_t i = 0; i < verdict->block_count; i++) {
        const struct seal_boot_block *block = &verdict->blocks[i];
        seal_json *one = cli_boot_put_block(list, i, block, NULL);
        if (block->read) {
            put_numbers(one, &block->signature);
        }
    }
    return cli_emit_json(job->run, &root);
}

static void print_block(const struct job *job, size_t index)
{
    const struct seal_boot_block *block = &job->verdict.blocks[index];
    char hex[2 * 48 + 1];
    cli_boot_print_block(job->run, index, block, NULL);
    if (block->read) {
        seal_hex_encode(block->signature.digest, seal_sign_scheme_digest(block->signature.key.scheme), hex);
        cli_print(job->run, "  image digest %s\n  at 0x%zx\n", hex, block->offset);
    }
}

static void print(const struct job *job, size_t len)
{
    const struct seal_chip *chip = job->is_image ? seal_chip_by_image_id(job->image.chip_id) : NULL;
    if (job->is_image) {
        cli_print(job->run, "image for     %s, %zu bytes\n", chip ? chip->title : "an unknown chip",
                  job->image.length);
    }
    cli_print(job->run, "signed        %zu of %zu bytes\n", job->verdict.signed_len, len);
    for (size_t i = 0; i < job->verdict.block_count; i++) {
        print_block(job, i);
    }
}

static int run_info(struct cli_run *run, struct seal_cause *cause)
{
    struct job job = {.run = run};
    struct seal_buf *file = NULL;
    size_t signed_len = 0;
    int err = seal_file_read(cli_operand(run, 0), CLI_BOOT_LARGEST, 0, &file, cause);
    if (err != SEAL_OK) {
        return err;
    }
    const uint8_t *data = seal_buf_ptr(file);
    size_t len = seal_buf_len(file);
    job.is_image = seal_image_parse(data, len, NULL, &job.image, NULL) == SEAL_OK;
    bool v1 =
        job.is_image && job.image.signature_count > 0 && job.image.signatures[0].scheme == SEAL_SIGNATURE_V1;
    if (v1 || seal_image_is_v1_digest(data, len)) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is made for secure boot v1", cli_operand(run, 0));
        seal_hint(cause, "secure-boot verify --version 1 checks it, with --public-key or --bootloader-key");
    } else {
        err = seal_boot_find_signatures(data, len, &signed_len, cause);
    }
    if (err == SEAL_OK) {
        err = seal_boot_verify_at(data, len, signed_len, NULL, &job.verdict, cause);
    }
    if (err == SEAL_OK && cli_json(run)) {
        err = emit(&job, len);
    } else if (err == SEAL_OK) {
        print(&job, len);
    }
    seal_buf_free(&file);
    return err;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_command_secure_boot_info = {
    .name = "secure-boot info",
    .summary = "everything about the signatures of an image",
    .operands = "IMAGE",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Shows each signature of secure boot v2 behind an image: its scheme, whether it is good, the "
        "digest of its key as eFuses hold it, and the digest of the image. --json has the numbers of "
        "key and signature as well, little-endian as they are stored.",
    .examples = "espseal secure-boot info app-signed.bin",
    .options = options,
    .run = run_info,
};
