/* Certificates from a CMP server (RFC 4210, over HTTP as RFC 6712 has it), by OpenSSL's own client. */
#ifndef ESPSEAL_CMP_H
#define ESPSEAL_CMP_H

#include <espseal/key.h>

enum seal_cmp_kind {
    SEAL_CMP_INITIAL, /* ir: the first certificate of a key */
    SEAL_CMP_UPDATE,  /* kur: another key in the place of old_cert's */
    SEAL_CMP_REQUEST, /* p10cr: for a PKCS#10 request, whose key may be out of reach */
};

struct seal_cmp { /* all borrowed */
    const char
        *server; /* "http://ca.example:8080/cmp"; the messages protect themselves, so there is no TLS */
    /* What protects the messages: a shared secret ... */
    const char *reference; /* the CA's name of the secret */
    const struct seal_buf *secret;
    /* ... or a certificate with its key, and the CA that the answers must come from. */
    const struct seal_cert *old_cert; /* of SEAL_CMP_UPDATE also the one that is replaced */
    const struct seal_key *old_key;
    const struct seal_cert *trusted;
    unsigned timeout_s; /* for all of it; 0: 60 */
};

/*
 * Gets a certificate. INITIAL and UPDATE are for key (which proves its possession) and subject; REQUEST takes
 * csr and neither. The answer is checked: protected by the secret or by a certificate under trusted, and for
 * the key that was asked for. SEAL_ERR_USAGE: the URL, or nothing that protects the messages. SEAL_ERR_IO:
 * the server was not reached or did not answer as one; SEAL_ERR_MISMATCH: it refused, or its answer is not to
 * be trusted or for another key; SEAL_ERR_FORMAT: csr is no request.
 */
int seal_cmp_enroll(const struct seal_cmp *cmp, enum seal_cmp_kind kind, const struct seal_key *key,
                    const struct seal_subject *subject, const struct seal_buf *csr, struct seal_cert **cert,
                    struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
