/* Files read whole and written atomically; secret files are 0600 from their first byte. */
#ifndef ESPSEAL_FILE_H
#define ESPSEAL_FILE_H

#include <espseal/buf.h>

enum seal_file_flags {
    SEAL_FILE_SECRET = 1, /* write: mode 0600. read: into a secret buffer, refused when others may read it */
    SEAL_FILE_FORCE = 2,  /* write: replace a file that exists */
    SEAL_FILE_ANY_MODE = 4, /* read: do not refuse a secret file for its mode (--insecure-permissions) */
};

/*
 * Reads a whole regular file (or pipe) of at most max bytes into a new buffer that the caller owns; *out is
 * NULL after a failure. path "-" is standard input. SEAL_ERR_NOT_FOUND, _IO, _TOO_LONG, _PERMISSIONS
 * (flags has SEAL_FILE_SECRET and the mode has group or other bits), _NO_MEMORY.
 */
int seal_file_read(const char *path, size_t max, int flags, struct seal_buf **out,
                   struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * Writes a file so that it is there whole or not at all: a temporary file with O_EXCL in the target's
 * directory, fsync, then link (refuses to overwrite: SEAL_ERR_EXISTS) or rename with SEAL_FILE_FORCE, then
 * fsync of the directory. Mode 0600 with SEAL_FILE_SECRET, else 0644 less the umask. path "-" is standard
 * output. SEAL_ERR_IO.
 */
int seal_file_write(const char *path, const void *data, size_t len, int flags,
                    struct seal_cause *cause) SEAL_MUST_CHECK;

/*
 * The same piece by piece, for what is too long to hold: begin, put as often as needed, commit. Nothing bears
 * the file's name before commit, which frees the writer whatever it returns; abandon leaves nothing behind
 * (NULL inside: no effect). With path "-" pieces go out at once. Errors as of seal_file_write.
 */
struct seal_file_writer;
int seal_file_begin(const char *path, int flags, struct seal_file_writer **out,
                    struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_file_put(struct seal_file_writer *writer, const void *data, size_t len,
                  struct seal_cause *cause) SEAL_MUST_CHECK;
int seal_file_commit(struct seal_file_writer **writer, struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_file_abandon(struct seal_file_writer **writer);

/*
 * Fails with SEAL_ERR_EXISTS or SEAL_ERR_IO when seal_file_write to path would surely fail (directory
 * missing or not writable, file there without force). For checks before anything irreversible.
 */
int seal_file_check_writable(const char *path, int flags, struct seal_cause *cause) SEAL_MUST_CHECK;

#endif
