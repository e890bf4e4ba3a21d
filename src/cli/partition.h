/* What the commands about partition tables share. */
#ifndef ESPSEAL_CLI_PARTITION_H
#define ESPSEAL_CLI_PARTITION_H

#include "cli.h"

#include <espseal/partition_table.h>

/* Firmware's CONFIG_PARTITION_TABLE_OFFSET, for every command that looks for the table in flash. */
#define CLI_TABLE_OFFSET                                                                                     \
    {                                                                                                        \
        .name = "table-offset", .value = "OFFSET", .summary = "where the partition table lies in flash",     \
        .fallback = "0x8000"                                                                                 \
    }
/* SEAL_ERR_USAGE: no multiple of 4096. */
int cli_table_offset(const struct cli_run *run, uint32_t *offset, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Options for rules; the last two for commands that make a table. */
#define PARTITION_RULE_OPTIONS                                                                               \
    {.name = "flash-size",                                                                                   \
     .value = "SIZE",                                                                                        \
     .summary = "size of the flash, such as 4MB: nothing may end beyond it"},                                \
        CLI_TABLE_OFFSET,                                                                                    \
        {.name = "secure-boot",                                                                              \
         .value = "VERSION",                                                                                 \
         .summary = "v1: sizes of applications are multiples of 64 KiB",                                     \
         .choices = (const char *const[]){"v1", "v2", NULL}},                                                \
        {.name = "bootloader-offset",                                                                        \
         .value = "OFFSET",                                                                                  \
         .summary = "of the primary bootloader, for entries of type bootloader"},                            \
        {.name = "recovery-offset", .value = "OFFSET", .summary = "of the recovery bootloader"},             \
    {                                                                                                        \
        .name = "subtype", .value = "TYPE,NAME,NUMBER", .summary = "one more subtype that the CSV may name", \
        .repeat = true                                                                                       \
    }

#define PARTITION_SUBTYPES_MAX 32
struct partition_rules {
    struct seal_partition_rules rules;
    const char *subtypes[PARTITION_SUBTYPES_MAX + 1];
};

/* Of the options above. Warnings go to cli_warn. */
int partition_read_rules(struct cli_run *run, struct partition_rules *rules,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

/* A table from a file, binary or CSV ("-": standard input). */
int partition_read_file(const char *path, const struct seal_partition_rules *rules,
                        struct seal_partition_table *table, struct seal_cause *cause) SEAL_MUST_CHECK;

/* From the operand, or from the chip at --port; *from names it for messages. On a chip rules->flash_size is
 * its own unless it was given. */
int partition_read(struct cli_run *run, struct seal_partition_rules *rules,
                   struct seal_partition_table *table, const char **from,
                   struct seal_cause *cause) SEAL_MUST_CHECK;

/* The entries as a table on stdout, or one JSON document. */
int partition_print(struct cli_run *run, const struct seal_partition_table *table,
                    const char *from) SEAL_MUST_CHECK;

/* "4MB", "512KB", "0x400000". SEAL_ERR_USAGE names the option. */
int cli_size(struct cli_run *run, const char *option, uint32_t *size,
             struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
