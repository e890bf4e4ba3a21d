/* What an audit reads of the data in flash: the identity, NVS, and keys that lie about. */
#include "audit.h"

#include <espseal/flash_layout.h>
#include <espseal/nvs.h>
#include <espseal/scan.h>
#include <espseal/secret.h>
#include <espseal/secure_cert_legacy.h>
#include <espseal/survey.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CERT_AT = 0xD000 };

static void problem(struct seal_audit *audit, enum audit_read state, const char *text)
{
    audit->cert_state = state;
    (void)snprintf(audit->cert_problem, sizeof audit->cert_problem, "esp_secure_cert at 0x%x %.120s",
                   audit->cert_offset, text);
}

/* Where esp_secure_cert is: by the table, else at its usual place. */
static bool locate(struct seal_audit *audit, uint32_t *room, bool *encrypted)
{
    audit->cert_offset = CERT_AT;
    *room = SEAL_SECURE_CERT_MAX;
    *encrypted = false;
    if (audit->table_state != AUDIT_READ) {
        return true;
    }
    int err = seal_survey_locate_in(&audit->table, &audit->cert_offset, room, NULL);
    for (size_t i = 0; err == SEAL_OK && i < audit->table.count; i++) {
        const struct seal_partition *one = &audit->table.entries[i];
        *encrypted = *encrypted || (one->offset == audit->cert_offset && seal_partition_is_encrypted(one) &&
                                    audit_flash_encryption_on(audit) == 1);
    }
    *room = *room < SEAL_SECURE_CERT_MAX ? *room : SEAL_SECURE_CERT_MAX;
    return err == SEAL_OK;
}

static int look_at_entries(struct seal_audit *audit, const uint8_t *data, size_t len,
                           struct seal_cause *cause)
{
    struct seal_tlv_entry entry;
    enum seal_tlv_end end = SEAL_TLV_END_OF_DATA;
    size_t offset = 0;
    int err = SEAL_OK;
    audit->cert_state = AUDIT_READ;
    while (err == SEAL_OK && seal_tlv_next(data, len, &offset, &entry, &end)) {
        if (audit->item_count == AUDIT_ITEMS) {
            problem(audit, AUDIT_DAMAGED, "has more entries than any tool makes");
            return SEAL_OK;
        }
        struct seal_cause why = {0};
        err = seal_partition_look(data, len, &entry, &audit->items[audit->item_count], &why);
        if (err != SEAL_OK) {
            problem(audit, AUDIT_DAMAGED, why.text);
            return err == SEAL_ERR_NO_MEMORY ? seal_fail(cause, err, "out of memory for an audit") : SEAL_OK;
        }
        audit->items[audit->item_count++].entry.data = NULL; /* the bytes go away */
    }
    if (audit->item_count == 0 || end == SEAL_TLV_END_GARBAGE || end == SEAL_TLV_END_TRUNCATED) {
        problem(audit, AUDIT_DAMAGED, audit->item_count ? seal_tlv_end_name(end) : "holds no entry");
    }
    return err;
}

static void prove(struct seal_audit *audit, const uint8_t *data, size_t len)
{
    struct seal_proof proof;
    struct seal_cause why = {0};
    unsigned key;
    bool peripheral = seal_tlv_get_ecdsa(data, len, 0, &key);
    for (size_t i = 0; i < audit->item_count; i++) {
        peripheral = peripheral || audit->items[i].entry.type == SEAL_TLV_DS_CONTEXT;
    }
    if (!peripheral || !audit->source.loader) {
        return;
    }
    int err = seal_prove_partition(audit->source.loader, data, len, &proof, &why);
    audit->proven = err == SEAL_OK;
    audit->proof_failed = err == SEAL_ERR_PROOF;
    (void)snprintf(audit->proof_problem, sizeof audit->proof_problem, "%.150s", why.text);
}

/* In TLV, or in one of the two forms before it. */
static int look_at_partition(struct seal_audit *audit, const uint8_t *data, size_t len,
                             struct seal_cause *cause)
{
    enum seal_cert_format format = seal_cert_format_of(data, len);
    if (format != SEAL_CERT_CUST_FLASH && format != SEAL_CERT_NVS) {
        int err = look_at_entries(audit, data, len, cause);
        if (err == SEAL_OK && audit->cert_state == AUDIT_READ) {
            prove(audit, data, len);
        }
        return err;
    }
    char doubt[160] = "";
    struct seal_buf *entries = seal_buf_new();
    int err = entries ? seal_secure_cert_to_tlv(data, len, entries, doubt, NULL) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = look_at_entries(audit, seal_buf_ptr(entries), seal_buf_len(entries), cause);
    }
    if (err == SEAL_ERR_FORMAT || doubt[0]) {
        problem(audit, AUDIT_DAMAGED, doubt[0] ? doubt : "cannot be read");
        err = SEAL_OK;
    }
    seal_buf_free(&entries);
    return err;
}

int audit_read_identity(struct seal_audit *audit, struct seal_cause *cause)
{
    uint32_t room;
    bool done = false, encrypted;
    if (!locate(audit, &room, &encrypted)) {
        audit->cert_state = AUDIT_ABSENT;
        return SEAL_OK;
    }
    uint8_t *data = malloc(room);
    int err = data ? audit_fetch(audit, audit->cert_offset, data, room, &done, cause)
                   : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a partition");
    bool erased = done && seal_is_filled(data, room, 0xFF), sure = audit->table_state == AUDIT_READ;
    if (err != SEAL_OK || !done) {
        problem(audit, AUDIT_UNREAD, audit_has_flash(audit) ? "could not be read" : "was not read");
    } else if (erased && (sure || audit->table_state == AUDIT_ABSENT)) {
        audit->cert_state = AUDIT_ABSENT;
    } else if (!sure && seal_cert_format_of(data, room) == SEAL_CERT_UNKNOWN) {
        problem(audit, AUDIT_UNREAD, "is not where it usually is, and no partition table tells");
    } else if (encrypted &&
               (!audit->key_len || audit_decrypt(audit, audit->cert_offset, data, room) != SEAL_OK)) {
        problem(audit, AUDIT_UNREAD, "is encrypted; give the key with --flash-key");
    } else {
        err = look_at_partition(audit, data, room, cause);
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
    bool blank =
        !seal_nvs_type_is_number(item->type) &&
        (item->len == 0 || (item->data[0] == 0 && memcmp(item->data, item->data + 1, item->len - 1) == 0));
    if (blank || (seal_nvs_type_is_number(item->type) && item->number == 0)) {
        return false; /* ESP-IDF keeps the place of a password that nobody set */
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasestr(item->key, words[i])) {
            return true;
        }
    }
    return false;
}

static void note_credentials(struct seal_audit *audit, const struct seal_nvs *nvs)
{
    size_t used = strlen(audit->nvs_credentials);
    for (size_t i = 0; i < seal_nvs_item_count(nvs); i++) {
        const struct seal_nvs_item *item = seal_nvs_item_at(nvs, i);
        if (is_credential(item) && used + 40 < sizeof audit->nvs_credentials) {
            int put = snprintf(audit->nvs_credentials + used, sizeof audit->nvs_credentials - used, "%s%s:%s",
                               used ? ", " : "", item->space, item->key);
            used += put > 0 ? (size_t)put : 0;
        }
    }
}

static void look_at_nvs(struct seal_audit *audit, const struct seal_partition *one, const uint8_t *data,
                        size_t len)
{
    struct seal_nvs *nvs = NULL;
    struct seal_cause why = {0};
    if (seal_nvs_read(data, len, &nvs, &why) != SEAL_OK) {
        (void)snprintf(audit->nvs_problem, sizeof audit->nvs_problem, "%s: %.120s", one->name, why.text);
        return;
    }
    bool encrypted = seal_nvs_looks_encrypted(nvs);
    audit->nvs_encrypted += encrypted;
    audit->nvs_plain += !encrypted && seal_nvs_item_count(nvs) > 0;
    for (size_t i = 0; !encrypted && i < seal_nvs_finding_count(nvs) && !audit->nvs_problem[0]; i++) {
        const struct seal_nvs_finding *finding = seal_nvs_finding_at(nvs, i);
        if (finding->damage) {
            (void)snprintf(audit->nvs_problem, sizeof audit->nvs_problem, "%s is damaged at 0x%x: %s",
                           one->name, one->offset + finding->offset, finding->text);
        }
    }
    if (!encrypted) {
        note_credentials(audit, nvs);
    }
    seal_nvs_free(&nvs);
}

static int read_nvs(struct seal_audit *audit, const struct seal_partition *one, struct seal_cause *cause)
{
    bool done = false;
    uint8_t *data = malloc(one->size);
    int err = data ? audit_fetch(audit, one->offset, data, one->size, &done, cause)
                   : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a partition");
    if (err == SEAL_OK && !done) {
        (void)snprintf(audit->nvs_problem, sizeof audit->nvs_problem, "%s at 0x%x could not be read",
                       one->name, one->offset);
    } else if (err == SEAL_OK && !seal_is_filled(data, one->size, 0xFF)) {
        look_at_nvs(audit, one, data, one->size);
    }
    if (data) {
        seal_cleanse(data, one->size);
    }
    free(data);
    return err;
}

int audit_read_storage(struct seal_audit *audit, struct seal_cause *cause)
{
    int err = SEAL_OK;
    if (audit->table_state != AUDIT_READ && audit->table_state != AUDIT_ABSENT) {
        (void)snprintf(audit->nvs_problem, sizeof audit->nvs_problem, "%s",
                       audit->table_state == AUDIT_UNREAD && !audit_has_flash(audit)
                           ? "the flash was not read"
                           : audit->table_problem);
        return SEAL_OK;
    }
    for (size_t i = 0; err == SEAL_OK && i < audit->table.count; i++) {
        const struct seal_partition *one = &audit->table.entries[i];
        if (one->type == SEAL_PARTITION_DATA && one->subtype == 0x02 && one->size <= SEAL_NVS_SIZE_MAX) {
            err = read_nvs(audit, one, cause);
        }
    }
    return err;
}

static int keep_secret(void *ctx, const struct seal_scan_finding *finding)
{
    struct seal_audit *audit = ctx;
    if (audit->secret_count < AUDIT_SECRETS) {
        struct audit_secret *secret = &audit->secrets[audit->secret_count++];
        secret->offset = (uint32_t)finding->offset;
        (void)snprintf(secret->what, sizeof secret->what, "%s private key as %s",
                       finding->what[0] ? finding->what : "a", seal_scan_form_name(finding->form));
    }
    return SEAL_OK;
}

int audit_scan_flash(struct seal_audit *audit, struct seal_cause *cause)
{
    const struct seal_audit_source *source = &audit->source;
    uint32_t end = 0;
    if (!source->flash) {
        return SEAL_OK;
    }
    for (size_t i = 0; audit->table_state == AUDIT_READ && i < audit->table.count; i++) {
        const struct seal_partition *one = &audit->table.entries[i];
        end = one->offset + one->size > end ? one->offset + one->size : end;
    }
    int err = seal_scan_mapped(source->flash, source->flash_size, &source->release, keep_secret, audit);
    audit->scanned = err == SEAL_OK && end <= source->flash_size;
    return err == SEAL_OK ? err : seal_fail(cause, err, "the flash cannot be searched");
}
