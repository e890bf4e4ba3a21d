#include "run.h"

#include <espseal/deadline.h>

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static bool secrets_not_locked;

void cli_secrets_locked(bool locked)
{
    secrets_not_locked = !locked;
}

static bool takes_keys(const struct cli_command *command)
{
    const struct cli_option *option;
    for (size_t i = 0; (option = cli_command_option(command, i)); i++) {
        const char *key = strstr(option->name, "key");
        if (key && key[3] == '\0' && option->value && strcmp(option->value, "FILE") == 0) {
            return true;
        }
    }
    return false;
}

static int run_command(struct cli_run *run, struct seal_cause *cause)
{
    if (run->help) {
        if (run->command) {
            cli_help_command(stdout, run->command);
        } else if (run->group) {
            cli_help_group(stdout, run->group);
        } else {
            cli_help_overview(stdout);
        }
        return SEAL_OK;
    }
    if (secrets_not_locked && takes_keys(run->command)) {
        cli_warn(run, "keys could not be locked in memory and may be swapped out (ulimit -l is too low)");
    }
    int err = run->command->run(run, cause);
    cli_progress_done(run);
    if (err == SEAL_OK) {
        err = cli_leave_device(run, cause);
    }
    if (run->close_device) {
        run->close_device(run);
    }
    if (err != SEAL_OK && seal_interrupted()) {
        err = SEAL_ERR_INTERRUPTED;
        if (cause->err != err) {
            err = seal_fail(cause, err, "interrupted");
        }
        if (!cause->hint[0]) {
            seal_hint(cause, "run the same command again to continue");
        }
    }
    return err;
}

/* Whoever read our pipe has had enough, as in "| head": nothing to complain about. */
static bool reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

/* A full disk shows only here. */
static int flush_output(int err, struct seal_cause *cause)
{
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    if (!failed || err != SEAL_OK || reader_left()) {
        return err;
    }
    errno = errno ? errno : EIO; /* an earlier write failed, and its reason is gone */
    return seal_fail_errno(cause, "cannot write to standard output");
}

int cli_main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        return puts("espseal " ESPSEAL_VERSION) < 0 || fflush(stdout) != 0 ? cli_exit_status(SEAL_ERR_IO) : 0;
    }
    (void)setlocale(LC_CTYPE, "");
    if (argc < 2) {
        cli_help_overview(stderr);
        return cli_exit_status(SEAL_ERR_USAGE);
    }
    bool emitted = false;
    struct cli_progress_state progress = {0};
    struct cli_run run = {.emitted = &emitted, .progress = &progress};
    run.stderr_terminal = isatty(STDERR_FILENO) == 1;
    struct seal_cause cause = {0};

    int err = cli_parse(&run, argc, argv, &cause);
    err = err == SEAL_OK ? run_command(&run, &cause) : err;
    err = flush_output(err, &cause);
    if (err != SEAL_OK) {
        cli_report(&run, err, &cause);
    }
    cli_run_clear(&run);
    return cli_exit_status(err);
}
