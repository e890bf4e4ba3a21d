/* ESP32: three key blocks without purposes, coded as CODING_SCHEME says. Addresses from the Technical
 * Reference Manual chapter "eFuse Controller". */
#include "tables.h"

static const uint32_t magic_values[] = {0x00f01d83, 0};

/* Each block has program registers of its own, and one command burns what stands in all of them. */
/* clang-format off */
static const struct seal_efuse_block blocks[] = {
    {.name = "BLOCK0", .read = 0x00, .write = 0x1c, .words = 7, .coding = SEAL_CODING_NONE,
     .write_disable = -1, .read_disable = -1, .key = -1, .file = 0,
     .error_count_shift = -1, .error_fail_bit = -1},
    {.name = "BLOCK1", .alias = "flash_encryption", .read = 0x38, .write = 0x98, .words = 8,
     .coding = SEAL_CODING_BY_SCHEME, .write_disable = 7, .read_disable = 0, .key = -1, .file = 28,
     .error_count_register = 0x11c, .error_count_shift = 0, .error_fail_bit = -1},
    {.name = "BLOCK2", .alias = "secure_boot_v2", .read = 0x58, .write = 0xb8, .words = 8,
     .coding = SEAL_CODING_BY_SCHEME, .write_disable = 8, .read_disable = 1, .key = -1, .file = 60,
     .error_count_register = 0x11c, .error_count_shift = 4, .error_fail_bit = -1},
    {.name = "BLOCK3", .read = 0x78, .write = 0xd8, .words = 8,
     .coding = SEAL_CODING_BY_SCHEME, .write_disable = 9, .read_disable = 2, .key = -1, .file = 92,
     .error_count_register = 0x11c, .error_count_shift = 8, .error_fail_bit = -1},
};
/* clang-format on */

#define TIMING(dac, clock)                                                                                   \
    {                                                                                                        \
        {0x3ff5a118, (dac), 0x000000ff},       /* DAC clock divider */                                       \
            {0x3ff5a0f8, (clock), 0x0000ffff}, /* SEL0 and SEL1 */                                           \
            {0},                                                                                             \
    }
static const struct seal_register_set timing_26[] = TIMING(0x34, 0xfffa), timing_40[] = TIMING(0x50, 0xffa0),
                                      timing_80[] = TIMING(0x64, 0x8050);
static const struct seal_efuse_timing timings[] = {{26, timing_26}, {40, timing_40}, {80, timing_80}, {0}};

static const struct seal_efuse_controller efuse = {
    .base = 0x3ff5a000,
    .clock = 0xf8,
    .conf = 0xfc,
    .command = 0x104,
    .write_op_code = 0x5a5a,
    .read_op_code = 0x5aa5,
    .command_program = 2,
    .command_read = 1,
    .timings = timings,
    .blocks = blocks,
    .block_count = SEAL_COUNT(blocks),
    .fields = seal_fields_esp32,
    .field_count = SEAL_COUNT(seal_fields_esp32),
    .fields_source = seal_fields_source_esp32,
    .file_size = 124,
    .register_space = 288,
};

const struct seal_chip seal_chip_esp32 = {
    .name = "esp32",
    .title = "ESP32",
    .image_chip_id = 0,
    .security_info_chip_id = -1,
    .magic_values = magic_values,
    .key_blocks = 0,                 /* BLOCK1..3 have fixed uses and no purposes */
    .revision_register = 0x3ff6607c, /* APB_CTRL_DATE: bit 31 tells revision 3 from 2 */
    .bootloader_offset = 0x1000,
    .secure_boot = {.digests = 1, .digest_len = 32, .v1 = true, .rsa = true, .first_revision = 300},
    .efuse = &efuse,
    .spi_flash = {.base = 0x3ff42000,
                  .cmd = 0x0,
                  .addr = 0x4,
                  .usr = 0x1c,
                  .usr1 = 0x20,
                  .usr2 = 0x24,
                  .mosi_dlen = 0x28,
                  .miso_dlen = 0x2c,
                  .w0 = 0x80,
                  .address_high = true},
    /*
     * Inflating, this ROM writes 32 KiB at a time, and all of its buffer at the end too, over what follows in
     * flash (measured). 250 sets in one frame were taken by it.
     */
    .rom = {.deflate = false,
            .begin_has_encrypted = false,
            .security_info_len = 0,
            .flash_block = 1024,
            .flash_block_max = 4096,
            .write_reg_max = 250,
            .uart_date = 0x60000078,
            .uart_clkdiv = 0x3ff40014,
            .clock_count = 0x3ff5f06c,
            .clock_fuse = 0x3ff5a010},
    .tested = {.rom = SEAL_TESTED_EMULATOR, .efuse = SEAL_TESTED_EMULATOR, .flash = SEAL_TESTED_EMULATOR},
};
