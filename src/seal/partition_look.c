#include <espseal/partition_look.h>

#include <espseal/digest.h>
#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

enum { DS_CONTEXT_LEN = 8, FIRST_KEY_BLOCK = 4, LAST_KEY_BLOCK = 9 };

struct look {
    const uint8_t *data;
    size_t len;
    struct seal_partition_item *item;
    struct seal_cause *cause;
};

static const char *const exposure_names[] = {
    [SEAL_KEY_NONE] = "none",           [SEAL_KEY_IN_EFUSE] = "efuse",      [SEAL_KEY_DERIVED] = "derived",
    [SEAL_KEY_ENCRYPTED] = "encrypted", [SEAL_KEY_PLAINTEXT] = "plaintext", [SEAL_KEY_LEAKED] = "leaked",
};

const char *seal_key_exposure_name(enum seal_key_exposure exposure)
{
    return exposure_names[exposure];
}

/* The first problem is the cause of those that follow. */
static void SEAL_PRINTF(2, 3) find(const struct look *look, const char *format, ...)
{
    struct seal_partition_item *item = look->item;
    if (item->problem[0]) {
        return;
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(item->problem, sizeof item->problem, format, args);
    va_end(args);
}

/* Errors that say something about the bytes, as opposed to this host. */
static bool is_about_input(int err)
{
    return err == SEAL_ERR_FORMAT || err == SEAL_ERR_KEY || err == SEAL_ERR_PASSPHRASE ||
           err == SEAL_ERR_MISMATCH || err == SEAL_ERR_NOT_FOUND || err == SEAL_ERR_TOO_LONG;
}

/* --- certificates --- */

static int look_at_cert(const struct look *look)
{
    struct seal_partition_item *item = look->item;
    struct seal_cert *cert = NULL;
    int err = seal_cert_read(item->entry.data, item->entry.length, "the entry", &cert, look->cause);
    if (is_about_input(err)) {
        find(look, "holds no certificate that can be read");
        return SEAL_OK;
    }
    if (err == SEAL_OK) {
        err = seal_cert_info(cert, &item->cert);
        item->has_cert = err == SEAL_OK;
    }
    if (item->has_cert) {
        item->validity = seal_cert_validity(cert);
    }
    seal_cert_free(&cert);
    return err;
}

/* --- private keys --- */

static bool has_entry(const struct look *look, uint8_t type)
{
    struct seal_tlv_entry entry;
    return seal_tlv_find(look->data, look->len, type, look->item->entry.subtype, &entry);
}

static int compare_with_cert(const struct look *look, const struct seal_key *key)
{
    struct seal_tlv_entry entry;
    struct seal_cert *cert = NULL;
    if (!seal_tlv_find(look->data, look->len, SEAL_TLV_DEV_CERT, look->item->entry.subtype, &entry)) {
        return SEAL_OK;
    }
    int err = seal_cert_read(entry.data, entry.length, "DEV_CERT", &cert, look->cause);
    if (err == SEAL_OK) {
        err = seal_cert_matches_key(cert, key, look->cause);
    }
    if (err == SEAL_ERR_MISMATCH) {
        find(look, "is not the key of the device certificate");
    }
    seal_cert_free(&cert);
    return is_about_input(err) ? SEAL_OK : err;
}

static int read_key(const struct look *look)
{
    struct seal_partition_item *item = look->item;
    struct seal_key *key = NULL;
    int err = seal_key_read(item->entry.data, item->entry.length, "the entry", NULL, &key, look->cause);
    if (err == SEAL_ERR_PASSPHRASE) {
        item->exposure = SEAL_KEY_ENCRYPTED;
        return SEAL_OK;
    }
    if (is_about_input(err)) {
        find(look, "holds no private key that can be read");
        return SEAL_OK;
    }
    if (err == SEAL_OK) {
        (void)snprintf(item->key, sizeof item->key, "%s", seal_key_describe(key));
        err = compare_with_cert(look, key);
    }
    seal_key_free(&key);
    return err;
}

static int look_at_key(const struct look *look)
{
    struct seal_partition_item *item = look->item;
    bool peripheral = item->entry.flags & SEAL_TLV_FLAG_ECDSA_PERIPHERAL;
    if (item->entry.flags & SEAL_TLV_FLAG_HMAC_ENCRYPTED) {
        item->exposure = SEAL_KEY_ENCRYPTED;
        return SEAL_OK;
    }
    if (item->entry.length == 0) {
        item->exposure = peripheral                                       ? SEAL_KEY_IN_EFUSE
                         : item->entry.flags & SEAL_TLV_FLAG_HMAC_DERIVED ? SEAL_KEY_DERIVED
                                                                          : SEAL_KEY_NONE;
        if (item->exposure == SEAL_KEY_NONE) {
            find(look, "is empty and has no flag that says where the key is");
        }
        return SEAL_OK;
    }
    bool leaked = peripheral || has_entry(look, SEAL_TLV_DS_DATA) || has_entry(look, SEAL_TLV_SEC_CFG);
    item->exposure = leaked ? SEAL_KEY_LEAKED : SEAL_KEY_PLAINTEXT;
    int err = read_key(look);
    if (item->exposure == SEAL_KEY_LEAKED) {
        find(look, "holds the private key in clear, although the key is meant to live in %s",
             peripheral ? "the ECDSA peripheral" : "a peripheral");
    }
    return err;
}

/* --- what names a key block --- */

static int look_at_ds(const struct look *look)
{
    struct seal_partition_item *item = look->item;
    struct seal_tlv_ds ds;
    struct seal_cause cause = {0};
    int err = seal_tlv_get_ds(look->data, look->len, item->entry.subtype, &ds, &cause);
    if (err != SEAL_OK) {
        find(look, "%s", cause.text);
        return SEAL_OK;
    }
    (void)snprintf(item->key, sizeof item->key, "RSA-%u", ds.rsa_bits);
    if (item->entry.type == SEAL_TLV_DS_CONTEXT) {
        item->efuse_key = (int)ds.efuse_key;
    }
    return SEAL_OK;
}

static int look_at_sec_cfg(const struct look *look)
{
    const struct seal_tlv_entry *entry = &look->item->entry;
    if (entry->length == 0 || entry->data[0] < FIRST_KEY_BLOCK || entry->data[0] > LAST_KEY_BLOCK) {
        find(look, "names no eFuse key block");
    } else {
        look->item->efuse_key = entry->data[0] - FIRST_KEY_BLOCK;
    }
    return SEAL_OK;
}

/* --- the rest --- */

static int look_at_integrity(const struct look *look)
{
    struct seal_partition_item *item = look->item;
    uint8_t sha256[32];
    int err = seal_sha256(look->data, item->entry.offset, sha256);
    if (err != SEAL_OK) {
        return err;
    }
    bool good = item->entry.length == sizeof sha256 && seal_equal(item->entry.data, sha256, sizeof sha256);
    item->integrity = good ? SEAL_GOOD : SEAL_BAD;
    if (!good) {
        find(look, "is not the SHA-256 of what stands before it");
    }
    return SEAL_OK;
}

static int look_at_other(const struct look *look)
{
    static const char marker[] = "PRIVATE KEY-----";
    struct seal_partition_item *item = look->item;
    if (memmem(item->entry.data, item->entry.length, marker, sizeof marker - 1)) {
        item->exposure = SEAL_KEY_PLAINTEXT;
    }
    return SEAL_OK;
}

int seal_partition_look(const uint8_t *data, size_t len, const struct seal_tlv_entry *entry,
                        struct seal_partition_item *item, struct seal_cause *cause)
{
    static int (*const by_type[])(const struct look *) = {
        [SEAL_TLV_CA_CERT] = look_at_cert,        [SEAL_TLV_DEV_CERT] = look_at_cert,
        [SEAL_TLV_PRIV_KEY] = look_at_key,        [SEAL_TLV_DS_DATA] = look_at_ds,
        [SEAL_TLV_DS_CONTEXT] = look_at_ds,       [SEAL_TLV_SEC_CFG] = look_at_sec_cfg,
        [SEAL_TLV_INTEGRITY] = look_at_integrity,
    };
    *item = (struct seal_partition_item){
        .entry = *entry, .crc_ok = entry->crc == entry->crc_computed, .efuse_key = -1};
    const struct look look = {.data = data, .len = len, .item = item, .cause = cause};
    if (!item->crc_ok) {
        find(&look, "has a wrong CRC");
    }
    bool known = entry->type < sizeof by_type / sizeof by_type[0] && by_type[entry->type];
    int err = known ? by_type[entry->type](&look) : look_at_other(&look);
    return err ? seal_fail(cause, err, "cannot judge the entry at 0x%zx: %s", entry->offset,
                           seal_strerror(err))
               : SEAL_OK;
}
