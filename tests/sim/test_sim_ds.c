/* HMAC and DS by registers, as a host without firmware drives them. */
#include "unit.h"

#include "sim_parts.h"

#include <espseal/digest.h>
#include <espseal/key.h>

#include <openssl/bn.h>
#include <string.h>

#define HMAC 0x6003E000u
#define DS 0x6003D000u
#define BITS 2048u

static const uint8_t hmac_key[32] = "thirty-two bytes of a known key.";

struct fixture {
    struct sim_chip *chip;
    struct seal_key *key;
    struct seal_ds_params params;
};

static uint32_t get(struct sim_chip *chip, uint32_t address)
{
    uint32_t value = 0;
    assert_true(sim_bus_read(chip, address, &value));
    return value;
}

static void put(struct sim_chip *chip, uint32_t address, uint32_t value)
{
    assert_true(sim_bus_write(chip, address, value));
}

static void put_bytes(struct sim_chip *chip, uint32_t address, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 4) {
        put(chip, address + (uint32_t)i, seal_le32(bytes + i));
    }
}

static struct sim_chip *new_chip(unsigned purpose)
{
    struct sim_chip *chip = NULL;
    const struct sim_options options = {.chip = seal_chip_find("esp32c3"), .flash_size = 65536};
    uint32_t words[8], fuses[8] = {0};
    assert_int_equal(sim_chip_new(&options, &chip, NULL), SEAL_OK);
    for (size_t i = 0; i < 8; i++) {
        words[i] = seal_le32(hmac_key + 4 * i);
    }
    sim_chip_set_fuses(chip, 4, words);
    fuses[1] = 1; /* read-protected: the peripherals see it all the same */
    fuses[2] = purpose << 24;
    sim_chip_set_fuses(chip, 0, fuses);
    return chip;
}

static uint32_t configure(struct sim_chip *chip, unsigned purpose, unsigned key)
{
    put(chip, HMAC + 0x40, 1);
    put(chip, HMAC + 0x44, purpose);
    put(chip, HMAC + 0x48, key);
    put(chip, HMAC + 0x4C, 1);
    return get(chip, HMAC + 0x68);
}

static int make_fixture(void **state)
{
    static struct fixture fixture;
    fixture.chip = new_chip(SEAL_PURPOSE_HMAC_DOWN_DS);
    assert_int_equal(seal_key_generate("rsa:2048", &fixture.key, NULL), SEAL_OK);
    assert_int_equal(seal_ds_encrypt(fixture.key, 3072, hmac_key, NULL, &fixture.params, NULL), SEAL_OK);
    *state = &fixture;
    return 0;
}

static int drop_fixture(void **state)
{
    struct fixture *fixture = *state;
    sim_chip_free(&fixture->chip);
    seal_key_free(&fixture->key);
    return 0;
}

static void load_and_go(struct fixture *fixture, const uint8_t x[static BITS / 8])
{
    struct sim_chip *chip = fixture->chip;
    put_bytes(chip, DS + 0x000, fixture->params.c, 384);
    put_bytes(chip, DS + 0x200, fixture->params.c + 384, 384);
    put_bytes(chip, DS + 0x400, fixture->params.c + 768, 384);
    put_bytes(chip, DS + 0x600, fixture->params.c + 1152, 48);
    put_bytes(chip, DS + 0x630, fixture->params.iv, 16);
    put_bytes(chip, DS + 0x800, x, BITS / 8);
    put(chip, DS + 0xE04, 1);
}

/* z^65537 mod n == x, all little-endian */
static bool is_signature(const struct seal_key *key, const uint8_t *x, const uint8_t *z)
{
    uint8_t n[BITS / 8], d[BITS / 8], back[BITS / 8];
    assert_int_equal(seal_key_rsa_numbers(key, n, d, sizeof n, NULL), SEAL_OK);
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *modulus = BN_lebin2bn(n, sizeof n, NULL);
    BIGNUM *number = BN_lebin2bn(z, BITS / 8, NULL);
    BIGNUM *exponent = BN_new();
    assert_int_equal(BN_set_word(exponent, 65537), 1);
    assert_int_equal(BN_mod_exp(number, number, exponent, modulus, ctx), 1);
    assert_int_equal(BN_bn2lebinpad(number, back, sizeof back), (int)sizeof back);
    BN_free(modulus);
    BN_free(number);
    BN_free(exponent);
    BN_CTX_free(ctx);
    return memcmp(back, x, sizeof back) == 0;
}

static void read_z(struct sim_chip *chip, uint8_t z[static BITS / 8])
{
    for (uint32_t i = 0; i < BITS / 8; i += 4) {
        seal_put_le32(z + i, get(chip, DS + 0xA00 + i));
    }
}

static void ds_signs_with_a_key_that_cannot_be_read(void **state)
{
    struct fixture *fixture = *state;
    uint8_t x[BITS / 8] = "a message, little-endian", z[BITS / 8];
    assert_int_equal(get(fixture->chip, 0x6000889C), 0);
    assert_int_equal(configure(fixture->chip, SEAL_PURPOSE_HMAC_DOWN_DS, 0), 0);
    put(fixture->chip, DS + 0xE00, 1);
    assert_int_equal(get(fixture->chip, DS + 0xE0C), 0);
    load_and_go(fixture, x);
    assert_int_equal(get(fixture->chip, DS + 0xE14), 0);
    read_z(fixture->chip, z);
    assert_true(is_signature(fixture->key, x, z));
    put(fixture->chip, DS + 0xE08, 1);
    assert_int_equal(get(fixture->chip, DS + 0xA00), 0);
}

static void ds_without_its_key_stays_busy(void **state)
{
    struct fixture *fixture = *state;
    uint8_t x[BITS / 8] = {1};
    put(fixture->chip, DS + 0xE00, 1);
    assert_int_equal(get(fixture->chip, DS + 0xE0C), 1);
    assert_int_equal(get(fixture->chip, DS + 0xE10), 0);
    load_and_go(fixture, x);
    assert_int_equal(get(fixture->chip, DS + 0xE14), 3);
    assert_int_equal(get(fixture->chip, DS + 0xA00), 0);
    assert_int_equal(configure(fixture->chip, SEAL_PURPOSE_HMAC_DOWN_DS, 0), 0);
    put(fixture->chip, HMAC + 0x64, 1); /* invalidated again */
    put(fixture->chip, DS + 0xE00, 1);
    assert_int_equal(get(fixture->chip, DS + 0xE0C), 1);
}

static void ds_says_what_is_wrong_with_its_parameters(void **state)
{
    struct fixture *fixture = *state;
    uint8_t x[BITS / 8] = {1};
    assert_int_equal(configure(fixture->chip, SEAL_PURPOSE_HMAC_DOWN_DS, 0), 0);
    put(fixture->chip, DS + 0xE00, 1);
    fixture->params.c[5] ^= 1;
    load_and_go(fixture, x);
    assert_int_equal(get(fixture->chip, DS + 0xE14) & 1, 1);
    assert_int_equal(get(fixture->chip, DS + 0xA00), 0);
}

static void hmac_gives_a_key_to_its_purpose_only(void **state)
{
    (void)state;
    static const struct {
        unsigned fuse, asked;
        uint32_t error;
    } cases[] = {
        {7, 7, 0}, {7, 8, 1}, {7, 6, 1}, {8, 8, 0}, {8, 7, 1},
        {5, 7, 0}, {5, 6, 0}, {5, 8, 1}, {6, 6, 0}, {0, 7, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_chip *chip = new_chip(cases[i].fuse);
        assert_int_equal(configure(chip, cases[i].asked, 0), cases[i].error);
        assert_int_equal(configure(chip, cases[i].asked, 1), 1); /* KEY1 has no purpose */
        assert_int_equal(configure(chip, cases[i].asked, 7), 1); /* there is no such key */
        sim_chip_free(&chip);
    }
}

/* Any length, padded by the host as the TRM says. */
static void hmac_answers_messages_of_every_length(void **state)
{
    (void)state;
    struct sim_chip *chip = new_chip(SEAL_PURPOSE_HMAC_UP);
    for (size_t len = 0; len <= 200; len++) {
        uint8_t message[320] = {0}, expected[32];
        size_t blocks = (len + 9 + 63) / 64;
        for (size_t i = 0; i < len; i++) {
            message[i] = (uint8_t)(7 * i + len);
        }
        assert_int_equal(seal_hmac_sha256(hmac_key, 32, message, len, expected), SEAL_OK);
        message[len] = 0x80;
        message[64 * blocks - 1] = (uint8_t)((len * 8 + 512) & 0xFF);
        message[64 * blocks - 2] = (uint8_t)((len * 8 + 512) >> 8);
        assert_int_equal(configure(chip, SEAL_PURPOSE_HMAC_UP, 0), 0);
        for (size_t block = 0; block < blocks; block++) {
            if (block > 0) {
                put(chip, HMAC + (block + 1 == blocks ? 0xF0 : 0x54), 1);
            }
            put_bytes(chip, HMAC + 0x80, message + 64 * block, 64);
            put(chip, HMAC + 0x50, 1);
        }
        if (blocks == 1) {
            put(chip, HMAC + 0xF4, 1);
        }
        for (uint32_t i = 0; i < 32; i += 4) {
            assert_int_equal(get(chip, HMAC + 0xC0 + i), seal_le32(expected + i));
        }
        put(chip, HMAC + 0x5C, 2);
    }
    sim_chip_free(&chip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ds_signs_with_a_key_that_cannot_be_read, make_fixture, drop_fixture),
        cmocka_unit_test_setup_teardown(ds_without_its_key_stays_busy, make_fixture, drop_fixture),
        cmocka_unit_test_setup_teardown(ds_says_what_is_wrong_with_its_parameters, make_fixture,
                                        drop_fixture),
        cmocka_unit_test(hmac_gives_a_key_to_its_purpose_only),
        cmocka_unit_test(hmac_answers_messages_of_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
