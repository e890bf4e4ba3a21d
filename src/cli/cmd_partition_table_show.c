/* partition-table show: the partitions of a chip or a file. */
#include "partition.h"

static int run_show(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_partition_table table;
    struct partition_rules rules;
    const char *from = NULL;
    int err = partition_read_rules(run, &rules, cause);
    if (!err) {
        err = partition_read(run, &rules.rules, &table, &from, cause);
    }
    return err ? err : partition_print(run, &table, from);
}

static const struct cli_option options[] = {PARTITION_RULE_OPTIONS, {0}};

const struct cli_command cli_command_partition_table_show = {
    .name = "partition-table show",
    .summary = "show the partitions of a chip or a file",
    .operands = "[FILE]",
    .operands_min = 0,
    .operands_max = 1,
    .description = "Shows the partition table in FILE, CSV or binary, or with --port the one in the chip's "
                   "flash at 0x8000. It is not judged: partition-table check does that.",
    .examples = "espseal partition-table show --port /dev/ttyUSB0\n"
                "espseal partition-table show partitions.csv",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_show,
};
