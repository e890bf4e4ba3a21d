/*
 * The ECDSA peripheral (ESP-IDF's ecdsa_reg.h, ecdsa_hal.c; nothing of it was measured). It takes its key
 * when the eFuse controller reads its fuses after it was told to take the choice of block over. Without a key
 * of the right purpose it goes back to idle, which is a guess.
 */
#include "sim_parts.h"

#include <espseal/digest.h>
#include <espseal/secret.h>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>

enum { CONFIG = 0x04, START = 0x1c, STATE = 0x20, RESULT = 0x24 };
enum { IDLE, LOAD, GET };
enum { R, S, Z, X, Y };
enum { START_CALC = 1, LOAD_DONE = 2, GET_DONE = 4, SIGN = 1, EXPORT = 2 };

void sim_ecdsa_reset(struct sim_ecdsa *ecdsa)
{
    seal_cleanse(ecdsa, sizeof *ecdsa);
}

static unsigned curve_of(const struct sim_chip *chip)
{
    const struct seal_ecdsa_layout *layout = chip->chip->peripherals.ecdsa->layout;
    return chip->ecdsa.conf >> layout->curve_shift & (layout->block_by_curve ? 3 : 1);
}

static size_t size_of(unsigned curve)
{
    static const size_t sizes[] = {24, 32, 48};
    return curve < 3 ? sizes[curve] : 0;
}

static bool curve_enabled(const struct sim_chip *chip, unsigned curve)
{
    const uint32_t mode = sim_efuse_field(chip, "ECDSA_CURVE_MODE");
    if (seal_chip_field(chip->chip, "ECDSA_CURVE_MODE") && chip->chip->peripherals.ecdsa->layout->fixed_k) {
        return curve == 0 ? mode == 1 || mode == 2 : mode != 1;
    }
    return curve != 0 || !sim_efuse_field(chip, "ECDSA_DISABLE_P192");
}

static bool take_block(const struct sim_chip *chip, unsigned shift, const char *purpose,
                       uint8_t bytes[static 32])
{
    const unsigned block = chip->ecdsa.chosen >> shift & 0xF;
    const struct seal_key_purpose *wanted = seal_chip_purpose(chip->chip, purpose);
    for (unsigned key = 0; wanted && key < chip->chip->key_blocks; key++) {
        if ((unsigned)seal_chip_key_block(chip->chip, key) == block &&
            sim_efuse_key_purpose(chip, key) == wanted->value &&
            !(key == 5 && strcmp(chip->chip->name, "esp32h2") == 0)) { /* BLOCK9's quirk */
            for (size_t i = 0; i < SIM_WORDS; i++) {
                seal_put_le32(bytes + 4 * i, chip->efuse.loaded[block][i]);
            }
            return true;
        }
    }
    return false;
}

/* The private number, little-endian, as the block holds it. */
static bool take_key(const struct sim_chip *chip, unsigned curve, uint8_t key[static 64])
{
    static const char *const purposes[] = {"ECDSA_KEY_P192", "ECDSA_KEY_P256"};
    memset(key, 0, 64);
    if (!chip->chip->peripherals.ecdsa->layout->block_by_curve) {
        return take_block(chip, 16, "ECDSA_KEY", key);
    }
    return curve < 2 ? take_block(chip, 4 * curve, purposes[curve], key)
                     : take_block(chip, 8, "ECDSA_KEY_P384_L", key) &&
                           take_block(chip, 12, "ECDSA_KEY_P384_H", key + 32);
}

struct numbers {
    BN_CTX *ctx;
    EC_GROUP *group;
    EC_POINT *point;
    const BIGNUM *order; /* borrowed from group */
    BIGNUM *key, *z, *k, *x, *y;
};

static uint8_t *at(struct sim_ecdsa *ecdsa, unsigned number)
{
    return ecdsa->memory + number * SIM_ECDSA_NUMBER;
}

/* k = HMAC(key, z | count), as long as is needed; any fixed function of key and z looks the same from
 * outside. */
static bool derive_k(struct numbers *n, struct sim_chip *chip, size_t size)
{
    uint8_t key[48], seed[48 + 1], bytes[64];
    bool good = BN_bn2binpad(n->key, key, (int)size) == (int)size;
    memcpy(seed, at(&chip->ecdsa, Z), size);
    for (uint8_t i = 0; i < 2 && good; i++) {
        seed[size] = i;
        good = seal_hmac_sha256(key, size, seed, size + 1, bytes + 32 * i) == SEAL_OK;
    }
    good = good && BN_bin2bn(bytes, (int)sizeof bytes, n->k) && BN_mod(n->k, n->k, n->order, n->ctx) == 1;
    seal_cleanse(key, sizeof key);
    return good;
}

static bool choose_k(struct numbers *n, struct sim_chip *chip, size_t size)
{
    const unsigned fixed = chip->chip->peripherals.ecdsa->layout->fixed_k;
    return fixed && chip->ecdsa.conf >> fixed & 1 ? derive_k(n, chip, size)
                                                  : BN_priv_rand_range(n->k, n->order) == 1;
}

/* r = (kG).x, s = (z + r * key) / k. */
static bool sign(struct numbers *n, struct sim_chip *chip, size_t size)
{
    BIGNUM *inverse = NULL;
    bool good = BN_lebin2bn(at(&chip->ecdsa, Z), (int)size, n->z) && choose_k(n, chip, size) &&
                EC_POINT_mul(n->group, n->point, n->k, NULL, NULL, n->ctx) == 1 &&
                EC_POINT_get_affine_coordinates(n->group, n->point, n->x, NULL, n->ctx) == 1 &&
                BN_nnmod(n->x, n->x, n->order, n->ctx) == 1 &&
                BN_mod_mul(n->y, n->x, n->key, n->order, n->ctx) == 1 &&
                BN_mod_add(n->y, n->y, n->z, n->order, n->ctx) == 1 &&
                (inverse = BN_mod_inverse(NULL, n->k, n->order, n->ctx)) != NULL &&
                BN_mod_mul(n->y, n->y, inverse, n->order, n->ctx) == 1 &&
                BN_bn2lebinpad(n->x, at(&chip->ecdsa, R), (int)size) == (int)size &&
                BN_bn2lebinpad(n->y, at(&chip->ecdsa, S), (int)size) == (int)size;
    BN_clear_free(inverse);
    return good;
}

static bool export(struct numbers *n, struct sim_chip *chip, size_t size)
{
    return EC_POINT_mul(n->group, n->point, n->key, NULL, NULL, n->ctx) == 1 &&
           EC_POINT_get_affine_coordinates(n->group, n->point, n->x, n->y, n->ctx) == 1 &&
           BN_bn2lebinpad(n->x, at(&chip->ecdsa, X), (int)size) == (int)size &&
           BN_bn2lebinpad(n->y, at(&chip->ecdsa, Y), (int)size) == (int)size;
}

static bool calculate(struct sim_chip *chip)
{
    static const int curves[] = {NID_X9_62_prime192v1, NID_X9_62_prime256v1, NID_secp384r1};
    const struct seal_ecdsa_layout *layout = chip->chip->peripherals.ecdsa->layout;
    const unsigned curve = curve_of(chip), mode = chip->ecdsa.conf & ((1u << layout->curve_shift) - 1);
    const size_t size = size_of(curve);
    if (!size) { /* the configuration was changed on the way */
        return false;
    }
    struct numbers n = {.ctx = BN_CTX_secure_new(), .group = EC_GROUP_new_by_curve_name(curves[curve])};
    n.point = n.group ? EC_POINT_new(n.group) : NULL;
    n.order = n.group ? EC_GROUP_get0_order(n.group) : NULL;
    n.key = BN_lebin2bn(chip->ecdsa.key, (int)size, NULL);
    n.z = BN_new();
    n.k = BN_new();
    n.x = BN_new();
    n.y = BN_new();
    bool good = n.ctx && n.point && n.key && n.z && n.k && n.x && n.y && !BN_is_zero(n.key) &&
                (mode == EXPORT ? export(&n, chip, size) : mode == SIGN && sign(&n, chip, size));
    BN_clear_free(n.key);
    BN_clear_free(n.k);
    BN_free(n.z);
    BN_free(n.x);
    BN_free(n.y);
    EC_POINT_free(n.point);
    EC_GROUP_free(n.group);
    BN_CTX_free(n.ctx);
    return good;
}

static void start(struct sim_chip *chip)
{
    struct sim_ecdsa *ecdsa = &chip->ecdsa;
    const unsigned curve = curve_of(chip);
    const bool able = size_of(curve) && curve_enabled(chip, curve) && take_key(chip, curve, ecdsa->key);
    ecdsa->state = able ? LOAD : IDLE;
}

/* The offset's byte in memory; SIZE_MAX outside. */
static size_t place_of(const struct sim_chip *chip, uint32_t offset)
{
    const struct seal_ecdsa_layout *layout = chip->chip->peripherals.ecdsa->layout;
    const uint32_t within = offset - layout->memory;
    return offset >= layout->memory && within < (Y + 1u) * layout->step
               ? within / layout->step * SIM_ECDSA_NUMBER + within % layout->step
               : SIZE_MAX;
}

uint32_t sim_ecdsa_read_register(const struct sim_chip *chip, uint32_t offset)
{
    const size_t place = place_of(chip, offset);
    if (place != SIZE_MAX) {
        return seal_le32(chip->ecdsa.memory + place);
    }
    return offset == CONFIG ? chip->ecdsa.conf : offset == STATE ? chip->ecdsa.state : 0;
}

void sim_ecdsa_write_register(struct sim_chip *chip, uint32_t offset, uint32_t value)
{
    struct sim_ecdsa *ecdsa = &chip->ecdsa;
    const size_t place = place_of(chip, offset);
    if (place != SIZE_MAX) {
        seal_put_le32(ecdsa->memory + place, value);
    } else if (offset == CONFIG) {
        ecdsa->conf = value;
    } else if (offset == START && ecdsa->state == IDLE && value & START_CALC) {
        start(chip);
    } else if (offset == START && ecdsa->state == LOAD && value & LOAD_DONE) {
        ecdsa->state = calculate(chip) ? GET : IDLE;
        seal_cleanse(ecdsa->key, sizeof ecdsa->key);
    } else if (offset == START && ecdsa->state == GET && value & GET_DONE) {
        ecdsa->state = IDLE;
        memset(ecdsa->memory, 0, sizeof ecdsa->memory);
    }
}

void sim_ecdsa_take_over(struct sim_chip *chip, const uint32_t *registers)
{
    const struct seal_ecdsa_registers *is = chip->chip->peripherals.ecdsa;
    if (is && registers[is->update / 4] >> 12 & 1) {
        chip->ecdsa.chosen = registers[is->key_select / 4];
    }
}
