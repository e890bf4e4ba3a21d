#include <espseal/hex.h>

#include <ctype.h>
#include <string.h>

void seal_hex_encode(const uint8_t *data, size_t len, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[data[i] >> 4];
        text[2 * i + 1] = digits[data[i] & 15];
    }
    text[2 * len] = '\0';
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

static const char *skip_prefix(const char *text)
{
    return text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? text + 2 : text;
}

int seal_hex_decode(const char *text, uint8_t *data, size_t len)
{
    text = skip_prefix(text);
    if (strlen(text) != 2 * len) {
        return SEAL_ERR_FORMAT;
    }
    for (size_t i = 0; i < len; i++) {
        int high = digit(text[2 * i]);
        int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return SEAL_ERR_FORMAT;
        }
        data[i] = (uint8_t)(high << 4 | low);
    }
    return SEAL_OK;
}

int seal_parse_u32(const char *text, uint32_t max, uint32_t *value)
{
    const char *digits = skip_prefix(text);
    unsigned base = digits == text ? 10 : 16;
    uint64_t sum = 0;
    if (*digits == '\0') {
        return SEAL_ERR_FORMAT;
    }
    for (; *digits; digits++) {
        int d = digit(*digits);
        if (d < 0 || (unsigned)d >= base) {
            return SEAL_ERR_FORMAT;
        }
        sum = sum * base + (unsigned)d;
        if (sum > max) {
            return SEAL_ERR_FORMAT;
        }
    }
    *value = (uint32_t)sum;
    return SEAL_OK;
}

uint32_t seal_crc32(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
        }
    }
    return ~crc;
}

int seal_mac_parse(const char *text, uint8_t mac[static 6])
{
    char digits[13];
    size_t count = 0;
    for (; *text; text++) {
        if (*text == ':' || *text == '-') {
            continue;
        }
        if (count == 12) {
            return SEAL_ERR_FORMAT;
        }
        digits[count++] = *text;
    }
    digits[count] = '\0';
    return count == 12 ? seal_hex_decode(digits, mac, 6) : SEAL_ERR_FORMAT;
}
