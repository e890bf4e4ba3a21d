/* What chips trust, which images they take, and how their keys are rotated. */
#include "unit.h"

#include <espseal/digest.h>
#include <espseal/fuse_plan.h>
#include <espseal/secret.h>
#include <espseal/secure_boot.h>

#include <stdio.h>
#include <string.h>

static const struct seal_chip *chip_of(const char *name)
{
    const struct seal_chip *chip = seal_chip_find(name);
    assert_non_null(chip);
    return chip;
}

static void set(struct seal_efuse *efuse, const char *name, uint32_t value)
{
    const struct seal_efuse_field *field = seal_chip_field(efuse->chip, name);
    assert_non_null(field);
    for (unsigned i = 0; i < field->bits && i < 32; i++) {
        unsigned bit = field->bit + i;
        efuse->words[field->block][bit / 32] |= (value >> i & 1) << bit % 32;
    }
}

static void put(struct seal_efuse *efuse, const char *block, size_t offset, const uint8_t *bytes, size_t len)
{
    int id = seal_chip_block(efuse->chip, block);
    assert_true(id >= 0);
    for (size_t i = 0; i < len; i++) {
        efuse->words[id][(offset + i) / 4] |= (uint32_t)bytes[i] << (offset + i) % 4 * 8;
    }
}

static void put_digest(struct seal_efuse *efuse, unsigned key, unsigned slot, const uint8_t *digest)
{
    char name[32];
    (void)snprintf(name, sizeof name, "SECURE_BOOT_DIGEST%u", slot);
    unsigned value = seal_chip_purpose(efuse->chip, name)->value;
    (void)snprintf(name, sizeof name, "KEY_PURPOSE_%u", key);
    const struct seal_efuse_field *field = seal_chip_field(efuse->chip, name);
    set(efuse, name, value);
    (void)snprintf(name, sizeof name, "KEY_PURPOSE_%u_H", key);
    if (seal_chip_field(efuse->chip, name)) {
        set(efuse, name, value >> field->bits);
    }
    (void)snprintf(name, sizeof name, "BLOCK_KEY%u", key);
    put(efuse, name, 0, digest, 32);
}

struct signer {
    struct seal_key *key;
    uint8_t digest[32];
};

static struct signer make_signer(const char *type)
{
    struct signer signer = {0};
    struct seal_public public;
    assert_int_equal(seal_key_generate(type, &signer.key, NULL), SEAL_OK);
    assert_int_equal(seal_public_of(signer.key, &public, NULL), SEAL_OK);
    assert_int_equal(seal_public_digest(&public, signer.digest), SEAL_OK);
    return signer;
}

/* One segment of 16 bytes, no hash, then the signatures. */
static struct seal_buf *make_image(struct signer *signers, size_t count)
{
    uint8_t bytes[64] = {0xE9, 1, 2, 0x10, [12] = 5, [27] = 0x3f, [28] = 16, [63] = 0xef};
    struct seal_signature signatures[SEAL_SIGNATURE_KEYS_MAX];
    struct seal_buf *message = seal_buf_new(), *image = seal_buf_new();
    assert_int_equal(seal_boot_message(bytes, sizeof bytes, false, message, NULL), SEAL_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(
            seal_sign(signers[i].key, seal_buf_ptr(message), seal_buf_len(message), &signatures[i], NULL),
            SEAL_OK);
    }
    assert_int_equal(
        seal_boot_attach(seal_buf_ptr(message), seal_buf_len(message), signatures, count, image, NULL),
        SEAL_OK);
    assert_int_equal(seal_buf_put_fill(image, 0xFF, 10000), SEAL_OK); /* flash goes on behind it */
    seal_buf_free(&message);
    return image;
}

static bool accepts(const struct seal_efuse *efuse, const struct seal_buf *image,
                    struct seal_boot_verdict *verdict)
{
    struct seal_boot_trust trust;
    seal_boot_trust_from_efuse(efuse, &trust);
    assert_int_equal(seal_boot_verify_image(seal_buf_ptr(image), seal_buf_len(image), &trust, verdict, NULL),
                     SEAL_OK);
    return verdict->accepted;
}

static void three_slots_with_revocations(void **state)
{
    (void)state;
    static const char *const chips[] = {"esp32c3", "esp32s2", "esp32s3", "esp32c5",
                                        "esp32c6", "esp32h2", "esp32p4"};
    struct signer signers[2] = {make_signer("rsa:3072"), make_signer("rsa:3072")};
    struct seal_buf *both = make_image(signers, 2), *second = make_image(signers + 1, 1);
    struct seal_boot_verdict verdict;
    for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        struct seal_efuse efuse = {.chip = chip_of(chips[i]), .loaded = ~0u};
        assert_false(accepts(&efuse, both, &verdict));
        put_digest(&efuse, 4, 2, signers[0].digest);
        assert_true(accepts(&efuse, both, &verdict));
        assert_int_equal(verdict.blocks[0].slot, 2);
        assert_true(verdict.blocks[0].accepted && !verdict.blocks[1].accepted);
        assert_false(accepts(&efuse, second, &verdict));
        assert_non_null(strstr(verdict.problem, "not one that the chip trusts"));
        put_digest(&efuse, 1, 0, signers[1].digest);
        assert_true(accepts(&efuse, second, &verdict));
        set(&efuse, "SECURE_BOOT_KEY_REVOKE0", 1);
        assert_false(accepts(&efuse, second, &verdict));
        assert_non_null(strstr(verdict.problem, "revoked"));
        assert_true(accepts(&efuse, both, &verdict));
        set(&efuse, "RD_DIS", 1u << 4); /* a digest that the ROM cannot read */
        assert_false(accepts(&efuse, both, &verdict));
    }
    seal_buf_mutable(both)[40] ^= 1;
    struct seal_efuse efuse = {.chip = chip_of("esp32c3"), .loaded = ~0u};
    put_digest(&efuse, 0, 0, signers[0].digest);
    assert_false(accepts(&efuse, both, &verdict));
    assert_int_equal(verdict.blocks[0].fault, SEAL_BOOT_CHANGED);
    seal_buf_free(&both);
    seal_buf_free(&second);
    seal_key_free(&signers[0].key);
    seal_key_free(&signers[1].key);
}

static void chips_with_one_place_look_at_one_signature(void **state)
{
    (void)state;
    struct signer signers[3] = {make_signer("rsa:3072"), make_signer("rsa:3072"), make_signer("ec:p256")};
    struct seal_buf *rsa = make_image(signers, 2), *ec = make_image(signers + 2, 1);
    struct seal_boot_verdict verdict;
    struct seal_efuse esp32 = {.chip = chip_of("esp32"), .loaded = ~0u};
    put(&esp32, "BLOCK2", 0, signers[1].digest, 32);
    assert_false(accepts(&esp32, rsa, &verdict));
    assert_int_equal(verdict.blocks[1].slot, 0);
    assert_non_null(strstr(verdict.problem, "does not look at this block"));
    memset(esp32.words[seal_chip_block(esp32.chip, "BLOCK2")], 0, 32);
    put(&esp32, "BLOCK2", 0, signers[0].digest, 32);
    assert_true(accepts(&esp32, rsa, &verdict));
    memset(esp32.words[seal_chip_block(esp32.chip, "BLOCK2")], 0, 32);
    put(&esp32, "BLOCK2", 0, signers[2].digest, 32);
    assert_false(accepts(&esp32, ec, &verdict));
    assert_non_null(strstr(verdict.problem, "does not check this scheme"));
    /* ESP32-C2: the first 16 bytes in the upper half of its one key block */
    struct seal_efuse c2 = {.chip = chip_of("esp32c2"), .loaded = ~0u};
    put(&c2, "BLOCK_KEY0", 0, signers[0].digest, 16);
    assert_false(accepts(&c2, ec, &verdict));
    put(&c2, "BLOCK_KEY0", 16, signers[2].digest, 16);
    assert_true(accepts(&c2, ec, &verdict));
    set(&c2, "RD_DIS", 1); /* the key for flash encryption is hidden, the digest is not */
    assert_true(accepts(&c2, ec, &verdict));
    set(&c2, "RD_DIS", 3);
    assert_false(accepts(&c2, ec, &verdict));
    seal_buf_free(&rsa);
    seal_buf_free(&ec);
    for (size_t i = 0; i < 3; i++) {
        seal_key_free(&signers[i].key);
    }
}

/* caps.json of the facts: sbv2_ecdsa_flagged_nonfunctional, v2_rsa3072, v2_ecdsa_curves */
static void schemes_are_those_of_the_facts(void **state)
{
    (void)state;
    static const struct {
        const char *chip;
        int rsa, p192, p256, p384;
    } rows[] = {
        {"esp32", 0, SEAL_ERR_KEY, SEAL_ERR_KEY, SEAL_ERR_KEY},
        {"esp32s2", 0, SEAL_ERR_KEY, SEAL_ERR_KEY, SEAL_ERR_KEY},
        {"esp32s3", 0, SEAL_ERR_KEY, SEAL_ERR_KEY, SEAL_ERR_KEY},
        {"esp32c2", SEAL_ERR_KEY, 0, 0, SEAL_ERR_KEY},
        {"esp32c3", 0, SEAL_ERR_KEY, SEAL_ERR_KEY, SEAL_ERR_KEY},
        {"esp32c5", 0, SEAL_ERR_RULE, SEAL_ERR_RULE, SEAL_ERR_RULE},
        {"esp32c6", 0, 0, 0, SEAL_ERR_KEY},
        {"esp32c61", SEAL_ERR_KEY, SEAL_ERR_RULE, SEAL_ERR_RULE, SEAL_ERR_KEY},
        {"esp32h2", 0, SEAL_ERR_RULE, SEAL_ERR_RULE, SEAL_ERR_KEY},
        {"esp32p4", 0, SEAL_ERR_RULE, SEAL_ERR_RULE, SEAL_ERR_RULE},
    };
    size_t count = 0;
    while (seal_chips[count]) {
        count++;
    }
    assert_int_equal(count, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < count; i++) {
        const int wanted[] = {rows[i].rsa, rows[i].p192, rows[i].p256, rows[i].p384};
        for (unsigned scheme = 0; scheme < 4; scheme++) {
            const struct seal_chip *chip = chip_of(rows[i].chip);
            enum seal_sign_scheme asked = (enum seal_sign_scheme)scheme;
            assert_int_equal(seal_boot_scheme_check(chip, asked, false, NULL), wanted[scheme]);
            assert_int_equal(seal_boot_scheme_check(chip, asked, true, NULL),
                             wanted[scheme] == SEAL_ERR_RULE ? SEAL_OK : wanted[scheme]);
        }
    }
}

static int rotate(const struct seal_efuse *efuse, const uint8_t *add, size_t count, unsigned revoke,
                  struct seal_efuse *result)
{
    struct seal_fuse_plan plan;
    struct seal_boot_trust after, read;
    const struct seal_boot_rotation rotation = {.add = add, .add_count = count, .revoke = revoke};
    seal_fuse_plan_init(&plan, efuse, SEAL_PATH_FILE);
    int err = seal_boot_rotate(&plan, &rotation, &after, NULL);
    if (!err) {
        struct seal_cause cause = {0};
        if (seal_fuse_plan_close(&plan, NULL, &cause) != SEAL_OK) {
            fail_msg("%s", cause.text);
        }
        *result = plan.after;
        /* what was foretold is what the fuses say */
        seal_boot_trust_from_efuse(&plan.after, &read);
        for (size_t i = 0; i < read.slot_count; i++) {
            assert_int_equal(read.slots[i].present, after.slots[i].present);
            assert_int_equal(read.slots[i].revoked, after.slots[i].revoked);
            assert_memory_equal(read.slots[i].digest, after.slots[i].digest, 32);
        }
    }
    seal_fuse_plan_clear(&plan);
    return err;
}

static void keys_are_rotated_and_the_last_one_stays(void **state)
{
    (void)state;
    uint8_t digests[4][32];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(seal_sha256(&i, sizeof i, digests[i]), SEAL_OK);
    }
    struct seal_efuse efuse = {.chip = chip_of("esp32p4"), .loaded = ~0u}, next;
    assert_int_equal(rotate(&efuse, digests[0], 1, 0, &next), SEAL_OK);
    int block = seal_chip_key_block(efuse.chip, 0);
    assert_false(seal_efuse_block_writable(&next, (unsigned)block));
    assert_true(seal_efuse_block_readable(&next, (unsigned)block));
    assert_false(seal_efuse_key_purpose_writable(&next, 0));
    efuse = next;
    assert_int_equal(rotate(&efuse, digests[0], 1, 0, &next), SEAL_OK);
    assert_memory_equal(efuse.words, next.words, sizeof efuse.words); /* it is there already */
    assert_int_equal(rotate(&efuse, NULL, 0, 1, &next), SEAL_ERR_STATE);
    assert_int_equal(rotate(&efuse, digests[0], 1, 1, &next), SEAL_ERR_STATE);
    assert_int_equal(rotate(&efuse, NULL, 0, 8, &next), SEAL_ERR_USAGE);
    assert_int_equal(rotate(&efuse, digests[1], 1, 1, &next), SEAL_OK);
    efuse = next;
    assert_int_equal(rotate(&efuse, digests[0], 1, 0, &next), SEAL_ERR_STATE); /* revoked */
    assert_int_equal(rotate(&efuse, digests[2], 2, 0, &next), SEAL_ERR_STATE); /* one slot is free */
    assert_int_equal(rotate(&efuse, digests[2], 1, 0, &next), SEAL_OK);
    efuse = (struct seal_efuse){.chip = chip_of("esp32"), .loaded = ~0u};
    assert_int_equal(rotate(&efuse, digests[0], 1, 0, &next), SEAL_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_slots_with_revocations),
        cmocka_unit_test(chips_with_one_place_look_at_one_signature),
        cmocka_unit_test(schemes_are_those_of_the_facts),
        cmocka_unit_test(keys_are_rotated_and_the_last_one_stays),
    };
    (void)seal_secret_init(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
