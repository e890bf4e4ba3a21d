#include "sim_parts.h"

#include <stdlib.h>

#define PAGE_SIZE 4096u

struct sim_page {
    struct sim_page *next;
    uint32_t base;
    uint32_t words[PAGE_SIZE / 4];
};

static struct sim_page *find(const struct sim_memory *memory, uint32_t address)
{
    for (struct sim_page *page = memory->pages; page; page = page->next) {
        if (page->base == (address & ~(PAGE_SIZE - 1))) {
            return page;
        }
    }
    return NULL;
}

uint32_t sim_memory_read(const struct sim_memory *memory, uint32_t address)
{
    const struct sim_page *page = find(memory, address);
    return page ? page->words[address % PAGE_SIZE / 4] : 0;
}

int sim_memory_write(struct sim_memory *memory, uint32_t address, uint32_t value)
{
    struct sim_page *page = find(memory, address);
    if (!page) {
        page = calloc(1, sizeof *page);
        if (!page) {
            return SEAL_ERR_NO_MEMORY;
        }
        page->base = address & ~(PAGE_SIZE - 1);
        page->next = memory->pages;
        memory->pages = page;
    }
    page->words[address % PAGE_SIZE / 4] = value;
    return SEAL_OK;
}

void sim_memory_free(struct sim_memory *memory)
{
    while (memory->pages) {
        struct sim_page *next = memory->pages->next;
        free(memory->pages);
        memory->pages = next;
    }
}
