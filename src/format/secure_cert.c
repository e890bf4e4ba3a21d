#include <espseal/secure_cert.h>

#include <espseal/hex.h>

#include <string.h>

enum {
    HEADER_LEN = 12,
    FOOTER_LEN = 4,
    ALIGNMENT = 16,
    DS_DATA_PREFIX = 4 + 16, /* rsa_length and iv, before c */
    DS_CONTEXT_LEN = 8,
    SEC_CFG_LEN = 40,
    KEY_MAX = 5,
    FIRST_KEY_BLOCK = 4, /* eFuse block of BLOCK_KEY0 */
    C_LEN_3072 = 1200,
    C_LEN_4096 = 1584,
};
#define CRC_START 0xFFFFFFFFu
#define END_MARKER 0x0000FFFFu

static const char *const type_names[] = {
    [SEAL_TLV_CA_CERT] = "CA_CERT",
    [SEAL_TLV_DEV_CERT] = "DEV_CERT",
    [SEAL_TLV_PRIV_KEY] = "PRIV_KEY",
    [SEAL_TLV_DS_DATA] = "DS_DATA",
    [SEAL_TLV_DS_CONTEXT] = "DS_CONTEXT",
    [SEAL_TLV_HMAC_ECDSA_KEY_SALT] = "HMAC_ECDSA_KEY_SALT",
    [SEAL_TLV_SEC_CFG] = "SEC_CFG",
    [SEAL_TLV_TEE_SEC_STORAGE_KEY_ID] = "TEE_SEC_STORAGE_KEY_ID",
    [SEAL_TLV_SIGNATURE_BLOCK] = "SIGNATURE_BLOCK",
    [SEAL_TLV_INTEGRITY] = "INTEGRITY",
    [SEAL_TLV_USER_DATA_1] = "USER_DATA_1",
    [SEAL_TLV_USER_DATA_1 + 1] = "USER_DATA_2",
    [SEAL_TLV_USER_DATA_1 + 2] = "USER_DATA_3",
    [SEAL_TLV_USER_DATA_1 + 3] = "USER_DATA_4",
    [SEAL_TLV_USER_DATA_5] = "USER_DATA_5",
};

const char *seal_tlv_type_name(uint8_t type)
{
    return type < sizeof type_names / sizeof type_names[0] ? type_names[type] : NULL;
}

const char *seal_tlv_end_name(enum seal_tlv_end end)
{
    switch (end) {
    case SEAL_TLV_END_OF_DATA:
        return "the data ends";
    case SEAL_TLV_END_ERASED:
        return "erased flash follows";
    case SEAL_TLV_END_ZERO:
        return "zero bytes follow";
    case SEAL_TLV_END_MARKER:
        return "the end marker follows";
    case SEAL_TLV_END_GARBAGE:
        return "something that is no entry follows";
    case SEAL_TLV_END_TRUNCATED:
        return "an entry that reaches beyond the data follows";
    }
    return "unknown end";
}

static size_t padding_of(size_t len)
{
    return (ALIGNMENT - len % ALIGNMENT) % ALIGNMENT;
}

static size_t size_of(size_t len)
{
    return HEADER_LEN + len + padding_of(len) + FOOTER_LEN;
}

/* --- writing --- */

static int put_body(struct seal_buf *out, const uint8_t header[static HEADER_LEN], const void *data,
                    size_t len)
{
    size_t start = seal_buf_len(out);
    int err = seal_buf_put(out, header, HEADER_LEN);
    if (err == SEAL_OK) {
        err = seal_buf_put(out, data, len);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put_fill(out, 0, padding_of(len));
    }
    if (err == SEAL_OK) {
        uint32_t crc = seal_crc32(CRC_START, seal_buf_ptr(out) + start, seal_buf_len(out) - start);
        err = seal_buf_put_le32(out, crc);
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, start);
    }
    return err;
}

int seal_tlv_put_within(struct seal_buf *out, size_t size, uint8_t type, uint8_t subtype, uint8_t flags,
                        const void *data, size_t len, struct seal_cause *cause)
{
    size_t used = seal_buf_len(out);
    size = size < SEAL_SECURE_CERT_LIMIT ? size : SEAL_SECURE_CERT_LIMIT;
    if (used > size || len > size || size_of(len) > size - used) {
        const char *name = seal_tlv_type_name(type);
        return seal_fail(cause, SEAL_ERR_TOO_LONG,
                         "%s of %zu bytes does not fit: %zu of the partition's %zu bytes are in use",
                         name ? name : "an entry", len, used, size);
    }
    uint8_t header[HEADER_LEN] = {0};
    seal_put_le32(header, SEAL_SECURE_CERT_MAGIC);
    header[4] = flags;
    header[8] = type;
    header[9] = subtype;
    seal_put_le16(header + 10, (uint16_t)len);
    int err = put_body(out, header, data, len);
    return err ? seal_fail(cause, err, "%s", seal_strerror(err)) : SEAL_OK;
}

int seal_tlv_put(struct seal_buf *out, uint8_t type, uint8_t subtype, uint8_t flags, const void *data,
                 size_t len, struct seal_cause *cause)
{
    return seal_tlv_put_within(out, SEAL_SECURE_CERT_MAX, type, subtype, flags, data, len, cause);
}

static int check_efuse_key(unsigned efuse_key, struct seal_cause *cause)
{
    return efuse_key <= KEY_MAX
               ? SEAL_OK
               : seal_fail(cause, SEAL_ERR_USAGE, "there is no eFuse key block %u, only 0 to %d", efuse_key,
                           KEY_MAX);
}

static bool ds_size_fits(unsigned rsa_bits, size_t c_len)
{
    bool size = rsa_bits == 1024 || rsa_bits == 2048 || rsa_bits == 3072 || rsa_bits == 4096;
    return size && (c_len == C_LEN_4096 || (c_len == C_LEN_3072 && rsa_bits <= 3072));
}

int seal_tlv_put_ds(struct seal_buf *out, uint8_t subtype, unsigned rsa_bits, const uint8_t iv[static 16],
                    const uint8_t *c, size_t c_len, unsigned efuse_key, struct seal_cause *cause)
{
    int err = check_efuse_key(efuse_key, cause);
    if (err != SEAL_OK) {
        return err;
    }
    if (!ds_size_fits(rsa_bits, c_len)) {
        return seal_fail(cause, SEAL_ERR_KEY, "DS parameters of %zu bytes cannot hold an RSA-%u key", c_len,
                         rsa_bits);
    }
    uint8_t data[DS_DATA_PREFIX + C_LEN_4096];
    seal_put_le32(data, rsa_bits / 32 - 1);
    memcpy(data + 4, iv, 16);
    memcpy(data + DS_DATA_PREFIX, c, c_len);
    uint8_t context[DS_CONTEXT_LEN] = {[4] = (uint8_t)efuse_key};
    seal_put_le16(context + 6, (uint16_t)rsa_bits);

    size_t start = seal_buf_len(out);
    err = seal_tlv_put(out, SEAL_TLV_DS_DATA, subtype, 0, data, DS_DATA_PREFIX + c_len, cause);
    if (err == SEAL_OK) {
        err = seal_tlv_put(out, SEAL_TLV_DS_CONTEXT, subtype, 0, context, sizeof context, cause);
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, start);
    }
    return err;
}

int seal_tlv_put_sec_cfg(struct seal_buf *out, uint8_t subtype, unsigned efuse_key, struct seal_cause *cause)
{
    int err = check_efuse_key(efuse_key, cause);
    if (err != SEAL_OK) {
        return err;
    }
    uint8_t data[SEC_CFG_LEN] = {(uint8_t)(efuse_key + FIRST_KEY_BLOCK)};
    return seal_tlv_put(out, SEAL_TLV_SEC_CFG, subtype, 0, data, sizeof data, cause);
}

int seal_tlv_put_integrity(struct seal_buf *out, uint8_t subtype, const uint8_t sha256[static 32],
                           struct seal_cause *cause)
{
    return seal_tlv_put(out, SEAL_TLV_INTEGRITY, subtype, 0, sha256, 32, cause);
}

/* --- reading --- */

static enum seal_tlv_end end_at(const uint8_t *data, size_t left)
{
    size_t seen = left < 4 ? left : 4;
    if (seen == 0) {
        return SEAL_TLV_END_OF_DATA;
    }
    if (seal_is_filled(data, seen, 0xFF)) {
        return SEAL_TLV_END_ERASED;
    }
    if (seal_is_filled(data, seen, 0)) {
        return SEAL_TLV_END_ZERO;
    }
    if (seen < 4) {
        return SEAL_TLV_END_GARBAGE;
    }
    uint32_t word = seal_le32(data);
    return word == END_MARKER               ? SEAL_TLV_END_MARKER
           : word == SEAL_SECURE_CERT_MAGIC ? SEAL_TLV_END_TRUNCATED
                                            : SEAL_TLV_END_GARBAGE;
}

bool seal_tlv_next(const uint8_t *data, size_t len, size_t *offset, struct seal_tlv_entry *entry,
                   enum seal_tlv_end *end)
{
    size_t left = *offset < len ? len - *offset : 0;
    const uint8_t *at = data + (len - left);
    size_t size = 0;
    if (left >= HEADER_LEN && seal_le32(at) == SEAL_SECURE_CERT_MAGIC) {
        size = size_of((size_t)(at[10] | at[11] << 8));
    }
    if (size == 0 || size > left) {
        *end = end_at(at, left);
        return false;
    }
    *entry = (struct seal_tlv_entry){
        .offset = *offset,
        .type = at[8],
        .subtype = at[9],
        .flags = at[4],
        .length = (uint16_t)(at[10] | at[11] << 8),
        .data = at + HEADER_LEN,
        .size = size,
        .crc = seal_le32(at + size - FOOTER_LEN),
        .crc_computed = seal_crc32(CRC_START, at, size - FOOTER_LEN),
    };
    *offset += size;
    return true;
}

bool seal_tlv_find(const uint8_t *data, size_t len, uint8_t type, uint8_t subtype,
                   struct seal_tlv_entry *entry)
{
    size_t offset = 0;
    enum seal_tlv_end end;
    struct seal_tlv_entry next;
    bool found = false;
    bool last = subtype == SEAL_TLV_SUBTYPE_LAST;
    while ((last || !found) && seal_tlv_next(data, len, &offset, &next, &end)) {
        if (next.type == type && (last || next.subtype == subtype)) {
            *entry = next;
            found = true;
        }
    }
    return found && entry->crc == entry->crc_computed;
}

size_t seal_tlv_used(const uint8_t *data, size_t len)
{
    size_t offset = 0;
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    while (seal_tlv_next(data, len, &offset, &entry, &end)) {
    }
    return offset;
}

static bool ds_agrees(const struct seal_tlv_entry *params, const struct seal_tlv_entry *context,
                      const struct seal_tlv_ds *ds)
{
    return ds_size_fits(ds->rsa_bits, ds->c_len) && seal_le32(params->data) == ds->rsa_bits / 32 - 1 &&
           context->data[4] <= KEY_MAX;
}

bool seal_tlv_get_ecdsa(const uint8_t *data, size_t len, uint8_t subtype, unsigned *efuse_key)
{
    struct seal_tlv_entry key, cfg;
    bool found = seal_tlv_find(data, len, SEAL_TLV_PRIV_KEY, subtype, &key) &&
                 key.flags & SEAL_TLV_FLAG_ECDSA_PERIPHERAL &&
                 seal_tlv_find(data, len, SEAL_TLV_SEC_CFG, subtype, &cfg) && cfg.length > 0 &&
                 cfg.data[0] >= FIRST_KEY_BLOCK && cfg.data[0] <= FIRST_KEY_BLOCK + KEY_MAX;
    *efuse_key = found ? cfg.data[0] - (unsigned)FIRST_KEY_BLOCK : 0;
    return found;
}

int seal_tlv_get_ds(const uint8_t *data, size_t len, uint8_t subtype, struct seal_tlv_ds *ds,
                    struct seal_cause *cause)
{
    struct seal_tlv_entry params;
    struct seal_tlv_entry context;
    *ds = (struct seal_tlv_ds){0};
    if (!seal_tlv_find(data, len, SEAL_TLV_DS_DATA, subtype, &params) ||
        !seal_tlv_find(data, len, SEAL_TLV_DS_CONTEXT, subtype, &context)) {
        return seal_fail(cause, SEAL_ERR_NOT_FOUND,
                         "the partition has no valid DS_DATA and DS_CONTEXT of subtype %u", subtype);
    }
    if (params.length <= DS_DATA_PREFIX || context.length != DS_CONTEXT_LEN) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "DS_DATA of %u and DS_CONTEXT of %u bytes make no sense",
                         params.length, context.length);
    }
    const struct seal_tlv_ds found = {
        .rsa_bits = (unsigned)(context.data[6] | context.data[7] << 8),
        .efuse_key = context.data[4],
        .iv = params.data + 4,
        .c = params.data + DS_DATA_PREFIX,
        .c_len = params.length - (size_t)DS_DATA_PREFIX,
    };
    if (!ds_agrees(&params, &context, &found)) {
        return seal_fail(
            cause, SEAL_ERR_FORMAT,
            "DS_DATA (%zu bytes, length word %u) does not agree with DS_CONTEXT (RSA-%u, key %u)",
            found.c_len, seal_le32(params.data), found.rsa_bits, found.efuse_key);
    }
    *ds = found;
    return SEAL_OK;
}
