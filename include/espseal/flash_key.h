/* Keys of flash encryption by chip: which lengths there are, and the scheme they are for. */
#ifndef ESPSEAL_FLASH_KEY_H
#define ESPSEAL_FLASH_KEY_H

#include <espseal/chip.h>
#include <espseal/flash_crypt.h>
#include <espseal/partition_table.h>
#include <espseal/rom.h>

/*
 * Lengths in bytes of the keys that the chip's eFuses take for flash encryption, ended by 0, the usual one
 * first: 32 and (3/4 coding) 24 on the ESP32; 32 (XTS-AES-128) and, where two key blocks make one key, 64
 * (XTS-AES-256); on the ESP32-C2 also 16. From the chip's purposes, so that the ESP32-C5, whose XTS-AES-256
 * comes from its key manager alone, has 32 only (facts: caps.json xts_aes_256_from_efuse).
 */
void seal_flash_key_sizes(const struct seal_chip *chip, uint8_t sizes[static 4]);

enum seal_flash_scheme seal_flash_scheme_of(const struct seal_chip *chip);
/* "XTS-AES-128", "XTS-AES-128 (derived)", "XTS-AES-256", "AES-256", "AES-192" for a length that the chip has.
 */
const char *seal_flash_key_describe(const struct seal_chip *chip, size_t len);

/*
 * seal_flash_crypt_new for a chip, with a key of name that is fit to be burned. SEAL_ERR_KEY: a length that
 * the chip does not take (the hint names those it does), or seal_flash_key_check. crypt_config is looked at
 * on the ESP32 alone.
 */
int seal_flash_crypt_for(const struct seal_chip *chip, const uint8_t *key, size_t len, const char *name,
                         unsigned crypt_config, struct seal_flash_crypt **out,
                         struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * What the flash of a chip shows of a key. The partition table at table_offset comes out of it in the clear,
 * or the bootloader's header does: then the key is the chip's. *doubt is NULL then, else it says in words of
 * a static text why nothing is shown: flash is erased, holds something else, or (secure download mode) cannot
 * be read. table_known is false when the table did not come out. SEAL_ERR_* of seal_flash_read.
 */
struct seal_flash_key_look {
    const char *doubt;
    bool table_known;
    struct seal_partition_table table;
};
int seal_flash_key_look(struct seal_loader *loader, const struct seal_flash_crypt *crypt,
                        uint32_t table_offset, struct seal_flash_key_look *look,
                        struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The value of FLASH_CRYPT_CONFIG that the chip works with: its eFuse on the ESP32, or ESP-IDF's while flash
 * encryption is off and the fuse is blank; that on other chips, where nothing looks at it.
 */
int seal_flash_crypt_config_read(struct seal_loader *loader, unsigned *config,
                                 struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
