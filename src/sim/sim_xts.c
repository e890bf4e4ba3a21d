/*
 * Flash encryption with the key in the eFuses: what the ROM's encrypted write makes, and what the chip reads.
 * A chip without a key works with zeroes.
 */
#include "sim_parts.h"

#include <espseal/flash_crypt.h>
#include <espseal/secret.h>

#include <string.h>

enum { PURPOSE_XTS_AES_256_1 = 2, PURPOSE_XTS_AES_256_2 = 3, PURPOSE_XTS_AES_128 = 4, HALF = 32 };

/* The first len bytes of a block, reversed: fuses hold keys of flash encryption backwards. */
static void take_block(const struct sim_chip *chip, size_t block, size_t len, uint8_t *key)
{
    for (size_t i = 0; i < len; i++) {
        key[len - 1 - i] = (uint8_t)(chip->efuse.loaded[block][i / 4] >> (8 * (i % 4)));
    }
}

/* false when no block has the purpose. */
static bool take_purpose(const struct sim_chip *chip, uint32_t purpose, uint8_t key[static HALF])
{
    for (unsigned n = 0; n < chip->chip->key_blocks; n++) {
        const int block = seal_chip_key_block(chip->chip, n);
        if (block >= 0 && sim_efuse_key_purpose(chip, n) == purpose) {
            take_block(chip, (size_t)block, HALF, key);
            return true;
        }
    }
    return false;
}

/* ESP32: BLOCK1. ESP32-C2: its one block, or the low half of it. Others: by purpose. Returns the key's
 * length. */
static size_t find_key(const struct sim_chip *chip, uint8_t key[static SEAL_FLASH_KEY_MAX])
{
    const int first = seal_chip_key_block(chip->chip, 0);
    if (strcmp(chip->chip->name, "esp32") == 0) {
        const size_t len = sim_efuse_coding(chip, 1) == SEAL_CODING_THREE_QUARTER ? 24 : HALF;
        take_block(chip, 1, len, key);
        return len;
    }
    if (strcmp(chip->chip->name, "esp32c2") == 0 && first >= 0) {
        const size_t len = sim_efuse_field(chip, "XTS_KEY_LENGTH_256") ? HALF : HALF / 2;
        take_block(chip, (size_t)first, len, key);
        return len;
    }
    if (take_purpose(chip, PURPOSE_XTS_AES_256_1, key) &&
        take_purpose(chip, PURPOSE_XTS_AES_256_2, key + HALF)) {
        return SEAL_FLASH_KEY_MAX;
    }
    if (!take_purpose(chip, PURPOSE_XTS_AES_128, key)) {
        memset(key, 0, HALF);
    }
    return HALF;
}

int sim_flash_crypt(const struct sim_chip *chip, struct seal_flash_crypt **crypt)
{
    uint8_t key[SEAL_FLASH_KEY_MAX] = {0};
    const size_t len = find_key(chip, key);
    const bool esp32 = strcmp(chip->chip->name, "esp32") == 0;
    int err =
        seal_flash_crypt_new(esp32 ? SEAL_FLASH_SCHEME_ESP32 : SEAL_FLASH_SCHEME_XTS, key, len,
                             esp32 ? sim_efuse_field(chip, "FLASH_CRYPT_CONFIG") & 0xF : 0, crypt, NULL);
    seal_cleanse(key, sizeof key);
    return err;
}

bool sim_xts_encrypt(const struct sim_chip *chip, uint32_t address, const uint8_t *data, uint8_t *cipher,
                     size_t len)
{
    uint8_t last[SEAL_FLASH_CRYPT_BLOCK];
    const size_t whole = len - len % sizeof last;
    struct seal_flash_crypt *crypt = NULL;
    memset(last, 0xFF, sizeof last);
    memcpy(last, data + whole, len - whole);
    int err = sim_flash_crypt(chip, &crypt);
    if (!err) {
        err = seal_flash_encrypt(crypt, address, data, cipher, whole, NULL);
    }
    if (!err && len > whole) {
        err = seal_flash_encrypt(crypt, address + (uint32_t)whole, last, last, sizeof last, NULL);
        memcpy(cipher + whole, last, len - whole);
    }
    seal_flash_crypt_free(&crypt);
    return !err;
}
