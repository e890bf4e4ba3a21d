/* secure-cert append-integrity: an integrity entry behind the entries of an existing file. */
#include "identity.h"
#include "partition_source.h"

#include <espseal/file.h>
#include <espseal/secure_cert_sign.h>

static void warn_of_crcs(const struct cli_run *run, const struct seal_buf *partition)
{
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    size_t offset = 0;
    while (seal_tlv_next(seal_buf_ptr(partition), seal_buf_len(partition), &offset, &entry, &end)) {
        if (entry.crc != entry.crc_computed) {
            cli_warn(run, "the entry at 0x%zx has a wrong CRC: the device will not read it", entry.offset);
        }
    }
}

static int run_append(struct cli_run *run, struct seal_cause *cause)
{
    const char *path = cli_operand(run, 0);
    const char *out = cli_text(run, "out");
    struct seal_buf *partition = NULL;
    struct cli_room room;
    int err = cli_partition_room(run, &room, cause);
    int flags = cli_out_flags(run, true) | (out ? 0 : SEAL_FILE_FORCE);
    if (err == SEAL_OK) {
        err = seal_file_check_writable(out ? out : path, flags, cause);
    }
    if (err == SEAL_OK) {
        err = seal_file_read(path, SEAL_SECURE_CERT_LIMIT + 16, SEAL_FILE_SECRET | SEAL_FILE_ANY_MODE,
                             &partition, cause);
    }
    if (err == SEAL_OK) {
        warn_of_crcs(run, partition);
        err = seal_fail_in(cause, seal_secure_cert_append_integrity(partition, room.size, cause), path);
    }
    if (err == SEAL_OK) {
        err =
            seal_file_write(out ? out : path, seal_buf_ptr(partition), seal_buf_len(partition), flags, cause);
    }
    if (err == SEAL_OK && cli_json(run)) {
        seal_json *root = seal_json_object_new();
        seal_json_put_text(root, "file", out ? out : path);
        seal_json_put_number(root, "size", (double)seal_buf_len(partition));
        err = cli_emit_json(run, &root);
    } else if (err == SEAL_OK) {
        cli_say(run, "wrote %s: %zu bytes", out ? out : path, seal_buf_len(partition));
    }
    seal_buf_free(&partition);
    return err;
}

static const struct cli_option options[] = {
    {.name = "out",
     .letter = 'o',
     .value = "FILE",
     .summary = "write there instead",
     .fallback = "FILE itself"},
    CLI_ROOM_OPTIONS,
    {.name = "force", .summary = "replace a file that exists"},
    {0},
};

const struct cli_command cli_command_secure_cert_append_integrity = {
    .name = "secure-cert append-integrity",
    .summary = "put an integrity entry behind the entries of a partition",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Writes an INTEGRITY entry with the SHA-256 of all entries and an end marker behind the last one, in "
        "place: bytes that stand there are overwritten, those behind stay. The device looks at the last such "
        "entry; its subtype is the one after the last, up to 16.\n\n"
        "The file gets mode 0600, since a partition may hold a key.",
    .examples = "espseal secure-cert append-integrity esp_secure_cert.bin",
    .options = options,
    .run = run_append,
};
