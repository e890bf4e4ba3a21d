/* The flash-encryption key of a chip, where the host can know it. */
#include "boot_check_parts.h"

#include <espseal/secret.h>

#include <string.h>

enum { HALF = 32 };

bool boot_key_take(const struct seal_efuse *efuse, unsigned block, size_t len, uint8_t *key)
{
    for (size_t i = 0; i < len; i++) {
        key[len - 1 - i] = (uint8_t)(efuse->words[block][i / 4] >> i % 4 * 8);
    }
    return !seal_is_filled(key, len, 0);
}

static enum boot_key_state take(const struct seal_efuse *efuse, unsigned block, size_t len, uint8_t *key,
                                bool hidden)
{
    return boot_key_take(efuse, block, len, key) ? BOOT_KEY_KNOWN : hidden ? BOOT_KEY_HIDDEN : BOOT_KEY_NONE;
}

struct found { /* key blocks by purpose */
    int block[3];
    unsigned count[3];
    bool unusable; /* one is in a block from which the chip cannot use it */
};

static struct found find_blocks(const struct seal_efuse *efuse)
{
    static const char *const names[] = {"XTS_AES_256_KEY_1", "XTS_AES_256_KEY_2", "XTS_AES_128_KEY"};
    struct found found = {.block = {-1, -1, -1}};
    for (unsigned key = 0; key < efuse->chip->key_blocks; key++) {
        const struct seal_key_purpose *purpose =
            seal_chip_purpose_by_value(efuse->chip, seal_efuse_key_purpose(efuse, key));
        for (size_t i = 0; purpose && i < 3; i++) {
            if (strcmp(purpose->name, names[i]) == 0) {
                found.block[i] = found.count[i] ? found.block[i] : seal_chip_key_block(efuse->chip, key);
                found.count[i]++;
                found.unusable = found.unusable || seal_efuse_key_forbids(efuse->chip, key, names[i]);
            }
        }
    }
    return found;
}

static enum boot_key_state take_block(const struct seal_efuse *efuse, int block, uint8_t *key)
{
    return block < 0
               ? BOOT_KEY_NONE
               : take(efuse, (unsigned)block, HALF, key, !seal_efuse_block_readable(efuse, (unsigned)block));
}

static enum boot_key_state take_by_purpose(const struct seal_efuse *efuse, uint8_t *key, size_t *len)
{
    const struct found found = find_blocks(efuse);
    const bool pair = found.count[0] && found.count[1];
    if (found.unusable || found.count[0] > 1 || found.count[1] > 1 || found.count[2] > 1 ||
        ((found.count[0] || found.count[1]) && (found.count[2] || !pair)) ||
        seal_efuse_get_named(efuse, "FORCE_USE_KEY_MANAGER_KEY")) {
        return BOOT_KEY_UNSURE;
    }
    *len = pair ? (size_t)2 * HALF : HALF;
    if (!pair) {
        return take_block(efuse, found.block[2], key);
    }
    const enum boot_key_state first = take_block(efuse, found.block[0], key);
    const enum boot_key_state second = take_block(efuse, found.block[1], key + HALF);
    return first != BOOT_KEY_KNOWN ? first : second;
}

enum boot_key_state boot_key_of(const struct seal_efuse *efuse, uint8_t key[static SEAL_FLASH_KEY_MAX],
                                size_t *len)
{
    if (efuse->chip->key_blocks == 0) { /* ESP32 */
        *len = 4u * seal_efuse_block_words(efuse, 1);
        return take(efuse, 1, *len, key, !seal_efuse_block_readable(efuse, 1));
    }
    if (efuse->chip->key_blocks == 1) { /* ESP32-C2: one block for key and digest */
        const bool whole = seal_efuse_get_named(efuse, "XTS_KEY_LENGTH_256");
        const int block = seal_chip_key_block(efuse->chip, 0);
        *len = whole ? HALF : HALF / 2;
        return take(efuse, (unsigned)block, *len, key, seal_efuse_get_named(efuse, "RD_DIS") & 1);
    }
    return take_by_purpose(efuse, key, len);
}

static int open_key(struct boot_view *view, const uint8_t *key, size_t len)
{
    const bool esp32 = boot_is_esp32(view);
    const unsigned config = esp32 ? seal_efuse_get_named(view->efuse, "FLASH_CRYPT_CONFIG") & 0xF : 0;
    return seal_flash_crypt_new(esp32 ? SEAL_FLASH_SCHEME_ESP32 : SEAL_FLASH_SCHEME_XTS, key, len, config,
                                &view->crypt, view->cause);
}

int boot_key_open(struct boot_view *view)
{
    const struct seal_boot_question *question = view->question;
    uint8_t key[SEAL_FLASH_KEY_MAX];
    size_t len = 0;
    int err = SEAL_OK;
    view->key_state = boot_key_of(view->efuse, key, &len);
    if (view->key_state == BOOT_KEY_HIDDEN && question->key) {
        if (question->key_len != len) {
            err = seal_fail(view->cause, SEAL_ERR_KEY,
                            "the chip's flash-encryption key has %zu bytes, not %zu", len, question->key_len);
        } else {
            err = open_key(view, question->key, len);
        }
        view->key_state = BOOT_KEY_KNOWN;
    } else if (view->key_state == BOOT_KEY_KNOWN && question->key &&
               (question->key_len != len || memcmp(question->key, key, len) != 0)) {
        err = seal_fail(view->cause, SEAL_ERR_MISMATCH, "the key given is not the one in the eFuses");
    } else if (view->key_state == BOOT_KEY_KNOWN) {
        err = open_key(view, key, len);
    }
    seal_cleanse(key, sizeof key);
    return err;
}
