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

/* Lets the system take back the pages of a mapped file up to `end`; they are read again when touched. */
void seal_map_forget(const struct seal_map *map, size_t end);

#endif
