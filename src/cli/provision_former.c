/* --force in a folder that holds another device's files: they are the only record of it, and move out of the
 * way. */
#include "provision.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const provision_file_names[] = {"certificate.pem", "esp_secure_cert.bin", "request.pem",
                                            "escrow.pem",      "label.txt",           "label.png",
                                            "private_key.pem", "hmac_key.bin",        NULL};

/* "receipt-12.json" is one of "receipt" and ".json". */
static bool is_numbered(const char *name, const char *stem, const char *end)
{
    const size_t len = strlen(name), stem_len = strlen(stem), end_len = strlen(end);
    return len > stem_len + end_len && strncmp(name, stem, stem_len) == 0 &&
           strcmp(name + len - end_len, end) == 0;
}

static bool is_record(const char *name)
{
    bool found = is_numbered(name, "receipt-", ".json") || is_numbered(name, "escrow-", ".pem");
    for (size_t i = 0; provision_file_names[i]; i++) {
        found = found || strcmp(name, provision_file_names[i]) == 0;
    }
    return found;
}

/* A new folder in directory, named for whose the files are. */
static int make_folder(const struct provision *p, char *name, size_t size, struct seal_cause *cause)
{
    char path[640];
    for (unsigned n = 1; n < 1000; n++) {
        (void)snprintf(name, size, n > 1 ? "%s-%u" : "%s", p->former, n);
        (void)snprintf(path, sizeof path, "%s/%s", p->directory, name);
        if (mkdir(path, 0777) == 0) {
            return SEAL_OK;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return seal_fail_errno(cause, "cannot make the directory %s", path);
}

static int move(int from, int to, const char *name, struct seal_cause *cause)
{
    return renameat(from, name, to, name) == 0 ? SEAL_OK : seal_fail_errno(cause, "cannot move %s", name);
}

/* The receipt goes last: until then the folder is still the other device's. */
static int move_all(DIR *directory, int to, struct seal_cause *cause)
{
    const int from = dirfd(directory);
    int err = SEAL_OK;
    for (const struct dirent *entry; err == SEAL_OK && (entry = readdir(directory));) {
        err = is_record(entry->d_name) ? move(from, to, entry->d_name, cause) : SEAL_OK;
    }
    if (err == SEAL_OK && faccessat(from, "receipt.json", F_OK, 0) == 0) {
        err = move(from, to, "receipt.json", cause);
    }
    if (err == SEAL_OK && (fsync(to) != 0 || fsync(from) != 0)) {
        err = seal_fail_errno(cause, "cannot write a directory to disk");
    }
    return err;
}

int provision_keep_former(struct cli_run *run, const struct provision *p, struct seal_cause *cause)
{
    char name[32], path[640];
    if (!p->former[0]) {
        return SEAL_OK;
    }
    int err = make_folder(p, name, sizeof name, cause);
    if (err != SEAL_OK) {
        return err;
    }
    (void)snprintf(path, sizeof path, "%s/%s", p->directory, name);
    DIR *directory = opendir(p->directory);
    int to = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    err = directory && to >= 0 ? move_all(directory, to, cause)
                               : seal_fail_errno(cause, "cannot open %s", path);
    if (directory) {
        (void)closedir(directory);
    }
    if (to >= 0) {
        (void)close(to);
    }
    if (err == SEAL_OK) {
        cli_say(run, "the files that were in %s are kept in %s", p->directory, path);
    }
    return err;
}
