/* The list of keys that were given out: a key in two devices is one that nobody can trust in either. */
#include "provision.h"

#include <espseal/hex.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { KEY_HEX = 64, MAC_HEX = 12, LINE = KEY_HEX + 1 + MAC_HEX + 1 };

struct entry {
    char line[LINE + 1]; /* "KEY MAC\n" */
};

static int check_line(const char *path, unsigned number, const char *line, const struct entry *own,
                      bool *there, struct seal_cause *cause)
{
    if (strlen(line) != LINE || line[KEY_HEX] != ' ' || line[LINE - 1] != '\n') {
        int err =
            seal_fail(cause, SEAL_ERR_FORMAT, "%s, line %u is not a fingerprint and a MAC", path, number);
        seal_hint(cause, "a line is 64 hexadecimal digits, a blank and 12 more, as espseal writes them");
        return err;
    }
    if (strncmp(line, own->line, KEY_HEX) != 0) {
        return SEAL_OK;
    }
    *there = true;
    if (strcmp(line, own->line) == 0) {
        return SEAL_OK;
    }
    int err = seal_fail(cause, SEAL_ERR_MISMATCH, "%s, line %u: this key is that of the device %.12s already",
                        path, number, line + KEY_HEX + 1);
    seal_hint(cause, "every device needs a key of its own; nothing was burned");
    return err;
}

static int search(const char *path, FILE *file, const struct entry *own, bool *there,
                  struct seal_cause *cause)
{
    char line[LINE + 2]; /* a longer one is cut, and refused for it */
    int err = SEAL_OK;
    for (unsigned number = 1; err == SEAL_OK && fgets(line, sizeof line, file); number++) {
        err = check_line(path, number, line, own, there, cause);
    }
    return err == SEAL_OK && ferror(file) ? seal_fail_errno(cause, "cannot read %s", path) : err;
}

/* One write of a whole line at the end, under the lock: stations may share the list. */
static int append(const char *path, int fd, const struct entry *own, struct seal_cause *cause)
{
    return write(fd, own->line, LINE) == LINE && fsync(fd) == 0
               ? SEAL_OK
               : seal_fail_errno(cause, "cannot write to %s", path);
}

static int look_up(const char *path, const struct entry *own, struct seal_cause *cause)
{
    bool there = false;
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        int err = seal_fail_errno(cause, "cannot open %s", path);
        if (fd >= 0) {
            (void)close(fd);
        }
        return err;
    }
    FILE *file = fdopen(fd, "r+");
    if (!file) {
        (void)close(fd);
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    int err = search(path, file, own, &there, cause);
    if (err == SEAL_OK && !there) {
        err = append(path, fd, own, cause);
    }
    (void)fclose(file);
    return err;
}

int provision_seen(struct cli_run *run, struct provision *p, struct seal_cause *cause)
{
    const char *path = cli_text(run, "seen");
    const struct seal_cert *cert = seal_job_cert(p->job);
    struct seal_cert_info info;
    struct entry own;
    uint8_t mac[6];
    if (!path || !cert || seal_job_blind(p->job)) {
        return SEAL_OK;
    }
    int err = seal_cert_info(cert, &info);
    if (err != SEAL_OK) {
        return seal_fail(cause, err, "the device certificate is damaged");
    }
    seal_job_mac(p->job, mac);
    seal_hex_encode(info.key_sha256, sizeof info.key_sha256, own.line);
    own.line[KEY_HEX] = ' ';
    seal_hex_encode(mac, sizeof mac, own.line + KEY_HEX + 1);
    memcpy(own.line + LINE - 1, "\n", 2);
    return look_up(path, &own, cause);
}
