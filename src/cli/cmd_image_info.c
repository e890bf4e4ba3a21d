/* image info: what an ESP image is, and whether it is whole. */
#include "cli.h"

#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/image.h>
#include <espseal/map.h>

#include <stdio.h>

#define LARGEST (64u << 20)

struct info {
    struct cli_run *run;
    const char *path;
    const struct seal_chip *chip; /* NULL: unknown */
    struct seal_image image;
};

/* --- texts --- */

static const char *or_unknown(const char *name)
{
    return name ? name : "unknown";
}

static void format_revision(uint16_t revision, char text[static 16])
{
    (void)snprintf(text, 16, "v%u.%u", revision / 100u, revision % 100u);
}

static const char *verdict(bool known, bool good)
{
    if (!known) {
        return "not checked";
    }
    return good ? "right" : "WRONG";
}

static bool checksum_ok(const struct seal_image *image)
{
    return image->checksum == image->checksum_computed;
}

/* --- for people --- */

static void print_header(const struct info *info)
{
    const struct seal_image *image = &info->image;
    char min[16];
    char max[16];
    format_revision(image->min_revision, min);
    format_revision(image->max_revision, max);
    cli_print(info->run, "chip            %s (id %u)\n", info->chip ? info->chip->title : "unknown",
              image->chip_id);
    cli_print(info->run, "chip revision   %s to %s\n", min, image->max_revision == 0xFFFF ? "any" : max);
    cli_print(info->run, "flash           %s, %s, %s\n", or_unknown(seal_image_mode_name(image->flash_mode)),
              or_unknown(seal_image_freq_name(image->chip_id, image->flash_freq)),
              or_unknown(seal_image_size_name(image->flash_size)));
    cli_print(info->run, "entry point     0x%08x\n", image->entry);
    cli_print(info->run, "length          %zu bytes\n", image->length);
    cli_print(info->run, "checksum        0x%02x, %s\n", image->checksum, verdict(true, checksum_ok(image)));
    if (image->has_hash) {
        char hash[65];
        seal_hex_encode(image->hash, sizeof image->hash, hash);
        cli_print(info->run, "SHA-256         %s, %s\n", hash, verdict(true, image->hash_ok));
    } else {
        cli_print(info->run, "SHA-256         none\n");
    }
}

static void print_descriptor(const struct info *info)
{
    const struct seal_image_app *app = &info->image.app;
    const struct seal_image_bootloader *bootloader = &info->image.bootloader;
    if (info->image.has_app) {
        char elf[65];
        seal_hex_encode(app->elf_sha256, sizeof app->elf_sha256, elf);
        cli_print(info->run, "application     %s %s\n", app->project, app->version);
        cli_print(info->run, "compiled        %s %s with ESP-IDF %s\n", app->date, app->time,
                  app->idf_version);
        cli_print(info->run, "secure version  %u\n", app->secure_version);
        cli_print(info->run, "ELF SHA-256     %s\n", elf);
        cli_print(info->run, "eFuse block     revision v%u.%u to v%u.%u\n", app->min_block_revision / 100u,
                  app->min_block_revision % 100u, app->max_block_revision / 100u,
                  app->max_block_revision % 100u);
    } else if (info->image.has_bootloader) {
        cli_print(info->run, "bootloader      version %u\n", bootloader->version);
        cli_print(info->run, "compiled        %s with ESP-IDF %s\n", bootloader->date_time,
                  bootloader->idf_version);
        cli_print(info->run, "secure version  %u\n", bootloader->secure_version);
    }
}

static void print_signatures(const struct info *info)
{
    if (info->image.signature_count == 0) {
        cli_print(info->run, "signature       none\n");
    }
    for (size_t i = 0; i < info->image.signature_count; i++) {
        const struct seal_image_signature *signature = &info->image.signatures[i];
        cli_print(info->run, "signature       %s at 0x%zx", seal_signature_scheme_name(signature->scheme),
                  signature->offset);
        if (signature->scheme != SEAL_SIGNATURE_V1) {
            char key[65];
            seal_hex_encode(signature->key_digest, sizeof signature->key_digest, key);
            cli_print(info->run, "; CRC %s, digest of the image %s\n", verdict(true, signature->crc_ok),
                      verdict(signature->digest_known, signature->digest_ok));
            cli_print(info->run, "  key digest    %s", key);
        }
        cli_print(info->run, "\n");
    }
}

static int print_segments(const struct info *info)
{
    static const char *const headings[] = {"SEGMENT", "ADDRESS", "OFFSET", "LENGTH", NULL};
    struct cli_table *table = NULL;
    int err = cli_table_new(headings, &table);
    for (size_t i = 0; !err && i < info->image.segment_count; i++) {
        const struct seal_image_segment *segment = &info->image.segments[i];
        char cells[4][24];
        (void)snprintf(cells[0], sizeof cells[0], "%zu", i);
        (void)snprintf(cells[1], sizeof cells[1], "0x%08x", segment->address);
        (void)snprintf(cells[2], sizeof cells[2], "0x%x", segment->offset);
        (void)snprintf(cells[3], sizeof cells[3], "%u", segment->length);
        err = cli_table_row(table, (const char *const[]){cells[0], segment->address ? cells[1] : "padding",
                                                         cells[2], cells[3]});
    }
    if (err) {
        cli_table_free(&table);
        return err;
    }
    cli_print(info->run, "\n");
    return cli_table_print(info->run, &table);
}

/* --- for machines --- */

static void put_descriptor(const struct seal_image *image, seal_json *root)
{
    if (image->has_app) {
        const struct seal_image_app *app = &image->app;
        seal_json *json = seal_json_put_object(root, "application");
        seal_json_put_text(json, "project", app->project);
        seal_json_put_text(json, "version", app->version);
        seal_json_put_text(json, "date", app->date);
        seal_json_put_text(json, "time", app->time);
        seal_json_put_text(json, "idf_version", app->idf_version);
        seal_json_put_number(json, "secure_version", app->secure_version);
        seal_json_put_hex(json, "elf_sha256", app->elf_sha256, sizeof app->elf_sha256);
        seal_json_put_number(json, "min_block_revision", app->min_block_revision);
        seal_json_put_number(json, "max_block_revision", app->max_block_revision);
    }
    if (image->has_bootloader) {
        const struct seal_image_bootloader *bootloader = &image->bootloader;
        seal_json *json = seal_json_put_object(root, "bootloader");
        seal_json_put_number(json, "version", bootloader->version);
        seal_json_put_text(json, "date_time", bootloader->date_time);
        seal_json_put_text(json, "idf_version", bootloader->idf_version);
        seal_json_put_number(json, "secure_version", bootloader->secure_version);
    }
}

static void put_lists(const struct seal_image *image, seal_json *root)
{
    seal_json *segments = seal_json_put_array(root, "segments");
    for (size_t i = 0; i < image->segment_count; i++) {
        seal_json *json = seal_json_put_object(segments, NULL);
        seal_json_put_number(json, "address", image->segments[i].address);
        seal_json_put_number(json, "offset", image->segments[i].offset);
        seal_json_put_number(json, "length", image->segments[i].length);
    }
    seal_json *signatures = seal_json_put_array(root, "signatures");
    for (size_t i = 0; i < image->signature_count; i++) {
        const struct seal_image_signature *signature = &image->signatures[i];
        seal_json *json = seal_json_put_object(signatures, NULL);
        seal_json_put_text(json, "scheme", seal_signature_scheme_name(signature->scheme));
        seal_json_put_number(json, "offset", (double)signature->offset);
        if (signature->scheme != SEAL_SIGNATURE_V1) {
            seal_json_put_bool(json, "crc_ok", signature->crc_ok);
            seal_json_put_bool(json, "digest_ok", signature->digest_ok);
            seal_json_put_hex(json, "key_digest", signature->key_digest, sizeof signature->key_digest);
        }
    }
}

static int emit(const struct info *info)
{
    const struct seal_image *image = &info->image;
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", info->path);
    seal_json_put_text(root, "chip", info->chip ? info->chip->name : NULL);
    seal_json_put_number(root, "chip_id", image->chip_id);
    seal_json_put_number(root, "min_revision", image->min_revision);
    seal_json_put_number(root, "max_revision", image->max_revision);
    seal_json_put_text(root, "flash_mode", seal_image_mode_name(image->flash_mode));
    seal_json_put_text(root, "flash_freq", seal_image_freq_name(image->chip_id, image->flash_freq));
    seal_json_put_text(root, "flash_size", seal_image_size_name(image->flash_size));
    seal_json_put_number(root, "entry_point", image->entry);
    seal_json_put_number(root, "length", (double)image->length);
    seal_json_put_number(root, "checksum", image->checksum);
    seal_json_put_bool(root, "checksum_ok", checksum_ok(image));
    if (image->has_hash) {
        seal_json_put_hex(root, "sha256", image->hash, sizeof image->hash);
        seal_json_put_bool(root, "sha256_ok", image->hash_ok);
    } else {
        seal_json_put_null(root, "sha256");
    }
    put_descriptor(image, root);
    put_lists(image, root);
    return cli_emit_json(info->run, &root);
}

static int conclude(const struct info *info, struct seal_cause *cause)
{
    const struct seal_image *image = &info->image;
    if (!seal_image_intact(image)) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is damaged: its %s is wrong", info->path,
                            checksum_ok(image) ? "SHA-256" : "checksum");
        seal_hint(cause, "no bootloader starts it: build or copy it again");
        return err;
    }
    for (size_t i = 0; i < image->signature_count; i++) {
        const struct seal_image_signature *signature = &image->signatures[i];
        if (signature->scheme != SEAL_SIGNATURE_V1 && !(signature->crc_ok && signature->digest_ok)) {
            return seal_fail(cause, SEAL_ERR_FORMAT, "%s: the signature block at 0x%zx %s", info->path,
                             signature->offset,
                             signature->crc_ok ? "signs another image" : "has a wrong CRC");
        }
    }
    return SEAL_OK;
}

static int run_image_info(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_map *map = NULL;
    struct seal_release release;
    const struct seal_image_hashes hashes = {
        .sha256 = seal_sha256_mapped, .sha384 = seal_sha384_mapped, .release = &release};
    struct info info = {.run = run, .path = cli_operand(run, 0)};
    int err = seal_map_open(info.path, LARGEST, &map, cause);
    if (!err) {
        release = seal_map_release(map);
        err = seal_image_parse(seal_map_ptr(map), seal_map_len(map), &hashes, &info.image, cause);
    }
    if (!err) {
        info.chip = seal_chip_by_image_id(info.image.chip_id);
        if (cli_json(run)) {
            err = emit(&info);
        } else {
            print_header(&info);
            print_descriptor(&info);
            print_signatures(&info);
            err = print_segments(&info);
        }
    }
    if (!err) {
        err = conclude(&info, cause);
    }
    seal_map_close(&map);
    return err;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_command_image_info = {
    .name = "image info",
    .summary = "show what an ESP image is and whether it is whole",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Reads a bootloader or application image: the chip and revisions it is for, flash settings, "
        "segments, "
        "the description that ESP-IDF puts into it with its secure version, and the signature blocks behind "
        "it with the digest of each key, as the eFuses hold it. Checksum, SHA-256 and the digests in the "
        "signature blocks are computed and compared; the signatures themselves are not verified here. - is "
        "standard input.\n\n"
        "Exit status 2 when the file is no image, is cut, or one of them is wrong.",
    .examples = "espseal image info build/app.bin\n"
                "# the secure version, for a script\n"
                "espseal image info build/app.bin --json | jq .application.secure_version",
    .options = options,
    .run = run_image_info,
};
