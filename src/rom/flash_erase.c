#include "loader.h"

#include <espseal/digest.h>

#include <string.h>

#define SECTOR 4096u
#define PIECE (1u << 20)

/* The MD5 of len bytes FF. */
static int md5_of_erased(uint32_t len, uint8_t digest[static 16])
{
    uint8_t blank[SECTOR];
    struct seal_md5_parts *md5 = NULL;
    memset(blank, 0xFF, sizeof blank);
    int err = seal_md5_new(&md5);
    for (uint32_t at = 0; !err && at < len; at += SECTOR) {
        err = seal_md5_put(md5, blank, sizeof blank);
    }
    if (!err) {
        return seal_md5_end(&md5, digest);
    }
    seal_md5_free(&md5);
    return err;
}

int rom_flash_erased(struct seal_loader *loader, uint32_t offset, uint32_t len, bool *erased,
                     struct seal_cause *cause)
{
    uint8_t wanted[16];
    int err = md5_of_erased(len, wanted);
    if (err) {
        return seal_fail(cause, err, "cannot compute an MD5 digest");
    }
    return rom_flash_holds(loader, offset, len, wanted, erased, cause);
}

/* A FLASH_BEGIN erases; no block needs to follow. It may be done twice. */
static int erase_piece(struct seal_loader *loader, uint32_t offset, uint32_t len, struct seal_cause *cause)
{
    const struct rom_flash_begin begin = {.opcode = SEAL_ROM_FLASH_BEGIN,
                                          .size = len,
                                          .block = loader->chip->rom.flash_block,
                                          .offset = offset};
    int err = rom_flash_begin(loader, &begin, cause);
    for (unsigned i = 0; i < ROM_RETRIES && rom_flash_heal(loader, &err, cause); i++) {
        err = rom_flash_begin(loader, &begin, cause);
    }
    return err;
}

static int erase_and_check(struct seal_loader *loader, uint32_t offset, uint32_t len, bool *skipped,
                           struct seal_cause *cause)
{
    const bool blind = seal_loader_secure_download(loader);
    bool erased = false;
    int err = blind ? SEAL_OK : rom_flash_erased(loader, offset, len, &erased, cause);
    if (err || erased) {
        return err;
    }
    *skipped = false;
    err = erase_piece(loader, offset, len, cause);
    if (!err && !blind) {
        err = rom_flash_erased(loader, offset, len, &erased, cause);
    }
    if (!err && !blind && !erased) {
        err =
            seal_fail(cause, SEAL_ERR_VERIFY, "flash from 0x%x to 0x%x is not erased", offset, offset + len);
        seal_hint(cause, "the flash chip may be write-protected or damaged");
    }
    return err;
}

int seal_flash_erase(struct seal_loader *loader, uint32_t offset, uint32_t len, seal_progress_fn progress,
                     void *progress_ctx, bool *skipped, struct seal_cause *cause)
{
    bool unused;
    skipped = skipped ? skipped : &unused;
    *skipped = true;
    if (offset % SECTOR || len % SECTOR) {
        return seal_fail(cause, SEAL_ERR_USAGE, "0x%x bytes at 0x%x: flash is erased in sectors of 0x1000",
                         len, offset);
    }
    int err = rom_flash_range(loader, offset, len, cause);
    for (uint32_t done = 0; !err && done < len;) {
        uint32_t here = len - done < PIECE ? len - done : PIECE;
        err = erase_and_check(loader, offset + done, here, skipped, cause);
        done += here;
        if (!err && progress) {
            progress(progress_ctx, done, len);
        }
    }
    return err;
}
