/* The esp_secure_cert partition of one device: which entries, in which order, for which kind of key. */
#ifndef ESPSEAL_IDENTITY_PARTITION_H
#define ESPSEAL_IDENTITY_PARTITION_H

#include <espseal/ds.h>
#include <espseal/secure_cert.h>

enum seal_storage {                         /* where the device's private key lives */
                    SEAL_STORAGE_NONE,      /* no private key in this partition */
                    SEAL_STORAGE_PLAINTEXT, /* in the partition, readable by anybody who has the flash */
                    SEAL_STORAGE_DS,        /* RSA, encrypted for the Digital Signature peripheral */
                    SEAL_STORAGE_ECDSA,     /* EC, in an eFuse block for the ECDSA peripheral */
};
const char *seal_storage_name(enum seal_storage storage); /* "ds", as --storage takes it */

struct seal_partition_spec {
    enum seal_storage storage;
    const struct seal_cert *ca_cert;     /* NULL: none */
    const struct seal_cert *device_cert; /* NULL: none */
    const struct seal_key
        *key; /* PLAINTEXT: stored. DS and ECDSA: only to prove its absence; NULL: skip that */
    const struct seal_ds_params *ds; /* DS only */
    unsigned efuse_key;              /* DS and ECDSA: 0..5 */
    bool no_integrity;
};

/*
 * Builds the partition into out (empty before): DS_DATA, DS_CONTEXT | SEC_CFG, CA_CERT, DEV_CERT, PRIV_KEY,
 * INTEGRITY, the order of esp-secure-cert-tool 2.6.1. Certificates that were read as PEM are stored as PEM
 * and a NUL, others as DER; a plaintext key in its traditional form, in the encoding it was read in. An ECDSA
 * PRIV_KEY entry is empty: flag 0x08 and SEC_CFG are all that the device's reader needs (FIELD.md 1).
 * SEAL_ERR_TOO_LONG beyond 8192 bytes; SEAL_ERR_SECRET_FOUND if a private key occurs in any partition but a
 * plaintext one, whatever the reason; SEAL_ERR_USAGE (key or ds missing), SEAL_ERR_MISMATCH (ds is for
 * another size of key). out is empty after a failure; for a plaintext key it should be a secret buffer.
 */
int seal_partition_build(const struct seal_partition_spec *spec, struct seal_buf *out,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
