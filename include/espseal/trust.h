/* Certificates of certificate authorities, gathered for a bundle (cert_bundle.h), and chains against one. */
#ifndef ESPSEAL_TRUST_H
#define ESPSEAL_TRUST_H

#include <espseal/cert_bundle.h>
#include <espseal/key.h>

struct seal_trust; /* a growing set */

struct seal_trusted {  /* what is told of each; borrowed from the set */
    const char *label; /* the line above it in its file that is underlined with "=", or its common name */
    char subject[128];
    char key[24]; /* "RSA-2048" */
    bool expired; /* by this machine's clock */
    uint8_t sha256[32];
};

struct seal_trust *seal_trust_new(void); /* NULL when memory is out */
void seal_trust_free(struct seal_trust **trust);

/*
 * Adds all certificates of a PEM file, or the one of a DER file, whose label keep accepts (NULL: all). name
 * is for messages. SEAL_ERR_FORMAT names the certificate that is damaged, by number and label, or says that
 * there is none; what stood before it is in the set.
 */
typedef bool (*seal_trust_keep_fn)(void *ctx, const char *label);
int seal_trust_add(struct seal_trust *trust, const void *data, size_t len, const char *name,
                   seal_trust_keep_fn keep, void *ctx, struct seal_cause *cause) SEAL_MUST_CHECK;

size_t seal_trust_count(const struct seal_trust *trust);
const struct seal_trusted *seal_trust_at(const struct seal_trust *trust,
                                         size_t index); /* NULL past the end */
/* The entry of a bundle for it, borrowed from the set. */
struct seal_bundle_entry seal_trust_entry(const struct seal_trust *trust, size_t index);

/* Where OpenSSL's default file of trusted certificates is; borrowed. */
const char *seal_trust_system_file(void);

/* Subject (RFC 2253, cut to size) and key of an entry. SEAL_ERR_FORMAT: either is not what it should be. */
int seal_bundle_describe(const struct seal_bundle_entry *entry, char *subject, size_t size,
                         char key[static 24]) SEAL_MUST_CHECK;

/*
 * Would a device with this bundle trust the chain? It is what a server sends: its certificate, then
 * intermediate ones (PEM, seal_cert_read_chain). Each must be signed by the next, and the last, or one before
 * it, by a key of the bundle. *index is the entry that it leads to. SEAL_ERR_MISMATCH says where the chain
 * breaks, or who issued its end. Times are not looked at.
 */
int seal_bundle_trusts(const struct seal_bundle *bundle, const struct seal_cert *chain, size_t *index,
                       struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
