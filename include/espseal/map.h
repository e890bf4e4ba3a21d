/* Files mapped into memory, so that an image of any size takes no memory of its own. */
#ifndef ESPSEAL_MAP_H
#define ESPSEAL_MAP_H

#include <espseal/err.h>

struct seal_map;

/*
 * Maps a regular file of at most max bytes for reading; what is no regular file (a pipe, "-" for standard
 * input) is read instead. *out is NULL after a failure. A file must not be cut short while it is mapped.
 * SEAL_ERR_NOT_FOUND, _IO, _TOO_LONG, _NO_MEMORY.
 */
int seal_map_open(const char *path, size_t max, struct seal_map **out,
                  struct seal_cause *cause) SEAL_MUST_CHECK;
void seal_map_close(struct seal_map **map);

/* Borrowed; never NULL, even when len is 0. */
const uint8_t *seal_map_ptr(const struct seal_map *map);
size_t seal_map_len(const struct seal_map *map);

/*
 * Changes bytes here and nowhere else: the file stays as it is. At most SEAL_MAP_PATCHES times, all of it
 * within the map. SEAL_ERR_NO_MEMORY.
 */
#define SEAL_MAP_PATCHES 2
int seal_map_patch(struct seal_map *map, size_t at, const void *bytes, size_t len) SEAL_MUST_CHECK;

/*
 * Lets the system take back the pages of a mapped file up to `end`; they are read again when touched. What
 * was changed stays.
 */
void seal_map_forget(const struct seal_map *map, size_t end);

/* Who reads what is mapped tells now and then how far, so that memory does not grow with its length. */
struct seal_release {
    void (*pages)(void *ctx, size_t end); /* bytes up to end may leave memory until they are read again */
    void *ctx;
};
struct seal_release seal_map_release(struct seal_map *map); /* seal_map_forget for this map */
#define SEAL_RELEASE_STEP ((size_t)1 << 20)                 /* how often to tell */
/* NULL, or its function NULL: nobody is told. */
void seal_release_to(const struct seal_release *release, size_t end);

#endif
