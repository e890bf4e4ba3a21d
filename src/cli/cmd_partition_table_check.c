/* partition-table check: whether a table keeps ESP-IDF's rules and fits the flash. */
#include "partition.h"

static int run_check(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_partition_table table;
    struct partition_rules rules;
    const char *from = NULL;
    int err = partition_read_rules(run, &rules, cause);
    if (!err) {
        err = partition_read(run, &rules.rules, &table, &from, cause);
    }
    if (!err) {
        err = seal_partition_table_check(&table, &rules.rules, cause);
    }
    if (err) {
        return err;
    }
    cli_print(run, "%s: %zu partitions, all rules kept%s\n", from, table.count,
              rules.rules.flash_size ? ", all within the flash" : "");
    return cli_json(run) ? partition_print(run, &table, from) : SEAL_OK;
}

static const struct cli_option options[] = {PARTITION_RULE_OPTIONS, {0}};

const struct cli_command cli_command_partition_table_check = {
    .name = "partition-table check",
    .summary = "check the partition table of a chip or a file",
    .operands = "[FILE]",
    .operands_min = 0,
    .operands_max = 1,
    .description =
        "Checks the table in FILE, CSV or binary, or with --port the one in the chip's flash: its MD5, the "
        "alignment of offsets and sizes, that names are unique, that nothing overlaps, that there is one "
        "otadata of 0x2000 bytes at most and that NVS has 0x3000 bytes unless it is readonly; with "
        "--flash-size, and on a chip always, that nothing ends beyond the flash. The first rule that is "
        "broken "
        "is the error.",
    .examples = "espseal partition-table check partitions.csv --flash-size 4MB",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_check,
};
