#include <espseal/signature_block.h>

#include <espseal/hex.h>

#include <string.h>

enum {
    RSA_LEN = 384,
    BLOCK_MAGIC = 0xE7,
    BLOCK_VERSION_RSA = 2,
    BLOCK_VERSION_ECDSA = 3,
    BLOCK_SHA384 = 1,
    EC_ROOM = 64, /* of a point or a signature on P-192 and P-256 */
    ENTRY_VERSION = 1,
    ENTRY_HEADER = 16,
    AT_DIGEST = 4,
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

/* Bytes of a point or a signature in a Secure Boot V2 block: P-192 has the room of P-256. */
static size_t block_room(enum seal_sign_scheme scheme)
{
    size_t size = value_size(scheme);
    return size < EC_ROOM ? EC_ROOM : size;
}

/* The numbers of a key as a block has them (room) or close together, as an entry has them. */
static int put_key(const struct seal_public *key, size_t room, struct seal_buf *out)
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
    if (err == SEAL_OK && scheme->curve) {
        err = seal_buf_put_fill(out, 0, room - (size_t)2 * scheme->size);
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, before);
    }
    return err;
}

int seal_public_put(const struct seal_public *key, struct seal_buf *out)
{
    return put_key(key, block_room(key->scheme), out);
}

static int put_block_body(const struct seal_signature *signature, struct seal_buf *out)
{
    const struct scheme *scheme = &schemes[signature->key.scheme];
    const uint8_t header[AT_DIGEST] = {BLOCK_MAGIC, scheme->curve ? BLOCK_VERSION_ECDSA : BLOCK_VERSION_RSA,
                                       signature->key.scheme == SEAL_SIGN_ECDSA384 ? BLOCK_SHA384 : 0};
    size_t value = value_size(signature->key.scheme);
    int err = seal_buf_put(out, header, sizeof header);
    if (err == SEAL_OK) {
        err = seal_buf_put(out, signature->digest, scheme->digest);
    }
    if (err == SEAL_OK) {
        err = seal_public_put(&signature->key, out);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put(out, signature->value, value);
    }
    return err;
}

int seal_signature_block_put(const struct seal_signature *signature, struct seal_buf *out)
{
    size_t start = seal_buf_len(out);
    int err = put_block_body(signature, out);
    if (err == SEAL_OK) {
        err = seal_buf_put_fill(out, 0, start + AT_CRC - seal_buf_len(out));
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
        err = put_key(&signature->key, value_size(signature->key.scheme), out);
    }
    if (err == SEAL_OK) {
        err = seal_buf_put(out, signature->value, value_size(signature->key.scheme));
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, before);
    }
    return err;
}

static void take_rsa(const uint8_t *at, struct seal_signature *signature)
{
    memcpy(signature->key.first, at, RSA_LEN);
    signature->key.exponent = seal_le32(at + RSA_LEN);
    memcpy(signature->key.second, at + RSA_LEN + 4, RSA_LEN);
    signature->key.mprime = seal_le32(at + 2 * RSA_LEN + 4);
    memcpy(signature->value, at + 2 * RSA_LEN + 8, RSA_LEN);
}

static void take_ec(const uint8_t *point, size_t room, struct seal_signature *signature)
{
    size_t size = schemes[signature->key.scheme].size;
    memcpy(signature->key.first, point, size);
    memcpy(signature->key.second, point + size, size);
    memcpy(signature->value, point + room, 2 * size);
}

/* The scheme of a block with ECDSA, by its hash and its curve. */
static bool find_curve(const uint8_t *block, enum seal_sign_scheme *scheme)
{
    static const enum seal_sign_scheme short_hash[] = {SEAL_SIGN_ECDSA192, SEAL_SIGN_ECDSA256};
    for (size_t i = 0; i < sizeof short_hash / sizeof short_hash[0] && block[2] == 0; i++) {
        *scheme = short_hash[i];
        if (block[AT_DIGEST + schemes[*scheme].digest] == schemes[*scheme].curve) {
            return true;
        }
    }
    *scheme = SEAL_SIGN_ECDSA384;
    return block[2] == BLOCK_SHA384 && block[AT_DIGEST + schemes[*scheme].digest] == schemes[*scheme].curve;
}

bool seal_signature_block_key(const uint8_t block[static SEAL_SIGNATURE_BLOCK_LEN],
                              enum seal_sign_scheme *scheme, size_t *at, size_t *len)
{
    const bool rsa = block[1] == BLOCK_VERSION_RSA;
    *scheme = SEAL_SIGN_RSA3072;
    if (!rsa && (block[1] != BLOCK_VERSION_ECDSA || !find_curve(block, scheme))) {
        return false;
    }
    *at = AT_DIGEST + (size_t)schemes[*scheme].digest;
    *len = rsa ? 2 * RSA_LEN + 8 : 1 + block_room(*scheme);
    return true;
}

bool seal_signature_block_crc_ok(const uint8_t block[static SEAL_SIGNATURE_BLOCK_LEN])
{
    return seal_le32(block + AT_CRC) == seal_crc32(0, block, AT_CRC);
}

enum seal_block_fault seal_signature_block_get(const uint8_t block[static SEAL_SIGNATURE_BLOCK_LEN],
                                               struct seal_signature *signature)
{
    enum seal_sign_scheme scheme;
    size_t at, len;
    *signature = (struct seal_signature){.key = {.scheme = SEAL_SIGN_RSA3072}};
    if (block[0] != BLOCK_MAGIC) {
        return SEAL_BLOCK_ABSENT;
    }
    if (!seal_signature_block_crc_ok(block)) {
        return SEAL_BLOCK_CRC;
    }
    if (!seal_signature_block_key(block, &scheme, &at, &len)) {
        return SEAL_BLOCK_VERSION;
    }
    signature->key.scheme = scheme;
    memcpy(signature->digest, block + AT_DIGEST, schemes[scheme].digest);
    if (scheme == SEAL_SIGN_RSA3072) {
        take_rsa(block + at, signature);
    } else {
        take_ec(block + at + 1, len - 1, signature);
    }
    return SEAL_BLOCK_OK;
}

static int get_rsa_entry(const uint8_t *block, struct seal_signature *signature, struct seal_cause *cause)
{
    enum seal_block_fault fault = seal_signature_block_get(block, signature);
    if (fault == SEAL_BLOCK_CRC) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the signature block has a wrong CRC");
    }
    if (fault != SEAL_BLOCK_OK || block[1] != BLOCK_VERSION_RSA) {
        *signature = (struct seal_signature){.key = {.scheme = SEAL_SIGN_RSA3072}};
        return seal_fail(cause, SEAL_ERR_FORMAT, "the signature block begins with %02x %02x, not E7 02",
                         block[0], block[1]);
    }
    return SEAL_OK;
}

static int get_ec_entry(const uint8_t *data, struct seal_signature *signature, struct seal_cause *cause)
{
    const struct scheme *scheme = &schemes[signature->key.scheme];
    if (data[0] != scheme->curve) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "an %s signature names curve %u", scheme->name, data[0]);
    }
    take_ec(data + 1, (size_t)2 * scheme->size, signature);
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
    return scheme == SEAL_SIGN_RSA3072 ? get_rsa_entry(data + ENTRY_HEADER, signature, cause)
                                       : get_ec_entry(data + ENTRY_HEADER, signature, cause);
}
