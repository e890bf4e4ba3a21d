/* flash write: files into flash, each believed only when the ROM's digest of the region agrees. */
#include "encrypting.h"
#include "partition.h"

#include <string.h>

#define SECTOR 4096u
#define ENCRYPTED_PIECE                                                                                      \
    (1u << 20) /* of a file that is encrypted here, so that memory does not grow with it */

struct flash_write {
    struct cli_run *run;
    struct seal_loader *loader;
    struct flash_files files;
    struct flash_host host;
    struct seal_flash_write_result results[FLASH_FILES_MAX];
    const struct flash_file *current; /* being written */
    size_t done;                      /* pieces of it, as bytes */
};

static void show_progress(void *ctx, size_t done, size_t total)
{
    const struct flash_write *work = ctx;
    (void)total;
    cli_progress(work->run, "writing flash", work->done + done, work->current->len);
}

/* --- before the first byte --- */

static int read_allowed(struct cli_run *run, const char *allowed[static 17], struct seal_cause *cause)
{
    size_t count = 0;
    const char *name;
    for (; (name = cli_text_at(run, "allow", count)) != NULL; count++) {
        bool known = false;
        for (size_t i = 0; seal_flash_rules[i]; i++) {
            known = known || strcmp(name, seal_flash_rules[i]) == 0;
        }
        if (!known || count == 16) {
            int err = seal_fail(cause, SEAL_ERR_USAGE, "--allow %s names no rule", name);
            seal_hint(cause, "espseal help flash write lists the rules");
            return err;
        }
        allowed[count] = name;
    }
    allowed[count] = NULL;
    return SEAL_OK;
}

static int guard(struct flash_write *work, struct seal_cause *cause)
{
    const char *allowed[17];
    struct seal_flash_target target;
    int err = read_allowed(work->run, allowed, cause);
    if (!err) {
        err = seal_flash_target_read(work->loader, &target, cause);
    }
    for (size_t i = 0; !err && i < work->files.count; i++) {
        const struct flash_file *file = &work->files.files[i];
        const struct seal_flash_piece piece = {
            .name = file->path,
            .offset = file->region.offset,
            .data = file->data,
            .len = file->len,
            .encrypt = cli_flag(work->run, "encrypt"),
            .ciphertext = flash_host_count(&work->host, file) > 0,
            .key_doubt = work->host.look.doubt,
            .partition = file->region.partition,
        };
        err = seal_flash_guard(&target, &piece, allowed, cause);
    }
    return err;
}

static int prepare(struct flash_write *work, struct seal_cause *cause)
{
    struct seal_flash_id id = {0};
    int err = flash_attach(work->run, work->loader, &id, cause);
    if (!err) {
        err = flash_host_open(work->run, work->loader, &work->files, &work->host, cause);
    }
    if (!err) {
        err = flash_place_files(work->loader, &work->files, SECTOR, id.size, cause);
    }
    if (!err) {
        err = flash_change_header(work->run, seal_loader_chip(work->loader), &work->files, id.size, cause);
    }
    if (!err) {
        err = flash_host_check(&work->host, &work->files, cause);
    }
    return err ? err : guard(work, cause);
}

/* --- writing --- */

static void print_file(const struct flash_write *work, size_t i)
{
    const struct flash_file *file = &work->files.files[i];
    const struct seal_flash_write_result *result = &work->results[i];
    cli_print(work->run, "0x%06x %s: %zu bytes ", file->region.offset, file->path, file->len);
    if (result->skipped) {
        cli_print(work->run, "are there already\n");
        return;
    }
    if (cli_flag(work->run, "encrypt")) {
        cli_print(work->run, "written encrypted%s", result->verified ? ", as the key has it" : "");
    } else {
        cli_print(work->run, "%swritten%s", flash_host_count(&work->host, file) ? "encrypted, " : "",
                  result->verified ? " and verified" : ", not verified");
    }
    if (result->unchanged) {
        cli_print(work->run, "; %zu of them were there already", result->unchanged);
    }
    cli_print(work->run, "\n");
}

static void add_result(struct seal_flash_write_result *sum, const struct seal_flash_write_result *piece)
{
    sum->skipped = sum->skipped && piece->skipped;
    sum->verified = sum->verified && piece->verified;
    sum->deflated = sum->deflated || piece->deflated;
    sum->disturbed = sum->disturbed || piece->disturbed;
    sum->sent += piece->sent;
    sum->unchanged += piece->unchanged;
}

static int write_encrypted(struct flash_write *work, const struct seal_flash_write_options *options,
                           struct seal_flash_write_result *result, struct seal_cause *cause)
{
    const struct flash_file *file = work->current;
    int err = SEAL_OK;
    *result = (struct seal_flash_write_result){.skipped = true, .verified = true};
    for (size_t at = 0; !err && at < file->len; at += ENCRYPTED_PIECE) {
        const size_t here = file->len - at < ENCRYPTED_PIECE ? file->len - at : ENCRYPTED_PIECE;
        struct seal_flash_write_result piece = {0};
        struct seal_buf *cipher = NULL;
        work->done = at;
        err = flash_host_encrypt(&work->host, file, at, here, &cipher, cause);
        if (!err) {
            err = seal_flash_write(work->loader, file->region.offset + (uint32_t)at, seal_buf_ptr(cipher),
                                   seal_buf_len(cipher), options, &piece, cause);
        }
        add_result(result, &piece);
        seal_buf_free(&cipher);
    }
    return err;
}

static int write_file(struct flash_write *work, size_t i, struct seal_flash_write_options *options,
                      struct seal_cause *cause)
{
    const struct flash_file *file = &work->files.files[i];
    const struct seal_release release = seal_map_release(file->map);
    struct seal_flash_write_result *result = &work->results[i];
    int err;
    work->current = file;
    work->done = 0;
    options->release = NULL;
    if (flash_host_count(&work->host, file)) {
        err = write_encrypted(work, options, result, cause);
    } else {
        options->release = &release;
        err = seal_flash_write(work->loader, file->region.offset, file->data, file->len, options, result,
                               cause);
        options->release = NULL;
    }
    if (!err) {
        cli_progress_done(work->run);
    }
    if (!err && work->host.crypt && work->host.check) {
        err = flash_host_compare(&work->host, work->loader, file, cause);
        result->verified = !err;
    }
    return err;
}

static int write_files(struct flash_write *work, struct seal_cause *cause)
{
    struct seal_flash_write_options options = {
        .never_deflate = cli_flag(work->run, "no-compress"),
        .always = cli_flag(work->run, "no-diff"),
        .encrypt = cli_flag(work->run, "encrypt"),
        .unverified = cli_flag(work->run, "no-verify"),
        .progress = show_progress,
        .progress_ctx = work,
    };
    int err = SEAL_OK;
    for (size_t i = 0; !err && i < work->files.count; i++) {
        err = write_file(work, i, &options, cause);
        if (!err) {
            print_file(work, i);
        }
        if (!err && work->results[i].disturbed) {
            cli_warn(
                work->run,
                "a request was damaged on its way: flash outside %s may have been erased; write and verify "
                "what belongs there",
                work->files.files[i].path);
        }
    }
    if (!err && cli_flag(work->run, "reset")) {
        err = seal_loader_reset(work->loader, cause);
    }
    return err;
}

static int emit_files(const struct flash_write *work)
{
    seal_json *root = seal_json_object_new();
    seal_json *list = seal_json_put_array(root, "files");
    for (size_t i = 0; i < work->files.count; i++) {
        const struct flash_file *file = &work->files.files[i];
        const struct seal_flash_write_result *result = &work->results[i];
        seal_json *entry = seal_json_put_object(list, NULL);
        seal_json_put_number(entry, "offset", file->region.offset);
        seal_json_put_text(entry, "file", file->path);
        seal_json_put_number(entry, "length", (double)file->len);
        seal_json_put_bool(entry, "skipped", result->skipped);
        seal_json_put_number(entry, "unchanged", (double)result->unchanged);
        seal_json_put_bool(entry, "deflated", result->deflated);
        seal_json_put_number(entry, "sent", (double)result->sent);
        seal_json_put_bool(entry, "verified", result->verified);
        seal_json_put_number(
            entry, "encrypted",
            (double)(cli_flag(work->run, "encrypt") ? file->len : flash_host_count(&work->host, file)));
    }
    return cli_emit_json(work->run, &root);
}

static bool is_given(const struct cli_run *run, const char *option)
{
    return cli_flag(run, option) || cli_text(run, option);
}

/* Options that ask for what is so anyway, and their opposites, are not given together. */
static int check_options(struct cli_run *run, struct seal_cause *cause)
{
    static const char *const pairs[][2] = {
        {"compress", "no-compress"}, {"diff", "no-diff"},     {"verify", "no-verify"}, {"diff", "encrypt"},
        {"encrypt", "encrypt-with"}, {"key", "encrypt-with"}, {"key", "no-verify"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (is_given(run, pairs[i][0]) && is_given(run, pairs[i][1])) {
            return seal_fail(cause, SEAL_ERR_USAGE, "--%s and --%s exclude each other", pairs[i][0],
                             pairs[i][1]);
        }
    }
    if (cli_text(run, "key") && !cli_flag(run, "encrypt")) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "--key checks what --encrypt writes, which is not given");
        seal_hint(cause, "--encrypt-with FILE encrypts here, and --encrypt --key FILE lets the ROM do it");
        return err;
    }
    return SEAL_OK;
}

static int run_flash_write(struct cli_run *run, struct seal_cause *cause)
{
    struct flash_write work = {.run = run};
    int err = check_options(run, cause);
    if (!err) {
        err = flash_open_files(run, &work.files, cause);
    }
    if (!err) {
        err = cli_connect(run, &work.loader, cause);
    }
    if (!err) {
        err = prepare(&work, cause);
    }
    if (!err) {
        err = write_files(&work, cause);
    }
    if (!err && cli_json(run)) {
        err = emit_files(&work);
    }
    flash_close_files(&work.files);
    flash_host_close(&work.host);
    return err;
}

static const struct cli_option options[] = {
    {.name = "compress", .summary = "deflate where that is shorter and the ROM inflates; it is so anyway"},
    {.name = "no-compress", .summary = "send the bytes as they are, even where deflated ones are fewer"},
    {.name = "encrypt", .summary = "let the ROM encrypt with the key in the chip's eFuses"},
    {.name = "key",
     .value = "FILE",
     .summary = "with --encrypt: the chip's key, to check what the ROM wrote"},
    {.name = "encrypt-with",
     .value = "FILE",
     .summary = "encrypt here with the chip's key what the partition table says is encrypted"},
    FLASH_TABLE_OPTIONS,
    {.name = "insecure-permissions", .summary = "take a key that others can read"},
    {.name = "diff", .summary = "send only sectors that differ by their MD5; it is so anyway"},
    {.name = "no-diff", .summary = "write also what the chip says it holds already"},
    {.name = "verify", .summary = "compare the ROM's MD5 afterwards; it is so anyway"},
    {.name = "no-verify", .summary = "do not read back, and always send all"},
    FLASH_HEADER_OPTIONS,
    {.name = "assume-size",
     .value = "SIZE",
     .summary = "size of the flash in secure download mode, where it cannot be asked"},
    {.name = "allow", .value = "RULE", .summary = "write in spite of this rule", .repeat = true},
    {.name = "reset", .summary = "start the application afterwards"},
    {0},
};

const struct cli_command cli_command_flash_write = {
    .name = "flash write",
    .summary = "write files into flash and verify them",
    .operands = "PLACE=FILE...",
    .operands_min = 1,
    .operands_max = FLASH_FILES_MAX,
    .description =
        "Writes each file at its place: an offset, a multiple of 0x1000, or the name of a partition, looked "
        "up "
        "in the table that is among the files, else in the chip's; bootloader and partition-table are names "
        "too. Only the sectors that differ are erased and sent, deflated where that is shorter; the rest of "
        "the last sector becomes FF. Each file is believed only when the ROM's MD5 of its region equals the "
        "host's. Files that share a sector, are longer than their partition or reach beyond the flash, whose "
        "size is detected, are refused before the first byte.\n\n"
        "With --encrypt the ROM encrypts what it writes. All is sent then, and not deflated, since the ROM's "
        "MD5 is that of "
        "the "
        "ciphertext; afterwards the flash must be neither erased nor the plaintext. With --key, the chip's "
        "key, it must be what "
        "the key makes of the file.\n\n"
        "With --encrypt-with, the chip's key, the host encrypts and the ROM only writes: for chips whose ROM "
        "cannot or may not encrypt, such as all in release mode and the ESP32. The partition table decides "
        "what "
        "is encrypted, as with espseal flash-encryption encrypt; it is among the files, given with "
        "--partition-table, or read from the chip and decrypted. Before anything is written, the table or "
        "the "
        "bootloader in flash must come out right with the key. espseal unlock gets the key of a device back "
        "that "
        "was wrapped for you.\n\n"
        "The header of a bootloader is changed only when --flash-mode, --flash-freq or --flash-size asks for "
        "it, together with its SHA-256, and never when it is signed.\n\n"
        "What would not start afterwards is refused by a rule, which --allow overrides by its name: "
        "FL-PLAINTEXT (plaintext where flash encryption is on), FL-NO-KEY (encryption without a key in the "
        "eFuses), FL-CIPHERTEXT (--encrypt-with where flash encryption is off), FL-KEY-DOUBT (nothing in "
        "flash "
        "shows that the key is the chip's), FL-WRONG-CHIP (an image for another chip), FL-REVISION (for a "
        "newer or older revision), "
        "FL-DAMAGED (an image that is cut), FL-UNSIGNED (no signature where secure boot is on), FL-SB-V1 "
        "(signed for Secure Boot v1 where v2 is on), FL-WRONG-KEY (signed by no key that the chip "
        "trusts).\n\n"
        "In secure download mode nothing can be read back: it needs --no-verify and --assume-size.\n\n"
        "A write that was cut at any point is finished by the same command.",
    .examples = "espseal flash write 0x0=bootloader.bin 0x8000=table.bin ota_0=app.bin --port /dev/ttyUSB0\n"
                "# into a chip with flash encryption\n"
                "espseal flash write ota_0=app.bin --encrypt --port /dev/ttyUSB0\n"
                "# the same in release mode, by whoever has its key\n"
                "espseal flash write ota_0=app.bin --encrypt-with flash.key --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .danger = CLI_WRITES,
    .run = run_flash_write,
};
