#include <espseal/secure_boot.h>
#include <espseal/secure_cert_sign.h>

#include <espseal/digest.h>

#include <stdio.h>
#include <string.h>

struct verify {
    const uint8_t *data;
    size_t len;
    const uint8_t *trusted;
    size_t trusted_count;
    struct seal_secure_cert_verdict *verdict;
};

static int check_integrity(struct verify *verify, struct seal_cause *cause)
{
    struct seal_tlv_entry entry;
    struct seal_tlv_entry last = {0};
    enum seal_tlv_end end;
    size_t offset = 0;
    uint8_t sha256[32];
    while (seal_tlv_next(verify->data, verify->len, &offset, &entry, &end)) {
        verify->verdict->bad_crcs += entry.crc != entry.crc_computed;
        if (entry.type == SEAL_TLV_INTEGRITY) {
            last = entry;
        }
    }
    if (end == SEAL_TLV_END_TRUNCATED) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the entry at 0x%zx reaches beyond the end", offset);
    }
    if (!last.data) {
        return SEAL_OK;
    }
    int err = seal_sha256(verify->data, last.offset, sha256);
    bool good = last.crc == last.crc_computed && last.length == sizeof sha256 &&
                memcmp(last.data, sha256, sizeof sha256) == 0;
    verify->verdict->integrity = good ? SEAL_GOOD : SEAL_BAD;
    return err;
}

/* Entries too short for the structure that the firmware was built with are passed over (its sizeof). */
static size_t entry_size(enum seal_sign_scheme scheme)
{
    return scheme == SEAL_SIGN_RSA3072 ? 16 + SEAL_SIGNATURE_BLOCK_LEN
                                       : 17 + 4 * seal_sign_scheme_size(scheme);
}

static int check_block(struct verify *verify, const struct seal_tlv_entry *entry,
                       struct seal_verified_block *block)
{
    struct seal_signature signature;
    struct seal_cause cause = {0};
    uint32_t said_len = 0;
    int err = seal_signature_entry_get(entry->data, entry->length, &signature, &said_len, &cause);
    if (err != SEAL_OK) {
        (void)snprintf(block->problem, sizeof block->problem, "%.150s", cause.text);
        return SEAL_OK;
    }
    block->read = true;
    block->scheme = signature.key.scheme;
    err = seal_public_digest(&signature.key, block->key_digest);
    for (size_t i = 0; i < verify->trusted_count; i++) {
        block->trusted |= memcmp(verify->trusted + 32 * i, block->key_digest, 32) == 0;
    }
    if (err == SEAL_OK) {
        int verified = seal_sign_verify(&signature, verify->data, verify->verdict->signed_len);
        block->good = verified == SEAL_OK;
        err = verified == SEAL_ERR_MISMATCH ? SEAL_OK : verified;
    }
    if (err == SEAL_OK && !block->good) {
        (void)snprintf(block->problem, sizeof block->problem,
                       "is no signature of this key over the %zu bytes before the first signature",
                       verify->verdict->signed_len);
    } else if (err == SEAL_OK && said_len != verify->verdict->signed_len) {
        (void)snprintf(block->problem, sizeof block->problem, "says that it covers %u bytes, and covers %zu",
                       said_len, verify->verdict->signed_len);
    }
    return err;
}

static int check_blocks(struct verify *verify)
{
    struct seal_secure_cert_verdict *verdict = verify->verdict;
    for (unsigned subtype = 0; subtype < SEAL_SIGNATURE_KEYS_MAX; subtype++) {
        struct seal_tlv_entry entry;
        bool found =
            seal_tlv_find(verify->data, verify->len, SEAL_TLV_SIGNATURE_BLOCK, (uint8_t)subtype, &entry);
        if (subtype == 0 && !found) {
            return SEAL_OK;
        }
        if (!found) {
            continue;
        }
        struct seal_verified_block *block = &verdict->blocks[verdict->count++];
        block->subtype = (uint8_t)subtype;
        verdict->signed_len = subtype == 0 ? entry.offset : verdict->signed_len;
        int err = check_block(verify, &entry, block);
        if (err != SEAL_OK) {
            return err;
        }
        block->skipped =
            subtype > 0 && verdict->blocks[0].read && entry.length < entry_size(verdict->blocks[0].scheme);
    }
    return SEAL_OK;
}

static void SEAL_PRINTF(2, 3) refuse(struct seal_secure_cert_verdict *verdict, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(verdict->problem, sizeof verdict->problem, format, args);
    va_end(args);
}

/* What the reader makes of them: it needs the first block, and gives up on EC blocks of another curve. */
static bool is_accepted(const struct verify *verify)
{
    struct seal_secure_cert_verdict *verdict = verify->verdict;
    const struct seal_verified_block *first = &verdict->blocks[0];
    if (!first->read) {
        refuse(verdict, "the signature of subtype 0 cannot be read");
        return false;
    }
    for (size_t i = 1; i < verdict->count; i++) {
        const struct seal_verified_block *block = &verdict->blocks[i];
        if (!block->skipped && (!block->read || block->scheme != first->scheme) &&
            first->scheme != SEAL_SIGN_RSA3072) {
            refuse(verdict, "a reader built for %s gives up at the signature of subtype %u",
                   seal_sign_scheme_name(first->scheme), block->subtype);
            return false;
        }
    }
    for (size_t i = 0; i < verdict->count; i++) {
        const struct seal_verified_block *block = &verdict->blocks[i];
        bool known = verify->trusted_count == 0 || block->trusted;
        if (block->good && known && block->scheme == first->scheme) {
            return true;
        }
    }
    refuse(verdict, "no signature %s", verify->trusted_count ? "is good and of a trusted key" : "is good");
    return false;
}

/* A signature entry that the reader does not find, or whose CRC is wrong, leaves the partition unsigned. */
static bool has_signature(const struct verify *verify)
{
    struct seal_tlv_entry entry;
    enum seal_tlv_end end;
    size_t offset = 0;
    while (seal_tlv_next(verify->data, verify->len, &offset, &entry, &end)) {
        if (entry.type == SEAL_TLV_SIGNATURE_BLOCK) {
            return true;
        }
    }
    return false;
}

int seal_secure_cert_verify(const uint8_t *data, size_t len, const uint8_t *trusted, size_t trusted_count,
                            struct seal_secure_cert_verdict *verdict, struct seal_cause *cause)
{
    struct verify verify = {data, len, trusted, trusted_count, verdict};
    *verdict = (struct seal_secure_cert_verdict){0};
    if (len < 4 || seal_le32(data) != SEAL_SECURE_CERT_MAGIC) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "there are no entries");
    }
    int err = check_integrity(&verify, cause);
    if (err == SEAL_OK) {
        err = check_blocks(&verify);
        err = err ? seal_fail(cause, err, "cannot check the signatures") : SEAL_OK;
    }
    if (err != SEAL_OK) {
        return err;
    }
    if (verdict->count) {
        verdict->signature = is_accepted(&verify) ? SEAL_GOOD : SEAL_BAD;
    } else if (has_signature(&verify)) {
        verdict->signature = SEAL_BAD;
        refuse(verdict, "there is no readable signature of subtype 0");
    }
    return SEAL_OK;
}
