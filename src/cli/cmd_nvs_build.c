/* nvs build: makes an NVS partition from CSV, with the values of one device, and encrypts it if asked to. */
#include "nvs.h"

#include <espseal/file.h>
#include <espseal/nvs_crypt.h>

#include <stdlib.h>
#include <string.h>

enum { TABLE_MAX = 16 << 20, VALUE_FILE_MAX = 4 << 20 };

struct tables {
    struct seal_csv **list; /* NULL-terminated */
    struct seal_csv *values;
    size_t values_row;
};

static int read_table(const char *path, struct seal_csv **table, struct seal_cause *cause)
{
    struct seal_buf *text = NULL;
    int err = seal_file_read(path, TABLE_MAX, 0, &text, cause);
    if (err == SEAL_OK) {
        err = seal_csv_parse(seal_buf_ptr(text), seal_buf_len(text), path, SEAL_CSV_COMMENTS, table, cause);
    }
    seal_buf_free(&text);
    return err;
}

static int read_values(const struct cli_run *run, struct tables *tables, struct seal_cause *cause)
{
    const char *path = cli_text(run, "values");
    const char *mac = cli_text(run, "mac");
    const char *serial = cli_text(run, "serial");
    if (!path && (mac || serial)) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--%s chooses a row of --values, which is not given",
                         mac ? "mac" : "serial");
    }
    if (!path) {
        return SEAL_OK;
    }
    if (!mac == !serial) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "%s",
                            mac ? "--mac and --serial both choose a row of --values"
                                : "--values needs the device whose row to take");
        seal_hint(cause, "give one of --mac MAC and --serial TEXT");
        return err;
    }
    int err = read_table(path, &tables->values, cause);
    return err == SEAL_OK ? seal_nvs_find_device(tables->values, mac ? "mac" : "serial", mac ? mac : serial,
                                                 &tables->values_row, cause)
                          : err;
}

static int read_tables(const struct cli_run *run, struct tables *tables, struct seal_cause *cause)
{
    size_t count = 0;
    while (cli_operand(run, count)) {
        count++;
    }
    tables->list = calloc(count + 1, sizeof(struct seal_csv *));
    if (!tables->list) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for tables");
    }
    int err = SEAL_OK;
    for (size_t i = 0; i < count && err == SEAL_OK; i++) {
        err = read_table(cli_operand(run, i), &tables->list[i], cause);
    }
    return err == SEAL_OK ? read_values(run, tables, cause) : err;
}

static void free_tables(struct tables *tables)
{
    for (size_t i = 0; tables->list && tables->list[i]; i++) {
        seal_csv_free(&tables->list[i]);
    }
    free(tables->list);
    seal_csv_free(&tables->values);
}

static int read_value_file(void *ctx, const char *path, struct seal_buf **out, struct seal_cause *cause)
{
    (void)ctx;
    return seal_file_read(path, VALUE_FILE_MAX, 0, out, cause);
}

static void note(void *ctx, const char *text)
{
    const struct cli_run *run = ctx;
    cli_say(run, "note: %s", text);
}

static int build(struct cli_run *run, const struct tables *tables, struct seal_buf *out,
                 struct seal_cause *cause)
{
    uint32_t size = 0;
    uint32_t version = 2;
    struct seal_nvs_writer *writer = NULL;
    const struct seal_nvs_csv how = {
        .read_file = read_value_file,
        .pmk = seal_wifi_pmk,
        .note = note,
        .ctx = run,
        .no_wifi = cli_flag(run, "no-wifi-entries"),
        .values = tables->values,
        .values_row = tables->values_row,
    };
    int err = cli_number(run, "size", SEAL_NVS_SIZE_MAX, 0, &size, cause);
    if (err == SEAL_OK) {
        err = cli_number(run, "version", 2, 2, &version, cause);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_writer_new(
            size, version, cli_flag(run, "latest-namespace") ? SEAL_NVS_LATEST_NAMESPACE : 0, &writer, cause);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_put_csv(writer, (const struct seal_csv *const *)tables->list, &how, cause);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_writer_finish(writer, out, cause);
    }
    if (err == SEAL_OK && size < 3 * SEAL_NVS_PAGE_SIZE) {
        cli_say(run,
                "note: a partition of less than 0x3000 bytes needs the flag readonly in the partition table");
    }
    seal_nvs_writer_free(&writer);
    return err;
}

static int run_nvs_build(struct cli_run *run, struct seal_cause *cause)
{
    struct tables tables = {0};
    struct seal_buf *keys = NULL;
    struct seal_buf *out = seal_buf_new();
    bool plain = !cli_text(run, "keys") && !cli_text(run, "hmac-key") && !cli_text(run, "new-keys");
    int err = out ? cli_nvs_check_out(run, plain, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = cli_nvs_keys(run, false, &keys, cause);
    }
    if (err == SEAL_OK) {
        err = read_tables(run, &tables, cause);
    }
    if (err == SEAL_OK) {
        err = build(run, &tables, out, cause);
    }
    if (err == SEAL_OK && keys) {
        err = seal_nvs_encrypt(seal_buf_ptr(keys), seal_buf_mutable(out), seal_buf_len(out), cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_write_new_keys(run, keys, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_write_out(run, out, plain, cause);
    }
    free_tables(&tables);
    seal_buf_free(&keys);
    seal_buf_free(&out);
    return err;
}

static const struct cli_option options[] = {
    {.name = "size",
     .value = "BYTES",
     .summary = "of the partition, as in the partition table: 0x6000",
     .required = true},
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "the partition; - is stdout",
     .required = true},
    {.name = "version",
     .value = "N",
     .summary = "1: blobs of at most 1984 bytes, which do not span pages",
     .choices = (const char *const[]){"1", "2", NULL},
     .fallback = "2"},
    {.name = "values",
     .value = "FILE",
     .summary = "CSV with a row per device, whose columns are named like keys"},
    {.name = "mac", .value = "MAC", .summary = "take the row of --values whose column mac is this"},
    {.name = "serial", .value = "TEXT", .summary = "take the row of --values whose column serial is this"},
    CLI_NVS_KEYS_OPTION,
    CLI_NVS_HMAC_OPTION,
    CLI_NVS_NEW_KEYS_OPTION,
    {.name = "latest-namespace",
     .summary = "after a return to a namespace go on in the latest, as nvs_partition_gen.py does"},
    {.name = "no-wifi-entries", .summary = "add no entries beside sta.ssid, sta.pswd and ap.ssid"},
    {.name = "force", .summary = "replace the partition's file if it is there"},
    CLI_NVS_PERMISSIONS_OPTION,
    {0},
};

const struct cli_command cli_command_nvs_build = {
    .name = "nvs build",
    .summary = "make an NVS partition from CSV, in the clear or encrypted",
    .operands = "CSV...",
    .operands_min = 1,
    .operands_max = -1,
    .description =
        "Makes the partition that ESP-IDF's nvs_partition_gen.py makes of the same tables, byte for byte. "
        "The first "
        "row of a table is key,type,encoding,value. A row of type namespace begins a namespace, or returns "
        "to it; one "
        "of type data holds its value, one of type file the path of a file, taken from the folder you are "
        "in. The "
        "encodings are u8 i8 u16 i16 u32 i32 u64 i64, string, binary, hex2bin, base64, blob_fill(N;0xXX) "
        "(the text, "
        "filled up to N bytes) and blob_sz_fill(N;0xXX) (the same after four bytes with the text's length). "
        "Lines "
        "that begin with # are skipped, but not within quotes.\n\n"
        "What that tool gets wrong is refused here, or done right: a key twice in its namespace, a key "
        "before any "
        "namespace, a value cut at a comma, a line of a quoted value that begins with # and is dropped, and "
        "keys after a return to an earlier namespace, which it puts "
        "into "
        "another one (--latest-namespace does the same). The Wi-Fi entries that it adds beside sta.ssid, "
        "sta.pswd and "
        "ap.ssid are added here as well; a note on stderr names them, and a row that gives one itself goes "
        "before.\n\n"
        "With --values each device gets its own values. The column named KEY, or NAMESPACE:KEY, replaces the "
        "value of "
        "that row; the columns mac and serial choose the row, and with id may match no key. Any other column "
        "that is "
        "no key is refused.\n\n"
        "A partition in the clear gets mode 0600, since it often holds passwords. With --keys, --hmac-key or "
        "--new-keys it is encrypted before it is written; espseal nvs keygen explains the keys.",
    .examples = "espseal nvs build nvs.csv --size 0x6000 --out nvs.bin\n"
                "# one device's values, encrypted, with new keys beside it\n"
                "espseal nvs build nvs.csv --size 0x6000 --values devices.csv --mac 7c:df:a1:5e:a1:01 "
                "--new-keys nvs_keys.bin --out nvs.bin",
    .options = options,
    .run = run_nvs_build,
};
