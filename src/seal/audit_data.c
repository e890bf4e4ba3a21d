/* What an audit reads of the data in flash: the identity, NVS, and keys that lie about. */
#include "audit.h"

#include <espseal/nvs.h>
#include <espseal/scan.h>
#include <espseal/survey.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CERT_AT = 0xD000, NVS_LARGEST = 1 << 20 };

/* Where esp_secure_cert is: by the table, else at its usual place. */
static bool locate(struct seal_audit *audit, uint32_t *offset, uint32_t *room)
{
    *offset = CERT_AT;
    *room = SEAL_SECURE_CERT_MAX;
    if (audit->table_state == AUDIT_READ) {
        return seal_survey_locate_in(&audit->table, offset, room, NULL) == SEAL_OK;
    }
    return true;
}

static int look_at_entries(struct seal_audit *audit, const uint8_t *data, size_t len,
                           struct seal_cause *cause)
{
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    size_t offset = 0;
    int err = SEAL_OK;
    while (err == SEAL_OK && audit->item_count < AUDIT_ITEMS &&
           seal_tlv_next(data, len, &offset, &entry, &end)) {
        err = seal_partition_look(data, len, &entry, &audit->items[audit->item_count], cause);
        audit->items[audit->item_count++].entry.data = NULL; /* the bytes go away */
    }
    return err;
}

static void prove(struct seal_audit *audit, const uint8_t *data, size_t len)
{
    struct seal_proof proof;
    struct seal_cause why = {0};
    bool ds = false;
    for (size_t i = 0; i < audit->item_count; i++) {
        ds = ds || audit->items[i].entry.type == SEAL_TLV_DS_CONTEXT;
    }
    if (!ds || !audit->source.loader) {
        return;
    }
    int err = seal_prove_partition(audit->source.loader, data, len, &proof, &why);
    audit->proven = err == SEAL_OK;
    audit->proof_failed = err == SEAL_ERR_PROOF;
    (void)snprintf(audit->proof_problem, sizeof audit->proof_problem, "%.150s", why.text);
}

int audit_read_identity(struct seal_audit *audit, struct seal_cause *cause)
{
    uint32_t room;
    bool done = false;
    if (!locate(audit, &audit->cert_offset, &room)) {
        audit->cert_state = AUDIT_ABSENT;
        return SEAL_OK;
    }
    room = room < SEAL_SECURE_CERT_MAX ? room : SEAL_SECURE_CERT_MAX;
    uint8_t *data = malloc(room);
    int err = data ? audit_fetch(audit, audit->cert_offset, data, room, &done, cause)
                   : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a partition");
    if (err == SEAL_OK && done) {
        audit->cert_state = audit_is_erased(data, room)      ? AUDIT_ABSENT
                            : seal_tlv_used(data, room) == 0 ? AUDIT_DAMAGED
                                                             : AUDIT_READ;
    }
    if (err == SEAL_OK && audit->cert_state == AUDIT_READ) {
        err = look_at_entries(audit, data, room, cause);
        prove(audit, data, room);
    }
    free(data);
    return err;
}

/* Names of entries that hold what opens doors: those of ESP-IDF's Wi-Fi driver, and what people call theirs.
 */
static bool is_credential(const struct seal_nvs_item *item)
{
    static const char *const words[] = {"pswd", "passw",  "pwd",     "secret", "token", "pop",
                                        "psk",  "apikey", "api_key", "priv",   "pmk"};
    if (item->len == 0 && !item->number) {
        return false;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasestr(item->key, words[i])) {
            return true;
        }
    }
    return false;
}

static void look_at_nvs(struct seal_audit *audit, const uint8_t *data, size_t len)
{
    struct seal_nvs *nvs = NULL;
    size_t used = strlen(audit->nvs_credentials);
    if (seal_nvs_read(data, len, &nvs, NULL) != SEAL_OK) {
        return;
    }
    bool encrypted = seal_nvs_looks_encrypted(nvs);
    audit->nvs_plain = audit->nvs_plain || (!encrypted && seal_nvs_item_count(nvs) > 0);
    for (size_t i = 0; !encrypted && i < seal_nvs_item_count(nvs); i++) {
        const struct seal_nvs_item *item = seal_nvs_item_at(nvs, i);
        if (is_credential(item) && used + 40 < sizeof audit->nvs_credentials) {
            int put = snprintf(audit->nvs_credentials + used, sizeof audit->nvs_credentials - used, "%s%s:%s",
                               used ? ", " : "", item->space, item->key);
            used += put > 0 ? (size_t)put : 0;
        }
    }
    seal_nvs_free(&nvs);
}

int audit_read_storage(struct seal_audit *audit, struct seal_cause *cause)
{
    bool found = false, all = true;
    int err = SEAL_OK;
    if (audit->table_state != AUDIT_READ) {
        return SEAL_OK;
    }
    for (size_t i = 0; err == SEAL_OK && i < audit->table.count; i++) {
        const struct seal_partition *one = &audit->table.entries[i];
        if (one->type != SEAL_PARTITION_DATA || one->subtype != 0x02) {
            continue;
        }
        size_t len = one->size < NVS_LARGEST ? one->size : NVS_LARGEST;
        uint8_t *data = malloc(len);
        bool done = false;
        err = data ? audit_fetch(audit, one->offset, data, len, &done, cause)
                   : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a partition");
        if (err == SEAL_OK && done && !audit_is_erased(data, len)) {
            found = true;
            look_at_nvs(audit, data, len);
        }
        all = all && done;
        free(data);
    }
    audit->nvs_state = !all ? AUDIT_UNREAD : found ? AUDIT_READ : AUDIT_ABSENT;
    return err;
}

static int keep_secret(void *ctx, const struct seal_scan_finding *finding)
{
    struct seal_audit *audit = ctx;
    if (audit->secret_count < SEAL_AUDIT_SECRETS) {
        struct seal_audit_secret *secret = &audit->secrets[audit->secret_count++];
        secret->offset = (uint32_t)finding->offset;
        (void)snprintf(secret->what, sizeof secret->what, "%s private key as %s",
                       finding->what[0] ? finding->what : "a", seal_scan_form_name(finding->form));
    }
    return SEAL_OK;
}

int audit_scan_flash(struct seal_audit *audit, struct seal_cause *cause)
{
    bool done = false;
    if (!audit->source.read || !audit->source.cheap || audit->source.flash_size == 0) {
        return SEAL_OK;
    }
    uint8_t *data = malloc(audit->source.flash_size);
    int err = data ? audit_fetch(audit, 0, data, audit->source.flash_size, &done, cause)
                   : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for %u bytes of flash",
                               audit->source.flash_size);
    if (err == SEAL_OK && done) {
        err = seal_scan(data, audit->source.flash_size, NULL, 0, keep_secret, audit);
        audit->scanned = err == SEAL_OK;
    }
    free(data);
    return err;
}
