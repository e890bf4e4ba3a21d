#include <espseal/secure_cert_sign.h>

#include <espseal/digest.h>

#include <string.h>

enum { INTEGRITY_SUBTYPE_MAX = 16 };

static const uint8_t end_marker[4] = {0xFF, 0xFF, 0x00, 0x00};

/* What stands where entries should end: nothing that would be lost when something else is put there. */
static int check_end(size_t used, enum seal_tlv_end end, struct seal_cause *cause)
{
    if (end == SEAL_TLV_END_TRUNCATED) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the entry at 0x%zx reaches beyond the end", used);
    }
    if (used && end == SEAL_TLV_END_GARBAGE) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "at 0x%zx stands neither an entry nor an end", used);
    }
    return used ? SEAL_OK
                : seal_fail(cause, SEAL_ERR_FORMAT, "there are no entries: %s", seal_tlv_end_name(end));
}

int seal_secure_cert_signed_part(const uint8_t *data, size_t len, size_t *signed_len,
                                 struct seal_cause *cause)
{
    struct seal_tlv_entry entry;
    enum seal_tlv_end end = SEAL_TLV_END_OF_DATA;
    size_t offset = 0;
    *signed_len = 0;
    while (seal_tlv_next(data, len, &offset, &entry, &end)) {
        if (entry.crc != entry.crc_computed) {
            return seal_fail(cause, SEAL_ERR_FORMAT, "the entry at 0x%zx has a wrong CRC", entry.offset);
        }
        if (entry.type == SEAL_TLV_SIGNATURE_BLOCK) {
            int err =
                seal_fail(cause, SEAL_ERR_STATE, "the partition is signed already, at 0x%zx", entry.offset);
            seal_hint(cause, "sign the partition as it was before");
            return err;
        }
    }
    *signed_len = offset;
    return check_end(offset, end, cause);
}

/* The subtype for another INTEGRITY entry: after the last one's. */
static unsigned next_integrity(const uint8_t *data, size_t len)
{
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    size_t offset = 0;
    unsigned next = 0;
    while (seal_tlv_next(data, len, &offset, &entry, &end)) {
        if (entry.type == SEAL_TLV_INTEGRITY && entry.subtype >= next) {
            next = entry.subtype + 1u;
        }
    }
    return next;
}

/* Makes the entry over len bytes of data. */
static int make_integrity(const uint8_t *data, size_t len, size_t size, struct seal_buf *entry,
                          struct seal_cause *cause)
{
    uint8_t sha256[32];
    unsigned subtype = next_integrity(data, len);
    if (subtype > INTEGRITY_SUBTYPE_MAX) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG,
                         "there are %u integrity entries already, and no more than that", subtype);
    }
    int err = seal_sha256(data, len, sha256);
    if (err == SEAL_OK) {
        err = seal_tlv_put_integrity(entry, (uint8_t)subtype, sha256, cause);
    }
    if (err == SEAL_OK && len + seal_buf_len(entry) > size) {
        err = seal_fail(cause, SEAL_ERR_TOO_LONG,
                        "an integrity entry does not fit: %zu of %zu bytes are in use", len, size);
    }
    return err;
}

int seal_secure_cert_append_integrity(struct seal_buf *partition, size_t size, struct seal_cause *cause)
{
    size_t used = 0;
    struct seal_tlv_entry each;
    enum seal_tlv_end why = SEAL_TLV_END_OF_DATA;
    while (seal_tlv_next(seal_buf_ptr(partition), seal_buf_len(partition), &used, &each, &why)) {
    }
    struct seal_buf *entry = seal_buf_new();
    int err = entry ? check_end(used, why, cause) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = make_integrity(seal_buf_ptr(partition), used, size, entry, cause);
    }
    if (err == SEAL_OK && used + seal_buf_len(entry) + sizeof end_marker <= size) {
        err = seal_buf_put(entry, end_marker, sizeof end_marker);
    }
    size_t end = err == SEAL_OK ? used + seal_buf_len(entry) : 0;
    if (end > seal_buf_len(partition)) {
        err = seal_buf_put_fill(partition, 0, end - seal_buf_len(partition));
    }
    if (err == SEAL_OK) {
        memcpy(seal_buf_mutable(partition) + used, seal_buf_ptr(entry), seal_buf_len(entry));
    }
    seal_buf_free(&entry);
    return err;
}

static int put_signature(const struct seal_signature *signature, uint8_t subtype, size_t signed_len,
                         size_t size, struct seal_buf *out, struct seal_cause *cause)
{
    struct seal_buf *data = seal_buf_new();
    int err = data ? seal_signature_entry_put(signature, (uint32_t)signed_len, data) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_tlv_put_within(out, size, SEAL_TLV_SIGNATURE_BLOCK, subtype, 0, seal_buf_ptr(data),
                                  seal_buf_len(data), cause);
    }
    seal_buf_free(&data);
    return err;
}

static int check_signatures(const struct seal_signature *signatures, size_t count, struct seal_cause *cause)
{
    if (count == 0 || count > SEAL_SIGNATURE_KEYS_MAX) {
        return seal_fail(cause, SEAL_ERR_USAGE, "a partition takes one to %d signatures, not %zu",
                         SEAL_SIGNATURE_KEYS_MAX, count);
    }
    for (size_t i = 1; i < count; i++) {
        if (signatures[i].key.scheme != signatures[0].key.scheme) {
            int err = seal_fail(cause, SEAL_ERR_MISMATCH, "key 1 signs with %s and key %zu with %s",
                                seal_sign_scheme_name(signatures[0].key.scheme), i + 1,
                                seal_sign_scheme_name(signatures[i].key.scheme));
            seal_hint(cause, "a device checks one scheme only, the one its firmware was built for");
            return err;
        }
    }
    return SEAL_OK;
}

int seal_secure_cert_attach(const uint8_t *data, size_t len, const struct seal_signature *signatures,
                            size_t count, size_t size, struct seal_buf *out, struct seal_cause *cause)
{
    size_t signed_len = 0;
    int err = check_signatures(signatures, count, cause);
    if (err == SEAL_OK) {
        err = seal_secure_cert_signed_part(data, len, &signed_len, cause);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put(out, data, signed_len);
    }
    for (size_t i = 0; err == SEAL_OK && i < count; i++) {
        err = put_signature(&signatures[i], (uint8_t)i, signed_len, size, out, cause);
    }
    if (err == SEAL_OK) {
        err = seal_secure_cert_append_integrity(out, size, cause);
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, 0);
    }
    return err;
}

int seal_secure_cert_sign(const uint8_t *data, size_t len, struct seal_key *const *keys, size_t count,
                          size_t size, struct seal_buf *out, struct seal_cause *cause)
{
    struct seal_signature signatures[SEAL_SIGNATURE_KEYS_MAX];
    size_t signed_len = 0;
    int err = seal_secure_cert_signed_part(data, len, &signed_len, cause);
    for (size_t i = 0; err == SEAL_OK && i < count && i < SEAL_SIGNATURE_KEYS_MAX; i++) {
        err = seal_sign(keys[i], data, signed_len, &signatures[i], cause);
    }
    return err == SEAL_OK ? seal_secure_cert_attach(data, len, signatures, count, size, out, cause) : err;
}
