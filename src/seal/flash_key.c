#include <espseal/flash_key.h>

#include <stdio.h>
#include <string.h>

enum { BITS_192 = 24, BITS_256 = 32, HALF_BLOCK = 16, TWO_BLOCKS = 64 };

static bool is_esp32(const struct seal_chip *chip)
{
    return strcmp(chip->name, "esp32") == 0;
}

static bool has_purpose(const struct seal_chip *chip, const char *name)
{
    for (const struct seal_key_purpose *p = chip->purposes; p && p->name; p++) {
        if (strcmp(p->name, name) == 0) {
            return true;
        }
    }
    return false;
}

void seal_flash_key_sizes(const struct seal_chip *chip, uint8_t sizes[static 4])
{
    size_t count = 0;
    if (is_esp32(chip)) {
        sizes[count++] = BITS_256;
        sizes[count++] = BITS_192;
    }
    if (has_purpose(chip, "XTS_AES_128_KEY")) {
        sizes[count++] = BITS_256;
    }
    if (has_purpose(chip, "XTS_AES_256_KEY_1")) {
        sizes[count++] = TWO_BLOCKS;
    }
    if (has_purpose(chip, "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS")) {
        sizes[count++] = HALF_BLOCK;
    }
    memset(sizes + count, 0, 4 - count);
}

enum seal_flash_scheme seal_flash_scheme_of(const struct seal_chip *chip)
{
    return is_esp32(chip) ? SEAL_FLASH_SCHEME_ESP32 : SEAL_FLASH_SCHEME_XTS;
}

const char *seal_flash_key_describe(const struct seal_chip *chip, size_t len)
{
    if (is_esp32(chip)) {
        return len == BITS_192 ? "AES-192" : "AES-256";
    }
    return len == TWO_BLOCKS ? "XTS-AES-256" : len == HALF_BLOCK ? "XTS-AES-128 (derived)" : "XTS-AES-128";
}

static int fail_size(const struct seal_chip *chip, const uint8_t sizes[static 4], size_t len,
                     const char *name, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_KEY, "%s has %zu bytes and is no key for the flash encryption of %s",
                        name, len, chip->title);
    char list[48] = "";
    for (size_t i = 0, used = 0; i < 4 && sizes[i] && used < sizeof list; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%u", i ? " or " : "", sizes[i]);
    }
    seal_hint(cause, "a key for this chip has %s bytes, as they are: neither hexadecimal nor PEM", list);
    return err;
}

int seal_flash_crypt_for(const struct seal_chip *chip, const uint8_t *key, size_t len, const char *name,
                         unsigned crypt_config, struct seal_flash_crypt **out, struct seal_cause *cause)
{
    uint8_t sizes[4];
    seal_flash_key_sizes(chip, sizes);
    *out = NULL;
    if (!sizes[0]) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "%s has no flash encryption", chip->title);
    }
    if (len == 0 || !memchr(sizes, (int)len, sizeof sizes)) {
        return fail_size(chip, sizes, len, name, cause);
    }
    int err = seal_flash_key_check(key, len, name, cause);
    return err ? err
               : seal_flash_crypt_new(seal_flash_scheme_of(chip), key, len, is_esp32(chip) ? crypt_config : 0,
                                      out, cause);
}
