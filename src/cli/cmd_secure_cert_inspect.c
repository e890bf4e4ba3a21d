/* secure-cert inspect: what stands in an esp_secure_cert partition, and what is wrong with it. */
#include "identity.h"
#include "partition.h"
#include "partition_source.h"

#include <espseal/partition_look.h>

#include <stdio.h>
#include <string.h>

struct inspection {
    struct cli_run *run;
    const char *path;
    const uint8_t *data;
    size_t len;
    seal_json *root, *entries; /* entries is borrowed from root */
    struct cli_table *table;
    struct seal_buf *details; /* text under the table */
    unsigned findings, secrets;
};

static const char *type_name(const struct seal_partition_item *item, char text[static 16])
{
    const char *name = seal_tlv_type_name(item->entry.type);
    (void)snprintf(text, 16, "TYPE_%u", item->entry.type);
    return name ? name : text;
}

/* --- JSON --- */

static void put_cert(seal_json *entry, const struct seal_partition_item *item)
{
    static const char *const validities[] = {
        [SEAL_CERT_VALID] = "valid", [SEAL_CERT_EXPIRED] = "expired", [SEAL_CERT_NOT_YET] = "not yet valid"};
    seal_json *cert = seal_json_put_object(entry, "certificate");
    cli_put_cert(cert, &item->cert);
    seal_json_put_text(cert, "validity", validities[item->validity]);
    seal_json_put_bool(cert, "is_ca", item->cert.is_ca);
}

static void put_item(const struct inspection *inspection, const struct seal_partition_item *item)
{
    char name[16];
    seal_json *entry = seal_json_put_object(inspection->entries, NULL);
    seal_json_put_number(entry, "offset", (double)item->entry.offset);
    seal_json_put_number(entry, "type", item->entry.type);
    seal_json_put_text(entry, "name", type_name(item, name));
    seal_json_put_number(entry, "subtype", item->entry.subtype);
    seal_json_put_number(entry, "flags", item->entry.flags);
    seal_json_put_number(entry, "length", item->entry.length);
    seal_json_put_formatted(entry, "crc", "%08x", item->entry.crc);
    seal_json_put_bool(entry, "crc_ok", item->crc_ok);
    if (item->integrity != SEAL_UNCHECKED) {
        seal_json_put_bool(entry, "integrity_ok", item->integrity == SEAL_GOOD);
    }
    if (item->has_cert) {
        put_cert(entry, item);
    }
    if (item->entry.type == SEAL_TLV_PRIV_KEY || item->exposure != SEAL_KEY_NONE) {
        seal_json_put_text(entry, "private_key", seal_key_exposure_name(item->exposure));
    }
    if (item->key[0]) {
        seal_json_put_text(entry, "key", item->key);
    }
    if (item->efuse_key >= 0) {
        seal_json_put_number(entry, "efuse_key", item->efuse_key);
    }
    seal_json_put_text(entry, "problem", item->problem[0] ? item->problem : NULL);
}

static int emit_json(struct inspection *inspection, size_t used, enum seal_tlv_end end)
{
    seal_json *root = inspection->root;
    seal_json_put_number(root, "used", (double)used);
    seal_json_put_number(root, "size", (double)inspection->len);
    seal_json_put_text(root, "end", seal_tlv_end_name(end));
    seal_json_put_number(root, "findings", inspection->findings);
    seal_json_put_bool(root, "private_key_in_clear", inspection->secrets > 0);
    return cli_emit_json(inspection->run, &inspection->root);
}

/* --- text --- */

static void describe(const struct seal_partition_item *item, char *text, size_t size)
{
    static const char *const exposures[] = {
        [SEAL_KEY_NONE] = "",
        [SEAL_KEY_IN_EFUSE] = "the key is in the ECDSA peripheral",
        [SEAL_KEY_DERIVED] = "the key is derived from an HMAC key",
        [SEAL_KEY_ENCRYPTED] = "encrypted private key",
        [SEAL_KEY_PLAINTEXT] = "PRIVATE KEY IN CLEAR",
        [SEAL_KEY_LEAKED] = "PRIVATE KEY IN CLEAR",
    };
    if (item->has_cert) {
        (void)snprintf(text, size, "%s (%s)", item->cert.subject, item->cert.key);
    } else if (item->integrity != SEAL_UNCHECKED) {
        (void)snprintf(text, size, "integrity %s", item->integrity == SEAL_GOOD ? "ok" : "WRONG");
    } else if (item->efuse_key >= 0) {
        (void)snprintf(text, size, "%s%sBLOCK_KEY%d", item->key, item->key[0] ? ", " : "", item->efuse_key);
    } else if (item->exposure != SEAL_KEY_NONE && item->key[0]) {
        (void)snprintf(text, size, "%s, %s", item->key, exposures[item->exposure]);
    } else {
        (void)snprintf(text, size, "%s",
                       item->exposure != SEAL_KEY_NONE ? exposures[item->exposure] : item->key);
    }
}

static int add_row(struct inspection *inspection, const struct seal_partition_item *item)
{
    char offset[16], subtype[8], flags[8], length[8], name[16], what[400];
    (void)snprintf(offset, sizeof offset, "0x%04zx", item->entry.offset);
    (void)snprintf(subtype, sizeof subtype, "%u", item->entry.subtype);
    (void)snprintf(flags, sizeof flags, "0x%02x", item->entry.flags);
    (void)snprintf(length, sizeof length, "%u", item->entry.length);
    describe(item, what, sizeof what);
    const char *const cells[] = {offset, type_name(item, name),         subtype, flags,
                                 length, item->crc_ok ? "ok" : "WRONG", what};
    return cli_table_row(inspection->table, cells);
}

static int SEAL_PRINTF(2, 3) add_detail(struct inspection *inspection, const char *format, ...)
{
    char line[600];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    size_t fits = len < 0 ? 0 : (size_t)len < sizeof line ? (size_t)len : sizeof line - 1;
    return seal_buf_put(inspection->details, line, fits);
}

static int add_cert(struct inspection *inspection, const struct seal_partition_item *item)
{
    char name[16];
    const struct seal_cert_info *info = &item->cert;
    const char *remark = item->validity == SEAL_CERT_EXPIRED   ? " (expired)"
                         : item->validity == SEAL_CERT_NOT_YET ? " (not yet valid)"
                                                               : "";
    int err =
        add_detail(inspection, "\n%s %u\n  subject  %s\n  issuer   %s\n  serial   %s\n",
                   type_name(item, name), item->entry.subtype, info->subject, info->issuer, info->serial);
    if (err == SEAL_OK) {
        err = add_detail(inspection, "  valid    %s to %s%s\n  key      %s%s\n", info->not_before,
                         info->not_after, remark, info->key, info->is_ca ? ", of a CA" : "");
    }
    return err;
}

static int print_text(struct inspection *inspection, size_t used, enum seal_tlv_end end)
{
    int err = cli_table_print(inspection->run, &inspection->table);
    if (err == SEAL_OK) {
        cli_print(inspection->run, "%.*s", (int)seal_buf_len(inspection->details),
                  (const char *)seal_buf_ptr(inspection->details));
        cli_print(inspection->run, "\n%zu bytes in use; then %s\n", used, seal_tlv_end_name(end));
    }
    return err;
}

/* --- the walk --- */

static void warn(struct inspection *inspection, const struct seal_partition_item *item)
{
    char name[16];
    const char *type = type_name(item, name);
    if (item->problem[0]) {
        inspection->findings++;
        cli_warn(inspection->run, "%s at 0x%zx %s", type, item->entry.offset, item->problem);
    }
    if (item->exposure == SEAL_KEY_PLAINTEXT || item->exposure == SEAL_KEY_LEAKED) {
        inspection->secrets++;
    }
    if (item->exposure == SEAL_KEY_PLAINTEXT) {
        cli_warn(inspection->run,
                 "%s at 0x%zx holds a private key in clear: whoever has the flash has the key", type,
                 item->entry.offset);
    }
}

static int take(struct inspection *inspection, const struct seal_tlv_entry *entry, struct seal_cause *cause)
{
    struct seal_partition_item item;
    int err = seal_partition_look(inspection->data, inspection->len, entry, &item, cause);
    if (err != SEAL_OK) {
        return err;
    }
    warn(inspection, &item);
    if (cli_json(inspection->run)) {
        put_item(inspection, &item);
        return SEAL_OK;
    }
    err = add_row(inspection, &item);
    return err == SEAL_OK && item.has_cert ? add_cert(inspection, &item) : err;
}

static int conclude(const struct inspection *inspection, size_t used, enum seal_tlv_end end,
                    struct seal_cause *cause)
{
    if (end == SEAL_TLV_END_TRUNCATED) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s is truncated: its entry at 0x%zx reaches beyond the end",
                         inspection->path, used);
    }
    if (inspection->findings) {
        return seal_fail(cause, SEAL_ERR_FINDINGS, "%s has %u finding%s", inspection->path,
                         inspection->findings, inspection->findings == 1 ? "" : "s");
    }
    return SEAL_OK;
}

static int inspect(struct inspection *inspection, struct seal_cause *cause)
{
    struct seal_tlv_entry entry;
    enum seal_tlv_end end = SEAL_TLV_END_OF_DATA;
    size_t offset = 0;
    int err = SEAL_OK;
    while (err == SEAL_OK && seal_tlv_next(inspection->data, inspection->len, &offset, &entry, &end)) {
        err = take(inspection, &entry, cause);
    }
    if (err == SEAL_OK && offset == 0) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "%s is no esp_secure_cert partition: %s", inspection->path,
                         end == SEAL_TLV_END_OF_DATA ? "it is empty"
                                                     : "it does not start with a whole entry");
    }
    if (err == SEAL_OK) {
        err = cli_json(inspection->run) ? emit_json(inspection, offset, end)
                                        : print_text(inspection, offset, end);
    }
    return err ? err : conclude(inspection, offset, end, cause);
}

static int prepare(struct inspection *inspection)
{
    static const char *const headings[] = {"OFFSET", "TYPE", "SUBTYPE", "FLAGS",
                                           "LENGTH", "CRC",  "WHAT",    NULL};
    inspection->root = seal_json_object_new();
    seal_json_put_text(inspection->root, "file", inspection->path);
    inspection->entries = seal_json_put_array(inspection->root, "entries");
    inspection->details = seal_buf_new();
    return inspection->details ? cli_table_new(headings, &inspection->table) : SEAL_ERR_NO_MEMORY;
}

/* What makes a legacy partition another thing than its entries. */
static void tell_format(struct inspection *inspection, const struct cli_partition *partition)
{
    const char *format = seal_cert_format_name(partition->format);
    seal_json_put_text(inspection->root, "format", format);
    if (partition->format != SEAL_CERT_TLV) {
        cli_print(inspection->run, "legacy format %s; shown as the entries that it stands for\n\n", format);
        seal_json_put_text(inspection->root, "problem", partition->problem[0] ? partition->problem : NULL);
    }
    if (partition->problem[0]) {
        inspection->findings++;
        cli_warn(inspection->run, "%s", partition->problem);
    }
}

static int run_inspect(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_partition partition;
    struct inspection inspection = {.run = run};
    int err = cli_partition_read(run, &partition, cause);
    if (err == SEAL_OK) {
        inspection.path = partition.name;
        err = prepare(&inspection);
    }
    if (err == SEAL_OK) {
        tell_format(&inspection, &partition);
        inspection.data = seal_buf_ptr(cli_partition_entries(&partition));
        inspection.len = seal_buf_len(cli_partition_entries(&partition));
        err = inspect(&inspection, cause);
    }
    cli_table_free(&inspection.table);
    seal_json_free(&inspection.root);
    seal_buf_free(&inspection.details);
    cli_partition_clear(&partition);
    return err;
}

static const struct cli_option options[] = {
    {.name = "offset",
     .value = "OFFSET",
     .summary = "with --port: flash offset of esp_secure_cert, or auto: from the partition table",
     .fallback = "0xd000"},
    CLI_TABLE_OFFSET,
    {0},
};

const struct cli_command cli_command_secure_cert_inspect = {
    .name = "secure-cert inspect",
    .summary = "show and judge an esp_secure_cert partition",
    .operands = "[FILE]",
    .operands_min = 0,
    .operands_max = 1,
    .description =
        "Shows every entry of a partition in TLV format, as the device's reader finds it: offset, type, "
        "subtype, "
        "flags, length, whether its CRC is right, and what it holds; for certificates the subject, the "
        "issuer "
        "and the time they are valid. FILE may be the partition alone or flash read from its start; - is "
        "standard input; with --port the partition is read from a chip instead. The legacy formats "
        "cust_flash and "
        "nvs are recognised and shown as the entries that they stand for.\n\n"
        "Exit status 7 and a warning for each finding: a wrong CRC, an integrity entry that is not the "
        "SHA-256 "
        "of what stands before it, a certificate or key that cannot be read, a key that is not the device "
        "certificate's, Digital Signature entries that contradict each other, and a private key in clear "
        "although a peripheral was meant to hold it (some versions of the reference tool write it for "
        "ECDSA). "
        "A private key that is stored as plaintext on purpose is a warning only. A file that is no "
        "partition, "
        "or is cut, is exit status 2.",
    .examples = "espseal secure-cert inspect esp_secure_cert.bin\n"
                "# the subject of each certificate\n"
                "espseal secure-cert inspect esp_secure_cert.bin --json | jq -r "
                "'.entries[].certificate.subject // empty'",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_inspect,
};
