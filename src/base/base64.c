#include <espseal/base64.h>

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct group { /* of four digits */
    uint32_t bits;
    unsigned digits, padding;
};

static int put_group(const struct group *group, struct seal_buf *out)
{
    if (group->padding > 2 || (group->padding == 1 && (group->bits & 0xFF)) ||
        (group->padding == 2 && (group->bits & 0xFFFF))) {
        return SEAL_ERR_FORMAT;
    }
    const uint8_t bytes[3] = {(uint8_t)(group->bits >> 16), (uint8_t)(group->bits >> 8),
                              (uint8_t)group->bits};
    return seal_buf_put(out, bytes, 3 - group->padding);
}

static int decode(const char *text, size_t len, struct seal_buf *out)
{
    struct group group = {0};
    bool ended = false;
    for (size_t i = 0; i < len; i++) {
        int value = digit_value(text[i]);
        if (is_blank(text[i])) {
            continue;
        }
        if (ended || (value < 0 && text[i] != '=') || (value >= 0 && group.padding)) {
            return SEAL_ERR_FORMAT;
        }
        group.padding += value < 0;
        group.bits = group.bits << 6 | (value < 0 ? 0 : (uint32_t)value);
        if (++group.digits == 4) {
            int err = put_group(&group, out);
            if (err != SEAL_OK) {
                return err;
            }
            ended = group.padding > 0;
            group = (struct group){0};
        }
    }
    return group.digits == 0 ? SEAL_OK : SEAL_ERR_FORMAT;
}

int seal_base64_decode(const char *text, size_t len, struct seal_buf *out)
{
    size_t before = seal_buf_len(out);
    int err = decode(text, len, out);
    if (err != SEAL_OK) {
        seal_buf_truncate(out, before);
    }
    return err;
}

int seal_base64_encode(const void *data, size_t len, struct seal_buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *bytes = data;
    for (size_t at = 0; at < len; at += 3) {
        size_t left = len - at < 3 ? len - at : 3;
        uint32_t bits = (uint32_t)bytes[at] << 16 | (left > 1 ? (uint32_t)bytes[at + 1] << 8 : 0) |
                        (left > 2 ? bytes[at + 2] : 0);
        char text[4] = {digits[bits >> 18], digits[bits >> 12 & 63], digits[bits >> 6 & 63],
                        digits[bits & 63]};
        for (size_t i = left + 1; i < 4; i++) {
            text[i] = '=';
        }
        int err = seal_buf_put(out, text, sizeof text);
        if (err != SEAL_OK) {
            return err;
        }
    }
    return SEAL_OK;
}
