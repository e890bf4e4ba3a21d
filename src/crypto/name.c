#include "name.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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
