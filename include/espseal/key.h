/* Private keys and certificates: made, read, written and compared with OpenSSL. */
#ifndef ESPSEAL_KEY_H
#define ESPSEAL_KEY_H

#include <espseal/buf.h>

struct seal_key;  /* a private key, in the secure heap as far as OpenSSL allows */
struct seal_cert; /* an X.509 certificate (RFC 5280) */

enum seal_key_kind {
    SEAL_KEY_RSA,
    SEAL_KEY_EC,
};

/*
 * Asks for a passphrase: writes at most size - 1 characters and a NUL to passphrase and returns 0, or
 * SEAL_ERR_PASSPHRASE when there is none to be had. The buffer is cleansed by the caller of this function.
 */
typedef int (*seal_passphrase_fn)(void *ctx, const char *what, char *passphrase, size_t size);

struct seal_passphrase { /* NULL where a parameter of this type is optional: encrypted keys are refused */
    seal_passphrase_fn ask;
    void *ctx;
};

/* The key types of this program, for help and for parsing: "rsa:2048", ..., "ec:p384". NULL-terminated. */
extern const char *const seal_key_types[];

/* Makes a key. type is one of seal_key_types; SEAL_ERR_USAGE names them otherwise. */
int seal_key_generate(const char *type, struct seal_key **key, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Reads a private key from PEM (PKCS#8, encrypted PKCS#8, PKCS#1, SEC1, traditional encryption; text before
 * it is skipped) or DER (PKCS#8, PKCS#1, SEC1). name is for messages only. SEAL_ERR_FORMAT (never echoes the
 * bytes), SEAL_ERR_PASSPHRASE, SEAL_ERR_KEY (neither RSA nor EC, or its parts do not belong together).
 */
int seal_key_read(const void *data, size_t len, const char *name, const struct seal_passphrase *passphrase,
                  struct seal_key **key, struct seal_cause *cause) SEAL_MUST_CHECK;

/* PKCS#8 PEM; encrypted with AES-256-CBC and PBKDF2 (RFC 8018) when passphrase is not NULL. Appends to out,
 * which should be secret. */
int seal_key_write_pkcs8(const struct seal_key *key, const char *passphrase, struct seal_buf *out,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The form that esp_secure_cert stores: PKCS#1 or SEC1 ("traditional"), as PEM with LF line ends, or DER.
 */
int seal_key_write_traditional(const struct seal_key *key, bool der, struct seal_buf *out,
                               struct seal_cause *cause) SEAL_MUST_CHECK;

/* The public half as PEM (SubjectPublicKeyInfo, RFC 5280 4.1.2.7), of keys in tokens too. */
int seal_key_write_public(const struct seal_key *key, struct seal_buf *out,
                          struct seal_cause *cause) SEAL_MUST_CHECK;

/* Zeroes and frees; *key is NULL afterwards. NULL is allowed. */
void seal_key_free(struct seal_key **key);

/* What a key is, for choices and for messages. */
enum seal_key_kind seal_key_kind(const struct seal_key *key);
unsigned seal_key_bits(const struct seal_key *key);        /* 2048, 256, ... */
const char *seal_key_describe(const struct seal_key *key); /* "RSA-2048", "EC P-256" */
/* The bits of an EC key on P-192, P-256, P-384 or P-521; 0: RSA, or another curve with as many bits. */
unsigned seal_key_nist_bits(const struct seal_key *key);
/* SHA-256 of the SubjectPublicKeyInfo (DER): names a key without revealing it. */
int seal_key_fingerprint(const struct seal_key *key, uint8_t sha256[static 32]) SEAL_MUST_CHECK;

/* RSA numbers for the DS peripheral, little-endian, zero-padded to size bytes. SEAL_ERR_KEY when not RSA or
 * larger. */
int seal_key_rsa_numbers(const struct seal_key *key, uint8_t *n, uint8_t *d, size_t size,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

/* The private scalar of an EC key, big-endian, as long as its curve (24, 32 or 48 bytes). SEAL_ERR_KEY: not
 * an EC key on P-192, P-256 or P-384. */
int seal_key_ec_scalar(const struct seal_key *key, uint8_t scalar[static 48], size_t *len,
                       struct seal_cause *cause) SEAL_MUST_CHECK;

/* The key of that scalar, len bytes as above, which tell the curve. SEAL_ERR_KEY: zero, or not below the
 * curve's order. */
int seal_key_of_ec_scalar(const uint8_t *scalar, size_t len, struct seal_key **key,
                          struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Looks for the key's secret numbers (RSA: exponent, primes and CRT numbers; EC: scalar) in data: as bytes,
 * big- and little-endian, with or without padding, and in Base64 however its lines are broken, so that every
 * unencrypted DER or PEM form is found. For what must not hold them. *found is true after a failure too.
 * SEAL_ERR_NO_MEMORY, SEAL_ERR_CRYPTO, SEAL_ERR_KEY (a key in a token: nothing can be known).
 */
int seal_key_occurs_in(const struct seal_key *key, const void *data, size_t len, bool *found) SEAL_MUST_CHECK;

/* A certification request (PKCS#10, RFC 2986), PEM, signed with SHA-256 (SHA-384 for P-384). SEAL_ERR_USAGE
 * names the part of the subject or the alternative name that cannot be. */
struct seal_subject {
    const char *name;       /* "/CN=device/O=Example", OpenSSL's slash form; "\\/" for a slash */
    const char *const *san; /* NULL-terminated "DNS:a", "URI:b", "IP:c", "email:d"; NULL for none */
    /* extended key usages (RFC 5280 4.2.1.12) to ask for: NULL-terminated "clientAuth", "serverAuth", ..., or
     * OIDs such as "1.3.6.1.5.5.7.3.2"; NULL, or "none" alone, for none */
    const char *const *usages;
};
int seal_csr_new(const struct seal_key *key, const struct seal_subject *subject, struct seal_buf *pem,
                 struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Makes a signature somewhere else, big-endian, len bytes long: PKCS#1 v1.5 of a SHA-256 digest for RSA, r
 * and s for EC, of SHA-384 (48 bytes) for P-384 and of SHA-256 else.
 */
typedef int (*seal_sign_digest_fn)(void *ctx, const uint8_t digest[static 32], uint8_t *signature, size_t len,
                                   struct seal_cause *cause);
/*
 * A request (PEM) for a key that is out of reach: subject, alternative names, extended key usages and key of
 * a certificate, signed by sign. The same certificate and signature give the same request. SEAL_ERR_KEY:
 * neither RSA nor EC up to P-384; SEAL_ERR_PROOF: the signature does not verify.
 */
int seal_csr_of_cert(const struct seal_cert *cert, seal_sign_digest_fn sign, void *ctx, struct seal_buf *pem,
                     struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * A self-signed certificate that holds the place of one that a CA has still to sign: no CA, no key usage, no
 * end (RFC 5280 4.1.2.5). Nobody trusts it; it keeps a device's public key and names.
 */
int seal_cert_new_placeholder(const struct seal_key *key, const struct seal_subject *subject,
                              struct seal_cert **cert, struct seal_cause *cause) SEAL_MUST_CHECK;
/* True for a certificate that signed itself and is not that of a CA. */
bool seal_cert_is_placeholder(const struct seal_cert *cert);

/* A self-signed CA certificate (basicConstraints CA, keyCertSign, cRLSign, SKI), valid from now for
 * days 1..36500. */
int seal_ca_new(const struct seal_key *key, const char *subject, unsigned days, struct seal_cert **cert,
                struct seal_cause *cause) SEAL_MUST_CHECK;
/* The same with extended key usages, to which what it signs is then bound; subject->san is not looked at. */
int seal_ca_new_for(const struct seal_key *key, const struct seal_subject *subject, unsigned days,
                    struct seal_cert **cert, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * A device certificate from a request: its signature is verified, subject and SAN are taken over; random
 * 128-bit serial, SKI, AKI, basicConstraints CA:FALSE, keyUsage digitalSignature, and the
 * extended key usages given like those of struct seal_subject, clientAuth for NULL (RFC 5280 4.2.1). What the
 * request asks for besides is the CA's to decide: it is left out. SEAL_ERR_MISMATCH: the CA key is not that
 * of the CA certificate, the certificate is not that of a CA or not valid today, or the request's signature
 * does not verify. SEAL_ERR_FORMAT: not a request, or one without any name. SEAL_ERR_USAGE: days other
 * than 1..36500, a usage that is none. The device certificate may end after its CA's: seal_cert_info tells
 * both.
 */
int seal_cert_issue(const void *csr, size_t csr_len, const char *csr_name, const struct seal_cert *ca_cert,
                    const struct seal_key *ca_key, const char *const *usages, unsigned days,
                    struct seal_cert **cert, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Reads one certificate, PEM (first of the file; text around it is dropped) or DER. SEAL_ERR_FORMAT. */
int seal_cert_read(const void *data, size_t len, const char *name, struct seal_cert **cert,
                   struct seal_cause *cause) SEAL_MUST_CHECK;
/* The same, and keeps what certificates follow in a PEM file: they are written after it by seal_cert_write,
 * as parsers on the device take a chain. */
int seal_cert_read_chain(const void *data, size_t len, const char *name, struct seal_cert **cert,
                         struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_cert_free(struct seal_cert **cert);

/* PEM (LF, 64 columns) or DER. */
int seal_cert_write(const struct seal_cert *cert, bool der, struct seal_buf *out,
                    struct seal_cause *cause) SEAL_MUST_CHECK;
/* True when the bytes that were read were DER. */
bool seal_cert_was_der(const struct seal_cert *cert);
bool seal_key_was_der(const struct seal_key *key);

/* SEAL_ERR_MISMATCH when the certificate is for another key (SubjectPublicKeyInfo differs). */
int seal_cert_matches_key(const struct seal_cert *cert, const struct seal_key *key,
                          struct seal_cause *cause) SEAL_MUST_CHECK;
/* SEAL_ERR_MISMATCH when ca did not sign cert. */
int seal_cert_signed_by(const struct seal_cert *cert, const struct seal_cert *ca,
                        struct seal_cause *cause) SEAL_MUST_CHECK;
/*
 * SEAL_ERR_MISMATCH when cert does not lead, through the intermediate certificates read with either, to a
 * self-signed certificate of ca (to any of ca when none signed itself). Times are not looked at.
 */
int seal_cert_check_chain(const struct seal_cert *cert, const struct seal_cert *ca,
                          struct seal_cause *cause) SEAL_MUST_CHECK;
/* SEAL_ERR_KEY for an RSA key with a public exponent below 65537 (FIPS 186-5, A.1.1) or an even one. */
int seal_cert_check_exponent(const struct seal_cert *cert, struct seal_cause *cause) SEAL_MUST_CHECK;
bool seal_cert_same(const struct seal_cert *a, const struct seal_cert *b);
/* True when the certificate's subject is what name ("/CN=device/O=Example") stands for (RFC 5280 7.1
 * comparison). */
bool seal_cert_has_subject(const struct seal_cert *cert, const char *name);

struct seal_cert_info {
    char subject[256]; /* RFC 2253, UTF-8, controls escaped; cut at the end when longer */
    char issuer[256];
    char serial[48];     /* hex */
    char not_before[24]; /* 2026-11-21T02:30:00Z */
    char not_after[24];  /* 9999-12-31T23:59:59Z for "no end" */
    int64_t not_before_unix;
    int64_t not_after_unix;
    char key[24]; /* "RSA-2048", "EC P-256" */
    bool is_ca;
    uint8_t sha256[32];     /* of the DER certificate */
    uint8_t key_sha256[32]; /* seal_key_fingerprint of its key */
};
int seal_cert_info(const struct seal_cert *cert, struct seal_cert_info *info) SEAL_MUST_CHECK;

enum seal_cert_validity { SEAL_CERT_VALID, SEAL_CERT_EXPIRED, SEAL_CERT_NOT_YET };
/* By this machine's clock, now. */
enum seal_cert_validity seal_cert_validity(const struct seal_cert *cert);

/*
 * Verifies a raw RSA signature as the DS peripheral gives it: PKCS#1 v1.5 with SHA-256 over message.
 * signature is big-endian, as long as the modulus. SEAL_ERR_PROOF when it does not verify, SEAL_ERR_KEY when
 * the certificate is not for an RSA key.
 */
int seal_cert_verify_rsa_sha256(const struct seal_cert *cert, const void *message, size_t message_len,
                                const uint8_t *signature, size_t signature_len) SEAL_MUST_CHECK;
/* EMSA-PKCS1-v1_5 (RFC 8017 9.2) of a SHA-256 digest into size bytes, big-endian. SEAL_ERR_TOO_LONG below 62
 * bytes. */
int seal_pkcs1_pad_sha256(const uint8_t digest[static 32], uint8_t *out, size_t size) SEAL_MUST_CHECK;

#endif
