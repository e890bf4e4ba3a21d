#include <espseal/secure_cert_legacy.h>

#include <espseal/cust_flash.h>
#include <espseal/nvs.h>

#include <stdio.h>
#include <string.h>

enum { NVS_SIZE = 0x3000, DS_PREFIX = 20 };

static const char *const format_names[] = {
    [SEAL_CERT_UNKNOWN] = "unknown",
    [SEAL_CERT_TLV] = "cust_flash_tlv",
    [SEAL_CERT_CUST_FLASH] = "cust_flash",
    [SEAL_CERT_NVS] = "nvs",
};

const char *seal_cert_format_name(enum seal_cert_format format)
{
    return format_names[format];
}

/* --- telling them apart --- */

static const char *const namespaces[] = {"esp_secure_cert", "pre_prov"};

static bool is_ours(const char *space)
{
    return strcmp(space, namespaces[0]) == 0 || strcmp(space, namespaces[1]) == 0;
}

static bool is_nvs(const uint8_t *data, size_t len)
{
    struct seal_nvs *nvs = NULL;
    bool ours = false;
    /* The state of a page is one of a few words; reading all of a dump is for what begins like one. */
    if (len < SEAL_NVS_PAGE_SIZE || len % SEAL_NVS_PAGE_SIZE || (data[8] != 0xFE && data[8] != 0xFF)) {
        return false;
    }
    if (seal_nvs_read(data, len, &nvs, NULL) == SEAL_OK) {
        for (size_t i = 0; i < seal_nvs_space_count(nvs); i++) {
            ours |= is_ours(seal_nvs_space_at(nvs, i)->name);
        }
    }
    seal_nvs_free(&nvs);
    return ours;
}

enum seal_cert_format seal_cert_format_of(const uint8_t *data, size_t len)
{
    if (len >= 4 && seal_le32(data) == SEAL_SECURE_CERT_MAGIC) {
        return SEAL_CERT_TLV;
    }
    return seal_cust_flash_is(data, len) ? SEAL_CERT_CUST_FLASH
           : is_nvs(data, len)           ? SEAL_CERT_NVS
                                         : SEAL_CERT_UNKNOWN;
}

/* --- from legacy --- */

struct parts { /* what both formats hold */
    struct seal_cust_flash flash;
    struct seal_buf *texts[3]; /* device, CA, key of NVS with their NUL */
};

static void SEAL_PRINTF(2, 3) note(char problem[static 160], const char *format, ...)
{
    va_list args;
    if (!problem[0]) {
        va_start(args, format);
        (void)vsnprintf(problem, 160, format, args);
        va_end(args);
    }
}

static int take_item(const struct seal_nvs_item *item, struct parts *parts)
{
    struct seal_cust_flash_part *const text_parts[] = {&parts->flash.device_cert, &parts->flash.ca_cert,
                                                       &parts->flash.secret};
    static const char *const text_keys[] = {"dev_cert", "ca_cert", "priv_key"};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(item->key, text_keys[i]) == 0) {
            size_t len = item->len + (item->type == SEAL_NVS_STRING);
            seal_buf_truncate(parts->texts[i], 0);
            int err = seal_buf_put(parts->texts[i], item->data, len);
            *text_parts[i] = (struct seal_cust_flash_part){seal_buf_ptr(parts->texts[i]), len, true};
            return err;
        }
    }
    if (strcmp(item->key, "cipher_c") == 0) {
        parts->flash.secret = (struct seal_cust_flash_part){item->data, item->len, true};
        parts->flash.ds = true;
    } else if (strcmp(item->key, "iv") == 0) {
        parts->flash.iv = (struct seal_cust_flash_part){item->data, item->len, true};
    } else if (strcmp(item->key, "rsa_len") == 0) {
        parts->flash.rsa_bits = (unsigned)(item->number & 0xFFFF);
    } else if (strcmp(item->key, "ds_key_id") == 0) {
        parts->flash.efuse_key = (unsigned)(item->number & 0xFF);
    }
    return SEAL_OK;
}

static int take_nvs(const struct seal_nvs *nvs, struct parts *parts, char problem[static 160])
{
    int err = SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < seal_nvs_item_count(nvs); i++) {
        const struct seal_nvs_item *item = seal_nvs_item_at(nvs, i);
        err = is_ours(item->space) ? take_item(item, parts) : SEAL_OK;
    }
    for (size_t i = 0; i < seal_nvs_finding_count(nvs); i++) {
        const struct seal_nvs_finding *finding = seal_nvs_finding_at(nvs, i);
        if (finding->damage) {
            note(problem, "NVS page %zu: %.100s", finding->page, finding->text);
        }
    }
    return err;
}

static int put_ds(const struct seal_cust_flash *flash, struct seal_buf *out, struct seal_cause *cause)
{
    if (flash->iv.len != 16) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the IV has %zu bytes, not 16", flash->iv.len);
    }
    int err = seal_tlv_put_ds(out, 0, flash->rsa_bits, flash->iv.data, flash->secret.data, flash->secret.len,
                              flash->efuse_key, cause);
    if (err == SEAL_ERR_KEY || err == SEAL_ERR_USAGE) {
        err = seal_fail(cause, SEAL_ERR_FORMAT,
                        "the DS parameters make no sense: RSA-%u, %zu bytes, BLOCK_KEY%u", flash->rsa_bits,
                        flash->secret.len, flash->efuse_key);
    }
    return err;
}

static int put_parts(const struct seal_cust_flash *flash, struct seal_buf *out, char problem[static 160],
                     struct seal_cause *cause)
{
    const struct {
        uint8_t type;
        const char *name;
        const struct seal_cust_flash_part *part;
    } entries[] = {{SEAL_TLV_CA_CERT, "CA certificate", &flash->ca_cert},
                   {SEAL_TLV_DEV_CERT, "device certificate", &flash->device_cert},
                   {SEAL_TLV_PRIV_KEY, flash->ds ? "ciphertext" : "private key", &flash->secret}};
    int err = flash->ds ? put_ds(flash, out, cause) : SEAL_OK;
    for (size_t i = 0; err == SEAL_OK && i < 3; i++) {
        const struct seal_cust_flash_part *part = entries[i].part;
        if (part->len && !part->crc_ok) {
            note(problem, "the %s has a wrong CRC", entries[i].name);
        }
        if (part->len && !(flash->ds && entries[i].type == SEAL_TLV_PRIV_KEY)) {
            err = seal_tlv_put_within(out, SEAL_SECURE_CERT_LIMIT, entries[i].type, 0, 0, part->data,
                                      part->len, cause);
        }
    }
    if (flash->ds && flash->iv.len && !flash->iv.crc_ok) {
        note(problem, "the IV has a wrong CRC");
    }
    return err;
}

static int nvs_to_tlv(const uint8_t *data, size_t len, struct seal_buf *out, char problem[static 160],
                      struct seal_cause *cause)
{
    struct parts parts = {.texts = {seal_buf_new(), seal_buf_new(), seal_buf_new_secret()}};
    struct seal_nvs *nvs = NULL;
    bool ready = parts.texts[0] && parts.texts[1] && parts.texts[2];
    int err = ready ? seal_nvs_read(data, len, &nvs, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = take_nvs(nvs, &parts, problem);
    }
    if (err == SEAL_OK) {
        err = put_parts(&parts.flash, out, problem, cause);
    }
    seal_nvs_free(&nvs);
    for (size_t i = 0; i < 3; i++) {
        seal_buf_free(&parts.texts[i]);
    }
    return err;
}

int seal_secure_cert_to_tlv(const uint8_t *data, size_t len, struct seal_buf *out, char problem[static 160],
                            struct seal_cause *cause)
{
    struct seal_cust_flash flash;
    problem[0] = '\0';
    switch (seal_cert_format_of(data, len)) {
    case SEAL_CERT_CUST_FLASH: {
        int err = seal_cust_flash_get(data, len, &flash, cause);
        return err == SEAL_OK ? put_parts(&flash, out, problem, cause) : err;
    }
    case SEAL_CERT_NVS:
        return nvs_to_tlv(data, len, out, problem, cause);
    default:
        return seal_fail(cause, SEAL_ERR_FORMAT, "this is no legacy esp_secure_cert partition");
    }
}

/* --- to legacy --- */

static int take_entry(const struct seal_tlv_entry *entry, struct seal_cust_flash *flash,
                      struct seal_cause *cause)
{
    const struct seal_cust_flash_part part = {entry->data, entry->length, true};
    const char *name = seal_tlv_type_name(entry->type);
    bool plain = entry->subtype == 0 && entry->flags == 0;
    if (plain && entry->type == SEAL_TLV_CA_CERT) {
        flash->ca_cert = part;
    } else if (plain && entry->type == SEAL_TLV_DEV_CERT) {
        flash->device_cert = part;
    } else if (plain && entry->type == SEAL_TLV_PRIV_KEY) {
        flash->secret = part;
    } else if (entry->type != SEAL_TLV_INTEGRITY &&
               !(plain && (entry->type == SEAL_TLV_DS_DATA || entry->type == SEAL_TLV_DS_CONTEXT))) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED,
                         "a legacy format cannot hold %s with subtype %u and flags 0x%02x",
                         name ? name : "this entry", entry->subtype, entry->flags);
    }
    flash->ds |= entry->type == SEAL_TLV_DS_DATA;
    return SEAL_OK;
}

static int read_parts(const uint8_t *data, size_t len, struct seal_cust_flash *flash,
                      struct seal_cause *cause)
{
    struct seal_tlv_entry entry;
    struct seal_tlv_ds ds;
    enum seal_tlv_end end;
    size_t offset = 0;
    int err = SEAL_OK;
    *flash = (struct seal_cust_flash){.ds = false};
    while (err == SEAL_OK && seal_tlv_next(data, len, &offset, &entry, &end)) {
        err = take_entry(&entry, flash, cause);
    }
    if (err == SEAL_OK && flash->ds) {
        err = seal_tlv_get_ds(data, len, 0, &ds, cause);
    }
    if (err == SEAL_OK && flash->ds) {
        flash->secret = (struct seal_cust_flash_part){ds.c, ds.c_len, true};
        flash->iv = (struct seal_cust_flash_part){ds.iv, 16, true};
        flash->rsa_bits = ds.rsa_bits;
        flash->efuse_key = ds.efuse_key;
    }
    return err;
}

static int put_text(struct seal_nvs_writer *writer, const char *key, const struct seal_cust_flash_part *part,
                    struct seal_cause *cause)
{
    size_t len = part->len && part->data[part->len - 1] == 0 ? part->len - 1 : part->len;
    if (len == 0) {
        return SEAL_OK;
    }
    if (part->data[0] == 0x30 || memchr(part->data, 0, len)) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the nvs format holds PEM texts, and %s is none", key);
    }
    return seal_nvs_put_bytes(writer, key, SEAL_NVS_STRING, part->data, len, cause);
}

/* In the order of the reference, so that the bytes are the same. */
static int put_nvs(struct seal_nvs_writer *writer, const struct seal_cust_flash *flash,
                   struct seal_cause *cause)
{
    bool returned;
    int err = seal_nvs_put_namespace(writer, namespaces[0], &returned, cause);
    if (err == SEAL_OK) {
        err = put_text(writer, "ca_cert", &flash->ca_cert, cause);
    }
    if (err == SEAL_OK && flash->ds) {
        err = seal_nvs_put_bytes(writer, "cipher_c", SEAL_NVS_BLOB, flash->secret.data, flash->secret.len,
                                 cause);
    }
    if (err == SEAL_OK) {
        err = put_text(writer, "dev_cert", &flash->device_cert, cause);
    }
    if (err == SEAL_OK && !flash->ds) {
        err = put_text(writer, "priv_key", &flash->secret, cause);
    }
    if (err == SEAL_OK && flash->ds) {
        err = seal_nvs_put_number(writer, "rsa_len", SEAL_NVS_U16, flash->rsa_bits, cause);
    }
    if (err == SEAL_OK && flash->ds) {
        err = seal_nvs_put_number(writer, "ds_key_id", SEAL_NVS_U8, flash->efuse_key, cause);
    }
    if (err == SEAL_OK && flash->ds) {
        err = seal_nvs_put_bytes(writer, "iv", SEAL_NVS_BLOB, flash->iv.data, flash->iv.len, cause);
    }
    return err;
}

int seal_secure_cert_from_tlv(const uint8_t *data, size_t len, enum seal_cert_format format,
                              struct seal_buf *out, struct seal_cause *cause)
{
    struct seal_cust_flash flash;
    struct seal_nvs_writer *writer = NULL;
    int err = read_parts(data, len, &flash, cause);
    if (err != SEAL_OK || format == SEAL_CERT_CUST_FLASH) {
        return err == SEAL_OK ? seal_cust_flash_put(&flash, out, cause) : err;
    }
    err = format == SEAL_CERT_NVS ? seal_nvs_writer_new(NVS_SIZE, 2, 0, &writer, cause)
                                  : seal_fail(cause, SEAL_ERR_USAGE, "this is no legacy format");
    if (err == SEAL_OK) {
        err = put_nvs(writer, &flash, cause);
    }
    if (err == SEAL_OK) {
        err = seal_nvs_writer_finish(writer, out, cause);
    }
    seal_nvs_writer_free(&writer);
    return err;
}
