/* Inside the format layer: what the files that read an NVS partition share. */
#ifndef ESPSEAL_NVS_READ_H
#define ESPSEAL_NVS_READ_H

#include "nvs_layout.h"

struct seal_nvs_raw { /* an entry that is whole, with its data */
    uint8_t index, type, chunk;
    char key[NVS_KEY_SIZE];
    uint64_t value;
    const uint8_t *data; /* within the partition */
    size_t len;
    size_t page, entry;
    size_t order; /* later ones count */
    bool superseded, taken;
};

struct seal_nvs {
    const uint8_t *partition;  /* while it is being read */
    struct seal_buf *pages;    /* struct seal_nvs_page */
    struct seal_buf *raws;     /* struct seal_nvs_raw */
    struct seal_buf *spaces;   /* struct seal_nvs_space */
    struct seal_buf *items;    /* struct seal_nvs_item */
    struct seal_buf *findings; /* struct seal_nvs_finding */
    struct seal_buf *bytes;    /* what the items' data points to */
    char names[256][NVS_KEY_SIZE];
    size_t damage, written, good;
    int err; /* the first failure, of an allocation */
};

/* Notes a finding. */
void seal_nvs_find(struct seal_nvs *nvs, bool damage, size_t page, size_t entry, const char *format, ...)
    SEAL_PRINTF(5, 6);

/* The entries of one usable page, onto raws. */
void seal_nvs_read_page(struct seal_nvs *nvs, size_t page);

/* Namespaces, repetitions and blobs: raws become items. */
void seal_nvs_make_items(struct seal_nvs *nvs);

#endif
