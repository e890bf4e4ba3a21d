/* flash id: the flash chip behind a device. */
#include "cli.h"
#include "security_words.h"

static void put_sfdp(seal_json *root, const struct seal_sfdp *sfdp)
{
    if (!sfdp->present) {
        seal_json_put_null(root, "sfdp");
        return;
    }
    seal_json *json = seal_json_put_object(root, "sfdp");
    seal_json_put_formatted(json, "version", "%u.%u", sfdp->major, sfdp->minor);
    seal_json_put_number(json, "size", (double)sfdp->size);
    seal_json_put_number(json, "page_size", sfdp->page_size);
    seal_json_put_bool(json, "erase_4k", sfdp->erase_4k);
    seal_json_put_bool(json, "address_4", sfdp->address_4);
    seal_json_put_bool(json, "quad_output", sfdp->quad_output);
    seal_json_put_bool(json, "quad_io", sfdp->quad_io);
}

static void print_sfdp(const struct cli_run *run, const struct seal_sfdp *sfdp)
{
    if (!sfdp->present) {
        cli_print(run, "SFDP: none\n");
        return;
    }
    cli_print(run, "SFDP %u.%u: %llu bytes, pages of %u%s%s%s\n", sfdp->major, sfdp->minor,
              (unsigned long long)sfdp->size, sfdp->page_size, sfdp->erase_4k ? ", erases 4 KiB" : "",
              sfdp->quad_output || sfdp->quad_io ? ", quad reads" : "",
              sfdp->address_4 ? ", addresses of 4 bytes" : "");
}

static void print_id(const struct cli_run *run, const struct seal_flash_id *id)
{
    cli_print(run, "%02x %02x %02x (%s), ", id->manufacturer, id->memory_type, id->capacity,
              cli_flash_maker(id->manufacturer));
    if (id->size) {
        cli_print(run, "%u bytes (%u KiB)\n", id->size, id->size / 1024);
    } else {
        cli_print(run, "size unknown\n");
    }
}

static int run_flash_id(struct cli_run *run, struct seal_cause *cause)
{
    struct seal_loader *loader = NULL;
    struct seal_flash_id id = {0};
    struct seal_sfdp sfdp;
    int err = cli_connect(run, &loader, cause);
    if (!err) {
        err = seal_flash_attach(loader, &id, cause);
    }
    if (!err) {
        err = seal_flash_sfdp(loader, &sfdp, cause);
    }
    if (err) {
        return err;
    }
    if (sfdp.present && sfdp.size && id.size && sfdp.size != id.size) {
        cli_warn(run, "by its JEDEC id the flash has %u bytes, by its SFDP %llu", id.size,
                 (unsigned long long)sfdp.size);
    }
    if (cli_json(run)) {
        seal_json *root = seal_json_object_new();
        cli_put_flash_id(root, &id);
        put_sfdp(root, &sfdp);
        return cli_emit_json(run, &root);
    }
    print_id(run, &id);
    print_sfdp(run, &sfdp);
    return SEAL_OK;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_command_flash_id = {
    .name = "flash id",
    .summary = "read the JEDEC id, the size and the SFDP of the flash",
    .description =
        "Asks the flash chip for its JEDEC id (maker, type, capacity) and prints the size that the capacity "
        "stands for; and for what it tells of itself by SFDP (JESD216), where it does: version, size, page "
        "size, whether it erases sectors of 4 KiB and reads on four lines.",
    .examples = "espseal flash id --port /dev/ttyUSB0",
    .options = options,
    .device = true,
    .run = run_flash_id,
};
