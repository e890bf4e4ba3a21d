/* NOR flash (JEDEC C8 40 ..: GigaDevice GD25Q) and the SPI1 controller in front of it. */
#include "sim_parts.h"

#include <espseal/file.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 4096u
#define SPI_USR (1u << 18)      /* CMD: run the user-defined transaction */
#define SPI_USR_MISO (1u << 28) /* USER */

static bool good_size(uint64_t size)
{
    return size >= 64u << 10 && size <= 32u << 20 && (size & (size - 1)) == 0;
}

static int create_blank(const char *path, uint32_t size, struct seal_cause *cause)
{
    int err = SEAL_ERR_NO_MEMORY;
    uint8_t *blank = malloc(size);
    if (blank) {
        memset(blank, 0xFF, size);
        err = seal_file_write(path, blank, size, 0, cause);
        free(blank);
    }
    return err;
}

static int map_file(struct sim_flash *flash, const char *path, struct seal_cause *cause)
{
    struct stat st;
    int err = SEAL_ERR_IO;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return seal_fail_errno(cause, "cannot open flash image %s", path);
    }
    if (fstat(fd, &st) != 0) {
        err = seal_fail_errno(cause, "cannot read flash image %s", path);
        goto out;
    }
    if (!S_ISREG(st.st_mode) || !good_size((uint64_t)st.st_size)) {
        err = seal_fail(cause, SEAL_ERR_FORMAT,
                        "flash image %s: %lld bytes is not a power of two from 64 KiB to 32 MiB", path,
                        (long long)st.st_size);
        goto out;
    }
    flash->size = (size_t)st.st_size;
    void *map = mmap(NULL, flash->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        err = seal_fail_errno(cause, "cannot map flash image %s", path);
        goto out;
    }
    flash->bytes = map;
    err = SEAL_OK;
out:
    (void)close(fd);
    return err;
}

int sim_flash_open(struct sim_flash *flash, const char *path, uint32_t size, struct seal_cause *cause)
{
    size = size ? size : 4u << 20;
    if (!good_size(size)) {
        return seal_fail(cause, SEAL_ERR_USAGE, "flash size %u is not a power of two from 64 KiB to 32 MiB",
                         (unsigned)size);
    }
    if (path) {
        if (access(path, F_OK) != 0) {
            int err = create_blank(path, size, cause);
            if (err) {
                return err;
            }
        }
        return map_file(flash, path, cause);
    }
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) {
        return SEAL_ERR_NO_MEMORY;
    }
    flash->bytes = map;
    flash->size = size;
    memset(flash->bytes, 0xFF, size);
    return SEAL_OK;
}

void sim_flash_close(struct sim_flash *flash)
{
    if (flash->bytes) {
        (void)munmap(flash->bytes, flash->size);
        flash->bytes = NULL;
    }
}

void sim_flash_erase(struct sim_flash *flash, uint32_t offset, uint32_t len)
{
    uint64_t first = offset & ~(SECTOR - 1);
    uint64_t end = ((uint64_t)offset + len + SECTOR - 1) & ~(uint64_t)(SECTOR - 1);
    if (end > flash->size) {
        end = flash->size;
    }
    if (first < end) {
        memset(flash->bytes + first, 0xFF, (size_t)(end - first));
    }
}

void sim_flash_program(struct sim_flash *flash, uint32_t offset, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len && (uint64_t)offset + i < flash->size; i++) {
        flash->bytes[offset + i] &= data[i];
    }
}

bool sim_flash_holds(const struct sim_flash *flash, uint32_t offset, const uint8_t *data, size_t len)
{
    return offset <= flash->size && len <= flash->size - offset &&
           memcmp(flash->bytes + offset, data, len) == 0;
}

/* --- the SPI1 controller (registers: struct seal_spi_flash_registers) --- */

void sim_flash_reset(struct sim_chip *chip)
{
    const struct seal_spi_flash_registers *at = &chip->chip->spi_flash;
    memset(chip->flash.spi, 0, sizeof chip->flash.spi);
    /* as the ROM leaves them (facts/wire/esp32c3_flash_id.txt) */
    chip->flash.spi[at->usr / 4] = 0x800000C0;
    chip->flash.spi[at->usr2 / 4] = 0x70000000;
}

uint32_t sim_flash_read_register(const struct sim_flash *flash, uint32_t offset)
{
    return offset / 4 < sizeof flash->spi / sizeof flash->spi[0] ? flash->spi[offset / 4] : 0;
}

static uint8_t log2_size(size_t size)
{
    uint8_t n = 0;
    while (size > 1) {
        size >>= 1;
        n++;
    }
    return n;
}

static void transact(struct sim_chip *chip)
{
    const struct seal_spi_flash_registers *at = &chip->chip->spi_flash;
    uint32_t *spi = chip->flash.spi;
    uint8_t reply[64] = {0};
    uint8_t command = (uint8_t)spi[at->usr2 / 4];
    uint32_t bits = spi[at->miso_dlen / 4] + 1;
    if (!(spi[at->usr / 4] & SPI_USR_MISO)) {
        return;
    }
    if (command == 0x9F) { /* RDID; status (05, 35, 15) reads 0: idle, nothing protected; no SFDP */
        reply[0] = 0xC8;
        reply[1] = 0x40;
        reply[2] = log2_size(chip->flash.size);
    }
    for (uint32_t i = 0; i < 16 && i * 32 < bits; i++) {
        spi[at->w0 / 4 + i] = seal_le32(reply + (size_t)4 * i);
    }
}

void sim_flash_write_register(struct sim_chip *chip, uint32_t offset, uint32_t value)
{
    if (offset == chip->chip->spi_flash.cmd) {
        if (value & SPI_USR) {
            transact(chip);
        }
        return; /* the command bit clears itself */
    }
    if (offset / 4 < sizeof chip->flash.spi / sizeof chip->flash.spi[0]) {
        chip->flash.spi[offset / 4] = value;
    }
}
