#include "run.h"

#include <espseal/deadline.h>
#include <espseal/secret.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* The terminal that a person sits at, even when standard input is a pipe; -1: there is none. */
static int open_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && isatty(STDIN_FILENO) == 1) {
        fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    }
    return fd;
}

static int read_line(int fd, char *line, size_t size, struct seal_cause *cause)
{
    size_t used = 0;
    for (;;) {
        char c;
        ssize_t got = seal_interrupted() ? -1 : read(fd, &c, 1);
        if (got < 0) {
            return seal_interrupted() ? seal_fail(cause, SEAL_ERR_INTERRUPTED, "interrupted")
                                      : seal_fail_errno(cause, "cannot read from the terminal");
        }
        if (got == 0 || c == '\n' || c == '\r') {
            line[used] = '\0';
            return got == 0 && used == 0 ? seal_fail(cause, SEAL_ERR_DECLINED, "no answer was given")
                                         : SEAL_OK;
        }
        if (used + 1 >= size) {
            return seal_fail(cause, SEAL_ERR_TOO_LONG, "that answer is longer than %zu characters", size - 1);
        }
        line[used++] = c;
    }
}

static void prompt_on(int fd, const char *prompt)
{
    size_t len = strlen(prompt);
    /* A standard input that can only be read still has a terminal behind standard error. */
    if (write(fd, prompt, len) != (ssize_t)len) {
        (void)fputs(prompt, stderr);
    }
}

int cli_ask_line(const char *prompt, bool echo, char *line, size_t size, struct seal_cause *cause)
{
    struct termios before, quiet;
    int fd = open_terminal();
    if (fd < 0) {
        return seal_fail(cause, SEAL_ERR_DECLINED, "there is no terminal to ask at");
    }
    bool hidden = !echo && tcgetattr(fd, &before) == 0;
    if (hidden) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
        quiet.c_lflag |= ECHONL;
        (void)tcsetattr(fd, TCSAFLUSH, &quiet);
    }
    prompt_on(fd, prompt);
    int err = read_line(fd, line, size, cause);
    if (hidden) {
        (void)tcsetattr(fd, TCSAFLUSH, &before);
    }
    if (err != SEAL_OK) {
        seal_cleanse(line, size);
    }
    (void)close(fd);
    return err;
}

static const char burn_prompt[] = "Type BURN to go on: ";

/* For scripts that answer through a pipe (echo BURN |), as the espefuse family of tools lets them. */
static int ask_standard_input(char *answer, size_t size, struct seal_cause *cause)
{
    (void)fputs(burn_prompt, stderr);
    int err = read_line(STDIN_FILENO, answer, size, cause);
    if (isatty(STDIN_FILENO) != 1) {
        (void)fputc('\n', stderr);
    }
    return err;
}

int cli_confirm_burn(struct cli_run *run, const char *question, struct seal_cause *cause)
{
    char answer[16];
    cli_say(run, "%s", question);
    const char *confirm = cli_text(run, "confirm");
    if (confirm && strcmp(confirm, "burn") == 0) {
        return SEAL_OK;
    }
    int err = confirm ? ask_standard_input(answer, sizeof answer, cause)
                      : cli_ask_line(burn_prompt, true, answer, sizeof answer, cause);
    if (err == SEAL_OK && strcmp(answer, "BURN") == 0) {
        return SEAL_OK;
    }
    if (err == SEAL_ERR_INTERRUPTED) {
        err = seal_fail(cause, err, "interrupted; nothing was burned");
        seal_hint(cause, "run the same command again; --dry-run only shows the plan");
        return err;
    }
    const bool answered = err == SEAL_OK || err == SEAL_ERR_TOO_LONG;
    if (answered) {
        err = seal_fail(cause, SEAL_ERR_DECLINED, "declined: the answer was not BURN; nothing was burned");
    } else {
        err = seal_fail(cause, SEAL_ERR_DECLINED, "there was nobody to confirm; nothing was burned");
    }
    seal_hint(cause, confirm    ? "answer BURN in capitals, or give --do-not-confirm"
                     : answered ? "the word is BURN, in capitals; --confirm burn says so on the command line"
                                : "--confirm burn says so on the command line");
    return err;
}

static int passphrase_from_file(const struct cli_run *run, const char *path, char *passphrase, size_t size)
{
    struct seal_buf *buf = NULL;
    struct seal_cause cause = {0};
    int err = cli_read_secret(run, path, 4096, &buf, &cause);
    if (err != SEAL_OK) {
        cli_warn(run, "%s", cause.text);
        seal_buf_free(&buf);
        return SEAL_ERR_PASSPHRASE;
    }
    const char *text = (const char *)seal_buf_ptr(buf);
    size_t len = 0;
    while (len < seal_buf_len(buf) && text[len] != '\n' && text[len] != '\r') {
        len++;
    }
    if (len + 1 > size) {
        err = SEAL_ERR_PASSPHRASE;
    } else {
        memcpy(passphrase, text, len);
        passphrase[len] = '\0';
    }
    seal_buf_free(&buf);
    return err;
}

static int ask_passphrase(void *ctx, const char *what, char *passphrase, size_t size)
{
    struct cli_run *run = ctx;
    const char *path = run->passphrase_option ? cli_text(run, run->passphrase_option) : NULL;
    if (path) {
        return passphrase_from_file(run, path, passphrase, size);
    }
    char prompt[256];
    bool pin = run->passphrase_option && strcmp(run->passphrase_option, CLI_PIN_OPTION) == 0;
    (void)snprintf(prompt, sizeof prompt, "%s of %.200s: ", pin ? "PIN" : "Passphrase", what);
    cli_progress_clear(run);
    return cli_ask_line(prompt, false, passphrase, size, NULL) == SEAL_OK ? SEAL_OK : SEAL_ERR_PASSPHRASE;
}

struct seal_passphrase cli_passphrase(struct cli_run *run, const char *option)
{
    run->passphrase_option = option;
    return (struct seal_passphrase){.ask = ask_passphrase, .ctx = run};
}
