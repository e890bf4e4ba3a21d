/* What stands in an esp_secure_cert partition: each entry understood as far as the host can, and judged. */
#ifndef ESPSEAL_PARTITION_LOOK_H
#define ESPSEAL_PARTITION_LOOK_H

#include <espseal/key.h>
#include <espseal/secure_cert.h>

enum seal_key_exposure {                     /* what an entry gives away of a private key */
                         SEAL_KEY_NONE,      /* no private key here */
                         SEAL_KEY_IN_EFUSE,  /* PRIV_KEY without data: the peripheral holds the key */
                         SEAL_KEY_DERIVED,   /* made on the device from HMAC and salt (flag 0x40) */
                         SEAL_KEY_ENCRYPTED, /* AES-GCM under the HMAC key (flag 0x80), or a passphrase */
                         SEAL_KEY_PLAINTEXT, /* readable by anybody who has the flash */
                         SEAL_KEY_LEAKED,    /* readable, although a peripheral was meant to hold it */
};
const char *seal_key_exposure_name(enum seal_key_exposure exposure); /* "plaintext" */

enum seal_verdict { SEAL_UNCHECKED, SEAL_GOOD, SEAL_BAD };

struct seal_partition_item {
    struct seal_tlv_entry entry;
    bool crc_ok;
    enum seal_verdict integrity; /* INTEGRITY entries: SHA-256 of everything before */
    bool has_cert;
    struct seal_cert_info cert; /* CA_CERT and DEV_CERT */
    enum seal_cert_validity validity;
    enum seal_key_exposure exposure;
    char key[24];      /* "EC P-256", "RSA-2048": PRIV_KEY that can be read, and DS; "": unknown */
    int efuse_key;     /* BLOCK_KEYn that DS_CONTEXT or SEC_CFG names; -1: none */
    char problem[160]; /* a finding, as a sentence; "": none */
};

/*
 * Looks at one entry of the partition data (from seal_tlv_next). Findings are: a wrong CRC or integrity, a
 * certificate or key that cannot be read, a private key that is not the certificate's of the same subtype, DS
 * entries that contradict each other, a key block that no chip has, and a leaked private key.
 * SEAL_ERR_NO_MEMORY, SEAL_ERR_CRYPTO; SEAL_ERR_FORMAT for an entry that is not one of data.
 */
int seal_partition_look(const uint8_t *data, size_t len, const struct seal_tlv_entry *entry,
                        struct seal_partition_item *item, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
