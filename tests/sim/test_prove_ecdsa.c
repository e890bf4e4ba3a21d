/* The ECDSA proof on every simulated chip that has the peripheral, and each way of failing. */
#include "unit.h"

#include "sim_link.h"

#include <espseal/buf.h>
#include <espseal/prove.h>
#include <espseal/sign.h>

#include <string.h>

struct rig {
    struct sim_chip *chip;
    struct seal_link *link;
    struct seal_loader *loader;
    struct seal_key *key;
    struct seal_cert *cert;
    struct seal_proof proof;
    struct seal_cause cause;
};

static void open_chip(struct rig *rig, const struct seal_chip *kind)
{
    const struct sim_options options = {.chip = kind,
                                        .revision = kind->first_revision ? kind->first_revision
                                                    : kind->variants     ? 1
                                                                         : 0};
    const struct seal_loader_options loader_options = {0};
    *rig = (struct rig){0};
    assert_int_equal(sim_chip_new(&options, &rig->chip, &rig->cause), 0);
    assert_int_equal(sim_link_new(rig->chip, &rig->link), 0);
    assert_int_equal(seal_loader_connect(rig->link, &loader_options, &rig->loader, &rig->cause), 0);
}

static void make_key(struct rig *rig, const char *type)
{
    seal_key_free(&rig->key);
    seal_cert_free(&rig->cert);
    assert_int_equal(seal_key_generate(type, &rig->key, NULL), 0);
    assert_int_equal(seal_ca_new(rig->key, "/CN=device", 30, &rig->cert, NULL), 0);
}

static void close_chip(struct rig *rig)
{
    seal_key_free(&rig->key);
    seal_cert_free(&rig->cert);
    seal_loader_free(&rig->loader);
    seal_link_close(&rig->link);
    sim_chip_free(&rig->chip);
}

static void burn(struct rig *rig, const struct seal_burn *burn)
{
    struct seal_efuse efuse = {.chip = seal_loader_chip(rig->loader)};
    unsigned burned;
    assert_int_equal(seal_efuse_read(rig->loader, ~0u, &efuse, NULL), 0);
    assert_int_equal(seal_burn_execute(rig->loader, &efuse, burn, &burned, &rig->cause), 0);
}

static void burn_key(struct rig *rig, unsigned block, const char *purpose)
{
    const struct seal_chip *chip = seal_loader_chip(rig->loader);
    struct seal_burn keys = {0};
    uint8_t scalar[48], bytes[32] = {0};
    size_t len = 0;
    assert_int_equal(seal_key_ec_scalar(rig->key, scalar, &len, NULL), 0);
    for (size_t i = 0; i < len && i < 32; i++) {
        bytes[i] = scalar[len - 1 - i];
    }
    seal_burn_key(chip, &keys, block, bytes);
    assert_int_equal(seal_burn_purpose(chip, &keys, block, seal_chip_purpose(chip, purpose)->value, NULL), 0);
    burn(rig, &keys);
}

static int prove(struct rig *rig, unsigned block)
{
    memset(&rig->cause, 0, sizeof rig->cause);
    return seal_prove_ecdsa(rig->loader, block, rig->cert, &rig->proof, &rig->cause);
}

static void expect_failure(struct rig *rig, int err, int wanted, const char *says)
{
    assert_int_equal(err, wanted);
    if (strstr(rig->cause.text, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", rig->cause.text, says);
    }
}

static void check_signature(const struct rig *rig)
{
    struct seal_signature signature;
    struct seal_public key;
    assert_int_equal(seal_public_of(rig->key, &key, NULL), 0);
    assert_int_equal(seal_sign_import(&key, rig->proof.nonce, sizeof rig->proof.nonce, rig->proof.signature,
                                      rig->proof.signature_len, &signature, NULL),
                     0);
}

static const struct {
    const char *chip;
    unsigned revision;
    const char *purpose;
} kinds[] = {
    {"esp32h2", 0, "ECDSA_KEY"},        {"esp32h2", 102, "ECDSA_KEY"},      {"esp32c61", 100, "ECDSA_KEY"},
    {"esp32c5", 100, "ECDSA_KEY_P256"}, {"esp32p4", 300, "ECDSA_KEY_P256"},
};

static const struct seal_chip *chip_of(size_t i)
{
    return seal_chip_variant(seal_chip_find(kinds[i].chip), kinds[i].revision);
}

static void each_chip_signs_a_fresh_nonce(void **state)
{
    struct rig rig;
    uint8_t nonce[32];
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        open_chip(&rig, chip_of(i));
        make_key(&rig, "ec:p256");
        burn_key(&rig, 2, kinds[i].purpose);
        assert_int_equal(prove(&rig, 2), 0);
        assert_string_equal(rig.proof.key, "P-256");
        assert_int_equal(rig.proof.efuse_key, 2);
        assert_int_equal(rig.proof.rsa_bits, 0);
        memcpy(nonce, rig.proof.nonce, sizeof nonce);
        /* Of random numbers that nobody vouches for no signature is kept. */
        assert_int_equal(rig.proof.signature_len, i == 0 ? 0 : 64);
        if (i > 0) {
            check_signature(&rig);
        }
        struct seal_burn protect = {0};
        seal_burn_protect(seal_loader_chip(rig.loader), &protect, 2, true, true, true);
        burn(&rig, &protect);
        assert_int_equal(prove(&rig, 2), 0);
        assert_memory_not_equal(nonce, rig.proof.nonce, sizeof nonce);
        close_chip(&rig);
    }
}

static void another_key_and_another_purpose_are_told_apart(void **state)
{
    struct rig rig;
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        open_chip(&rig, chip_of(i));
        make_key(&rig, "ec:p256");
        expect_failure(&rig, prove(&rig, 0), SEAL_ERR_PROOF, "does not sign with BLOCK_KEY0");
        burn_key(&rig, 0, kinds[i].purpose);
        burn_key(&rig, 1, "XTS_AES_128_KEY");
        expect_failure(&rig, prove(&rig, 1), SEAL_ERR_PROOF, "does not sign with BLOCK_KEY1");
        make_key(&rig, "ec:p256");
        expect_failure(&rig, prove(&rig, 0), SEAL_ERR_PROOF, "not for the key of certificate CN=device");
        make_key(&rig, "rsa:2048");
        expect_failure(&rig, prove(&rig, 0), SEAL_ERR_KEY, "RSA-2048");
        close_chip(&rig);
    }
}

static void a_chip_without_the_peripheral_says_so(void **state)
{
    struct rig rig;
    (void)state;
    open_chip(&rig, seal_chip_find("esp32c6"));
    make_key(&rig, "ec:p256");
    expect_failure(&rig, prove(&rig, 0), SEAL_ERR_UNSUPPORTED, "ESP32-C6 has no ECDSA peripheral");
    close_chip(&rig);
    open_chip(&rig, seal_chip_variant(seal_chip_find("esp32p4"), 100));
    make_key(&rig, "ec:p256");
    expect_failure(&rig, prove(&rig, 0), SEAL_ERR_UNSUPPORTED, "before v3.0 has no ECDSA peripheral");
    close_chip(&rig);
}

/* The peripheral itself gives the public key of the block, never its secret one. */
static void the_public_key_can_be_exported(void **state)
{
    struct rig rig;
    struct seal_public key;
    uint32_t value, words[8];
    (void)state;
    open_chip(&rig, chip_of(3));
    make_key(&rig, "ec:p256");
    burn_key(&rig, 0, kinds[3].purpose);
    assert_int_equal(prove(&rig, 0), 0); /* leaves the block chosen */
    const uint32_t base = seal_loader_chip(rig.loader)->peripherals.ecdsa->base;
    assert_int_equal(seal_loader_write_reg(rig.loader, base + 0x04, 2 | 1 << 2, NULL), 0);
    assert_int_equal(seal_loader_write_reg(rig.loader, base + 0x1c, 1, NULL), 0);
    assert_int_equal(seal_loader_write_reg(rig.loader, base + 0x1c, 2, NULL), 0);
    assert_int_equal(seal_loader_read_reg(rig.loader, base + 0x20, &value, NULL), 0);
    assert_int_equal(value, 2);
    assert_int_equal(seal_loader_read_words(rig.loader, base + 0x470, words, 8, NULL), 0);
    assert_int_equal(seal_public_of(rig.key, &key, NULL), 0);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(words[i], seal_le32(key.first + 4 * i));
    }
    assert_int_equal(seal_loader_write_reg(rig.loader, base + 0x1c, 4, NULL), 0);
    assert_int_equal(seal_loader_read_reg(rig.loader, base + 0x470, &value, NULL), 0);
    assert_int_equal(value, 0);
    close_chip(&rig);
}

static void p192_waits_for_its_fuse(void **state)
{
    struct rig rig;
    struct seal_burn both = {0};
    (void)state;
    open_chip(&rig, chip_of(1));
    make_key(&rig, "ec:p192");
    burn_key(&rig, 0, "ECDSA_KEY");
    expect_failure(&rig, prove(&rig, 0), SEAL_ERR_PROOF, "does not sign");
    assert_int_equal(seal_burn_field(seal_loader_chip(rig.loader), &both, "ECDSA_CURVE_MODE", 2, NULL), 0);
    burn(&rig, &both);
    assert_int_equal(prove(&rig, 0), 0);
    assert_string_equal(rig.proof.key, "P-192");
    check_signature(&rig);
    close_chip(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_chip_signs_a_fresh_nonce),
        cmocka_unit_test(another_key_and_another_purpose_are_told_apart),
        cmocka_unit_test(a_chip_without_the_peripheral_says_so),
        cmocka_unit_test(the_public_key_can_be_exported),
        cmocka_unit_test(p192_waits_for_its_fuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
