#include <espseal/secure_boot.h>

#include <espseal/digest.h>

#include <stdio.h>
#include <string.h>

int seal_public_digest(const struct seal_public *key, uint8_t sha256[static 32])
{
    struct seal_buf *part = seal_buf_new();
    int err = part ? seal_public_put(key, part) : SEAL_ERR_NO_MEMORY;
    if (err == SEAL_OK) {
        err = seal_sha256(seal_buf_ptr(part), seal_buf_len(part), sha256);
    }
    seal_buf_free(&part);
    return err;
}

/* The x and y of EC P-256, big-endian, without anything around: how espsecure keeps keys of v1. */
static bool take_raw(const uint8_t *data, size_t len, struct seal_public *key)
{
    *key = (struct seal_public){.scheme = SEAL_SIGN_ECDSA256};
    for (size_t i = 0; i < 32 && len == 64; i++) {
        key->first[i] = data[31 - i];
        key->second[i] = data[63 - i];
    }
    return len == 64 && seal_public_check(key) == SEAL_OK;
}

int seal_boot_key_read(const void *data, size_t len, const char *name,
                       const struct seal_passphrase *passphrase, struct seal_public *key,
                       struct seal_cause *cause)
{
    struct seal_key *private = NULL;
    int err = seal_public_read(data, len, name, key, cause);
    if (err != SEAL_ERR_FORMAT) {
        return err;
    }
    if (take_raw(data, len, key)) {
        return SEAL_OK;
    }
    err = seal_key_read(data, len, name, passphrase, &private, cause);
    if (err == SEAL_OK) {
        err = seal_public_of(private, key, cause);
    } else if (err == SEAL_ERR_FORMAT) {
        err = seal_fail(cause, err, "%s is neither a key nor a certificate", name);
    }
    seal_key_free(&private);
    return err;
}

static bool checks(const struct seal_chip *chip, enum seal_sign_scheme scheme)
{
    if (scheme == SEAL_SIGN_RSA3072) {
        return chip->secure_boot.rsa;
    }
    const uint16_t *curve = chip->secure_boot.curves;
    while (*curve && *curve != 8 * seal_sign_scheme_size(scheme)) {
        curve++;
    }
    return *curve != 0;
}

int seal_boot_scheme_check(const struct seal_chip *chip, enum seal_sign_scheme scheme, bool flagged_too,
                           struct seal_cause *cause)
{
    char list[64] = "";
    int used = 0;
    if (!checks(chip, scheme)) {
        for (unsigned i = SEAL_SIGN_RSA3072; i <= SEAL_SIGN_ECDSA384; i++) {
            if (checks(chip, (enum seal_sign_scheme)i)) {
                used += snprintf(list + used, sizeof list - (size_t)used, "%s%s", used ? ", " : "",
                                 seal_sign_scheme_name((enum seal_sign_scheme)i));
            }
        }
        return seal_fail(cause, SEAL_ERR_KEY, "secure boot of the %s checks %s, not %s", chip->title,
                         used ? list : "nothing", seal_sign_scheme_name(scheme));
    }
    if (scheme != SEAL_SIGN_RSA3072 && chip->secure_boot.ecdsa_flagged && !flagged_too) {
        int err = seal_fail(cause, SEAL_ERR_RULE,
                            SEAL_RULE_BOOT_SCHEME ": ESP-IDF marks secure boot with ECDSA as not working for "
                                                  "some inputs on the %s",
                            chip->title);
        seal_hint(cause,
                  chip->secure_boot.rsa ? "use an RSA-3072 key, or take the risk with --allow %s"
                                        : "take the risk with --allow %s",
                  SEAL_RULE_BOOT_SCHEME);
        return err;
    }
    return SEAL_OK;
}

/* --- what a chip trusts --- */

static void take_slot(const struct seal_efuse *efuse, unsigned block, size_t offset, size_t len,
                      struct seal_boot_slot *slot)
{
    slot->block = (uint8_t)block;
    slot->hidden = !seal_efuse_block_readable(efuse, block);
    for (size_t i = 0; i < len; i++) {
        size_t at = offset + i;
        slot->digest[i] = (uint8_t)(efuse->words[block][at / 4] >> at % 4 * 8);
    }
}

/* The ROM takes the first block of a purpose. */
static void take_by_purpose(const struct seal_efuse *efuse, size_t slot, struct seal_boot_trust *trust)
{
    char name[32];
    (void)snprintf(name, sizeof name, "SECURE_BOOT_DIGEST%zu", slot);
    const struct seal_key_purpose *purpose = seal_chip_purpose(efuse->chip, name);
    for (unsigned key = 0; purpose && key < efuse->chip->key_blocks && !trust->slots[slot].present; key++) {
        if (seal_efuse_key_purpose(efuse, key) == purpose->value) {
            take_slot(efuse, (unsigned)seal_chip_key_block(efuse->chip, key), 0, trust->digest_len,
                      &trust->slots[slot]);
            trust->slots[slot].present = true;
        }
    }
    (void)snprintf(name, sizeof name, "SECURE_BOOT_KEY_REVOKE%zu", slot);
    trust->slots[slot].revoked = seal_efuse_get_named(efuse, name) != 0;
}

/* ESP32: BLOCK2, which v1 hides; ESP32-C2: the upper half of its one key block. */
static void take_fixed(const struct seal_efuse *efuse, struct seal_boot_trust *trust)
{
    static const uint8_t none[32];
    int block = seal_chip_block(efuse->chip, efuse->chip->key_blocks ? "BLOCK_KEY0" : "BLOCK2");
    struct seal_boot_slot *slot = &trust->slots[0];
    if (block >= 0) {
        take_slot(efuse, (unsigned)block, 32 - trust->digest_len, trust->digest_len, slot);
        slot->present = slot->hidden || memcmp(slot->digest, none, trust->digest_len) != 0;
    }
    /* Each half of the ESP32-C2's block has a bit of its own. */
    if (efuse->chip->key_blocks) {
        slot->hidden = seal_efuse_get_named(efuse, "RD_DIS") >> 1 & 1;
    }
}

void seal_boot_trust_from_efuse(const struct seal_efuse *efuse, struct seal_boot_trust *trust)
{
    const struct seal_secure_boot *boot = &efuse->chip->secure_boot;
    bool esp32 = efuse->chip->key_blocks == 0;
    *trust = (struct seal_boot_trust){
        .chip = efuse->chip, .slot_count = boot->digests, .digest_len = boot->digest_len};
    for (size_t slot = 0; boot->digests > 1 && slot < boot->digests; slot++) {
        take_by_purpose(efuse, slot, trust);
    }
    if (boot->digests == 1) {
        take_fixed(efuse, trust);
    }
    trust->enabled = seal_efuse_get_named(efuse, esp32 ? "ABS_DONE_1" : "SECURE_BOOT_EN") != 0;
    trust->aggressive_revoke = seal_efuse_get_named(efuse, "SECURE_BOOT_AGGRESSIVE_REVOKE") != 0;
}

void seal_boot_trust_from_digests(const struct seal_chip *chip, const uint8_t *digests, size_t count,
                                  struct seal_boot_trust *trust)
{
    *trust = (struct seal_boot_trust){.chip = chip,
                                      .slot_count = chip ? chip->secure_boot.digests : SEAL_BOOT_SLOTS,
                                      .digest_len = chip ? chip->secure_boot.digest_len : 32};
    for (size_t i = 0; i < count && i < trust->slot_count; i++) {
        trust->slots[i].present = true;
        memcpy(trust->slots[i].digest, digests + 32 * i, 32);
    }
}

int seal_boot_trust_slot(const struct seal_boot_trust *trust, const uint8_t key_digest[static 32])
{
    for (size_t i = 0; i < trust->slot_count; i++) {
        const struct seal_boot_slot *slot = &trust->slots[i];
        if (slot->present && !slot->hidden && memcmp(slot->digest, key_digest, trust->digest_len) == 0) {
            return (int)i;
        }
    }
    return -1;
}
