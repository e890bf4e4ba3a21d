/* flash write with the device's key at hand. */
#include "encrypting.h"

#include <string.h>

#define ROM_BLOCK 1024u /* what the ROM encrypts is filled up to it (seal_flash_write) */

/* The table: what was given, else what the key makes of the chip's. */
static int find_table(struct cli_run *run, struct seal_loader *loader, struct flash_files *files,
                      struct flash_host *host, uint32_t *table_offset, struct seal_cause *cause)
{
    int err = cli_flash_table(run, files, NULL, table_offset, cause);
    if (!err) {
        err = seal_flash_key_look(loader, host->crypt, *table_offset, &host->look, cause);
    }
    if (!err && !files->table.known && host->look.table_known) {
        files->table.table = host->look.table;
        files->table.known = true;
    }
    return err;
}

int flash_host_open(struct cli_run *run, struct seal_loader *loader, struct flash_files *files,
                    struct flash_host *host, struct seal_cause *cause)
{
    const char *option = cli_text(run, "encrypt-with") ? "encrypt-with" : "key";
    unsigned config = 0;
    uint32_t table_offset = 0;
    host->check = strcmp(option, "key") == 0;
    if (!cli_text(run, option)) {
        return SEAL_OK;
    }
    int err = seal_flash_crypt_config_read(loader, &config, cause);
    if (!err) {
        err = cli_flash_key(run, option, seal_loader_chip(loader), config, &host->crypt, cause);
    }
    if (!err) {
        err = find_table(run, loader, files, host, &table_offset, cause);
    }
    return err || host->check
               ? err
               : cli_flash_layout(seal_loader_chip(loader), files, table_offset, &host->layout, cause);
}

int flash_host_check(const struct flash_host *host, const struct flash_files *files, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; !err && host->crypt && !host->check && i < files->count; i++) {
        const struct flash_file *file = &files->files[i];
        err = seal_flash_layout_check_file(&host->layout, file->path, file->region.offset,
                                           file->len - file->len % SEAL_FLASH_CRYPT_BLOCK, cause);
    }
    return err;
}

void flash_host_close(struct flash_host *host)
{
    seal_flash_crypt_free(&host->crypt);
}

size_t flash_host_count(const struct flash_host *host, const struct flash_file *file)
{
    return host->crypt && !host->check
               ? seal_flash_layout_count(&host->layout, file->region.offset, file->len)
               : 0;
}

/* A copy of len bytes at `at` of the file, with FF up to a multiple of block. */
static int copy_padded(const struct flash_file *file, size_t at, size_t len, size_t block,
                       struct seal_buf **out, struct seal_cause *cause)
{
    *out = seal_buf_new();
    int err = *out ? seal_buf_put(*out, file->data + at, len) : SEAL_ERR_NO_MEMORY;
    if (!err) {
        err = seal_buf_put_fill(*out, 0xFF, (block - len % block) % block);
    }
    if (err) {
        seal_buf_free(out);
        return seal_fail(cause, err, "out of memory for %s", file->path);
    }
    seal_map_forget(file->map, at + len);
    return SEAL_OK;
}

int flash_host_encrypt(const struct flash_host *host, const struct flash_file *file, size_t at, size_t len,
                       struct seal_buf **out, struct seal_cause *cause)
{
    struct seal_flash_span last;
    const uint32_t begin = file->region.offset + (uint32_t)at;
    seal_flash_layout_at(&host->layout, (uint32_t)(begin + len - 1), &last);
    int err = copy_padded(file, at, len, last.encrypted ? SEAL_FLASH_CRYPT_BLOCK : 1, out, cause);
    if (!err) {
        err = seal_flash_layout_encrypt(&host->layout, host->crypt, file->path, begin, seal_buf_mutable(*out),
                                        seal_buf_len(*out), NULL, cause);
    }
    if (err) {
        seal_buf_free(out);
    }
    return err;
}

static int compare_piece(const struct flash_host *host, struct seal_loader *loader,
                         const struct flash_file *file, size_t at, bool *same, struct seal_cause *cause)
{
    const uint32_t begin = file->region.offset + (uint32_t)at;
    const size_t len = file->len - at < SEAL_RELEASE_STEP ? file->len - at : SEAL_RELEASE_STEP;
    struct seal_buf *cipher = NULL;
    int err = copy_padded(file, at, len, ROM_BLOCK, &cipher, cause);
    if (!err) {
        uint8_t *bytes = seal_buf_mutable(cipher);
        err = seal_flash_encrypt(host->crypt, begin, bytes, bytes, seal_buf_len(cipher), cause);
    }
    if (!err) {
        err =
            seal_flash_compare(loader, begin, seal_buf_ptr(cipher), seal_buf_len(cipher), NULL, same, cause);
    }
    seal_buf_free(&cipher);
    return err;
}

int flash_host_compare(const struct flash_host *host, struct seal_loader *loader,
                       const struct flash_file *file, struct seal_cause *cause)
{
    bool same = true;
    int err = SEAL_OK;
    for (size_t at = 0; !err && same && at < file->len; at += SEAL_RELEASE_STEP) {
        err = compare_piece(host, loader, file, at, &same, cause);
    }
    if (!err && !same) {
        err = seal_fail(cause, SEAL_ERR_VERIFY,
                        "the ROM's ciphertext of %s at 0x%x is not what the key makes of it: this chip has "
                        "another key",
                        file->path, file->region.offset);
        seal_hint(cause,
                  "find the key of this very device; its MAC address is in the file of espseal unlock");
    }
    return err;
}
