#include <espseal/secure_boot.h>

#include <espseal/boot_slots.h>
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

void seal_boot_trust_from_efuse(const struct seal_efuse *efuse, struct seal_boot_trust *trust)
{
    const struct seal_secure_boot *boot = &efuse->chip->secure_boot;
    bool esp32 = efuse->chip->key_blocks == 0;
    struct seal_boot_slots found;
    *trust = (struct seal_boot_trust){
        .chip = efuse->chip, .slot_count = boot->digests, .digest_len = boot->digest_len};
    seal_boot_slots_read(efuse, &found);
    for (size_t i = 0; i < boot->digests; i++) {
        const struct seal_digest_slot *from = &found.slots[i];
        struct seal_boot_slot *slot = &trust->slots[i];
        slot->present =
            boot->digests > 1 ? from->block >= 0 : from->hidden || from->state == SEAL_SLOT_DIGEST;
        slot->hidden = from->hidden;
        slot->revoked = from->revoked;
        slot->block = from->block >= 0 ? (uint8_t)from->block : 0;
        memcpy(slot->digest, from->digest, from->digest_len);
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
