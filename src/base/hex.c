#include <espseal/hex.h>

#include <stdio.h>
#include <stdlib.h>
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

const char *seal_mac_text(const uint8_t mac[static 6], char text[static SEAL_MAC_TEXT])
{
    (void)snprintf(text, SEAL_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                   mac[4], mac[5]);
    return text;
}

int seal_revision_parse(const char *text, unsigned *revision)
{
    char *dot;
    char *end = NULL;
    unsigned long major = strtoul(text, &dot, 10);
    unsigned long minor = dot != text && *dot == '.' ? strtoul(dot + 1, &end, 10) : 0;
    if (!end || end == dot + 1 || *end != '\0' || major > 9 || minor > 99) {
        return SEAL_ERR_FORMAT;
    }
    *revision = (unsigned)(major * 100 + minor);
    return SEAL_OK;
}
