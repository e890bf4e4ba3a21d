/* Looks for secrets in any bytes: an image, a flash dump, a partition, a log. */
#ifndef ESPSEAL_SCAN_H
#define ESPSEAL_SCAN_H

#include <espseal/map.h>

enum seal_scan_kind {
    SEAL_SCAN_PRIVATE_KEY, /* a private key that anybody can use who sees these bytes */
    SEAL_SCAN_FINGERPRINT, /* a key whose fingerprint was given */
};

enum seal_scan_form { SEAL_SCAN_BINARY, SEAL_SCAN_PEM, SEAL_SCAN_BASE64, SEAL_SCAN_HEX };
const char *seal_scan_form_name(enum seal_scan_form form); /* "PEM" */

struct seal_scan_finding {
    enum seal_scan_kind kind;
    enum seal_scan_form form;
    size_t offset;      /* in the data, of the text or the bytes */
    char what[32];      /* "RSA-2048"; "" for a PEM that cannot be read */
    size_t fingerprint; /* index into the list given */
    bool reversed;      /* the key stands there in the byte order of the eFuse controller */
};

/* Called for every finding in order of offset within each form; anything but SEAL_OK ends the scan. */
typedef int (*seal_scan_fn)(void *ctx, const struct seal_scan_finding *finding);

/*
 * Private keys (PKCS#8, PKCS#1, SEC1) as DER, as PEM, as Base64 or hex without any frame; an encrypted key is
 * none. Keys by fingerprint: fingerprints are fingerprint_count times the 32 bytes of a SHA-256 of 32 or 64
 * bytes, looked for at every byte, in both byte orders, and in hex and Base64 text. NULL and 0 for none.
 * SEAL_ERR_NO_MEMORY, SEAL_ERR_CRYPTO, or what each returned.
 */
int seal_scan(const void *data, size_t len, const uint8_t *fingerprints, size_t fingerprint_count,
              seal_scan_fn each, void *ctx) SEAL_MUST_CHECK;
/* The same of what is mapped and goes away behind the search; without fingerprints. */
int seal_scan_mapped(const void *data, size_t len, const struct seal_release *release, seal_scan_fn each,
                     void *ctx) SEAL_MUST_CHECK;

#endif
