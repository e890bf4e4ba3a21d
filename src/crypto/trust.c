/* A set of certificates of authorities: gathered from files, told, handed out as entries of a bundle. */
#include <espseal/trust.h>

#include "crypto.h"
#include "name.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

struct item {
    struct seal_cert *cert;
    struct seal_trusted told;
    char *label;
    unsigned char *key; /* DER, of OpenSSL's heap */
    int key_len;
};

struct seal_trust {
    struct item *items;
    size_t count, room;
};

struct seal_trust *seal_trust_new(void)
{
    return calloc(1, sizeof(struct seal_trust));
}

static void clear(struct item *item)
{
    seal_cert_free(&item->cert);
    free(item->label);
    OPENSSL_free(item->key);
}

void seal_trust_free(struct seal_trust **trust)
{
    if (*trust) {
        for (size_t i = 0; i < (*trust)->count; i++) {
            clear(&(*trust)->items[i]);
        }
        free((*trust)->items);
    }
    free(*trust);
    *trust = NULL;
}

size_t seal_trust_count(const struct seal_trust *trust)
{
    return trust->count;
}

const struct seal_trusted *seal_trust_at(const struct seal_trust *trust, size_t index)
{
    return index < trust->count ? &trust->items[index].told : NULL;
}

const char *seal_trust_system_file(void)
{
    return X509_get_default_cert_file();
}

struct seal_bundle_entry seal_trust_entry(const struct seal_trust *trust, size_t index)
{
    const struct item *item = &trust->items[index];
    struct seal_bundle_entry entry = {.key = item->key, .key_len = (uint16_t)item->key_len};
    size_t len = 0;
    if (X509_NAME_get0_der(X509_get_subject_name(item->cert->x509), &entry.name, &len) == 1) {
        entry.name_len = (uint16_t)len;
    }
    return entry;
}

static char *common_name(X509 *x509)
{
    char text[128] = "";
    int len = X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, text, sizeof text);
    return strdup(len > 0 ? text : "");
}

static int describe(struct item *item, struct seal_cause *cause)
{
    struct seal_cert_info info;
    const unsigned char *name = NULL;
    size_t name_len = 0;
    int err = seal_cert_info(item->cert, &info);
    item->key_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(item->cert->x509), &item->key);
    if (err == SEAL_OK &&
        (X509_NAME_get0_der(X509_get_subject_name(item->cert->x509), &name, &name_len) != 1 ||
         item->key_len <= 0 || item->key_len > UINT16_MAX || name_len == 0 || name_len > UINT16_MAX)) {
        err = SEAL_ERR_FORMAT;
    }
    ERR_clear_error();
    if (err != SEAL_OK) {
        return seal_fail(cause, err, "the certificate of \"%s\" has no name or no key of use", item->label);
    }
    item->told.label = item->label;
    (void)snprintf(item->told.subject, sizeof item->told.subject, "%.127s", info.subject);
    memcpy(item->told.key, info.key, sizeof item->told.key);
    memcpy(item->told.sha256, info.sha256, sizeof item->told.sha256);
    item->told.expired = seal_cert_validity(item->cert) == SEAL_CERT_EXPIRED;
    return SEAL_OK;
}

/* Takes label over. */
static int add(struct seal_trust *trust, const void *data, size_t len, const char *name, char *label,
               seal_trust_keep_fn keep, void *ctx, struct seal_cause *cause)
{
    struct item item = {.label = label};
    int err = seal_cert_read(data, len, name, &item.cert, cause);
    if (err == SEAL_OK && !item.label) {
        item.label = common_name(item.cert->x509);
    }
    if (err == SEAL_OK && trust->count == trust->room) {
        size_t room = trust->room ? 2 * trust->room : 64;
        struct item *more = realloc(trust->items, room * sizeof *more);
        err = more ? SEAL_OK : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for certificates");
        trust->items = more ? more : trust->items;
        trust->room = more ? room : trust->room;
    }
    if (err == SEAL_OK && !item.label) {
        err = seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for certificates");
    }
    bool wanted = err == SEAL_OK && (!keep || keep(ctx, item.label));
    if (wanted) {
        err = describe(&item, cause);
    }
    if (err != SEAL_OK || !wanted) {
        clear(&item);
        return err;
    }
    trust->items[trust->count++] = item;
    return SEAL_OK;
}

/* The line above one of "=" only, as Mozilla's list has it; NULL: there is none between from and to. */
static char *find_label(const char *from, const char *to)
{
    const char *above = NULL;
    size_t above_len = 0;
    char *label = NULL;
    while (from < to) {
        const char *end = memchr(from, '\n', (size_t)(to - from));
        size_t len = (size_t)((end ? end : to) - from);
        size_t text = len && from[len - 1] == '\r' ? len - 1 : len;
        bool line = text > 0 && strspn(from, "=") >= text;
        if (line && above && above_len) {
            free(label);
            label = strndup(above, above_len);
        }
        above = from;
        above_len = text;
        from += end ? len + 1 : len;
    }
    return label;
}

static int add_pem(struct seal_trust *trust, const char *text, size_t len, const char *name,
                   seal_trust_keep_fn keep, void *ctx, struct seal_cause *cause)
{
    const char *at = text, *end = text + len, *begin;
    size_t number = 0;
    int err = SEAL_OK;
    while (err == SEAL_OK && (begin = memmem(at, (size_t)(end - at), BEGIN, strlen(BEGIN))) != NULL) {
        const char *stop = memmem(begin, (size_t)(end - begin), END, strlen(END));
        const char *after = stop ? stop + strlen(END) : end;
        char place[256];
        char *label = find_label(at, begin);
        number++;
        (void)snprintf(place, sizeof place, "%.150s: certificate %zu%s%.80s", name, number, label ? ", " : "",
                       label ? label : "");
        err = add(trust, begin, (size_t)(after - begin), place, label, keep, ctx, cause);
        at = after;
    }
    return err == SEAL_OK && number == 0 ? seal_fail(cause, SEAL_ERR_FORMAT, "%s holds no certificate", name)
                                         : err;
}

int seal_trust_add(struct seal_trust *trust, const void *data, size_t len, const char *name,
                   seal_trust_keep_fn keep, void *ctx, struct seal_cause *cause)
{
    if (len > 0 && *(const uint8_t *)data == 0x30) {
        return add(trust, data, len, name, NULL, keep, ctx, cause);
    }
    return add_pem(trust, data, len, name, keep, ctx, cause);
}
