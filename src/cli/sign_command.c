#include "provision.h"

#include <espseal/deadline.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) {
            (void)close(pair[i]);
        }
    }
}

static pid_t start(const char *command, int in[2], int out[2])
{
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGPIPE, SIG_DFL);
        if (dup2(in[0], STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0) {
            _exit(127);
        }
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return child;
}

/* Feeds and drains until the child closes its output. */
static int pump(int in, int out, const uint8_t *input, size_t len, size_t max, struct seal_buf *output,
                struct seal_cause *cause)
{
    bool open_in = true;
    for (;;) {
        struct pollfd fds[2] = {{.fd = out, .events = POLLIN}, {.fd = open_in ? in : -1, .events = POLLOUT}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            return seal_fail_errno(cause, "cannot wait for the signing command");
        }
        if (seal_interrupted()) {
            return seal_fail(cause, SEAL_ERR_INTERRUPTED,
                             "interrupted while the signing command ran; nothing was burned");
        }
        if (fds[1].revents) {
            ssize_t put = len ? write(in, input, len) : 0;
            input += put > 0 ? put : 0;
            len -= put > 0 ? (size_t)put : 0;
            if (len == 0 || (put < 0 && errno != EINTR && errno != EAGAIN)) {
                (void)close(in);
                open_in = false;
            }
        }
        if (fds[0].revents) {
            uint8_t chunk[4096];
            ssize_t got = read(out, chunk, sizeof chunk);
            if (got == 0 || (got < 0 && errno != EINTR)) {
                break;
            }
            if (got > 0 && (seal_buf_len(output) + (size_t)got > max ||
                            seal_buf_put(output, chunk, (size_t)got) != SEAL_OK)) {
                return seal_fail(cause, SEAL_ERR_TOO_LONG, "the signing command printed more than %zu bytes",
                                 max);
            }
        }
    }
    if (open_in) {
        (void)close(in);
    }
    return SEAL_OK;
}

static int reap(pid_t child, const char *command, struct seal_cause *cause)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return SEAL_OK;
    }
    int err = WIFEXITED(status)
                  ? seal_fail(cause, SEAL_ERR_IO, "the signing command \"%.120s\" ended with status %d",
                              command, WEXITSTATUS(status))
                  : seal_fail(cause, SEAL_ERR_IO, "the signing command \"%.120s\" was ended by signal %d",
                              command, WTERMSIG(status));
    seal_hint(cause,
              "it gets the request (PEM) on its stdin and must print the certificate; nothing was burned");
    return err;
}

int cli_run_filter(const char *command, const uint8_t *input, size_t len, size_t max, struct seal_buf *output,
                   struct seal_cause *cause)
{
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    pid_t child = -1;
    int err = SEAL_OK;
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || (child = start(command, in, out)) < 0) {
        err = seal_fail_errno(cause, "cannot run the signing command");
        close_pair(in);
        close_pair(out);
        return err;
    }
    (void)close(in[0]);
    (void)close(out[1]);
    err = pump(in[1], out[0], input, len, max, output, cause);
    (void)close(out[0]);
    if (err != SEAL_OK) {
        (void)kill(child, SIGTERM);
        (void)reap(child, command, NULL);
        return err;
    }
    return reap(child, command, cause);
}
