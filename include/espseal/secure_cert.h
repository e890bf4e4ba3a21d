/*
 * The esp_secure_cert partition in TLV format: bytes <-> entries. Pure: no keys are handled here, and none is
 * ever put into a partition for a key that lives in a peripheral.
 *
 * Layout of an entry (esp_secure_cert_mgr, docs/format.md; measured in vectors/REPORT.md "tlv"):
 *   u32le magic BA5EBA11 | u8 flags | 3 zero | u8 type | u8 subtype | u16le length | data
 *   | zero padding of data to a multiple of 16 | u32le crc over all before it (seal_crc32 from FFFFFFFF).
 */
#ifndef ESPSEAL_SECURE_CERT_H
#define ESPSEAL_SECURE_CERT_H

#include <espseal/buf.h>

#define SEAL_TLV_SUBTYPE_LAST 254u /* asks for the last entry of a type: ESP_SECURE_CERT_SUBTYPE_MAX */
#define SEAL_SECURE_CERT_MAGIC 0xBA5EBA11u
#define SEAL_SECURE_CERT_MAX 8192u              /* bytes; the size of the partition in Espressif's tables */
#define SEAL_SECURE_CERT_LIMIT 0xFFF0u          /* bytes; the device's reader counts in 16 bits */
#define SEAL_SECURE_CERT_DEFAULT_OFFSET 0xD000u /* flash offset that Espressif's tool defaults to */
#define SEAL_SECURE_CERT_PARTITION_TYPE 0x3Fu   /* partition table type of "esp_secure_cert" */

enum seal_tlv_type { /* esp_secure_cert_tlv_config.h */
                     SEAL_TLV_CA_CERT = 0,
                     SEAL_TLV_DEV_CERT = 1,
                     SEAL_TLV_PRIV_KEY = 2,
                     SEAL_TLV_DS_DATA = 3,
                     SEAL_TLV_DS_CONTEXT = 4,
                     SEAL_TLV_HMAC_ECDSA_KEY_SALT = 5,
                     SEAL_TLV_SEC_CFG = 6,
                     SEAL_TLV_TEE_SEC_STORAGE_KEY_ID = 7,
                     SEAL_TLV_SIGNATURE_BLOCK = 8,
                     SEAL_TLV_INTEGRITY = 9,
                     SEAL_TLV_USER_DATA_1 = 51,
                     SEAL_TLV_USER_DATA_5 = 55,
};

enum seal_tlv_flags { /* PRIV_KEY entries */
                      SEAL_TLV_FLAG_ECDSA_PERIPHERAL = 0x08,
                      SEAL_TLV_FLAG_HMAC_DERIVED = 0x40,
                      SEAL_TLV_FLAG_HMAC_ENCRYPTED = 0x80,
};

/* The name that esp_secure_cert uses ("ESP_SECURE_CERT_DEV_CERT_TLV" is "DEV_CERT"); NULL if unknown. */
const char *seal_tlv_type_name(uint8_t type);

/*
 * Appends one entry to out, which starts with the partition's first byte. SEAL_ERR_TOO_LONG when the
 * partition would exceed SEAL_SECURE_CERT_MAX; out is unchanged after a failure.
 */
int seal_tlv_put(struct seal_buf *out, uint8_t type, uint8_t subtype, uint8_t flags, const void *data,
                 size_t len, struct seal_cause *cause) SEAL_MUST_CHECK;

/* Like seal_tlv_put for a partition of size bytes, up to SEAL_SECURE_CERT_LIMIT. */
int seal_tlv_put_within(struct seal_buf *out, size_t size, uint8_t type, uint8_t subtype, uint8_t flags,
                        const void *data, size_t len, struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * DS_DATA and DS_CONTEXT of an RSA key behind the Digital Signature peripheral: rsa_bits 1024..4096,
 * c of c_len bytes (seal_ds_params), efuse_key 0..5 (BLOCK_KEYn that holds the HMAC key). SEAL_ERR_KEY,
 * SEAL_ERR_USAGE (efuse_key), SEAL_ERR_TOO_LONG.
 */
int seal_tlv_put_ds(struct seal_buf *out, uint8_t subtype, unsigned rsa_bits, const uint8_t iv[static 16],
                    const uint8_t *c, size_t c_len, unsigned efuse_key,
                    struct seal_cause *cause) SEAL_MUST_CHECK;

/* SEC_CFG of a key in the ECDSA peripheral: efuse_key 0..5 stored as block number (n + 4). */
int seal_tlv_put_sec_cfg(struct seal_buf *out, uint8_t subtype, unsigned efuse_key,
                         struct seal_cause *cause) SEAL_MUST_CHECK;
/* The same of a partition whose PRIV_KEY says that its key is in the ECDSA peripheral; false: it does not, or
 * names no key block. */
bool seal_tlv_get_ecdsa(const uint8_t *data, size_t len, uint8_t subtype, unsigned *efuse_key);

/* INTEGRITY: SHA-256 (32 bytes, computed by the caller over everything before it). */
int seal_tlv_put_integrity(struct seal_buf *out, uint8_t subtype, const uint8_t sha256[static 32],
                           struct seal_cause *cause) SEAL_MUST_CHECK;

struct seal_tlv_entry {
    size_t offset; /* of the header, from the start of the partition */
    uint8_t type;
    uint8_t subtype;
    uint8_t flags;
    uint16_t length;     /* of the data, without padding */
    const uint8_t *data; /* borrowed from the partition */
    size_t size;         /* header, data, padding and crc */
    uint32_t crc;        /* as stored */
    uint32_t crc_computed;
};

enum seal_tlv_end { /* why walking stopped */
                    SEAL_TLV_END_OF_DATA,
                    SEAL_TLV_END_ERASED,    /* FF bytes follow */
                    SEAL_TLV_END_ZERO,      /* 00 bytes follow */
                    SEAL_TLV_END_MARKER,    /* FF FF 00 00 (u32le 0000FFFF) follows */
                    SEAL_TLV_END_GARBAGE,   /* something without the magic follows */
                    SEAL_TLV_END_TRUNCATED, /* an entry that reaches beyond the data */
};

/*
 * Walks a partition as the device's reader does. *offset starts at 0; each call fills *entry and advances,
 * and returns true; false at the end, with *end telling why. A wrong CRC does not stop the walk.
 */
bool seal_tlv_next(const uint8_t *data, size_t len, size_t *offset, struct seal_tlv_entry *entry,
                   enum seal_tlv_end *end);

/*
 * The entry that the device's reader takes: the first of type and subtype; for SEAL_TLV_SUBTYPE_LAST the last
 * of type, whatever its subtype (esp_secure_cert_find_tlv in esp_secure_cert_tlv_read.c 2.9.3, whose header
 * says "the highest"). false when there is none, or its CRC is wrong: the reader gives up then and does not
 * look for another. *entry is that entry all the same, or as it was when there is none.
 */
bool seal_tlv_find(const uint8_t *data, size_t len, uint8_t type, uint8_t subtype,
                   struct seal_tlv_entry *entry);

/* Why walking stopped, as a sentence: "erased flash follows". */
const char *seal_tlv_end_name(enum seal_tlv_end end);

/* Bytes of a partition in use: up to the end of the last entry. 0 when it does not start with one. */
size_t seal_tlv_used(const uint8_t *data, size_t len);

struct seal_tlv_ds {    /* DS_DATA with its DS_CONTEXT */
    unsigned rsa_bits;  /* real size of the key */
    unsigned efuse_key; /* 0..5 */
    const uint8_t *iv;  /* 16 bytes, borrowed */
    const uint8_t *c;   /* borrowed */
    size_t c_len;       /* 1584 or 1200 */
};

/* Reads DS_DATA and DS_CONTEXT of subtype. SEAL_ERR_NOT_FOUND, SEAL_ERR_FORMAT (they contradict each other).
 */
int seal_tlv_get_ds(const uint8_t *data, size_t len, uint8_t subtype, struct seal_tlv_ds *ds,
                    struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
