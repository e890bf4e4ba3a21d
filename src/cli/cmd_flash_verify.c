/* flash verify: whether flash holds what stands in files. */
#include "flash.h"
#include "partition.h"

#include <espseal/digest.h>

struct verify {
    struct cli_run *run;
    struct seal_loader *loader;
    struct flash_files files;
    bool same[FLASH_FILES_MAX];
    size_t differ;
};

static int compare(struct verify *verify, struct seal_cause *cause)
{
    int err = SEAL_OK;
    for (size_t i = 0; !err && i < verify->files.count; i++) {
        const struct flash_file *file = &verify->files.files[i];
        const struct seal_release release = seal_map_release(file->map);
        err = seal_flash_compare(verify->loader, file->region.offset, file->data, file->len, &release,
                                 &verify->same[i], cause);
        if (!err) {
            verify->differ += !verify->same[i];
            cli_print(verify->run, "0x%06x %s: %s\n", file->region.offset, file->path,
                      verify->same[i] ? "is there" : "DIFFERS");
        }
    }
    return err;
}

static int emit(const struct verify *verify)
{
    seal_json *root = seal_json_object_new();
    seal_json *list = seal_json_put_array(root, "files");
    for (size_t i = 0; i < verify->files.count; i++) {
        const struct flash_file *file = &verify->files.files[i];
        seal_json *entry = seal_json_put_object(list, NULL);
        seal_json_put_number(entry, "offset", file->region.offset);
        seal_json_put_text(entry, "file", file->path);
        seal_json_put_number(entry, "length", (double)file->len);
        seal_json_put_bool(entry, "same", verify->same[i]);
    }
    return cli_emit_json(verify->run, &root);
}

static int run_flash_verify(struct cli_run *run, struct seal_cause *cause)
{
    struct verify verify = {.run = run};
    struct seal_flash_id id = {0};
    int err = flash_open_files(run, &verify.files, cause);
    if (!err) {
        err = cli_connect(run, &verify.loader, cause);
    }
    if (!err) {
        err = seal_flash_attach(verify.loader, &id, cause);
    }
    if (!err) {
        err = flash_place_files(verify.loader, &verify.files, 1, id.size, cause);
    }
    if (!err) {
        err = compare(&verify, cause);
    }
    if (!err && cli_json(run)) {
        err = emit(&verify);
    }
    if (!err && verify.differ) {
        err = seal_fail(cause, SEAL_ERR_FINDINGS, "flash holds something else than %zu of %zu files",
                        verify.differ, verify.files.count);
    }
    flash_close_files(&verify.files);
    return err;
}

static const struct cli_option options[] = {CLI_TABLE_OFFSET, {0}};

const struct cli_command cli_command_flash_verify = {
    .name = "flash verify",
    .summary = "compare flash with files",
    .operands = "PLACE=FILE...",
    .operands_min = 1,
    .operands_max = FLASH_FILES_MAX,
    .description =
        "Compares each file with the flash at its place, an offset or the name of a partition, by the "
        "ROM's MD5. Nothing is written. Exit status 7 when one differs. Encrypted flash differs from "
        "its plaintext.",
    .examples = "espseal flash verify 0x0=bootloader.bin ota_0=app.bin --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .run = run_flash_verify,
};
