#include "nvs.h"

#include "identity.h"

#include <espseal/digest.h>
#include <espseal/file.h>
#include <espseal/nvs_crypt.h>

#include <string.h>

enum { TABLE_MAX = 16 << 20, VALUE_FILE_MAX = 4 << 20 };

int cli_nvs_read_table(const char *path, struct seal_csv **table, struct seal_cause *cause)
{
    struct seal_buf *text = NULL;
    int err = seal_file_read(path, TABLE_MAX, 0, &text, cause);
    if (err == SEAL_OK) {
        err = seal_csv_parse(seal_buf_ptr(text), seal_buf_len(text), path, SEAL_CSV_COMMENTS, table, cause);
    }
    seal_buf_free(&text);
    return err;
}

int cli_nvs_read_value_file(void *ctx, const char *path, struct seal_buf **out, struct seal_cause *cause)
{
    (void)ctx;
    return seal_file_read(path, VALUE_FILE_MAX, 0, out, cause);
}

static int make_keys(const struct cli_run *run, uint8_t *keys, struct seal_cause *cause)
{
    int err = cli_check_out(run, "new-keys", true, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (strcmp(cli_text(run, "new-keys"), "-") == 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--new-keys needs a file, not the standard output");
    }
    err = seal_file_check_writable(cli_text(run, "new-keys"), SEAL_FILE_SECRET, cause);
    if (err == SEAL_ERR_EXISTS) {
        seal_hint(cause,
                  "keys are never replaced, since what they encrypted would be lost: choose another name");
    }
    return err == SEAL_OK ? seal_nvs_keys_generate(keys, cause) : err;
}

static int derive_keys(const struct cli_run *run, uint8_t *keys, struct seal_cause *cause)
{
    struct seal_buf *hmac_key = NULL;
    int err = cli_read_hmac_key(run, &hmac_key, cause);
    if (err == SEAL_OK) {
        err = seal_nvs_keys_derive(seal_buf_ptr(hmac_key), keys, cause);
    }
    seal_buf_free(&hmac_key);
    return err;
}

static int read_keys(const struct cli_run *run, uint8_t *keys, struct seal_cause *cause)
{
    const char *path = cli_text(run, "keys");
    struct seal_buf *file = NULL;
    int err = cli_read_secret(run, path, SEAL_NVS_KEYS_SIZE, &file, cause);
    if (err == SEAL_OK) {
        err = seal_nvs_keys_decode(seal_buf_ptr(file), seal_buf_len(file), path, keys, cause);
    }
    seal_buf_free(&file);
    return err;
}

static int no_keys(bool can_make, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_USAGE, "no keys are given");
    seal_hint(cause, can_make ? "--keys FILE, --hmac-key FILE, or --new-keys FILE to make some"
                              : "--keys FILE or --hmac-key FILE");
    return err;
}

int cli_nvs_keys(const struct cli_run *run, bool needed, struct seal_buf **keys, struct seal_cause *cause)
{
    static const struct {
        const char *option;
        int (*get)(const struct cli_run *run, uint8_t *keys, struct seal_cause *cause);
    } sources[] = {{"keys", read_keys}, {"hmac-key", derive_keys}, {"new-keys", make_keys}};
    const char *chosen = NULL;
    size_t source = 0;
    *keys = NULL;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (!cli_text(run, sources[i].option)) {
            continue;
        }
        if (chosen) {
            return seal_fail(cause, SEAL_ERR_USAGE, "--%s and --%s both give keys", chosen,
                             sources[i].option);
        }
        chosen = sources[i].option;
        source = i;
    }
    if (!chosen) {
        return needed ? no_keys(strcmp(cli_command_name(run), "nvs encrypt") == 0, cause) : SEAL_OK;
    }
    struct seal_buf *made = seal_buf_new_secret();
    uint8_t *place = made ? seal_buf_reserve(made, SEAL_NVS_KEYS_LEN) : NULL;
    int err = place ? sources[source].get(run, place, cause)
                    : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for keys");
    if (err == SEAL_OK) {
        *keys = made;
    } else {
        seal_buf_free(&made);
    }
    return err;
}

int cli_nvs_write_new_keys(const struct cli_run *run, const struct seal_buf *keys, struct seal_cause *cause)
{
    const char *path = cli_text(run, "new-keys");
    if (!path) {
        return SEAL_OK;
    }
    struct seal_buf *file = seal_buf_new_secret();
    int err = file ? seal_nvs_keys_encode(seal_buf_ptr(keys), file) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_file_write(path, seal_buf_ptr(file), seal_buf_len(file), SEAL_FILE_SECRET, cause);
    }
    if (err == SEAL_OK) {
        cli_say(run, "%s: new NVS keys; whoever has this file can read the partition", path);
    }
    seal_buf_free(&file);
    return err;
}

int cli_nvs_check_out(const struct cli_run *run, bool plain, struct seal_cause *cause)
{
    const char *keys = cli_text(run, "new-keys");
    if (keys && strcmp(keys, cli_text(run, "out")) == 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "--out and --new-keys name the same file");
    }
    return cli_check_out(run, "out", plain, cause);
}

static int report_json(const struct cli_run *run, const struct seal_buf *partition, bool plain)
{
    uint8_t sha256[32];
    int err = seal_sha256(seal_buf_ptr(partition), seal_buf_len(partition), sha256);
    if (err != SEAL_OK) {
        return err;
    }
    seal_json *root = seal_json_object_new();
    seal_json_put_text(root, "file", cli_text(run, "out"));
    seal_json_put_number(root, "size", (double)seal_buf_len(partition));
    seal_json_put_hex(root, "sha256", sha256, sizeof sha256);
    seal_json_put_bool(root, "encrypted", !plain);
    if (cli_text(run, "new-keys")) {
        seal_json_put_text(root, "keys", cli_text(run, "new-keys"));
    }
    return cli_emit_json(run, &root);
}

int cli_nvs_write_out(const struct cli_run *run, const struct seal_buf *partition, bool plain,
                      struct seal_cause *cause)
{
    int err = cli_write_out(run, "out", partition, plain, cause);
    if (err != SEAL_OK || cli_json(run)) {
        return err == SEAL_OK ? report_json(run, partition, plain) : err;
    }
    cli_say(run, "%s: NVS partition of 0x%zx bytes, %s", cli_text(run, "out"), seal_buf_len(partition),
            plain ? "its values in the clear" : "encrypted");
    return SEAL_OK;
}
