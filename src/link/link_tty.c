#include "link_driver.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>

int link_tty_lock(int fd, const char *port, struct seal_cause *cause)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        (void)ioctl(fd, TIOCEXCL); /* refused by a mocked tty; flock holds among ourselves */
        return SEAL_OK;
    }
    if (errno == EWOULDBLOCK) {
        return link_tty_open_failed(port, EBUSY, cause);
    }
    return seal_fail_errno(cause, "cannot lock %s", port);
}

int link_tty_set_lines(int fd, const char *port, bool dtr, bool rts, struct seal_cause *cause)
{
    int lines = 0;
    if (ioctl(fd, TIOCMGET, &lines) != 0) {
        return seal_fail_errno(cause, "cannot read the modem lines of %s", port);
    }
    lines = (lines & ~(TIOCM_DTR | TIOCM_RTS)) | (dtr ? TIOCM_DTR : 0) | (rts ? TIOCM_RTS : 0);
    if (ioctl(fd, TIOCMSET, &lines) != 0) {
        return seal_fail_errno(cause, "cannot set DTR and RTS of %s", port);
    }
    return SEAL_OK;
}

bool link_tty_has_lines(int fd)
{
    int lines = 0;
    return ioctl(fd, TIOCMGET, &lines) == 0;
}

static bool is_serial_name(const char *name)
{
    return strncmp(name, "ttyUSB", 6) == 0 || strncmp(name, "ttyACM", 6) == 0;
}

/* "/dev/ttyUSB0, /dev/ttyACM0"; "" when there is none. */
static void list_ports(char *text, size_t capacity)
{
    size_t used = 0;
    text[0] = '\0';
    DIR *folder = opendir("/dev");
    const struct dirent *entry;
    while (folder && used < capacity && (entry = readdir(folder)) != NULL) {
        if (is_serial_name(entry->d_name)) {
            int len = snprintf(text + used, capacity - used, "%s/dev/%s", used ? ", " : "", entry->d_name);
            used += len > 0 ? (size_t)len : 0;
        }
    }
    if (folder) {
        (void)closedir(folder);
    }
}

static void hint_ports(struct seal_cause *cause)
{
    char ports[256];
    list_ports(ports, sizeof ports);
    if (ports[0]) {
        seal_hint(cause, "serial ports there are: %s", ports);
    } else {
        seal_hint(cause, "there is no /dev/ttyUSB* and no /dev/ttyACM*: is the board plugged in?");
    }
}

int link_tty_open_failed(const char *port, int sys_errno, struct seal_cause *cause)
{
    int err = SEAL_ERR_IO;
    switch (sys_errno) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        err = seal_fail_system(cause, SEAL_ERR_NO_DEVICE, sys_errno, "cannot open %s", port);
        hint_ports(cause);
        break;
    case ENOTTY:
    case EISDIR:
        err = seal_fail(cause, SEAL_ERR_NO_DEVICE, "%s is not a serial port", port);
        hint_ports(cause);
        break;
    case EBUSY:
        err = seal_fail(cause, SEAL_ERR_BUSY, "%s is in use by another program", port);
        seal_hint(cause, "close the serial monitor or other tool; `fuser %s` names it", port);
        break;
    case EACCES:
    case EPERM:
        err = seal_fail_system(cause, SEAL_ERR_IO, sys_errno, "cannot open %s", port);
        seal_hint(cause,
                  "join the group that owns the port (`ls -l %s`): sudo usermod -aG dialout $USER, then "
                  "log in again",
                  port);
        break;
    default:
        err = seal_fail_system(cause, SEAL_ERR_IO, sys_errno, "cannot open %s", port);
        break;
    }
    if (cause) {
        cause->sys_errno = sys_errno;
    }
    return err;
}
