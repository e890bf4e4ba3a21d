/* efuse summary: what is burned into a chip, what that means, and what can still be read and changed. */
#include "cli.h"
#include "efuse_words.h"
#include "fuse.h"

#include <espseal/efuse.h>
#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

#define VALUE_SIZE 72

struct summary {
    const struct seal_chip *chip;
    struct seal_efuse efuse;
    bool all, show_keys, changed;
};

static bool bit_of(const struct summary *summary, const char *field)
{
    return seal_efuse_get_named(&summary->efuse, field) != 0;
}

static bool odd(const struct summary *summary, const char *field)
{
    return __builtin_popcount(seal_efuse_get_named(&summary->efuse, field)) % 2 == 1;
}

static const char *protection(bool readable, bool writable)
{
    static const char *const marks[2][2] = {{"- -", "- W"}, {"R -", "R W"}};
    return marks[readable][writable];
}

/* --- values --- */

/* Blocks that can be hidden from software are meant for secrets. */
static bool may_hold_secret(const struct summary *summary, const struct seal_efuse_field *field)
{
    const struct seal_key_purpose *purpose = NULL;
    int key = summary->chip->efuse->blocks[field->block].key;

    if (key >= 0) {
        purpose =
            seal_chip_purpose_by_value(summary->chip, seal_efuse_key_purpose(&summary->efuse, (unsigned)key));
    }
    return field->read_disable >= 0 && (purpose == NULL || !purpose->digest);
}

static bool is_blank(const struct summary *summary, const struct seal_efuse_field *field)
{
    uint8_t bytes[32];
    seal_efuse_get_bytes(&summary->efuse, field, bytes);
    const bool blank = seal_is_filled(bytes, (field->bits + 7u) / 8, 0);
    seal_cleanse(bytes, sizeof bytes);
    return blank;
}

static void format_mac(const struct summary *summary, const struct seal_efuse_field *field, char *text)
{
    uint8_t mac[6];

    if (strcmp(field->name, "MAC") == 0) {
        seal_efuse_mac(&summary->efuse, mac);
    } else { /* stored in the order in which it is written */
        seal_efuse_get_bytes(&summary->efuse, field, mac);
    }
    (void)seal_mac_text(mac, text);
}

static void format_bytes(const struct summary *summary, const struct seal_efuse_field *field, char *text)
{
    uint8_t bytes[32];

    if (!seal_efuse_field_readable(&summary->efuse, field)) {
        (void)snprintf(text, VALUE_SIZE, "hidden");
    } else if (is_blank(summary, field)) {
        (void)snprintf(text, VALUE_SIZE, "blank");
    } else if (may_hold_secret(summary, field) && !summary->show_keys) {
        (void)snprintf(text, VALUE_SIZE, "set, readable");
    } else {
        seal_efuse_get_bytes(&summary->efuse, field, bytes);
        seal_hex_encode(bytes, (field->bits + 7u) / 8, text);
        seal_cleanse(bytes, sizeof bytes);
    }
}

static void format_value(const struct summary *summary, const struct seal_efuse_field *field, char *text)
{
    uint32_t value = seal_efuse_get(&summary->efuse, field);

    if (field->type == SEAL_FIELD_MAC_ADDRESS) {
        format_mac(summary, field, text);
    } else if (field->type == SEAL_FIELD_BYTES) {
        format_bytes(summary, field, text);
    } else if (strcmp(field->name, "WR_DIS") == 0 || strcmp(field->name, "RD_DIS") == 0) {
        (void)snprintf(text, VALUE_SIZE, "0x%0*x", (field->bits + 3) / 4, (unsigned)value);
    } else {
        (void)snprintf(text, VALUE_SIZE, "%u", (unsigned)value);
    }
}

static void format_meaning(const struct summary *summary, const struct seal_efuse_field *field, char *text,
                           size_t size)
{
    uint32_t value = field->bits > 32 ? !is_blank(summary, field) : seal_efuse_get(&summary->efuse, field);
    cli_efuse_meaning(field, value, text, size);
}

/* --- the human view --- */

/* The ESP32's fuse works from its revision 3 on. */
static bool download_off(const struct summary *summary)
{
    return bit_of(summary, "DIS_DOWNLOAD_MODE") ||
           (bit_of(summary, "UART_DOWNLOAD_DIS") && seal_efuse_revision(&summary->efuse) >= 300);
}

/* JTAG on the pins, and on USB where the chip has that. */
static bool jtag_off(const struct summary *summary)
{
    bool usb = seal_chip_field(summary->chip, "DIS_USB_JTAG") != NULL;
    return bit_of(summary, "JTAG_DISABLE") || bit_of(summary, "HARD_DIS_JTAG") ||
           (bit_of(summary, "DIS_PAD_JTAG") && (!usb || bit_of(summary, "DIS_USB_JTAG")));
}

static void print_posture(struct cli_run *run, const struct summary *summary)
{
    unsigned revision = seal_efuse_revision(&summary->efuse);
    const char *download = download_off(summary)                         ? "off for good"
                           : bit_of(summary, "ENABLE_SECURITY_DOWNLOAD") ? "secure (writes flash only)"
                                                                         : "open";
    const char *jtag = jtag_off(summary)               ? "off for good"
                       : odd(summary, "SOFT_DIS_JTAG") ? "off, an HMAC key can reopen it"
                                                       : "open";
    bool secure_boot =
        bit_of(summary, "SECURE_BOOT_EN") || bit_of(summary, "ABS_DONE_0") || bit_of(summary, "ABS_DONE_1");
    bool encryption = odd(summary, "SPI_BOOT_CRYPT_CNT") || odd(summary, "FLASH_CRYPT_CNT");
    uint8_t mac[6];
    char text[SEAL_MAC_TEXT];

    seal_efuse_mac(&summary->efuse, mac);
    cli_print(run, "%s revision %u.%u, MAC %s\n", summary->chip->title, revision / 100, revision % 100,
              seal_mac_text(mac, text));
    cli_print(run, "secure boot %s, flash encryption %s, download mode %s, JTAG %s\n\n",
              secure_boot ? "on" : "off", encryption ? "on" : "off", download, jtag);
    cli_print(run, "An eFuse bit is 0 until it is burned to 1, for good. R: software can read it. "
                   "W: more of its bits can be burned.\n\n");
}

static int add_key_row(struct cli_table *table, const struct summary *summary, unsigned key)
{
    unsigned value = seal_efuse_key_purpose(&summary->efuse, key);
    const struct seal_key_purpose *purpose = seal_chip_purpose_by_value(summary->chip, value);
    int block = seal_chip_key_block(summary->chip, key);
    const struct seal_efuse_field *field =
        seal_chip_field(summary->chip, summary->chip->efuse->blocks[block].name);
    char name[16], number[16], content[VALUE_SIZE];

    (void)snprintf(name, sizeof name, "KEY%u", key);
    (void)snprintf(number, sizeof number, "%u", value);
    format_bytes(summary, field, content);
    const char *const cells[] = {
        name,
        protection(seal_efuse_field_readable(&summary->efuse, field),
                   seal_efuse_field_writable(&summary->efuse, field)),
        content,
        purpose != NULL ? purpose->name : number,
        seal_efuse_key_purpose_writable(&summary->efuse, key) ? "no" : "yes",
        purpose != NULL ? cli_efuse_purpose_meaning(purpose->name) : "a value that espseal does not know",
    };
    return cli_table_row(table, cells);
}

static int print_keys(struct cli_run *run, const struct summary *summary)
{
    static const char *const headings[] = {"KEY", "R W", "CONTENT", "PURPOSE", "FIXED", "WHAT IT IS FOR",
                                           NULL};
    struct cli_table *table = NULL;
    int err = cli_table_new(headings, &table), printed = SEAL_OK;

    for (unsigned key = 0; err == SEAL_OK && key < summary->chip->key_blocks; key++)
        err = add_key_row(table, summary, key);
    if (table != NULL)
        printed = cli_table_print(run, &table);
    return err != SEAL_OK ? err : printed;
}

/* Keys and their purposes have a table of their own. */
static bool in_key_table(const struct summary *summary, const struct seal_efuse_field *field)
{
    return field->type == SEAL_FIELD_KEY_PURPOSE || summary->chip->efuse->blocks[field->block].key >= 0;
}

static bool is_factory_detail(const struct seal_efuse_field *field)
{
    return field->category == SEAL_FIELD_CALIBRATION || field->category == SEAL_FIELD_SPI_PAD;
}

static bool is_shown(const struct summary *summary, const struct seal_efuse_field *field)
{
    if (summary->changed && (cli_efuse_is_factory(field) || is_blank(summary, field))) {
        return false;
    }
    return !in_key_table(summary, field) && (summary->all || (!field->hidden && !is_factory_detail(field)));
}

static int add_field_row(struct cli_table *table, const struct summary *summary,
                         const struct seal_efuse_field *field, bool first)
{
    char value[VALUE_SIZE], meaning[160];

    format_value(summary, field, value);
    format_meaning(summary, field, meaning, sizeof meaning);
    const char *const cells[] = {
        first ? seal_field_category_name(field->category) : "",
        field->name,
        protection(seal_efuse_field_readable(&summary->efuse, field),
                   seal_efuse_field_writable(&summary->efuse, field)),
        value,
        meaning,
    };
    return cli_table_row(table, cells);
}

static int add_category(struct cli_table *table, const struct summary *summary,
                        enum seal_field_category category)
{
    const struct seal_efuse_controller *controller = summary->chip->efuse;
    bool first = true;
    int err = SEAL_OK;

    for (size_t i = 0; err == SEAL_OK && i < controller->field_count; i++) {
        const struct seal_efuse_field *field = &controller->fields[i];
        if (field->category != category || !is_shown(summary, field))
            continue;
        err = add_field_row(table, summary, field, first);
        first = false;
    }
    return err;
}

static int print_fields(struct cli_run *run, const struct summary *summary)
{
    static const char *const headings[] = {"GROUP", "FIELD", "R W", "VALUE", "MEANING", NULL};
    static const enum seal_field_category order[] = {
        SEAL_FIELD_SECURITY, SEAL_FIELD_JTAG,  SEAL_FIELD_USB,     SEAL_FIELD_CONFIG,
        SEAL_FIELD_IDENTITY, SEAL_FIELD_MAC,   SEAL_FIELD_FLASH,   SEAL_FIELD_VDD,
        SEAL_FIELD_WDT,      SEAL_FIELD_OTHER, SEAL_FIELD_SPI_PAD, SEAL_FIELD_CALIBRATION,
    };
    struct cli_table *table = NULL;
    int err = cli_table_new(headings, &table), printed = SEAL_OK;

    for (size_t i = 0; err == SEAL_OK && i < sizeof order / sizeof order[0]; i++)
        err = add_category(table, summary, order[i]);
    if (table != NULL)
        printed = cli_table_print(run, &table);
    return err != SEAL_OK ? err : printed;
}

static int print_summary(struct cli_run *run, const struct summary *summary)
{
    int err;

    print_posture(run, summary);
    if (summary->chip->key_blocks > 0) { /* the ESP32's keys are fields */
        err = print_keys(run, summary);
        if (err != SEAL_OK) {
            return err;
        }
        cli_print(run, "\n");
    }
    err = print_fields(run, summary);
    if (err == SEAL_OK && !summary->all)
        cli_print(run, "\nCalibration, pad and reserved fields are left out; --all shows them.\n");
    return err;
}

/* One field, as a script wants it: the value and nothing else. */
static int print_one(struct cli_run *run, const struct summary *summary, const char *name,
                     struct seal_cause *cause)
{
    const struct seal_efuse_field *field = seal_fuse_plan_find_field(summary->chip, name);
    char value[VALUE_SIZE];

    if (field == NULL) {
        int err =
            seal_fail(cause, SEAL_ERR_USAGE, "the %s has no eFuse field %s", summary->chip->title, name);
        cli_fuse_suggest_field(summary->chip, name, cause);
        return err;
    }
    format_value(summary, field, value);
    cli_print(run, "%s\n", value);
    seal_cleanse(value, sizeof value);
    return SEAL_OK;
}

/* --- JSON --- */

static void put_field(seal_json *list, const struct summary *summary, const struct seal_efuse_field *field)
{
    char value[VALUE_SIZE], meaning[160];
    seal_json *entry = seal_json_put_object(list, NULL);

    format_value(summary, field, value);
    format_meaning(summary, field, meaning, sizeof meaning);
    seal_json_put_text(entry, "name", field->name);
    seal_json_put_text(entry, "category", seal_field_category_name(field->category));
    seal_json_put_number(entry, "block", field->block);
    seal_json_put_number(entry, "bit", field->bit);
    seal_json_put_number(entry, "bits", field->bits);
    if (field->bits <= 32 && field->type != SEAL_FIELD_BYTES) {
        seal_json_put_number(entry, "value", seal_efuse_get(&summary->efuse, field));
    } else {
        seal_json_put_text(entry, "value", value);
    }
    seal_json_put_text(entry, "meaning", meaning);
    seal_json_put_bool(entry, "readable", seal_efuse_field_readable(&summary->efuse, field));
    seal_json_put_bool(entry, "writable", seal_efuse_field_writable(&summary->efuse, field));
    seal_cleanse(value, sizeof value);
}

static void put_key(seal_json *list, const struct summary *summary, unsigned key)
{
    unsigned value = seal_efuse_key_purpose(&summary->efuse, key);
    const struct seal_key_purpose *purpose = seal_chip_purpose_by_value(summary->chip, value);
    unsigned block = (unsigned)seal_chip_key_block(summary->chip, key);
    const struct seal_efuse_field *field =
        seal_chip_field(summary->chip, summary->chip->efuse->blocks[block].name);
    seal_json *entry = seal_json_put_object(list, NULL);
    bool readable = seal_efuse_block_readable(&summary->efuse, block);

    seal_json_put_number(entry, "key", key);
    seal_json_put_text(entry, "block", field->name);
    seal_json_put_text(entry, "purpose", purpose != NULL ? purpose->name : NULL);
    seal_json_put_number(entry, "purpose_value", value);
    seal_json_put_bool(entry, "purpose_writable", seal_efuse_key_purpose_writable(&summary->efuse, key));
    seal_json_put_text(entry, "content", !readable ? "hidden" : is_blank(summary, field) ? "blank" : "set");
    seal_json_put_bool(entry, "readable", readable);
    seal_json_put_bool(entry, "writable", seal_efuse_block_writable(&summary->efuse, block));
}

static int emit_summary(struct cli_run *run, const struct summary *summary,
                        const struct seal_efuse_field *only)
{
    seal_json *root = seal_json_object_new();
    unsigned revision = seal_efuse_revision(&summary->efuse);
    char mac[VALUE_SIZE];

    format_mac(summary, seal_chip_field(summary->chip, "MAC"), mac);
    seal_json_put_text(root, "chip", summary->chip->name);
    seal_json_put_formatted(root, "revision", "%u.%u", revision / 100, revision % 100);
    seal_json_put_text(root, "mac", mac);
    seal_json_put_text(root, "fields_source", summary->chip->efuse->fields_source);
    seal_json *keys = seal_json_put_array(root, "keys");
    for (unsigned key = 0; key < summary->chip->key_blocks; key++)
        put_key(keys, summary, key);
    seal_json *fields = seal_json_put_array(root, "fields");
    for (size_t i = 0; i < summary->chip->efuse->field_count; i++) {
        const struct seal_efuse_field *field = &summary->chip->efuse->fields[i];
        bool same = summary->changed && (cli_efuse_is_factory(field) || is_blank(summary, field));
        bool other = only != NULL && field != only;
        if (!same && !other && (summary->all || only != NULL || !field->hidden)) {
            put_field(fields, summary, field);
        }
    }
    return cli_emit_json(run, &root);
}

/* --- where the fuses come from --- */

static int read_file(struct cli_run *run, const char *path, struct summary *summary, struct seal_cause *cause)
{
    struct seal_buf *buf = NULL;
    int err = cli_find_chip(cli_text(run, "chip"), &summary->chip, cause);

    if (err == SEAL_OK && summary->chip == NULL) {
        err = seal_fail(cause, SEAL_ERR_USAGE,
                        "--efuse-file does not say whose fuses it holds: --chip CHIP "
                        "is missing");
    }
    if (err == SEAL_OK)
        err = seal_file_read(path, 64 << 10, 0, &buf, cause);
    if (err == SEAL_OK) {
        err =
            seal_efuse_from_file(summary->chip, seal_buf_ptr(buf), seal_buf_len(buf), &summary->efuse, cause);
    }
    if (err == SEAL_OK) {
        summary->chip = summary->efuse.chip;
    }
    if (buf != NULL)
        seal_cleanse(seal_buf_mutable(buf), seal_buf_len(buf));
    seal_buf_free(&buf);
    return err;
}

static int read_device(struct cli_run *run, struct summary *summary, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    int err = cli_connect(run, &loader, cause);

    if (err == SEAL_OK)
        err = seal_loader_require_registers(loader, "read eFuses", cause);
    if (err != SEAL_OK)
        return err;
    summary->chip = summary->efuse.chip = seal_loader_chip(loader);
    err = seal_efuse_read(loader, ~0u, &summary->efuse, cause);
    for (size_t id = 0; err == SEAL_OK && id < summary->chip->efuse->block_count; id++) {
        if (summary->efuse.error_fail[id]) {
            cli_warn(run, "the chip reports errors in %s that its code cannot correct",
                     summary->chip->efuse->blocks[id].name);
        }
    }
    return err;
}

static int run_efuse_summary(struct cli_run *run, struct seal_cause *cause)
{
    struct summary summary = {.all = cli_flag(run, "all"),
                              .show_keys = cli_flag(run, "show-keys"),
                              .changed = cli_flag(run, "changed")};
    const char *field = cli_text(run, "field");
    const char *path = cli_text(run, "efuse-file");
    int err;

    if (path == NULL && !cli_flag(run, "port")) {
        seal_fail(cause, SEAL_ERR_USAGE, "--port PORT is missing");
        seal_hint(cause, "--port /dev/ttyUSB0 for a device, or --efuse-file FILE --chip CHIP for a file");
        return SEAL_ERR_USAGE;
    }
    if (path != NULL && cli_flag(run, "port"))
        return seal_fail(cause, SEAL_ERR_USAGE, "--efuse-file and --port exclude each other");
    err = path != NULL ? read_file(run, path, &summary, cause) : read_device(run, &summary, cause);
    if (err == SEAL_OK && field != NULL) {
        err = print_one(run, &summary, field, cause);
    } else if (err == SEAL_OK && !cli_json(run)) {
        err = print_summary(run, &summary);
    }
    if (err == SEAL_OK && cli_json(run)) {
        err = emit_summary(run, &summary,
                           field != NULL ? seal_fuse_plan_find_field(summary.chip, field) : NULL);
    }
    seal_cleanse(&summary, sizeof summary);
    return err;
}

static const struct cli_option options[] = {
    CLI_LOOK_FILE_OPTION,
    {.name = "all", .summary = "calibration, pad and reserved fields too"},
    {.name = "changed", .summary = "only what a blank chip does not have"},
    {.name = "field", .value = "NAME", .summary = "only the value of this field"},
    {.name = "show-keys", .summary = "print the bytes of key blocks that can be read"},
    {0},
};

const struct cli_command cli_command_efuse_summary = {
    .name = "efuse summary",
    .summary = "show what is burned into the chip, and what it means",
    .description =
        "Shows the state of the chip's eFuses: first what they make of the chip, then the key blocks with "
        "their purposes, then every other field by group with its value and meaning. R marks what software "
        "can read, W what can still be burned. Nothing is changed.\n\n"
        "The content of a key block is shown as blank, as set but readable, or as hidden; its bytes are "
        "printed only for public digests, or with --show-keys.",
    .examples = "espseal efuse summary --port /dev/ttyUSB0\n"
                "# the purpose of each key block\n"
                "espseal efuse summary --port /dev/ttyUSB0 --json | jq -r '.keys[] | .purpose'\n"
                "# the fuses of an emulated chip\n"
                "espseal efuse summary --efuse-file qemu_efuse.bin --chip esp32c3",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_efuse_summary,
};
