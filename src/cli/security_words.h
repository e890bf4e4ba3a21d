/* What security information says, in words; for `device info` and `device security-info`. */
#ifndef ESPSEAL_CLI_SECURITY_WORDS_H
#define ESPSEAL_CLI_SECURITY_WORDS_H

#include <espseal/json.h>
#include <espseal/rom.h>

struct cli_security_bit {
    uint32_t flag;    /* SEAL_SECURITY_* */
    const char *name; /* as in Espressif's tools; the key in JSON */
    const char *set, *clear;
};
extern const struct cli_security_bit cli_security_bits[]; /* ended by flag == 0 */

/* "on", "off": flash encryption is on for an odd number of bits. */
bool cli_flash_encryption_on(const struct seal_security_info *info);
const char *cli_download_words(const struct seal_security_info *info);
const char *cli_jtag_words(const struct seal_security_info *info);

/* The maker of a flash chip by its JEDEC id, or "unknown maker". */
const char *cli_flash_maker(uint8_t manufacturer);

/* Flash id, or security information, as members of object. */
void cli_put_flash_id(seal_json *object, const struct seal_flash_id *id);
void cli_put_security_info(seal_json *object, const struct seal_security_info *info);

#endif
