/*
 * Written and read by hand, since libcrypto's own ASN.1 keeps octet strings outside the secure heap and does
 * not cleanse them. Lengths need two bytes at most here; the reader takes the shortest form alone, as DER has
 * it.
 */
#include "escrow_der.h"

#include <string.h>

enum { TAG_INTEGER = 0x02, TAG_OCTETS = 0x04, TAG_UTF8 = 0x0C, TAG_SEQUENCE = 0x30, VERSION = 1 };

/* --- writing --- */

static int put_header(struct seal_buf *out, uint8_t tag, size_t len)
{
    int err = seal_buf_put_u8(out, tag);
    if (!err && len >= 0x80) {
        err = seal_buf_put_u8(out, len > 0xFF ? 0x82 : 0x81);
    }
    if (!err && len > 0xFF) {
        err = seal_buf_put_u8(out, (uint8_t)(len >> 8));
    }
    return err ? err : seal_buf_put_u8(out, (uint8_t)len);
}

static int put(struct seal_buf *out, uint8_t tag, const void *data, size_t len)
{
    int err = put_header(out, tag, len);
    return err ? err : seal_buf_put(out, data, len);
}

/* Wraps what builder holds in a sequence at the end of out, and frees it. */
static int put_sequence(struct seal_buf *out, struct seal_buf **builder, int err)
{
    if (!err) {
        err = *builder ? put(out, TAG_SEQUENCE, seal_buf_ptr(*builder), seal_buf_len(*builder))
                       : SEAL_ERR_NO_MEMORY;
    }
    seal_buf_free(builder);
    return err;
}

static int put_key(struct seal_buf *out, const struct seal_escrow_key *key)
{
    struct seal_buf *body = seal_buf_new_secret();
    int err = body ? put(body, TAG_UTF8, key->kind, strlen(key->kind)) : SEAL_ERR_NO_MEMORY;
    if (!err) {
        err = put(body, TAG_OCTETS, key->bytes, key->len);
    }
    return put_sequence(out, &body, err);
}

static int put_keys(struct seal_buf *out, const struct seal_escrow *escrow)
{
    struct seal_buf *body = seal_buf_new_secret();
    int err = body ? SEAL_OK : SEAL_ERR_NO_MEMORY;
    for (size_t i = 0; !err && i < escrow->count; i++) {
        err = put_key(body, &escrow->keys[i]);
    }
    return put_sequence(out, &body, err);
}

int seal_escrow_encode(const struct seal_escrow *escrow, struct seal_buf *out)
{
    static const uint8_t version = VERSION;
    if (escrow->count == 0 || escrow->count > SEAL_ESCROW_KEYS || !escrow->chip[0]) {
        return SEAL_ERR_USAGE;
    }
    struct seal_buf *body = seal_buf_new_secret();
    int err = body ? put(body, TAG_INTEGER, &version, 1) : SEAL_ERR_NO_MEMORY;
    if (!err) {
        err = put(body, TAG_UTF8, escrow->chip, strlen(escrow->chip));
    }
    if (!err) {
        err = put(body, TAG_OCTETS, escrow->mac, escrow->has_mac ? sizeof escrow->mac : 0);
    }
    if (!err) {
        err = put_keys(body, escrow);
    }
    return put_sequence(out, &body, err);
}

/* --- reading --- */

struct der {
    const uint8_t *at;
    size_t left;
};

static bool get_length(struct der *from, size_t *len)
{
    if (from->left == 0) {
        return false;
    }
    const uint8_t first = from->at[0];
    const size_t more = first < 0x80 ? 0 : (size_t)first - 0x80;
    if (more > 2 || (more == 0 && first >= 0x80) || from->left < 1 + more) {
        return false;
    }
    *len = more == 0 ? first : more == 1 ? from->at[1] : (size_t)from->at[1] << 8 | from->at[2];
    from->at += 1 + more;
    from->left -= 1 + more;
    return (more == 0 || *len >= 0x80) && (more < 2 || *len > 0xFF);
}

static bool get(struct der *from, uint8_t tag, struct der *value)
{
    size_t len = 0;
    if (from->left == 0 || from->at[0] != tag) {
        return false;
    }
    from->at++;
    from->left--;
    if (!get_length(from, &len) || len > from->left) {
        return false;
    }
    *value = (struct der){from->at, len};
    from->at += len;
    from->left -= len;
    return true;
}

/* A name of lower case letters, digits and _, shorter than size. */
static bool get_word(struct der *from, char *word, size_t size)
{
    struct der value;
    if (!get(from, TAG_UTF8, &value) || value.left == 0 || value.left >= size) {
        return false;
    }
    for (size_t i = 0; i < value.left; i++) {
        const char c = (char)value.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    memcpy(word, value.at, value.left);
    word[value.left] = '\0';
    return true;
}

static bool get_keys(struct der keys, struct seal_escrow *escrow)
{
    while (keys.left > 0) {
        struct der key, bytes;
        char kind[SEAL_ESCROW_KIND + 1];
        if (!get(&keys, TAG_SEQUENCE, &key) || !get_word(&key, kind, sizeof kind) ||
            !get(&key, TAG_OCTETS, &bytes) || key.left > 0 ||
            seal_escrow_add(escrow, kind, bytes.at, bytes.left) != SEAL_OK) {
            return false;
        }
    }
    return escrow->count > 0;
}

int seal_escrow_decode(const uint8_t *data, size_t len, struct seal_escrow *escrow)
{
    struct der all = {data, len};
    struct der body, version, mac, keys;
    memset(escrow, 0, sizeof *escrow);
    if (!get(&all, TAG_SEQUENCE, &body) || all.left > 0 || !get(&body, TAG_INTEGER, &version) ||
        version.left != 1 || version.at[0] != VERSION ||
        !get_word(&body, escrow->chip, sizeof escrow->chip) || !get(&body, TAG_OCTETS, &mac) ||
        (mac.left != 0 && mac.left != sizeof escrow->mac) || !get(&body, TAG_SEQUENCE, &keys) ||
        body.left > 0) {
        return SEAL_ERR_FORMAT;
    }
    escrow->has_mac = mac.left > 0;
    memcpy(escrow->mac, mac.at, mac.left);
    return get_keys(keys, escrow) ? SEAL_OK : SEAL_ERR_FORMAT;
}
