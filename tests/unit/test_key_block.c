/* What a key block is, judged from fuses alone: every state that an interrupted run can leave has its own
 * verdict. */
#include "unit.h"

#include <espseal/provision.h>

#include <string.h>

static const uint32_t random_key[SEAL_EFUSE_WORDS] = {0x3C96A5F0, 0x0FF1CE11, 0xDEADBEEF, 0x12345678,
                                                      0x9ABCDEF0, 0x55AA33CC, 0x0F0F1E2D, 0xC0FFEE42};

static struct seal_efuse blank(void)
{
    return (struct seal_efuse){.chip = seal_chip_find("esp32c3"), .loaded = ~0u};
}

static void set_purpose(struct seal_efuse *efuse, unsigned key, uint32_t purpose)
{
    unsigned bit = 24 + 4 * key;
    efuse->words[0][2 + bit / 32] |= purpose << bit % 32;
}

static void set_key(struct seal_efuse *efuse, unsigned key)
{
    memcpy(efuse->words[4 + key], random_key, sizeof random_key);
}

static enum seal_key_block_state verdict(const struct seal_efuse *efuse, unsigned key)
{
    return seal_key_block_classify(efuse, key, SEAL_PURPOSE_HMAC_DOWN_DS, NULL, 0);
}

static void a_blank_block_is_free(void **state)
{
    (void)state;
    struct seal_efuse efuse = blank();
    for (unsigned key = 0; key < 6; key++) {
        assert_int_equal(verdict(&efuse, key), SEAL_BLOCK_FREE);
    }
    efuse.words[0][0] = 1u << 23; /* WR_DIS of BLOCK_KEY0 */
    assert_int_equal(verdict(&efuse, 0), SEAL_BLOCK_IN_USE);
    efuse.words[0][0] = 1u << 8; /* WR_DIS of KEY_PURPOSE_0 */
    assert_int_equal(verdict(&efuse, 0), SEAL_BLOCK_IN_USE);
}

static void a_purpose_that_was_burned_in_part_is_a_claim(void **state)
{
    (void)state;
    for (uint32_t purpose = 1; purpose <= 7; purpose++) {
        struct seal_efuse efuse = blank();
        set_purpose(&efuse, 3, purpose);
        assert_int_equal(verdict(&efuse, 3), SEAL_BLOCK_CLAIMED);
        set_key(&efuse, 3);
        assert_int_equal(verdict(&efuse, 3), purpose == 7 ? SEAL_BLOCK_HELD : SEAL_BLOCK_IN_USE);
    }
    for (uint32_t purpose = 8; purpose <= 15; purpose++) {
        struct seal_efuse efuse = blank();
        set_purpose(&efuse, 3, purpose);
        assert_int_equal(verdict(&efuse, 3), SEAL_BLOCK_IN_USE);
    }
}

static void data_without_a_purpose_is_somebody_elses(void **state)
{
    (void)state;
    char why[96];
    struct seal_efuse efuse = blank();
    set_key(&efuse, 1);
    assert_int_equal(seal_key_block_classify(&efuse, 1, SEAL_PURPOSE_HMAC_DOWN_DS, why, sizeof why),
                     SEAL_BLOCK_IN_USE);
    assert_string_equal(why, "holds data with the purpose USER");
}

static void a_damaged_key_is_not_taken_for_a_key(void **state)
{
    (void)state;
    struct seal_efuse efuse = blank();
    set_purpose(&efuse, 0, 7);
    set_key(&efuse, 0);
    efuse.errors[4] = 2;
    assert_int_equal(verdict(&efuse, 0), SEAL_BLOCK_HELD); /* corrected */
    efuse.error_fail[4] = true;
    assert_int_equal(verdict(&efuse, 0), SEAL_BLOCK_DAMAGED);
    efuse.error_fail[4] = false;
    memset(efuse.words[4], 0, sizeof efuse.words[4]);
    efuse.words[4][0] = 0xFFFFFFFF;
    efuse.words[4][1] = 0xFFFFFFFF;
    assert_int_equal(verdict(&efuse, 0), SEAL_BLOCK_DAMAGED); /* 64 of 256 bits: half a burn */
}

static void a_read_protected_key_is_sealed_only_with_its_purpose(void **state)
{
    (void)state;
    struct seal_efuse efuse = blank();
    efuse.words[0][1] = 1u << 2; /* RD_DIS of BLOCK_KEY2 */
    assert_int_equal(verdict(&efuse, 2), SEAL_BLOCK_IN_USE);
    set_purpose(&efuse, 2, 7);
    assert_int_equal(verdict(&efuse, 2), SEAL_BLOCK_SEALED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_block_is_free),
        cmocka_unit_test(a_purpose_that_was_burned_in_part_is_a_claim),
        cmocka_unit_test(data_without_a_purpose_is_somebody_elses),
        cmocka_unit_test(a_damaged_key_is_not_taken_for_a_key),
        cmocka_unit_test(a_read_protected_key_is_sealed_only_with_its_purpose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
