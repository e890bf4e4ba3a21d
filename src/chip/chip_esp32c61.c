/* ESP32-C61: addresses from ESP-IDF's efuse_reg.h; the timing as esptool sets it. */
#include "tables.h"

static const uint32_t magic_values[] = {0x7211606f, 0};

static const struct seal_key_purpose purposes[] = {
    {.name = "USER", .value = 0},
    {.name = "ECDSA_KEY", .value = 1, .reverse_bytes = true, .read_protect = true},
    {.name = "XTS_AES_128_KEY", .value = 4, .reverse_bytes = true, .read_protect = true},
    {.name = "SECURE_BOOT_DIGEST0", .value = 9, .digest = true},
    {.name = "SECURE_BOOT_DIGEST1", .value = 10, .digest = true},
    {.name = "SECURE_BOOT_DIGEST2", .value = 11, .digest = true},
    {0},
};

static const struct seal_register_set timing[] = {
    {0x600b49e8, 0x0001fe28, 0x0001feff}, /* DAC clock divider 40, amplitude 255 */
    {0x600b49f0, 0x00300000, 0x00ffff00}, /* power-on time */
    {0x600b49f4, 0x00000190, 0x0000ffff}, /* power-off time */
    {0},
};
static const struct seal_efuse_timing timings[] = {{40, timing}, {0}};

static const struct seal_efuse_controller efuse = {
    .base = 0x600b4800,
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
    .blocks = seal_blocks_errors_at_190,
    .block_count = SEAL_BLOCKS,
    .fields = seal_fields_esp32c61,
    .field_count = SEAL_COUNT(seal_fields_esp32c61),
    .fields_source = seal_fields_source_esp32c61,
    .file_size = 1024,
    .register_space = 512,
};

static const struct seal_register_set ecdsa_clocks[] = {
    {0x600960ac, 0x3, 0x3}, /* ECC: clock on, in reset */
    {0x600960ac, 0x1, 0x3},
    {0x600960bc, 0x3, 0x3}, /* ECDSA: clock on, in reset */
    {0x600960bc, 0x1, 0x3},
    {0x600960b0, 0x0, 0x5}, /* ECC memory powered */
    {0},
};
static const struct seal_ecdsa_registers ecdsa = {.base = 0x6008e000,
                                                  .layout = &seal_ecdsa_two_curves,
                                                  .key_select = 0x1cc,
                                                  .update = 0x1f8,
                                                  .clocks = ecdsa_clocks};

const struct seal_chip seal_chip_esp32c61 = {
    .name = "esp32c61",
    .title = "ESP32-C61",
    .image_chip_id = 20,
    .security_info_chip_id = 20,
    .magic_values = magic_values,
    .ecdsa_curves = {192, 256},
    .key_blocks = 6,
    .bootloader_offset = 0x0,
    .secure_boot = {.digests = 3, .digest_len = 32, .curves = {192, 256}, .ecdsa_flagged = true},
    .purposes = purposes,
    .efuse = &efuse,
    .watchdogs = {.config0 = 0x600b1c00,
                  .config1 = 0x600b1c04,
                  .protect = 0x600b1c18,
                  .super_config = 0x600b1c1c,
                  .super_protect = 0x600b1c20,
                  .super_key = 0x50d83aa1,
                  .super_auto_feed = 0x00040000,
                  .resets_chip = true},
    .peripherals = {.ecdsa = &ecdsa},
    .spi_flash = {.base = 0x60003000,
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
            .uart_date = 0x6000007c},
    .tested = {.rom = SEAL_TESTED_SIMULATOR,
               .efuse = SEAL_TESTED_SIMULATOR,
               .flash = SEAL_TESTED_SIMULATOR,
               .ecdsa = SEAL_TESTED_SIMULATOR},
};
