/* Where eFuses come from and go to: a device, or a file. */
#include "fuse.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 64 << 10, LARGEST_FLASH = 64 << 20 };

static int open_file(struct cli_fuse *fuse, struct cli_run *run, struct seal_cause *cause)
{
    const struct seal_chip *chip = NULL;
    int err = cli_find_chip(cli_text(run, "chip"), &chip, cause);
    if (err == SEAL_OK && chip == NULL) {
        err = seal_fail(cause, SEAL_ERR_USAGE,
                        "--efuse-file does not say whose fuses it holds: --chip CHIP is missing");
    }
    if (err == SEAL_OK) {
        err = seal_file_read(fuse->path, LARGEST_FILE, 0, &fuse->file, cause);
    }
    if (err == SEAL_OK) {
        err = seal_efuse_from_file(chip, seal_buf_ptr(fuse->file), seal_buf_len(fuse->file), &fuse->state,
                                   cause);
    }
    return err;
}

static int open_device(struct cli_fuse *fuse, struct cli_run *run, struct seal_cause *cause)
{
    int err = cli_connect(run, &fuse->loader, cause);
    if (err == SEAL_OK) {
        err = seal_loader_require_registers(fuse->loader, "read and burn eFuses", cause);
    }
    if (err == SEAL_OK) {
        fuse->state.chip = seal_loader_chip(fuse->loader);
        err = seal_efuse_read(fuse->loader, ~0u, &fuse->state, cause);
    }
    for (size_t id = 0; err == SEAL_OK && id < fuse->state.chip->efuse->block_count; id++) {
        if (fuse->state.error_fail[id]) {
            cli_warn(run, "the chip reports errors in %s that its code cannot correct",
                     fuse->state.chip->efuse->blocks[id].name);
        }
    }
    return err;
}

int cli_fuse_open(struct cli_fuse *fuse, struct cli_run *run, struct seal_cause *cause)
{
    fuse->run = run;
    fuse->path = cli_text(run, "efuse-file");
    if (fuse->path == NULL && !cli_flag(run, "port")) {
        seal_fail(cause, SEAL_ERR_USAGE, "--port PORT is missing");
        seal_hint(cause, "--port /dev/ttyUSB0 for a device, or --efuse-file FILE --chip CHIP for a file");
        return SEAL_ERR_USAGE;
    }
    if (fuse->path != NULL && cli_flag(run, "port")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--efuse-file and --port exclude each other");
    }
    return fuse->path != NULL ? open_file(fuse, run, cause) : open_device(fuse, run, cause);
}

int cli_revision(const struct cli_run *run, int *revision, struct seal_cause *cause)
{
    const char *text = cli_text(run, "revision");
    unsigned given;
    *revision = -1;
    if (!text) {
        return SEAL_OK;
    }
    if (seal_revision_parse(text, &given) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--revision wants a number like 3.1, not \"%s\"", text);
    }
    *revision = (int)given;
    return SEAL_OK;
}

/* Only the blocks' words change: a simulator keeps check bytes behind them, a virtual chip its registers. */
int cli_fuse_save_file(struct cli_fuse *fuse, const struct seal_efuse *state, struct seal_cause *cause)
{
    const struct seal_efuse_controller *controller = state->chip->efuse;
    size_t len = seal_buf_len(fuse->file);
    uint8_t *bytes = seal_buf_mutable(fuse->file);
    if (len == controller->file_size) {
        seal_efuse_to_file(state, bytes);
    } else {
        seal_efuse_to_registers(state, bytes);
    }
    return seal_file_write(fuse->path, bytes, len, SEAL_FILE_SECRET | SEAL_FILE_FORCE, cause);
}

int cli_fuse_map_flash(struct cli_fuse *fuse, const uint8_t **flash, uint32_t *size, struct seal_cause *cause)
{
    const char *path = cli_text(fuse->run, "flash-file");
    int err = path ? seal_map_open(path, LARGEST_FLASH, &fuse->flash, cause) : SEAL_OK;
    if (fuse->flash) {
        *flash = seal_map_ptr(fuse->flash);
        *size = (uint32_t)seal_map_len(fuse->flash);
    }
    return err;
}

static void show_progress(void *ctx, size_t done, size_t total)
{
    const struct cli_fuse *fuse = ctx;
    (void)total; /* of this piece */
    cli_progress(fuse->run, "reading flash", fuse->flash_read + done, fuse->flash_total);
}

int cli_fuse_read_flash(void *ctx, uint32_t offset, uint8_t *data, size_t len, struct seal_cause *cause)
{
    struct cli_fuse *fuse = ctx;
    int err = seal_flash_read(fuse->loader, offset, data, len, show_progress, fuse, cause);
    fuse->flash_read += len;
    return err;
}

void cli_fuse_close(struct cli_fuse *fuse)
{
    if (fuse->file != NULL) {
        seal_cleanse(seal_buf_mutable(fuse->file), seal_buf_len(fuse->file));
    }
    seal_buf_free(&fuse->file);
    seal_map_close(&fuse->flash);
    seal_json_free(&fuse->operations);
    seal_fuse_plan_clear(&fuse->plan);
    seal_cleanse(&fuse->state, sizeof fuse->state);
}
