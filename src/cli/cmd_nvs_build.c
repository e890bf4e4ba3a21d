/* nvs build: makes an NVS partition from CSV, with the values of one device, and encrypts it if asked to. */
#include "nvs.h"

#include "identity.h"

#include <espseal/hex.h>
#include <espseal/manufacturing.h>
#include <espseal/nvs_crypt.h>

#include <stdlib.h>
#include <string.h>

struct tables {
    struct seal_csv **list; /* NULL-terminated */
    struct seal_csv *values;
    struct seal_buf *derive_key;
    struct seal_mfg_device device;
    bool fills, filled; /* a device is named, so that words in braces stand for something; there was one */
};

/* The device, as far as the command line tells it, and its row. */
static int read_device(const struct cli_run *run, struct tables *tables, struct seal_cause *cause)
{
    struct seal_mfg_device *device = &tables->device;
    const char *mac = cli_text(run, "mac");
    int err = mac ? cli_mac(run, "mac", device->mac, cause) : SEAL_OK;
    device->serial = cli_text(run, "serial");
    device->has_mac = mac != NULL;
    tables->fills = mac || device->serial;
    if (err == SEAL_OK && cli_text(run, "derive-key")) {
        err = cli_read_hmac_key_of(run, "derive-key", &tables->derive_key, cause);
        device->derive_key = tables->derive_key;
    }
    if (err != SEAL_OK || !cli_text(run, "values")) {
        return err;
    }
    if (!tables->fills) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "--values needs the device whose row to take");
        seal_hint(cause, "give one of --mac MAC and --serial TEXT");
        return err;
    }
    err = cli_nvs_read_table(cli_text(run, "values"), &tables->values, cause);
    device->values = tables->values;
    return err == SEAL_OK ? seal_mfg_find_row(device, cause) : err;
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
        err = cli_nvs_read_table(cli_operand(run, i), &tables->list[i], cause);
    }
    return err == SEAL_OK ? read_device(run, tables, cause) : err;
}

static void free_tables(struct tables *tables)
{
    for (size_t i = 0; tables->list && tables->list[i]; i++) {
        seal_csv_free(&tables->list[i]);
    }
    free(tables->list);
    seal_csv_free(&tables->values);
    seal_buf_free(&tables->derive_key);
    seal_mfg_clear(&tables->device);
}

static void note(void *ctx, const char *text)
{
    const struct cli_run *run = ctx;
    cli_say(run, "note: %s", text);
}

static int fill(void *ctx, const char *word, const char *argument, struct seal_buf *out,
                enum seal_nvs_made *made, struct seal_cause *cause)
{
    struct tables *tables = ctx;
    tables->filled = true;
    return seal_mfg_fill(&tables->device, word, argument, out, made, cause);
}

static int check_device(const struct tables *tables, struct seal_cause *cause)
{
    if (!tables->fills || tables->filled || tables->values) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_USAGE, "a device is named, and nothing in the table depends on it");
    seal_hint(cause, "give --values FILE, or words in braces in the table, such as {mac}");
    return err;
}

static int build(struct cli_run *run, struct tables *tables, struct seal_buf *out, struct seal_cause *cause)
{
    uint32_t size = 0;
    uint32_t version = 2;
    struct seal_nvs_writer *writer = NULL;
    const struct seal_nvs_csv how = {
        .read_file = cli_nvs_read_value_file,
        .pmk = seal_wifi_pmk,
        .note = note,
        .ctx = run,
        .no_wifi = cli_flag(run, "no-wifi-entries"),
        .values = tables->values,
        .values_row = tables->device.row,
        .fill = tables->fills ? fill : NULL,
        .fill_ctx = tables,
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
        err = check_device(tables, cause);
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

/* The label of the proof of possession that was put into the partition, or whose verifier was. */
static int make_label(const struct cli_run *run, const struct tables *tables, struct seal_buf **label,
                      struct seal_cause *cause)
{
    const char *transport = cli_text(run, "transport");
    if (!cli_text(run, "label")) {
        if (!tables->device.pop_made) {
            return SEAL_OK;
        }
        int err = seal_fail(cause, SEAL_ERR_USAGE, "the proof of possession that is made would be lost");
        seal_hint(cause, "--label FILE keeps it, as the text of the QR code");
        return err;
    }
    *label = seal_buf_new_secret();
    int err = *label ? seal_mfg_label(&tables->device, transport ? transport : "ble", *label, cause)
                     : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_ERR_NOT_FOUND) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--label: no value has {pop} or {sec2_verifier}");
    }
    if (err == SEAL_OK) { /* a line, not a string */
        *(seal_buf_mutable(*label) + seal_buf_len(*label) - 1) = '\n';
    }
    return err;
}

static int check_outputs(const struct cli_run *run, bool plain, struct seal_cause *cause)
{
    int err = cli_nvs_check_out(run, plain, cause);
    return err == SEAL_OK && cli_text(run, "label") ? cli_check_out(run, "label", true, cause) : err;
}

static int run_nvs_build(struct cli_run *run, struct seal_cause *cause)
{
    struct tables tables = {0};
    struct seal_buf *keys = NULL;
    struct seal_buf *label = NULL;
    struct seal_buf *out = seal_buf_new();
    bool plain = !cli_text(run, "keys") && !cli_text(run, "hmac-key") && !cli_text(run, "new-keys");
    int err = out ? check_outputs(run, plain, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = cli_nvs_keys(run, false, &keys, cause);
    }
    if (err == SEAL_OK) {
        err = read_tables(run, &tables, cause);
    }
    if (err == SEAL_OK) {
        err = build(run, &tables, out, cause);
    }
    if (err == SEAL_OK) {
        err = make_label(run, &tables, &label, cause);
    }
    if (err == SEAL_OK && keys) {
        err = seal_nvs_encrypt(seal_buf_ptr(keys), seal_buf_mutable(out), seal_buf_len(out), cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_write_new_keys(run, keys, cause);
    }
    if (err == SEAL_OK && label) {
        err = cli_write_out(run, "label", label, true, cause);
    }
    if (err == SEAL_OK) {
        err = cli_nvs_write_out(run, out, plain, cause);
    }
    seal_buf_free(&label);
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
    {.name = "mac", .value = "MAC", .summary = "the device: for {mac}, and for its row in --values"},
    {.name = "serial", .value = "TEXT", .summary = "its serial number: for {serial}, and for its row"},
    {.name = "derive-key", .value = "FILE", .summary = "32 bytes, the key of {hmac:LABEL}"},
    {.name = "label", .value = "FILE", .summary = "write the label's text, with the proof of possession"},
    {.name = "transport",
     .value = "HOW",
     .summary = "on the label: how the phone reaches the device",
     .choices = (const char *const[]){"ble", "softap", NULL},
     .fallback = "ble"},
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
        "that row; the columns mac and serial choose the row, and with id and pop may match no key. Any "
        "other column "
        "that is "
        "no key is refused.\n\n"
        "With --mac or --serial, words in braces in a value of the table stand for that device: {mac} (12 "
        "hex "
        "digits), {serial}, {name} (PROV_ and the MAC's last three bytes), {random:N} (N random bytes in "
        "hex), "
        "{hmac:LABEL} (HMAC-SHA256 with --derive-key of the MAC's bytes and the label, 64 hex digits), {pop} "
        "(proof of possession), {sec2_salt} and {sec2_verifier} (hex, for hex2bin), and every column of "
        "--values. "
        "Values of --values are taken as they are.\n\n"
        "A partition in the clear gets mode 0600, since it often holds passwords. With --keys, --hmac-key or "
        "--new-keys it is encrypted before it is written; espseal nvs keygen explains the keys.",
    .examples = "espseal nvs build nvs.csv --size 0x6000 --out nvs.bin\n"
                "# one device's values, encrypted, with new keys beside it\n"
                "espseal nvs build nvs.csv --size 0x6000 --values devices.csv --mac 7c:df:a1:5e:a1:01 "
                "--new-keys nvs_keys.bin --out nvs.bin",
    .options = options,
    .run = run_nvs_build,
};
