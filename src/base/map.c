#include <espseal/map.h>

#include <espseal/file.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE ((size_t)65536) /* a multiple of every page size in use */

struct span {
    size_t begin, end;
};

struct seal_map {
    void *mapped; /* NULL: not mapped */
    size_t len;
    struct seal_buf *copy;                 /* what could not be mapped */
    struct span changed[SEAL_MAP_PATCHES]; /* whole pages; forgotten, they would be the file's again */
    size_t changes;
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

int seal_map_patch(struct seal_map *map, size_t at, const void *bytes, size_t len)
{
    if (!map->mapped) {
        memcpy(seal_buf_mutable(map->copy) + at, bytes, len);
        return SEAL_OK;
    }
    const struct span pages = {at / PAGE * PAGE, (at + len + PAGE - 1) / PAGE * PAGE};
    const size_t end = pages.end < map->len ? pages.end : map->len;
    uint8_t *mapped = map->mapped;
    if (map->changes == SEAL_MAP_PATCHES ||
        mprotect(mapped + pages.begin, end - pages.begin, PROT_READ | PROT_WRITE) != 0) {
        return SEAL_ERR_NO_MEMORY;
    }
    memcpy(mapped + at, bytes, len);
    map->changed[map->changes++] = pages;
    return SEAL_OK;
}

static bool is_changed(const struct seal_map *map, size_t page)
{
    for (size_t i = 0; i < map->changes; i++) {
        if (page >= map->changed[i].begin && page < map->changed[i].end) {
            return true;
        }
    }
    return false;
}

void seal_map_forget(const struct seal_map *map, size_t end)
{
    const size_t last = (end < map->len ? end : map->len) / PAGE * PAGE;
    uint8_t *mapped = map->mapped;
    for (size_t from = 0; mapped && from < last;) {
        size_t to = from;
        while (to < last && !is_changed(map, to)) {
            to += PAGE;
        }
        if (to > from) {
            (void)madvise(mapped + from, to - from, MADV_DONTNEED);
        }
        from = to + PAGE;
    }
}

static void forget(void *ctx, size_t end)
{
    seal_map_forget(ctx, end);
}

struct seal_release seal_map_release(struct seal_map *map)
{
    return (struct seal_release){forget, map};
}

void seal_release_to(const struct seal_release *release, size_t end)
{
    if (release && release->pages) {
        release->pages(release->ctx, end);
    }
}
