/* The generated eFuse tables, and what the chip descriptors share. */
#ifndef ESPSEAL_CHIP_TABLES_H
#define ESPSEAL_CHIP_TABLES_H

#include <espseal/chip.h>

#define SEAL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A count that differs from the generated table is a compile error there. */
extern const struct seal_efuse_field seal_fields_esp32[63];
extern const char seal_fields_source_esp32[];
extern const struct seal_efuse_field seal_fields_esp32c2[56];
extern const char seal_fields_source_esp32c2[];
extern const struct seal_efuse_field seal_fields_esp32c3[110];
extern const char seal_fields_source_esp32c3[];
extern const struct seal_efuse_field seal_fields_esp32c5[122];
extern const char seal_fields_source_esp32c5[];
extern const struct seal_efuse_field seal_fields_esp32c6[110];
extern const char seal_fields_source_esp32c6[];
extern const struct seal_efuse_field seal_fields_esp32c61[103];
extern const char seal_fields_source_esp32c61[];
extern const struct seal_efuse_field seal_fields_esp32h2[106];
extern const char seal_fields_source_esp32h2[];
extern const struct seal_efuse_field seal_fields_esp32h2_v0_0_v1_1[106];
extern const char seal_fields_source_esp32h2_v0_0_v1_1[];
extern const struct seal_efuse_field seal_fields_esp32p4[150];
extern const char seal_fields_source_esp32p4[];
extern const struct seal_efuse_field seal_fields_esp32p4_v3_0[172];
extern const char seal_fields_source_esp32p4_v3_0[];
extern const struct seal_efuse_field seal_fields_esp32s2[117];
extern const char seal_fields_source_esp32s2[];
extern const struct seal_efuse_field seal_fields_esp32s3[134];
extern const char seal_fields_source_esp32s3[];

#define SEAL_BLOCKS 11
extern const struct seal_efuse_block seal_blocks_errors_at_190[SEAL_BLOCKS];
extern const struct seal_efuse_block seal_blocks_errors_at_1c0[SEAL_BLOCKS];

extern const struct seal_ecdsa_layout seal_ecdsa_with_mpi, seal_ecdsa_two_curves, seal_ecdsa_three_curves;

extern const struct seal_chip seal_chip_esp32, seal_chip_esp32c2, seal_chip_esp32c3, seal_chip_esp32c5,
    seal_chip_esp32c6, seal_chip_esp32c61, seal_chip_esp32h2, seal_chip_esp32h2_v1_2, seal_chip_esp32p4,
    seal_chip_esp32p4_v3_0, seal_chip_esp32s2, seal_chip_esp32s3;

#endif
