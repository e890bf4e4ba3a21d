/* SECURE_VERSION on every chip: counts up, never down, never past the app. */
#include "fuse_state.h"

#include <espseal/anti_rollback.h>

static unsigned expected_max(const char *chip)
{
    return strcmp(chip, "esp32") == 0     ? 32
           : strcmp(chip, "esp32c2") == 0 ? 4
           : strcmp(chip, "esp32c5") == 0 ? 9
                                          : 16;
}

static struct seal_image app_of(uint32_t version)
{
    return (struct seal_image){.has_app = true, .app = {.secure_version = version}};
}

static int add(const struct seal_efuse *state, unsigned version, const struct seal_image *app,
               struct seal_fuse_plan *plan, struct seal_cause *cause)
{
    seal_fuse_plan_init(plan, state, SEAL_PATH_UART);
    int err = seal_anti_rollback_add(plan, version, app, cause);
    return err != SEAL_OK ? err : seal_fuse_plan_close(plan, NULL, cause);
}

static void count_up(const struct seal_chip *chip)
{
    struct seal_efuse state = state_of(chip, "");
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    unsigned most = seal_anti_rollback_max(chip);
    assert_int_equal(most, expected_max(chip->name));
    assert_int_equal(seal_anti_rollback_version(&state), 0);
    for (unsigned version = 0; version <= most; version += 1 + version / 3) {
        struct seal_image app = app_of(version);
        assert_int_equal(add(&state, version, &app, &plan, &cause), SEAL_OK);
        assert_int_equal(seal_fuse_plan_empty(&plan), version == 0);
        state = plan.after;
        assert_int_equal(seal_anti_rollback_version(&state), version);
        assert_int_equal(seal_efuse_get_named(&state, "SECURE_VERSION"), (1ull << version) - 1);
        assert_int_equal(add(&state, version, &app, &plan, &cause), SEAL_OK);
        assert_true(seal_fuse_plan_empty(&plan));
        if (version > 0) {
            assert_int_equal(add(&state, version - 1, &app, &plan, &cause), SEAL_ERR_STATE);
        }
    }
    assert_int_equal(add(&state, most + 1, NULL, &plan, &cause), SEAL_ERR_TOO_LONG);
    assert_non_null(strstr(cause.text, chip->title));
}

static void every_chip_counts_up(void **state)
{
    (void)state;
    state_each_chip(count_up);
}

static void the_app_is_looked_at_first(void **state)
{
    (void)state;
    struct seal_efuse c3 = state_of(seal_chip_find("esp32c3"), "");
    struct seal_image older = app_of(2), newer = app_of(9), bootloader = {.has_bootloader = true};
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    assert_int_equal(add(&c3, 3, &older, &plan, &cause), SEAL_ERR_MISMATCH);
    assert_non_null(strstr(cause.hint, "CONFIG_BOOTLOADER_APP_SECURE_VERSION=3"));
    assert_int_equal(add(&c3, 3, &bootloader, &plan, &cause), SEAL_ERR_MISMATCH);
    assert_int_equal(add(&c3, 3, &newer, &plan, &cause), SEAL_OK);
    assert_int_equal(add(&c3, 3, NULL, &plan, &cause), SEAL_OK);
    /* also where nothing is to be burned: the app would not boot on this chip */
    state_set(&c3, "SECURE_VERSION=7");
    assert_int_equal(add(&c3, 3, &older, &plan, &cause), SEAL_ERR_MISMATCH);
}

static void states_that_forbid_it(void **state)
{
    (void)state;
    struct seal_efuse coded = state_of(seal_chip_find("esp32"), "CODING_SCHEME=1");
    struct seal_efuse locked = state_of(seal_chip_find("esp32c3"), "WR_DIS.18");
    struct seal_efuse gap = state_of(seal_chip_find("esp32c3"), "SECURE_VERSION=5");
    struct seal_fuse_plan plan;
    struct seal_cause cause = {0};
    assert_int_equal(add(&coded, 1, NULL, &plan, &cause), SEAL_ERR_STATE);
    assert_int_equal(add(&coded, 0, NULL, &plan, &cause), SEAL_OK);
    assert_int_equal(add(&locked, 1, NULL, &plan, &cause), SEAL_ERR_STATE);
    /* bits count, wherever they stand */
    assert_int_equal(add(&gap, 3, NULL, &plan, &cause), SEAL_OK);
    assert_int_equal(seal_efuse_get_named(&plan.after, "SECURE_VERSION"), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chip_counts_up),
        cmocka_unit_test(the_app_is_looked_at_first),
        cmocka_unit_test(states_that_forbid_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
