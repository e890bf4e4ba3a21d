#include "crypto.h"
#include "key_engine.h"

#include <espseal/file.h>
#include <espseal/hex.h>
#include <espseal/key_store.h>
#include <espseal/secret.h>

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIN_SIZE = 256, PIN_FILE_MAX = 4096, VALUE_SIZE = 512, URI_SIZE = 2048 };

static size_t scheme_length(const char *text)
{
    size_t len = 0;
    while (isalnum((unsigned char)text[len]) || (len && strchr("+.-", text[len]) && text[len])) {
        len++;
    }
    return text[len] == ':' && isalpha((unsigned char)text[0]) ? len : 0;
}

static bool has_scheme(const char *text, const char *scheme)
{
    size_t len = strlen(scheme);
    return scheme_length(text) == len && strncasecmp(text, scheme, len) == 0;
}

bool seal_key_is_uri(const char *text)
{
    return scheme_length(text) >= 2 && (has_scheme(text, "pkcs11") || access(text, F_OK) != 0);
}

bool seal_key_is_remote(const struct seal_key *key)
{
    return key->remote;
}

/* --- the parts of a PKCS#11 URI (RFC 7512 2.3) --- */

static bool decode_percent(const char *from, const char *end, char *to, size_t size)
{
    size_t used = 0;
    while (from < end && used + 1 < size) {
        uint8_t byte = 0;
        char digits[3] = {0};
        if (*from == '%' && end - from > 2) {
            memcpy(digits, from + 1, 2);
        }
        bool escaped = digits[0] && seal_hex_decode(digits, &byte, 1) == SEAL_OK;
        to[used++] = (char)(escaped ? byte : (uint8_t)*from);
        from += escaped ? 3 : 1;
    }
    to[used] = '\0';
    return from == end;
}

/* The value of an attribute of the path or the query; value may be NULL. SEAL_ERR_NOT_FOUND, _TOO_LONG. */
static int attribute(const char *uri, const char *name, char *value)
{
    size_t len = strlen(name);
    for (const char *at = strchr(uri, ':'); at; at = strpbrk(at + 1, ";?&")) {
        if (strncmp(at + 1, name, len) == 0 && at[1 + len] == '=') {
            const char *from = at + len + 2;
            const char *end = from + strcspn(from, ";?&");
            return !value || decode_percent(from, end, value, VALUE_SIZE) ? SEAL_OK : SEAL_ERR_TOO_LONG;
        }
    }
    return SEAL_ERR_NOT_FOUND;
}

static int check_pkcs11(const char *uri, struct seal_cause *cause)
{
    if (strlen(uri) >= URI_SIZE) {
        return seal_fail(cause, SEAL_ERR_USAGE, "the pkcs11: URI is longer than %d characters", URI_SIZE - 1);
    }
    if (attribute(uri, "pin-value", NULL) == SEAL_OK) {
        int err =
            seal_fail(cause, SEAL_ERR_USAGE, "a PIN in the URI would be seen by everybody on this computer");
        seal_hint(cause, "put it into a file that only its owner may read, and give --pin-file FILE or "
                         "\"?pin-source=FILE\" in the URI");
        return err;
    }
    if (attribute(uri, "token", NULL) && attribute(uri, "serial", NULL) && attribute(uri, "slot-id", NULL)) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "%.120s does not say which token", uri);
        seal_hint(cause, "add token=LABEL, serial=NUMBER or slot-id=NUMBER; p11tool --list-tokens or "
                         "pkcs11-tool --list-token-slots shows them");
        return err;
    }
    return SEAL_OK;
}

/* --- the PIN --- */

static int answer(UI *ui, UI_STRING *string)
{
    char text[PIN_SIZE];
    struct seal_pin *pin = UI_get0_user_data(ui);
    enum UI_string_types type = UI_get_string_type(string);
    if (type != UIT_PROMPT && type != UIT_VERIFY) {
        return 1;
    }
    /* Tokens lock themselves after a few wrong PINs: whoever asks again was given a wrong one. */
    if (pin->asked++ || !pin->ask || pin->ask->ask(pin->ask->ctx, pin->what, text, sizeof text) != SEAL_OK) {
        return 0;
    }
    pin->given = UI_set_result(ui, string, text) == 0;
    seal_cleanse(text, sizeof text);
    return pin->given;
}

UI_METHOD *seal_pin_method(void)
{
    UI_METHOD *method = UI_create_method("PIN, once");
    if (method) {
        (void)UI_method_set_reader(method, answer);
    }
    return method;
}

static int ask_buffer(void *ctx, const char *what, char *passphrase, size_t size)
{
    (void)what;
    struct seal_buf *buf = ctx;
    const char *text = (const char *)seal_buf_ptr(buf);
    size_t len = 0;
    while (len < seal_buf_len(buf) && !strchr("\r\n", text[len])) {
        len++;
    }
    if (len + 1 > size) {
        return SEAL_ERR_PASSPHRASE;
    }
    memcpy(passphrase, text, len);
    passphrase[len] = '\0';
    return SEAL_OK;
}

/* *buf stays NULL when the URI names no file. */
static int read_pin_source(const char *uri, bool any_mode, struct seal_buf **buf, struct seal_cause *cause)
{
    char source[VALUE_SIZE];
    int err = attribute(uri, "pin-source", source);
    if (err == SEAL_ERR_NOT_FOUND) {
        return SEAL_OK;
    }
    if (err != SEAL_OK) {
        return seal_fail(cause, SEAL_ERR_USAGE, "the pin-source of the URI is too long");
    }
    const char *path = strncmp(source, "file:", 5) == 0 ? source + 5 : source;
    path = strncmp(path, "///", 3) == 0 ? path + 2 : path;
    return seal_file_read(path, PIN_FILE_MAX, SEAL_FILE_SECRET | (any_mode ? SEAL_FILE_ANY_MODE : 0), buf,
                          cause);
}

/* --- opening --- */

struct opening { /* of one call, for its helpers */
    const char *uri;
    UI_METHOD *method;
    struct seal_pin pin;
    EVP_PKEY *pkey;
    void *engine;
    struct seal_cause *cause;
};

/* The library's errors are the only ones that know that it was the PIN. */
static bool pin_was_refused(void)
{
    bool refused = false;
    unsigned long code;
    while ((code = ERR_get_error())) {
        const char *reason = ERR_reason_error_string(code);
        refused = refused || (reason && (strstr(reason, "PIN") || strstr(reason, "auth")));
    }
    return refused;
}

static int explain(const struct opening *open, int err)
{
    bool refused = pin_was_refused();
    if (open->pin.asked && !open->pin.given) {
        err =
            seal_fail(open->cause, SEAL_ERR_PASSPHRASE, "%.200s wants a PIN, and none was given", open->uri);
        seal_hint(open->cause,
                  "give it with --pin-file FILE (its first line), or run in a terminal to be asked");
    } else if (open->pin.given && refused) {
        err = seal_fail(open->cause, SEAL_ERR_PASSPHRASE, "the token refuses the PIN for %.200s", open->uri);
        seal_hint(open->cause,
                  "it was tried once; most tokens lock themselves after three wrong ones, so look twice");
    } else if (err == SEAL_ERR_UNSUPPORTED) {
        err = seal_fail(open->cause, SEAL_ERR_NOT_FOUND,
                        "there is no file %.150s, and OpenSSL has neither a provider nor an engine for it",
                        open->uri);
        seal_hint(open->cause, "for PKCS#11 install libengine-pkcs11-openssl or pkcs11-provider, for a TPM "
                               "tpm2-openssl");
    } else if (err != SEAL_ERR_KEY) {
        err = seal_fail(open->cause, SEAL_ERR_NOT_FOUND, "there is no private key at %.250s", open->uri);
        seal_hint(open->cause, "look at what a token holds with: "
                               "pkcs11-tool --login --list-objects");
    }
    return err;
}

static int take_from_store(struct opening *open, OSSL_STORE_CTX *store)
{
    int err = SEAL_ERR_NOT_FOUND;
    while (!OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (!info) {
            if (OSSL_STORE_error(store) || open->pin.asked > 1) {
                break;
            }
            continue;
        }
        if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY) {
            err = open->pkey ? seal_fail(open->cause, SEAL_ERR_KEY, "%.200s names more than one private key",
                                         open->uri)
                             : SEAL_OK;
            open->pkey = open->pkey ? open->pkey : OSSL_STORE_INFO_get1_PKEY(info);
        }
        OSSL_STORE_INFO_free(info);
        if (err == SEAL_ERR_KEY) {
            seal_hint(open->cause, "name one of them: object=LABEL or id=%%01");
            break;
        }
    }
    return err;
}

static int open_store(struct opening *open)
{
    char scheme[64];
    (void)snprintf(scheme, sizeof scheme, "%.*s", (int)scheme_length(open->uri), open->uri);
    OSSL_STORE_LOADER *loader = OSSL_STORE_LOADER_fetch(NULL, scheme, NULL);
    if (!loader) {
        return SEAL_ERR_UNSUPPORTED;
    }
    OSSL_STORE_LOADER_free(loader);
    OSSL_STORE_CTX *store =
        OSSL_STORE_open_ex(open->uri, NULL, NULL, open->method, &open->pin, NULL, NULL, NULL);
    if (!store) {
        return SEAL_ERR_NOT_FOUND;
    }
    int err = take_from_store(open, store);
    (void)OSSL_STORE_close(store);
    return err;
}

/* With the other providers' algorithms still there; a provider of the configuration is loaded already. */
static bool provider_is_there(const char *name)
{
    if (OSSL_PROVIDER_available(NULL, name)) {
        return true;
    }
    bool loaded = OSSL_PROVIDER_try_load(NULL, name, 1) != NULL; /* kept for the life of the process */
    ERR_clear_error();
    return loaded;
}

static int open_engine(struct opening *open)
{
    char path[URI_SIZE];
    char module[VALUE_SIZE];
    size_t len = strcspn(open->uri, "?");
    memcpy(path, open->uri, len);
    path[len] = '\0';
    bool named = attribute(open->uri, "module-path", module) == SEAL_OK;
    if (named && access(module, R_OK) != 0) {
        return seal_fail_errno(open->cause, "cannot open the PKCS#11 module %.200s", module);
    }
    int err =
        seal_engine_load(path, named ? module : NULL, open->method, &open->pin, &open->pkey, &open->engine);
    return err == SEAL_OK ? err : explain(open, err);
}

static int open_uri(struct opening *open)
{
    bool pkcs11 = has_scheme(open->uri, "pkcs11");
    if (pkcs11) {
        int err = check_pkcs11(open->uri, open->cause);
        if (err != SEAL_OK || !provider_is_there("pkcs11")) {
            return err == SEAL_OK ? open_engine(open) : err;
        }
    } else if (has_scheme(open->uri, "handle") || has_scheme(open->uri, "object")) {
        (void)provider_is_there("tpm2");
    }
    int err = open_store(open);
    return err == SEAL_OK ? err : explain(open, err);
}

/* file: gives keys with all their numbers, others do not. */
static int finish(struct opening *open, struct seal_key **key)
{
    int err = seal_key_wrap(open->pkey, open->uri, key, open->cause);
    if (err != SEAL_OK) {
        seal_engine_release(open->engine);
        return err;
    }
    (*key)->engine = open->engine;
    (*key)->remote = !has_scheme(open->uri, "file");
    return SEAL_OK;
}

int seal_key_open(const char *uri, const struct seal_passphrase *pin, bool any_mode, struct seal_key **key,
                  struct seal_cause *cause)
{
    struct seal_buf *source = NULL;
    *key = NULL;
    int err = read_pin_source(uri, any_mode, &source, cause);
    if (err != SEAL_OK) {
        return err;
    }
    const struct seal_passphrase from_source = {.ask = ask_buffer, .ctx = source};
    struct opening open = {.uri = uri,
                           .method = seal_pin_method(),
                           .pin = {.ask = source ? &from_source : pin, .what = uri},
                           .cause = cause};
    ERR_clear_error();
    err = open.method ? open_uri(&open) : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a key");
    if (err == SEAL_OK) {
        err = finish(&open, key);
    } else {
        EVP_PKEY_free(open.pkey);
    }
    UI_destroy_method(open.method);
    seal_buf_free(&source);
    ERR_clear_error();
    return err;
}
