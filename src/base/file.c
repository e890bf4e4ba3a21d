#include <espseal/file.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_secret_mode(int fd, const char *path, struct seal_cause *cause)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return seal_fail_errno(cause, "cannot look at %s", path);
    }
    if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO))) {
        int err =
            seal_fail(cause, SEAL_ERR_PERMISSIONS, "%s holds a secret and can be read by others (mode %04o)",
                      path, (unsigned)(st.st_mode & 07777));
        seal_hint(cause, "chmod 600 %s, or --insecure-permissions if that is meant", path);
        return err;
    }
    return SEAL_OK;
}

static int read_all(int fd, const char *path, size_t max, struct seal_buf *buf, struct seal_cause *cause)
{
    for (;;) {
        enum { STEP = 16384 };
        uint8_t *place = seal_buf_reserve(buf, STEP);
        if (!place) {
            return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory while reading %s", path);
        }
        ssize_t got;
        do {
            got = read(fd, place, STEP);
        } while (got < 0 && errno == EINTR);
        if (got < 0) {
            return seal_fail_errno(cause, "cannot read %s", path);
        }
        seal_buf_truncate(buf, seal_buf_len(buf) - (size_t)(STEP - got));
        if (seal_buf_len(buf) > max) {
            return seal_fail(cause, SEAL_ERR_TOO_LONG, "%s is longer than %zu bytes", path, max);
        }
        if (got == 0) {
            return SEAL_OK;
        }
    }
}

int seal_file_read(const char *path, size_t max, int flags, struct seal_buf **out, struct seal_cause *cause)
{
    bool secret = flags & SEAL_FILE_SECRET;
    bool standard = strcmp(path, "-") == 0;
    *out = NULL;
    int err = SEAL_OK;
    struct seal_buf *buf = NULL;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return seal_fail_errno(cause, "cannot open %s", path);
    }
    if (secret && !(flags & SEAL_FILE_ANY_MODE)) {
        err = check_secret_mode(fd, path, cause);
    }
    if (err == SEAL_OK) {
        buf = secret ? seal_buf_new_secret() : seal_buf_new();
        err = buf ? read_all(fd, path, max, buf, cause) : SEAL_ERR_NO_MEMORY;
    }
    if (!standard) {
        (void)close(fd);
    }
    if (err == SEAL_OK) {
        *out = buf;
    } else {
        seal_buf_free(&buf);
    }
    return err;
}

static int write_all(int fd, const char *path, const uint8_t *data, size_t len, struct seal_cause *cause)
{
    while (len) {
        ssize_t put = write(fd, data, len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return seal_fail_errno(cause, "cannot write %s", path);
        }
        data += put;
        len -= (size_t)put;
    }
    return SEAL_OK;
}

static int directory_of(const char *path, char dir[static PATH_MAX], struct seal_cause *cause)
{
    char copy[PATH_MAX];
    if (strlen(path) + sizeof ".espseal.XXXXXX/" >= sizeof copy) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "the path is too long: %.200s", path);
    }
    (void)snprintf(copy, sizeof copy, "%s", path);
    (void)snprintf(dir, PATH_MAX, "%s", dirname(copy));
    return SEAL_OK;
}

static int exists_error(const char *path, struct seal_cause *cause)
{
    int err = seal_fail(cause, SEAL_ERR_EXISTS, "%s exists already and is not overwritten", path);
    seal_hint(cause, "choose another name, or --force to replace it");
    return err;
}

static int publish(const char *temporary, const char *path, bool force, struct seal_cause *cause)
{
    if (force) {
        return rename(temporary, path) == 0 ? SEAL_OK : seal_fail_errno(cause, "cannot write %s", path);
    }
    if (link(temporary, path) != 0) {
        return errno == EEXIST ? exists_error(path, cause) : seal_fail_errno(cause, "cannot write %s", path);
    }
    return unlink(temporary) == 0 ? SEAL_OK : seal_fail_errno(cause, "cannot remove %s", temporary);
}

static int sync_directory(const char *dir, struct seal_cause *cause)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return seal_fail_errno(cause, "cannot open %s", dir);
    }
    int err = fsync(fd) == 0 || errno == EINVAL ? SEAL_OK : seal_fail_errno(cause, "cannot sync %s", dir);
    (void)close(fd);
    return err;
}

static mode_t wanted_mode(int flags)
{
    if (flags & SEAL_FILE_SECRET) {
        return 0600;
    }
    mode_t mask = umask(0);
    (void)umask(mask);
    return 0644 & ~mask;
}

struct seal_file_writer {
    char path[PATH_MAX];
    char dir[PATH_MAX];
    char temporary[PATH_MAX];
    int fd, flags;
    bool standard; /* output */
};

static int make_temporary(struct seal_file_writer *writer, struct seal_cause *cause)
{
    int err = directory_of(writer->path, writer->dir, cause);
    if (err != SEAL_OK) {
        return err;
    }
    const size_t size = sizeof writer->temporary;
    if (snprintf(writer->temporary, size, "%s/.espseal.XXXXXX", writer->dir) >= (int)size) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "the path is too long: %.200s", writer->path);
    }
    writer->fd = mkostemp(writer->temporary, O_CLOEXEC); /* O_EXCL, mode 0600 */
    return writer->fd < 0 ? seal_fail_errno(cause, "cannot write %s", writer->path) : SEAL_OK;
}

int seal_file_begin(const char *path, int flags, struct seal_file_writer **out, struct seal_cause *cause)
{
    *out = NULL;
    struct seal_file_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory");
    }
    (void)snprintf(writer->path, sizeof writer->path, "%s", path);
    writer->flags = flags;
    writer->fd = STDOUT_FILENO;
    writer->standard = strcmp(path, "-") == 0;
    int err = SEAL_OK;
    if (!writer->standard) {
        err = strlen(path) < sizeof writer->path
                  ? make_temporary(writer, cause)
                  : seal_fail(cause, SEAL_ERR_TOO_LONG, "the path is too long: %.200s", path);
    }
    if (err != SEAL_OK) {
        free(writer);
        return err;
    }
    *out = writer;
    return SEAL_OK;
}

int seal_file_put(struct seal_file_writer *writer, const void *data, size_t len, struct seal_cause *cause)
{
    return write_all(writer->fd, writer->standard ? "standard output" : writer->path, data, len, cause);
}

void seal_file_abandon(struct seal_file_writer **writer)
{
    if (*writer) {
        if (!(*writer)->standard) {
            (void)close((*writer)->fd);
            (void)unlink((*writer)->temporary);
        }
        free(*writer);
        *writer = NULL;
    }
}

int seal_file_commit(struct seal_file_writer **writer, struct seal_cause *cause)
{
    struct seal_file_writer *done = *writer;
    *writer = NULL;
    int err = SEAL_OK;
    if (!done->standard) {
        if (fchmod(done->fd, wanted_mode(done->flags)) != 0 || fsync(done->fd) != 0) {
            err = seal_fail_errno(cause, "cannot write %s", done->path);
        }
        if (close(done->fd) != 0 && err == SEAL_OK) {
            err = seal_fail_errno(cause, "cannot write %s", done->path);
        }
        if (err == SEAL_OK) {
            err = publish(done->temporary, done->path, done->flags & SEAL_FILE_FORCE, cause);
        }
        if (err != SEAL_OK) {
            (void)unlink(done->temporary);
        } else {
            err = sync_directory(done->dir, cause);
        }
    }
    free(done);
    return err;
}

int seal_file_write(const char *path, const void *data, size_t len, int flags, struct seal_cause *cause)
{
    struct seal_file_writer *writer = NULL;
    int err = seal_file_begin(path, flags, &writer, cause);
    if (err == SEAL_OK) {
        err = seal_file_put(writer, data, len, cause);
    }
    if (err == SEAL_OK) {
        err = seal_file_commit(&writer, cause);
    }
    seal_file_abandon(&writer);
    return err;
}

int seal_file_check_writable(const char *path, int flags, struct seal_cause *cause)
{
    if (strcmp(path, "-") == 0) {
        return SEAL_OK;
    }
    char dir[PATH_MAX];
    int err = directory_of(path, dir, cause);
    if (err != SEAL_OK) {
        return err;
    }
    struct stat st;
    if (lstat(path, &st) == 0 && !(flags & SEAL_FILE_FORCE)) {
        return exists_error(path, cause);
    }
    if (access(dir, W_OK | X_OK) != 0) {
        return seal_fail_errno(cause, "cannot write to the directory %s", dir);
    }
    return SEAL_OK;
}
