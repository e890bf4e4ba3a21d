#include <espseal/flash_guard.h>

#include <espseal/secret.h>

#include <stdio.h>
#include <string.h>

static bool is_odd(uint32_t count)
{
    return __builtin_parity(count);
}

static bool encrypts(const struct seal_chip *chip, unsigned value)
{
    const struct seal_key_purpose *purpose = seal_chip_purpose_by_value(chip, value);
    return purpose && strncmp(purpose->name, "XTS_AES", 7) == 0;
}

static void add_digest(const struct seal_efuse *efuse, unsigned key, struct seal_flash_target *target)
{
    char revoked[32];
    const struct seal_key_purpose *purpose =
        seal_chip_purpose_by_value(efuse->chip, seal_efuse_key_purpose(efuse, key));
    int block = seal_chip_key_block(efuse->chip, key);
    if (!purpose || block < 0 || strncmp(purpose->name, "SECURE_BOOT_DIGEST", 18) != 0 ||
        target->key_count == sizeof target->keys / sizeof target->keys[0]) {
        return;
    }
    (void)snprintf(revoked, sizeof revoked, "SECURE_BOOT_KEY_REVOKE%s", purpose->name + 18);
    if (seal_efuse_get_named(efuse, revoked)) {
        return;
    }
    uint8_t *digest = target->keys[target->key_count++];
    for (size_t i = 0; i < 8; i++) {
        uint32_t word = efuse->words[block][i];
        for (size_t k = 0; k < 4; k++) {
            digest[4 * i + k] = (uint8_t)(word >> (8 * k));
        }
    }
}

/* The block that holds the key where no purpose tells: BLOCK1 of the ESP32, the only one of the ESP32-C2. */
static int fixed_key_block(const struct seal_chip *chip)
{
    const bool tells = seal_chip_field(chip, "KEY_PURPOSE_0") != NULL;
    return tells ? -1 : chip->key_blocks > 0 ? seal_chip_key_block(chip, 0) : 1;
}

/* It may not be read, or its first half, where an ESP32-C2 keeps the key beside a digest, is not blank. */
static void find_fixed_key(const struct seal_efuse *efuse, int block, struct seal_flash_target *target)
{
    const int8_t hidden = efuse->chip->efuse->blocks[block].read_disable;
    target->key_known = efuse->loaded >> block & 1;
    target->has_key = hidden >= 0 && (seal_efuse_get_named(efuse, "RD_DIS") >> hidden & 1);
    for (size_t i = 0; i < SEAL_EFUSE_WORDS / 2; i++) {
        target->has_key = target->has_key || efuse->words[block][i] != 0;
    }
}

void seal_flash_target_from_efuse(const struct seal_efuse *efuse, struct seal_flash_target *target)
{
    const struct seal_chip *chip = efuse->chip;
    const bool counts = chip->key_blocks > 0;
    memset(target, 0, sizeof *target);
    target->chip = chip;
    target->revision = (int)seal_efuse_revision(efuse);
    target->encrypted =
        is_odd(seal_efuse_get_named(efuse, counts ? "SPI_BOOT_CRYPT_CNT" : "FLASH_CRYPT_CNT"));
    target->secure_boot_v1 = !counts && seal_efuse_get_named(efuse, "ABS_DONE_0");
    target->secure_boot_v2 = seal_efuse_get_named(efuse, counts ? "SECURE_BOOT_EN" : "ABS_DONE_1");
    target->key_known = true;
    /* Where one block holds two things (ESP32-C2), and on the ESP32, digests are not told by purpose. */
    target->digests_known = chip->key_blocks >= 3;
    const int fixed = fixed_key_block(chip);
    if (fixed >= 0) {
        find_fixed_key(efuse, fixed, target);
    }
    for (unsigned key = 0; fixed < 0 && key < chip->key_blocks; key++) {
        target->has_key = target->has_key || encrypts(chip, seal_efuse_key_purpose(efuse, key));
        if (target->digests_known) {
            add_digest(efuse, key, target);
        }
    }
}

void seal_flash_target_from_info(const struct seal_chip *chip, const struct seal_security_info *info,
                                 struct seal_flash_target *target)
{
    memset(target, 0, sizeof *target);
    target->chip = chip;
    target->revision = -1;
    target->encrypted = is_odd(info->flash_crypt_count);
    target->secure_boot_v2 = info->flags & SEAL_SECURITY_SECURE_BOOT;
    target->key_known =
        info->valid && chip->key_blocks > 0 && chip->key_blocks <= 6 && fixed_key_block(chip) < 0;
    for (unsigned key = 0; target->key_known && key < chip->key_blocks; key++) {
        target->has_key = target->has_key || encrypts(chip, info->key_purposes[key]);
    }
}

int seal_flash_target_read(struct seal_loader *loader, struct seal_flash_target *target,
                           struct seal_cause *cause)
{
    const struct seal_chip *chip = seal_loader_chip(loader);
    if (seal_loader_secure_download(loader) || !chip->efuse) {
        seal_flash_target_from_info(chip, seal_loader_security_info(loader), target);
        return SEAL_OK;
    }
    struct seal_efuse efuse = {.chip = chip};
    /* BLOCK0 to BLOCK2 tell all but the digests, which matter only where secure boot is on, and the key of a
     * chip without purposes. */
    const int fixed = fixed_key_block(chip);
    int err = seal_efuse_read(loader, 7u | (fixed > 0 ? 1u << fixed : 0), &efuse, cause);
    if (!err) {
        seal_flash_target_from_efuse(&efuse, target);
    }
    if (!err && target->secure_boot_v2) {
        err = seal_efuse_read(loader, ~0u, &efuse, cause);
        if (!err) {
            seal_flash_target_from_efuse(&efuse, target);
        }
    }
    seal_cleanse(&efuse, sizeof efuse);
    return err;
}
