/* ESP32-S2: addresses from ESP-IDF's efuse_reg.h; the timing as esptool sets it. */
#include "tables.h"

static const uint32_t magic_values[] = {0x000007c6, 0};

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
    {0x3f41a1f4, 0x00510001, 0x00ffffff}, /* write: power-on and address set-up times */
    {0x3f41a1f0, 0x01900201, 0xffffffff}, /* write: power-off, strobe and hold times */
    {0x3f41a1e8, 0x00000050, 0x000000ff}, /* DAC clock divider */
    {0x3f41a1f8, 0x00000080, 0x0000ffff}, /* write: strobe of VDDQ */
    {0x3f41a1ec, 0x00000201, 0x0000ffff}, /* read times */
    {0},
};
static const struct seal_efuse_timing timings[] = {{40, timing}, {0}};

static const struct seal_efuse_controller efuse = {
    .base = 0x3f41a000,
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
    .fields = seal_fields_esp32s2,
    .field_count = SEAL_COUNT(seal_fields_esp32s2),
    .fields_source = seal_fields_source_esp32s2,
    .file_size = 1024,
    .register_space = 512,
};

static const struct seal_register_set ds_clocks[] = {
    {0x3f4c0044, 0x3e, 0x3e}, /* clocks of AES, SHA, RSA, DS and HMAC */
    {0x3f4c004c, 0x3e, 0x3e}, /* their resets */
    {0x3f4c004c, 0x00, 0x3e}, /* released; DS and HMAC hold the others */
    {0x3f4c0068, 0x00, 0x05}, /* RSA memory powered */
    {0},
};

const struct seal_chip seal_chip_esp32s2 = {
    .name = "esp32s2",
    .title = "ESP32-S2",
    .image_chip_id = 2,
    .security_info_chip_id = -1,
    .magic_values = magic_values,
    .ds_max_bits = 4096,
    .key_blocks = 6,
    .bootloader_offset = 0x1000,
    .secure_boot = {.digests = 3, .digest_len = 32, .rsa = true},
    .purposes = purposes,
    .efuse = &efuse,
    .watchdogs = {.config0 = 0x3f408094, .config1 = 0x3f408098, .protect = 0x3f4080ac, .resets_chip = true},
    .usb_otg = {.force_download = 0x3f408128, .force_download_bit = 0x1},
    .peripherals = {.hmac_base = 0x6003e000, .ds_base = 0x6003d000, .ds_clocks = ds_clocks},
    .spi_flash = {.base = 0x3f402000,
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
            .security_info_len = 12,
            .flash_block = 1024,
            .write_reg_max = 1,
            .uart_date = 0x60000078},
    .tested = {.rom = SEAL_TESTED_SIMULATOR,
               .efuse = SEAL_TESTED_SIMULATOR,
               .flash = SEAL_TESTED_SIMULATOR,
               .ds = SEAL_TESTED_SIMULATOR},
};
