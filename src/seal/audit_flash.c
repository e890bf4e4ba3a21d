/* Checks of what lies in flash: encryption, identity, storage, updates, leftover secrets, firmware's options.
 */
#include "audit.h"

#include <string.h>

#define NO_FLASH "the flash was not read"

enum seal_audit_verdict audit_fe_enabled(const struct seal_audit *audit, struct seal_audit_note *note)
{
    int on = audit_flash_encryption_on(audit);
    if (on < 0) {
        return audit_unknown(note, "the eFuses cannot be read and the ROM tells nothing");
    }
    audit_note_fuse(audit, note, "SPI_BOOT_CRYPT_CNT");
    audit_note_fuse(audit, note, "FLASH_CRYPT_CNT");
    audit_note(note, "flash encryption is %s", on ? "on" : "off");
    return on ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_fe_plaintext(const struct seal_audit *audit, struct seal_audit_note *note)
{
    size_t plain = 0, unread = 0, encrypted = 0;
    if (audit_flash_encryption_on(audit) == 0) {
        return audit_not_applicable(note, "flash encryption is off");
    }
    for (size_t i = 0; i < audit->partition_count; i++) {
        const struct seal_audit_partition *one = &audit->partitions[i];
        if (!one->should_be_encrypted || one->content == SEAL_CONTENT_ERASED) {
            continue;
        }
        plain += one->content == SEAL_CONTENT_PLAIN;
        unread += one->content == SEAL_CONTENT_UNREAD;
        encrypted += one->content == SEAL_CONTENT_ENCRYPTED;
        if (one->content == SEAL_CONTENT_PLAIN) {
            audit_note(note, "%s at 0x%x is in the clear: %s", one->partition->name, one->partition->offset,
                       one->detail);
        }
    }
    if (plain > 0) {
        return SEAL_AUDIT_FAIL;
    }
    if (audit->table_state != AUDIT_READ || unread > 0 || encrypted == 0) {
        return audit_unknown(note, !audit->source.read                ? NO_FLASH
                                   : audit->table_state != AUDIT_READ ? audit->table_problem
                                                                      : "not every partition was read");
    }
    audit_note(note, "%zu partition%s that should be encrypted look so", encrypted,
               encrypted == 1 ? "" : "s");
    return SEAL_AUDIT_PASS;
}

enum seal_audit_verdict audit_fe_unique(const struct seal_audit *audit, struct seal_audit_note *note)
{
    const seal_json *records = audit->source.records;
    if (audit_flash_encryption_on(audit) == 0) {
        return audit_not_applicable(note, "flash encryption is off");
    }
    if (!records) {
        return audit_unknown(note, "no records of other devices were given (--records)");
    }
    for (size_t i = 0; i < seal_json_len(records); i++) {
        const char *one = seal_json_text(
            seal_json_get(seal_json_get(seal_json_at(records, i), "flash_encryption"), "key_sha256"));
        for (size_t k = i + 1; one && k < seal_json_len(records); k++) {
            const seal_json *other = seal_json_at(records, k);
            const char *two =
                seal_json_text(seal_json_get(seal_json_get(other, "flash_encryption"), "key_sha256"));
            const char *mac = seal_json_text(seal_json_get(other, "mac"));
            const char *own = seal_json_text(seal_json_get(seal_json_at(records, i), "mac"));
            if (two && strcmp(one, two) == 0 && mac && own && strcmp(mac, own) != 0) {
                audit_note(note, "%s and %s have the same key", own, mac);
                return SEAL_AUDIT_FAIL;
            }
        }
    }
    audit_note(note, "no key twice in %zu records", seal_json_len(records));
    return SEAL_AUDIT_PASS;
}

/* --- identity --- */

static enum seal_audit_verdict no_partition(const struct seal_audit *audit, struct seal_audit_note *note)
{
    if (audit->cert_state == AUDIT_ABSENT) {
        return audit_not_applicable(note, "there is no esp_secure_cert partition");
    }
    if (audit->cert_state == AUDIT_DAMAGED) {
        audit_note(note, "esp_secure_cert at 0x%x is damaged", audit->cert_offset);
        return SEAL_AUDIT_FAIL;
    }
    return audit_unknown(note, audit->source.read ? "esp_secure_cert could not be read" : NO_FLASH);
}

enum seal_audit_verdict audit_id_peripheral(const struct seal_audit *audit, struct seal_audit_note *note)
{
    bool ds = false, ecdsa = false, derived = false;
    if (audit->cert_state != AUDIT_READ) {
        return no_partition(audit, note);
    }
    for (size_t i = 0; i < audit->item_count; i++) {
        ds = ds || audit->items[i].entry.type == SEAL_TLV_DS_CONTEXT;
        ecdsa = ecdsa || audit->items[i].exposure == SEAL_KEY_IN_EFUSE;
        derived = derived || audit->items[i].exposure == SEAL_KEY_DERIVED ||
                  audit->items[i].exposure == SEAL_KEY_ENCRYPTED;
    }
    audit_note(note, "the private key is %s",
               ds        ? "used by the Digital Signature peripheral"
               : ecdsa   ? "in an eFuse block, for the ECDSA peripheral"
               : derived ? "derived from, or encrypted under, an HMAC key in the eFuses"
                         : "not in any peripheral");
    return ds || ecdsa || derived ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_id_cert(const struct seal_audit *audit, struct seal_audit_note *note)
{
    bool found = false, good = true;
    if (audit->cert_state != AUDIT_READ) {
        return no_partition(audit, note);
    }
    for (size_t i = 0; i < audit->item_count; i++) {
        const struct seal_partition_item *item = &audit->items[i];
        if (item->problem[0]) {
            audit_note(note, "entry at 0x%zx: %s", (size_t)item->entry.offset, item->problem);
            good = false;
        }
        if (item->has_cert && item->entry.type == SEAL_TLV_DEV_CERT) {
            found = true;
            audit_note(note, "%s, valid to %s%s", item->cert.subject, item->cert.not_after,
                       item->validity == SEAL_CERT_EXPIRED   ? ", expired"
                       : item->validity == SEAL_CERT_NOT_YET ? ", not yet valid"
                                                             : "");
            good = good && item->validity == SEAL_CERT_VALID;
        }
    }
    if (!found) {
        audit_note(note, "there is no device certificate");
    }
    return found && good ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_id_proof(const struct seal_audit *audit, struct seal_audit_note *note)
{
    if (audit->proven) {
        audit_note(note, "the chip signed a fresh nonce, and its certificate verifies it");
        return SEAL_AUDIT_PASS;
    }
    if (audit->proof_failed) {
        audit_note(note, "%s", audit->proof_problem);
        return SEAL_AUDIT_FAIL;
    }
    if (audit->cert_state == AUDIT_ABSENT) {
        return audit_not_applicable(note, "there is no esp_secure_cert partition");
    }
    return audit_unknown(note, audit->proof_problem[0] ? audit->proof_problem
                                                       : "only a chip that answers can prove its key");
}

enum seal_audit_verdict audit_id_leak(const struct seal_audit *audit, struct seal_audit_note *note)
{
    bool leaked = false;
    if (audit->cert_state != AUDIT_READ) {
        return no_partition(audit, note);
    }
    for (size_t i = 0; i < audit->item_count; i++) {
        const struct seal_partition_item *item = &audit->items[i];
        if (item->exposure == SEAL_KEY_LEAKED || item->exposure == SEAL_KEY_PLAINTEXT) {
            audit_note(note, "entry at 0x%zx holds a %s private key", (size_t)item->entry.offset,
                       seal_key_exposure_name(item->exposure));
            leaked = true;
        }
    }
    if (!leaked) {
        audit_note(note, "no entry holds a private key in the clear");
    }
    return leaked ? SEAL_AUDIT_FAIL : SEAL_AUDIT_PASS;
}

/* --- storage, updates, trust, leftovers --- */

static const char *no_nvs(const struct seal_audit *audit)
{
    return !audit->source.read                ? NO_FLASH
           : audit->table_state != AUDIT_READ ? audit->table_problem
                                              : "the NVS partition could not be read";
}

enum seal_audit_verdict audit_nvs_encrypted(const struct seal_audit *audit, struct seal_audit_note *note)
{
    if (audit->nvs_state == AUDIT_ABSENT) {
        return audit_not_applicable(note, "there is no NVS partition with data");
    }
    if (audit->nvs_state != AUDIT_READ) {
        return audit_unknown(note, no_nvs(audit));
    }
    audit_note(note, "NVS is %s", audit->nvs_plain ? "in the clear" : "encrypted");
    return audit->nvs_plain ? SEAL_AUDIT_FAIL : SEAL_AUDIT_PASS;
}

enum seal_audit_verdict audit_nvs_credentials(const struct seal_audit *audit, struct seal_audit_note *note)
{
    if (audit->nvs_state == AUDIT_ABSENT) {
        return audit_not_applicable(note, "there is no NVS partition with data");
    }
    if (audit->nvs_state != AUDIT_READ) {
        return audit_unknown(note, no_nvs(audit));
    }
    if (audit->nvs_credentials[0]) {
        audit_note(note, "in the clear: %s", audit->nvs_credentials);
        return SEAL_AUDIT_FAIL;
    }
    audit_note(note, audit->nvs_plain ? "no entry looks like a credential" : "NVS is encrypted");
    return SEAL_AUDIT_PASS;
}

enum seal_audit_verdict audit_ota_slots(const struct seal_audit *audit, struct seal_audit_note *note)
{
    size_t slots = 0;
    bool data = false;
    if (audit->table_state != AUDIT_READ) {
        return audit_unknown(note, audit->source.read ? audit->table_problem : NO_FLASH);
    }
    for (size_t i = 0; i < audit->table.count; i++) {
        const struct seal_partition *one = &audit->table.entries[i];
        slots += one->type == SEAL_PARTITION_APP && one->subtype >= 0x10 && one->subtype < 0x20;
        data = data || (one->type == SEAL_PARTITION_DATA && one->subtype == 0x00);
    }
    audit_note(note, "%zu OTA slots, %s otadata partition", slots, data ? "an" : "no");
    return slots >= 2 && data ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_net_bundle(const struct seal_audit *audit, struct seal_audit_note *note)
{
    bool app = false;
    for (size_t i = 0; i < audit->image_count; i++) {
        if (audit->images[i].bundle) {
            audit_note(note, "%s holds a certificate bundle", audit->images[i].name);
            return SEAL_AUDIT_PASS;
        }
        app = app || audit->images[i].has_app;
    }
    if (!app) {
        return audit_unknown(note, audit->source.read ? "no application was read" : NO_FLASH);
    }
    audit_note(note, "no application holds ESP-IDF's certificate bundle; it may trust single certificates");
    return SEAL_AUDIT_UNKNOWN;
}

enum seal_audit_verdict audit_sec_leftover(const struct seal_audit *audit, struct seal_audit_note *note)
{
    for (size_t i = 0; i < audit->secret_count; i++) {
        audit_note(note, "%s at 0x%x", audit->secrets[i].what, audit->secrets[i].offset);
    }
    if (audit->secret_count > 0) {
        return SEAL_AUDIT_FAIL;
    }
    if (!audit->scanned) {
        return audit_unknown(note, audit->source.read ? "only parts of the flash were read" : NO_FLASH);
    }
    audit_note(note, "no private key in %u bytes", audit->source.flash_size);
    return SEAL_AUDIT_PASS;
}

/* --- what only firmware knows --- */

/* Each option must have its value; "n" is as good as absent. */
static enum seal_audit_verdict options(const struct seal_audit *audit, const char *const (*wanted)[2],
                                       struct seal_audit_note *note)
{
    bool good = true;
    if (!audit->source.sdkconfig) {
        return audit_unknown(note, "only the firmware's options tell; give them with --sdkconfig");
    }
    for (; (*wanted)[0]; wanted++) {
        const char *value = seal_json_text(seal_json_get(audit->source.sdkconfig, (*wanted)[0]));
        value = value ? value : "n";
        bool same = strcmp(value, (*wanted)[1]) == 0;
        audit_note(note, "%s=%s", (*wanted)[0], value);
        good = good && same;
    }
    return good ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

enum seal_audit_verdict audit_fw_memprot(const struct seal_audit *audit, struct seal_audit_note *note)
{
    static const char *const old[][2] = {{"CONFIG_ESP_SYSTEM_MEMPROT_FEATURE", "y"},
                                         {"CONFIG_ESP_SYSTEM_MEMPROT_FEATURE_LOCK", "y"},
                                         {NULL, NULL}};
    static const char *const pmp[][2] = {{"CONFIG_ESP_SYSTEM_PMP_IDRAM_SPLIT", "y"}, {NULL, NULL}};
    static const char *const with_pms[] = {"esp32s2", "esp32s3", "esp32c3"};
    if (strcmp(audit->source.chip->name, "esp32") == 0) {
        return audit_not_applicable(note, "this chip has no memory protection that ESP-IDF uses");
    }
    for (size_t i = 0; i < sizeof with_pms / sizeof with_pms[0]; i++) {
        if (strcmp(audit->source.chip->name, with_pms[i]) == 0) {
            return options(audit, old, note);
        }
    }
    return options(audit, pmp, note);
}

enum seal_audit_verdict audit_fw_tls(const struct seal_audit *audit, struct seal_audit_note *note)
{
    static const char *const wanted[][2] = {{"CONFIG_ESP_TLS_INSECURE", "n"},
                                            {"CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY", "n"},
                                            {"CONFIG_ESP_HTTPS_OTA_ALLOW_HTTP", "n"},
                                            {"CONFIG_OTA_ALLOW_HTTP", "n"},
                                            {NULL, NULL}};
    return options(audit, wanted, note);
}

enum seal_audit_verdict audit_fw_stack(const struct seal_audit *audit, struct seal_audit_note *note)
{
    static const char *const wanted[][2] = {{"CONFIG_COMPILER_STACK_CHECK", "y"}, {NULL, NULL}};
    return options(audit, wanted, note);
}
