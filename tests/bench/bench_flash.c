/*
 * Writes flash of simulated chips that are paced like a UART, in one process, and prints lines of JSON.
 * usage: bench_flash SIMULATOR wire KIB BAUD LATENCY random|compressible
 *        bench_flash SIMULATOR links KIB BAUD COUNT...
 * "ratio" of the first is the whole time (reset, detection and verification too) to that of the payload's
 * bytes on the wire, 10 bits each; of the second the slowest of COUNT links at once to one alone.
 */
#include <espseal/rom.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { LINKS_MAX = 256 };

struct job {
    const char *simulator;
    unsigned baud, latency;
    const uint8_t *data;
    size_t len;
    double seconds;
    size_t sent;
    int err;
    struct seal_cause cause;
};

static uint8_t *make_data(size_t len, bool random)
{
    uint8_t *data = malloc(len);
    uint32_t x = 1;
    for (size_t i = 0; data && i < len; i++) {
        x = x * 1664525u + 1013904223u;
        /* words of a small vocabulary, about as compressible as machine code */
        bool fresh = random || i % 16 < 6;
        data[i] = (uint8_t)(fresh ? x >> (random ? 24 : 27) : i / 16 % 61);
    }
    return data;
}

static void *run_job(void *self)
{
    struct job *job = self;
    char port[96];
    struct seal_link *link = NULL;
    struct seal_loader *loader = NULL;
    struct seal_flash_write_result result = {0};
    const struct seal_link_options options = {.sim_program = job->simulator};
    (void)snprintf(port, sizeof port, "sim:esp32c3?baud=%u&latency=%u", job->baud, job->latency);
    job->err = seal_link_open(port, &options, &link, &job->cause);
    int64_t began = seal_now_us();
    if (!job->err) {
        job->err = seal_loader_connect(link, NULL, &loader, &job->cause);
    }
    if (!job->err) {
        job->err = seal_flash_write(loader, 0x10000, job->data, job->len, NULL, &result, &job->cause);
    }
    job->seconds = (double)(seal_now_us() - began) / 1e6;
    job->sent = result.sent;
    seal_loader_free(&loader);
    seal_link_close(&link);
    return NULL;
}

static int failed(const struct job *job)
{
    (void)fprintf(stderr, "bench_flash: %s\n", job->cause.text);
    return EXIT_FAILURE;
}

static double cpu_seconds(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static int bench_wire(struct job *job, const char *kind)
{
    struct rusage usage;
    (void)run_job(job);
    if (job->err) {
        return failed(job);
    }
    (void)getrusage(RUSAGE_SELF, &usage);
    const double wire = (double)job->sent * 10 / job->baud;
    (void)printf("{\"bench\": \"flash write, simulator\", \"data\": \"%s\", \"bytes\": %zu, \"baud\": %u, "
                 "\"latency_ms\": %u, \"sent\": %zu, \"payload_s\": %.3f, \"wall_s\": %.3f, \"ratio\": %.3f, "
                 "\"cpu_s_per_mb\": %.3f, \"peak_kib\": %ld}\n",
                 kind, job->len, job->baud, job->latency, job->sent, wire, job->seconds, job->seconds / wire,
                 cpu_seconds(&usage) / ((double)job->len / 1048576), usage.ru_maxrss);
    return EXIT_SUCCESS;
}

static int run_links(const struct job *pattern, unsigned count, double *slowest)
{
    static struct job jobs[LINKS_MAX];
    static pthread_t threads[LINKS_MAX];
    *slowest = 0;
    for (unsigned i = 0; i < count; i++) {
        jobs[i] = *pattern;
        if (pthread_create(&threads[i], NULL, run_job, &jobs[i]) != 0) {
            return EXIT_FAILURE;
        }
    }
    int status = EXIT_SUCCESS;
    for (unsigned i = 0; i < count; i++) {
        (void)pthread_join(threads[i], NULL);
        *slowest = jobs[i].seconds > *slowest ? jobs[i].seconds : *slowest;
        status = jobs[i].err ? failed(&jobs[i]) : status;
    }
    return status;
}

static int bench_links(const struct job *pattern, char *const *counts)
{
    double alone = 0;
    int status = run_links(pattern, 1, &alone);
    for (; *counts && status == EXIT_SUCCESS; counts++) {
        const unsigned long count = strtoul(*counts, NULL, 10);
        double slowest = 0;
        if (count < 1 || count > LINKS_MAX) {
            return EXIT_FAILURE;
        }
        status = run_links(pattern, (unsigned)count, &slowest);
        (void)printf(
            "{\"bench\": \"links at once, simulator\", \"links\": %lu, \"bytes\": %zu, \"baud\": %u, "
            "\"slowest_s\": %.3f, \"ratio\": %.3f}\n",
            count, pattern->len, pattern->baud, slowest, slowest / alone);
    }
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        (void)fputs("usage: bench_flash SIMULATOR wire KIB BAUD LATENCY random|compressible\n"
                    "       bench_flash SIMULATOR links KIB BAUD COUNT...\n",
                    stderr);
        return EXIT_FAILURE;
    }
    const bool wire = strcmp(argv[2], "wire") == 0 && argc == 7;
    const bool random = !wire || strcmp(argv[6], "random") == 0;
    struct job job = {.simulator = argv[1],
                      .baud = (unsigned)strtoul(argv[4], NULL, 10),
                      .len = strtoul(argv[3], NULL, 10) * 1024};
    uint8_t *data = make_data(job.len, random);
    job.data = data;
    job.latency = wire ? (unsigned)strtoul(argv[5], NULL, 10) : 0;
    int status = EXIT_FAILURE;
    if (data && job.baud > 0) {
        status = wire ? bench_wire(&job, argv[6]) : bench_links(&job, argv + 5);
    }
    free(data);
    return status;
}
