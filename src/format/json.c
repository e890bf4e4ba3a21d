#include <espseal/json.h>

#include <espseal/hex.h>

#include <cJSON.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cJSON looks at the low ten bits of type only; this one remembers that a child could not be allocated. */
#define INCOMPLETE (1 << 20)

seal_json *seal_json_object_new(void)
{
    return cJSON_CreateObject();
}

seal_json *seal_json_array_new(void)
{
    return cJSON_CreateArray();
}

void seal_json_free(seal_json **value)
{
    if (value) {
        cJSON_Delete(*value);
        *value = NULL;
    }
}

void seal_json_put(seal_json *parent, const char *key, seal_json **child)
{
    seal_json *item = *child;
    *child = NULL;
    if (item && parent &&
        (key ? cJSON_AddItemToObject(parent, key, item) : cJSON_AddItemToArray(parent, item))) {
        return;
    }
    cJSON_Delete(item);
    if (parent) {
        parent->type |= INCOMPLETE;
    }
}

static void put_new(seal_json *parent, const char *key, seal_json *child)
{
    seal_json_put(parent, key, &child);
}

void seal_json_put_text(seal_json *parent, const char *key, const char *text)
{
    put_new(parent, key, text ? cJSON_CreateString(text) : cJSON_CreateNull());
}

void seal_json_put_number(seal_json *parent, const char *key, double number)
{
    put_new(parent, key, cJSON_CreateNumber(number));
}

void seal_json_put_bool(seal_json *parent, const char *key, bool value)
{
    put_new(parent, key, cJSON_CreateBool(value));
}

void seal_json_put_null(seal_json *parent, const char *key)
{
    put_new(parent, key, cJSON_CreateNull());
}

void seal_json_put_hex(seal_json *parent, const char *key, const uint8_t *data, size_t len)
{
    char *text = malloc(2 * len + 1);
    if (text) {
        seal_hex_encode(data, len, text);
    }
    put_new(parent, key, text ? cJSON_CreateString(text) : NULL);
    free(text);
}

void seal_json_put_formatted(seal_json *parent, const char *key, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) {
        text = NULL;
    }
    va_end(args);
    put_new(parent, key, text ? cJSON_CreateString(text) : NULL);
    free(text);
}

static seal_json *put_borrowed(seal_json *parent, const char *key, seal_json *child)
{
    int before = parent ? cJSON_GetArraySize(parent) : 0;
    put_new(parent, key, child);
    return parent && cJSON_GetArraySize(parent) > before ? child : NULL;
}

seal_json *seal_json_put_object(seal_json *parent, const char *key)
{
    return put_borrowed(parent, key, cJSON_CreateObject());
}

seal_json *seal_json_put_array(seal_json *parent, const char *key)
{
    return put_borrowed(parent, key, cJSON_CreateArray());
}

/* --- text --- */

/* Bytes of the UTF-8 character at text (1..4); 0 when it is malformed (RFC 3629). */
static size_t utf8_len(const uint8_t *text, size_t left)
{
    uint8_t first = text[0];
    size_t len = first < 0x80   ? 1
                 : first < 0xC2 ? 0
                 : first < 0xE0 ? 2
                 : first < 0xF0 ? 3
                 : first < 0xF5 ? 4
                                : 0;
    if (len == 0 || len > left) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((first == 0xE0 && text[1] < 0xA0) || (first == 0xED && text[1] > 0x9F) ||
        (first == 0xF0 && text[1] < 0x90) || (first == 0xF4 && text[1] > 0x8F)) {
        return 0;
    }
    return len;
}

static int put_escape(struct seal_buf *out, uint8_t byte)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *name = names; *name; name += 2) {
        if ((uint8_t)name[0] == byte) {
            const char pair[2] = {'\\', name[1]};
            return seal_buf_put(out, pair, sizeof pair);
        }
    }
    char text[8];
    (void)snprintf(text, sizeof text, "\\u%04x", byte);
    return seal_buf_put(out, text, 6);
}

static bool needs_escape(uint8_t byte)
{
    return byte < 0x20 || byte == 0x7F || byte == '"' || byte == '\\';
}

/* File names and other bytes of the outside may be no UTF-8: what is malformed becomes U+FFFD. */
int seal_json_quote(struct seal_buf *out, const char *string)
{
    const uint8_t *text = (const uint8_t *)string;
    size_t left = strlen(string);
    int err = seal_buf_put_u8(out, '"');
    while (err == SEAL_OK && left) {
        size_t len = utf8_len(text, left);
        if (len == 0) {
            err = seal_buf_put(out, "\\ufffd", 6);
            len = 1;
        } else if (len == 1 && needs_escape(*text)) {
            err = put_escape(out, *text);
        } else {
            err = seal_buf_put(out, text, len);
        }
        text += len;
        left -= len;
    }
    return err ? err : seal_buf_put_u8(out, '"');
}

static int put_number(struct seal_buf *out, double number)
{
    char text[40];
    if (!isfinite(number)) {
        return seal_buf_put(out, "null", 4);
    }
    if (trunc(number) == number && fabs(number) < 9007199254740992.0) {
        (void)snprintf(text, sizeof text, "%.0f", number);
    } else {
        (void)snprintf(text, sizeof text, "%.15g", number);
        if (strtod(text, NULL) != number) {
            (void)snprintf(text, sizeof text, "%.17g", number);
        }
        char *point = strstr(text, localeconv()->decimal_point);
        if (point) {
            *point = '.';
        }
    }
    return seal_buf_put(out, text, strlen(text));
}

/* --- printing --- */

static int put_break(struct seal_buf *out, bool one_line, unsigned depth)
{
    int err = seal_buf_put_u8(out, one_line ? ' ' : '\n');
    return err || one_line ? err : seal_buf_put_fill(out, ' ', 2 * (size_t)depth);
}

static int put_value(struct seal_buf *out, const seal_json *value, bool one_line, unsigned depth);

static int put_member(struct seal_buf *out, const seal_json *member, bool named, bool one_line,
                      unsigned depth)
{
    int err = SEAL_OK;
    if (!one_line || member->prev->next) {
        err = put_break(out, one_line, depth);
    }
    if (err == SEAL_OK && named) {
        err = seal_json_quote(out, member->string);
        if (err == SEAL_OK) {
            err = seal_buf_put(out, ": ", 2);
        }
    }
    if (err == SEAL_OK) {
        err = put_value(out, member, one_line, depth);
    }
    return err == SEAL_OK && member->next ? seal_buf_put_u8(out, ',') : err;
}

static int put_members(struct seal_buf *out, const seal_json *value, bool one_line, unsigned depth)
{
    bool named = cJSON_IsObject(value);
    int err = seal_buf_put_u8(out, named ? '{' : '[');
    const seal_json *member = NULL;
    cJSON_ArrayForEach(member, value)
    {
        if (err == SEAL_OK) {
            err = put_member(out, member, named, one_line, depth + 1);
        }
    }
    if (err == SEAL_OK && value->child && !one_line) {
        err = put_break(out, one_line, depth);
    }
    return err ? err : seal_buf_put_u8(out, named ? '}' : ']');
}

static int put_value(struct seal_buf *out, const seal_json *value, bool one_line, unsigned depth)
{
    if (value->type & INCOMPLETE) {
        return SEAL_ERR_NO_MEMORY;
    }
    if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
        return put_members(out, value, one_line, depth);
    }
    if (cJSON_IsString(value)) {
        return seal_json_quote(out, value->valuestring);
    }
    if (cJSON_IsNumber(value)) {
        return put_number(out, value->valuedouble);
    }
    const char *word = cJSON_IsTrue(value) ? "true" : cJSON_IsFalse(value) ? "false" : "null";
    return seal_buf_put(out, word, strlen(word));
}

int seal_json_print(const seal_json *value, bool one_line, struct seal_buf *out)
{
    if (!value) {
        return SEAL_ERR_NO_MEMORY;
    }
    size_t start = seal_buf_len(out);
    int err = put_value(out, value, one_line, 0);
    if (err == SEAL_OK) {
        err = seal_buf_put_u8(out, '\n');
    }
    if (err != SEAL_OK) {
        seal_buf_truncate(out, start);
    }
    return err;
}

/* --- parsing --- */

static int fail_at(struct seal_cause *cause, const char *text, size_t at, const char *what)
{
    unsigned line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    return seal_fail(cause, SEAL_ERR_FORMAT, "%s at line %u, column %zu", what, line, at - line_start + 1);
}

/* Offset of the first malformed byte; len when text is UTF-8. A NUL is malformed: cJSON would stop there. */
static size_t utf8_check(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len && text[at]) {
        size_t step = utf8_len((const uint8_t *)text + at, len - at);
        if (step == 0) {
            break;
        }
        at += step;
    }
    return at;
}

bool seal_json_is_utf8(const char *text)
{
    size_t len = strlen(text);
    return utf8_check(text, len) == len;
}

int seal_json_parse(const char *text, size_t len, seal_json **out, struct seal_cause *cause)
{
    *out = NULL;
    size_t at = utf8_check(text, len);
    if (at < len) {
        return fail_at(cause, text, at, "not UTF-8");
    }
    const char *end = text;
    seal_json *value = len ? cJSON_ParseWithLengthOpts(text, len, &end, false) : NULL;
    at = end ? (size_t)(end - text) : 0;
    if (!value) {
        return fail_at(cause, text, at < len ? at : len, "not JSON");
    }
    while (at < len && strchr(" \t\r\n", text[at])) {
        at++;
    }
    if (at < len) {
        cJSON_Delete(value);
        return fail_at(cause, text, at, "text after the JSON value");
    }
    *out = value;
    return SEAL_OK;
}

/* --- looking --- */

const seal_json *seal_json_get(const seal_json *object, const char *key)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

const seal_json *seal_json_at(const seal_json *array, size_t index)
{
    return index < seal_json_len(array) ? cJSON_GetArrayItem(array, (int)index) : NULL;
}

size_t seal_json_len(const seal_json *array)
{
    return cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
}

const char *seal_json_text(const seal_json *value)
{
    return cJSON_IsString(value) ? value->valuestring : NULL;
}

bool seal_json_number(const seal_json *value, double *number)
{
    if (!cJSON_IsNumber(value)) {
        return false;
    }
    *number = value->valuedouble;
    return true;
}

enum seal_json_kind seal_json_kind(const seal_json *value)
{
    return cJSON_IsObject(value)   ? SEAL_JSON_OBJECT
           : cJSON_IsArray(value)  ? SEAL_JSON_ARRAY
           : cJSON_IsString(value) ? SEAL_JSON_TEXT
           : cJSON_IsNumber(value) ? SEAL_JSON_NUMBER
           : cJSON_IsBool(value)   ? SEAL_JSON_BOOL
                                   : SEAL_JSON_NULL;
}

bool seal_json_is_true(const seal_json *value)
{
    return cJSON_IsTrue(value);
}

const seal_json *seal_json_first(const seal_json *value)
{
    return cJSON_IsObject(value) || cJSON_IsArray(value) ? value->child : NULL;
}

const seal_json *seal_json_next(const seal_json *member)
{
    return member->next;
}

const char *seal_json_key(const seal_json *member)
{
    return member->string ? member->string : "";
}
