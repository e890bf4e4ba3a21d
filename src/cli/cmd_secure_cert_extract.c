/* secure-cert extract: a partition as files and rows that make it again. */
#include "identity.h"
#include "partition.h"
#include "partition_source.h"

#include <espseal/file.h>
#include <espseal/secure_cert.h>
#include <espseal/secure_cert_build.h>
#include <espseal/secure_cert_extract.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PLAIN_ROWS "esp_secure_cert.csv"
#define PARSED_ROWS "esp_secure_cert_parsed.csv"
#define PARSED_ENTRIES "tlv_entries_raw.txt"

static const char *const layouts[] = {"plain", "parse_bin", NULL};

static enum seal_extract_layout layout_of(const struct cli_run *run)
{
    const char *text = cli_text(run, "layout");
    return text && strcmp(text, "parse_bin") == 0 ? SEAL_EXTRACT_PARSE_BIN : SEAL_EXTRACT_PLAIN;
}

static const char *rows_name(const struct cli_run *run)
{
    return layout_of(run) == SEAL_EXTRACT_PARSE_BIN ? PARSED_ROWS : PLAIN_ROWS;
}

static int path_in(const char *directory, const char *name, char path[static 1024], struct seal_cause *cause)
{
    int len = snprintf(path, 1024, "%s/%s", directory, name);
    return len < 1024 ? SEAL_OK
                      : seal_fail(cause, SEAL_ERR_TOO_LONG, "the path %.200s is too long", directory);
}

static int write_one(const struct cli_run *run, const char *name, const struct seal_buf *data, bool secret,
                     struct seal_cause *cause)
{
    char path[1024];
    int err = path_in(cli_text(run, "out"), name, path, cause);
    return err == SEAL_OK ? seal_file_write(path, seal_buf_ptr(data), seal_buf_len(data),
                                            cli_out_flags(run, secret), cause)
                          : err;
}

static int make_directory(const char *path, struct seal_cause *cause)
{
    return mkdir(path, 0777) != 0 && errno != EEXIST
               ? seal_fail_errno(cause, "cannot make the directory %s", path)
               : SEAL_OK;
}

/* What the reference's list of entries tells, but the data, which may be a key. */
static int write_entries(const struct cli_run *run, const struct seal_buf *entries, struct seal_cause *cause)
{
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    size_t offset = 0;
    struct seal_buf *text = seal_buf_new();
    int err = text ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    for (unsigned n = 1;
         err == SEAL_OK && seal_tlv_next(seal_buf_ptr(entries), seal_buf_len(entries), &offset, &entry, &end);
         n++) {
        char lines[400];
        const char *name = seal_tlv_type_name(entry.type);
        int len = snprintf(
            lines, sizeof lines,
            "TLV Entry #%u: %s\nOffset:     0x%04zx\nType:       %u\nSubtype:    %u\n"
            "Flags:      0x%02X\nLength:     %u bytes\nTotal size: %zu bytes\nCRC32:      0x%08X (%s)\n\n",
            n, name ? name : "unknown", entry.offset, entry.type, entry.subtype, entry.flags, entry.length,
            entry.size, entry.crc, entry.crc == entry.crc_computed ? "valid" : "WRONG");
        err = seal_buf_put(text, lines, (size_t)len);
    }
    if (err == SEAL_OK) {
        err = write_one(run, PARSED_ENTRIES, text, false, cause);
    }
    seal_buf_free(&text);
    return err;
}

static int write_all(const struct cli_run *run, const struct seal_extract *extract,
                     const struct seal_buf *entries, struct seal_cause *cause)
{
    char contents[1024];
    bool parse_bin = layout_of(run) == SEAL_EXTRACT_PARSE_BIN;
    int err = make_directory(cli_text(run, "out"), cause);
    if (err == SEAL_OK && parse_bin) {
        err = path_in(cli_text(run, "out"), "contents", contents, cause);
        err = err == SEAL_OK ? make_directory(contents, cause) : err;
    }
    for (size_t i = 0; err == SEAL_OK && i < extract->count; i++) {
        const struct seal_extracted_file *file = &extract->files[i];
        err = write_one(run, file->name, file->data, file->secret, cause);
    }
    if (err == SEAL_OK && parse_bin) {
        err = write_entries(run, entries, cause);
    }
    return err == SEAL_OK ? write_one(run, rows_name(run), extract->csv, extract->has_private_keys, cause)
                          : err;
}

/* Whether the files that were written make the partition again: a legacy one may have held more. */
static int check(const struct cli_run *run, const struct cli_partition *partition, bool *same,
                 struct seal_cause *cause)
{
    struct seal_buf *rows_text = NULL;
    struct seal_buf *out = seal_buf_new_secret();
    struct seal_buf *legacy = seal_buf_new_secret();
    struct seal_build_result result;
    struct seal_secure_cert_rows *rows = seal_secure_cert_rows_new();
    const struct seal_build_options options = {
        .directory = cli_text(run, "out"), .size = SEAL_SECURE_CERT_LIMIT, .allow_private_keys = true};
    char path[1024];
    int err = out && legacy && rows ? path_in(cli_text(run, "out"), rows_name(run), path, cause)
                                    : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_file_read(path, 4 << 20, 0, &rows_text, cause);
    }
    if (err == SEAL_OK) {
        err = seal_secure_cert_rows_csv(seal_buf_ptr(rows_text), seal_buf_len(rows_text), rows_name(run),
                                        rows, cause);
    }
    if (err == SEAL_OK) {
        err = seal_secure_cert_build(rows, &options, out, &result, cause);
    }
    if (err == SEAL_OK && partition->tlv) {
        err =
            seal_secure_cert_from_tlv(seal_buf_ptr(out), seal_buf_len(out), partition->format, legacy, cause);
    }
    const struct seal_buf *made = partition->tlv ? legacy : out;
    *same = err == SEAL_OK && seal_buf_len(made) == seal_buf_len(partition->data) &&
            memcmp(seal_buf_ptr(made), seal_buf_ptr(partition->data), seal_buf_len(made)) == 0;
    seal_secure_cert_rows_free(&rows);
    seal_buf_free(&rows_text);
    seal_buf_free(&legacy);
    seal_buf_free(&out);
    return err;
}

static int report(const struct cli_run *run, const struct cli_partition *partition,
                  const struct seal_extract *extract, bool same)
{
    const char *format = seal_cert_format_name(partition->format);
    if (extract->has_private_keys) {
        cli_warn(run, "%s holds a private key in clear, and so does %s now", partition->name,
                 cli_text(run, "out"));
    }
    if (!same) {
        cli_warn(run, "building %s again gives other bytes: the partition holds more than its entries",
                 rows_name(run));
    }
    if (!cli_json(run)) {
        for (size_t i = 0; i < extract->count; i++) {
            cli_print(run, "%s/%s\n", cli_text(run, "out"), extract->files[i].name);
        }
        cli_print(run, "%s/%s\n", cli_text(run, "out"), rows_name(run));
        return SEAL_OK;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "format", format);
    seal_json_put_text(root, "directory", cli_text(run, "out"));
    seal_json *files = seal_json_put_array(root, "files");
    for (size_t i = 0; i < extract->count; i++) {
        seal_json_put_text(files, NULL, extract->files[i].name);
    }
    seal_json_put_text(root, "rows", rows_name(run));
    seal_json_put_bool(root, "private_key_in_clear", extract->has_private_keys);
    seal_json_put_bool(root, "rebuilds", same);
    return cli_emit_json(run, &root);
}

static int run_extract(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_partition partition;
    struct seal_extract extract = {0};
    bool same = false;
    int err = cli_partition_read(run, &partition, cause);
    if (err == SEAL_OK) {
        const struct seal_buf *entries = cli_partition_entries(&partition);
        err = seal_secure_cert_extract(seal_buf_ptr(entries), seal_buf_len(entries), layout_of(run), &extract,
                                       cause);
        err = seal_fail_in(cause, err, partition.name);
    }
    if (err == SEAL_OK && partition.problem[0]) {
        cli_warn(run, "%s: %s", partition.name, partition.problem);
    }
    if (err == SEAL_OK) {
        err = write_all(run, &extract, cli_partition_entries(&partition), cause);
    }
    if (err == SEAL_OK) {
        err = check(run, &partition, &same, cause);
    }
    if (err == SEAL_OK) {
        err = report(run, &partition, &extract, same);
    }
    seal_extract_clear(&extract);
    cli_partition_clear(&partition);
    return err;
}

static const struct cli_option options[] = {
    {.name = "out",
     .letter = 'o',
     .value = "DIR",
     .summary = "where the files go; made if missing",
     .required = true},
    {.name = "layout",
     .value = "LAYOUT",
     .summary = "names of the files: ours, or those of configure_esp_secure_cert.py --parse_bin",
     .choices = layouts,
     .fallback = "plain"},
    {.name = "offset",
     .value = "OFFSET",
     .summary = "with --port: flash offset of esp_secure_cert, or auto: from the partition table",
     .fallback = "0xd000"},
    CLI_TABLE_OFFSET,
    {.name = "force", .summary = "replace files that exist"},
    {0},
};

const struct cli_command cli_command_secure_cert_extract = {
    .name = "secure-cert extract",
    .summary = "take an esp_secure_cert partition apart into files",
    .operands = "[FILE]",
    .operands_min = 0,
    .operands_max = 1,
    .description = "Writes each certificate, key and other entry of a partition to a file, and "
                   "esp_secure_cert.csv, whose rows "
                   "make the same bytes again with secure-cert build --csv: also a wrong CRC, a signature, "
                   "and what stands behind "
                   "the entries. The partition is FILE, or with --port it is read from a chip; its format "
                   "(TLV, or the legacy "
                   "cust_flash and nvs) is recognised. The rows of a legacy partition are built "
                   "with --format.\n\n"
                   "Files that hold a private key in clear have mode 0600; building them again needs "
                   "--allow-private-key where "
                   "the key stood in another place than a plaintext key does. The result is checked by "
                   "building it; a warning "
                   "tells when it gives other bytes.",
    .examples = "espseal secure-cert extract esp_secure_cert.bin --out parts\n"
                "espseal secure-cert build --csv parts/esp_secure_cert.csv --out again.bin\n"
                "# from a device\n"
                "espseal secure-cert extract --port /dev/ttyUSB0 --offset auto --out parts",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_extract,
};
