/* A table that decodes has an end, partitions within it, and names that end. */
#include "fuzz.h"

#include <espseal/partition_table.h>

#include <string.h>

static int no_md5(const void *data, size_t len, uint8_t md5[static 16])
{
    (void)data;
    memset(md5, (int)len & 0xFF, 16);
    return SEAL_OK;
}

static void check(const struct seal_partition_table *table, size_t size)
{
    fuzz_require(table->count > 0 && table->count <= SEAL_PARTITION_MAX, "a count in range");
    fuzz_require((table->count + 1) * 32 <= size, "entries that were there");
    for (size_t i = 0; i < table->count; i++) {
        const struct seal_partition *partition = &table->entries[i];
        fuzz_require(memchr(partition->name, 0, sizeof partition->name) != NULL, "a name that ends");
        fuzz_require(seal_partition_find(table, partition->name) != NULL, "found by name");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal_partition_table table;
    struct seal_cause cause;
    if (seal_partition_table_decode(data, size, NULL, &table, &cause) == SEAL_OK) {
        check(&table, size);
    } else {
        fuzz_require(table.count == 0, "nothing after a failure");
    }
    if (seal_partition_table_decode(data, size, no_md5, &table, NULL) == SEAL_OK) {
        check(&table, size);
    }
    return 0;
}
