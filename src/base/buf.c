#include <espseal/buf.h>

#include <espseal/secret.h>

#include <stdlib.h>
#include <string.h>

#define BUF_MAX ((size_t)64 << 20)

struct seal_buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
    bool secret;
};

static const uint8_t nothing[1];

static void release(const struct seal_buf *buf, uint8_t *data, size_t capacity)
{
    if (!data) {
        return;
    }
    if (buf->secret) {
        seal_secret_free(data, capacity);
    } else {
        seal_cleanse(data, capacity);
        free(data);
    }
}

struct seal_buf *seal_buf_new(void)
{
    return calloc(1, sizeof(struct seal_buf));
}

struct seal_buf *seal_buf_new_secret(void)
{
    struct seal_buf *buf = seal_buf_new();
    if (buf) {
        buf->secret = true;
    }
    return buf;
}

void seal_buf_free(struct seal_buf **buf)
{
    if (buf && *buf) {
        release(*buf, (*buf)->data, (*buf)->capacity);
        free(*buf);
        *buf = NULL;
    }
}

const uint8_t *seal_buf_ptr(const struct seal_buf *buf)
{
    return buf->data ? buf->data : nothing;
}

uint8_t *seal_buf_mutable(struct seal_buf *buf)
{
    return buf->data;
}

size_t seal_buf_len(const struct seal_buf *buf)
{
    return buf->len;
}

static int grow(struct seal_buf *buf, size_t need)
{
    if (need > BUF_MAX) {
        return SEAL_ERR_TOO_LONG;
    }
    if (need <= buf->capacity) {
        return SEAL_OK;
    }
    size_t capacity = buf->capacity ? buf->capacity : 64;
    while (capacity < need) {
        capacity *= 2;
    }
    uint8_t *data = buf->secret ? seal_secret_alloc(capacity) : malloc(capacity);
    if (!data) {
        return SEAL_ERR_NO_MEMORY;
    }
    if (buf->len) {
        memcpy(data, buf->data, buf->len);
    }
    release(buf, buf->data, buf->capacity);
    buf->data = data;
    buf->capacity = capacity;
    return SEAL_OK;
}

uint8_t *seal_buf_reserve(struct seal_buf *buf, size_t len)
{
    if (len > BUF_MAX || grow(buf, buf->len + len) != SEAL_OK || !buf->data) {
        return NULL;
    }
    uint8_t *place = buf->data + buf->len;
    buf->len += len;
    return place;
}

int seal_buf_put(struct seal_buf *buf, const void *data, size_t len)
{
    if (len == 0) {
        return SEAL_OK;
    }
    int err = len > BUF_MAX ? SEAL_ERR_TOO_LONG : grow(buf, buf->len + len);
    if (err == SEAL_OK) {
        memcpy(buf->data + buf->len, data, len);
        buf->len += len;
    }
    return err;
}

int seal_buf_put_u8(struct seal_buf *buf, uint8_t value)
{
    return seal_buf_put(buf, &value, 1);
}

int seal_buf_put_le16(struct seal_buf *buf, uint16_t value)
{
    uint8_t bytes[2];
    seal_put_le16(bytes, value);
    return seal_buf_put(buf, bytes, sizeof bytes);
}

int seal_buf_put_le32(struct seal_buf *buf, uint32_t value)
{
    uint8_t bytes[4];
    seal_put_le32(bytes, value);
    return seal_buf_put(buf, bytes, sizeof bytes);
}

int seal_buf_put_fill(struct seal_buf *buf, uint8_t value, size_t count)
{
    int err = count > BUF_MAX ? SEAL_ERR_TOO_LONG : grow(buf, buf->len + count);
    if (err == SEAL_OK && count) {
        memset(buf->data + buf->len, value, count);
        buf->len += count;
    }
    return err;
}

void seal_buf_truncate(struct seal_buf *buf, size_t len)
{
    if (len < buf->len) {
        seal_cleanse(buf->data + len, buf->len - len);
        buf->len = len;
    }
}

void seal_buf_consume(struct seal_buf *buf, size_t count)
{
    if (count >= buf->len) {
        seal_buf_truncate(buf, 0);
        return;
    }
    size_t rest = buf->len - count;
    memmove(buf->data, buf->data + count, rest);
    seal_buf_truncate(buf, rest);
}

bool seal_get_u8(const uint8_t *data, size_t len, size_t *offset, uint8_t *value)
{
    if (*offset >= len) {
        return false;
    }
    *value = data[(*offset)++];
    return true;
}

bool seal_get_le16(const uint8_t *data, size_t len, size_t *offset, uint16_t *value)
{
    if (*offset > len || len - *offset < 2) {
        return false;
    }
    *value = (uint16_t)(data[*offset] | data[*offset + 1] << 8);
    *offset += 2;
    return true;
}

bool seal_get_le32(const uint8_t *data, size_t len, size_t *offset, uint32_t *value)
{
    if (*offset > len || len - *offset < 4) {
        return false;
    }
    *value = seal_le32(data + *offset);
    *offset += 4;
    return true;
}

bool seal_is_filled(const void *data, size_t len, uint8_t value)
{
    const uint8_t *bytes = data;
    uint8_t differs = 0;
    for (size_t i = 0; i < len; i++) {
        differs |= bytes[i] ^ value;
    }
    return differs == 0;
}

uint32_t seal_le32(const uint8_t bytes[static 4])
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

void seal_put_le32(uint8_t bytes[static 4], uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

void seal_put_le16(uint8_t bytes[static 2], uint16_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}
