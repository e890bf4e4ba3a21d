#include <espseal/cmp.h>

#include "crypto.h"
#include "pem.h"
#include "subject.h"

#include <openssl/cmp.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DEFAULT_TIMEOUT_S = 60 };

/* The library's talk would go to the standard error; what matters of it is in its error queue. */
static int say_nothing(const char *function, const char *file, int line, OSSL_CMP_severity level,
                       const char *text)
{
    (void)function, (void)file, (void)line, (void)level, (void)text;
    return 1;
}

static int wrong_url(const struct seal_cmp *cmp, struct seal_cause *cause)
{
    ERR_clear_error();
    int err = seal_fail(cause, SEAL_ERR_USAGE, "%.200s is not the address of a CMP server", cmp->server);
    seal_hint(cause, "write it like http://ca.example:8080/cmp; CMP messages are protected without TLS");
    return err;
}

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0;
}

static int set_server(OSSL_CMP_CTX *ctx, const struct seal_cmp *cmp, struct seal_cause *cause)
{
    char *host = NULL;
    char *path = NULL;
    int port = 0;
    int tls = 0;
    int timeout = cmp->timeout_s ? (int)cmp->timeout_s : DEFAULT_TIMEOUT_S;
    int err = SEAL_OK;
    if (OSSL_HTTP_parse_url(cmp->server, &tls, NULL, &host, NULL, &port, &path, NULL, NULL) != 1 || tls) {
        err = wrong_url(cmp, cause);
    } else if (OSSL_CMP_CTX_set1_server(ctx, host) != 1 || OSSL_CMP_CTX_set_serverPort(ctx, port) != 1 ||
               OSSL_CMP_CTX_set1_serverPath(ctx, path) != 1 ||
               (is_loopback(host) && OSSL_CMP_CTX_set1_no_proxy(ctx, host) != 1) ||
               OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_MSG_TIMEOUT, timeout) != 1 ||
               OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_TOTAL_TIMEOUT, timeout) != 1) {
        err = seal_fail_crypto(cause, "cannot prepare a CMP request");
    }
    OPENSSL_free(host);
    OPENSSL_free(path);
    return err;
}

static bool set_trust(OSSL_CMP_CTX *ctx, const struct seal_cert *trusted)
{
    X509_STORE *store = X509_STORE_new();
    bool done = store && X509_STORE_add_cert(store, trusted->x509) == 1 &&
                X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
                OSSL_CMP_CTX_set0_trustedStore(ctx, store) == 1;
    if (!done) {
        X509_STORE_free(store);
    }
    return done;
}

static int set_protection(OSSL_CMP_CTX *ctx, const struct seal_cmp *cmp, struct seal_cause *cause)
{
    bool secret = cmp->secret != NULL;
    bool signature = cmp->old_cert && cmp->old_key;
    if (!secret && !(signature && cmp->trusted)) {
        int err = seal_fail(cause, SEAL_ERR_USAGE, "nothing protects the messages to the CMP server");
        seal_hint(cause, "give a shared secret, or a certificate, its key and the CA of the answers");
        return err;
    }
    bool done = true;
    if (secret) {
        const char *reference = cmp->reference ? cmp->reference : "";
        done =
            OSSL_CMP_CTX_set1_referenceValue(ctx, (const uint8_t *)reference, (int)strlen(reference)) == 1 &&
            OSSL_CMP_CTX_set1_secretValue(ctx, seal_buf_ptr(cmp->secret), (int)seal_buf_len(cmp->secret)) ==
                1;
    } else {
        done = OSSL_CMP_CTX_set1_cert(ctx, cmp->old_cert->x509) == 1 &&
               OSSL_CMP_CTX_set1_pkey(ctx, cmp->old_key->pkey) == 1;
    }
    if (done && cmp->trusted) {
        done = set_trust(ctx, cmp->trusted);
    }
    return done ? SEAL_OK : seal_fail_crypto(cause, "cannot prepare a CMP request");
}

static int set_names(OSSL_CMP_CTX *ctx, const struct seal_subject *subject, struct seal_cause *cause)
{
    X509_NAME *name = NULL;
    GENERAL_NAMES *names = NULL;
    int err = seal_name_parse(subject->name, &name, cause);
    if (err == SEAL_OK && subject->san && subject->san[0]) {
        err = seal_san_parse(subject->san, &names, cause);
    }
    bool done = err == SEAL_OK && OSSL_CMP_CTX_set1_subjectName(ctx, name) == 1;
    for (int i = 0; done && i < sk_GENERAL_NAME_num(names); i++) {
        done = OSSL_CMP_CTX_push1_subjectAltName(ctx, sk_GENERAL_NAME_value(names, i)) == 1;
    }
    if (err == SEAL_OK && !done) {
        err = seal_fail_crypto(cause, "cannot prepare a CMP request");
    }
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    X509_NAME_free(name);
    return err;
}

static int set_usages(OSSL_CMP_CTX *ctx, const struct seal_subject *subject, struct seal_cause *cause)
{
    EXTENDED_KEY_USAGE *usages = NULL;
    STACK_OF(X509_EXTENSION) *extensions = NULL;
    int err = seal_usages_parse(subject->usages, &usages, cause);
    if (err == SEAL_OK && usages) {
        if (X509V3_add1_i2d(&extensions, NID_ext_key_usage, usages, 0, 0) == 1 &&
            OSSL_CMP_CTX_set0_reqExtensions(ctx, extensions) == 1) {
            extensions = NULL;
        } else {
            err = seal_fail_crypto(cause, "cannot prepare a CMP request");
        }
    }
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
    return err;
}

static int set_key(OSSL_CMP_CTX *ctx, const struct seal_key *key, struct seal_cause *cause)
{
    if (EVP_PKEY_up_ref(key->pkey) == 1) {
        if (OSSL_CMP_CTX_set0_newPkey(ctx, 1, key->pkey) == 1) {
            return SEAL_OK;
        }
        EVP_PKEY_free(key->pkey);
    }
    return seal_fail_crypto(cause, "cannot prepare a CMP request");
}

static int set_csr(OSSL_CMP_CTX *ctx, const struct seal_buf *csr, struct seal_cause *cause)
{
    const uint8_t *data = seal_buf_ptr(csr);
    BIO *bio = seal_bio_borrow(data, seal_buf_len(csr));
    X509_REQ *request = !bio                                   ? NULL
                        : seal_is_pem(data, seal_buf_len(csr)) ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL)
                                                               : d2i_X509_REQ_bio(bio, NULL);
    int err = request && OSSL_CMP_CTX_set1_p10CSR(ctx, request) == 1
                  ? SEAL_OK
                  : seal_fail(cause, SEAL_ERR_FORMAT, "that is not a certificate request");
    X509_REQ_free(request);
    BIO_free(bio);
    ERR_clear_error();
    return err;
}

/* The first error of the queue that says what happened, and the server's own words. */
static int explain(const OSSL_CMP_CTX *ctx, const struct seal_cmp *cmp, struct seal_cause *cause)
{
    char text[200] = "";
    int status = OSSL_CMP_CTX_get_status(ctx);
    unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    const char *last = ERR_reason_error_string(ERR_peek_last_error());
    bool refused = status == OSSL_CMP_PKISTATUS_rejection;
    bool cmp_spoke = ERR_GET_LIB(code) == ERR_LIB_CMP || ERR_GET_LIB(code) == ERR_LIB_CRMF;
    if (refused) {
        OSSL_CMP_PKIFREETEXT *words = OSSL_CMP_CTX_get0_statusString(ctx);
        const ASN1_UTF8STRING *word =
            words && sk_ASN1_UTF8STRING_num(words) > 0 ? sk_ASN1_UTF8STRING_value(words, 0) : NULL;
        for (int i = 0; word && i < ASN1_STRING_length(word) && i < (int)sizeof text - 1; i++) {
            uint8_t c = ASN1_STRING_get0_data(word)[i];
            bool printable = c >= 0x20 && c <= 0x7E;
            text[i] = (char)(printable ? c : '?');
        }
    }
    int err = refused     ? seal_fail(cause, SEAL_ERR_MISMATCH, "the CMP server refuses the request%s%s",
                                  *text ? ": " : "", text)
              : cmp_spoke ? seal_fail(cause, SEAL_ERR_MISMATCH, "the CMP server's answer is not accepted: %s",
                                      last ? last : reason)
                          : seal_fail(cause, SEAL_ERR_IO, "no certificate from the CMP server %.120s: %s",
                                      cmp->server, reason ? reason : "no answer");
    seal_hint(cause, refused ? "ask the CA why; nothing was burned or written"
                     : cmp_spoke
                         ? "is the secret or the CA of the answers right? nothing was burned or written"
                         : "is the address right, and the server running? nothing was burned or written");
    ERR_clear_error();
    return err;
}

static int unreachable(const struct seal_cmp *cmp, struct seal_cause *cause)
{
    const char *data = NULL;
    unsigned long code = ERR_peek_error_data(&data, NULL);
    int err = ERR_SYSTEM_ERROR(code)
                  ? seal_fail_system(cause, SEAL_ERR_IO, ERR_GET_REASON(code),
                                     "cannot connect to the CMP server %.120s", cmp->server)
                  : seal_fail(cause, SEAL_ERR_IO, "cannot connect to the CMP server %.120s: %.100s",
                              cmp->server, data && *data ? data : "no answer");
    seal_hint(cause, "is the address right, and the server running? nothing was burned or written");
    ERR_clear_error();
    return err;
}

static int connect_once(char *host, char *port, unsigned timeout_s, const struct seal_cmp *cmp,
                        struct seal_cause *cause)
{
    time_t deadline = time(NULL) + (time_t)timeout_s;
    BIO *bio = BIO_new(BIO_s_connect());
    if (!bio || BIO_set_conn_hostname(bio, host) != 1 || BIO_set_conn_port(bio, port) != 1) {
        BIO_free(bio);
        return seal_fail_crypto(cause, "cannot prepare a connection");
    }
    (void)BIO_set_nbio(bio, 1);
    ERR_clear_error();
    bool connected = BIO_do_connect(bio) == 1;
    while (!connected && BIO_should_retry(bio) && BIO_wait(bio, deadline, 50) == 1) {
        connected = BIO_do_connect(bio) == 1;
    }
    int err = connected ? SEAL_OK : unreachable(cmp, cause);
    BIO_free(bio);
    return err;
}

/* The client tries a connection again that was refused, until all of the time is up: hence one before it. */
static int check_reachable(const struct seal_cmp *cmp, struct seal_cause *cause)
{
    char *host = NULL;
    char *port = NULL;
    int err = SEAL_OK;
    if (OSSL_HTTP_parse_url(cmp->server, NULL, NULL, &host, &port, NULL, NULL, NULL, NULL) != 1) {
        err = wrong_url(cmp, cause);
    } else if (is_loopback(host) || !OSSL_HTTP_adapt_proxy(NULL, NULL, host, 0)) {
        err = connect_once(host, port, cmp->timeout_s ? cmp->timeout_s : DEFAULT_TIMEOUT_S, cmp, cause);
    }
    OPENSSL_free(host);
    OPENSSL_free(port);
    return err;
}

static int take(const X509 *x509, struct seal_cert **cert, struct seal_cause *cause)
{
    X509 *own = X509_dup(x509);
    return own ? seal_cert_wrap(own, cert, cause) : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
}

static int exchange(OSSL_CMP_CTX *ctx, const struct seal_cmp *cmp, enum seal_cmp_kind kind,
                    struct seal_cert **cert, struct seal_cause *cause)
{
    const X509 *x509 = NULL;
    ERR_clear_error();
    switch (kind) {
    case SEAL_CMP_INITIAL:
        x509 = OSSL_CMP_exec_IR_ses(ctx);
        break;
    case SEAL_CMP_UPDATE:
        x509 = OSSL_CMP_exec_KUR_ses(ctx);
        break;
    case SEAL_CMP_REQUEST:
        x509 = OSSL_CMP_exec_P10CR_ses(ctx);
        break;
    }
    int err = x509 ? take(x509, cert, cause) : explain(ctx, cmp, cause);
    ERR_clear_error();
    return err;
}

int seal_cmp_enroll(const struct seal_cmp *cmp, enum seal_cmp_kind kind, const struct seal_key *key,
                    const struct seal_subject *subject, const struct seal_buf *csr, struct seal_cert **cert,
                    struct seal_cause *cause)
{
    *cert = NULL;
    OSSL_CMP_CTX *ctx = OSSL_CMP_CTX_new(NULL, NULL);
    int err = ctx && OSSL_CMP_CTX_set_log_cb(ctx, say_nothing) == 1
                  ? set_server(ctx, cmp, cause)
                  : seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory for a CMP request");
    if (err == SEAL_OK) {
        err = set_protection(ctx, cmp, cause);
    }
    if (err == SEAL_OK && kind == SEAL_CMP_UPDATE &&
        (!cmp->old_cert || OSSL_CMP_CTX_set1_oldCert(ctx, cmp->old_cert->x509) != 1)) {
        err = seal_fail(cause, SEAL_ERR_USAGE, "a key update needs the certificate that is replaced");
    }
    if (err == SEAL_OK) {
        err = kind == SEAL_CMP_REQUEST ? set_csr(ctx, csr, cause) : set_key(ctx, key, cause);
    }
    if (err == SEAL_OK && kind != SEAL_CMP_REQUEST && subject) {
        err = set_names(ctx, subject, cause);
    }
    if (err == SEAL_OK && kind != SEAL_CMP_REQUEST && subject) {
        err = set_usages(ctx, subject, cause);
    }
    if (err == SEAL_OK) {
        err = check_reachable(cmp, cause);
    }
    if (err == SEAL_OK) {
        err = exchange(ctx, cmp, kind, cert, cause);
    }
    if (err == SEAL_OK && key) {
        err = seal_cert_matches_key(*cert, key, cause);
        if (err != SEAL_OK) {
            seal_cert_free(cert);
        }
    }
    OSSL_CMP_CTX_free(ctx);
    return err;
}
