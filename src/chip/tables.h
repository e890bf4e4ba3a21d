/* The generated eFuse tables, and what the chip descriptors share. */
#ifndef ESPSEAL_CHIP_TABLES_H
#define ESPSEAL_CHIP_TABLES_H

#include <espseal/chip.h>

#define SEAL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A count that differs from the generated table is a compile error there. */
extern const struct seal_efuse_field seal_fields_esp32c3[110];
extern const char seal_fields_source_esp32c3[];
extern const struct seal_efuse_field seal_fields_esp32s3[134];
extern const char seal_fields_source_esp32s3[];

extern const struct seal_chip seal_chip_esp32, seal_chip_esp32c2, seal_chip_esp32c3, seal_chip_esp32c5,
    seal_chip_esp32c6, seal_chip_esp32c61, seal_chip_esp32h2, seal_chip_esp32p4, seal_chip_esp32s2,
    seal_chip_esp32s3;

#endif
