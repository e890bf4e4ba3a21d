#include <espseal/map.h>

#include <espseal/file.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct seal_map {
    void *mapped; /* NULL: not mapped */
    size_t len;
    struct seal_buf *copy; /* what could not be mapped */
};

static int map_file(int fd, const char *path, size_t max, struct seal_map *map, struct seal_cause *cause)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return seal_fail_errno(cause, "cannot look at %s", path);
    }
    if (S_ISDIR(st.st_mode)) {
        return seal_fail(cause, SEAL_ERR_IO, "%s is a directory", path);
    }
    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        return seal_file_read(path, max, 0, &map->copy, cause);
    }
    if ((uint64_t)st.st_size > max) {
        return seal_fail(cause, SEAL_ERR_TOO_LONG, "%s is longer than %zu bytes", path, max);
    }
    void *mapped = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped == MAP_FAILED) {
        return seal_fail_errno(cause, "cannot map %s", path);
    }
    map->mapped = mapped;
    map->len = (size_t)st.st_size;
    return SEAL_OK;
}

int seal_map_open(const char *path, size_t max, struct seal_map **out, struct seal_cause *cause)
{
    int fd = -1;
    int err;
    *out = NULL;
    struct seal_map *map = calloc(1, sizeof *map);
    if (!map) {
        return seal_fail(cause, SEAL_ERR_NO_MEMORY, "out of memory while reading %s", path);
    }
    if (strcmp(path, "-") == 0) {
        err = seal_file_read(path, max, 0, &map->copy, cause);
    } else {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        err = fd < 0 ? seal_fail_errno(cause, "cannot open %s", path) : map_file(fd, path, max, map, cause);
    }
    if (fd >= 0) {
        (void)close(fd); /* a mapping stays without it */
    }
    if (err) {
        seal_map_close(&map);
    }
    *out = map;
    return err;
}

void seal_map_close(struct seal_map **map)
{
    if (*map) {
        if ((*map)->mapped) {
            (void)munmap((*map)->mapped, (*map)->len);
        }
        seal_buf_free(&(*map)->copy);
        free(*map);
        *map = NULL;
    }
}

const uint8_t *seal_map_ptr(const struct seal_map *map)
{
    return map->mapped ? map->mapped : seal_buf_ptr(map->copy);
}

size_t seal_map_len(const struct seal_map *map)
{
    return map->mapped ? map->len : seal_buf_len(map->copy);
}

void seal_map_forget(const struct seal_map *map, size_t end)
{
    const size_t page = 65536; /* a multiple of every page size in use */
    size_t len = (end < map->len ? end : map->len) / page * page;
    if (map->mapped && len) {
        (void)madvise(map->mapped, len, MADV_DONTNEED);
    }
}
