/* nvs dump: shows what an NVS partition holds, as a table, CSV or JSON. */
#include "nvs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 64 }; /* characters of a value in the table for people */

static bool has_sign(const struct seal_nvs_item *item)
{
    return (unsigned)item->type & 0x10;
}

static void number_text(const struct seal_nvs_item *item, char *text, size_t size)
{
    (void)(has_sign(item) ? snprintf(text, size, "%" PRId64, (int64_t)item->number)
                          : snprintf(text, size, "%" PRIu64, item->number));
}

static void shown_value(const struct seal_nvs_item *item, char *text, size_t size)
{
    if (seal_nvs_type_is_number(item->type)) {
        number_text(item, text, size);
        return;
    }
    size_t used = 0;
    bool string = item->type == SEAL_NVS_STRING;
    size_t most = string ? SHOWN : SHOWN / 2;
    size_t len = item->len < most ? item->len : most;
    while (string && len < item->len && len > 0 && (item->data[len] & 0xC0) == 0x80) {
        len--; /* not within a character of UTF-8 */
    }
    for (size_t i = 0; i < len; i++) {
        used += (size_t)snprintf(text + used, size - used, string ? "%c" : "%02x", item->data[i]);
    }
    if (len < item->len) {
        (void)snprintf(text + used, size - used, "... (%zu bytes)", item->len);
    }
}

static int show_table(const struct cli_run *run, const struct seal_nvs *nvs)
{
    static const char *const headings[] = {"NAMESPACE", "KEY", "TYPE", "VALUE", NULL};
    struct cli_table *table = NULL;
    const struct seal_nvs_item *item = NULL;
    char value[2 * SHOWN + 32];
    int err = cli_table_new(headings, &table);
    for (size_t i = 0; err == SEAL_OK && (item = seal_nvs_item_at(nvs, i)); i++) {
        value[0] = '\0';
        shown_value(item, value, sizeof value);
        const char *const cells[] = {item->space, item->key, seal_nvs_type_name(item->type), value};
        err = cli_table_row(table, cells);
    }
    return err == SEAL_OK ? cli_table_print(run, &table) : err;
}

static int show_csv(const struct cli_run *run, const struct seal_nvs *nvs)
{
    struct seal_buf *text = seal_buf_new();
    int err = text ? seal_nvs_write_csv(nvs, text) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        cli_print(run, "%.*s", (int)seal_buf_len(text), (const char *)seal_buf_ptr(text));
    }
    seal_buf_free(&text);
    return err;
}

/* Bytes of the UTF-8 character (RFC 3629) at text, which has len bytes; 0: it is none. */
static size_t character(const uint8_t *text, size_t len)
{
    static const struct {
        uint8_t first, last, second_from, second_to;
        size_t bytes;
    } rows[] = {
        {0x01, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (text[0] < rows[i].first || text[0] > rows[i].last || rows[i].bytes > len) {
            continue;
        }
        bool good = rows[i].bytes == 1 || (text[1] >= rows[i].second_from && text[1] <= rows[i].second_to);
        for (size_t j = 2; j < rows[i].bytes; j++) {
            good = good && (text[j] & 0xC0) == 0x80;
        }
        return good ? rows[i].bytes : 0;
    }
    return 0;
}

static bool is_utf8(const uint8_t *text, size_t len)
{
    size_t step = 1;
    for (size_t at = 0; at < len && step; at += step) {
        step = character(text + at, len - at);
    }
    return step > 0;
}

static void put_value(seal_json *object, const struct seal_nvs_item *item)
{
    char number[24];
    if (item->type == SEAL_NVS_STRING && is_utf8(item->data, item->len)) {
        seal_json_put_text(object, "value", (const char *)item->data);
    } else if (!seal_nvs_type_is_number(item->type)) {
        seal_json_put_hex(object, "hex", item->data, item->len);
    } else if (item->type == SEAL_NVS_U64 || item->type == SEAL_NVS_I64) {
        number_text(item, number, sizeof number);
        seal_json_put_text(object, "value", number);
    } else {
        seal_json_put_number(object, "value",
                             has_sign(item) ? (double)(int64_t)item->number : (double)item->number);
    }
}

static int show_json(const struct cli_run *run, const char *name, const struct seal_nvs *nvs)
{
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, cli_text(run, "port") ? "partition" : "file", name);
    seal_json *items = seal_json_put_array(root, "items");
    const struct seal_nvs_item *item = NULL;
    for (size_t i = 0; (item = seal_nvs_item_at(nvs, i)); i++) {
        seal_json *object = seal_json_put_object(items, NULL);
        seal_json_put_text(object, "namespace", item->space);
        seal_json_put_text(object, "key", item->key);
        seal_json_put_text(object, "type", seal_nvs_type_name(item->type));
        put_value(object, item);
        seal_json_put_number(object, "page", (double)item->page);
        seal_json_put_number(object, "entry", (double)item->entry);
    }
    seal_json *findings = seal_json_put_array(root, "findings");
    const struct seal_nvs_finding *finding = NULL;
    for (size_t i = 0; (finding = seal_nvs_finding_at(nvs, i)); i++) {
        cli_nvs_put_finding(findings, finding);
    }
    return cli_emit_json(run, &root);
}

/* What is whole has been shown; what is not is said, and makes the command fail. */
static int tell_damage(const struct cli_run *run, const struct cli_nvs_source *source,
                       const struct seal_nvs *nvs, struct seal_cause *cause)
{
    char place[64];
    const struct seal_nvs_finding *finding = NULL;
    size_t damage = seal_nvs_damage_count(nvs);
    for (size_t i = 0; (finding = seal_nvs_finding_at(nvs, i)); i++) {
        if (finding->damage) {
            cli_nvs_place(finding, place);
            cli_warn(run, "%s: %s", place, finding->text);
        }
    }
    if (damage == 0) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is damaged in %zu place%s; what is whole is shown",
                        source->name, damage, damage == 1 ? "" : "s");
    seal_hint(cause, "espseal nvs check %s tells all that there is to know about it", source->again);
    return err;
}

static int run_nvs_dump(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_nvs_source source = {0};
    struct seal_nvs *nvs = NULL;
    if (cli_json(run) && cli_flag(run, "csv")) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--json and --csv cannot both have the standard output");
    }
    int err = cli_nvs_open(run, &source, &nvs, cause);
    if (err == SEAL_OK) {
        err = cli_json(run)          ? show_json(run, source.name, nvs)
              : cli_flag(run, "csv") ? show_csv(run, nvs)
                                     : show_table(run, nvs);
    }
    if (err == SEAL_OK) {
        err = tell_damage(run, &source, nvs, cause);
    }
    seal_nvs_free(&nvs);
    cli_nvs_source_clear(&source);
    return err;
}

static const struct cli_option options[] = {
    {.name = "csv", .summary = "print a table that espseal nvs build makes the same partition of"},
    CLI_NVS_CHIP_OPTIONS,
    CLI_NVS_KEYS_OPTION,
    CLI_NVS_HMAC_OPTION,
    CLI_NVS_PERMISSIONS_OPTION,
    {0},
};

const struct cli_command cli_command_nvs_dump = {
    .name = "nvs dump",
    .summary = "show what an NVS partition holds",
    .operands = "[FILE]",
    .operands_min = 0,
    .operands_max = 1,
    .description = CLI_NVS_CHIP_TEXT
    " Reads a partition as a device would, in the order in which its pages were begun; a key "
    "that was written "
    "again is shown with its last value. An encrypted partition is decrypted in memory with "
    "--keys or --hmac-key. "
    "Values are shown as they are, passwords too; long ones are cut in the table, and whole "
    "with --csv and "
    "--json. There numbers of 64 bits are text, and blobs, and strings that are not UTF-8, "
    "are hexadecimal.\n\n"
    "Of a damaged partition all that is whole is shown, each damage is told on stderr with "
    "its page, entry and "
    "offset, and the exit status is 2.",
    .examples =
        "espseal nvs dump nvs.bin\n"
        "espseal nvs dump --port /dev/ttyUSB0 --partition nvs\n"
        "espseal nvs dump nvs_enc.bin --keys nvs_keys.bin --json | jq '.items[] | select(.key == \"ssid\")'\n"
        "# change a value of a partition: to CSV and back\n"
        "espseal nvs dump nvs.bin --csv > nvs.csv",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_nvs_dump,
};
