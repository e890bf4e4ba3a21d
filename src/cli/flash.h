/* What the commands about flash share: places, regions and files. */
#ifndef ESPSEAL_CLI_FLASH_H
#define ESPSEAL_CLI_FLASH_H

#include "cli.h"

#include <espseal/flash_guard.h>
#include <espseal/map.h>
#include <espseal/partition_table.h>

#define FLASH_FILES_MAX 32

struct flash_table { /* the partition table that names are looked up in */
    bool known;      /* table says something */
    uint32_t offset; /* of the table in flash; 0: SEAL_PARTITION_TABLE_OFFSET */
    struct seal_partition_table table;
    const struct seal_chip *chip; /* whose "bootloader" is meant without a device; NULL: unknown */
};

struct flash_region {
    uint32_t offset, size;                  /* size 0: up to the caller */
    const struct seal_partition *partition; /* NULL: given by number */
};

/*
 * A place: a number, the name of a partition in table (which is read from the chip when it is not known), or
 * "bootloader" or "partition-table" where no partition has that name. SEAL_ERR_USAGE, SEAL_ERR_NOT_FOUND
 * names what the table has.
 */
int flash_find(struct seal_loader *loader, const char *text, struct flash_table *table,
               struct flash_region *region, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Readies the flash, id filled. In secure download mode, where nothing can be read: only with the command's
 * options --no-verify and --assume-size, else SEAL_ERR_STATE with a hint that says so.
 */
int flash_attach(struct cli_run *run, struct seal_loader *loader, struct seal_flash_id *id,
                 struct seal_cause *cause) SEAL_MUST_CHECK;

/* The operands "PLACE [LENGTH]"; without LENGTH the partition, which PLACE must name then. The command has
 * CLI_TABLE_OFFSET. */
int flash_region(struct cli_run *run, struct seal_loader *loader, struct flash_table *table,
                 struct flash_region *region, struct seal_cause *cause) SEAL_MUST_CHECK;

struct flash_file {
    const char *path;
    char place[64]; /* as it was given */
    struct seal_map *map;
    const uint8_t *data; /* of the map */
    size_t len;
    struct flash_region region;
};

struct flash_files {
    struct flash_table table;
    struct flash_file files[FLASH_FILES_MAX];
    size_t count;
};

/* The operands "PLACE=FILE", mapped; nothing of a device is needed yet. The command has CLI_TABLE_OFFSET. */
int flash_open_files(struct cli_run *run, struct flash_files *files,
                     struct seal_cause *cause) SEAL_MUST_CHECK;
void flash_close_files(struct flash_files *files);
/*
 * Finds their places: names in the table that the files themselves bring along, else in the chip's. loader
 * NULL: numbers and names in a table of the files only. Refuses offsets that are no multiple of align, files
 * that share a sector, and files longer than their partition or that reach beyond flash_size (0: unknown).
 */
int flash_place_files(struct seal_loader *loader, struct flash_files *files, uint32_t align,
                      uint32_t flash_size, struct seal_cause *cause) SEAL_MUST_CHECK;

/* --flash-mode, --flash-freq and --flash-size. */
#define FLASH_HEADER_OPTIONS                                                                                 \
    {.name = "flash-mode",                                                                                   \
     .value = "MODE",                                                                                        \
     .summary = "change the bootloader's header to this mode",                                               \
     .choices = (const char *const[]){"keep", "qio", "qout", "dio", "dout", NULL},                           \
     .fallback = "keep"},                                                                                    \
        {.name = "flash-freq",                                                                               \
         .value = "FREQ",                                                                                    \
         .summary = "change the bootloader's header to this frequency, such as 80m",                         \
         .fallback = "keep"},                                                                                \
    {                                                                                                        \
        .name = "flash-size", .value = "SIZE",                                                               \
        .summary = "change the bootloader's header to this size, such as 4MB; detect: the flash's own",      \
        .fallback = "keep"                                                                                   \
    }
/*
 * Changes the header of the file at the bootloader's offset as these options ask, in memory, and its SHA-256
 * with it. Refuses what is signed, and what is no image. flash_size is for "detect"; 0: unknown.
 */
int flash_change_header(struct cli_run *run, const struct seal_chip *chip, struct flash_files *files,
                        uint32_t flash_size, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
