/*
 * The legacy format "cust_flash" of esp_secure_cert (and "pre_prov" before it): metadata at fixed places,
 * then certificates and key at fixed places (private_include/esp_secure_cert_config.h; measured:
 * vectors/legacy).
 *
 *   0     crc u32le | length u16le | 2 zero, for the device certificate, the CA certificate and the private
 * key or ciphertext; with DS also crc u32le | length u16le | key bits u16le | key block u8 | 3 zero for the
 *         IV; then 78 56 34 12
 *   64    device certificate (2048), 2112 CA certificate (4096), 6208 private key (4096), or with DS the
 *         ciphertext and 16 bytes behind its room the IV
 */
#ifndef ESPSEAL_CUST_FLASH_H
#define ESPSEAL_CUST_FLASH_H

#include <espseal/buf.h>

#define SEAL_CUST_FLASH_SIZE 0x6000u

struct seal_cust_flash_part {
    const uint8_t *data; /* borrowed; NULL when len is 0 */
    size_t len;
    bool crc_ok;
};

struct seal_cust_flash {
    bool ds;
    bool swapped; /* "pre_prov": the metadata of the two certificates stand in the other order */
    struct seal_cust_flash_part device_cert, ca_cert;
    struct seal_cust_flash_part secret; /* the private key, or with DS the ciphertext */
    struct seal_cust_flash_part iv;     /* DS */
    unsigned rsa_bits, efuse_key;       /* DS */
};

/* Whether data are of this format: one of the two places of the magic word has it. */
bool seal_cust_flash_is(const uint8_t *data, size_t len);

/* Reads; wrong CRCs are told, not refused. SEAL_ERR_FORMAT: no magic word, or a length beyond its room. */
int seal_cust_flash_get(const uint8_t *data, size_t len, struct seal_cust_flash *out,
                        struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Appends a partition of SEAL_CUST_FLASH_SIZE bytes; crc_ok and swapped are not looked at. As in the
 * reference, a missing CA certificate leaves one zero byte in its place. SEAL_ERR_TOO_LONG names the part
 * that does not fit its room.
 */
int seal_cust_flash_put(const struct seal_cust_flash *in, struct seal_buf *out,
                        struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
