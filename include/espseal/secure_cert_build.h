/* An esp_secure_cert partition from rows: files are read, keys put where they belong, secrets kept out. */
#ifndef ESPSEAL_SECURE_CERT_BUILD_H
#define ESPSEAL_SECURE_CERT_BUILD_H

#include <espseal/chip.h>
#include <espseal/hmac_key.h>
#include <espseal/secure_cert.h>
#include <espseal/secure_cert_rows.h>

struct seal_build_options {
    const struct seal_chip *chip; /* needed for rsa_ds and ecdsa_peripheral */
    const char *directory;        /* paths in rows are relative to it; NULL: to the working directory */
    bool any_mode;                /* read secret files that others can read */
    struct seal_passphrase passphrase;
    const uint8_t *hmac_key; /* 32 bytes for rows that name no efuse_key; NULL: none */
    const uint8_t *iv;       /* 16 bytes for rsa_ds, for a result that can be repeated; NULL: random */
    size_t size;             /* of the partition; 0: SEAL_SECURE_CERT_MAX */
    bool no_integrity;
    bool allow_private_keys; /* do not refuse private keys that no row of kind plaintext put there */
};

struct seal_build_result {
    bool has_plaintext_key; /* a private key stands in the partition for everybody to read */
    bool has_peripheral_key;
};

/*
 * Builds into out (empty before; secret). First, in the order of the private keys, what they need: DS_DATA
 * and DS_CONTEXT, SEC_CFG or HMAC_ECDSA_KEY_SALT; then every row in order, an RSA key behind DS having no
 * entry of its own; then INTEGRITY, unless a row is an INTEGRITY, SIGNATURE_BLOCK or BYTES itself. This is
 * the order of esp-secure-cert-tool 2.6.1. Certificates are parsed and stored as PEM with LF and a NUL, or as
 * DER; plaintext and encrypted keys in their traditional form; other rows as they are.
 *
 * Each key must fit its chip and match the device certificate of the same subtype. A private key anywhere but
 * in a plaintext row is SEAL_ERR_SECRET_FOUND. Others: SEAL_ERR_FORMAT, _KEY, _MISMATCH, _TOO_LONG,
 * _UNSUPPORTED (the chip), _USAGE (no chip, no HMAC key), and those of seal_file_read; each names the row.
 * out is empty after a failure.
 */
int seal_secure_cert_build(const struct seal_secure_cert_rows *rows, const struct seal_build_options *options,
                           struct seal_buf *out, struct seal_build_result *result,
                           struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
