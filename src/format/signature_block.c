#include <espseal/signature_block.h>

#include <espseal/hex.h>

#include <string.h>

enum {
    RSA_LEN = 384,
    BLOCK_MAGIC = 0xE7,
    BLOCK_VERSION_RSA = 2,
    ENTRY_VERSION = 1,
    ENTRY_HEADER = 16,
    AT_DIGEST = 4,
    AT_KEY = 36,
    AT_VALUE = 812,
    AT_CRC = 1196,
};

static const struct scheme {
    const char *name;
    uint16_t size, digest;
    uint8_t curve; /* 0: RSA */
} schemes[] = {
    [SEAL_SIGN_RSA3072] = {"rsa3072", RSA_LEN, 32, 0},
    [SEAL_SIGN_ECDSA192] = {"ecdsa192", 24, 32, 1},
    [SEAL_SIGN_ECDSA256] = {"ecdsa256", 32, 32, 2},
    [SEAL_SIGN_ECDSA384] = {"ecdsa384", 48, 48, 3},
};

const char *seal_sign_scheme_name(enum seal_sign_scheme scheme)
{
    return schemes[scheme].name;
}

size_t seal_sign_scheme_size(enum seal_sign_scheme scheme)
{
    return schemes[scheme].size;
}

size_t seal_sign_scheme_digest(enum seal_sign_scheme scheme)
{
    return schemes[scheme].digest;
}

static size_t value_size(enum seal_sign_scheme scheme)
{
    return schemes[scheme].curve ? (size_t)2 * schemes[scheme].size : RSA_LEN;
}

int seal_public_put(const struct seal_public *key, struct seal_buf *out)
{
    const struct scheme *scheme = &schemes[key->scheme];
    size_t before = seal_buf_len(out);
    int err = scheme->curve ? seal_buf_put_u8(out, scheme->curve) : SEAL_OK;
    if (err == SEAL_OK) {
        err = seal_buf_put(out, key->first, scheme->size);
    }
    if (err == SEAL_OK && !scheme->curve) {
        err = seal_buf_put_le32(out, key->exponent);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put(out, key->second, scheme->size);
    }
    if (err == SEAL_OK && !scheme->curve) {
        err = seal_buf_put_le32(out, key->mprime);
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, before);
    }
    return err;
}

int seal_signature_block_put(const struct seal_signature *signature, struct seal_buf *out)
{
    static const uint8_t header[AT_DIGEST] = {BLOCK_MAGIC, BLOCK_VERSION_RSA};
    size_t start = seal_buf_len(out);
    if (signature->key.scheme != SEAL_SIGN_RSA3072) {
        return SEAL_ERR_USAGE;
    }
    int err = seal_buf_put(out, header, sizeof header);
    if (err == SEAL_OK) {
        err = seal_buf_put(out, signature->digest, 32);
    }
    if (err == SEAL_OK) {
        err = seal_public_put(&signature->key, out);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put(out, signature->value, RSA_LEN);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put_le32(out, seal_crc32(0, seal_buf_ptr(out) + start, AT_CRC));
    }
    if (err == SEAL_OK) {
        err = seal_buf_put_fill(out, 0, SEAL_SIGNATURE_BLOCK_LEN - AT_CRC - 4);
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, start);
    }
    return err;
}

int seal_signature_entry_put(const struct seal_signature *signature, uint32_t signed_len,
                             struct seal_buf *out)
{
    uint8_t header[ENTRY_HEADER] = {ENTRY_VERSION};
    size_t before = seal_buf_len(out);
    seal_put_le32(header + 8, signed_len);
    header[12] = (uint8_t)signature->key.scheme;
    int err = seal_buf_put(out, header, sizeof header);
    if (err == SEAL_OK && signature->key.scheme == SEAL_SIGN_RSA3072) {
        return seal_signature_block_put(signature, out);
    }
    if (err == SEAL_OK) {
        err = seal_public_put(&signature->key, out);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put(out, signature->value, value_size(signature->key.scheme));
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, before);
    }
    return err;
}

static int get_rsa(const uint8_t *block, struct seal_signature *signature, struct seal_cause *cause)
{
    if (block[0] != BLOCK_MAGIC || block[1] != BLOCK_VERSION_RSA) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the signature block begins with %02x %02x, not E7 02",
                         block[0], block[1]);
    }
    if (seal_le32(block + AT_CRC) != seal_crc32(0, block, AT_CRC)) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the signature block has a wrong CRC");
    }
    memcpy(signature->digest, block + AT_DIGEST, 32);
    memcpy(signature->key.first, block + AT_KEY, RSA_LEN);
    signature->key.exponent = seal_le32(block + AT_KEY + RSA_LEN);
    memcpy(signature->key.second, block + AT_KEY + RSA_LEN + 4, RSA_LEN);
    signature->key.mprime = seal_le32(block + AT_VALUE - 4);
    memcpy(signature->value, block + AT_VALUE, RSA_LEN);
    return SEAL_OK;
}

static int get_ec(const uint8_t *data, struct seal_signature *signature, struct seal_cause *cause)
{
    const struct scheme *scheme = &schemes[signature->key.scheme];
    if (data[0] != scheme->curve) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "an %s signature names curve %u", scheme->name, data[0]);
    }
    memcpy(signature->key.first, data + 1, scheme->size);
    memcpy(signature->key.second, data + 1 + scheme->size, scheme->size);
    memcpy(signature->value, data + 1 + (size_t)2 * scheme->size, value_size(signature->key.scheme));
    return SEAL_OK;
}

int seal_signature_entry_get(const uint8_t *data, size_t len, struct seal_signature *signature,
                             uint32_t *signed_len, struct seal_cause *cause)
{
    *signature = (struct seal_signature){0};
    *signed_len = 0;
    if (len < ENTRY_HEADER || data[0] != ENTRY_VERSION) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "a signature of version %u is not known", len ? data[0] : 0);
    }
    if (data[12] >= sizeof schemes / sizeof schemes[0]) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "signature algorithm %u is not known", data[12]);
    }
    enum seal_sign_scheme scheme = (enum seal_sign_scheme)data[12];
    size_t body = scheme == SEAL_SIGN_RSA3072 ? SEAL_SIGNATURE_BLOCK_LEN : 1 + 2 * value_size(scheme);
    if (len != ENTRY_HEADER + body) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "an %s signature has %zu bytes, not %zu",
                         schemes[scheme].name, len, ENTRY_HEADER + body);
    }
    signature->key.scheme = scheme;
    *signed_len = seal_le32(data + 8);
    return scheme == SEAL_SIGN_RSA3072 ? get_rsa(data + ENTRY_HEADER, signature, cause)
                                       : get_ec(data + ENTRY_HEADER, signature, cause);
}
