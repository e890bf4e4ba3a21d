/* ESP32-C2: four blocks; the only key block holds a flash encryption key, or half a key and a digest.
 * Addresses from ESP-IDF's efuse_reg.h. */
#include "tables.h"

static const uint32_t magic_values[] = {0x6f51306f, 0x7c41a06f, 0x0c21e06f, 0};

static const struct seal_key_purpose purposes[] = {
    {.name = "USER", .value = 0},
    {.name = "XTS_AES_128_KEY", .value = 1, .reverse_bytes = true, .read_protect = true},
    {.name = "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS",
     .value = 2,
     .reverse_bytes = true,
     .read_protect = true},
    {.name = "SECURE_BOOT_DIGEST", .value = 3, .digest = true},
    {0},
};

/* clang-format off */
static const struct seal_efuse_block blocks[] = {
    {.name = "BLOCK0", .read = 0x2c, .words = 2, .coding = SEAL_CODING_NONE,
     .write_disable = -1, .read_disable = -1, .key = -1, .file = 0,
     .error_count_shift = -1, .error_fail_bit = -1},
    {.name = "BLOCK1", .read = 0x34, .words = 3, .coding = SEAL_CODING_RS,
     .write_disable = 5, .read_disable = -1, .key = -1, .file = 8,
     .error_count_register = 0x84, .error_count_shift = 0, .error_fail_register = 0x84, .error_fail_bit = 3},
    {.name = "BLOCK2", .read = 0x40, .words = 8, .coding = SEAL_CODING_RS,
     .write_disable = 6, .read_disable = -1, .key = -1, .file = 20,
     .error_count_register = 0x84, .error_count_shift = 4, .error_fail_register = 0x84, .error_fail_bit = 7},
    {.name = "BLOCK_KEY0", .alias = "BLOCK3", .read = 0x60, .words = 8, .coding = SEAL_CODING_RS,
     .write_disable = 7, .read_disable = 0, .read_disable_more = 1, .key = 0, .file = 52,
     .error_count_register = 0x84, .error_count_shift = 8, .error_fail_register = 0x84, .error_fail_bit = 11},
};
/* clang-format on */

#define TIMING(setup)                                                                                        \
    {                                                                                                        \
        {0x60008908, 0x0001fe28, 0x0001feff},     /* DAC clock divider 40, amplitude 255 */                  \
            {0x60008914, 0x00300000, 0x00ffff00}, /* power-on time */                                        \
            {0x60008918, 0x00000190, 0x0000ffff}, /* power-off time */                                       \
            {0x60008910, (setup), 0x0000ff00},    /* programming time */                                     \
            {0},                                                                                             \
    }
static const struct seal_register_set timing_26[] = TIMING(0x8200), timing_40[] = TIMING(0xc800);
static const struct seal_efuse_timing timings[] = {{26, timing_26}, {40, timing_40}, {0}};

static const struct seal_efuse_controller efuse = {
    .base = 0x60008800,
    .program_data = 0x000,
    .check_value = 0x020,
    .clock = 0x88,
    .conf = 0x8c,
    .status = 0x90,
    .command = 0x94,
    .write_op_code = 0x5a5a,
    .read_op_code = 0x5aa5,
    .command_program = 2,
    .command_read = 1,
    .command_block_shift = 2,
    .timings = timings,
    .blocks = blocks,
    .block_count = SEAL_COUNT(blocks),
    .fields = seal_fields_esp32c2,
    .field_count = SEAL_COUNT(seal_fields_esp32c2),
    .fields_source = seal_fields_source_esp32c2,
    .file_size = 1024,
    .register_space = 512,
};

const struct seal_chip seal_chip_esp32c2 = {
    .name = "esp32c2",
    .title = "ESP32-C2",
    .image_chip_id = 12,
    .security_info_chip_id = 12,
    .magic_values = magic_values,
    .key_blocks = 1,
    .bootloader_offset = 0x0,
    .secure_boot = {.digests = 1, .digest_len = 16, .curves = {192, 256}},
    .purposes = purposes,
    .efuse = &efuse,
    .watchdogs = {.config0 = 0x60008084,
                  .config1 = 0x60008088,
                  .protect = 0x6000809c,
                  .super_config = 0x600080ac,
                  .super_protect = 0x600080b0,
                  .super_key = 0x8f1d312a,
                  .super_auto_feed = 0x80000000,
                  .resets_chip = true},
    .spi_flash = {.base = 0x60002000,
                  .cmd = 0x0,
                  .addr = 0x4,
                  .usr = 0x18,
                  .usr1 = 0x1c,
                  .usr2 = 0x20,
                  .mosi_dlen = 0x24,
                  .miso_dlen = 0x28,
                  .w0 = 0x58},
    /* One register set per frame is what other tools send; more was not measured on this ROM. */
    .rom = {.deflate = true,
            .begin_has_encrypted = true,
            .security_info_len = 20,
            .flash_block = 1024,
            .write_reg_max = 1,
            .uart_date = 0x6000007c,
            .assumed_crystal = 40, /* chips.json: with 26 MHz other tools send baud * 40 / 26 */
            .uart_clkdiv = 0x60000014},
    .tested = {.rom = SEAL_TESTED_SIMULATOR, .efuse = SEAL_TESTED_SIMULATOR, .flash = SEAL_TESTED_SIMULATOR},
};
