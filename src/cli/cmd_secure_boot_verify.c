/* secure-boot verify: would a chip start this image? */
#include "boot.h"
#include "flash.h"
#include "partition.h"

#include <espseal/file.h>
#include <espseal/image.h>
#include <espseal/secret.h>
#include <espseal/secure_boot_v1.h>

struct job {
    struct cli_run *run;
    struct seal_buf *file;
    struct seal_boot_trust trust;
    bool trusting; /* trust holds what a chip trusts */
    struct seal_boot_verdict verdict;
    const char *name; /* of the file, or of the place in flash */
};

/* --- what is trusted --- */

static void take_fuses(struct job *job, const struct seal_efuse *efuse)
{
    seal_boot_trust_from_efuse(efuse, &job->trust);
    job->trusting = true;
    if (!job->trust.enabled) {
        cli_warn(job->run, "secure boot is not switched on in these fuses: they start any image");
    }
}

static int read_fuses(struct job *job, const struct seal_chip *chip, struct seal_cause *cause)
{
    struct seal_efuse efuse;
    struct seal_buf *file = NULL;
    if (!chip) {
        return seal_fail(cause, SEAL_ERR_USAGE,
                         "--efuse-file does not say whose fuses it holds: --chip CHIP is missing");
    }
    int err = seal_file_read(cli_text(job->run, "efuse-file"), 64 << 10,
                             SEAL_FILE_SECRET | SEAL_FILE_ANY_MODE, &file, cause);
    if (err == SEAL_OK) {
        err = seal_efuse_from_file(chip, seal_buf_ptr(file), seal_buf_len(file), &efuse, cause);
    }
    if (err == SEAL_OK) {
        take_fuses(job, &efuse);
    }
    seal_cleanse(&efuse, sizeof efuse);
    seal_buf_free(&file);
    return err;
}

/* --- a device --- */

static int refuse_encrypted(struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_STATE, "flash is encrypted: nobody can see the images in it");
    seal_hint(cause,
              "read and decrypt the image (espseal flash read, espseal flash-encryption decrypt), and verify "
              "the file with --efuse-file of espseal efuse dump");
    return err;
}

static int trust_device(struct job *job, struct seal_loader *loader, struct seal_cause *cause)
{
    struct seal_efuse efuse = {.chip = seal_loader_chip(loader)};
    struct seal_flash_target target = {0};
    int err = seal_efuse_read(loader, ~0u, &efuse, cause);
    if (err == SEAL_OK) {
        take_fuses(job, &efuse);
        seal_flash_target_from_efuse(&efuse, &target);
    }
    seal_cleanse(&efuse, sizeof efuse);
    return err == SEAL_OK && target.encrypted ? refuse_encrypted(cause) : err;
}

static int read_device(struct job *job, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    struct seal_flash_id id;
    struct flash_table table = {0};
    struct flash_region region = {0};
    uint32_t len = 0;
    if (cli_text(job->run, "efuse-file") || cli_text(job->run, "digest") ||
        cli_text(job->run, "public-key")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "the device at --port tells itself which keys it trusts");
    }
    int err = cli_table_offset(job->run, &table.offset, cause);
    err = err == SEAL_OK ? cli_connect(job->run, &loader, cause) : err;
    err = err == SEAL_OK ? trust_device(job, loader, cause) : err;
    err = err == SEAL_OK ? seal_flash_attach(loader, &id, cause) : err;
    err = err == SEAL_OK ? flash_find(loader, job->name, &table, &region, cause) : err;
    if (err == SEAL_OK) {
        const uint32_t room = region.size ? region.size : id.size - region.offset;
        err = seal_boot_find_end(loader, region.offset, room, &len, cause);
    }
    job->file = seal_buf_new();
    uint8_t *data = err == SEAL_OK && job->file ? seal_buf_reserve(job->file, len + SEAL_BOOT_SECTOR) : NULL;
    if (err == SEAL_OK && !data) {
        err = seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    return err == SEAL_OK
               ? seal_flash_read(loader, region.offset, data, len + SEAL_BOOT_SECTOR, NULL, NULL, cause)
               : err;
}

static int read_trust(struct job *job, struct seal_cause *cause)
{
    uint8_t digests[SEAL_BOOT_SLOTS * 32];
    size_t count = 0;
    const struct seal_chip *chip = NULL;
    int err = cli_find_chip(cli_text(job->run, "chip"), &chip, cause);
    if (err == SEAL_OK) {
        err = cli_boot_digests(job->run, digests, &count, cause);
    }
    if (err == SEAL_OK && cli_text(job->run, "efuse-file")) {
        return count ? seal_fail(cause, SEAL_ERR_USAGE,
                                 "--efuse-file tells which keys are trusted: "
                                 "--digest and --public-key cannot add to them")
                     : read_fuses(job, chip, cause);
    }
    if (err == SEAL_OK && count) {
        seal_boot_trust_from_digests(chip, digests, count, &job->trust);
        job->trusting = true;
    }
    return err;
}

/* --- v2 --- */

static int judge(struct job *job, struct seal_cause *cause)
{
    struct seal_image image;
    const uint8_t *data = seal_buf_ptr(job->file);
    size_t len = seal_buf_len(job->file), signed_len = 0;
    int err = seal_boot_find_signatures(data, len, &signed_len, NULL);
    bool is_image =
        seal_image_looks_like(data, len) && seal_image_parse(data, len, NULL, &image, NULL) == SEAL_OK;
    if (is_image && (err != SEAL_OK || cli_boot_sector(image.length) != signed_len) && len % 4096 == 0) {
        if (err == SEAL_OK) {
            cli_warn(job->run,
                     "the file ends with signatures over 0x%zx bytes; a chip looks at 0x%zx, where "
                     "the image ends",
                     signed_len, cli_boot_sector(image.length));
        }
        signed_len = cli_boot_sector(image.length);
    } else if (err != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_FINDINGS, "%s is not signed for secure boot v2", job->name);
    }
    return seal_boot_verify_at(data, len, signed_len, job->trusting ? &job->trust : NULL, &job->verdict,
                               cause);
}

static int emit(const struct job *job)
{
    const struct seal_boot_verdict *verdict = &job->verdict;
    const struct seal_boot_trust *trust = job->trusting ? &job->trust : NULL;
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", job->name);
    seal_json_put_number(root, "signed", (double)verdict->signed_len);
    seal_json_put_bool(root, "keys_checked", job->trusting);
    seal_json_put_bool(root, "accepted", verdict->accepted);
    seal_json_put_text(root, "problem", verdict->problem[0] ? verdict->problem : NULL);
    seal_json *list = seal_json_put_array(root, "signatures");
    for (size_t i = 0; i < verdict->block_count; i++) {
        (void)cli_boot_put_block(list, i, &verdict->blocks[i], trust);
    }
    return cli_emit_json(job->run, &root);
}

static int verify_v2(struct job *job, struct seal_cause *cause)
{
    int err = job->trusting ? SEAL_OK : read_trust(job, cause);
    if (err == SEAL_OK) {
        err = judge(job, cause);
    }
    if (err != SEAL_OK) {
        return err;
    }
    const struct seal_boot_verdict *verdict = &job->verdict;
    for (size_t i = 0; i < verdict->block_count; i++) {
        cli_boot_print_block(job->run, i, &verdict->blocks[i], job->trusting ? &job->trust : NULL);
    }
    if (cli_json(job->run)) {
        err = emit(job);
    }
    if (err == SEAL_OK && !verdict->accepted) {
        return seal_fail(cause, SEAL_ERR_FINDINGS, "%s is refused: %s", job->name, verdict->problem);
    }
    if (err == SEAL_OK && !job->trusting) {
        cli_hint(job->run, "whose keys these are was not looked at: --public-key, --digest or --efuse-file");
    }
    return err;
}

/* --- v1 --- */

static int verify_v1(struct job *job, struct seal_cause *cause)
{
    struct cli_run *run = job->run;
    const char *bootloader = cli_text(run, "bootloader-key"), *path = cli_text(run, "public-key");
    struct seal_public key;
    uint8_t secret[32] = {0};
    int err;
    if (!bootloader == !path) {
        return seal_fail(cause, SEAL_ERR_USAGE,
                         "--version 1 needs --public-key for an application, or --bootloader-key");
    }
    if (bootloader) {
        err = cli_boot_v1_key(run, secret, cause);
        if (err == SEAL_OK) {
            err = seal_boot_v1_check(secret, seal_buf_ptr(job->file), seal_buf_len(job->file), cause);
        }
        seal_cleanse(secret, sizeof secret);
    } else {
        err = cli_read_public(run, path, NULL, &key, cause);
        if (err == SEAL_OK) {
            err = seal_boot_v1_verify(&key, seal_buf_ptr(job->file), seal_buf_len(job->file), cause);
        }
    }
    if (err == SEAL_ERR_MISMATCH && cause) {
        err = cause->err = SEAL_ERR_FINDINGS;
    }
    if (err == SEAL_OK && cli_json(run)) {
        seal_json *root = seal_json_object_new();
        seal_json_put_text(root, "file", job->name);
        seal_json_put_bool(root, "accepted", true);
        return cli_emit_json(run, &root);
    }
    if (err == SEAL_OK) {
        cli_print(run, "secure boot v1: good\n");
    }
    return err;
}

static int read_image(struct job *job, struct seal_cause *cause)
{
    const bool device = cli_text(job->run, "port");
    job->name = cli_operand(job->run, 0);
    if (!job->name && device) {
        job->name = "bootloader";
    }
    if (!job->name || (device && cli_boot_is_v1(job->run))) {
        return seal_fail(cause, SEAL_ERR_USAGE,
                         device ? "--version 1 verifies files: a device does not show its key"
                                : "IMAGE is missing");
    }
    return device ? read_device(job, cause)
                  : seal_file_read(job->name, CLI_BOOT_LARGEST, 0, &job->file, cause);
}

static int run_verify(struct cli_run *run, struct seal_cause *cause)
{
    struct job job = {.run = run};
    int err = read_image(&job, cause);
    if (err == SEAL_OK) {
        err = cli_boot_is_v1(run) ? verify_v1(&job, cause) : verify_v2(&job, cause);
    }
    seal_buf_free(&job.file);
    return err;
}

static const struct cli_option options[] = {
    {.name = "public-key",
     .value = "FILE",
     .summary = "a key, or certificate, that the chip trusts; up to three times",
     .repeat = true},
    {.name = "digest",
     .value = "HEX|FILE",
     .summary = "the digest of such a key; up to three times",
     .repeat = true},
    {.name = "efuse-file",
     .value = "FILE",
     .summary = "trust what this eFuse file holds and has not revoked, with --chip"},
    CLI_TABLE_OFFSET,
    CLI_BOOT_VERSION_OPTION,
    {.name = "bootloader-key", .value = "FILE", .summary = "v1: the key of a bootloader's digest"},
    {.name = "insecure-permissions", .summary = "take secret files that others can read"},
    {0},
};

const struct cli_command cli_command_secure_boot_verify = {
    .name = "secure-boot verify",
    .summary = "check the signatures of an image as a chip would",
    .operands = "[IMAGE]",
    .operands_min = 0,
    .operands_max = 1,
    .description =
        "Checks each signature with the key beside it, and that this key is one of those given: "
        "by the key, by "
        "its digest, or by the eFuses of a chip with their revocations (efuse dump writes such a "
        "file). Without "
        "any of them only the signatures are checked, whoever made them.\n\n"
        "With --port IMAGE is a place in the device's flash, an offset or the name of a partition, "
        "and bootloader when it is left out; the device's own eFuses tell which keys are trusted.\n\n"
        "The image is taken as the chip takes it: its header tells where the signatures are. What "
        "a chip would "
        "refuse ends with exit status 7.",
    .examples = "espseal secure-boot verify app-signed.bin --public-key signing.pub\n"
                "espseal secure-boot verify app-signed.bin --efuse-file fuses.bin --chip esp32c3\n"
                "espseal secure-boot verify factory --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_verify,
};
