/* Manufacturing data of `provision`: template, values, and the label in --out. */
#include "nvs.h"
#include "provision.h"

#include <espseal/file.h>
#include <espseal/manufacturing.h>
#include <espseal/qr.h>
#include <espseal/secret.h>

#include <string.h>

static void note(void *ctx, const char *text)
{
    const struct cli_run *run = ctx;
    cli_say(run, "note: %s", text);
}

static int need_template(const struct cli_run *run, struct seal_cause *cause)
{
    static const char *const options[] = {"nvs-values", "nvs-partition", "nvs-version", "derive-key",
                                          "transport"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (cli_text(run, options[i])) {
            int err = seal_fail(cause, SEAL_ERR_USAGE,
                                "--%s is for manufacturing data, which is not asked for", options[i]);
            seal_hint(cause, "give --nvs-template FILE");
            return err;
        }
    }
    return SEAL_OK;
}

static int read_table(const struct cli_run *run, struct provision *p, const char *option,
                      struct seal_csv **table, struct seal_cause *cause)
{
    const char *path = cli_text(run, option);
    return path ? provision_blame(p, option, 0, cli_nvs_read_table(path, table, cause), cause) : SEAL_OK;
}

int provision_read_manufacturing(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    const char *partition = cli_text(run, "nvs-partition");
    uint32_t version = 2;
    if (!cli_text(run, "nvs-template")) {
        return need_template(run, cause);
    }
    int err = read_table(run, p, "nvs-template", &p->mfg_tables[0], cause);
    if (err == SEAL_OK) {
        err = read_table(run, p, "nvs-values", &p->mfg_values, cause);
    }
    if (err == SEAL_OK && cli_text(run, "derive-key")) {
        err = provision_blame(p, "derive-key", 0,
                              cli_read_hmac_key_of(run, "derive-key", &p->derive_key, cause), cause);
    }
    if (err == SEAL_OK) {
        err = cli_number(run, "nvs-version", 2, 2, &version, cause);
    }
    p->mfg = (struct seal_mfg_recipe){.tables = (const struct seal_csv *const *)p->mfg_tables,
                                      .values = p->mfg_values,
                                      .derive_key = p->derive_key,
                                      .serial = cli_text(run, "serial"),
                                      .partition = partition ? partition : "nvs",
                                      .version = version,
                                      .read_file = cli_nvs_read_value_file,
                                      .note = note,
                                      .ctx = run};
    p->profile.sealing.manufacturing = &p->mfg;
    return err;
}

static const struct seal_mfg_device *label_of(const struct provision *p)
{
    const struct seal_mfg *mfg = seal_job_manufacturing(p->job);
    const struct seal_mfg_device *device = mfg ? seal_mfg_device(mfg) : NULL;
    return device && device->pop ? device : NULL;
}

int provision_label_check(const struct cli_run *run, const struct provision *p, struct seal_cause *cause)
{
    const struct seal_mfg_device *device = label_of(p);
    if (!device || !device->pop_made || cli_text(run, "out")) {
        return SEAL_OK;
    }
    int err =
        seal_fail(cause, SEAL_ERR_USAGE, "the proof of possession of this device needs a place to be kept");
    seal_hint(cause, "give --out DIR: label.txt and label.png are written there before the device gets it");
    return err;
}

int provision_label_write(const struct cli_run *run, const struct provision *p, struct seal_cause *cause)
{
    const struct seal_mfg_device *device = label_of(p);
    const char *transport = cli_text(run, "transport");
    if (!device) {
        return SEAL_OK;
    }
    struct seal_buf *text = seal_buf_new_secret(), *picture = seal_buf_new();
    int err = text && picture ? seal_mfg_label(device, transport ? transport : "ble", text, cause)
                              : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    if (err == SEAL_OK) {
        err = seal_qr_encode((const char *)seal_buf_ptr(text), SEAL_QR_PNG, picture, cause);
    }
    if (err == SEAL_OK) {
        err = provision_write_one(p, "label.png", seal_buf_ptr(picture), seal_buf_len(picture),
                                  SEAL_FILE_SECRET, cause);
    }
    if (err == SEAL_OK) { /* a line, not a string */
        *(seal_buf_mutable(text) + seal_buf_len(text) - 1) = '\n';
        err = provision_write_one(p, "label.txt", seal_buf_ptr(text), seal_buf_len(text), SEAL_FILE_SECRET,
                                  cause);
    }
    seal_buf_free(&text);
    seal_buf_free(&picture);
    return err;
}
