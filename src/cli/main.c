/* Nothing but the process: secrets, signals, and which program it was called as. */
#include "cli.h"

#include <espseal/deadline.h>
#include <espseal/secret.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void on_signal(int number)
{
    (void)number;
    seal_interrupt();
}

static void catch_signal(int number)
{
    struct sigaction old;
    if (sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_IGN) {
        return; /* nohup and shells' background jobs ask for that */
    }
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waits shall end */
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

/* Else the next file opened, a serial port or a key, would take the place of a closed stream and its talk. */
static void occupy_standard_streams(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDWR); /* the lowest free number */
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO) {
        (void)close(fd);
    }
}

int main(int argc, char **argv)
{
    bool locked = false;
    occupy_standard_streams();
    (void)seal_secret_init(&locked);
    cli_secrets_locked(locked);
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
    catch_signal(SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = slash ? slash + 1 : argc > 0 ? argv[0] : "";
    if (strcmp(name, "configure_esp_secure_cert.py") == 0) {
        return cli_configure_main(argc, argv);
    }
    return cli_main(argc, argv);
}
