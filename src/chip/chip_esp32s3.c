/* ESP32-S3: addresses from the Technical Reference Manual chapters "eFuse Controller", "HMAC Accelerator",
 * "Digital Signature" and "SPI Controller". */
#include "tables.h"

static const uint32_t magic_values[] = {0x00000009, 0};

static const struct seal_key_purpose purposes[] = {
    {.name = "USER", .value = 0},
    {.name = "RESERVED", .value = 1},
    {.name = "XTS_AES_256_KEY_1", .value = 2, .reverse_bytes = true, .read_protect = true},
    {.name = "XTS_AES_256_KEY_2", .value = 3, .reverse_bytes = true, .read_protect = true},
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

/* For a crystal of 40 MHz, the only one there is. */
static const struct seal_register_set timing[] = {
    {0x600071e8, 0x0001fe28, 0x0001feff}, /* DAC clock divider 40, amplitude 255 */
    {0x600071f4, 0x00300000, 0x00ffff00}, /* power-on time */
    {0x600071f8, 0x00000190, 0x0000ffff}, /* power-off time */
    {0},
};
static const struct seal_efuse_timing timings[] = {{40, timing}, {0}};

static const struct seal_efuse_controller efuse = {
    .base = 0x60007000,
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
    .blocks = seal_blocks_errors_at_1c0,
    .block_count = SEAL_BLOCKS,
    .fields = seal_fields_esp32s3,
    .field_count = SEAL_COUNT(seal_fields_esp32s3),
    .fields_source = seal_fields_source_esp32s3,
    .file_size = 1024,
    .register_space = 512,
};

static const struct seal_register_set ds_clocks[] = {
    {0x600c001c, 0x3e, 0x3e}, /* clocks of AES, SHA, RSA, DS and HMAC */
    {0x600c0024, 0x3e, 0x3e}, /* their resets */
    {0x600c0024, 0x00, 0x3e}, /* released; DS and HMAC hold the others */
    {0x600c0040, 0x00, 0x01}, /* RSA memory powered */
    {0x600c0040, 0x00, 0x04}, /* and not forced off */
    {0},
};

const struct seal_chip seal_chip_esp32s3 = {
    .name = "esp32s3",
    .title = "ESP32-S3",
    .image_chip_id = 9,
    .security_info_chip_id = 9,
    .magic_values = magic_values,
    .ds_max_bits = 4096,
    .key_blocks = 6,
    .first_revision_by_block_version = true,
    .bootloader_offset = 0,
    .secure_boot = {.digests = 3, .digest_len = 32, .rsa = true},
    .purposes = purposes,
    .efuse = &efuse,
    .peripherals = {.hmac_base = 0x6003e000, .ds_base = 0x6003d000, .ds_clocks = ds_clocks},
    .watchdogs = {.config0 = 0x60008098,
                  .config1 = 0x6000809c,
                  .protect = 0x600080b0,
                  .super_config = 0x600080b4,
                  .super_protect = 0x600080b8,
                  .super_key = 0x8f1d312a,
                  .super_auto_feed = 0x80000000,
                  .resets_chip = true},
    .usb_otg = {.force_download = 0x6000812c, .force_download_bit = 0x1},
    .spi_flash = {.base = 0x60002000,
                  .cmd = 0x0,
                  .addr = 0x4,
                  .usr = 0x18,
                  .usr1 = 0x1c,
                  .usr2 = 0x20,
                  .mosi_dlen = 0x24,
                  .miso_dlen = 0x28,
                  .w0 = 0x58},
    /* 120 sets in one frame were taken by this ROM. */
    .rom = {.deflate = true,
            .begin_has_encrypted = true,
            .security_info_len = 20,
            .flash_block = 1024,
            .flash_block_max = 4096,
            .write_reg_max = 120,
            .uart_date = 0x60000080},
    .tested = {.rom = SEAL_TESTED_EMULATOR,
               .efuse = SEAL_TESTED_EMULATOR,
               .flash = SEAL_TESTED_EMULATOR,
               .ds = SEAL_TESTED_EMULATOR},
};
