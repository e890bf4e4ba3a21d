#include "partition.h"

#include <espseal/digest.h>
#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/survey.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LARGEST (64u << 10)

/* --- options --- */

int cli_size(struct cli_run *run, const char *option, uint32_t *size, struct seal_cause *cause)
{
    const char *text = cli_text(run, option);
    char digits[16] = "";
    uint32_t unit = 1;
    *size = 0;
    if (!text) {
        return SEAL_OK;
    }
    size_t len = strcspn(text, "KkMm");
    if (strcasecmp(text + len, "kb") == 0 || strcasecmp(text + len, "k") == 0) {
        unit = 1024;
    } else if (strcasecmp(text + len, "mb") == 0 || strcasecmp(text + len, "m") == 0) {
        unit = 1024 * 1024;
    } else if (text[len]) {
        len = 0;
    }
    if (len > 0 && len < sizeof digits) {
        memcpy(digits, text, len);
    }
    if (seal_parse_u32(digits, UINT32_MAX / unit, size) != SEAL_OK || *size == 0) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "--%s %s is no size", option, text);
        seal_hint(cause, "for example 4MB, 512KB or 0x400000");
        return err;
    }
    *size *= unit;
    return SEAL_OK;
}

static void warn(void *ctx, const char *text)
{
    cli_warn(ctx, "%s", text);
}

int cli_table_offset(const struct cli_run *run, uint32_t *offset, struct seal_cause *cause)
{
    int err = cli_number(run, "table-offset", UINT32_MAX - 4096, SEAL_PARTITION_TABLE_OFFSET, offset, cause);
    if (!err && (*offset == 0 || *offset % 4096)) {
        err =
            seal_fail(cause, SEAL_ERR_USAGE, "--table-offset 0x%x is no place of a partition table", *offset);
        seal_hint(cause, "firmware's CONFIG_PARTITION_TABLE_OFFSET, a multiple of 0x1000");
    }
    return err;
}

int partition_read_rules(struct cli_run *run, struct partition_rules *rules, struct seal_cause *cause)
{
    const char *secure = cli_text(run, "secure-boot");
    const char *subtype;
    memset(rules, 0, sizeof *rules);
    rules->rules.warn = warn;
    rules->rules.warn_ctx = run;
    rules->rules.secure_boot = secure ? (unsigned)(secure[1] - '0') : 0;
    rules->rules.has_bootloader_offset = cli_text(run, "bootloader-offset") != NULL;
    rules->rules.has_recovery_offset = cli_text(run, "recovery-offset") != NULL;
    rules->rules.extra_subtypes = rules->subtypes;
    for (size_t i = 0; (subtype = cli_text_at(run, "subtype", i)) != NULL; i++) {
        if (i == PARTITION_SUBTYPES_MAX) {
            return seal_fail(cause, SEAL_ERR_USAGE, "more than %d times --subtype", PARTITION_SUBTYPES_MAX);
        }
        rules->subtypes[i] = subtype;
    }
    int err = cli_size(run, "flash-size", &rules->rules.flash_size, cause);
    if (!err) {
        err = cli_table_offset(run, &rules->rules.table_offset, cause);
    }
    if (!err) {
        err = cli_number(run, "bootloader-offset", UINT32_MAX, 0, &rules->rules.bootloader_offset, cause);
    }
    return err ? err
               : cli_number(run, "recovery-offset", UINT32_MAX, 0, &rules->rules.recovery_offset, cause);
}

/* --- reading --- */

static int decode(const uint8_t *data, size_t len, const char *path, const struct seal_partition_rules *rules,
                  struct seal_partition_table *table, struct seal_cause *cause)
{
    uint32_t unknown = 0;
    int err = seal_partition_table_decode(data, len, seal_md5, table, cause);
    for (size_t i = 0; !err && i < table->count; i++) {
        unknown |= table->entries[i].flags & ~(uint32_t)(SEAL_PARTITION_ENCRYPTED | SEAL_PARTITION_READONLY);
    }
    if (unknown && rules->warn) {
        char text[160];
        (void)snprintf(text, sizeof text, "%.80s has flags 0x%x that espseal does not know", path, unknown);
        rules->warn(rules->warn_ctx, text);
    }
    return err;
}

int partition_read_file(const char *path, const struct seal_partition_rules *rules,
                        struct seal_partition_table *table, struct seal_cause *cause)
{
    struct seal_buf *data = NULL;
    int err = seal_file_read(path, LARGEST, 0, &data, cause);
    if (err) {
        return err;
    }
    const uint8_t *bytes = seal_buf_ptr(data);
    const size_t len = seal_buf_len(data);
    /* No CSV starts with a byte of the magic, of the MD5 entry, or of erased flash, save a mark EF BB BF. */
    bool text = len > 0 && (bytes[0] < 0x80 || (len > 1 && bytes[0] == 0xEF && bytes[1] == 0xBB));
    if (text) {
        err = seal_partition_table_from_csv(bytes, len, strcmp(path, "-") == 0 ? "standard input" : path,
                                            rules, table, cause);
    } else {
        err = decode(bytes, len, path, rules, table, cause);
    }
    seal_buf_free(&data);
    return err;
}

static int read_chip(struct cli_run *run, struct seal_partition_rules *rules,
                     struct seal_partition_table *table, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    struct seal_flash_id id = {0};
    int err = cli_connect(run, &loader, cause);
    if (!err) {
        err = seal_flash_attach(loader, &id, cause);
    }
    if (!err) {
        err = seal_survey_partition_table(loader, rules->table_offset, table, cause);
    }
    rules->flash_size = rules->flash_size ? rules->flash_size : id.size;
    return err;
}

int partition_read(struct cli_run *run, struct seal_partition_rules *rules,
                   struct seal_partition_table *table, const char **from, struct seal_cause *cause)
{
    const char *path = cli_operand(run, 0);
    const char *port = cli_text(run, "port");
    *from = path ? path : port;
    if (path && port) {
        return seal_fail(cause, SEAL_ERR_USAGE, "give a FILE or --port, not both");
    }
    if (!path && !port) {
        return seal_fail(cause, SEAL_ERR_USAGE, "give a FILE, or --port for the table in a chip's flash");
    }
    return path ? partition_read_file(path, rules, table, cause) : read_chip(run, rules, table, cause);
}

/* --- showing --- */

static void format_size(uint32_t size, char text[static 16])
{
    if (size && size % (1024 * 1024) == 0) {
        (void)snprintf(text, 16, "%u MiB", size / (1024 * 1024));
    } else if (size && size % 1024 == 0) {
        (void)snprintf(text, 16, "%u KiB", size / 1024);
    } else {
        (void)snprintf(text, 16, "%u bytes", size);
    }
}

static int add_row(struct cli_table *table, const struct seal_partition *partition)
{
    static const char *const flags[] = {"", "encrypted", "readonly", "encrypted, readonly"};
    char type[4];
    char subtype[4];
    char offset[16];
    char end[16];
    char size[16];
    (void)snprintf(offset, sizeof offset, "0x%06x", partition->offset);
    (void)snprintf(end, sizeof end, "0x%06x", partition->offset + partition->size);
    format_size(partition->size, size);
    return cli_table_row(
        table, (const char *const[]){
                   partition->name, seal_partition_type_name(partition->type, type),
                   seal_partition_subtype_name(partition->type, partition->subtype, subtype), offset, end,
                   size, flags[partition->flags & (SEAL_PARTITION_ENCRYPTED | SEAL_PARTITION_READONLY)]});
}

static int print_table(struct cli_run *run, const struct seal_partition_table *table)
{
    static const char *const headings[] = {"NAME", "TYPE", "SUBTYPE", "OFFSET", "END", "SIZE", "FLAGS", NULL};
    struct cli_table *text = NULL;
    int err = cli_table_new(headings, &text);
    for (size_t i = 0; !err && i < table->count; i++) {
        err = add_row(text, &table->entries[i]);
    }
    if (err) {
        cli_table_free(&text);
        return err;
    }
    return cli_table_print(run, &text);
}

int partition_print(struct cli_run *run, const struct seal_partition_table *table, const char *from)
{
    if (!cli_json(run)) {
        return print_table(run, table);
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "from", from);
    seal_json *list = seal_json_put_array(root, "partitions");
    for (size_t i = 0; i < table->count; i++) {
        const struct seal_partition *partition = &table->entries[i];
        char text[4];
        seal_json *entry = seal_json_put_object(list, NULL);
        seal_json_put_text(entry, "name", partition->name);
        seal_json_put_text(entry, "type", seal_partition_type_name(partition->type, text));
        seal_json_put_number(entry, "type_value", partition->type);
        seal_json_put_text(entry, "subtype",
                           seal_partition_subtype_name(partition->type, partition->subtype, text));
        seal_json_put_number(entry, "subtype_value", partition->subtype);
        seal_json_put_number(entry, "offset", partition->offset);
        seal_json_put_number(entry, "size", partition->size);
        seal_json_put_bool(entry, "encrypted", partition->flags & SEAL_PARTITION_ENCRYPTED);
        seal_json_put_bool(entry, "readonly", partition->flags & SEAL_PARTITION_READONLY);
    }
    return cli_emit_json(run, &root);
}
