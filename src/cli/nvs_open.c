#include "nvs.h"

#include <espseal/nvs_crypt.h>

#include <stdio.h>

static int read_buf(const struct seal_buf *partition, struct seal_nvs **nvs, struct seal_cause *cause)
{
    return seal_nvs_read(seal_buf_ptr(partition), seal_buf_len(partition), nvs, cause);
}

int cli_nvs_check_keys(const struct cli_nvs_source *source, const struct seal_nvs *nvs,
                       struct seal_cause *cause)
{
    if (!seal_nvs_looks_encrypted(nvs)) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_MISMATCH,
                        "the keys are not those of %s: no entry is right after decrypting", source->name);
    seal_hint(cause, "check that the keys and the partition are of the same device");
    return err;
}

int cli_nvs_check_state(const struct cli_nvs_source *source, bool encrypted, struct seal_cause *cause)
{
    struct seal_nvs *nvs = NULL;
    int err = read_buf(source->data, &nvs, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (!encrypted && seal_nvs_looks_encrypted(nvs)) {
        err = seal_fail(cause, SEAL_ERR_FORMAT,
                        "%s is encrypted already, or damaged: no entry has a right CRC", source->name);
        seal_hint(cause, "espseal nvs check %s tells more", source->again);
    } else if (encrypted && seal_nvs_item_count(nvs) + seal_nvs_space_count(nvs) > 0) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is not encrypted: it holds entries in the clear",
                        source->name);
        seal_hint(cause, "espseal nvs dump %s shows them", source->again);
    }
    seal_nvs_free(&nvs);
    return err;
}

static int parse(const struct cli_nvs_source *source, bool decrypted, struct seal_nvs **nvs,
                 struct seal_cause *cause)
{
    int err = read_buf(source->data, nvs, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (decrypted) {
        err = cli_nvs_check_keys(source, *nvs, cause);
    } else if (seal_nvs_looks_encrypted(*nvs)) {
        err = seal_fail(cause, SEAL_ERR_FORMAT, "%s is encrypted, or damaged: no entry has a right CRC",
                        source->name);
        seal_hint(cause, "give the keys with --keys FILE or --hmac-key FILE");
    }
    if (err != SEAL_OK) {
        seal_nvs_free(nvs);
    }
    return err;
}

int cli_nvs_open(struct cli_run *run, struct cli_nvs_source *source, struct seal_nvs **nvs,
                 struct seal_cause *cause)
{
    struct seal_buf *keys = NULL;
    *nvs = NULL;
    *source = (struct cli_nvs_source){0};
    int err = cli_nvs_keys(run, false, &keys, cause);
    if (err == SEAL_OK) {
        err = cli_nvs_read_source(run, source, cause);
    }
    if (err == SEAL_OK && keys) {
        err = cli_nvs_check_state(source, true, cause);
    }
    if (err == SEAL_OK && keys) {
        err = seal_nvs_decrypt(seal_buf_ptr(keys), seal_buf_mutable(source->data), seal_buf_len(source->data),
                               cause);
    }
    if (err == SEAL_OK) {
        err = parse(source, keys != NULL, nvs, cause);
    }
    seal_buf_free(&keys);
    return err;
}

void cli_nvs_place(const struct seal_nvs_finding *finding, char text[static 64])
{
    if (finding->entry == SEAL_NVS_NO_ENTRY) {
        (void)snprintf(text, 64, "page %zu (0x%x)", finding->page, finding->offset);
    } else {
        (void)snprintf(text, 64, "page %zu entry %zu (0x%x)", finding->page, finding->entry, finding->offset);
    }
}

void cli_nvs_put_finding(seal_json *array, const struct seal_nvs_finding *finding)
{
    seal_json *object = seal_json_put_object(array, NULL);
    seal_json_put_bool(object, "damage", finding->damage);
    seal_json_put_number(object, "page", (double)finding->page);
    if (finding->entry == SEAL_NVS_NO_ENTRY) {
        seal_json_put_null(object, "entry");
    } else {
        seal_json_put_number(object, "entry", (double)finding->entry);
    }
    seal_json_put_number(object, "offset", finding->offset);
    seal_json_put_text(object, "text", finding->text);
}
