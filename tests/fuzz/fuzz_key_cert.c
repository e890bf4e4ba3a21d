/* Bytes given as a private key, as a certificate and as a certificate request. */
#include "fuzz.h"

#include <espseal/key.h>

#include <stdio.h>

static int answer(void *ctx, const char *what, char *passphrase, size_t size)
{
    (void)ctx;
    (void)what;
    (void)snprintf(passphrase, size, "open sesame");
    return SEAL_OK;
}

static void try_key(const uint8_t *data, size_t len)
{
    const struct seal_passphrase passphrase = {answer, NULL};
    struct seal_key *key = NULL;
    struct seal_cause cause = {0};
    int err = seal_key_read(data, len, "file", &passphrase, &key, &cause);
    fuzz_require((key != NULL) == (err == SEAL_OK), "a key comes with success alone");
    fuzz_require(err == SEAL_OK || cause.text[0], "a failure has a sentence");
    if (key) {
        bool found = false;
        struct seal_buf *buf = seal_buf_new_secret();
        fuzz_require(buf && seal_key_write_traditional(key, true, buf, &cause) == SEAL_OK,
                     "what is read is written");
        fuzz_require(seal_key_occurs_in(key, seal_buf_ptr(buf), seal_buf_len(buf), &found) == SEAL_OK &&
                         found,
                     "a key is found in its own DER");
        seal_buf_free(&buf);
    }
    seal_key_free(&key);
}

static void try_cert(const uint8_t *data, size_t len)
{
    struct seal_cert *cert = NULL;
    struct seal_cause cause = {0};
    int err = seal_cert_read(data, len, "file", &cert, &cause);
    fuzz_require((cert != NULL) == (err == SEAL_OK), "a certificate comes with success alone");
    fuzz_require(err == SEAL_OK || cause.text[0], "a failure has a sentence");
    if (cert) {
        struct seal_cert_info info;
        err = seal_cert_info(cert, &info);
        fuzz_require(err != SEAL_OK || info.not_after[0], "a certificate has an end");
        for (const char *c = info.subject; *c; c++) {
            fuzz_require((unsigned char)*c >= ' ' && *c != 0x7F, "names hold no control character");
        }
        (void)seal_cert_validity(cert);
        err = seal_cert_signed_by(cert, cert, &cause);
        fuzz_require(err == SEAL_OK || err == SEAL_ERR_MISMATCH, "signed by itself or not");
    }
    seal_cert_free(&cert);
}

static void try_request(const uint8_t *data, size_t len)
{
    static struct seal_key *ca_key;
    static struct seal_cert *ca;
    struct seal_cert *cert = NULL;
    struct seal_cause cause = {0};
    if (!ca) {
        fuzz_require(seal_key_generate("ec:p256", &ca_key, NULL) == SEAL_OK, "a CA key is made");
        fuzz_require(seal_ca_new(ca_key, "/CN=CA", 10, &ca, NULL) == SEAL_OK, "a CA is made");
    }
    int err = seal_cert_issue(data, len, "file", ca, ca_key, NULL, 1, &cert, &cause);
    fuzz_require((cert != NULL) == (err == SEAL_OK), "a certificate comes with success alone");
    fuzz_require(err == SEAL_OK || cause.text[0], "a failure has a sentence");
    fuzz_require(err != SEAL_OK || seal_cert_signed_by(cert, ca, NULL) == SEAL_OK, "the CA signed it");
    seal_cert_free(&cert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    try_key(data, len);
    try_cert(data, len);
    try_request(data, len);
    return 0;
}
