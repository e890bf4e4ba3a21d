/* The two schemes of flash encryption: what is ready once the key is known, and how a piece is turned. */
#ifndef ESPSEAL_CRYPTO_FLASH_SCHEME_H
#define ESPSEAL_CRYPTO_FLASH_SCHEME_H

#include <espseal/flash_crypt.h>

struct seal_flash_crypt { /* in the secure heap */
    enum seal_flash_scheme scheme;
    uint8_t key[SEAL_FLASH_KEY_MAX]; /* as the cipher takes it */
    size_t key_len;
    uint8_t tweaked[32]; /* ESP32: bits of the key that the address changes */
};

bool seal_flash_esp32_turn(const struct seal_flash_crypt *crypt, bool encrypt, uint32_t address,
                           const uint8_t *in, uint8_t *out, size_t len);
/* Which bits of the key FLASH_CRYPT_CONFIG lets the address change. */
void seal_flash_esp32_range(unsigned crypt_config, uint8_t bits[static 32]);

bool seal_flash_xts_turn(const struct seal_flash_crypt *crypt, bool encrypt, uint32_t address,
                         const uint8_t *in, uint8_t *out, size_t len);

#endif
