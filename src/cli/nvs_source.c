#include "nvs.h"

#include "flash.h"

#include <espseal/file.h>
#include <espseal/survey.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static int check_size(const char *name, size_t len, struct seal_cause *cause)
{
    return len > 0 && len % SEAL_NVS_PAGE_SIZE == 0
               ? SEAL_OK
               : seal_fail(cause, SEAL_ERR_FORMAT,
                           "%s has %zu bytes: an NVS partition is made of pages of %d", name, len,
                           SEAL_NVS_PAGE_SIZE);
}

static int read_file(const struct cli_run *run, struct cli_nvs_source *source, struct seal_cause *cause)
{
    const char *path = cli_operand(run, 0);
    if (!path) {
        int missing = seal_fail(cause, SEAL_ERR_USAGE, "FILE is missing");
        seal_hint(cause, "or --port PORT, to read the partition from a chip");
        return missing;
    }
    if (cli_text(run, "partition")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--partition has no meaning without --port");
    }
    (void)snprintf(source->name, sizeof source->name, "%s", path);
    (void)snprintf(source->again, sizeof source->again, "%s", path);
    int err = seal_file_read(path, SEAL_NVS_SIZE_MAX, 0, &source->data, cause);
    return err == SEAL_OK ? check_size(path, seal_buf_len(source->data), cause) : err;
}

/* What has an offset only may still be a partition of the chip's table, which knows its size. */
static int find_size(const struct cli_run *run, struct seal_loader *loader, const char *place,
                     struct flash_table *table, struct flash_region *region, struct seal_cause *cause)
{
    if (cli_text(run, "size")) {
        uint32_t size = 0;
        int err = cli_number(run, "size", SEAL_NVS_SIZE_MAX, 0, &size, cause);
        if (err == SEAL_OK && region->size && size > region->size) {
            err = seal_fail(cause, SEAL_ERR_USAGE, "the partition \"%s\" has 0x%x bytes, not 0x%x", place,
                            region->size, size);
        }
        region->size = size;
        return err;
    }
    if (region->size) {
        return SEAL_OK;
    }
    if (seal_survey_partition_table(loader, table->offset, &table->table, NULL) == SEAL_OK) {
        for (size_t i = 0; i < table->table.count; i++) {
            const struct seal_partition *partition = &table->table.entries[i];
            region->size = partition->offset == region->offset ? partition->size : region->size;
        }
    }
    if (region->size) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_USAGE, "how long is the partition at 0x%x?", region->offset);
    seal_hint(cause, "no partition of the chip's table begins there: give --size");
    return err;
}

static void show_progress(void *ctx, size_t done, size_t total)
{
    cli_progress(ctx, "reading NVS", done, total);
}

static int read_region(struct cli_run *run, struct seal_loader *loader, const struct flash_region *region,
                       struct cli_nvs_source *source, struct seal_cause *cause)
{
    int err = check_size(source->name, region->size, cause);
    if (err == SEAL_OK && region->size > SEAL_NVS_SIZE_MAX) {
        err = seal_fail(cause, SEAL_ERR_TOO_LONG, "%s has 0x%x bytes, more than an NVS partition can have",
                        source->name, region->size);
    }
    source->data = seal_buf_new_secret();
    uint8_t *place = err == SEAL_OK && source->data ? seal_buf_reserve(source->data, region->size) : NULL;
    if (err != SEAL_OK || !place) {
        return err != SEAL_OK ? err : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a partition");
    }
    err = seal_flash_read(loader, region->offset, place, region->size, show_progress, run, cause);
    cli_progress_done(run);
    return err;
}

static int read_chip(struct cli_run *run, struct cli_nvs_source *source, struct seal_cause *cause)
{
    const char *place = cli_text(run, "partition") ? cli_text(run, "partition") : "nvs";
    struct flash_table *table = calloc(1, sizeof *table);
    struct flash_region region = {0};
    struct seal_loader *loader = NULL;
    struct seal_flash_id id;
    if (cli_operand(run, 0)) {
        free(table);
        return seal_fail(cause, SEAL_ERR_USAGE, "a FILE and --port cannot both be read");
    }
    int err = table ? cli_table_offset(run, &table->offset, cause) : SEAL_ERR_NO_MEMORY;
    err = err == SEAL_OK ? cli_connect(run, &loader, cause) : err;
    if (err == SEAL_OK) {
        err = seal_flash_attach(loader, &id, cause);
    }
    if (err == SEAL_OK) {
        err = flash_find(loader, place, table, &region, cause);
    }
    if (err == SEAL_OK) {
        err = find_size(run, loader, place, table, &region, cause);
    }
    (void)snprintf(source->name, sizeof source->name, isdigit((unsigned char)place[0]) ? "flash at %s" : "%s",
                   place);
    (void)snprintf(source->again, sizeof source->again, "--port %s --partition %s", cli_text(run, "port"),
                   place);
    if (err == SEAL_OK) {
        err = read_region(run, loader, &region, source, cause);
    }
    free(table);
    return err;
}

int cli_nvs_read_source(struct cli_run *run, struct cli_nvs_source *source, struct seal_cause *cause)
{
    *source = (struct cli_nvs_source){0};
    return cli_text(run, "port") ? read_chip(run, source, cause) : read_file(run, source, cause);
}

void cli_nvs_source_clear(struct cli_nvs_source *source)
{
    seal_buf_free(&source->data);
}
