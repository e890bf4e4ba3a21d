#include "flash.h"
#include "partition.h"

#include <espseal/digest.h>
#include <espseal/hex.h>
#include <espseal/survey.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SECTOR 4096u
#define LARGEST (64u << 20)

int flash_attach(struct cli_run *run, struct seal_loader *loader, struct seal_flash_id *id,
                 struct seal_cause *cause)
{
    uint32_t assumed = 0;
    int err = cli_size(run, "assume-size", &assumed, cause);
    if (err) {
        return err;
    }
    if (seal_loader_secure_download(loader) && (!cli_flag(run, "no-verify") || assumed == 0)) {
        err = seal_fail(
            cause, SEAL_ERR_STATE,
            "this chip is in secure download mode: flash can be written and erased, but neither its "
            "size nor what became of it can be read");
        seal_hint(cause, "if that is meant: --no-verify --assume-size SIZE");
        return err;
    }
    seal_flash_assume_size(loader, assumed);
    return seal_flash_attach(loader, id, cause);
}

static uint32_t place_of(const struct flash_table *table)
{
    return table->offset ? table->offset : SEAL_PARTITION_TABLE_OFFSET;
}

static int read_chip_table(struct seal_loader *loader, const char *name, struct flash_table *table,
                           struct seal_cause *cause)
{
    if (!loader) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "'%s' is no flash offset, and no table names it", name);
        seal_hint(cause, "give offsets, or the table among the files as 0x8000=FILE");
        return err;
    }
    int err = seal_survey_partition_table(loader, table->offset, &table->table, cause);
    if (err == SEAL_ERR_NOT_FOUND || err == SEAL_ERR_FORMAT) {
        err = seal_fail(cause, SEAL_ERR_NOT_FOUND,
                        "the chip has no partition table at 0x%x to look up '%s' in", place_of(table), name);
        seal_hint(cause, "give an offset, or write a table first; one that is encrypted cannot be read, and "
                         "--table-offset says where it is if not there");
    }
    table->known = !err;
    return err;
}

static int fail_unknown(const char *name, const struct flash_table *table, struct seal_cause *cause)
{
    char names[200] = "";
    for (size_t i = 0, used = 0; i < table->table.count && used < sizeof names - 24; i++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                 table->table.entries[i].name);
    }
    int err = seal_fail(cause, SEAL_ERR_NOT_FOUND, "there is no partition \"%s\"", name);
    seal_hint(cause, "the table has %s", names);
    return err;
}

/* Places that need no table. */
static bool find_fixed(const struct seal_chip *chip, const char *text, const struct flash_table *table,
                       struct flash_region *region)
{
    if (strcmp(text, "partition-table") == 0) {
        *region = (struct flash_region){.offset = place_of(table), .size = SECTOR};
        return true;
    }
    if (chip && strcmp(text, "bootloader") == 0 && chip->bootloader_offset < place_of(table)) {
        const uint32_t offset = chip->bootloader_offset;
        *region = (struct flash_region){.offset = offset, .size = place_of(table) - offset};
        return true;
    }
    return false;
}

int flash_find(struct seal_loader *loader, const char *text, struct flash_table *table,
               struct flash_region *region, struct seal_cause *cause)
{
    *region = (struct flash_region){0};
    if (isdigit((unsigned char)text[0])) {
        return seal_parse_u32(text, UINT32_MAX, &region->offset) == SEAL_OK
                   ? SEAL_OK
                   : seal_fail(cause, SEAL_ERR_USAGE, "'%s' is not a flash offset", text);
    }
    if (find_fixed(loader ? seal_loader_chip(loader) : table->chip, text, table, region)) {
        return SEAL_OK;
    }
    if (!table->known) {
        int err = read_chip_table(loader, text, table, cause);
        if (err) {
            return err;
        }
    }
    region->partition = seal_partition_find(&table->table, text);
    if (!region->partition) {
        return fail_unknown(text, table, cause);
    }
    region->offset = region->partition->offset;
    region->size = region->partition->size;
    return SEAL_OK;
}

int flash_region(struct cli_run *run, struct seal_loader *loader, struct flash_table *table,
                 struct flash_region *region, struct seal_cause *cause)
{
    const char *length = cli_operand(run, 1);
    uint32_t len = 0;
    if (length && (seal_parse_u32(length, LARGEST, &len) != SEAL_OK || len == 0)) {
        return seal_fail(cause, SEAL_ERR_USAGE, "'%s' is not a length in bytes, such as 0x1000", length);
    }
    int err = cli_table_offset(run, &table->offset, cause);
    err = err ? err : flash_find(loader, cli_operand(run, 0), table, region, cause);
    if (err) {
        return err;
    }
    if (!length && region->size == 0) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "how many bytes from 0x%x on?", region->offset);
        seal_hint(cause, "give a LENGTH, or the name of a partition");
        return err;
    }
    if (length && region->partition && len > region->size) {
        return seal_fail(cause, SEAL_ERR_USAGE, "the partition \"%s\" has 0x%x bytes, not 0x%x",
                         region->partition->name, region->size, len);
    }
    region->size = length ? len : region->size;
    return SEAL_OK;
}

/* --- files --- */

static int open_file(struct flash_file *file, const char *operand, struct seal_cause *cause)
{
    const char *equals = strchr(operand, '=');
    const size_t len = equals ? (size_t)(equals - operand) : 0;
    if (len == 0 || len >= sizeof file->place || equals[1] == '\0') {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "'%s' is not PLACE=FILE", operand);
        seal_hint(cause, "for example 0x10000=app.bin, or ota_0=app.bin");
        return err;
    }
    memcpy(file->place, operand, len);
    file->place[len] = '\0';
    file->path = equals + 1;
    int err = seal_map_open(file->path, LARGEST, &file->map, cause);
    if (!err && seal_map_len(file->map) == 0) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is empty", file->path);
    }
    if (!err) {
        file->data = seal_map_ptr(file->map);
        file->len = seal_map_len(file->map);
    }
    return err;
}

/* A number that is none is a mistake of the command line, whatever the chip says. */
static int check_number(const struct flash_file *file, struct seal_cause *cause)
{
    uint32_t offset;
    if (isdigit((unsigned char)file->place[0]) &&
        seal_parse_u32(file->place, UINT32_MAX, &offset) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_USAGE, "'%s' is not a flash offset", file->place);
    }
    return SEAL_OK;
}

int flash_open_files(struct cli_run *run, struct flash_files *files, struct seal_cause *cause)
{
    int err = cli_table_offset(run, &files->table.offset, cause);
    const char *operand;
    for (size_t i = 0; !err && (operand = cli_operand(run, i)) != NULL; i++) {
        if (i == FLASH_FILES_MAX) {
            return seal_fail(cause, SEAL_ERR_USAGE, "more than %d files at once", FLASH_FILES_MAX);
        }
        files->count = i + 1;
        err = open_file(&files->files[i], operand, cause);
        err = err ? err : check_number(&files->files[i], cause);
    }
    return err;
}

void flash_close_files(struct flash_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        seal_map_close(&files->files[i].map);
    }
    files->count = 0;
}

/* The table that one of the files brings along. */
static void find_own_table(struct flash_files *files)
{
    for (size_t i = 0; i < files->count && !files->table.known; i++) {
        const struct flash_file *file = &files->files[i];
        uint32_t offset;
        if (strcmp(file->place, "partition-table") == 0) {
            offset = place_of(&files->table);
        } else if (!isdigit((unsigned char)file->place[0]) ||
                   seal_parse_u32(file->place, place_of(&files->table), &offset) != SEAL_OK) {
            continue;
        }
        const size_t skip = place_of(&files->table) - offset;
        if (file->len > skip) {
            const size_t len = file->len - skip;
            files->table.known =
                seal_partition_table_decode(file->data + skip,
                                            len < SEAL_PARTITION_TABLE_SIZE ? len : SEAL_PARTITION_TABLE_SIZE,
                                            seal_md5, &files->table.table, NULL) == SEAL_OK;
        }
    }
}

static void find_partition(struct flash_region *region, const struct flash_table *table)
{
    for (size_t i = 0; table->known && !region->partition && i < table->table.count; i++) {
        if (table->table.entries[i].offset == region->offset) {
            region->partition = &table->table.entries[i];
        }
    }
}

static uint64_t end_of(const struct flash_file *file, uint32_t align)
{
    return ((uint64_t)file->region.offset + file->len + align - 1) / align * align;
}

static int check_file(const struct flash_file *file, uint32_t align, uint32_t flash_size,
                      struct seal_cause *cause)
{
    const struct flash_region *region = &file->region;
    if (region->offset % align) {
        return seal_fail(cause, SEAL_ERR_USAGE, "flash offset 0x%x is not a multiple of 0x%x", region->offset,
                         align);
    }
    if (region->size && file->len > region->size) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "%s has %zu bytes, and %s has room for %u", file->path,
                         file->len, file->place, region->size);
    }
    if (flash_size && end_of(file, align) > flash_size) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG,
                         "%s (0x%x, %zu bytes) reaches beyond the end of the flash (%u KiB)", file->path,
                         region->offset, file->len, flash_size / 1024);
    }
    return SEAL_OK;
}

static int check_overlaps(const struct flash_files *files, uint32_t align, struct seal_cause *cause)
{
    for (size_t i = 0; i < files->count; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct flash_file *a = &files->files[i];
            const struct flash_file *b = &files->files[k];
            if (a->region.offset < end_of(b, align) && b->region.offset < end_of(a, align)) {
                return seal_fail(cause, SEAL_ERR_USAGE,
                                 align > 1 ? "%s and %s lie in the same sectors" : "%s and %s overlap",
                                 b->path, a->path);
            }
        }
    }
    return SEAL_OK;
}

int flash_place_files(struct seal_loader *loader, struct flash_files *files, uint32_t align,
                      uint32_t flash_size, struct seal_cause *cause)
{
    int err = SEAL_OK;
    find_own_table(files);
    for (size_t i = 0; !err && i < files->count; i++) {
        struct flash_file *file = &files->files[i];
        err = flash_find(loader, file->place, &files->table, &file->region, cause);
        if (!err) {
            find_partition(&file->region, &files->table);
            err = check_file(file, align, flash_size, cause);
        }
    }
    return err ? err : check_overlaps(files, align, cause);
}
