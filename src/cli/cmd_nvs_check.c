/* nvs check: finds what is wrong with an NVS partition, and where. */
#include "nvs.h"

#include <stdio.h>
#include <string.h>

static int show_findings(const struct cli_run *run, const struct seal_nvs *nvs)
{
    static const char *const headings[] = {"PAGE", "ENTRY", "OFFSET", "KIND", "WHAT", NULL};
    struct cli_table *table = NULL;
    const struct seal_nvs_finding *finding = NULL;
    char page[24];
    char entry[24];
    char offset[16];
    int err = cli_table_new(headings, &table);
    for (size_t i = 0; err == SEAL_OK && (finding = seal_nvs_finding_at(nvs, i)); i++) {
        (void)snprintf(page, sizeof page, "%zu", finding->page);
        (void)snprintf(entry, sizeof entry, "%zu", finding->entry);
        (void)snprintf(offset, sizeof offset, "0x%x", finding->offset);
        const char *const cells[] = {page, finding->entry == SEAL_NVS_NO_ENTRY ? "-" : entry, offset,
                                     finding->damage ? "damage" : "note", finding->text};
        err = cli_table_row(table, cells);
    }
    return err == SEAL_OK ? cli_table_print(run, &table) : err;
}

static void put_pages(seal_json *root, const struct seal_nvs *nvs)
{
    seal_json *pages = seal_json_put_array(root, "pages");
    const struct seal_nvs_page *page = NULL;
    for (size_t i = 0; (page = seal_nvs_page_at(nvs, i)); i++) {
        seal_json *object = seal_json_put_object(pages, NULL);
        seal_json_put_text(object, "state", page->state);
        if (strcmp(page->state, "blank") != 0) {
            seal_json_put_number(object, "sequence", page->sequence);
            seal_json_put_number(object, "version", page->version);
            seal_json_put_number(object, "written", (double)page->written);
            seal_json_put_number(object, "erased", (double)page->erased);
            seal_json_put_number(object, "empty", (double)page->empty);
        }
    }
}

static int show_json(const struct cli_run *run, const char *name, const struct seal_nvs *nvs)
{
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, cli_text(run, "port") ? "partition" : "file", name);
    seal_json_put_bool(root, "whole", seal_nvs_damage_count(nvs) == 0);
    seal_json_put_number(root, "namespaces", (double)seal_nvs_space_count(nvs));
    seal_json_put_number(root, "items", (double)seal_nvs_item_count(nvs));
    put_pages(root, nvs);
    seal_json *findings = seal_json_put_array(root, "findings");
    const struct seal_nvs_finding *finding = NULL;
    for (size_t i = 0; (finding = seal_nvs_finding_at(nvs, i)); i++) {
        cli_nvs_put_finding(findings, finding);
    }
    return cli_emit_json(run, &root);
}

static int show(const struct cli_run *run, const char *name, const struct seal_nvs *nvs)
{
    size_t used = 0;
    const struct seal_nvs_page *page = NULL;
    if (cli_json(run)) {
        return show_json(run, name, nvs);
    }
    for (size_t i = 0; (page = seal_nvs_page_at(nvs, i)); i++) {
        used += strcmp(page->state, "blank") != 0;
    }
    int err = seal_nvs_finding_count(nvs) ? show_findings(run, nvs) : SEAL_OK;
    if (err == SEAL_OK) {
        cli_say(run, "%s: %zu item%s in %zu namespace%s, %zu of %zu pages in use, %s", name,
                seal_nvs_item_count(nvs), seal_nvs_item_count(nvs) == 1 ? "" : "s", seal_nvs_space_count(nvs),
                seal_nvs_space_count(nvs) == 1 ? "" : "s", used, seal_nvs_page_count(nvs),
                seal_nvs_damage_count(nvs) ? "damaged" : "whole");
    }
    return err;
}

static int run_nvs_check(struct cli_run *run, struct seal_cause *cause)
{
    struct cli_nvs_source source = {0};
    struct seal_nvs *nvs = NULL;
    int err = cli_nvs_open(run, &source, &nvs, cause);
    if (err == SEAL_OK) {
        err = show(run, source.name, nvs);
    }
    if (err == SEAL_OK && seal_nvs_damage_count(nvs)) {
        size_t damage = seal_nvs_damage_count(nvs);
        err = seal_fail(cause, SEAL_ERR_FINDINGS, "%s is damaged in %zu place%s", source.name, damage,
                        damage == 1 ? "" : "s");
        seal_hint(cause, "espseal nvs dump %s shows what is whole", source.again);
    }
    seal_nvs_free(&nvs);
    cli_nvs_source_clear(&source);
    return err;
}

static const struct cli_option options[] = {
    CLI_NVS_CHIP_OPTIONS, CLI_NVS_KEYS_OPTION, CLI_NVS_HMAC_OPTION, CLI_NVS_PERMISSIONS_OPTION, {0},
};

const struct cli_command cli_command_nvs_check = {
    .name = "nvs check",
    .summary = "find damage in an NVS partition, and say where and why",
    .operands = "[FILE]",
    .operands_min = 0,
    .operands_max = 1,
    .description = "Checks every page (state, sequence number, version, CRC of the header), every entry (its "
                   "two bits in the "
                   "page's map, CRC, type, key, span, the CRC of its data), namespaces, and that blobs have "
                   "all their chunks. "
                   "Each finding has its page, entry and offset and says why. Damage is what makes a device "
                   "lose something or "
                   "refuse the partition; a note is what is left of an interrupted write, which a device "
                   "mends itself.\n\n"
                   "The exit status is 0 without damage and 7 with it. An encrypted partition needs --keys "
                   "or --hmac-key. " CLI_NVS_CHIP_TEXT,
    .examples = "espseal nvs check nvs.bin\n"
                "espseal nvs check --port /dev/ttyUSB0 --partition 0x9000 --keys nvs_keys.bin\n"
                "espseal nvs check nvs_enc.bin --hmac-key hmac.bin --json",
    .options = options,
    .device = true,
    .offline = true,
    .run = run_nvs_check,
};
