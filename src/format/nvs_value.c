#include "nvs_value.h"

#include <espseal/hex.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILL_MAX (1u << 20) /* more than the largest blob */

struct encoding {
    const char *name; /* ends in "(" when arguments follow */
    enum seal_nvs_type type;
    int (*decode)(const char *name, const char *text, size_t len, struct seal_nvs_value *value,
                  struct seal_cause *cause);
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **text, size_t *len)
{
    while (*len && is_blank(**text)) {
        ++*text;
        --*len;
    }
    while (*len && is_blank((*text)[*len - 1])) {
        --*len;
    }
}

static int not_a_number(const char *encoding, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_FORMAT, "the value is no number for the encoding %s", encoding);
    seal_hint(cause, "decimal, with - in front for i8 to i64, or hexadecimal with 0x");
    return err;
}

/* Magnitude and sign of all of text, which has len characters. */
static bool parse_number(const char *text, size_t len, uint64_t *magnitude, bool *negative)
{
    char copy[40];
    char *end = NULL;
    if (len == 0 || len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    *negative = copy[0] == '-';
    const char *digits = copy + (copy[0] == '-' || copy[0] == '+');
    bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    digits += hex ? 2 : 0;
    errno = 0;
    bool begins = hex ? isxdigit((unsigned char)*digits) : isdigit((unsigned char)*digits);
    *magnitude = begins ? strtoull(digits, &end, hex ? 16 : 10) : 0;
    return begins && *end == '\0' && errno == 0;
}

static int decode_number(const char *name, const char *text, size_t len, struct seal_nvs_value *value,
                         struct seal_cause *cause)
{
    uint64_t magnitude = 0;
    bool negative = false;
    trim(&text, &len);
    if (!parse_number(text, len, &magnitude, &negative)) {
        return not_a_number(name, cause);
    }
    unsigned bits = 8 * ((unsigned)value->type & 0x0F);
    bool has_sign = name[0] == 'i';
    uint64_t most = UINT64_MAX >> (64 - bits) >> has_sign;
    if (negative) {
        most = has_sign ? most + 1 : 0;
    }
    if (magnitude > most) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the value is out of the range of %s", name);
    }
    value->number = negative ? 0 - magnitude : magnitude;
    return SEAL_OK;
}

static int decode_verbatim(const char *name, const char *text, size_t len, struct seal_nvs_value *value,
                           struct seal_cause *cause)
{
    (void)name;
    (void)cause;
    return seal_buf_put(value->bytes, text, len);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int decode_hex(const char *name, const char *text, size_t len, struct seal_nvs_value *value,
                      struct seal_cause *cause)
{
    trim(&text, &len);
    if (len % 2) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the value has %zu digits for %s, which is odd", len, name);
    }
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_digit(text[i]);
        int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return seal_fail(cause, SEAL_ERR_FORMAT, "character %zu of the value is no hexadecimal digit",
                             i + 1 + (high >= 0));
        }
        int err = seal_buf_put_u8(value->bytes, (uint8_t)(high << 4 | low));
        if (err != SEAL_OK) {
            return err;
        }
    }
    return SEAL_OK;
}

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Digits in groups of four, the last filled with =; blanks and line ends between them (RFC 4648, MIME). */
static int decode_base64(const char *name, const char *text, size_t len, struct seal_nvs_value *value,
                         struct seal_cause *cause)
{
    uint32_t group = 0;
    size_t digits = 0;
    size_t filled = 0;
    for (size_t i = 0; i < len; i++) {
        int digit = base64_digit(text[i]);
        bool fill = text[i] == '=' && digits % 4 + filled >= 2 && digits % 4 + filled < 4;
        if (is_blank(text[i])) {
            continue;
        }
        if ((digit < 0 || filled) && !fill) {
            return seal_fail(cause, SEAL_ERR_FORMAT, "character %zu of the value cannot stand there in %s",
                             i + 1, name);
        }
        filled += fill;
        digits += !fill;
        group = fill ? group : group << 6 | (uint32_t)digit;
        /* Of a group's four digits the second, third and fourth complete a byte. */
        if (!fill && digits % 4 != 1) {
            unsigned spare = 6 - 2 * (unsigned)((digits + 3) % 4);
            int err = seal_buf_put_u8(value->bytes, (uint8_t)(group >> spare));
            if (err != SEAL_OK) {
                return err;
            }
        }
    }
    if ((digits + filled) % 4) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the value ends within a group of four of %s", name);
    }
    return SEAL_OK;
}

/* "blob_fill(40;0xFF)": the text, filled up to 40 bytes; with blob_sz_fill after four bytes with its length.
 */
static int decode_fill(const char *name, const char *text, size_t len, struct seal_nvs_value *value,
                       struct seal_cause *cause)
{
    char size[8] = "";
    char fill[5] = "";
    uint32_t wanted = 0;
    uint8_t byte = 0;
    int end = 0;
    bool with_size = strncmp(name, "blob_sz", 7) == 0;
    if (sscanf(strchr(name, '('), "(%7[0-9];%4[0-9a-fA-Fx])%n", size, fill, &end) != 2 || end == 0 ||
        strchr(name, '(')[end] || strncmp(fill, "0x", 2) != 0 || seal_hex_decode(fill, &byte, 1) != SEAL_OK ||
        seal_parse_u32(size, FILL_MAX, &wanted) != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_FORMAT, "the encoding should be like %s(40;0xFF)",
                         with_size ? "blob_sz_fill" : "blob_fill");
    }
    if (len > wanted) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "the value has %zu bytes, more than %s holds", len, name);
    }
    int err = with_size ? seal_buf_put_le32(value->bytes, (uint32_t)len) : SEAL_OK;
    if (err == SEAL_OK) {
        err = seal_buf_put(value->bytes, text, len);
    }
    return err == SEAL_OK ? seal_buf_put_fill(value->bytes, byte, wanted - len) : err;
}

static const struct encoding encodings[] = {
    {"u8", SEAL_NVS_U8, decode_number},           {"i8", SEAL_NVS_I8, decode_number},
    {"u16", SEAL_NVS_U16, decode_number},         {"i16", SEAL_NVS_I16, decode_number},
    {"u32", SEAL_NVS_U32, decode_number},         {"i32", SEAL_NVS_I32, decode_number},
    {"u64", SEAL_NVS_U64, decode_number},         {"i64", SEAL_NVS_I64, decode_number},
    {"string", SEAL_NVS_STRING, decode_verbatim}, {"binary", SEAL_NVS_BLOB, decode_verbatim},
    {"hex2bin", SEAL_NVS_BLOB, decode_hex},       {"base64", SEAL_NVS_BLOB, decode_base64},
    {"blob_fill(", SEAL_NVS_BLOB, decode_fill},   {"blob_sz_fill(", SEAL_NVS_BLOB, decode_fill},
};

static const struct encoding *find_encoding(const char *name)
{
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
        const struct encoding *encoding = &encodings[i];
        size_t len = strlen(encoding->name);
        bool arguments = encoding->name[len - 1] == '(';
        if (arguments ? strncmp(name, encoding->name, len) == 0 : strcasecmp(name, encoding->name) == 0) {
            return encoding;
        }
    }
    return NULL;
}

int seal_nvs_value_decode(const char *name, const char *text, size_t len, struct seal_nvs_value *value,
                          struct seal_cause *cause)
{
    *value = (struct seal_nvs_value){0};
    const struct encoding *encoding = find_encoding(name);
    if (!encoding) {
        int err = seal_fail(cause, SEAL_ERR_FORMAT, "there is no encoding \"%.40s\"", name);
        seal_hint(cause, "u8 i8 u16 i16 u32 i32 u64 i64 string binary hex2bin base64 blob_fill(N;0xXX) "
                         "blob_sz_fill(N;0xXX)");
        return err;
    }
    value->type = encoding->type;
    bool arguments = strchr(encoding->name, '(') != NULL;
    if (!seal_nvs_type_is_number(value->type) && !(value->bytes = seal_buf_new())) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a value");
    }
    struct seal_cause inner = {0};
    int err = encoding->decode(arguments ? name : encoding->name, text, len, value, &inner);
    if (err == SEAL_OK) {
        return SEAL_OK;
    }
    seal_buf_free(&value->bytes);
    if (!inner.text[0]) {
        return seal_fail(cause, err, "the value: %s", seal_strerror(err));
    }
    if (cause) {
        *cause = inner;
    }
    return err;
}
