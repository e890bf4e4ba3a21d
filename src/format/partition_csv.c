#include <espseal/csv.h>
#include <espseal/partition_table.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADING "name,type,subtype,offset,size,flags\n"

enum { NAME_LEN = 16, SECTOR = 0x1000, APP_ALIGN = 0x10000, SUBTYPE_UNDEFINED = 6, CELL_MAX = 64 };
enum column { NAME, TYPE, SUBTYPE, OFFSET, SIZE, FLAGS, COLUMNS };

struct reading {
    const struct seal_partition_rules *rules;
    struct seal_partition_table *table;
    struct seal_cause *cause;
    const struct seal_csv *csv;
    size_t row;
    char cells[COLUMNS][CELL_MAX]; /* of the row, without blanks around */
    uint32_t table_offset;
    uint32_t last_end;
};

static int SEAL_PRINTF(2, 3) fail(const struct reading *reading, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* the heading is a line that the file does not have */
    return seal_fail(reading->cause, SEAL_ERR_FORMAT, "%s, line %zu: %s", seal_csv_name(reading->csv),
                     seal_csv_line(reading->csv, reading->row) - 1, text);
}

/* --- cells --- */

static int take_cell(struct reading *reading, enum column column)
{
    char *cell = reading->cells[column];
    const char *text = seal_csv_cell(reading->csv, reading->row, column);
    text = text ? text : "";
    while (isspace((unsigned char)*text)) {
        text++;
    }
    size_t len = strlen(text);
    while (len && isspace((unsigned char)text[len - 1])) {
        len--;
    }
    if (len >= CELL_MAX) {
        return fail(reading, "\"%.40s...\" is too long", text);
    }
    memcpy(cell, text, len);
    cell[len] = '\0';
    return SEAL_OK;
}

/* Decimal, 0x, with K or M behind; negative where the caller allows it. */
static bool parse_number(const char *text, int64_t *value)
{
    char digits[CELL_MAX];
    int64_t factor = 1;
    size_t len = strlen(text);
    int last = len ? tolower((unsigned char)text[len - 1]) : 0;
    if (last == 'k' || last == 'm') {
        factor = last == 'k' ? 1024 : 1024 * 1024;
        len--;
    }
    memcpy(digits, text, len);
    digits[len] = '\0';
    const char *start = digits[0] == '-' ? digits + 1 : digits;
    if (!isdigit((unsigned char)*start)) {
        return false;
    }
    char *end = NULL;
    errno = 0;
    int64_t number =
        strtoll(start, &end, start[0] == '0' && tolower((unsigned char)start[1]) == 'x' ? 16 : 10);
    if (errno || *end || number > (int64_t)UINT32_MAX / factor + 1) {
        return false;
    }
    *value = start == digits ? number * factor : -number * factor;
    return true;
}

static void lower(const char *text, char out[static CELL_MAX])
{
    size_t i = 0;
    for (; text[i]; i++) {
        out[i] = (char)tolower((unsigned char)text[i]);
    }
    out[i] = '\0';
}

static int take_byte(const struct reading *reading, const char *what, const char *text, uint8_t *value)
{
    int64_t number;
    if (!parse_number(text, &number) || number < 0) {
        return fail(reading, "\"%s\" is no %s that ESP-IDF knows, and no number", text, what);
    }
    if (number > UINT8_MAX) {
        return fail(reading, "%s %" PRId64 " is more than 255", what, number);
    }
    *value = (uint8_t)number;
    return SEAL_OK;
}

static int take_type(const struct reading *reading, struct seal_partition *partition)
{
    const char *text = reading->cells[TYPE];
    char name[CELL_MAX];
    lower(text, name);
    int value = seal_partition_type_value(name);
    if (text[0] == '\0') {
        return fail(reading, "the type is missing");
    }
    if (value >= 0) {
        partition->type = (uint8_t)value;
        return SEAL_OK;
    }
    return take_byte(reading, "type", text, &partition->type);
}

/* "app,my_app,0x40": the value when type and name are these, -1 when not, -2 when it is malformed. */
static int extra_value(const char *extra, uint8_t type, const char *name)
{
    char parts[3][CELL_MAX] = {0};
    size_t part = 0;
    size_t len = 0;
    for (const char *c = extra; *c; c++) {
        if (*c == ',') {
            part++;
            len = 0;
        } else if (part > 2 || len == CELL_MAX - 1) {
            return -2;
        } else if (!isspace((unsigned char)*c)) {
            parts[part][len++] = (char)tolower((unsigned char)*c);
        }
    }
    int64_t value;
    int wanted = seal_partition_type_value(parts[0]);
    if (part != 2 || wanted < 0 || !parts[1][0] || !parse_number(parts[2], &value) || value < 0 ||
        value > UINT8_MAX) {
        return -2;
    }
    return wanted == type && strcmp(parts[1], name) == 0 ? (int)value : -1;
}

static int take_subtype(const struct reading *reading, struct seal_partition *partition)
{
    const char *text = reading->cells[SUBTYPE];
    char name[CELL_MAX];
    lower(text, name);
    if (text[0] == '\0') {
        partition->subtype = SUBTYPE_UNDEFINED;
        return partition->type == SEAL_PARTITION_APP ? fail(reading, "an app partition needs a subtype")
                                                     : SEAL_OK;
    }
    int value = seal_partition_subtype_value(partition->type, name);
    const char *const *extra = reading->rules->extra_subtypes;
    for (; value < 0 && extra && *extra; extra++) {
        value = extra_value(*extra, partition->type, name);
        if (value == -2) {
            return seal_fail(reading->cause, SEAL_ERR_USAGE, "\"%s\" is not TYPE,NAME,NUMBER", *extra);
        }
    }
    if (value >= 0) {
        partition->subtype = (uint8_t)value;
        return SEAL_OK;
    }
    return take_byte(reading, "subtype", text, &partition->subtype);
}

static int take_flags(const struct reading *reading, struct seal_partition *partition)
{
    const char *at = reading->cells[FLAGS];
    while (*at) {
        size_t len = strcspn(at, ":");
        if (len == 9 && strncmp(at, "encrypted", len) == 0) {
            partition->flags |= SEAL_PARTITION_ENCRYPTED;
        } else if (len == 8 && strncmp(at, "readonly", len) == 0) {
            partition->flags |= SEAL_PARTITION_READONLY;
        } else if (len) {
            return fail(reading, "\"%.*s\" is no flag: encrypted and readonly are", (int)len, at);
        }
        at += len + (at[len] == ':');
    }
    return SEAL_OK;
}

/* --- places --- */

static bool is_primary(const struct seal_partition *partition)
{
    return partition->subtype == 0 &&
           (partition->type == SEAL_PARTITION_BOOTLOADER || partition->type == SEAL_PARTITION_TABLE);
}

static int take_bootloader_place(const struct reading *reading, const struct seal_partition *partition,
                                 int64_t *offset, int64_t *size)
{
    const struct seal_partition_rules *rules = reading->rules;
    if (!rules->has_bootloader_offset) {
        return fail(reading, "a bootloader partition needs the offset of the primary bootloader");
    }
    if (rules->bootloader_offset >= reading->table_offset) {
        return fail(reading, "the primary bootloader does not lie before the partition table");
    }
    *size = reading->table_offset - rules->bootloader_offset;
    if (is_primary(partition)) {
        *offset = rules->bootloader_offset;
    } else if (partition->subtype == 2 && rules->has_recovery_offset) {
        *offset = rules->recovery_offset;
    } else if (partition->subtype == 2) {
        return fail(reading, "a recovery bootloader needs its offset");
    }
    return SEAL_OK;
}

/* *offset is -1 when the place is to be chosen. */
static int take_numbers(const struct reading *reading, const struct seal_partition *partition,
                        int64_t *offset, int64_t *size)
{
    const char *where = reading->cells[OFFSET];
    const char *amount = reading->cells[SIZE];
    *offset = -1;
    if (where[0] && (!parse_number(where, offset) || *offset < 0 || *offset > UINT32_MAX)) {
        return fail(reading, "\"%s\" is no offset", where);
    }
    if (partition->type == SEAL_PARTITION_BOOTLOADER) {
        return take_bootloader_place(reading, partition, offset, size);
    }
    if (partition->type == SEAL_PARTITION_TABLE) {
        *size = SECTOR;
        *offset = is_primary(partition) ? reading->table_offset : *offset;
        return SEAL_OK;
    }
    if (amount[0] == '\0') {
        return fail(reading, "the size is missing");
    }
    return parse_number(amount, size) ? SEAL_OK : fail(reading, "\"%s\" is no size", amount);
}

static int place(struct reading *reading, struct seal_partition *partition, int64_t offset, int64_t size)
{
    const uint32_t align = partition->type == SEAL_PARTITION_APP ? APP_ALIGN : SECTOR;
    if (offset < 0) {
        uint64_t next = ((uint64_t)reading->last_end + align - 1) / align * align;
        offset = (int64_t)next;
    } else if (!is_primary(partition) && offset < reading->last_end) {
        return fail(reading, "\"%s\" at 0x%" PRIx64 " overlaps what ends at 0x%x%s", partition->name,
                    (uint64_t)offset, reading->last_end,
                    reading->table->count ? "" : ", the partition table's own sector");
    }
    if (size < 0) {
        size = -size - offset; /* an end address */
    }
    if (size < 0 || offset + size > UINT32_MAX) {
        return fail(reading, "\"%s\" has no room: %s", partition->name,
                    size < 0 ? "its end lies before its start" : "its end lies beyond 4 GiB");
    }
    partition->offset = (uint32_t)offset;
    partition->size = (uint32_t)size;
    if (!is_primary(partition)) {
        reading->last_end = partition->offset + partition->size;
    }
    return SEAL_OK;
}

/* --- rows --- */

static void take_name(const struct reading *reading, struct seal_partition *partition)
{
    const char *name = reading->cells[NAME];
    (void)snprintf(partition->name, sizeof partition->name, "%.*s", NAME_LEN, name);
    if (strlen(name) > NAME_LEN && reading->rules->warn) {
        char text[160];
        (void)snprintf(text, sizeof text, "the name \"%s\" is cut to 16 characters, \"%s\"", name,
                       partition->name);
        reading->rules->warn(reading->rules->warn_ctx, text);
    }
}

static int take_row(struct reading *reading)
{
    struct seal_partition_table *table = reading->table;
    struct seal_partition partition = {0};
    int64_t offset = -1;
    int64_t size = 0;
    bool blank = true;
    int err = SEAL_OK;
    for (int column = NAME; !err && column < COLUMNS; column++) {
        err = take_cell(reading, (enum column)column);
        blank = blank && reading->cells[column][0] == '\0';
    }
    if (err || blank) {
        return err;
    }
    if (table->count == SEAL_PARTITION_MAX) {
        return seal_fail(reading->cause, SEAL_ERR_TOO_LONG, "%s has more than %d partitions",
                         seal_csv_name(reading->csv), SEAL_PARTITION_MAX);
    }
    take_name(reading, &partition);
    err = take_type(reading, &partition);
    err = err ? err : take_subtype(reading, &partition);
    err = err ? err : take_numbers(reading, &partition, &offset, &size);
    err = err ? err : take_flags(reading, &partition);
    err = err ? err : place(reading, &partition, offset, size);
    if (!err) {
        table->entries[table->count++] = partition;
    }
    return err;
}

/* The file's own heading is a comment: libcsv's table gets one. */
static int parse(const void *text, size_t len, const char *name, struct seal_csv **csv,
                 struct seal_cause *cause)
{
    static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
    const uint8_t *bytes = text;
    if (len >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0) {
        bytes += sizeof mark;
        len -= sizeof mark;
    }
    struct seal_buf *whole = seal_buf_new();
    int err = whole ? seal_buf_put(whole, HEADING, strlen(HEADING)) : SEAL_ERR_NO_MEMORY;
    err = err ? err : seal_buf_put(whole, bytes, len);
    if (err) {
        err = seal_fail(cause, err, "out of memory");
    } else {
        err = seal_csv_parse(seal_buf_ptr(whole), seal_buf_len(whole), name, SEAL_CSV_COMMENTS, csv, cause);
    }
    seal_buf_free(&whole);
    return err;
}

int seal_partition_table_from_csv(const void *text, size_t len, const char *name,
                                  const struct seal_partition_rules *rules,
                                  struct seal_partition_table *table, struct seal_cause *cause)
{
    static const struct seal_partition_rules usual;
    struct seal_csv *csv = NULL;
    struct reading reading = {.rules = rules ? rules : &usual, .table = table, .cause = cause};
    memset(table, 0, sizeof *table);
    reading.table_offset =
        reading.rules->table_offset ? reading.rules->table_offset : SEAL_PARTITION_TABLE_OFFSET;
    reading.last_end = reading.table_offset + SECTOR;
    int err = parse(text, len, name, &csv, cause);
    reading.csv = csv;
    for (; !err && reading.row < seal_csv_rows(csv); reading.row++) {
        err = take_row(&reading);
    }
    if (!err && table->count == 0) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s has no partition", name);
    }
    seal_csv_free(&csv);
    if (err) {
        memset(table, 0, sizeof *table);
    }
    return err;
}

static int put_line(const struct seal_partition *partition, struct seal_buf *out)
{
    static const char *const flags[] = {"", "encrypted", "readonly", "encrypted:readonly"};
    char line[128];
    char type[4];
    char subtype[4];
    char size[16];
    if (partition->size % (1024 * 1024) == 0) {
        (void)snprintf(size, sizeof size, "%uM", partition->size / (1024 * 1024));
    } else if (partition->size % 1024 == 0) {
        (void)snprintf(size, sizeof size, "%uK", partition->size / 1024);
    } else {
        (void)snprintf(size, sizeof size, "0x%x", partition->size);
    }
    (void)snprintf(line, sizeof line, "%s,%s,%s,0x%x,%s,%s\n", partition->name,
                   seal_partition_type_name(partition->type, type),
                   seal_partition_subtype_name(partition->type, partition->subtype, subtype),
                   partition->offset, size, flags[partition->flags & 3]);
    return seal_buf_put(out, line, strlen(line));
}

int seal_partition_table_to_csv(const struct seal_partition_table *table, struct seal_buf *out)
{
    static const char heading[] = "# ESP-IDF Partition Table\n# Name, Type, SubType, Offset, Size, Flags\n";
    int err = seal_buf_put(out, heading, sizeof heading - 1);
    for (size_t i = 0; !err && i < table->count; i++) {
        err = put_line(&table->entries[i], out);
    }
    return err;
}
