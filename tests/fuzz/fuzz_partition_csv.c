/* A table read from CSV writes CSV that reads as the same table, and encodes and decodes to itself. */
#include "fuzz.h"

#include <espseal/partition_table.h>

#include <string.h>

static bool same(const struct seal_partition_table *a, const struct seal_partition_table *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        const struct seal_partition *x = &a->entries[i];
        const struct seal_partition *y = &b->entries[i];
        if (strcmp(x->name, y->name) != 0 || x->type != y->type || x->subtype != y->subtype ||
            x->offset != y->offset || x->size != y->size || x->flags != y->flags) {
            return false;
        }
    }
    return a->count == b->count;
}

/* A primary bootloader or table is placed by the rules, and the order of the rest may be its own. */
static bool is_plain(const struct seal_partition_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const char *name = table->entries[i].name;
        if (table->entries[i].type == SEAL_PARTITION_BOOTLOADER ||
            table->entries[i].type == SEAL_PARTITION_TABLE || strchr(name, '"') || name[0] == '#' ||
            strlen(name) != strcspn(name, ",\r\n\t\v\f ")) {
            return false;
        }
    }
    return true;
}

static void check(const struct seal_partition_table *table, const struct seal_partition_rules *rules)
{
    struct seal_partition_table again;
    struct seal_buf *csv = seal_buf_new();
    struct seal_buf *binary = seal_buf_new();
    fuzz_require(csv && binary, "memory");
    fuzz_require(table->count > 0 && table->count <= SEAL_PARTITION_MAX, "a count in range");
    fuzz_require(seal_partition_table_to_csv(table, csv) == SEAL_OK, "a table that can be written");
    if (is_plain(table)) {
        fuzz_require(seal_partition_table_from_csv(seal_buf_ptr(csv), seal_buf_len(csv), "again", rules,
                                                   &again, NULL) == SEAL_OK,
                     "CSV that can be read again");
        fuzz_require(same(table, &again), "the same table from its own CSV");
    }
    if (seal_partition_table_check(table, rules, NULL) == SEAL_OK &&
        seal_partition_table_encode(table, NULL, binary, NULL) == SEAL_OK) {
        fuzz_require(seal_partition_table_decode(seal_buf_ptr(binary), seal_buf_len(binary), NULL, &again,
                                                 NULL) == SEAL_OK,
                     "a good table that can be decoded");
        fuzz_require(same(table, &again), "the same table from its own bytes");
    }
    seal_buf_free(&csv);
    seal_buf_free(&binary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const extra[] = {"app,my_app,0x40", NULL};
    static const struct seal_partition_rules rules = {
        .extra_subtypes = extra, .has_bootloader_offset = true, .bootloader_offset = 0x1000};
    struct seal_partition_table table;
    struct seal_cause cause;
    if (seal_partition_table_from_csv(data, size, "fuzz", &rules, &table, &cause) == SEAL_OK) {
        check(&table, &rules);
    } else {
        fuzz_require(table.count == 0, "nothing after a failure");
    }
    return 0;
}
