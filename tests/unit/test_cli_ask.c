/* Questions at a terminal: a pseudo-terminal is the controlling terminal of a child that asks. */
#include "unit.h"

#include "cli/run.h"

#include <espseal/deadline.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static const struct cli_option none[] = {{0}};
static const struct cli_command sample = {
    .name = "help", .options = none, .device = true, .danger = CLI_BURNS};

static int burn_answer(bool confirm)
{
    char words[5][16] = {"espseal", "--port", "x", "--confirm", "burn"};
    char *argv[] = {words[0], words[1], words[2], words[3], words[4], NULL};
    struct cli_progress_state progress = {0};
    bool emitted = false;
    struct cli_run run = {.command = &sample, .progress = &progress, .emitted = &emitted};
    struct seal_cause cause = {0};
    int err = cli_parse(&run, confirm ? 5 : 3, argv, &cause);
    err = err == SEAL_OK ? cli_confirm_burn(&run, "This burns eFuses.", &cause) : err;
    if (err == SEAL_ERR_DECLINED && !strstr(cause.hint, "--confirm burn")) {
        err = SEAL_ERR_INTERNAL;
    }
    cli_run_clear(&run);
    return err;
}

static int ask_for_burn(void)
{
    return burn_answer(false);
}

static int ask_for_burn_confirmed(void)
{
    return burn_answer(true);
}

static int ask_hidden(void)
{
    char line[16];
    struct seal_cause cause;
    int err = cli_ask_line("Passphrase: ", false, line, sizeof line, &cause);
    struct termios now;
    if (tcgetattr(STDIN_FILENO, &now) != 0 || !(now.c_lflag & ECHO)) {
        return SEAL_ERR_INTERNAL;
    }
    return err == SEAL_OK && strcmp(line, "open sesame") != 0 ? SEAL_ERR_MISMATCH : err;
}

static void on_signal(int number)
{
    (void)number;
    seal_interrupt();
}

/* The child's terminal lets its echo be seen: everything it shows is collected until prompt, then typed. */
static void read_until(int terminal, const char *wanted, char *seen, size_t size)
{
    size_t used = strlen(seen);
    seal_deadline deadline = seal_deadline_in_ms(30000);
    while (!wanted || !strstr(seen, wanted)) {
        struct pollfd ready = {.fd = terminal, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, seal_deadline_left_ms(deadline)), 1);
        ssize_t got = read(terminal, seen + used, size - used - 1);
        if (got <= 0) {
            assert_null(wanted); /* the child ended */
            return;
        }
        used += (size_t)got;
        seen[used] = '\0';
    }
}

/* What asking returns when the person types typed (NULL: Ctrl-C once the prompt stands). */
static int at_terminal(int (*asking)(void), const char *prompt, const char *typed, char *seen, size_t size)
{
    int terminal, status;
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0) {
        struct sigaction action = {.sa_handler = on_signal};
        (void)sigaction(SIGINT, &action, NULL);
        _exit(-asking());
    }
    seen[0] = '\0';
    if (prompt) {
        read_until(terminal, prompt, seen, size);
        const char *keys = typed ? typed : "\003";
        assert_int_equal(write(terminal, keys, strlen(keys)), (ssize_t)strlen(keys));
    }
    read_until(terminal, NULL, seen, size);
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)close(terminal);
    assert_true(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

static void test_burn_is_typed(void **state)
{
    (void)state;
    char seen[1024];
    assert_int_equal(at_terminal(ask_for_burn, "Type BURN", "BURN\n", seen, sizeof seen), SEAL_OK);
    assert_non_null(strstr(seen, "This burns eFuses."));
}

static void test_anything_else_declines(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "\n", "burn\n", "y\n", "BURN \n", "yes, BURN it all the way down\n", "\004"};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        char seen[1024];
        assert_int_equal(at_terminal(ask_for_burn, "Type BURN", answers[i], seen, sizeof seen),
                         SEAL_ERR_DECLINED);
    }
}

static void test_confirm_asks_nobody(void **state)
{
    (void)state;
    char seen[1024];
    assert_int_equal(at_terminal(ask_for_burn_confirmed, NULL, NULL, seen, sizeof seen), SEAL_OK);
    assert_null(strstr(seen, "Type BURN"));
}

static void test_a_passphrase_is_not_echoed(void **state)
{
    (void)state;
    char seen[1024];
    assert_int_equal(at_terminal(ask_hidden, "Passphrase: ", "open sesame\n", seen, sizeof seen), SEAL_OK);
    assert_null(strstr(seen, "sesame"));
}

static void test_interruption_restores_the_terminal(void **state)
{
    (void)state;
    char seen[1024];
    assert_int_equal(at_terminal(ask_hidden, "Passphrase: ", NULL, seen, sizeof seen), SEAL_ERR_INTERRUPTED);
    assert_int_equal(at_terminal(ask_for_burn, "Type BURN", NULL, seen, sizeof seen), SEAL_ERR_INTERRUPTED);
}

static void test_without_a_terminal_nobody_is_asked(void **state)
{
    (void)state;
    int input[2], status;
    assert_int_equal(pipe(input), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* a session of its own has no controlling terminal; BURN in a pipe is no person */
        (void)setsid();
        (void)dup2(input[0], STDIN_FILENO);
        _exit(-ask_for_burn());
    }
    assert_int_equal(write(input[1], "BURN\n", 5), 5);
    (void)close(input[0]);
    (void)close(input[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(-WEXITSTATUS(status), SEAL_ERR_DECLINED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burn_is_typed),
        cmocka_unit_test(test_anything_else_declines),
        cmocka_unit_test(test_confirm_asks_nobody),
        cmocka_unit_test(test_a_passphrase_is_not_echoed),
        cmocka_unit_test(test_interruption_restores_the_terminal),
        cmocka_unit_test(test_without_a_terminal_nobody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
