/* Digests into slots: which slot, which block, what is there already, what is refused. */
#include "fuse_state.h"

#include <espseal/boot_slots.h>

static struct seal_wish_secure_boot wish_of(size_t count, uint32_t first_seed)
{
    struct seal_wish_secure_boot wish = {.version = 2, .digest_count = count};
    for (size_t i = 0; i < count && i < SEAL_BOOT_DIGESTS; i++) {
        state_key(wish.digests[i].bytes, first_seed + (uint32_t)i);
        wish.digests[i].name = "key.pem";
    }
    return wish;
}

/* Into a chip with these fuses; the plan is closed when that went well. */
static int add(const char *chip, const char *before, const struct seal_wish_secure_boot *wish,
               struct seal_fuse_plan *plan, struct seal_boot_slots *slots, struct seal_cause *cause)
{
    static const char *const allowed[] = {"C2-ONE-WRITE", NULL};
    struct seal_efuse state = state_of(seal_chip_find(chip), before);
    seal_fuse_plan_init(plan, &state, SEAL_PATH_UART);
    int err = seal_boot_slots_add(plan, wish, 0, slots, cause);
    if (err == SEAL_OK) {
        err = seal_boot_slots_add_revocation(plan, wish, cause);
    }
    return err != SEAL_OK ? err : seal_fuse_plan_close(plan, allowed, cause);
}

static unsigned slot_count(const struct seal_chip *chip)
{
    return strcmp(chip->name, "esp32") == 0 || strcmp(chip->name, "esp32c2") == 0 ? 1 : 3;
}

static void fill_chip(const struct seal_chip *chip)
{
    static const char *const allowed[] = {"C2-ONE-WRITE", NULL};
    unsigned count = slot_count(chip);
    const struct seal_wish_secure_boot wish = wish_of(count, 40), more = wish_of(count + 1, 40);
    struct seal_efuse state = state_of(chip, "");
    struct seal_boot_slots slots;
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    seal_boot_slots_read(&state, &slots);
    assert_int_equal(slots.count, count);
    assert_int_equal(slots.slots[0].state, SEAL_SLOT_FREE);
    seal_fuse_plan_init(&plan, &state, SEAL_PATH_UART);
    assert_int_equal(seal_boot_slots_add(&plan, &more, 0, NULL, &cause), SEAL_ERR_UNSUPPORTED);
    for (unsigned round = 0; round < 2; round++) {
        seal_fuse_plan_init(&plan, &state, SEAL_PATH_UART);
        if (seal_boot_slots_add(&plan, &wish, 0, &slots, &cause) != SEAL_OK ||
            seal_fuse_plan_close(&plan, allowed, &cause) != SEAL_OK) {
            fail_msg("%s: %s", chip->name, cause.text);
        }
        assert_int_equal(seal_fuse_plan_empty(&plan), round == 1);
        state = plan.after;
    }
    seal_boot_slots_read(&state, &slots);
    for (unsigned i = 0; i < count; i++) {
        const struct seal_digest_slot *slot = &slots.slots[i];
        assert_int_equal(slot->state, SEAL_SLOT_DIGEST);
        assert_int_equal(slot->digest_len, strcmp(chip->name, "esp32c2") == 0 ? 16 : 32);
        assert_memory_equal(slot->digest, wish.digests[i].bytes, slot->digest_len);
        assert_int_equal(seal_boot_slots_find(&slots, wish.digests[i].bytes), i);
        assert_false(seal_efuse_block_writable(&state, (unsigned)slot->block));
    }
    assert_int_equal(seal_boot_slots_find(&slots, wish_of(1, 99).digests[0].bytes), -1);
    assert_int_equal(seal_efuse_get_named(&state, "RD_DIS"), 0);
}

static void every_chip_fills_its_slots(void **state)
{
    (void)state;
    state_each_chip(fill_chip);
}

static void unused_slots_are_revoked_or_left(void **state)
{
    (void)state;
    struct seal_wish_secure_boot wish = wish_of(1, 40);
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    assert_int_equal(add("esp32c3", "", &wish, &plan, NULL, &cause), SEAL_OK);
    assert_int_equal(seal_efuse_get_named(&plan.after, "SECURE_BOOT_KEY_REVOKE1"), 0);
    wish.revoke_unused = true;
    assert_int_equal(add("esp32c3", "", &wish, &plan, NULL, &cause), SEAL_OK);
    assert_int_equal(seal_efuse_get_named(&plan.after, "SECURE_BOOT_KEY_REVOKE0"), 0);
    assert_int_equal(seal_efuse_get_named(&plan.after, "SECURE_BOOT_KEY_REVOKE1"), 1);
    assert_int_equal(seal_efuse_get_named(&plan.after, "SECURE_BOOT_KEY_REVOKE2"), 1);
    assert_int_equal(add("esp32", "", &wish, &plan, NULL, &cause), SEAL_OK);
    assert_int_equal(add("esp32c3", "WR_DIS.6", &wish, &plan, NULL, &cause), SEAL_ERR_STATE);
}

/* A slot that is revoked is not used again; a digest joins what is there. */
static void rotation_takes_the_next_slot(void **state)
{
    (void)state;
    struct seal_wish_secure_boot wish = wish_of(2, 40);
    struct seal_boot_slots slots;
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    struct seal_efuse first = state_of(seal_chip_find("esp32c3"), "SECURE_BOOT_KEY_REVOKE0=1");
    seal_fuse_plan_init(&plan, &first, SEAL_PATH_UART);
    wish.digest_count = 1;
    assert_int_equal(seal_boot_slots_add(&plan, &wish, 0, &slots, &cause), SEAL_OK);
    assert_int_equal(seal_boot_slots_find(&slots, wish.digests[0].bytes), 1);
    assert_int_equal(seal_fuse_plan_close(&plan, NULL, &cause), SEAL_OK);
    first = plan.after;
    seal_fuse_plan_init(&plan, &first, SEAL_PATH_UART);
    wish.digest_count = 2;
    assert_int_equal(seal_boot_slots_add(&plan, &wish, 0, &slots, &cause), SEAL_OK);
    assert_int_equal(seal_boot_slots_find(&slots, wish.digests[0].bytes), 1);
    assert_int_equal(seal_boot_slots_find(&slots, wish.digests[1].bytes), 2);
    assert_int_equal(seal_fuse_plan_close(&plan, NULL, &cause), SEAL_OK);
    /* both slots are taken, the third is revoked */
    struct seal_wish_secure_boot other = wish_of(1, 90);
    first = plan.after;
    seal_fuse_plan_init(&plan, &first, SEAL_PATH_UART);
    assert_int_equal(seal_boot_slots_add(&plan, &other, 0, NULL, &cause), SEAL_ERR_STATE);
    assert_non_null(strstr(cause.text, "no slot"));
}

static void reserved_blocks_stay_free(void **state)
{
    (void)state;
    const struct seal_wish_secure_boot wish = wish_of(2, 40);
    struct seal_boot_slots slots;
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    struct seal_efuse blank = state_of(seal_chip_find("esp32c3"), "");
    int key0 = seal_chip_key_block(blank.chip, 0), key2 = seal_chip_key_block(blank.chip, 2);
    seal_fuse_plan_init(&plan, &blank, SEAL_PATH_UART);
    assert_int_equal(seal_boot_slots_add(&plan, &wish, 1u << key0 | 1u << key2, &slots, &cause), SEAL_OK);
    assert_int_equal(slots.slots[0].block, seal_chip_key_block(blank.chip, 1));
    assert_int_equal(slots.slots[1].block, seal_chip_key_block(blank.chip, 3));
    /* and they can be taken afterwards, in the same plan */
    uint8_t bytes[32];
    uint32_t blocks;
    state_key(bytes, 5);
    const struct seal_fuse_key key = {.block = key0, .purpose = "HMAC_UP", .data = bytes, .len = 32};
    assert_int_equal(seal_fuse_plan_key(&plan, &key, &blocks, &cause), SEAL_OK);
    assert_int_equal(seal_fuse_plan_close(&plan, NULL, &cause), SEAL_OK);
}

static void keys_that_nobody_named_are_refused(void **state)
{
    (void)state;
    const struct seal_wish_secure_boot wish = wish_of(1, 40);
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    assert_int_equal(add("esp32c3", "KEY_PURPOSE_2=10 KEY2=random", &wish, &plan, NULL, &cause),
                     SEAL_ERR_STATE);
    assert_non_null(strstr(cause.text, "slot 1"));
    assert_non_null(strstr(cause.hint, "SECURE_BOOT_KEY_REVOKE1"));
    assert_int_equal(
        add("esp32c3", "KEY_PURPOSE_2=10 KEY2=random SECURE_BOOT_KEY_REVOKE1=1", &wish, &plan, NULL, &cause),
        SEAL_OK);
    /* hidden: no image verifies, and nobody knows what is in it */
    assert_int_equal(add("esp32c3", "KEY_PURPOSE_2=9 RD_DIS.2", &wish, &plan, NULL, &cause), SEAL_ERR_STATE);
    /* the ESP32's only place */
    assert_int_equal(add("esp32", "BLOCK2=random", &wish, &plan, NULL, &cause), SEAL_ERR_STATE);
    assert_int_equal(add("esp32c2", "KEY0=random", &wish, &plan, NULL, &cause), SEAL_ERR_STATE);
}

static void a_revoked_key_does_not_return(void **state)
{
    (void)state;
    const struct seal_wish_secure_boot wish = wish_of(1, 40);
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    assert_int_equal(add("esp32c3", "", &wish, &plan, NULL, &cause), SEAL_OK);
    struct seal_efuse burned = plan.after;
    state_set(&burned, "SECURE_BOOT_KEY_REVOKE0=1");
    seal_fuse_plan_init(&plan, &burned, SEAL_PATH_UART);
    assert_int_equal(seal_boot_slots_add(&plan, &wish, 0, NULL, &cause), SEAL_ERR_STATE);
    assert_non_null(strstr(cause.text, "revoked"));
}

/* A burn that was cut after the purpose, or after half of the digest, goes on in the same block. */
static void a_cut_burn_is_taken_up(void **state)
{
    (void)state;
    const struct seal_wish_secure_boot wish = wish_of(1, 40);
    struct seal_boot_slots slots;
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    assert_int_equal(add("esp32c3", "KEY_PURPOSE_4=9", &wish, &plan, &slots, &cause), SEAL_OK);
    assert_int_equal(slots.slots[0].block, seal_chip_key_block(seal_chip_find("esp32c3"), 4));
    struct seal_efuse half = state_of(seal_chip_find("esp32c3"), "");
    unsigned key3 = (unsigned)seal_chip_key_block(half.chip, 3);
    memcpy(half.words[key3], wish.digests[0].bytes, 16);
    seal_fuse_plan_init(&plan, &half, SEAL_PATH_UART);
    assert_int_equal(seal_boot_slots_add(&plan, &wish, 0, &slots, &cause), SEAL_OK);
    assert_int_equal(slots.slots[0].block, key3);
}

/* The ESP32-C2: 128 bits of key and 128 bits of digest in one write of its one block. */
static void the_c2_shares_its_block(void **state)
{
    (void)state;
    const struct seal_wish_secure_boot wish = wish_of(1, 40);
    struct seal_efuse blank = state_of(seal_chip_find("esp32c2"), "");
    unsigned block = (unsigned)seal_chip_key_block(blank.chip, 0);
    struct seal_boot_slots slots;
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    uint8_t bytes[32], turned[16];
    uint32_t blocks;
    state_key(bytes, 5);
    for (size_t i = 0; i < 16; i++) {
        turned[i] = bytes[15 - i];
    }
    struct seal_fuse_key key = {.block = SEAL_PLAN_KEY_AUTO,
                                .purpose = "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS",
                                .data = bytes,
                                .len = 16};
    for (unsigned order = 0; order < 2; order++) {
        seal_fuse_plan_init(&plan, &blank, SEAL_PATH_UART);
        for (unsigned step = 0; step < 2; step++) {
            int err = step == order ? seal_fuse_plan_key(&plan, &key, &blocks, &cause)
                                    : seal_boot_slots_add(&plan, &wish, 0, NULL, &cause);
            assert_int_equal(err, SEAL_OK);
        }
        assert_int_equal(seal_fuse_plan_close(&plan, NULL, &cause), SEAL_OK); /* C2-ONE-WRITE is content */
        assert_memory_equal(plan.after.words[block], turned, 16);
        assert_memory_equal(plan.after.words[block] + 4, wish.digests[0].bytes, 16);
        assert_int_equal(seal_efuse_get_named(&plan.after, "RD_DIS"), 1);
    }
    /* with the key hidden the digest is still found, and nothing is left to do */
    struct seal_efuse burned = plan.after;
    memset(burned.words[block], 0, 16);
    seal_fuse_plan_init(&plan, &burned, SEAL_PATH_UART);
    assert_int_equal(seal_boot_slots_add(&plan, &wish, 0, &slots, &cause), SEAL_OK);
    assert_int_equal(seal_boot_slots_find(&slots, wish.digests[0].bytes), 0);
    assert_int_equal(seal_fuse_plan_close(&plan, NULL, &cause), SEAL_OK);
    assert_true(seal_fuse_plan_empty(&plan));
    /* the digest alone leaves the key's half blank for ever */
    seal_fuse_plan_init(&plan, &blank, SEAL_PATH_UART);
    assert_int_equal(seal_boot_slots_add(&plan, &wish, 0, NULL, &cause), SEAL_OK);
    assert_int_equal(seal_fuse_plan_close(&plan, NULL, &cause), SEAL_ERR_RULE);
    /* a key of 256 bits takes the digest's place */
    key.purpose = "XTS_AES_128_KEY";
    key.len = 32;
    seal_fuse_plan_init(&plan, &blank, SEAL_PATH_UART);
    assert_int_equal(seal_fuse_plan_key(&plan, &key, &blocks, &cause), SEAL_OK);
    assert_int_not_equal(seal_boot_slots_add(&plan, &wish, 0, NULL, &cause), SEAL_OK);
}

static void version_1_hides_its_key(void **state)
{
    (void)state;
    uint8_t bytes[32];
    state_key(bytes, 5);
    struct seal_wish_secure_boot wish = {.version = 1, .v1_key = bytes};
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    char burned[256];
    assert_int_equal(add("esp32", "", &wish, &plan, NULL, &cause), SEAL_OK);
    state_burns(&plan, burned, sizeof burned);
    assert_non_null(strstr(burned, "RD_DIS=2"));
    assert_int_equal(add("esp32", "CODING_SCHEME=1", &wish, &plan, NULL, &cause), SEAL_OK);
    assert_int_equal(add("esp32", "RD_DIS.1 WR_DIS.8", &wish, &plan, NULL, &cause), SEAL_OK);
    assert_true(seal_fuse_plan_empty(&plan));
    assert_int_equal(add("esp32c3", "", &wish, &plan, NULL, &cause), SEAL_ERR_UNSUPPORTED);
    wish.v1_key = NULL;
    assert_int_equal(add("esp32", "", &wish, &plan, NULL, &cause), SEAL_ERR_STATE);
    /* version 2 needs the whole block */
    const struct seal_wish_secure_boot v2 = wish_of(1, 40);
    assert_int_equal(add("esp32", "CODING_SCHEME=1", &v2, &plan, NULL, &cause), SEAL_ERR_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chip_fills_its_slots),
        cmocka_unit_test(unused_slots_are_revoked_or_left),
        cmocka_unit_test(rotation_takes_the_next_slot),
        cmocka_unit_test(reserved_blocks_stay_free),
        cmocka_unit_test(keys_that_nobody_named_are_refused),
        cmocka_unit_test(a_revoked_key_does_not_return),
        cmocka_unit_test(a_cut_burn_is_taken_up),
        cmocka_unit_test(the_c2_shares_its_block),
        cmocka_unit_test(version_1_hides_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
