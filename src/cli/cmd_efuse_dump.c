/* efuse dump: the raw blocks, to look at or as a file that other tools read. */
#include "fuse.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

static const char *const formats[] = {"hex", "joint", "qemu", "espefuse", NULL};

/* Blocks that may hold a secret are left out unless asked for. */
static bool is_shown(const struct cli_fuse *fuse, const struct cli_run *run, unsigned block)
{
    const struct seal_efuse_block *entry = &fuse->state.chip->efuse->blocks[block];
    const struct seal_key_purpose *purpose =
        entry->key < 0 ? NULL
                       : seal_chip_purpose_by_value(
                             fuse->state.chip, seal_efuse_key_purpose(&fuse->state, (unsigned)entry->key));
    bool secret = entry->read_disable >= 0 && seal_efuse_block_readable(&fuse->state, block) &&
                  !seal_efuse_block_blank(&fuse->state, block) && !(purpose != NULL && purpose->digest);
    return !secret || cli_flag(run, "show-keys");
}

static void block_bytes(const struct cli_fuse *fuse, unsigned block, uint8_t bytes[4 * SEAL_EFUSE_WORDS])
{
    bool readable = seal_efuse_block_readable(&fuse->state, block);
    for (size_t i = 0; i < SEAL_EFUSE_WORDS; i++) {
        seal_put_le32(bytes + 4 * i, readable ? fuse->state.words[block][i] : 0);
    }
}

static int print_hex(const struct cli_fuse *fuse, struct cli_run *run)
{
    const struct seal_efuse_controller *controller = fuse->state.chip->efuse;
    seal_json *root = seal_json_object_new(), *list = seal_json_put_array(root, "blocks");
    seal_json_put_text(root, "chip", fuse->state.chip->name);
    for (unsigned block = 0; block < controller->block_count; block++) {
        const struct seal_efuse_block *entry = &controller->blocks[block];
        uint8_t bytes[4 * SEAL_EFUSE_WORDS];
        char hex[8 * SEAL_EFUSE_WORDS + 1];
        seal_json *one = seal_json_put_object(list, NULL);
        bool shown = is_shown(fuse, run, block);
        block_bytes(fuse, block, bytes);
        seal_hex_encode(bytes, 4u * entry->words, hex);
        seal_json_put_text(one, "block", entry->name);
        seal_json_put_bool(one, "readable", seal_efuse_block_readable(&fuse->state, block));
        seal_json_put_text(one, "data", shown ? hex : NULL);
        cli_print(run, "%-16s %s\n", entry->name,
                  !seal_efuse_block_readable(&fuse->state, block) ? "hidden"
                  : shown                                         ? hex
                                                                  : "set, readable: --show-keys prints it");
        seal_cleanse(bytes, sizeof bytes);
        seal_cleanse(hex, sizeof hex);
    }
    int err = cli_json(run) ? cli_emit_json(run, &root) : SEAL_OK;
    seal_json_free(&root);
    return err;
}

/* All blocks one after the other: "dump --format joint" of espefuse. */
static int put_joint(const struct cli_fuse *fuse, struct seal_buf *out)
{
    int err = SEAL_OK;
    for (unsigned block = 0; block < fuse->state.chip->efuse->block_count && err == SEAL_OK; block++) {
        uint8_t bytes[4 * SEAL_EFUSE_WORDS];
        block_bytes(fuse, block, bytes);
        err = seal_buf_put(out, bytes, 4u * fuse->state.chip->efuse->blocks[block].words);
        seal_cleanse(bytes, sizeof bytes);
    }
    return err;
}

static int put_file(const struct cli_fuse *fuse, const char *format, struct seal_buf *out)
{
    const struct seal_efuse_controller *controller = fuse->state.chip->efuse;
    bool qemu = strcmp(format, "qemu") == 0;
    size_t size = qemu ? controller->file_size : controller->register_space;
    uint8_t *bytes = seal_buf_reserve(out, size);
    if (bytes == NULL) {
        return SEAL_ERR_NO_MEMORY;
    }
    memset(bytes, 0, size);
    if (qemu) {
        seal_efuse_to_file(&fuse->state, bytes);
    } else {
        seal_efuse_to_registers(&fuse->state, bytes);
    }
    return SEAL_OK;
}

static int write_file(const struct cli_fuse *fuse, struct cli_run *run, const char *format,
                      struct seal_cause *cause)
{
    const char *path = cli_text(run, "out");
    struct seal_buf *out = seal_buf_new_secret();
    if (path == NULL) {
        seal_buf_free(&out);
        return seal_fail(cause, SEAL_ERR_USAGE, "--format %s is a file: --out FILE is missing", format);
    }
    int err = out == NULL                    ? SEAL_ERR_NO_MEMORY
              : strcmp(format, "joint") == 0 ? put_joint(fuse, out)
                                             : put_file(fuse, format, out);
    if (err != SEAL_OK) {
        err = seal_fail(cause, err, "out of memory");
    } else {
        int flags = SEAL_FILE_SECRET | (cli_flag(run, "force") ? SEAL_FILE_FORCE : 0);
        err = seal_file_write(path, seal_buf_ptr(out), seal_buf_len(out), flags, cause);
    }
    seal_buf_free(&out);
    return err;
}

static int run_dump(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_fuse fuse = {0};
    const char *format = cli_text(run, "format");
    int err = cli_fuse_open(&fuse, run, cause);
    if (err == SEAL_OK) {
        err = format == NULL || strcmp(format, "hex") == 0 ? print_hex(&fuse, run)
                                                           : write_file(&fuse, run, format, cause);
    }
    cli_fuse_close(&fuse);
    return err;
}

static const struct cli_option options[] = {
    CLI_LOOK_FILE_OPTION,
    {.name = "format",
     .value = "FORMAT",
     .summary = "text, all blocks joined, or the file of another tool",
     .choices = formats,
     .fallback = "hex"},
    {.name = "out", .value = "FILE", .summary = "where a file goes; it is readable by its owner only"},
    {.name = "force", .summary = "replace the file of --out"},
    {.name = "show-keys", .summary = "print blocks of keys that can be read"},
    {0},
};

const struct cli_command cli_command_efuse_dump = {
    .name = "efuse dump",
    .summary = "print or save the raw eFuse blocks",
    .description =
        "Prints each block in the order in which its bytes are stored, or saves all of them: joint is every "
        "block after the other, qemu the eFuse file of Espressif's QEMU and of sim:, espefuse the registers "
        "of a virtual chip of that tool. Hidden blocks are zeroes there. With --efuse-file it converts one "
        "into the other. Nothing is changed.",
    .examples = "espseal efuse dump --port /dev/ttyUSB0\n"
                "# take a chip's state into the emulator\n"
                "espseal efuse dump --port /dev/ttyUSB0 --format qemu --out qemu_efuse.bin",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_dump,
};
