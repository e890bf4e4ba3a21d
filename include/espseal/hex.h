/* Hexadecimal text and checksums of the formats around Espressif chips. */
#ifndef ESPSEAL_HEX_H
#define ESPSEAL_HEX_H

#include <espseal/err.h>

/* Lower-case hex of len bytes into text, which holds 2 * len + 1 characters. */
void seal_hex_encode(const uint8_t *data, size_t len, char *text);

/* Exactly len bytes from text (2 * len digits, either case, optional 0x). SEAL_ERR_FORMAT. */
int seal_hex_decode(const char *text, uint8_t *data, size_t len) SEAL_MUST_CHECK;

/* An unsigned number: decimal, 0x hex; the whole text; SEAL_ERR_FORMAT beyond max. */
int seal_parse_u32(const char *text, uint32_t max, uint32_t *value) SEAL_MUST_CHECK;

/* A MAC: 12 hex digits of either case, with or without colons and hyphens. SEAL_ERR_FORMAT. */
int seal_mac_parse(const char *text, uint8_t mac[static 6]) SEAL_MUST_CHECK;
/* "aa:bb:cc:dd:ee:ff" into text, which is returned. */
#define SEAL_MAC_TEXT 18
const char *seal_mac_text(const uint8_t mac[static 6], char text[static SEAL_MAC_TEXT]);

/* A revision of a chip, "MAJOR.MINOR", as 100 * major + minor: 0 to 999. SEAL_ERR_FORMAT. */
int seal_revision_parse(const char *text, unsigned *revision) SEAL_MUST_CHECK;

/*
 * CRC-32 as zlib.crc32(data, crc) computes it (reflected 0xEDB88320, final xor), continuing from crc.
 * Espressif's partition formats start from crc = 0xFFFFFFFF, secure boot blocks from 0
 * (measured: vectors/REPORT.md, tlv and secureboot).
 */
uint32_t seal_crc32(uint32_t crc, const void *data, size_t len);

#endif
