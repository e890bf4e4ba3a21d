/* Every error has an exit status, and only those that the manual lists. */
#include "unit.h"

#include "cli/run.h"

#include <string.h>

static bool is_documented(int status)
{
    for (const struct cli_exit_row *row = cli_exit_rows; row->meaning; row++) {
        if (row->status == status) {
            return true;
        }
    }
    return false;
}

static void check_error(int err, void *ctx)
{
    unsigned *count = ctx;
    int status = cli_exit_status(err);
    ++*count;
    assert_true(status > 0);
    if (!is_documented(status)) {
        fail_msg("exit status %d of %s is not in the manual", status, seal_err_name(err));
    }
    /* 70 is what an error gets that nobody thought of: these two are meant. */
    bool defect = err == SEAL_ERR_INTERNAL || err == SEAL_ERR_NO_MEMORY;
    if ((status == 70) != defect) {
        fail_msg("%s has no exit status of its own", seal_err_name(err));
    }
}

static void test_every_error_has_a_status(void **state)
{
    (void)state;
    unsigned count = 0;
    seal_err_each(check_error, &count);
    assert_true(count >= 31);
    assert_int_equal(cli_exit_status(SEAL_OK), 0);
    assert_int_equal(cli_exit_status(-9999), 70);
}

static void test_statuses_of_the_design(void **state)
{
    (void)state;
    assert_int_equal(cli_exit_status(SEAL_ERR_USAGE), 1);
    assert_int_equal(cli_exit_status(SEAL_ERR_MISMATCH), 2);
    assert_int_equal(cli_exit_status(SEAL_ERR_NO_DEVICE), 3);
    assert_int_equal(cli_exit_status(SEAL_ERR_ROM), 4);
    assert_int_equal(cli_exit_status(SEAL_ERR_WRONG_CHIP), 5);
    assert_int_equal(cli_exit_status(SEAL_ERR_PROOF), 6);
    assert_int_equal(cli_exit_status(SEAL_ERR_FINDINGS), 7);
    assert_int_equal(cli_exit_status(SEAL_ERR_DECLINED), 8);
    assert_int_equal(cli_exit_status(SEAL_ERR_INTERRUPTED), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_error_has_a_status),
        cmocka_unit_test(test_statuses_of_the_design),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
