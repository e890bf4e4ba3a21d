#include "audit.h"
#include "partition.h"

#include <espseal/file.h>
#include <espseal/secret.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_KEY = 64, LARGEST_TEXT = 4 << 20 };

static int read_whole(struct cli_audit *audit, struct seal_cause *cause)
{
    size_t size = audit->source.flash_size;
    audit->whole = seal_buf_new();
    audit->fuse.flash_total = size;
    uint8_t *data = audit->whole ? seal_buf_reserve(audit->whole, size) : NULL;
    int err = data ? cli_fuse_read_flash(&audit->fuse, 0, data, size, cause)
                   : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for %zu bytes of flash", size);
    audit->source.flash = err == SEAL_OK ? data : NULL;
    return err;
}

/* A flash chip that does not answer leaves the rest of the audit. */
static int open_flash(struct cli_audit *audit, struct seal_cause *cause)
{
    struct seal_flash_id id;
    struct seal_cause why = {0};
    int err = seal_flash_attach(audit->fuse.loader, &id, &why);
    if (err == SEAL_ERR_STATE || err == SEAL_ERR_UNSUPPORTED || err == SEAL_ERR_ROM ||
        err == SEAL_ERR_ROM_REFUSED || err == SEAL_ERR_NOT_FOUND) {
        cli_warn(audit->run, "the flash cannot be read: %s", why.text);
        return SEAL_OK;
    }
    if (err != SEAL_OK) {
        return seal_fail(cause, err, "%s", why.text);
    }
    audit->source.read = cli_fuse_read_flash;
    audit->source.read_ctx = &audit->fuse;
    audit->source.flash_size = id.size;
    return cli_flag(audit->run, "whole-flash") ? read_whole(audit, cause) : SEAL_OK;
}

static int open_device(struct cli_audit *audit, struct seal_cause *cause)
{
    struct cli_run *run = audit->run;
    int err = cli_connect(run, &audit->fuse.loader, cause);
    if (err != SEAL_OK) {
        return err;
    }
    struct seal_loader *loader = audit->fuse.loader;
    audit->source.chip = seal_loader_chip(loader);
    audit->source.info = seal_loader_security_info(loader);
    audit->source.path = seal_path_of(cli_link(run));
    if (seal_loader_secure_download(loader)) {
        cli_warn(run, "the chip is in secure download mode: eFuses and flash cannot be read");
        return SEAL_OK;
    }
    audit->fuse.state.chip = audit->source.chip;
    err = seal_efuse_read(loader, ~0u, &audit->fuse.state, cause);
    audit->has_efuse = err == SEAL_OK;
    audit->source.loader = loader;
    return err == SEAL_OK && !cli_text(run, "flash-file") && !cli_flag(run, "fuses-only")
               ? open_flash(audit, cause)
               : err;
}

/* A dump of flash alone is looked at too, without any fuse. */
static int open_files(struct cli_audit *audit, struct seal_cause *cause)
{
    bool alone = cli_text(audit->run, "chip") && audit->source.flash && !cli_text(audit->run, "efuse-file");
    int err = alone ? cli_find_chip(cli_text(audit->run, "chip"), &audit->source.chip, cause)
                    : cli_fuse_open(&audit->fuse, audit->run, cause);
    int revision = -1;
    err = err == SEAL_OK ? cli_revision(audit->run, &revision, cause) : err;
    if (audit->fuse.state.chip && audit->fuse.state.chip->revision_register && revision >= 0) {
        audit->fuse.state.revision_bits = revision >= 300 ? 1u << 31 : 1; /* as the ESP32's register has it */
    }
    audit->has_efuse = err == SEAL_OK && !alone;
    audit->source.path = SEAL_PATH_FILE;
    return err;
}

static int open_key(struct cli_audit *audit, struct seal_cause *cause)
{
    int err = cli_read_secret(audit->run, cli_text(audit->run, "flash-key"), LARGEST_KEY, &audit->key, cause);
    if (audit->key) {
        audit->source.flash_key = seal_buf_ptr(audit->key);
        audit->source.flash_key_len = seal_buf_len(audit->key);
    }
    return err;
}

/* CONFIG_X=y and CONFIG_X="text"; a comment "# CONFIG_X is not set" is as good as no line. */
static int open_sdkconfig(struct cli_audit *audit, struct seal_cause *cause)
{
    const char *path = cli_text(audit->run, "sdkconfig");
    struct seal_buf *text = NULL;
    int err = path ? seal_file_read(path, LARGEST_TEXT, 0, &text, cause) : SEAL_OK;
    if (err != SEAL_OK || !path) {
        return err;
    }
    err = seal_buf_put_u8(text, 0);
    audit->sdkconfig = seal_json_object_new();
    char *rest = (char *)seal_buf_mutable(text);
    size_t found = 0;
    for (char *line; err == SEAL_OK && (line = strsep(&rest, "\r\n")) != NULL;) {
        char *value = strncmp(line, "CONFIG_", 7) == 0 ? strchr(line, '=') : NULL;
        if (value) {
            *value++ = '\0';
            size_t len = strlen(value);
            if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
                value[len - 1] = '\0';
                value++;
            }
            seal_json_put_text(audit->sdkconfig, line, value);
            found++;
        }
    }
    seal_buf_free(&text);
    audit->source.sdkconfig = audit->sdkconfig;
    return err == SEAL_OK && found == 0
               ? seal_fail(cause, SEAL_ERR_FORMAT, "%s has no line CONFIG_...=", path)
               : err;
}

static int add_record(struct cli_audit *audit, const char *path, bool must, struct seal_cause *cause)
{
    seal_json *record = NULL;
    int err = cli_audit_read_json(path, &record, cause);
    if (err == SEAL_OK && seal_json_get(record, "mac")) {
        seal_json_put(audit->records, NULL, &record);
    } else if (err == SEAL_OK && must) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is no receipt: it has no \"mac\"", path);
    }
    seal_json_free(&record);
    return err;
}

/* A folder of receipts, or of folders each with some; what has another name than *.json is passed over. */
static int add_folder(struct cli_audit *audit, const char *path, int depth, struct seal_cause *cause)
{
    char name[1024];
    int err = SEAL_OK;
    DIR *folder = opendir(path);
    if (!folder) {
        return add_record(audit, path, true, cause);
    }
    for (const struct dirent *one; err == SEAL_OK && (one = readdir(folder)) != NULL;) {
        size_t len = strlen(one->d_name);
        if (one->d_name[0] == '.' ||
            snprintf(name, sizeof name, "%s/%s", path, one->d_name) >= (int)sizeof name) {
            continue;
        }
        if (len > 5 && strcmp(one->d_name + len - 5, ".json") == 0) {
            err = add_record(audit, name, false, cause);
        } else if (depth > 0 && one->d_type == DT_DIR) {
            err = add_folder(audit, name, depth - 1, cause);
        }
    }
    (void)closedir(folder);
    return err;
}

static int open_records(struct cli_audit *audit, struct seal_cause *cause)
{
    int err = SEAL_OK;
    const char *path;
    for (size_t i = 0; err == SEAL_OK && (path = cli_text_at(audit->run, "records", i)) != NULL; i++) {
        audit->records = audit->records ? audit->records : seal_json_array_new();
        err = add_folder(audit, path, 1, cause);
    }
    audit->source.records = audit->records;
    return err;
}

int cli_audit_open(struct cli_audit *audit, struct seal_cause *cause)
{
    bool files = cli_text(audit->run, "efuse-file") != NULL || !cli_flag(audit->run, "port");
    audit->fuse.run = audit->run;
    int err = cli_table_offset(audit->run, &audit->source.table_offset, cause);
    err = err == SEAL_OK ? open_key(audit, cause) : err;
    err = err == SEAL_OK ? open_sdkconfig(audit, cause) : err;
    err = err == SEAL_OK ? open_records(audit, cause) : err;
    err = err == SEAL_OK
              ? cli_fuse_map_flash(&audit->fuse, &audit->source.flash, &audit->source.flash_size, cause)
              : err;
    if (audit->fuse.flash) {
        audit->source.release = seal_map_release(audit->fuse.flash);
    }
    if (err == SEAL_OK) {
        err = files ? open_files(audit, cause) : open_device(audit, cause);
    }
    if (audit->has_efuse) {
        audit->source.efuse = &audit->fuse.state;
        audit->source.chip = audit->fuse.state.chip;
    }
    return err;
}

void cli_audit_close(struct cli_audit *audit)
{
    seal_audit_free(&audit->audit);
    seal_json_free(&audit->sdkconfig);
    seal_json_free(&audit->records);
    seal_json_free(&audit->accepted);
    seal_json_free(&audit->required);
    seal_buf_free(&audit->key);
    seal_buf_free(&audit->whole);
    cli_fuse_close(&audit->fuse);
    seal_cleanse(&audit->fuse.state, sizeof audit->fuse.state);
}
