/* partition-table decode: a binary table, or a chip's, as CSV. */
#include "partition.h"

#include <espseal/file.h>

static int run_decode(struct cli_run *run, struct seal_cause *cause)
{
    const char *out = cli_text(run, "out");
    const int flags = cli_flag(run, "force") ? SEAL_FILE_FORCE : 0;
    struct seal_partition_table table;
    struct partition_rules rules;
    const char *from = NULL;
    int err = partition_read_rules(run, &rules, cause);
    if (!err && out) {
        err = seal_file_check_writable(out, flags, cause);
    }
    if (!err) {
        err = partition_read(run, &rules.rules, &table, &from, cause);
    }
    if (err) {
        return err;
    }
    struct seal_buf *csv = seal_buf_new();
    err = csv ? seal_partition_table_to_csv(&table, csv) : SEAL_ERR_NO_MEMORY;
    if (err) {
        err = seal_fail(cause, err, "out of memory");
    } else if (out) {
        err = seal_file_write(out, seal_buf_ptr(csv), seal_buf_len(csv), flags, cause);
    } else {
        cli_print(run, "%.*s", (int)seal_buf_len(csv), (const char *)seal_buf_ptr(csv));
    }
    seal_buf_free(&csv);
    return !err && cli_json(run) ? partition_print(run, &table, from) : err;
}

static const struct cli_option options[] = {
    {.name = "out", .value = "FILE", .summary = "where the CSV goes", .fallback = "standard output"},
    {.name = "force", .summary = "replace a file that exists"},
    PARTITION_RULE_OPTIONS,
    {0},
};

const struct cli_command cli_command_partition_table_decode = {
    .name = "partition-table decode",
    .summary = "turn a binary partition table into CSV",
    .operands = "[FILE]",
    .operands_min = 0,
    .operands_max = 1,
    .description =
        "Writes the table in FILE (- is standard input), or with --port the one in the chip's flash "
        "at 0x8000, as the CSV that ESP-IDF takes. A wrong MD5, a missing end and partitions that "
        "overlap are errors.",
    .examples = "espseal partition-table decode partition-table.bin --out partitions.csv\n"
                "espseal partition-table decode --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_decode,
};
