/* A simulated chip: espseal-sim as a child on a socket pair. It ends when its end of the pair closes. */
#include "link_driver.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PARAMETERS 16
/* The simulator writes its eFuse and flash files at the end; it gets this long before it is told to go. */
#define EXIT_WAIT_MS 5000

/* What may follow the question mark, as the simulator's options. */
static const char *const parameters[] = {"--efuse", "--flash", "--baud",       "--latency",  "--fault",
                                         "--log",   "--mac",   "--flash-size", "--revision", "--crystal"};

struct sim_link {
    struct link_fd io;
    pid_t pid;  /* 0: has been waited for */
    bool spoke; /* it got as far as to be a chip */
    char name[128];
};

struct sim_arguments {
    char *text; /* what argv points into */
    char *argv[4 + 2 * MAX_PARAMETERS + 1];
};

static int sim_ended(struct sim_link *link, struct seal_cause *cause)
{
    int status = 0;
    if (link->pid > 0 && waitpid(link->pid, &status, 0) == link->pid) {
        link->pid = 0;
        if (WIFEXITED(status) && WEXITSTATUS(status) && !link->spoke) {
            int err = seal_fail(cause, SEAL_ERR_NO_DEVICE, "%s: the simulator could not start", link->name);
            seal_hint(cause, "espseal-sim says why in the lines above");
            return err;
        }
        if (WIFEXITED(status)) {
            return seal_fail(cause, SEAL_ERR_LINK, "%s: the simulator ended with exit status %d", link->name,
                             WEXITSTATUS(status));
        }
        return seal_fail(cause, SEAL_ERR_LINK, "%s: the simulator was ended by signal %d", link->name,
                         WTERMSIG(status));
    }
    return seal_fail(cause, SEAL_ERR_LINK, "%s: the simulator is gone", link->name);
}

static int sim_write(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                     struct seal_cause *cause)
{
    struct sim_link *link = self;
    int err = link_fd_write(&link->io, data, len, deadline, cause);
    return err == SEAL_ERR_LINK ? sim_ended(link, cause) : err;
}

static int sim_read(void *self, uint8_t *data, size_t capacity, size_t *len, seal_deadline deadline,
                    struct seal_cause *cause)
{
    struct sim_link *link = self;
    int err = link_fd_read(&link->io, data, capacity, len, deadline, cause);
    link->spoke = link->spoke || (err == SEAL_OK && *len > 0);
    return err == SEAL_ERR_LINK ? sim_ended(link, cause) : err;
}

static int sim_discard_input(void *self, struct seal_cause *cause)
{
    (void)cause;
    struct sim_link *link = self;
    link_fd_discard(&link->io);
    return SEAL_OK;
}

static bool ended_within(pid_t pid, int milliseconds)
{
    seal_deadline deadline = seal_deadline_in_ms(milliseconds);
    for (;;) {
        pid_t got = waitpid(pid, NULL, WNOHANG);
        if (got == pid || (got < 0 && errno != EINTR)) {
            return true;
        }
        if (seal_deadline_passed(deadline)) {
            return false;
        }
        seal_sleep_us(500);
    }
}

static void sim_close(void *self)
{
    struct sim_link *link = self;
    (void)close(link->io.fd);
    if (link->pid > 0 && !ended_within(link->pid, EXIT_WAIT_MS)) {
        (void)kill(link->pid, SIGKILL);
        (void)waitpid(link->pid, NULL, 0);
    }
    free(link);
}

static const struct seal_link_ops sim_ops = {
    .kind = "sim",
    .write = sim_write,
    .read = sim_read,
    .discard_input = sim_discard_input,
    .close = sim_close,
};

/* The simulator's option of that name, or NULL. */
static const char *find_option(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        if (strlen(parameters[i] + 2) == len && memcmp(parameters[i] + 2, name, len) == 0) {
            return parameters[i];
        }
    }
    return NULL;
}

static int bad_parameter(const char *port, const char *text, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_USAGE, "%s: the simulator has no parameter '%s'", port, text);
    seal_hint(cause, "parameters are efuse=FILE, flash=FILE, baud=N, latency=MS, mac=MAC, revision=N.N, "
                     "flash-size=N, crystal=MHZ, fault=RULES "
                     "and log=FILE");
    return err;
}

static void put_argument(struct sim_arguments *arguments, size_t *count, const char *text)
{
    /* posix_spawn takes char *const[] but changes nothing. */
    memcpy(&arguments->argv[(*count)++], &text, sizeof text);
}

/* "CHIP?a=b&c=d" into "espseal-sim --chip CHIP --stdio --a b --c d". */
static int parse(const char *port, const char *rest, struct sim_arguments *arguments,
                 struct seal_cause *cause)
{
    arguments->text = strdup(rest);
    if (!arguments->text) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    size_t count = 0;
    char *query = strchr(arguments->text, '?');
    if (query) {
        *query++ = '\0';
    }
    put_argument(arguments, &count, "espseal-sim");
    put_argument(arguments, &count, "--chip");
    arguments->argv[count++] = arguments->text;
    put_argument(arguments, &count, "--stdio");
    if (arguments->text[0] == '\0') {
        return seal_fail(cause, SEAL_ERR_USAGE, "%s does not say which chip: write sim:esp32c3", port);
    }
    char *save = NULL;
    for (char *item = query ? strtok_r(query, "&", &save) : NULL; item; item = strtok_r(NULL, "&", &save)) {
        char *value = strchr(item, '=');
        const char *option = find_option(item, value ? (size_t)(value - item) : strlen(item));
        if (!option || !value || value[1] == '\0' || count + 2 > 4 + 2 * MAX_PARAMETERS) {
            return bad_parameter(port, item, cause);
        }
        put_argument(arguments, &count, option);
        arguments->argv[count++] = value + 1;
    }
    return SEAL_OK;
}

/* The simulator beside this program, or "espseal-sim" for PATH. */
static void find_program(const struct seal_link_options *options, char path[static 4096])
{
    static const char name[] = "espseal-sim";
    if (options->sim_program) {
        (void)snprintf(path, 4096, "%s", options->sim_program);
        return;
    }
    ssize_t len = readlink("/proc/self/exe", path, 4096 - sizeof name);
    char *slash = len > 0 ? memrchr(path, '/', (size_t)len) : NULL;
    if (slash) {
        memcpy(slash + 1, name, sizeof name);
        if (access(path, X_OK) == 0) {
            return;
        }
    }
    memcpy(path, name, sizeof name);
}

/* Returns 0 or an errno value. The child has its own process group: Ctrl-C is for us alone to handle. */
static int spawn(const char *program, char *const argv[], int child_end, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t defaults;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure) {
        return failure;
    }
    failure = posix_spawnattr_init(&attributes);
    if (failure) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return failure;
    }
    (void)sigemptyset(&none);
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE);
    (void)sigaddset(&defaults, SIGINT);
    (void)sigaddset(&defaults, SIGTERM);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &defaults);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setflags(&attributes,
                                   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    failure = posix_spawn_file_actions_adddup2(&actions, child_end, STDIN_FILENO);
    if (!failure) {
        failure = posix_spawn_file_actions_adddup2(&actions, child_end, STDOUT_FILENO);
    }
    if (!failure) {
        failure = posix_spawnp(pid, program, &actions, &attributes, argv, environ);
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failure;
}

static int spawn_failed(const char *program, int failure, struct seal_cause *cause)
{
    int err = seal_fail_system(cause, SEAL_ERR_NO_DEVICE, failure, "cannot start the simulator %s", program);
    seal_hint(cause, "espseal-sim must stand beside espseal or on PATH");
    return err;
}

int link_sim_open(const char *port, const char *rest, const struct seal_link_options *options,
                  struct seal_link **out, struct seal_cause *cause)
{
    struct sim_arguments arguments = {0};
    char program[4096];
    int ends[2] = {-1, -1};
    struct sim_link *link = NULL;
    int err = parse(port, rest, &arguments, cause);
    if (err) {
        goto out;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        err = seal_fail_errno(cause, "cannot make a socket pair");
        goto out;
    }
    link = calloc(1, sizeof *link);
    err = link ? seal_link_wrap(&sim_ops, link, port, out) : SEAL_ERR_NO_MEMORY;
    if (err) {
        (void)seal_fail(cause, err, "out of memory");
        goto out;
    }
    (void)snprintf(link->name, sizeof link->name, "%s", port);
    link->io = (struct link_fd){.fd = ends[0], .is_socket = true, .name = link->name};
    (*out)->follows_rate = true;
    find_program(options, program);
    int failure = spawn(program, arguments.argv, ends[1], &link->pid);
    if (failure) {
        err = spawn_failed(program, failure, cause);
        link->pid = 0;
        seal_link_close(out); /* frees link and closes our end */
        link = NULL;
        ends[0] = -1;
        goto out;
    }
    (void)close(ends[1]);
    free(arguments.text);
    return SEAL_OK;
out:
    free(link);
    for (size_t i = 0; i < 2; i++) {
        if (ends[i] >= 0) {
            (void)close(ends[i]);
        }
    }
    free(arguments.text);
    return err;
}
