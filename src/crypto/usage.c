#include "subject.h"

#include <openssl/err.h>
#include <string.h>

/* RFC 5280 4.2.1.12 */
#define KEY_PURPOSES "1.3.6.1.5.5.7.3."

static int wrong_usage(const char *why, const char *text, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_USAGE, "\"%.100s\" %s", text, why);
    seal_hint(cause, "write clientAuth, serverAuth, codeSigning, another name of RFC 5280, or an OID such as "
                     "1.3.6.1.5.5.7.3.2; none alone leaves the extension out");
    return err;
}

/* NULL for the names of other things, such as CN. */
static ASN1_OBJECT *purpose(const char *text)
{
    char oid[80];
    size_t len = strlen(text);
    bool number = len && strspn(text, "0123456789.") == len;
    bool cut = number && text[len - 1] == '.'; /* which OBJ_txt2obj would pass over */
    ASN1_OBJECT *object = cut ? NULL : OBJ_txt2obj(text, number);
    bool known = object && (number || (OBJ_obj2txt(oid, sizeof oid, object, 1) > 0 &&
                                       (strncmp(oid, KEY_PURPOSES, strlen(KEY_PURPOSES)) == 0 ||
                                        OBJ_obj2nid(object) == NID_anyExtendedKeyUsage)));
    if (!known) {
        ASN1_OBJECT_free(object);
        object = NULL;
    }
    ERR_clear_error();
    return object;
}

static int add_purpose(EXTENDED_KEY_USAGE *list, const char *text, struct seal_cause *cause)
{
    ASN1_OBJECT *object = purpose(text);
    if (!object) {
        return wrong_usage("is not an extended key usage", text, cause);
    }
    for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
        if (OBJ_cmp(sk_ASN1_OBJECT_value(list, i), object) == 0) {
            ASN1_OBJECT_free(object);
            return wrong_usage("is given twice", text, cause);
        }
    }
    if (sk_ASN1_OBJECT_push(list, object) <= 0) {
        ASN1_OBJECT_free(object);
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for an extension");
    }
    return SEAL_OK;
}

int seal_usages_parse(const char *const *usages, EXTENDED_KEY_USAGE **list, struct seal_cause *cause)
{
    *list = NULL;
    if (!usages || !usages[0] || (strcmp(usages[0], "none") == 0 && !usages[1])) {
        return SEAL_OK;
    }
    *list = sk_ASN1_OBJECT_new_null();
    int err = *list ? SEAL_OK : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for an extension");
    for (; err == SEAL_OK && *usages; usages++) {
        err = add_purpose(*list, *usages, cause);
    }
    if (err != SEAL_OK) {
        sk_ASN1_OBJECT_pop_free(*list, ASN1_OBJECT_free);
        *list = NULL;
    }
    return err;
}
