/* PEM blocks (RFC 7468), and what a file is that is not what was wanted. */
#ifndef ESPSEAL_PEM_H
#define ESPSEAL_PEM_H

#include <espseal/err.h>

#include <openssl/bio.h>

struct seal_pem { /* all three in the secure heap */
    char *name;   /* "PRIVATE KEY" */
    char *header; /* "Proc-Type: 4,ENCRYPTED\n..."; "" in modern files */
    uint8_t *data;
    long len;
};

bool seal_is_pem(const void *data, size_t len);

/* For PEM and DER; read-only, borrows data. NULL when memory is out. */
BIO *seal_bio_borrow(const void *data, size_t len);

/* Reads the next block; text between blocks is skipped. SEAL_ERR_NOT_FOUND: no more; SEAL_ERR_FORMAT. */
int seal_pem_next(BIO *bio, struct seal_pem *block) SEAL_MUST_CHECK;
void seal_pem_free(struct seal_pem *block);

/*
 * "a certificate", "a certificate request", "a public key", "a private key", "an encrypted private key":
 * what a PEM block's name or a DER object says it is. NULL: something else.
 */
const char *seal_pem_kind(const char *block_name);
const char *seal_der_kind(const uint8_t *data, size_t len);

/* SEAL_ERR_FORMAT: "NAME is a certificate, not WANTED", for a file in which WANTED was not found. */
int seal_fail_kind(struct seal_cause *cause, const char *name, const char *is, const char *wanted);

#endif
