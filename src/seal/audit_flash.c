/* Checks of what lies in flash: encryption, identity, storage, updates, leftover secrets, firmware's options.
 */
#include "audit.h"

#include <espseal/digest.h>
#include <espseal/hex.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

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
    for (size_t i = 0; i < audit->stretch_count; i++) {
        const struct audit_stretch *one = &audit->stretches[i];
        plain += one->content == AUDIT_CONTENT_PLAIN;
        encrypted += one->content == AUDIT_CONTENT_ENCRYPTED;
        if (one->content == AUDIT_CONTENT_PLAIN) {
            audit_note(note, "%s is in the clear at 0x%x", one->name, one->plain_at);
        } else if (one->content == AUDIT_CONTENT_UNREAD) {
            unread++;
            audit_note(note, "%s at 0x%x was not read", one->name, one->offset);
        }
    }
    if (plain > 0) {
        return SEAL_AUDIT_FAIL;
    }
    if (audit->table_state != AUDIT_READ || unread > 0 || encrypted == 0) {
        return audit_unknown(note, !audit_has_flash(audit)            ? NO_FLASH
                                   : audit->table_state != AUDIT_READ ? audit->table_problem
                                                                      : "not all of it was seen");
    }
    audit_note(note, "%zu stretch%s of flash that must be encrypted look so", encrypted,
               encrypted == 1 ? "" : "es");
    return SEAL_AUDIT_PASS;
}

/* Of the flash-encryption key in a receipt; NULL: it tells none. */
static const char *fingerprint_of(const seal_json *record)
{
    return seal_json_text(
        seal_json_get(seal_json_get(seal_json_get(record, "sealing"), "flash_encryption"), "key_sha256"));
}

static bool own_mac(const struct seal_audit *audit, const seal_json *record)
{
    uint8_t mac[6], recorded[6];
    const char *other = seal_json_text(seal_json_get(record, "mac"));
    if (!audit->source.efuse || !other) {
        return false;
    }
    seal_efuse_mac(&audit->efuse, mac);
    return seal_mac_parse(other, recorded) == SEAL_OK && memcmp(mac, recorded, sizeof mac) == 0;
}

/* From the key where it is known, else from the device's own receipt. "": unknown. */
static void own_fingerprint(const struct seal_audit *audit, char text[static 65])
{
    uint8_t digest[32];
    const seal_json *records = audit->source.records;
    text[0] = '\0';
    if (audit->key_len && seal_sha256(audit->key, audit->key_len, digest) == SEAL_OK) {
        seal_hex_encode(digest, sizeof digest, text);
        return;
    }
    for (size_t i = 0; i < seal_json_len(records); i++) {
        const char *one = fingerprint_of(seal_json_at(records, i));
        if (one && own_mac(audit, seal_json_at(records, i))) {
            (void)snprintf(text, 65, "%s", one);
        }
    }
}

enum seal_audit_verdict audit_fe_unique(const struct seal_audit *audit, struct seal_audit_note *note)
{
    const seal_json *records = audit->source.records;
    char own[65];
    size_t others = 0;
    if (audit_flash_encryption_on(audit) == 0) {
        return audit_not_applicable(note, "flash encryption is off");
    }
    if (!records) {
        return audit_unknown(note, "no records of other devices were given (--records)");
    }
    own_fingerprint(audit, own);
    if (!own[0] || !audit->source.efuse) {
        return audit_unknown(note, "neither a record nor the eFuses tell this device's key");
    }
    for (size_t i = 0; i < seal_json_len(records); i++) {
        const seal_json *record = seal_json_at(records, i);
        const char *other = fingerprint_of(record);
        if (!other || own_mac(audit, record)) {
            continue;
        }
        others++;
        if (strcasecmp(own, other) == 0) {
            audit_note(note, "%s has the same key", seal_json_text(seal_json_get(record, "mac")));
            return SEAL_AUDIT_FAIL;
        }
    }
    audit_note(note, "%zu records of other devices tell their key, none of them this one", others);
    return others ? SEAL_AUDIT_PASS : SEAL_AUDIT_UNKNOWN;
}

/* --- identity --- */

static enum seal_audit_verdict no_partition(const struct seal_audit *audit, struct seal_audit_note *note)
{
    return audit->cert_state == AUDIT_ABSENT
               ? audit_not_applicable(note, "there is no esp_secure_cert partition")
               : audit_unknown(note, audit->cert_problem[0] ? audit->cert_problem : NO_FLASH);
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
    bool found = false, good = audit->cert_state != AUDIT_DAMAGED;
    if (audit->cert_state == AUDIT_DAMAGED) {
        audit_note(note, "%s", audit->cert_problem);
    } else if (audit->cert_state != AUDIT_READ) {
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
    for (size_t i = 0; i < audit->item_count; i++) {
        const struct seal_partition_item *item = &audit->items[i];
        if (item->exposure == SEAL_KEY_LEAKED || item->exposure == SEAL_KEY_PLAINTEXT) {
            audit_note(note, "entry at 0x%zx holds a %s private key", (size_t)item->entry.offset,
                       seal_key_exposure_name(item->exposure));
            leaked = true;
        }
    }
    if (!leaked && audit->cert_state != AUDIT_READ) {
        return no_partition(audit, note);
    }
    if (!leaked) {
        audit_note(note, "no entry holds a private key in the clear");
    }
    return leaked ? SEAL_AUDIT_FAIL : SEAL_AUDIT_PASS;
}

/* --- storage, updates, trust, leftovers --- */

/* Where nothing was found to be bad. */
static enum seal_audit_verdict nvs_rest(const struct seal_audit *audit, struct seal_audit_note *note,
                                        const char *good)
{
    if (audit->nvs_problem[0]) {
        return audit_unknown(note, audit->nvs_problem);
    }
    if (audit->nvs_plain + audit->nvs_encrypted == 0) {
        return audit_not_applicable(note, "there is no NVS partition with data");
    }
    audit_note(note, "%s", good);
    return SEAL_AUDIT_PASS;
}

enum seal_audit_verdict audit_nvs_encrypted(const struct seal_audit *audit, struct seal_audit_note *note)
{
    if (audit->nvs_plain) {
        audit_note(note, "NVS is in the clear");
        return SEAL_AUDIT_FAIL;
    }
    return nvs_rest(audit, note, "NVS is encrypted");
}

enum seal_audit_verdict audit_nvs_credentials(const struct seal_audit *audit, struct seal_audit_note *note)
{
    if (audit->nvs_credentials[0]) {
        audit_note(note, "in the clear: %s", audit->nvs_credentials);
        return SEAL_AUDIT_FAIL;
    }
    return nvs_rest(audit, note, audit->nvs_plain ? "no entry looks like a credential" : "NVS is encrypted");
}

enum seal_audit_verdict audit_ota_slots(const struct seal_audit *audit, struct seal_audit_note *note)
{
    size_t slots = 0;
    bool data = false;
    if (audit->table_state != AUDIT_READ) {
        return audit_unknown(note, audit_has_flash(audit) ? audit->table_problem : NO_FLASH);
    }
    for (size_t i = 0; i < audit->table.count; i++) {
        const struct seal_partition *one = &audit->table.entries[i];
        slots += one->type == SEAL_PARTITION_APP && one->subtype >= 0x10 && one->subtype < 0x20;
        data = data || (one->type == SEAL_PARTITION_DATA && one->subtype == 0x00);
    }
    audit_note(note, "%zu OTA slots, %s otadata partition", slots, data ? "an" : "no");
    return slots >= 2 && data ? SEAL_AUDIT_PASS : SEAL_AUDIT_FAIL;
}

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
    if (audit->source.sdkconfig) {
        static const char *const wanted[][2] = {{"CONFIG_MBEDTLS_CERTIFICATE_BUNDLE", "y"}, {NULL, NULL}};
        return options(audit, wanted, note);
    }
    if (!app) {
        return audit_unknown(note, audit_has_flash(audit) ? "no application was read" : NO_FLASH);
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
        return audit_unknown(note, audit->source.flash ? "the file ends before the last partition does"
                                   : audit_has_flash(audit)
                                       ? "only parts of the flash were read; --whole-flash reads all"
                                       : NO_FLASH);
    }
    audit_note(note, "no private key in %u bytes", audit->source.flash_size);
    return SEAL_AUDIT_PASS;
}

/* --- what only firmware knows --- */

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
