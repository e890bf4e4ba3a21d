/* A frame costs no allocation: the library's calls of malloc, calloc and realloc are counted, not the
 * simulator's. */
#include "sim_link.h"
#include "unit.h"

#include <espseal/rom.h>

#include <stdlib.h>
#include <string.h>

static unsigned allocations;
static bool counting;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations += counting;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations += counting;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    allocations += counting;
    return __real_realloc(ptr, size);
}

static int uncounted_write(void *self, const uint8_t *data, size_t len, seal_deadline deadline,
                           struct seal_cause *cause)
{
    bool before = counting;
    counting = false;
    int err = sim_link_write(self, data, len, deadline, cause);
    counting = before;
    return err;
}

static int uncounted_read(void *self, uint8_t *data, size_t capacity, size_t *len, seal_deadline deadline,
                          struct seal_cause *cause)
{
    bool before = counting;
    counting = false;
    int err = sim_link_read(self, data, capacity, len, deadline, cause);
    counting = before;
    return err;
}

static const struct seal_link_ops ops = {.kind = "sim", .write = uncounted_write, .read = uncounted_read};

struct bench {
    struct sim_chip *chip;
    struct seal_link *link;
    struct seal_loader *loader;
    uint8_t *data;
};

static void begin(struct bench *bench, size_t len)
{
    const struct sim_options options = {.chip = seal_chip_find("esp32c3")};
    uint32_t x = 1;
    assert_int_equal(sim_chip_new(&options, &bench->chip, NULL), SEAL_OK);
    assert_int_equal(seal_link_wrap(&ops, bench->chip, "sim", &bench->link), SEAL_OK);
    assert_int_equal(seal_loader_connect(bench->link, NULL, &bench->loader, NULL), SEAL_OK);
    bench->data = malloc(len);
    assert_non_null(bench->data);
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525u + 1013904223u;
        bench->data[i] = (uint8_t)(x >> 24);
    }
}

static void end(struct bench *bench)
{
    seal_loader_free(&bench->loader);
    seal_link_close(&bench->link);
    sim_chip_free(&bench->chip);
    free(bench->data);
}

static unsigned cost_of_write(struct bench *bench, size_t len)
{
    const struct seal_flash_write_options options = {.always = true, .never_deflate = true};
    allocations = 0;
    counting = true;
    int err = seal_flash_write(bench->loader, 0, bench->data, len, &options, NULL, NULL);
    counting = false;
    assert_int_equal(err, SEAL_OK);
    return allocations;
}

static void blocks_cost_no_allocation(void **state)
{
    (void)state;
    struct bench bench;
    begin(&bench, 1 << 20);
    (void)cost_of_write(&bench, 65536); /* buffers grow once */
    unsigned few = cost_of_write(&bench, 65536);
    unsigned many = cost_of_write(&bench, 1 << 20);
    assert_int_equal(many, few);
    assert_true(few > 0); /* the count counts */
    end(&bench);
}

static void reads_cost_no_allocation(void **state)
{
    (void)state;
    struct bench bench;
    struct seal_loader_stats before, after;
    begin(&bench, 65536);
    assert_int_equal(seal_flash_read(bench.loader, 0, bench.data, 4096, NULL, NULL, NULL), SEAL_OK);
    seal_loader_stats(bench.loader, &before);
    allocations = 0;
    counting = true;
    int err = seal_flash_read(bench.loader, 0, bench.data, 65536, NULL, NULL, NULL);
    counting = false;
    assert_int_equal(err, SEAL_OK);
    seal_loader_stats(bench.loader, &after);
    assert_int_equal(after.frames_sent - before.frames_sent, 1025); /* and a digest */
    assert_int_equal(allocations, 0);
    end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_cost_no_allocation),
        cmocka_unit_test(reads_cost_no_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
