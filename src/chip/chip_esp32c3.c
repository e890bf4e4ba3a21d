/* ESP32-C3: addresses from the Technical Reference Manual chapters "eFuse Controller", "HMAC Accelerator",
 * "Digital Signature" and "SPI Controller". */
#include "tables.h"

static const uint32_t magic_values[] = {0x6921506f, 0x1b31506f, 0x4881606f, 0x4361606f, 0};

static const struct seal_key_purpose purposes[] = {
    {.name = "USER", .value = 0},
    {.name = "RESERVED", .value = 1},
    {.name = "XTS_AES_128_KEY", .value = 4, .reverse_bytes = true, .read_protect = true},
    {.name = "HMAC_DOWN_ALL", .value = 5, .read_protect = true},
    {.name = "HMAC_DOWN_JTAG", .value = 6, .read_protect = true},
    {.name = "HMAC_DOWN_DIGITAL_SIGNATURE", .value = 7, .read_protect = true},
    {.name = "HMAC_UP", .value = 8, .read_protect = true},
    {.name = "SECURE_BOOT_DIGEST0", .value = 9, .digest = true},
    {.name = "SECURE_BOOT_DIGEST1", .value = 10, .digest = true},
    {.name = "SECURE_BOOT_DIGEST2", .value = 11, .digest = true},
    {0},
};

/* The fail bit of a block stands in the next block's place, and the last block has none (as esptool reads
 * them; other chips keep count and fail bit together). */
/* clang-format off */
static const struct seal_efuse_block blocks[] = {
    {.name = "BLOCK0", .alias = NULL, .read = 0x2c, .words = 6, .coding = SEAL_CODING_NONE,
     .write_disable = -1, .read_disable = -1, .key = -1, .file = 0,
     .error_count_shift = -1, .error_fail_bit = -1},
    {.name = "MAC_SPI_8M_0", .alias = "BLOCK1", .read = 0x44, .words = 6, .coding = SEAL_CODING_RS,
     .write_disable = 20, .read_disable = -1, .key = -1, .file = 24,
     .error_count_register = 0x1c0, .error_count_shift = 0, .error_fail_register = 0x1c0, .error_fail_bit = 7},
    {.name = "BLOCK_SYS_DATA", .alias = "BLOCK2", .read = 0x5c, .words = 8, .coding = SEAL_CODING_RS,
     .write_disable = 21, .read_disable = -1, .key = -1, .file = 48,
     .error_count_register = 0x1c0, .error_count_shift = 4, .error_fail_register = 0x1c0, .error_fail_bit = 11},
    {.name = "BLOCK_USR_DATA", .alias = "BLOCK3", .read = 0x7c, .words = 8, .coding = SEAL_CODING_RS,
     .write_disable = 22, .read_disable = -1, .key = -1, .file = 80,
     .error_count_register = 0x1c0, .error_count_shift = 8, .error_fail_register = 0x1c0, .error_fail_bit = 15},
    {.name = "BLOCK_KEY0", .alias = "BLOCK4", .read = 0x9c, .words = 8, .coding = SEAL_CODING_RS,
     .write_disable = 23, .read_disable = 0, .key = 0, .file = 112,
     .error_count_register = 0x1c0, .error_count_shift = 12, .error_fail_register = 0x1c0, .error_fail_bit = 19},
    {.name = "BLOCK_KEY1", .alias = "BLOCK5", .read = 0xbc, .words = 8, .coding = SEAL_CODING_RS,
     .write_disable = 24, .read_disable = 1, .key = 1, .file = 144,
     .error_count_register = 0x1c0, .error_count_shift = 16, .error_fail_register = 0x1c0, .error_fail_bit = 23},
    {.name = "BLOCK_KEY2", .alias = "BLOCK6", .read = 0xdc, .words = 8, .coding = SEAL_CODING_RS,
     .write_disable = 25, .read_disable = 2, .key = 2, .file = 176,
     .error_count_register = 0x1c0, .error_count_shift = 20, .error_fail_register = 0x1c0, .error_fail_bit = 27},
    {.name = "BLOCK_KEY3", .alias = "BLOCK7", .read = 0xfc, .words = 8, .coding = SEAL_CODING_RS,
     .write_disable = 26, .read_disable = 3, .key = 3, .file = 208,
     .error_count_register = 0x1c0, .error_count_shift = 24, .error_fail_register = 0x1c0, .error_fail_bit = 31},
    {.name = "BLOCK_KEY4", .alias = "BLOCK8", .read = 0x11c, .words = 8, .coding = SEAL_CODING_RS,
     .write_disable = 27, .read_disable = 4, .key = 4, .file = 240,
     .error_count_register = 0x1c0, .error_count_shift = 28, .error_fail_register = 0x1c4, .error_fail_bit = 3},
    {.name = "BLOCK_KEY5", .alias = "BLOCK9", .read = 0x13c, .words = 8, .coding = SEAL_CODING_RS,
     .write_disable = 28, .read_disable = 5, .key = 5, .file = 272,
     .error_count_register = 0x1c4, .error_count_shift = 0, .error_fail_register = 0x1c4, .error_fail_bit = 7},
    {.name = "BLOCK_SYS_DATA2", .alias = "BLOCK10", .read = 0x15c, .words = 8, .coding = SEAL_CODING_RS,
     .write_disable = 29, .read_disable = 6, .key = -1, .file = 304,
     .error_count_register = 0x1c4, .error_count_shift = 4, .error_fail_bit = -1},
};
/* clang-format on */

/* For a crystal of 40 MHz, the only one there is. */
static const struct seal_register_set timing[] = {
    {0x600089e8, 0x0001fe28, 0x0001feff}, /* DAC clock divider 40, amplitude 255 */
    {0x600089f0, 0x00300000, 0x00ffff00}, /* power-on time */
    {0x600089f4, 0x00000190, 0x0000ffff}, /* power-off time */
    {0},
};
static const struct seal_efuse_timing timings[] = {{40, timing}, {0}};

static const struct seal_efuse_controller efuse = {
    .base = 0x60008800,
    .program_data = 0x000,
    .check_value = 0x020,
    .clock = 0x1c8,
    .conf = 0x1cc,
    .status = 0x1d0,
    .command = 0x1d4,
    .date = 0x1fc,
    .write_op_code = 0x5a5a,
    .read_op_code = 0x5aa5,
    .command_program = 2,
    .command_read = 1,
    .command_block_shift = 2,
    .timings = timings,
    .blocks = blocks,
    .block_count = SEAL_COUNT(blocks),
    .fields = seal_fields_esp32c3,
    .field_count = SEAL_COUNT(seal_fields_esp32c3),
    .fields_source = seal_fields_source_esp32c3,
    .file_size = 1024,
    .register_space = 512,
};

static const struct seal_register_set ds_clocks[] = {
    {0x600c0014, 0x3e, 0x3e}, /* clocks of AES, SHA, RSA, DS and HMAC */
    {0x600c001c, 0x3e, 0x3e}, /* their resets */
    {0x600c001c, 0x00, 0x3e}, /* released; DS and HMAC hold the others */
    {0x600c0038, 0x00, 0x01}, /* RSA memory powered */
    {0x600c0038, 0x00, 0x04}, /* and not forced off */
    {0},
};

const struct seal_chip seal_chip_esp32c3 = {
    .name = "esp32c3",
    .title = "ESP32-C3",
    .image_chip_id = 5,
    .security_info_chip_id = 5,
    .magic_values = magic_values,
    .ds_max_bits = 3072,
    .key_blocks = 6,
    .bootloader_offset = 0,
    .secure_boot = {.digests = 3, .digest_len = 32, .rsa = true, .first_revision = 3},
    .purposes = purposes,
    .efuse = &efuse,
    .peripherals = {.hmac_base = 0x6003e000, .ds_base = 0x6003d000, .ds_clocks = ds_clocks},
    .watchdogs = {.config0 = 0x60008090,
                  .config1 = 0x60008094,
                  .protect = 0x600080a8,
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
    /* 250 sets of 16 bytes in one frame were taken by this ROM. It keeps every request in one RAM buffer,
     * which must hold the 0x1800 bytes of a MEM_DATA packet (measured), so 4000 bytes fit on silicon too. */
    .rom = {.deflate = true,
            .begin_has_encrypted = true,
            .security_info_len = 20,
            .flash_block = 1024,
            .flash_block_max = 4096,
            .write_reg_max = 250,
            .uart_date = 0x6000007c},
    .tested = {.rom = SEAL_TESTED_EMULATOR,
               .efuse = SEAL_TESTED_EMULATOR,
               .flash = SEAL_TESTED_EMULATOR,
               .ds = SEAL_TESTED_EMULATOR},
};
