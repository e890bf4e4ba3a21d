/*
 * The fuses on disk: the file of Espressif's QEMU (data bits only, 336 of 1024 bytes used; facts/qemu.json)
 * and, in the part that QEMU leaves alone, the check bytes of the coded blocks. A block whose data someone
 * else changed since is taken as correctly coded: its record carries a CRC of the data it belongs to.
 */
#include "sim_parts.h"

#include <espseal/deadline.h>
#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX 1024
#define TRAILER_OFFSET 352
#define RECORD (4 + SIM_CHECK_BYTES)
#define LOCK_WAIT_MS 5000

static const uint8_t trailer_magic[] = {'s', 'e', 'a', 'l', '-', 'r', 's', '1'};

static uint32_t data_crc(const struct sim_efuse *efuse, size_t block)
{
    uint8_t bytes[4 * SIM_WORDS];
    for (size_t i = 0; i < SIM_WORDS; i++) {
        seal_put_le32(bytes + 4 * i, efuse->burned[block][i]);
    }
    uint32_t crc = seal_crc32(0, bytes, sizeof bytes);
    seal_cleanse(bytes, sizeof bytes);
    return crc;
}

static void to_bytes(const struct sim_efuse *efuse, uint8_t *file)
{
    const struct seal_efuse_controller *map = efuse->map;
    memset(file, 0, map->file_size);
    memcpy(file + TRAILER_OFFSET, trailer_magic, sizeof trailer_magic);
    for (size_t i = 0; i < map->block_count; i++) {
        uint8_t *record = file + TRAILER_OFFSET + sizeof trailer_magic + RECORD * i;
        for (size_t w = 0; w < map->blocks[i].words; w++) {
            seal_put_le32(file + map->blocks[i].file + 4 * w, efuse->burned[i][w]);
        }
        seal_put_le32(record, data_crc(efuse, i));
        memcpy(record + 4, efuse->check[i], SIM_CHECK_BYTES);
    }
}

static void from_bytes(struct sim_efuse *efuse, const uint8_t *file)
{
    const struct seal_efuse_controller *map = efuse->map;
    bool trailer = memcmp(file + TRAILER_OFFSET, trailer_magic, sizeof trailer_magic) == 0;
    for (size_t i = 0; i < map->block_count; i++) {
        const uint8_t *record = file + TRAILER_OFFSET + sizeof trailer_magic + RECORD * i;
        for (size_t w = 0; w < map->blocks[i].words; w++) {
            efuse->burned[i][w] = seal_le32(file + map->blocks[i].file + 4 * w);
        }
        if (map->blocks[i].coding != SEAL_CODING_RS) {
            continue;
        }
        if (trailer && seal_le32(record) == data_crc(efuse, i)) {
            memcpy(efuse->check[i], record + 4, SIM_CHECK_BYTES);
        } else {
            sim_efuse_encode(efuse->burned[i], efuse->check[i]);
        }
    }
}

static void write_field(struct sim_chip *chip, const char *name, uint64_t value)
{
    const struct seal_efuse_field *field = seal_chip_field(chip->chip, name);
    for (unsigned i = 0; field && i < field->bits && i < 64; i++) {
        unsigned bit = field->bit + i;
        chip->efuse.burned[field->block][bit / 32] |= (uint32_t)(value >> i & 1) << (bit % 32);
    }
}

/* A number in one field, or in a low and a high one. */
static void write_parts(struct sim_chip *chip, const char *whole, const char *low, const char *high,
                        unsigned value)
{
    const struct seal_efuse_field *field = seal_chip_field(chip->chip, low);
    write_field(chip, whole, value);
    if (field) {
        write_field(chip, low, value);
        write_field(chip, high, value >> field->bits);
    }
}

/* The ESP32 keeps a CRC with its MAC (chips.json _meta.esp32_mac_crc8). */
static uint8_t mac_crc(const uint8_t mac[static 6])
{
    unsigned crc = 0;
    for (size_t i = 0; i < 6; i++) {
        crc ^= mac[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x8Cu : 0);
        }
    }
    return (uint8_t)crc;
}

/* What the factory burned: the MAC and the wafer's version. */
static void make_blank(struct sim_chip *chip, const uint8_t *mac, unsigned revision)
{
    uint64_t number = 0;
    for (size_t i = 0; i < 6; i++) {
        number = number << 8 | mac[i];
    }
    write_field(chip, "MAC", number);
    write_field(chip, "MAC_CRC", mac_crc(mac));
    if (chip->crystal) {
        write_field(chip, "CLK8M_FREQ", SIM_CLK8M_FREQ);
    }
    write_field(chip, "CHIP_VER_REV1", revision >= 100);
    write_field(chip, "CHIP_VER_REV2", revision >= 200);
    write_parts(chip, "WAFER_VERSION_MAJOR", "WAFER_VERSION_MAJOR_LO", "WAFER_VERSION_MAJOR_HI",
                revision / 100);
    write_parts(chip, "WAFER_VERSION_MINOR", "WAFER_VERSION_MINOR_LO", "WAFER_VERSION_MINOR_HI",
                revision % 100);
    for (size_t i = 0; i < chip->efuse.map->block_count; i++) {
        if (chip->efuse.map->blocks[i].coding == SEAL_CODING_RS) {
            sim_efuse_encode(chip->efuse.burned[i], chip->efuse.check[i]);
        }
    }
}

static int create_file(const struct sim_efuse *efuse, const char *path, struct seal_cause *cause)
{
    uint8_t bytes[FILE_MAX];
    to_bytes(efuse, bytes);
    int err = seal_file_write(path, bytes, efuse->map->file_size, 0, cause);
    seal_cleanse(bytes, sizeof bytes);
    return err;
}

/* A simulator that was just killed may hold the lock for a moment. */
static int lock_file(int fd, const char *path, struct seal_cause *cause)
{
    seal_deadline deadline = seal_deadline_in_ms(LOCK_WAIT_MS);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return seal_fail_errno(cause, "cannot lock eFuse file %s", path);
        }
        if (seal_deadline_passed(deadline)) {
            return seal_fail(cause, SEAL_ERR_BUSY, "eFuse file %s is in use by another simulator", path);
        }
        seal_sleep_us(10000);
    }
    return SEAL_OK;
}

static int open_file(struct sim_efuse *efuse, const char *path, struct seal_cause *cause)
{
    uint8_t bytes[FILE_MAX] = {0};
    struct stat st;
    efuse->fd = open(path, O_RDWR | O_CLOEXEC);
    if (efuse->fd < 0) {
        return seal_fail_errno(cause, "cannot open eFuse file %s", path);
    }
    int err = lock_file(efuse->fd, path, cause);
    if (err) {
        return err;
    }
    if (fstat(efuse->fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != efuse->map->file_size) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "eFuse file %s is not %zu bytes long", path,
                         efuse->map->file_size);
    }
    if (pread(efuse->fd, bytes, efuse->map->file_size, 0) != (ssize_t)efuse->map->file_size) {
        err = seal_fail_errno(cause, "cannot read eFuse file %s", path);
    } else {
        memset(efuse->burned, 0, sizeof efuse->burned);
        from_bytes(efuse, bytes);
    }
    seal_cleanse(bytes, sizeof bytes);
    return err;
}

/* Which table the fuses have follows from the revision in them; where each block lies does not. */
static void choose_variant(struct sim_chip *chip)
{
    unsigned revision =
        seal_chip_revision(chip->chip, (const uint32_t(*)[SIM_WORDS])chip->efuse.burned, UINT32_MAX);
    chip->chip = seal_chip_variant(chip->chip, revision);
    chip->efuse.map = chip->chip->efuse;
}

int sim_efuse_open(struct sim_chip *chip, const struct sim_options *options, struct seal_cause *cause)
{
    struct sim_efuse *efuse = &chip->efuse;
    static const uint8_t default_mac[] = SIM_DEFAULT_MAC;
    int err = SEAL_OK;
    efuse->fd = -1;
    efuse->map = chip->chip->efuse;
    if (efuse->map->block_count > SIM_BLOCKS || efuse->map->file_size > FILE_MAX) {
        return SEAL_ERR_INTERNAL;
    }
    if (options->efuse_image) {
        from_bytes(efuse, options->efuse_image);
    } else {
        make_blank(chip, options->mac ? options->mac : default_mac,
                   options->revision ? options->revision : chip->model->revision);
    }
    if (options->efuse_path) {
        if (access(options->efuse_path, F_OK) != 0) {
            err = create_file(efuse, options->efuse_path, cause);
        }
        if (!err) {
            err = open_file(efuse, options->efuse_path, cause);
        }
    }
    choose_variant(chip);
    return err;
}

void sim_efuse_close(struct sim_efuse *efuse)
{
    if (efuse->fd >= 0) {
        (void)close(efuse->fd);
    }
    seal_cleanse(efuse, sizeof *efuse);
    efuse->fd = -1;
}

/* One pwrite: a killed process leaves the old fuses or the new ones. */
int sim_efuse_save(const struct sim_efuse *efuse)
{
    uint8_t bytes[FILE_MAX];
    size_t len = efuse->map->file_size;
    if (efuse->fd < 0) {
        return SEAL_OK;
    }
    to_bytes(efuse, bytes);
    int err = pwrite(efuse->fd, bytes, len, 0) == (ssize_t)len ? SEAL_OK : SEAL_ERR_IO;
    seal_cleanse(bytes, sizeof bytes);
    return err;
}
