/* partition-table encode: CSV into a binary table. */
#include "partition.h"

#include <espseal/digest.h>
#include <espseal/file.h>

static int write_table(struct cli_run *run, const struct seal_partition_table *table, const char *out,
                       int flags, struct seal_cause *cause)
{
    struct seal_buf *binary = seal_buf_new();
    if (!binary) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    int err = seal_partition_table_encode(table, cli_flag(run, "no-md5") ? NULL : seal_md5, binary, cause);
    if (!err) {
        err = seal_file_write(out, seal_buf_ptr(binary), seal_buf_len(binary), flags, cause);
    }
    seal_buf_free(&binary);
    return err;
}

static int run_encode(struct cli_run *run, struct seal_cause *cause)
{
    const char *out = cli_text(run, "out");
    const int flags = cli_flag(run, "force") ? SEAL_FILE_FORCE : 0;
    struct seal_partition_table table;
    struct partition_rules rules;
    int err = partition_read_rules(run, &rules, cause);
    if (!err) {
        err = seal_file_check_writable(out, flags, cause);
    }
    if (!err) {
        err = partition_read_file(cli_operand(run, 0), &rules.rules, &table, cause);
    }
    if (!err && !cli_flag(run, "no-check")) {
        err = seal_partition_table_check(&table, &rules.rules, cause);
    }
    if (!err) {
        err = write_table(run, &table, out, flags, cause);
    }
    return !err && cli_json(run) ? partition_print(run, &table, out) : err;
}

static const struct cli_option options[] = {
    {.name = "out",
     .value = "FILE",
     .summary = "where the table goes; - is standard output",
     .required = true},
    {.name = "force", .summary = "replace a file that exists"},
    {.name = "no-md5", .summary = "leave out the MD5 (bootloaders before ESP-IDF 3.1 cannot read it)"},
    {.name = "no-check", .summary = "make the table even when it breaks a rule"},
    PARTITION_RULE_OPTIONS,
    {0},
};

const struct cli_command cli_command_partition_table_encode = {
    .name = "partition-table encode",
    .summary = "turn a partition table's CSV into what goes to flash",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Makes the binary partition table of ESP-IDF's CSV (- is standard input), byte for byte as ESP-IDF "
        "does: blank offsets become the next aligned place, a negative size is an end address, sizes take K "
        "and M, flags are encrypted and readonly. The rules of partition-table check hold unless --no-check "
        "is given.",
    .examples = "espseal partition-table encode partitions.csv --out partition-table.bin --flash-size 4MB",
    .options = options,
    .run = run_encode,
};
