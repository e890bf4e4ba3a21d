/* Keys of chips without purpose fields: the ESP32, whose blocks have fixed jobs, and the ESP32-C2, which has
 * one block. */
#include "fuse_bits.h"

#include <espseal/secret.h>

#include <string.h>

struct place {
    const char *chip, *purpose;
    const char *block;         /* NULL: the block that was named */
    uint8_t offset, take, len; /* of the len bytes of the key file, the first take go to this offset */
    bool reverse;
    uint8_t read_bits; /* of RD_DIS; 0: stays readable */
    const char *flag;  /* burned as well; NULL: none */
};

/* chips.json key_rules and _meta; ESP32-C2 TRM "eFuse Controller": halves of BLOCK_KEY0. */
static const struct place places[] = {
    {"esp32", "flash_encryption", "BLOCK1", 0, 32, 32, true, 1, NULL},
    {"esp32", "secure_boot_v1", "BLOCK2", 0, 32, 32, true, 2, NULL},
    {"esp32", "secure_boot_v2", "BLOCK2", 0, 32, 32, false, 0, NULL},
    {"esp32", "USER", NULL, 0, 32, 32, false, 0, NULL},
    {"esp32", "user", NULL, 0, 32, 32, false, 0, NULL},
    {"esp32c2", "USER", "BLOCK_KEY0", 0, 32, 32, false, 0, NULL},
    {"esp32c2", "XTS_AES_128_KEY", "BLOCK_KEY0", 0, 32, 32, true, 3, "XTS_KEY_LENGTH_256"},
    {"esp32c2", "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS", "BLOCK_KEY0", 0, 16, 16, true, 1, NULL},
    {"esp32c2", "SECURE_BOOT_DIGEST", "BLOCK_KEY0", 16, 16, 32, false, 0, NULL},
    {"esp32c2", "SECURE_BOOT_DIGEST", "BLOCK_KEY0", 16, 16, 16, false, 0, NULL},
};

/* The 3/4 coding of the ESP32 leaves 24 bytes of a block. */
static size_t place_len(const struct seal_fuse_plan *plan, const struct place *place)
{
    bool shorter = seal_efuse_get_named(&plan->before, "CODING_SCHEME") == 1 && place->len == 32 &&
                   strcmp(place->chip, "esp32") == 0;
    return shorter ? 24 : place->len;
}

static const struct place *find_place(const struct seal_fuse_plan *plan, const struct seal_fuse_key *key,
                                      size_t *wanted)
{
    *wanted = 0;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(places[i].chip, plan->chip->name) != 0 || strcmp(places[i].purpose, key->purpose) != 0) {
            continue;
        }
        size_t len = place_len(plan, &places[i]);
        if (*wanted == 0) {
            *wanted = len;
        }
        if (len == key->len) {
            return &places[i];
        }
    }
    return NULL;
}

static int protect(struct seal_fuse_plan *plan, const struct seal_fuse_key *key, const struct place *place,
                   unsigned block, struct seal_cause *cause)
{
    const struct seal_efuse_block *entry = &plan->chip->efuse->blocks[block];
    int err = SEAL_OK;
    for (int bit = 0; bit < 8 && err == SEAL_OK && !key->keep_readable; bit++) {
        if (place->read_bits >> bit & 1) {
            err = fuse_plan_claim_protection(plan, "RD_DIS", bit, entry->name, cause);
        }
    }
    if (err == SEAL_OK && !key->keep_writable) {
        err = fuse_plan_claim_protection(plan, "WR_DIS", entry->write_disable, entry->name, cause);
    }
    if (err == SEAL_OK && place->flag != NULL) {
        err = seal_fuse_plan_field(plan, place->flag, "1", cause);
    }
    return err;
}

static int claim(struct seal_fuse_plan *plan, const struct seal_fuse_key *key, const struct place *place,
                 unsigned block, struct seal_cause *cause)
{
    uint8_t bytes[32];
    size_t take = key->len < place->take ? key->len : place->take;
    int err;
    for (size_t i = 0; i < take; i++) {
        bytes[i] = place->reverse ? key->data[take - 1 - i] : key->data[i];
    }
    if (seal_efuse_block_readable(&plan->before, block)) {
        err = seal_fuse_plan_data(plan, block, place->offset, bytes, take, cause);
    } else {
        err = seal_fail(cause, SEAL_ERR_STATE, "%s is in use: it is read-protected",
                        plan->chip->efuse->blocks[block].name);
    }
    plan->want.secret[block] = plan->want.secret[block] || place->read_bits != 0;
    seal_cleanse(bytes, sizeof bytes);
    return err;
}

int fuse_plan_fixed_key(struct seal_fuse_plan *plan, const struct seal_fuse_key *key, uint32_t *blocks,
                        struct seal_cause *cause)
{
    size_t wanted = 0;
    const struct place *place = find_place(plan, key, &wanted);
    if (place == NULL && wanted == 0) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "the %s has no key purpose %s", plan->chip->title,
                         key->purpose);
    }
    if (place == NULL) {
        return seal_fail(cause, SEAL_ERR_KEY, "a key for %s has %zu bytes here, not %zu", key->purpose,
                         wanted, key->len);
    }
    int own = place->block != NULL ? seal_chip_block(plan->chip, place->block) : key->block;
    if (own < 0) {
        return seal_fail(cause, SEAL_ERR_USAGE, "the purpose %s says nothing about the block: name one",
                         key->purpose);
    }
    if (key->block != SEAL_PLAN_KEY_AUTO && key->block != own) {
        return seal_fail(cause, SEAL_ERR_UNSUPPORTED, "on the %s a key for %s lives in %s", plan->chip->title,
                         key->purpose, plan->chip->efuse->blocks[own].name);
    }
    if (strcmp(key->purpose, "secure_boot_v2") == 0 && key->len == 24) {
        return seal_fail(cause, SEAL_ERR_STATE, "secure boot v2 needs the coding scheme none");
    }
    int err = claim(plan, key, place, (unsigned)own, cause);
    *blocks |= 1u << own;
    return err != SEAL_OK ? err : protect(plan, key, place, (unsigned)own, cause);
}
