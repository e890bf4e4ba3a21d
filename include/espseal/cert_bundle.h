/*
 * The certificate bundle that firmware trusts servers by: of each root only its subject and its public key
 * (ESP-IDF, components/mbedtls/esp_crt_bundle: gen_crt_bundle.py and esp_crt_bundle.c). Entries stand in the
 * order of their subjects' bytes, since the device searches them by halves. There are two forms:
 *   offsets     a list of offsets, 32 bits little-endian, one for each entry, then the entries
 *               (gen_crt_bundle.py of commit 5572aaeeffa4)
 *   sequential  the number of entries, 16 bits big-endian, then the entries (all before, commit 129ea4620308)
 * An entry is the length of the name and that of the key (16 bits each, of the form's byte order), the
 * subject (DER, RFC 5280 4.1.2.6), and the key (DER, SubjectPublicKeyInfo).
 */
#ifndef ESPSEAL_CERT_BUNDLE_H
#define ESPSEAL_CERT_BUNDLE_H

#include <espseal/buf.h>

enum seal_bundle_form { SEAL_BUNDLE_OFFSETS, SEAL_BUNDLE_SEQUENTIAL };
const char *seal_bundle_form_name(enum seal_bundle_form form); /* "offsets", "sequential" */

#define SEAL_BUNDLE_MAX 1000 /* entries; ESP-IDF's own limit is an option, 200 unless changed */

struct seal_bundle_entry { /* borrowed from the bytes that were parsed */
    const uint8_t *name, *key;
    uint16_t name_len, key_len;
};

struct seal_bundle {
    enum seal_bundle_form form;
    size_t count;
    struct seal_bundle_entry *entries;
    size_t len; /* bytes used; what follows in a partition is no part of it */
};

/*
 * Parses a bundle, its form found by itself. SEAL_ERR_FORMAT names the entry and its offset: cut short, an
 * empty name or key, not in order (the device would not find some). name is for messages. *out is to be
 * freed.
 */
int seal_bundle_parse(const void *data, size_t len, const char *name, struct seal_bundle *out,
                      struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_bundle_free(struct seal_bundle *bundle); /* zeroes it */

/* Sorts entries, drops those that are there twice (name and key the same), and appends the bundle to out.
 * *count is what is left. SEAL_ERR_TOO_LONG: more than SEAL_BUNDLE_MAX; SEAL_ERR_NO_MEMORY. */
int seal_bundle_build(struct seal_bundle_entry *entries, size_t *count, enum seal_bundle_form form,
                      struct seal_buf *out, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
