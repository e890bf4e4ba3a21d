#include "name.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int wrong_subject(struct seal_cause *cause, const char *why, const char *part)
{
    int err = seal_fail(cause, SEAL_ERR_USAGE, "the subject %s%.60s", why, part);
    seal_hint(cause, "write it like \"/CN=device-1/O=Example\"; a slash inside a value is \"\\/\"");
    return err;
}

/* Copies up to the next bare stop character, resolving backslashes; returns where it stopped. */
static const char *copy_part(const char *from, char stop, char *to)
{
    while (*from && *from != stop) {
        if (*from == '\\' && from[1]) {
            from++;
        }
        *to++ = *from++;
    }
    *to = '\0';
    return from;
}

static int add_part(X509_NAME *name, const char *type, const char *value, struct seal_cause *cause)
{
    if (OBJ_txt2nid(type) == NID_undef) {
        return wrong_subject(cause, "has an unknown part: ", type);
    }
    if (!*value) {
        return wrong_subject(cause, "has an empty part: ", type);
    }
    if (!X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0)) {
        return wrong_subject(cause, "has a value that is too long or not allowed: ", type);
    }
    return SEAL_OK;
}

static int parse_parts(const char *text, char *scratch, X509_NAME *name, struct seal_cause *cause)
{
    if (*text != '/' || !text[1]) {
        return wrong_subject(cause, "must begin with a slash and have a part: ", text);
    }
    while (*text == '/') {
        char *type = scratch;
        text = copy_part(text + 1, '=', type);
        if (*text != '=' || strchr(type, '/')) {
            return wrong_subject(cause, "has a part without \"=\": ", type);
        }
        char *value = type + strlen(type) + 1;
        text = copy_part(text + 1, '/', value);
        int err = add_part(name, type, value, cause);
        if (err != SEAL_OK) {
            return err;
        }
    }
    return SEAL_OK;
}

int seal_name_parse(const char *text, X509_NAME **out, struct seal_cause *cause)
{
    *out = NULL;
    char *scratch = malloc(strlen(text) + 2);
    X509_NAME *name = X509_NAME_new();
    int err = scratch && name ? parse_parts(text, scratch, name, cause)
                              : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a subject");
    free(scratch);
    ERR_clear_error();
    if (err == SEAL_OK) {
        *out = name;
    } else {
        X509_NAME_free(name);
    }
    return err;
}

/* Length of the UTF-8 character at text (RFC 3629), 0 for a byte that begins none. */
static size_t utf8_len(const uint8_t *text, size_t len)
{
    size_t need = text[0] < 0x80 ? 1 : text[0] < 0xC2 ? 0 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    if (need == 0 || need > len || text[0] > 0xF4) {
        return 0;
    }
    for (size_t i = 1; i < need; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return need;
}

static bool is_control(const uint8_t *text, size_t len)
{
    return text[0] < 0x20 || text[0] == 0x7F || (len == 2 && text[0] == 0xC2 && text[1] < 0xA0);
}

static void copy_clean(const uint8_t *in, size_t len, char *text, size_t size)
{
    size_t used = 0;
    while (len) {
        size_t step = utf8_len(in, len);
        bool escape = step == 0 || is_control(in, step);
        step = step ? step : 1;
        if (used + (escape ? 3 * step : step) >= size) {
            break;
        }
        for (size_t i = 0; i < step; i++) {
            used += (size_t)snprintf(text + used, size - used, escape ? "\\%02X" : "%c", in[i]);
        }
        in += step;
        len -= step;
    }
    text[used] = '\0';
}

void seal_name_print(const X509_NAME *name, char *text, size_t size)
{
    char *bytes = NULL;
    text[0] = '\0';
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio && name &&
        X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
        long len = BIO_get_mem_data(bio, &bytes);
        copy_clean((const uint8_t *)bytes, len > 0 ? (size_t)len : 0, text, size);
    }
    BIO_free(bio);
    ERR_clear_error();
}

int seal_time_print(const ASN1_TIME *time, char text[static 24], int64_t *unix_time)
{
    struct tm tm = {0};
    text[0] = '\0';
    *unix_time = 0;
    if (!time || ASN1_TIME_to_tm(time, &tm) != 1) {
        ERR_clear_error();
        return SEAL_ERR_FORMAT;
    }
    *unix_time = timegm(&tm);
    return strftime(text, 24, "%Y-%m-%dT%H:%M:%SZ", &tm) ? SEAL_OK : SEAL_ERR_FORMAT;
}
