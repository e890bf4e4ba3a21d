/* flash-encryption encrypt and decrypt: one file at an address, or the parts of a layout. */
#include "encrypting.h"
#include "identity.h"

#include <espseal/file.h>

#include <stdio.h>
#include <string.h>

#define LARGEST (64u << 20)

struct turning {
    struct cli_run *run;
    bool encrypt;
    const struct seal_chip *chip;
    struct seal_flash_crypt *crypt;
    struct flash_files files; /* of a layout; else: */
    struct seal_flash_layout layout;
    bool laid_out;
    uint32_t address;
    seal_json *list; /* borrowed; NULL without --json */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Where a file's result goes. */
static int out_path(const struct turning *work, const char *path, char *out, size_t size,
                    struct seal_cause *cause)
{
    const char *directory = cli_text(work->run, "out-dir");
    const int len = directory ? snprintf(out, size, "%s/%s", directory, base_name(path))
                              : snprintf(out, size, "%s", cli_text(work->run, "out"));
    return len < (int)size ? SEAL_OK
                           : seal_fail(cause, SEAL_ERR_TOO_LONG, "the path %.200s/%s is too long", directory,
                                       base_name(path));
}

/* --- what was asked --- */

static int check_outputs(const struct turning *work, struct seal_cause *cause)
{
    char path[1024];
    const struct flash_files *files = &work->files;
    int err = SEAL_OK;
    for (size_t i = 0; !err && i < files->count; i++) {
        err = out_path(work, files->files[i].path, path, sizeof path, cause);
        if (!err) {
            err = seal_file_check_writable(path, cli_out_flags(work->run, !work->encrypt), cause);
        }
        for (size_t k = 0; !err && k < i; k++) {
            if (strcmp(base_name(files->files[i].path), base_name(files->files[k].path)) == 0) {
                err = seal_fail(cause, SEAL_ERR_USAGE, "%s and %s would both become %s", files->files[k].path,
                                files->files[i].path, path);
            }
        }
    }
    return err;
}

static int check_request(struct turning *work, struct seal_cause *cause)
{
    struct cli_run *run = work->run;
    const char *out = cli_text(run, "out");
    work->laid_out = strchr(cli_operand(run, 0), '=') != NULL;
    if (!out == !cli_text(run, "out-dir")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "where shall it go: --out FILE, or --out-dir DIR?");
    }
    if (out && cli_operand(run, 1)) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "more than one file does not go into --out");
        seal_hint(cause, "--out-dir DIR, or put them together with espseal flash merge first");
        return err;
    }
    if (work->laid_out == (cli_text(run, "address") != NULL)) {
        int err =
            seal_fail(cause, SEAL_ERR_USAGE, "at which address does %s lie in flash?", cli_operand(run, 0));
        seal_hint(cause, "--address OFFSET for one file, or PLACE=FILE... and the partition table decides");
        return err;
    }
    if (!work->laid_out && cli_operand(run, 1)) {
        return seal_fail(cause, SEAL_ERR_USAGE, "'%s' is not PLACE=FILE", cli_operand(run, 0));
    }
    return out ? cli_check_out(run, "out", !work->encrypt, cause) : SEAL_OK;
}

static int open_key(struct turning *work, struct seal_cause *cause)
{
    uint32_t config = 0;
    int err = cli_find_chip(cli_text(work->run, "chip"), &work->chip, cause);
    if (!err) {
        err = cli_crypt_config(work->run, work->chip, &config, cause);
    }
    return err ? err : cli_flash_key(work->run, "key", work->chip, config, &work->crypt, cause);
}

static int lay_out(struct turning *work, struct seal_cause *cause)
{
    uint32_t table_offset = 0;
    work->files.table.chip = work->chip;
    int err = flash_open_files(work->run, &work->files, cause);
    if (!err) {
        err = cli_flash_table(work->run, &work->files, work->encrypt ? NULL : work->crypt, &table_offset,
                              cause);
    }
    if (!err) {
        err = cli_flash_layout(work->chip, &work->files, table_offset, &work->layout, cause);
    }
    if (!err) {
        err = flash_place_files(NULL, &work->files, 1, 0, cause);
    }
    return err ? err : check_outputs(work, cause);
}

/* --- the work --- */

static void tell(const struct turning *work, const char *from, const char *to, uint32_t offset, size_t len,
                 size_t turned, const char *why)
{
    const char *what = work->encrypt ? "encrypted" : "decrypted";
    if (work->list) {
        seal_json *entry = seal_json_put_object(work->list, NULL);
        seal_json_put_text(entry, "input", from);
        seal_json_put_text(entry, "file", to);
        seal_json_put_number(entry, "offset", offset);
        seal_json_put_number(entry, "length", (double)len);
        seal_json_put_number(entry, what, (double)turned);
    } else if (turned == 0) {
        cli_say(work->run, "0x%06x %s: %zu bytes stay as they are: %s", offset, to, len, why);
    } else if (turned == len) {
        cli_say(work->run, "0x%06x %s: %zu bytes %s", offset, to, len, what);
    } else {
        cli_say(work->run, "0x%06x %s: %zu of %zu bytes %s", offset, to, turned, len, what);
    }
}

/* Fills up the last block of what is to be encrypted, when --pad asks for it. */
static int pad(const struct turning *work, const char *name, uint32_t offset, struct seal_buf *data,
               struct seal_cause *cause)
{
    const size_t len = seal_buf_len(data);
    const size_t missing = (SEAL_FLASH_CRYPT_BLOCK - len % SEAL_FLASH_CRYPT_BLOCK) % SEAL_FLASH_CRYPT_BLOCK;
    struct seal_flash_span span = {.encrypted = true};
    if (work->laid_out) {
        seal_flash_layout_at(&work->layout, offset + (uint32_t)len - 1, &span);
    }
    if (missing == 0 || !span.encrypted) {
        return SEAL_OK;
    }
    if (!work->encrypt || !cli_flag(work->run, "pad")) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT,
                            "%s has %zu bytes: what is encrypted is a multiple of 16 bytes", name, len);
        seal_hint(cause, work->encrypt ? "--pad fills it up with FF, as erased flash would"
                                       : "it is not all of what was encrypted");
        return err;
    }
    cli_say(work->run, "%s: filled up with %zu bytes FF", name, missing);
    return seal_buf_put_fill(data, 0xFF, missing);
}

static int turn_bytes(const struct turning *work, const char *name, uint32_t offset, struct seal_buf *data,
                      size_t *turned, struct seal_cause *cause)
{
    uint8_t *bytes = seal_buf_mutable(data);
    const size_t len = seal_buf_len(data);
    if (work->laid_out) {
        return work->encrypt ? seal_flash_layout_encrypt(&work->layout, work->crypt, name, offset, bytes, len,
                                                         turned, cause)
                             : seal_flash_layout_decrypt(&work->layout, work->crypt, name, offset, bytes, len,
                                                         turned, cause);
    }
    *turned = len;
    return work->encrypt ? seal_flash_encrypt(work->crypt, offset, bytes, bytes, len, cause)
                         : seal_flash_decrypt(work->crypt, offset, bytes, bytes, len, cause);
}

static int turn_file(const struct turning *work, const char *name, const uint8_t *bytes, size_t len,
                     uint32_t offset, struct seal_cause *cause)
{
    char path[1024];
    size_t turned = 0;
    struct seal_flash_span span = {.why = ""};
    struct seal_buf *data = seal_buf_new();
    int err = out_path(work, name, path, sizeof path, cause);
    if (!err) {
        err = data ? seal_buf_put(data, bytes, len) : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    if (!err) {
        err = pad(work, name, offset, data, cause);
    }
    if (!err) {
        err = turn_bytes(work, name, offset, data, &turned, cause);
    }
    if (!err) {
        err = seal_file_write(path, seal_buf_ptr(data), seal_buf_len(data),
                              cli_out_flags(work->run, !work->encrypt), cause);
    }
    if (!err) {
        if (work->laid_out) {
            seal_flash_layout_at(&work->layout, offset, &span);
        }
        tell(work, name, path, offset, seal_buf_len(data), turned, span.why);
    }
    seal_buf_free(&data);
    return err;
}

static int turn_one(struct turning *work, struct seal_cause *cause)
{
    const char *path = cli_operand(work->run, 0);
    struct seal_map *map = NULL;
    int err = cli_number(work->run, "address", UINT32_MAX, 0, &work->address, cause);
    if (!err) {
        err = seal_map_open(path, LARGEST, &map, cause);
    }
    if (!err && seal_map_len(map) == 0) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is empty", path);
    }
    if (!err) {
        err = turn_file(work, path, seal_map_ptr(map), seal_map_len(map), work->address, cause);
    }
    seal_map_close(&map);
    return err;
}

/* All are checked before the first is written. */
static int turn_all(struct turning *work, struct seal_cause *cause)
{
    int err = lay_out(work, cause);
    for (size_t i = 0; !err && i < work->files.count; i++) {
        const struct flash_file *file = &work->files.files[i];
        const size_t spare = cli_flag(work->run, "pad") ? file->len % SEAL_FLASH_CRYPT_BLOCK : 0;
        err = seal_flash_layout_check_file(&work->layout, file->path, file->region.offset, file->len - spare,
                                           cause);
    }
    for (size_t i = 0; !err && i < work->files.count; i++) {
        const struct flash_file *file = &work->files.files[i];
        err = turn_file(work, file->path, file->data, file->len, file->region.offset, cause);
    }
    flash_close_files(&work->files);
    return err;
}

int cli_flash_turn(struct cli_run *run, bool encrypt, struct seal_cause *cause)
{
    struct turning work = {.run = run, .encrypt = encrypt};
    seal_json *root = cli_json(run) ? seal_json_object_new() : NULL;
    work.list = seal_json_put_array(root, "files");
    int err = check_request(&work, cause);
    if (!err) {
        err = open_key(&work, cause);
    }
    if (!err) {
        err = work.laid_out ? turn_all(&work, cause) : turn_one(&work, cause);
    }
    if (!err && cli_json(run)) {
        err = cli_emit_json(run, &root);
    }
    seal_json_free(&root);
    seal_flash_crypt_free(&work.crypt);
    return err;
}
