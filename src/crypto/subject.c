/* Distinguished names in OpenSSL's slash form: "/CN=device/O=Example"; "\/" is a slash within a value. */
#include "subject.h"

#include <string.h>

#define NAME_MAX_LEN 256

static int add_part(X509_NAME *name, const char *part, const char *whole, struct seal_cause *cause)
{
    char type[32];
    const char *equals = strchr(part, '=');
    size_t len = equals ? (size_t)(equals - part) : 0;
    if (len == 0 || len >= sizeof type || equals[1] == '\0') {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "the subject \"%.200s\" has a part that is not TYPE=VALUE",
                            whole);
        seal_hint(cause, "write it like /CN=device-1/O=Example");
        return err;
    }
    memcpy(type, part, len);
    type[len] = '\0';
    if (X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const unsigned char *)equals + 1, -1, -1, 0) !=
        1) {
        ERR_clear_error();
        int err =
            seal_fail(cause, SEAL_ERR_USAGE,
                      "the subject \"%.200s\" has an attribute %s that is unknown or too long", whole, type);
        seal_hint(cause, "known are C, ST, L, O, OU, CN, serialNumber, emailAddress and others of X.520");
        return err;
    }
    return SEAL_OK;
}

int seal_name_parse(const char *text, X509_NAME **out, struct seal_cause *cause)
{
    char part[NAME_MAX_LEN];
    size_t used = 0;
    int err = SEAL_OK;
    X509_NAME *name = X509_NAME_new();
    *out = NULL;
    if (!name) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    if (text[0] != '/' || strlen(text) >= sizeof part) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "the subject \"%.200s\" is %s", text,
                        text[0] == '/' ? "longer than 255 characters" : "without the leading slash");
        seal_hint(cause, "write it like /CN=device-1/O=Example");
    }
    for (const char *c = text + 1; err == SEAL_OK; c++) {
        if (*c == '\\' && c[1] != '\0') {
            part[used++] = *++c;
        } else if (*c == '/' || *c == '\0') {
            part[used] = '\0';
            err = add_part(name, part, text, cause);
            used = 0;
        } else {
            part[used++] = *c;
        }
        if (*c == '\0') {
            break;
        }
    }
    if (err == SEAL_OK) {
        *out = name;
    } else {
        X509_NAME_free(name);
    }
    return err;
}

bool seal_cert_has_subject(const struct seal_cert *cert, const char *text)
{
    X509_NAME *name = NULL;
    bool same = seal_name_parse(text, &name, NULL) == SEAL_OK &&
                X509_NAME_cmp(name, X509_get_subject_name(cert->x509)) == 0;
    X509_NAME_free(name);
    return same;
}
