/* The formats that an esp_secure_cert partition can have, and the way between them. */
#ifndef ESPSEAL_SECURE_CERT_LEGACY_H
#define ESPSEAL_SECURE_CERT_LEGACY_H

#include <espseal/secure_cert.h>

enum seal_cert_format {
    SEAL_CERT_UNKNOWN,
    SEAL_CERT_TLV,
    SEAL_CERT_CUST_FLASH, /* fixed places; cust_flash.h */
    SEAL_CERT_NVS,        /* an NVS partition with the namespace esp_secure_cert, or pre_prov */
};
const char *
seal_cert_format_name(enum seal_cert_format format); /* "cust_flash", as Espressif's tool calls it */

/* What data look like from their first bytes, as the device's reader tells them apart. */
enum seal_cert_format seal_cert_format_of(const uint8_t *data, size_t len);

/*
 * Appends what a legacy partition holds to out as entries, without INTEGRITY: DS_DATA and DS_CONTEXT,
 * CA_CERT, DEV_CERT, PRIV_KEY. A part with a wrong CRC is taken nevertheless, and problem (160 characters, ""
 * for none) names it. SEAL_ERR_FORMAT.
 */
int seal_secure_cert_to_tlv(const uint8_t *data, size_t len, struct seal_buf *out, char problem[static 160],
                            struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Appends the entries of subtype 0 of a TLV partition in a legacy format: cust_flash of 0x6000 bytes, nvs of
 * 0x3000. Their device's reader knows certificates, and a plaintext key or an RSA key behind DS.
 * SEAL_ERR_UNSUPPORTED names an entry that the format cannot hold, SEAL_ERR_TOO_LONG.
 */
int seal_secure_cert_from_tlv(const uint8_t *data, size_t len, enum seal_cert_format format,
                              struct seal_buf *out, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
