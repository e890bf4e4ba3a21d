/* Runs a fuzz target over every file of a corpus, and over every prefix of it: replay_<target> DIR. */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

static size_t read_file(const char *path, uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    size_t len = fread(data, 1, size, file);
    (void)fclose(file);
    return len;
}

/* On the heap and no longer than it is, so that a sanitizer sees each byte read beyond. */
static void run(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (!copy) {
        abort();
    }
    memcpy(copy, data, len);
    (void)LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void run_prefixes(const uint8_t *data, size_t len)
{
    for (size_t cut = 0; cut < len && cut < 512; cut++) {
        run(data, cut);
    }
    run(data, len);
}

int main(int argc, char **argv)
{
    static uint8_t data[1 << 20];
    size_t count = 0;
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    if (!dir) {
        (void)fprintf(stderr, "usage: replay_TARGET DIR\n");
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        if (entry->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        run_prefixes(data, read_file(path, data, sizeof data));
        count++;
    }
    (void)closedir(dir);
    printf("%zu inputs\n", count);
    return count ? 0 : 1;
}
