#include "subject.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

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

/* Matter 1.x, 6.1.1: ids in a certificate's subject, four upper-case hexadecimal digits each. */
static const char *const matter[][2] = {
    {"matterVendorId", "1.3.6.1.4.1.37244.2.1"},
    {"matterProductId", "1.3.6.1.4.1.37244.2.2"},
};

static const char *oid_of(const char *type)
{
    for (size_t i = 0; i < sizeof matter / sizeof matter[0]; i++) {
        if (strcmp(type, matter[i][0]) == 0) {
            return matter[i][1];
        }
    }
    return type;
}

static bool fits_matter(const char *type, const char *value)
{
    for (size_t i = 0; i < sizeof matter / sizeof matter[0]; i++) {
        if (strcmp(type, matter[i][1]) == 0) {
            return strlen(value) == 4 && strspn(value, "0123456789ABCDEF") == 4;
        }
    }
    return true;
}

static int add_part(X509_NAME *name, const char *type, const char *value, struct seal_cause *cause)
{
    type = oid_of(type);
    ASN1_OBJECT *object = OBJ_txt2obj(type, 0); /* by name, or as numbers with dots */
    ASN1_OBJECT_free(object);
    if (!object) {
        return wrong_subject(cause, "has an unknown part: ", type);
    }
    if (!fits_matter(type, value)) {
        return wrong_subject(cause, "has a Matter id that is not four digits of 0-9 and A-F: ", value);
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

bool seal_cert_has_subject(const struct seal_cert *cert, const char *text)
{
    X509_NAME *name = NULL;
    bool same = seal_name_parse(text, &name, NULL) == SEAL_OK &&
                X509_NAME_cmp(name, X509_get_subject_name(cert->x509)) == 0;
    X509_NAME_free(name);
    return same;
}
